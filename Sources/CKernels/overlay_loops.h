// Template: rows of parts that are put at their places and added up.

#ifdef LEVEL

static void NAME(add_zeros)(T *y, size_t n) { INDEPENDENT for (size_t i = 0; i < n; i++) y[i] += 0; }

static void NAME(add_row)(const T *x, T *y, size_t n) { INDEPENDENT for (size_t i = 0; i < n; i++) y[i] += x[i]; }

// Every second element and the zeros between: all that a whole row but its ends is. The last one has no zero behind it.
static void NAME(add_alternate)(const T *x, T *y, size_t n) {
  INDEPENDENT for (size_t i = 0; i + 1 < n; i++) {
    y[2 * i] += x[i];
    y[2 * i + 1] += 0;
  }
  y[2 * n - 2] += x[n - 1];
}

static void NAME(add_spread)(const T *x, T *y, size_t n, size_t step, int addsZeros) {
  for (size_t i = 0; i < n; i++) y[i * step] += x[i];
  if (!addsZeros) return;
  for (size_t i = 0; i + 1 < n; i++)
    for (size_t j = 1; j < step; j++) y[i * step + j] += 0;
}

static void NAME(overlay_rows)(const overlay *all, size_t from, size_t count) {
  size_t rank = all->rank, last = rank - 1, width = all->extents[last], place[MOST_AXES];
  size_t rest = from;
  for (size_t a = last; a-- > 0; rest /= all->extents[a]) place[a] = rest % all->extents[a];
  T *y = (T *)all->y + from * width;
  for (size_t row = 0; row < count; row++, y += width) {
    int hasMinusZero = 1;
    for (size_t part = 0; part < all->count; part++) {
      const T *x = (const T *)part_row(all, part, place, sizeof(T));
      const size_t *cut = all->cuts + part * 3 * rank;
      size_t start = cut[last], step = cut[rank + last], n = cut[2 * rank + last];
      if (x == NULL || n == 0) {
        if (part == 0) memset(y, 0, width * sizeof(T));
        else if (hasMinusZero) NAME(add_zeros)(y, width);
        hasMinusZero = 0;
        continue;
      }
      size_t end = start + (n - 1) * step + 1;
      if (part == 0) {
        if (n < width) memset(y, 0, width * sizeof(T));
        if (step == 1) memcpy(y + start, x, n * sizeof(T));
        else
          for (size_t i = 0; i < n; i++) y[start + i * step] = x[i];
        continue;
      }
      if (hasMinusZero) {
        NAME(add_zeros)(y, start);
        NAME(add_zeros)(y + end, width - end);
      }
      if (step == 1) NAME(add_row)(x, y + start, n);
      else if (step == 2) NAME(add_alternate)(x, y + start, n);
      else NAME(add_spread)(x, y + start, n, step, hasMinusZero);
    }
    for (size_t a = last; a-- > 0 && ++place[a] == all->extents[a];) place[a] = 0;
  }
}

#else

static void TYPED(overlay_range)(void *context, size_t from, size_t count) { PICK(overlay_rows)(context, from, count); }

void TYPED(gk_overlay)(const void *const *values, const size_t *cuts, size_t count, const size_t *extents, size_t rank, T *y) {
  overlay all = {values, cuts, count, extents, rank, y};
  size_t rows = 1;
  for (size_t a = 0; a + 1 < rank; a++) rows *= extents[a];
  gk_run_ranges(TYPED(overlay_range), &all, rows, GK_BRIEF_PRICE * (double)(extents[rank - 1] * count * sizeof(T)) / 8);
}

#endif
