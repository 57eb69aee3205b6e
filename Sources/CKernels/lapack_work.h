// What LAPACK does for one element type: included once for each, with REAL, OF(name) and LIBRARY(name), the name there.
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
  void (*getri)(const int *n, REAL *a, const int *lda, const int *pivots, REAL *work, const int *count, int *info);
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
  *(void **)&f->getri = dlsym(library, LIBRARY("getri"));
  *(void **)&f->potrf = dlsym(library, LIBRARY("potrf"));
  return f->gesdd && f->syevd && f->geqrf && f->orgqr && f->geev && f->getrf && f->getri && f->potrf;
}

// y [columns, rows] = the transpose of x [rows, columns].
static void OF(transpose)(const REAL *x, REAL *y, size_t rows, size_t columns) {
  gk_copy_strided(sizeof *x, x, (ptrdiff_t[]){1, (ptrdiff_t)columns}, (size_t[]){columns, rows}, 2, y);
}

static REAL *OF(numbers)(size_t n) { return malloc((n ? n : 1) * sizeof(REAL)); }

static int OF(svd)(const REAL *x, size_t rows, size_t columns, REAL *const *out) {
  int m = (int)rows, n = (int)columns, k = m < n ? m : n, info = 0, query = -1;
  REAL *a = OF(numbers)(rows * columns), *left = OF(numbers)(rows * (size_t)k), *right = OF(numbers)((size_t)k * columns);
  REAL *work = NULL, size = 0;
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
  free(a), free(left), free(right), free(whole), free(work);
  return status;
}

static int OF(eigh)(const REAL *x, size_t extent, size_t unused, REAL *const *out) {
  int n = (int)extent, info = 0, query = -1, whole_size = 0;
  REAL *a = OF(numbers)(extent * extent), *work = NULL, size = 0;
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
  free(a), free(work), free(whole);
  return status;
}

static int OF(qr)(const REAL *x, size_t rows, size_t columns, REAL *const *out) {
  int m = (int)rows, n = (int)columns, k = m < n ? m : n, info = 0, query = -1;
  REAL *a = OF(numbers)(rows * columns), *tau = OF(numbers)((size_t)k), *work = NULL, size = 0, other = 0;
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
  free(a), free(tau), free(work);
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

// The inverse, in place, by the factors that getrf gives.
static int OF(inverse)(REAL *factors, size_t extent, const int *pivots) {
  int n = (int)extent, info = 0, query = -1;
  REAL size = 0;
  OF(lapack).getri(&n, factors, &n, pivots, &size, &query, &info);
  int count = (int)size + 1;
  REAL *work = info == 0 ? OF(numbers)((size_t)count) : NULL;
  if (work == NULL) return 0;
  OF(lapack).getri(&n, factors, &n, pivots, work, &count, &info);
  free(work);
  return info == 0;
}
