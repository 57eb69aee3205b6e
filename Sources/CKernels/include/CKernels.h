#ifndef GRADUS_CKERNELS_H
#define GRADUS_CKERNELS_H

#include "functions.h"
#include "table.h"

#include <stddef.h>
#include <stdint.h>

// Loops over dense arrays, compiled for several processors and chosen when first called.
// Suffix f32: float, f64: double, b8: bools as bytes 0 and 1. A stride argument (sa, sb, sc, sx, sm) is 0, which
// repeats the first element, or 1. No function allocates unless it says so; outputs never overlap inputs unless
// a function says so. Lengths may be 0. Long work stops early, its results undefined, once gk_is_interrupted() says so.

// Unary functions, elementwise. y may be x.
void gk_map_f32(gk_map op, const float *x, float *y, size_t n);
void gk_map_f64(gk_map op, const double *x, double *y, size_t n);
// The same, and whether all of y is finite, which is looked at while it is in a cache.
int gk_map_checked_f32(gk_map op, const float *x, float *y, size_t n);
int gk_map_checked_f64(gk_map op, const double *x, double *y, size_t n);

// Binary functions, elementwise. y may be a or b where that operand's stride is 1.
void gk_zip_f32(gk_zip op, const float *a, size_t sa, const float *b, size_t sb, float *y, size_t n);
void gk_zip_f64(gk_zip op, const double *a, size_t sa, const double *b, size_t sb, double *y, size_t n);
int gk_zip_checked_f32(gk_zip op, const float *a, size_t sa, const float *b, size_t sb, float *y, size_t n);
int gk_zip_checked_f64(gk_zip op, const double *a, size_t sa, const double *b, size_t sb, double *y, size_t n);

void gk_compare_f32(gk_comparison op, const float *a, size_t sa, const float *b, size_t sb, uint8_t *y, size_t n);
void gk_compare_f64(gk_comparison op, const double *a, size_t sa, const double *b, size_t sb, uint8_t *y, size_t n);

void gk_test_f32(gk_test op, const float *x, uint8_t *y, size_t n);
void gk_test_f64(gk_test op, const double *x, uint8_t *y, size_t n);

void gk_logic_b8(gk_logic op, const uint8_t *a, size_t sa, const uint8_t *b, size_t sb, uint8_t *y, size_t n);
void gk_not_b8(const uint8_t *x, uint8_t *y, size_t n);

// y = c ? a : b.
void gk_select_f32(const uint8_t *c, size_t sc, const float *a, size_t sa, const float *b, size_t sb, float *y, size_t n);
void gk_select_f64(const uint8_t *c, size_t sc, const double *a, size_t sa, const double *b, size_t sb, double *y, size_t n);
void gk_select_b8(const uint8_t *c, size_t sc, const uint8_t *a, size_t sa, const uint8_t *b, size_t sb, uint8_t *y, size_t n);

// y = m ? x : a zero with the sign of x where x is finite, else +0. y may be x where sx is 1.
void gk_keep_f32(const uint8_t *m, size_t sm, const float *x, size_t sx, float *y, size_t n);
void gk_keep_f64(const uint8_t *m, size_t sm, const double *x, size_t sx, double *y, size_t n);

// Conversions; to bool: a non-zero (NaN included) is 1.
void gk_f32_from_f64(const double *x, float *y, size_t n);
void gk_f64_from_f32(const float *x, double *y, size_t n);
void gk_f32_from_b8(const uint8_t *x, float *y, size_t n);
void gk_f64_from_b8(const uint8_t *x, double *y, size_t n);
void gk_b8_from_f32(const float *x, uint8_t *y, size_t n);
void gk_b8_from_f64(const double *x, uint8_t *y, size_t n);
typedef enum { GK_B8, GK_F32, GK_F64 } gk_type;
// Any of these, or a copy.
void gk_convert(gk_type from, gk_type to, const void *x, void *y, size_t n);

