#include "dispatch.h"
#include "scalars.h"
#include "special.h"
#include "tiles.h"

static const double zip_prices[GK_ZIP_COUNT] = {
#define BRIEF GK_BRIEF_PRICE
#define VECTOR GK_LONG_PRICE
#define SINGLE GK_LONG_PRICE
#define OTHER GK_LONG_PRICE
#define SCALAR GK_CALL_PRICE
#define ENTRY(constant, name, loop, value) [GK_##constant] = loop,
    GK_ZIPS(ENTRY)
#undef ENTRY
#undef BRIEF
#undef VECTOR
#undef SINGLE
#undef OTHER
#undef SCALAR
};

#define TEMPLATE "zip_loops.h"
#include "levels.h"
