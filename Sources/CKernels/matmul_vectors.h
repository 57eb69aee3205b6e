// Template, part of matmul_loops.h: matrices by vectors.

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
