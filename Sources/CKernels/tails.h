// The error function's complement, the normal distribution and what is made of them, with all digits far out too, where
// exp(-x²) is small and the rounding of x² would be large beside 1.

#define ROOT_HALF_F64 0x1.6a09e667f3bcdp-1
#define ROOT_TWO 0x1.6a09e667f3bcdp+0
#define DENSITY 0x1.9884533d43651p-2  // 1 / √(2π)
#define UP 64                         // powers of two that keep a small number normal on its way
#define DOWN 0x1p-64
// From here on nothing is left, neither of erfc and exp(-x²), nor of the normal tail; the same for floats.
#define FAR 28
#define FAR_NORMAL 39.5
#define FAR_SHORT 10.6
#define FAR_NORMAL_SHORT 15

// ½ exp(z²/2) erfc(z / √2), z >= 0, for floats.
ALWAYS_INLINE float normal_tail_scaled_short(float z) { return poly_tail_short((z - 3.5f) / (z + 3.5f)) / (1 + z); }

// exp(-c z²) = (1 + t) scale DOWN, c a power of two, 0 <= z <= 15, for floats; the value is t. A square of twelve bits is exact,
// and so is what it leaves beside n ln 2.
ALWAYS_INLINE float falling_short(float z, float c, float *scale) {
  float high = fn_from_bits_f32(fn_bits_f32(z) & 0xfffff000u);
  float square = c * (high * high), rest = c * ((z - high) * (z + high));
  float n = fn_nearest_f32((square + rest) * -0x1.715476p+0f);
  float r = ((-square - n * 0x1.63p-1f) - n * -0x1.bd0106p-13f) - rest;  // the parts of ln 2 as in elementary.h
  *scale = fn_power_of_two_f32(n + UP);
  return r + r * r * poly_exp_f32(r);
}
// h exp(-c z²).
ALWAYS_INLINE float times_falling_short(float h, float z, float c) {
  float scale, t = falling_short(z, c, &scale);
  return (h + h * t) * scale * (float)DOWN;
}
// |x|, and as far as a tail goes.
ALWAYS_INLINE float near_short(float x, float far) {
  float z = fn_abs_f32(x);
  return z > far ? far : z;
}

// exp(-c v²) 2^UP, c a power of two, v >= 0; 0 beyond a limit. What rounds off in the square (Dekker) is put back to first order.
ALWAYS_INLINE double falling(double x, double c, double limit) {
  double v = x > limit ? limit : x;
  double square = v * v, wide = v * 0x1p27 + v, high = wide - (wide - v), low = v - high;
  double lost = ((high * high - square) + 2 * high * low) + low * low;
  double n, r = fn_exp_reduced_f64(-c * square, &n);
  double p = 1 + (r - (1 + r) * (c * lost));
  n += UP;
  double half = fn_nearest_f64(n * 0.5);
  double e = p * fn_power_of_two_f64(half) * fn_power_of_two_f64(n - half);
  return x > limit ? 0 : e;
}

ALWAYS_INLINE float fn_gauss_f32(float x) { return times_falling_short(1, near_short(x, FAR_SHORT), 1); }
ALWAYS_INLINE double fn_gauss_f64(double x) { return falling(fn_abs_f64(x), 1, FAR) * DOWN; }

ALWAYS_INLINE float fn_normal_density_f32(float x) {
  return times_falling_short((float)DENSITY, near_short(x, FAR_NORMAL_SHORT), 0.5f);
}
ALWAYS_INLINE double fn_normal_density_f64(double x) {
  return DENSITY * falling(fn_abs_f64(x), 0.5, FAR_NORMAL) * DOWN;
}

