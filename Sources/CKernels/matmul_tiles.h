// Template, part of matmul_loops.h: tiles of a product, and tables of them by their number of rows.

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
// `last` lanes count. Where b is packed it is padded, so the last vector can be read whole. With offsets, row p of b lies there,
// padded too.
ALWAYS_INLINE WIDE void NAME(tile)(const int rows, const int vectors, const int packed, const T *restrict a, ptrdiff_t ar,
                                   ptrdiff_t ac, const T *restrict b, ptrdiff_t br, const ptrdiff_t *offsets,
                                   ptrdiff_t k, T *restrict c, ptrdiff_t cr, ptrdiff_t last, int accumulate) {
  V sum[MAX_ROWS][2];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[i][v] = (V){0};
#define STEPS(LOAD_LAST) \
  _Pragma("clang loop unroll(disable)") for (ptrdiff_t p = 0; p < k; p++, a += ac, b += br) { \
    V factor[2]; \
    const T *row = offsets == NULL ? b : b + offsets[p]; \
    factor[0] = vectors == 1 ? LOAD_LAST(row) : *(const V *)row; \
    if (vectors == 2) factor[1] = LOAD_LAST(row + LANES); \
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

// Tiles by number of rows: a and b as they are; both packed; a packed and the rows of b at offsets.
#define PARAMETERS const T *a, ptrdiff_t ar, ptrdiff_t ac, const T *b, ptrdiff_t br, ptrdiff_t k, T *c, ptrdiff_t cr, \
                   ptrdiff_t last, int accumulate
typedef void NAME(tile_function)(PARAMETERS);
#define SCATTERED const T *a, const T *b, const ptrdiff_t *offsets, ptrdiff_t k, T *c, ptrdiff_t cr, ptrdiff_t last, int accumulate
typedef void NAME(scattered_function)(SCATTERED);
#define TILES(rows) \
  WIDE static void NAME(direct_1_##rows)(PARAMETERS) { \
    NAME(tile)(rows, 1, 0, a, ar, ac, b, br, NULL, k, c, cr, last, accumulate); \
  } \
  WIDE static void NAME(direct_2_##rows)(PARAMETERS) { \
    NAME(tile)(rows, 2, 0, a, ar, ac, b, br, NULL, k, c, cr, last, accumulate); \
  } \
  WIDE static void NAME(packed_1_##rows)(PARAMETERS) { \
    (void)ar, (void)ac, (void)br; \
    NAME(tile)(rows, 1, 1, a, 1, rows, b, TILE_COLUMNS, NULL, k, c, cr, last, accumulate); \
  } \
  WIDE static void NAME(packed_2_##rows)(PARAMETERS) { \
    (void)ar, (void)ac, (void)br; \
    NAME(tile)(rows, 2, 1, a, 1, rows, b, TILE_COLUMNS, NULL, k, c, cr, last, accumulate); \
  } \
  WIDE static void NAME(scattered_1_##rows)(SCATTERED) { \
    NAME(tile)(rows, 1, 1, a, 1, rows, b, 0, offsets, k, c, cr, last, accumulate); \
  } \
  WIDE static void NAME(scattered_2_##rows)(SCATTERED) { \
    NAME(tile)(rows, 2, 1, a, 1, rows, b, 0, offsets, k, c, cr, last, accumulate); \
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
static NAME(scattered_function) *const NAME(scattered_tiles)[2][TILE_ROWS] = {{ALL(scattered_1)}, {ALL(scattered_2)}};
#undef ALL
#undef ROW
#undef ROW_6
#undef ROW_8
#undef ROW_12
#undef TILES
#undef PARAMETERS
#undef SCATTERED
