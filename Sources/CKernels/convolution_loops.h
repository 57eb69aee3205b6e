// Template, part of matmul_loops.h: products with the windows of images, which are never written out as a whole.

// Bytes of an image with its border, at most, that is laid out for its lines to be read as they are.
#define FRAMED_BYTES (1 << 20)
// Places of windows that are gone through at a time: what is written out of them stays in the second cache.
#define PLACES (4 * TILE_COLUMNS)

// Lanes `low` to `high` - 1 from memory, zeros beside them; nothing else is read.
ALWAYS_INLINE WIDE V NAME(load_between)(const T *p, ptrdiff_t low, ptrdiff_t high) {
#if VECTOR_BYTES == 64
  unsigned mask = ((1u << high) - 1) & ~((1u << low) - 1);
  if (sizeof(T) == 4) return (V)_mm512_maskz_loadu_epi32((__mmask16)mask, p);
  return (V)_mm512_maskz_loadu_epi64((__mmask8)mask, p);
#else
  if (low == 0 && high == LANES) return *(const V *)p;
  V v = {0};
  for (ptrdiff_t i = low; i < high; i++) v[i] = p[i];
  return v;
#endif
}

ALWAYS_INLINE ptrdiff_t NAME(lane)(ptrdiff_t number) { return number < 0 ? 0 : number > LANES ? LANES : number; }

// Elements `low` to `high` - 1 of a line, every one or every other, and zeros beside them: `length` together.
ALWAYS_INLINE WIDE void NAME(unfold_line)(const T *line, ptrdiff_t across, ptrdiff_t low, ptrdiff_t high, T *out, ptrdiff_t length) {
  if (across > 2 || (across == 2 && VECTOR_BYTES != 64)) {
    for (ptrdiff_t j = 0; j < low; j++) out[j] = 0;
    for (ptrdiff_t j = low; j < high; j++) out[j] = line[j * across];
    for (ptrdiff_t j = high; j < length; j++) out[j] = 0;
    return;
  }
  if (across == 1 && low == 0 && high == TILE_COLUMNS && length == TILE_COLUMNS) {
    V first = *(const V *)line, second = *(const V *)(line + LANES);
    *(V *)out = first;
    *(V *)(out + LANES) = second;
    return;
  }
  for (ptrdiff_t j = 0; j < length; j += LANES) {
    V v;
    if (across == 1) {
      v = NAME(load_between)(line + j, NAME(lane)(low - j), NAME(lane)(high - j));
    } else {
      ptrdiff_t from = 2 * (low - j), to = 2 * (high - j) - 1;
      const T *near = line + 2 * j;
      V a = NAME(load_between)(near, NAME(lane)(from), NAME(lane)(to));
      V b = NAME(load_between)(near + LANES, NAME(lane)(from - LANES), NAME(lane)(to - LANES));
#if VECTOR_BYTES == 64 && WIDTH == 32
      v = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
#elif VECTOR_BYTES == 64
      v = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
#else
      v = a + b;
#endif
    }
    if (length - j >= LANES) *(V *)(out + j) = v;
    else NAME(store_part)(out + j, v, length - j);
  }
}

// The way back: each of them added where it came from.
ALWAYS_INLINE WIDE void NAME(fold_line)(T *line, ptrdiff_t across, ptrdiff_t low, ptrdiff_t high, const T *out) {
  if (across != 1) {
    for (ptrdiff_t j = low; j < high; j++) line[j * across] += out[j];
    return;
  }
  ptrdiff_t j = low;
  for (; j + LANES <= high; j += LANES) *(V *)(line + j) = *(V *)(line + j) + *(const V *)(out + j);
  if (j < high) {
    ptrdiff_t rest = high - j;
    NAME(store_part)(line + j, NAME(load_part)(line + j, rest) + NAME(load_part)(out + j, rest), rest);
  }
}

