#include "CKernels.h"

// Elements that all stages are done with before the next: short enough that arithmetic on what is in the first cache and
// loads from memory overlap, long enough for the vectors.
enum { PIECE = 256 };

static char *place(const gk_cursor *c, size_t row, size_t column, size_t from) {
  return c->base + row * c->row + column * c->column + from * c->step;
}

static size_t stride(const gk_cursor *c) { return c->step != 0; }

#define FLOAT(call) \
  if (s->from == GK_F32) { \
    typedef float T; \
    call(f32); \
  } else { \
    typedef double T; \
    call(f64); \
  } \
  break

// Instructions outside of fused steps make the same calls, each with the choice made beforehand: small steps would feel it.
static void run(const gk_stage *s, const void *a, const void *b, const void *c, void *y, size_t n) {
  size_t sa = stride(&s->a), sb = stride(&s->b), sc = stride(&s->c);
  switch (s->kind) {
#define CALL(type) gk_map_##type((gk_map)s->op, (const T *)a, (T *)y, n)
  case GK_STAGE_MAP: FLOAT(CALL);
#undef CALL
#define CALL(type) gk_zip_##type((gk_zip)s->op, (const T *)a, sa, (const T *)b, sb, (T *)y, n)
  case GK_STAGE_ZIP: FLOAT(CALL);
#undef CALL
#define CALL(type) gk_compare_##type((gk_comparison)s->op, (const T *)a, sa, (const T *)b, sb, (uint8_t *)y, n)
  case GK_STAGE_COMPARE: FLOAT(CALL);
#undef CALL
#define CALL(type) gk_test_##type((gk_test)s->op, (const T *)a, (uint8_t *)y, n)
  case GK_STAGE_TEST: FLOAT(CALL);
#undef CALL
#define CALL(type) gk_keep_##type((const uint8_t *)a, sa, (const T *)b, sb, (T *)y, n)
  case GK_STAGE_KEEP: FLOAT(CALL);
#undef CALL
  case GK_STAGE_SELECT:
    if (s->to == GK_B8) {
      gk_select_b8(a, sa, b, sb, c, sc, y, n);
      break;
    }
#define CALL(type) gk_select_##type((const uint8_t *)a, sa, (const T *)b, sb, (const T *)c, sc, (T *)y, n)
    FLOAT(CALL);
#undef CALL
  case GK_STAGE_LOGIC: gk_logic_b8((gk_logic)s->op, a, sa, b, sb, y, n); break;
  case GK_STAGE_NOT: gk_not_b8(a, y, n); break;
  case GK_STAGE_CONVERT: gk_convert(s->from, s->to, a, y, n); break;
  }
}

// All stages over the n elements of a strip; 0 where a guarded result isn't finite.
static int run_stages(const gk_fused *f, size_t row, size_t column, size_t n) {
  for (size_t from = 0; from < n; from += PIECE) {
    size_t piece = n - from < PIECE ? n - from : PIECE;
    for (const gk_stage *s = f->stages; s < f->stages + f->stage_count; s++) {
      if (s->rests && *s->rests) continue;
      void *y = place(&s->y, row, column, from);
      run(s, place(&s->a, row, column, from), place(&s->b, row, column, from), place(&s->c, row, column, from), y, piece);
      if (s->is_guarded && !(s->to == GK_F32 ? gk_all_finite_f32(y, piece) : gk_all_finite_f64(y, piece))) return 0;
    }
  }
  return 1;
}

static void finish(const gk_end *end, size_t number, size_t row, size_t column, size_t n) {
  const void *x = place(&end->x, row, column, 0);
  if (end->type == GK_F32) {
    gk_reduce_f32(GK_SUM, x, 1, n, 1, (float *)end->sums + number);
  } else if (end->type == GK_F64) {
    gk_reduce_f64(GK_SUM, x, 1, n, 1, (double *)end->sums + number);
  } else if (!*end->is_decided) {
    uint8_t truth;
    gk_reduce_b8(end->is_all ? GK_AND : GK_OR, x, 1, n, 1, &truth);
    if (truth == (end->is_all != 0)) return;
    *end->is_decided = 1;
    // Either thread may say so; both would say the same.
    *end->truth = truth;
  }
}

static void write_out(const gk_fused *f, int columns, size_t row, size_t rows) {
  for (const gk_stretched *s = f->stretched; s < f->stretched + f->stretched_count; s++) {
    if (s->is_column != columns) continue;
    const char *x = s->x + (columns ? row * s->width : 0);
    gk_copy_strided(s->width, x, (ptrdiff_t[]){columns, !columns}, (size_t[]){rows, f->columns}, 2, s->y);
  }
}

int gk_run_strips(const gk_fused *f, size_t first, size_t last) {
  write_out(f, 0, 0, f->rows_at_once < f->rows ? f->rows_at_once : f->rows);
  size_t per_row = f->rows_at_once ? 1 : (f->columns + f->strip - 1) / f->strip;
  for (size_t number = first; number < last && !gk_is_interrupted(); number++) {
    size_t row = number / per_row, column = number % per_row * f->strip, n = f->columns - column;
    if (f->rows_at_once) {
      row *= f->rows_at_once;
      size_t rows = f->rows - row < f->rows_at_once ? f->rows - row : f->rows_at_once;
      write_out(f, 1, row, rows);
      n *= rows;
    } else if (n > f->strip) {
      n = f->strip;
    }
    if (!run_stages(f, row, column, n)) return 0;
    for (const gk_end *end = f->ends; end < f->ends + f->end_count; end++) finish(end, number, row, column, n);
  }
  return 1;
}

#define JOIN(T, suffix) \
  T gk_join_##suffix(const T *sums, size_t n, size_t run) { \
    if (n <= run) return *sums; \
    size_t half = n / 2 / run * run; \
    if (half == 0) half = run; \
    return gk_join_##suffix(sums, half, run) + gk_join_##suffix(sums + half / run, n - half, run); \
  }
JOIN(float, f32)
JOIN(double, f64)
