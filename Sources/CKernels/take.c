#include "dispatch.h"

#include <string.h>

// Slices one by one; those of one element, the usual case of a[i], skip memcpy's call.
#define TAKE(E) \
  for (size_t o = 0; o < outer; o++) { \
    const E *slice = (const E *)x + o * extent; \
    E *to = (E *)y + o * taken; \
    IN_RUNS(taken, for (size_t i = from; i < from + count; i++) to[i] = slice[index[i]]) \
  }

void gk_take(size_t width, const void *x, const int64_t *index, size_t outer, size_t extent, size_t inner, size_t taken, void *y) {
  size_t bytes = inner * width;
  if (bytes == 0) return;
  switch (bytes) {
  case 1: TAKE(uint8_t) return;
  case 4:
    if (inner == 1) {
      TAKE(uint32_t) return;
    }
    break;
  case 8:
    if (inner == 1) {
      TAKE(uint64_t) return;
    }
    break;
  }
  char *to = y;
  for (size_t o = 0; o < outer; o++) {
    const char *from = (const char *)x + o * extent * bytes;
    for (size_t i = 0; i < taken && !gk_is_interrupted(); i++, to += bytes) memcpy(to, from + (size_t)index[i] * bytes, bytes);
  }
}

#define ADJOINT(T, TYPE) \
  void gk_take_adjoint_##TYPE(const T *x, const int64_t *index, size_t outer, size_t extent, size_t inner, size_t count, T *y) { \
    if (inner == 1) { \
      for (size_t o = 0; o < outer; o++, x += count, y += extent) \
        for (size_t i = 0; i < count; i++) { \
          if ((i & (LONG_RUN - 1)) == LONG_RUN - 1 && gk_is_interrupted()) return; \
          y[index[i]] += x[i]; \
        } \
      return; \
    } \
    for (size_t o = 0; o < outer; o++) { \
      for (size_t i = 0; i < count && !gk_is_interrupted(); i++) { \
        const T *from = x + (o * count + i) * inner; \
        T *to = y + (o * extent + (size_t)index[i]) * inner; \
        INDEPENDENT for (size_t j = 0; j < inner; j++) to[j] += from[j]; \
      } \
    } \
  }
ADJOINT(float, f32)
ADJOINT(double, f64)

#define TEMPLATE "place_loops.h"
#include "levels.h"

// Of a tensor.
enum { MOST_AXES = 8 };

// Rows are counted like an odometer.
#define ROWS(BODY) \
  size_t place[MOST_AXES] = {0}, last = rank - 1, width_of_row = extents[last], offset = 0, rows = 1; \
  size_t step = last == axis ? 0 : strides[last], reach = strides[axis]; \
  for (size_t a = 0; a < last; a++) rows *= extents[a]; \
  for (size_t row = 0; row < rows && !gk_is_interrupted(); row++) { \
    const int64_t *at = index + row * width_of_row; \
    IN_RUNS(width_of_row, for (size_t j = from; j < from + count; j++) { \
      size_t there = offset + j * step + (size_t)at[j] * reach; \
      size_t here = row * width_of_row + j; \
      BODY; \
    }) \
    for (size_t a = last; a-- > 0;) { \
      size_t stride = a == axis ? 0 : strides[a]; \
      if (++place[a] < extents[a]) { \
        offset += stride; \
        break; \
      } \
      offset -= stride * (extents[a] - 1); \
      place[a] = 0; \
    } \
  }

void gk_gather(size_t width, const void *x, const int64_t *index, const size_t *strides, const size_t *extents, size_t rank,
               size_t axis, void *y) {
  switch (width) {
  case 1: { ROWS(((uint8_t *)y)[here] = ((const uint8_t *)x)[there]) return; }
  case 4: { ROWS(((uint32_t *)y)[here] = ((const uint32_t *)x)[there]) return; }
  case 8: { ROWS(((uint64_t *)y)[here] = ((const uint64_t *)x)[there]) return; }
  }
}

