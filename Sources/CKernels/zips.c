#include "dispatch.h"
#include "scalars.h"
#include "special.h"
#include "tiles.h"

#define TEMPLATE "zip_loops.h"
#include "levels.h"
