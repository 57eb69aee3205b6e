#include "special.h"
#include "dispatch.h"

#include <math.h>

// In long double where it has more bits than double, so that terms may cancel to a few thousandths before a double's digits
// suffer.
typedef long double wide;

static const wide pi = 3.14159265358979323846264338327950288L;
static const wide half_root_pi = 0.886226925452758013649083741670572591L;

// MARK: The inverse of erf

// From Winitzki's approximation, right to 0.2 %, by Halley's steps, each of which trebles the digits.
static wide inverse_erf(double x) {
  wide a = fabsl((wide)x), rest = 1 - a;
  wide l = log1pl(-a * a), t = 2 / (pi * 0.147L) + l / 2;
  wide y = a < 0.001L ? a * half_root_pi : sqrtl(sqrtl(t * t - l / 0.147L) - t);
  for (int step = 0; step < 3; step++) {
    // Of whichever is the smaller, erf or what it lacks to 1.
    wide miss = a < 0.5L ? erfl(y) - a : rest - erfcl(y);
    wide u = miss * half_root_pi * expl(y * y);
    y -= u / (1 + y * u);
  }
  return x < 0 ? -y : y;
}

double gk_erfinv(double x) {
  if (!(fabs(x) < 1)) return fabs(x) == 1 ? x * INFINITY : (double)NAN;
  return x == 0 ? x : (double)inverse_erf(x);
}

double gk_erfinv_slope(double x) {
  if (!(fabs(x) < 1)) return fabs(x) == 1 ? (double)INFINITY : (double)NAN;
  wide y = inverse_erf(x);
  return (double)(half_root_pi * expl(y * y));
}

// MARK: The gamma function's logarithm and its derivatives

double gk_log_gamma(double x) {
  int sign;
  return (double)lgammal_r(x, &sign);
}

// Bernoulli's numbers B2, B4, …
static const wide bernoulli[] = {
    1 / 6.0L,   -1 / 30.0L,     1 / 42.0L,      -1 / 30.0L,      5 / 66.0L,       -691 / 2730.0L,
    7 / 6.0L,   -3617 / 510.0L, 43867 / 798.0L, -174611 / 330.0L, 854513 / 138.0L, -236364091 / 2730.0L,
};
enum { BERNOULLI_COUNT = sizeof bernoulli / sizeof bernoulli[0] };

// For x > 0: upwards by recurrence, then by the asymptotic series.
static wide digamma_of_positive(wide x) {
  wide sum = 0;
  for (; x < 20; x += 1) sum -= 1 / x;
  wide square = 1 / (x * x), power = square;
  sum += logl(x) - 1 / (2 * x);
  for (int k = 0; k < BERNOULLI_COUNT; k++, power *= square) sum -= bernoulli[k] / (2 * k + 2) * power;
  return sum;
}

// cot(πx), of what x is beyond the nearest whole number.
static wide cotangent(wide x) {
  wide r = x - rintl(x), a = fabsl(r);
  // 0 halfway between two poles, which π / 2 as rounded wouldn't give.
  wide c = a > 0.25L ? tanl(pi * (0.5L - a)) : 1 / tanl(pi * a);
  return r < 0 ? -c : c;
}

static int is_pole(double x) { return x < 0 && floor(x) == x; }

double gk_digamma(double x) {
  if (x == 0) return -1 / x;
  if (is_pole(x) || x != x) return (double)NAN;
  if (x > 0) return x < (double)INFINITY ? (double)digamma_of_positive(x) : x;
  return (double)(digamma_of_positive(1 - (wide)x) - pi * cotangent(x));
}

// Without its sign, which is that of (-1)^(n + 1).
static wide polygamma_of_positive(int n, wide x) {
  wide sum = 0, factorial = 1;
  for (int k = 2; k < n; k++) factorial *= k;  // (n - 1)!
  for (; x < 20 + n; x += 1) sum += factorial * n * powl(x, -n - 1);
  wide power = powl(x, -n), square = 1 / (x * x);
  sum += factorial * power * (1 + n / (2 * x));
  wide factor = factorial * n * (n + 1) / 2;  // (n + 1)! / 2!
  power *= square;
  for (int k = 0; k < BERNOULLI_COUNT; k++, power *= square) {
    sum += bernoulli[k] * factor * power;
    int j = 2 * k + 2;
    factor *= (wide)(j + n) * (j + n + 1) / ((wide)(j + 1) * (j + 2));
  }
  return sum;
}

// The n-th derivative of cot(πx): a polynomial of the cotangent c, since c' is -π (1 + c²).
static wide derived_cotangent(int n, wide x) {
  wide p[GK_LAST_POLYGAMMA + 3] = {0, 1}, scale = 1, c = cotangent(x), value = 0;
  for (int step = 1; step <= n; step++) {
    wide derived[GK_LAST_POLYGAMMA + 3] = {0};
    for (int k = 1; k <= step; k++) {
      derived[k - 1] += k * p[k];
      derived[k + 1] += k * p[k];
    }
    for (int k = 0; k <= step + 1; k++) p[k] = derived[k];
    scale *= -pi;
  }
  for (int k = n + 1; k >= 0; k--) value = value * c + p[k];
  return scale * value;
}

double gk_polygamma(double order, double x) {
  if (!(order >= 1 && order <= GK_LAST_POLYGAMMA) || floor(order) != order || x != x) return (double)NAN;
  int n = (int)order, is_odd = n % 2;
  if (is_pole(x) || x == -(double)INFINITY) return is_odd && x > -(double)INFINITY ? (double)INFINITY : (double)NAN;
  if (x == 0) return is_odd ? (double)INFINITY : -1 / x;
  if (x == (double)INFINITY) return is_odd ? 0.0 : -0.0;
  if (x > 0) {
    wide value = polygamma_of_positive(n, x);
    return (double)(is_odd ? value : -value);
  }
  wide mirrored = polygamma_of_positive(n, 1 - (wide)x);
  return (double)(-pi * derived_cotangent(n, x) - mirrored);
}

// MARK: sin(πx) / (πx)

// x less the even number next to it, -1 … 1: exact.
static wide turned(double x) { return (wide)(x - 2 * rint(x / 2)); }

static wide sin_pi(double x) {
  wide r = turned(x), a = fabsl(r);
  wide s = sinl(pi * (a > 0.5L ? 1 - a : a));
  return r < 0 ? -s : s;
}

static wide cos_pi(double x) {
  wide a = fabsl(turned(x));
  return a > 0.25L && a < 0.75L ? sinl(pi * (0.5L - a)) : a < 0.5L ? cosl(pi * a) : -cosl(pi * (1 - a));
}

double gk_sinc(double x) {
  if (x == 0) return 1;
  wide s = sin_pi(x);
  return s == 0 ? 0 : (double)(s / (pi * x));
}

double gk_sinc_slope(double x) {
  if (x == 0) return -x;
  wide z = pi * x;
  if (fabsl(z) >= 1.5L) return (double)((cos_pi(x) - sin_pi(x) / z) / x);
  // The series of what cancels: -z/3 + z³/30 - … in all.
  wide square = z * z, term = -z / 3, sum = 0;
  for (int k = 2; k < 16; k++) {
    sum += term;
    term *= -square * k / ((wide)(k - 1) * (2 * k) * (2 * k + 1));
  }
  return (double)(pi * sum);
}
