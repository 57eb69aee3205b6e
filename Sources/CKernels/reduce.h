#ifndef GRADUS_REDUCE_H
#define GRADUS_REDUCE_H

#include <stddef.h>

// The sum of a contiguous run. One of up to 1,024 elements, GK_TILE or more of them, is that of GK_TILE accumulators to which
// the elements were added in turn.
float gk_run_sum_f32(const float *x, size_t n);
double gk_run_sum_f64(const double *x, size_t n);

#endif
