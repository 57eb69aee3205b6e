#ifndef GRADUS_SPECIAL_H
#define GRADUS_SPECIAL_H

// Functions of doubles that libm lacks, or has with too few digits for all arguments: reached from the loops by a call.

double gk_erfinv(double x);
double gk_erfinv_slope(double x);
double gk_log_gamma(double x);
double gk_digamma(double x);
// The n-th derivative of the digamma function, n whole and from 1 to GK_LAST_POLYGAMMA; NaN for any other n.
double gk_polygamma(double n, double x);
#define GK_LAST_POLYGAMMA 40
// sin(πx) / (πx), and its derivative.
double gk_sinc(double x);
double gk_sinc_slope(double x);

#endif