// Reductions of x [outer, extent, inner] along extent to y [outer, inner]. Sums run in several accumulators or pairwise
// (error well below that of one running float sum). Over an extent of 0 the value over none.
void gk_reduce_f32(gk_reduction op, const float *x, size_t outer, size_t extent, size_t inner, float *y);
void gk_reduce_f64(gk_reduction op, const double *x, size_t outer, size_t extent, size_t inner, double *y);
// GK_SUM and GK_NORM, added up in double.
void gk_reduce_wide_f32(gk_reduction op, const float *x, size_t outer, size_t extent, size_t inner, double *y);
// any: GK_OR, all: GK_AND, parity: GK_XOR.
void gk_reduce_b8(gk_logic op, const uint8_t *x, size_t outer, size_t extent, size_t inner, uint8_t *y);
// The first index of the maximum (largest != 0) or minimum; the first NaN wins. extent > 0.
void gk_argument_f32(int largest, const float *x, size_t outer, size_t extent, size_t inner, double *y);
void gk_argument_f64(int largest, const double *x, size_t outer, size_t extent, size_t inner, double *y);

// The places of a lane's elements in ascending or descending order along extent; NaN is the greatest, equals keep their order.
// 0 without memory, nothing written then. Allocates.
int gk_order_f64(int descends, const double *x, size_t outer, size_t extent, size_t inner, double *y);
// Of that order the ranks from `start` to start + count - 1 alone, as y [outer, count, inner]: the elements, or their places.
// Selected, where they are few.
int gk_ranks_f32(int descends, const float *x, size_t outer, size_t extent, size_t inner, size_t start, size_t count,
                 int gives_values, float *y);
int gk_ranks_f64(int descends, const double *x, size_t outer, size_t extent, size_t inner, size_t start, size_t count,
                 int gives_values, double *y);

// Running sums (GK_SUM), products, … along extent: of floats in double, sums of doubles compensated.
void gk_scan_f32(gk_reduction op, const float *x, size_t outer, size_t extent, size_t inner, float *y);
void gk_scan_f64(gk_reduction op, const double *x, size_t outer, size_t extent, size_t inner, double *y);

// y = x seen through strides (in elements, may be 0 or negative), row-major into y; width: bytes of an element, 1, 4 or 8.
// rank <= 16.
void gk_copy_strided(size_t width, const void *x, const ptrdiff_t *strides, const size_t *extents, size_t rank, void *y);
// y seen through strides = x (dense).
void gk_store_strided(size_t width, const void *x, void *y, const ptrdiff_t *strides, const size_t *extents, size_t rank);

// y [extents] = the sum of parts, each put at its places, zeros around it, in their order. A cut, one for each part: where it
// starts along each axis, its steps (>= 1), its extents. 1 <= rank <= 16, all inside.
void gk_overlay_f32(const void *const *values, const size_t *cuts, size_t count, const size_t *extents, size_t rank, float *y);
void gk_overlay_f64(const void *const *values, const size_t *cuts, size_t count, const size_t *extents, size_t rank, double *y);

// Whole slices by number: y [outer, count, inner] = x [outer, extent, inner] at index[0..<count] (0 <= index < extent).
void gk_take(size_t width, const void *x, const int64_t *index, size_t outer, size_t extent, size_t inner, size_t count, void *y);
// The adjoint: y [outer, extent, inner] += x [outer, count, inner]; equal indices add up.
void gk_take_adjoint_f32(const float *x, const int64_t *index, size_t outer, size_t extent, size_t inner, size_t count, float *y);
void gk_take_adjoint_f64(const double *x, const int64_t *index, size_t outer, size_t extent, size_t inner, size_t count, double *y);

// Numbers as places in an axis, negative ones from its end; the first that is none, or n.
size_t gk_places_f32(const float *x, size_t n, size_t extent, int64_t *y);
size_t gk_places_f64(const double *x, size_t n, size_t extent, int64_t *y);
// gk_take and its adjoint with indices that are checked on the way; the first that is none, or count, y undefined then.
size_t gk_take_at(size_t width, const void *x, gk_type type, const void *index, size_t outer, size_t extent, size_t inner,
                  size_t count, void *y);
