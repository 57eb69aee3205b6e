#define _GNU_SOURCE
#include "editor.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* A picture while it grows. */
typedef struct {
  picture *p;
  int columns;
} paper;

static row *last_row(paper *on) { return &on->p->rows[on->p->count - 1]; }

static bool add_row(paper *on) {
  picture *p = on->p;
  if (p->count == p->capacity) {
    int larger = p->capacity == 0 ? 8 : p->capacity * 2;
    row *grown = realloc(p->rows, (size_t)larger * sizeof *grown);
    if (grown == NULL) return false;
    memset(grown + p->capacity, 0, (size_t)(larger - p->capacity) * sizeof *grown);
    p->rows = grown;
    p->capacity = larger;
  }
  row *r = &p->rows[p->count++];
  r->length = 0;
  r->count = r->width = 0;
  r->goes_on = false;
  return true;
}

static void append(row *r, const char *bytes, size_t length) {
  if (r->length + length > r->bytes_capacity) {
    size_t larger = (r->length + length) * 2;
    char *grown = realloc(r->bytes, larger);
    if (grown == NULL) return;
    r->bytes = grown;
    r->bytes_capacity = larger;
  }
  memcpy(r->bytes + r->length, bytes, length);
  r->length += length;
}

static cell *begin_cell(row *r) {
  if (r->count == r->cells_capacity) {
    int larger = r->cells_capacity == 0 ? 64 : r->cells_capacity * 2;
    cell *grown = realloc(r->cells, (size_t)larger * sizeof *grown);
    if (grown == NULL) return NULL;
    r->cells = grown;
    r->cells_capacity = larger;
  }
  r->cells[r->count] = (cell){r->length, r->width, r->count, false};
  return &r->cells[r->count++];
}

static void pad(paper *on, int column) {
  for (row *r = last_row(on); r->width < column && begin_cell(r) != NULL; r->width++) append(r, " ", 1);
}

/* A cell of its own, in the next row if there is no room left in this one. */
static void put(paper *on, const char *bytes, size_t length, int width) {
  if (width > on->columns) {
    bytes = "?";
    length = 1;
    width = 1;
  }
  if (last_row(on)->width + width > on->columns) {
    pad(on, on->columns);
    last_row(on)->goes_on = true;
    if (!add_row(on)) return;
  }
  row *r = last_row(on);
  if (begin_cell(r) == NULL) return;
  append(r, bytes, length);
  r->width += width;
}

static void put_character(paper *on, wchar_t character, int width) {
  char bytes[MB_LEN_MAX];
  mbstate_t state = {0};
  size_t length = wcrtomb(bytes, character, &state);
  if (length != (size_t)-1) put(on, bytes, length, width);
}

/* A mark over or below the character before it. No cell with marks stands in the last column, where terminals disagree
   about what is next. */
static void put_mark(paper *on, wchar_t character) {
  char bytes[MB_LEN_MAX];
  mbstate_t state = {0};
  size_t length = wcrtomb(bytes, character, &state);
  if (length == (size_t)-1) return;
  row *r = last_row(on);
  bool is_alone = r->count == 0 || r->cells[r->count - 1].from == r->length || r->bytes[r->length - 1] == ' ';
  if (is_alone) {
    put(on, "\u25CC", strlen("\u25CC"), 1);
    r = last_row(on);
  }
  cell base = r->cells[r->count - 1];
  if (r->width == on->columns && base.column > 0) {
    char *moved = strndup(r->bytes + base.from, r->length - base.from);
    if (moved == NULL) return;
    int width = r->width - base.column;
    r->length = base.from;
    r->width = base.column;
    r->count--;
    pad(on, on->columns);
    r->goes_on = true;
    if (add_row(on)) put(on, moved, strlen(moved), width);
    free(moved);
    r = last_row(on);
  }
  append(r, bytes, length);
  r->cells[r->count - 1].is_fragile = true;
}

