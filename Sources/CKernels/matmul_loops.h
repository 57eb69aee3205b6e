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

// The first count lanes from memory, zeros after them; nothing behind them is read.
ALWAYS_INLINE WIDE V NAME(load_part)(const T *p, ptrdiff_t count) {
#if VECTOR_BYTES == 64
  unsigned mask = (1u << count) - 1;
  if (sizeof(T) == 4) return (V)_mm512_maskz_loadu_epi32((__mmask16)mask, p);
  return (V)_mm512_maskz_loadu_epi64((__mmask8)mask, p);
#elif VECTOR_BYTES == 32
  if (sizeof(T) == 4) {
    __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    return (V)_mm256_maskload_epi32((const int *)p, mask);
  }
  __m256i mask = _mm256_cmpgt_epi64(_mm256_set1_epi64x((long long)count), _mm256_setr_epi64x(0, 1, 2, 3));
  return (V)_mm256_maskload_epi64((const long long *)p, mask);
#else
  V v = {0};
  for (ptrdiff_t i = 0; i < LANES; i++) v[i] = i < count ? p[i] : 0;
  return v;
#endif
}

// The first count lanes to memory.
ALWAYS_INLINE WIDE void NAME(store_part)(T *p, V v, ptrdiff_t count) {
#if VECTOR_BYTES == 64
  unsigned mask = (1u << count) - 1;
  if (sizeof(T) == 4) _mm512_mask_storeu_epi32(p, (__mmask16)mask, (__m512i)v);
  else _mm512_mask_storeu_epi64(p, (__mmask8)mask, (__m512i)v);
#else
  for (ptrdiff_t i = 0; i < count; i++) p[i] = v[i];
#endif
}

// One tile: c [rows, columns] = or += a [rows, k] @ b [k, columns]. The columns fill all vectors but the last, of which
// `last` lanes count. Where b is packed it is padded, so the last vector can be read whole.
ALWAYS_INLINE WIDE void NAME(tile)(const int rows, const int vectors, const int packed, const T *restrict a, ptrdiff_t ar,
                                   ptrdiff_t ac, const T *restrict b, ptrdiff_t br, ptrdiff_t k, T *restrict c,
                                   ptrdiff_t cr, ptrdiff_t last, int accumulate) {
  V sum[MAX_ROWS][2];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[i][v] = (V){0};
#define STEPS(LOAD_LAST) \
  _Pragma("clang loop unroll(disable)") for (ptrdiff_t p = 0; p < k; p++, a += ac, b += br) { \
    V factor[2]; \
    factor[0] = vectors == 1 ? LOAD_LAST(b) : *(const V *)b; \
    if (vectors == 2) factor[1] = LOAD_LAST(b + LANES); \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++) { \
      V f = a[i * ar] - (V){0}; \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++) \
          sum[i][v] = MULTIPLY_ADD(f, factor[v], sum[i][v]); \
    } \
  }
#define WHOLE(p) (*(const V *)(p))
#define PART(p) NAME(load_part)(p, last)
  if (packed || last == LANES) {
    STEPS(WHOLE)
  } else {
    STEPS(PART)
  }
#undef STEPS
#undef WHOLE
#undef PART
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++, c += cr) {
    T *end = c + (vectors - 1) * LANES;
    if (vectors == 2) *(V *)c = accumulate ? *(V *)c + sum[i][0] : sum[i][0];
    V s = sum[i][vectors - 1];
    if (last == LANES) *(V *)end = accumulate ? *(V *)end + s : s;
    else NAME(store_part)(end, accumulate ? NAME(load_part)(end, last) + s : s, last);
  }
}

// Tiles by number of rows: a and b as they are; only b packed; both packed.
#define PARAMETERS const T *a, ptrdiff_t ar, ptrdiff_t ac, const T *b, ptrdiff_t br, ptrdiff_t k, T *c, ptrdiff_t cr, \
                   ptrdiff_t last, int accumulate
typedef void NAME(tile_function)(PARAMETERS);
#define TILES(rows) \
  WIDE static void NAME(direct_1_##rows)(PARAMETERS) { \
    NAME(tile)(rows, 1, 0, a, ar, ac, b, br, k, c, cr, last, accumulate); \
  } \
  WIDE static void NAME(direct_2_##rows)(PARAMETERS) { \
    NAME(tile)(rows, 2, 0, a, ar, ac, b, br, k, c, cr, last, accumulate); \
  } \
  WIDE static void NAME(packed_1_##rows)(PARAMETERS) { \
    (void)ar, (void)ac, (void)br; \
    NAME(tile)(rows, 1, 1, a, 1, rows, b, TILE_COLUMNS, k, c, cr, last, accumulate); \
  } \
  WIDE static void NAME(packed_2_##rows)(PARAMETERS) { \
    (void)ar, (void)ac, (void)br; \
    NAME(tile)(rows, 2, 1, a, 1, rows, b, TILE_COLUMNS, k, c, cr, last, accumulate); \
  }
