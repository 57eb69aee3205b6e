// How much of a thread's stack is left.
#ifdef __linux__
#define _GNU_SOURCE
#endif
#include "CKernels.h"
#include <pthread.h>
#include <stdint.h>
#include <sys/resource.h>

// The address below which the calling thread's stack is short; 0 until it has been asked for.
static _Thread_local uintptr_t shortage = 0;

static uintptr_t ask_shortage(void) {
  pthread_t self = pthread_self();
  uintptr_t lowest = 0;
  size_t size = 0;
#ifdef __APPLE__
  size = pthread_get_stacksize_np(self);
  lowest = (uintptr_t)pthread_get_stackaddr_np(self) - size;
#else
  pthread_attr_t attributes;
  void *address = 0;
  if (pthread_getattr_np(self, &attributes) != 0) return 1;
  pthread_attr_getstack(&attributes, &address, &size);
  pthread_attr_destroy(&attributes);
  lowest = (uintptr_t)address;
#endif
  return lowest + (size / 4 < (1 << 20) ? size / 4 : (1 << 20));
}

int gk_stack_is_short(void) {
  if (!shortage) shortage = ask_shortage();
  // The frame's own address: a sanitizer may keep variables elsewhere.
  return (uintptr_t)__builtin_frame_address(0) < shortage;
}

void gk_raise_stack_limit(void) {
#ifdef __linux__
  // Nothing is mapped within 128 MB below the top of a process's first stack.
  const rlim_t wanted = (rlim_t)120 << 20;
  struct rlimit limit;
  if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wanted ? wanted : limit.rlim_max;
  if (setrlimit(RLIMIT_STACK, &limit) == 0) shortage = 0;
#endif
}
