#define _POSIX_C_SOURCE 200809L

#include "dispatch.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>

// Between the kernels of a step helpers look for the next task for a moment, which is far quicker than being woken; then
// they sleep on a condition variable: spinning for longer is ruinous where cores are shared.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t asked = PTHREAD_COND_INITIALIZER, done = PTHREAD_COND_INITIALIZER;
static int started;     // helpers that exist
static int is_hopeless; // whether another one couldn't be started
static int owned;       // whether some caller has the helpers
static int is_open;     // whether they may still join in what the caller asks for
// Written under the mutex, looked at without it too.
static unsigned lot;    // the number of what was asked for last
static int busy;        // helpers at work
static int looking;     // helpers that are about to look for a task

static void (*task_now)(void *, int);
static void *context_now;
static int count_now, claimed, behind;
static unsigned work_now; // what the caller is at

#define LOAD(place) __atomic_load_n(&place, __ATOMIC_RELAXED)
#define STORE(place, value) __atomic_store_n(&place, value, __ATOMIC_RELAXED)
#define ADD(place, value) __atomic_fetch_add(&place, value, __ATOMIC_RELAXED)

// Tasks are claimed one by one, so a late helper costs no more than the task it is at. The caller takes the first ones and
// helpers the last: what follows finds most of what it reads in the caches of the core that wrote it.
static void work(int is_helper) {
  for (int mine = 0; ADD(claimed, 1) < count_now; mine++)
    task_now(context_now, is_helper ? count_now - 1 - ADD(behind, 1) : mine);
}

// Some 100 microseconds, or until the number is, or isn't, this one; where there are more threads than processors, they would
// only keep each other from working.
static void look_at(const unsigned *number, unsigned value, int is_wanted) {
  if (gk_threads > gk_processors) return;
  for (int i = 0; i < 3000 && (__atomic_load_n(number, __ATOMIC_RELAXED) == value) != is_wanted; i++) {
#if defined __x86_64__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("isb");
#endif
  }
}

// What a helper is started with: its number among them.
static void *help(void *number) {
  int mine = (int)(ptrdiff_t)number;
  pthread_mutex_lock(&mutex);
  unsigned seen = lot - 1;
  for (;;) {
    while (lot == seen) pthread_cond_wait(&asked, &mutex);
    seen = lot;
    if (!is_open || mine >= gk_threads - 1) continue;
    ADD(busy, 1);
    gk_set_work(work_now);
    pthread_mutex_unlock(&mutex);
    work(1);
    pthread_mutex_lock(&mutex);
    if (ADD(busy, -1) == 1) pthread_cond_signal(&done);
    pthread_mutex_unlock(&mutex);
    ADD(looking, 1);
    look_at(&lot, seen, 0);
    ADD(looking, -1);
    pthread_mutex_lock(&mutex);
  }
  return NULL;
}

// A fork copies the state but not the helpers: the child starts its own when it needs some.
static void forget(void) {
  pthread_mutex_init(&mutex, NULL);
  pthread_cond_init(&asked, NULL);
  pthread_cond_init(&done, NULL);
  started = owned = is_open = busy = looking = 0;
}

static void start(int wanted) {
  static int registered;
  if (!registered) registered = pthread_atfork(NULL, NULL, forget) == 0;
  pthread_attr_t attributes;
  // Signals are for the thread that reads the terminal.
  sigset_t all, before;
  sigfillset(&all);
  if (pthread_attr_init(&attributes) != 0) return;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (pthread_t thread; started < wanted && !is_hopeless;) {
    is_hopeless = pthread_create(&thread, &attributes, help, (void *)(ptrdiff_t)started) != 0;
    if (!is_hopeless) started++;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
}

// What would have been worth sharing if a helper had been awake, in parts of what is worth waking it.
static _Thread_local double missed;

static _Thread_local double awake_part = GK_EAGER;

double gk_use_awake_helper(double part) {
  double before = awake_part;
  awake_part = part;
  return before;
}

int gk_is_worth_sharing(double work, double least) {
  if (gk_threads < 2 || !(work >= least * awake_part)) return 0;
  if (LOAD(looking) > 0) return 1;
  missed += work / least;
  if (missed < 1) return 0;
  missed = 0;
  return 1;
}

void gk_run_tasks(void (*task)(void *, int), void *context, int count) {
  pthread_mutex_lock(&mutex);
  int wanted = gk_threads - 1;
  int mine = !owned && wanted > 0 && count > 1;
  if (mine && started < wanted) start(wanted);
  mine = mine && started > 0;
  if (mine) {
    owned = is_open = 1;
    task_now = task;
    context_now = context;
    count_now = count;
    work_now = gk_work;
    STORE(claimed, 0);
    STORE(behind, 0);
    STORE(lot, lot + 1);
    pthread_cond_broadcast(&asked);
  }
  pthread_mutex_unlock(&mutex);
  if (!mine) {
    for (int i = 0; i < count; i++) task(context, i);
    return;
  }
  work(0);
  if (LOAD(busy) > 0) look_at((const unsigned *)&busy, 0, 1);
  pthread_mutex_lock(&mutex);
  // Who isn't even awake yet finds nothing left to do.
  is_open = 0;
  while (busy > 0) pthread_cond_wait(&done, &mutex);
  owned = 0;
  pthread_mutex_unlock(&mutex);
}

// Work over a range, in chunks.
typedef struct {
  gk_range *run;
  void *context;
  size_t n, chunk;
} chunks;

static void run_chunk(void *context, int number) {
  const chunks *c = context;
  size_t from = (size_t)number * c->chunk, rest = c->n - from;
  if (!gk_is_interrupted()) c->run(c->context, from, rest < c->chunk ? rest : c->chunk);
}

void gk_run_ranges(gk_range *run, void *context, size_t n, double price) {
  chunks all = {.run = run, .context = context, .n = n, .chunk = LONG_RUN};
  if (gk_is_worth_sharing((double)n * price, GK_SHARED_WORK)) {
    // A few for each thread, so that none waits long for the last one; whole pages of what is written.
    size_t share = n / ((size_t)gk_threads * 4) / 1024 * 1024 + 1024;
    if (share < LONG_RUN) all.chunk = share;
    gk_run_tasks(run_chunk, &all, (int)((n + all.chunk - 1) / all.chunk));
    return;
  }
  for (size_t from = 0; from < n && !gk_is_interrupted(); from += all.chunk)
    run(context, from, n - from < all.chunk ? n - from : all.chunk);
}

// A piece of memory that a thread keeps, unless it is large.
static const size_t most_kept = 32 << 20;
static _Thread_local struct {
  void *bytes;
  size_t size;
  int is_taken;
} kept;
static pthread_key_t kept_key;
static pthread_once_t kept_once = PTHREAD_ONCE_INIT;

static void make_kept_key(void) { pthread_key_create(&kept_key, free); }

void *gk_take_scratch(size_t bytes) {
  void *fresh = NULL;
  if (kept.is_taken || bytes > most_kept) return posix_memalign(&fresh, 64, bytes ? bytes : 1) == 0 ? fresh : NULL;
  if (kept.size < bytes) {
    pthread_once(&kept_once, make_kept_key);
    if (posix_memalign(&fresh, 64, bytes) != 0) return NULL;
    free(kept.bytes);
    kept.bytes = fresh;
    kept.size = bytes;
    // Only so that it is freed with the thread.
    pthread_setspecific(kept_key, fresh);
  }
  kept.is_taken = 1;
  return kept.bytes;
}

void gk_return_scratch(void *bytes) {
  if (bytes != NULL && bytes == kept.bytes) kept.is_taken = 0;
  else free(bytes);
}