size_t gk_take_adjoint_at_f32(const float *x, gk_type type, const void *index, size_t outer, size_t extent, size_t inner,
                              size_t count, float *y);
size_t gk_take_adjoint_at_f64(const double *x, gk_type type, const void *index, size_t outer, size_t extent, size_t inner,
                              size_t count, double *y);
// y [whole] = x, with values [count] at these places, of equal ones the last; the first number that is none, or count.
size_t gk_scatter_at(size_t width, const void *x, gk_type type, const void *index, size_t count, size_t whole,
                     const void *values, void *y);
// Whether all are whole numbers from 0 to extent - 1.
int gk_are_places(gk_type type, const void *x, size_t n, size_t extent);
// y = the element of x at the same place but along one axis, where index says which. extents and index are y's, dense; strides
// are x's.
void gk_gather(size_t width, const void *x, const int64_t *index, const size_t *strides, const size_t *extents, size_t rank,
               size_t axis, void *y);
// The way back: y's elements at those places become the values; of equal places the last counts.
void gk_scatter(size_t width, const void *values, const int64_t *index, const size_t *strides, const size_t *extents, size_t rank,
                size_t axis, void *y);
// The adjoint: what was x is added to.
void gk_gather_adjoint_f32(const float *x, const int64_t *index, const size_t *strides, const size_t *extents, size_t rank,
                           size_t axis, float *y);
void gk_gather_adjoint_f64(const double *x, const int64_t *index, const size_t *strides, const size_t *extents, size_t rank,
                           size_t axis, double *y);

// For each of so many values how many entries of a sorted vector of n are less, or with is_right not greater; NaN is the greatest.
// 0 without memory, nothing written then. Allocates.
int gk_search(const double *sorted, size_t n, const double *values, size_t count, int is_right, double *y);

// The discrete Fourier transform in place, of the length that the factors make; of -2πk / n the cosines and sines are given.
// 0 without memory, nothing written then. Allocates.
int gk_transform(double *re, double *im, size_t n, const size_t *factors, size_t count, const double *cosines,
                 const double *sines);

// 0, 1, 2, …
void gk_count_f32(float *y, size_t n);
void gk_count_f64(double *y, size_t n);

// Where bytes aren't 0, in order; y has room for n + 1. How many there are.
size_t gk_true_places(const uint8_t *x, size_t n, double *y);
// Of gk_gather's places in x, which has `whole` elements: which are named at all (hits), and which index is the last to name its own
// (winners, 0 before). Fewer than 2^32 indices; `last` has room for a number for each element.
void gk_mark_last(const int64_t *index, const size_t *strides, const size_t *extents, size_t rank, size_t axis, size_t whole,
                  uint32_t *last, uint8_t *hits, uint8_t *winners);
// The same for n numbers that are places in a vector.
void gk_mark_last_at(gk_type type, const void *index, size_t n, size_t whole, uint32_t *last, uint8_t *hits, uint8_t *winners);
// Which places are named (hits, 0 before), and the number of the last that names them.
void gk_mark_order(const double *places, size_t n, uint8_t *hits, double *order);

// c [m, n] = a [m, k] @ b [k, n], dense, own kernel; *_rows and *_columns are element strides, so a transposed operand needs
// no copy. Small products skip packing; larger ones allocate a packing buffer once per thread (and fall back to unpacked
// loops if that fails). Several threads where it gains (gk_threads).
void gk_matmul_f32(const float *a, ptrdiff_t a_rows, ptrdiff_t a_columns, const float *b, ptrdiff_t b_rows, ptrdiff_t b_columns,
                   float *c, size_t m, size_t k, size_t n);
void gk_matmul_f64(const double *a, ptrdiff_t a_rows, ptrdiff_t a_columns, const double *b, ptrdiff_t b_rows, ptrdiff_t b_columns,
                   double *c, size_t m, size_t k, size_t n);
