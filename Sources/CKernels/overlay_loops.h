// Template: parts that are put at their places and added up.

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

// A piece of a row of the whole.
static void NAME(overlay_piece)(const overlay *all, const size_t *place, size_t from, size_t width, T *y) {
  size_t rank = all->rank, last = rank - 1;
  int hasMinusZero = 1;
  for (size_t part = 0; part < all->count; part++) {
    const T *x = (const T *)part_row(all, part, place, sizeof(T));
    const size_t *cut = all->cuts + part * 3 * rank;
    size_t start = cut[last], step = cut[rank + last], n = cut[2 * rank + last];
    // Of the part's row, what lies in the piece: from its element number `first` on.
    size_t first = from <= start ? 0 : (from - start + step - 1) / step, end = from + width;
    n = end <= start ? 0 : (end - 1 - start) / step + 1 < n ? (end - 1 - start) / step + 1 : n;
    if (x == NULL || first >= n) {
      if (part == 0) memset(y, 0, width * sizeof(T));
      else if (hasMinusZero) NAME(add_zeros)(y, width);
      hasMinusZero = 0;
      continue;
    }
    x += first;
    n -= first;
    start = start + first * step - from;
    end = start + (n - 1) * step + 1;
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
}

static void NAME(overlay_pieces)(const overlay *all, size_t from, size_t to) {
  size_t last = all->rank - 1, width = all->extents[last], place[MOST_AXES];
  size_t piece = from % all->pieces, row = from / all->pieces, rest = row;
  for (size_t a = last; a-- > 0; rest /= all->extents[a]) place[a] = rest % all->extents[a];
  T *y = (T *)all->y + row * width;
  for (size_t at = from; at < to && !gk_is_interrupted(); at++) {
    size_t start = piece * PIECE, length = width - start < PIECE ? width - start : PIECE;
    NAME(overlay_piece)(all, place, start, length, y + start);
    if (++piece < all->pieces) continue;
    piece = 0;
    y += width;
    for (size_t a = last; a-- > 0 && ++place[a] == all->extents[a];) place[a] = 0;
  }
}

#else

static void TYPED(overlay_task)(void *context, int number) {
  const overlay *all = context;
  PICK(overlay_pieces)(all, all->total * (size_t)number / all->tasks, all->total * ((size_t)number + 1) / all->tasks);
}

void TYPED(gk_overlay)(const void *const *values, const size_t *cuts, size_t count, const size_t *extents, size_t rank, T *y) {
  size_t rows = 1, width = extents[rank - 1];
  for (size_t a = 0; a + 1 < rank; a++) rows *= extents[a];
  overlay all = {.values = values, .cuts = cuts, .count = count, .extents = extents, .rank = rank, .y = y, .tasks = 1};
  all.pieces = (width + PIECE - 1) / PIECE;
  all.total = rows * all.pieces;
  double work = (double)(rows * width) * (double)(count * sizeof(T)) / 8 * GK_BRIEF_PRICE;
  if (all.total > 1 && gk_is_worth_sharing(work, GK_SHARED_WORK)) {
    // A few for each thread, so that none waits long for the last one.
    size_t wanted = (size_t)gk_threads * 4;
    all.tasks = all.total < wanted ? all.total : wanted;
  }
  gk_run_tasks(TYPED(overlay_task), &all, (int)all.tasks);
}

#endif
