#define _GNU_SOURCE
#include "editor.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* What is shown is a function of the line alone: the picture is laid out whole, and of each row that isn't yet so on
   the screen, what follows the first difference is written. */

/* Where the cursor was left. */
static void go_to_row(editor *e, picture *p, int to) {
  if (to < p->cursor_row) editor_move_cursor(e, p->cursor_row - to, 'A');
  while (p->cursor_row < to) {
    if (p->cursor_row + 1 < p->count) {
      int down = to < p->count ? to : p->count - 1;
      editor_move_cursor(e, down - p->cursor_row, 'B');
      p->cursor_row = down;
    } else {
      editor_say(e, "\r\n"); /* makes the row, at the foot of the screen too */
      p->cursor_row++;
      p->cursor_column = 0;
    }
  }
  p->cursor_row = to;
}

static void go_to(editor *e, picture *p, int row, int column) {
  go_to_row(e, p, row);
  if (p->cursor_column == column && column < e->columns) return;
  editor_say(e, "\r");
  editor_move_cursor(e, column, 'C');
  p->cursor_column = column;
}

static void write_cells(editor *e, const row *r, int from, int to) {
  for (int i = from; i < to; i++) {
    size_t end = i + 1 < r->count ? r->cells[i + 1].from : r->length;
    editor_out(e, r->bytes + r->cells[i].from, end - r->cells[i].from);
    if (!r->cells[i].is_fragile || i + 1 == r->count) continue;
    editor_say(e, "\r");
    editor_move_cursor(e, r->cells[i + 1].column, 'C');
  }
}

int editor_first_difference(const row *was, const row *is) {
  int i = 0;
  for (; i < was->count && i < is->count; i++) {
    size_t was_end = i + 1 < was->count ? was->cells[i + 1].from : was->length;
    size_t is_end = i + 1 < is->count ? is->cells[i + 1].from : is->length;
    if (was->cells[i].from != is->cells[i].from || was_end != is_end
        || memcmp(was->bytes + was->cells[i].from, is->bytes + is->cells[i].from, is_end - is->cells[i].from) != 0)
      break;
  }
  return i < is->count ? is->cells[i].restart : i;
}

static void write_row(editor *e, picture *was, const picture *is, int number) {
  static const row nothing;
  const row *r = &is->rows[number], *before = number > 0 ? r - 1 : NULL;
  const row *old = number < was->count ? &was->rows[number] : &nothing;
  bool is_new = number >= was->count;
  int from = editor_first_difference(old, r);
  if (from == r->count && old->count == from && !is_new) return;
  int column = from < r->count ? r->cells[from].column : r->width;
  if (from == 0 && r->count > 0 && before != NULL && before->goes_on && before->count > 0) {
    /* Written over the edge, so that the terminal knows the two rows for one line. */
    if (was->cursor_row != number - 1 || was->cursor_column < e->columns) {
      go_to(e, was, number - 1, before->cells[before->count - 1].column);
      write_cells(e, before, before->count - 1, before->count);
    }
    was->cursor_row = number;
  } else {
    go_to(e, was, number, column);
  }
  write_cells(e, r, from, r->count);
  was->cursor_column = r->width;
  if (from < r->count && r->cells[r->count - 1].is_fragile && r->width < e->columns) {
    editor_say(e, "\r");
    editor_move_cursor(e, r->width, 'C');
  }
  bool leaves_some = is_new || old->width > r->width || old->count > r->count;
  if (leaves_some && r->width < e->columns) editor_say(e, "\033[K");
  if (is_new) was->count = number + 1;
}

/* The rows of a picture that the screen has room for, around the cursor. */
static picture window(editor *e, const picture *p) {
  if (e->top > p->cursor_row) e->top = p->cursor_row;
  if (e->top < p->cursor_row - e->rows + 1) e->top = p->cursor_row - e->rows + 1;
  if (e->top > p->count - e->rows) e->top = p->count - e->rows;
  if (e->top < 0) e->top = 0;
  picture part = *p;
  part.rows += e->top;
  part.count = p->count - e->top < e->rows ? p->count - e->top : e->rows;
  part.cursor_row -= e->top;
  return part;
}

static void show(editor *e, const picture *is) {
  picture *was = &e->shown;
  int old_count = was->count;
  for (int i = 0; i < is->count; i++) write_row(e, was, is, i);
  if (old_count > is->count) {
    go_to(e, was, is->count - 1, is->rows[is->count - 1].width);
    /* The row before the first that goes: its end is where what goes begins. */
    if (is->rows[is->count - 1].width < e->columns) {
      editor_say(e, "\033[J");
    } else {
      go_to(e, was, is->count, 0);
      editor_say(e, "\033[J");
    }
  }
  go_to(e, was, is->cursor_row, is->cursor_column);
}

