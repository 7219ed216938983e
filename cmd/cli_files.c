/* Options that name files: what is written must be possible, and is not to take the place of another output
 * or of what is read. */
#include "cli_help.h"

#include <limits.h>
#include <string.h>

#include "base/io.h"
#include "base/path.h"
#include "data/dataset.h"
#include "data/listing.h"

/* Those of the last command line that was parsed. */
static const fg_cli_option *options;
static size_t n_options;

static bool is_written(const fg_cli_option *o) {
    return o->type == FG_CLI_RESULT || o->type == FG_CLI_PICTURE || o->type == FG_CLI_NEW_MODEL;
}

static bool is_read(const fg_cli_option *o) {
    return o->type == FG_CLI_INPUT || o->type == FG_CLI_MODEL;
}

/* What the option names; NULL where it was not given. */
static const char *named(const fg_cli_option *o) {
    return *(const char **)o->to;
}

static bool is_standard(const char *path) {
    return strcmp(path, "-") == 0;
}

/* The file that the option has written; NULL: none, or standard output. */
static const char *written_file(const fg_cli_option *o) {
    return is_written(o) && named(o) && !is_standard(named(o)) ? named(o) : NULL;
}

/* Whether the file is read where the folder is: not everything that lies in it is. */
static bool is_taken_from(const char *folder, const char *file) {
    return fg_path_in(file, folder) && (fg_dataset_takes(file) || fg_listing_takes(file));
}

/* Whether the file is all of the comma-joined list, or in it, or in a folder of it. */
static bool lists(const char *files, const char *file) {
    char part[PATH_MAX];
    if (fg_path_same(files, file) || is_taken_from(files, file))
        return true;
    for (const char *p = files; strchr(files, ',') && *p;) {
        size_t length = strcspn(p, ",");
        if (length && length < sizeof part) {
            memcpy(part, p, length);
            part[length] = 0;
            if (fg_path_same(part, file) || is_taken_from(part, file))
                return true;
        }
        p += length + (p[length] == ',');
    }
    return false;
}

/* Whether both are written to standard output, by whatever name. */
static bool mix(const char *a, const char *b) {
    return fg_path_descriptor(a) == FG_PATH_STDOUT && fg_path_descriptor(b) == FG_PATH_STDOUT;
}

static int check_pair(const fg_cli_option *written, const fg_cli_option *other, bool before) {
    const char *path = named(written), *also = named(other);
    if (!also)
        return -1;
    if (before && is_written(other) && mix(path, also))
        return fg_cli_usage("--%s and --%s would both go to standard output; name a file for one of them",
                            other->name, written->name);
    if (is_standard(path) || is_standard(also))
        return -1;
    if (before && is_written(other) && fg_path_same(path, also))
        return fg_cli_usage("--%s and --%s would both write %s; name two files", other->name, written->name,
                            path);
    if (is_read(other) && !(written->type == FG_CLI_NEW_MODEL && other->type == FG_CLI_MODEL) &&
        lists(also, path))
        return fg_cli_usage("--%s: %s is read by --%s and would be overwritten; name another file",
                            written->name, path, other->name);
    return -1;
}

static int check_operands(const fg_cli_option *written, char *const *operands, int n) {
    const char *path = named(written);
    for (int i = 0; i < n; i++)
        if (fg_path_same(operands[i], path) || is_taken_from(operands[i], path))
            return fg_cli_usage("--%s: %s is read and would be overwritten; name another file", written->name,
                                path);
    return -1;
}

/* A model may be written in place of the one that comes from standard input, if that is not the data. */
static int check_standard_input(const fg_cli_option *written) {
    bool data = written->type != FG_CLI_NEW_MODEL;
    for (size_t i = 0; i < n_options; i++)
        data |= options[i].type == FG_CLI_INPUT && named(&options[i]) && is_standard(named(&options[i]));
    if (!data || is_standard(named(written)) || !fg_path_standard_input(named(written)))
        return -1;
    return fg_cli_usage("--%s: %s is standard input and would be overwritten; name another file",
                        written->name, named(written));
}

static int check_apart(const fg_cli_program *program, const fg_cli_option *written, char *const *operands,
                       int n_operands) {
    int status = check_standard_input(written);
    for (const fg_cli_option *other = options; other < options + n_options && status < 0; other++)
        if (other != written && (is_written(other) || is_read(other)))
            status = check_pair(written, other, other < written);
    if (status < 0 && program->reads_operands && !is_standard(named(written)))
        status = check_operands(written, operands, n_operands);
    return status;
}

/* Hours of work are not to end in a folder that does not exist. */
static int check_possible(const fg_cli_option *written) {
    const char *path = named(written), *what = written->type == FG_CLI_PICTURE ? "a picture" : "a state";
    fg_err err;
    if (written->type != FG_CLI_RESULT && fg_cli_refuse_terminal(path, what, &err))
        return fg_cli_fail(&err);
    return fg_outfile_check(path, &err) ? fg_cli_fail(&err) : -1;
}

int fg_cli_check_files(const fg_cli_program *program, const fg_cli_option *all, size_t n,
                       char *const *operands, int n_operands) {
    int status = -1;
    options = all;
    n_options = n;
    for (const fg_cli_option *o = all; o < all + n && status < 0; o++)
        if (is_written(o) && named(o))
            status = check_apart(program, o, operands, n_operands);
    for (const fg_cli_option *o = all; o < all + n && status < 0; o++)
        if (is_written(o) && named(o))
            status = check_possible(o);
    return status;
}

const char *fg_cli_written_by(const char *path) {
    for (size_t i = 0; i < n_options; i++) {
        const char *file = written_file(&options[i]);
        if (file && fg_path_same(file, path))
            return options[i].name;
    }
    return NULL;
}

int fg_cli_keep_read(const char *files, fg_err *err) {
    for (size_t i = 0; i < n_options; i++) {
        const char *file = written_file(&options[i]);
        if (file && lists(files, file))
            return fg_err_set(err, FG_EINVAL, "--%s: %s is read and would be overwritten; name another file",
                              options[i].name, file);
    }
    return FG_OK;
}
