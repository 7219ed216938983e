/* Parts of fg-build. */
#ifndef FG_CMD_BUILD_H
#define FG_CMD_BUILD_H

#include <stdio.h>

#include "base/err.h"
#include "model/spec.h"

/* --list and --kinds. */
void build_presets(FILE *to);
void build_kinds(FILE *to);

/* --info: how large the graph of so many observations is (0: not given, 1), what memory it takes, and what
 * the commands take that can work with it. FG_EINVAL where the spec leaves its input open, or is an explicit
 * graph and observations are given. */
int build_info(FILE *to, const fg_spec *spec, size_t observations, fg_err *err);

#endif
