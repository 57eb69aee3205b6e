#include "dispatch.h"

#include <dlfcn.h>
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
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

// So many right sides are divided at a time, enough for a product's kernel.
enum { RIGHT_SIDES = 128 };
// Right sides are few up to this part of the extent.
enum { REFINED_PART = 32 };

// Divides all right sides by triangles, by several threads where that pays.
static void share(void (*divide)(void *, int), void *division, size_t extent, size_t columns) {
  int count = (int)((columns + RIGHT_SIDES - 1) / RIGHT_SIDES);
  if (gk_is_worth_sharing((double)extent * (double)extent * (double)columns, GK_SHARED_WORK))
    gk_run_tasks(divide, division, count);
  else
    for (int i = 0; i < count; i++) divide(division, i);
}

// LAPACK, opened when first wanted.
#define REAL double
#define EPSILON DBL_EPSILON
#define OF(name) name##_f64
#define LIBRARY(name) "d" name "_"
#include "lapack_work.h"
#undef REAL
#undef EPSILON
#undef OF
#undef LIBRARY
#define REAL float
#define EPSILON FLT_EPSILON
#define OF(name) name##_f32
#define LIBRARY(name) "s" name "_"
#include "lapack_work.h"

static void (*set_threads)(int);
static int is_open;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void open_library(void) {
  static const char *const paths[] = {
#ifdef __APPLE__
      "/System/Library/Frameworks/Accelerate.framework/Accelerate",
#else
      "liblapack.so.3", "libopenblas.so.0", "libopenblas.so", "liblapack.so",
#endif
  };
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    void *library = dlopen(paths[i], RTLD_LAZY | RTLD_LOCAL);
    if (library == NULL) continue;
    is_open = find_f64(library) && find_f32(library);
    set_threads = (void (*)(int))dlsym(library, "openblas_set_num_threads");
    if (is_open) return;
    dlclose(library);
  }
}

int gk_lapack_is_available(void) {
  pthread_once(&once, open_library);
  return is_open;
}

// What each decomposition does for either type, once the library is open and extents are known to fit; results go to out.
typedef struct {
  int (*in_f64)(const double *x, size_t rows, size_t columns, double *const *out);
  int (*in_f32)(const float *x, size_t rows, size_t columns, float *const *out);
  // How many multiplications of two extents with the least one take a tenth of a second here, in double; in float twice as many.
  double brief;
} decomposition;

static const decomposition svd = {svd_f64, svd_f32, 3e8}, eigh = {eigh_f64, eigh_f32, 7e8}, qr = {qr_f64, qr_f32, 15e8},
                           eig = {eig_f64, eig_f32, 3e7};

enum { MOST_RESULTS = 3 };

// The same in float: what goes in and comes out is kept as double.
static int work_f32(const decomposition *kind, const double *x, size_t rows, size_t columns, double *const *out,
                    const size_t *counts, size_t out_count) {
  size_t total = rows * columns;
  for (size_t i = 0; i < out_count; i++) total += counts[i];
  float *all = numbers_f32(total), *results[MOST_RESULTS];
  if (all == NULL) return -1;
  for (size_t i = 0; i < rows * columns; i++) all[i] = (float)x[i];
  float *next = all + rows * columns;
  for (size_t i = 0; i < out_count; next += counts[i++]) results[i] = next;
  int status = kind->in_f32(all, rows, columns, results);
  for (size_t i = 0; status == 1 && i < out_count; i++)
    for (size_t k = 0; k < counts[i]; k++) out[i][k] = results[i][k];
  free(all);
  return status;
}

// LAPACK can't be stopped, but a process can: large work is done by a child, which writes its results where both can see them.
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

static int is_brief_for(const decomposition *kind, size_t rows, size_t columns, int is_single) {
  double least = (double)(rows < columns ? rows : columns);
  return (double)rows * (double)columns * least < kind->brief * (is_single ? 2 : 1);
}