#define ROW(kind) NAME(kind##_1), NAME(kind##_2), NAME(kind##_3), NAME(kind##_4)
#define ROW_6(kind) ROW(kind), NAME(kind##_5), NAME(kind##_6)
#define ROW_8(kind) ROW_6(kind), NAME(kind##_7), NAME(kind##_8)
#define ROW_12(kind) ROW_8(kind), NAME(kind##_9), NAME(kind##_10), NAME(kind##_11), NAME(kind##_12)
TILES(1) TILES(2) TILES(3) TILES(4)
#if VECTOR_BYTES == 64
TILES(5) TILES(6) TILES(7) TILES(8) TILES(9) TILES(10) TILES(11) TILES(12)
#define ALL ROW_12
#elif VECTOR_BYTES == 32
TILES(5) TILES(6)
#define ALL ROW_6
#elif FUSED
TILES(5) TILES(6) TILES(7) TILES(8)
#define ALL ROW_8
#else
#define ALL ROW
#endif
static NAME(tile_function) *const NAME(direct_tiles)[2][TILE_ROWS] = {{ALL(direct_1)}, {ALL(direct_2)}};
static NAME(tile_function) *const NAME(packed_tiles)[2][TILE_ROWS] = {{ALL(packed_1)}, {ALL(packed_2)}};
#undef ALL
#undef ROW
#undef ROW_6
#undef ROW_8
#undef ROW_12
#undef TILES
#undef PARAMETERS

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
        if (gk_interrupted) return 1;
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
  for (ptrdiff_t i = 0; i < m && !gk_interrupted; i++) {
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

// y [n] = x [k] @ b [k, n], b's columns adjacent: sums of whole rows, a few vectors of columns at a time.
WIDE static void NAME(combine_rows)(const T *x, ptrdiff_t sx, const T *b, ptrdiff_t br, T *y, ptrdiff_t k, ptrdiff_t n) {
  ptrdiff_t j = 0;
  for (; j + 8 * LANES <= n; j += 8 * LANES) {
    V sum[8] = {0};
    for (ptrdiff_t p = 0; p < k; p++) {
      V f = x[p * sx] - (V){0};
      const V *row = (const V *)(b + p * br + j);
#pragma clang loop unroll(full)
      for (int v = 0; v < 8; v++) sum[v] = MULTIPLY_ADD(f, row[v], sum[v]);
    }
    for (int v = 0; v < 8; v++) *(V *)(y + j + v * LANES) = sum[v];
  }
  for (; j < n; j += LANES) {
    ptrdiff_t count = n - j < LANES ? n - j : LANES;
    V even = {0}, odd = {0};
    ptrdiff_t p = 0;
    for (; p + 2 <= k; p += 2) {
      even = MULTIPLY_ADD(x[p * sx] - (V){0}, NAME(load_part)(b + p * br + j, count), even);
      odd = MULTIPLY_ADD(x[(p + 1) * sx] - (V){0}, NAME(load_part)(b + (p + 1) * br + j, count), odd);
    }
    if (p < k) even = MULTIPLY_ADD(x[p * sx] - (V){0}, NAME(load_part)(b + p * br + j, count), even);
    NAME(store_part)(y + j, even + odd, count);
  }
}

ALWAYS_INLINE WIDE void NAME(dot_rows)(const int rows, const T *a, ptrdiff_t ar, const T *x, T *y, ptrdiff_t k) {
  V sum[4][2] = {0};
  ptrdiff_t p = 0;
  for (; p + 2 * LANES <= k; p += 2 * LANES)
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
      for (int v = 0; v < 2; v++)
        sum[i][v] = MULTIPLY_ADD(*(const V *)(a + i * ar + p + v * LANES), *(const V *)(x + p + v * LANES), sum[i][v]);
  for (; p < k; p += LANES) {
    ptrdiff_t count = k - p < LANES ? k - p : LANES;
    V part = NAME(load_part)(x + p, count);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) sum[i][0] = MULTIPLY_ADD(NAME(load_part)(a + i * ar + p, count), part, sum[i][0]);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    T lane[LANES];
    *(V *)lane = sum[i][0] + sum[i][1];
#pragma clang loop unroll(full)
    for (ptrdiff_t half = LANES / 2; half > 0; half /= 2)
      for (ptrdiff_t l = 0; l < half; l++) lane[l] += lane[l + half];
    y[i] = lane[0];
  }
}

// y [m] = a [m, k] @ x [k], the rows of a and x without gaps.
WIDE static void NAME(dots)(const T *a, ptrdiff_t ar, const T *x, T *y, ptrdiff_t m, ptrdiff_t k) {
  ptrdiff_t i = 0;
  for (; i + 4 <= m; i += 4) NAME(dot_rows)(4, a + i * ar, ar, x, y + i, k);
  for (; i < m; i++) NAME(dot_rows)(1, a + i * ar, ar, x, y + i, k);
}

// A matrix [m, k] by a vector, either way round; 0 if the matrix has gaps in both directions.
static int NAME(matrix_vector)(const T *a, ptrdiff_t ar, ptrdiff_t ac, const T *x, ptrdiff_t sx, T *y, ptrdiff_t m, ptrdiff_t k) {
  // One row without gaps is a dot product whatever its ar.
  if (ar == 1 && !(m == 1 && ac == 1)) {
    NAME(combine_rows)(x, sx, a, ac, y, k, m);
    return 1;
  }
  if (ac != 1) return 0;
  if (sx != 1) {
    T *close = packing_buffer((size_t)k * sizeof(T));
    if (close == NULL) return 0;
    for (ptrdiff_t p = 0; p < k; p++) close[p] = x[p * sx];
    x = close;
  }
  NAME(dots)(a, ar, x, y, m, k);
  return 1;
}

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
  if (gk_is_worth_two((double)m * (double)k * (double)n, threaded_work)) {
    job.by_rows = m >= n || m >= 2 * CHUNK;
    // An even number, so that neither thread waits for the other's last chunk.
    job.chunks = (job.by_rows ? m : n) / (2 * CHUNK) * 2;
    if (job.chunks < 2) job.chunks = 2;
    gk_run_tasks(NAME(chunk), &job, (int)job.chunks);
  } else {
    NAME(chunk)(&job, 0);
  }
}

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

#endif
