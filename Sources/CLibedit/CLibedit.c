#define _GNU_SOURCE
#include "CLibedit.h"
#include "editor.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

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

/* What libedit is told to draw as a prompt. */
static char *no_prompt(EditLine *line) { return (void)line, ""; }

/* The keys that a person has for signals: Ctrl-C, Ctrl-Z and Ctrl-\, if not said otherwise. */
static void learn_keys(editor *e) {
  struct termios settings;
  bool is_known = tcgetattr(STDIN_FILENO, &settings) == 0;
  e->interrupt = is_known ? settings.c_cc[VINTR] : 3;
  e->suspend = is_known ? settings.c_cc[VSUSP] : 26;
  e->quit = is_known ? settings.c_cc[VQUIT] : 28;
}

editor *editor_open(const char *program, int terminal, bool is_plain, editor_callbacks callbacks) {
  need_utf8();
  editor *e = calloc(1, sizeof *e);
  if (e == NULL) return NULL;
  e->callbacks = callbacks;
  e->is_plain = is_plain;
  e->terminal = terminal;
  e->interrupts = editor_interrupts();
  e->sink = fopen("/dev/null", "w");
  e->complaints = open_memstream(&e->complaint, &e->complaint_length);
  if (e->sink != NULL && e->complaints != NULL)
    e->line = el_init_fd(program, stdin, e->sink, e->complaints, STDIN_FILENO, terminal, terminal);
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
  el_set(e->line, EL_PROMPT, no_prompt);
  el_set(e->line, EL_EDITOR, "emacs");
  el_source(e->line, NULL); /* first: `bind -v` there resets every key */
  /* Its own screen, which nobody sees, has a size that it can work with. */
  el_set(e->line, EL_SETTC, "co", "80", NULL);
  el_set(e->line, EL_SETTC, "li", "24", NULL);
  learn_keys(e);
  editor_take_terminal();
  e->is_cut = editor_holds_cut(e);
  el_set(e->line, EL_SETTY, "-x", "-icanon", "-isig", NULL);
  el_set(e->line, EL_SETTY, "-d", "-isig", NULL);
  editor_bind_keys(e->line);
  editor_guard_terminal();
  return e;
}

void editor_close(editor *e) {
  if (e == NULL) return;
  if (e->line != NULL) el_end(e->line);
  editor_give_back_terminal();
  if (e->history != NULL) history_end(e->history);
  if (e->sink != NULL) fclose(e->sink);
  if (e->complaints != NULL) fclose(e->complaints);
  free(e->complaint);
  editor_free_drawn(e);
  free(e->bytes);
  free(e->handed_over);
  free(e->prompt);
  free(e->further_prompt);
  free(e->cut);
  free(e->preview);
  free(e);
}

static void replace(char **place, const char *text) {
  free(*place);
  *place = strdup(text);
}

void editor_set_prompt(editor *e, const char *text) { replace(&e->prompt, text); }

void editor_set_further_prompt(editor *e, const char *text) { replace(&e->further_prompt, text); }

void editor_set_searching(editor *e, bool is_searching) { e->is_searching = is_searching; }

void editor_set_preview(editor *e, const char *text) { replace(&e->preview, text); }

const char *editor_read(editor *e, int *outcome) {
  editor_signals_begin(e);
  learn_keys(e);
  e->outcome = EDITOR_END;
  e->is_searching = e->is_ending = e->was_interrupted = false;
  e->was_empty = true;
  e->held_first = e->held_count = 0;
  e->seen_length = (size_t)-1;
  editor_forget_drawn(e);
  el_set(e->line, EL_PREP_TERM, 1); /* before the prompt: a key pressed as soon as it is seen must arrive raw */
  if (editor_drop_cut(e)) {
    el_set(e->line, EL_PREP_TERM, 0);
    editor_signals_end(e);
    *outcome = EDITOR_CUT;
    return NULL;
  }
  editor_bracket_pastes(e, true);
  int length = 0;
  const char *text = el_gets(e->line, &length);
  bool has_line = text != NULL && length > 0 && e->outcome == EDITOR_END;
  if (!has_line) {
    if (e->outcome == EDITOR_INTERRUPT) editor_draw_end(e, "^C");
    else editor_draw_end(e, "");
  }
  editor_bracket_pastes(e, false);
  if (!has_line) el_reset(e->line);
  if (has_line) e->was_interrupted = editor_take_typed(e);
  editor_signals_end(e);
  *outcome = has_line ? EDITOR_LINE : e->outcome;
  if (!has_line) return NULL;
  free(e->handed_over); /* libedit's own has no end where the line has */
  e->handed_over = strndup(text, (size_t)length);
  return e->handed_over;
}

bool editor_was_interrupted(editor *e) { return e->was_interrupted; }

bool editor_was_empty(editor *e) { return e->was_empty; }

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

void editor_show_below(editor *e, const char *text) {
  const LineInfoW *line = el_wline(e->line);
  int back = (int)(line->lastchar - line->cursor);
  editor_draw_end(e, "");
  el_cursor(e->line, -back);
  for (size_t length = strlen(text), done = 0; done < length;) {
    ssize_t count = write(e->terminal, text + done, length - done);
    if (count <= 0) break;
    done += (size_t)count;
  }
  (void)!write(e->terminal, "\r\n", 2);
}

int editor_remember(editor *e, const char *text) {
  HistEvent event;
  return history(e->history, &event, H_ENTER, text) < 0 ? -1 : event.num;
}

void editor_forget(editor *e, int number) {
  HistEvent event;
  if (history(e->history, &event, H_DEL, number) == 0) free((void *)event.str);
}
