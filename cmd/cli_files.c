/* Options that name files: none of those written is to take the place of another or of what is read. */
#include "cli_help.h"

#include <limits.h>
#include <string.h>

#include "base/path.h"

static bool is_written(fg_cli_type type) {
    return type == FG_CLI_RESULT || type == FG_CLI_PICTURE || type == FG_CLI_NEW_MODEL;
}

static bool is_read(fg_cli_type type) {
    return type == FG_CLI_INPUT || type == FG_CLI_MODEL;
}

/* What the option names; NULL where it was not given, or is a standard stream. */
static const char *named(const fg_cli_option *o) {
    const char *path = *(const char **)o->to;
    return path && strcmp(path, "-") ? path : NULL;
}

/* Whether the file is all of the comma-joined list, or in it. */
static bool lists(const char *files, const char *file) {
    char part[PATH_MAX];
    if (fg_path_same(files, file))
        return true;
    for (const char *p = files; strchr(files, ',') && *p;) {
        size_t length = strcspn(p, ",");
        if (length && length < sizeof part) {
            memcpy(part, p, length);
            part[length] = 0;
            if (fg_path_same(part, file))
                return true;
        }
        p += length + (p[length] == ',');
    }
    return false;
}

static int check_one(const fg_cli_option *written, const fg_cli_option *other, bool before) {
    const char *path = named(written), *also = named(other);
    if (!also)
        return -1;
    if (before && is_written(other->type) && fg_path_same(path, also))
        return fg_cli_usage("--%s and --%s would both write %s; name two files", other->name, written->name,
                            path);
    if (is_read(other->type) && !(written->type == FG_CLI_NEW_MODEL && other->type == FG_CLI_MODEL) &&
        lists(also, path))
        return fg_cli_usage("--%s: %s is read by --%s and would be overwritten; name another file",
                            written->name, path, other->name);
    return -1;
}

static int check_operands(const fg_cli_option *written, char *const *operands, int n) {
    const char *path = named(written);
    for (int i = 0; i < n; i++)
        if (fg_path_same(operands[i], path) || fg_path_in(path, operands[i]))
            return fg_cli_usage("--%s: %s is read and would be overwritten; name another file", written->name,
                                path);
    return -1;
}

int fg_cli_keep_files_apart(const fg_cli_program *program, const fg_cli_option *options, size_t n,
                            char *const *operands, int n_operands) {
    int status = -1;
    for (size_t i = 0; i < n && status < 0; i++) {
        if (!is_written(options[i].type) || !named(&options[i]))
            continue;
        for (size_t j = 0; j < n && status < 0; j++)
            if (j != i && (is_written(options[j].type) || is_read(options[j].type)))
                status = check_one(&options[i], &options[j], j < i);
        if (status < 0 && program->reads_operands)
            status = check_operands(&options[i], operands, n_operands);
    }
    return status;
}
