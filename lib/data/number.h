/* Numbers as text, the same in every locale. */
#ifndef FG_DATA_NUMBER_H
#define FG_DATA_NUMBER_H

#include <stddef.h>

#include "base/err.h"

enum { FG_NUMBER_TEXT = 32 }; /* room for any number that is formatted here */

/* The value of a decimal number ("-1.5e-3", ".5", "+2", also "nan" and "inf") that fills the whole of
 * text[0 .. length), correctly rounded. FG_EFORMAT, without a message, when it is anything else (hexadecimal
 * too); FG_ENOMEM. Numbers beyond the range of a double become infinite. */
int fg_number_parse(double *out, const char *text, size_t length);

/* The number in the fewest of 15 to 17 (float: 6 to 9) significant digits that read back as the same value,
 * without trailing zeros; returns the text's length. */
int fg_number_print(char text[FG_NUMBER_TEXT], double value);
int fg_number_print_float(char text[FG_NUMBER_TEXT], float value);

#endif
