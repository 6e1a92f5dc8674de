#include "desk/defect_hook.h"

#include <sodium.h>

#include "base/random.h"
#include "desk/check.h"
#include "desk/child.h"
#include "desk/defect.h"
#include "desk/promise.h"
#include "format/json.h"
#include "net/post.h"
#include "store/brand.h"
#include "store/trial.h"

enum {
    BODY_MAX = 1 << 20,
    CASES_TOLD = 500,
    SAYS_BYTES = 300,
    POST_BACKOFF_MS = MINUTE_MS,
    POST_ATTEMPTS = 12
};

/* ---- where to ---- */

struct setting_hook {
    arena *a;
    const struct actor *who;
    str url, secret;
    int64_t now;
};

static err write_hook(db_conn *c, void *arg) {
    struct setting_hook *x = arg;
    struct maker_hook row;
    TRY(store_hook_get(c, x->a, x->who->brand, &row));
    if (!x->url.n) return store_hook_delete(c, x->who->brand);
    if (str_eq(row.url, x->url)) {
        x->secret = S("");
        return ERR_NONE;
    }
    row = (struct maker_hook){x->url, x->secret, x->who->agent, x->now};
    return store_hook_put(c, x->who->brand, &row);
}

err maker_hook_set(struct desk *d, arena *a, const struct actor *who, str url, str *ret_secret) {
    struct setting_hook x = {.a = a, .who = who, .now = desk_now(d), .secret = S("")};
    TRY(check_line_or_empty("The address", url, 2000, &x.url));
    if (x.url.n) {
        TRY(post_url_check(a, x.url, d->posts_inside));
        x.secret = token_new(a);
    }
    TRY(db_write(d->db, write_hook, &x));
    desk_changed(d, who->brand, 0, "setting");
    *ret_secret = x.secret;
    return ERR_NONE;
}

static err write_post(db_conn *c, int64_t brand, maker_event event, int64_t subject, int64_t now) {
    struct maker_post row = {.id = id_new(now),
                             .event = event,
                             .subject_id = subject,
                             .state = POST_WAITING,
                             .says = S(""),
                             .created_at = now,
                             .updated_at = now};
    TRY(store_maker_post_insert(c, brand, &row));
    return store_job_put(c, brand, S("makers"), row.id, id_new(now), now);
}

err maker_tell_in(db_conn *c, arena *a, int64_t brand, maker_event event, int64_t subject, int64_t now) {
    struct maker_hook hook;
    TRY(store_hook_get(c, a, brand, &hook));
    return hook.url.n ? write_post(c, brand, event, subject, now) : ERR_NONE;
}

static err write_try(db_conn *c, void *arg) {
    struct setting_hook *x = arg;
    struct maker_hook hook;
    TRY(store_hook_get(c, x->a, x->who->brand, &hook));
    if (!hook.url.n) return err_set(ERR_CONFLICT, "No address is set yet.");
    return write_post(c, x->who->brand, MAKER_TEST, 0, x->now);
}

err maker_hook_try(struct desk *d, arena *a, const struct actor *who) {
    struct setting_hook x = {.a = a, .who = who, .now = desk_now(d)};
    TRY(db_write(d->db, write_try, &x));
    desk_work(d);
    return ERR_NONE;
}

/* ---- what is told ---- */

struct telling {
    arena *a;
    int64_t brand;
    struct json_out *o;
    db_conn *c;
};

static void put_day(struct telling *x, const char *key, int64_t day) {
    json_key(x->o, str_z(key));
    if (day)
        json_str(x->o, promise_day_text(x->a, day));
    else
        json_nil(x->o);
}

static void put_defect(struct telling *x, const struct store_defect *d) {
    json_key(x->o, S("defect"));
    json_open_object(x->o);
    json_key(x->o, S("id")), json_id(x->o, d->id);
    json_key(x->o, S("product")), json_str(x->o, d->product_code);
    json_key(x->o, S("product_name")), json_str(x->o, d->product_name);
    json_key(x->o, S("part")), json_str(x->o, d->part_code);
    json_key(x->o, S("part_name")), json_str(x->o, d->part_name);
    json_close_object(x->o);
}

