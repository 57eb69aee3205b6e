#include "dispatch.h"
#include "transpose.h"

#include <string.h>

// One side is dense, the other is seen through strides. Equal or mergeable dimensions go first; what is left is walked
// plane by plane, where a plane is the last dimension and the one that is nearest in memory on the strided side.

enum { MAX_RANK = 16, TILE = 16 };

typedef struct {
  size_t rank;
  size_t extents[MAX_RANK];
  ptrdiff_t strides[MAX_RANK];
  ptrdiff_t dense[MAX_RANK];  // the dense side's strides
} view;

// Without extents of 1 and with adjacent dimensions merged; 0 if there are no elements. Rank at least 2 afterwards.
static int simplify(view *v, const ptrdiff_t *strides, const size_t *extents, size_t rank) {
  size_t kept = 0;
  for (size_t i = 0; i < rank; i++) {
    if (extents[i] == 0) return 0;
    if (extents[i] == 1) continue;
    if (kept > 0 && v->strides[kept - 1] == strides[i] * (ptrdiff_t)extents[i]) {
      v->extents[kept - 1] *= extents[i];
      v->strides[kept - 1] = strides[i];
      continue;
    }
    v->extents[kept] = extents[i];
    v->strides[kept] = strides[i];
    kept++;
  }
  while (kept < 2) {
    for (size_t i = kept; i > 0; i--) {
      v->extents[i] = v->extents[i - 1];
      v->strides[i] = v->strides[i - 1];
    }
    v->extents[0] = 1;
    v->strides[0] = 1;
    kept++;
  }
  v->rank = kept;
  ptrdiff_t step = 1;
  for (size_t i = kept; i-- > 0;) {
    v->dense[i] = step;
    step *= (ptrdiff_t)v->extents[i];
  }
  // The plane's other dimension goes last but one.
  size_t last = kept - 1, other = last - 1;
  ptrdiff_t nearest = v->strides[last] < 0 ? -v->strides[last] : v->strides[last];
  if (nearest > 1) {
    for (size_t i = 0; i < last; i++) {
      ptrdiff_t distance = v->strides[i] < 0 ? -v->strides[i] : v->strides[i];
      if (distance != 0 && distance < nearest && v->extents[i] > 1) {
        nearest = distance;
        other = i;
      }
    }
  }
  if (other != last - 1) {
    size_t extent = v->extents[other];
    ptrdiff_t stride = v->strides[other], dense = v->dense[other];
    v->extents[other] = v->extents[last - 1];
    v->strides[other] = v->strides[last - 1];
    v->dense[other] = v->dense[last - 1];
    v->extents[last - 1] = extent;
    v->strides[last - 1] = stride;
    v->dense[last - 1] = dense;
  }
  return 1;
}

// Moves the offsets to the next plane; 0 after the last.
static int advance(const view *v, size_t *at, ptrdiff_t *strided, ptrdiff_t *dense) {
  for (size_t i = v->rank - 2; i-- > 0;) {
    *strided += v->strides[i];
    *dense += v->dense[i];
    if (++at[i] < v->extents[i]) return 1;
    *strided -= v->strides[i] * (ptrdiff_t)v->extents[i];
    *dense -= v->dense[i] * (ptrdiff_t)v->extents[i];
    at[i] = 0;
  }
  return 0;
}

#define COPY 0
#define STORE 1

#define E uint8_t
#define SUFFIX 8
#define ACTION COPY
#include "strided_loops.h"
#define ACTION STORE
#include "strided_loops.h"
#undef E
#undef SUFFIX

#define E uint32_t
#define SUFFIX 32
#define ACTION COPY
#include "strided_loops.h"
#define ACTION STORE
#include "strided_loops.h"
#undef E
#undef SUFFIX

#define E uint64_t
#define SUFFIX 64
#define ACTION COPY
#include "strided_loops.h"
#define ACTION STORE
#include "strided_loops.h"
#undef E
#undef SUFFIX

void gk_copy_strided(size_t width, const void *x, const ptrdiff_t *strides, const size_t *extents, size_t rank, void *y) {
  switch (width) {
  case 1: copy_view_8(x, y, strides, extents, rank); break;
  case 4: copy_view_32(x, y, strides, extents, rank); break;
  case 8: copy_view_64(x, y, strides, extents, rank); break;
  }
}

void gk_store_strided(size_t width, const void *x, void *y, const ptrdiff_t *strides, const size_t *extents, size_t rank) {
  switch (width) {
  case 1: store_view_8(x, y, strides, extents, rank); break;
  case 4: store_view_32(x, y, strides, extents, rank); break;
  case 8: store_view_64(x, y, strides, extents, rank); break;
  }
}
