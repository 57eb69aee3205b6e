#include "decimal.h"

#include <math.h>
#include <string.h>

// A row of a table is read field by field, each in one go: a number, blanks, what is between fields. Whatever isn't so, quotes
// and missing values among it, is looked at again with more patience.

ALWAYS_INLINE int is_digit(char c) { return (unsigned char)(c - '0') < 10; }

// Eight digits at a time, while there are as many.
ALWAYS_INLINE const char *digits(const char *p, const char *end, uint64_t *m) {
  uint64_t y = *m;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  for (uint64_t x; end - p >= 8; p += 8) {
    memcpy(&x, p, 8);
    if (((x & 0xF0F0F0F0F0F0F0F0) | (x + 0x0606060606060606 & 0xF0F0F0F0F0F0F0F0) >> 4) != 0x3333333333333333) break;
    x -= 0x3030303030303030;
    // Pairs, then the two pairs of each half, then the halves.
    x = x * 10 + (x >> 8);
    x = (x & 0x000000FF000000FF) * (100 + (1000000ull << 32)) + (x >> 16 & 0x000000FF000000FF) * (1 + (10000ull << 32));
    y = y * 100000000 + (x >> 32);
  }
#endif
  for (; p < end && is_digit(*p); p++) y = y * 10 + (uint64_t)(*p - '0');
  *m = y;
  return p;
}

// How many digits count, from the first that isn't 0 on.
static size_t significant(const char *p, const char *end) {
  size_t count = 0;
  for (; p < end && (is_digit(*p) || *p == '.' || *p == ','); p++) count += is_digit(*p) && (count > 0 || *p != '0');
  return count;
}

// What follows a number, or NULL where there is none.
ALWAYS_INLINE const char *number(const char *p, const char *end, char point, gk_decimal *y) {
  const char *start = p;
  int is_negative = p < end && *p == '-';
  if (p < end && (*p == '-' || *p == '+')) p++;
  const char *first = p;
  uint64_t m = 0;
  for (; p < end && is_digit(*p); p++) m = m * 10 + (uint64_t)(*p - '0');
  size_t count = (size_t)(p - first);
  int64_t e = 0;
  int is_whole = 1;
  if (p < end && *p == point) {
    const char *decimals = ++p;
    p = digits(p, end, &m);
    e = decimals - p;
    count += (size_t)(p - decimals);
    is_whole = 0;
  }
  if (count == 0) return NULL;
  if (p < end && (*p | 0x20) == 'e') {
    const char *q = p + 1;
    int is_small = q < end && *q == '-';
    if (q < end && (*q == '-' || *q == '+')) q++;
    if (q == end || !is_digit(*q)) return NULL;
    int64_t x = 0;
    for (; q < end && is_digit(*q); q++) x = x < 1000000000 ? x * 10 + (*q - '0') : x;
    e += is_small ? -x : x;
    p = q;
    is_whole = 0;
  }
  if (count > 19 && significant(first, p) > 19) return gk_long_decimal(start, p, point, y) ? p : NULL;
  double value = m == 0 ? 0 : gk_scaled(m, e);
  y->value = is_negative ? -value : value;
  y->is_whole = is_whole;
  y->is_rounded = is_whole && m >> 53 != 0 && !(value < 0x1p64 && (uint64_t)value == m);
  return p;
}

// A word without regard to case; NULL if another one stands here.
static const char *word(const char *p, const char *end, const char *letters) {
  for (; *letters; p++, letters++) {
    if (p == end || (*p | 0x20) != *letters) return NULL;
  }
  return p;
}

int gk_table_number(const char *from, const char *to, char point, double *value, int *is_rounded) {
  gk_decimal y;
  if (number(from, to, point, &y) == to) {
    *value = y.value;
    *is_rounded = y.is_rounded;
    return 1;
  }
  int is_negative = from < to && *from == '-';
  if (from < to && (*from == '-' || *from == '+')) from++;
  *is_rounded = 0;
  if (word(from, to, "nan") == to) {
    *value = NAN;
  } else if (word(from, to, "inf") == to || word(from, to, "infinity") == to) {
    *value = is_negative ? -INFINITY : INFINITY;
  } else {
    return 0;
  }
  return 1;
}

static int is_one_of(const char *const *words, size_t count, const char *from, const char *to) {
  for (size_t i = 0; i < count; i++) {
    if (strlen(words[i]) == (size_t)(to - from) && memcmp(words[i], from, (size_t)(to - from)) == 0) return 1;
  }
  return 0;
}
#define IS_ONE_OF(words, from, to) is_one_of(words, sizeof words / sizeof *words, from, to)

