/* Threads: work is cut into blocks whose number does not depend on how many threads there are, so that sums
 * taken in block order are the same bytes at any number of threads. */
#ifndef FG_BASE_THREAD_H
#define FG_BASE_THREAD_H

#include <stddef.h>

enum { FG_THREADS_MAX = 256 };

/* Threads that parallel loops use: 1 .. FG_THREADS_MAX; 0 means one per processor this process may run on. */
void fg_threads_set(int n);
int fg_threads(void);

/* Block b of `blocks` over [0, n): the half-open range [fg_block_start(b), fg_block_start(b + 1)). */
static inline size_t fg_block_start(size_t n, size_t blocks, size_t b) {
    return n / blocks * b + (b < n % blocks ? b : n % blocks);
}

#endif
