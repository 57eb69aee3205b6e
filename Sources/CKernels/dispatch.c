#include "dispatch.h"

#include <unistd.h>

volatile int gk_interrupted = 0;
volatile unsigned gk_left = 0;
_Thread_local unsigned gk_work = 0;
int gk_threads = 1;
int gk_processors = 1;
int gk_level = GK_LEVEL_BASE;

__attribute__((constructor)) static void look_at_machine(void) {
  gk_processors = (int)sysconf(_SC_NPROCESSORS_ONLN);
  gk_set_thread_count(gk_processors);
#ifdef __x86_64__
  __builtin_cpu_init();
  gk_level = __builtin_cpu_supports("x86-64-v4")   ? GK_LEVEL_V4
             : __builtin_cpu_supports("x86-64-v3") ? GK_LEVEL_V3
                                                   : GK_LEVEL_BASE;
#endif
}

#ifdef __x86_64__
int gk_vector_bytes(void) { return gk_level == GK_LEVEL_V4 ? 64 : gk_level == GK_LEVEL_V3 ? 32 : 16; }
int gk_fuses(void) { return gk_level != GK_LEVEL_BASE; }
#else
int gk_vector_bytes(void) { return 16; }
int gk_fuses(void) { return 1; }
#endif

const char *gk_vector_level(void) {
#ifdef __x86_64__
  switch (gk_level) {
  case GK_LEVEL_V4: return "x86-64-v4";
  case GK_LEVEL_V3: return "x86-64-v3";
  default: return "baseline";
  }
#else
  return "neon";
#endif
}