/* The letters behind the number; a child's conversation is left out. */
static err put_cases(struct telling *x, const struct store_alarm *l) {
    store_defect_case_list cases;
    TRY(store_defect_cases_between(x->c, x->a, x->brand, l->defect_id, l->from_day, l->to_day, CASES_TOLD,
                                   &cases));
    json_key(x->o, S("letters"));
    json_open_array(x->o);
    for (size_t i = 0; i < cases.n; i++) {
        const struct store_defect_case *k = &cases.v[i];
        bool child;
        TRY(child_is_in(x->c, x->a, x->brand, k->conversation_id, &child));
        if (child) continue;
        json_open_object(x->o);
        json_key(x->o, S("case")), json_id(x->o, k->id);
        json_key(x->o, S("came_at")), json_int(x->o, k->came_at);
        json_key(x->o, S("symptom")), json_str(x->o, str_z(symptom_name(k->symptom)));
        json_key(x->o, S("words")), json_str(x->o, k->words);
        json_key(x->o, S("lot")), json_str(x->o, k->lot);
        put_day(x, "packed", k->packed_day);
        json_close_object(x->o);
    }
    json_close_array(x->o);
    return ERR_NONE;
}

static err put_alarm(struct telling *x, int64_t id) {
    struct store_alarm l;
    TRY(store_alarm_get(x->c, x->a, x->brand, id, &l));
    json_key(x->o, S("alarm"));
    json_open_object(x->o);
    json_key(x->o, S("id")), json_id(x->o, l.id);
    json_key(x->o, S("state")), json_str(x->o, str_z(alarm_state_name(l.state)));
    json_key(x->o, S("days")), json_int(x->o, l.days);
    json_key(x->o, S("seen")), json_int(x->o, l.seen);
    json_key(x->o, S("expected_thousandths")), json_int(x->o, l.expected);
    json_key(x->o, S("earlier")), json_int(x->o, l.earlier);
    json_key(x->o, S("earlier_days")), json_int(x->o, l.earlier_days);
    json_key(x->o, S("by_units_sold")), json_bool(x->o, l.by_units);
    json_key(x->o, S("raised_at")), json_int(x->o, l.raised_at);
    json_key(x->o, S("note")), json_str(x->o, l.note);
    put_defect(x, &l.defect);
    TRY(put_cases(x, &l));
    json_close_object(x->o);
    return ERR_NONE;
}

static err put_trial(struct telling *x, int64_t id) {
    struct store_trial t;
    TRY(store_trial_get(x->c, x->a, x->brand, id, &t));
    json_key(x->o, S("trial"));
    json_open_object(x->o);
    json_key(x->o, S("id")), json_id(x->o, t.id);
    json_key(x->o, S("name")), json_str(x->o, t.name);
    json_key(x->o, S("about")), json_str(x->o, t.about);
    json_key(x->o, S("customers")), json_int(x->o, t.cases);
    put_day(x, "ends", t.ends_day);
    json_key(x->o, S("ended_at"));
    if (t.ended_at)
        json_int(x->o, t.ended_at);
    else
        json_nil(x->o);
    json_key(x->o, S("result")), json_str(x->o, t.result);
    if (t.defect_id) put_defect(x, &t.defect);
    json_close_object(x->o);
    return ERR_NONE;
}

static err put_subject(struct telling *x, const struct maker_post *post) {
    switch (post->event) {
    case MAKER_ALARM_RAISED:
    case MAKER_ALARM_ACKNOWLEDGED:
    case MAKER_ALARM_CLOSED: return put_alarm(x, post->subject_id);
    case MAKER_TRIAL_STARTED:
    case MAKER_TRIAL_ENDED: return put_trial(x, post->subject_id);
    case MAKER_TEST: break;
    }
    return ERR_NONE;
}

err maker_body(struct desk *d, arena *a, int64_t brand, const struct maker_post *post, str *ret_body) {
    BUF_AUTO buf b = BUF_MAX(BODY_MAX);
    struct json_out o = json_begin(&b);
    DB_READ_AUTO db_conn *c = NULL;
    struct store_brand row;
    TRY(db_read_begin(d->db, &c));
    TRY(store_brand_by_id(c, a, brand, &row));
    struct telling x = {a, brand, &o, c};
    json_open_object(&o);
    json_key(&o, S("id")), json_id(&o, post->id);
    json_key(&o, S("event")), json_str(&o, str_z(maker_event_name(post->event)));
    json_key(&o, S("brand")), json_str(&o, row.slug);
    json_key(&o, S("at")), json_int(&o, post->created_at);
    TRY(put_subject(&x, post));
    json_close_object(&o);
    if (!json_done(&o)) return err_set(ERR_LIMIT, "What makers are to be told is larger than 1 MB.");
    *ret_body = str_copy(a, buf_str(&b));
    return ERR_NONE;
}

