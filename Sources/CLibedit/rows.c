#include "editor.h"

#include <stdlib.h>
#include <wchar.h>
#include <wctype.h>

/* Keys that stay within one line of an input that has several, and what is cut by them. libedit's own know one line only. */

static int count_before(const LineInfoW *line) {
  const wchar_t *c = line->cursor;
  while (c > line->buffer && c[-1] != L'\n') c--;
  return (int)(line->cursor - c);
}

static int count_after(const LineInfoW *line) {
  const wchar_t *c = line->cursor;
  while (c < line->lastchar && *c != L'\n') c++;
  return (int)(c - line->cursor);
}

static unsigned char move(EditLine *line, int count) { return el_cursor(line, count), CC_CURSOR; }

static unsigned char to_start(EditLine *line, int character) {
  return (void)character, move(line, -count_before(el_wline(line)));
}

static unsigned char to_end(EditLine *line, int character) {
  return (void)character, move(line, count_after(el_wline(line)));
}

/* So many characters on both sides of the cursor are kept, and leave the line. */
static unsigned char cut(EditLine *line, int before, int after) {
  editor *e = editor_of(line);
  const LineInfoW *l = el_wline(line);
  size_t count = (size_t)(before + after);
  if (count == 0) return CC_ERROR;
  wchar_t *kept = malloc((count + 1) * sizeof *kept);
  if (kept == NULL) return CC_ERROR;
  wmemcpy(kept, l->cursor - before, count);
  kept[count] = L'\0';
  free(e->cut);
  e->cut = kept;
  el_cursor(line, after);
  el_deletestr(line, (int)count);
  return CC_REFRESH;
}

/* The whole line; of several, what stands between its ends, or the line itself where there is nothing. */
static unsigned char cut_line(EditLine *line, int character) {
  const LineInfoW *l = el_wline(line);
  int before = count_before(l), after = count_after(l);
  if (before + after == 0 && l->cursor > l->buffer) before = 1;
  return (void)character, cut(line, before, after);
}

static unsigned char cut_to_end(EditLine *line, int character) {
  const LineInfoW *l = el_wline(line);
  int after = count_after(l);
  return (void)character, cut(line, 0, after == 0 && l->cursor < l->lastchar ? 1 : after);
}

static bool is_of_word(wchar_t c) { return iswalnum((wint_t)c) || c == L'_' || c == L'.'; }

static unsigned char cut_word_before(EditLine *line, int character) {
  const LineInfoW *l = el_wline(line);
  const wchar_t *c = l->cursor;
  while (c > l->buffer && !is_of_word(c[-1])) c--;
  while (c > l->buffer && is_of_word(c[-1])) c--;
  return (void)character, cut(line, (int)(l->cursor - c), 0);
}

static unsigned char cut_word_after(EditLine *line, int character) {
  const LineInfoW *l = el_wline(line);
  const wchar_t *c = l->cursor;
  while (c < l->lastchar && !is_of_word(*c)) c++;
  while (c < l->lastchar && is_of_word(*c)) c++;
  return (void)character, cut(line, 0, (int)(c - l->cursor));
}

static unsigned char put_back(EditLine *line, int character) {
  editor *e = editor_of(line);
  (void)character;
  return e->cut != NULL && el_winsertstr(line, e->cut) == 0 ? CC_REFRESH : CC_ERROR;
}

void editor_bind_row_keys(EditLine *line, bool is_vi) {
  el_set(line, EL_ADDFN, "gradus-start", "The start of the line", to_start);
  el_set(line, EL_ADDFN, "gradus-end", "The end of the line", to_end);
  el_set(line, EL_ADDFN, "gradus-cut-line", "Cuts the line", cut_line);
  el_set(line, EL_ADDFN, "gradus-cut-to-end", "Cuts what is behind the cursor", cut_to_end);
  el_set(line, EL_ADDFN, "gradus-cut-word-before", "Cuts a word back", cut_word_before);
  el_set(line, EL_ADDFN, "gradus-cut-word-after", "Cuts a word on", cut_word_after);
  el_set(line, EL_ADDFN, "gradus-put-back", "Puts there what was cut last", put_back);
  static const struct {
    const char *key, *command;
  } bindings[] = {
      {"^A", "gradus-start"},           {"^E", "gradus-end"},          {"^U", "gradus-cut-line"},
      {"^K", "gradus-cut-to-end"},      {"^W", "gradus-cut-word-before"}, {"\033\177", "gradus-cut-word-before"},
      {"\033d", "gradus-cut-word-after"}, {"\033[3;5~", "gradus-cut-word-after"}, {"^Y", "gradus-put-back"},
  };
  for (size_t i = 0; i < sizeof bindings / sizeof *bindings && !is_vi; i++)
    el_set(line, EL_BIND, bindings[i].key, bindings[i].command, NULL);
}
