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

#define PLACES(T, TYPE) \
  size_t gk_places_##TYPE(const T *x, size_t n, size_t extent, int64_t *y) { \
    double least = -(double)extent, most = (double)extent - 1; \
    size_t wrong = 0; \
    IN_RUNS(n, for (size_t i = from; i < from + count; i++) { \
      double number = (double)x[i]; \
      int64_t place = number >= least && number <= most ? (int64_t)number : 0; \
      wrong |= (double)place != number; \
      y[i] = place < 0 ? place + (int64_t)extent : place; \
    }) \
    if (wrong == 0) return n; \
    for (size_t i = 0; i < n; i++) { \
      double number = (double)x[i]; \
      if (!(number >= least && number <= most) || (double)(int64_t)number != number) return i; \
    } \
    return n; \
  }
PLACES(float, f32)
PLACES(double, f64)

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

#define GATHER_ADJOINT(T, TYPE) \
  void gk_gather_adjoint_##TYPE(const T *x, const int64_t *index, const size_t *strides, const size_t *extents, size_t rank, \
                                size_t axis, T *y) { \
    ROWS(y[there] += x[here]) \
  }
GATHER_ADJOINT(float, f32)
GATHER_ADJOINT(double, f64)
