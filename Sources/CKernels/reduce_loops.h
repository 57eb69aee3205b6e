// Template: reductions, arguments and scans.

#define COMBINE_SUM(u, v) ((u) + (v))
#define COMBINE_PROD(u, v) ((u) * (v))
#define COMBINE_MAX(u, v) ((v) > (u) || (v) != (v) ? (v) : (u))
#define COMBINE_MIN(u, v) ((v) < (u) || (v) != (v) ? (v) : (u))
// The same where NaN, if it counts for more than others, is looked for apart.
#define COMBINE_SUM_BRIEFLY COMBINE_SUM
#define COMBINE_PROD_BRIEFLY COMBINE_PROD
#define COMBINE_MAX_BRIEFLY(u, v) ((v) > (u) ? (v) : (u))
#define COMBINE_MIN_BRIEFLY(u, v) ((v) < (u) ? (v) : (u))
#define COMBINE_SUM_HAS_ODD 0
#define COMBINE_PROD_HAS_ODD 0
#define COMBINE_MAX_HAS_ODD 1
#define COMBINE_MIN_HAS_ODD 1
// How an element enters, and what is made of the result.
#define AS_IT_IS(v) (v)
#define SQUARED(v) ((v) * (v))
#define ROOT(v) __builtin_sqrt(v)

#ifdef LEVEL

typedef struct {
  const T *x;
  size_t stride, width, starts[PARTS + 1];
  void *results;
} NAME(parts);

