#define _GNU_SOURCE
#include "editor.h"

#include <poll.h>
#include <string.h>

/* Single keys, for a caller that draws on the terminal itself. The terminal stays raw between them; signals are heard
   here only while a key is waited for, so that the caller may be at work meanwhile as for any line. */

void editor_keys_begin(editor *e) {
  editor_forget_drawn(e);
  e->reads_keys = true;
  e->is_spoilt = false;
  el_set(e->line, EL_PREP_TERM, 1);
}

void editor_keys_end(editor *e) {
  e->reads_keys = e->is_spoilt = false;
  el_set(e->line, EL_PREP_TERM, 0);
}

/* What the keys send that have no sign of their own: the last byte, and a number before a ~. */
static const struct {
  char last;
  int number, key;
} sequences[] = {
    {'D', 0, EDITOR_PRESSED_LEFT},    {'C', 0, EDITOR_PRESSED_RIGHT},     {'A', 0, EDITOR_PRESSED_UP},
    {'B', 0, EDITOR_PRESSED_DOWN},    {'H', 0, EDITOR_PRESSED_HOME},      {'F', 0, EDITOR_PRESSED_END},
    {'Z', 0, EDITOR_PRESSED_BACK_TAB}, {'M', 0, EDITOR_PRESSED_ENTER},    {'k', 0, EDITOR_PRESSED_PLUS},
    {'m', 0, EDITOR_PRESSED_MINUS},   {'~', 5, EDITOR_PRESSED_PAGE_UP},   {'~', 6, EDITOR_PRESSED_PAGE_DOWN},
    {'~', 1, EDITOR_PRESSED_HOME},    {'~', 7, EDITOR_PRESSED_HOME},      {'~', 4, EDITOR_PRESSED_END},
    {'~', 8, EDITOR_PRESSED_END},
};

static const struct {
  wchar_t sign;
  int key;
} signs[] = {
    {L'\r', EDITOR_PRESSED_ENTER}, {L'\n', EDITOR_PRESSED_ENTER}, {L'\t', EDITOR_PRESSED_TAB},
    {L'+', EDITOR_PRESSED_PLUS},   {L'=', EDITOR_PRESSED_PLUS},   {L'-', EDITOR_PRESSED_MINUS},
    {L'_', EDITOR_PRESSED_MINUS},  {0x03, EDITOR_PRESSED_ESCAPE}, {0x1C, EDITOR_PRESSED_ESCAPE},
    {0x07, EDITOR_PRESSED_ESCAPE}, {0x04, EDITOR_PRESSED_ESCAPE},
};

/* Milliseconds after which an escape was the key alone, and the rest of a sequence is missing. */
enum { ALONE = 40, REST = 500 };

/* Behind an escape; Shift, Ctrl and Alt make the arrows reach farther. */
static int sequence_key(editor *e) {
  if (editor_wait(e, ALONE) != 1) return EDITOR_PRESSED_ESCAPE;
  int introducer = e->bytes[e->first];
  if (introducer != '[' && introducer != 'O') {
    if (introducer != 0x1B) e->first++; /* Meta and a key */
    return introducer == 0x1B ? EDITOR_PRESSED_ESCAPE : EDITOR_PRESSED_OTHER;
  }
  e->first++;
  int numbers[2] = {0, 0}, place = 0;
  for (;;) {
    if (editor_wait(e, REST) != 1) return EDITOR_PRESSED_OTHER;
    int next = e->bytes[e->first++];
    if (next >= '0' && next <= '9') {
      if (place < 2 && numbers[place] < 1000) numbers[place] = numbers[place] * 10 + next - '0';
    } else if (next == ';') {
      place++;
    } else if (next >= 0x40) {
      int number = next == '~' ? numbers[0] : 0, key = EDITOR_PRESSED_OTHER;
      for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
        if (sequences[i].last == next && sequences[i].number == number) key = sequences[i].key;
      if (numbers[1] > 1 && key == EDITOR_PRESSED_LEFT) return EDITOR_PRESSED_DOWN;
      if (numbers[1] > 1 && key == EDITOR_PRESSED_RIGHT) return EDITOR_PRESSED_UP;
      return key;
    } else if (next < 32) {
      return EDITOR_PRESSED_OTHER;
    }
  }
}

static int next_key(editor *e) {
  wchar_t character = 0;
  if (e->is_spoilt || editor_decode(e, &character) != 1) {
    if (e->is_spoilt) return e->is_spoilt = false, EDITOR_PRESSED_REDRAW;
    return e->outcome == EDITOR_INTERRUPT ? EDITOR_PRESSED_ESCAPE : EDITOR_PRESSED_NOTHING;
  }
  if (editor_is_key(e->interrupt, character) || editor_is_key(e->quit, character)) return EDITOR_PRESSED_ESCAPE;
  if (editor_is_key(e->suspend, character)) {
    editor_suspend(e);
    e->is_spoilt = false;
    return EDITOR_PRESSED_REDRAW;
  }
  if (character == L'\033') return sequence_key(e);
  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
    if (signs[i].sign == character) return signs[i].key;
  return EDITOR_PRESSED_OTHER;
}

int editor_next_key(editor *e, int *signal) {
  editor_signals_begin(e);
  e->outcome = EDITOR_END;
  int key = next_key(e);
  *signal = e->outcome > 0 ? e->outcome : 0;
  editor_signals_end(e);
  return key;
}

bool editor_has_key(editor *e) {
  struct pollfd terminal = {STDIN_FILENO, POLLIN, 0};
  return e->first < e->last || (poll(&terminal, 1, 0) > 0 && (terminal.revents & POLLIN) != 0);
}