static int decompose(const decomposition *kind, int is_single, const double *x, size_t rows, size_t columns,
                     double *const *out, const size_t *counts, size_t out_count) {
  if (!gk_lapack_is_available()) return 0;
  if (rows > INT_MAX || columns > INT_MAX) return -1;
  if (is_brief_for(kind, rows, columns, is_single)) {
    begin_brief();
    int status = is_single ? work_f32(kind, x, rows, columns, out, counts, out_count) : kind->in_f64(x, rows, columns, out);
    end_brief();
    return status;
  }
#ifdef __APPLE__
  // A child made by fork must not use Accelerate: what is long is left to our own code, which can be stopped.
  return 0;
#endif
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
    double *place[MOST_RESULTS], *next = both;
    for (size_t i = 0; i < out_count; next += counts[i++]) place[i] = next;
    // A parent that was killed leaves nobody to compute for.
    end_with(parent);
    int status = is_single ? work_f32(kind, x, rows, columns, place, counts, out_count) : kind->in_f64(x, rows, columns, place);
    _exit(status & 0xff);
  }
  close(ends[1]);
  int status = child < 0 ? -1 : wait_for(child, ends[0]);
  close(ends[0]);
  const double *next = both;
  for (size_t i = 0; child > 0 && status == 1 && i < out_count; next += counts[i++]) memcpy(out[i], next, counts[i] * sizeof *next);
  munmap(both, bytes);
  return status;
}

int gk_lapack_svd(const double *x, size_t rows, size_t columns, int is_single, double *u, double *s, double *vh) {
  size_t k = rows < columns ? rows : columns;
  return decompose(&svd, is_single, x, rows, columns, (double *[]){u, s, vh}, (size_t[]){rows * k, k, k * columns}, 3);
}

int gk_lapack_eigh(const double *x, size_t extent, int is_single, double *values, double *vectors) {
  size_t counts[] = {extent, extent * extent};
  return decompose(&eigh, is_single, x, extent, extent, (double *[]){values, vectors}, counts, 2);
}

int gk_lapack_qr(const double *x, size_t rows, size_t columns, int is_single, double *q, double *r) {
  size_t k = rows < columns ? rows : columns;
  return decompose(&qr, is_single, x, rows, columns, (double *[]){q, r}, (size_t[]){rows * k, k * columns}, 2);
}

int gk_lapack_eig(const double *x, size_t extent, int is_single, double *values, double *real, double *imaginary) {
  size_t square = extent * extent, counts[] = {2 * extent, square, square};
  return decompose(&eig, is_single, x, extent, extent, (double *[]){values, real, imaginary}, counts, 3);
}

// Whether a matrix can be eliminated, and right sides divided, before an interrupt has to be seen.
static int is_brief(size_t extent, size_t right, int is_single) {
  double n = (double)extent;
  return n > 0 && n * n * (n / 3 + (double)right) < 15e8 * (is_single ? 2 : 1);
}

int gk_lapack_decompose(gk_decomposition kind, gk_type type, const void *x, size_t rows, size_t columns, const void *b,
                        size_t right, void *y) {
  int is_single = type == GK_F32;
  size_t least = rows < columns ? rows : columns;
  if (least <= GK_SMALL_MATRIX || !gk_lapack_is_available()) return 0;
  const decomposition *known = kind == GK_EIGH ? &eigh : kind == GK_SVD ? &svd : kind == GK_QR ? &qr : NULL;
  if (known != NULL ? !is_brief_for(known, rows, columns, is_single)
                    : !is_brief(rows, kind == GK_SOLUTION ? right : kind == GK_INVERSE ? rows : 0, is_single))
    return 0;
  begin_brief();
  int status = is_single ? decompose_f32(kind, x, rows, columns, b, right, y)
                         : decompose_f64(kind, x, rows, columns, b, right, y);
  end_brief();
  return status == 1;
}

int gk_lapack_lu(const double *x, size_t extent, double *factors, int *pivots) {
  if (!gk_lapack_is_available() || !is_brief(extent, 0, 0)) return 0;
  int n = (int)extent, info = 0;
  double *a = numbers_f64(extent * extent);
  if (a == NULL) return 0;
  transpose_f64(x, a, extent, extent);
  begin_brief();
  lapack_f64.getrf(&n, &n, a, &n, pivots, &info);
  end_brief();
  transpose_f64(a, factors, extent, extent);
  free(a);
  return info >= 0;
}

int gk_lapack_cholesky(double *x, size_t extent) {
  if (!gk_lapack_is_available() || !is_brief(extent, 0, 0)) return 0;
  int n = (int)extent, info = 0;
  begin_brief();
  // The upper half in Fortran's order is the lower one in ours.
  lapack_f64.potrf("U", &n, x, &n, &info, 1);
  end_brief();
  return info == 0 ? 1 : info > 0 ? 2 : 0;
}