// Entries `first` to `last` - 1 of windows (channel by channel, row by row), those of `count` places from number `from` on: the
// rows of `to`, which lie `step` apart. From, or where `adds`, added to an image of all channels of a group.
ALWAYS_INLINE WIDE void NAME(unfold)(const gk_windows *w, T *image, size_t first, size_t last, size_t from, size_t count, T *to,
                                     ptrdiff_t step, const int adds) {
  ptrdiff_t wide = (ptrdiff_t)w->places[1], width = (ptrdiff_t)w->image[1], height = (ptrdiff_t)w->image[0];
  ptrdiff_t across = (ptrdiff_t)w->stride[1];
  size_t entries = w->size[0] * w->size[1];
  for (size_t done = 0; done < count;) {
    size_t row = (from + done) / (size_t)wide, column = (from + done) % (size_t)wide;
    ptrdiff_t length = wide - (ptrdiff_t)column, rest = (ptrdiff_t)(count - done);
    if (length > rest) length = rest;
    T *out = to + done, *plane = image + (ptrdiff_t)(first / entries) * height * width;
    ptrdiff_t top = (ptrdiff_t)(row * w->stride[0]) - (ptrdiff_t)w->border[0];
    ptrdiff_t left = (ptrdiff_t)(column * w->stride[1]) - (ptrdiff_t)w->border[1];
    // Counted, not divided: this is done for each row of a window.
    size_t down = first % entries / w->size[1], right = first % w->size[1];
    for (size_t k = first; k < last; k++, out += step) {
      ptrdiff_t y = top + (ptrdiff_t)(down * w->dilation[0]), x = left + (ptrdiff_t)(right * w->dilation[1]);
      // The part of the length that lies inside the image.
      ptrdiff_t low = 0, high = length;
      if (y < 0 || y >= height) {
        high = 0;
      } else {
        if (x < 0) low = across == 1 ? -x : (-x + across - 1) / across;
        if (x + (length - 1) * across >= width)
          high = width <= x ? 0 : across == 1 ? width - x : (width - x + across - 1) / across;
        if (low > high) low = high;
      }
      if (adds) NAME(fold_line)(plane + y * width + x, across, low, high, out);
      else NAME(unfold_line)(plane + y * width + x, across, low, high, out, length);
      if (++right < w->size[1]) continue;
      right = 0;
      if (++down < w->size[0]) continue;
      down = 0;
      plane += height * width;
    }
    done += (size_t)length;
  }
}

typedef struct {
  const gk_windows *w;
  const T *x, *packed;
  T *y;
  size_t inner, places, blocks, tasks, parts;
  int failed;
} NAME(convolution_job);

// Units number from a task's share.
#define SHARE(units) \
  size_t unit = (units) * (size_t)number / job->tasks, end = (units) * ((size_t)number + 1) / job->tasks;

// y [filters, places] = weights [filters, inner] @ windows [inner, places], block by block.
WIDE static void NAME(convolve)(void *context, int number) {
  NAME(convolution_job) *job = context;
  const gk_windows *w = job->w;
  size_t inner = job->inner, places = job->places, filters = w->filters;
  T *windows = packing_buffer((size_t)BLOCK_K * TILE_COLUMNS * sizeof(T));
  if (windows == NULL) {
    job->failed = 1;
    return;
  }
  SHARE(w->images * w->groups * job->blocks)
  for (; unit < end && !gk_is_interrupted(); unit++) {
    size_t block = unit % job->blocks, image = unit / job->blocks, group = image % w->groups;
    size_t from = block * PLACES, to = from + PLACES < places ? from + PLACES : places;
    T *x = (T *)job->x + image * w->channels * w->image[0] * w->image[1], *y = job->y + image * filters * places;
    for (; from < to; from += TILE_COLUMNS) {
      size_t columns = to - from < TILE_COLUMNS ? to - from : TILE_COLUMNS;
      for (size_t p = 0; p < inner; p += BLOCK_K) {
        size_t depth = inner - p < BLOCK_K ? inner - p : BLOCK_K;
        NAME(unfold)(w, x, p, p + depth, from, columns, windows, TILE_COLUMNS, 0);
        if (columns < TILE_COLUMNS)
          for (size_t k = 0; k < depth; k++)
            for (size_t j = columns; j < TILE_COLUMNS; j++) windows[k * TILE_COLUMNS + j] = 0;
        NAME(tiles)(job->packed + group * filters * inner + p * filters, 0, 0, 1, windows, TILE_COLUMNS, 0, y + from,
                    (ptrdiff_t)places, (ptrdiff_t)filters, (ptrdiff_t)depth, (ptrdiff_t)columns, p > 0);
      }
    }
  }
}

