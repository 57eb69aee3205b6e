#include "dispatch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIGIT = 11, BUCKETS = 1 << DIGIT, SHORT = 1024, RUN = 16 };

// For numbers of type T with as many bits as K: pairs of a key, which compares as an integer, and the place it stood at, put in
// order; equals stay in theirs.
#define SORTER(T, K, WIDTH) \
  typedef struct { \
    K key; \
    uint32_t place; \
  } ranked##WIDTH; \
\
  /* Zeros of both signs are equal; NaN is greater than everything. */ \
  static inline K key##WIDTH(T x, int descends) { \
    K bits, key = (K)-1; \
    if (x == x) { \
      x += (T)0; \
      memcpy(&bits, &x, sizeof bits); \
      key = bits >> (WIDTH - 1) ? (K)~bits : bits | (K)1 << (WIDTH - 1); \
    } \
    return descends ? (K)~key : key; \
  } \
\
  static void insert##WIDTH(ranked##WIDTH *x, size_t n) { \
    for (size_t i = 1; i < n; i++) { \
      ranked##WIDTH next = x[i]; \
      size_t j = i; \
      for (; j > 0 && x[j - 1].key > next.key; j--) x[j] = x[j - 1]; \
      x[j] = next; \
    } \
  } \
\
  /* Neighbouring sorted runs become one, until there is one. Gives where the result is. */ \
  static ranked##WIDTH *merged##WIDTH(ranked##WIDTH *x, ranked##WIDTH *spare, size_t n) { \
    for (size_t start = 0; start < n; start += RUN) insert##WIDTH(x + start, n - start < RUN ? n - start : RUN); \
    for (size_t run = RUN; run < n; run *= 2) { \
      for (size_t start = 0; start < n; start += 2 * run) { \
        size_t middle = n - start < run ? n : start + run, end = n - start < 2 * run ? n : start + 2 * run; \
        size_t a = start, b = middle; \
        for (size_t i = start; i < end; i++) \
          spare[i] = a < middle && (b == end || x[a].key <= x[b].key) ? x[a++] : x[b++]; \
      } \
      ranked##WIDTH *sorted = spare; \
      spare = x; \
      x = sorted; \
    } \
    return x; \
  } \
\
  /* Digit by digit from the least; one that is the same everywhere is left out. */ \
  static ranked##WIDTH *distributed##WIDTH(ranked##WIDTH *x, ranked##WIDTH *spare, size_t n) { \
    enum { DIGITS = (WIDTH + DIGIT - 1) / DIGIT }; \
    uint32_t counts[DIGITS][BUCKETS] = {0}; \
    IN_RUNS(n, for (size_t i = from; i < from + count; i++) for (int d = 0; d < DIGITS; d++) \
                   counts[d][x[i].key >> (d * DIGIT) & (BUCKETS - 1)]++;) \
    for (int d = 0; d < DIGITS && !gk_is_interrupted(); d++) { \
      if (counts[d][x[0].key >> (d * DIGIT) & (BUCKETS - 1)] == n) continue; \
      uint32_t start = 0; \
      for (size_t b = 0; b < BUCKETS; b++) { \
        uint32_t size = counts[d][b]; \
        counts[d][b] = start; \
        start += size; \
      } \
      for (size_t i = 0; i < n; i++) spare[counts[d][x[i].key >> (d * DIGIT) & (BUCKETS - 1)]++] = x[i]; \
      ranked##WIDTH *sorted = spare; \
      spare = x; \
      x = sorted; \
    } \
    return x; \
  } \
\
  static int ordered##WIDTH(int descends, const double *x, size_t outer, size_t extent, size_t inner, double *y) { \
    ranked##WIDTH *lane = malloc(2 * (extent ? extent : 1) * sizeof *lane); \
    if (lane == NULL) return 0; \
    for (size_t o = 0; o < outer; o++) { \
      for (size_t i = 0; i < inner && !gk_is_interrupted(); i++) { \
        const double *from = x + o * extent * inner + i; \
        double *to = y + o * extent * inner + i; \
        for (size_t j = 0; j < extent; j++) { \
          lane[j].key = key##WIDTH((T)from[j * inner], descends); \
          lane[j].place = (uint32_t)j; \
        } \
        ranked##WIDTH *sorted = \
            extent <= SHORT ? merged##WIDTH(lane, lane + extent, extent) : distributed##WIDTH(lane, lane + extent, extent); \
        for (size_t j = 0; j < extent; j++) to[j * inner] = sorted[j].place; \
      } \
    } \
    free(lane); \
    return 1; \
  }
SORTER(float, uint32_t, 32)
SORTER(double, uint64_t, 64)

int gk_order_f64(int descends, const double *x, size_t outer, size_t extent, size_t inner, double *y) {
  if (extent > UINT32_MAX) return 0;
  // What were floats are as well told apart by half as many bits.
  size_t n = outer * extent * inner, wide = 0;
  IN_RUNS(n, for (size_t i = from; i < from + count; i++) wide |= (double)(float)x[i] != x[i] && x[i] == x[i];)
  return wide ? ordered64(descends, x, outer, extent, inner, y) : ordered32(descends, x, outer, extent, inner, y);
}
