#ifndef GRADUS_SCALARS_H
#define GRADUS_SCALARS_H

#include "dispatch.h"
#include "polynomials.h"

#include <math.h>
#include <string.h>

// Functions of one element, without branches and with the same operations at every level and place, so that loops over
// them vectorise and their bits never depend on where an element stands. Those that reach libm are marked in
// functions.h. None relies on the rounding mode being anything but to nearest, even.

// The function f of the current element type.
#define FN(f) GK_JOIN(fn, GK_JOIN(f, TYPE))

ALWAYS_INLINE float fn_abs_f32(float v) { return __builtin_fabsf(v); }
ALWAYS_INLINE double fn_abs_f64(double v) { return __builtin_fabs(v); }
ALWAYS_INLINE float fn_sqrt_f32(float v) { return __builtin_sqrtf(v); }
ALWAYS_INLINE double fn_sqrt_f64(double v) { return __builtin_sqrt(v); }
ALWAYS_INLINE float fn_copysign_f32(float v, float s) { return __builtin_copysignf(v, s); }
ALWAYS_INLINE double fn_copysign_f64(double v, double s) { return __builtin_copysign(v, s); }
ALWAYS_INLINE float fn_floor_f32(float v) { return __builtin_floorf(v); }
ALWAYS_INLINE double fn_floor_f64(double v) { return __builtin_floor(v); }
ALWAYS_INLINE float fn_ceil_f32(float v) { return __builtin_ceilf(v); }
ALWAYS_INLINE double fn_ceil_f64(double v) { return __builtin_ceil(v); }
ALWAYS_INLINE float fn_trunc_f32(float v) { return __builtin_truncf(v); }
ALWAYS_INLINE double fn_trunc_f64(double v) { return __builtin_trunc(v); }
ALWAYS_INLINE float fn_round_f32(float v) { return __builtin_rintf(v); }
ALWAYS_INLINE double fn_round_f64(double v) { return __builtin_rint(v); }

#define TEMPLATE "elementary.h"
#include "types.h"
#undef TEMPLATE

// 2^y to 2^-33, for floats; |y| < 1000.
ALWAYS_INLINE double exp2_short(double y) {
  double n = fn_nearest_f64(y), f = y - n;
  return (1 + f * poly_exp2(f)) * fn_power_of_two_f64(n);
}

#include "periodic.h"
#include "inverses.h"
#include "powers.h"
#include "tails.h"

#endif
