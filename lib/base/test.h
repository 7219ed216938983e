/* What every *_test.c needs: Check, and a main for a list of test functions. Only tests include this. */
#ifndef FG_BASE_TEST_H
#define FG_BASE_TEST_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The folder of the public data sets, or NULL (after saying so) where there is none. */
static inline const char *fg_test_data(void) {
    static const char *dir;
    struct stat st;
    dir = getenv("FG_DATA");
    if (!dir || !*dir)
        dir = "../shared/data";
    if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
        return dir;
    printf("skipped: no data folder at %s (set FG_DATA)\n", dir);
    return NULL;
}

/* Runs every test of a NULL-terminated list as one Check suite; the value is main's. */
static inline int fg_test_run(const char *name, const TTest *const *tests) {
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 300);
    for (; *tests; tests++)
        tcase_add_test(tcase, *tests);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define FG_TEST_MAIN(name, ...)                                                                              \
    int main(void) {                                                                                         \
        const TTest *const tests[] = {__VA_ARGS__, NULL};                                                    \
        return fg_test_run(name, tests);                                                                     \
    }

/* Tests do this many times less where they run under a sanitizer or without optimisation. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
enum { FG_SLOW = 10 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { FG_SLOW = 10 };
#else
enum { FG_SLOW = 1 };
#endif
#else
enum { FG_SLOW = 1 };
#endif

#endif
