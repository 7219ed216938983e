/* With RACE=1 two threads add to one variable unprotected; with RACE=0 they do the same sum properly, through
 * barriers and a reduction. The thread sanitizer must report the first and be silent about the second. */
#include <stdio.h>

enum { COUNT = 1000 };

static int values[COUNT];
static int total;

int main(void) {
#pragma omp parallel for num_threads(2)
    for (int i = 0; i < COUNT; i++)
        values[i] = i;
#if RACE
#pragma omp parallel for num_threads(2)
#else
#pragma omp parallel for num_threads(2) reduction(+ : total)
#endif
    for (int i = 0; i < COUNT; i++)
        total += values[COUNT - 1 - i];
    printf("%d\n", total);
    return 0;
}
