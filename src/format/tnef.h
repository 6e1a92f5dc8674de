/* tnef: winmail.dat, in which Outlook wraps a letter's formatted text and its files ([MS-OXTNEF]). Pure.
 *
 * Our own reader of the few attributes that matter, since what there is as a library is little kept and had
 * its share of overruns; run in the reader child like all else. */
#ifndef LONGHAND_FORMAT_TNEF_H
#define LONGHAND_FORMAT_TNEF_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/list.h"
#include "base/str.h"

struct tnef_file {
    str name;       /* as it stands there, in UTF-8: to be cleaned */
    str type;       /* "image/png" as it stands there, "" for none */
    str content_id; /* without <> */
    str bytes;      /* within the input */
};
typedef LIST(struct tnef_file) tnef_file_list;

struct tnef {
    str text, html; /* clean UTF-8; the HTML is not sanitised. "" for none */
    tnef_file_list files;
};

enum { TNEF_FILES_MAX = 500, TNEF_DEPTH_MAX = 3 };

/* What can be read is read: a cut file gives what stands before the cut. ERR_INVALID only when it is no TNEF.
 * With `words` false text and HTML are left alone. */
err tnef_read(arena *a, str bytes, bool words, struct tnef *ret);

#endif
