/* csv: tables as text, RFC 4180, read and written.
 *
 * Reading is lenient where the RFC is silent: LF or CRLF, a BOM in front, a last line without an end, a quote
 * inside an unquoted field is itself. The separator is what the first line holds most of: comma, semicolon or
 * tab. Empty lines are passed over.
 *
 * A row that is broken (a quote that is not closed, text behind a closing quote, a field above CSV_FIELD_MAX
 * bytes, more than CSV_FIELDS_MAX fields) is reported, and reading goes on with the line behind the one on
 * which that row began, so that one mistake costs one line. */
#ifndef LONGHAND_FORMAT_CSV_H
#define LONGHAND_FORMAT_CSV_H

#include "base/buf.h"

enum { CSV_FIELDS_MAX = 64, CSV_FIELD_MAX = 64 << 10 };

typedef enum csv_result { CSV_END, CSV_ROW, CSV_BROKEN } csv_result;

struct csv_in {
    str text;
    size_t at;   /* where the next row begins */
    size_t next; /* the line number of it, from 1 */
    char separator;
    size_t line;     /* on which the last row began */
    const char *why; /* of a broken row: T("...") */
    str fields[CSV_FIELDS_MAX];
    size_t nfields;
};

/* `text` must live as long as what is read of it. */
struct csv_in csv_begin(str text);
/* The next row into in->fields: pieces of the text, or of the arena where quotes were doubled. */
csv_result csv_next(struct csv_in *in, arena *a);

/* Writing: a field after the other, then csv_end_row. A field that a spreadsheet would run as a formula (it
 * begins with = + - @, a tab or a carriage return, and is no plain number) gets an apostrophe in front. */
struct csv_out {
    buf *to;
    bool begun; /* a field stands in this row already */
};
void csv_field(struct csv_out *o, str field);
void csv_end_row(struct csv_out *o);

#endif
