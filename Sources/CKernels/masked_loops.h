// Template: products with kept entries.

#ifdef LEVEL

#if FUSED && WIDTH == 32
#define MULTIPLY_ADD(a, b, c) __builtin_fmaf(a, b, c)
#elif FUSED
#define MULTIPLY_ADD(a, b, c) __builtin_fma(a, b, c)
#else
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#endif

static void NAME(masked_product)(const T *w, const uint32_t *starts, const uint32_t *index, const uint32_t *offset, const T *x,
                                 size_t outputs, size_t batch, T *y) {
  for (size_t o = 0; o < outputs; o++) {
    size_t from = 0;
    for (; from + PART <= batch; from += PART) {
      T sum[PART] = {0};
      for (uint32_t e = starts[o]; e < starts[o + 1]; e++) {
        T weight = w[offset[e]];
        const T *row = x + (size_t)index[e] * batch + from;
        for (size_t b = 0; b < PART; b++) sum[b] = MULTIPLY_ADD(weight, row[b], sum[b]);
      }
      for (size_t b = 0; b < PART; b++) y[o * batch + from + b] = sum[b];
    }
    for (; from < batch; from++) {
      T sum = 0;
      for (uint32_t e = starts[o]; e < starts[o + 1]; e++)
        sum = MULTIPLY_ADD(w[offset[e]], x[(size_t)index[e] * batch + from], sum);
      y[o * batch + from] = sum;
    }
  }
}

static void NAME(masked_gradient)(const T *x, const T *g, const uint32_t *starts, const uint32_t *index,
                                  const uint32_t *offset, size_t outputs, size_t batch, T *y) {
  enum { LANES = VECTOR_BYTES / sizeof(T) };
  for (size_t o = 0; o < outputs; o++) {
    const T *column = g + o * batch;
    for (uint32_t e = starts[o]; e < starts[o + 1]; e++) {
      const T *row = x + (size_t)index[e] * batch;
      T lane[LANES] = {0};
      T sum = 0;
      size_t b = 0;
      for (; b + LANES <= batch; b += LANES)
        for (size_t j = 0; j < LANES; j++) lane[j] = MULTIPLY_ADD(row[b + j], column[b + j], lane[j]);
      for (; b < batch; b++) sum = MULTIPLY_ADD(row[b], column[b], sum);
      for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t j = 0; j < half; j++) lane[j] += lane[j + half];
      y[offset[e]] = sum + lane[0];
    }
  }
}

#undef MULTIPLY_ADD

#else

void TYPED(gk_masked_product)(const T *w, const uint32_t *starts, const uint32_t *index, const uint32_t *offset, const T *x,
                              size_t outputs, size_t batch, T *y) {
  PICK(masked_product)(w, starts, index, offset, x, outputs, batch, y);
}
void TYPED(gk_masked_gradient)(const T *x, const T *g, const uint32_t *starts, const uint32_t *index, const uint32_t *offset,
                               size_t outputs, size_t batch, T *y) {
  PICK(masked_gradient)(x, g, starts, index, offset, outputs, batch, y);
}

#endif
