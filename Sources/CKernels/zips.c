#include "dispatch.h"
#include "functions.h"
#include "tiles.h"

#define TEMPLATE "zip_loops.h"
#include "levels.h"