// An image within a border of zeros: entries of windows that lie beside each other are then rows as they are.
typedef struct {
  ptrdiff_t height, width;
} NAME(framed);

static NAME(framed) NAME(frame)(const gk_windows *w) {
  NAME(framed) f = {.height = (ptrdiff_t)((w->places[0] - 1) * w->stride[0] + (w->size[0] - 1) * w->dilation[0] + 1),
                    // The last vector is read whole.
                    .width = (ptrdiff_t)(w->places[1] + (w->size[1] - 1) * w->dilation[1]) + TILE_COLUMNS};
  return f;
}

// Whether lines of places fill most lanes, and an image with its border the second cache at most.
static int NAME(goes_by_lines)(const gk_windows *w) {
  NAME(framed) f = NAME(frame)(w);
  ptrdiff_t wide = (ptrdiff_t)w->places[1], lanes = (wide + LANES - 1) / LANES * LANES;
  return w->stride[1] == 1 && wide > LANES && 4 * wide >= 3 * lanes &&
         (double)f.height * (double)f.width * (double)w->channels * sizeof(T) <= FRAMED_BYTES;
}

static void NAME(put_in_frame)(const gk_windows *w, const T *image, T *to) {
  NAME(framed) f = NAME(frame)(w);
  ptrdiff_t height = (ptrdiff_t)w->image[0], width = (ptrdiff_t)w->image[1], top = (ptrdiff_t)w->border[0], left = (ptrdiff_t)w->border[1];
  ptrdiff_t rest = f.width - left, copied = rest < 0 ? 0 : rest < width ? rest : width;
  memset(to, 0, w->channels * (size_t)(f.height * f.width) * sizeof(T));
  for (size_t channel = 0; channel < w->channels; channel++, image += height * width, to += f.height * f.width)
    for (ptrdiff_t row = 0; row < height && row + top < f.height; row++)
      memcpy(to + (row + top) * f.width + left, image + row * width, (size_t)copied * sizeof(T));
}

// As `convolve`, line by line of the places, from images in frames.
WIDE static void NAME(convolve_lines)(void *context, int number) {
  NAME(convolution_job) *job = context;
  const gk_windows *w = job->w;
  NAME(framed) f = NAME(frame)(w);
  size_t inner = job->inner, places = job->places, filters = w->filters, lines = w->places[0], wide = w->places[1];
  size_t framed = w->channels * (size_t)(f.height * f.width), tiles = (filters + TILE_ROWS - 1) / TILE_ROWS;
  ptrdiff_t *offsets = packing_buffer(inner * sizeof *offsets + framed * sizeof(T));
  if (offsets == NULL) {
    job->failed = 1;
    return;
  }
  T *frame = (T *)(offsets + inner);
  size_t entry = 0, known = SIZE_MAX;
  for (size_t channel = 0; channel < w->channels; channel++)
    for (size_t down = 0; down < w->size[0]; down++)
      for (size_t right = 0; right < w->size[1]; right++)
        offsets[entry++] = ((ptrdiff_t)channel * f.height + (ptrdiff_t)(down * w->dilation[0])) * f.width + (ptrdiff_t)(right * w->dilation[1]);
  SHARE(w->images * w->groups * job->blocks)
  for (; unit < end && !gk_is_interrupted(); unit++) {
    size_t block = unit % job->blocks, image = unit / job->blocks, group = image % w->groups;
    if (image != known) NAME(put_in_frame)(w, job->x + image * w->channels * w->image[0] * w->image[1], frame);
    known = image;
    const T *weights = job->packed + group * filters * inner;
    for (size_t line = lines * block / job->blocks; line < lines * (block + 1) / job->blocks; line++)
      for (size_t from = 0; from < wide; from += TILE_COLUMNS) {
        ptrdiff_t columns = wide - from < TILE_COLUMNS ? (ptrdiff_t)(wide - from) : TILE_COLUMNS, vectors = columns > LANES ? 2 : 1;
        const T *x = frame + (ptrdiff_t)(line * w->stride[0]) * f.width + (ptrdiff_t)from;
        T *y = job->y + image * filters * places + line * wide + from;
        for (size_t p = 0; p < inner; p += BLOCK_K) {
          size_t depth = inner - p < BLOCK_K ? inner - p : BLOCK_K;
          for (size_t i = 0; i < tiles; i++) {
            size_t first = TILE_START(i, tiles, filters), rows = TILE_START(i + 1, tiles, filters) - first;
            NAME(scattered_tiles)[vectors - 1][rows - 1](weights + p * filters + first * depth, x, offsets + p, (ptrdiff_t)depth,
                                                         y + first * places, (ptrdiff_t)places, columns - (vectors - 1) * LANES, p > 0);
          }
        }
      }
  }
}

