/* Any text as what --tasks names: a file that lists tasks, in a folder with a few data files, or, where it
 * begins so, split:K or permuted:N itself. The first byte says what else was asked for. What is accepted must
 * be tasks with rows of their data. */
#include "continual.h"

#include <sys/stat.h>

#include "base/mem.h"
#include "data/fuzz_internal.h"
#include "model.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { MEMORY = 64 << 20 };

static fg_spec specs[2]; /* for classes, and for a real target */
static char folder[128], list[160];
static size_t before;

static void put(const char *name, const void *bytes, size_t size) {
    if (!fg_fuzz_put(folder, name, strlen(name), bytes, size))
        abort();
}

static void leave(void) {
    fg_fuzz_empty(folder);
    rmdir(folder);
}

static void begin(void) {
    static const char *const layers[][2] = {{"dense:4", "softmax"}, {"dense:1", "regression"}};
    static const uint8_t images[] = "\0\0\10\3\0\0\0\2\0\0\0\1\0\0\0\2\1\2\3\4",
                         labels[] = "\0\0\10\1\0\0\0\2\3\1";
    fg_err err;
    snprintf(folder, sizeof folder, "%s/data", fg_fuzz_folder());
    snprintf(list, sizeof list, "%s/list", folder);
    if (mkdir(folder, 0700) || atexit(leave))
        abort();
    put("a.csv", "1,2,0\n3,4,1\n5,6,2\n7,8,3\n", 24);
    put("b.csv", "x,y,class\n1,2,1\n3,4,1\n", 22);
    put("wide.csv", "1,2,3,4\n", 8);
    put("train-images-idx3-ubyte", images, sizeof images - 1);
    put("train-labels-idx1-ubyte", labels, sizeof labels - 1);
    for (int i = 0; i < 2; i++)
        if (fg_spec_from_grammar(&specs[i], "2", layers[i], 2, &err))
            abort();
    before = fg_mem_held();
}

/* Names of other places are not this target's to open. */
static bool leads_away(const char *text) {
    for (const char *p = strchr(text, '/'); p; p = strchr(p + 1, '/'))
        if (p == text || strchr(" \t\r\n,#", p[-1]))
            return true;
    return strstr(text, "..") != NULL;
}

static void check_part(const continual_part *part, size_t least) {
    if (part->rows.n < least || (part->rows.n && !part->data))
        abort();
    for (size_t i = 0; i < part->rows.n; i++)
        if (part->rows.at[i] >= part->data->n)
            abort();
}

static void check(const continual_data *data) {
    if (!data->n_tasks || data->n_tasks > CONTINUAL_TASKS_MAX || !data->tasked || data->shape.channels != 2)
        abort();
    for (size_t i = 0; i < data->n_tasks; i++) {
        const continual_task *task = &data->tasks[i];
        if (!*task->name || task->classes < 0 || task->first_class + task->classes > 4)
            abort();
        check_part(&task->train, 1);
        check_part(&task->test, 0);
        check_part(&task->validation, 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (!size)
        return 0;
    if (!*folder)
        begin();
    unsigned head = bytes[0];
    char *text = strndup((const char *)bytes + 1, size - 1);
    bool named = !strncmp(text, "split:", 6) || !strncmp(text, "permuted:", 9);
    char file[160];
    snprintf(file, sizeof file, "%s/%s", folder, head & 64 ? "a.csv" : "b.csv");
    const continual_options options = {.common = {.limit = head & 7, .seed = 1},
                                       .tasks = named ? text : list,
                                       .data = named ? file : NULL,
                                       .validate = head & 8 ? "0.5" : NULL,
                                       .examples = (head >> 4 & 3) == 3 ? "2" : NULL,
                                       .scoring = (int)(head >> 4 & 3) % 3};
    fg_state state = {.spec = specs[head >> 7]};
    state.spec.scale = head & 64 ? FG_SCALE_STANDARDISE : FG_SCALE_NONE;
    continual_data data;
    fg_err err = {0};
    fg_mem_limit(MEMORY);
    if (named || !leads_away(text)) {
        put("list", bytes + 1, size - 1);
        int code = continual_data_open(&data, &options, &state, &err);
        if (code && !*err.text)
            abort();
        if (!code)
            check(&data);
        continual_data_free(&data);
        fg_scaling_free(&state.scaling);
    }
    free(text);
    if (fg_mem_held() != before)
        abort();
    return 0;
}
