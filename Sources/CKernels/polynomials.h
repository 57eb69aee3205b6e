#ifndef GRADUS_POLYNOMIALS_H
#define GRADUS_POLYNOMIALS_H

#include "dispatch.h"

// Approximating polynomials, highest power first. Unless a source is named, the coefficients come from Remez exchange in
// 60 digits, minimising the error relative to the function they serve (given as a power of two), then rounded.

// Multiply-adds round once where the processor has them, except for draws, whose bits are the same everywhere.
#ifndef GK_UNFUSED
#pragma clang fp contract(on)
#endif

#define P2(x, a, ...) ((a) * (x) + (__VA_ARGS__))
#define P3(x, a, b, ...) P2(x, P2(x, a, b), __VA_ARGS__)
#define P4(x, a, b, ...) P3(x, P2(x, a, b), __VA_ARGS__)
#define P5(x, a, b, ...) P4(x, P2(x, a, b), __VA_ARGS__)
#define P6(x, a, b, ...) P5(x, P2(x, a, b), __VA_ARGS__)
#define P7(x, a, b, ...) P6(x, P2(x, a, b), __VA_ARGS__)
#define P8(x, a, b, ...) P7(x, P2(x, a, b), __VA_ARGS__)
#define P9(x, a, b, ...) P8(x, P2(x, a, b), __VA_ARGS__)
#define P10(x, a, b, ...) P9(x, P2(x, a, b), __VA_ARGS__)
#define P11(x, a, b, ...) P10(x, P2(x, a, b), __VA_ARGS__)
#define P12(x, a, b, ...) P11(x, P2(x, a, b), __VA_ARGS__)
#define P13(x, a, b, ...) P12(x, P2(x, a, b), __VA_ARGS__)
#define P14(x, a, b, ...) P13(x, P2(x, a, b), __VA_ARGS__)
#define P15(x, a, b, ...) P14(x, P2(x, a, b), __VA_ARGS__)
#define P16(x, a, b, ...) P15(x, P2(x, a, b), __VA_ARGS__)
#define P17(x, a, b, ...) P16(x, P2(x, a, b), __VA_ARGS__)
#define P18(x, a, b, ...) P17(x, P2(x, a, b), __VA_ARGS__)
#define P19(x, a, b, ...) P18(x, P2(x, a, b), __VA_ARGS__)
#define P20(x, a, b, ...) P19(x, P2(x, a, b), __VA_ARGS__)
#define P21(x, a, b, ...) P20(x, P2(x, a, b), __VA_ARGS__)
#define P22(x, a, b, ...) P21(x, P2(x, a, b), __VA_ARGS__)
#define P23(x, a, b, ...) P22(x, P2(x, a, b), __VA_ARGS__)

// (exp(r) - 1 - r) / r², |r| <= ln 2 / 2. 2^-29 of exp(r) - 1.
ALWAYS_INLINE float poly_exp_f32(float r) {
  return P6(r, 0x1.a1a1e0p-13f, 0x1.6d74cep-10f, 0x1.111090p-7f, 0x1.5554aep-5f, 0x1.555556p-3f, 0.5f);
}
// The same, 0 <= r <= ln 2. 2^-31.
ALWAYS_INLINE float poly_exp_rising(float r) {
  return P6(r, 0x1.18da50p-12f, 0x1.5a5c32p-10f, 0x1.121908p-7f, 0x1.554608p-5f, 0x1.5555bcp-3f, 0x1.fffffep-2f);
}
// 2^-61.
ALWAYS_INLINE double poly_exp_f64(double r) {
  return P11(r, 0x1.1f95986be462ap-29, 0x1.af5ef2a4ef397p-26, 0x1.27e4c57bfa333p-22, 0x1.71ddf83866368p-19,
             0x1.a01a01b0ca083p-16, 0x1.a01a01afeeed1p-13, 0x1.6c16c16c1440bp-10, 0x1.111111110f699p-7,
             0x1.555555555555ap-5, 0x1.5555555555559p-3, 0.5);
}

