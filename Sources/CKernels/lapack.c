#include "dispatch.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

// LAPACK, opened when first wanted. Fortran's matrices run down the columns, ours along the rows: copies go between.
// The lengths of text arguments come last, as gfortran passes them.
typedef void gesdd_function(const char *job, const int *m, const int *n, double *a, const int *lda, double *s, double *u,
                            const int *ldu, double *vt, const int *ldvt, double *work, const int *count, int *whole,
                            int *info, size_t length);
typedef void syevd_function(const char *job, const char *part, const int *n, double *a, const int *lda, double *w,
                            double *work, const int *count, int *whole, const int *whole_count, int *info,
                            size_t job_length, size_t part_length);
typedef void geqrf_function(const int *m, const int *n, double *a, const int *lda, double *tau, double *work,
                            const int *count, int *info);
typedef void orgqr_function(const int *m, const int *n, const int *k, double *a, const int *lda, const double *tau,
                            double *work, const int *count, int *info);
typedef void geev_function(const char *left, const char *right, const int *n, double *a, const int *lda, double *real,
                           double *imaginary, double *vl, const int *ldvl, double *vr, const int *ldvr, double *work,
                           const int *count, int *info, size_t left_length, size_t right_length);
typedef void getrf_function(const int *m, const int *n, double *a, const int *lda, int *pivots, int *info);
typedef void potrf_function(const char *part, const int *n, double *a, const int *lda, int *info, size_t length);

static gesdd_function *gesdd;
static syevd_function *syevd;
static geqrf_function *geqrf;
static orgqr_function *orgqr;
static geev_function *geev;
static getrf_function *getrf;
static potrf_function *potrf;
static void (*set_threads)(int);
static int is_open;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void open_library(void) {
  static const char *const paths[] = {"liblapack.so.3", "libopenblas.so.0", "libopenblas.so", "liblapack.so"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    void *library = dlopen(paths[i], RTLD_LAZY | RTLD_LOCAL);
    if (library == NULL) continue;
    gesdd = (gesdd_function *)dlsym(library, "dgesdd_");
    syevd = (syevd_function *)dlsym(library, "dsyevd_");
    geqrf = (geqrf_function *)dlsym(library, "dgeqrf_");
    orgqr = (orgqr_function *)dlsym(library, "dorgqr_");
    geev = (geev_function *)dlsym(library, "dgeev_");
    getrf = (getrf_function *)dlsym(library, "dgetrf_");
    potrf = (potrf_function *)dlsym(library, "dpotrf_");
    set_threads = (void (*)(int))dlsym(library, "openblas_set_num_threads");
    if (gesdd && syevd && geqrf && orgqr && geev && getrf && potrf) {
      is_open = 1;
      return;
    }
    dlclose(library);
  }
}

int gk_lapack_is_available(void) {
  pthread_once(&once, open_library);
  return is_open;
}

// y [columns, rows] = the transpose of x [rows, columns].
static void transpose(const double *x, double *y, size_t rows, size_t columns) {
  gk_copy_strided(sizeof *x, x, (ptrdiff_t[]){1, (ptrdiff_t)columns}, (size_t[]){columns, rows}, 2, y);
}

static double *numbers(size_t n) { return malloc((n ? n : 1) * sizeof(double)); }

// What each decomposition does, once the library is open and extents are known to fit; results go to out.
typedef int decomposition(const double *x, size_t rows, size_t columns, double *const *out);

static int svd(const double *x, size_t rows, size_t columns, double *const *out) {
  int m = (int)rows, n = (int)columns, k = m < n ? m : n, info = 0, query = -1;
  double *a = numbers(rows * columns), *left = numbers(rows * (size_t)k), *right = numbers((size_t)k * columns);
  double *work = NULL, size = 0;
  int *whole = malloc(8 * (size_t)k * sizeof(int));
  int status = -1;
  if (a != NULL && left != NULL && right != NULL && whole != NULL) {
    transpose(x, a, rows, columns);
    gesdd("S", &m, &n, a, &m, out[1], left, &m, right, &k, &size, &query, whole, &info, 1);
    int count = (int)size;
    work = numbers((size_t)count);
    if (info == 0 && work != NULL) {
      gesdd("S", &m, &n, a, &m, out[1], left, &m, right, &k, work, &count, whole, &info, 1);
      status = info == 0 ? 1 : 2;
      transpose(left, out[0], (size_t)k, rows);
      transpose(right, out[2], columns, (size_t)k);
    }
  }
  free(a), free(left), free(right), free(whole), free(work);
  return status;
}

