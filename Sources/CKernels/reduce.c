#include "dispatch.h"
#include "reduce.h"

#include <math.h>
#include <string.h>

// Columns reduced at a time, in accumulators on the stack; rows or elements before a sum splits in two halves.
enum { STRIP = 256, ROWS = 64, RUN = 1024, LANES = GK_TILE, FEW = 8 };

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
