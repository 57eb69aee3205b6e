#ifndef GRADUS_DISPATCH_H
#define GRADUS_DISPATCH_H

#include "CKernels.h"

// Vector levels are separate copies of the same loops, chosen by hand: target_clones would do it with ifuncs,
// which crash under the thread sanitizer.
enum { GK_LEVEL_BASE, GK_LEVEL_V3, GK_LEVEL_V4 };

// The level of this processor.
extern int gk_level;

#define GK_JOIN_(a, b) a##_##b
#define GK_JOIN(a, b) GK_JOIN_(a, b)

// In a template (see levels.h): a function of the current element type and level, and of the current type alone.
#define NAME(f) GK_JOIN(GK_JOIN(f, TYPE), LEVEL)
#define TYPED(f) GK_JOIN(f, TYPE)

// The copy of f for this processor.
#ifdef __x86_64__
#define PICK(f) \
  (gk_level == GK_LEVEL_V4   ? GK_JOIN(TYPED(f), v4) \
   : gk_level == GK_LEVEL_V3 ? GK_JOIN(TYPED(f), v3) \
                             : GK_JOIN(TYPED(f), base))
#else
#define PICK(f) GK_JOIN(TYPED(f), base)
#endif

// Before a loop whose iterations touch different elements, or each only its own: without it the compiler checks for
// overlap, and an operation in place would take the scalar path.
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")

// Runs a call over n elements, count of them from `from` on at a time, so that an interrupt is seen between: a million take a
// few milliseconds.
enum { LONG_RUN = 1 << 20 };
#define IN_RUNS(n, call) \
  if ((n) <= LONG_RUN) { \
    const size_t from = 0, count = (n); \
    call; \
  } else { \
    for (size_t from = 0, count; from < (n) && !gk_is_interrupted(); from += count) { \
      count = (n) - from < LONG_RUN ? (n) - from : LONG_RUN; \
      call; \
    } \
  }

#define ALWAYS_INLINE static inline __attribute__((always_inline))

#endif
