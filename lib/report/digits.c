#include "report/digits.h"

#include <string.h>

enum { ROWS = 5, COLUMNS = 3 };

static const struct glyph {
    char letter;
    char rows[ROWS][COLUMNS + 1];
} glyphs[] = {
    {'0', {"###", "# #", "# #", "# #", "###"}}, {'1', {" # ", "## ", " # ", " # ", "###"}},
    {'2', {"###", "  #", "###", "#  ", "###"}}, {'3', {"###", "  #", "###", "  #", "###"}},
    {'4', {"# #", "# #", "###", "  #", "  #"}}, {'5', {"###", "#  ", "###", "  #", "###"}},
    {'6', {"###", "#  ", "###", "# #", "###"}}, {'7', {"###", "  #", "  #", "  #", "  #"}},
    {'8', {"###", "# #", "###", "# #", "###"}}, {'9', {"###", "# #", "###", "  #", "###"}},
    {'-', {"   ", "   ", "###", "   ", "   "}}, {'+', {"   ", " # ", "###", " # ", "   "}},
    {'.', {"   ", "   ", "   ", "   ", " # "}}, {'e', {"   ", "###", "###", "#  ", "###"}},
};

size_t fg_digits_width(const char *text, size_t square) {
    size_t n = strlen(text);
    return n ? (n * (COLUMNS + 1) - 1) * square : 0;
}

size_t fg_digits_height(size_t square) {
    return ROWS * square;
}

static void fill(fg_image *image, ptrdiff_t top, ptrdiff_t left, ptrdiff_t side, const float rgb[3]) {
    ptrdiff_t height = (ptrdiff_t)image->height, width = (ptrdiff_t)image->width;
    for (ptrdiff_t i = top < 0 ? 0 : top; i < top + side && i < height; i++)
        for (ptrdiff_t j = left < 0 ? 0 : left; j < left + side && j < width; j++)
            for (ptrdiff_t c = 0; c < 3; c++)
                image->data[(c * height + i) * width + j] = rgb[c];
}

static const struct glyph *glyph_of(char letter) {
    for (size_t g = 0; g < sizeof glyphs / sizeof *glyphs; g++)
        if (glyphs[g].letter == letter)
            return &glyphs[g];
    return NULL;
}

void fg_digits_put(fg_image *image, ptrdiff_t row, ptrdiff_t column, const char *text, size_t square,
                   const float rgb[3]) {
    ptrdiff_t side = (ptrdiff_t)square;
    for (; *text; text++, column += (COLUMNS + 1) * side) {
        const struct glyph *glyph = glyph_of(*text);
        for (ptrdiff_t r = 0; glyph && r < ROWS; r++)
            for (ptrdiff_t c = 0; c < COLUMNS; c++)
                if (glyph->rows[r][c] == '#')
                    fill(image, row + r * side, column + c * side, side, rgb);
    }
}
