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
