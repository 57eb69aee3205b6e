// Template: elements in order along lanes.

#ifdef LEVEL

// Elements E go where their digits say, digit by digit from the least; one that is the same everywhere is left out. Parts of
// them are counted and moved by several threads, so that equals stay in their order. Gives where the result is.
#define KEY_OF(e) ((e).key)
#define ITSELF(e) (e)
#define RADIX(E, KEY, name) \
  typedef struct { \
    const E *from; \
    E *to; \
    size_t n, parts; \
    int shift, digit; \
    uint32_t counts[MOST_PARTS][BUCKETS]; \
  } NAME(pass_##name); \
  static void NAME(count_##name)(void *context, int part) { \
    NAME(pass_##name) *p = context; \
    uint32_t *restrict counts = p->counts[part]; \
    const E *restrict x = p->from + p->n * (size_t)part / p->parts; \
    size_t n = p->n * ((size_t)part + 1) / p->parts - p->n * (size_t)part / p->parts; \
    int shift = p->shift; \
    BITS mask = ((BITS)1 << p->digit) - 1; \
    memset(counts, 0, sizeof *counts << p->digit); \
    IN_RUNS(n, for (size_t i = from; i < from + count; i++) counts[KEY(x[i]) >> shift & mask]++;) \
  } \
  static void NAME(move_##name)(void *context, int part) { \
    NAME(pass_##name) *p = context; \
    /* Nothing of them overlaps: else all would be read again behind each element. */ \
    uint32_t *restrict places = p->counts[part]; \
    const E *restrict x = p->from + p->n * (size_t)part / p->parts; \
    E *restrict y = p->to; \
    size_t n = p->n * ((size_t)part + 1) / p->parts - p->n * (size_t)part / p->parts; \
    int shift = p->shift; \
    BITS mask = ((BITS)1 << p->digit) - 1; \
    IN_RUNS(n, for (size_t i = from; i < from + count; i++) y[places[KEY(x[i]) >> shift & mask]++] = x[i];) \
  } \
  static E *NAME(distributed_##name)(E *x, E *spare, size_t n) { \
    NAME(pass_##name) pass; \
    pass.n = n; \
    pass.parts = 1; \
    /* Of few elements more passes cost less than more buckets. */ \
    pass.digit = n < BUCKETS * 4 ? SHORT_DIGIT : DIGIT; \
    if (gk_is_worth_sharing((double)n * GK_LONG_PRICE, GK_SHARED_WORK)) \
      pass.parts = gk_threads < MOST_PARTS ? (size_t)gk_threads : MOST_PARTS; \
    for (pass.shift = 0; pass.shift < WIDTH && !gk_is_interrupted(); pass.shift += pass.digit) { \
      pass.from = x; \
      pass.to = spare; \
      gk_run_tasks(NAME(count_##name), &pass, (int)pass.parts); \
      if (gk_is_interrupted()) break; \
      uint32_t start = 0, most = 0; \
      for (size_t b = 0; b < (size_t)1 << pass.digit; b++) { \
        uint32_t before = start; \
        for (size_t part = 0; part < pass.parts; part++) { \
          uint32_t size = pass.counts[part][b]; \
          pass.counts[part][b] = start; \
          start += size; \
        } \
        most = start - before > most ? start - before : most; \
      } \
      if (most == n) continue; \
      gk_run_tasks(NAME(move_##name), &pass, (int)pass.parts); \
      spare = x; \
      x = pass.to; \
    } \
    return x; \
  }

// For numbers of type T with as many bits as BITS: pairs of a key, which compares as an integer, and the place it stood at, put in
// order; equals stay in theirs.
typedef struct {
  BITS key;
  uint32_t place;
} NAME(ranked);

// Zeros of both signs are equal; NaN is greater than everything.
static inline BITS NAME(key)(T x, int descends) {
  BITS bits, key = (BITS)-1;
  if (x == x) {
    x += (T)0;
    memcpy(&bits, &x, sizeof bits);
    key = bits >> (WIDTH - 1) ? (BITS)~bits : bits | (BITS)1 << (WIDTH - 1);
  }
  return descends ? (BITS)~key : key;
}

static void NAME(insert)(NAME(ranked) *x, size_t n) {
  for (size_t i = 1; i < n; i++) {
    NAME(ranked) next = x[i];
    size_t j = i;
    for (; j > 0 && x[j - 1].key > next.key; j--) x[j] = x[j - 1];
    x[j] = next;
  }
}

// Neighbouring sorted runs become one, until there is one. Gives where the result is.
static NAME(ranked) *NAME(merged)(NAME(ranked) *x, NAME(ranked) *spare, size_t n) {
  for (size_t start = 0; start < n; start += RUN) NAME(insert)(x + start, n - start < RUN ? n - start : RUN);
  for (size_t run = RUN; run < n; run *= 2) {
    for (size_t start = 0; start < n; start += 2 * run) {
      size_t middle = n - start < run ? n : start + run, end = n - start < 2 * run ? n : start + 2 * run;
      size_t a = start, b = middle;
      for (size_t i = start; i < end; i++)
        spare[i] = a < middle && (b == end || x[a].key <= x[b].key) ? x[a++] : x[b++];
    }
    NAME(ranked) *sorted = spare;
    spare = x;
    x = sorted;
  }
  return x;
}

RADIX(NAME(ranked), KEY_OF, ranked)
RADIX(BITS, ITSELF, plain)

// Where `count` ranks from `start` on may lie: between two keys of a sample, mostly.
static void NAME(bounds)(int descends, const T *x, size_t extent, size_t inner, size_t start, size_t count,
                          NAME(ranked) *sample, BITS *least, BITS *most) {
  for (size_t j = 0; j < SAMPLE; j++) {
    sample[j].key = NAME(key)(x[(size_t)((double)j * (double)extent / SAMPLE) * inner], descends);
    sample[j].place = (uint32_t)j;
  }
  NAME(ranked) *sorted = NAME(distributed_ranked)(sample, sample + SAMPLE, SAMPLE);
  double first = (double)start * SAMPLE / (double)extent, last = (double)(start + count) * SAMPLE / (double)extent;
  double low = first - MARGIN - 4 * sqrt(first * (1 - first / SAMPLE));
  double high = last + MARGIN + 4 * sqrt(last * (1 - last / SAMPLE));
  *least = low < 1 ? 0 : sorted[(size_t)low].key;
  *most = high > SAMPLE - 1 ? (BITS)-1 : sorted[(size_t)high].key;
}

// Leaves of n elements those whose first digit the ranks from `start` on have, counts those below and gives how many are left.
static size_t NAME(narrow)(NAME(ranked) *x, size_t n, size_t start, size_t count, size_t *below) {
  uint32_t counts[BUCKETS] = {0};
  for (size_t i = 0; i < n; i++) counts[x[i].key >> (WIDTH - DIGIT)]++;
  size_t low = 0, high, passed = 0, left = 0;
  while (low < BUCKETS - 1 && passed + counts[low] <= start) passed += counts[low++];
  *below += passed;
  for (high = low; high < BUCKETS - 1 && passed + counts[high] < start + count; high++) passed += counts[high];
  for (size_t i = 0; i < n; i++) {
    size_t digit = (size_t)(x[i].key >> (WIDTH - DIGIT));
    x[left] = x[i];
    left += (digit >= low) & (digit <= high);
  }
  return left;
}

// Of one lane the elements of `count` ranks from `start` on, or their places. 0 without memory.
static int NAME(ranks)(int descends, const T *x, size_t extent, size_t inner, size_t start, size_t count, int gives_values,
                        T *y) {
  NAME(ranked) *lane = gk_take_scratch(2 * (extent > SAMPLE ? extent : SAMPLE) * sizeof *lane);
  if (lane == NULL) return 0;
  BITS least = 0, most = (BITS)-1;
  if (extent >= 4 * SAMPLE && count <= extent / 8)
    NAME(bounds)(descends, x, extent, inner, start, count, lane, &least, &most);
  size_t n, below;
  for (;;) {
    n = below = 0;
    for (size_t from = 0; from < extent; from += SEARCHED) {
      if (from % LONG_RUN == 0 && gk_is_interrupted()) break;
      size_t length = extent - from < SEARCHED ? extent - from : SEARCHED;
      BITS keys[SEARCHED], less = 0, hits = 0;
      if (inner == 1) for (size_t j = 0; j < length; j++) keys[j] = NAME(key)(x[from + j], descends);
      else for (size_t j = 0; j < length; j++) keys[j] = NAME(key)(x[(from + j) * inner], descends);
      for (size_t j = 0; j < length; j++) {
        less += keys[j] < least;
        hits += (keys[j] >= least) & (keys[j] <= most);
      }
      below += less;
      if (hits == 0) continue;
      for (size_t j = 0; j < length; j++) {
        lane[n].key = keys[j];
        lane[n].place = (uint32_t)(from + j);
        n += (keys[j] >= least) & (keys[j] <= most);
      }
    }
    if (gk_is_interrupted() || (below <= start && start + count <= below + n)) break;
    // The sample has misled.
    least = 0;
    most = (BITS)-1;
  }
  if (!gk_is_interrupted()) {
    if (n > SHORT && count <= n / 8) n = NAME(narrow)(lane, n, start - below, count, &below);
    NAME(ranked) *sorted = n <= SHORT ? NAME(merged)(lane, lane + n, n) : NAME(distributed_ranked)(lane, lane + n, n);
    // What was left half way isn't looked at.
    if (gk_is_interrupted()) return gk_return_scratch(lane), 1;
    sorted += start - below;
    if (gives_values) for (size_t j = 0; j < count; j++) y[j * inner] = x[sorted[j].place * inner];
    else for (size_t j = 0; j < count; j++) y[j * inner] = (T)sorted[j].place;
  }
  gk_return_scratch(lane);
  return 1;
}

// All elements of a dense lane, none of which is NaN or -0, in order.
static void NAME(sorted_plain)(int descends, const T *x, size_t n, T *y, BITS *spare) {
  BITS *lane = (BITS *)y, turned = descends ? (BITS)-1 : 0;
  for (size_t j = 0; j < n; j++) {
    BITS bits;
    memcpy(&bits, x + j, sizeof bits);
    lane[j] = (bits >> (WIDTH - 1) ? (BITS)~bits : bits | (BITS)1 << (WIDTH - 1)) ^ turned;
  }
  BITS *sorted = NAME(distributed_plain)(lane, spare, n);
  if (gk_is_interrupted()) return;
  for (size_t j = 0; j < n; j++) {
    BITS key = sorted[j] ^ turned, bits = key >> (WIDTH - 1) ? key ^ (BITS)1 << (WIDTH - 1) : (BITS)~key;
    memcpy(y + j, &bits, sizeof bits);
  }
}
static int NAME(is_plain)(const T *x, size_t n) {
  BITS odd = 0;
  for (size_t j = 0; j < n; j++) {
    BITS bits;
    memcpy(&bits, x + j, sizeof bits);
    odd |= (x[j] != x[j]) | (bits == (BITS)1 << (WIDTH - 1));
  }
  return odd == 0;
}

typedef struct {
  int descends, gives_values, failed;
  const T *x;
  size_t outer, extent, inner, start, count, tasks;
  T *y;
} NAME(lanes);
static void NAME(run_lanes)(void *context, int number) {
  NAME(lanes) *l = context;
  size_t all = l->outer * l->inner, first = all * (size_t)number / l->tasks, last = all * ((size_t)number + 1) / l->tasks;
  for (size_t i = first; i < last && !gk_is_interrupted(); i++) {
    const T *x = l->x + i / l->inner * l->extent * l->inner + i % l->inner;
    T *y = l->y + i / l->inner * l->count * l->inner + i % l->inner;
    if (l->gives_values && l->count == l->extent && l->inner == 1 && l->extent > SHORT && NAME(is_plain)(x, l->extent)) {
      BITS *spare = gk_take_scratch(l->extent * sizeof *spare);
      if (spare == NULL) l->failed = 1;
      else NAME(sorted_plain)(l->descends, x, l->extent, y, spare);
      gk_return_scratch(spare);
    } else if (!NAME(ranks)(l->descends, x, l->extent, l->inner, l->start, l->count, l->gives_values, y)) {
      l->failed = 1;
    }
  }
}

static int NAME(all_ranks)(int descends, const T *x, size_t outer, size_t extent, size_t inner, size_t start, size_t count,
                    int gives_values, T *y) {
  if (extent > UINT32_MAX) return 0;
  NAME(lanes) l = {.descends = descends, .gives_values = gives_values, .x = x, .outer = outer, .extent = extent,
                    .inner = inner, .start = start, .count = count, .tasks = 1, .y = y};
  size_t lanes = outer * inner;
  if (lanes == 0 || count == 0) return 1;
  if (lanes >= (size_t)gk_threads && gk_is_worth_sharing((double)lanes * (double)extent * GK_CALL_PRICE, GK_SHARED_WORK))
    l.tasks = lanes < 4 * (size_t)gk_threads ? lanes : 4 * (size_t)gk_threads;
  if (l.tasks > 1) gk_run_tasks(NAME(run_lanes), &l, (int)l.tasks);
  else NAME(run_lanes)(&l, 0);
  return !l.failed;
}

#undef RADIX
#undef KEY_OF
#undef ITSELF

#else

int TYPED(gk_ranks)(int descends, const T *x, size_t outer, size_t extent, size_t inner, size_t start, size_t count,
                    int gives_values, T *y) {
  return PICK(all_ranks)(descends, x, outer, extent, inner, start, count, gives_values, y);
}

#endif
