/* What to type instead: the second half of messages about errors that beginners make. */
#ifndef FG_CMD_HINT_H
#define FG_CMD_HINT_H

#include "base/err.h"
#include "data/dataset.h"

/* Adds "; " and the text to the message in *err (which may be NULL); returns err->code. */
int fg_hint(fg_err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How a wrong option is written right, or NULL: "batch" of fg-train. */
const char *fg_hint_option(const char *program, const char *option);

/* How the operand of a command that takes none is given: always some text, valid until the next call. */
const char *fg_hint_operand(const char *program, const char *operand);

/* What the file begins like, for messages: "a graph spec", "a state", "a PNG picture", "text" ...; NULL where
 * it cannot be read, and "a folder" where it is one. */
const char *fg_hint_content(const char *path);

/* The suffix of a file name where it is that of another kind of picture than PNG, or of a drawing; else NULL.
 */
const char *fg_hint_suffix(const char *path);

/* Adds what to type to a message that does not say it, if that is known. */
void fg_hint_remedy(fg_err *err, const char *program);

/* Layer `token` of the compact grammar was not understood: says how it is written. */
int fg_hint_layer(fg_err *err, const char *token);

/* A model in `path` could not be read: says what the file is instead, or where a model comes from. `make` is
 * a command that makes the model, or NULL. */
int fg_hint_model(fg_err *err, const char *path, const char *make);

/* Inference with this damping diverged (else nothing is done): says what to try. */
int fg_hint_damping(fg_err *err, double damping);

/* Pictures could not be read: says so where one of the n paths is a model or data. */
int fg_hint_pictures(fg_err *err, const char *const paths[], size_t n);

/* The data in comma-joined `files` could not be read: says so where they are a model or pictures, or a folder
 * with only the part that was not asked for. */
int fg_hint_data(fg_err *err, const char *files, fg_part part);

#endif
