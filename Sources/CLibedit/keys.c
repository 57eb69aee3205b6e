#include "editor.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static unsigned char ask(EditLine *line, int key) {
  editor *e = editor_of(line);
  editor_let_interrupt(true);
  int answer = e->callbacks.key(e->callbacks.context, key);
  editor_let_interrupt(false);
  switch (answer) {
  case EDITOR_CHANGED: return CC_REFRESH;
  case EDITOR_REFUSED:
    editor_draw(e); /* whoever hears the bell looks at the screen */
    (void)!write(e->terminal, "\a", 1);
    return CC_ERROR;
  default: return CC_NORM;
  }
}

static unsigned char complete(EditLine *line, int character) { return (void)character, ask(line, EDITOR_KEY_COMPLETE); }
static unsigned char up(EditLine *line, int character) { return (void)character, ask(line, EDITOR_KEY_UP); }
static unsigned char down(EditLine *line, int character) { return (void)character, ask(line, EDITOR_KEY_DOWN); }
static unsigned char newline(EditLine *line, int character) { return (void)character, ask(line, EDITOR_KEY_NEWLINE); }

static unsigned char search(EditLine *line, int character) { return (void)character, ask(line, EDITOR_KEY_SEARCH); }

static unsigned char search_step(EditLine *line, int character) {
  editor *e = editor_of(line);
  (void)character;
  if (!e->is_searching) return CC_ERROR;
  if (e->callbacks.search(e->callbacks.context, (unsigned)e->searched) != EDITOR_CHANGED) (void)!write(e->terminal, "\a", 1);
  return CC_REFRESH;
}

static unsigned char enter(EditLine *line, int character) {
  (void)character;
  if (ask(line, EDITOR_KEY_ENTER) == CC_REFRESH) return CC_REFRESH;
  editor_draw_end(editor_of(line), "");
  return el_winsertstr(line, L"\n") == 0 ? CC_NEWLINE : CC_ERROR;
}

/* A typed character; shown once nothing more is on its way. */
static unsigned char insert(EditLine *line, int character) {
  const wchar_t text[] = {(wchar_t)character, L'\0'};
  return el_winsertstr(line, text) == 0 ? CC_NORM : CC_ERROR;
}

/* One that closes a bracket, alone in its line, stands below the line that opened it. */
static unsigned char insert_closing(EditLine *line, int character) {
  if (!editor_has_key(editor_of(line))) (void)ask(line, EDITOR_KEY_CLOSING);
  return insert(line, character);
}

static unsigned char clear_screen(EditLine *line, int character) {
  (void)character;
  editor_clear_screen(editor_of(line));
  return CC_NORM;
}

/* Newlines as \n, other control characters gone, nothing after the last line. */
static size_t cleaned(wchar_t *text, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    wchar_t c = text[i];
    if (c == L'\r') {
      if (i + 1 < count && text[i + 1] == L'\n') continue;
      c = L'\n';
    }
    if (c < 32 ? c == L'\n' || c == L'\t' : c < 127 || c >= 160) text[kept++] = c;
  }
  while (kept > 0 && text[kept - 1] == L'\n') kept--;
  return kept;
}

/* The terminal has announced a paste: everything up to its end mark goes into the line as it is. */
static unsigned char paste(EditLine *line, int character) {
  static const wchar_t mark[] = L"\033[201~";
  const size_t mark_length = sizeof mark / sizeof *mark - 1;
  size_t count = 0, capacity = 0;
  wchar_t *text = NULL, next;
  editor *e = editor_of(line);
  (void)character;
  while (editor_next_pasted(e, &next) == 1) {
    if (count + 1 >= capacity) {
      size_t larger = capacity == 0 ? 1024 : capacity * 2;
      wchar_t *grown = realloc(text, larger * sizeof *text);
      if (grown == NULL) break;
      text = grown;
      capacity = larger;
    }
    text[count++] = next;
    if (count >= mark_length && wmemcmp(text + count - mark_length, mark, mark_length) == 0) {
      count -= mark_length;
      break;
    }
  }
  count = cleaned(text, count);
  int inserted = 0;
  if (count > 0) {
    text[count] = L'\0';
    inserted = el_winsertstr(line, text);
  }
  free(text);
  return inserted == 0 ? CC_REFRESH : CC_ERROR;
}

