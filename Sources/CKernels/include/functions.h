#ifndef GRADUS_FUNCTIONS_H
#define GRADUS_FUNCTIONS_H

#include <stdint.h>

// The element functions, each in one row of one list. From the rows are made, here and where the loops are, a constant
// (GK_EXP; in Swift `.exp`), the loops with their places in the tables, the count and the name; the rest that is to be known
// about a function stands in the table of the same names in Swift. The order means nothing.

// Of one element v: constant, name, loop, value. FN(f) is f for the element type T (scalars.h). The loop is VECTOR where the
// value vectorises for both types; BRIEF where it is also so few instructions that there are tiles; SINGLE where that is so
// for floats alone, libm serving doubles; SCALAR where it is a call for both (special.h); PERIODIC where large arguments go
// another way, through gk_large_NAME.
// At most 2 ulp off, those of tails.h 4; special values as the Array API lists them.
#define GK_MAPS(X) \
  X(NEGATIVE, negative, BRIEF, -v) \
  X(ABS, abs, BRIEF, FN(abs)(v)) \
  X(SIGN, sign, BRIEF, v > 0 ? 1 : v < 0 ? -1 : v == 0 ? 0 : v) \
  X(SQUARE, square, BRIEF, v * v) \
  X(RECIPROCAL, reciprocal, BRIEF, 1 / v) \
  X(SQRT, sqrt, BRIEF, FN(sqrt)(v)) \
  X(RSQRT, rsqrt, VECTOR, 1 / FN(sqrt)(v)) \
  X(EXP, exp, VECTOR, FN(exp)(v)) \
  X(EXPM1, expm1, VECTOR, FN(expm1)(v)) \
  X(LOG, log, VECTOR, FN(log)(v)) \
  X(LOG2, log2, SINGLE, FN(log2)(v)) \
  X(LOG10, log10, SINGLE, FN(log10)(v)) \
  X(LOG1P, log1p, VECTOR, FN(log1p)(v)) \
  X(SIN, sin, PERIODIC, FN(sin)(v)) \
  X(COS, cos, PERIODIC, FN(cos)(v)) \
  X(TAN, tan, PERIODIC, FN(tan)(v)) \
  X(ASIN, asin, SINGLE, FN(asin)(v)) \
  X(ACOS, acos, SINGLE, FN(acos)(v)) \
  X(ATAN, atan, SINGLE, FN(atan)(v)) \
  X(SINH, sinh, VECTOR, FN(sinh)(v)) \
  X(COSH, cosh, VECTOR, FN(cosh)(v)) \
  X(TANH, tanh, VECTOR, FN(tanh)(v)) \
  X(ASINH, asinh, SINGLE, FN(asinh)(v)) \
  X(ACOSH, acosh, SINGLE, FN(acosh)(v)) \
  X(ATANH, atanh, SINGLE, FN(atanh)(v)) \
  X(FLOOR, floor, BRIEF, FN(floor)(v)) \
  X(CEIL, ceil, BRIEF, FN(ceil)(v)) \
  X(ROUND, round, BRIEF, FN(round)(v)) /* halves to even */ \
  X(TRUNC, trunc, BRIEF, FN(trunc)(v)) \
  X(ERF, erf, SINGLE, FN(erf)(v)) \
  X(ERFC, erfc, VECTOR, FN(erfc)(v)) \
  X(NDTR, ndtr, VECTOR, FN(ndtr)(v)) /* the normal distribution */ \
  X(GAUSS, gauss, VECTOR, FN(gauss)(v)) /* exp(-v²) */ \
  X(NORMAL_DENSITY, normal_density, VECTOR, FN(normal_density)(v)) \
  X(GELU, gelu, VECTOR, FN(gelu)(v)) \
  X(GELU_SLOPE, gelu_slope, VECTOR, FN(gelu_slope)(v)) \
  X(SIGMOID, sigmoid, VECTOR, FN(sigmoid)(v)) \
  X(SIGMOID_SLOPE, sigmoid_slope, VECTOR, FN(sigmoid_slope)(v)) \
  X(SOFTPLUS, softplus, VECTOR, FN(softplus)(v)) \
  X(RELU, relu, BRIEF, v <= 0 ? 0 : v) /* NaN stays */ \
  X(ERFINV, erfinv, SCALAR, (T)gk_erfinv(v)) \
  X(ERFINV_SLOPE, erfinv_slope, SCALAR, (T)gk_erfinv_slope(v)) \
  X(LGAMMA, lgamma, SCALAR, (T)gk_log_gamma(v)) \
  X(DIGAMMA, digamma, SCALAR, (T)gk_digamma(v)) \
  X(SINC, sinc, SCALAR, (T)gk_sinc(v)) /* sin(πv) / (πv) */ \
  X(SINC_SLOPE, sinc_slope, SCALAR, (T)gk_sinc_slope(v))