/* Characters that join or vary their neighbours: terminals draw the neighbours apart or together, as they like, so they
   are shown apart everywhere. */
static bool is_joiner(wchar_t c) {
  return c == 0x200C || c == 0x200D || (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0020 && c <= 0xE007F)
         || (c >= 0xE0100 && c <= 0xE01EF);
}

/* Characters without a picture that change how others are read: shown by their number. */
static bool is_hidden(wchar_t c) {
  return c == 0xAD || c == 0x34F || c == 0x61C || c == 0x180E || c == 0x200B || c == 0x200E || c == 0x200F
         || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0x3164 || c == 0xFEFF || c == 0xFFA0
         || (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0x1D173 && c <= 0x1D17A) || c == 0xE0001;
}

static void put_any(paper *on, wchar_t c) {
  if (c == L'\n') {
    (void)add_row(on);
    return;
  }
  if (c == L'\t') {
    do put(on, " ", 1, 1);
    while (last_row(on)->width % 8 != 0 && last_row(on)->width < on->columns);
    return;
  }
  if (c < 32 || c == 127) {
    const char caret[] = {'^', (char)(c ^ 64)};
    put(on, caret, 2, 2);
    return;
  }
  if (is_joiner(c)) return;
  int width = wcwidth(c);
  if (width < 0 || is_hidden(c)) {
    char number[16];
    int length = snprintf(number, sizeof number, "<U+%04X>", (unsigned)c);
    put(on, number, (size_t)length, length);
  } else if (width == 0) {
    put_mark(on, c);
  } else {
    put_character(on, c, width);
    if (c >= 0x1F000) last_row(on)->cells[last_row(on)->count - 1].is_fragile = true;
  }
}

/* Text with colours between two \1, which belong to the cell that follows or, at the end, to the last one. */
static void put_colored(paper *on, const char *text) {
  mbstate_t state = {0};
  bool is_escape = false;
  const char *colors = NULL;
  char pending[64];
  size_t pending_length = 0;
  int first = last_row(on)->count, first_row = on->p->count;
  while (text != NULL && *text != '\0') {
    wchar_t character;
    size_t length = mbrtowc(&character, text, MB_CUR_MAX, &state);
    if (length == 0 || length > MB_CUR_MAX) break;
    if (character == L'\1') {
      if (is_escape && colors != NULL && pending_length + (size_t)(text - colors) < sizeof pending) {
        memcpy(pending + pending_length, colors, (size_t)(text - colors));
        pending_length += (size_t)(text - colors);
      }
      is_escape = !is_escape;
      colors = text + length;
    } else if (!is_escape) {
      size_t before = last_row(on)->length;
      int rows = on->p->count;
      put_any(on, character);
      row *r = last_row(on);
      if (pending_length > 0 && on->p->count == rows && r->length > before) {
        /* The colours go in front of what was just put. */
        size_t added = r->length - before;
        append(r, pending, pending_length);
        memmove(r->bytes + before + pending_length, r->bytes + before, added);
        memcpy(r->bytes + before, pending, pending_length);
        pending_length = 0;
      }
    }
    text += length;
  }
  row *r = last_row(on);
  if (pending_length > 0) append(r, pending, pending_length);
  for (int i = on->p->count == first_row ? first : 0; i < r->count; i++) r->cells[i].restart = on->p->count == first_row ? first : 0;
}

static int plain_width(const char *text) {
  mbstate_t state = {0};
  bool is_escape = false;
  int width = 0;
  while (text != NULL && *text != '\0') {
    wchar_t character;
    size_t length = mbrtowc(&character, text, MB_CUR_MAX, &state);
    if (length == 0 || length > MB_CUR_MAX) break;
    if (character == L'\1')
      is_escape = !is_escape;
    else if (!is_escape && wcwidth(character) > 0)
      width += wcwidth(character);
    text += length;
  }
  return width;
}