// log(1 + f) - f, √½ - 1 <= f <= √2 - 1, with a small c added where it costs no accuracy.
// The quotient (log(1 + f) - f + f²/2) / f³ to 2^-27 of the logarithm.
ALWAYS_INLINE float poly_log_f32(float f, float c) {
  float z = f * f;
  float q = P9(f, 0x1.145780p-4f, -0x1.de3bdep-4f, 0x1.e6f052p-4f, -0x1.fc220ap-4f, 0x1.23376ap-3f, -0x1.555c4ep-3f,
               0x1.99a4b6p-3f, -0x1.000006p-2f, 0x1.555548p-2f);
  return (f * z * q + c) - 0.5f * z;
}
// By s = f / (2 + f); coefficients and order of sums from fdlibm's e_log.c (Sun Microsystems 1993, freely usable).
ALWAYS_INLINE double poly_log_f64(double f, double c) {
  double s = f / (2 + f), z = s * s, half = 0.5 * f * f;
  double r = z * P7(z, 1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01,
                    2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01);
  return (s * (half + r) + c) - half;
}

// (sin(r) / r - 1) / r² and (cos(r) - 1 + r²/2) / r⁴ of z = r², |r| <= π/4. 2^-27 and 2^-31.
ALWAYS_INLINE float poly_sin_f32(float z) { return P3(z, -0x1.994cfap-13f, 0x1.11075cp-7f, -0x1.555546p-3f); }
ALWAYS_INLINE float poly_cos_f32(float z) { return P3(z, 0x1.9a00d8p-16f, -0x1.6c0c86p-10f, 0x1.55554ap-5f); }
// 2^-57 and 2^-60. The sine's first coefficient is the exact -1/6, which the sum with the tail takes apart.
ALWAYS_INLINE double poly_sin_f64(double z) {
  return P5(z, 0x1.5d92461d942a5p-33, -0x1.ae5e63cb99183p-26, 0x1.71de3574b8bbdp-19, -0x1.a01a019c0e4bdp-13,
            0x1.111111110f861p-7);
}
ALWAYS_INLINE double poly_cos_f64(double z) {
  return P6(z, -0x1.8fadd085d8478p-37, 0x1.1ee9ea6d23553p-29, -0x1.27e4f807d708fp-22, 0x1.a01a019caef52p-16,
            -0x1.6c16c16c15162p-10, 0x1.555555555554cp-5);
}
// The same for a float's tangent: 2^-37.
ALWAYS_INLINE double poly_sin_short(double z) {
  return P4(z, 0x1.6cd737e822af5p-19, -0x1.a00f98fc15cf4p-13, 0x1.11110890954d9p-7, -0x1.5555554cb2302p-3);
}
ALWAYS_INLINE double poly_cos_short(double z) {
  return P4(z, -0x1.2429fe7330fcap-22, 0x1.a0111c25bc773p-16, -0x1.6c16b892d8546p-10, 0x1.5555554f48e0cp-5);
}

// (sinh(x) / x - 1) / x² of z = x² <= 1. 2^-27, 2^-56.
ALWAYS_INLINE float poly_sinh_f32(float z) {
  return P4(z, 0x1.7a2896p-19f, 0x1.9ffe04p-13f, 0x1.111136p-7f, 0x1.555556p-3f);
}
ALWAYS_INLINE double poly_sinh_f64(double z) {
  return P8(z, 0x1.9a80ba7fdded6p-49, 0x1.ae75515f97c13p-41, 0x1.61246b286fb49p-33, 0x1.ae645673cfb53p-26,
            0x1.71de3a55743bep-19, 0x1.a01a01a019fbdp-13, 0x1.1111111111111p-7, 0x1.5555555555555p-3);
}

// (tanh(x) / x - 1) / x² of z = x², |x| <= 0.625, as a fraction: coefficients from Cephes' tanh.c (Moshier 1995).
ALWAYS_INLINE double poly_tanh(double z, double *denominator) {
  *denominator = P4(z, 1, 1.12811678491632931402e2, 2.23548839060100448583e3, 4.84406305325125486048e3);
  return P3(z, -9.64399179425052138628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3);
}

