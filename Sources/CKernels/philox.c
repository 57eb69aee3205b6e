#define GK_UNFUSED
#include "dispatch.h"
#include "scalars.h"
#include "philox.h"

// What is drawn, for threads that share it.
typedef struct {
  uint64_t seed, draw;
  void *y;
} drawing;

#define TEMPLATE "philox_loops.h"
#include "levels.h"

double gk_stream_f64(uint64_t seed, uint64_t draw, uint64_t element, uint64_t number) {
  uint32_t w[4];
  // Two numbers a block; elements are told apart below, an element's blocks above.
  philox(seed, element | (number >> 1) << 40, draw, w);
  int i = number & 1 ? 2 : 0;
  return (double)(((uint64_t)w[i + 1] << 32 | w[i]) >> 11) * 0x1p-53;
}