void gk_scatter(size_t width, const void *values, const int64_t *index, const size_t *strides, const size_t *extents, size_t rank,
                size_t axis, void *y) {
  switch (width) {
  case 1: { ROWS(((uint8_t *)y)[there] = ((const uint8_t *)values)[here]) return; }
  case 4: { ROWS(((uint32_t *)y)[there] = ((const uint32_t *)values)[here]) return; }
  case 8: { ROWS(((uint64_t *)y)[there] = ((const uint64_t *)values)[here]) return; }
  }
}

#define GATHER_ADJOINT(T, TYPE) \
  void gk_gather_adjoint_##TYPE(const T *x, const int64_t *index, const size_t *strides, const size_t *extents, size_t rank, \
                                size_t axis, T *y) { \
    ROWS(y[there] += x[here]) \
  }
GATHER_ADJOINT(float, f32)
GATHER_ADJOINT(double, f64)

// Indices at a time, as places on the stack.
enum { BLOCK = 512 };

static size_t places_of(gk_type type, const void *index, size_t from, size_t n, size_t extent, int64_t *y) {
  if (type == GK_F32) return gk_places_f32((const float *)index + from, n, extent, y);
  if (type == GK_F64) return gk_places_f64((const double *)index + from, n, extent, y);
  size_t wrong = n;
  for (size_t i = n; i-- > 0;) {
    y[i] = ((const uint8_t *)index)[from + i];
    if ((size_t)y[i] >= extent) y[i] = 0, wrong = i;
  }
  return wrong;
}

typedef struct {
  size_t width, outer, extent, inner, count;
  const char *x;
  char *y;
  gk_type type;
  const void *index;
  size_t wrong;
} picking;

static void note_wrong(size_t *first, size_t place) {
  size_t known = __atomic_load_n(first, __ATOMIC_RELAXED);
  while (place < known && !__atomic_compare_exchange_n(first, &known, place, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) continue;
}

static void take_range(void *context, size_t from, size_t count) {
  picking *p = context;
  int64_t index[BLOCK];
  size_t bytes = p->inner * p->width;
  for (size_t last = from + count; from < last && !gk_is_interrupted(); from += BLOCK) {
    size_t n = last - from < BLOCK ? last - from : BLOCK;
    size_t wrong = places_of(p->type, p->index, from, n, p->extent, index);
    if (wrong < n) note_wrong(&p->wrong, from + wrong);
    if (p->extent == 0) return;
    for (size_t o = 0; o < p->outer; o++)
      gk_take(p->width, p->x + o * p->extent * bytes, index, 1, p->extent, p->inner, n, p->y + (o * p->count + from) * bytes);
  }
}

size_t gk_take_at(size_t width, const void *x, gk_type type, const void *index, size_t outer, size_t extent, size_t inner,
                  size_t count, void *y) {
  picking p = {.width = width, .outer = outer, .extent = extent, .inner = inner, .count = count, .x = x, .y = y, .type = type,
               .index = index, .wrong = count};
  // What is picked lies anywhere in memory.
  gk_run_ranges(take_range, &p, count, GK_LONG_PRICE + GK_BRIEF_PRICE * (double)outer * (double)inner);
  return p.wrong;
}

#define PLACE(E) \
  for (size_t i = 0; i < n; i++) ((E *)y)[places[i]] = ((const E *)values)[from + i];

size_t gk_scatter_at(size_t width, const void *x, gk_type type, const void *index, size_t count, size_t whole,
                     const void *values, void *y) {
  int64_t places[BLOCK];
  gk_copy(x, y, whole * width);
  for (size_t from = 0; from < count && !gk_is_interrupted(); from += BLOCK) {
    size_t n = count - from < BLOCK ? count - from : BLOCK, wrong = places_of(type, index, from, n, whole, places);
    if (wrong < n) return from + wrong;
    switch (width) {
    case 1: PLACE(uint8_t) break;
    case 4: PLACE(uint32_t) break;
    case 8: PLACE(uint64_t) break;
    }
  }
  return count;
}

#define ADJOINT_AT(T, TYPE) \
  size_t gk_take_adjoint_at_##TYPE(const T *x, gk_type type, const void *index, size_t outer, size_t extent, size_t inner, \
                                   size_t count, T *y) { \
    int64_t places[BLOCK]; \
    for (size_t from = 0; from < count && !gk_is_interrupted(); from += BLOCK) { \
      size_t n = count - from < BLOCK ? count - from : BLOCK, wrong = places_of(type, index, from, n, extent, places); \
      if (wrong < n) return from + wrong; \
      for (size_t o = 0; o < outer; o++) \
        gk_take_adjoint_##TYPE(x + (o * count + from) * inner, places, 1, extent, inner, n, y + o * extent * inner); \
    } \
    return count; \
  }