// x [channels, …] = weights' [inner, filters] @ y [filters, places], each entry added where it was read.
WIDE static void NAME(convolve_back)(void *context, int number) {
  NAME(convolution_job) *job = context;
  const gk_windows *w = job->w;
  size_t entries = w->size[0] * w->size[1], places = job->places, filters = w->filters;
  size_t area = w->image[0] * w->image[1], share = (w->channels + job->parts - 1) / job->parts;
  T *packed = packing_buffer((filters + share * entries) * PLACES * sizeof(T));
  if (packed == NULL) {
    job->failed = 1;
    return;
  }
  T *entry = packed + filters * PLACES;
  SHARE(w->images * w->groups * job->parts)
  for (; unit < end; unit++) {
    size_t image = unit / job->parts, group = image % w->groups, first = unit % job->parts * share;
    if (first >= w->channels) continue;
    size_t channels = w->channels - first < share ? w->channels - first : share, rows = channels * entries;
    const T *y = job->x + image * filters * places, *weights = job->packed + group * filters * job->inner + first * entries;
    T *x = job->y + (image * w->channels + first) * area;
    memset(x, 0, channels * area * sizeof(T));
    for (size_t from = 0; from < places && !gk_is_interrupted(); from += PLACES) {
      size_t count = places - from < PLACES ? places - from : PLACES;
      NAME(pack_b)(y + from, (ptrdiff_t)places, 1, packed, (ptrdiff_t)filters, (ptrdiff_t)count);
      NAME(tiles)(weights, 1, (ptrdiff_t)job->inner, 0, packed, TILE_COLUMNS, (ptrdiff_t)filters * TILE_COLUMNS, entry, PLACES,
                  (ptrdiff_t)rows, (ptrdiff_t)filters, (ptrdiff_t)count, 0);
      NAME(unfold)(w, x, 0, rows, from, count, entry, PLACES, 1);
    }
  }
}

// weights [filters, inner] = the sum over images of y [filters, places] @ windows' [places, inner]: columns of them by each task,
// of some images where there are parts.
WIDE static void NAME(convolve_weights)(void *context, int number) {
  NAME(convolution_job) *job = context;
  const gk_windows *w = job->w;
  size_t inner = job->inner, places = job->places, filters = w->filters, size = w->groups * filters * inner;
  // Entries at a time, rows of them as long as PLACES and the other way round.
  enum { ENTRIES = 4 * TILE_COLUMNS };
  T *entry = packing_buffer((size_t)2 * ENTRIES * PLACES * sizeof(T));
  if (entry == NULL) {
    job->failed = 1;
    return;
  }
  T *packed = entry + ENTRIES * PLACES;
  SHARE(job->parts * w->groups * job->blocks)
  for (; unit < end; unit++) {
    size_t block = unit % job->blocks, group = unit / job->blocks % w->groups, part = unit / job->blocks / w->groups;
    size_t first = block * ENTRIES, count = inner - first < ENTRIES ? inner - first : ENTRIES;
    T *weights = job->y + part * size + group * filters * inner + first;
    for (size_t f = 0; f < filters; f++) memset(weights + f * inner, 0, count * sizeof(T));
    size_t last_image = w->images * (part + 1) / job->parts;
    for (size_t image = w->images * part / job->parts; image < last_image; image++) {
      T *x = (T *)job->x + (image * w->groups + group) * w->channels * w->image[0] * w->image[1];
      const T *y = job->packed + (image * w->groups + group) * filters * places;
      for (size_t from = 0; from < places && !gk_is_interrupted(); from += PLACES) {
        size_t depth = places - from < PLACES ? places - from : PLACES;
        NAME(unfold)(w, x, first, first + count, from, depth, entry, PLACES, 0);
        NAME(pack_b)(entry, 1, PLACES, packed, (ptrdiff_t)depth, (ptrdiff_t)count);
        NAME(tiles)(y + from, (ptrdiff_t)places, 1, 0, packed, TILE_COLUMNS, (ptrdiff_t)depth * TILE_COLUMNS, weights,
                    (ptrdiff_t)inner, (ptrdiff_t)filters, (ptrdiff_t)depth, (ptrdiff_t)count, 1);
      }
    }
  }
}
#undef SHARE