static void mac_add(crypto_auth_hmacsha256_state *s, str text) {
    crypto_auth_hmacsha256_update(s, (const unsigned char *)(text.p ? text.p : ""), text.n);
}

str maker_signature(arena *a, str secret, int64_t seconds, str body) {
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    char hex[2 * sizeof mac + 1];
    crypto_auth_hmacsha256_state s;
    str t = str_fmt(a, "%lld", (long long)seconds);
    crypto_auth_hmacsha256_init(&s, (const unsigned char *)(secret.p ? secret.p : ""), secret.n);
    mac_add(&s, t);
    mac_add(&s, S("."));
    mac_add(&s, body);
    crypto_auth_hmacsha256_final(&s, mac);
    sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
    return str_fmt(a, "t=%.*s,v1=%s", STR_FMT(t), hex);
}

/* ---- the job ---- */

struct posted {
    int64_t brand, now, run_at;
    const struct job *job;
    struct maker_post row;
};

static err write_posted(db_conn *c, void *arg) {
    struct posted *x = arg;
    bool mine;
    TRY(store_maker_post_update(c, x->brand, &x->row));
    if (x->run_at) return store_job_postpone(c, x->job, x->run_at, x->row.says, 0);
    return store_job_finish(c, x->job, &mine);
}

static err read_post(struct desk *d, arena *a, const struct job *job, struct maker_hook *hook,
                     struct maker_post *row) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(store_hook_get(c, a, job->brand_id, hook));
    return store_maker_post_get(c, a, job->brand_id, job->subject_id, row);
}

/* True when it arrived; row->says is what is to be known of the try. */
static err try_once(struct desk *d, arena *a, const struct job *job, const struct maker_hook *hook,
                    struct maker_post *row, bool *ret_done) {
    str body;
    struct post_answer answer = {0};
    TRY(maker_body(d, a, job->brand_id, row, &body));
    str id = str_fmt(a, "%lld", (long long)row->id);
    struct post_header headers[] = {
        {"Longhand-Id", id},
        {"Longhand-Event", str_z(maker_event_name(row->event))},
        {"Longhand-Signature", maker_signature(a, hook->secret, desk_now(d) / SECOND_MS, body)}};
    err e = post_send(a,
                      &(struct post_wish){.url = hook->url,
                                          .body = body,
                                          .type = S("application/json"),
                                          .headers = headers,
                                          .nheaders = sizeof headers / sizeof *headers,
                                          .inside = d->posts_inside},
                      &answer);
    *ret_done = !e && answer.status / 100 == 2;
    row->says = e ? str_copy(a, str_z(err_text()))
                  : str_fmt(a, "%d %.*s", answer.status, STR_FMT(str_clip_utf8(answer.says, SAYS_BYTES)));
    return ERR_NONE;
}

err maker_tell_run(struct desk *d, arena *a, const struct job *job) {
    struct maker_hook hook;
    struct posted x = {.brand = job->brand_id, .job = job};
    bool done = false;
    err e = read_post(d, a, job, &hook, &x.row);
    if (e && e != ERR_MISSING) return e;
    x.now = desk_now(d);
    if (e) {
        x.row = (struct maker_post){.says = S("")};
    } else if (!hook.url.n) {
        x.row.state = POST_FAILED;
        x.row.says = S("The address was taken away.");
    } else {
        TRY(try_once(d, a, job, &hook, &x.row, &done));
        x.row.attempts++;
        x.row.state = done ? POST_SENT : x.row.attempts >= POST_ATTEMPTS ? POST_FAILED : POST_WAITING;
        /* After a minute, four, nine ...: the last try is two hours behind the one before. */
        if (x.row.state == POST_WAITING) x.run_at = x.now + POST_BACKOFF_MS * x.row.attempts * x.row.attempts;
    }
    x.row.updated_at = x.now;
    TRY(db_write(d->db, write_posted, &x));
    desk_changed(d, job->brand_id, 0, "makers");
    return ERR_NONE;
}
