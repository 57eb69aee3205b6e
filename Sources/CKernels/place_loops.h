// Numbers as places in an axis. See levels.h.

#ifdef LEVEL

// Blocks of indices are looked at in registers: a number below 2^31 is converted there and back. What is none stands for the
// first place, so that whoever reads there reads something.
static int NAME(places)(const T *x, size_t n, size_t extent, int64_t *y) {
  if (extent > INT32_MAX) {
    double least = -(double)extent, most = (double)extent - 1;
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
      double number = (double)x[i];
      int64_t place = number >= least && number <= most ? (int64_t)number : 0;
      wrong |= (double)place != number;
      y[i] = place < 0 ? place + (int64_t)extent : place;
    }
    return wrong != 0;
  }
  int32_t most = (int32_t)extent;
  uint32_t wrong = 0;
  INDEPENDENT for (size_t i = 0; i < n; i++) {
    T number = x[i] > (T)-2147483648.0 && x[i] < (T)2147483520.0 ? x[i] : 0;
    int32_t place = (int32_t)number;
    uint32_t is_other = ((T)place != x[i]) | (place >= most) | (place < -most);
    wrong |= is_other;
    place += place < 0 ? most : 0;
    y[i] = is_other ? 0 : place;
  }
  return wrong != 0;
}

static int NAME(are_places)(const T *x, size_t n, size_t extent) {
  if (extent > INT32_MAX) {
    T most = (T)extent;
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++)
      wrong |= !(x[i] >= 0 && x[i] < most) || (T)(int64_t)(x[i] < most && x[i] >= 0 ? x[i] : 0) != x[i];
    return wrong == 0;
  }
  int32_t most = (int32_t)extent;
  uint32_t wrong = 0;
  for (size_t i = 0; i < n; i++) {
    T number = x[i] > -1 && x[i] < (T)2147483520.0 ? x[i] : 0;
    int32_t place = (int32_t)number;
    wrong |= ((T)place != x[i]) | (place >= most) | (place < 0);
  }
  return wrong == 0;
}

#else

size_t TYPED(gk_places)(const T *x, size_t n, size_t extent, int64_t *y) {
  int wrong = 0;
  IN_RUNS(n, wrong |= PICK(places)(x + from, count, extent, y + from))
  if (!wrong) return n;
  for (size_t i = 0; i < n; i++) {
    double number = (double)x[i];
    if (!(number >= -(double)extent && number <= (double)extent - 1) || (double)(int64_t)number != number) return i;
  }
  return n;
}

static int TYPED(are_places)(const T *x, size_t n, size_t extent) { return PICK(are_places)(x, n, extent); }

#endif
