#include "hint.h"

#include <string.h>

#include "base/test.h"

static const char *remedied(fg_err *err, const char *program, const char *text) {
    fg_err_set(err, FG_EINVAL, "%s", text);
    fg_hint_remedy(err, program);
    return err->text;
}

START_TEST(a_remedy_is_said_once_where_none_is_said) {
    static const struct {
        const char *program, *text, *remedy; /* NULL: none */
    } table[] = {
        {"fg-train", "--limit: 0 is too little: 1 is the least", "leave it out to take all"},
        {"fg-train", "--seed: -1 is too little: 0 is the least", NULL},
        {"fg-train", "x.csv: line 2, column 1: 'a' is not a number",
         "numbers only, for classes 0, 1, ...: names can stand in the first line alone"},
        {"fg-train", "x.csv: line 1, column 3: 'x' is not a number, but column 1 is",
         "numbers only, for classes 0, 1, ...; put # before a line of names"},
        {"fg-train", "x.csv: line 1, column 2: '5;-1' is not a number",
         "numbers have points: tr ',' '.' <FILE makes 0.5;1 of 0,5;1"},
        {"fg-train", "x.csv: line 1, column 2: '0,5' is not a number",
         "numbers have points: tr ',' '.' <FILE makes 0.5;1 of 0,5;1"},
        {"fg-train", "x.csv: line 1, column 2: '1,234,5' is not a number",
         "numbers only, for classes 0, 1, ...: names can stand in the first line alone"},
        {"fg-train", "x.npy: NPY: elements of type '<f2' are not supported (b1, i1-i8, u1-u8, f4 and f8 are)",
         "in Python: numpy.save(\"new.npy\", numpy.load(\"old.npy\").astype(\"f4\"))"},
        {"fg-denoise", "standard input, frame 3: ends after 5 bytes of a picture where 2 more were expected",
         "the stream was cut off: see what the command before the pipe says"},
        {"fg-denoise", "a.png: ends after 5 bytes of a picture where 2 more were expected",
         "the file is cut off: take another copy of it"},
        {"fg-train", "--damping: \"0,5\" is not a number", "as in 0.5"},
        {"fg-train", "x.csv: line 2, column 1: empty, expected a number", "fill it in or leave the line out"},
        {"fg-infer", "x.csv: line 2, column 1: empty, expected a number",
         "only models that begin with an observation layer infer what is missing"},
        {"fg-infer", "--mask: x.csv: line 2, column 1: empty, expected a number",
         "write 1 where an input is missing, else 0"},
        {"fg-build", "/layers/0/unit: unknown key, did you mean \"units\"?", NULL},
        {"fg-build", "/layers/0/colour: unknown key", "fg-build --kinds lists what each kind of layer takes"},
        {"fg-build", "/colour: unknown key", "fg-build xor shows all keys"},
        {"fg-build", "/layers/0: conv: the filter is larger than the group of 28",
         "pictures are HEIGHTxWIDTHxCHANNELS, as in --input 28x28x1"},
        {"fg-build", "/layers/0: conv: the filter is larger than the group of 3x3x1",
         "take a smaller one, as in kernel=3, or a larger --input"},
        {"fg-build", "/layers/1: max_pool: the window is larger than the group of ?x3x1",
         "take a smaller one, as in size=2, or a larger --input"},
        {"fg-denoise", "/layers/0: conv: the filter is larger than the group of 3x3x1", NULL},
        {"fg-build", "--set: /layers/9: no such element, the array has 3",
         "layers go by number, from 0: --set layers.0.units=8"},
        {"fg-build", "--set: /input/shape/1: no such element, the array has 1",
         "the shape is set as a whole: --input 28x28x1, or --set 'input.shape=[28,28,1]'"},
        {"fg-build", "--set: /variables/9: no such element, the array has 3",
         "elements go by number, from 0"},
        {"fg-train", "c.png is not a folder", NULL},
        {"fg-denoise", "c.png: is not a folder", "name a folder, which is made if it is not there"},
        {"fg-train", "all is well", NULL},
    };
    fg_err err, twice;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *text = table[i].text, *said = remedied(&err, table[i].program, text);
        ck_assert_msg(strncmp(said, text, strlen(text)) == 0, "%s", said);
        if (table[i].remedy) {
            ck_assert_msg(strncmp(said + strlen(text), "; ", 2) == 0, "%s", said);
            ck_assert_str_eq(said + strlen(text) + 2, table[i].remedy);
        } else {
            ck_assert_str_eq(said, text);
        }
        ck_assert_str_eq(remedied(&twice, table[i].program, said), said);
    }
}
END_TEST