// For one kind of reduction, in accumulators of type A:
// run_: a contiguous run, in LANES or FEW accumulators, halves of long runs apart;
// rows_: [rows, width] over rows with width <= STRIP, likewise;
// columns_: [extent, width] along extent, width <= STRIP of the columns of rows that lie `inner` apart.
// What is long is cut as often as there are PARTS, by the same halves, if several threads are to share it.
// Where NaN is looked for apart, `odds` are not 0 where one was met.
#define LANE_LOOP(A, LANES, COMBINE, TAKE) \
  { \
    A lane[LANES]; \
    BITS odds[LANES] = {0}; \
    for (size_t j = 0; j < LANES; j++) { \
      T v = x[j]; \
      lane[j] = TAKE((A)v); \
      if (COMBINE##_HAS_ODD) odds[j] |= v != v ? ~(BITS)0 : 0; \
    } \
    for (i = LANES; i + LANES <= n; i += LANES) \
      for (size_t j = 0; j < LANES; j++) { \
        T v = x[i + j]; \
        lane[j] = COMBINE##_BRIEFLY(lane[j], TAKE((A)v)); \
        if (COMBINE##_HAS_ODD) odds[j] |= v != v ? ~(BITS)0 : 0; \
      } \
    for (size_t half = LANES / 2; half > 0; half /= 2) \
      for (size_t j = 0; j < half; j++) lane[j] = COMBINE##_BRIEFLY(lane[j], lane[j + half]); \
    result = lane[0]; \
    BITS odd = 0; \
    if (COMBINE##_HAS_ODD) for (size_t j = 0; j < LANES; j++) odd |= odds[j]; \
    if (COMBINE##_HAS_ODD && odd != 0) result = (A)NAN; \
  }
#define REDUCTION(name, A, start, COMBINE, TAKE) \
  static A NAME(run_##name)(const T *x, size_t n) { \
    if (n > RUN) { \
      if (gk_is_interrupted()) return start; \
      size_t half = first_half(n); \
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
    size_t i = 0; \
    /* Several at a time, in their order: accumulators are read and written less often. */ \
    for (; i + 4 <= rows; i += 4) { \
      const T *restrict a = x + i * stride, *restrict b = a + stride, *restrict c = b + stride, *restrict d = c + stride; \
      for (size_t j = 0; j < width; j++) { \
        A v = COMBINE(y[j], TAKE((A)a[j])); \
        v = COMBINE(v, TAKE((A)b[j])); \
        v = COMBINE(v, TAKE((A)c[j])); \
        y[j] = COMBINE(v, TAKE((A)d[j])); \
      } \
    } \
    for (; i < rows; i++) \
      for (size_t j = 0; j < width; j++) y[j] = COMBINE(y[j], TAKE((A)x[i * stride + j])); \
  } \
  /* A part of a long run, or of many rows. */ \
  static void NAME(part_##name)(void *context, int number) { \
    NAME(parts) *p = context; \
    const T *part = p->x + p->starts[number] * p->stride; \
    size_t count = p->starts[number + 1] - p->starts[number]; \
    A *result = (A *)p->results + (size_t)number * p->width; \
    if (p->stride == 1 && p->width == 1) result[0] = NAME(run_##name)(part, count); \
    else NAME(rows_##name)(part, count, p->stride, p->width, result); \
  } \
  static void NAME(shared_##name)(const T *x, size_t n, size_t stride, size_t width, A *y) { \
    int is_run = stride == 1 && width == 1; \
    A results[PARTS * NARROW]; \
    NAME(parts) parts = {.x = x, .stride = stride, .width = width, .results = results}; \
    cut_in_parts(parts.starts, n, is_run); \
    gk_run_tasks(NAME(part_##name), &parts, PARTS); \
    for (size_t step = 1; step < PARTS; step *= 2) \
      for (size_t i = 0; i < PARTS; i += 2 * step) \
        for (size_t j = 0; j < width; j++) \
          results[i * width + j] = COMBINE(results[i * width + j], results[(i + step) * width + j]); \
    for (size_t j = 0; j < width; j++) y[j] = results[j]; \
  } \
  static void NAME(columns_##name)(const T *x, size_t extent, size_t inner, size_t width, int is_shared, A *y) { \
    if (inner == 1) { \
      if (is_shared && extent >= PARTS * 4 * RUN) NAME(shared_##name)(x, extent, 1, 1, y); \
      else y[0] = NAME(run_##name)(x, extent); \
      return; \
    } \
    if (inner <= NARROW / 2 && extent * inner >= 2 * NARROW) { \
      /* As many rows as fit side by side are one wide row. */ \
      size_t group = NARROW / inner, wide = extent / group; \
      A sum[NARROW], rest[NARROW]; \
      if (is_shared && wide >= PARTS * 4 * ROWS) NAME(shared_##name)(x, wide, group * inner, group * inner, sum); \
      else NAME(rows_##name)(x, wide, group * inner, group * inner, sum); \
      NAME(rows_##name)(x + wide * group * inner, extent - wide * group, inner, inner, rest); \
      for (; group > 1; group -= group / 2) \
        for (size_t j = 0; j < group / 2 * inner; j++) \
          sum[j] = COMBINE(sum[j], sum[(group - group / 2) * inner + j]); \
      for (size_t j = 0; j < inner; j++) y[j] = COMBINE(sum[j], rest[j]); \
      return; \
    } \
    if (is_shared && inner <= NARROW && extent >= PARTS * 4 * ROWS) NAME(shared_##name)(x, extent, inner, width, y); \
    else NAME(rows_##name)(x, extent, inner, width, y); \
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

// Some columns of one block, at most STRIP of them, to elements of type O.
#define BLOCK(name, O, A, FINISH) \
  static void NAME(block_##name##_##O)(const T *x, size_t extent, size_t inner, size_t width, int is_shared, O *y) { \
    A strip[STRIP]; \
    A *out = IS_FINAL_##name ? (A *)y : strip; \
    NAME(columns_##name)(x, extent, inner, width, is_shared, out); \
    if (IS_FINAL_##name) return; \
    for (size_t j = 0; j < width; j++) y[j] = (O)FINISH(out[j]); \
    RESCUE_##name \
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
    if (IS_LOST(out[j])) y[j] = NAME(rescued_norm)(x + j, extent, inner, out[j]);
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

// Blocks and their strips, one after another.
typedef struct {
  gk_reduction op;
  const T *x;
  size_t extent, inner, strip, strips, units, tasks;
  void *y;
  int is_wide, is_shared;
} NAME(job);

#define LOOP(block, O) \
  for (; unit < last && !gk_is_interrupted(); unit++) { \
    size_t from = number * job->strip, width = job->inner - from < job->strip ? job->inner - from : job->strip; \
    NAME(block)(job->x + block_start * job->extent + from, job->extent, job->inner, width, job->is_shared, \
                (O *)job->y + block_start + from); \
    if (++number == job->strips) number = 0, block_start += job->inner; \
  } \
  break;
static void NAME(reduce_units)(void *context, int task) {
  const NAME(job) *job = context;
  size_t unit = job->units * (size_t)task / job->tasks, last = job->units * ((size_t)task + 1) / job->tasks;
  // Where a block's results begin.
  size_t number = unit % job->strips, block_start = unit / job->strips * job->inner;
#if WIDTH == 32
  if (job->is_wide) {
    switch (job->op) {
    case GK_SUM: LOOP(block_wide_sum_double, double)
    case GK_NORM: LOOP(block_norm_double, double)
    case GK_PROD:
    case GK_MAX:
    case GK_MIN: break;
    }
    return;
  }
#endif
#define CASE(constant, name, ...) case GK_##constant: LOOP(block_##name##_T, T)
  switch (job->op) { GK_REDUCTIONS(CASE) }
#undef CASE
}
#undef LOOP

static void NAME(reduce)(gk_reduction op, const T *x, size_t outer, size_t extent, size_t inner, void *y, int is_wide) {
  NAME(job) job = {.op = op, .x = x, .extent = extent, .inner = inner, .y = y, .is_wide = is_wide, .tasks = 1};
  double work = (double)outer * (double)extent * (double)inner * GK_READ_PRICE * sizeof(T) / 4;
  int is_worth_it = work >= GK_BRIEF_RUN * GK_READ_PRICE && gk_is_worth_sharing(work, GK_SHARED_WORK);
  size_t threads = is_worth_it ? (size_t)gk_threads : 1;
  // Which columns are reduced together makes no difference to any of them.
  job.strip = STRIP;
  while (job.strip > NARROW && outer * ((inner + job.strip - 1) / job.strip) < 4 * threads) job.strip /= 2;
  job.strips = (inner + job.strip - 1) / job.strip;
  job.units = outer * job.strips;
  job.is_shared = is_worth_it && job.units < threads;
  if (is_worth_it && job.units >= threads) job.tasks = job.units < 4 * threads ? job.units : 4 * threads;
  if (job.tasks > 1) gk_run_tasks(NAME(reduce_units), &job, (int)job.tasks);
  else NAME(reduce_units)(&job, 0);
}
#if WIDTH == 32

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

// The place of the best of a lane; of its first NaN, if there is one. Piece by piece, so that it is read once.
static size_t NAME(best_place)(int largest, const T *x, size_t extent) {
  T best = 0;
  size_t found = 0, length = 0;
  for (size_t from = 0; from < extent && !gk_is_interrupted(); from += SEARCHED) {
    size_t count = extent - from < SEARCHED ? extent - from : SEARCHED;
    T own = largest ? NAME(run_max)(x + from, count) : NAME(run_min)(x + from, count);
    if (from == 0 || (largest ? own > best : own < best) || own != own) {
      best = own;
      found = from;
      length = count;
    }
    if (own != own) break;
  }
  size_t i = 0;
  for (; i + LANES <= length; i += LANES) {
    int is_here = 0;
    for (size_t j = 0; j < LANES; j++) is_here |= (x[found + i + j] == best) | (x[found + i + j] != x[found + i + j]);
    if (is_here) break;
  }
  // best != best stops at the first NaN; otherwise there is none.
  while (i + 1 < length && !(x[found + i] == best || x[found + i] != x[found + i])) i++;
  return found + i;
}

typedef struct {
  int largest;
  const T *x;
  size_t extent, inner, strips, units, tasks;
  double *y;
  size_t places[PARTS];
} NAME(search_job);

static void NAME(search_units)(void *context, int task) {
  const NAME(search_job) *job = context;
  size_t extent = job->extent, inner = job->inner;
  size_t first = job->units * (size_t)task / job->tasks, last = job->units * ((size_t)task + 1) / job->tasks;
  for (size_t unit = first; unit < last && !gk_is_interrupted(); unit++) {
    size_t o = unit / job->strips, from = unit % job->strips * NARROW;
    const T *x = job->x + o * extent * inner + from;
    double *y = job->y + o * inner + from;
    if (inner == 1) {
      y[0] = (double)NAME(best_place)(job->largest, x, extent);
      continue;
    }
    size_t width = inner - from < NARROW ? inner - from : NARROW;
    T best[NARROW];
    BITS place[NARROW] = {0};
    for (size_t j = 0; j < width; j++) best[j] = x[j];
#define SEARCH(sign) \
    for (size_t i = 1; i < extent; i++) { \
      if ((i & 0xFFFF) == 0 && gk_is_interrupted()) return; \
      const T *restrict row = x + i * inner; \
      BITS at = (BITS)i; \
      for (size_t j = 0; j < width; j++) { \
        T v = row[j], u = best[j]; \
        int is_better = (v sign u) | ((v != v) & (u == u)); \
        best[j] = is_better ? v : u; \
        place[j] = is_better ? at : place[j]; \
      } \
    }
    if (job->largest) {
      SEARCH(>)
    } else {
      SEARCH(<)
    }
#undef SEARCH
    for (size_t j = 0; j < width; j++) y[j] = (double)place[j];
  }
}

static void NAME(search_part)(void *context, int number) {
  NAME(search_job) *job = context;
  size_t from = job->extent * (size_t)number / PARTS, to = job->extent * ((size_t)number + 1) / PARTS;
  job->places[number] = from + NAME(best_place)(job->largest, job->x + from, to - from);
}

static void NAME(argument)(int largest, const T *x, size_t outer, size_t extent, size_t inner, double *y) {
  NAME(search_job) job = {.largest = largest, .x = x, .extent = extent, .inner = inner, .y = y, .tasks = 1};
  job.strips = (inner + NARROW - 1) / NARROW;
  job.units = outer * job.strips;
  double price = inner == 1 ? GK_READ_PRICE : GK_BRIEF_PRICE;
  int is_worth_it =
      gk_is_worth_sharing((double)outer * (double)extent * (double)inner * price * sizeof(T) / 4, GK_SHARED_WORK);
  size_t threads = (size_t)gk_threads;
  if (is_worth_it && outer == 1 && inner == 1 && extent >= PARTS) {
    gk_run_tasks(NAME(search_part), &job, PARTS);
    size_t place = job.places[0];
    for (size_t i = 1; i < PARTS && x[place] == x[place]; i++) {
      size_t other = job.places[i];
      if ((largest ? x[other] > x[place] : x[other] < x[place]) || x[other] != x[other]) place = other;
    }
    y[0] = (double)place;
    return;
  }
  if (is_worth_it && job.units > 1) job.tasks = job.units < 4 * threads ? job.units : 4 * threads;
  if (job.tasks > 1) gk_run_tasks(NAME(search_units), &job, (int)job.tasks);
  else NAME(search_units)(&job, 0);
}

// Running results along extent: of floats in double; of doubles, sums with what their roundings lost (Neumaier).
#if WIDTH == 32 && VECTOR_BYTES == 64
typedef double NAME(eight) __attribute__((vector_size(64), aligned(8)));
typedef float NAME(short_eight) __attribute__((vector_size(32), aligned(4)));
#define EARLIER(v, none, ...) __builtin_shufflevector(v, none, __VA_ARGS__)
#define WIDE __attribute__((min_vector_width(512)))
// Eight at a time, each with those one, two and four before it; what is put before the first changes nothing.
#define RUNNING(COMBINE, nothing) \
  { \
    NAME(eight) none = {nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing}, before = none; \
    size_t i = 0; \
    for (; i + 8 <= extent; i += 8) { \
      if ((i & 0xFFFFF) == 0 && gk_is_interrupted()) return; \
      NAME(eight) v = __builtin_convertvector(*(const NAME(short_eight) *)(x + i), NAME(eight)); \
      v = COMBINE(EARLIER(v, none, 8, 0, 1, 2, 3, 4, 5, 6), v); \
      v = COMBINE(EARLIER(v, none, 8, 8, 0, 1, 2, 3, 4, 5), v); \
      v = COMBINE(EARLIER(v, none, 8, 8, 8, 8, 0, 1, 2, 3), v); \
      v = COMBINE(before, v); \
      before = EARLIER(v, none, 7, 7, 7, 7, 7, 7, 7, 7); \
      *(NAME(short_eight) *)(y + i) = __builtin_convertvector(v, NAME(short_eight)); \
    } \
    double run = before[0]; \
    for (; i < extent; i++) { \
      run = COMBINE(run, (double)x[i]); \
      y[i] = (T)run; \
    } \
    return; \
  }
#else
#define WIDE
#endif

WIDE static void NAME(scan_lane)(gk_reduction op, const T *x, size_t extent, T *y) {
#if WIDTH == 64
  if (op == GK_SUM) {
    double total = x[0], lost = 0;
    y[0] = total;
    for (size_t i = 1; i < extent; i++) {
      if ((i & 0xFFFFF) == 0 && gk_is_interrupted()) return;
      double v = x[i];
      double next = total + v;
      double back = next - total;
      lost += (total - (next - back)) + (v - back);
      total = next;
      y[i] = fabs(next) < (double)INFINITY ? next + lost : next;
    }
    return;
  }
#endif
#if WIDTH == 32 && VECTOR_BYTES == 64
  // Added to anything, -0 leaves it as it is.
  if (op == GK_SUM) RUNNING(COMBINE_SUM, -0.0)
  if (op == GK_PROD) RUNNING(COMBINE_PROD, 1)
#endif
#define LOOP(COMBINE, TAKE, FINISH) \
  { \
    double run = TAKE((double)x[0]); \
    y[0] = (T)FINISH(run); \
    for (size_t i = 1; i < extent; i++) { \
      if ((i & 0xFFFFF) == 0 && gk_is_interrupted()) return; \
      run = COMBINE(run, TAKE((double)x[i])); \
      y[i] = (T)FINISH(run); \
    } \
    break; \
  }
#define CASE(constant, name, start, A, COMBINE, TAKE, FINISH) case GK_##constant: LOOP(COMBINE, TAKE, FINISH)
  switch (op) { GK_REDUCTIONS(CASE) }
#undef LOOP
}
#undef RUNNING
#undef EARLIER
#undef WIDE

static void NAME(scan_columns)(gk_reduction op, const T *x, size_t extent, size_t inner, size_t width, T *y) {
  double run[NARROW];
#if WIDTH == 64
  if (op == GK_SUM) {
    double lost[NARROW];
    for (size_t j = 0; j < width; j++) run[j] = y[j] = x[j], lost[j] = 0;
    for (size_t i = 1; i < extent && !gk_is_interrupted(); i++) {
      const double *row = x + i * inner;
      double *out = y + i * inner;
      INDEPENDENT for (size_t j = 0; j < width; j++) {
        double v = row[j], next = run[j] + v, back = next - run[j];
        lost[j] += (run[j] - (next - back)) + (v - back);
        run[j] = next;
        out[j] = fabs(next) < (double)INFINITY ? next + lost[j] : next;
      }
    }
    return;
  }
#endif
#define LOOP(COMBINE, TAKE, FINISH) \
  for (size_t j = 0; j < width; j++) run[j] = TAKE((double)x[j]), y[j] = (T)FINISH(run[j]); \
  for (size_t i = 1; i < extent && !gk_is_interrupted(); i++) { \
    const T *row = x + i * inner; \
    T *out = y + i * inner; \
    INDEPENDENT for (size_t j = 0; j < width; j++) { \
      run[j] = COMBINE(run[j], TAKE((double)row[j])); \
      out[j] = (T)FINISH(run[j]); \
    } \
  } \
  break;
  switch (op) { GK_REDUCTIONS(CASE) }
#undef CASE
#undef LOOP
}

typedef struct {
  gk_reduction op;
  const T *x;
  size_t extent, inner, strips, units, tasks;
  T *y;
} NAME(scan_job);

static void NAME(scan_units)(void *context, int task) {
  const NAME(scan_job) *job = context;
  size_t inner = job->inner, first = job->units * (size_t)task / job->tasks;
  size_t last = job->units * ((size_t)task + 1) / job->tasks;
  for (size_t unit = first; unit < last && !gk_is_interrupted(); unit++) {
    size_t from = unit % job->strips * NARROW, start = unit / job->strips * job->extent * inner + from;
    size_t width = inner - from < NARROW ? inner - from : NARROW;
    if (inner == 1) NAME(scan_lane)(job->op, job->x + start, job->extent, job->y + start);
    else NAME(scan_columns)(job->op, job->x + start, job->extent, inner, width, job->y + start);
  }
}

static void NAME(scan)(gk_reduction op, const T *x, size_t outer, size_t extent, size_t inner, T *y) {
  if (outer == 0 || extent == 0 || inner == 0) return;
  NAME(scan_job) job = {.op = op, .x = x, .extent = extent, .inner = inner, .y = y, .tasks = 1};
  job.strips = (inner + NARROW - 1) / NARROW;
  job.units = outer * job.strips;
  double work = (double)outer * (double)extent * (double)inner * GK_BRIEF_PRICE * sizeof(T) / 4;
  if (job.units > 1 && gk_is_worth_sharing(work, GK_SHARED_WORK))
    job.tasks = job.units < 4 * (size_t)gk_threads ? job.units : 4 * (size_t)gk_threads;
  if (job.tasks > 1) gk_run_tasks(NAME(scan_units), &job, (int)job.tasks);
  else NAME(scan_units)(&job, 0);
}

#else

void TYPED(gk_reduce)(gk_reduction op, const T *x, size_t outer, size_t extent, size_t inner, T *y) {
  if (inner != 0 && outer != 0) PICK(reduce)(op, x, outer, extent, inner, y, 0);
}
#if WIDTH == 32
void gk_reduce_wide_f32(gk_reduction op, const float *x, size_t outer, size_t extent, size_t inner, double *y) {
  if (inner != 0 && outer != 0) PICK(reduce)(op, x, outer, extent, inner, y, 1);
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

#undef COMBINE_SUM_BRIEFLY
#undef COMBINE_PROD_BRIEFLY
#undef COMBINE_MAX_BRIEFLY
#undef COMBINE_MIN_BRIEFLY
#undef COMBINE_SUM_HAS_ODD
#undef COMBINE_PROD_HAS_ODD
#undef COMBINE_MAX_HAS_ODD
#undef COMBINE_MIN_HAS_ODD
#undef COMBINE_SUM
#undef COMBINE_PROD
#undef COMBINE_MAX
#undef COMBINE_MIN
#undef AS_IT_IS
#undef SQUARED
#undef ROOT
