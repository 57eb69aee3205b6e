// Includes TEMPLATE for every level and element type, then once a type without LEVEL: there a template puts its
// public functions. Included once by a source file, which defines TEMPLATE before.
// VECTOR_BYTES: the widest register; FUSED: whether multiply-adds round once at no cost.

#define LEVEL base
#define VECTOR_BYTES 16
#ifdef __x86_64__
#define FUSED 0
#else
#define FUSED 1
#endif
#include "types.h"
#undef LEVEL
#undef VECTOR_BYTES
#undef FUSED

#ifdef __x86_64__
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define LEVEL v3
#define VECTOR_BYTES 32
#define FUSED 1
#include "types.h"
#undef LEVEL
#undef VECTOR_BYTES
#undef FUSED
#pragma clang attribute pop

// The tuning is for registers of 512 bits, which the generic one for this level avoids.
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4,tune=znver4"))), apply_to = function)
#define LEVEL v4
#define VECTOR_BYTES 64
#define FUSED 1
#include "types.h"
#undef LEVEL
#undef VECTOR_BYTES
#undef FUSED
#pragma clang attribute pop
#endif

#include "types.h"
