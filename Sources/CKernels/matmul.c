#define _POSIX_C_SOURCE 200809L

#include "dispatch.h"
#include "CKernels.h"
#include "transpose.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

// Products of any size by one kind of inner loop: a tile of c, a few rows by one or two vectors, kept in registers while
// k runs. Small products read a and b where they are. Large ones are cut into blocks that fit the caches and copied
// ("packed") into the order the tiles read them, after Goto and van de Geijn: Anatomy of high-performance matrix
// multiplication (ACM TOMS 2008). Packing also absorbs transposition and any other strides.

enum {
  MAX_ROWS = 12,              // of a tile
  BLOCK_K = 384,              // a packed strip of b, BLOCK_K by two vectors, is mostly in the first cache (as measured)
  CLOSE_K = 256,              // rows of a this long, if close together, are read where they are
  BLOCK_M = 240,              // a packed block of a, BLOCK_M by BLOCK_K, fits the second
  BLOCK_N = 2048,             // and one of b, BLOCK_K by BLOCK_N, the third
  DIRECT_BYTES = 24 << 10,    // a b of this size stays in the first cache as it is
  STACK_BYTES = 16 << 10,     // a packed b of this size goes on the stack
  CHUNK = 256,                // rows or columns one thread takes at a time
};

// Below this many multiplications waking the helper costs more than it gains.
static const double threaded_work = 128.0 * 128 * 128;

// What a thread packs into, kept between calls.
typedef struct {
  void *bytes;
  size_t size;
} buffer;

static _Thread_local buffer packing;
static pthread_key_t packing_key;
static pthread_once_t packing_once = PTHREAD_ONCE_INIT;

static void make_packing_key(void) { pthread_key_create(&packing_key, free); }

// At least size bytes, aligned to a cache line, or NULL.
static void *packing_buffer(size_t size) {
  if (packing.size < size) {
    pthread_once(&packing_once, make_packing_key);
    free(packing.bytes);
    packing = (buffer){NULL, 0};
    if (posix_memalign(&packing.bytes, 64, size) != 0) packing.bytes = NULL;
    else packing.size = size;
    // Only so that it is freed with the thread.
    pthread_setspecific(packing_key, packing.bytes);
  }
  return packing.bytes;
}

#define TEMPLATE "matmul_loops.h"
#include "levels.h"
