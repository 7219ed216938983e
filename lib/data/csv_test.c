#include "data/csv.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"

static fg_csv read_good(const char *text) {
    fg_csv csv;
    fg_err err;
    ck_assert_msg(fg_csv_read(&csv, text, strlen(text), &err) == 0, "%s: %s", text, err.text);
    return csv;
}

/* Checks that the text has these values, row by row, and whether it has a header line. */
static void check_good(const char *text, size_t rows, size_t columns, const double *values, bool header) {
    fg_csv csv = read_good(text);
    ck_assert_uint_eq(csv.values.dims[0], rows);
    ck_assert_uint_eq(csv.values.dims[1], columns);
    for (size_t i = 0; i < rows * columns; i++)
        ck_assert_msg(fg_tensor_get(&csv.values, i) == values[i], "%s: %zu", text, i);
    ck_assert_msg((csv.names != NULL) == header, "%s", text);
    fg_csv_free(&csv);
}

static void check_bad_bytes(const char *text, size_t size, const char *message) {
    fg_csv csv;
    fg_err err;
    size_t held = fg_mem_held();
    ck_assert_msg(fg_csv_read(&csv, text, size, &err) == FG_EFORMAT, "%s", text);
    ck_assert_msg(strcmp(err.text, message) == 0, "%s: %s", text, err.text);
    ck_assert_ptr_null(csv.values.data);
    ck_assert_ptr_null(csv.names);
    ck_assert_uint_eq(fg_mem_held(), held);
}

static void check_bad(const char *text, const char *message) {
    check_bad_bytes(text, strlen(text), message);
}