// Of two elements u and v: constant, name, loop, value; OTHER is written out where the loops are.
#define GK_ZIPS(X) \
  X(ADD, add, BRIEF, u + v) \
  X(SUBTRACT, subtract, BRIEF, u - v) \
  X(MULTIPLY, multiply, BRIEF, u * v) \
  X(DIVIDE, divide, BRIEF, u / v) \
  X(POW, pow, OTHER, ) \
  X(REMAINDER, remainder, OTHER, ) /* sign of the divisor, as Python's and NumPy's % */ \
  X(MAXIMUM, maximum, BRIEF, u >= v || u != u ? u : v) /* NaN wins */ \
  X(MINIMUM, minimum, BRIEF, u <= v || u != u ? u : v) \
  X(ATAN2, atan2, SINGLE, FN(atan2)(u, v)) \
  X(HYPOT, hypot, SINGLE, FN(hypot)(u, v)) \
  X(XLOGY, xlogy, VECTOR, u == 0 && v == v ? 0 : u * FN(log)(v)) /* 0 where u is 0, unless v is NaN */ \
  X(FMOD, fmod, SCALAR, (T)fmod(u, v)) /* sign of the dividend, as C has it */ \
  X(COPYSIGN, copysign, BRIEF, FN(copysign)(u, v)) \
  X(POLYGAMMA, polygamma, SCALAR, (T)gk_polygamma(u, v))

// Of two elements, to a mask: constant, name, the name in Swift, C's sign.
#define GK_COMPARISONS(X) \
  X(EQUAL, equal, equal, ==) \
  X(NOT_EQUAL, not_equal, notEqual, !=) \
  X(LESS, less, less, <) \
  X(LESS_EQUAL, less_equal, lessEqual, <=) \
  X(GREATER, greater, greater, >) \
  X(GREATER_EQUAL, greater_equal, greaterEqual, >=)

// Of one element v, to a mask: constant, name, value.
#define GK_TESTS(X) \
  X(ISNAN, isnan, v != v) \
  X(ISINF, isinf, FN(abs)(v) == (T)INFINITY) \
  X(ISFINITE, isfinite, FN(abs)(v) < (T)INFINITY) \
  X(SIGNBIT, signbit, FN(bits)(v) >> (WIDTH - 1) != 0)

// Of two masks: constant, name, C's sign.
#define GK_LOGICS(X) \
  X(AND, and, &) \
  X(OR, or, |) \
  X(XOR, xor, ^)

// What joins elements to one: constant, name, the value over none, the accumulators' type, how two are joined, how an element
// enters, and what is made of the result (reduce_loops.h).
#define GK_REDUCTIONS(X) \
  X(SUM, sum, 0, T, COMBINE_SUM, AS_IT_IS, AS_IT_IS) \
  X(PROD, prod, 1, T, COMBINE_PROD, AS_IT_IS, AS_IT_IS) \
  X(MAX, max, (T)-INFINITY, T, COMBINE_MAX, AS_IT_IS, AS_IT_IS) \
  X(MIN, min, (T)INFINITY, T, COMBINE_MIN, AS_IT_IS, AS_IT_IS) \
  X(NORM, norm, 0, double, COMBINE_SUM, SQUARED, ROOT) /* the root of the sum of squares, which neither overflows nor vanishes */

// Closed, so that a switch in Swift names every case or none.
#define GK_ENUM enum __attribute__((enum_extensibility(closed))) : uint32_t
#define GK_CASE(constant, name, ...) GK_##constant __attribute__((swift_name(#name))),
#define GK_COMPARISON_CASE(constant, name, swift, sign) GK_##constant __attribute__((swift_name(#swift))),

typedef GK_ENUM { GK_MAPS(GK_CASE) } gk_map;
typedef GK_ENUM { GK_ZIPS(GK_CASE) } gk_zip;
typedef GK_ENUM { GK_COMPARISONS(GK_COMPARISON_CASE) } gk_comparison;
typedef GK_ENUM { GK_TESTS(GK_CASE) } gk_test;
typedef GK_ENUM { GK_LOGICS(GK_CASE) } gk_logic;
typedef GK_ENUM { GK_REDUCTIONS(GK_CASE) } gk_reduction;

#define GK_ONE(...) +1
enum {
  GK_MAP_COUNT = 0 GK_MAPS(GK_ONE),
  GK_ZIP_COUNT = 0 GK_ZIPS(GK_ONE),
  GK_COMPARISON_COUNT = 0 GK_COMPARISONS(GK_ONE),
  GK_TEST_COUNT = 0 GK_TESTS(GK_ONE),
  GK_LOGIC_COUNT = 0 GK_LOGICS(GK_ONE),
  GK_REDUCTION_COUNT = 0 GK_REDUCTIONS(GK_ONE),
};

const char *gk_map_name(gk_map op);
const char *gk_zip_name(gk_zip op);
const char *gk_comparison_name(gk_comparison op);
const char *gk_test_name(gk_test op);
const char *gk_logic_name(gk_logic op);
const char *gk_reduction_name(gk_reduction op);

#endif
