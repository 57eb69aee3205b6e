#ifndef GRADUS_FUNCTIONS_H
#define GRADUS_FUNCTIONS_H

#include "dispatch.h"

#include <math.h>

// Functions of one element, inlined into loops.

// The function f of the current element type.
#define FN(f) GK_JOIN(fn, GK_JOIN(f, TYPE))

ALWAYS_INLINE float fn_abs_f32(float v) { return __builtin_fabsf(v); }
ALWAYS_INLINE double fn_abs_f64(double v) { return __builtin_fabs(v); }
ALWAYS_INLINE float fn_sqrt_f32(float v) { return __builtin_sqrtf(v); }
ALWAYS_INLINE double fn_sqrt_f64(double v) { return __builtin_sqrt(v); }

#define FROM_LIBM(f) \
  ALWAYS_INLINE float fn_##f##_f32(float v) { return (float)f((double)v); } \
  ALWAYS_INLINE double fn_##f##_f64(double v) { return f(v); }
FROM_LIBM(exp) FROM_LIBM(expm1) FROM_LIBM(log) FROM_LIBM(log2) FROM_LIBM(log10) FROM_LIBM(log1p)
FROM_LIBM(sin) FROM_LIBM(cos) FROM_LIBM(tan) FROM_LIBM(asin) FROM_LIBM(acos) FROM_LIBM(atan)
FROM_LIBM(sinh) FROM_LIBM(cosh) FROM_LIBM(tanh) FROM_LIBM(asinh) FROM_LIBM(acosh) FROM_LIBM(atanh)
FROM_LIBM(floor) FROM_LIBM(ceil) FROM_LIBM(rint) FROM_LIBM(trunc) FROM_LIBM(erf)
#undef FROM_LIBM

ALWAYS_INLINE double fn_sigmoid_f64(double v) {
  double e = exp(-fabs(v));
  return (v < 0 ? e : 1) / (1 + e);
}
ALWAYS_INLINE float fn_sigmoid_f32(float v) { return (float)fn_sigmoid_f64(v); }
ALWAYS_INLINE double fn_softplus_f64(double v) { return log1p(exp(-fabs(v))) + (v > 0 ? v : v != v ? v : 0); }
ALWAYS_INLINE float fn_softplus_f32(float v) { return (float)fn_softplus_f64(v); }

ALWAYS_INLINE float fn_power_f32(float a, float b) { return (float)pow(a, b); }
ALWAYS_INLINE double fn_power_f64(double a, double b) { return pow(a, b); }
ALWAYS_INLINE float fn_atan2_f32(float a, float b) { return (float)atan2(a, b); }
ALWAYS_INLINE double fn_atan2_f64(double a, double b) { return atan2(a, b); }
ALWAYS_INLINE float fn_hypot_f32(float a, float b) { return (float)hypot(a, b); }
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

#endif
