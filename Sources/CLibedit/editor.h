/* What the files of this target share. */
#ifndef EDITOR_H
#define EDITOR_H

#include "CLibedit.h"

#include <histedit.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* The key that stands for whatever is typed while the caller searches: Ctrl-]. */
enum { SEARCH_STEP = 0x1D };
/* The key that ends a line once the preview is gone: Ctrl-^. */
enum { LINE_END = 0x1E };
/* In vi: the escape key alone, Ctrl-_, and one that only draws the line again, Ctrl-\. */
enum { VI_ESCAPE = 0x1F, VI_REDRAW = 0x1C };

enum { CAUGHT = 6 };

struct editor {
  EditLine *line;
  History *history;
  editor_callbacks callbacks;
  char *prompt, *preview;
  bool is_plain, is_vi;
  int outcome;
  /* Bytes read from the terminal and not yet used. */
  unsigned char bytes[4096];
  size_t first, last;
  /* While the caller searches: what was typed, and the key that has yet to act. */
  bool is_searching;
  wchar_t searched, held;
  /* The line is about to be left: nothing stands at its right any more, so that it can be copied. */
  bool is_ending;
  /* In vi, where libedit draws what it inserts by itself: the length and a sum of the line that the preview is for. */
  size_t seen_length, seen_sum;
  bool has_redrawn;
  /* What the caller had before the read began. */
  struct sigaction previous[CAUGHT];
  sigset_t mask;
};

editor *editor_of(EditLine *line);
bool editor_is_wide_enough(void);
int editor_next_character(EditLine *line, wchar_t *character);
void editor_bracket_pastes(editor *e, bool on);
void editor_signals_begin(editor *e);
void editor_signals_end(editor *e);
void editor_redraw_resized(editor *e);
void editor_bind_keys(EditLine *line);

#endif
