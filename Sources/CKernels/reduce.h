#ifndef GRADUS_REDUCE_H
#define GRADUS_REDUCE_H

#include <stddef.h>

#include "tiles.h"

// Rows, at most, that are added up one after another; of more the halves are.
enum { GK_SUMMED_ROWS = 64 };

// The sum of a contiguous run, also kept as a double, and of the squares. One of up to 1,024 elements, GK_TILE or more of them, is that of GK_TILE
// accumulators to which the elements were added in turn.
float gk_run_sum_f32(const float *x, size_t n);
double gk_run_sum_f64(const double *x, size_t n);
double gk_run_wide_sum_f32(const float *x, size_t n);
double gk_run_squares_f32(const float *x, size_t n);
// Adds a tile of floats, or of their squares (GK_NORM), to accumulators, which are doubles: (accumulators, x, accumulators).
gk_tile *gk_tile_onto_f32(gk_reduction op);

#endif
