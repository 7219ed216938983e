#include "base/thread.h"

#include <sched.h>

static int wanted;

static int processors(void) {
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return n < 1 ? 1 : n > FG_THREADS_MAX ? FG_THREADS_MAX : n;
}

void fg_threads_set(int n) {
    wanted = n > FG_THREADS_MAX ? FG_THREADS_MAX : n;
}

int fg_threads(void) {
    if (wanted <= 0)
        wanted = processors();
    return wanted;
}
