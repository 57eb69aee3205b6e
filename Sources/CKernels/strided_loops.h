// Template: one action (COPY from the strided side, STORE to it) for elements E; names end in SUFFIX.
// Offsets, not pointers, move: a pointer before its array would be undefined with negative strides.

#if ACTION == COPY
#define VERB(f) GK_JOIN(GK_JOIN(copy, f), SUFFIX)
#define MOVE(s, d) to[d] = from[s]
#else
#define VERB(f) GK_JOIN(GK_JOIN(store, f), SUFFIX)
#define MOVE(s, d) to[s] = from[d]
#endif

// A plane that is a transposition (rows adjacent on the strided side), in tiles: each is transposed where it lies in the
// first cache, then moved in whole lines, so that no line is wanted twice.
static void VERB(transposed)(const E *from, E *to, ptrdiff_t s, ptrdiff_t sc, ptrdiff_t d, ptrdiff_t dr, ptrdiff_t rows,
                             ptrdiff_t columns) {
  E tile[TILE * TILE];
  for (ptrdiff_t i0 = 0; i0 < rows; i0 += TILE) {
    ptrdiff_t high = rows - i0 < TILE ? rows - i0 : TILE;
    for (ptrdiff_t j0 = 0; j0 < columns; j0 += TILE) {
      ptrdiff_t wide = columns - j0 < TILE ? columns - j0 : TILE;
      ptrdiff_t at_s = s + i0 + j0 * sc, at_d = d + i0 * dr + j0;
      if (high < TILE || wide < TILE) {
        for (ptrdiff_t i = 0; i < high; i++)
          for (ptrdiff_t j = 0; j < wide; j++) MOVE(at_s + i + j * sc, at_d + i * dr + j);
        continue;
      }
#if ACTION == COPY
      for (ptrdiff_t j = 0; j < TILE; j += 4)
        for (ptrdiff_t i = 0; i < TILE; i += 4)
          GK_JOIN(transpose_4, SUFFIX)(from + at_s + i + j * sc, sc, tile + i * TILE + j, TILE);
      for (ptrdiff_t i = 0; i < TILE; i++) memcpy(to + at_d + i * dr, tile + i * TILE, TILE * sizeof(E));
#else
      for (ptrdiff_t i = 0; i < TILE; i += 4)
        for (ptrdiff_t j = 0; j < TILE; j += 4)
          GK_JOIN(transpose_4, SUFFIX)(from + at_d + i * dr + j, dr, tile + j * TILE + i, TILE);
      for (ptrdiff_t j = 0; j < TILE; j++) memcpy(to + at_s + j * sc, tile + j * TILE, TILE * sizeof(E));
#endif
    }
  }
}

// A plane of [rows, columns] at offset s on the strided side, where it has strides sr and sc, and d on the dense one,
// where columns are adjacent and rows dr apart.
static void VERB(plane)(const E *from, E *to, ptrdiff_t s, ptrdiff_t sr, ptrdiff_t sc, ptrdiff_t d, ptrdiff_t dr,
                        ptrdiff_t rows, ptrdiff_t columns) {
  if (sc == 1) {
    for (ptrdiff_t i = 0; i < rows; i++, s += sr, d += dr) {
#if ACTION == COPY
      if (columns > 32) memcpy(to + d, from + s, (size_t)columns * sizeof(E));
#else
      if (columns > 32) memcpy(to + s, from + d, (size_t)columns * sizeof(E));
#endif
      else
        INDEPENDENT for (ptrdiff_t j = 0; j < columns; j++) MOVE(s + j, d + j);
    }
    return;
  }
  if (sc == 0) {
    for (ptrdiff_t i = 0; i < rows; i++, s += sr, d += dr) {
#if ACTION == COPY
      E one = from[s];
      for (ptrdiff_t j = 0; j < columns; j++) to[d + j] = one;
#else
      to[s] = from[d + columns - 1];
#endif
    }
    return;
  }
  if (sr == 1 && rows >= 4 && columns >= 4) {
    VERB(transposed)(from, to, s, sc, d, dr, rows, columns);
  } else if (rows == 1 && sc == -1) {
    for (ptrdiff_t j = 0; j < columns; j++) MOVE(s - j, d + j);
  } else {
    for (ptrdiff_t i = 0; i < rows; i++, s += sr, d += dr)
      for (ptrdiff_t j = 0; j < columns; j++) MOVE(s + j * sc, d + j);
  }
}

static void VERB(view)(const E *from, E *to, const ptrdiff_t *strides, const size_t *extents, size_t rank) {
  view v;
  if (!simplify(&v, strides, extents, rank)) return;
  size_t last = v.rank - 1, at[MAX_RANK] = {0};
  ptrdiff_t s = 0, d = 0;
  ptrdiff_t rows = (ptrdiff_t)v.extents[last - 1], columns = (ptrdiff_t)v.extents[last];
  // Parts of planes, so that an interrupt is seen between.
  ptrdiff_t wide = columns < LONG_RUN ? columns : LONG_RUN, high = LONG_RUN / wide;
  do {
    for (ptrdiff_t i = 0; i < rows; i += high)
      for (ptrdiff_t j = 0; j < columns && !gk_is_interrupted(); j += wide)
        VERB(plane)(from, to, s + i * v.strides[last - 1] + j * v.strides[last], v.strides[last - 1], v.strides[last],
                    d + i * v.dense[last - 1] + j, v.dense[last - 1], rows - i < high ? rows - i : high,
                    columns - j < wide ? columns - j : wide);
  } while (!gk_is_interrupted() && advance(&v, at, &s, &d));
}

#undef VERB
#undef MOVE
#undef ACTION
