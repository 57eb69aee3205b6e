// What LAPACK does for one element type: included once for each, with REAL, its EPSILON, OF(name) and LIBRARY(name), the name
// there.
// Fortran's matrices run down the columns, ours along the rows: copies go between. The lengths of text arguments come last, as
// gfortran passes them.

typedef struct {
  void (*gesdd)(const char *job, const int *m, const int *n, REAL *a, const int *lda, REAL *s, REAL *u, const int *ldu,
                REAL *vt, const int *ldvt, REAL *work, const int *count, int *whole, int *info, size_t length);
  void (*syevd)(const char *job, const char *part, const int *n, REAL *a, const int *lda, REAL *w, REAL *work,
                const int *count, int *whole, const int *whole_count, int *info, size_t job_length, size_t part_length);
  void (*geqrf)(const int *m, const int *n, REAL *a, const int *lda, REAL *tau, REAL *work, const int *count, int *info);
  void (*orgqr)(const int *m, const int *n, const int *k, REAL *a, const int *lda, const REAL *tau, REAL *work,
                const int *count, int *info);
  void (*geev)(const char *left, const char *right, const int *n, REAL *a, const int *lda, REAL *real, REAL *imaginary,
               REAL *vl, const int *ldvl, REAL *vr, const int *ldvr, REAL *work, const int *count, int *info,
               size_t left_length, size_t right_length);
  void (*getrf)(const int *m, const int *n, REAL *a, const int *lda, int *pivots, int *info);
  void (*trsm)(const char *side, const char *part, const char *turned, const char *unit, const int *m, const int *n,
               const REAL *scale, const REAL *a, const int *lda, REAL *b, const int *ldb, size_t side_length,
               size_t part_length, size_t turned_length, size_t unit_length);
  void (*potrf)(const char *part, const int *n, REAL *a, const int *lda, int *info, size_t length);
} OF(functions);

static OF(functions) OF(lapack);

static int OF(find)(void *library) {
  OF(functions) *f = &OF(lapack);
  *(void **)&f->gesdd = dlsym(library, LIBRARY("gesdd"));
  *(void **)&f->syevd = dlsym(library, LIBRARY("syevd"));
  *(void **)&f->geqrf = dlsym(library, LIBRARY("geqrf"));
  *(void **)&f->orgqr = dlsym(library, LIBRARY("orgqr"));
  *(void **)&f->geev = dlsym(library, LIBRARY("geev"));
  *(void **)&f->getrf = dlsym(library, LIBRARY("getrf"));
  *(void **)&f->trsm = dlsym(library, LIBRARY("trsm"));
  *(void **)&f->potrf = dlsym(library, LIBRARY("potrf"));
  return f->gesdd && f->syevd && f->geqrf && f->orgqr && f->geev && f->getrf && f->trsm && f->potrf;
}

// y [columns, rows] = the transpose of x [rows, columns].
static void OF(transpose)(const REAL *x, REAL *y, size_t rows, size_t columns) {
  gk_copy_strided(sizeof *x, x, (ptrdiff_t[]){1, (ptrdiff_t)columns}, (size_t[]){columns, rows}, 2, y);
}

static REAL *OF(numbers)(size_t n) { return malloc((n ? n : 1) * sizeof(REAL)); }

// Of the matrix itself, not of its transpose, which would do as well: so that vectors have the signs that they have elsewhere.
static int OF(svd)(const REAL *x, size_t rows, size_t columns, REAL *const *out) {
  int m = (int)rows, n = (int)columns, k = m < n ? m : n, info = 0, query = -1;
  REAL *a = gk_take_scratch(rows * columns * sizeof *a), *left = OF(numbers)(rows * (size_t)k);
  REAL *right = OF(numbers)((size_t)k * columns), *work = NULL, size = 0;
  int *whole = malloc(8 * (size_t)k * sizeof(int));
  int status = -1;
  if (a != NULL && left != NULL && right != NULL && whole != NULL) {
    OF(transpose)(x, a, rows, columns);
    OF(lapack).gesdd("S", &m, &n, a, &m, out[1], left, &m, right, &k, &size, &query, whole, &info, 1);
    int count = (int)size + 1;
    work = OF(numbers)((size_t)count);
    if (info == 0 && work != NULL) {
      OF(lapack).gesdd("S", &m, &n, a, &m, out[1], left, &m, right, &k, work, &count, whole, &info, 1);
      status = info == 0 ? 1 : 2;
      OF(transpose)(left, out[0], (size_t)k, rows);
      OF(transpose)(right, out[2], columns, (size_t)k);
    }
  }
  gk_return_scratch(a), free(left), free(right), free(whole), free(work);
  return status;
}

