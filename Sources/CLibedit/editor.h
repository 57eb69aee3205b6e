/* What the files of this target share. */
#ifndef EDITOR_H
#define EDITOR_H

#include "CLibedit.h"

#include <histedit.h>
#include <signal.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

/* The key that stands for whatever is typed while the caller searches: Ctrl-]. */
enum { SEARCH_STEP = 0x1D };
/* In vi: the escape key alone, Ctrl-_. */
enum { VI_ESCAPE = 0x1F };
/* What the line ends with: Ctrl-^; its own bytes are of no use to a person. */
enum { RESERVED = 0x1E };

enum { CAUGHT = 7, LONGEST_SEQUENCE = 64 };

/* What a terminal holds of a line while it keeps lines and nobody reads them; the rest is lost. */
enum { TERMINAL_LINE = 4095 };

/* So much is kept of what is typed ahead. */
enum { MOST_TYPED = 1 << 24 };

/* Something drawn in one go: a character with its marks, a tab, the preview. */
typedef struct {
  size_t from;
  int column;
  /* Where drawing begins for it to have its colours. */
  int restart;
  /* Terminals may disagree about how far it reaches. */
  bool is_fragile;
} cell;

typedef struct {
  char *bytes;
  size_t length, bytes_capacity;
  cell *cells;
  int count, cells_capacity, width;
  /* The next row goes on without a newline. */
  bool goes_on;
} row;

typedef struct {
  row *rows;
  int count, capacity;
  /* Where the cursor stands. */
  int cursor_row, cursor_column;
} picture;

struct editor {
  EditLine *line;
  History *history;
  editor_callbacks callbacks;
  /* Where libedit draws and complains: nobody looks there. What a person sees is drawn by drawing.c. */
  FILE *sink, *complaints;
  char *complaint;
  size_t complaint_length;
  int terminal;
  char *prompt, *further_prompt, *preview, *handed_over;
  bool is_plain, is_vi;
  int outcome;
  /* Bytes read from the terminal and not yet used; those before `heard` were searched for a Ctrl-C. */
  unsigned char *bytes;
  size_t first, heard, last, capacity;
  /* More was typed ahead than is kept. */
  bool is_cut;
  /* How many interrupts there had been when they last took away what was typed before. */
  int interrupts;
  /* Keys that come before those bytes. */
  wchar_t held[LONGEST_SEQUENCE];
  size_t held_first, held_count;
  /* While the caller searches: what was typed. */
  bool is_searching;
  wchar_t searched;
  /* What was cut last. */
  wchar_t *cut;
  /* The line is about to be left: nothing stands at its right any more, so that it can be copied. */
  bool is_ending;
  /* Single keys are read, and the caller draws; whether that has to be done anew. */
  bool reads_keys, is_spoilt;
  /* The length and a sum of the line that the preview is for. */
  size_t seen_length, seen_sum;
  bool was_empty, was_interrupted;
  /* What is on the screen, and the first of the line's rows that is. */
  picture shown, wanted;
  int top, columns, rows;
  char *output;
  size_t output_length, output_capacity;
  /* What the keys are that stand for signals. */
  unsigned char interrupt, suspend, quit;
  /* What the caller had before the read began. */
  struct sigaction previous[CAUGHT];
  sigset_t mask;
};

editor *editor_of(EditLine *line);
int editor_next_character(EditLine *line, wchar_t *character);
int editor_next_pasted(editor *e, wchar_t *character);
void editor_bracket_pastes(editor *e, bool on);
void editor_bind_keys(EditLine *line);
/* rows.c: those that stay within a line of several. */
void editor_bind_row_keys(EditLine *line, bool is_vi);

/* drawing.c: makes the screen show prompt, line and preview. */
void editor_draw(editor *e);
/* The same without a preview, with some text behind the line, and the cursor in the row below. */
void editor_draw_end(editor *e, const char *text);
/* Takes what is drawn from the screen. */
void editor_erase(editor *e);
/* Nothing is drawn any more: the next time begins where the cursor is. */
void editor_forget_drawn(editor *e);
void editor_clear_screen(editor *e);
void editor_draw_resized(editor *e);
void editor_free_drawn(editor *e);

/* output.c: what is written is gathered, and goes out at once. */
void editor_out(editor *e, const char *bytes, size_t length);
void editor_say(editor *e, const char *text);
void editor_move_cursor(editor *e, int count, char direction);
void editor_flush(editor *e);
void editor_measure(editor *e);
/* The first cell that isn't as it was, or where drawing begins for it. */
int editor_first_difference(const row *was, const row *is);
void editor_show_plain(editor *e, const picture *is);

/* layout.c: where everything stands. */
void editor_lay_out(editor *e, picture *p);
void editor_lay_out_plain(editor *e, picture *p);

/* sequences.c: what follows an escape. */
typedef enum { SEQUENCE_DROPPED, SEQUENCE_TAKEN, SEQUENCE_ENDED } sequence;
sequence editor_take_sequence(editor *e);

/* signals.c: those that come while a line is edited. */
void editor_signals_begin(editor *e);
void editor_signals_end(editor *e);
sigset_t editor_open_mask(editor *e);
/* False when the line is at an end. */
bool editor_answer_signals(editor *e);
bool editor_has_interrupt(void);
void editor_let_interrupt(bool on);
void editor_suspend(editor *e);

/* terminal.c: what is ours of the terminal's settings. */
bool editor_is_in_foreground(void);
void editor_take_terminal(void);
void editor_guard_terminal(void);

/* ahead.c: what is typed before it is asked for. */
bool editor_take_typed(editor *e);
bool editor_drop_cut(editor *e);
bool editor_holds_cut(editor *e);

/* reading.c, for the others. */
enum { FOR_EVER = -1 };
/* 1 when there is a byte, 0 when none came in time, -1 when the line is given up or the terminal is gone. */
int editor_wait(editor *e, int milliseconds);
int editor_decode(editor *e, wchar_t *character);
/* Adds what the terminal has; the number of bytes, as read gives it. */
ssize_t editor_receive(editor *e);
void editor_drop_typed(editor *e);
bool editor_is_key(unsigned char key, wchar_t character);
void editor_hold(editor *e, wchar_t character);

#endif
