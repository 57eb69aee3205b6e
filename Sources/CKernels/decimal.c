#define _GNU_SOURCE

#include "decimal.h"

#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

// The method of D. Lemire, "Number Parsing at a Gigabyte per Second" (2021): the upper 128 bits of a power of five are
// enough to round any product with a 64-bit number.
enum { LOWEST = -342, HIGHEST = 308 };
typedef struct {
  uint64_t high, low;
} wide;
static wide powers[HIGHEST - LOWEST + 1];
static locale_t neutral;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// Numbers of many bits, the least significant limb first.
enum { LIMBS = 48, BITS = 32 * LIMBS };
typedef struct {
  uint32_t limb[LIMBS];
} big;

static int length(const big *x) {
  for (int i = LIMBS - 1; i >= 0; i--) {
    if (x->limb[i] != 0) return 32 * i + 32 - __builtin_clz(x->limb[i]);
  }
  return 0;
}

static int bit(const big *x, int i) { return i >= 0 && (x->limb[i / 32] >> i % 32 & 1); }

// The upper 128 bits, the first of them set.
static wide upper(const big *x) {
  wide y = {0, 0};
  int top = length(x) - 1;
  for (int i = 0; i < 64; i++) {
    y.high = y.high << 1 | (uint64_t)bit(x, top - i);
    y.low = y.low << 1 | (uint64_t)bit(x, top - 64 - i);
  }
  return y;
}

static void prepare(void) {
  neutral = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  big x = {{1}};
  for (int e = 0; e <= HIGHEST; e++) {
    powers[e - LOWEST] = upper(&x);
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
      carry += (uint64_t)x.limb[i] * 5;
      x.limb[i] = (uint32_t)carry;
      carry >>= 32;
    }
  }
  // Reciprocals, of a power of two large enough for 128 bits of the least. The first ones are rounded up: they are compared
  // with products that are exact.
  memset(&x, 0, sizeof x);
  x.limb[LIMBS - 1] = 1u << 31;
  for (int e = -1; e >= LOWEST; e--) {
    uint64_t rest = 0;
    for (int i = LIMBS - 1; i >= 0; i--) {
      rest = rest << 32 | x.limb[i];
      x.limb[i] = (uint32_t)(rest / 5);
      rest %= 5;
    }
    wide y = upper(&x);
    if (e >= -27 && ++y.low == 0) y.high++;
    powers[e - LOWEST] = y;
  }
}

static wide product(uint64_t a, uint64_t b) {
  unsigned __int128 y = (unsigned __int128)a * b;
  return (wide){(uint64_t)(y >> 64), (uint64_t)y};
}

static double from_bits(uint64_t mantissa, int64_t exponent) {
  uint64_t bits = mantissa | (uint64_t)exponent << 52;
  double y;
  memcpy(&y, &bits, sizeof y);
  return y;
}

double gk_scaled(uint64_t m, int64_t e) {
  static const double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (m >> 53 == 0 && e >= -22 && e <= 22) return e < 0 ? (double)m / exact[-e] : (double)m * exact[e];
  if (m == 0 || e < LOWEST) return 0;
  if (e > HIGHEST) return from_bits(0, 0x7FF);
  pthread_once(&once, prepare);
  int zeros = __builtin_clzll(m);
  m <<= zeros;
  wide power = powers[e - LOWEST];
  wide y = product(m, power.high);
  // The lower half of the power counts only where the upper one leaves the bits beyond those of the result all set.
  if ((y.high & 0x1FF) == 0x1FF) {
    wide more = product(m, power.low);
    y.low += more.high;
    if (more.high > y.low) y.high++;
  }
  int top = (int)(y.high >> 63), shift = top + 64 - 52 - 3;
  uint64_t mantissa = y.high >> shift;
  int64_t exponent = ((152170 + 65536) * e >> 16) + 63 + top - zeros + 1023;
  if (exponent <= 0) {
    if (1 - exponent >= 64) return 0;
    mantissa >>= 1 - exponent;
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    return from_bits(mantissa & ~(1ull << 52), mantissa >> 52);
  }
  // Halfway between two doubles: possible only for powers of five that 64 bits hold.
  if (y.low <= 1 && e >= -4 && e <= 23 && (mantissa & 3) == 1 && mantissa << shift == y.high) mantissa &= ~1ull;
  mantissa = (mantissa + (mantissa & 1)) >> 1;
  if (mantissa >> 53 != 0) {
    mantissa >>= 1;
    exponent++;
  }
  if (exponent >= 0x7FF) return from_bits(0, 0x7FF);
  return from_bits(mantissa & ~(1ull << 52), exponent);
}

int gk_long_decimal(const char *from, const char *to, char point, gk_decimal *y) {
  pthread_once(&once, prepare);
  char small[64];
  size_t count = (size_t)(to - from);
  char *text = count < sizeof small ? small : malloc(count + 1);
  if (!text) return 0;
  memcpy(text, from, count);
  text[count] = 0;
  char *mark = memchr(text, point, count), *end = text;
  if (mark) *mark = '.';
  y->value = strtod_l(text, &end, neutral);
  y->is_whole = strspn(text + (text[0] == '-' || text[0] == '+'), "0123456789") + (text[0] == '-' || text[0] == '+') == count;
  y->is_rounded = 0;
  if (y->is_whole) {
    // The digits of what was read are those that were written, or it was rounded.
    char digits[400];
    const char *start = text + strspn(text, "+-0");
    snprintf(digits, sizeof digits, "%.0f", y->value < 0 ? -y->value : y->value);
    y->is_rounded = strcmp(digits, *start ? start : "0") != 0;
  }
  int whole = end == text + count;
  if (text != small) free(text);
  return whole;
}

int gk_format_number(char *to, int size, char kind, int precision, double value) {
  char form[] = {'%', '.', '*', kind, 0};
  return snprintf(to, (size_t)size, form, precision, value);
}
