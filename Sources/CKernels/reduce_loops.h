// Template: reductions, arguments and scans.

#define COMBINE_SUM(u, v) ((u) + (v))
#define COMBINE_PROD(u, v) ((u) * (v))
#define COMBINE_MAX(u, v) ((v) > (u) || (v) != (v) ? (v) : (u))
#define COMBINE_MIN(u, v) ((v) < (u) || (v) != (v) ? (v) : (u))
// How an element enters, and what is made of the result.
#define AS_IT_IS(v) (v)
#define SQUARED(v) ((v) * (v))
#define ROOT(v) __builtin_sqrt(v)

#ifdef LEVEL

// For one kind of reduction, in accumulators of type A:
// run_: a contiguous run, in LANES or FEW accumulators, halves of long runs apart;
// rows_: [rows, width] over rows with width <= STRIP, likewise;
// columns_: [extent, width] along extent, width <= STRIP of the columns of rows that lie `inner` apart.
#define LANE_LOOP(A, LANES, COMBINE, TAKE) \
  { \
    A lane[LANES]; \
    for (size_t j = 0; j < LANES; j++) lane[j] = TAKE((A)x[j]); \
    for (i = LANES; i + LANES <= n; i += LANES) \
      for (size_t j = 0; j < LANES; j++) lane[j] = COMBINE(lane[j], TAKE((A)x[i + j])); \
    for (size_t half = LANES / 2; half > 0; half /= 2) \
      for (size_t j = 0; j < half; j++) lane[j] = COMBINE(lane[j], lane[j + half]); \
    result = lane[0]; \
  }