// As many products, of matrices that lie a_step and b_step apart (0: the same for all), one behind the other in c.
void gk_matmul_batch_f32(const float *a, ptrdiff_t a_step, ptrdiff_t a_rows, ptrdiff_t a_columns, const float *b, ptrdiff_t b_step,
                         ptrdiff_t b_rows, ptrdiff_t b_columns, float *c, size_t count, size_t m, size_t k, size_t n);
void gk_matmul_batch_f64(const double *a, ptrdiff_t a_step, ptrdiff_t a_rows, ptrdiff_t a_columns, const double *b,
                         ptrdiff_t b_step, ptrdiff_t b_rows, ptrdiff_t b_columns, double *c, size_t count, size_t m, size_t k, size_t n);
// Windows on the last two axes of images [images, groups, channels, height, width], one at each place; beyond a border, which
// isn't stored, everything is 0.
typedef struct {
  size_t images, groups, channels, filters;  // channels and filters of one group
  size_t image[2], size[2], places[2], stride[2], dilation[2], border[2];
} gk_windows;
typedef enum { GK_CONVOLVE, GK_CONVOLVE_BACK, GK_CONVOLVE_WEIGHTS } gk_convolution;
// With weights [groups, filters, channels, height, width of a window] and results [images, groups, filters, places]:
// GK_CONVOLVE: results from images a and weights b; GK_CONVOLVE_BACK: their adjoint, images from results a and weights b;
// GK_CONVOLVE_WEIGHTS: weights from images a and results b. Nothing is empty. 0 without memory; these allocate.
int gk_convolve_f32(gk_convolution kind, const gk_windows *windows, const float *a, const float *b, float *y);
int gk_convolve_f64(gk_convolution kind, const gk_windows *windows, const double *a, const double *b, double *y);
// The same through OpenBLAS, opened at the first call; 0 if there is none, nothing written then.
int gk_blas_matmul_f32(const float *a, ptrdiff_t a_rows, ptrdiff_t a_columns, const float *b, ptrdiff_t b_rows, ptrdiff_t b_columns,
                       float *c, size_t m, size_t k, size_t n);
int gk_blas_matmul_f64(const double *a, ptrdiff_t a_rows, ptrdiff_t a_columns, const double *b, ptrdiff_t b_rows, ptrdiff_t b_columns,
                       double *c, size_t m, size_t k, size_t n);
// The library in use ("OpenBLAS 0.3.21"), opened by this call if it wasn't; NULL without one.
const char *gk_blas_name(void);

// Through LAPACK, opened at the first call: 0 if there is none, nothing written then; 1 done; 2 no convergence; -1 out of
// memory, or stopped by gk_is_interrupted(). Dense row-major matrices without empty extents and of finite numbers, which are
// worked on as float where is_single says so; these allocate, and do large work in a child process.
int gk_lapack_is_available(void);
// x [rows, columns] = u [rows, k] diag(s) vh [k, columns], k the lesser extent, s descending.
int gk_lapack_svd(const double *x, size_t rows, size_t columns, int is_single, double *u, double *s, double *vh);
// Symmetric x [extent, extent]: values ascending, vectors in the columns.
int gk_lapack_eigh(const double *x, size_t extent, int is_single, double *values, double *vectors);
// Any x [extent, extent]: values [2, extent], real parts and then imaginary ones, and the vectors' parts in the columns.
int gk_lapack_eig(const double *x, size_t extent, int is_single, double *values, double *real, double *imaginary);
// x [rows, columns] = q [rows, k] r [k, columns], k the lesser extent.
int gk_lapack_qr(const double *x, size_t rows, size_t columns, int is_single, double *q, double *r);
// Of matrices that are done before an interrupt has to be seen; 0 for others too, nothing written then.
// P x = L U of x [extent, extent], the unit triangle L below U in factors; row i changed places with row pivots[i] - 1, in turn.
int gk_lapack_lu(const double *x, size_t extent, double *factors, int *pivots);
// The lower half of a symmetric x becomes that of its lower triangular root; 2: it isn't positive definite, x is spoiled.
int gk_lapack_cholesky(double *x, size_t extent);

