#define _GNU_SOURCE
#include "editor.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

void editor_out(editor *e, const char *bytes, size_t length) {
  if (e->output_length + length > e->output_capacity) {
    size_t larger = (e->output_length + length) * 2;
    char *grown = realloc(e->output, larger);
    if (grown == NULL) return;
    e->output = grown;
    e->output_capacity = larger;
  }
  memcpy(e->output + e->output_length, bytes, length);
  e->output_length += length;
}

void editor_say(editor *e, const char *text) { editor_out(e, text, strlen(text)); }

void editor_move_cursor(editor *e, int count, char direction) {
  char sequence[16];
  if (count > 0) editor_out(e, sequence, (size_t)snprintf(sequence, sizeof sequence, "\033[%d%c", count, direction));
}

void editor_flush(editor *e) {
  for (size_t done = 0; done < e->output_length;) {
    ssize_t count = write(e->terminal, e->output + done, e->output_length - done);
    if (count > 0) {
      done += (size_t)count;
    } else if (count < 0 && errno == EAGAIN) {
      struct pollfd room = {e->terminal, POLLOUT, 0};
      poll(&room, 1, 100);
    } else if (count == 0 || errno != EINTR) {
      break;
    }
  }
  e->output_length = 0;
}

void editor_measure(editor *e) {
  struct winsize size;
  bool is_known = ioctl(e->terminal, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
  e->columns = is_known ? size.ws_col : 80;
  e->rows = is_known ? size.ws_row : 24;
}

int editor_columns(editor *e) {
  editor_measure(e);
  return e->columns;
}

/* A terminal that can't move its cursor up: what differs is written over, from the first column if need be. */
void editor_show_plain(editor *e, const picture *is) {
  picture *was = &e->shown;
  static const row nothing;
  const row *old = was->count > 0 ? &was->rows[0] : &nothing, *r = &is->rows[0];
  int from = editor_first_difference(old, r);
  if (from < r->count || old->width > r->width) {
    int column = from < r->count ? r->cells[from].column : r->width;
    if (column != was->cursor_column) {
      editor_say(e, "\r");
      from = 0;
    }
    for (int i = from; i < r->count; i++) {
      size_t end = i + 1 < r->count ? r->cells[i + 1].from : r->length;
      editor_out(e, r->bytes + r->cells[i].from, end - r->cells[i].from);
    }
    was->cursor_column = r->width;
    for (; was->cursor_column < old->width; was->cursor_column++) editor_say(e, " ");
  }
  if (was->cursor_column == is->cursor_column) return;
  if (was->cursor_column - is->cursor_column > 0 && was->cursor_column - is->cursor_column < is->cursor_column) {
    for (int i = was->cursor_column; i > is->cursor_column; i--) editor_say(e, "\b");
    return;
  }
  editor_say(e, "\r");
  for (int i = 0; i < r->count && r->cells[i].column < is->cursor_column; i++) {
    size_t end = i + 1 < r->count ? r->cells[i + 1].from : r->length;
    editor_out(e, r->bytes + r->cells[i].from, end - r->cells[i].from);
  }
}
