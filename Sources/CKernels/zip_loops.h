// Template: three loops per binary function (either operand may repeat), and the table of them; for brief ones tiles, too.

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
#define VECTOR(name, value) LOOP(INDEPENDENT, name, value)
#define BRIEF VECTOR
#if WIDTH == 32
#define SINGLE VECTOR
#else
#define SINGLE(name, value) LOOP(, name, value)
#endif
#define SCALAR(name, value) LOOP(, name, value)
#define OTHER(name, value)
#define DEFINE(constant, name, loop, value) loop(name, value)
GK_ZIPS(DEFINE)
SINGLE(any_power, FN(power)(u, v))
#undef DEFINE
#undef VECTOR
#undef BRIEF
#undef SINGLE
#undef SCALAR
#undef OTHER
#undef LOOP

// To one exponent that is written often.
#define RAISED(name, value) \
  static void NAME(name)(const T *a, T *y, size_t n) { \
    INDEPENDENT for (size_t i = 0; i < n; i++) { \
      T u = a[i]; \
      y[i] = value; \
    } \
  }
RAISED(cube, FN(cube)(u))
RAISED(root_power, FN(root_power)(u))
RAISED(inverse_power, 1 / u)
#undef RAISED

static void NAME(pow)(const T *a, size_t sa, const T *b, size_t sb, T *y, size_t n) {
  T exponent = sb == 0 && sa != 0 && n > 0 ? b[0] : 0;
  if (exponent == 2) NAME(multiply)(a, sa, a, sa, y, n);
  else if (exponent == 3) NAME(cube)(a, y, n);
  else if (exponent == (T)0.5) NAME(root_power)(a, y, n);
  else if (exponent == -1) NAME(inverse_power)(a, y, n);
  else NAME(any_power)(a, sa, b, sb, y, n);
}

// In pieces: one with a hard pair of operands goes through fmod. An operand that repeats is written out for a piece.
static void NAME(remainder)(const T *a, size_t sa, const T *b, size_t sb, T *y, size_t n) {
  enum { PIECE = 256 };
  T same_a[PIECE], same_b[PIECE];
  size_t first = n < PIECE ? n : PIECE;
  if (sa == 0)
    for (size_t i = 0; i < first; i++) same_a[i] = a[0];
  if (sb == 0)
    for (size_t i = 0; i < first; i++) same_b[i] = b[0];
  for (size_t from = 0; from < n; from += PIECE) {
    size_t count = n - from < PIECE ? n - from : PIECE;
    const T *u = sa == 0 ? same_a : a + from, *v = sb == 0 ? same_b : b + from;
    T *out = y + from;
    BITS hard = WIDTH == 64 && !FUSED;
    for (size_t i = 0; i < count; i++) hard |= TYPED(remainder_is_easy)(u[i], v[i]) ? 0 : 1;
    if (hard) {
      for (size_t i = 0; i < count; i++) out[i] = FN(remainder)(u[i], v[i]);
    } else {
      INDEPENDENT for (size_t i = 0; i < count; i++) out[i] = TYPED(easy_remainder)(u[i], v[i]);
    }
  }
}

static void (*const NAME(zips)[GK_ZIP_COUNT])(const T *, size_t, const T *, size_t, T *, size_t) = {
#define ENTRY(constant, name, loop, value) [GK_##constant] = NAME(name),
  GK_ZIPS(ENTRY)
#undef ENTRY
};

#define VECTOR(name, value)
#define SINGLE(name, value)
#define SCALAR(name, value)
#define OTHER(name, value)
#define TILE(name, value, i, j) \
  static void NAME(name)(const void *a, const void *b, void *y) { \
    INDEPENDENT for (size_t k = 0; k < GK_TILE; k++) { \
      T u = ((const T *)a)[i], v = ((const T *)b)[j]; \
      ((T *)y)[k] = value; \
    } \
  }
#define BRIEF(name, value) \
  TILE(tiles_##name, value, k, k) \
  TILE(tile_##name##_one, value, k, 0) \
  TILE(one_##name##_tile, value, 0, k)
#define DEFINE(constant, name, loop, value) loop(name, value)
GK_ZIPS(DEFINE)
#undef DEFINE
#undef BRIEF
#undef TILE
#undef VECTOR
#undef SINGLE
#undef SCALAR
#undef OTHER

static gk_tile *const NAME(zip_tiles)[GK_ZIP_COUNT][3] = {
#define VECTOR(name) {NULL}
#define SINGLE(name) {NULL}
#define SCALAR(name) {NULL}
#define OTHER(name) {NULL}
#define BRIEF(name) {NAME(tiles_##name), NAME(tile_##name##_one), NAME(one_##name##_tile)}
#define ENTRY(constant, name, loop, value) [GK_##constant] = loop(name),
  GK_ZIPS(ENTRY)
#undef ENTRY
#undef BRIEF
#undef VECTOR
#undef SINGLE
#undef SCALAR
#undef OTHER
};

#else

static void TYPED(zip_range)(void *context, size_t from, size_t count) {
  const gk_operands *o = context;
  PICK(zips)[o->op]((const T *)o->a + from * o->sa, o->sa, (const T *)o->b + from * o->sb, o->sb, (T *)o->y + from, count);
}

void TYPED(gk_zip)(gk_zip op, const T *a, size_t sa, const T *b, size_t sb, T *y, size_t n) {
  if (n <= GK_BRIEF_RUN) return PICK(zips)[op](a, sa, b, sb, y, n);
  gk_operands operands = {.op = (int)op, .a = a, .b = b, .sa = sa, .sb = sb, .y = y};
  gk_run_ranges(TYPED(zip_range), &operands, n, zip_prices[op] * sizeof(T) / 4);
}

CHECKED_RANGE(zip_range)
int TYPED(gk_zip_checked)(gk_zip op, const T *a, size_t sa, const T *b, size_t sb, T *y, size_t n) {
  gk_operands operands = {.op = (int)op, .a = a, .b = b, .sa = sa, .sb = sb, .y = y};
  gk_run_ranges(TYPED(checked_zip_range), &operands, n, zip_prices[op] * sizeof(T) / 4);
  return !operands.is_odd;
}

gk_tile *TYPED(gk_zip_tile)(gk_zip op, size_t sa, size_t sb) {
  return sa == 0 && sb == 0 ? NULL : PICK(zip_tiles)[op][sb == 0 ? 1 : sa == 0 ? 2 : 0];
}

#endif
