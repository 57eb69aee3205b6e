// Template: products with kept entries.

#ifdef LEVEL

typedef T NAME(batch_vector) __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(T))));
#define V NAME(batch_vector)
#define LANES (VECTOR_BYTES / sizeof(T))
#define WIDE __attribute__((min_vector_width(VECTOR_BYTES * 8)))
#if FUSED
#define MULTIPLY_ADD(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#endif

// One output's sums over `vectors` vectors of the batch, all in registers.
ALWAYS_INLINE WIDE void NAME(sum_entries)(const int vectors, const gk_entries *e, size_t o, const T *w, const T *x,
                                          size_t batch, size_t from, T *y) {
  V sum[8];
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) sum[v] = (V){0};
  for (uint32_t i = e->starts[o]; i < e->starts[o + 1]; i++) {
    V weight = w[e->place[i]] - (V){0};
    const T *row = x + (size_t)e->index[i] * batch + from;
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[v] = MULTIPLY_ADD(weight, *(const V *)(row + (size_t)v * LANES), sum[v]);
  }
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) *(V *)(y + o * batch + from + (size_t)v * LANES) = sum[v];
}

WIDE static void NAME(masked_product)(const gk_entries *e, size_t first, size_t last, const T *w, const T *x, size_t batch,
                                      T *y) {
  for (size_t o = first; o < last && !gk_is_interrupted(); o++) {
    size_t from = 0;
    for (; from + 8 * LANES <= batch; from += 8 * LANES) NAME(sum_entries)(8, e, o, w, x, batch, from, y);
    for (; from + 2 * LANES <= batch; from += 2 * LANES) NAME(sum_entries)(2, e, o, w, x, batch, from, y);
    for (; from + LANES <= batch; from += LANES) NAME(sum_entries)(1, e, o, w, x, batch, from, y);
    for (; from < batch; from++) {
      T sum = 0;
      for (uint32_t i = e->starts[o]; i < e->starts[o + 1]; i++) sum += w[e->place[i]] * x[(size_t)e->index[i] * batch + from];
      y[o * batch + from] = sum;
    }
  }
}

ALWAYS_INLINE WIDE T NAME(sum_lanes)(V v) {
#if VECTOR_BYTES == 64 && WIDTH == 32
  return _mm512_reduce_add_ps((__m512)v);
#elif VECTOR_BYTES == 64
  return _mm512_reduce_add_pd((__m512d)v);
#else
  T lane[LANES];
  *(V *)lane = v;
  for (size_t half = LANES / 2; half > 0; half /= 2)
    for (size_t j = 0; j < half; j++) lane[j] += lane[j + half];
  return lane[0];
#endif
}

// A few kept entries of one output together, so that their sums don't wait for each other.
ALWAYS_INLINE WIDE void NAME(dot_entries)(const int count, const gk_entries *e, uint32_t i, const T *column, const T *x,
                                          size_t batch, T *y) {
  const T *row[4];
  V sum[4];
  T rest[4];
#pragma clang loop unroll(full)
  for (int n = 0; n < count; n++) {
    row[n] = x + (size_t)e->index[i + (uint32_t)n] * batch;
    sum[n] = (V){0};
    rest[n] = 0;
  }
  size_t b = 0;
  for (; b + LANES <= batch; b += LANES) {
    V factor = *(const V *)(column + b);
#pragma clang loop unroll(full)
    for (int n = 0; n < count; n++) sum[n] = MULTIPLY_ADD(*(const V *)(row[n] + b), factor, sum[n]);
  }
  for (; b < batch; b++)
    for (int n = 0; n < count; n++) rest[n] += row[n][b] * column[b];
#pragma clang loop unroll(full)
  for (int n = 0; n < count; n++) y[e->place[i + (uint32_t)n]] = NAME(sum_lanes)(sum[n]) + rest[n];
}

WIDE static void NAME(masked_gradient)(const gk_entries *e, size_t first, size_t last, const T *x, const T *g, size_t batch,
                                       T *y) {
  for (size_t o = first; o < last && !gk_is_interrupted(); o++) {
    const T *column = g + o * batch;
    uint32_t i = e->starts[o];
    for (; i + 4 <= e->starts[o + 1]; i += 4) NAME(dot_entries)(4, e, i, column, x, batch, y);
    for (; i < e->starts[o + 1]; i++) NAME(dot_entries)(1, e, i, column, x, batch, y);
  }
}

typedef struct {
  const gk_entries *entries;
  const T *w, *x;
  T *y;
  size_t batch;
  int chunks, is_gradient;
} NAME(masked_job);

static void NAME(masked_chunk)(void *context, int number) {
  const NAME(masked_job) *j = context;
  size_t first = chunk_start(j->entries, number, j->chunks), last = chunk_start(j->entries, number + 1, j->chunks);
  if (j->is_gradient) NAME(masked_gradient)(j->entries, first, last, j->x, j->w, j->batch, j->y);
  else NAME(masked_product)(j->entries, first, last, j->w, j->x, j->batch, j->y);
}

static void NAME(run_masked)(const gk_entries *e, const T *w, const T *x, size_t batch, T *y, int is_gradient) {
  NAME(masked_job) job = {.entries = e, .w = w, .x = x, .y = y, .batch = batch, .chunks = 1, .is_gradient = is_gradient};
  if (gk_is_worth_sharing((double)e->starts[e->outputs] * (double)batch, threaded_work)) {
    job.chunks = CHUNKS;
    gk_run_tasks(NAME(masked_chunk), &job, CHUNKS);
  } else {
    NAME(masked_chunk)(&job, 0);
  }
}

#undef V
#undef LANES
#undef WIDE
#undef MULTIPLY_ADD

#else

void TYPED(gk_masked_product)(const gk_entries *entries, const T *w, const T *x, size_t batch, T *y) {
  PICK(run_masked)(entries, w, x, batch, y, 0);
}
void TYPED(gk_masked_gradient)(const gk_entries *entries, const T *x, const T *g, size_t batch, T *y) {
  PICK(run_masked)(entries, g, x, batch, y, 1);
}

#endif
