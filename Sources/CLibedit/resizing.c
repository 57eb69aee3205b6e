#define _GNU_SOURCE
#include "editor.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <wchar.h>

/* A place on the screen, from the prompt's first column. */
typedef struct {
  int row, column;
} place;

static place after(place p, wchar_t character, int columns) {
  if (character == L'\n') return (place){p.row + 1, 0};
  int width = character == L'\t' ? 8 - p.column % 8 : character < 32 ? 2 : wcwidth(character);
  if (width < 0) width = 8; /* libedit shows its number */
  if (p.column + width > columns) return (place){p.row + 1, width};
  return (place){p.row, p.column + width};
}

static place after_prompt(const char *prompt, int columns) {
  place p = {0, 0};
  mbstate_t state = {0};
  bool is_escape = false;
  while (prompt != NULL && *prompt != '\0') {
    wchar_t character;
    size_t length = mbrtowc(&character, prompt, MB_CUR_MAX, &state);
    if (length == 0 || length > MB_CUR_MAX) break;
    if (character == L'\1')
      is_escape = !is_escape;
    else if (!is_escape)
      p = after(p, character, columns);
    prompt += length;
  }
  return p;
}

/* After a change of size libedit goes on with the old place of the cursor, which may lie outside its new buffers: start
   again where the line starts, as a terminal that wraps its lines anew now shows it. */
void editor_redraw_resized(editor *e) {
  struct winsize size;
  if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return;
  place cursor = after_prompt(e->prompt, size.ws_col);
  const LineInfoW *line = el_wline(e->line);
  for (const wchar_t *c = line->buffer; c < line->cursor; c++) cursor = after(cursor, *c, size.ws_col);
  int rows = cursor.row < size.ws_row ? cursor.row : size.ws_row - 1;
  if (e->is_plain)
    fputs("\n", stdout);
  else if (rows > 0)
    fprintf(stdout, "\r\033[%dA\033[J", rows);
  else
    fputs("\r\033[J", stdout);
  el_resize(e->line);
  el_set(e->line, EL_REFRESH);
}