START_TEST(separators_and_lines) {
    static const double values[] = {1, -2.5, 3e4, 0};
    static const char *const texts[] = {
        "1,-2.5\n3e4,0\n",
        "1,-2.5\n3e4,0",
        "1 , -2.5\r\n 3e4,\t0\r\n",
        "1;-2.5\n3e4;0\n",
        "1\t-2.5\n3e4\t0\n",
        "  1   -2.5 \n3e4 \t 0\n",
        "\n\n# comment\n1,-2.5 # more, and more\n   \n\t\n3e4,0\n\n#end",
        "\357\273\2771,-2.5\n3e4,0\n",
        "\"1\",\"-2.5\"\n\"3e4\",\"0\"\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_good(texts[i], 2, 2, values, false);
    check_good("5", 1, 1, (double[]){5}, false);
    check_good("5\n6\n7\n", 3, 1, (double[]){5, 6, 7}, false);
}
END_TEST

START_TEST(header_line) {
    check_good("# made\nx1,x2,label\n1,2,0\n", 1, 3, (double[]){1, 2, 0}, true);
    check_good("2nd,two\n3,4\n", 1, 2, (double[]){3, 4}, true);
    check_good("year,\"2015\"\n3,4\n", 1, 2, (double[]){3, 4}, true);
    check_good(",a\n3,4\n", 1, 2, (double[]){3, 4}, true);
    check_good("x two\n\n5 6\n", 1, 2, (double[]){5, 6}, true);
}
END_TEST

START_TEST(names_are_kept) {
    fg_csv csv = read_good("\n x1 ;\"a;\"\"b\"\"\"; \"2015\" ;\n1;2;3;4\n");
    ck_assert_uint_eq(csv.values.dims[1], 4);
    ck_assert_str_eq(csv.names[0], "x1");
    ck_assert_str_eq(csv.names[1], "a;\"b\"");
    ck_assert_str_eq(csv.names[2], "2015");
    ck_assert_str_eq(csv.names[3], "");
    fg_csv_free(&csv);
    fg_csv_free(&csv);
    fg_csv_free(NULL);
}
END_TEST

START_TEST(bad_fields_are_named) {
    check_bad("1,2\n\n3,abc\n", "line 3, column 2: 'abc' is not a number");
    check_bad("# c\n1,2\n3,\n", "line 3, column 2: empty, expected a number");
    check_bad("x,y\r\n1,2\r\n,4\r\n", "line 3, column 1: empty, expected a number");
    check_bad("1,,2\n", "line 1, column 2: empty, expected a number");
    check_bad("1,5;2,5\n", "line 1, column 2: '5;2' is not a number");
    check_bad("# c\n1,2,x\n1,1,0\n", "line 2, column 3: 'x' is not a number, but column 1 is");
    check_bad("label,0,1\n1,1,0\n", "line 1, column 1: 'label' is not a number, but column 2 is");
    check_bad("1O,nan,2 x\n", "line 1, column 1: '1O' is not a number");
    check_bad("1,2\n3,nan\n", "line 2, column 2: 'nan' is not a finite number");
    check_bad("1,NaN\n", "line 1, column 2: 'NaN' is not a finite number");
    check_bad("1,2\n-inf,4\n", "line 2, column 1: '-inf' is not a finite number");
    check_bad("1,2\n3,1e999\n", "line 2, column 2: '1e999' is not a finite number");
    check_bad("1,2\n3,0x10\n", "line 2, column 2: '0x10' is not a number");
    check_bad("1;2\n3,5;4\n", "line 2, column 1: '3,5' is not a number");
    check_bad("1\nabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz\n",
              "line 2, column 1: 'abcdefghijklmnopqrstuvwx...' is not a number");
    check_bad("1\n\x1b[31m\n", "line 2, column 1: '?[31m' is not a number");
    check_bad("1,2\n\"3,4\n", "line 2, column 1: '\"3,4' is not a number");
    check_bad_bytes("1,2\n3,4\0\n", 9, "line 2, column 2: '4' is not a number");
}
END_TEST

START_TEST(gaps_become_nan) {
    static const char text[] = "a,b,c\n1,,3\nnan,NaN,6\n,,\n";
    const double values[] = {1, NAN, 3, NAN, NAN, 6, NAN, NAN, NAN};
    fg_csv csv;
    fg_err err;
    ck_assert_int_eq(fg_csv_read_gaps(&csv, text, strlen(text), &err), FG_OK);
    ck_assert(csv.values.dims[0] == 3 && csv.values.dims[1] == 3 && csv.names);
    for (size_t i = 0; i < 9; i++) {
        double v = fg_tensor_get(&csv.values, i);
        ck_assert(isnan(values[i]) ? isnan(v) : v == values[i]);
    }
    fg_csv_free(&csv);
    ck_assert_int_eq(fg_csv_read_gaps(&csv, "1,inf\n", 6, &err), FG_EFORMAT);
    ck_assert_int_eq(fg_csv_read_gaps(&csv, "1,x\n2,y\n", 8, &err), FG_EFORMAT);
    ck_assert_int_eq(fg_csv_read_gaps(&csv, "1,\n2\n", 5, &err), FG_EFORMAT);
}
END_TEST

START_TEST(ragged_rows_are_refused) {
    check_bad("1,2\n3\n", "line 2: 1 columns, but line 1 has 2");
    check_bad("# c\na,b\n1,2,3\n", "line 3: 3 columns, but line 2 has 2");
    check_bad("1 2\n3 4 5\n", "line 2: 3 columns, but line 1 has 2");
    check_bad("1,2\n3,4,\n", "line 2: 3 columns, but line 1 has 2");
}
END_TEST

START_TEST(nothing_is_refused) {
    check_bad("", "no content, expected rows of numbers");
    check_bad("\n  \r\n# only this", "no content, expected rows of numbers");
    check_bad("x,y\n", "nothing behind the header line, expected rows of numbers");
}
END_TEST

START_TEST(many_rows_and_no_memory) {
    char *text;
    size_t size, held = fg_mem_held();
    FILE *stream = open_memstream(&text, &size);
    fputs("first,second,third\n", stream);
    for (int i = 0; i < 1000; i++)
        fprintf(stream, "%d,%d.5,-%de-3\n", i, i, i);
    fclose(stream);
    fg_csv csv;
    fg_err err;
    for (uint64_t n = 1;; n++) {
        fg_mem_fail_at(n);
        int code = fg_csv_read(&csv, text, size, &err);
        fg_mem_fail_at(0);
        if (code == 0)
            break;
        ck_assert_int_eq(code, FG_ENOMEM);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
    ck_assert_uint_eq(csv.values.dims[0], 1000);
    ck_assert(fg_tensor_get(&csv.values, 3 * 999 + 1) == 999.5);
    ck_assert(fg_tensor_get(&csv.values, 3 * 999 + 2) == -0.999);
    fg_csv_free(&csv);
    free(text);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

/* Of texts without a last line end the last line may be cut off anywhere. */
START_TEST(heads_are_refused_for_what_is_surely_wrong) {
    static const struct {
        const char *head, *message; /* NULL: nothing */
        bool gaps;
    } cases[] = {
        {"", NULL, false},
        {"# nothing yet\n\n", NULL, false},
        {"a,b\n", NULL, false},
        {"a,b\n1,2\n3,4e", NULL, false},
        {"1,2\n3", NULL, false},
        {"no,table,1", NULL, false},
        {"y\ny\n", "line 2, column 1: 'y' is not a number", false},
        {"1,2\n3\n4,", "line 2: 1 columns, but line 1 has 2", false},
        {"1,2\n,4\n5", "line 2, column 1: empty, expected a number", false},
        {"1,2\n,4\n5", NULL, true},
        {"\xef\xbb\xbfx,1\n2", "line 1, column 1: 'x' is not a number, but column 2 is", false},
    };
    size_t held = fg_mem_held();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fg_err err = {0};
        int code = fg_csv_check(cases[i].head, strlen(cases[i].head), cases[i].gaps, &err);
        ck_assert_int_eq(code, cases[i].message ? FG_EFORMAT : FG_OK);
        ck_assert_str_eq(err.text, cases[i].message ? cases[i].message : "");
        ck_assert_uint_eq(fg_mem_held(), held);
    }
}
END_TEST

START_TEST(written_is_read) {
    static const double values[] = {0.1, -1e300, 5e-324, 0.30000000000000004, 3, 0};
    static const char *const names[] = {"x", "mean of \"y\", in m", ""};
    char *text;
    size_t size;
    fg_err err;
    FILE *stream = open_memstream(&text, &size);
    ck_assert_int_eq(fg_csv_write(stream, values, 2, 3, names, &err), 0);
    fclose(stream);
    fg_csv csv = read_good(text);
    for (int j = 0; j < 3; j++)
        ck_assert_str_eq(csv.names[j], names[j]);
    ck_assert_mem_eq(csv.values.data, values, sizeof values);
    fg_csv_free(&csv);
    free(text);
    /* A name that looks like a byte-order mark and a number stays a name. */
    const char *const marked[] = {"\xef\xbb\xbf"
                                  "1",
                                  "2015"};
    stream = open_memstream(&text, &size);
    ck_assert_int_eq(fg_csv_write(stream, values, 1, 2, marked, &err), 0);
    fclose(stream);
    csv = read_good(text);
    ck_assert_str_eq(csv.names[0], marked[0]);
    ck_assert_str_eq(csv.names[1], marked[1]);
    ck_assert_uint_eq(csv.values.dims[0], 1);
    fg_csv_free(&csv);
    free(text);
    stream = open_memstream(&text, &size);
    ck_assert_int_eq(fg_csv_write(stream, values + 4, 1, 2, NULL, &err), 0);
    fclose(stream);
    ck_assert_str_eq(text, "3,0\n");
    free(text);
}
END_TEST

START_TEST(write_errors_are_reported) {
    static double values[100000];
    fg_err err;
    FILE *full = fopen("/dev/full", "wb");
    if (!full)
        return;
    ck_assert_int_eq(fg_csv_write(full, values, 1000, 100, NULL, &err), FG_EIO);
    fclose(full);
}
END_TEST

FG_TEST_MAIN("data/csv", separators_and_lines, header_line, names_are_kept, bad_fields_are_named,
             gaps_become_nan, ragged_rows_are_refused, nothing_is_refused, many_rows_and_no_memory,
             heads_are_refused_for_what_is_surely_wrong, written_is_read, write_errors_are_reported)
