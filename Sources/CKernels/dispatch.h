#ifndef GRADUS_DISPATCH_H
#define GRADUS_DISPATCH_H

#include "CKernels.h"

#include <pthread.h>

// Vector levels are separate copies of the same loops, chosen by hand: target_clones would do it with ifuncs,
// which crash under the thread sanitizer.
enum { GK_LEVEL_BASE, GK_LEVEL_V3, GK_LEVEL_V4 };

// The level of this processor.
extern int gk_level;

extern int gk_processors;

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

// Work over elements `from` to `from + count` - 1, each by itself.
typedef void gk_range(void *context, size_t from, size_t count);
// All n of them, by several threads where n times the price of one pays for it; interrupts are seen between chunks.
void gk_run_ranges(gk_range *run, void *context, size_t n, double price);

// Prices of elements: one is read; little but memory is waited for; some tens of instructions of a vector; a call.
#define GK_READ_PRICE 0.25
#define GK_BRIEF_PRICE 0.5
#define GK_LONG_PRICE 4
#define GK_CALL_PRICE 40
// What such work reads and writes.
typedef struct {
  int op;
  const void *a, *b, *c;
  size_t sa, sb, sc;
  void *y;
  int is_odd;  // whether some of y isn't finite, for who looks
} gk_operands;
// After a range that is written by `run`, a piece at a time, each is looked at while it is in the first cache.
#define CHECKED_RANGE(name) \
  static void TYPED(checked_##name)(void *context, size_t from, size_t count) { \
    gk_operands *o = context; \
    for (size_t piece; count > 0; from += piece, count -= piece) { \
      piece = count < GK_BRIEF_RUN ? count : GK_BRIEF_RUN; \
      TYPED(name)(o, from, piece); \
      if (!__atomic_load_n(&o->is_odd, __ATOMIC_RELAXED) && !TYPED(gk_all_finite)((const T *)o->y + from, piece)) \
        __atomic_store_n(&o->is_odd, 1, __ATOMIC_RELAXED); \
    } \
  }
// Below so many elements nothing is shared, and nothing is asked.
enum { GK_BRIEF_RUN = 4096 };

#define ALWAYS_INLINE static inline __attribute__((always_inline))

// OpenBLAS may be called by several threads at once, but how many threads it takes itself may only be changed while nobody
// computes by it: whoever calls it reads, whoever changes that writes.
extern pthread_rwlock_t gk_library_lock;

#endif
