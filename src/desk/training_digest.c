/* "Letters that made us proud", once a week by mail to those who work there, where the brand wants it: how
 * many, and where they are read. No word of a letter leaves the desk. */
#include "base/lang.h"
#include "base/random.h"
#include "base/zone.h"
#include "desk/fans.h"
#include "desk/pace.h"
#include "desk/settings.h"
#include "desk/training.h"
#include "desk/transport.h"
#include "format/compose.h"
#include "store/agent.h"
#include "store/brand.h"
#include "store/inbox.h"
#include "store/story.h"

enum { AT_HOUR = 8, ATTEMPTS_MAX = 6, MAIL_MAX_BYTES = 16 << 10 };

static const struct zone *zone_of(const struct store_brand *brand) {
    const struct zone *z;
    return zone_load(brand->zone, &z) == ERR_NONE ? z : zone_utc;
}

/* Letters that thank, praise or tell, of the week that ended last. */
static err count_letters(db_conn *c, arena *a, const struct store_brand *brand, int64_t now, int64_t *ret_n) {
    const struct zone *z = zone_of(brand);
    int64_t monday = fans_week_of(z, now);
    const struct praise_ask ask = {.agent = -1,
                                   .from = fans_day_start(z, fans_day_plus(monday, -7)),
                                   .until = fans_day_start(z, monday),
                                   .kinds = PRAISE_ALL};
    praise_count_list counts;
    TRY(store_praise_counts(c, a, brand->id, &ask, &counts));
    *ret_n = 0;
    for (size_t i = 0; i < counts.n; i++) *ret_n += counts.v[i].letters;
    return ERR_NONE;
}

/* ---- when ---- */

struct beginning {
    arena *a;
    const struct store_brand *brand;
    int64_t now, week;
};

static err write_begin(db_conn *c, void *arg) {
    struct beginning *x = arg;
    int64_t wanted, letters;
    bool first;
    store_agent_list agents;
    TRY(setting_number(c, x->a, x->brand->id, SETTING_PROUD_MAIL, &wanted));
    if (!wanted) return ERR_NONE;
    TRY(store_practice_digest(c, x->brand->id, x->week, x->now, &first));
    TRY(count_letters(c, x->a, x->brand, x->now, &letters));
    if (!first || !letters) return ERR_NONE;
    TRY(store_agent_list_of_brand(c, x->a, x->brand->id, &agents));
    for (size_t i = 0; i < agents.n; i++) {
        const struct store_agent *g = &agents.v[i];
        if (g->disabled_at || g->account_disabled_at) continue;
        TRY(store_job_put(c, x->brand->id, S("proud"), g->id, id_new(x->now), x->now));
    }
    return ERR_NONE;
}

err training_digest_due(struct desk *d, arena *a) {
    store_brand_list brands;
    int64_t now = desk_now(d);
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_brand_list_all(c, a, &brands));
    }
    for (size_t i = 0; i < brands.n; i++) {
        const struct zone *z = zone_of(&brands.v[i]);
        struct beginning x = {a, &brands.v[i], now, fans_week_of(z, now)};
        if (now < fans_day_start(z, x.week) + AT_HOUR * (int64_t)HOUR_MS) continue;
        TRY(db_write(d->db, write_begin, &x));
    }
    return ERR_NONE;
}

/* ---- the mail ---- */

struct sending {
    struct desk *d;
    arena *a;
    const struct job *job;
    struct store_agent agent;
    struct store_brand brand;
    struct store_inbox inbox;
    int64_t letters;
    str bytes;
    bool go;
    struct send_report report;
};

static err end_job(db_conn *c, struct sending *x) {
    bool mine;
    return store_job_finish(c, x->job, &mine);
}

static err begin(db_conn *c, void *arg) {
    struct sending *x = arg;
    int64_t brand = x->job->brand_id, now = desk_now(x->d), at = now;
    x->go = false;
    err e = store_agent_by_id(c, x->a, brand, x->job->subject_id, &x->agent);
    if (e == ERR_MISSING || (!e && (x->agent.disabled_at || x->agent.account_disabled_at)))
        return end_job(c, x);
    TRY(e);
    TRY(store_brand_by_id(c, x->a, brand, &x->brand));
    e = store_inbox_default(c, x->a, brand, &x->inbox);
    if (e == ERR_MISSING) return end_job(c, x);
    TRY(e);
    TRY(count_letters(c, x->a, &x->brand, now, &x->letters));
    /* It waits for its place once. */
    if (x->job->attempts == 1) TRY(pace_take_in(c, brand, x->inbox.id, now, &at));
    if (at > now) return store_job_postpone(c, x->job, at, S(""), 0);
    x->go = true;
    return ERR_NONE;
}

static err compose(struct sending *x) {
    const struct lang *l = lang_find(x->brand.language);
    str address = x->inbox.address;
    size_t at = str_find_char(address, '@', 0);
    const str args[] = {
        x->agent.name, str_fmt(x->a, "%lld", (long long)x->letters), x->brand.name,
        str_fmt(x->a, "%.*s/b/%.*s/proud?week=%lld", STR_FMT(x->d->public_url), STR_FMT(x->brand.slug),
                (long long)fans_day_plus(fans_week_of(zone_of(&x->brand), desk_now(x->d)), -7))};
    BUF_AUTO buf text = BUF_MAX(MAIL_MAX_BYTES), subject = BUF_MAX(MAIL_MAX_BYTES);
    lang_fmt(&subject, l, T("Letters that made us proud, {2}"), args, 4);
    lang_fmt(&text, l,
             T("Hello {0},\n\nletters that thanked us last week, praised or told something: {1}. They are "
               "here, for a "
               "quiet ten minutes:\n\n{3}\n\n{2}\n"),
             args, 4);
    struct compose_mail mail = {
        .from = {x->inbox.name.n ? x->inbox.name : x->brand.name, address},
        .subject = str_copy(x->a, buf_str(&subject)),
        .message_id = str_fmt(x->a, "%.*s@%.*s", STR_FMT(token_new(x->a)),
                              STR_FMT(str_slice(address, at + 1, address.n))),
        .at = desk_now(x->d),
        .text = str_copy(x->a, buf_str(&text)),
        .auto_submitted = true,
    };
    list_add(x->a, &mail.to)->address = x->agent.email;
    return compose_bytes(x->a, &mail, &x->bytes);
}

static err mark_sent(db_conn *c, void *arg) { return end_job(c, arg); }

/* From here on it is never sent again by itself. */
static err before_dot(void *context) {
    struct sending *x = context;
    return db_write(x->d->db, mark_sent, x);
}

static err end(db_conn *c, void *arg) {
    struct sending *x = arg;
    if (x->report.result != SEND_LATER || x->job->attempts >= ATTEMPTS_MAX) return end_job(c, x);
    return store_job_postpone(c, x->job,
                              desk_now(x->d) + x->job->attempts * x->job->attempts * (int64_t)MINUTE_MS,
                              S("The mail server cannot take the letter of the week now."), 0);
}

err training_digest_send(struct desk *d, arena *a, const struct job *job) {
    struct sending x = {.d = d, .a = a, .job = job};
    TRY(db_write(d->db, begin, &x));
    if (!x.go) return ERR_NONE;
    TRY(compose(&x));
    err e = transport_send(d, a, &x.inbox, job->id, x.agent.email, x.bytes, before_dot, &x, &x.report);
    if (e) x.report = (struct send_report){SEND_REFUSED, S("")};
    return db_write(d->db, end, &x);
}
