#include "include/CKernels.h"

#include <string.h>

static uint64_t turned(uint64_t x, int bits) { return x << bits | x >> (64 - bits); }

/* Four lanes, so that memory is what it waits for. It finds damage, it does not withstand forgery. */
uint64_t gk_checksum(const void *bytes, size_t count) {
  static const uint64_t odd = 0x9E3779B97F4A7C15u, other = 0xC2B2AE3D27D4EB4Fu;
  const unsigned char *at = bytes;
  uint64_t lanes[4] = {odd, other, ~odd, ~other};
  size_t left = count;
  for (; left >= 32; left -= 32, at += 32) {
    uint64_t words[4];
    memcpy(words, at, 32);
    for (int i = 0; i < 4; i++) lanes[i] = turned(lanes[i] ^ words[i], 29) * odd;
  }
  unsigned char rest[32] = {0};
  if (left > 0) memcpy(rest, at, left);
  uint64_t words[4], sum = count * other;
  memcpy(words, rest, 32);
  for (int i = 0; i < 4; i++) sum = turned((sum ^ lanes[i] ^ turned(words[i], 17 + i)) * odd, 31) + other;
  sum = (sum ^ sum >> 33) * odd;
  return sum ^ sum >> 29;
}
