// Logarithms to other bases, inverse functions and erf. Floats, but for erf, are computed as doubles, with short
// polynomials, and rounded once; doubles mostly come from libm.

#define LN2 0x1.62e42fefa39efp-1
#define HALF_PI 0x1.921fb54442d18p+0
#define PI 0x1.921fb54442d18p+1

// x = 2^k m; the value is log(m).
ALWAYS_INLINE double log_short(float x, double *k) {
  double exponent, m = fn_split_f64(x, &exponent), f = m - 1;  // a denormal float is a normal double
  *k = exponent;
  return f + f * f * poly_log_short(f);
}
ALWAYS_INLINE float fn_log2_f32(float x) {
  double k, l = log_short(x, &k);
  return fn_log_or_special_f32(x, (float)(k + l * 0x1.71547652b82fep+0));
}
ALWAYS_INLINE float fn_log10_f32(float x) {
  double k, l = log_short(x, &k);
  return fn_log_or_special_f32(x, (float)(k * 0x1.34413509f79ffp-2 + l * 0x1.bcb7b1526e50ep-2));
}
ALWAYS_INLINE double fn_log2_f64(double x) { return log2(x); }
ALWAYS_INLINE double fn_log10_f64(double x) { return log10(x); }

// asin(a) up to ½, and beyond it the part that is subtracted from π/2: 2 asin(√((1 - a) / 2)).
ALWAYS_INLINE double arc(double a) {
  double far = (1 - a) * 0.5, z = a > 0.5 ? far : a * a, s = a > 0.5 ? __builtin_sqrt(far) : a;
  double p = s + s * z * poly_asin(z);
  return a > 0.5 ? 2 * p : p;
}
ALWAYS_INLINE float fn_asin_f32(float x) {
  double a = fn_abs_f64(x), p = arc(a);
  return fn_copysign_f32((float)(a > 0.5 ? HALF_PI - p : p), x);
}
ALWAYS_INLINE float fn_acos_f32(float x) {
  double a = fn_abs_f64(x), p = arc(a);
  double near = x < 0 ? HALF_PI + p : HALF_PI - p, far = x < 0 ? PI - p : p;
  return (float)(a > 0.5 ? far : near);
}
ALWAYS_INLINE double fn_asin_f64(double x) { return asin(x); }
ALWAYS_INLINE double fn_acos_f64(double x) { return acos(x); }

// The angle of y over x in the first quadrant, y and x not negative.
ALWAYS_INLINE double angle(double y, double x) {
  double large = y > x ? y : x, small = y > x ? x : y;
  double t = small / large;
  // 0/0 and inf/inf; a NaN stays.
  t = large == 0 ? 0 : small == (double)INFINITY ? 1 : t;
  double p = t + t * (t * t) * poly_atan(t * t);
  return y > x ? HALF_PI - p : p;
}
ALWAYS_INLINE float fn_atan_f32(float x) { return fn_copysign_f32((float)angle(fn_abs_f64(x), 1), x); }
ALWAYS_INLINE float fn_atan2_f32(float y, float x) {
  double p = angle(fn_abs_f64(y), fn_abs_f64(x));
  float value = (float)(fn_bits_f32(x) >> 31 ? PI - p : p);
  return x != x ? x : y != y ? y : fn_copysign_f32(value, y);
}
ALWAYS_INLINE double fn_atan_f64(double x) { return atan(x); }
ALWAYS_INLINE double fn_atan2_f64(double y, double x) { return atan2(y, x); }

ALWAYS_INLINE float fn_asinh_f32(float x) {
  double a = fn_abs_f64(x), z = a * a;
  float value = (float)fn_log1p_f64(a + z / (1 + __builtin_sqrt(1 + z)));
  return fn_copysign_f32(a < (double)INFINITY ? value : (float)a, x);
}
ALWAYS_INLINE float fn_acosh_f32(float x) {
  double t = (double)x - 1;
  double value = fn_log1p_f64(t + __builtin_sqrt(t * (t + 2)));
  return x >= 1 ? (float)value : (float)NAN;
}
ALWAYS_INLINE float fn_atanh_f32(float x) {
  double a = fn_abs_f64(x);
  return fn_copysign_f32((float)(0.5 * fn_log1p_f64(2 * a / (1 - a))), x);
}
ALWAYS_INLINE double fn_asinh_f64(double x) { return asinh(x); }
ALWAYS_INLINE double fn_atanh_f64(double x) { return atanh(x); }
// libm's is off by up to 2.3 ulp near 1: there the sum's argument is taken with what its roundings lost.
ALWAYS_INLINE double fn_acosh_f64(double x) {
  if (!(x > 1 && x < 2)) return acosh(x);
  double t = x - 1, w = t + 2, w_low = t - (w - 2);
  double square = t * w, square_low = fma(t, w, -square) + t * w_low;
  double root = sqrt(square), root_low = (fma(-root, root, square) + square_low) / (2 * root);
  double sum = t + root, sum_low = (root - (sum - t)) + root_low;  // root > t
  double other = sum - root;
  sum_low = (t - other) + (root - (sum - other)) + root_low;
  return log1p(sum) + sum_low / (1 + sum);
}

// By its own polynomial near 0, and as 1 - exp(-L) elsewhere.
ALWAYS_INLINE float fn_erf_f32(float x) {
  float a = fn_abs_f32(x);
  a = a > 4 ? 4 : a;
  float value = a < 1 ? a + a * poly_erf(a * a) : 1 - fn_exp_f32(-poly_log_erfc(a));
  return fn_copysign_f32(value, x);
}
ALWAYS_INLINE double fn_erf_f64(double x) { return erf(x); }
