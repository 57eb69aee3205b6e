/* libedit with plain signatures: el_set and history are variadic, which Swift cannot call. libedit keeps the line, its
   keys and what was deleted; it never draws: what a person sees is made from the line as a whole, by rules of ours. */
#ifndef CLIBEDIT_H
#define CLIBEDIT_H

#include <stdbool.h>
#include <stddef.h>

/* A line editor on standard input, with its history. */
typedef struct editor editor;

/* The keys whose work the caller does. */
enum {
  EDITOR_KEY_COMPLETE, EDITOR_KEY_UP, EDITOR_KEY_DOWN, EDITOR_KEY_NEWLINE, EDITOR_KEY_SEARCH,
  /* Unless the caller goes on with another line of the same input, the line is handed over. */
  EDITOR_KEY_ENTER,
  /* A closing bracket, which is put there afterwards. */
  EDITOR_KEY_CLOSING
};

/* What the caller answers to a key. */
enum { EDITOR_UNCHANGED, EDITOR_CHANGED, EDITOR_REFUSED };

/* How a line ended; a signal that ends the program is given as its own (positive) number. EDITOR_CUT: more was typed
   ahead than is kept, and all of it is left out. */
enum { EDITOR_LINE = 0, EDITOR_END = -1, EDITOR_INTERRUPT = -2, EDITOR_CUT = -3 };

typedef struct {
  void *context;
  /* One of the keys above was pressed. */
  int (*key)(void *context, int key);
  /* A character was typed while the caller searches: a printing one, Backspace, Ctrl-R or Ctrl-G; 0 for any other key,
     which ends the search and then does what it always does. */
  int (*search)(void *context, unsigned character);
  /* The line changed: the moment to call editor_set_preview. */
  void (*changed)(void *context);
  /* Ctrl-C came as a signal; called in its handler, while the caller may be at work for a key. */
  void (*interrupted)(void);
} editor_callbacks;

/* NULL when there is no memory. A plain editor never writes an escape sequence. What is shown goes to a terminal. */
editor *editor_open(const char *program, int terminal, bool is_plain, editor_callbacks callbacks);
void editor_close(editor *e);

/* Escape sequences stand between two \1. */
void editor_set_prompt(editor *e, const char *text);
/* The same before each further line of an input. */
void editor_set_further_prompt(editor *e, const char *text);
/* Whether the next characters are for the caller's search (libedit's own is slow and corrupts the heap). */
void editor_set_searching(editor *e, bool is_searching);
/* What stands at the right edge; an empty text for nothing. */
void editor_set_preview(editor *e, const char *text);

/* The next line with its newline, valid until the next call; NULL when the outcome is not EDITOR_LINE. */
const char *editor_read(editor *e, int *outcome);
/* Whether a Ctrl-C was typed behind the line that was handed over: it is meant for what the line does. */
bool editor_was_interrupted(editor *e);
/* Whether there was nothing in the line that ended. */
bool editor_was_empty(editor *e);

/* Waits until a descriptor can be read, while work is done for the line that was handed over: what is typed meanwhile
   is kept for the lines that follow. */
void editor_attend(editor *e, int descriptor);
/* Whether the terminal sends signals for keys, where nobody attends to them. */
void editor_send_signals(bool on);
/* Forgets what was typed ahead of a Ctrl-C that came as a signal, if one came since. */
void editor_drop_interrupted(editor *e);
/* Says that a Ctrl-C came as a signal; safe in its handler. */
void editor_note_interrupt(void);
/* How many came. */
int editor_interrupts(void);
/* The program is about to end without closing its editor; safe in a signal handler. */
void editor_give_back_terminal(void);

/* The line being edited in UTF-8 (not terminated), with the byte offset of the cursor. */
const char *editor_text(editor *e, size_t *length, size_t *cursor);
/* Counts are of characters as wchar_t has them. */
void editor_insert(editor *e, const char *text);
void editor_delete_before(editor *e, int count);
void editor_move(editor *e, int count);
void editor_replace(editor *e, const char *text);
/* Shows some lines below what is being edited, which is then drawn anew below them. */
void editor_show_below(editor *e, const char *text);
/* Columns of the terminal that is drawn on. */
int editor_columns(editor *e);

/* Single keys, for a caller that draws on the terminal itself. */
enum {
  EDITOR_PRESSED_OTHER, EDITOR_PRESSED_LEFT, EDITOR_PRESSED_RIGHT, EDITOR_PRESSED_UP, EDITOR_PRESSED_DOWN,
  EDITOR_PRESSED_PAGE_UP, EDITOR_PRESSED_PAGE_DOWN, EDITOR_PRESSED_HOME, EDITOR_PRESSED_END, EDITOR_PRESSED_TAB,
  EDITOR_PRESSED_BACK_TAB, EDITOR_PRESSED_ENTER, EDITOR_PRESSED_ESCAPE, EDITOR_PRESSED_PLUS, EDITOR_PRESSED_MINUS,
  /* The window has another size, or what is on the screen is no longer ours. */
  EDITOR_PRESSED_REDRAW,
  /* Nothing more will come. */
  EDITOR_PRESSED_NOTHING
};
void editor_keys_begin(editor *e);
void editor_keys_end(editor *e);
/* Waits for one; a signal that ends the program, or 0, is given beside it. Ctrl-C is the escape key. */
int editor_next_key(editor *e, int *signal);
/* Whether one has been pressed already. */
bool editor_has_key(editor *e);

/* Adds a line to what can be recalled and returns its number. */
int editor_remember(editor *e, const char *text);
void editor_forget(editor *e, int number);

#endif
