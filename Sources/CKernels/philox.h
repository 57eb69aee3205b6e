#ifndef GRADUS_PHILOX_H
#define GRADUS_PHILOX_H

#include "dispatch.h"

// Philox 4x32-10, a counter-based generator: four random words are a function of a 64-bit key and a 128-bit counter.
// Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011), whose multipliers and key
// increments these are. Our counter is the number of the block of four words (low half) and of the draw (high half).
ALWAYS_INLINE void philox(uint64_t key, uint64_t block, uint64_t draw, uint32_t word[4]) {
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  uint32_t c0 = (uint32_t)block, c1 = (uint32_t)(block >> 32), c2 = (uint32_t)draw, c3 = (uint32_t)(draw >> 32);
#pragma clang loop unroll(full)
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  word[0] = c0;
  word[1] = c1;
  word[2] = c2;
  word[3] = c3;
}

#endif
