// Template: matrix products.

#ifdef LEVEL

// A vector; without the second attribute it would have to be aligned in memory too.
typedef T NAME(vector) __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(T))));
#define V NAME(vector)
#define LANES ((ptrdiff_t)(VECTOR_BYTES / sizeof(T)))
#define TILE_ROWS (VECTOR_BYTES == 64 ? 12 : VECTOR_BYTES == 32 ? 6 : FUSED ? 8 : 4)
#define TILE_COLUMNS (2 * LANES)

// Registers as wide as VECTOR_BYTES also where the compiler would rather use narrower ones.
#define WIDE __attribute__((min_vector_width(VECTOR_BYTES * 8)))

#if FUSED
#define MULTIPLY_ADD(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#endif

#include "matmul_tiles.h"

// y [k, width], rows yr apart, = x [k, width] through strides.
ALWAYS_INLINE void NAME(pack)(const T *x, ptrdiff_t xr, ptrdiff_t xc, T *restrict y, ptrdiff_t yr, ptrdiff_t k, ptrdiff_t width) {
  if (xr == 1) {
    ptrdiff_t p = 0;
    for (; p + 4 <= k; p += 4) {
      ptrdiff_t j = 0;
      for (; j + 4 <= width; j += 4) TYPED(transpose_4)(x + p + j * xc, xc, y + p * yr + j, yr);
      for (; j < width; j++)
        for (ptrdiff_t q = p; q < p + 4; q++) y[q * yr + j] = x[q + j * xc];
    }
    for (; p < k; p++)
      for (ptrdiff_t j = 0; j < width; j++) y[p * yr + j] = x[p + j * xc];
  } else if (xc == 1) {
    for (ptrdiff_t p = 0; p < k; p++)
      for (ptrdiff_t j = 0; j < width; j++) y[p * yr + j] = x[p * xr + j];
  } else {
    for (ptrdiff_t p = 0; p < k; p++)
      for (ptrdiff_t j = 0; j < width; j++) y[p * yr + j] = x[p * xr + j * xc];
  }
}

// b [k, n] in strips of TILE_COLUMNS columns, the last one padded with zeros.
static void NAME(pack_b)(const T *b, ptrdiff_t br, ptrdiff_t bc, T *to, ptrdiff_t k, ptrdiff_t n) {
  for (ptrdiff_t j = 0; j < n; j += TILE_COLUMNS, to += k * TILE_COLUMNS) {
    if (n - j >= TILE_COLUMNS) {
      NAME(pack)(b + j * bc, br, bc, to, TILE_COLUMNS, k, TILE_COLUMNS);
    } else {
      memset(to, 0, (size_t)(k * TILE_COLUMNS) * sizeof(T));
      NAME(pack)(b + j * bc, br, bc, to, TILE_COLUMNS, k, n - j);
    }
  }
}

// The rows of tile number i of `count` over m rows: as equal as can be.
#define TILE_START(i, count, m) ((i) * (m) / (count))

// a [m, k] in tiles' rows, each tile's [k, rows] in order.
static void NAME(pack_a)(const T *a, ptrdiff_t ar, ptrdiff_t ac, T *to, ptrdiff_t m, ptrdiff_t k) {
  ptrdiff_t count = (m + TILE_ROWS - 1) / TILE_ROWS;
  for (ptrdiff_t i = 0; i < count; i++) {
    ptrdiff_t from = TILE_START(i, count, m), rows = TILE_START(i + 1, count, m) - from;
    if (rows == TILE_ROWS) NAME(pack)(a + from * ar, ac, ar, to + from * k, TILE_ROWS, k, TILE_ROWS);
    else NAME(pack)(a + from * ar, ac, ar, to + from * k, rows, k, rows);
  }
}

