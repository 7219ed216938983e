/* Linked into a command for a test: with FG_TEST_FAIL_AT=N in the environment its N-th allocation fails, and
 * all after it; with FG_TEST_FAIL_ONCE=N only that one. */
#include <stdlib.h>

#include "base/mem.h"

__attribute__((constructor)) static void begin(void) {
    const char *at = getenv("FG_TEST_FAIL_AT");
    const char *once = getenv("FG_TEST_FAIL_ONCE");
    if (at)
        fg_mem_fail_at(strtoull(at, NULL, 10));
    if (once)
        fg_mem_fail_once_at(strtoull(once, NULL, 10));
}