ALWAYS_INLINE float fn_erfc_f32(float x) {
  float a = near_short(x, FAR_SHORT);
  float tail = times_falling_short(2 * normal_tail_scaled_short(a * (float)ROOT_TWO), a, 1);
  return x < 0 ? 2 - tail : tail;
}
ALWAYS_INLINE double fn_erfc_f64(double x) {
  double a = fn_abs_f64(x);
  double tail = falling(a, 1, FAR) * (poly_tail((a - 4) / (a + 4)) / (a + 0.5)) * DOWN;
  tail = a > FAR ? 0 : tail;
  double near = 1 - x * poly_erf_near(x * x);
  return a < 0.46875 ? near : x < 0 ? 2 - tail : tail;
}

// ½ exp(z²/2) erfc(z / √2), z >= 0.65, and for smaller ones what ½ erfc(z / √2) is less than ½, by x.
ALWAYS_INLINE double normal_tail_scaled(double x) {
  double z = x > FAR_NORMAL ? FAR_NORMAL : x;
  return poly_normal_tail((z - 5.5) / (z + 5.5)) / (z + 1);
}
ALWAYS_INLINE double normal_near(double x) { return 0.5 * ROOT_HALF_F64 * poly_erf_near(0.5 * (x * x)); }

ALWAYS_INLINE float fn_ndtr_f32(float x) {
  float z = near_short(x, FAR_NORMAL_SHORT), tail = times_falling_short(normal_tail_scaled_short(z), z, 0.5f);
  return x > 0 ? 1 - tail : tail;
}
ALWAYS_INLINE double fn_ndtr_f64(double x) {
  double z = fn_abs_f64(x), tail = falling(z, 0.5, FAR_NORMAL) * normal_tail_scaled(z) * DOWN;
  return z < 0.65625 ? 0.5 + x * normal_near(x) : x > 0 ? 1 - tail : tail;
}

ALWAYS_INLINE float fn_gelu_f32(float x) {
  float z = near_short(x, FAR_NORMAL_SHORT);
  // Not 0 beside x <= 0: x * 0 has its sign, and is NaN where x is infinite.
  return (x > 0 ? x : x * 0) - times_falling_short(z * normal_tail_scaled_short(z), z, 0.5f);
}
ALWAYS_INLINE double fn_gelu_f64(double x) {
  double z = fn_abs_f64(x), tail = falling(z, 0.5, FAR_NORMAL) * normal_tail_scaled(z);
  return z < 0.65625 ? x * (0.5 + x * normal_near(x)) : x > 0 ? x * (1 - tail * DOWN) : x * tail * DOWN;
}

// The normal distribution's value and x times its density; near the root, where both cancel, by a series.
ALWAYS_INLINE float fn_gelu_slope_f32(float x) {
  float z = near_short(x, FAR_NORMAL_SHORT);
  float rest = times_falling_short((float)DENSITY * z - normal_tail_scaled_short(z), z, 0.5f);
  float plain = x > 0 ? 1 + rest : -rest, d = (x + 0x1.80ead2p-1f) - 0x1.a03fd3p-27f;
  return fn_abs_f32(d) < 0.9f ? d * poly_gelu_slope_short(d) : plain;
}
ALWAYS_INLINE double gelu_slope(double x) {
  double z = fn_abs_f64(x), e = falling(z, 0.5, FAR_NORMAL), near = z > FAR_NORMAL ? FAR_NORMAL : z;
  double rest = e * (DENSITY * near - normal_tail_scaled(z)) * DOWN, rise = e * DENSITY * DOWN;
  return z < 0.65625 ? 0.5 + x * (normal_near(x) + rise) : x > 0 ? 1 + rest : -rest;
}
ALWAYS_INLINE double fn_gelu_slope_f64(double x) {
  double d = (x + 0x1.80ead197f00b4p-1) - 0x1.13e74c58cada8p-56;
  double plain = gelu_slope(x), near = d * poly_gelu_slope(d);
  return fn_abs_f64(d) < 0.45 ? near : plain;
}

#undef ROOT_HALF_F64
#undef ROOT_TWO
#undef DENSITY
#undef UP
#undef FAR
#undef FAR_SHORT
#undef FAR_NORMAL
#undef FAR_NORMAL_SHORT
#undef DOWN