// c [m, n] (rows cr apart) from a packed (ac == 0) or through strides, and b packed or, with bs the distance of its
// strips, as it is.
WIDE static void NAME(tiles)(const T *a, ptrdiff_t ar, ptrdiff_t ac, int packed, const T *b, ptrdiff_t br, ptrdiff_t bs, T *c,
                        ptrdiff_t cr, ptrdiff_t m, ptrdiff_t k, ptrdiff_t n, int accumulate) {
  ptrdiff_t count = (m + TILE_ROWS - 1) / TILE_ROWS;
  for (ptrdiff_t j = 0; j < n; j += TILE_COLUMNS, b += bs) {
    ptrdiff_t columns = n - j < TILE_COLUMNS ? n - j : TILE_COLUMNS;
    int vectors = columns > LANES ? 2 : 1;
    ptrdiff_t last = columns - (vectors - 1) * LANES;
    for (ptrdiff_t i = 0; i < count; i++) {
      ptrdiff_t from = TILE_START(i, count, m), rows = TILE_START(i + 1, count, m) - from;
      NAME(tile_function) *tile = packed ? NAME(packed_tiles)[vectors - 1][rows - 1] : NAME(direct_tiles)[vectors - 1][rows - 1];
      tile(packed ? a + from * k : a + from * ar, ar, ac, b, br, k, c + from * cr + j, cr, last, accumulate);
    }
  }
}

// c [m, n], rows cr apart, in blocks; 0 without memory for packing.
static int NAME(blocks)(const T *a, ptrdiff_t ar, ptrdiff_t ac, const T *b, ptrdiff_t br, ptrdiff_t bc, T *c, ptrdiff_t cr,
                        ptrdiff_t m, ptrdiff_t k, ptrdiff_t n) {
  ptrdiff_t most_k = k < BLOCK_K ? k : BLOCK_K, most_n = n < BLOCK_N ? n : BLOCK_N, most_m = m < BLOCK_M ? m : BLOCK_M;
  most_n = (most_n + TILE_COLUMNS - 1) / TILE_COLUMNS * TILE_COLUMNS;
  // A block whose rows follow each other closely needs no packing: it lies in the cache as it is.
  int packed = !(ac == 1 && ar >= k && ar <= CLOSE_K + CLOSE_K / 2 && k <= CLOSE_K);
  T *packed_b = packing_buffer((size_t)(most_k * most_n + (packed ? most_k * most_m : 0)) * sizeof(T));
  if (packed_b == NULL) return 0;
  T *packed_a = packed_b + most_k * most_n;
  for (ptrdiff_t j = 0; j < n; j += BLOCK_N) {
    ptrdiff_t columns = n - j < BLOCK_N ? n - j : BLOCK_N;
    for (ptrdiff_t p = 0; p < k; p += BLOCK_K) {
      ptrdiff_t depth = k - p < BLOCK_K ? k - p : BLOCK_K;
      NAME(pack_b)(b + p * br + j * bc, br, bc, packed_b, depth, columns);
      for (ptrdiff_t i = 0; i < m; i += BLOCK_M) {
        if (gk_is_interrupted()) return 1;
        ptrdiff_t rows = m - i < BLOCK_M ? m - i : BLOCK_M;
        const T *block = a + i * ar + p * ac;
        if (packed) {
          NAME(pack_a)(block, ar, ac, packed_a, rows, depth);
          block = packed_a;
        }
        NAME(tiles)(block, ar, ac, packed, packed_b, TILE_COLUMNS, depth * TILE_COLUMNS, c + i * cr + j, cr, rows, depth,
                    columns, p > 0);
      }
    }
  }
  return 1;
}

static void NAME(plain)(const T *a, ptrdiff_t ar, ptrdiff_t ac, const T *b, ptrdiff_t br, ptrdiff_t bc, T *restrict c,
                        ptrdiff_t cr, ptrdiff_t m, ptrdiff_t k, ptrdiff_t n) {
  for (ptrdiff_t i = 0; i < m && !gk_is_interrupted(); i++) {
    for (ptrdiff_t j = 0; j < n; j++) c[i * cr + j] = 0;
    for (ptrdiff_t p = 0; p < k; p++)
      for (ptrdiff_t j = 0; j < n; j++) c[i * cr + j] += a[i * ar + p * ac] * b[p * br + j * bc];
  }
}

