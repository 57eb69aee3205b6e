#define _GNU_SOURCE
#include "editor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

/* What a terminal sends behind an escape has a form of its own (ECMA-48), so that it can be read to its end whether it
   is known or not. What no key is bound to is dropped. */

/* Milliseconds for what belongs to a sequence that has begun, and, in vi, for a sequence to begin. */
enum { REST = 500, START = 40 };

static int peek(editor *e, int milliseconds) {
  int status = editor_wait(e, milliseconds);
  return status == 1 ? e->bytes[e->first] : status == 0 ? -1 : -2;
}

/* Whether libedit, or ~/.editrc, has something to do for the sequence. */
static bool is_bound(editor *e, const char *sequence) {
  char name[3 * LONGEST_SEQUENCE];
  size_t length = 0;
  for (const char *c = sequence; *c != '\0' && length + 3 < sizeof name; c++) {
    if (*c == '^' || *c == '\\') name[length++] = '\\';
    name[length++] = *c;
  }
  name[length] = '\0';
  fflush(e->complaints);
  size_t before = e->complaint_length;
  el_set(e->line, EL_BIND, name, NULL);
  fflush(e->complaints);
  return e->complaint_length == before;
}

/* Text up to BEL or ESC \, as an answer to a question about colours; any other control character breaks it off. */
static sequence skip_string(editor *e) {
  for (;;) {
    int next = peek(e, 2 * REST);
    if (next == -2) return SEQUENCE_ENDED;
    if (next == -1 || (next < 32 && next != 0x07 && next != 0x1B)) return SEQUENCE_DROPPED;
    e->first++;
    if (next == 0x07) return SEQUENCE_DROPPED;
    if (next != 0x1B) continue;
    next = peek(e, REST);
    if (next == '\\') e->first++;
    return next == -2 ? SEQUENCE_ENDED : SEQUENCE_DROPPED;
  }
}

static sequence skip(editor *e, int count) {
  for (int i = 0; i < count; i++) {
    int next = peek(e, REST);
    if (next == -2) return SEQUENCE_ENDED;
    if (next == -1) break;
    e->first++;
  }
  return SEQUENCE_DROPPED;
}

/* ESC [ or ESC O with parameters and a last byte. */
static sequence take_control(editor *e) {
  char bytes[LONGEST_SEQUENCE] = "\033";
  size_t length = 1, whole = 1;
  int introducer = peek(e, FOR_EVER);
  for (;;) {
    int next = peek(e, REST);
    if (next == -2) return SEQUENCE_ENDED;
    if (next == -1 || next < 32 || next == 127) return SEQUENCE_DROPPED;
    e->first++;
    whole++;
    if (length + 1 < sizeof bytes) bytes[length++] = (char)next;
    if (whole == 2) continue;
    if (introducer == '[' && whole == 3 && next == '[') return skip(e, 1); /* a console's function key */
    if (introducer == '[' && whole == 3 && next == 'M') return skip(e, 3); /* an old report of the mouse */
    if (next >= 0x40) break;
  }
  bytes[length] = '\0';
  if (whole != length || !is_bound(e, bytes)) return SEQUENCE_DROPPED;
  for (size_t i = 0; i < length; i++) editor_hold(e, (wchar_t)bytes[i]);
  return SEQUENCE_TAKEN;
}

sequence editor_take_sequence(editor *e) {
  int next = peek(e, e->is_vi ? START : FOR_EVER);
  if (next == -2) return SEQUENCE_ENDED;
  switch (next) {
  case '[':
  case 'O': return take_control(e);
  case ']':
  case 'P':
  case 'X':
  case '^':
  case '_':
    e->first++;
    return skip_string(e);
  case 0x1B: return SEQUENCE_DROPPED; /* the second one may begin a sequence */
  default:
    /* Meta and a key; in vi the key alone leaves insertion. */
    editor_hold(e, e->is_vi ? VI_ESCAPE : L'\033');
    return SEQUENCE_TAKEN;
  }
}
