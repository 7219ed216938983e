/* Any bytes as what a state says of an unfinished run, read for a run over two tasks of a few rows: what is
 * accepted must be a place within that run. */
#include "continual.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { TASKS = 2, ROWS = 5, BATCHES = 3, LAYERS = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const continual_options options = {.common = FG_CLI_COMMON,
                                              .resume = "run.fgm",
                                              .batch = 2,
                                              .passes = 1,
                                              .temper = 1,
                                              .run = {.iterations = 9},
                                              .predict = {.iterations = 9}};
    continual_task tasks[TASKS] = {{.train.rows.n = ROWS}, {.train.rows.n = ROWS}};
    double matrix[TASKS * TASKS];
    char *text = strndup((const char *)bytes, size);
    continual_run run = {.options = &options,
                         .state = {.examples = 7, .continual = text, .spec.n_layers = LAYERS},
                         .data = {.n_tasks = TASKS, .tasks = tasks, .checksum = 0x12345678, .tasked = true},
                         .matrix = matrix};
    fg_filter_place place;
    fg_err err = {0};
    int code = continual_resume(&place, &run, &err);
    if (code ? !*err.text
             : place.batches > TASKS * BATCHES || run.evaluated > place.batches || run.base > 7 ||
                   !(place.rate > 0 && place.rate <= 1))
        abort();
    free(text);
    if (fg_mem_held())
        abort();
    return 0;
}
