// Template: exponentials, logarithms and hyperbolic functions of float and double.

#ifndef GK_UNFUSED
#pragma clang fp contract(on)
#endif

#if WIDTH == 32
#define MANTISSA 23
#define BIAS 127
#define ROUNDING 0x1.8p23f        // v + ROUNDING is rounded to an integer, which stands in its low bits
#define UNIT 0x1p23f              // so does an integer >= 0 or-ed into UNIT
#define SMALLEST 0x1p-126f        // positive normal
#define ROOT_HALF 0x3f3504f3u     // the bits of √½
#define LOG2E 0x1.715476p+0f
#define LN2_HIGH 0x1.63p-1f       // n * LN2_HIGH is exact
#define LN2_LOW -0x1.bd0106p-13f  // ln 2 - LN2_HIGH
#define EXP_HIGHEST 90            // exp overflows before, also halved
#define EXP_LOWEST -105           // and rounds to 0 here
#define EXPM1_LOWEST -20          // exp(x) - 1 rounds to -1
#define TANH_HIGHEST 10
#define TINY 0x1p-27f             // x + x² rounds to x
#else
#define MANTISSA 52
#define BIAS 1023
#define ROUNDING 0x1.8p52
#define UNIT 0x1p52
#define SMALLEST 0x1p-1022
#define ROOT_HALF 0x3fe6a09e667f3bcdull
#define LOG2E 0x1.71547652b82fep+0
#define LN2_HIGH 6.93147180369123816490e-01  // as fdlibm splits it
#define LN2_LOW 1.90821492927058770002e-10
#define EXP_HIGHEST 711
#define EXP_LOWEST -746
#define EXPM1_LOWEST -40
#define TANH_HIGHEST 22
#define TINY 0x1p-56
#endif

ALWAYS_INLINE BITS FN(bits)(T v) {
  BITS b;
  memcpy(&b, &v, sizeof b);
  return b;
}
ALWAYS_INLINE T FN(from_bits)(BITS b) {
  T v;
  memcpy(&v, &b, sizeof v);
  return v;
}

// To the nearest integer, for |v| < 2^(MANTISSA - 2); libm's rint is a call at the baseline.
ALWAYS_INLINE T FN(nearest)(T v) { return (v + ROUNDING) - ROUNDING; }

// 2^n for an integer n with 2^n normal.
ALWAYS_INLINE T FN(power_of_two)(T n) { return FN(from_bits)((FN(bits)(n + ROUNDING) + BIAS) << MANTISSA); }

// x = n ln 2 + r, |r| <= ln 2 / 2; the value is exp(r) - 1.
ALWAYS_INLINE T FN(exp_reduced)(T x, T *n) {
  *n = FN(nearest)(x * LOG2E);
  T high = x - *n * LN2_HIGH, low = *n * LN2_LOW, r = high - low;
  return r + (r * r * GK_JOIN(poly_exp, TYPE)(r) + ((high - r) - low));
}

// exp(x) 2^shift. The power of two goes in two factors, since 2^n may overflow, or be denormal, where the result isn't. What
// rounds off in r is a share of exp(r) that doesn't count.
ALWAYS_INLINE T FN(exp_shifted)(T x, T shift) {
  x = x > EXP_HIGHEST ? EXP_HIGHEST : x;
  x = x < EXP_LOWEST ? EXP_LOWEST : x;
  T n = FN(nearest)(x * LOG2E), r = (x - n * LN2_HIGH) - n * LN2_LOW;
  T p = 1 + (r + r * r * GK_JOIN(poly_exp, TYPE)(r));
  n += shift;
  T half = FN(nearest)(n * (T)0.5);
  return p * FN(power_of_two)(half) * FN(power_of_two)(n - half);
}

ALWAYS_INLINE T FN(exp)(T x) { return FN(exp_shifted)(x, 0); }

ALWAYS_INLINE T FN(expm1)(T x) {
  T v = x > EXP_HIGHEST ? EXP_HIGHEST : x;
  v = v < EXPM1_LOWEST ? EXPM1_LOWEST : v;
  T n, p = FN(exp_reduced)(v, &n);
  // 2^n p + (2^n - 1), halved so that the last n does not overflow; one more is needed where the result does.
  T over = n > BIAS + 1 ? INFINITY : 0;
  n = n > BIAS + 1 ? BIAS + 1 : n;
  T s = FN(power_of_two)(n - 1);
  T result = (p * s + (s - (T)0.5)) * 2 + over;
  return FN(abs)(x) < TINY ? x : result;
}

// m 2^k = x, √½ <= m < √2, for positive normal x.
ALWAYS_INLINE T FN(split)(T x, T *k) {
  BITS b = FN(bits)(x) - ROOT_HALF + ((BITS)BIAS << MANTISSA);
  *k = FN(from_bits)(b >> MANTISSA | FN(bits)(UNIT)) - (UNIT + BIAS);
  return FN(from_bits)((b & (((BITS)1 << MANTISSA) - 1)) + ROOT_HALF);
}

// The logarithm's values at 0, infinity, negative numbers and NaN; elsewhere `value`.
ALWAYS_INLINE T FN(log_or_special)(T x, T value) {
  value = x < (T)INFINITY ? value : x;
  return x > 0 ? value : x == 0 ? (T)-INFINITY : (T)NAN;
}

