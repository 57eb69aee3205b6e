#define _GNU_SOURCE

#include "dispatch.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

// OpenBLAS, or what macOS has, opened when first wanted: linking it would add milliseconds to every start.

// From cblas.h; the build must not need its package.
enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112 };
typedef void sgemm_function(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda,
                            const float *b, int ldb, float beta, float *c, int ldc);
typedef void dgemm_function(int order, int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda,
                            const double *b, int ldb, double beta, double *c, int ldc);

static sgemm_function *gemm_f32;
static dgemm_function *gemm_f64;
static void (*set_threads)(int);
static char name[64];
static pthread_once_t once = PTHREAD_ONCE_INIT;
#ifdef PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP
// Whoever waits to be alone comes before those who come later.
pthread_rwlock_t gk_library_lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
#else
pthread_rwlock_t gk_library_lock = PTHREAD_RWLOCK_INITIALIZER;
#endif

#ifdef __APPLE__
static const char *const homes[] = {"/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
                                    "/usr/local/opt/openblas/lib/libopenblas.dylib"};

// Comes with the system, and takes as many threads as it likes.
static int open_accelerate(void) {
  void *library = dlopen("/System/Library/Frameworks/Accelerate.framework/Accelerate", RTLD_LAZY | RTLD_LOCAL);
  if (library == NULL) return 0;
  sgemm_function *single = (sgemm_function *)dlsym(library, "cblas_sgemm");
  dgemm_function *twice = (dgemm_function *)dlsym(library, "cblas_dgemm");
  if (single == NULL || twice == NULL) return 0;
  snprintf(name, sizeof name, "Accelerate");
  gemm_f32 = single;
  gemm_f64 = twice;
  return 1;
}
#endif

static void open_library(void) {
#ifdef __APPLE__
  if (open_accelerate()) return;
  const char *const *paths = homes;
  size_t count = sizeof homes / sizeof *homes;
#else
  // The pthread flavour by its path first: the OpenMP one spins, and collapses when the other core is busy.
  static const char *const paths[] = {
#ifdef __x86_64__
      "/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0",
#else
      "/usr/lib/aarch64-linux-gnu/openblas-pthread/libopenblas.so.0",
#endif
      "libopenblas.so.0", "libopenblas.so", "libblas.so.3"};
  size_t count = sizeof paths / sizeof *paths;
#endif
  for (size_t i = 0; i < count; i++) {
    void *library = dlopen(paths[i], RTLD_LAZY | RTLD_LOCAL);
    if (library == NULL) continue;
    // Other libraries answer to libblas.so.3 too, slower ones; only OpenBLAS has a configuration to ask for.
    char *(*configuration)(void) = (char *(*)(void))dlsym(library, "openblas_get_config");
    sgemm_function *single = (sgemm_function *)dlsym(library, "cblas_sgemm");
    dgemm_function *twice = (dgemm_function *)dlsym(library, "cblas_dgemm");
    if (configuration == NULL || single == NULL || twice == NULL) {
      dlclose(library);
      continue;
    }
    // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH …"
    char first[32] = "", version[24] = "";
    if (sscanf(configuration(), "%31s %23s", first, version) == 2) snprintf(name, sizeof name, "%s %s", first, version);
    else snprintf(name, sizeof name, "OpenBLAS");
    set_threads = (void (*)(int))dlsym(library, "openblas_set_num_threads");
    gemm_f32 = single;
    gemm_f64 = twice;
    return;
  }
}

const char *gk_blas_name(void) {
  pthread_once(&once, open_library);
  return name[0] ? name : NULL;
}

// A matrix as cblas can read it: rows or columns adjacent, the distance between them not less than their length.
typedef struct {
  int transpose, leading;
} layout;

static int readable(ptrdiff_t rows_stride, ptrdiff_t columns_stride, size_t rows, size_t columns, layout *out) {
  if (rows == 1) rows_stride = columns_stride == 1 ? (ptrdiff_t)columns : rows_stride;
  if (columns == 1) columns_stride = 1;
  if (rows == 1 && columns_stride != 1) {
    // A row through a stride is a column-major matrix of one row.
    if (columns_stride < 1 || columns_stride > INT_MAX) return 0;
    *out = (layout){TRANSPOSE, (int)columns_stride};
    return 1;
  }
  if (columns_stride == 1 && rows_stride >= (ptrdiff_t)columns && rows_stride <= INT_MAX) {
    *out = (layout){NO_TRANSPOSE, (int)rows_stride};
    return 1;
  }
  if (rows_stride == 1 && columns_stride >= (ptrdiff_t)rows && columns_stride <= INT_MAX) {
    *out = (layout){TRANSPOSE, (int)columns_stride};
    return 1;
  }
  return 0;
}

#define MATMUL(T, TYPE) \
  int gk_blas_matmul_##TYPE(const T *a, ptrdiff_t a_rows, ptrdiff_t a_columns, const T *b, ptrdiff_t b_rows, \
                            ptrdiff_t b_columns, T *c, size_t m, size_t k, size_t n) { \
    if (gk_blas_name() == NULL || m > INT_MAX || k > INT_MAX || n > INT_MAX) return 0; \
    if (m == 0 || n == 0) return 1; \
    if (k == 0) { \
      memset(c, 0, m * n * sizeof(T)); \
      return 1; \
    } \
    layout left, right; \
    if (!readable(a_rows, a_columns, m, k, &left) || !readable(b_rows, b_columns, k, n, &right)) { \
      /* A broadcast or sliced operand: our own packing absorbs any strides. */ \
      gk_matmul_##TYPE(a, a_rows, a_columns, b, b_rows, b_columns, c, m, k, n); \
      return 1; \
    } \
    static int threads; \
    if (set_threads != NULL && threads != gk_threads && pthread_rwlock_trywrlock(&gk_library_lock) == 0) { \
      set_threads(threads = gk_threads); \
      pthread_rwlock_unlock(&gk_library_lock); \
    } \
    pthread_rwlock_rdlock(&gk_library_lock); \
    gemm_##TYPE(ROW_MAJOR, left.transpose, right.transpose, (int)m, (int)n, (int)k, 1, a, left.leading, b, right.leading, 0, \
                c, (int)n); \
    pthread_rwlock_unlock(&gk_library_lock); \
    return 1; \
  }
MATMUL(float, f32)
MATMUL(double, f64)
