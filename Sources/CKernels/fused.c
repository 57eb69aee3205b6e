#include "CKernels.h"
#include "reduce.h"
#include "tiles.h"

#include <string.h>

// Elements that all stages are done with before the next where some stage isn't brief: short enough that arithmetic on what is
// in the first cache and loads from memory overlap, long enough for the vectors.
enum { PIECE = 256 };

static char *place(const gk_cursor *c, size_t row, size_t column) {
  return c->base + row * c->row + column * c->column;
}

static char *at(const gk_cursor *c, size_t from) { return c->at + from * c->advance; }

static size_t stride(const gk_cursor *c) { return c->step != 0; }

static size_t width(gk_type type) { return type == GK_F32 ? sizeof(float) : sizeof(double); }

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
static void run(const gk_stage *s, size_t from, size_t n) {
  const void *a = at(&s->a, from), *b = at(&s->b, from), *c = at(&s->c, from);
  void *y = at(&s->y, from);
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

// From this many elements on they come from memory, below from a cache; there tiles only mean more calls.
static const size_t least_in_memory = 1 << 19;

// Stages and ends, at most, that are run by tiles.
enum { MOST_CALLS = 32 };

// Notes the tiles of brief stages; 0 if none are to be used.
static int find_tiles(const gk_fused *f) {
  if (f->rows * f->columns < least_in_memory || f->stage_count + f->end_count > MOST_CALLS) return 0;
  for (gk_stage *s = f->stages; s < f->stages + f->stage_count; s++) {
    int single = s->from == GK_F32;
    s->tile = NULL;
    if (s->is_guarded) continue;
    if (s->kind == GK_STAGE_MAP) s->tile = (single ? gk_map_tile_f32 : gk_map_tile_f64)((gk_map)s->op);
    if (s->kind == GK_STAGE_ZIP)
      s->tile = (single ? gk_zip_tile_f32 : gk_zip_tile_f64)((gk_zip)s->op, stride(&s->a), stride(&s->b));
  }
  return 1;
}

static int is_resting(const gk_stage *s) { return s->rests && *s->rests; }

// What the stages and ends of a strip come to: few calls, and few pointers that move from tile to tile.
typedef struct {
  struct call {
    gk_tile *tile;
    char *a, *b, *y;
  } calls[MOST_CALLS];
  struct move {
    char **pointer;
    size_t bytes;
  } moves[3 * MOST_CALLS];
  struct call *last_call;
  struct move *last_move;
} tile_loop;

// Whether all that isn't resting has a tile.
static int goes_by_tiles(const gk_fused *f) {
  for (const gk_stage *s = f->stages; s < f->stages + f->stage_count; s++)
    if (!s->tile && !is_resting(s)) return 0;
  for (const gk_end *end = f->ends; end < f->ends + f->end_count; end++)
    if (end->type == GK_B8 && !*end->is_decided) return 0;
  return 1;
}

static void set(tile_loop *loop, char **pointer, const gk_cursor *c) {
  *pointer = c->at;
  if (c->advance != 0) *loop->last_move++ = (struct move){pointer, c->advance * GK_TILE};
}

static void add_call(tile_loop *loop, gk_tile *tile, const gk_cursor *a, const gk_cursor *b, const gk_cursor *y) {
  struct call *call = loop->last_call++;
  call->tile = tile;
  set(loop, &call->a, a);
  set(loop, &call->b, b);
  set(loop, &call->y, y);
}

static void run_tiles(const gk_fused *f, size_t count) {
  tile_loop loop;
  loop.last_call = loop.calls;
  loop.last_move = loop.moves;
  for (const gk_stage *s = f->stages; s < f->stages + f->stage_count; s++)
    if (!is_resting(s)) add_call(&loop, s->tile, &s->a, &s->b, &s->y);
  for (const gk_end *end = f->ends; end < f->ends + f->end_count; end++) {
    gk_cursor sums = {.at = end->accumulators, .advance = f->sums_columns ? width(end->kept) : 0};
    if (end->type != GK_B8) add_call(&loop, end->add, &sums, &end->x, &sums);
  }
  for (; count > 0; count--) {
    for (const struct call *call = loop.calls; call < loop.last_call; call++) call->tile(call->a, call->b, call->y);
    for (const struct move *move = loop.moves; move < loop.last_move; move++) *move->pointer += move->bytes;
  }
}

static int is_finite(const gk_stage *s, const void *y, size_t n) {
  return s->to == GK_F32 ? gk_all_finite_f32(y, n) : gk_all_finite_f64(y, n);
}

// Notes which results of a strip of n elements aren't finite.
static void note(const gk_fused *f, size_t n) {
  for (const gk_stage *s = f->stages; s < f->stages + f->stage_count; s++)
    if (s->odd && !__atomic_load_n(s->odd, __ATOMIC_RELAXED) && !is_finite(s, s->y.at, n))
      __atomic_store_n(s->odd, 1, __ATOMIC_RELAXED);
}

// All stages over n elements of a strip; 0 where a guarded result isn't finite.
static int run_stages(const gk_fused *f, size_t from, size_t n) {
  for (const gk_stage *s = f->stages; s < f->stages + f->stage_count; s++) {
    if (is_resting(s)) continue;
    run(s, from, n);
    if (s->is_guarded && !is_finite(s, at(&s->y, from), n)) return 0;
  }
  return 1;
}

// Adds n elements to accumulators, the same ones for all tiles or each column to its own.
static void accumulate(const gk_end *end, const char *x, char *sums, size_t n, int are_columns) {
  size_t from = width(end->type), to = are_columns ? width(end->kept) : 0;
  for (; n >= GK_TILE; n -= GK_TILE, x += GK_TILE * from, sums += GK_TILE * to) end->add(sums, x, sums);
  if (n == 0) return;
  // Behind the last column lies what isn't to be read.
  double last[GK_TILE] = {0};
  memcpy(last, x, n * from);
  end->add(sums, last, sums);
}

// What the ends make of n elements, which are added to the accumulators of sums tile by tile.
static void run_ends(const gk_fused *f, size_t from, size_t n, int is_whole) {
  for (const gk_end *end = f->ends; end < f->ends + f->end_count; end++) {
    const char *x = at(&end->x, from);
    if (end->type != GK_B8) {
      if (is_whole) continue;
      accumulate(end, x, (char *)end->accumulators + (f->sums_columns ? from * width(end->kept) : 0), n, f->sums_columns);
    } else if (!*end->is_decided) {
      uint8_t truth;
      gk_reduce_b8(end->is_all ? GK_AND : GK_OR, (const uint8_t *)x, 1, n, 1, &truth);
      if (truth == (end->is_all != 0)) continue;
      *end->is_decided = 1;
      // Either thread may say so; both would say the same.
      *end->truth = truth;
    }
  }
}

// The sums of a strip of n elements, from these if it is summed as a whole, else from the accumulators.
static void write_sums(const gk_fused *f, size_t number, size_t n, int is_whole) {
  for (const gk_end *end = f->ends; end < f->ends + f->end_count; end++) {
    if (end->type == GK_B8) continue;
    const void *x = end->x.at;
    if (end->kept == GK_F32)
      ((float *)end->sums)[number] = gk_run_sum_f32(is_whole ? x : end->accumulators, is_whole ? n : GK_TILE);
    else
      ((double *)end->sums)[number] = !is_whole              ? gk_run_sum_f64(end->accumulators, GK_TILE)
                                      : end->type == GK_F64  ? gk_run_sum_f64(x, n)
                                      : end->op == GK_NORM   ? gk_run_squares_f32(x, n)
                                                             : gk_run_wide_sum_f32(x, n);
  }
}

// Where a strip begins.
static void seek(const gk_fused *f, size_t row, size_t column) {
  for (gk_stage *s = f->stages; s < f->stages + f->stage_count; s++) {
    s->a.at = place(&s->a, row, column);
    s->b.at = place(&s->b, row, column);
    s->c.at = place(&s->c, row, column);
    s->y.at = place(&s->y, row, column);
  }
  for (gk_end *end = f->ends; end < f->ends + f->end_count; end++) {
    end->x.at = place(&end->x, row, column);
    if (f->sums_columns) continue;
    // Added to anything, -0 leaves it as it is.
    for (size_t i = 0; i < GK_TILE; i++) {
      if (end->kept == GK_F32) ((float *)end->accumulators)[i] = -0.0f;
      else if (end->kept == GK_F64) ((double *)end->accumulators)[i] = -0.0;
    }
  }
}

static int run_strip(const gk_fused *f, size_t number, size_t n, int has_tiles) {
  // The sum of a short run is of all its elements at once.
  int is_whole = n < f->strip && f->end_count > 0 && !f->sums_columns;
  size_t from = 0, piece = is_whole ? n : PIECE;
  if (has_tiles && !is_whole && goes_by_tiles(f)) {
    run_tiles(f, n / GK_TILE);
    from = n / GK_TILE * GK_TILE;
  }
  for (; from < n; from += piece) {
    size_t count = n - from < piece ? n - from : piece;
    if (!run_stages(f, from, count)) return 0;
    run_ends(f, from, count, is_whole);
  }
  if (!f->sums_columns) write_sums(f, number, n, is_whole);
  note(f, n);
  return 1;
}

static void write_out(const gk_fused *f, int columns, size_t row, size_t rows) {
  for (const gk_stretched *s = f->stretched; s < f->stretched + f->stretched_count; s++) {
    if (s->is_column != columns) continue;
    const char *x = s->x + (columns ? row * s->width : 0);
    gk_copy_strided(s->width, x, (ptrdiff_t[]){columns, !columns}, (size_t[]){rows, f->columns}, 2, s->y);
  }
}

static void find_additions(const gk_fused *f) {
  for (gk_end *end = f->ends; end < f->ends + f->end_count; end++)
    end->add = end->kept == GK_F32   ? gk_zip_tile_f32(GK_ADD, 1, 1)
               : end->type == GK_F32 ? gk_tile_onto_f32(end->op)
                                     : gk_zip_tile_f64(GK_ADD, 1, 1);
}

int gk_run_strips(const gk_fused *f, size_t first, size_t last) {
  int has_tiles = find_tiles(f);
  find_additions(f);
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
    seek(f, row, column);
    if (!run_strip(f, number, n, has_tiles)) return 0;
  }
  return 1;
}

