// Powers, remainders and hypotenuses.

ALWAYS_INLINE float fn_power_f32(float a, float b) { return (float)pow(a, b); }
ALWAYS_INLINE double fn_power_f64(double a, double b) { return pow(a, b); }

// A float's squares neither overflow nor vanish as doubles.
ALWAYS_INLINE float fn_hypot_f32(float a, float b) {
  double u = a, v = b;
  float value = (float)__builtin_sqrt(u * u + v * v);
  int infinite = fn_abs_f32(a) == (float)INFINITY || fn_abs_f32(b) == (float)INFINITY;
  return infinite ? (float)INFINITY : value;
}
ALWAYS_INLINE double fn_hypot_f64(double a, double b) { return hypot(a, b); }

// fmod is exact; the sum that moves it to the divisor's side rounds once.
ALWAYS_INLINE double fn_remainder_f64(double a, double b) {
  double r = fmod(a, b);
  return r == 0 ? copysign(0, b) : (r < 0) != (b < 0) ? r + b : r;
}
ALWAYS_INLINE float fn_remainder_f32(float a, float b) {
  float r = fmodf(a, b);
  return r == 0 ? copysignf(0, b) : (r < 0) != (b < 0) ? r + b : r;
}
