/* catalogue: bringing a brand's catalogue in, and having it in memory to listen with. docs/catalogue.md
 * describes the files. */
#ifndef LONGHAND_DESK_CATALOGUE_H
#define LONGHAND_DESK_CATALOGUE_H

#include "base/list.h"
#include "desk/desk.h"
#include "letter/catalogue.h"

/* One file of an import: its name without folder ("sets.csv") and all of its bytes, unpacked. */
struct catalogue_source {
    str name, bytes;
};

struct catalogue_problem {
    str file;
    size_t line;     /* on which the row begins, from 1; 0: the file as a whole */
    const char *why; /* T("..."), {0} for detail */
    str detail;
};
typedef LIST(struct catalogue_problem) catalogue_problem_list;

struct catalogue_file_count {
    str file;
    size_t rows;
};
typedef LIST(struct catalogue_file_count) catalogue_file_list;

enum { CATALOGUE_PROBLEMS_MAX = 1000 };
struct catalogue_report {
    str format;                      /* "own", "rebrickable" */
    size_t products, figures, parts; /* in the import */
    size_t links, aliases;
    size_t colours, pieces; /* of pieces: so many of one part in one colour in a product count one */
    size_t added, changed, retired, returned; /* items, against what was there before */
    size_t nproblems;                         /* rows left out; the first CATALOGUE_PROBLEMS_MAX are listed */
    catalogue_problem_list problems;
    catalogue_file_list read, ignored; /* files, with how many rows stand in them */
    int64_t version;
};

/* Where the work is: 0 <= done <= total. Called from the caller's thread. */
struct catalogue_progress {
    void (*tell)(void *context, const char *stage, size_t done, size_t total); /* stage: T("...") */
    void *context;
};

/* Import the files: the brand's catalogue is afterwards what they say. Items that are not in them are marked
 * retired and kept, with what they hold; names that agents added are kept. Rows that are broken are named in
 * the report and left out. Rows are written in several transactions, so that letters can come in meanwhile;
 * an import that was broken off is completed by running it again. `progress` may be NULL. The report's texts
 * point into the files and the arena.
 * ERR_INVALID: no file is one of a catalogue, or a file that must be there lacks a column. */
err catalogue_import(struct desk *d, arena *a, int64_t brand, const struct catalogue_source *files, size_t n,
                     const struct catalogue_progress *progress, struct catalogue_report *ret_report);

/* The catalogue as it stands, retired items too: people write about toys long out of the shops. A brand
 * without one gets an empty one. Release with catalogue_free. */
err catalogue_load(struct desk *d, int64_t brand, struct catalogue **ret);
/* Which version that is; grows with every import and every name added, 0 before the first. */
err catalogue_version(struct desk *d, int64_t brand, int64_t *ret_version);

/* A name that agents use for an item ("Ray" for "Ultra Sonic Raider"). ERR_MISSING: no such item;
 * ERR_INVALID: empty or above 200 bytes. Comes into force with the next catalogue_load. */
err catalogue_alias_add(struct desk *d, const struct actor *who, catalogue_kind kind, str id, str alias);

#endif
