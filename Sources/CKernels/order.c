#include "dispatch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Lanes up to SHORT are merged. A sample's ranks lie further from their share than MARGIN and four deviations hardly ever.
enum { DIGIT = 11, SHORT_DIGIT = 8, BUCKETS = 1 << DIGIT, MOST_PARTS = 16 };
enum { SHORT = 128, RUN = 16, SAMPLE = 1 << 13, MARGIN = 8, SEARCHED = 256 };

#define TEMPLATE "order_loops.h"
#include "levels.h"

int gk_order_f64(int descends, const double *x, size_t outer, size_t extent, size_t inner, double *y) {
  return gk_ranks_f64(descends, x, outer, extent, inner, 0, extent, 0, y);
}
