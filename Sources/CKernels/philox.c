#include "dispatch.h"
#include "scalars.h"
#include "philox.h"

#define TEMPLATE "philox_loops.h"
#include "levels.h"