static int eigh(const double *x, size_t extent, size_t unused, double *const *out) {
  int n = (int)extent, info = 0, query = -1, whole_size = 0;
  double *a = numbers(extent * extent), *work = NULL, size = 0;
  int *whole = NULL;
  int status = -1;
  if (a != NULL) {
    transpose(x, a, extent, extent);
    syevd("V", "L", &n, a, &n, out[0], &size, &query, &whole_size, &query, &info, 1, 1);
    int count = (int)size;
    work = numbers((size_t)count);
    whole = malloc((size_t)whole_size * sizeof(int));
    if (info == 0 && work != NULL && whole != NULL) {
      syevd("V", "L", &n, a, &n, out[0], work, &count, whole, &whole_size, &info, 1, 1);
      status = info == 0 ? 1 : 2;
      transpose(a, out[1], extent, extent);
    }
  }
  free(a), free(work), free(whole);
  return status;
}

static int qr(const double *x, size_t rows, size_t columns, double *const *out) {
  int m = (int)rows, n = (int)columns, k = m < n ? m : n, info = 0, query = -1;
  double *a = numbers(rows * columns), *tau = numbers((size_t)k), *work = NULL, size = 0, other = 0;
  int status = -1;
  if (a != NULL && tau != NULL) {
    transpose(x, a, rows, columns);
    geqrf(&m, &n, a, &m, tau, &size, &query, &info);
    orgqr(&m, &k, &k, a, &m, tau, &other, &query, &info);
    int count = (int)(size > other ? size : other);
    work = numbers((size_t)count);
    if (info == 0 && work != NULL) {
      geqrf(&m, &n, a, &m, tau, work, &count, &info);
      for (int i = 0; i < k; i++)
        for (int j = 0; j < n; j++) out[1][(size_t)i * columns + (size_t)j] = j < i ? 0 : a[(size_t)j * rows + (size_t)i];
      orgqr(&m, &k, &k, a, &m, tau, work, &count, &info);
      status = info == 0 ? 1 : 2;
      transpose(a, out[0], (size_t)k, rows);
    }
  }
  free(a), free(tau), free(work);
  return status;
}