ALWAYS_INLINE T FN(log)(T x) {
  int denormal = x < SMALLEST;
  T k, m = FN(split)(denormal ? x * (2 * UNIT) : x, &k), f = m - 1;
  k = denormal ? k - (MANTISSA + 1) : k;
  return FN(log_or_special)(x, k * LN2_HIGH + (f + GK_JOIN(poly_log, TYPE)(f, k * LN2_LOW)));
}

ALWAYS_INLINE T FN(log1p)(T x) {
  T u = 1 + x, k, m = FN(split)(u, &k);
  // What the sum lost, on m's scale; beyond 2^100 it doesn't matter. Near 0 nothing is split, and nothing lost.
  T lost = (x >= 1 ? 1 - (u - x) : x - (u - 1)) * FN(power_of_two)(k > 100 ? -100 : -k);
  int near = x >= (T)-0.2929 && x <= (T)0.4142;
  T f = near ? x : m - 1;
  k = near ? 0 : k;
  lost = near ? 0 : lost;
  T value = FN(log_or_special)(u, k * LN2_HIGH + (f + GK_JOIN(poly_log, TYPE)(f, k * LN2_LOW + lost * (1 - f))));
  return FN(abs)(x) < TINY ? x : value;
}

#if WIDTH == 32
// e / (e + 2) of e = exp(2|x|) - 1, 2|x| = n ln 2 + r, 0 <= r < ln 2. What small numbers lose in the last sum is put back to
// first order, 1 / (e + 2) being (1 - tanh) / 2.
ALWAYS_INLINE T FN(tanh)(T x) {
  T a = FN(abs)(x), v = 2 * (a > TANH_HIGHEST ? TANH_HIGHEST : a);
  T n = FN(nearest)(v * LOG2E - (T)0.5), s = FN(power_of_two)(n), r = (v - n * LN2_HIGH) - n * LN2_LOW;
  T p = r + r * r * poly_exp_rising(r), e = p * s + (s - 1), d = e + 2, q = e / d;
  T lost = e < 4 ? e - (d - 2) : 0;
  return FN(copysign)(q - q * lost * ((T)0.5 - (T)0.5 * q), x);
}
#else
ALWAYS_INLINE T FN(tanh)(T x) {
  T a = FN(abs)(x), z = a * a;
  int small = a < (T)0.625;
  // a + a z P/Q where small, 1 - 2 / (exp(2a) + 1) elsewhere: one division for both.
  T q, p = a * z * poly_tanh(z, &q);
  T e = FN(exp)(2 * (a > TANH_HIGHEST ? TANH_HIGHEST : a));
  T value = (small ? a : 1) + (small ? p : -2) / (small ? q : e + 1);
  return FN(copysign)(value, x);
}
#endif

ALWAYS_INLINE T FN(sinh)(T x) {
  T a = FN(abs)(x), z = a * a;
  T half = FN(exp_shifted)(a, -1);
  T value = a < 1 ? a + a * z * GK_JOIN(poly_sinh, TYPE)(z) : half - (T)0.25 / half;
  return FN(copysign)(value, x);
}

ALWAYS_INLINE T FN(cosh)(T x) {
  T half = FN(exp_shifted)(FN(abs)(x), -1);
  return half + (T)0.25 / half;
}

// e = exp(-|x|), which cannot overflow, and d = 1 + e, with what rounded off in their last sums, of e as a share of it:
// just below a power of two, errors of the exponential count double.
ALWAYS_INLINE T FN(exp_falling)(T x, T *e_lost, T *d, T *d_lost) {
  T v = -FN(abs)(x);
  v = v < EXP_LOWEST ? EXP_LOWEST : v;
  T n, r = FN(exp_reduced)(v, &n), p = 1 + r, p_lost = r - (p - 1);
  T half = FN(nearest)(n * (T)0.5), e = p * FN(power_of_two)(half) * FN(power_of_two)(n - half);
  *e_lost = p_lost * (1 - r);
  *d = 1 + e;
  *d_lost = e - (*d - 1);
  return e;
}

// What rounded off is put back to first order.
ALWAYS_INLINE T FN(sigmoid)(T x) {
  T e_lost, d, d_lost, e = FN(exp_falling)(x, &e_lost, &d, &d_lost);
  T correction = (x < 0 ? e_lost : 0) - d_lost * (1 - (T)0.5 * e);
  T q = (x < 0 ? e : 1) / d;
  return q + q * correction;
}

// e / (1 + e)² of e = exp(-|x|), likewise.
ALWAYS_INLINE T FN(sigmoid_slope)(T x) {
  T e_lost, d, d_lost, e = FN(exp_falling)(x, &e_lost, &d, &d_lost);
  T q = e / (d * d);
  return q + q * (e_lost - d_lost * (2 - e));
}

ALWAYS_INLINE T FN(softplus)(T x) {
  T e = FN(exp)(-FN(abs)(x));
  // log(1 + e) with 0 <= e <= 1, split as log does: 1 + e is m or 2m.
  int near = e < (T)0.4142;
  T f = near ? e : (e - 1) * (T)0.5, k = near ? 0 : 1;
  return (x > 0 ? x : 0) + (k * LN2_HIGH + (f + GK_JOIN(poly_log, TYPE)(f, k * LN2_LOW)));
}

#undef MANTISSA
#undef BIAS
#undef ROUNDING
#undef UNIT
#undef SMALLEST
#undef ROOT_HALF
#undef LOG2E
#undef LN2_HIGH
#undef LN2_LOW
#undef EXP_HIGHEST
#undef EXP_LOWEST
#undef EXPM1_LOWEST
#undef TANH_HIGHEST
#undef TINY

#pragma clang fp contract(off)
