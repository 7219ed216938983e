#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "hint.h"

/* What is to be typed where the message of a refusal, which the library made or which several commands have,
 * does not say it. The first that fits is taken. */
typedef struct remedy {
    const char *program;      /* NULL: any */
    const char *part, *other; /* both stand in the message; other may be NULL */
    const char *text;
} remedy;

static const remedy remedies[] = {
    /* states: nobody writes these by hand */
    {NULL, ": metadata 'continual'", NULL, "the file is damaged: take another copy of it, or learn again"},
    {NULL, ": metadata 'spec'", NULL, "the file is damaged: take another copy of it, or learn again"},
    /* JSON */
    {NULL, "expected ',' or '", NULL, "a comma, a bracket or a quote is missing before it"},
    {NULL, "--set: ", ": expected nothing after the value", "leave out what is behind it"},
    {NULL, "--set: ", ": the text ends too early", "a bracket or a quote is missing at its end"},
    {NULL, ": the text ends too early", NULL, "it is cut off: make it anew, as with fg-build xor >spec.json"},
    {NULL, ": expected a value", NULL, "as in 8, 0.5, true or \"relu\", and no comma behind the last one"},
    {NULL, ": expected a key in double quotes", NULL,
     "as in \"units\": 8, no comma behind the last one, and no comments"},
    {NULL, ": expected ':'", NULL, "as in \"units\": 8"},
    {NULL, ": expected nothing after the value", NULL, "one spec to a file: leave out what is behind it"},
    {NULL, ": a control character in a string", NULL, "a double quote is missing before it"},
    {NULL, ": this string does not end", NULL, "a double quote is missing behind it"},
    {NULL, ": this key stands there twice", NULL, "leave one out"},
    {NULL, ": a number may not begin with 0", NULL, "as in 8 or 0.5"},
    {NULL, ": expected a digit", NULL, "as in 8 or 0.5"},
    /* specs and the compact grammar */
    {"fg-build", "0 layers, expected", NULL, "as in fg-build --input 28x28x1 dense:10 softmax"},
    {NULL, "must be the last layer", NULL, "put it behind the others, as in dense:8 dense:2 softmax"},
    {"fg-build", "the filter is larger than ", NULL,
     "take a smaller one, as in kernel=3, or a larger --input"},
    {"fg-build", "the window is larger than ", NULL, "take a smaller one, as in size=2, or a larger --input"},
    {NULL, "needs a group of at least 2 variables", NULL, "as in dense:2 softmax"},
    {"fg-build", "/layers/", "no such element, the array has",
     "layers go by number, from 0: --set layers.0.units=8"},
    {"fg-build", "/input/shape/", "no such element, the array has",
     "the shape is set as a whole: --input 28x28x1, or --set 'input.shape=[28,28,1]'"},
    {"fg-build", "no such element, the array has", NULL, "elements go by number, from 0"},
    {NULL, "expected a whole number, found", NULL, "as in 8, without quotes"},
    {NULL, "expected a number, found", NULL, "as in 0.5, without quotes"},
    {NULL, "/format: expected", NULL,
     "a spec has \"format\": \"fg-spec\", \"version\": 1, as what fg-build xor prints"},
    {NULL, "is no kind of layer", NULL, "fg-build --kinds lists them"},
    {NULL, "/layers/", ": unknown key", "fg-build --kinds lists what each kind of layer takes"},
    {NULL, "/factors/", ": unknown key", "man 5 fg-formats has the keys of factors"},
    {NULL, ": unknown key", NULL, "fg-build xor shows all keys"},
    /* options */
    {NULL, "--limit: ", "is too little", "leave it out to take all"},
    {NULL, "--max-memory: ", "is too little", "2G is two gigabytes"},
    {NULL, "is not a whole number", NULL, "digits only, as in 1000"},
    {NULL, "--", "\" is not a number", "as in 0.5"},
    {NULL, "two outputs cannot both be standard output", NULL, "name a file or a folder for one: -o out/"},
    {NULL, "--graph and --baseline", NULL, "a baseline needs no model: leave -g out"},
    {"fg-continual", "--graph and --resume", NULL, "leave -g out"},
    {"fg-denoise", "is not written to a terminal", NULL, "use -o DIR, or a pipe"},
    {NULL, "is not written to a terminal", NULL, "use -o FILE, or a pipe"},
    /* data */
    {NULL, "standard input: no content", NULL, "pipe rows in, or name a file"},
    {NULL, ", column ", "' is not a number, but column ",
     "numbers only, for classes 0, 1, ...; put # before a line of names"},
    {NULL, ", column ", "' is not a number",
     "numbers only, for classes 0, 1, ...: names can stand in the first line alone"},
    {NULL, "--mask: ", "empty, expected a number", "write 1 where an input is missing, else 0"},
    {"fg-infer", ", column ", "empty, expected a number",
     "only models that begin with an observation layer infer what is missing"},
    {NULL, ", column ", "empty, expected a number", "fill it in or leave the line out"},
    {NULL, ", column ", "is not a finite number", "leave the line out"},
    {NULL, " columns, but line ", NULL,
     "all lines have as many fields: fill in what is missing, or leave the line out"},
    {NULL, "NPY: elements of type '|O'", NULL,
     "in Python: numpy.save(\"new.npy\", numpy.load(\"old.npy\", allow_pickle=True).astype(\"f4\"))"},
    {NULL, "NPY: elements of type '", NULL,
     "in Python: numpy.save(\"new.npy\", numpy.load(\"old.npy\").astype(\"f4\"))"},
    {NULL, "NPY: structured arrays", NULL,
     "in Python: numpy.save(\"new.npy\", numpy.array(numpy.load(\"old.npy\").tolist()))"},
    {NULL, "NPY: more than ", " dimensions", "in Python: x.reshape(len(x), -1) leaves two"},
    {NULL, ": the header announces ", NULL, "copy the file again, or write it anew"},
    {NULL, ": cut off", NULL, "copy the file again, or write it anew"},
    {NULL, "--mask: ", ", expected ", "a mask has a column for each input"},
    {NULL, "is not a class (0, 1, ...)", NULL, "a model for real targets ends in regression"},
    {NULL, "expected a class from 0 to", NULL,
     "classes count from 0, and softmax has as many as the layer before it has outputs"},
    {NULL, "images with class labels, but real targets", NULL, "a model for classes ends in softmax"},
    {NULL, "another kind of file than", NULL, "join files of one kind, as in x.npy,y.npy"},
    {NULL, " labels, but ", " images", "take both from the same part of the set"},
    {"fg-continual", "leaves nothing on one side", NULL, "as in --validate 0.1"},
    /* what a model cannot do */
    {"fg-infer", "--confusion: the model has no softmax", NULL, "--picture FILE draws a curve"},
    {NULL, "has no softmax layer, so no classes", NULL, "as fg-build mnist has"},
    {"fg-infer", "can be drawn", NULL, "--confusion FILE draws how classes are told apart"},
    {"fg-infer", "no conv or tconv layer", NULL, "as fg-build mnist has"},
    {"fg-infer", "it has no observation layer first", NULL,
     "as has fg-build --input 2 observation:sigma=0.3 dense:2 softmax"},
    {NULL, "ends in a softmax or regression layer", NULL,
     "as fg-build mnist does; fg-denoise takes models of pictures"},
    /* pictures */
    {NULL, "standard input, frame ", " of a picture where ",
     "the stream was cut off: see what the command before the pipe says"},
    {NULL, ": empty, where a PNG", NULL, "take another copy of it"},
    {NULL, " of a picture where ", " more were expected", "the file is cut off: take another copy of it"},
    {NULL, "transparent pictures are not read", NULL,
     "ffmpeg -i FILE -pix_fmt rgb24 new.png makes it opaque"},
    {NULL, " pixels is more than the limit of ", NULL,
     "ffmpeg -i FILE -vf scale=iw/2:-1 new.png makes a smaller one"},
    {NULL, "standard input, frame ",
     ": PNG: ", "the stream is damaged: see what the command before the pipe says"},
    {NULL, "standard input, frame ",
     ": PNM: ", "the stream is damaged: see what the command before the pipe says"},
    {NULL, ": PNG: ", NULL, "the picture is damaged: take another copy of it"},
    {NULL, ": PNM: ", NULL, "the picture is damaged: take another copy of it"},
    {"fg-denoise", "is not a folder", NULL, "name a folder, which is made if it is not there"},
    {"fg-denoise", "would be overwritten", NULL, "name another one, as in -o out/"},
    {"fg-denoise", "but the first frame has", NULL, "give pictures of one size at a time"},
    {"fg-denoise", " for the input's ", NULL, "--limit N takes only the first N frames"},
    {"fg-denoise", "but the spec's input is", NULL,
     "fg-build denoise-best without --input fits pictures of any size"},
    {"fg-denoise", "standard input: no picture", NULL,
     "name files, or pipe pictures in: ffmpeg -i FILE -f image2pipe -c:v ppm - | fg-denoise -g FILE -"},
    {"fg-denoise", "standard input, frame ", "picture was expected",
     "ffmpeg -i FILE -f image2pipe -c:v ppm - makes a stream of pictures"},
};

