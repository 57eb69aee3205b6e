#include "dispatch.h"
#include "reduce.h"

#include <math.h>
#include <string.h>

// Columns reduced at a time, in accumulators on the stack, fewer than those where rows are put side by side, and elements of
// a lane searched at a time; rows or elements before a sum splits in two halves; what threads share is cut in PARTS.
enum { STRIP = 1024, NARROW = GK_NARROW, SEARCHED = 4096, ROWS = GK_SUMMED_ROWS, RUN = 1024, LANES = GK_TILE, FEW = 8, PARTS = 16 };

// Where a run of more than RUN elements is cut in two.
static size_t first_half(size_t n) {
  size_t half = n / 2 / RUN * RUN;
  return half == 0 ? RUN : half;
}

// Where PARTS of n elements or rows begin and end, found by cutting in two again and again.
static void cut_in_parts(size_t *starts, size_t n, int is_run) {
  starts[0] = 0;
  starts[PARTS] = n;
  for (size_t step = PARTS; step > 1; step /= 2)
    for (size_t i = 0; i < PARTS; i += step) {
      size_t count = starts[i + step] - starts[i];
      starts[i + step / 2] = starts[i] + (is_run ? first_half(count) : count / 2);
    }
}

#define TEMPLATE "reduce_loops.h"
#include "levels.h"

void gk_reduce_b8(gk_logic op, const uint8_t *x, size_t outer, size_t extent, size_t inner, uint8_t *y) {
  for (size_t o = 0; o < outer; o++, x += extent * inner, y += inner) {
    if (inner == 1) {
      uint8_t result = op == GK_AND;
      if (op == GK_XOR) {
        for (size_t i = 0; i < extent; i++) result ^= x[i];
      } else {
        // memchr stops at the first byte that decides, and is vectorised.
        result = (memchr(x, op == GK_OR, extent) != NULL) == (op == GK_OR);
      }
      y[0] = result;
      continue;
    }
    memset(y, op == GK_AND, inner);
    for (size_t i = 0; i < extent && !gk_is_interrupted(); i++) gk_logic_b8(op, y, 1, x + i * inner, 1, y, inner);
  }
}
