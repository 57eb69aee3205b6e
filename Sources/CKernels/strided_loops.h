// Template: one action (COPY from the strided side, STORE to it, ADD to it) for elements E; names end in SUFFIX.
// Offsets, not pointers, move: a pointer before its array would be undefined with negative strides.

#if ACTION == COPY
#define VERB(f) GK_JOIN(GK_JOIN(copy, f), SUFFIX)
#define MOVE(s, d) to[d] = from[s]
#elif ACTION == STORE
#define VERB(f) GK_JOIN(GK_JOIN(store, f), SUFFIX)
#define MOVE(s, d) to[s] = from[d]
#else
#define VERB(f) GK_JOIN(GK_JOIN(add, f), SUFFIX)
#define MOVE(s, d) to[s] += from[d]
#endif

// A plane of [rows, columns] at offset s on the strided side, where it has strides sr and sc, and d on the dense one,
// where columns are adjacent and rows dr apart.
static void VERB(plane)(const E *from, E *to, ptrdiff_t s, ptrdiff_t sr, ptrdiff_t sc, ptrdiff_t d, ptrdiff_t dr,
                        ptrdiff_t rows, ptrdiff_t columns) {
  if (sc == 1) {
    for (ptrdiff_t i = 0; i < rows; i++, s += sr, d += dr) {
#if ACTION == COPY
      if (columns > 32) memcpy(to + d, from + s, (size_t)columns * sizeof(E));
      else
#elif ACTION == STORE
      if (columns > 32) memcpy(to + s, from + d, (size_t)columns * sizeof(E));
      else
#endif
        INDEPENDENT for (ptrdiff_t j = 0; j < columns; j++) MOVE(s + j, d + j);
    }
    return;
  }
  if (sc == 0) {
    for (ptrdiff_t i = 0; i < rows; i++, s += sr, d += dr) {
#if ACTION == COPY
      E one = from[s];
      for (ptrdiff_t j = 0; j < columns; j++) to[d + j] = one;
#elif ACTION == STORE
      to[s] = from[d + columns - 1];
#else
      to[s] += GK_JOIN(gk_run_sum, SUFFIX)(from + d, (size_t)columns);
#endif
    }
    return;
  }
  // Tiles keep the lines of both sides in the first cache; within one, rows are short loops.
  for (ptrdiff_t i0 = 0; i0 < rows; i0 += TILE) {
    ptrdiff_t i1 = rows - i0 < TILE ? rows : i0 + TILE;
    for (ptrdiff_t j0 = 0; j0 < columns; j0 += TILE) {
      ptrdiff_t j1 = columns - j0 < TILE ? columns : j0 + TILE;
      for (ptrdiff_t i = i0; i < i1; i++)
        for (ptrdiff_t j = j0; j < j1; j++) MOVE(s + i * sr + j * sc, d + i * dr + j);
    }
  }
}

static void VERB(view)(const E *from, E *to, const ptrdiff_t *strides, const size_t *extents, size_t rank) {
  view v;
  if (!simplify(&v, strides, extents, rank)) return;
  size_t last = v.rank - 1, at[MAX_RANK] = {0};
  ptrdiff_t s = 0, d = 0;
  do {
    VERB(plane)(from, to, s, v.strides[last - 1], v.strides[last], d, v.dense[last - 1], (ptrdiff_t)v.extents[last - 1],
                (ptrdiff_t)v.extents[last]);
  } while (advance(&v, at, &s, &d));
}

#undef VERB
#undef MOVE
#undef ACTION
