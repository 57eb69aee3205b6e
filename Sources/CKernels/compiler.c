#define _GNU_SOURCE

#include "dispatch.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

// LLVM, opened when code is first asked for, on a thread that does nothing else: opening takes tens of milliseconds, and a
// compilation some more. What goes wrong makes code that never comes; nothing is printed, and nobody waits.

typedef void *ref;
// From LLVM's C API, unchanged from 15 to 22; a Bool is 0 where all is well, an Error is NULL.
#define FUNCTIONS(X) \
  X(ref, LLVMContextCreate, void) \
  X(void, LLVMContextDispose, ref) \
  X(void, LLVMContextSetDiagnosticHandler, ref, void (*)(ref, void *), void *) \
  X(ref, LLVMCreateMemoryBufferWithMemoryRangeCopy, const char *, size_t, const char *) \
  X(int, LLVMParseIRInContext, ref, ref, ref *, char **) \
  X(int, LLVMVerifyModule, ref, int, char **) \
  X(void, LLVMDisposeModule, ref) \
  X(void, LLVMDisposeMessage, char *) \
  X(char *, LLVMGetDefaultTargetTriple, void) \
  X(char *, LLVMGetHostCPUName, void) \
  X(char *, LLVMGetHostCPUFeatures, void) \
  X(int, LLVMGetTargetFromTriple, const char *, ref *, char **) \
  X(ref, LLVMCreateTargetMachine, ref, const char *, const char *, const char *, int, int, int) \
  X(ref, LLVMCreateTargetDataLayout, ref) \
  X(void, LLVMSetModuleDataLayout, ref, ref) \
  X(void, LLVMDisposeTargetData, ref) \
  X(void, LLVMSetTarget, ref, const char *) \
  X(ref, LLVMCreatePassBuilderOptions, void) \
  X(void, LLVMDisposePassBuilderOptions, ref) \
  X(ref, LLVMRunPasses, ref, const char *, ref, ref) \
  X(int, LLVMTargetMachineEmitToMemoryBuffer, ref, ref, int, char **, ref *) \
  X(char *, LLVMGetErrorMessage, ref) \
  X(void, LLVMDisposeErrorMessage, char *) \
  X(ref, LLVMOrcCreateLLJITBuilder, void) \
  X(void, LLVMOrcLLJITBuilderSetJITTargetMachineBuilder, ref, ref) \
  X(ref, LLVMOrcJITTargetMachineBuilderCreateFromTargetMachine, ref) \
  X(ref, LLVMOrcCreateLLJIT, ref *, ref) \
  X(ref, LLVMOrcLLJITGetMainJITDylib, ref) \
  X(ref, LLVMOrcLLJITGetExecutionSession, ref) \
  X(void, LLVMOrcExecutionSessionSetErrorReporter, ref, void (*)(void *, ref), void *) \
  X(ref, LLVMOrcJITDylibCreateResourceTracker, ref) \
  X(ref, LLVMOrcResourceTrackerRemove, ref) \
  X(void, LLVMOrcReleaseResourceTracker, ref) \
  X(ref, LLVMOrcLLJITAddObjectFileWithRT, ref, ref, ref) \
  X(ref, LLVMOrcLLJITLookup, ref, uint64_t *, const char *)

static struct {
#define FIELD(result, function, ...) result (*function)(__VA_ARGS__);
  FUNCTIONS(FIELD)
#undef FIELD
} llvm;

enum { RETURN_STATUS = 2, OBJECT_FILE = 1, OPTIMISED = 2, POSITION_INDEPENDENT = 2, SMALL_MODEL = 3 };

#ifdef __x86_64__
#define TARGET "X86"
#else
#define TARGET "AArch64"
#endif

// Newest first. 14 has no opaque pointers; 17 only works where its symbols are everybody's.
static const char *const names[] = {
#ifdef __APPLE__
    "/opt/homebrew/opt/llvm/lib/libLLVM.dylib", "/usr/local/opt/llvm/lib/libLLVM.dylib",
#else
    "libLLVM.so.22.1",  "libLLVM.so.21.1",  "libLLVM.so.20.1", "libLLVM.so.19.1", "libLLVM.so.18.1",
    "libLLVM-16.so.1", "libLLVM-15.so.1",
#endif
};

// Guards the library's state; held while it is opened and while it compiles.
static pthread_mutex_t library = PTHREAD_MUTEX_INITIALIZER;
static enum { UNTRIED, OPEN, MISSING } opened;
static const char *chosen; // the only name to be tried, if there is one
static char name[64];
static char *triple;
static ref machine, jit;