static int NAME(convolution)(gk_convolution kind, const gk_windows *w, const T *a, const T *b, T *y) {
  NAME(convolution_job) job = {.w = w, .x = a, .packed = b, .y = y, .tasks = 1, .parts = 1};
  job.places = w->places[0] * w->places[1];
  job.inner = w->channels * w->size[0] * w->size[1];
  size_t all = w->groups * w->filters * job.inner, units = 0;
  T *own = NULL;
  void (*task)(void *, int) = NAME(convolve);
  switch (kind) {
  case GK_CONVOLVE:
    if (posix_memalign((void **)&own, 64, all * sizeof(T)) != 0) return 0;
    for (size_t group = 0; group < w->groups; group++)
      for (size_t p = 0; p < job.inner; p += BLOCK_K)
        NAME(pack_a)(b + group * w->filters * job.inner + p, (ptrdiff_t)job.inner, 1, own + (group * job.inner + p) * w->filters,
                     (ptrdiff_t)w->filters, (ptrdiff_t)(job.inner - p < BLOCK_K ? job.inner - p : BLOCK_K));
    job.packed = own;
    job.blocks = (job.places + PLACES - 1) / PLACES;
    if (NAME(goes_by_lines)(w)) {
      task = NAME(convolve_lines);
      if (job.blocks > w->places[0]) job.blocks = w->places[0];
    }
    units = w->images * w->groups * job.blocks;
    break;
  case GK_CONVOLVE_BACK:
    task = NAME(convolve_back);
    // Few images are shared by their channels; which are done together makes no difference to any of them.
    while (w->images * w->groups * job.parts < 4 * (size_t)gk_threads && job.parts < w->channels) job.parts *= 2;
    while ((w->channels + job.parts - 1) / job.parts * (job.parts - 1) >= w->channels) job.parts--;
    units = w->images * w->groups * job.parts;
    break;
  case GK_CONVOLVE_WEIGHTS:
    task = NAME(convolve_weights);
    job.blocks = (job.inner + 4 * TILE_COLUMNS - 1) / (4 * TILE_COLUMNS);
    // As many parts for any number of threads.
    if (all <= 1 << 16) job.parts = w->images < 8 ? w->images : 8;
    if (job.parts > 1) {
      own = malloc(job.parts * all * sizeof(T));
      if (own == NULL) return 0;
      job.y = own;
    }
    units = job.parts * w->groups * job.blocks;
    break;
  }
  double work = (double)w->images * (double)all * (double)job.places;
  if (gk_is_worth_sharing(work, threaded_work)) job.tasks = units < 8 * (size_t)gk_threads ? units : 8 * (size_t)gk_threads;
  gk_run_tasks(task, &job, (int)job.tasks);
  if (kind == GK_CONVOLVE_WEIGHTS && job.parts > 1) {
    memcpy(y, own, all * sizeof(T));
    for (size_t part = 1; part < job.parts; part++)
      for (size_t i = 0; i < all; i++) y[i] += own[part * all + i];
  }
  free(own);
  return !job.failed;
}

#undef PLACES
#undef FRAMED_BYTES
