#ifndef GRADUS_LARGE_ANGLES_H
#define GRADUS_LARGE_ANGLES_H

// Sine, cosine and tangent of |x| >= 2^19, however large, infinite or NaN. libm's are off by up to 14 ulp where such an x
// is close to a multiple of π/2.
double gk_large_sin(double x);
double gk_large_cos(double x);
double gk_large_tan(double x);

#endif
