// Decimal numbers in text, rounded as IEEE 754 has it.
#ifndef GRADUS_DECIMAL_H
#define GRADUS_DECIMAL_H

#include "dispatch.h"

// What was read: a value, and how it was written.
typedef struct {
  double value;
  // Written with digits alone, neither a point nor an exponent.
  int is_whole;
  // A whole number that float64 would round.
  int is_rounded;
} gk_decimal;

// m * 10^e for m below 2^64: by one multiplication or division of exact doubles, or by 128 bits of the power.
double gk_scaled(uint64_t m, int64_t e);

// A number that 64 bits don't hold, between two places.
int gk_long_decimal(const char *from, const char *to, char point, gk_decimal *y);

#endif
