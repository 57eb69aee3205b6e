#ifndef GRADUS_TABLE_H
#define GRADUS_TABLE_H

#include <stddef.h>
#include <stdint.h>

// Rows of numbers in text: RFC 4180, line ends of any kind, blank lines and lines of a comment left out.
typedef struct {
  // What is between fields; a blank stands for any number of blanks and tabs.
  char separator;
  // In front of decimals: '.' or ','.
  char point;
  // Whether what is missing (an empty field, NA and its like) counts as a value, and as which.
  int fills;
  double missing;
  // The fields of each row, and for each whether it is read; NULL: all are.
  size_t columns, taken;
  const uint8_t *wanted;
} gk_table;

typedef enum {
  GK_TABLE_READ,
  // float32 doesn't hold all of it.
  GK_TABLE_NARROW,
  // A row that is none: a field is no number, or there are more or fewer of them.
  GK_TABLE_ODD,
} gk_table_state;

// Some rows: of the text between two places, the first of which begins a row.
typedef struct {
  size_t from, to;
  // Line ends and quotes in it.
  size_t lines, quotes;
  // Where its first row goes.
  size_t row;
  // How many there were, and where reading ended: the beginning of the row that wasn't read.
  size_t rows, at;
  gk_table_state state;
} gk_table_part;

// Counts line ends and quotes in each part. Two threads where it gains.
void gk_table_count(const char *text, size_t bytes, gk_table_part *parts, int count);
// Reads each part; y has room for taken values for each of its lines. Two threads where it gains.
void gk_table_read_f32(const char *text, size_t bytes, const gk_table *table, gk_table_part *parts, int count, float *y);
void gk_table_read_f64(const char *text, size_t bytes, const gk_table *table, gk_table_part *parts, int count, double *y);

// Whether a field without blanks around it is a number; as which value, and whether it is one that float64 rounds.
int gk_table_number(const char *from, const char *to, char point, double *value, int *is_rounded);
// Whether it says that a value is missing.
int gk_table_is_missing(const char *from, const char *to);
// Whether a comment begins here, at the beginning of a line.
int gk_table_is_comment(const char *from, const char *to, char separator);

#endif