// What a spreadsheet writes where a formula has no value.
static const char *const failed[] = {"#N/A", "#NA", "#N/A N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"};

int gk_table_is_missing(const char *from, const char *to) {
  // Those of pandas, R, NumPy, SQL, SAS and the archives of Irvine.
  static const char *const words[] = {
    "",     "NA",   "N/A",  "n/a",  "NaN", "nan", "-NaN", "-nan", "NULL",   "null",    "None",    "<NA>",
    "?",    "-",    "--",   ".",    "missing", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN", "1.#NAN", "#NAN",
  };
  return IS_ONE_OF(words, from, to) || IS_ONE_OF(failed, from, to);
}

ALWAYS_INLINE int is_line_end(const char *p, const char *end) { return p == end || *p == '\n' || *p == '\r'; }

ALWAYS_INLINE int is_blank(char c, char separator) { return c == ' ' || (c == '\t' && separator != '\t'); }

ALWAYS_INLINE const char *blanks(const char *p, const char *end, char separator) {
  while (p < end && is_blank(*p, separator)) p++;
  return p;
}

ALWAYS_INLINE int is_between(char c, char separator) { return separator == ' ' ? c == ' ' || c == '\t' : c == separator; }

static const char *line_end(const char *p, const char *end) {
  while (!is_line_end(p, end)) p++;
  return p;
}

int gk_table_is_comment(const char *p, const char *end, char separator) {
  if (p == end || *p != '#') return 0;
  const char *q = p;
  while (!is_line_end(q, end) && !is_between(*q, separator)) q++;
  while (q > p && is_blank(q[-1], separator)) q--;
  return !IS_ONE_OF(failed, p, q);
}

// Whether a field may end here; a comment begins behind a blank alone.
ALWAYS_INLINE int is_over(const char *p, const char *end, char separator) {
  return is_line_end(p, end) || is_between(*p, separator) || (*p == '#' && (p[-1] == ' ' || p[-1] == '\t'));
}

// Where a comment begins in what no quotes surround, if it does.
static const char *comment(const char *from, const char *to) {
  for (const char *p = from; p < to; p++) {
    if (*p == '#') return p == from || p[-1] == ' ' || p[-1] == '\t' ? p : NULL;
  }
  return NULL;
}

// What a field holds, and what follows it and the blanks behind; NULL where a quote isn't closed, or more follows it.
static const char *content(const char *p, const char *end, char separator, const char **from, const char **to) {
  if (p < end && *p == '"') {
    const char *q = p + 1;
    for (;; q += 2) {
      q = memchr(q, '"', (size_t)(end - q));
      if (!q) return NULL;
      if (q + 1 == end || q[1] != '"') break;
    }
    *from = p + 1;
    *to = q;
    p = blanks(q + 1, end, separator);
    return is_over(p, end, separator) || (separator == ' ' && p > q + 1) ? p : NULL;
  }
  *from = p;
  while (!is_line_end(p, end) && !is_between(*p, separator)) p++;
  *to = p;
  return blanks(p, end, separator);
}

static int is_value(const char *from, const char *to, const gk_table *t, gk_decimal *y) {
  while (from < to && (*from == ' ' || *from == '\t')) from++;
  while (to > from && (to[-1] == ' ' || to[-1] == '\t')) to--;
  y->is_whole = 0;
  if (t->fills && gk_table_is_missing(from, to)) {
    y->value = t->missing;
    y->is_rounded = 0;
    return 1;
  }
  return number(from, to, t->point, y) == to || gk_table_number(from, to, t->point, &y->value, &y->is_rounded);
}

// A field that is more than a bare number.
static const char *patiently(const char *p, const char *end, const gk_table *t, gk_decimal *y) {
  const char *from, *to, *rest = content(p, end, t->separator, &from, &to);
  if (!rest) return NULL;
  if (is_value(from, to, t, y)) return rest;
  const char *mark = from > p ? NULL : comment(from, to);
  return mark && is_value(from, mark, t, y) ? mark : NULL;
}

// Over a field that isn't read; a comment behind a number ends it as it would end one that is.
static const char *over(const char *p, const char *end, const gk_table *t) {
  const char *from, *to, *rest = content(p, end, t->separator, &from, &to);
  if (!rest || from > p) return rest;
  const char *mark = comment(from, to);
  gk_decimal y;
  return mark && !is_value(from, to, t, &y) && is_value(from, mark, t, &y) ? mark : rest;
}