ADJOINT_AT(float, f32)
ADJOINT_AT(double, f64)

typedef struct {
  const void *x;
  gk_type type;
  size_t extent;
  int is_other;
} checking;

static void check_range(void *context, size_t from, size_t count) {
  checking *c = context;
  int fits = c->type == GK_F32 ? are_places_f32((const float *)c->x + from, count, c->extent)
                               : are_places_f64((const double *)c->x + from, count, c->extent);
  if (!fits) __atomic_store_n(&c->is_other, 1, __ATOMIC_RELAXED);
}

int gk_are_places(gk_type type, const void *x, size_t n, size_t extent) {
  checking c = {.x = x, .type = type, .extent = extent};
  if (type == GK_B8) return 0;
  gk_run_ranges(check_range, &c, n, GK_BRIEF_PRICE);
  return !c.is_other;
}

static void note_last(const int64_t *index, const size_t *strides, const size_t *extents, size_t rank, size_t axis, uint32_t *y) {
  ROWS(y[there] = (uint32_t)here)
}

static void mark_last(const uint32_t *last, size_t whole, uint8_t *hits, uint8_t *winners) {
  IN_RUNS(whole, for (size_t i = from; i < from + count; i++) {
    hits[i] = last[i] != UINT32_MAX;
    if (hits[i]) winners[last[i]] = 1;
  })
}

void gk_mark_last(const int64_t *index, const size_t *strides, const size_t *extents, size_t rank, size_t axis, size_t whole,
                  uint32_t *last, uint8_t *hits, uint8_t *winners) {
  memset(last, 0xff, whole * sizeof *last);
  note_last(index, strides, extents, rank, axis, last);
  mark_last(last, whole, hits, winners);
}

void gk_mark_last_at(gk_type type, const void *index, size_t n, size_t whole, uint32_t *last, uint8_t *hits, uint8_t *winners) {
  int64_t places[BLOCK];
  memset(last, 0xff, whole * sizeof *last);
  for (size_t from = 0; from < n && !gk_is_interrupted(); from += BLOCK) {
    size_t count = n - from < BLOCK ? n - from : BLOCK;
    places_of(type, index, from, count, whole, places);
    for (size_t i = 0; i < count; i++) last[places[i]] = (uint32_t)(from + i);
  }
  mark_last(last, whole, hits, winners);
}

void gk_mark_order(const double *places, size_t n, uint8_t *hits, double *order) {
  IN_RUNS(n, for (size_t i = from; i < from + count; i++) {
    size_t place = (size_t)places[i];
    hits[place] = 1;
    order[place] = (double)i;
  })
}

size_t gk_true_places(const uint8_t *x, size_t n, double *y) {
  size_t found = 0;
  IN_RUNS(n, for (size_t i = from; i < from + count; i++) {
    y[found] = (double)i;
    found += x[i] != 0;
  })
  return found;
}
