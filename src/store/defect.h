/* store/defect: what is wrong with products, and the conversations that say so. The rules are in
 * desk/defect.h, the columns in the schema. */
#ifndef LONGHAND_STORE_DEFECT_H
#define LONGHAND_STORE_DEFECT_H

#include "base/list.h"
#include "db/db.h"
#include "store/conversation.h"

typedef enum symptom { SYMPTOM_BROKEN, SYMPTOM_MISSING, SYMPTOM_WRONG, SYMPTOM_OTHER } symptom;
enum { SYMPTOMS = SYMPTOM_OTHER + 1 };
const char *symptom_name(symptom v); /* "broken", "missing", "wrong", "other" */
bool symptom_from(str s, symptom *ret);

struct store_defect {
    int64_t id;
    str product_code, product_name, part_code, part_name; /* part "": the product as a whole */
    int64_t created_at;
};
typedef LIST(struct store_defect) store_defect_list;

/* Nothing when there is one of that product and part already; ret_there tells. */
err store_defect_insert(db_conn *c, int64_t brand, const struct store_defect *row, bool *ret_there);
/* ret->id 0 when there is none. */
err store_defect_find(db_conn *c, arena *a, int64_t brand, str product, str part, struct store_defect *ret);
err store_defect_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_defect *ret);

/* A defect with its letters counted: those that came within so many days up to `today` (days since 1970), all
 * of them, and when the last came. */
struct defect_count {
    struct store_defect defect;
    int64_t week, month, year, all, last_at; /* 7, 28, 364 days */
    int64_t trials;                          /* running ones about it */
};
typedef LIST(struct defect_count) defect_count_list;
/* Those with a letter at all, those with most letters of four weeks first; at most `limit`. */
err store_defect_counts(db_conn *c, arena *a, int64_t brand, int64_t today, int limit,
                        defect_count_list *ret);

struct defect_day {
    int64_t defect_id, day, n;
};
typedef LIST(struct defect_day) defect_day_list;
/* How many letters came on which day, of one defect or (0) of all; by defect, then day. */
err store_defect_days(db_conn *c, arena *a, int64_t brand, int64_t defect, int64_t from_day, int64_t to_day,
                      defect_day_list *ret);
/* When the brand recorded its first case, in milliseconds; 0 never. */
err store_defect_since(db_conn *c, int64_t brand, int64_t *ret_at);

struct store_defect_case {
    int64_t id, defect_id, conversation_id, customer_id, message_id, start, end;
    symptom symptom;
    str words, lot;
    int64_t packed_day, came_at, came_day, agent_id, created_at, taken_back_at, version;
    /* Joined; not written. */
    struct store_defect defect;
    int64_t number;
    str customer_name, agent_name, snippet;
};
typedef LIST(struct store_defect_case) store_defect_case_list;

err store_defect_case_insert(db_conn *c, int64_t brand, const struct store_defect_case *row);
/* Words, their place, lot, packed_day, agent, taken_back_at. ERR_CONFLICT when the stored row is not of
 * version `row->version - 1`. */
err store_defect_case_update(db_conn *c, int64_t brand, const struct store_defect_case *row);
err store_defect_case_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_defect_case *ret);
/* ret->id 0 when there is none; one that was taken back is found, too. */
err store_defect_case_same(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t defect,
                           symptom what, struct store_defect_case *ret);
/* Those that count. Of a defect: latest letters first, behind `after` ({0, 0}: from the start). */
err store_defect_cases(db_conn *c, arena *a, int64_t brand, int64_t defect, struct page_key after, int limit,
                       store_defect_case_list *ret);
/* Of a defect, letters that came on these days; latest first. */
err store_defect_cases_between(db_conn *c, arena *a, int64_t brand, int64_t defect, int64_t from_day,
                               int64_t to_day, int limit, store_defect_case_list *ret);
err store_defect_cases_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                       store_defect_case_list *ret);
/* For export, by id: of one defect, or (0) of all. */
err store_defect_cases_after(db_conn *c, arena *a, int64_t brand, int64_t defect, int64_t after, int limit,
                             store_defect_case_list *ret);

/* Lots of a defect's letters, most letters first; "" is not known. */
struct defect_lot {
    str lot;
    int64_t packed_day, n;
};
typedef LIST(struct defect_lot) defect_lot_list;
err store_defect_lots(db_conn *c, arena *a, int64_t brand, int64_t defect, int limit, defect_lot_list *ret);

/* ---- units sold ---- */

struct units_sold {
    str product;
    int64_t month, units; /* 202611 */
};
typedef LIST(struct units_sold) units_sold_list;
/* Replaces what stood for that month. */
err store_units_put(db_conn *c, int64_t brand, const struct units_sold *row);
/* Of one product, or ("") of all; by product and month. */
err store_units(db_conn *c, arena *a, int64_t brand, str product, units_sold_list *ret);

#endif
