// The error function's complement, the normal distribution and what is made of them, with all digits far out too, where
// exp(-x²) is small and the rounding of x² would be large beside 1. Floats are computed as doubles and rounded once.

#define ROOT_HALF_F64 0x1.6a09e667f3bcdp-1
#define DENSITY 0x1.9884533d43651p-2  // 1 / √(2π)
#define UP 64                         // powers of two that keep a small double normal on its way
#define DOWN 0x1p-64
// From here on nothing is left, neither of erfc and exp(-x²), nor of the normal tail; the same for floats.
#define FAR 28
#define FAR_NORMAL 39.5
#define FAR_SHORT 10.6
#define FAR_NORMAL_SHORT 14.9

// exp(a²) erfc(a), a >= 0, for floats: of u = (a - 3) / (a + 3), and over 1 + 2a. One division is enough for both.
ALWAYS_INLINE double scaled_tail_short(double a) {
  double b = a + 3, c = 1 + 2 * a, inverse = 1 / (b * c);
  return poly_tail_short((a - 3) * (c * inverse)) * (b * inverse);
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

ALWAYS_INLINE float fn_gauss_f32(float x) { return (float)exp_falling_short((double)x * x); }
ALWAYS_INLINE double fn_gauss_f64(double x) { return falling(fn_abs_f64(x), 1, FAR) * DOWN; }

ALWAYS_INLINE float fn_normal_density_f32(float x) {
  return (float)(DENSITY * exp_falling_short(0.5 * ((double)x * x)));
}
ALWAYS_INLINE double fn_normal_density_f64(double x) {
  return DENSITY * falling(fn_abs_f64(x), 0.5, FAR_NORMAL) * DOWN;
}

ALWAYS_INLINE float fn_erfc_f32(float x) {
  double a = fn_abs_f64(x), tail = exp_falling_short(a * a) * scaled_tail_short(a);
  tail = a > FAR_SHORT ? 0 : tail;
  return (float)(x < 0 ? 2 - tail : tail);
}
ALWAYS_INLINE double fn_erfc_f64(double x) {
  double a = fn_abs_f64(x);
  double tail = falling(a, 1, FAR) * (poly_tail((a - 4) / (a + 4)) / (a + 0.5)) * DOWN;
  tail = a > FAR ? 0 : tail;
  double near = 1 - x * poly_erf_near(x * x);
  return a < 0.46875 ? near : x < 0 ? 2 - tail : tail;
}

// ½ erfc(z / √2), z >= 0; for doubles times exp(z²/2), z >= 0.65, and for smaller ones what it is less than ½, by x.
ALWAYS_INLINE double normal_tail_short(double z) {
  double tail = 0.5 * exp_falling_short(0.5 * (z * z)) * scaled_tail_short(z * ROOT_HALF_F64);
  return z > FAR_NORMAL_SHORT ? 0 : tail;
}
ALWAYS_INLINE double normal_tail_scaled(double x) {
  double z = x > FAR_NORMAL ? FAR_NORMAL : x;
  return poly_normal_tail((z - 5.5) / (z + 5.5)) / (z + 1);
}
ALWAYS_INLINE double normal_near(double x) { return 0.5 * ROOT_HALF_F64 * poly_erf_near(0.5 * (x * x)); }

ALWAYS_INLINE float fn_ndtr_f32(float x) {
  double tail = normal_tail_short(fn_abs_f64(x));
  return (float)(x > 0 ? 1 - tail : tail);
}
ALWAYS_INLINE double fn_ndtr_f64(double x) {
  double z = fn_abs_f64(x), tail = falling(z, 0.5, FAR_NORMAL) * normal_tail_scaled(z) * DOWN;
  return z < 0.65625 ? 0.5 + x * normal_near(x) : x > 0 ? 1 - tail : tail;
}

ALWAYS_INLINE float fn_gelu_f32(float x) {
  double tail = normal_tail_short(fn_abs_f64(x));
  return (float)(x * (x > 0 ? 1 - tail : tail));
}
ALWAYS_INLINE double fn_gelu_f64(double x) {
  double z = fn_abs_f64(x), tail = falling(z, 0.5, FAR_NORMAL) * normal_tail_scaled(z);
  return z < 0.65625 ? x * (0.5 + x * normal_near(x)) : x > 0 ? x * (1 - tail * DOWN) : x * tail * DOWN;
}

// The normal distribution's value and x times its density; doubles near the root, where both cancel, by a series.
ALWAYS_INLINE double gelu_slope(double x) {
  double z = fn_abs_f64(x), e = falling(z, 0.5, FAR_NORMAL), near = z > FAR_NORMAL ? FAR_NORMAL : z;
  double rest = e * (DENSITY * near - normal_tail_scaled(z)) * DOWN, rise = e * DENSITY * DOWN;
  return z < 0.65625 ? 0.5 + x * (normal_near(x) + rise) : x > 0 ? 1 + rest : -rest;
}
ALWAYS_INLINE float fn_gelu_slope_f32(float x) { return (float)gelu_slope(x); }
ALWAYS_INLINE double fn_gelu_slope_f64(double x) {
  double d = (x + 0x1.80ead197f00b4p-1) - 0x1.13e74c58cada8p-56;
  double plain = gelu_slope(x), near = d * poly_gelu_slope(d);
  return fn_abs_f64(d) < 0.45 ? near : plain;
}

#undef ROOT_HALF_F64
#undef DENSITY
#undef UP
#undef FAR
#undef FAR_SHORT
#undef FAR_NORMAL
#undef FAR_NORMAL_SHORT
#undef DOWN