/* "line 1, column 2: '5;1' is not a number": decimal commas, taken for separators or not. */
static bool is_decimal_comma(const char *text) {
    static const char digits[] = "0123456789";
    const char *column = strstr(text, ", column "), *at = column ? strstr(column, ": '") : NULL;
    if (!at || !strstr(at, "' is not a number"))
        return false;
    at += 3;
    at += *at == '-';
    at += strspn(at, digits);
    if (!strchr(",;", *at))
        return false;
    at++;
    at += *at == '-';
    return strspn(at, digits) && at[strspn(at, digits)] == '\'';
}

/* "larger than the group of 28": no picture. */
static bool is_vector(const char *text) {
    static const char group[] = " the group of ";
    const char *at = strstr(text, group);
    return at && at[sizeof group - 1] && !strchr(at + sizeof group - 1, 'x');
}

void fg_hint_remedy(fg_err *err, const char *program) {
    /* These tell already what to do. */
    if (strstr(err->text, "; ") || strstr(err->text, "did you mean"))
        return;
    if (err->code == FG_ENOMEM)
        return;
    if (is_decimal_comma(err->text)) {
        fg_hint(err, "numbers have points: tr ',' '.' <FILE makes 0.5;1 of 0,5;1");
        return;
    }
    if (!strcmp(program, "fg-build") && strstr(err->text, " is larger than ") && is_vector(err->text)) {
        fg_hint(err, "pictures are HEIGHTxWIDTHxCHANNELS, as in --input 28x28x1");
        return;
    }
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++) {
        const remedy *r = &remedies[i];
        if ((r->program && strcmp(r->program, program)) || !strstr(err->text, r->part) ||
            (r->other && !strstr(err->text, r->other)))
            continue;
        fg_hint(err, "%s", r->text);
        return;
    }
}
