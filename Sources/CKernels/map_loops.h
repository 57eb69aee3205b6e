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
#if WIDTH == 32
#define SINGLE(op, name, value) LOOP(INDEPENDENT, name, value)
#else
#define SINGLE(op, name, value) LOOP(, name, value)
#endif
// In pieces: one with a large argument somewhere is done element by element, to the same bits where it is not large.
#define PERIODIC(op, name, value) \
  static void NAME(name)(const T *x, T *y, size_t n) { \
    for (size_t from = 0; from < n; from += 256) { \
      size_t to = n - from < 256 ? n : from + 256; \
      BITS large = 0; \
      for (size_t i = from; i < to; i++) large |= FN(abs)(x[i]) > (T)PERIODIC_LIMIT ? 1 : 0; \
      if (!large) { \
        INDEPENDENT for (size_t i = from; i < to; i++) { \
          T v = x[i]; \
          y[i] = value; \
        } \
      } else { \
        for (size_t i = from; i < to; i++) { \
          T v = x[i]; \
          y[i] = FN(abs)(v) > (T)PERIODIC_LIMIT ? (T)gk_large_##name(v) : value; \
        } \
      } \
    } \
  }
#include "map_table.h"
#undef VECTOR
#undef SINGLE
#undef PERIODIC
#undef LOOP

static void NAME(map)(gk_map op, const T *x, T *y, size_t n) {
  switch (op) {
#define VECTOR(op, name, value) \
  case op: NAME(name)(x, y, n); break;
#define SINGLE VECTOR
#define PERIODIC VECTOR
#include "map_table.h"
#undef VECTOR
#undef SINGLE
#undef PERIODIC
  }
}

#else

void TYPED(gk_map)(gk_map op, const T *x, T *y, size_t n) { PICK(map)(op, x, y, n); }

#endif
