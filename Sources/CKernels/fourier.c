#include "dispatch.h"

// Passes that leave everything in order (Stockham), each by one factor of the length: parts of `m`, of which `s` stand beside
// each other. cosines and sines are of -2πk / n.
typedef struct {
  size_t n, s, m;
  const double *cosines, *sines;
} pass;

#define TURN(re, im, k) \
  do { \
    double c = p->cosines[k], d = p->sines[k], x = re * c - im * d; \
    im = re * d + im * c; \
    re = x; \
  } while (0)

static void by_two(const pass *p, const double *re, const double *im, double *y, double *z, size_t first, size_t last) {
  size_t s = p->s, m = p->m;
  for (size_t i = first; i < last; i++) {
    INDEPENDENT for (size_t q = 0; q < s; q++) {
      size_t a = q + s * i, b = a + s * m, to = q + s * 2 * i;
      double re1 = re[a] - re[b], im1 = im[a] - im[b];
      y[to] = re[a] + re[b];
      z[to] = im[a] + im[b];
      TURN(re1, im1, i * s);
      y[to + s] = re1;
      z[to + s] = im1;
    }
  }
}

static void by_four(const pass *p, const double *re, const double *im, double *y, double *z, size_t first, size_t last) {
  size_t s = p->s, m = p->m;
  for (size_t i = first; i < last; i++) {
    INDEPENDENT for (size_t q = 0; q < s; q++) {
      size_t a = q + s * i, b = a + s * m, c = b + s * m, d = c + s * m, to = q + s * 4 * i;
      double r0 = re[a] + re[c], r1 = re[a] - re[c], r2 = re[b] + re[d], r3 = re[b] - re[d];
      double i0 = im[a] + im[c], i1 = im[a] - im[c], i2 = im[b] + im[d], i3 = im[b] - im[d];
      double re1 = r1 + i3, im1 = i1 - r3, re2 = r0 - r2, im2 = i0 - i2, re3 = r1 - i3, im3 = i1 + r3;
      y[to] = r0 + r2;
      z[to] = i0 + i2;
      TURN(re1, im1, i * s);
      TURN(re2, im2, 2 * i * s);
      TURN(re3, im3, 3 * i * s);
      y[to + s] = re1;
      z[to + s] = im1;
      y[to + 2 * s] = re2;
      z[to + 2 * s] = im2;
      y[to + 3 * s] = re3;
      z[to + 3 * s] = im3;
    }
  }
}

static void by(size_t factor, const pass *p, const double *re, const double *im, double *y, double *z, size_t first, size_t last) {
  size_t s = p->s, m = p->m, whole = p->n / factor;
  for (size_t i = first; i < last; i++) {
    for (size_t j = 0; j < factor; j++) {
      double *r = y + s * (factor * i + j), *t = z + s * (factor * i + j);
      for (size_t q = 0; q < s; q++) r[q] = t[q] = 0;
      for (size_t k = 0; k < factor; k++) {
        const double *u = re + s * (i + m * k), *v = im + s * (i + m * k);
        double c = p->cosines[j * k % factor * whole], d = p->sines[j * k % factor * whole];
        INDEPENDENT for (size_t q = 0; q < s; q++) {
          r[q] += u[q] * c - v[q] * d;
          t[q] += u[q] * d + v[q] * c;
        }
      }
      if (i == 0 || j == 0) continue;
      INDEPENDENT for (size_t q = 0; q < s; q++) TURN(r[q], t[q], i * j * s);
    }
  }
}

int gk_transform(double *re, double *im, size_t n, const size_t *factors, size_t count, const double *cosines,
                 const double *sines) {
  double *spare = gk_take_scratch(2 * n * sizeof *spare), *from[2] = {re, im}, *to[2] = {spare, spare + n};
  if (spare == NULL) return 0;
  pass p = {.n = n, .s = 1, .cosines = cosines, .sines = sines};
  for (size_t f = 0; f < count; f++) {
    p.m = n / p.s / factors[f];
    // So many at a time take no longer than a moment.
    size_t step = LONG_RUN / (p.s * factors[f]) + 1;
    for (size_t i = 0; i < p.m && !gk_is_interrupted(); i += step) {
      size_t last = p.m - i < step ? p.m : i + step;
      if (factors[f] == 2) by_two(&p, from[0], from[1], to[0], to[1], i, last);
      else if (factors[f] == 4) by_four(&p, from[0], from[1], to[0], to[1], i, last);
      else by(factors[f], &p, from[0], from[1], to[0], to[1], i, last);
    }
    for (int part = 0; part < 2; part++) {
      double *written = to[part];
      to[part] = from[part];
      from[part] = written;
    }
    p.s *= factors[f];
  }
  if (from[0] != re) {
    for (size_t k = 0; k < n; k++) {
      re[k] = from[0][k];
      im[k] = from[1][k];
    }
  }
  gk_return_scratch(spare);
  return 1;
}
