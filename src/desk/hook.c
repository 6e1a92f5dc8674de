#include "desk/hook.h"

#include <sodium.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "desk/channel_own.h"
#include "desk/check.h"
#include "desk/post.h"
#include "desk/rate.h"
#include "net/post.h"
#include "store/import.h"

enum { NAME_BYTES = 120, URL_BYTES = 2000, TOKEN_BYTES = 200 };

/* ---- which one ---- */

static str token_of(arena *a, const struct store_channel *row, const struct hook_keys *keys) {
    return str_fmt(a, "%llx-%llx-%.*s", (long long)row->brand_id, (long long)row->inbox_id,
                   STR_FMT(keys->token));
}

static bool hex(str s, int64_t *ret) {
    uint64_t v = 0;
    if (!s.n || s.n > 16 || s.p[0] == '0') return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0) return false;
        v = v << 4 | (uint64_t)digit;
    }
    *ret = (int64_t)v;
    return v <= INT64_MAX;
}

static bool token_read(str token, int64_t *ret_brand, int64_t *ret_inbox) {
    str rest = token, brand, inbox;
    return token.n <= TOKEN_BYTES && str_split(&rest, '-', &brand) && str_split(&rest, '-', &inbox) &&
           rest.n && hex(brand, ret_brand) && hex(inbox, ret_inbox);
}

/* A row and its keys; ERR_MISSING: there is no such webhook. */
static err load(db_conn *c, const struct desk *d, arena *a, int64_t brand, int64_t inbox,
                struct store_channel *ret, struct hook_keys *ret_keys) {
    struct store_channel row;
    struct social_account account;
    TRY(store_channel_get(c, a, brand, inbox, &row));
    if (!str_eq(row.kind, S("hook"))) return err_set(ERR_MISSING, "There is no such webhook.");
    TRY(channel_unseal(d, a, &row, &account));
    if (!hook_keys_read(a, account.secret, ret_keys))
        return err_set(ERR_DENIED, "The webhook's secret is not there. Make a new one.");
    *ret = row;
    return ERR_NONE;
}

static err read_row(const struct desk *d, arena *a, int64_t brand, int64_t inbox, struct store_channel *ret,
                    struct hook_keys *ret_keys) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return load(c, d, a, brand, inbox, ret, ret_keys);
}

/* ---- who fails too often ----
 * Counted by peer; a call that is right is not counted. Whoever knows the address is not shut out by a
 * stranger behind the same proxy: addresses that were used rightly are remembered, and their failures counted
 * apart. */

enum { KNOWN = 64 };
static struct rate failures = RATE_EMPTY;
static pthread_mutex_t known_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t known[KNOWN];
static size_t known_next;

static bool is_known(str token) {
    uint64_t hash = str_hash(token);
    bool is = false;
    pthread_mutex_lock(&known_lock);
    for (size_t i = 0; i < KNOWN && !is; i++) is = known[i] == hash;
    pthread_mutex_unlock(&known_lock);
    return is;
}

static void remember(str token) {
    if (is_known(token)) return;
    pthread_mutex_lock(&known_lock);
    known[known_next++ % KNOWN] = str_hash(token);
    pthread_mutex_unlock(&known_lock);
}

static str failure_key(arena *a, const struct hook_call *call) {
    if (!is_known(call->token)) return str_fmt(a, "peer %.*s", STR_FMT(call->peer));
    return str_fmt(a, "peer %.*s token %.*s", STR_FMT(call->peer), STR_FMT(call->token));
}

/* ---- what comes ---- */

static void say(struct hook_taken *ret, hook_outcome outcome, str says) {
    ret->outcome = outcome;
    ret->says = says;
}

static bool same(str a, str b) { return a.n == b.n && a.n > 0 && sodium_memcmp(a.p, b.p, a.n) == 0; }

/* Is the caller who they should be? */
static bool let_in(struct desk *d, arena *a, const struct hook_call *call, struct store_channel *row,
                   hook_verdict *verdict, int64_t *off) {
    int64_t brand, inbox;
    struct hook_keys keys;
    if (!token_read(call->token, &brand, &inbox) || read_row(d, a, brand, inbox, row, &keys)) return false;
    if (!same(token_of(a, row, &keys), call->token)) return false;
    *verdict = hook_verify(a, &keys, &call->headers, call->body, desk_now(d), off);
    return *verdict == HOOK_GOOD || *verdict == HOOK_STALE;
}

struct taking {
    arena *a;
    const struct store_channel *row;
    str hash; /* of the webhook-id */
    int64_t n, now;
    bool repeat;
};

/* With its posts, or not at all: ERR_BUSY, because intake would keep them by themselves after another error.
 */