// Whether float32 rounds a number by more than it rounds decimals.
ALWAYS_INLINE int is_too_much(const gk_decimal *y, float rounded) {
  double size = fabs(y->value);
  if (y->is_whole) return size > 0x1p24;
  if (rounded == y->value || y->value != y->value) return 0;
  return rounded == 0 || (isinf(rounded) && !isinf(size)) || (size > 0x1p24 && size <= 0x1p53 && size == floor(size));
}

ALWAYS_INLINE void read_part(const char *text, size_t bytes, const gk_table *t, gk_table_part *part, float *single, double *full) {
  const char *end = text + bytes, *p = text + part->from, *stop = text + part->to, *start = p;
  const char separator = t->separator, point = t->point;
  size_t at = part->row * t->taken, rows = 0;
  part->state = GK_TABLE_READ;
  while (p < stop && !((rows & 255) == 0 && gk_interrupted)) {
    start = p;
    p = blanks(p, end, separator);
    if (!is_line_end(p, end) && !gk_table_is_comment(p, end, separator)) {
      size_t column = 0;
      for (;;) {
        if (column == t->columns) goto odd;
        if (!t->wanted || t->wanted[column]) {
          gk_decimal y;
          const char *rest = number(p, end, point, &y);
          const char *next = rest ? blanks(rest, end, separator) : NULL;
          if (!next || !(is_over(next, end, separator) || (separator == ' ' && next > rest))) next = patiently(p, end, t, &y);
          if (!next || y.is_rounded) goto odd;
          if (single) {
            single[at] = (float)y.value;
            if (is_too_much(&y, single[at])) {
              part->state = GK_TABLE_NARROW;
              goto done;
            }
          } else {
            full[at] = y.value;
          }
          at++;
          p = next;
        } else if (!(p = over(p, end, t))) {
          goto odd;
        }
        column++;
        if (is_line_end(p, end) || *p == '#') break;
        if (separator != ' ') p = blanks(p + 1, end, separator);
      }
      if (column != t->columns) goto odd;
      rows++;
    }
    p = line_end(p, end);
    if (p < end) p += *p == '\r' && p + 1 < end && p[1] == '\n' ? 2 : 1;
    start = p;
  }
  goto done;
odd:
  part->state = GK_TABLE_ODD;
done:
  part->rows = rows;
  part->at = (size_t)(start - text);
}

static void count_part(const char *text, size_t bytes, gk_table_part *part) {
  const char *p = text + part->from, *to = text + part->to;
  size_t lines = 0, quotes = 0;
  // In small pieces, for counters that fit into a byte.
  while (p < to && !gk_interrupted) {
    size_t n = to - p < 192 ? (size_t)(to - p) : 192;
    uint8_t ends = 0, marks = 0;
    // A line feed behind a carriage return is no other end.
    if (p + n < text + bytes) {
      for (size_t i = 0; i < n; i++) {
        ends += (p[i] == '\n') + ((p[i] == '\r') & (p[i + 1] != '\n'));
        marks += p[i] == '"';
      }
    } else {
      for (size_t i = 0; i < n; i++) {
        ends += p[i] == '\n' || (p[i] == '\r' && !(i + 1 < n && p[i + 1] == '\n'));
        marks += p[i] == '"';
      }
    }
    lines += ends;
    quotes += marks;
    p += n;
  }
  part->lines = lines;
  part->quotes = quotes;
}

typedef struct {
  const char *text;
  size_t bytes;
  const gk_table *table;
  gk_table_part *parts;
  float *single;
  double *full;
} job;

static void count_task(void *context, int number) {
  job *j = context;
  count_part(j->text, j->bytes, j->parts + number);
}

static void single_task(void *context, int number) {
  job *j = context;
  read_part(j->text, j->bytes, j->table, j->parts + number, j->single, NULL);
}

static void full_task(void *context, int number) {
  job *j = context;
  read_part(j->text, j->bytes, j->table, j->parts + number, NULL, j->full);
}

static void run(void (*task)(void *, int), job *j, int count) {
  if (count > 1 && gk_threads > 1) return gk_run_tasks(task, j, count);
  for (int i = 0; i < count; i++) task(j, i);
}

void gk_table_count(const char *text, size_t bytes, gk_table_part *parts, int count) {
  run(count_task, &(job){.text = text, .bytes = bytes, .parts = parts}, count);
}

void gk_table_read_f32(const char *text, size_t bytes, const gk_table *table, gk_table_part *parts, int count, float *y) {
  run(single_task, &(job){.text = text, .bytes = bytes, .table = table, .parts = parts, .single = y}, count);
}

void gk_table_read_f64(const char *text, size_t bytes, const gk_table *table, gk_table_part *parts, int count, double *y) {
  run(full_task, &(job){.text = text, .bytes = bytes, .table = table, .parts = parts, .full = y}, count);
}
