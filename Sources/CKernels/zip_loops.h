// Template: three loops per binary function (either operand may repeat), and the switch that chooses one.

#ifdef LEVEL

#define LOOP(hint, name, value) \
  static void NAME(name)(const T *a, size_t sa, const T *b, size_t sb, T *y, size_t n) { \
    if (n == 0) return; \
    if (sa != 0 && sb != 0) { \
      hint for (size_t i = 0; i < n; i++) { \
        T u = a[i], v = b[i]; \
        y[i] = value; \
      } \
    } else if (sa != 0) { \
      T v = b[0]; \
      hint for (size_t i = 0; i < n; i++) { \
        T u = a[i]; \
        y[i] = value; \
      } \
    } else if (sb != 0) { \
      T u = a[0]; \
      hint for (size_t i = 0; i < n; i++) { \
        T v = b[i]; \
        y[i] = value; \
      } \
    } else { \
      T u = a[0], v = b[0]; \
      T one = value; \
      for (size_t i = 0; i < n; i++) y[i] = one; \
    } \
  }
#define VECTOR(op, name, value) LOOP(INDEPENDENT, name, value)
#define SCALAR(op, name, value) LOOP(, name, value)
#if WIDTH == 32
#define SINGLE VECTOR
#else
#define SINGLE SCALAR
#endif
#include "zip_table.h"
#undef VECTOR
#undef SINGLE
#undef SCALAR
#undef LOOP

static void NAME(zip)(gk_zip op, const T *a, size_t sa, const T *b, size_t sb, T *y, size_t n) {
  switch (op) {
#define VECTOR(op, name, value) \
  case op: NAME(name)(a, sa, b, sb, y, n); break;
#define SINGLE VECTOR
#define SCALAR VECTOR
#include "zip_table.h"
#undef VECTOR
#undef SINGLE
#undef SCALAR
  }
}

#else

void TYPED(gk_zip)(gk_zip op, const T *a, size_t sa, const T *b, size_t sb, T *y, size_t n) {
  PICK(zip)(op, a, sa, b, sb, y, n);
}

#endif
