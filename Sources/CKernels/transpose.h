#ifndef GRADUS_TRANSPOSE_H
#define GRADUS_TRANSPOSE_H

#include "dispatch.h"

// y = x transposed, four by four; xr and yr are the distances of their rows.
#define TRANSPOSE_4(E, SUFFIX) \
  ALWAYS_INLINE void transpose_4_##SUFFIX(const E *x, ptrdiff_t xr, E *y, ptrdiff_t yr) { \
    typedef E four __attribute__((vector_size(4 * sizeof(E)), aligned(sizeof(E)))); \
    four a = *(const four *)x, b = *(const four *)(x + xr); \
    four c = *(const four *)(x + 2 * xr), d = *(const four *)(x + 3 * xr); \
    four e = __builtin_shufflevector(a, b, 0, 4, 1, 5), f = __builtin_shufflevector(a, b, 2, 6, 3, 7); \
    four g = __builtin_shufflevector(c, d, 0, 4, 1, 5), h = __builtin_shufflevector(c, d, 2, 6, 3, 7); \
    *(four *)y = __builtin_shufflevector(e, g, 0, 1, 4, 5); \
    *(four *)(y + yr) = __builtin_shufflevector(e, g, 2, 3, 6, 7); \
    *(four *)(y + 2 * yr) = __builtin_shufflevector(f, h, 0, 1, 4, 5); \
    *(four *)(y + 3 * yr) = __builtin_shufflevector(f, h, 2, 3, 6, 7); \
  }
TRANSPOSE_4(uint8_t, 8)
TRANSPOSE_4(uint32_t, 32)
TRANSPOSE_4(uint64_t, 64)
TRANSPOSE_4(float, f32)
TRANSPOSE_4(double, f64)
#undef TRANSPOSE_4

#endif