static int OF(eigh)(const REAL *x, size_t extent, size_t unused, REAL *const *out) {
  int n = (int)extent, info = 0, query = -1, whole_size = 0;
  REAL *a = gk_take_scratch(extent * extent * sizeof *a), *work = NULL, size = 0;
  int *whole = NULL;
  int status = -1;
  if (a != NULL) {
    OF(transpose)(x, a, extent, extent);
    OF(lapack).syevd("V", "L", &n, a, &n, out[0], &size, &query, &whole_size, &query, &info, 1, 1);
    int count = (int)size + 1;
    work = OF(numbers)((size_t)count);
    whole = malloc((size_t)whole_size * sizeof(int));
    if (info == 0 && work != NULL && whole != NULL) {
      OF(lapack).syevd("V", "L", &n, a, &n, out[0], work, &count, whole, &whole_size, &info, 1, 1);
      status = info == 0 ? 1 : 2;
      OF(transpose)(a, out[1], extent, extent);
    }
  }
  gk_return_scratch(a), free(work), free(whole);
  return status;
}

static int OF(qr)(const REAL *x, size_t rows, size_t columns, REAL *const *out) {
  int m = (int)rows, n = (int)columns, k = m < n ? m : n, info = 0, query = -1;
  REAL *a = gk_take_scratch(rows * columns * sizeof *a), *tau = OF(numbers)((size_t)k), *work = NULL, size = 0, other = 0;
  int status = -1;
  if (a != NULL && tau != NULL) {
    OF(transpose)(x, a, rows, columns);
    OF(lapack).geqrf(&m, &n, a, &m, tau, &size, &query, &info);
    OF(lapack).orgqr(&m, &k, &k, a, &m, tau, &other, &query, &info);
    int count = (int)(size > other ? size : other) + 1;
    work = OF(numbers)((size_t)count);
    if (info == 0 && work != NULL) {
      OF(lapack).geqrf(&m, &n, a, &m, tau, work, &count, &info);
      // The first k of each column; what stands below the diagonal are the reflections.
      gk_copy_strided(sizeof *a, a, (ptrdiff_t[]){1, (ptrdiff_t)rows}, (size_t[]){(size_t)k, columns}, 2, out[1]);
      for (size_t i = 0; i < (size_t)k; i++)
        for (size_t j = 0; j < i && j < columns; j++) out[1][i * columns + j] = 0;
      OF(lapack).orgqr(&m, &k, &k, a, &m, tau, work, &count, &info);
      status = info == 0 ? 1 : 2;
      OF(transpose)(a, out[0], (size_t)k, rows);
    }
  }
  gk_return_scratch(a), free(tau), free(work);
  return status;
}

// A pair of complex values has its vectors' real parts in one column and the imaginary ones in the next.
static int OF(eig)(const REAL *x, size_t extent, size_t unused, REAL *const *out) {
  int n = (int)extent, info = 0, query = -1;
  REAL *a = OF(numbers)(extent * extent), *vectors = OF(numbers)(extent * extent), *work = NULL, size = 0;
  int status = -1;
  if (a != NULL && vectors != NULL) {
    OF(transpose)(x, a, extent, extent);
    REAL *real = out[0], *imaginary = out[0] + extent;
    OF(lapack).geev("N", "V", &n, a, &n, real, imaginary, NULL, &n, vectors, &n, &size, &query, &info, 1, 1);
    int count = (int)size + 1;
    work = OF(numbers)((size_t)count);
    if (info == 0 && work != NULL) {
      OF(lapack).geev("N", "V", &n, a, &n, real, imaginary, NULL, &n, vectors, &n, work, &count, &info, 1, 1);
      status = info == 0 ? 1 : 2;
      for (size_t j = 0; j < extent; j++) {
        int is_second = imaginary[j] < 0, is_complex = imaginary[j] != 0;
        const REAL *re = vectors + (j - (is_second ? 1 : 0)) * extent, *im = re + extent;
        for (size_t i = 0; i < extent; i++) {
          out[1][i * extent + j] = re[i];
          out[2][i * extent + j] = !is_complex ? 0 : is_second ? -im[i] : im[i];
        }
      }
    }
  }
  free(a), free(vectors), free(work);
  return status;
}

