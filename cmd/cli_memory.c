/* The limit of memory that a command keeps to, and what a message says of it. */
#include "cli_help.h"

#include <stdio.h>

#include <cjson/cJSON.h>

#include "base/machine.h"
#include "base/mem.h"

enum { MEBI = 1 << 20 };

/* Where the limit comes from. */
static enum { LIMIT_MACHINE, LIMIT_GROUP, LIMIT_GIVEN, LIMIT_EXPECTED } limited_by;

void fg_cli_tell_limit(char *text, size_t size) {
    static const char *const whose[] = {[LIMIT_MACHINE] = "this machine has",
                                        [LIMIT_GROUP] = "the control group of this process allows",
                                        [LIMIT_GIVEN] = "--max-memory allows"};
    size_t limit = fg_mem_refused();
    double mebi = (double)limit / MEBI;
    if (limit && limited_by == LIMIT_EXPECTED)
        snprintf(text, size, "; %.1f MiB were expected to be enough, --max-memory %zuM allows more", mebi,
                 2 * (limit / MEBI));
    else if (limit)
        snprintf(text, size, "; %s %.1f MiB", whose[limited_by], mebi);
}

static void *alloc_for_json(size_t size) {
    return fg_alloc(size, 1);
}

static size_t limit_to_machine(void) {
    static bool known, grouped;
    static size_t most;
    if (!known)
        most = fg_machine_memory(&grouped, "");
    known = true;
    limited_by = grouped ? LIMIT_GROUP : LIMIT_MACHINE;
    fg_mem_limit(most);
    return most;
}

/* No file makes the machine swap: all memory that depends on what is read is counted. */
void fg_cli_limit_memory(const fg_cli_program *p) {
    cJSON_InitHooks(&(cJSON_Hooks){alloc_for_json, fg_free});
    if (!(p->groups & FG_CLI_INFERENCE) || !p->common->max_memory) {
        limit_to_machine();
        return;
    }
    limited_by = LIMIT_GIVEN;
    fg_mem_limit(p->common->max_memory);
}

void fg_cli_expect_memory(const fg_cli_common *common, size_t bytes) {
    const size_t least_spare = (size_t)64 * MEBI;
    size_t spare = bytes / 4 > least_spare ? bytes / 4 : least_spare, most;
    if (common->max_memory)
        return;
    fg_size_add(&most, bytes, spare);
    fg_size_add(&most, most, fg_mem_held());
    most = fg_mem_peak() > most ? fg_mem_peak() : most; /* what reading took */
    size_t machine = limit_to_machine();
    if (machine && most >= machine)
        return;
    limited_by = LIMIT_EXPECTED;
    fg_mem_limit(most);
    fg_cli_note(common, "%.1f MiB of memory are expected to be enough", (double)most / MEBI);
}
