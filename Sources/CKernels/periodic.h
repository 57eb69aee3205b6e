// Sine, cosine, tangent. |x| <= PERIODIC_LIMIT; loops treat larger arguments, rare ones, apart.

#define PERIODIC_LIMIT 1e6

// π/2 in pieces of 33 bits, whose products with a quarter-turn number below 2^20 are exact, and the rest.
#define QUARTER_1 0x1.921fb544p+0
#define QUARTER_2 0x1.0b4611a6p-34
#define QUARTER_3 0x1.3198a2e0p-69
#define QUARTER_4 0x1.b839a252049c1p-104
#define QUARTER_2_REST 0x1.0b4611a626331p-34

// x = n π/2 + r; n's low bits stand in *turns.
ALWAYS_INLINE double quarters(double x, uint64_t *turns) {
  double shifted = x * 0x1.45f306dc9c883p-1 + 0x1.8p52;
  *turns = fn_bits_f64(shifted);
  return shifted - 0x1.8p52;
}

// What subtracting b from a rounds off (Knuth's two-sum).
ALWAYS_INLINE double rounded_off(double a, double b, double difference) {
  double back = a - difference;
  return (a - (difference + back)) + (back - b);
}

// r for a float, as a double; exact enough for the floats nearest to multiples of π/2.
ALWAYS_INLINE double reduced_short(double x, uint64_t *turns) {
  double n = quarters(x, turns);
  return (x - n * QUARTER_1) - n * QUARTER_2_REST;
}

// r + *tail for a double.
ALWAYS_INLINE double reduced(double x, uint64_t *turns, double *tail) {
  double n = quarters(x, turns);
  double a = x - n * QUARTER_1;
  double b = n * QUARTER_2, c = a - b, d = n * QUARTER_3, e = c - d;
  double rest = rounded_off(a, b, c) + rounded_off(c, d, e) - n * QUARTER_4;
  double r = e + rest;
  *tail = rest - (r - e);
  return r;
}

// The sine of r after `turns` quarter turns.
ALWAYS_INLINE float turned_f32(float r, uint32_t turns) {
  float z = r * r;
  float s = r + r * z * poly_sin_f32(z);
  float c = (1 - 0.5f * z) + z * z * poly_cos_f32(z);
  float value = turns & 1 ? c : s;
  return fn_from_bits_f32(fn_bits_f32(value) ^ (turns & 2) << 30);
}

// The tail enters to first order: sin(r + t) = sin r + t cos r, cos(r + t) = cos r - t sin r.
ALWAYS_INLINE double turned_f64(double r, double tail, uint64_t turns) {
  double z = r * r, half = 0.5 * z, w = 1 - half;
  double s = r - ((z * (0.5 * tail - r * z * poly_sin_f64(z)) - tail) + r * z * 0x1.5555555555549p-3);
  double c = w + (((1 - w) - half) + (z * z * poly_cos_f64(z) - r * tail));
  double value = turns & 1 ? c : s;
  return fn_from_bits_f64(fn_bits_f64(value) ^ (turns & 2) << 62);
}

ALWAYS_INLINE float fn_sin_f32(float x) {
  uint64_t turns;
  float r = (float)reduced_short(x, &turns);
  float value = turned_f32(r, (uint32_t)turns);
  return x == 0 ? x : value;
}
ALWAYS_INLINE float fn_cos_f32(float x) {
  uint64_t turns;
  float r = (float)reduced_short(x, &turns);
  return turned_f32(r, (uint32_t)turns + 1);
}
ALWAYS_INLINE float fn_tan_f32(float x) {
  uint64_t turns;
  double r = reduced_short(x, &turns), z = r * r;
  double s = r + r * z * poly_sin_short(z), c = (1 - 0.5 * z) + z * z * poly_cos_short(z);
  float value = (float)(turns & 1 ? -c / s : s / c);
  return x == 0 ? x : value;
}

ALWAYS_INLINE double fn_sin_f64(double x) {
  uint64_t turns;
  double tail, r = reduced(x, &turns, &tail), value = turned_f64(r, tail, turns);
  return x == 0 ? x : value;
}
ALWAYS_INLINE double fn_cos_f64(double x) {
  uint64_t turns;
  double tail, r = reduced(x, &turns, &tail);
  return turned_f64(r, tail, turns + 1);
}
ALWAYS_INLINE double fn_tan_f64(double x) { return tan(x); }

// Sine and cosine of u turns, 0 <= u < 1 (no reduction error at all), for Box and Muller.
ALWAYS_INLINE float turn_f32(float u, uint32_t quarter) {
  float shifted = 4 * u + 0x1.8p23f;
  float r = (4 * u - (shifted - 0x1.8p23f)) * 0x1.921fb6p+0f;
  return turned_f32(r, fn_bits_f32(shifted) + quarter);
}
ALWAYS_INLINE double turn_f64(double u, uint64_t quarter) {
  double shifted = 4 * u + 0x1.8p52;
  double r = (4 * u - (shifted - 0x1.8p52)) * 0x1.921fb54442d18p+0;
  return turned_f64(r, 0, fn_bits_f64(shifted) + quarter);
}