// xᵀ = P L U: a matrix as it lies, along the rows, is the transposed one to Fortran.
//
// Returns 0 where a pivot is so small that half of its digits are rounding, or none are left: that is for others to judge.
static int OF(eliminate)(const REAL *x, size_t extent, REAL *factors, int *pivots) {
  int n = (int)extent, info = 0;
  REAL largest = 0;
  for (size_t i = 0; i < extent * extent; i++) {
    REAL size = x[i] < 0 ? -x[i] : x[i];
    largest = size > largest ? size : largest;
    factors[i] = x[i];
  }
  OF(lapack).getrf(&n, &n, factors, &n, pivots, &info);
  double least = sqrt(EPSILON) * (double)largest;
  int is_plain = info == 0;
  for (size_t i = 0; i < extent; i++) is_plain &= fabs((double)factors[i * extent + i]) > least;
  return is_plain;
}

// Right sides, some at a time: each comes out the same whoever computes it.
typedef struct {
  const REAL *factors;
  const int *pivots;
  REAL *y;
  size_t extent, columns;
} OF(division);

// yᵀ P L U = bᵀ for yᵀ, in the place of bᵀ.
static void OF(divide)(void *context, int number) {
  const OF(division) *d = context;
  const REAL one = 1;
  size_t from = (size_t)number * RIGHT_SIDES, rest = d->columns - from, count = rest < RIGHT_SIDES ? rest : RIGHT_SIDES;
  int m = (int)count, n = (int)d->extent, leading = (int)d->columns;
  REAL *y = d->y + from;
  OF(lapack).trsm("R", "U", "N", "N", &m, &n, &one, d->factors, &n, y, &leading, 1, 1, 1, 1);
  OF(lapack).trsm("R", "L", "N", "U", &m, &n, &one, d->factors, &n, y, &leading, 1, 1, 1, 1);
  for (size_t i = d->extent; i-- > 0;) {
    REAL *a = y + i * d->columns, *b = y + (size_t)(d->pivots[i] - 1) * d->columns;
    for (size_t j = 0; j < count; j++) {
      REAL kept = a[j];
      a[j] = b[j];
      b[j] = kept;
    }
  }
}

static double OF(dot)(const REAL *a, const double *b, size_t n) {
  enum { LANES = 8 };
  double sums[LANES] = {0}, sum = 0;
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t lane = 0; lane < LANES; lane++) sums[lane] += (double)a[i + lane] * b[i + lane];
  for (; i < n; i++) sum += (double)a[i] * b[i];
  for (size_t lane = 0; lane < LANES; lane++) sum += sums[lane];
  return sum;
}

// Takes what rounding has left of x y = b out of y, by what double finds missing; 0 where that doesn't come to an end.
static int OF(refine)(const REAL *x, const REAL *b, const OF(division) *all) {
  enum { MOST_PASSES = 4 };
  size_t n = all->extent, columns = all->columns;
  REAL *missing = OF(numbers)(n * columns);
  double *column = numbers_f64(n);
  OF(division) correction = *all;
  correction.y = missing;
  int is_done = 0;
  for (int pass = 0; missing != NULL && column != NULL && !is_done && pass < MOST_PASSES; pass++) {
    for (size_t j = 0; j < columns; j++) {
      for (size_t i = 0; i < n; i++) column[i] = (double)all->y[i * columns + j];
      for (size_t i = 0; i < n; i++)
        missing[i * columns + j] = (REAL)((double)b[i * columns + j] - OF(dot)(x + i * n, column, n));
    }
    share(OF(divide), &correction, n, columns);
    is_done = 1;
    for (size_t j = 0; j < columns; j++) {
      double change = 0, size = 0;
      for (size_t i = j; i < n * columns; i += columns) {
        all->y[i] += missing[i];
        change = fmax(change, fabs((double)missing[i]));
        size = fmax(size, fabs((double)all->y[i]));
      }
      // The next change is smaller by as much as this one was.
      is_done &= change <= sqrt(EPSILON) * size;
    }
  }
  free(missing), free(column);
  return is_done;
}

