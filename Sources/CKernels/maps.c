#include "dispatch.h"
#include "scalars.h"
#include "special.h"
#include "large_angles.h"
#include "tiles.h"

#define TEMPLATE "map_loops.h"
#include "levels.h"
