#include "dispatch.h"

#include <string.h>

// A piece stays in the second cache between the system's clearing of new pages and the copy into them; one memcpy of
// everything would go around the caches.
enum { PIECE = 1 << 20 };

typedef struct {
  const char *x;
  char *y;
  size_t bytes;
} job;

static void copy_piece(void *context, int number) {
  const job *j = context;
  size_t from = (size_t)number * PIECE, rest = j->bytes - from;
  if (!gk_is_interrupted()) memcpy(j->y + from, j->x + from, rest < PIECE ? rest : PIECE);
}

void gk_copy(const void *x, void *y, size_t bytes) {
  job all = {.x = x, .y = y, .bytes = bytes};
  int pieces = (int)((bytes + PIECE - 1) / PIECE);
  if (gk_is_worth_sharing((double)bytes, 4 * PIECE)) {
    gk_run_tasks(copy_piece, &all, pieces);
  } else {
    for (int i = 0; i < pieces; i++) copy_piece(&all, i);
  }
}

void gk_move(const void *x, void *y, size_t bytes) { memmove(y, x, bytes); }

// Short integers are converted many at a time.
#define COUNT(T, TYPE) \
  static void count_range_##TYPE(void *y, size_t from, size_t n) { \
    T *to = (T *)y + from; \
    if (from + n <= INT32_MAX) { \
      int32_t start = (int32_t)from; \
      for (int32_t i = 0; i < (int32_t)n; i++) to[i] = (T)(start + i); \
    } else { \
      for (size_t i = 0; i < n; i++) to[i] = (T)(from + i); \
    } \
  } \
  void gk_count_##TYPE(T *y, size_t n) { gk_run_ranges(count_range_##TYPE, y, n, GK_BRIEF_PRICE); }
COUNT(float, f32)
COUNT(double, f64)
