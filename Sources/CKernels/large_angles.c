#include "scalars.h"
#include "large_angles.h"

// Payne and Hanek: Radian reduction for trigonometric functions (SIGNUM 1983). x = m 2^s with an integer m. Of 2/π only
// the bits count that m 2^s turns into quarter turns below four and their fraction; 192 of them leave an error of
// 2^-137 quarter turns, while no double comes closer than 2^-62 to a whole number of them.

// Bits of 2/π after the binary point, after a word of zeros.
static const uint64_t two_over_pi[] = {
    0x0000000000000000, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041,
    0xfe5163abdebbc561, 0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e,
    0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b,
    0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
    0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab,
    0xf0cfbc209af4361d,
};

// The word that starts at bit i of the table.
static uint64_t bits_at(int i) {
  int word = i / 64, shift = i % 64;
  return shift == 0 ? two_over_pi[word] : two_over_pi[word] << shift | two_over_pi[word + 1] >> (64 - shift);
}

// x = n π/2 + r + *tail, n's low bits in *turns.
static double reduced_large(double x, uint64_t *turns, double *tail) {
  uint64_t bits = fn_bits_f64(x);
  int s = (int)(bits >> 52 & 0x7ff) - 1075;
  uint64_t m = (bits & ((uint64_t)1 << 52) - 1) | (uint64_t)1 << 52;
  // The first bit kept has the weight of two quarter turns; it is number s - 1 after the point, from 1.
  int first = 64 + s - 2;
  unsigned __int128 low = (unsigned __int128)m * bits_at(first + 128), middle = (unsigned __int128)m * bits_at(first + 64);
  uint64_t w0 = (uint64_t)low;
  middle += (uint64_t)(low >> 64);
  uint64_t w1 = (uint64_t)middle, w2 = m * bits_at(first) + (uint64_t)(middle >> 64);
  uint64_t n = w2 >> 62;
  // The fraction, as a signed number of 2^-192 turns, to the nearest quarter.
  unsigned __int128 f = ((unsigned __int128)(w2 << 2 | w1 >> 62) << 64) | (w1 << 2 | w0 >> 62);
  uint64_t rest = w0 << 2;
  int negative = (int)(f >> 127);
  if (negative) {
    n++;
    rest = -rest;
    f = ~f + (rest == 0);
  }
  // To two doubles: the fraction's 128 bits from the first that is set.
  int zeros = (uint64_t)(f >> 64) ? __builtin_clzll((uint64_t)(f >> 64)) : 64;
  f = zeros == 0 ? f : f << zeros | (zeros == 64 ? rest : rest >> (64 - zeros));
  double scale = fn_power_of_two_f64(-zeros - 64);
  double high = (double)(uint64_t)(f >> 75) * 0x1p11, low_part = (double)(uint64_t)(f >> 11 & 0xffffffffffffffff) * 0x1p-53;
  double r = (high + low_part) * scale, r_low = (low_part - ((high + low_part) - high)) * scale;
  // Times π/2, as two doubles.
  double p = r * 0x1.921fb54442d18p+0, p_low = fma(r, 0x1.921fb54442d18p+0, -p) + (r * 0x1.1a62633145c07p-54 + r_low * 0x1.921fb54442d18p+0);
  double sum = p + p_low, sum_low = p_low - (sum - p);
  int flip = negative != (int)(bits >> 63);
  *turns = bits >> 63 ? -n : n;
  *tail = flip ? -sum_low : sum_low;
  return flip ? -sum : sum;
}

double gk_large_sin(double x) {
  if (!(fabs(x) < INFINITY)) return NAN;
  uint64_t turns;
  double tail, r = reduced_large(x, &turns, &tail);
  return turned_f64(r, tail, turns);
}

double gk_large_cos(double x) {
  if (!(fabs(x) < INFINITY)) return NAN;
  uint64_t turns;
  double tail, r = reduced_large(x, &turns, &tail);
  return turned_f64(r, tail, turns + 1);
}

double gk_large_tan(double x) {
  if (!(fabs(x) < INFINITY)) return NAN;
  uint64_t turns;
  double tail, r = reduced_large(x, &turns, &tail), t = tan(r), more = tail * (1 + t * t);
  // tan(r + tail) = t + more. Of its reciprocal, what division rounds off is put back along with `more`.
  double q = -1 / t;
  return turns & 1 ? q + q * (fma(q, t, 1) + q * more) : t + more;
}
