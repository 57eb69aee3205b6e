// Powers, remainders and hypotenuses.

// To the power of 3, as of 2 by products: as doubles those of floats round once, nearly.
ALWAYS_INLINE float fn_cube_f32(float a) {
  double u = a;
  return (float)(u * u * u);
}
ALWAYS_INLINE double fn_cube_f64(double a) { return a * a * a; }
// To the power of ½, which is 0 of -0 and infinite of -infinity.
ALWAYS_INLINE float fn_root_power_f32(float a) {
  return a == (float)-INFINITY ? (float)INFINITY : __builtin_sqrtf(a + 0);
}
ALWAYS_INLINE double fn_root_power_f64(double a) { return a == -INFINITY ? INFINITY : __builtin_sqrt(a + 0); }

// 2^(b log2 |a|) in double, rounded once; special values as in C99's Annex F. Common powers are computed
// here as in the loops that know that they raise everything to one.
ALWAYS_INLINE float fn_power_f32(float a, float b) {
  double size = fn_abs_f64(a), k, f = fn_split_f64(size, &k) - 1;
  double l = k + (f + f * f * poly_log_power(f)) * 0x1.71547652b82fep+0;
  l = size == 0 ? -(double)INFINITY : size < (double)INFINITY ? l : size;
  double y = size == 1 ? 0 : b * l;
  // Beyond, a float overflows or vanishes.
  y = y > 200 ? 200 : y;
  y = y < -200 ? -200 : y;
  float value = (float)exp2_short(y);
  // Large floats are even integers; so is 2^40.
  double c = b > 0x1p40 ? 0x1p40 : b < -0x1p40 ? -0x1p40 : b, whole = c + 0x1.8p52;
  uint32_t integer = whole - 0x1.8p52 == c;
  uint32_t odd = integer & (uint32_t)fn_bits_f64(whole);
  value = fn_from_bits_f32(fn_bits_f32(value) ^ (odd & fn_bits_f32(a) >> 31) << 31);
  value = a < 0 && a > (float)-INFINITY && !integer ? (float)NAN : value;
  value = a != a ? a : value;
  value = b == 2 ? a * a : b == 3 ? fn_cube_f32(a) : b == -1 ? 1 / a : b == 0.5f ? fn_root_power_f32(a) : value;
  return a == 1 || b == 0 ? 1 : value;
}
ALWAYS_INLINE double fn_power_f64(double a, double b) {
  return b == 2 ? a * a : b == 3 ? fn_cube_f64(a) : b == -1 ? 1 / a : b == 0.5 ? fn_root_power_f64(a) : pow(a, b);
}

// A float's squares neither overflow nor vanish as doubles.
ALWAYS_INLINE float fn_hypot_f32(float a, float b) {
  double u = a, v = b;
  float value = (float)__builtin_sqrt(u * u + v * v);
  int infinite = fn_abs_f32(a) == (float)INFINITY || fn_abs_f32(b) == (float)INFINITY;
  return infinite ? (float)INFINITY : value;
}
ALWAYS_INLINE double fn_hypot_f64(double a, double b) { return hypot(a, b); }

// The sign of the divisor, as Python has it. fmod is exact; the sum that moves its result to the divisor's side rounds once.
ALWAYS_INLINE double toward_divisor_f64(double r, double b) {
  return r == 0 ? fn_copysign_f64(0, b) : (r < 0) != (b < 0) ? r + b : r;
}
ALWAYS_INLINE double fn_remainder_f64(double a, double b) { return toward_divisor_f64(fmod(a, b), b); }
ALWAYS_INLINE float fn_remainder_f32(float a, float b) { return (float)toward_divisor_f64(fmodf(a, b), b); }

// The same bits without a call, where the quotient is not large.
ALWAYS_INLINE int remainder_is_easy_f32(float a, float b) {
  return fn_abs_f32(a) <= 0x1p28f * fn_abs_f32(b) && fn_abs_f32(b) < (float)INFINITY;
}
ALWAYS_INLINE float easy_remainder_f32(float a, float b) {
  // The product and the difference are exact in double.
  double u = a, v = b, q = __builtin_trunc(u / v);
  return (float)toward_divisor_f64(u - q * v, v);
}
ALWAYS_INLINE int remainder_is_easy_f64(double a, double b) {
  return fn_abs_f64(a) <= 0x1p51 * fn_abs_f64(b) && fn_abs_f64(b) < (double)INFINITY;
}
ALWAYS_INLINE double easy_remainder_f64(double a, double b) {
  // A quotient rounded up to an integer is one too large; then r has the divisor's other sign, or is exact on its side.
  double q = __builtin_trunc(a / b);
  return toward_divisor_f64(__builtin_fma(-q, b, a), b);
}