START_TEST(layers_are_told_how_to_be_written) {
    static const char *const table[][3] = {
        {"dense:8 softmax", "units: \"8 softmax\" is not a whole number",
         "each layer is a word of its own: leave the quotes out"},
        {"dense:eight", "units: \"eight\" is not a whole number", "as in dense:8"},
        {"dense:8,sigma", "units: \"sigma\" is not a whole number", "an option has a value: sigma=VALUE"},
        {"conv:4,size=3", "size: unknown key", "fg-build --kinds lists what each kind of layer takes"},
        {"conv:4,kernl=3", "kernl: unknown key, did you mean \"kernel\"?", NULL},
        {"dense,8", "units stands behind a colon", "as in dense:8"},
        {"conv:4,kernel=x", "kernel: \"x\" is not a whole number", NULL},
        {"conv", "filters missing: channels", "as in conv:8"},
        {"relu", "\"relu\" is no kind of layer", "an activation belongs to a layer: dense:8,activation=relu"},
        {"Linear:8", "\"Linear\" is no kind of layer", "dense:10 is one"},
        {"flatten", "\"flatten\" is no kind of layer", "fg-build --kinds lists them"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        fg_err err;
        fg_err_set(&err, FG_EINVAL, "%s: %s", table[i][0], table[i][1]);
        const size_t before = strlen(err.text);
        ck_assert_int_eq(fg_hint_layer(&err, table[i][0]), FG_EINVAL);
        ck_assert_str_eq(err.text + before + (table[i][2] ? 2 : 0), table[i][2] ? table[i][2] : "");
    }
}
END_TEST

START_TEST(memory_is_not_remedied_as_damage) {
    fg_err err;
    fg_err_set(&err, FG_ENOMEM, "a.png: PNG: no memory");
    fg_hint_remedy(&err, "fg-denoise");
    ck_assert_str_eq(err.text, "a.png: PNG: no memory");
}
END_TEST

START_TEST(suffixes_of_other_pictures_are_known) {
    ck_assert_str_eq(fg_hint_suffix("a.d/p.Jpeg"), ".Jpeg");
    static const char *const fine[] = {"p.png", "p", "-", "a.jpg/p", "p.PNG", "p.v2", "/dev/stdout"};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        ck_assert_msg(!fg_hint_suffix(fine[i]), "%s", fine[i]);
}
END_TEST

START_TEST(long_messages_stay_whole_enough) {
    char text[FG_ERR_TEXT];
    fg_err err;
    memset(text, 'x', sizeof text - 1);
    memcpy(text + 400, "is not a whole number", 21);
    text[sizeof text - 1] = 0;
    ck_assert_uint_lt(strlen(remedied(&err, "fg-train", text)), FG_ERR_TEXT);
    ck_assert_int_eq(fg_hint(NULL, "nothing"), FG_EINVAL);
}
END_TEST

FG_TEST_MAIN("cmd/hint", a_remedy_is_said_once_where_none_is_said, layers_are_told_how_to_be_written,
             memory_is_not_remedied_as_damage, suffixes_of_other_pictures_are_known,
             long_messages_stay_whole_enough)
