// Template: reductions, arguments and scans.

#define COMBINE_SUM(u, v) ((u) + (v))
#define COMBINE_PROD(u, v) ((u) * (v))
#define COMBINE_MAX(u, v) ((v) > (u) || (v) != (v) ? (v) : (u))
#define COMBINE_MIN(u, v) ((v) < (u) || (v) != (v) ? (v) : (u))

#ifdef LEVEL

// For one kind of reduction:
// run_: a contiguous run, in LANES or FEW accumulators, halves of long runs apart;
// rows_: [rows, width] over rows with width <= STRIP, likewise;
// reduce_: [extent, inner] along extent.
#define LANE_LOOP(LANES, COMBINE) \
  { \
    T lane[LANES]; \
    for (size_t j = 0; j < LANES; j++) lane[j] = x[j]; \
    for (i = LANES; i + LANES <= n; i += LANES) \
      for (size_t j = 0; j < LANES; j++) lane[j] = COMBINE(lane[j], x[i + j]); \
    for (size_t half = LANES / 2; half > 0; half /= 2) \
      for (size_t j = 0; j < half; j++) lane[j] = COMBINE(lane[j], lane[j + half]); \
    result = lane[0]; \
  }
#define REDUCTION(name, start, COMBINE) \
  static T NAME(run_##name)(const T *x, size_t n) { \
    if (n > RUN) { \
      if (gk_is_interrupted()) return start; \
      size_t half = n / 2 / RUN * RUN; \
      if (half == 0) half = RUN; \
      T left = NAME(run_##name)(x, half), right = NAME(run_##name)(x + half, n - half); \
      return COMBINE(left, right); \
    } \
    T result = start; \
    size_t i = 0; \
    if (n >= LANES) LANE_LOOP(LANES, COMBINE) \
    else if (n >= FEW) LANE_LOOP(FEW, COMBINE) \
    for (; i < n; i++) result = COMBINE(result, x[i]); \
    return result; \
  } \
  static void NAME(rows_##name)(const T *x, size_t rows, size_t stride, size_t width, T *restrict y) { \
    if (rows > ROWS) { \
      if (gk_is_interrupted()) return; \
      size_t half = rows / 2; \
      T right[STRIP]; \
      NAME(rows_##name)(x, half, stride, width, y); \
      NAME(rows_##name)(x + half * stride, rows - half, stride, width, right); \
      for (size_t j = 0; j < width; j++) y[j] = COMBINE(y[j], right[j]); \
      return; \
    } \
    for (size_t j = 0; j < width; j++) y[j] = start; \
    for (size_t i = 0; i < rows; i++) \
      for (size_t j = 0; j < width; j++) y[j] = COMBINE(y[j], x[i * stride + j]); \
  } \
  static void NAME(reduce_##name)(const T *x, size_t extent, size_t inner, T *y) { \
    if (inner == 1) { \
      y[0] = NAME(run_##name)(x, extent); \
      return; \
    } \
    if (inner <= STRIP / 2 && extent * inner >= 2 * STRIP) { \
      /* Narrow: as many rows as fit side by side are one wide row. */ \
      size_t group = STRIP / inner, wide = extent / group; \
      T sum[STRIP], rest[STRIP]; \
      NAME(rows_##name)(x, wide, group * inner, group * inner, sum); \
      NAME(rows_##name)(x + wide * group * inner, extent - wide * group, inner, inner, rest); \
      for (; group > 1; group -= group / 2) \
        for (size_t j = 0; j < group / 2 * inner; j++) \
          sum[j] = COMBINE(sum[j], sum[(group - group / 2) * inner + j]); \
      for (size_t j = 0; j < inner; j++) y[j] = COMBINE(sum[j], rest[j]); \
      return; \
    } \
    for (size_t from = 0; from < inner; from += STRIP) { \
      size_t width = inner - from < STRIP ? inner - from : STRIP; \
      NAME(rows_##name)(x + from, extent, inner, width, y + from); \
    } \
  }
#define DEFINE(constant, name, start, COMBINE) REDUCTION(name, start, COMBINE)
GK_REDUCTIONS(DEFINE)
#undef DEFINE
#undef REDUCTION
#undef LANE_LOOP

static void NAME(reduce)(gk_reduction op, const T *x, size_t outer, size_t extent, size_t inner, T *y) {
#define LOOP(name) \
  for (size_t o = 0; o < outer && !gk_is_interrupted(); o++) NAME(reduce_##name)(x + o * extent * inner, extent, inner, y + o * inner); \
  break;
#define CASE(constant, name, start, COMBINE) case GK_##constant: LOOP(name)
  switch (op) { GK_REDUCTIONS(CASE) }
#undef CASE
#undef LOOP
}

// Two passes, both vectorised: the extreme value, then where it first stands.
static void NAME(argument)(int largest, const T *x, size_t outer, size_t extent, size_t inner, double *y) {
  for (size_t o = 0; o < outer && !gk_is_interrupted(); o++, x += extent * inner, y += inner) {
    if (inner == 1) {
      T best = largest ? NAME(run_max)(x, extent) : NAME(run_min)(x, extent);
      size_t i = 0;
      for (; i + LANES <= extent; i += LANES) {
        int found = 0;
        for (size_t j = 0; j < LANES; j++) found |= x[i + j] == best || x[i + j] != x[i + j];
        if (found) break;
      }
      while (i < extent && !(x[i] == best || x[i] != x[i])) i++;
      // best != best stops at the first NaN; otherwise there is none.
      y[0] = (double)i;
      continue;
    }
    for (size_t from = 0; from < inner; from += STRIP) {
      size_t width = inner - from < STRIP ? inner - from : STRIP;
      T best[STRIP];
      if (largest) NAME(rows_max)(x + from, extent, inner, width, best);
      else NAME(rows_min)(x + from, extent, inner, width, best);
      // Backwards, so that the first match is what remains.
      for (size_t i = extent; i-- > 0;) {
        const T *row = x + i * inner + from;
        double *restrict out = y + from;
        double at = (double)i;
        for (size_t j = 0; j < width; j++) out[j] = row[j] == best[j] || row[j] != row[j] ? at : out[j];
      }
    }
  }
}

static void NAME(scan)(gk_reduction op, const T *x, size_t outer, size_t extent, size_t inner, T *y) {
#define LOOP(COMBINE) \
  for (size_t o = 0; o < outer && !gk_is_interrupted(); o++, x += extent * inner, y += extent * inner) { \
    if (inner == 1) { \
      T sum = x[0]; \
      y[0] = sum; \
      IN_RUNS(extent, for (size_t i = from + (from == 0); i < from + count; i++) y[i] = sum = COMBINE(sum, x[i])) \
    } else { \
      memcpy(y, x, inner * sizeof(T)); \
      for (size_t i = 1; i < extent && !gk_is_interrupted(); i++) { \
        const T *before = y + (i - 1) * inner, *row = x + i * inner; \
        T *out = y + i * inner; \
        INDEPENDENT for (size_t j = 0; j < inner; j++) out[j] = COMBINE(before[j], row[j]); \
      } \
    } \
  } \
  break;
  if (extent == 0 || inner == 0) return;
#define CASE(constant, name, start, COMBINE) case GK_##constant: LOOP(COMBINE)
  switch (op) { GK_REDUCTIONS(CASE) }
#undef CASE
#undef LOOP
}

#else

void TYPED(gk_reduce)(gk_reduction op, const T *x, size_t outer, size_t extent, size_t inner, T *y) {
  if (inner != 0) PICK(reduce)(op, x, outer, extent, inner, y);
}
void TYPED(gk_argument)(int largest, const T *x, size_t outer, size_t extent, size_t inner, double *y) {
  PICK(argument)(largest, x, outer, extent, inner, y);
}
void TYPED(gk_scan)(gk_reduction op, const T *x, size_t outer, size_t extent, size_t inner, T *y) {
  PICK(scan)(op, x, outer, extent, inner, y);
}

// Shared with the strided sums.
T TYPED(gk_run_sum)(const T *x, size_t n) { return PICK(run_sum)(x, n); }

#endif

#undef COMBINE_SUM
#undef COMBINE_PROD
#undef COMBINE_MAX
#undef COMBINE_MIN