// Up to this least extent matrices are quick enough with all the digits of double, whatever their type.
enum { GK_SMALL_MATRIX = 64 };
typedef enum {
  GK_SOLUTION, GK_INVERSE, GK_DETERMINANT, GK_DETERMINANT_SIGN, GK_LOG_DETERMINANT, GK_CHOLESKY, GK_EIGH, GK_SVD, GK_QR
} gk_decomposition;
// One of them in the type of x [rows, columns], from where it lies to where the results, one after another, shall lie; b
// [rows, right] are the right sides of a solution. 0 where it isn't done, y spoiled then: small ones, long ones, those that
// aren't finite, singular or nearly so. The same bits for any number of threads.
int gk_lapack_decompose(gk_decomposition kind, gk_type type, const void *x, size_t rows, size_t columns, const void *b,
                        size_t right, void *y);

// The kept entries of a matrix, output by output: those from starts[o] to starts[o + 1] name the input each reads and the
// place of its weight.
typedef struct {
  size_t outputs;
  const uint32_t *starts, *index, *place;
} gk_entries;
// Products with a matrix w of which few entries are kept; all other matrices have the batch innermost. Two threads where it
// gains.
// y [outputs, batch] = sum of w[place] * x[index].
void gk_masked_product_f32(const gk_entries *entries, const float *w, const float *x, size_t batch, float *y);
void gk_masked_product_f64(const gk_entries *entries, const double *w, const double *x, size_t batch, double *y);
// y[place] = x[index] . g[o], kept entries only.
void gk_masked_gradient_f32(const gk_entries *entries, const float *x, const float *g, size_t batch, float *y);
void gk_masked_gradient_f64(const gk_entries *entries, const double *x, const double *g, size_t batch, double *y);

// Bytes from one place in memory to another. Several threads where it gains, which is mostly where new pages are written for the
// first time.
void gk_copy(const void *x, void *y, size_t bytes);
// The same where the places may overlap.
void gk_move(const void *x, void *y, size_t bytes);

// 1 if no element is NaN or infinite. Several threads where it gains.
int gk_all_finite_f32(const float *x, size_t n);
int gk_all_finite_f64(const double *x, size_t n);
// 1 if an element is 0 (or -0); one that is found ends the search.
int gk_has_zero_f32(const float *x, size_t n);
int gk_has_zero_f64(const double *x, size_t n);