size_t gk_column_levels(size_t rows) {
  size_t levels = 0;
  for (; rows > GK_SUMMED_ROWS; rows -= rows / 2) levels++;
  return levels;
}

// Accumulators of so many rows' halves.
static void move_accumulators(const gk_fused *f, ptrdiff_t levels) {
  for (gk_end *end = f->ends; end < f->ends + f->end_count; end++)
    end->accumulators = (char *)end->accumulators + levels * (ptrdiff_t)(f->strip * sizeof(double));
}

static void clear_accumulators(const gk_fused *f) {
  for (gk_end *end = f->ends; end < f->ends + f->end_count; end++)
    if (end->type != GK_B8) memset(end->accumulators, 0, f->strip * width(end->kept));
}

static void join_accumulators(const gk_fused *f, size_t n) {
  for (gk_end *end = f->ends; end < f->ends + f->end_count; end++) {
    void *left = end->accumulators, *right = (char *)left + f->strip * sizeof(double);
    if (end->type == GK_B8) continue;
    if (end->kept == GK_F32) gk_zip_f32(GK_ADD, left, 1, right, 1, left, n);
    else gk_zip_f64(GK_ADD, left, 1, right, 1, left, n);
  }
}

// The stages over n columns of some rows, and what they add up to in the accumulators.
static int run_rows(const gk_fused *f, size_t row, size_t rows, size_t column, size_t n, int has_tiles) {
  if (rows > GK_SUMMED_ROWS) {
    size_t half = rows / 2;
    if (!run_rows(f, row, half, column, n, has_tiles)) return 0;
    move_accumulators(f, 1);
    int is_finite = run_rows(f, row + half, rows - half, column, n, has_tiles);
    move_accumulators(f, -1);
    join_accumulators(f, n);
    return is_finite;
  }
  clear_accumulators(f);
  for (size_t last = row + rows; row < last && !gk_is_interrupted(); row++) {
    seek(f, row, column);
    if (!run_strip(f, 0, n, has_tiles)) return 0;
  }
  return 1;
}

static void write_columns(const gk_fused *f, size_t column, size_t n) {
  for (const gk_end *end = f->ends; end < f->ends + f->end_count; end++) {
    if (end->type == GK_B8) continue;
    if (end->op == GK_NORM) gk_map_f64(GK_SQRT, end->accumulators, end->accumulators, n);
    gk_convert(end->kept, end->to, end->accumulators, (char *)end->sums + column * width(end->to), n);
  }
}

int gk_run_columns(const gk_fused *f, size_t first, size_t last) {
  int has_tiles = find_tiles(f);
  find_additions(f);
  for (size_t number = first; number < last && !gk_is_interrupted(); number++) {
    size_t column = number * f->strip, n = f->columns - column < f->strip ? f->columns - column : f->strip;
    if (!run_rows(f, 0, f->rows, column, n, has_tiles)) return 0;
    write_columns(f, column, n);
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
