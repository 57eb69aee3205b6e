#include "dispatch.h"
#include "functions.h"

#define TEMPLATE "map_loops.h"
#include "levels.h"
