#include "desk/figures.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/meter.h"
#include "store/brand.h"
#include "store/figures.h"

enum { TEXT_MAX = 4 << 20 };

static const struct {
    const char *name, *help;
} meters[METERS] = {
    [METER_KEPT] = {"longhand_letters_kept_total", "Letters that came and are kept."},
    [METER_REFUSED] = {"longhand_letters_refused_total",
                       "Letters that were not kept, and whose sender knows."},
    [METER_READ] = {"longhand_letters_read_total", "Kept letters that were read."},
    [METER_SET_ASIDE] = {"longhand_letters_set_aside_total", "Kept letters that could not be read."},
    [METER_SENT] = {"longhand_replies_sent_total", "Copies of replies that a mail server took."},
    [METER_POSTPONED] = {"longhand_replies_postponed_total", "Tries to send that are repeated later."},
    [METER_FAILED] = {"longhand_replies_failed_total", "Copies that will not go by themselves."},
    [METER_UNCERTAIN] = {"longhand_replies_uncertain_total", "Copies of which nobody knows."},
};

struct writing {
    buf *out;
    const store_brand_list *brands;
    int64_t now;
};

static void family(buf *out, const char *name, const char *type, const char *help) {
    buf_add_fmt(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static str slug_of(const struct writing *x, int64_t brand) {
    for (size_t i = 0; i < x->brands->n; i++)
        if (x->brands->v[i].id == brand) return x->brands->v[i].slug;
    return S("");
}

/* What of a row becomes the number. */
enum figure_value { HOW_MANY, HOW_OLD, WHEN };

static void rows(const struct writing *x, const char *name, const char *label, const char *help,
                 const store_figure_list *all, enum figure_value value) {
    family(x->out, name, "gauge", help);
    for (size_t i = 0; i < all->n; i++) {
        const struct store_figure *f = &all->v[i];
        if (value != HOW_MANY && !f->oldest) continue;
        int64_t age = x->now > f->oldest ? x->now - f->oldest : 0;
        int64_t n = value == HOW_MANY ? f->n : (value == HOW_OLD ? age : f->oldest) / SECOND_MS;
        buf_add_fmt(x->out, "%s{brand=\"%.*s\"", name, STR_FMT(slug_of(x, f->brand)));
        if (f->inbox) buf_add_fmt(x->out, ",inbox=\"%lld\"", (long long)f->inbox);
        if (f->what.n) buf_add_fmt(x->out, ",%s=\"%.*s\"", label, STR_FMT(f->what));
        buf_add_fmt(x->out, "} %lld\n", (long long)n);
    }
}

static void counters(buf *out) {
    for (int i = 0; i < METERS; i++) {
        family(out, meters[i].name, "counter", meters[i].help);
        buf_add_fmt(out, "%s %lld\n", meters[i].name, (long long)meter_of((meter)i));
    }
}

err figures_text(const struct desk *d, arena *a, str *ret_text) {
    DB_READ_AUTO db_conn *c = NULL;
    store_brand_list brands;
    store_figure_list outbox = {0}, unread = {0}, jobs = {0}, dead = {0}, waiting = {0}, letters = {0};
    TRY(db_read_begin(d->db, &c));
    TRY(store_brand_list_all(c, a, &brands));
    for (size_t i = 0; i < brands.n; i++) {
        int64_t brand = brands.v[i].id;
        TRY(store_figures_outbox(c, a, brand, &outbox));
        TRY(store_figures_unread(c, a, brand, &unread));
        TRY(store_figures_jobs(c, a, brand, false, &jobs));
        TRY(store_figures_jobs(c, a, brand, true, &dead));
        TRY(store_figures_waiting(c, a, brand, &waiting));
        TRY(store_figures_letters(c, a, brand, &letters));
    }
    BUF_AUTO buf out = BUF_MAX(TEXT_MAX);
    struct writing x = {&out, &brands, desk_now(d)};
    counters(&out);
    rows(&x, "longhand_outbox", "state", "Copies of replies on their way or stuck.", &outbox, HOW_MANY);
    rows(&x, "longhand_outbox_oldest_seconds", "state", "How long the first of them is due.", &outbox,
         HOW_OLD);
    rows(&x, "longhand_inbox_unread", "", "Letters kept but not read yet.", &unread, HOW_MANY);
    rows(&x, "longhand_inbox_lag_seconds", "", "How long the first of them waits to be read.", &unread,
         HOW_OLD);
    rows(&x, "longhand_inbox_letter_timestamp_seconds", "", "When the newest letter came.", &letters, WHEN);
    rows(&x, "longhand_jobs", "kind", "Jobs that are to be done.", &jobs, HOW_MANY);
    rows(&x, "longhand_jobs_failed", "kind", "Jobs that kept failing and wait for a person.", &dead,
         HOW_MANY);
    rows(&x, "longhand_waiting", "", "Conversations that wait for an answer.", &waiting, HOW_MANY);
    rows(&x, "longhand_waiting_oldest_seconds", "", "How long the first of them waits.", &waiting, HOW_OLD);
    if (!buf_ok(&out)) return err_set(ERR_LIMIT, "There are too many brands for one answer.");
    *ret_text = str_copy(a, buf_str(&out));
    return ERR_NONE;
}