// A large product cut into chunks of rows, or of columns where there are few rows.
typedef struct {
  const T *a, *b;
  T *c;
  ptrdiff_t ar, ac, br, bc, m, k, n, chunks;
  int by_rows;
} NAME(job);

static void NAME(chunk)(void *context, int number) {
  const NAME(job) *job = context;
  ptrdiff_t total = job->by_rows ? job->m : job->n;
  ptrdiff_t unit = job->by_rows ? TILE_ROWS : TILE_COLUMNS, units = (total + unit - 1) / unit;
  ptrdiff_t from = number * units / job->chunks * unit, to = (number + 1) * units / job->chunks * unit;
  if (to > total) to = total;
  const T *a = job->a, *b = job->b;
  T *c = job->c;
  ptrdiff_t m = job->m, n = job->n, cr = job->n;
  if (job->by_rows) {
    a += from * job->ar;
    c += from * cr;
    m = to - from;
  } else {
    b += from * job->bc;
    c += from;
    n = to - from;
  }
  if (m <= 0 || n <= 0) return;
  if (!NAME(blocks)(a, job->ar, job->ac, b, job->br, job->bc, c, cr, m, job->k, n))
    NAME(plain)(a, job->ar, job->ac, b, job->br, job->bc, c, cr, m, job->k, n);
}

#include "matmul_vectors.h"

// Small, with b's columns apart: b is packed on the stack. Not inlined, so that other products don't pay for the stack.
__attribute__((noinline)) static void NAME(small_packed)(const T *a, ptrdiff_t ar, ptrdiff_t ac, const T *b, ptrdiff_t br,
                                                         ptrdiff_t bc, T *c, ptrdiff_t m, ptrdiff_t k, ptrdiff_t n) {
  _Alignas(64) T packed[STACK_BYTES / sizeof(T)];
  NAME(pack_b)(b, br, bc, packed, k, n);
  NAME(tiles)(a, ar, ac, 0, packed, TILE_COLUMNS, k * TILE_COLUMNS, c, n, m, k, n, 0);
}

static void NAME(matmul)(const T *a, ptrdiff_t ar, ptrdiff_t ac, const T *b, ptrdiff_t br, ptrdiff_t bc, T *c, ptrdiff_t m,
                         ptrdiff_t k, ptrdiff_t n) {
  if (n == 1 && NAME(matrix_vector)(a, ar, ac, b, br, c, m, k)) return;
  if (m == 1 && NAME(matrix_vector)(b, bc, br, a, ac, c, n, k)) return;
  ptrdiff_t bytes = (ptrdiff_t)sizeof(T);
  // Not k * n: sizes whose product overflows have no b in memory unless strides are 0.
  if (k <= DIRECT_BYTES / bytes && n <= DIRECT_BYTES / bytes && m <= 4 * DIRECT_BYTES / bytes) {
    if (bc == 1 && br >= 0 && br <= DIRECT_BYTES && k * br * bytes <= DIRECT_BYTES) {
      NAME(tiles)(a, ar, ac, 0, b, br, TILE_COLUMNS, c, n, m, k, n, 0);
      return;
    }
    if (m <= 64 && k * ((n + TILE_COLUMNS - 1) / TILE_COLUMNS * TILE_COLUMNS) * bytes <= STACK_BYTES) {
      NAME(small_packed)(a, ar, ac, b, br, bc, c, m, k, n);
      return;
    }
  }
  NAME(job) job = {.a = a, .b = b, .c = c, .ar = ar, .ac = ac, .br = br, .bc = bc, .m = m, .k = k, .n = n, .chunks = 1, .by_rows = 1};
  if (gk_is_worth_sharing((double)m * (double)k * (double)n, threaded_work)) {
    job.by_rows = m >= n || m >= 2 * CHUNK;
    // An even number, so that neither thread waits for the other's last chunk.
    job.chunks = (job.by_rows ? m : n) / (2 * CHUNK) * 2;
    if (job.chunks < 2) job.chunks = 2;
    gk_run_tasks(NAME(chunk), &job, (int)job.chunks);
  } else {
    NAME(chunk)(&job, 0);
  }
}

