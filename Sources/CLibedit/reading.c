#define _GNU_SOURCE
#include "editor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <wchar.h>

/* While a line is edited the terminal sends no signals for keys: Ctrl-C, Ctrl-Z and Ctrl-\ are bytes among the others,
   so that each acts on what was typed before it and on nothing else. */

static bool has_room(editor *e) {
  if (e->capacity - e->last >= 4096) return true;
  if (e->first > e->capacity / 2) {
    memmove(e->bytes, e->bytes + e->first, e->last - e->first);
    e->heard = e->heard > e->first ? e->heard - e->first : 0;
    e->last -= e->first;
    e->first = 0;
    return e->capacity - e->last >= 4096 || has_room(e);
  }
  size_t larger = e->capacity * 2 + 8192;
  unsigned char *grown = realloc(e->bytes, larger);
  if (grown == NULL) return false;
  e->bytes = grown;
  e->capacity = larger;
  return true;
}

void editor_drop_typed(editor *e) { e->first = e->heard = e->last = 0; }

ssize_t editor_receive(editor *e) {
  if (e->first == e->last) editor_drop_typed(e);
  if (!has_room(e)) return 0;
  ssize_t length = read(STDIN_FILENO, e->bytes + e->last, e->capacity - e->last);
  if (length > 0) e->last += (size_t)length;
  return length;
}

/* Whether there is something to read, at the latest after so long, with other signals let in meanwhile; not by ppoll, which
   macOS hasn't got. */
static int wait_for_typed(const struct timespec *limit, const sigset_t *open) {
  fd_set terminal;
  FD_ZERO(&terminal);
  FD_SET(STDIN_FILENO, &terminal);
  return pselect(STDIN_FILENO + 1, &terminal, NULL, NULL, limit, open);
}

int editor_wait(editor *e, int milliseconds) {
  if (editor_has_interrupt() && !editor_answer_signals(e)) {
    editor_drop_typed(e); /* read before the Ctrl-C */
    errno = EINTR;
    return -1;
  }
  if (e->first < e->last) return 1;
  sigset_t open = editor_open_mask(e);
  struct timespec limit = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  for (;;) {
    int ready = wait_for_typed(milliseconds < 0 ? NULL : &limit, &open);
    bool is_gone = ready < 0 && errno != EINTR;
    if (!editor_answer_signals(e) || e->is_spoilt) {
      errno = EINTR;
      return -1;
    }
    if (is_gone) return -1;
    if (ready == 0) return 0;
    if (ready < 0) continue;
    ssize_t length = editor_receive(e);
    if (length < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    return length > 0 ? 1 : -1;
  }
}

int editor_decode(editor *e, wchar_t *character) {
  mbstate_t state;
  memset(&state, 0, sizeof state);
  bool is_inside = false;
  for (;;) {
    int status = editor_wait(e, FOR_EVER);
    if (status <= 0) return status;
    size_t length = mbrtowc(character, (const char *)e->bytes + e->first, 1, &state);
    if (length == (size_t)-1) {
      /* Not UTF-8: dropped; but what breaks a character off may begin another one. */
      memset(&state, 0, sizeof state);
      if (!is_inside) e->first++;
      is_inside = false;
      continue;
    }
    e->first++;
    is_inside = length == (size_t)-2;
    if (!is_inside) return 1;
  }
}

/* Whether nothing more has been typed: the moment to show what was. */
static bool is_idle(editor *e) {
  if (e->first < e->last || e->held_first < e->held_count) return false;
  static const struct timespec now = {0, 0};
  return wait_for_typed(&now, NULL) <= 0;
}

bool editor_is_key(unsigned char key, wchar_t character) { return key != 0 && character == (wchar_t)key; }

static int give_up(editor *e, int outcome) {
  e->outcome = outcome;
  errno = EINTR;
  return -1;
}

/* Ctrl-\ ends a program at once elsewhere; here it asks. */
static bool is_sure(editor *e) {
  const LineInfoW *line = el_wline(e->line);
  int back = (int)(line->lastchar - line->cursor);
  static const char question[] = "leave at once? :restore brings this session back (y or n) ";
  editor_draw_end(e, "");
  el_cursor(e->line, -back);
  (void)!write(e->terminal, question, sizeof question - 1);
  wchar_t answer = 0;
  bool is_yes = editor_decode(e, &answer) == 1 && (answer == L'y' || answer == L'Y');
  const char *said = is_yes ? "y\r\n" : "n\r\n";
  (void)!write(e->terminal, said, strlen(said));
  return is_yes;
}

int editor_next_pasted(editor *e, wchar_t *character) {
  int status = editor_decode(e, character);
  if (status == 1 && editor_is_key(e->interrupt, *character)) return give_up(e, EDITOR_INTERRUPT);
  return status;
}

static bool is_for_search(wchar_t character) {
  return (character >= 32 && character != 127) || character == '\b' || character == 127 || character == 0x12
         || character == 0x07;
}

void editor_hold(editor *e, wchar_t character) {
  if (e->held_first == e->held_count) e->held_first = e->held_count = 0;
  if (e->held_count < LONGEST_SEQUENCE) e->held[e->held_count++] = character;
}

int editor_next_character(EditLine *line, wchar_t *character) {
  editor *e = editor_of(line);
  for (;;) {
    if (e->outcome != EDITOR_END) return give_up(e, e->outcome); /* a paste was cut short: so is the line around it */
    if (e->held_first < e->held_count) {
      *character = e->held[e->held_first++];
      return 1;
    }
    if (is_idle(e)) editor_draw(e);
    int result = editor_decode(e, character);
    if (result != 1) return result;
    if (editor_is_key(e->interrupt, *character)) return give_up(e, EDITOR_INTERRUPT);
    if (editor_is_key(e->suspend, *character)) {
      editor_suspend(e);
    } else if (editor_is_key(e->quit, *character)) {
      if (is_sure(e)) return give_up(e, SIGQUIT);
    } else if (*character == L'\033') {
      sequence kind = editor_take_sequence(e);
      if (kind == SEQUENCE_ENDED) return give_up(e, e->outcome);
      if (kind == SEQUENCE_TAKEN && e->is_searching) {
        e->searched = 0;
        *character = SEARCH_STEP;
        return 1;
      }
    } else if (e->is_searching) {
      if (is_for_search(*character)) {
        e->searched = *character == 127 ? '\b' : *character;
      } else {
        e->searched = 0;
        editor_hold(e, *character);
      }
      *character = SEARCH_STEP;
      return 1;
    } else if (*character != SEARCH_STEP && *character != RESERVED && (*character < 128 || *character >= 160)
               && !(e->is_vi && *character == VI_ESCAPE)) {
      return 1;
    }
  }
}
