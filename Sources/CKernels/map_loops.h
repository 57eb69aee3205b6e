// Template: one loop per unary function, and the switch that chooses it.

#ifdef LEVEL

#define LOOP(hint, name, value) \
  static void NAME(name)(const T *x, T *y, size_t n) { \
    hint for (size_t i = 0; i < n; i++) { \
      T v = x[i]; \
      y[i] = value; \
    } \
  }
#define VECTOR(op, name, value) LOOP(INDEPENDENT, name, value)
#define SCALAR(op, name, value) LOOP(, name, value)
#include "map_table.h"
#undef VECTOR
#undef SCALAR
#undef LOOP

static void NAME(map)(gk_map op, const T *x, T *y, size_t n) {
  switch (op) {
#define VECTOR(op, name, value) \
  case op: NAME(name)(x, y, n); break;
#define SCALAR VECTOR
#include "map_table.h"
#undef VECTOR
#undef SCALAR
  }
}

#else

void TYPED(gk_map)(gk_map op, const T *x, T *y, size_t n) { PICK(map)(op, x, y, n); }

#endif
