// Template: one loop per unary function, and the table of them; for brief ones tiles, too.

#ifdef LEVEL

#define LOOP(hint, name, value) \
  static void NAME(name)(const T *x, T *y, size_t n) { \
    hint for (size_t i = 0; i < n; i++) { \
      T v = x[i]; \
      y[i] = value; \
    } \
  }
#define VECTOR(name, value) LOOP(INDEPENDENT, name, value)
#define BRIEF VECTOR
#if WIDTH == 32
#define SINGLE(name, value) LOOP(INDEPENDENT, name, value)
#else
#define SINGLE(name, value) LOOP(, name, value)
#endif
#define SCALAR(name, value) LOOP(, name, value)
// In pieces: one with a large argument somewhere is done element by element, to the same bits where it is not large.
#define PERIODIC(name, value) \
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
#define DEFINE(constant, name, loop, value) loop(name, value)
GK_MAPS(DEFINE)
#undef DEFINE
#undef VECTOR
#undef BRIEF
#undef SINGLE
#undef SCALAR
#undef PERIODIC
#undef LOOP

static void (*const NAME(maps)[GK_MAP_COUNT])(const T *, T *, size_t) = {
#define ENTRY(constant, name, loop, value) [GK_##constant] = NAME(name),
  GK_MAPS(ENTRY)
#undef ENTRY
};

#define VECTOR(name, value)
#define SINGLE(name, value)
#define SCALAR(name, value)
#define PERIODIC(name, value)
#define BRIEF(name, value) \
  static void NAME(tile_##name)(const void *a, const void *b, void *y) { \
    INDEPENDENT for (size_t k = 0; k < GK_TILE; k++) { \
      T v = ((const T *)a)[k]; \
      ((T *)y)[k] = value; \
    } \
  }
#define DEFINE(constant, name, loop, value) loop(name, value)
GK_MAPS(DEFINE)
#undef DEFINE
#undef BRIEF
#undef VECTOR
#undef SINGLE
#undef SCALAR
#undef PERIODIC

static gk_tile *const NAME(map_tiles)[GK_MAP_COUNT] = {
#define VECTOR(name) NULL
#define SINGLE(name) NULL
#define SCALAR(name) NULL
#define PERIODIC(name) NULL
#define BRIEF(name) NAME(tile_##name)
#define ENTRY(constant, name, loop, value) [GK_##constant] = loop(name),
  GK_MAPS(ENTRY)
#undef ENTRY
#undef BRIEF
#undef VECTOR
#undef SINGLE
#undef SCALAR
#undef PERIODIC
};

#else

static void TYPED(map_range)(void *context, size_t from, size_t count) {
  const gk_operands *o = context;
  PICK(maps)[o->op]((const T *)o->a + from, (T *)o->y + from, count);
}

void TYPED(gk_map)(gk_map op, const T *x, T *y, size_t n) {
  if (n <= GK_BRIEF_RUN) return PICK(maps)[op](x, y, n);
  gk_operands operands = {.op = (int)op, .a = x, .y = y};
  gk_run_ranges(TYPED(map_range), &operands, n, map_prices[op] * sizeof(T) / 4);
}

CHECKED_RANGE(map_range)
int TYPED(gk_map_checked)(gk_map op, const T *x, T *y, size_t n) {
  gk_operands operands = {.op = (int)op, .a = x, .y = y};
  gk_run_ranges(TYPED(checked_map_range), &operands, n, map_prices[op] * sizeof(T) / 4);
  return !operands.is_odd;
}

gk_tile *TYPED(gk_map_tile)(gk_map op) { return PICK(map_tiles)[op]; }

#endif