static const struct {
  const char *key, *command;
} bindings[] = {
    {"\033[H", "gradus-start"},             {"\033OH", "gradus-start"},
    {"\033[1~", "gradus-start"},            {"\033[7~", "gradus-start"},
    {"\033[F", "gradus-end"},               {"\033OF", "gradus-end"},
    {"\033[4~", "gradus-end"},              {"\033[8~", "gradus-end"},
    {"\033[3~", "ed-delete-next-char"},     {"\033[1;5D", "ed-prev-word"},
    {"\033[1;3D", "ed-prev-word"},          {"\033[1;5C", "em-next-word"},
    {"\033[1;3C", "em-next-word"},          {"\033[A", "gradus-up"},
    {"\033OA", "gradus-up"},                {"\033[B", "gradus-down"},
    {"\033OB", "gradus-down"},              {"^P", "gradus-up"},
    {"^N", "gradus-down"},                  {"^R", "gradus-search"},
    {"^]", "gradus-search-step"},           {"^S", "ed-unassigned"},
    {"^J", "gradus-enter"},                 {"^M", "gradus-enter"},
    {"^L", "gradus-clear-screen"},          {"\033[5~", "gradus-up"},
    {"\033[6~", "gradus-down"},             {"\033[1;2A", "gradus-up"},
    {"\033[1;2B", "gradus-down"},           {"\033[1;5H", "ed-move-to-beg"},
    {"\033[1;5F", "ed-move-to-end"},
    {"\033x", "ed-unassigned"},             {"\033X", "ed-unassigned"},
    {"^I", "gradus-complete"},              {"\033\n", "gradus-newline"},
    {"\033\r", "gradus-newline"},           {"\033[200~", "gradus-paste"},
    {"\033[D", "ed-prev-char"},             {"\033OD", "ed-prev-char"},
    {"\033[C", "ed-next-char"},             {"\033OC", "ed-next-char"},
};

void editor_bind_keys(EditLine *line) {
  el_set(line, EL_ADDFN, "gradus-complete", "Completes the word before the cursor", complete);
  el_set(line, EL_ADDFN, "gradus-up", "The line above, or an older one", up);
  el_set(line, EL_ADDFN, "gradus-down", "The line below, or a newer one", down);
  el_set(line, EL_ADDFN, "gradus-newline", "Another line of the same input", newline);
  el_set(line, EL_ADDFN, "gradus-search", "Searches older lines for what is typed", search);
  el_set(line, EL_ADDFN, "gradus-search-step", "Goes on with that search", search_step);
  el_set(line, EL_ADDFN, "gradus-enter", "Hands the line over", enter);
  el_set(line, EL_ADDFN, "gradus-paste", "A paste as the terminal announces it", paste);
  el_set(line, EL_ADDFN, "gradus-insert", "Inserts the character", insert);
  el_set(line, EL_ADDFN, "gradus-insert-closing", "Inserts a closing bracket", insert_closing);
  el_set(line, EL_ADDFN, "gradus-clear-screen", "Clears the screen around the line", clear_screen);
  const char *editor_name = NULL;
  el_get(line, EL_EDITOR, &editor_name);
  bool is_vi = editor_name != NULL && strcmp(editor_name, "vi") == 0;
  editor_of(line)->is_vi = is_vi;
  editor_bind_row_keys(line, is_vi);
  if (is_vi) {
    el_set(line, EL_BIND, "\\037", "vi-command-mode", NULL);
    el_set(line, EL_BIND, "-a", "\\037", "ed-unassigned", NULL);
    /* libedit's own searches and commands read a line of their own, badly. */
    el_set(line, EL_BIND, "-a", "/", "gradus-search", NULL);
    el_set(line, EL_BIND, "-a", "?", "gradus-search", NULL);
    el_set(line, EL_BIND, "-a", ":", "ed-unassigned", NULL);
    el_set(line, EL_BIND, "-a", "k", "gradus-up", NULL);
    el_set(line, EL_BIND, "-a", "j", "gradus-down", NULL);
  }
  for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++) {
    el_set(line, EL_BIND, bindings[i].key, bindings[i].command, NULL);
    bool is_command = bindings[i].key[0] == '\033' ? bindings[i].key[1] == '[' || bindings[i].key[1] == 'O'
                                                    : strchr("]RPNJML", bindings[i].key[1]) != NULL;
    if (is_vi && is_command)
      el_set(line, EL_BIND, "-a", bindings[i].key, bindings[i].command, NULL);
  }
  for (char c = ' '; c <= '~' && !is_vi; c++) { /* vi's keys that replace need libedit's own */
    const char key[] = {'\\', (char)('0' + c / 64), (char)('0' + c / 8 % 8), (char)('0' + c % 8), '\0'};
    el_set(line, EL_BIND, key, strchr(")]}", c) != NULL ? "gradus-insert-closing" : "gradus-insert", NULL);
  }
  for (char digit = '0'; digit <= '9'; digit++) { /* repeat counts corrupt the heap */
    const char meta[] = {'\033', digit, '\0'};
    el_set(line, EL_BIND, meta, "ed-unassigned", NULL);
    if (is_vi && digit != '0') el_set(line, EL_BIND, "-a", meta + 1, "ed-unassigned", NULL);
  }
}