#define REDUCTION(name, A, start, COMBINE, TAKE) \
  static A NAME(run_##name)(const T *x, size_t n) { \
    if (n > RUN) { \
      if (gk_is_interrupted()) return start; \
      size_t half = n / 2 / RUN * RUN; \
      if (half == 0) half = RUN; \
      A left = NAME(run_##name)(x, half), right = NAME(run_##name)(x + half, n - half); \
      return COMBINE(left, right); \
    } \
    A result = start; \
    size_t i = 0; \
    if (n >= LANES) LANE_LOOP(A, LANES, COMBINE, TAKE) \
    else if (n >= FEW) LANE_LOOP(A, FEW, COMBINE, TAKE) \
    for (; i < n; i++) result = COMBINE(result, TAKE((A)x[i])); \
    return result; \
  } \
  static void NAME(rows_##name)(const T *x, size_t rows, size_t stride, size_t width, A *restrict y) { \
    if (rows > ROWS) { \
      if (gk_is_interrupted()) return; \
      size_t half = rows / 2; \
      A right[STRIP]; \
      NAME(rows_##name)(x, half, stride, width, y); \
      NAME(rows_##name)(x + half * stride, rows - half, stride, width, right); \
      for (size_t j = 0; j < width; j++) y[j] = COMBINE(y[j], right[j]); \
      return; \
    } \
    for (size_t j = 0; j < width; j++) y[j] = start; \
    for (size_t i = 0; i < rows; i++) \
      for (size_t j = 0; j < width; j++) y[j] = COMBINE(y[j], TAKE((A)x[i * stride + j])); \
  } \
  static void NAME(columns_##name)(const T *x, size_t extent, size_t inner, size_t width, A *y) { \
    if (inner == 1) { \
      y[0] = NAME(run_##name)(x, extent); \
      return; \
    } \
    if (inner <= STRIP / 2 && extent * inner >= 2 * STRIP) { \
      /* Narrow: as many rows as fit side by side are one wide row. */ \
      size_t group = STRIP / inner, wide = extent / group; \
      A sum[STRIP], rest[STRIP]; \
      NAME(rows_##name)(x, wide, group * inner, group * inner, sum); \
      NAME(rows_##name)(x + wide * group * inner, extent - wide * group, inner, inner, rest); \
      for (; group > 1; group -= group / 2) \
        for (size_t j = 0; j < group / 2 * inner; j++) \
          sum[j] = COMBINE(sum[j], sum[(group - group / 2) * inner + j]); \
      for (size_t j = 0; j < inner; j++) y[j] = COMBINE(sum[j], rest[j]); \
      return; \
    } \
    NAME(rows_##name)(x, extent, inner, width, y); \
  }
#define DEFINE(constant, name, start, A, COMBINE, TAKE, FINISH) REDUCTION(name, A, start, COMBINE, TAKE)
GK_REDUCTIONS(DEFINE)
#if WIDTH == 32
// Kept as doubles, so that nothing is lost where many are added up.
REDUCTION(wide_sum, double, 0, COMBINE_SUM, AS_IT_IS)
#endif
#undef DEFINE
#undef REDUCTION
#undef LANE_LOOP

#if WIDTH == 64
// The root of a sum of squares that overflowed, or is so small that squares were lost: of multiples by a power of two.
static double NAME(rescued_norm)(const double *x, size_t n, size_t stride, double squares) {
  if (squares != squares) return squares;
  double greatest = 0;
  for (size_t i = 0; i < n && !gk_is_interrupted(); i++) greatest = fmax(greatest, fabs(x[i * stride]));
  if (greatest == 0 || greatest == (double)INFINITY) return greatest;
  int exponent = greatest < 0x1p-1000 ? -1000 : ilogb(greatest);
  double scale = ldexp(1, -exponent), sum = 0, lost = 0;
  for (size_t i = 0; i < n && !gk_is_interrupted(); i++) {
    double v = x[i * stride] * scale, term = v * v - lost, next = sum + term;
    lost = (next - sum) - term;
    sum = next;
  }
  return sqrt(sum) / scale;
}
#define IS_LOST(squares) (!((squares) >= 0x1p-900 && (squares) < 0x1p1020))
#endif

// The columns of one block, in strips, to elements of type O.
#define BLOCK(name, O, A, FINISH) \
  static void NAME(block_##name##_##O)(const T *x, size_t extent, size_t inner, O *y) { \
    A strip[STRIP]; \
    for (size_t from = 0; from < inner; from += STRIP) { \
      size_t width = inner - from < STRIP ? inner - from : STRIP; \
      A *out = IS_FINAL_##name ? (A *)(y + from) : strip; \
      NAME(columns_##name)(x + from, extent, inner, width, out); \
      if (IS_FINAL_##name) continue; \
      for (size_t j = 0; j < width; j++) y[from + j] = (O)FINISH(out[j]); \
      RESCUE_##name \
    } \
  }
// Whether accumulators are the result.
#define IS_FINAL_sum 1
#define IS_FINAL_wide_sum 1
#define IS_FINAL_prod 1
#define IS_FINAL_max 1
#define IS_FINAL_min 1
#define IS_FINAL_norm 0
#define RESCUE_sum
#define RESCUE_wide_sum
#define RESCUE_prod
#define RESCUE_max
#define RESCUE_min
#if WIDTH == 64
#define RESCUE_norm \
  for (size_t j = 0; j < width; j++) \
    if (IS_LOST(out[j])) y[from + j] = NAME(rescued_norm)(x + from + j, extent, inner, out[j]);
#else
#define RESCUE_norm
#endif
#define DEFINE(constant, name, start, A, COMBINE, TAKE, FINISH) BLOCK(name, T, A, FINISH)
GK_REDUCTIONS(DEFINE)
#undef DEFINE
#if WIDTH == 32
BLOCK(wide_sum, double, double, AS_IT_IS)
BLOCK(norm, double, double, ROOT)
#endif
#undef BLOCK
#undef IS_FINAL_sum
#undef IS_FINAL_wide_sum
#undef IS_FINAL_prod
#undef IS_FINAL_max
#undef IS_FINAL_min
#undef IS_FINAL_norm
#undef RESCUE_sum
#undef RESCUE_wide_sum
#undef RESCUE_prod
#undef RESCUE_max
#undef RESCUE_min
#undef RESCUE_norm
#undef IS_LOST

#define LOOP(block) \
  for (size_t o = 0; o < outer && !gk_is_interrupted(); o++) NAME(block)(x + o * extent * inner, extent, inner, y + o * inner); \
  break;
static void NAME(reduce)(gk_reduction op, const T *x, size_t outer, size_t extent, size_t inner, T *y) {
#define CASE(constant, name, ...) case GK_##constant: LOOP(block_##name##_T)
  switch (op) { GK_REDUCTIONS(CASE) }
#undef CASE
}
#if WIDTH == 32
static void NAME(reduce_wide)(gk_reduction op, const T *x, size_t outer, size_t extent, size_t inner, double *y) {
  switch (op) {
  case GK_SUM: LOOP(block_wide_sum_double)
  case GK_NORM: LOOP(block_norm_double)
  case GK_PROD:
  case GK_MAX:
  case GK_MIN: break;
  }
}

// Elements of a tile onto accumulators.
static void NAME(tile_onto_sum)(const void *a, const void *b, void *y) {
  INDEPENDENT for (size_t k = 0; k < GK_TILE; k++) ((double *)y)[k] = ((const double *)a)[k] + ((const T *)b)[k];
}
static void NAME(tile_onto_norm)(const void *a, const void *b, void *y) {
  INDEPENDENT for (size_t k = 0; k < GK_TILE; k++) {
    double v = ((const T *)b)[k];
    ((double *)y)[k] = ((const double *)a)[k] + v * v;
  }
}
#endif
#undef LOOP

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

// Running results along extent: of floats in double; of doubles, sums with what their roundings lost (Neumaier).
static void NAME(scan)(gk_reduction op, const T *x, size_t outer, size_t extent, size_t inner, T *y) {
  if (extent == 0 || inner == 0) return;
#if WIDTH == 64
  if (op == GK_SUM) {
    for (size_t o = 0; o < outer; o++, x += extent * inner, y += extent * inner) {
      for (size_t from = 0; from < inner; from += STRIP) {
        size_t width = inner - from < STRIP ? inner - from : STRIP;
        if (inner == 1) {
          double total = x[0], lost = 0;
          y[0] = total;
          IN_RUNS(extent, for (size_t i = from + (from == 0); i < from + count; i++) {
            double v = x[i];
            double next = total + v;
            double back = next - total;
            lost += (total - (next - back)) + (v - back);
            total = next;
            y[i] = fabs(next) < (double)INFINITY ? next + lost : next;
          })
          continue;
        }
        double sum[STRIP], lost[STRIP];
        for (size_t j = 0; j < width; j++) sum[j] = y[from + j] = x[from + j], lost[j] = 0;
        for (size_t i = 1; i < extent && !gk_is_interrupted(); i++) {
          const double *row = x + i * inner + from;
          double *out = y + i * inner + from;
          INDEPENDENT for (size_t j = 0; j < width; j++) {
            double v = row[j], next = sum[j] + v, back = next - sum[j];
            lost[j] += (sum[j] - (next - back)) + (v - back);
            sum[j] = next;
            out[j] = fabs(next) < (double)INFINITY ? next + lost[j] : next;
          }
        }
      }
    }
    return;
  }
#endif
#define LOOP(COMBINE, TAKE, FINISH) \
  for (size_t o = 0; o < outer && !gk_is_interrupted(); o++, x += extent * inner, y += extent * inner) { \
    if (inner == 1) { \
      double run = TAKE((double)x[0]); \
      y[0] = (T)FINISH(run); \
      IN_RUNS(extent, for (size_t i = from + (from == 0); i < from + count; i++) { \
        run = COMBINE(run, TAKE((double)x[i])); \
        y[i] = (T)FINISH(run); \
      }) \
      continue; \
    } \
    for (size_t from = 0; from < inner; from += STRIP) { \
      size_t width = inner - from < STRIP ? inner - from : STRIP; \
      double run[STRIP]; \
      for (size_t j = 0; j < width; j++) run[j] = TAKE((double)x[from + j]), y[from + j] = (T)FINISH(run[j]); \
      for (size_t i = 1; i < extent && !gk_is_interrupted(); i++) { \
        const T *row = x + i * inner + from; \
        T *out = y + i * inner + from; \
        INDEPENDENT for (size_t j = 0; j < width; j++) { \
          run[j] = COMBINE(run[j], TAKE((double)row[j])); \
          out[j] = (T)FINISH(run[j]); \
        } \
      } \
    } \
  } \
  break;
#define CASE(constant, name, start, A, COMBINE, TAKE, FINISH) case GK_##constant: LOOP(COMBINE, TAKE, FINISH)
  switch (op) { GK_REDUCTIONS(CASE) }
#undef CASE
#undef LOOP
}

#else

void TYPED(gk_reduce)(gk_reduction op, const T *x, size_t outer, size_t extent, size_t inner, T *y) {
  if (inner != 0) PICK(reduce)(op, x, outer, extent, inner, y);
}
#if WIDTH == 32
void gk_reduce_wide_f32(gk_reduction op, const float *x, size_t outer, size_t extent, size_t inner, double *y) {
  if (inner != 0) PICK(reduce_wide)(op, x, outer, extent, inner, y);
}
#endif
void TYPED(gk_argument)(int largest, const T *x, size_t outer, size_t extent, size_t inner, double *y) {
  PICK(argument)(largest, x, outer, extent, inner, y);
}
void TYPED(gk_scan)(gk_reduction op, const T *x, size_t outer, size_t extent, size_t inner, T *y) {
  PICK(scan)(op, x, outer, extent, inner, y);
}

// Shared with fused sums.
T TYPED(gk_run_sum)(const T *x, size_t n) { return PICK(run_sum)(x, n); }
#if WIDTH == 32
double gk_run_wide_sum_f32(const float *x, size_t n) { return PICK(run_wide_sum)(x, n); }
double gk_run_squares_f32(const float *x, size_t n) { return PICK(run_norm)(x, n); }
gk_tile *gk_tile_onto_f32(gk_reduction op) { return op == GK_NORM ? PICK(tile_onto_norm) : PICK(tile_onto_sum); }
#endif

#endif

#undef COMBINE_SUM
#undef COMBINE_PROD
#undef COMBINE_MAX
#undef COMBINE_MIN
#undef AS_IT_IS
#undef SQUARED
#undef ROOT