// For floats, evaluated as doubles:
// (log(1 + f) / f - 1) / f on √½ - 1 … √2 - 1, to 2^-30, and to 2^-41 for powers.
ALWAYS_INLINE double poly_log_short(double f) {
  return P10(f, 0x1.1b434a4bb472dp-4, -0x1.e2ea5abaeafd3p-4, 0x1.e650b7f001550p-4, -0x1.fb4308d3c8f44p-4,
             0x1.2332bc0d46920p-3, -0x1.5562e45bce23ap-3, 0x1.99a545f8f8f44p-3, -0x1.ffffedeeed2d6p-3, 0x1.555545f878bacp-2,
             -0x1.000000000d0dfp-1);
}
ALWAYS_INLINE double poly_log_power(double f) {
  return P2(f, P13(f, 0x1.70a9329c3814dp-5, -0x1.62309c43757e1p-4, 0x1.6502dc9a9ac38p-4, -0x1.528ef440dc262p-4,
                   0x1.6ebb61b235acap-4, -0x1.99534d192cb3ep-4, 0x1.c777561e74d30p-4, -0x1.0003db616a9a5p-3,
                   0x1.2490d5ba6d607p-3, -0x1.555534a2cd3fcp-3, 0x1.99999f2f46563p-3, -0x1.00000032617f0p-2,
                   0x1.555555519b4b1p-2),
            -0x1.ffffffffdac42p-2);
}
// (2^f - 1) / f, |f| <= ½, to 2^-34.
ALWAYS_INLINE double poly_exp2(double f) {
  return P7(f, 0x1.00f1a390d7034p-16, 0x1.445f1ae451fd8p-13, 0x1.5d8722eb5d61ap-10, 0x1.3b29f03155f3fp-7,
            0x1.c6b08df515db0p-5, 0x1.ebfbe07b82c9cp-3, 0x1.62e42fef7b0d5p-1);
}
// (atan(x) / x - 1) / x² of z = x² <= 1, to 2^-31.
ALWAYS_INLINE double poly_atan(double z) {
  return P10(z, 0x1.29806d99b891cp-10, -0x1.e6733c0e019e2p-8, 0x1.74e7cd0dd1a72p-6, -0x1.7033862b13667p-5,
             0x1.14df3dd688798p-4, -0x1.6938511708b75p-4, 0x1.c50710878bcc4p-4, -0x1.247502da256abp-3, 0x1.9997fd017121dp-3,
             -0x1.5555515f967b7p-2);
}
// (asin(x) / x - 1) / x² of z = x² <= ¼, to 2^-39.
ALWAYS_INLINE double poly_asin(double z) {
  return P8(z, 0x1.0dfc83b41f909p-5, 0x1.faf7e7dee1eb4p-10, 0x1.5291360a3a34bp-6, 0x1.662fa7a2c8a59p-6,
            0x1.f283e574c3e40p-6, 0x1.6db24b5a11ea5p-5, 0x1.333340c7747c8p-4, 0x1.555555478f552p-3);
}
// For floats: erf(x) / x - 1 of z = x² <= 1, to 2^-29; -log(1 - erf(x)), 1 <= x <= 4, to 2^-29 of erf(x).
ALWAYS_INLINE float poly_erf(float z) {
  return P7(z, 0x1.4771fep-14f, -0x1.a3515ep-11f, 0x1.53f224p-8f, -0x1.b7f71ap-6f, 0x1.ce2ce6p-4f, -0x1.81273ep-2f,
            0x1.06eba8p-3f);
}
ALWAYS_INLINE float poly_log_erfc(float x) {
  return P7(x, -0x1.86df8ap-13f, 0x1.825bc6p-9f, -0x1.65cbbcp-6f, 0x1.a6535ep-4f, 0x1.46bae8p-1f, 0x1.2088ecp+0f,
            0x1.661694p-12f);
}

