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

static void narrow(void *context, size_t from, size_t count) {
  const gk_operands *o = context;
  const double *x = (const double *)o->a + from;
  float *y = (float *)o->y + from;
  INDEPENDENT for (size_t i = 0; i < count; i++) y[i] = (float)x[i];
}
static void widen(void *context, size_t from, size_t count) {
  const gk_operands *o = context;
  const float *x = (const float *)o->a + from;
  double *y = (double *)o->y + from;
  INDEPENDENT for (size_t i = 0; i < count; i++) y[i] = x[i];
}
static void repeat(void *context, size_t from, size_t count) {
  const gk_operands *o = context;
  memcpy((char *)o->y + from, (const char *)o->a + from, count);
}
void gk_f32_from_f64(const double *x, float *y, size_t n) {
  gk_run_ranges(narrow, &(gk_operands){.a = x, .y = y}, n, GK_BRIEF_PRICE);
}
void gk_f64_from_f32(const float *x, double *y, size_t n) {
  gk_run_ranges(widen, &(gk_operands){.a = x, .y = y}, n, GK_BRIEF_PRICE);
}

void gk_convert(gk_type from, gk_type to, const void *x, void *y, size_t n) {
  if (from == to) {
    size_t width = to == GK_F64 ? 8 : to == GK_F32 ? 4 : 1;
    gk_run_ranges(repeat, &(gk_operands){.a = x, .y = y}, n * width, GK_BRIEF_PRICE / 8);
  } else if (from == GK_F64 && to == GK_F32) gk_f32_from_f64(x, y, n);
  else if (from == GK_F32 && to == GK_F64) gk_f64_from_f32(x, y, n);
  else if (from == GK_B8 && to == GK_F32) gk_f32_from_b8(x, y, n);
  else if (from == GK_B8 && to == GK_F64) gk_f64_from_b8(x, y, n);
  else if (from == GK_F32) gk_b8_from_f32(x, y, n);
  else gk_b8_from_f64(x, y, n);
}
