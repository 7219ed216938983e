#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "hint.h"
#include "model/kind.h"

/* How other programs call a layer, and what it is here. */
static const char *layer_instead(const char *name) {
    static const char *const table[][2] = {
        {"linear", "dense:10"},          {"fc", "dense:10"},
        {"fully_connected", "dense:10"}, {"conv2d", "conv:16,kernel=5"},
        {"pool", "max_pool:2"},          {"maxpool2d", "max_pool:2"},
        {"deconv", "tconv:4,kernel=3"},  {"classes", "dense:10 softmax"},
        {"output", "dense:10 softmax"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (!strcasecmp(table[i][0], name))
            return table[i][1];
    return NULL;
}

static bool is_activation(const char *name) {
    for (int i = 0; i < FG_ACT_COUNT; i++)
        if (!strcmp(fg_activation_names[i], name))
            return true;
    return false;
}

/* "dense:8,sigma" or "dense:eight". */
static int hint_number(fg_err *err, const char *kind, const char *value) {
    const fg_kind *is = fg_kind_of(fg_kind_find(kind));
    const char *last = strrchr(value, ',');
    if (is && last && fg_table_find(&is->table, last + 1))
        return fg_hint(err, "an option has a value: %s=VALUE", last + 1);
    return strchr(err->text, '=') ? err->code : fg_hint(err, "as in %s:8", kind);
}

int fg_hint_layer(fg_err *err, const char *token) {
    char kind[40];
    const char *value = token + strcspn(token, ":,=");
    snprintf(kind, sizeof kind, "%.*s", (int)(value - token), token);
    const char *instead = layer_instead(kind);
    if (is_activation(kind))
        return fg_hint(err, "an activation belongs to a layer: dense:8,activation=%s", kind);
    for (const char *at = value; *at; at += strcspn(at, ":,")) {
        char option[40];
        at++;
        snprintf(option, sizeof option, "%.*s", (int)strcspn(at, ":,"), at);
        if (is_activation(option))
            return fg_hint(err, "as in %s:8,activation=%s", kind, option);
    }
    if (*value == ',' && strstr(err->text, "stands behind a colon"))
        return fg_hint(err, "as in %s:%s", kind, value + 1);
    if (instead)
        return fg_hint(err, "%s is one", instead);
    if (strchr(token, ' '))
        return fg_hint(err, "each layer is a word of its own: leave the quotes out");
    if (*value == '=' && strstr(err->text, "no kind of layer"))
        return fg_hint(err, "as in %s:%s", kind, value + 1);
    if (!strcmp(kind, "softmax") && strstr(err->text, "KEY=VALUE"))
        return fg_hint(err, "it has as many classes as the layer before it has outputs: dense%s softmax",
                       value);
    if (strstr(err->text, "no kind of layer") && !strstr(err->text, "did you mean"))
        return fg_hint(err, "fg-build --kinds lists them");
    if (strstr(err->text, ": unknown key") && !strstr(err->text, "did you mean"))
        return fg_hint(err, "fg-build --kinds lists what each kind of layer takes");
    if (strstr(err->text, " missing: ") && *value != ':')
        return fg_hint(err, "as in %s:8", token);
    return strstr(err->text, "is not a whole number") ? hint_number(err, kind, value) : err->code;
}
