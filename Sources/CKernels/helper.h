#ifndef GRADUS_HELPER_H
#define GRADUS_HELPER_H

// Runs task(0), task(1), … task(count - 1) on this thread and one helper thread, and returns when all are done.
// The helper is started by the first call and sleeps between calls; while it works for another thread, or can't be
// started, all tasks run on this one.
void gk_run_tasks(void (*task)(void *context, int number), void *context, int count);

#endif
