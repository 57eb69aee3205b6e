#include "dispatch.h"
#include "functions.h"

#define TEMPLATE "zip_loops.h"
#include "levels.h"