/* The preview ends one column before the edge in the cursor's row, if a line leaves room for it that isn't wrapped. */
static void put_preview(editor *e, paper *on) {
  picture *p = on->p;
  int above = p->cursor_row - 1, rows = p->count;
  p->count = p->cursor_row + 1; /* what is put goes to this row, whatever stands below */
  row *r = last_row(on);
  int width = plain_width(e->preview), room = on->columns - r->width - width;
  bool is_wrapped = r->goes_on || (above >= 0 && p->rows[above].goes_on);
  if (!e->is_ending && width > 0 && !is_wrapped && room >= 2) {
    pad(on, on->columns - width - 1);
    put_colored(on, e->preview);
    r->cells[r->count - 1].is_fragile = true;
  }
  p->count = rows;
}

static void place_cursor(picture *p, int column) {
  p->cursor_row = p->count - 1;
  p->cursor_column = column;
}

void editor_lay_out(editor *e, picture *p) {
  p->count = 0;
  paper on = {p, e->columns};
  if (!add_row(&on)) return;
  put_colored(&on, e->prompt);
  const LineInfoW *line = el_wline(e->line);
  p->cursor_row = 0;
  p->cursor_column = last_row(&on)->width;
  for (const wchar_t *c = line->buffer; c < line->lastchar; c++) {
    int rows = p->count;
    put_any(&on, *c);
    if (*c == L'\n') put_colored(&on, e->further_prompt);
    /* The cursor stands on what comes next, which may be in the row below, or just have moved there with its mark. */
    bool has_moved = p->count > rows && *c != L'\n';
    if (c + 1 == line->cursor || (has_moved && c == line->cursor && wcwidth(*c) == 0))
      place_cursor(p, last_row(&on)->width);
    else if (has_moved && (c == line->cursor || (c - 1 == line->cursor && wcwidth(*c) == 0)))
      place_cursor(p, 0);
  }
  put_preview(e, &on);
  if (p->cursor_column >= on.columns) {
    p->cursor_row++;
    p->cursor_column = 0;
    if (p->cursor_row == p->count) {
      last_row(&on)->goes_on = true;
      (void)add_row(&on);
    }
  }
}

/* One row, of which as much is seen as fits: for a terminal without cursor movement. */
void editor_lay_out_plain(editor *e, picture *p) {
  p->count = 0;
  const LineInfoW *line = el_wline(e->line);
  paper endless = {p, 1 << 30};
  if (!add_row(&endless)) return;
  put_colored(&endless, e->prompt);
  int prompt = last_row(&endless)->width;
  p->cursor_row = 0;
  p->cursor_column = prompt;
  for (const wchar_t *c = line->buffer; c < line->lastchar; c++) {
    if (*c == L'\n')
      put(&endless, "^J", 2, 2);
    else
      put_any(&endless, *c);
    if (c + 1 == line->cursor) p->cursor_column = last_row(&endless)->width;
  }
  row *r = &p->rows[0];
  int room = e->columns - 1;
  if (r->width <= room) return;
  /* The part around the cursor, a third of the row to its right. */
  int from = p->cursor_column - room * 2 / 3, first = 0, end = 0;
  if (from + room > r->width) from = r->width - room;
  if (from < 0) from = 0;
  while (first < r->count && r->cells[first].column < from) first++;
  from = first < r->count ? r->cells[first].column : r->width;
  for (end = first; end < r->count; end++) {
    int right = end + 1 < r->count ? r->cells[end + 1].column : r->width;
    if (right - from > room) break;
  }
  size_t begin = first < r->count ? r->cells[first].from : r->length;
  size_t limit = end < r->count ? r->cells[end].from : r->length;
  int width = (end < r->count ? r->cells[end].column : r->width) - from;
  for (int i = first; i < end; i++)
    r->cells[i - first] = (cell){r->cells[i].from - begin, r->cells[i].column - from, i - first, r->cells[i].is_fragile};
  memmove(r->bytes, r->bytes + begin, limit - begin);
  r->length = limit - begin;
  r->count = end - first;
  r->width = width;
  p->cursor_column -= from;
}
