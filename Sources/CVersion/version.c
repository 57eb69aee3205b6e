#include "version.h"

#ifndef GRADUS_COMMIT
#define GRADUS_COMMIT ""
#endif

const char *gradus_commit(void) { return GRADUS_COMMIT; }
