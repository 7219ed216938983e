/* The machine: how much memory there is. */
#ifndef FG_BASE_MACHINE_H
#define FG_BASE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

/* The memory that this process can have, in bytes: the machine's, or the least of what its control groups (of
 * a container, a service, a batch job) allow, in which case *grouped is true. 0 where neither is known. root
 * is where /proc and /sys are looked for, "" but in tests. */
size_t fg_machine_memory(bool *grouped, const char *root);

#endif
