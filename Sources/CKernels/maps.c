#include "dispatch.h"
#include "functions.h"
#include "large_angles.h"

#define TEMPLATE "map_loops.h"
#include "levels.h"
