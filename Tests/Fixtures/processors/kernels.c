// What kernels make of seeded numbers, for a comparison of processors: a line each with kind, name, type and bytes, then the bytes.
#include "CKernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 4099, ROWS = 61, COLUMNS = 67 };  // 61 · 67 < 4099; none fills a vector

static void tell(const char *kind, const char *name, const char *type, const void *y, size_t bytes) {
  printf("%s %s %s %zu\n", kind, name, type, bytes);
  fwrite(y, 1, bytes, stdout);
  putchar('\n');
}

// Numbers of every size and both signs, and the ones at the edges; NaN has one pattern only.
#define FILL(T, name, edges) \
  static void name(T *x, uint64_t draw, T least, T most) { \
    double *u = malloc(COUNT * sizeof *u); \
    gk_uniform_f64(7, draw, u, COUNT); \
    for (int i = 0; i < COUNT; i++) x[i] = (T)(least + (most - least) * u[i]); \
    free(u); \
    const T edge[] = {0, -(T)0, 1, -1, (T)1e-30, (T)-1e30, __builtin_inf(), -__builtin_inf()}; \
    if (edges) memcpy(x + 100, edge, sizeof edge); \
  }
FILL(float, fill_f32, least < 0)
FILL(double, fill_f64, least < 0)

// A NaN's sign and payload are the processor's own.
#define CLEAN(T, name) \
  static void name(T *y, size_t n) { \
    for (size_t i = 0; i < n; i++) if (y[i] != y[i]) y[i] = (T)__builtin_nan(""); \
  }
CLEAN(float, clean_f32)
CLEAN(double, clean_f64)

#define WALK(T, S) \
  static void walk_##S(void) { \
    T *a = calloc(COUNT, sizeof *a), *b = calloc(COUNT, sizeof *b), *y = calloc(COUNT, sizeof *y); \
    double *wide = calloc(COUNT, sizeof *wide); \
    uint8_t *bits = calloc(COUNT, 1); \
    static const T spans[][2] = {{-3, 3}, {-80, 80}, {0, 1}, {1, 1000}}; \
    for (int op = 0; op < GK_MAP_COUNT; op++) { \
      for (int span = 0; span < 4; span++) { \
        fill_##S(a, span, spans[span][0], spans[span][1]); \
        gk_map_##S(op, a, y, COUNT); \
        clean_##S(y, COUNT); \
        tell("map", gk_map_name(op), #S, y, COUNT * sizeof *y); \
      } \
    } \
    fill_##S(a, 11, -5, 5); \
    fill_##S(b, 12, -4, 6); \
    for (int op = 0; op < GK_ZIP_COUNT; op++) { \
      gk_zip_##S(op, a, 1, b, 1, y, COUNT); \
      clean_##S(y, COUNT); \
      tell("zip", gk_zip_name(op), #S, y, COUNT * sizeof *y); \
    } \
    for (int op = 0; op < GK_COMPARISON_COUNT; op++) { \
      gk_compare_##S(op, a, 1, b, 1, bits, COUNT); \
      tell("compare", gk_comparison_name(op), #S, bits, COUNT); \
    } \
    for (int op = 0; op < GK_TEST_COUNT; op++) { \
      gk_test_##S(op, a, bits, COUNT); \
      tell("test", gk_test_name(op), #S, bits, COUNT); \
    } \
    fill_##S(a, 13, (T)0.5, 2); \
    for (int op = 0; op < GK_REDUCTION_COUNT; op++) { \
      const size_t shapes[][3] = {{1, COUNT, 1}, {ROWS, COLUMNS, 1}, {1, ROWS, COLUMNS}, {7, 11, 13}}; \
      for (int shape = 0; shape < 4; shape++) { \
        const size_t *s = shapes[shape]; \
        gk_reduce_##S(op, a, s[0], s[1], s[2], y); \
        tell("reduce", gk_reduction_name(op), #S, y, s[0] * s[2] * sizeof *y); \
        if (op == GK_NORM) continue; \
        gk_scan_##S(op, a, s[0], s[1], s[2], y); \
        tell("scan", gk_reduction_name(op), #S, y, s[0] * s[1] * s[2] * sizeof *y); \
      } \
    } \
    gk_argument_##S(1, a, ROWS, COLUMNS, 1, wide); \
    tell("argument", "max", #S, wide, ROWS * sizeof *wide); \
    gk_ranks_##S(0, a, ROWS, COLUMNS, 1, 0, COLUMNS, 1, y); \
    tell("ranks", "all", #S, y, ROWS * COLUMNS * sizeof *y); \
    gk_ranks_##S(1, a, 1, COUNT, 1, 5, 20, 0, y); \
    tell("ranks", "some", #S, y, 20 * sizeof *y); \
    gk_matmul_##S(a, 61, 1, b, 47, 1, y, 37, 61, 47); \
    clean_##S(y, 37 * 47); \
    tell("matmul", "plain", #S, y, 37 * 47 * sizeof *y); \
    gk_matmul_##S(a, 1, 37, b, 1, 61, y, 37, 61, 47); \
    clean_##S(y, 37 * 47); \
    tell("matmul", "transposed", #S, y, 37 * 47 * sizeof *y); \
    gk_uniform_##S(3, 5, y, COUNT); \
    tell("draw", "uniform", #S, y, COUNT * sizeof *y); \
    gk_normal_##S(3, 6, y, COUNT); \
    tell("draw", "normal", #S, y, COUNT * sizeof *y); \
    free(a), free(b), free(y), free(wide), free(bits); \
  }
WALK(float, f32)
WALK(double, f64)

int main(void) {
  gk_set_thread_count(1);
  walk_f32();
  walk_f64();
  return 0;
}
