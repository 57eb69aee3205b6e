#include "dispatch.h"

// Products with a matrix of which few entries are kept. The batch is innermost: each kept weight is a few vector
// multiply-adds, whatever the pattern.

enum { CHUNKS = 8 };

// Below this many multiplications waking the helper costs more than it gains.
static const double threaded_work = 400e3;

// The first output of a chunk; chunks have about as many entries each.
static size_t chunk_start(const gk_entries *e, int number, int chunks) {
  uint64_t wanted = (uint64_t)e->starts[e->outputs] * (uint64_t)number / (uint64_t)chunks;
  if (number == 0) return 0;
  if (number == chunks) return e->outputs;
  size_t low = 0, high = e->outputs;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (e->starts[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

#define TEMPLATE "masked_loops.h"
#include "levels.h"