// One elementwise step of several that are run together over rows and columns.
typedef enum {
  GK_STAGE_MAP, GK_STAGE_ZIP, GK_STAGE_COMPARE, GK_STAGE_TEST, GK_STAGE_LOGIC, GK_STAGE_NOT, GK_STAGE_SELECT, GK_STAGE_KEEP,
  GK_STAGE_CONVERT,
} gk_stage_kind;
// Where an operand's first element lies, and the bytes from one row, column and element of a strip to the next. A step of 0
// repeats one element; an advance of 0 is for scratch memory, which is written again piece by piece, and else it is the step.
typedef struct {
  char *base;
  size_t row, column, step, advance;
  char *at;  // for gk_run_strips
} gk_cursor;
typedef struct {
  gk_stage_kind kind;
  int op;            // a gk_map, gk_zip, …
  gk_type from, to;  // the type of the last operand and of the result
  gk_cursor a, b, c, y;
  int is_guarded;        // whether the result must be finite
  uint8_t *odd;          // if not NULL, 1 is written there where the result, which lies in no strip, isn't finite
  const uint8_t *rests;  // if not NULL and 1 there, the stage is left out
  void (*tile)(const void *a, const void *b, void *y);  // for gk_run_strips
} gk_stage;
// Elements computed at a time where all stages are brief.
enum { GK_TILE = 64 };
// A reduction of what the stages leave.
typedef struct {
  gk_cursor x;
  gk_type type;         // of what is added up; GK_B8: any or all
  gk_reduction op;      // GK_SUM, or of floats GK_NORM: their squares are added up
  gk_type kept;         // what is added up is kept as: floats may be kept as doubles, squares always are
  gk_type to;           // the type of the result
  void *sums;           // one of each strip, for gk_join; of columns the results
  void *accumulators;   // room for GK_TILE doubles; of columns for a strip of them and for gk_column_levels more
  void (*add)(const void *a, const void *b, void *y);  // for gk_run_strips
  int is_all;
  uint8_t *truth;       // written if any or all turns out as it doesn't begin
  uint8_t *is_decided;  // then 1
} gk_end;
// An operand that is one row or one column for all, and where it is written out for the rows of a strip.
typedef struct {
  const char *x;
  char *y;
  size_t width;
  int is_column;
} gk_stretched;
typedef struct {
  gk_stage *stages;
  size_t stage_count;
  gk_end *ends;
  size_t end_count;
  const gk_stretched *stretched;
  size_t stretched_count;
  size_t rows, columns;
  size_t strip;         // elements of a strip, at most
  size_t rows_at_once;  // rows of a strip; 0 if it lies within a row
  int sums_columns;     // whether the sums are of columns, for gk_run_columns
} gk_fused;
// Runs all stages over strips number first to last - 1; 0 where a guarded result isn't finite, the rest left undone then.
int gk_run_strips(const gk_fused *fused, size_t first, size_t last);
// The same for strips of columns, each through all rows, with the sums of their columns as gk_reduce makes them of more than
// GK_NARROW columns.
int gk_run_columns(const gk_fused *fused, size_t first, size_t last);
enum { GK_NARROW = 256 };
// How often so many rows are cut in two.
size_t gk_column_levels(size_t rows);
// The sum of n > 0 elements from the sums of their runs, joined in the order in which gk_reduce joins them.
float gk_join_f32(const float *sums, size_t n, size_t run);
double gk_join_f64(const double *sums, size_t n, size_t run);

// Philox 4x32-10, keyed by seed, counted by draw and element: element i of a draw never depends on n.
void gk_uniform_f32(uint64_t seed, uint64_t draw, float *y, size_t n);   // [0, 1), 24 bits
void gk_uniform_f64(uint64_t seed, uint64_t draw, double *y, size_t n);  // [0, 1), 53 bits
void gk_normal_f32(uint64_t seed, uint64_t draw, float *y, size_t n);    // Box-Muller
void gk_normal_f64(uint64_t seed, uint64_t draw, double *y, size_t n);
// As many numbers for each element as it asks for, [0, 1), 53 bits; a draw has either these or the ones above. element < 2^40.
double gk_stream_f64(uint64_t seed, uint64_t draw, uint64_t element, uint64_t number);

// Set by the signal handler (or a test), read by long loops, cleared before each piece of work.
extern volatile int gk_interrupted;
// Work has a number where it may be left behind while other work goes on: all up to gk_left is to stop, for good.
extern volatile unsigned gk_left;
extern _Thread_local unsigned gk_work;
static inline int gk_is_left(void) { return gk_work != 0 && gk_work <= gk_left; }
static inline void gk_leave(unsigned work) { gk_left = work > gk_left ? work : gk_left; }
static inline void gk_set_work(unsigned work) { gk_work = work; }
static inline int gk_is_interrupted(void) { return gk_interrupted || gk_is_left(); }
static inline void gk_set_interrupted(int on) { gk_interrupted = on; }
// Whether little of the calling thread's stack is left: a megabyte, or a quarter of a small one, which is kept for what
// runs at the deepest place: plans, kernels, libraries.
int gk_stack_is_short(void);
// Lets the main thread's stack grow into the room that is kept free below it anyway.
void gk_raise_stack_limit(void);
// A sum of bytes that changes when any of them does.
uint64_t gk_checksum(const void *bytes, size_t count);

