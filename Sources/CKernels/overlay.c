#include "dispatch.h"

#include <string.h>

// Parts that are put at places of a whole, zeros around them, and added up in their order. Piece by piece of its rows, so that
// what is added to is in a cache; zeros are added, too, until it is sure that no -0 is left for them to change.

enum { MOST_AXES = 16, PIECE = 1 << 12 };

typedef struct {
  const void *const *values;
  const size_t *cuts;
  size_t count;
  const size_t *extents;
  size_t rank;
  void *y;
  size_t pieces;  // of a row
  size_t total, tasks;
} overlay;

// The row of a part that lies in a row of the whole; NULL if none does. A cut: where it starts, its steps, its extents.
static const char *part_row(const overlay *all, size_t part, const size_t *place, size_t width) {
  size_t rank = all->rank, row = 0;
  const size_t *starts = all->cuts + part * 3 * rank, *steps = starts + rank, *extents = steps + rank;
  for (size_t a = 0; a + 1 < rank; a++) {
    if (place[a] < starts[a]) return NULL;
    size_t distance = place[a] - starts[a], number = distance;
    if (steps[a] > 1) {
      number = distance / steps[a];
      if (number * steps[a] != distance) return NULL;
    }
    if (number >= extents[a]) return NULL;
    row = row * extents[a] + number;
  }
  return (const char *)all->values[part] + row * extents[rank - 1] * width;
}

#define TEMPLATE "overlay_loops.h"
#include "levels.h"
