#include "dispatch.h"

// Products with a matrix of which few entries are kept. The batch is innermost: each kept weight is a few vector
// multiply-adds, whatever the pattern.

// The part of a batch that is summed in registers.
enum { PART = 64 };

#define TEMPLATE "masked_loops.h"
#include "levels.h"