struct gk_code {
  struct gk_code *next; // of all that are kept, the one used last first; of those that wait, in their order
  struct gk_code *next_waiting;
  char *text;
  size_t length;
  uint64_t sum;
  int users, state;
  void *function;
  ref tracker;
};

// Guards what is asked for.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t asked = PTHREAD_COND_INITIALIZER, done = PTHREAD_COND_INITIALIZER;
static gk_code *kept, *first_waiting, **last_waiting = &first_waiting;
static int has_thread, is_at_work, is_closing;
// In a child of fork, or under a sanitizer, nothing is compiled.
#if defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef SANITIZED
static int is_off = 1;
#else
static int is_off = 0;
#endif

enum { MOST_KEPT = 64 };

// Without these LLVM would print, and a diagnostic would end the process.
static void hear(ref diagnostic, void *context) { (void)diagnostic, (void)context; }
static void forget_error(void *context, ref error) {
  (void)context;
  if (error != NULL) llvm.LLVMDisposeErrorMessage(llvm.LLVMGetErrorMessage(error));
}
static int is_well(ref error) {
  forget_error(NULL, error);
  return error == NULL;
}

// Whether a library has all that is needed, with a compiler for this machine.
static int is_fit(void *handle) {
#define LOOK(result, function, ...) \
  if ((llvm.function = (result(*)(__VA_ARGS__))dlsym(handle, #function)) == NULL) return 0;
  FUNCTIONS(LOOK)
#undef LOOK
  static const char *const starts[] = {"LLVMInitialize" TARGET "TargetInfo", "LLVMInitialize" TARGET "Target",
                                       "LLVMInitialize" TARGET "TargetMC", "LLVMInitialize" TARGET "AsmPrinter"};
  for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
    void (*start)(void) = (void (*)(void))dlsym(handle, starts[i]);
    if (start == NULL) return 0;
    start();
  }
  unsigned major = 15, minor = 0, patch = 0;
  // From 16 on it can be asked.
  void (*version)(unsigned *, unsigned *, unsigned *) = (void (*)(unsigned *, unsigned *, unsigned *))dlsym(handle, "LLVMGetVersion");
  if (version != NULL) version(&major, &minor, &patch);
  if (major < 15 || major == 17) return 0;
  char *message = NULL;
  ref target = NULL, builder = NULL;
  triple = llvm.LLVMGetDefaultTargetTriple();
  if (llvm.LLVMGetTargetFromTriple(triple, &target, &message) != 0) {
    llvm.LLVMDisposeMessage(message);
    return 0;
  }
  char *processor = llvm.LLVMGetHostCPUName(), *features = llvm.LLVMGetHostCPUFeatures();
  machine = llvm.LLVMCreateTargetMachine(target, triple, processor, features, OPTIMISED, POSITION_INDEPENDENT, SMALL_MODEL);
  ref own = llvm.LLVMCreateTargetMachine(target, triple, processor, features, OPTIMISED, POSITION_INDEPENDENT, SMALL_MODEL);
  llvm.LLVMDisposeMessage(processor);
  llvm.LLVMDisposeMessage(features);
  if (machine == NULL || own == NULL) return 0;
  builder = llvm.LLVMOrcCreateLLJITBuilder();
  llvm.LLVMOrcLLJITBuilderSetJITTargetMachineBuilder(builder, llvm.LLVMOrcJITTargetMachineBuilderCreateFromTargetMachine(own));
  if (!is_well(llvm.LLVMOrcCreateLLJIT(&jit, builder))) return 0;
  llvm.LLVMOrcExecutionSessionSetErrorReporter(llvm.LLVMOrcLLJITGetExecutionSession(jit), forget_error, NULL);
  if (version != NULL) snprintf(name, sizeof name, "LLVM %u.%u.%u", major, minor, patch);
  else snprintf(name, sizeof name, "LLVM %u", major);
  return 1;
}

// What is under way is brought to its end before LLVM's own destructors run: those that were there when this was registered. What
// LLVM makes while it compiles is gone before; a program that is at its end asks gk_compiler_close.
static void close_down(void) {
  pthread_mutex_lock(&mutex);
  is_closing = 1;
  struct timespec limit;
  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += 2;
  while (is_at_work && pthread_cond_timedwait(&done, &mutex, &limit) == 0) {}
  pthread_mutex_unlock(&mutex);
}

int gk_compiler_close(void) {
  pthread_mutex_lock(&mutex);
  is_closing = 1;
  int is_idle = !is_at_work;
  pthread_mutex_unlock(&mutex);
  return is_idle;
}

// Whether there is a compiler; the caller has the library.
static int open_library(void) {
  if (opened == UNTRIED) {
    opened = MISSING;
    for (size_t i = 0; i < sizeof names / sizeof *names && opened == MISSING; i++) {
      if (chosen != NULL && strcmp(chosen, names[i]) != 0) continue;
      // Its symbols stay its own: a plugin may bring another one along. What was opened stays, for its destructors' sake.
      void *handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
      if (handle != NULL && is_fit(handle)) opened = OPEN;
    }
    if (opened == OPEN) atexit(close_down);
  }
  return opened == OPEN;
}

// Parsed, checked, and turned into an object file; NULL where anything is wrong.
static ref object_file(const gk_code *code) {
  ref context = llvm.LLVMContextCreate(), module = NULL, object = NULL;
  char *message = NULL;
  llvm.LLVMContextSetDiagnosticHandler(context, hear, NULL);
  ref text = llvm.LLVMCreateMemoryBufferWithMemoryRangeCopy(code->text, code->length, "gradus");
  int is_bad = llvm.LLVMParseIRInContext(context, text, &module, &message);
  if (!is_bad) {
    ref layout = llvm.LLVMCreateTargetDataLayout(machine);
    llvm.LLVMSetModuleDataLayout(module, layout);
    llvm.LLVMDisposeTargetData(layout);
    llvm.LLVMSetTarget(module, triple);
    is_bad = llvm.LLVMVerifyModule(module, RETURN_STATUS, &message);
    if (!is_bad) {
      ref options = llvm.LLVMCreatePassBuilderOptions();
      is_bad = !is_well(llvm.LLVMRunPasses(module, "function(sroa,early-cse)", machine, options));
      llvm.LLVMDisposePassBuilderOptions(options);
    }
    if (!is_bad) {
      if (message != NULL) llvm.LLVMDisposeMessage(message);
      message = NULL;
      is_bad = llvm.LLVMTargetMachineEmitToMemoryBuffer(machine, module, OBJECT_FILE, &message, &object);
    }
    llvm.LLVMDisposeModule(module);
  }
  if (message != NULL) llvm.LLVMDisposeMessage(message);
  llvm.LLVMContextDispose(context);
  return is_bad ? NULL : object;
}

// The symbol's name stands in the text, and has to be another one each time: the number of the code takes its place.
static void compile(gk_code *code) {
  static unsigned number;
  char symbol[16];
  snprintf(symbol, sizeof symbol, "gk%08u", number++);
  char *place = strstr(code->text, "@" GK_CODE_NAME);
  if (place == NULL) return;
  memcpy(place + 1, symbol, strlen(symbol));
  ref object = object_file(code);
  memcpy(place + 1, GK_CODE_NAME, strlen(GK_CODE_NAME));
  if (object == NULL) return;
  uint64_t address = 0;
  ref tracker = llvm.LLVMOrcJITDylibCreateResourceTracker(llvm.LLVMOrcLLJITGetMainJITDylib(jit));
  int is_there = is_well(llvm.LLVMOrcLLJITAddObjectFileWithRT(jit, tracker, object)) &&
                 is_well(llvm.LLVMOrcLLJITLookup(jit, &address, symbol)) && address != 0;
  if (is_there) {
    code->tracker = tracker;
    code->function = (void *)(uintptr_t)address;
    return;
  }
  is_well(llvm.LLVMOrcResourceTrackerRemove(tracker));
  llvm.LLVMOrcReleaseResourceTracker(tracker);
}

static void discard(gk_code *code) {
  if (code->tracker != NULL && !is_off && !is_closing) {
    pthread_mutex_lock(&library);
    is_well(llvm.LLVMOrcResourceTrackerRemove(code->tracker));
    llvm.LLVMOrcReleaseResourceTracker(code->tracker);
    pthread_mutex_unlock(&library);
  }
  free(code->text);
  free(code);
}

static void *work(void *unused) {
  (void)unused;
#if defined __linux__
  // Of this thread alone: what is computed goes first, else each kernel would wait for whom the compiler has displaced.
  setpriority(PRIO_PROCESS, 0, 10);
#endif
  pthread_mutex_lock(&mutex);
  for (;;) {
    while (first_waiting == NULL || is_closing) pthread_cond_wait(&asked, &mutex);
    gk_code *code = first_waiting;
    first_waiting = code->next_waiting;
    if (first_waiting == NULL) last_waiting = &first_waiting;
    is_at_work = 1;
    pthread_mutex_unlock(&mutex);
    pthread_mutex_lock(&library);
    // Nobody may want it any more.
    if (__atomic_load_n(&code->users, __ATOMIC_RELAXED) > 1 && open_library()) compile(code);
    pthread_mutex_unlock(&library);
    pthread_mutex_lock(&mutex);
    is_at_work = 0;
    __atomic_store_n(&code->state, code->function != NULL ? GK_CODE_READY : GK_CODE_FAILED, __ATOMIC_RELEASE);
    pthread_cond_broadcast(&done);
    pthread_mutex_unlock(&mutex);
    gk_code_release(code);
    pthread_mutex_lock(&mutex);
  }
  return NULL;
}

static void forget_all(void) {
  pthread_mutex_init(&mutex, NULL);
  pthread_mutex_init(&library, NULL);
  pthread_cond_init(&asked, NULL);
  pthread_cond_init(&done, NULL);
  has_thread = is_at_work = 0;
  is_off = 1;
}

// The caller has the mutex.
static int start(void) {
  static int is_registered;
  if (!is_registered) is_registered = pthread_atfork(NULL, NULL, forget_all) == 0;
  if (has_thread) return 1;
  pthread_attr_t attributes;
  sigset_t all, before;
  sigfillset(&all);
  if (pthread_attr_init(&attributes) != 0) return 0;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // Instructions are selected by recursion.
  pthread_attr_setstacksize(&attributes, 8 << 20);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  has_thread = pthread_create(&thread, &attributes, work, NULL) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return has_thread;
}

gk_code *gk_code_request(const char *text, size_t length) {
  uint64_t sum = gk_checksum(text, length);
  pthread_mutex_lock(&mutex);
  gk_code *code = NULL, *dropped = NULL;
  int count = 0;
  for (gk_code **place = &kept; *place != NULL; place = &(*place)->next, count++) {
    if ((*place)->sum != sum || (*place)->length != length || memcmp((*place)->text, text, length) != 0) continue;
    code = *place;
    *place = code->next;
    break;
  }
  if (code == NULL && !is_off && !is_closing && (code = calloc(1, sizeof *code)) != NULL) {
    // It is kept, and it waits; who asks comes below.
    *code = (gk_code){.text = malloc(length + 1), .length = length, .sum = sum, .users = 2};
    if (code->text == NULL || !start()) {
      free(code->text);
      free(code);
      pthread_mutex_unlock(&mutex);
      return NULL;
    }
    memcpy(code->text, text, length);
    code->text[length] = 0;
    *last_waiting = code;
    last_waiting = &code->next_waiting;
    pthread_cond_signal(&asked);
  }
  if (code != NULL) {
    code->users++;
    code->next = kept;
    kept = code;
    if (count >= MOST_KEPT) {
      gk_code **place = &kept;
      while ((*place)->next != NULL) place = &(*place)->next;
      dropped = *place;
      *place = NULL;
    }
  }
  pthread_mutex_unlock(&mutex);
  if (dropped != NULL) gk_code_release(dropped);
  return code;
}

gk_code_state_kind gk_code_state(const gk_code *code) { return (gk_code_state_kind)__atomic_load_n(&code->state, __ATOMIC_ACQUIRE); }

gk_code_state_kind gk_code_wait(gk_code *code) {
  pthread_mutex_lock(&mutex);
  while (code->state == GK_CODE_WAITING && !is_closing) pthread_cond_wait(&done, &mutex);
  pthread_mutex_unlock(&mutex);
  return gk_code_state(code);
}

void gk_code_release(gk_code *code) {
  if (__atomic_sub_fetch(&code->users, 1, __ATOMIC_ACQ_REL) == 0) discard(code);
}

int64_t gk_code_run(const gk_code *code, void **args, int64_t first, int64_t last) {
  int64_t (*function)(void **, int64_t, int64_t, const volatile int *, const volatile unsigned *, unsigned) =
      (int64_t(*)(void **, int64_t, int64_t, const volatile int *, const volatile unsigned *, unsigned))code->function;
  return function(args, first, last, &gk_interrupted, &gk_left, gk_work);
}

int gk_compiler_is_open(void) { return __atomic_load_n(&opened, __ATOMIC_RELAXED) == OPEN; }

void gk_compiler_choose(const char *library_name) { chosen = library_name; }

void gk_compiler_turn_off(void) { is_off = 1; }

int gk_compiler_is_off(void) { return is_off; }

const char *gk_compiler_name(void) {
  if (is_off) return NULL;
  pthread_mutex_lock(&library);
  pthread_mutex_lock(&mutex);
  start();
  pthread_mutex_unlock(&mutex);
  int is_there = open_library();
  pthread_mutex_unlock(&library);
  return is_there ? name : NULL;
}

#define ADDRESS(name) [GK_CALLED_##name] = (void *)gk_##name,
void *gk_called_address(gk_called function) {
  static void *const all[] = {GK_CALLED(ADDRESS)};
  return all[function];
}
