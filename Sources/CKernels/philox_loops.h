// Template: uniform and normal draws. A piece of blocks is made at a time, so that its loops vectorise; the last
// piece is made whole and copied in part, so that an element never depends on n.

#ifdef LEVEL

#define PIECE 16
#define PER_BLOCK (16 / sizeof(T))


// Elements of one block: words to [0, 1).
ALWAYS_INLINE float NAME(unit32)(uint32_t w) { return (float)(w >> 8) * 0x1p-24f; }
ALWAYS_INLINE double NAME(unit64)(uint32_t high, uint32_t low) {
  return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53;
}

static void NAME(uniform_piece)(uint64_t seed, uint64_t draw, uint64_t block, T *y) {
  for (size_t i = 0; i < PIECE; i++) {
    uint32_t w[4];
    philox(seed, block + i, draw, w);
    if (sizeof(T) == 4) {
      for (int j = 0; j < 4; j++) y[4 * i + j] = (T)NAME(unit32)(w[j]);
    } else {
      y[2 * i] = (T)NAME(unit64)(w[1], w[0]);
      y[2 * i + 1] = (T)NAME(unit64)(w[3], w[2]);
    }
  }
}

static void NAME(normal_piece)(uint64_t seed, uint64_t draw, uint64_t block, T *y) {
  NAME(uniform_piece)(seed, draw, block, y);
  // 1 - u is in (0, 1], so its logarithm is finite.
  for (size_t i = 0; i < PIECE * PER_BLOCK; i += 2) {
    T r = FN(sqrt)(-2 * FN(log)(1 - y[i])), u = y[i + 1];
    y[i] = r * TYPED(turn)(u, 1);
    y[i + 1] = r * TYPED(turn)(u, 0);
  }
}

// Elements `from` to from + n - 1; from is a multiple of a piece.
#define DRAW(name) \
  static void NAME(name)(uint64_t seed, uint64_t draw, T *y, size_t from, size_t n) { \
    T piece[PIECE * PER_BLOCK]; \
    for (size_t i = 0; i < n && !gk_is_interrupted(); i += PIECE * PER_BLOCK) { \
      if (n - i >= PIECE * PER_BLOCK) { \
        NAME(name##_piece)(seed, draw, (from + i) / PER_BLOCK, y + i); \
      } else { \
        NAME(name##_piece)(seed, draw, (from + i) / PER_BLOCK, piece); \
        for (size_t j = 0; i + j < n; j++) y[i + j] = piece[j]; \
      } \
    } \
  }
DRAW(uniform)
DRAW(normal)
#undef DRAW
#undef PIECE
#undef PER_BLOCK

#else

#define DRAW(name) \
  static void TYPED(name##_range)(void *context, size_t from, size_t count) { \
    const drawing *d = context; \
    PICK(name)(d->seed, d->draw, (T *)d->y + from, from, count); \
  } \
  void TYPED(gk_##name)(uint64_t seed, uint64_t draw, T *y, size_t n) { \
    gk_run_ranges(TYPED(name##_range), &(drawing){seed, draw, y}, n, GK_LONG_PRICE); \
  }
DRAW(uniform)
DRAW(normal)
#undef DRAW

#endif