// y with x y = b of so many columns; without b that of the identity.
static int OF(solve)(const REAL *x, size_t extent, const REAL *b, size_t columns, REAL *y) {
  REAL *factors = gk_take_scratch(extent * extent * sizeof *factors);
  int *pivots = malloc(extent * sizeof *pivots);
  int status = 0;
  if (factors != NULL && pivots != NULL && OF(eliminate)(x, extent, factors, pivots)) {
    size_t count = extent * columns;
    if (b != NULL) {
      memcpy(y, b, count * sizeof *y);
    } else {
      memset(y, 0, count * sizeof *y);
      for (size_t i = 0; i < extent; i++) y[i * extent + i] = 1;
    }
    OF(division) all = {factors, pivots, y, extent, columns};
    share(OF(divide), &all, extent, columns);
    // Few right sides keep the digits that double gives: next to the elimination that costs little.
    int is_refined = sizeof(REAL) < sizeof(double) && b != NULL && columns <= extent / REFINED_PART;
    status = !is_refined || OF(refine)(x, b, &all);
    for (size_t i = 0; i < count; i++) y[i] += 0; // a zero has no sign
    status = status && OF(gk_all_finite)(y, count);
  }
  gk_return_scratch(factors), free(pivots);
  return status;
}

// The determinant, its sign, or the logarithm of its size.
static int OF(determinant)(gk_decomposition kind, const REAL *x, size_t extent, REAL *y) {
  REAL *factors = gk_take_scratch(extent * extent * sizeof *factors);
  int *pivots = malloc(extent * sizeof *pivots);
  int status = factors != NULL && pivots != NULL && OF(eliminate)(x, extent, factors, pivots);
  if (status) {
    double product = 1, sign = 1, logarithm = 0;
    for (size_t i = 0; i < extent; i++) {
      double pivot = (double)factors[i * extent + i];
      if (pivots[i] != (int)i + 1) sign = -sign;
      if (pivot < 0) sign = -sign;
      product *= fabs(pivot);
      logarithm += log(fabs(pivot));
    }
    *y = (REAL)(kind == GK_DETERMINANT ? sign * product : kind == GK_DETERMINANT_SIGN ? sign : logarithm);
  }
  gk_return_scratch(factors), free(pivots);
  return status;
}

static int OF(cholesky)(const REAL *x, size_t extent, REAL *y) {
  int n = (int)extent, info = 0;
  memcpy(y, x, extent * extent * sizeof *y);
  // The upper half in Fortran's order is the lower one in ours.
  OF(lapack).potrf("U", &n, y, &n, &info, 1);
  for (size_t i = 0; i < extent; i++) memset(y + i * extent + i + 1, 0, (extent - i - 1) * sizeof *y);
  return info == 0;
}

// Any of them; results one after another in y.
static int OF(decompose)(gk_decomposition kind, const REAL *x, size_t rows, size_t columns, const REAL *b, size_t right,
                         REAL *y) {
  size_t k = rows < columns ? rows : columns;
  if (!OF(gk_all_finite)(x, rows * columns) || (b != NULL && !OF(gk_all_finite)(b, rows * right))) return 0;
  switch (kind) {
    case GK_SOLUTION: return OF(solve)(x, rows, b, right, y);
    case GK_INVERSE: return OF(solve)(x, rows, NULL, rows, y);
    case GK_DETERMINANT:
    case GK_DETERMINANT_SIGN:
    case GK_LOG_DETERMINANT: return OF(determinant)(kind, x, rows, y);
    case GK_CHOLESKY: return OF(cholesky)(x, rows, y);
    case GK_EIGH: return OF(eigh)(x, rows, columns, (REAL *[]){y, y + k});
    case GK_SVD: return OF(svd)(x, rows, columns, (REAL *[]){y, y + rows * k, y + rows * k + k});
    case GK_QR: return OF(qr)(x, rows, columns, (REAL *[]){y, y + rows * k});
  }
  return 0;
}
