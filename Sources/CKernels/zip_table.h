// The binary functions, value being a function of u and v: VECTOR(op, name, value), whose loops vectorise for both types;
// SINGLE, for float only, libm serving doubles; OTHER(op, name), written out.

VECTOR(GK_ADD, add, u + v)
VECTOR(GK_SUBTRACT, subtract, u - v)
VECTOR(GK_MULTIPLY, multiply, u * v)
VECTOR(GK_DIVIDE, divide, u / v)
SINGLE(GK_POWER, power, FN(power)(u, v))
OTHER(GK_REMAINDER, remainder)
VECTOR(GK_MAXIMUM, maximum, u >= v || u != u ? u : v)
VECTOR(GK_MINIMUM, minimum, u <= v || u != u ? u : v)
SINGLE(GK_ATAN2, atan2, FN(atan2)(u, v))
SINGLE(GK_HYPOT, hypot, FN(hypot)(u, v))
VECTOR(GK_XLOGY, xlogy, u == 0 && v == v ? 0 : u * FN(log)(v))