static void copy(picture *to, const picture *from) {
  if (to->capacity < from->count) {
    row *grown = realloc(to->rows, (size_t)from->count * sizeof *grown);
    if (grown == NULL) return;
    memset(grown + to->capacity, 0, (size_t)(from->count - to->capacity) * sizeof *grown);
    to->rows = grown;
    to->capacity = from->count;
  }
  for (int i = 0; i < from->count; i++) {
    row *a = &to->rows[i];
    const row *b = &from->rows[i];
    if (a->bytes_capacity < b->length) {
      char *grown = realloc(a->bytes, b->length);
      if (grown == NULL) return;
      a->bytes = grown;
      a->bytes_capacity = b->length;
    }
    if (a->cells_capacity < b->count) {
      cell *grown = realloc(a->cells, (size_t)b->count * sizeof *grown);
      if (grown == NULL) return;
      a->cells = grown;
      a->cells_capacity = b->count;
    }
    if (b->length > 0) memcpy(a->bytes, b->bytes, b->length);
    if (b->count > 0) memcpy(a->cells, b->cells, (size_t)b->count * sizeof *b->cells);
    a->length = b->length;
    a->count = b->count;
    a->width = b->width;
    a->goes_on = b->goes_on;
  }
  to->count = from->count;
  to->cursor_row = from->cursor_row;
  to->cursor_column = from->cursor_column;
}

/* Whether the line is another one than when this was last asked. */
static bool has_changed(editor *e) {
  const LineInfoW *line = el_wline(e->line);
  size_t length = (size_t)(line->lastchar - line->buffer), sum = 17;
  for (size_t i = 0; i < length; i++) sum = sum * 31 + (size_t)line->buffer[i];
  bool is_new = length != e->seen_length || sum != e->seen_sum;
  e->seen_length = length;
  e->seen_sum = sum;
  return is_new;
}

static void draw(editor *e) {
  if (e->shown.count == 0) {
    editor_measure(e);
    editor_say(e, "\r"); /* what was typed meanwhile may have been echoed here */
  }
  if (e->is_plain) {
    editor_lay_out_plain(e, &e->wanted);
    editor_show_plain(e, &e->wanted);
    copy(&e->shown, &e->wanted);
  } else {
    editor_lay_out(e, &e->wanted);
    picture part = window(e, &e->wanted);
    show(e, &part);
    copy(&e->shown, &part);
  }
}

void editor_draw(editor *e) {
  if (has_changed(e)) {
    editor_let_interrupt(true);
    e->callbacks.changed(e->callbacks.context);
    editor_let_interrupt(false);
  }
  draw(e);
  editor_flush(e);
}

void editor_draw_end(editor *e, const char *text) {
  const LineInfoW *line = el_wline(e->line);
  e->was_empty = line->lastchar == line->buffer;
  el_cursor(e->line, (int)(line->lastchar - line->cursor));
  e->is_ending = true;
  draw(e);
  if (!e->is_plain && e->wanted.count > e->rows) { /* all of it, for whoever scrolls back */
    go_to(e, &e->shown, 0, 0);
    editor_say(e, "\033[J");
    picture whole = e->wanted;
    whole.cursor_row = whole.count - 1;
    e->shown.count = 1;
    e->shown.rows[0].count = e->shown.rows[0].width = 0;
    e->shown.rows[0].length = 0;
    show(e, &whole);
  }
  const picture *p = &e->wanted;
  bool is_at_start = p->count > 1 && p->rows[p->count - 1].count == 0 && p->rows[p->count - 2].goes_on;
  editor_say(e, text);
  if (!is_at_start || *text != '\0') editor_say(e, "\r\n");
  editor_flush(e);
  editor_forget_drawn(e);
  e->is_ending = false;
}

void editor_erase(editor *e) {
  if (e->shown.count > 0 && !e->is_plain) {
    go_to(e, &e->shown, 0, 0);
    editor_say(e, "\r\033[J");
  } else if (e->shown.count > 0) {
    editor_say(e, "\r\n");
  }
  editor_flush(e);
  editor_forget_drawn(e);
}

void editor_forget_drawn(editor *e) {
  e->shown.count = 0;
  e->shown.cursor_row = e->shown.cursor_column = 0;
  e->top = 0;
}

void editor_clear_screen(editor *e) {
  if (e->is_plain) return;
  editor_say(e, "\033[H\033[2J");
  editor_forget_drawn(e);
}

/* Terminals that wrap their lines anew have the cursor in another row now: begin again where the line begins there. */
void editor_draw_resized(editor *e) {
  if (e->is_plain || e->shown.count == 0) {
    editor_measure(e);
    return;
  }
  int columns = e->columns, up = e->shown.cursor_row;
  editor_measure(e);
  if (columns != e->columns) {
    editor_lay_out(e, &e->wanted);
    up = e->wanted.cursor_row - e->top;
  }
  if (up > e->rows - 1) up = e->rows - 1;
  editor_say(e, "\r");
  editor_move_cursor(e, up, 'A');
  editor_say(e, "\033[J");
  editor_forget_drawn(e);
  editor_draw(e);
}

static void free_picture(picture *p) {
  for (int i = 0; i < p->capacity; i++) {
    free(p->rows[i].bytes);
    free(p->rows[i].cells);
  }
  free(p->rows);
}

void editor_free_drawn(editor *e) {
  free_picture(&e->shown);
  free_picture(&e->wanted);
  free(e->output);
}
