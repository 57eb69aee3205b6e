#define _POSIX_C_SOURCE 200809L

#include "CKernels.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

// Between the kernels of a step the helper looks for the next task for a moment, which is far quicker than being woken;
// then it sleeps on a condition variable: spinning for longer is ruinous where cores are shared.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static enum state { UNTRIED, IDLE, ASKED, WORKING, UNAVAILABLE } state = UNTRIED;
// Written under the mutex, looked at without it too.
static void become(enum state now) { __atomic_store_n(&state, now, __ATOMIC_RELAXED); }
static int owned;    // whether some caller has the helper
static int looking;  // whether the helper is about to look for a task

static void (*task_now)(void *, int);
static void *context_now;
static int count_now, claimed;
static unsigned work_now; // what the caller is at

// Tasks are claimed one by one, so a late helper costs no more than the task it is at. The caller takes the first ones and
// the helper the last: what follows finds most of what it reads in the caches of the core that wrote it.
static void work(int is_helper) {
  for (int mine = 0; __atomic_fetch_add(&claimed, 1, __ATOMIC_RELAXED) < count_now; mine++)
    task_now(context_now, is_helper ? count_now - 1 - mine : mine);
}

// Some 100 microseconds, or until the state is the wanted one.
static void look_for(enum state wanted) {
  for (int i = 0; i < 3000 && __atomic_load_n(&state, __ATOMIC_RELAXED) != wanted; i++) {
#if defined __x86_64__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("isb");
#endif
  }
}

static void *help(void *unused) {
  pthread_mutex_lock(&mutex);
  for (;;) {
    pthread_mutex_unlock(&mutex);
    __atomic_store_n(&looking, 1, __ATOMIC_RELAXED);
    look_for(ASKED);
    __atomic_store_n(&looking, 0, __ATOMIC_RELAXED);
    pthread_mutex_lock(&mutex);
    while (state != ASKED) pthread_cond_wait(&changed, &mutex);
    become(WORKING);
    gk_set_work(work_now);
    pthread_mutex_unlock(&mutex);
    work(1);
    pthread_mutex_lock(&mutex);
    become(IDLE);
    pthread_cond_broadcast(&changed);
  }
  return unused;
}

// A fork copies the state but not the helper: the child starts its own when it needs one.
static void forget(void) {
  pthread_mutex_init(&mutex, NULL);
  pthread_cond_init(&changed, NULL);
  become(UNTRIED);
  owned = 0;
}

static void start(void) {
  static int registered;
  if (!registered) registered = pthread_atfork(NULL, NULL, forget) == 0;
  pthread_attr_t attributes;
  pthread_t thread;
  // Signals are for the thread that reads the terminal.
  sigset_t all, before;
  sigfillset(&all);
  become(UNAVAILABLE);
  if (pthread_attr_init(&attributes) != 0) return;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  if (pthread_create(&thread, &attributes, help, NULL) == 0) become(IDLE);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
}

// What would have been worth two threads if the helper had been awake, in parts of what is worth waking it.
static _Thread_local double missed;

static _Thread_local double awake_part = GK_EAGER;

void gk_use_awake_helper(double part) { awake_part = part; }

int gk_is_worth_two(double work, double least) {
  if (gk_threads < 2 || !(work >= least * awake_part)) return 0;
  if (__atomic_load_n(&looking, __ATOMIC_RELAXED)) return 1;
  missed += work / least;
  if (missed < 1) return 0;
  missed = 0;
  return 1;
}

void gk_run_tasks(void (*task)(void *, int), void *context, int count) {
  pthread_mutex_lock(&mutex);
  if (state == UNTRIED) start();
  int mine = state == IDLE && !owned;
  if (mine) {
    owned = 1;
    task_now = task;
    context_now = context;
    count_now = count;
    work_now = gk_work;
    __atomic_store_n(&claimed, 0, __ATOMIC_RELAXED);
    become(ASKED);
    pthread_cond_broadcast(&changed);
  }
  pthread_mutex_unlock(&mutex);
  if (!mine) {
    for (int i = 0; i < count; i++) task(context, i);
    return;
  }
  work(0);
  if (__atomic_load_n(&state, __ATOMIC_RELAXED) == WORKING) look_for(IDLE);
  pthread_mutex_lock(&mutex);
  // Not even awake yet: nothing is left to do, so don't wait for it.
  if (state == ASKED) become(IDLE);
  while (state != IDLE) pthread_cond_wait(&changed, &mutex);
  owned = 0;
  pthread_mutex_unlock(&mutex);
}
