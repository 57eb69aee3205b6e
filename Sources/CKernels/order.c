#include "dispatch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// A number as one that compares as an integer, and where it stood.
typedef struct {
  uint64_t key;
  uint32_t place;
} ranked;

// Zeros of both signs are equal; NaN is greater than everything.
static inline uint64_t key_of(double x, int descends) {
  uint64_t bits, key = UINT64_MAX;
  if (!isnan(x)) {
    x += 0.0;
    memcpy(&bits, &x, sizeof bits);
    key = bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
  }
  return descends ? ~key : key;
}

enum { DIGIT = 11, BUCKETS = 1 << DIGIT, DIGITS = 6, SHORT = 1024, RUN = 16 };

static void insert_sorted(ranked *x, size_t n) {
  for (size_t i = 1; i < n; i++) {
    ranked next = x[i];
    size_t j = i;
    for (; j > 0 && x[j - 1].key > next.key; j--) x[j] = x[j - 1];
    x[j] = next;
  }
}

// Neighbouring sorted runs become one, until there is one; equals stay in order. Gives where the result is.
static ranked *merge_sorted(ranked *x, ranked *spare, size_t n) {
  for (size_t start = 0; start < n; start += RUN) insert_sorted(x + start, n - start < RUN ? n - start : RUN);
  for (size_t run = RUN; run < n; run *= 2) {
    for (size_t start = 0; start < n; start += 2 * run) {
      size_t middle = n - start < run ? n : start + run, end = n - start < 2 * run ? n : start + 2 * run;
      size_t a = start, b = middle;
      for (size_t i = start; i < end; i++) spare[i] = a < middle && (b == end || x[a].key <= x[b].key) ? x[a++] : x[b++];
    }
    ranked *sorted = spare;
    spare = x, x = sorted;
  }
  return x;
}

// Digit by digit from the least; a digit that is the same everywhere, as most are of what was a float, is left out.
static ranked *radix_sorted(ranked *x, ranked *spare, size_t n) {
  uint32_t counts[DIGITS][BUCKETS] = {0};
  IN_RUNS(n, for (size_t i = from; i < from + count; i++) for (int d = 0; d < DIGITS; d++)
                 counts[d][x[i].key >> (d * DIGIT) & (BUCKETS - 1)]++;)
  for (int d = 0; d < DIGITS && !gk_is_interrupted(); d++) {
    if (counts[d][x[0].key >> (d * DIGIT) & (BUCKETS - 1)] == n) continue;
    uint32_t start = 0;
    for (size_t b = 0; b < BUCKETS; b++) {
      uint32_t size = counts[d][b];
      counts[d][b] = start;
      start += size;
    }
    for (size_t i = 0; i < n; i++) spare[counts[d][x[i].key >> (d * DIGIT) & (BUCKETS - 1)]++] = x[i];
    ranked *sorted = spare;
    spare = x, x = sorted;
  }
  return x;
}

int gk_order_f64(int descends, const double *x, size_t outer, size_t extent, size_t inner, double *y) {
  if (extent > UINT32_MAX) return 0;
  ranked *lane = malloc(2 * (extent ? extent : 1) * sizeof *lane);
  if (lane == NULL) return 0;
  for (size_t o = 0; o < outer; o++) {
    for (size_t i = 0; i < inner && !gk_is_interrupted(); i++) {
      const double *from = x + o * extent * inner + i;
      double *to = y + o * extent * inner + i;
      for (size_t j = 0; j < extent; j++) lane[j] = (ranked){key_of(from[j * inner], descends), (uint32_t)j};
      ranked *sorted = extent <= SHORT ? merge_sorted(lane, lane + extent, extent) : radix_sorted(lane, lane + extent, extent);
      for (size_t j = 0; j < extent; j++) to[j * inner] = sorted[j].place;
    }
  }
  free(lane);
  return 1;
}
