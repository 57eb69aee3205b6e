#define _GNU_SOURCE
#include "editor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* While work is done for a line, the terminal keeps no lines of its own (ICANON is off): it would cut long ones, and be
   deaf to Ctrl-C once it was full of them. Nor does it send signals for keys (ISIG is off): a signal doesn't tell what
   was typed before it. Whoever gets the terminal from us, for a while or for good, gets it as it was. All of this may be
   called in a signal handler. */

static struct termios found;
static volatile sig_atomic_t is_known, interrupts;

void editor_note_interrupt(void) { interrupts++; }

int editor_interrupts(void) { return interrupts; }

bool editor_is_in_foreground(void) { return tcgetpgrp(STDIN_FILENO) == getpgrp(); }

void editor_give_back_terminal(void) {
  int code = errno;
  if (is_known && editor_is_in_foreground()) tcsetattr(STDIN_FILENO, TCSANOW, &found);
  errno = code;
}

void editor_take_terminal(void) {
  struct termios settings;
  if (!editor_is_in_foreground() || tcgetattr(STDIN_FILENO, &settings) != 0) return;
  if ((settings.c_lflag & ICANON) == 0) return; /* as we left it */
  found = settings;
  is_known = 1;
  settings.c_lflag &= ~(tcflag_t)(ICANON | ISIG);
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSANOW, &settings);
}

void editor_send_signals(bool on) {
  struct termios settings;
  if (tcgetattr(STDIN_FILENO, &settings) != 0) return;
  settings.c_lflag = on ? settings.c_lflag | ISIG : settings.c_lflag & ~(tcflag_t)ISIG;
  tcsetattr(STDIN_FILENO, TCSANOW, &settings);
}

static void by_default(int signal, struct sigaction *ours) {
  struct sigaction standard;
  memset(&standard, 0, sizeof standard);
  standard.sa_handler = SIG_DFL;
  sigemptyset(&standard.sa_mask);
  sigaction(signal, &standard, ours);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  raise(signal);
  sigprocmask(SIG_UNBLOCK, &only, NULL); /* stops or ends here */
}

static void end(int signal) {
  editor_give_back_terminal();
  by_default(signal, NULL);
}

static void stop(int signal) {
  int code = errno;
  struct sigaction ours;
  editor_give_back_terminal();
  by_default(signal, &ours);
  sigaction(signal, &ours, NULL);
  editor_take_terminal();
  errno = code;
}

static void go_on(int signal) {
  int code = errno;
  (void)signal;
  editor_take_terminal();
  errno = code;
}

/* Beside the time in which a line is edited, where signals.c hears them. */
void editor_guard_terminal(void) {
  static const struct {
    int signal;
    void (*handler)(int);
  } rows[] = {{SIGTERM, end}, {SIGHUP, end}, {SIGTSTP, stop}, {SIGCONT, go_on}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct sigaction action, previous;
    memset(&action, 0, sizeof action);
    action.sa_handler = rows[i].handler;
    sigemptyset(&action.sa_mask);
    if (sigaction(rows[i].signal, NULL, &previous) == 0 && previous.sa_handler == SIG_DFL)
      sigaction(rows[i].signal, &action, NULL);
  }
  atexit(editor_give_back_terminal);
}
