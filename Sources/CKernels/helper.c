#define _POSIX_C_SOURCE 200809L

#include "CKernels.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

// The helper sleeps on a condition variable: spinning is ruinous where cores are shared.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static enum { UNTRIED, IDLE, ASKED, WORKING, UNAVAILABLE } state = UNTRIED;
static int owned;  // whether some caller has the helper

static void (*task_now)(void *, int);
static void *context_now;
static int count_now, next;

// Tasks are claimed one by one, so a late helper costs no more than the task it is at.
static void work(void) {
  for (;;) {
    int number = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED);
    if (number >= count_now) return;
    task_now(context_now, number);
  }
}

static void *help(void *unused) {
  pthread_mutex_lock(&mutex);
  for (;;) {
    while (state != ASKED) pthread_cond_wait(&changed, &mutex);
    state = WORKING;
    pthread_mutex_unlock(&mutex);
    work();
    pthread_mutex_lock(&mutex);
    state = IDLE;
    pthread_cond_broadcast(&changed);
  }
  return unused;
}

// A fork copies the state but not the helper: the child starts its own when it needs one.
static void forget(void) {
  pthread_mutex_init(&mutex, NULL);
  pthread_cond_init(&changed, NULL);
  state = UNTRIED;
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
  state = UNAVAILABLE;
  if (pthread_attr_init(&attributes) != 0) return;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  if (pthread_create(&thread, &attributes, help, NULL) == 0) state = IDLE;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
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
    __atomic_store_n(&next, 0, __ATOMIC_RELAXED);
    state = ASKED;
    pthread_cond_broadcast(&changed);
  }
  pthread_mutex_unlock(&mutex);
  if (!mine) {
    for (int i = 0; i < count; i++) task(context, i);
    return;
  }
  work();
  pthread_mutex_lock(&mutex);
  // Not even awake yet: nothing is left to do, so don't wait for it.
  if (state == ASKED) state = IDLE;
  while (state != IDLE) pthread_cond_wait(&changed, &mutex);
  owned = 0;
  pthread_mutex_unlock(&mutex);
}
