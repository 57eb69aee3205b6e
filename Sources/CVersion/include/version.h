#ifndef GRADUS_VERSION_H
#define GRADUS_VERSION_H

/// The commit that the program was built from, with a + behind it where the sources had been changed since; empty where
/// that isn't known.
const char *gradus_commit(void);

#endif
