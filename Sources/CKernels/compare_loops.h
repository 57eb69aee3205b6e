// Template: comparisons, tests, choices and conversions.

#ifdef LEVEL

static void NAME(compare)(gk_comparison op, const T *a, size_t sa, const T *b, size_t sb, uint8_t *y, size_t n) {
  if (n == 0) return;
#define LOOP(sign) \
  if (sa != 0 && sb != 0) { \
    INDEPENDENT for (size_t i = 0; i < n; i++) y[i] = a[i] sign b[i]; \
  } else if (sa != 0) { \
    T v = b[0]; \
    INDEPENDENT for (size_t i = 0; i < n; i++) y[i] = a[i] sign v; \
  } else if (sb != 0) { \
    T u = a[0]; \
    INDEPENDENT for (size_t i = 0; i < n; i++) y[i] = u sign b[i]; \
  } else { \
    memset(y, a[0] sign b[0], n); \
  } \
  break;
#define CASE(constant, name, swift, sign) case GK_##constant: LOOP(sign)
  switch (op) { GK_COMPARISONS(CASE) }
#undef CASE
#undef LOOP
}

static void NAME(test)(gk_test op, const T *x, uint8_t *y, size_t n) {
#define LOOP(value) \
  INDEPENDENT for (size_t i = 0; i < n; i++) { \
    T v = x[i]; \
    y[i] = value; \
  } \
  break;
#define CASE(constant, name, value) case GK_##constant: LOOP(value)
  switch (op) { GK_TESTS(CASE) }
#undef CASE
#undef LOOP
}

static void NAME(select)(const uint8_t *c, size_t sc, const T *a, size_t sa, const T *b, size_t sb, T *y, size_t n) {
  if (n == 0) return;
  if (sc == 0) {
    // One operand, copied or repeated.
    const T *from = c[0] ? a : b;
    size_t step = c[0] ? sa : sb;
    if (step != 0) {
      memmove(y, from, n * sizeof(T));
    } else {
      T one = from[0];
      for (size_t i = 0; i < n; i++) y[i] = one;
    }
  } else if (sa != 0 && sb != 0) {
    // Both loads always, or the loop doesn't vectorise.
    INDEPENDENT for (size_t i = 0; i < n; i++) {
      T u = a[i], v = b[i];
      y[i] = c[i] ? u : v;
    }
  } else if (sa != 0) {
    T v = b[0];
    INDEPENDENT for (size_t i = 0; i < n; i++) {
      T u = a[i];
      y[i] = c[i] ? u : v;
    }
  } else if (sb != 0) {
    T u = a[0];
    INDEPENDENT for (size_t i = 0; i < n; i++) {
      T v = b[i];
      y[i] = c[i] ? u : v;
    }
  } else {
    T u = a[0], v = b[0];
    INDEPENDENT for (size_t i = 0; i < n; i++) y[i] = c[i] ? u : v;
  }
}

// What x * 0 would be if infinities and NaN had no say.
#define DROPPED(v) (FN(abs)(v) < (T)INFINITY ? (v) * 0 : 0)

static void NAME(keep)(const uint8_t *m, size_t sm, const T *x, size_t sx, T *y, size_t n) {
  if (n == 0) return;
  if (sx == 0) {
    T kept = x[0], dropped = DROPPED(kept);
    NAME(select)(m, sm, &kept, 0, &dropped, 0, y, n);
  } else if (sm != 0) {
    INDEPENDENT for (size_t i = 0; i < n; i++) {
      T v = x[i];
      y[i] = m[i] ? v : DROPPED(v);
    }
  } else if (m[0]) {
    memmove(y, x, n * sizeof(T));
  } else {
    INDEPENDENT for (size_t i = 0; i < n; i++) {
      T v = x[i];
      y[i] = DROPPED(v);
    }
  }
}

#undef DROPPED

static void NAME(from_bools)(const uint8_t *x, T *y, size_t n) {
  INDEPENDENT for (size_t i = 0; i < n; i++) y[i] = x[i] ? 1 : 0;
}

static void NAME(to_bools)(const T *x, uint8_t *y, size_t n) {
  INDEPENDENT for (size_t i = 0; i < n; i++) y[i] = x[i] != 0;
}

static int NAME(all_finite)(const T *x, size_t n) {
  // In pieces, so that an early NaN ends a long search.
  const size_t piece = 4096;
  for (size_t from = 0; from < n; from += piece) {
    size_t to = n - from < piece ? n : from + piece;
    // As integers, magnitudes have the order of the numbers, and a NaN is greater than infinity.
    BITS greatest = 0;
    for (size_t i = from; i < to; i++) {
      BITS bits;
      memcpy(&bits, x + i, sizeof bits);
      bits &= ~(BITS)0 >> 1;
      greatest = bits > greatest ? bits : greatest;
    }
    T magnitude;
    memcpy(&magnitude, &greatest, sizeof magnitude);
    if (!(magnitude < (T)INFINITY)) return 0;
  }
  return 1;
}

#else

void TYPED(gk_compare)(gk_comparison op, const T *a, size_t sa, const T *b, size_t sb, uint8_t *y, size_t n) {
  IN_RUNS(n, PICK(compare)(op, a + from * sa, sa, b + from * sb, sb, y + from, count))
}
void TYPED(gk_test)(gk_test op, const T *x, uint8_t *y, size_t n) {
  IN_RUNS(n, PICK(test)(op, x + from, y + from, count))
}
void TYPED(gk_select)(const uint8_t *c, size_t sc, const T *a, size_t sa, const T *b, size_t sb, T *y, size_t n) {
  IN_RUNS(n, PICK(select)(c + from * sc, sc, a + from * sa, sa, b + from * sb, sb, y + from, count))
}
void TYPED(gk_keep)(const uint8_t *m, size_t sm, const T *x, size_t sx, T *y, size_t n) {
  IN_RUNS(n, PICK(keep)(m + from * sm, sm, x + from * sx, sx, y + from, count))
}
void GK_JOIN(TYPED(gk), from_b8)(const uint8_t *x, T *y, size_t n) {
  IN_RUNS(n, PICK(from_bools)(x + from, y + from, count))
}
void TYPED(gk_b8_from)(const T *x, uint8_t *y, size_t n) {
  IN_RUNS(n, PICK(to_bools)(x + from, y + from, count))
}

typedef struct {
  const T *x;
  size_t n;
  int is_finite[2];
} TYPED(halves);

static void TYPED(half_finite)(void *context, int number) {
  TYPED(halves) *halves = context;
  size_t middle = halves->n / 2;
  halves->is_finite[number] = PICK(all_finite)(halves->x + (number ? middle : 0), number ? halves->n - middle : middle);
}

int TYPED(gk_all_finite)(const T *x, size_t n) {
  if (!gk_is_worth_two((double)n, 1 << 20)) return PICK(all_finite)(x, n);
  TYPED(halves) halves = {.x = x, .n = n};
  gk_run_tasks(TYPED(half_finite), &halves, 2);
  return halves.is_finite[0] && halves.is_finite[1];
}

#endif