// For tails.h, interpolated between Chebyshev nodes; e(a) is exp(a²) erfc(a).
// ½ (1 + z) e(z / √2) of u, z = 3.5 (1 + u) / (1 - u) <= 14.4, for floats: to 2^-25. What is near 7/16 is added last, with all
// its digits.
ALWAYS_INLINE float poly_tail_short(float u) {
  return 0.4375f + P10(u, 0x1.3358c4p-13f, 0x1.83ed72p-14f, -0x1.6c6414p-10f, 0x1.35efc6p-12f, 0x1.53e9f2p-7f,
                       -0x1.efd54ap-6f, 0x1.37b0a0p-5f, 0x1.9ccfccp-11f, -0x1.903b0ep-4f, 0x1.504ec4p-5f);
}
// (½ + a) e(a) of u, a = 4 (1 + u) / (1 - u), 0.468 <= a <= 28: to 2^-60.
ALWAYS_INLINE double poly_tail(double u) {
  return P23(u,
             0x1.de533c95038bep-31, -0x1.4b6b118311dbbp-28, -0x1.2fa55b8fee326p-27, 0x1.bb5d55a9c6496p-25,
             0x1.3f92fcfdfef5dp-25, -0x1.b7f2202cd3986p-22, 0x1.3b9274ae7c774p-23, 0x1.7ef42686512f9p-19,
             -0x1.788c8b75dbf23p-18, -0x1.9954c53a7b772p-17, 0x1.3be0645f948ecp-14, -0x1.a1df45b51057ep-14,
             -0x1.8d4a9bd3cd519p-12, 0x1.49c672ab6b44bp-9, -0x1.09623883356a5p-7, 0x1.3079edf619603p-6,
             -0x1.0fb06dfe519dbp-5, 0x1.7fee004e14ec1p-5, -0x1.9ddb23c3e8c18p-5, 0x1.16ecefcfa52a3p-5,
             0x1.f7f5df66fd736p-8, -0x1.1df1ad154a28dp-4, 0x1.3ba5916e9fd7fp-1);
}
// ½ (1 + z) e(z / √2) of u, z = 5.5 (1 + u) / (1 - u), 0.65 <= z <= 39.5: to 2^-60.
ALWAYS_INLINE double poly_normal_tail(double u) {
  return P23(u,
             -0x1.07948ee4e3862p-31, -0x1.dedc1d644c36bp-29, 0x1.1c8a936ff04aep-28, 0x1.1b590d89c592fp-25,
             -0x1.5994c9e8e1fb7p-25, -0x1.c94b095307f71p-23, 0x1.df83c812b3611p-22, 0x1.1c11eeababdddp-20,
             -0x1.3aee75ed93189p-18, -0x1.03fb63e147681p-21, 0x1.45f7cfe8bbe77p-15, -0x1.7bd5c9e72c7c3p-14,
             -0x1.55b68f70bbd51p-14, 0x1.2fbff22a62214p-10, -0x1.16af72f1d9e52p-8, 0x1.4ef00013d0bc9p-7,
             -0x1.2aae054963651p-6, 0x1.8e36e348fafa9p-6, -0x1.5ed74b0a0a3aep-6, 0x1.2253e8f108a7bp-9,
             0x1.2870a53b3f2e1p-5, -0x1.69d624ce86420p-4, 0x1.d43372dd1ca78p-2);
}
// gelu'(x) / d of d = x - r, |d| <= 0.45, where r is its root: to 2^-56.
ALWAYS_INLINE double poly_gelu_slope(double d) {
  return P16(d,
             -0x1.707459e87ec3bp-29, 0x1.2322c01794c3dp-21, 0x1.d1234bf0e9ab0p-22, -0x1.03b0512bb4c04p-17,
             -0x1.784b4d0540889p-17, 0x1.695f5cb808412p-14, 0x1.86c8647b3079dp-13, -0x1.8680f23c1eda1p-11,
             -0x1.258a6d860517cp-9, 0x1.297b9d67a037fp-8, 0x1.3e346def42885p-6, -0x1.e4088244ddf71p-7,
             -0x1.d2fa4c17c7e89p-4, -0x1.2a2ef9bb867c4p-6, 0x1.8d9a941de3ac5p-2, 0x1.b9d98fa5a3216p-2);
}
// The same for floats, |d| <= 0.9: to 2^-25.8.
ALWAYS_INLINE float poly_gelu_slope_short(float d) {
  return P11(d, 0x1.26b7f4p-14f, 0x1.55c1f0p-13f, -0x1.7f9ea2p-11f, -0x1.232464p-9f, 0x1.292362p-8f, 0x1.3e1a1ep-6f,
             -0x1.e3ff68p-7f, -0x1.d2f964p-4f, -0x1.2a2f78p-6f, 0x1.8d9a92p-2f, 0x1.b9d990p-2f);
}
// erf(x) / x of z = x² <= 0.225: to 2^-66.
ALWAYS_INLINE double poly_erf_near(double z) {
  return P10(z,
             -0x1.3d722a95ee8c9p-23, 0x1.b7e652f000ae6p-20, -0x1.f4c181e7144a9p-17, 0x1.f9a2d0ebd8d92p-14,
             -0x1.c02db2efcb071p-11, 0x1.565bcd0c5c99dp-8, -0x1.b82ce3128426fp-6, 0x1.ce2f21a042b90p-4,
             -0x1.812746b0379e7p-2, 0x1.20dd750429b6dp+0);
}

#pragma clang fp contract(off)

#endif
