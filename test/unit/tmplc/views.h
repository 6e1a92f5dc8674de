/* The view of test/unit/tmplc/sample.tmpl. */
#ifndef LONGHAND_TEST_VIEWS_H
#define LONGHAND_TEST_VIEWS_H

#include <stdbool.h>

#include "base/str.h"
#include "format/html.h"

enum sample_state { SAMPLE_WAITING, SAMPLE_DONE };

struct sample_row {
    int64_t id;
    str subject;
    const char *from;
    char code[8];
    bool fresh;
    int letters;
    enum sample_state state;
};

struct sample_view {
    str title, home, csrf;
    int tries;
    struct safe_html letter;
    struct sample_row *rows;
    size_t n;
    unsigned char small;
    unsigned long long huge;
};

#endif
