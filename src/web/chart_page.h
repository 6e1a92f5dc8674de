/* chart_page: numbers over time as a table that a script draws (assets/chart.js), and the same as a file.
 * Without the script the table stands open; every row and cell may lead to its letters. */
#ifndef LONGHAND_WEB_CHART_PAGE_H
#define LONGHAND_WEB_CHART_PAGE_H

#include "web/web.h"

enum { CHART_SERIES = 6 };
typedef enum chart_kind { CHART_LINES, CHART_STAIRS } chart_kind;
typedef enum chart_unit {
    CHART_COUNT,
    CHART_HOURS, /* values in ms */
    CHART_SHARE  /* values in millionths */
} chart_unit;
struct chart_cell {
    int64_t value; /* in the unit */
    bool none;     /* nothing is known there */
    str path;      /* "" : it leads nowhere */
};
struct chart_row {
    int64_t day; /* 20261116 of the calendar, or with `by_age` days since it began */
    str label;   /* of the row, for people */
    struct chart_cell cells[CHART_SERIES];
};
typedef LIST(struct chart_row) chart_row_list;
struct chart {
    const char *id;  /* of the element, and of its file */
    str title, axis; /* axis: what the first column holds */
    chart_kind kind;
    chart_unit unit;
    bool by_age;
    int nseries;
    str series[CHART_SERIES];
    int low[CHART_SERIES],
        high[CHART_SERIES]; /* of a series: which others are its band; 0 none (they stand behind it) */
    str csv;                /* where the file is */
    chart_row_list rows;
};

/* For templates. */
str chart_value_text(struct web_call *w, const struct chart *c,
                     const struct chart_cell *cell); /* for people */
str chart_number(struct web_call *w, const struct chart *c,
                 const struct chart_cell *cell);                   /* for scripts: 12.5 */
int64_t chart_x(const struct chart *c, const struct chart_row *r); /* seconds since 1970, or days */
str chart_bands(struct web_call *w, const struct chart *c); /* "0:1:2" : a series and the edges of its band */

void chart_json(struct json_out *o, const struct chart *c);
/* The answer is this file. */
err chart_file(struct web_call *w, const struct chart *c);

#endif
