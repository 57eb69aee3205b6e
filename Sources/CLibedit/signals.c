#define _GNU_SOURCE
#include "editor.h"

#include <string.h>

static const int caught[CAUGHT] = {SIGINT, SIGWINCH, SIGTSTP, SIGCONT, SIGTERM, SIGHUP, SIGQUIT};
static volatile sig_atomic_t arrived[CAUGHT];
static void (*volatile interrupted)(void);

static void note(int signal) {
  for (int i = 0; i < CAUGHT; i++)
    if (caught[i] == signal) arrived[i] = 1;
  if (signal == SIGINT && interrupted != NULL) interrupted();
}

static bool take(int signal) {
  for (int i = 0; i < CAUGHT; i++) {
    if (caught[i] != signal || !arrived[i]) continue;
    arrived[i] = 0;
    return true;
  }
  return false;
}

/* Signals are let in only while waiting for a key, never while libedit is at work. */
void editor_signals_begin(editor *e) {
  interrupted = e->callbacks.interrupted;
  sigset_t blocked;
  sigemptyset(&blocked);
  for (int i = 0; i < CAUGHT; i++) sigaddset(&blocked, caught[i]);
  sigprocmask(SIG_BLOCK, &blocked, &e->mask);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = note;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < CAUGHT; i++) {
    arrived[i] = 0;
    sigaction(caught[i], &action, &e->previous[i]);
    if (e->previous[i].sa_handler == SIG_IGN && caught[i] != SIGINT && caught[i] != SIGWINCH)
      sigaction(caught[i], &e->previous[i], NULL);
  }
}

void editor_signals_end(editor *e) {
  for (int i = 0; i < CAUGHT; i++) sigaction(caught[i], &e->previous[i], NULL);
  sigprocmask(SIG_SETMASK, &e->mask, NULL);
}

void editor_bracket_pastes(editor *e, bool on) {
  if (e->is_plain) return;
  const char *sequence = on ? "\033[?2004h" : "\033[?2004l";
  (void)!write(e->terminal, sequence, strlen(sequence));
}

static void leave_terminal(editor *e) {
  editor_bracket_pastes(e, false);
  el_set(e->line, EL_PREP_TERM, 0);
  editor_give_back_terminal();
}

static void return_to_terminal(editor *e) {
  el_set(e->line, EL_PREP_TERM, 0); /* libedit believes that nothing has changed since it last did this */
  el_set(e->line, EL_PREP_TERM, 1);
  editor_bracket_pastes(e, true);
}

sigset_t editor_open_mask(editor *e) {
  sigset_t open = e->mask;
  for (int i = 0; i < CAUGHT; i++) sigdelset(&open, caught[i]);
  return open;
}

/* A signal and bytes may come together, and a wait is then over before the signal was heard: it came first. */
static void let_in(editor *e) {
  sigset_t open = editor_open_mask(e), closed;
  sigprocmask(SIG_SETMASK, &open, &closed);
  sigprocmask(SIG_SETMASK, &closed, NULL);
}

/* Ctrl-Z by its default action, so that a process nobody could wake again isn't stopped. What is being typed is taken
   from the screen meanwhile, and comes back with the process. */
void editor_suspend(editor *e) {
  editor_erase(e);
  leave_terminal(e);
  struct sigaction ours, standard;
  memset(&standard, 0, sizeof standard);
  standard.sa_handler = SIG_DFL;
  sigaction(SIGTSTP, &standard, &ours);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGTSTP);
  kill(0, SIGTSTP);
  sigprocmask(SIG_UNBLOCK, &only, NULL); /* stops here */
  sigprocmask(SIG_BLOCK, &only, NULL);
  sigaction(SIGTSTP, &ours, NULL);
  let_in(e);
  take(SIGCONT);
  return_to_terminal(e);
  if (e->reads_keys) e->is_spoilt = true;
  else editor_draw(e);
}

bool editor_answer_signals(editor *e) {
  let_in(e);
  static const int ending[] = {SIGHUP, SIGTERM, SIGQUIT};
  for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
    if (take(ending[i])) return e->outcome = ending[i], false;
  if (take(SIGTSTP)) editor_suspend(e);
  if (take(SIGCONT)) {
    return_to_terminal(e);
    (void)!write(e->terminal, "\r\n", 2);
    editor_forget_drawn(e);
    if (e->reads_keys) e->is_spoilt = true;
    else editor_draw(e);
  }
  if (take(SIGWINCH)) {
    if (e->reads_keys) e->is_spoilt = true;
    else editor_draw_resized(e);
  }
  if (take(SIGINT)) return e->outcome = EDITOR_INTERRUPT, false;
  return true;
}

bool editor_has_interrupt(void) { return arrived[0] != 0; }

/* While the caller is at work for a key, Ctrl-C is a signal: it stops that, and the line with it. */
void editor_let_interrupt(bool on) {
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGINT);
  editor_send_signals(on);
  sigprocmask(on ? SIG_UNBLOCK : SIG_BLOCK, &only, NULL);
}
