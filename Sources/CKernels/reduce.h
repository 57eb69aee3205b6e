#ifndef GRADUS_REDUCE_H
#define GRADUS_REDUCE_H

#include <stddef.h>

float gk_run_sum_f32(const float *x, size_t n);
double gk_run_sum_f64(const double *x, size_t n);

#endif
