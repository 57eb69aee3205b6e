#include "functions.h"

#define NAME(constant, name, ...) [GK_##constant] = #name,
#define NAMES(kind, list) \
  static const char *const kind##_names[] = {list(NAME)}; \
  const char *gk_##kind##_name(gk_##kind op) { return kind##_names[op]; }

NAMES(map, GK_MAPS)
NAMES(zip, GK_ZIPS)
NAMES(comparison, GK_COMPARISONS)
NAMES(test, GK_TESTS)
NAMES(logic, GK_LOGICS)
NAMES(reduction, GK_REDUCTIONS)
