/* defect: what letters say is wrong with products, recorded by people and counted for the makers.
 *
 * A defect is a product and a part of it; a case is one conversation that says so, with the customer's words.
 * The same conversation, product, part and symptom are one case, however often it is recorded. Whether the
 * caller may is judged before (RIGHT_WRITE). Changes are told as desk_changed "defect", and stand in the
 * conversation's history as the events defect_recorded, defect_taken_back; detail: "Harbour Crane: hook".
 * Every change has the job `alarm` look again (desk/defect_watch.h). */
#ifndef LONGHAND_DESK_DEFECT_H
#define LONGHAND_DESK_DEFECT_H

#include "desk/desk.h"
#include "letter/listen.h"
#include "store/defect.h"

enum { DEFECT_CODE_BYTES = 200, DEFECT_WORDS_BYTES = 1000, DEFECT_LOT_BYTES = 100 };

/* ---- suggested ---- */

/* What a letter's findings come to: something happened (broken, missing, wrong) to something of the
 * catalogue. Pure. */
struct defect_hint {
    str product, part; /* codes; product "" when only a figure or part is known */
    symptom symptom;
    uint32_t start, end; /* the sentence, bytes of the letter's text */
    str words;
};
/* False when the findings say nothing of the kind. `catalogue` (may be NULL) tells figures from products. */
bool defect_hint_of(arena *a, str text, const finding_list *findings, const struct catalogue *catalogue,
                    struct defect_hint *ret);

/* ---- recorded ---- */

struct defect_wish {
    int64_t conversation;
    int64_t message;   /* the letter; 0: its newest */
    str product, part; /* a code or name of the catalogue, else free words; part "": the product as a whole */
    symptom symptom;
    str words;          /* the customer's; found in the letter where they stand in it; "" none */
    str lot;            /* "" not known */
    int64_t packed_day; /* 20261204; 0 not known */
};
struct defect_recorded {
    int64_t id, defect;
    bool repeated; /* it was recorded before; lot and packing date are filled in where they were unknown */
};
/* ERR_MISSING: no such conversation; ERR_INVALID: neither product nor part, or something overlong. */
err defect_record(struct desk *d, arena *a, const struct actor *who, const struct defect_wish *wish,
                  struct defect_recorded *ret);
/* Lot and packing date as they are known now. `seen_version` -1: not checked; else ERR_CONFLICT. */
err defect_describe(struct desk *d, arena *a, const struct actor *who, int64_t id, str lot,
                    int64_t packed_day, int64_t seen_version);
/* It counts no more; recording it again brings it back. ERR_NONE when it was taken back before. */
err defect_take_back(struct desk *d, arena *a, const struct actor *who, int64_t id);

/* A day as people type it: "2026-12-04", "" is 0. ERR_INVALID names the field. */
err defect_day_from(str text, const char *what, int64_t *ret_day);

/* "Harbour Crane: hook"; codes where there are no names. */
str defect_title(arena *a, const struct store_defect *d);

/* In the caller's transaction: the words of a conversation are forgotten, here and in the index of letters;
 * the counts stay. */
err defect_forget_in(db_conn *c, int64_t brand, int64_t conversation, int64_t now);

/* ---- for pages ---- */

enum { DEFECT_WEEKS = 26 };
/* Letters in the last DEFECT_WEEKS weeks, each of seven days, the last ending today. */
struct defect_weeks {
    int64_t n[DEFECT_WEEKS], most;
    int64_t first_day; /* of the first week, days since 1970 */
};
void defect_weeks_of(const defect_day_list *days, int64_t defect, int64_t today, struct defect_weeks *ret);
static inline int64_t defect_today(int64_t now) { return now / DAY_MS; }

/* ---- units sold ---- */

struct units_problem {
    size_t line;
    const char *why; /* T("..."), {0} for detail */
    str detail;
};
typedef LIST(struct units_problem) units_problem_list;
enum { UNITS_PROBLEMS_MAX = 200, UNITS_BYTES = 4 << 20, UNITS_MAX_ROWS = 100000 };
#define UNITS_MOST INT64_C(1000000000000)
struct units_report {
    size_t kept, nproblems;
    units_problem_list problems; /* the first UNITS_PROBLEMS_MAX */
};
/* A CSV file of product, month (2026-11), units; a first line that names the columns may give another order.
 * A row replaces what stood for its product and month. Rows that are wrong are left out and listed; the
 * others are kept. ERR_INVALID: no row at all, or a column is missing; ERR_LIMIT: too large. */
err defect_units_import(struct desk *d, arena *a, const struct actor *who, str csv, struct units_report *ret);

#endif
