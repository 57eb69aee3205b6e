#include "dispatch.h"
#include "scalars.h"
#include "special.h"
#include "large_angles.h"
#include "tiles.h"

static const double map_prices[GK_MAP_COUNT] = {
#define BRIEF GK_BRIEF_PRICE
#define VECTOR GK_LONG_PRICE
#define SINGLE GK_LONG_PRICE
#define PERIODIC GK_LONG_PRICE
#define SCALAR GK_CALL_PRICE
#define ENTRY(constant, name, loop, value) [GK_##constant] = loop,
    GK_MAPS(ENTRY)
#undef ENTRY
#undef BRIEF
#undef VECTOR
#undef SINGLE
#undef PERIODIC
#undef SCALAR
};

#define TEMPLATE "map_loops.h"
#include "levels.h"
