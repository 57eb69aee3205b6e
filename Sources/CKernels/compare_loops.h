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

static int NAME(has_zero)(const T *x, size_t n) {
  const size_t piece = 4096;
  for (size_t from = 0; from < n && !gk_is_interrupted(); from += piece) {
    size_t to = n - from < piece ? n : from + piece;
    BITS found = 0;
    for (size_t i = from; i < to; i++) found |= x[i] == 0;
    if (found) return 1;
  }
  return 0;
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

#define RANGE(name, call) \
  static void TYPED(name##_range)(void *context, size_t from, size_t count) { \
    const gk_operands *o = context; \
    call; \
  }
RANGE(compare, PICK(compare)((gk_comparison)o->op, (const T *)o->a + from * o->sa, o->sa, (const T *)o->b + from * o->sb, o->sb,
                             (uint8_t *)o->y + from, count))
RANGE(test, PICK(test)((gk_test)o->op, (const T *)o->a + from, (uint8_t *)o->y + from, count))
RANGE(select, PICK(select)((const uint8_t *)o->c + from * o->sc, o->sc, (const T *)o->a + from * o->sa, o->sa,
                           (const T *)o->b + from * o->sb, o->sb, (T *)o->y + from, count))
RANGE(keep, PICK(keep)((const uint8_t *)o->c + from * o->sc, o->sc, (const T *)o->a + from * o->sa, o->sa, (T *)o->y + from, count))
RANGE(from_bools, PICK(from_bools)((const uint8_t *)o->a + from, (T *)o->y + from, count))
RANGE(to_bools, PICK(to_bools)((const T *)o->a + from, (uint8_t *)o->y + from, count))
#undef RANGE

#define SHARED(name, ...) \
  gk_operands operands = {__VA_ARGS__}; \
  gk_run_ranges(TYPED(name##_range), &operands, n, GK_BRIEF_PRICE * sizeof(T) / 4);

void TYPED(gk_compare)(gk_comparison op, const T *a, size_t sa, const T *b, size_t sb, uint8_t *y, size_t n) {
  if (n <= GK_BRIEF_RUN) return PICK(compare)(op, a, sa, b, sb, y, n);
  SHARED(compare, .op = (int)op, .a = a, .sa = sa, .b = b, .sb = sb, .y = y)
}
void TYPED(gk_test)(gk_test op, const T *x, uint8_t *y, size_t n) { SHARED(test, .op = (int)op, .a = x, .y = y) }
void TYPED(gk_select)(const uint8_t *c, size_t sc, const T *a, size_t sa, const T *b, size_t sb, T *y, size_t n) {
  if (n <= GK_BRIEF_RUN) return PICK(select)(c, sc, a, sa, b, sb, y, n);
  SHARED(select, .c = c, .sc = sc, .a = a, .sa = sa, .b = b, .sb = sb, .y = y)
}
void TYPED(gk_keep)(const uint8_t *m, size_t sm, const T *x, size_t sx, T *y, size_t n) {
  if (n <= GK_BRIEF_RUN) return PICK(keep)(m, sm, x, sx, y, n);
  SHARED(keep, .c = m, .sc = sm, .a = x, .sa = sx, .y = y)
}
void GK_JOIN(TYPED(gk), from_b8)(const uint8_t *x, T *y, size_t n) { SHARED(from_bools, .a = x, .y = y) }
void TYPED(gk_b8_from)(const T *x, uint8_t *y, size_t n) { SHARED(to_bools, .a = x, .y = y) }
#undef SHARED

typedef struct {
  const T *x;
  int is_other;
} TYPED(search);

static void TYPED(finite_range)(void *context, size_t from, size_t count) {
  TYPED(search) *s = context;
  if (__atomic_load_n(&s->is_other, __ATOMIC_RELAXED) || PICK(all_finite)(s->x + from, count)) return;
  __atomic_store_n(&s->is_other, 1, __ATOMIC_RELAXED);
}

int TYPED(gk_has_zero)(const T *x, size_t n) { return PICK(has_zero)(x, n); }

int TYPED(gk_all_finite)(const T *x, size_t n) {
  if (n <= GK_BRIEF_RUN) return PICK(all_finite)(x, n);
  TYPED(search) search = {.x = x};
  gk_run_ranges(TYPED(finite_range), &search, n, GK_BRIEF_PRICE * sizeof(T) / 4);
  return !search.is_other;
}

#endif
