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

static void copy_view(size_t width, const void *x, const ptrdiff_t *strides, const size_t *extents, size_t rank, void *y) {
  switch (width) {
  case 1: copy_view_8(x, y, strides, extents, rank); break;
  case 4: copy_view_32(x, y, strides, extents, rank); break;
  case 8: copy_view_64(x, y, strides, extents, rank); break;
  }
}

static void store_view(size_t width, const void *x, void *y, const ptrdiff_t *strides, const size_t *extents, size_t rank) {
  switch (width) {
  case 1: store_view_8(x, y, strides, extents, rank); break;
  case 4: store_view_32(x, y, strides, extents, rank); break;
  case 8: store_view_64(x, y, strides, extents, rank); break;
  }
}

// A view cut along its first axis.
typedef struct {
  size_t width, rank, inner;
  const char *x;
  char *y;
  const ptrdiff_t *strides;
  const size_t *extents;
  int stores;
  int chunks;
} cut;

static void run_cut(void *context, int number) {
  const cut *c = context;
  size_t from = c->extents[0] * (size_t)number / (size_t)c->chunks, to = c->extents[0] * ((size_t)number + 1) / (size_t)c->chunks;
  size_t extents[MAX_RANK];
  memcpy(extents, c->extents, c->rank * sizeof *extents);
  extents[0] = to - from;
  ptrdiff_t width = (ptrdiff_t)c->width, seen = (ptrdiff_t)from * c->strides[0] * width, dense = (ptrdiff_t)(from * c->inner) * width;
  if (gk_is_interrupted()) return;
  if (c->stores) store_view(c->width, c->x + dense, c->y + seen, c->strides, extents, c->rank);
  else copy_view(c->width, c->x + seen, c->strides, extents, c->rank, c->y + dense);
}

// By several threads where that pays; 0 where it doesn't, nothing done then.
static int run_cuts(cut *c) {
  for (; c->rank > 1 && c->extents[0] == 1; c->rank--) c->strides++, c->extents++;
  if (c->rank == 0 || c->rank > MAX_RANK) return 0;
  c->inner = 1;
  for (size_t i = 1; i < c->rank; i++) c->inner *= c->extents[i];
  // What is stored to one place again and again is stored in order.
  for (size_t i = 0; c->stores && i < c->rank; i++)
    if (c->strides[i] == 0 && c->extents[i] > 1) return 0;
  size_t most = 4 * (size_t)gk_threads;
  c->chunks = (int)(c->extents[0] < most ? c->extents[0] : most);
  if (c->chunks < 2 || !gk_is_worth_sharing((double)c->extents[0] * (double)c->inner, GK_SHARED_WORK)) return 0;
  gk_run_tasks(run_cut, c, c->chunks);
  return 1;
}

void gk_copy_strided(size_t width, const void *x, const ptrdiff_t *strides, const size_t *extents, size_t rank, void *y) {
  cut c = {.width = width, .rank = rank, .x = x, .y = y, .strides = strides, .extents = extents};
  if (!run_cuts(&c)) copy_view(width, x, strides, extents, rank, y);
}

void gk_store_strided(size_t width, const void *x, void *y, const ptrdiff_t *strides, const size_t *extents, size_t rank) {
  cut c = {.width = width, .rank = rank, .x = x, .y = y, .strides = strides, .extents = extents, .stores = 1};
  if (!run_cuts(&c)) store_view(width, x, y, strides, extents, rank);
}
