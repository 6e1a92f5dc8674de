/* defect_page: back to the makers: defects with their letters, alarms, units sold, what makers are told; and
 * the panel beside a conversation. */
#ifndef LONGHAND_WEB_DEFECT_PAGE_H
#define LONGHAND_WEB_DEFECT_PAGE_H

#include "desk/defect.h"
#include "desk/defect_hook.h"
#include "desk/defect_like.h"
#include "desk/defect_watch.h"
#include "store/trial.h"
#include "web/voice_page.h"

struct conversation_page;

enum { DEFECT_ROWS = 50, DEFECTS_MAX = 2000, CASE_ROWS = 50, LOT_ROWS = 20, POST_ROWS = 20 };

/* ---- the list ---- */

struct defect_row {
    struct defect_count count;
    struct defect_weeks weeks;
    str spark;                       /* the path of its small picture */
    const struct store_alarm *alarm; /* NULL none stands */
    int64_t sold;                    /* in the twelve months that are known; 0 not known */
};
typedef LIST(struct defect_row) defect_row_list;
struct defects_view {
    struct admin admin;
    defect_row_list rows; /* of this page */
    size_t all, ringing;
    bool only_alarms;
    store_alarm_list alarms;
    struct voice_pages pages;
};
err defects_view(struct web_call *w);
void defects_html(struct web_call *w);
void defects_json(const struct web_call *w, struct json_out *o);
err defects_export_csv(struct web_call *w);
err defects_export_json(struct web_call *w);

/* ---- one ---- */

struct defect_view {
    struct admin admin;
    struct store_defect defect;
    struct defect_row row;
    struct alarm_look look;
    bool by_units;
    store_alarm_list alarms; /* latest first */
    store_defect_case_list cases;
    struct page_key next; /* id 0: no more */
    bool first;
    defect_lot_list lots;
    letter_like_list like;
    store_trial_list trials;
};
err defect_view_one(struct web_call *w);
void defect_html(struct web_call *w);
void defect_json(const struct web_call *w, struct json_out *o);
err defect_do_join(struct web_call *w);
err alarm_do_acknowledge(struct web_call *w);
err alarm_do_close(struct web_call *w);

/* ---- cases ---- */

struct defect_done {
    int64_t id, defect;
    bool repeated;
};
err case_do_record(struct web_call *w);
err case_do_describe(struct web_call *w);
err case_do_take_back(struct web_call *w);
void case_json(const struct web_call *w, struct json_out *o);

/* The form for a defect that listening did not find. */
struct case_form {
    struct admin admin;
    int64_t conversation;
    str customer_name, product, part, words, lot, packed;
    symptom symptom;
    str letter; /* the newest letter's text, to read while one fills it in */
};
err case_form_view(struct web_call *w);
void case_form_html(struct web_call *w);

/* ---- units sold ---- */

struct units_line {
    str product;
    int64_t months, first, last, year; /* year: sold in the last twelve months that are known */
};
typedef LIST(struct units_line) units_line_list;
struct units_view {
    struct admin admin;
    units_line_list lines;
    struct voice_pages pages;
    struct units_report report;
    bool imported;
    str typed;
};
err units_view(struct web_call *w);
void units_html(struct web_call *w);
void units_json(const struct web_call *w, struct json_out *o);
err units_do_import(struct web_call *w);

/* ---- makers ---- */

struct makers_view {
    struct admin admin;
    struct maker_hook hook;
    str url, secret; /* as typed; shown once */
    maker_post_list posts;
    bool tried;
};
err makers_view(struct web_call *w);
void makers_html(struct web_call *w);
void makers_json(const struct web_call *w, struct json_out *o);
err makers_do_set(struct web_call *w);
err makers_do_try(struct web_call *w);

/* ---- beside a conversation ---- */

struct defect_panel {
    store_defect_case_list cases;
    store_trial_case_list trials;
    store_trial_list choose; /* running ones to take it into; only where there is a case */
    bool hinted;
    struct defect_hint hint;
    int64_t hint_message;
    str hint_product, hint_part; /* as the catalogue calls them */
};
/* After the letters were heard. ret: NULL where there is nothing to say. */
err defect_panel_load(struct web_call *w, struct conversation_page *p);
void defect_panel_json(struct json_out *o, const struct defect_panel *p);

/* ---- shared with trial_page, and for templates ---- */

err defects_load(struct web_call *w, const char *title, const char *tab, struct admin *ret_admin);
void defects_open(struct web_call *w, struct admin *v);
void defects_close(struct web_call *w, struct admin *v);
void defect_json_members(struct json_out *o, const struct store_defect *d);

str symptom_text(struct web_call *w, symptom s);
str alarm_state_text(struct web_call *w, const struct store_alarm *l);
/* "Lot L-204, packed 4 December 2026"; "Lot unknown". */
str case_lot_text(struct web_call *w, str lot, int64_t packed_day);
str defect_name(struct web_call *w, const struct store_defect *d);
/* "0, 0, 3, 12": for those who do not see the picture. */
str weeks_text(struct web_call *w, const struct defect_weeks *weeks);
/* The first of the seven days, as people read a day. */
str week_text(struct web_call *w, const struct defect_weeks *weeks, int week);
str defect_day_name(struct web_call *w, int64_t day); /* of 20261204; "" for 0 */
/* "0.4" of 400. */
str thousandth_text(struct web_call *w, int64_t v);
/* "1 in 7,300" by powers of ten: "less than 1 in a million". */
str chance_text(struct web_call *w, int64_t chance);
str units_problem_text(struct web_call *w, const struct units_problem *p);
str units_month_text(struct web_call *w, int64_t month); /* "2026-11" */
str maker_event_text(struct web_call *w, maker_event e);
str maker_state_text(struct web_call *w, const struct maker_post *p);

#endif
