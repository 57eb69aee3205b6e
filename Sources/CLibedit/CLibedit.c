#define _GNU_SOURCE
#include "CLibedit.h"
#include "editor.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* Narrower than this, libedit writes past its screen buffers. */
enum { NARROWEST = 20 };

editor *editor_of(EditLine *line) {
  void *data = NULL;
  el_get(line, EL_CLIENTDATA, &data);
  return data;
}

/* Without a UTF-8 locale libedit drops every character that isn't ASCII. */
static void need_utf8(void) {
  if (setlocale(LC_CTYPE, "") != NULL && strcmp(nl_langinfo(CODESET), "UTF-8") == 0) return;
  if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) setlocale(LC_CTYPE, "en_US.UTF-8");
}

static char *prompt_of(EditLine *line) {
  editor *e = editor_of(line);
  return e->prompt != NULL ? e->prompt : "";
}

static char *preview_of(EditLine *line) {
  editor *e = editor_of(line);
  if (e->is_ending) return "";
  e->callbacks.changed(e->callbacks.context);
  return e->preview != NULL ? e->preview : "";
}

editor *editor_open(const char *program, bool is_plain, editor_callbacks callbacks) {
  need_utf8();
  editor *e = calloc(1, sizeof *e);
  if (e == NULL) return NULL;
  e->callbacks = callbacks;
  e->is_plain = is_plain;
  e->line = el_init(program, stdin, stdout, stderr);
  e->history = history_init();
  if (e->line == NULL || e->history == NULL) {
    editor_close(e);
    return NULL;
  }
  HistEvent event;
  history(e->history, &event, H_SETSIZE, 10000);
  el_set(e->line, EL_CLIENTDATA, e);
  el_set(e->line, EL_HIST, history, e->history);
  el_set(e->line, EL_SIGNAL, 0);
  el_set(e->line, EL_GETCFN, editor_next_character);
  el_set(e->line, EL_PROMPT_ESC, prompt_of, '\1');
  el_set(e->line, EL_RPROMPT_ESC, preview_of, '\1');
  el_set(e->line, EL_EDITOR, "emacs");
  el_source(e->line, NULL); /* first: `bind -v` there resets every key */
  editor_bind_keys(e->line);
  return e;
}

void editor_close(editor *e) {
  if (e == NULL) return;
  if (e->line != NULL) el_end(e->line);
  if (e->history != NULL) history_end(e->history);
  free(e->prompt);
  free(e->preview);
  free(e);
}

static void replace(char **place, const char *text) {
  free(*place);
  *place = strdup(text);
}

void editor_set_prompt(editor *e, const char *text) { replace(&e->prompt, text); }

void editor_set_searching(editor *e, bool is_searching) { e->is_searching = is_searching; }

void editor_set_preview(editor *e, const char *text) { replace(&e->preview, text); }

bool editor_is_wide_enough(void) {
  struct winsize size;
  if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return true;
  return size.ws_col >= NARROWEST;
}

const char *editor_read(editor *e, int *outcome) {
  editor_signals_begin(e);
  e->outcome = EDITOR_END;
  e->is_searching = e->is_ending = false;
  e->held = 0;
  bool edits = editor_is_wide_enough();
  el_set(e->line, EL_EDITMODE, edits ? 1 : 0);
  if (edits) {
    el_resize(e->line);
    el_set(e->line, EL_PREP_TERM, 1); /* before the prompt: a key pressed as soon as it is seen must arrive raw */
  }
  editor_bracket_pastes(e, edits);
  int length = 0;
  const char *text = el_gets(e->line, &length);
  editor_bracket_pastes(e, false);
  bool has_line = text != NULL && length > 0 && e->outcome == EDITOR_END;
  if (!has_line && e->outcome != EDITOR_END) {
    e->first = e->last = 0; /* what was typed ahead belongs to the line that is given up */
    fputs(e->outcome == EDITOR_INTERRUPT ? "^C" : "", stdout);
    if (!e->is_plain) fputs("\033[J", stdout);
    fputs("\n", stdout);
    el_reset(e->line);
  }
  fflush(stdout);
  editor_signals_end(e);
  *outcome = has_line ? EDITOR_LINE : e->outcome;
  return has_line ? text : NULL;
}

const char *editor_text(editor *e, size_t *length, size_t *cursor) {
  const LineInfo *line = el_line(e->line);
  *length = (size_t)(line->lastchar - line->buffer);
  *cursor = (size_t)(line->cursor - line->buffer);
  return line->buffer;
}

void editor_insert(editor *e, const char *text) { el_insertstr(e->line, text); }

void editor_delete_before(editor *e, int count) { el_deletestr(e->line, count); }

void editor_move(editor *e, int count) { el_cursor(e->line, count); }

void editor_replace(editor *e, const char *text) {
  const LineInfoW *line = el_wline(e->line);
  el_cursor(e->line, (int)(line->lastchar - line->cursor));
  line = el_wline(e->line);
  el_deletestr(e->line, (int)(line->lastchar - line->buffer));
  el_insertstr(e->line, text);
}

void editor_redraw(editor *e) { el_set(e->line, EL_REFRESH); }

int editor_remember(editor *e, const char *text) {
  HistEvent event;
  return history(e->history, &event, H_ENTER, text) < 0 ? -1 : event.num;
}

void editor_forget(editor *e, int number) {
  HistEvent event;
  if (history(e->history, &event, H_DEL, number) == 0) free((void *)event.str);
}
