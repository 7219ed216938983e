#include "base/machine.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scratch_internal.h"

/* A file under the root, with the folders around it. */
static void put(const char *name, const char *text) {
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s%s", fg_scratch, name);
    for (char *p = path + strlen(fg_scratch) + 1; (p = strchr(p, '/')); *p++ = '/') {
        *p = 0;
        mkdir(path, 0700);
    }
    fg_scratch_write(path, text);
}

/* The limit in KiB that groups set, 0 where they set none. */
static size_t limit(void) {
    bool grouped;
    size_t bytes = fg_machine_memory(&grouped, fg_scratch);
    ck_assert_uint_ge(bytes, 1 << 20);
    return grouped ? bytes >> 10 : 0;
}

START_TEST(without_groups_it_is_the_machine_s) {
    bool grouped;
    fg_scratch_enter();
    ck_assert_uint_eq(limit(), 0);
    ck_assert_uint_eq(fg_machine_memory(&grouped, fg_scratch),
                      (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE));
    put("/proc/self/cgroup", "");
    ck_assert_uint_eq(limit(), 0);
    put("/proc/self/cgroup", "0::/\n");
    ck_assert_uint_eq(limit(), 0);
    fg_scratch_drop();
}
END_TEST

START_TEST(the_least_of_a_group_and_those_around_it_counts) {
    fg_scratch_enter();
    put("/proc/self/cgroup", "0::/jobs/night/7\n");
    put("/sys/fs/cgroup/jobs/night/7/memory.max", "max\n");
    ck_assert_uint_eq(limit(), 0);
    put("/sys/fs/cgroup/jobs/memory.max", "8388608\n");
    ck_assert_uint_eq(limit(), 8192);
    put("/sys/fs/cgroup/jobs/night/memory.max", "4194304\n");
    ck_assert_uint_eq(limit(), 4096);
    put("/sys/fs/cgroup/jobs/night/7/memory.max", "16777216\n");
    ck_assert_uint_eq(limit(), 4096);
    put("/sys/fs/cgroup/jobs/night/6/memory.max", "1048576\n"); /* a neighbour's */
    ck_assert_uint_eq(limit(), 4096);
    fg_scratch_drop();
}
END_TEST

/* Inside a container the path is that of the host, the files are at the root. */
START_TEST(a_container_sees_its_own_root) {
    fg_scratch_enter();
    put("/proc/self/cgroup", "0::/system.slice/container-1f\n");
    put("/sys/fs/cgroup/memory.max", "536870912\n");
    ck_assert_uint_eq(limit(), 512 << 10);
    fg_scratch_drop();
}
END_TEST

START_TEST(the_first_version_of_groups) {
    fg_scratch_enter();
    put("/proc/self/cgroup",
        "9:name=systemd:/x\n5:cpu,cpuacct:/x\n4:hugetlb,memory:/batch/1\n3:memoryless:/y\n0::/\n");
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    ck_assert_uint_eq(limit(), 0);
    put("/sys/fs/cgroup/memory/batch/1/memory.limit_in_bytes", "67108864\n");
    ck_assert_uint_eq(limit(), 64 << 10);
    put("/sys/fs/cgroup/memory/y/memory.limit_in_bytes", "2097152\n");
    ck_assert_uint_eq(limit(), 64 << 10);
    fg_scratch_drop();
}
END_TEST

START_TEST(what_makes_no_sense_is_no_limit) {
    static const char *const lines[] = {"x", "0:", "0::", ":::", "4:memory", "::\n::\n", "0::/../..\n"};
    fg_scratch_enter();
    put("/sys/fs/cgroup/memory.max", "lots\n");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        put("/proc/self/cgroup", lines[i]);
        ck_assert_uint_eq(limit(), 0);
    }
    put("/sys/fs/cgroup/memory.max", "99999999999999999999999999\n");
    ck_assert_uint_eq(limit(), 0);
    char *text = malloc(3 * PATH_MAX);
    memset(text, 'a', 3 * PATH_MAX - 1);
    memcpy(text, "0::/", 4);
    text[3 * PATH_MAX - 1] = 0;
    put("/proc/self/cgroup", text);
    ck_assert_uint_eq(limit(), 0);
    free(text);
    fg_scratch_drop();
}
END_TEST

FG_TEST_MAIN("base/machine", without_groups_it_is_the_machine_s,
             the_least_of_a_group_and_those_around_it_counts, a_container_sees_its_own_root,
             the_first_version_of_groups, what_makes_no_sense_is_no_limit)
