#include "dispatch.h"
#include "functions.h"
#include "philox.h"

#define TEMPLATE "philox_loops.h"
#include "levels.h"