static err note_id(db_conn *c, void *arg) {
    struct taking *x = arg;
    bool fresh;
    TRY(store_imported_put(c, x->row->brand_id, x->row->inbox_id, x->hash, 0, &fresh));
    x->repeat = !fresh;
    if (!fresh) return err_set(ERR_BUSY, "This webhook-id came before.");
    return store_channel_kept(c, x->row->brand_id, x->row->inbox_id, x->n, x->now);
}

static err came_before(struct desk *d, const struct taking *x, bool *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_imported_has(c, x->row->brand_id, x->row->inbox_id, x->hash, ret);
}

static void repeated(struct hook_taken *ret) {
    say(ret, HOOK_TAKEN, S("This webhook-id came before; nothing was kept twice."));
    ret->repeat = true;
}

static void full(struct hook_taken *ret) {
    log_warn("hook", "could not keep what came: %s", err_text());
    say(ret, HOOK_FULL, S("It could not be kept just now. Send it again."));
}

static void count(struct hook_taken *ret, const struct post_kept *kept, size_t n) {
    for (size_t i = 0; i < n; i++) {
        ret->kept += kept[i].id != 0;
        ret->known += kept[i].id == 0;
    }
    say(ret, HOOK_TAKEN, S("Kept."));
}

static void keep(struct desk *d, arena *a, const struct hook_call *call, const struct store_channel *row,
                 struct hook_taken *ret) {
    post_list posts = {0};
    struct taking x = {.a = a,
                       .row = row,
                       .hash = content_hash(a, str_fmt(a, "webhook-id %.*s", STR_FMT(call->headers.id))),
                       .now = desk_now(d)};
    bool known_id;
    if (came_before(d, &x, &known_id)) {
        full(ret);
        return;
    }
    if (known_id) {
        repeated(ret);
        return;
    }
    if (hook_posts(a, call->body, &posts)) {
        say(ret, HOOK_WRONG, str_copy(a, str_z(err_text())));
        return;
    }
    struct post_kept *kept = arena_array(a, posts.n, sizeof *kept);
    x.n = (int64_t)posts.n;
    err e = post_keep(d, a, row->brand_id, row->inbox_id, posts.v, posts.n, note_id, &x, kept);
    for (size_t i = 0; i < posts.n && !e; i++) e = kept[i].result;
    if (e && x.repeat)
        repeated(ret);
    else if (e)
        full(ret);
    else
        count(ret, kept, posts.n);
}

static str clock_says(arena *a, int64_t off) {
    long long by = (long long)(off < 0 ? -off : off);
    return str_fmt(
        a,
        "The webhook-timestamp is %lld seconds %s this desk's clock; at most %d are taken. Set the "
        "sender's clock, and sign each try anew.",
        by, off < 0 ? "ahead of" : "behind", HOOK_WINDOW_SECONDS);
}

void hook_take(struct desk *d, arena *a, const struct hook_call *call, struct hook_taken *ret) {
    struct store_channel row;
    hook_verdict verdict = HOOK_UNSIGNED;
    int64_t off = 0;
    *ret = (struct hook_taken){.says = S("")};
    if (call->body.n > HOOK_BODY_MAX) {
        say(ret, HOOK_TOO_LARGE,
            str_fmt(a, "The body is longer than %d bytes. Nothing was kept.", HOOK_BODY_MAX));
        return;
    }
    str key = failure_key(a, call);
    if (!rate_take(&failures, key, HOOK_FAILURES, HOOK_FAILURE_MS, desk_now(d))) {
        say(ret, HOOK_TOO_OFTEN, S("Too many calls from this address were refused. Wait a minute."));
        return;
    }
    if (!let_in(d, a, call, &row, &verdict, &off)) {
        say(ret, HOOK_REFUSED,
            S("There is no webhook at this address, or the signature does not fit. Nothing was kept."));
        return;
    }
    rate_give_back(&failures, key);
    remember(call->token);
    if (verdict == HOOK_STALE)
        say(ret, HOOK_CLOCK, clock_says(a, off));
    else if (row.paused_at || row.inbox_disabled_at)
        say(ret, HOOK_PAUSED, S("This webhook is paused. Nothing was kept; send it again later."));
    else
        keep(d, a, call, &row, ret);
    if (ret->outcome == HOOK_TAKEN && ret->kept) desk_work(d);
}

/* ---- setting up ---- */

err hook_get(const struct desk *d, arena *a, int64_t brand, int64_t inbox, struct hook_view *ret) {
    struct hook_keys keys;
    struct hook_view v = {0};
    TRY(read_row(d, a, brand, inbox, &v.row, &keys));
    v.address = str_fmt(a, "%.*s/hook/%.*s", STR_FMT(d->public_url), STR_FMT(token_of(a, &v.row, &keys)));
    v.old_until = keys.old.n && keys.old_until > desk_now(d) ? keys.old_until : 0;
    v.row.secret = v.row.pending = S("");
    *ret = v;
    return ERR_NONE;
}

