/* fans_page: what became of letters, for a brand and for one agent; the letters behind each number; how long
 * people waited; who is still with us; followers, purchases. No number here is of an agent's speed or volume.
 */
#ifndef LONGHAND_WEB_FANS_PAGE_H
#define LONGHAND_WEB_FANS_PAGE_H

#include "desk/fans.h"
#include "desk/follower.h"
#include "desk/order.h"
#include "store/story.h"
#include "store/survey.h"
#include "web/chart_page.h"
#include "web/frame.h"
#include "web/voice_page.h"

enum { FANS_ROWS = 50, FANS_WEEKS = 26, FANS_WEEKS_MAX = 104, FANS_ALSO = 4, FANS_SHOWN_BYTES = 1200 };

/* What a number opens to. */
typedef enum fans_sign {
    FANS_THANKS,
    FANS_STORIES, /* told to somebody else */
    FANS_RETURNS,
    FANS_PURCHASES,
    FANS_PROMISES,
    FANS_ANSWERS
} fans_sign;
enum { FANS_SIGNS = FANS_ANSWERS + 1 };
bool fans_sign_from(str s, fans_sign *ret);

struct fans_figure {
    str number, label, path;
};
typedef LIST(struct fans_figure) fans_figure_list;
/* A letter, or what stands for one. */
struct fans_row {
    str name, line, end; /* end: what stands at its right; "" the time */
    str path;
    int64_t at;
};
typedef LIST(struct fans_row) fans_row_list;

/* Shared by all of them: whose, of when. */
struct fans_head {
    struct frame frame;
    int64_t agent; /* -1: the brand's */
    str agent_name;
    bool own;
    const struct zone *zone;
    struct fans_span span;
    str when, title; /* "2026-02", "February 2026" */
    str base;        /* "/b/SLUG/fans" or "/b/SLUG/fans/of/ID" */
};

struct fans_view {
    struct fans_head h;
    fans_figure_list figures;
    struct fans_row newest; /* path "": none */
    str newest_text;
    fans_row_list also;
    int64_t more; /* further letters that thank */
    fans_row_list promises;
    str leeway; /* "" nothing to say */
    fan_what_list returned;
    fan_share_list shares, shown; /* whom they let see it; who lets the reader see theirs */
    struct fans_still still;
    struct chart chart;
    int64_t counted_at;
    bool said; /* sharing was changed just now */
};

struct fans_letters {
    struct fans_head h;
    fans_sign sign;
    str what;  /* only returns for this, only answers that chose this; "" all */
    bool late; /* further down among the promises that are late */
    fans_row_list rows;
    survey_choice_list choices; /* of answers */
    str first, next;            /* paths; "" none */
};

struct fans_weeks {
    struct frame frame;
    struct chart waits, rates;
    int64_t weeks; /* how many are shown */
};
struct fans_week_view {
    struct frame frame;
    struct fan_week week;
    str title, by; /* by: first, final, said */
    int64_t day;
    fan_talk_list rows;
    str first, next;
};
struct fans_still_view {
    struct frame frame;
    struct fans_still still;
    struct chart chart;
    struct fan_watched of; /* whom the rows list */
    struct fans_still_part {
        struct fan_watched of;
        int64_t n;
        str path, says; /* "12 who had trouble and an answer" */
    } parts[6];
    fans_row_list rows;
    str first, next;
};
/* One network. */
struct fans_network {
    str name;
    int64_t now, day;
};
typedef LIST(struct fans_network) fans_network_list;
struct fans_effect {
    str network, title, path, began;
    struct follower_change change;
    bool begun; /* the seven days are not over */
};
typedef LIST(struct fans_effect) fans_effect_list;
struct fans_followers {
    struct admin admin;
    fans_network_list networks;
    fans_effect_list effects;
    struct chart chart;
    struct follower_form typed;
    str csv;
    struct order_report report;
    bool imported, may_write;
};
struct fans_purchases {
    struct admin admin;
    purchase_list rows;
    str first, next;
    str csv, hook_path, secret;
    struct purchase_hook hook;
    struct order_report report;
    bool imported;
};

err fans_view(struct web_call *w);
void fans_html(struct web_call *w);
void fans_json(const struct web_call *w, struct json_out *o);
err fans_do_share(struct web_call *w);
err fans_letters_view(struct web_call *w);
void fans_letters_html(struct web_call *w);
void fans_letters_json(const struct web_call *w, struct json_out *o);
err fans_weeks_view(struct web_call *w);
void fans_weeks_html(struct web_call *w);
void fans_weeks_json(const struct web_call *w, struct json_out *o);
err fans_week_view(struct web_call *w);
void fans_week_html(struct web_call *w);
void fans_week_json(const struct web_call *w, struct json_out *o);
err fans_still_view(struct web_call *w);
void fans_still_html(struct web_call *w);
void fans_still_json(const struct web_call *w, struct json_out *o);
err fans_file(struct web_call *w);

err followers_view(struct web_call *w);
void followers_html(struct web_call *w);
void followers_json(const struct web_call *w, struct json_out *o);
err follower_do_put(struct web_call *w);
err follower_do_import(struct web_call *w);

err purchases_view(struct web_call *w);
void purchases_html(struct web_call *w);
void purchases_json(const struct web_call *w, struct json_out *o);
err purchase_do_put(struct web_call *w);
err purchase_do_import(struct web_call *w);
err purchase_hook_do_new(struct web_call *w);
err purchase_hook_do_end(struct web_call *w);
err purchase_hook_take(struct web_call *w);
void purchase_hook_json(const struct web_call *w, struct json_out *o);

/* ---- shared by the files ---- */

const struct zone *fans_zone(const struct web_call *w);
/* Whose and of when; ERR_DENIED for an agent's page that the reader may not see. Then its frame. */
err fans_head_load(struct web_call *w, struct fans_head *h, bool of_agent, int64_t agent);
err fans_head_frame(struct web_call *w, struct fans_head *h, str title);
struct praise_ask fans_praise_of(const struct fans_head *h, int kinds);
struct fan_ask fans_ask_of(const struct fans_head *h);
/* TN("{0} person", "{0} people"), filled with n. */
str fans_plural(struct web_call *w, int64_t n, const char *one, const char *many);
const char *fans_sign_name(fans_sign s); /* "thanks" */
str fans_letters_path(const struct fans_head *h, fans_sign s, str what);
str fans_said(struct web_call *w, str text); /* what they newly wrote, without what they quote */
void fans_add_promise(struct web_call *w, fans_row_list *to, const struct fan_promise *p);
str fans_day_words(struct web_call *w, int64_t day); /* "16 November", with the year when it is another one */
err fans_load_followers(struct web_call *w, db_conn *c, follower_list *ret_rows, struct chart *ret_chart);
str fans_problem_text(struct web_call *w, const struct order_problem *p);

/* ---- for templates ---- */
const char *fans_sign_title(fans_sign s);
str fans_number_text(struct web_call *w, str number); /* of a figure: a count in parts, money as it is */
str fans_what_text(struct web_call *w, const struct fan_what *x); /* "4 with a question" */
str fans_still_words(struct web_call *w, const struct fans_still *s, bool trouble);
str fans_effect_words(struct web_call *w, const struct fans_effect *e);
str fans_step(const struct fans_head *h,
              int by);                     /* the path of the span before or behind; "" in the future */
str fans_whole(const struct fans_head *h); /* the whole year, or the month again */

#endif