// A pair of complex values has its vectors' real parts in one column and the imaginary ones in the next.
static int eig(const double *x, size_t extent, size_t unused, double *const *out) {
  int n = (int)extent, info = 0, query = -1;
  double *a = numbers(extent * extent), *vectors = numbers(extent * extent), *work = NULL, size = 0;
  int status = -1;
  if (a != NULL && vectors != NULL) {
    transpose(x, a, extent, extent);
    double *real = out[0], *imaginary = out[0] + extent;
    geev("N", "V", &n, a, &n, real, imaginary, NULL, &n, vectors, &n, &size, &query, &info, 1, 1);
    int count = (int)size;
    work = numbers((size_t)count);
    if (info == 0 && work != NULL) {
      geev("N", "V", &n, a, &n, real, imaginary, NULL, &n, vectors, &n, work, &count, &info, 1, 1);
      status = info == 0 ? 1 : 2;
      for (size_t j = 0; j < extent; j++) {
        int is_second = imaginary[j] < 0, is_complex = imaginary[j] != 0;
        const double *re = vectors + (j - (is_second ? 1 : 0)) * extent, *im = re + extent;
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

// LAPACK can't be stopped, but a process can: large work is done by a child, which writes its results where both can see them.
// Below so many multiplications, a tenth of a second or two, it ends soon enough by itself.
static const double worth_a_child = 4e8;

// About how many of them a decomposition takes, in products of the least extent with the number of elements.
static double share_of(decomposition *work) { return work == svd ? 22 : work == eig ? 25 : work == eigh ? 9 : 4; }

static void end_with(pid_t parent) {
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  if (getppid() != parent) _exit(1);
}

// Waits for the child, which holds the other end of the pipe; -1 if it was stopped or came to grief.
static int wait_for(pid_t child, int end) {
  struct pollfd ends = {.fd = end, .events = POLLIN};
  while (!gk_is_interrupted() && poll(&ends, 1, 20) <= 0) continue;
  if (gk_is_interrupted()) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? (signed char)WEXITSTATUS(status) : -1;
}

// What ends soon is done by this thread alone, and waits until the library is free for that: its threads wait by yielding, which
// costs far more than they gain where other work shares the processors; and other numbers of threads give other last digits.
static void begin_brief(void) {
  pthread_rwlock_wrlock(&gk_library_lock);
  if (set_threads != NULL) set_threads(1);
}

static void end_brief(void) {
  if (set_threads != NULL) set_threads(gk_threads);
  pthread_rwlock_unlock(&gk_library_lock);
}

static int brief(decomposition *work, const double *x, size_t rows, size_t columns, double *const *out) {
  begin_brief();
  int status = work(x, rows, columns, out);
  end_brief();
  return status;
}

static int decompose(decomposition *work, const double *x, size_t rows, size_t columns, double *const *out,
                     const size_t *counts, size_t out_count) {
  if (!gk_lapack_is_available()) return 0;
  if (rows > INT_MAX || columns > INT_MAX) return -1;
  double least = (double)(rows < columns ? rows : columns);
  if (share_of(work) * (double)rows * (double)columns * least < worth_a_child) return brief(work, x, rows, columns, out);
  size_t bytes = 0;
  for (size_t i = 0; i < out_count; i++) bytes += counts[i] * sizeof(double);
  int ends[2];
  double *both = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (both == MAP_FAILED || pipe(ends) != 0) {
    if (both != MAP_FAILED) munmap(both, bytes);
    return -1;
  }
  pid_t parent = getpid(), child = fork();
  if (child == 0) {
    close(ends[0]);
    double *place[3], *next = both;
    for (size_t i = 0; i < out_count; next += counts[i++]) place[i] = next;
    // A parent that was killed leaves nobody to compute for.
    end_with(parent);
    _exit(work(x, rows, columns, place) & 0xff);
  }
  close(ends[1]);
  int status = child < 0 ? work(x, rows, columns, out) : wait_for(child, ends[0]);
  close(ends[0]);
  const double *next = both;
  for (size_t i = 0; child > 0 && status == 1 && i < out_count; next += counts[i++]) memcpy(out[i], next, counts[i] * sizeof *next);
  munmap(both, bytes);
  return status;
}

int gk_lapack_svd(const double *x, size_t rows, size_t columns, double *u, double *s, double *vh) {
  size_t k = rows < columns ? rows : columns;
  return decompose(svd, x, rows, columns, (double *[]){u, s, vh}, (size_t[]){rows * k, k, k * columns}, 3);
}

int gk_lapack_eigh(const double *x, size_t extent, double *values, double *vectors) {
  return decompose(eigh, x, extent, extent, (double *[]){values, vectors}, (size_t[]){extent, extent * extent}, 2);
}

int gk_lapack_qr(const double *x, size_t rows, size_t columns, double *q, double *r) {
  size_t k = rows < columns ? rows : columns;
  return decompose(qr, x, rows, columns, (double *[]){q, r}, (size_t[]){rows * k, k * columns}, 2);
}

int gk_lapack_eig(const double *x, size_t extent, double *values, double *real, double *imaginary) {
  size_t square = extent * extent;
  return decompose(eig, x, extent, extent, (double *[]){values, real, imaginary}, (size_t[]){2 * extent, square, square}, 3);
}

// Whether a matrix can be eliminated before an interrupt has to be seen: a third of its cube's multiplications.
static int is_brief(size_t n) { return (double)n * (double)n * (double)n / 3 < worth_a_child; }

int gk_lapack_lu(const double *x, size_t extent, double *factors, int *pivots) {
  if (!gk_lapack_is_available() || !is_brief(extent)) return 0;
  int n = (int)extent, info = 0;
  double *a = numbers(extent * extent);
  if (a == NULL) return 0;
  transpose(x, a, extent, extent);
  begin_brief();
  getrf(&n, &n, a, &n, pivots, &info);
  end_brief();
  transpose(a, factors, extent, extent);
  free(a);
  return info >= 0;
}

int gk_lapack_cholesky(double *x, size_t extent) {
  if (!gk_lapack_is_available() || !is_brief(extent)) return 0;
  int n = (int)extent, info = 0;
  begin_brief();
  // The upper half in Fortran's order is the lower one in ours.
  potrf("U", &n, x, &n, &info, 1);
  end_brief();
  return info == 0 ? 1 : info > 0 ? 2 : 0;
}
