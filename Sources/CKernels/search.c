#include "dispatch.h"

typedef struct {
  const double *sorted, *values;
  size_t n;
  int is_right;
  double *y;
} search;

// NaN is greater than everything; at the right side equals are passed, too.
ALWAYS_INLINE int lies_before(double entry, double value, int is_right) {
  if (is_right) return !(value == value ? value < entry || entry != entry : 0);
  return value == value ? entry < value : entry == entry;
}

// Some values at a time, step by step: while one waits for memory, the others do, too.
static void search_range(void *context, size_t from, size_t count) {
  enum { TOGETHER = 8 };
  const search *s = context;
  for (size_t i = from, last = from + count; i < last && !gk_is_interrupted(); i += TOGETHER) {
    size_t n = last - i < TOGETHER ? last - i : TOGETHER, low[TOGETHER] = {0}, width = s->n;
    while (width > 0) {
      size_t half = (width + 1) / 2;
      for (size_t j = 0; j < n; j++) {
        // Past the end there is nothing to be passed.
        size_t place = low[j] + half - 1;
        int is_passed = place < s->n && lies_before(s->sorted[place < s->n ? place : 0], s->values[i + j], s->is_right);
        low[j] += is_passed ? half : 0;
      }
      width -= half;
    }
    for (size_t j = 0; j < n; j++) s->y[i + j] = (double)low[j];
  }
}

void gk_search(const double *sorted, size_t n, const double *values, size_t count, int is_right, double *y) {
  search s = {.sorted = sorted, .values = values, .n = n, .is_right = is_right, .y = y};
  double steps = 1;
  for (size_t rest = n; rest > 0; rest /= 2) steps++;
  gk_run_ranges(search_range, &s, count, steps * GK_LONG_PRICE);
}
