#include "dispatch.h"
#include "scalars.h"

#include <string.h>

#define TEMPLATE "compare_loops.h"
#include "levels.h"

// Bools are bytes; one SSE register holds sixteen, so these need no copies for higher levels.

void gk_logic_b8(gk_logic op, const uint8_t *a, size_t sa, const uint8_t *b, size_t sb, uint8_t *y, size_t n) {
  if (n == 0) return;
  if (sa == 0 && sb != 0) {
    const uint8_t *other = a;
    a = b;
    b = other;
    sa = sb;
    sb = 0;
  }
#define LOOP(sign) \
  if (sb != 0) { \
    INDEPENDENT for (size_t i = 0; i < n; i++) y[i] = a[i] sign b[i]; \
  } else if (sa != 0) { \
    uint8_t v = b[0]; \
    INDEPENDENT for (size_t i = 0; i < n; i++) y[i] = a[i] sign v; \
  } else { \
    memset(y, a[0] sign b[0], n); \
  } \
  break;
#define CASE(constant, name, sign) case GK_##constant: LOOP(sign)
  switch (op) { GK_LOGICS(CASE) }
#undef CASE
#undef LOOP
}

void gk_not_b8(const uint8_t *x, uint8_t *y, size_t n) {
  INDEPENDENT for (size_t i = 0; i < n; i++) y[i] = x[i] ^ 1;
}

void gk_select_b8(const uint8_t *c, size_t sc, const uint8_t *a, size_t sa, const uint8_t *b, size_t sb, uint8_t *y, size_t n) {
  if (sc != 0 && sa != 0 && sb != 0) {
    INDEPENDENT for (size_t i = 0; i < n; i++) {
      uint8_t u = a[i], v = b[i];
      y[i] = c[i] ? u : v;
    }
  } else {
    for (size_t i = 0; i < n; i++) y[i] = c[i * sc] ? a[i * sa] : b[i * sb];
  }
}

void gk_f32_from_f64(const double *x, float *y, size_t n) {
  IN_RUNS(n, for (size_t i = from; i < from + count; i++) y[i] = (float)x[i])
}
void gk_f64_from_f32(const float *x, double *y, size_t n) {
  IN_RUNS(n, for (size_t i = from; i < from + count; i++) y[i] = x[i])
}

void gk_convert(gk_type from, gk_type to, const void *x, void *y, size_t n) {
  if (from == to) {
    size_t width = to == GK_F64 ? 8 : to == GK_F32 ? 4 : 1;
    IN_RUNS(n, memcpy((char *)y + from * width, (const char *)x + from * width, count * width))
  } else if (from == GK_F64 && to == GK_F32) gk_f32_from_f64(x, y, n);
  else if (from == GK_F32 && to == GK_F64) gk_f64_from_f32(x, y, n);
  else if (from == GK_B8 && to == GK_F32) gk_f32_from_b8(x, y, n);
  else if (from == GK_B8 && to == GK_F64) gk_f64_from_b8(x, y, n);
  else if (from == GK_F32) gk_b8_from_f32(x, y, n);
  else gk_b8_from_f64(x, y, n);
}
