// The binary functions, value being a function of u and v: VECTOR(op, name, value), whose loops vectorise for both types;
// BRIEF, those of few instructions among them; SINGLE, for float only, libm serving doubles; OTHER(op, name), written out.

BRIEF(GK_ADD, add, u + v)
BRIEF(GK_SUBTRACT, subtract, u - v)
BRIEF(GK_MULTIPLY, multiply, u * v)
BRIEF(GK_DIVIDE, divide, u / v)
OTHER(GK_POWER, power)
OTHER(GK_REMAINDER, remainder)
BRIEF(GK_MAXIMUM, maximum, u >= v || u != u ? u : v)
BRIEF(GK_MINIMUM, minimum, u <= v || u != u ? u : v)
SINGLE(GK_ATAN2, atan2, FN(atan2)(u, v))
SINGLE(GK_HYPOT, hypot, FN(hypot)(u, v))
VECTOR(GK_XLOGY, xlogy, u == 0 && v == v ? 0 : u * FN(log)(v))
