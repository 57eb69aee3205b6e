#include "dispatch.h"

#include <string.h>

typedef struct {
  const int64_t *sorted;
  const double *values;
  size_t n;
  int is_right;
  double *y;
} search;

// Compares as the number does: NaN is greater than everything, zeros of both signs are equal.
ALWAYS_INLINE int64_t rank_of(double x) {
  int64_t bits;
  if (x != x) return INT64_MAX;
  x += 0;
  memcpy(&bits, &x, sizeof bits);
  return bits < 0 ? bits ^ INT64_MAX : bits;
}

// Some values at a time, step by step: while one waits for memory, the others do, too.
ALWAYS_INLINE void search_some(const search *s, size_t from, const size_t count, const int is_right) {
  enum { MOST = 8 };
  int64_t value[MOST];
  size_t low[MOST], width = s->n;
  for (size_t j = 0; j < count; j++) {
    value[j] = rank_of(s->values[from + j]);
    low[j] = 0;
  }
#define IS_PASSED(entry) (is_right ? (entry) <= value[j] : (entry) < value[j])
  while (width > 1) {
    size_t half = width / 2;
    for (size_t j = 0; j < count; j++) low[j] += IS_PASSED(s->sorted[low[j] + half - 1]) ? half : 0;
    width -= half;
  }
  for (size_t j = 0; j < count; j++)
    s->y[from + j] = (double)(low[j] + (size_t)(width > 0 && IS_PASSED(s->sorted[low[j]])));
#undef IS_PASSED
}

static void search_range(void *context, size_t from, size_t count) {
  const search *s = context;
  size_t last = from + count;
  for (; from + 8 <= last && !gk_is_interrupted(); from += 8) {
    if (s->is_right) search_some(s, from, 8, 1);
    else search_some(s, from, 8, 0);
  }
  for (; from < last && !gk_is_interrupted(); from++) search_some(s, from, 1, s->is_right);
}

int gk_search(const double *sorted, size_t n, const double *values, size_t count, int is_right, double *y) {
  int64_t *ranks = gk_take_scratch(n * sizeof *ranks);
  if (ranks == NULL) return 0;
  for (size_t i = 0; i < n; i++) ranks[i] = rank_of(sorted[i]);
  search s = {.sorted = ranks, .values = values, .n = n, .is_right = is_right, .y = y};
  double steps = 1;
  for (size_t rest = n; rest > 0; rest /= 2) steps++;
  gk_run_ranges(search_range, &s, count, steps * GK_BRIEF_PRICE);
  gk_return_scratch(ranks);
  return 1;
}
