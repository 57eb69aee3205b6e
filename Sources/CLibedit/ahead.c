#define _GNU_SOURCE
#include "editor.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

/* What is typed before it is asked for. It is taken from the terminal as it comes, so that the terminal is never full,
   and a Ctrl-C is heard however much stands before it. As everywhere, it takes that away. It is a byte among the others,
   which the terminal sends no signal for: this does. */

/* What a terminal holds while it keeps no lines. */
enum { TERMINAL_BUFFER = 4096 };

static bool is_waiting(void) {
  struct pollfd terminal = {STDIN_FILENO, POLLIN, 0};
  return poll(&terminal, 1, 0) > 0 && (terminal.revents & POLLIN) != 0;
}

/* What came behind the line that was entered; whether a Ctrl-C is among it. */
bool editor_take_typed(editor *e) {
  for (ssize_t length = 0; length < 2 * TERMINAL_BUFFER && is_waiting();) {
    ssize_t count = editor_receive(e);
    if (count <= 0) break;
    length += count;
  }
  size_t start = e->heard > e->first ? e->heard : e->first;
  for (size_t i = e->heard = e->last; i > start; i--) {
    if (!editor_is_key(e->interrupt, e->bytes[i - 1])) continue;
    e->first = i;
    return true;
  }
  return false;
}

void editor_drop_interrupted(editor *e) {
  int count = editor_interrupts();
  if (count == e->interrupts) return;
  e->interrupts = count;
  e->is_cut = false;
  editor_drop_typed(e);
}

/* To all who would have it from the terminal; the handler has been called when this is back. */
static void send(editor *e, int signal) {
  if (signal == SIGINT) tcflush(STDIN_FILENO, TCOFLUSH);
  kill(0, signal);
  e->interrupts = editor_interrupts();
}

/* Does what the keys among the new bytes stand for. */
static void answer_keys(editor *e) {
  size_t kept = e->heard;
  for (size_t i = e->heard; i < e->last; i++) {
    unsigned char byte = e->bytes[i];
    if (editor_is_key(e->interrupt, byte)) {
      kept = e->first;
      e->is_cut = false;
      send(e, SIGINT);
    } else if (editor_is_key(e->suspend, byte)) {
      send(e, SIGTSTP);
    } else if (editor_is_key(e->quit, byte)) {
      send(e, SIGQUIT);
    } else {
      e->bytes[kept++] = byte;
    }
  }
  e->heard = e->last = kept;
}

/* Adds what there is; false when nothing more will come. */
static bool keep_typed(editor *e) {
  if (e->is_cut || e->last - e->first >= MOST_TYPED) {
    e->is_cut = true;
    editor_drop_typed(e);
  }
  ssize_t length = editor_receive(e);
  if (length < 0) return errno == EINTR || errno == EAGAIN || !editor_is_in_foreground();
  answer_keys(e);
  return length > 0;
}

void editor_attend(editor *e, int descriptor) {
  /* In the background, where others have the terminal, nothing is read. */
  enum { BACKGROUND = 200 };
  sigset_t only, mask;
  sigemptyset(&only);
  sigaddset(&only, SIGTTIN);
  sigprocmask(SIG_BLOCK, &only, &mask);
  bool is_open = true, was_heard = true;
  for (;;) {
    bool is_heard = is_open && editor_is_in_foreground();
    if (is_heard && !was_heard) editor_take_terminal();
    was_heard = is_heard;
    struct pollfd ends[] = {{descriptor, POLLIN, 0}, {is_heard ? STDIN_FILENO : -1, POLLIN, 0}};
    int ready = poll(ends, 2, is_open && !is_heard ? BACKGROUND : -1);
    editor_drop_interrupted(e);
    if (ready <= 0) continue;
    if (ends[0].revents != 0) break;
    if (ends[1].revents != 0) is_open = keep_typed(e);
  }
  sigprocmask(SIG_SETMASK, &mask, NULL);
}

/* Before this program asked for anything, the terminal kept lines: whether it may have cut one. */
bool editor_holds_cut(editor *e) {
  int waiting = 0;
  if (ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0 || waiting < TERMINAL_LINE || editor_receive(e) < TERMINAL_LINE)
    return false;
  return memchr(e->bytes, '\n', TERMINAL_LINE) == NULL;
}

/* Whether more was typed ahead than is kept: all of it is left out, up to the next pause. */
bool editor_drop_cut(editor *e) {
  enum { PAUSE = 100 };
  if (!e->is_cut) return false;
  e->is_cut = false;
  struct pollfd terminal = {STDIN_FILENO, POLLIN, 0};
  do editor_drop_typed(e);
  while (poll(&terminal, 1, PAUSE) > 0 && editor_receive(e) > 0 && memchr(e->bytes, e->interrupt, e->last) == NULL);
  if (e->last > 0) {
    /* A Ctrl-C ends that, too. */
    size_t start = (size_t)((unsigned char *)memchr(e->bytes, e->interrupt, e->last) - e->bytes);
    e->first = e->heard = start + 1;
  }
  return true;
}