// How many threads work may be shared by. Starts as the number of processors.
enum { GK_MOST_THREADS = 256 };
extern int gk_threads;
static inline int gk_thread_count(void) { return gk_threads; }
static inline void gk_set_thread_count(int count) {
  gk_threads = count < 1 ? 1 : count > GK_MOST_THREADS ? GK_MOST_THREADS : count;
}
// Whether work, in whatever unit, gains from other threads where `least` of it pays for waking them. A part of that does
// while one is awake, and enough of such work in a row wakes it.
int gk_is_worth_sharing(double work, double least);
// That part, for the calling thread: GK_EAGER if nothing is said; infinity: all is done by this thread.
static const double GK_EAGER = 1.0 / 16;
// The part that held before.
double gk_use_awake_helper(double part);
// Elements times what each takes (1: two or three instructions of a vector) that pay for waking another thread.
static const double GK_SHARED_WORK = 400000;
// Runs task(0), task(1), … task(count - 1) on this thread and its helpers, and returns when all are done.
// Helpers are started by the first call that wants them and sleep between calls; while they work for another thread, or can't
// be started, all tasks run on this one.
void gk_run_tasks(void (*task)(void *context, int number), void *context, int count);
// The next number of a row, for threads that share one.
static inline int gk_claim(int *next) { return __atomic_fetch_add(next, 1, __ATOMIC_RELAXED); }
static inline void gk_claim_all(int *next, int count) { __atomic_store_n(next, count, __ATOMIC_RELAXED); }
// Memory for a moment: one piece is kept for each thread. NULL without memory.
void *gk_take_scratch(size_t bytes);
void gk_return_scratch(void *bytes);

// Machine code from LLVM's text, made on a thread of its own where a library is found when code is first asked for; kept by its
// text, the last ones that were asked for. Whatever goes wrong, the code fails, in silence.
typedef struct gk_code gk_code;
typedef GK_ENUM {
  GK_CODE_WAITING __attribute__((swift_name("waiting"))),
  GK_CODE_READY __attribute__((swift_name("ready"))),
  GK_CODE_FAILED __attribute__((swift_name("failed"))),
} gk_code_state_kind;
// A text with one function of this name, `i64 (ptr args, i64 first, i64 last, ptr interrupted, ptr left, i32 work)`. NULL where
// nothing is compiled at all; to be given back.
#define GK_CODE_NAME "gkfunction"
gk_code *gk_code_request(const char *text, size_t length);
gk_code_state_kind gk_code_state(const gk_code *code);
// Waits until it is ready or has failed.
gk_code_state_kind gk_code_wait(gk_code *code);
void gk_code_release(gk_code *code);
// Only of code that is ready.
int64_t gk_code_run(const gk_code *code, void **args, int64_t first, int64_t last);
// Whether the library has been opened.
int gk_compiler_is_open(void);
// "LLVM 19.1.7", opened by this call if it wasn't; NULL without one.
const char *gk_compiler_name(void);
// Nothing new is compiled from here on, as the program ends; 0: something is being compiled even now, and LLVM's destructors must
// not run beside it: _exit.
int gk_compiler_close(void);
// The only library to be looked for; before anything is asked for.
void gk_compiler_choose(const char *library_name);
// From here on nothing is compiled; whether that is so.
void gk_compiler_turn_off(void);
int gk_compiler_is_off(void);

// Kernels that such code calls, by the address.
#define GK_CALLED(X) \
  X(map_f32) X(map_f64) X(zip_f32) X(zip_f64) X(reduce_f32) X(reduce_f64) X(reduce_wide_f32) X(matmul_f32) X(matmul_f64)
#define GK_CALLED_CASE(name) GK_CALLED_##name __attribute__((swift_name(#name))),
typedef GK_ENUM { GK_CALLED(GK_CALLED_CASE) } gk_called;
void *gk_called_address(gk_called function);

// The widest registers in use, and whether a multiply-add rounds once there.
int gk_vector_bytes(void);
int gk_fuses(void);
// The vector level in use: "x86-64-v4", "x86-64-v3", "baseline" or "neon".
const char *gk_vector_level(void);

// Writes a number as printf does with "%.{precision}{kind}", kind one of e, f and g. The length of the text, which is cut
// where the place is too small.
int gk_format_number(char *to, int size, char kind, int precision, double value);

#endif