err hook_list(const struct desk *d, arena *a, int64_t brand, store_channel_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    store_channel_list every = {0}, hooks = {0};
    TRY(db_read_begin(d->db, &c));
    TRY(store_channel_list_of_brand(c, a, brand, &every));
    for (size_t i = 0; i < every.n; i++) {
        if (!str_eq(every.v[i].kind, S("hook"))) continue;
        struct store_channel *row = list_add(a, &hooks);
        *row = every.v[i];
        row->secret = row->pending = S("");
    }
    *ret = hooks;
    return ERR_NONE;
}

err hook_add(struct desk *d, arena *a, const struct actor *who, str name, str url, int64_t *ret_inbox,
             str *ret_secret) {
    struct channel_form form = {.kind = S("hook"), .password = S("")};
    struct store_channel row;
    struct hook_keys keys;
    int64_t inbox;
    TRY(check_line("The name", name, NAME_BYTES, &form.account));
    TRY(check_line_or_empty("The address", url, URL_BYTES, &form.server));
    form.name = form.account;
    TRY(channel_add(d, a, who, &form, &inbox));
    TRY(read_row(d, a, who->brand, inbox, &row, &keys));
    *ret_inbox = inbox;
    *ret_secret = keys.secret;
    return ERR_NONE;
}

struct changing {
    struct desk *d;
    arena *a;
    const struct actor *who;
    int64_t inbox;
    void (*change)(struct changing *x, struct social_account *account, struct hook_keys *keys);
    str url, secret; /* to be set */
    bool at_once;
};

static err write_change(db_conn *c, void *arg) {
    struct changing *x = arg;
    struct store_channel row;
    struct hook_keys keys;
    struct social_account account;
    TRY(load(c, x->d, x->a, x->who->brand, x->inbox, &row, &keys));
    TRY(channel_unseal(x->d, x->a, &row, &account));
    x->change(x, &account, &keys);
    account.secret = hook_keys_write(x->a, &keys);
    TRY(channel_seal(x->d, x->a, &account, &row));
    return store_channel_connect(c, &row);
}

static err change(struct changing *x) {
    TRY(db_write(x->d->db, write_change, x));
    desk_changed(x->d, x->who->brand, 0, "inbox");
    return ERR_NONE;
}

static void set_url(struct changing *x, struct social_account *account, struct hook_keys *keys) {
    (void)keys;
    account->server = x->url;
}

err hook_set_url(struct desk *d, arena *a, const struct actor *who, int64_t inbox, str url) {
    struct changing x = {.d = d, .a = a, .who = who, .inbox = inbox, .change = set_url};
    TRY(check_line_or_empty("The address", url, URL_BYTES, &x.url));
    if (x.url.n) TRY(post_url_check(a, x.url, d->posts_inside));
    return change(&x);
}

static void set_secret(struct changing *x, struct social_account *account, struct hook_keys *keys) {
    (void)account;
    keys->old = x->at_once ? S("") : keys->secret;
    keys->old_until = x->at_once ? 0 : desk_now(x->d) + HOOK_OLD_SECRET_MS;
    keys->secret = x->secret;
}

err hook_rotate(struct desk *d, arena *a, const struct actor *who, int64_t inbox, bool at_once,
                str *ret_secret) {
    struct changing x = {.d = d,
                         .a = a,
                         .who = who,
                         .inbox = inbox,
                         .change = set_secret,
                         .secret = hook_secret_new(a),
                         .at_once = at_once};
    TRY(change(&x));
    *ret_secret = x.secret;
    return ERR_NONE;
}

static void set_token(struct changing *x, struct social_account *account, struct hook_keys *keys) {
    (void)account;
    keys->token = x->secret;
}

err hook_new_address(struct desk *d, arena *a, const struct actor *who, int64_t inbox) {
    struct changing x = {
        .d = d, .a = a, .who = who, .inbox = inbox, .change = set_token, .secret = token_new(a)};
    return change(&x);
}

err hook_try(struct desk *d, arena *a, const struct actor *who, int64_t inbox, bool *ret_ok, str *ret_says) {
    struct channel_use use;
    struct social_report report;
    struct hook_view v;
    TRY(hook_get(d, a, who->brand, inbox, &v));
    if (!v.row.server.n) return err_set(ERR_CONFLICT, "There is no address to send to yet.");
    TRY(channel_open(d, a, who->brand, inbox, &use));
    err e = hook_hello(&use.call, &report);
    channel_close(&use);
    TRY(e);
    *ret_ok = report.result == SOCIAL_DONE;
    *ret_says = report.says;
    return ERR_NONE;
}
