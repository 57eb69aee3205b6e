#define _GNU_SOURCE
#include "editor.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <wchar.h>

static const int caught[CAUGHT] = {SIGINT, SIGWINCH, SIGTSTP, SIGCONT, SIGTERM, SIGHUP};
static volatile sig_atomic_t arrived[CAUGHT];

static void note(int signal) {
  for (int i = 0; i < CAUGHT; i++)
    if (caught[i] == signal) arrived[i] = 1;
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
  fputs(on ? "\033[?2004h" : "\033[?2004l", stdout);
  fflush(stdout);
}

static void leave_terminal(editor *e) {
  editor_bracket_pastes(e, false);
  el_set(e->line, EL_PREP_TERM, 0);
}

static void return_to_terminal(editor *e) {
  el_set(e->line, EL_PREP_TERM, 1);
  editor_bracket_pastes(e, true);
}

/* Ctrl-Z by its default action, so that a process nobody could wake again isn't stopped. */
static void suspend(editor *e) {
  leave_terminal(e);
  struct sigaction ours, standard;
  memset(&standard, 0, sizeof standard);
  standard.sa_handler = SIG_DFL;
  sigaction(SIGTSTP, &standard, &ours);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGTSTP);
  raise(SIGTSTP);
  sigprocmask(SIG_UNBLOCK, &only, NULL); /* stops here */
  sigprocmask(SIG_BLOCK, &only, NULL);
  sigaction(SIGTSTP, &ours, NULL);
}

static bool edits(editor *e) {
  int on = 0;
  el_get(e->line, EL_EDITMODE, &on);
  return on != 0;
}

/* False when the line is at an end. */
static bool answer_signals(editor *e) {
  static const int ending[] = {SIGHUP, SIGTERM};
  for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
    if (take(ending[i])) return e->outcome = ending[i], false;
  bool was_suspended = take(SIGTSTP);
  if (was_suspended) suspend(e);
  bool has_resized = take(SIGWINCH);
  if ((take(SIGCONT) || was_suspended) && editor_is_wide_enough()) {
    return_to_terminal(e);
    el_resize(e->line);
    fputs(was_suspended ? "" : "\n", stdout);
    el_set(e->line, EL_REFRESH);
  } else if (has_resized && editor_is_wide_enough() && edits(e)) {
    editor_redraw_resized(e);
  }
  if (take(SIGINT)) return e->outcome = EDITOR_INTERRUPT, false;
  if (edits(e) && has_resized && !editor_is_wide_enough()) return e->outcome = EDITOR_NARROWED, false;
  return true;
}

/* More bytes from the terminal: their number, 0 at its end, -1 when the line is given up. */
static ssize_t fill(editor *e) {
  sigset_t open = e->mask;
  for (int i = 0; i < CAUGHT; i++) sigdelset(&open, caught[i]);
  for (;;) {
    struct pollfd terminal = {STDIN_FILENO, POLLIN, 0};
    int ready = ppoll(&terminal, 1, NULL, &open);
    if (!answer_signals(e)) {
      errno = EINTR;
      return -1;
    }
    if (ready <= 0) continue;
    int count = 1; /* Ctrl-C may have emptied the queue since; in a terminal without editing that can't be told */
    if (terminal.revents == POLLIN && edits(e) && ioctl(STDIN_FILENO, FIONREAD, &count) == 0 && count == 0) continue;
    ssize_t length = read(STDIN_FILENO, e->bytes, sizeof e->bytes);
    if (length < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    e->first = 0;
    e->last = length > 0 ? (size_t)length : 0;
    return length;
  }
}

static int decode(editor *e, wchar_t *character) {
  mbstate_t state;
  memset(&state, 0, sizeof state);
  for (;;) {
    if (e->first == e->last) {
      ssize_t count = fill(e);
      if (count <= 0) return (int)count;
    }
    size_t length = mbrtowc(character, (const char *)e->bytes + e->first, 1, &state);
    e->first++;
    if (length == (size_t)-2) continue;
    if (length != (size_t)-1) return 1;
    memset(&state, 0, sizeof state); /* not UTF-8: dropped */
  }
}

static bool is_for_search(wchar_t character) {
  return (character >= 32 && character != 127) || character == '\b' || character == 127 || character == 0x12
         || character == 0x07;
}

/* libedit waits for what follows an escape. In vi the key is meant by itself unless an arrow's or a paste's bytes are
   on their way. */
static bool is_sequence(editor *e) {
  enum { PATIENCE = 40 };
  struct pollfd terminal = {STDIN_FILENO, POLLIN, 0};
  if (e->first == e->last && (poll(&terminal, 1, PATIENCE) <= 0 || fill(e) <= 0)) return false;
  return e->bytes[e->first] == '[' || e->bytes[e->first] == 'O';
}

/* Whether the line is another one than when this was last asked. */
static bool has_changed(editor *e) {
  const LineInfoW *line = el_wline(e->line);
  size_t length = (size_t)(line->lastchar - line->buffer), sum = 0;
  for (size_t i = 0; i < length; i++) sum = sum * 31 + (size_t)line->buffer[i];
  bool is_new = length != e->seen_length || sum != e->seen_sum;
  e->seen_length = length;
  e->seen_sum = sum;
  return is_new;
}

int editor_next_character(EditLine *line, wchar_t *character) {
  editor *e = editor_of(line);
  if (e->outcome != EDITOR_END) { /* a paste was cut short: so is the line around it */
    errno = EINTR;
    return -1;
  }
  if (e->held != 0) {
    *character = e->held;
    e->held = 0;
    return 1;
  }
  e->has_redrawn = e->is_vi && !e->has_redrawn && e->first == e->last && !e->is_searching && has_changed(e);
  if (e->has_redrawn) {
    *character = VI_REDRAW;
    return 1;
  }
  int result = decode(e, character);
  if (e->is_vi && result == 1 && *character == L'\033' && !is_sequence(e)) *character = VI_ESCAPE;
  if (result != 1 || !e->is_searching) return result;
  if (is_for_search(*character)) {
    e->searched = *character == 127 ? '\b' : *character;
  } else {
    e->searched = 0;
    e->held = *character;
  }
  *character = SEARCH_STEP;
  return 1;
}