// Many products, a_step and b_step apart.
typedef struct {
  const T *a, *b;
  T *c;
  ptrdiff_t a_step, ar, ac, b_step, br, bc, count, m, k, n, tasks;
} NAME(batch);

static void NAME(batch_part)(void *context, int number) {
  const NAME(batch) *batch = context;
  ptrdiff_t last = batch->count * (number + 1) / batch->tasks;
  for (ptrdiff_t i = batch->count * number / batch->tasks; i < last && !gk_is_interrupted(); i++)
    NAME(matmul)(batch->a + i * batch->a_step, batch->ar, batch->ac, batch->b + i * batch->b_step, batch->br, batch->bc,
                 batch->c + i * batch->m * batch->n, batch->m, batch->k, batch->n);
}

static void NAME(matmul_batch)(NAME(batch) *batch) {
  batch->tasks = 1;
  // Few or large products are each shared by themselves.
  double each = (double)batch->m * (double)batch->k * (double)batch->n;
  if (batch->count >= 2 * gk_threads && each < 8 * threaded_work &&
      gk_is_worth_sharing(each * (double)batch->count, threaded_work / 2))
    batch->tasks = batch->count < 8 * gk_threads ? batch->count : 8 * gk_threads;
  if (batch->tasks > 1) gk_run_tasks(NAME(batch_part), batch, (int)batch->tasks);
  else NAME(batch_part)(batch, 0);
}

#include "convolution_loops.h"

#undef V
#undef LANES
#undef TILE_ROWS
#undef TILE_COLUMNS
#undef TILE_START
#undef WIDE
#undef MULTIPLY_ADD

#else

void TYPED(gk_matmul)(const T *a, ptrdiff_t a_rows, ptrdiff_t a_columns, const T *b, ptrdiff_t b_rows, ptrdiff_t b_columns, T *c,
                      size_t m, size_t k, size_t n) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    memset(c, 0, m * n * sizeof(T));
    return;
  }
  PICK(matmul)(a, a_rows, a_columns, b, b_rows, b_columns, c, (ptrdiff_t)m, (ptrdiff_t)k, (ptrdiff_t)n);
}

void TYPED(gk_matmul_batch)(const T *a, ptrdiff_t a_step, ptrdiff_t a_rows, ptrdiff_t a_columns, const T *b, ptrdiff_t b_step,
                            ptrdiff_t b_rows, ptrdiff_t b_columns, T *c, size_t count, size_t m, size_t k, size_t n) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    memset(c, 0, count * m * n * sizeof(T));
    return;
  }
#define FIELDS \
  .a = a, .b = b, .c = c, .a_step = a_step, .ar = a_rows, .ac = a_columns, .b_step = b_step, .br = b_rows, .bc = b_columns, \
  .count = (ptrdiff_t)count, .m = (ptrdiff_t)m, .k = (ptrdiff_t)k, .n = (ptrdiff_t)n
#define LEVEL_OF(level) GK_JOIN(TYPED(matmul_batch), level)(&(GK_JOIN(TYPED(batch), level)){FIELDS})
#ifdef __x86_64__
  if (gk_level == GK_LEVEL_V4) LEVEL_OF(v4);
  else if (gk_level == GK_LEVEL_V3) LEVEL_OF(v3);
  else LEVEL_OF(base);
#else
  LEVEL_OF(base);
#endif
#undef FIELDS
#undef LEVEL_OF
}

int TYPED(gk_convolve)(gk_convolution kind, const gk_windows *windows, const T *a, const T *b, T *y) {
  return PICK(convolution)(kind, windows, a, b, y);
}

#endif
