/* A network that does what a test wrote down for it: a channel with posts, without a socket. */
#ifndef LONGHAND_TEST_SOCIAL_KIT_H
#define LONGHAND_TEST_SOCIAL_KIT_H

#include <string.h>

#include "web_kit.h"

#include "desk/channel.h"
#include "desk/outbox.h"
#include "desk/post.h"
#include "desk/post_reply.h"
#include "jobs/jobs.h"
#include "store/event.h"

enum { NET_PAGES = 64, NET_OUT = 64 };

static struct {
    /* fetch: page i is given for cursor "i". */
    struct social_page pages[NET_PAGES];
    struct social_report reports[NET_PAGES]; /* result 0 is DONE */
    int npages, fetched;
    bool stuck; /* the same page for ever */
    /* look */
    post_list now; /* how posts stand; what is not in it is as it was asked for: not there */
    bool looks;
    /* publish */
    social_result publish_result; /* of the next one */
    bool lost_answer;             /* it is published, and the answer is lost */
    social_result find_result;    /* where it is not found: GONE, or not known */
    struct social_wish out[NET_OUT];
    int nout, published, found, tries;
    int64_t retry_at;
    bool endless;                        /* pages without a post, each with another cursor */
    bool renew;                          /* a fetch renews the tokens */
    const char *known_as;                /* the account's own id, whatever its name; NULL: by its name */
    int64_t followers;                   /* of the account; 0 the network does not answer */
    int asked;                           /* how often for them */
    struct social_image images[NET_OUT]; /* the first of each post that has some */
    int64_t channel;
} net;

static inline struct social_report net_says(social_result r) {
    return (struct social_report){r, r == SOCIAL_DONE ? S("") : S("the network's own words"),
                                  r == SOCIAL_LATER ? net.retry_at : 0};
}

static inline err net_sign_in(struct social_call *c, const struct social_sign_in *typed,
                              struct social_report *ret) {
    struct social_account *x = c->account;
    x->server = S("https://net.example");
    x->account = str_copy(c->arena, typed->account);
    x->id =
        str_fmt(c->arena, "at://did:plc:%.*s", STR_FMT(net.known_as ? str_z(net.known_as) : typed->account));
    x->secret = str_copy(c->arena, typed->password);
    *ret = net_says(str_eq(typed->password, S("wrong")) ? SOCIAL_SIGN_IN : SOCIAL_DONE);
    return ERR_NONE;
}

/* Consent: the state is the address's end; the browser brings back whose account it is. */
static inline err net_consent_begin(struct social_call *c, const struct social_sign_in *typed, str client_id,
                                    str redirect_url, str state, str *ret_url, str *ret_pending,
                                    struct social_report *ret) {
    (void)client_id, (void)redirect_url;
    *ret_url = str_fmt(c->arena, "https://net.example/allow?state=%.*s", STR_FMT(state));
    *ret_pending = str_fmt(c->arena, "asked for %.*s", STR_FMT(typed->account));
    *ret = net_says(SOCIAL_DONE);
    return ERR_NONE;
}

static inline err net_consent_end(struct social_call *c, str pending, str query, struct social_report *ret) {
    struct social_sign_in typed = {.account = query, .password = S("token")};
    assert_true(str_starts(pending, S("asked for ")));
    return net_sign_in(c, &typed, ret);
}

static inline err net_fetch(struct social_call *c, str cursor, int64_t since, struct social_page *ret,
                            struct social_report *ret_report) {
    int64_t at = 0;
    (void)since;
    str_to_int(cursor, &at);
    net.fetched++;
    *ret_report = net_says(at < net.npages ? net.reports[at].result : SOCIAL_DONE);
    if (ret_report->result != SOCIAL_DONE) return ERR_NONE;
    if (net.renew && c->account->renewed) {
        str fresh = str_fmt(c->arena, "renewed %d", net.fetched);
        assert_ok(c->account->renewed(c->account->renewed_context, fresh));
        c->account->secret = fresh;
    }
    *ret = (struct social_page){.cursor = cursor};
    if (net.endless) {
        ret->cursor = str_fmt(c->arena, "%lld", (long long)(at == NET_PAGES ? NET_PAGES + 1 : NET_PAGES));
        ret->more = true;
        return ERR_NONE;
    }
    if (at >= net.npages) return ERR_NONE;
    *ret = net.pages[at];
    ret->cursor = net.stuck ? cursor : str_fmt(c->arena, "%lld", (long long)at + 1);
    ret->more = net.stuck || at + 1 < net.npages;
    return ERR_NONE;
}

static inline err net_look(struct social_call *c, const str *ids, size_t n, post_list *ret,
                           struct social_report *ret_report) {
    post_list found = {0};
    *ret_report = net_says(SOCIAL_DONE);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < net.now.n; k++)
            if (str_eq(net.now.v[k].id, ids[i])) *list_add(c->arena, &found) = net.now.v[k];
    *ret = found;
    return ERR_NONE;
}

static inline const struct social_wish *net_out_of(int64_t key) {
    for (int i = 0; i < net.nout; i++)
        if (net.out[i].key == key) return &net.out[i];
    return NULL;
}

static inline struct social_published net_published(arena *a, int64_t key) {
    return (struct social_published){str_fmt(a, "at://ours/%lld", (long long)key), S("v"),
                                     str_fmt(a, "https://net.example/%lld", (long long)key)};
}

static inline err net_publish(struct social_call *c, const struct social_wish *wish,
                              struct social_published *ret, struct social_report *ret_report) {
    net.tries++;
    bool done = net.publish_result == SOCIAL_DONE || net.lost_answer;
    *ret_report = net_says(net.lost_answer ? SOCIAL_UNCERTAIN : net.publish_result);
    net.lost_answer = false;
    net.publish_result = SOCIAL_DONE;
    if (!done) return ERR_NONE;
    assert_null(net_out_of(wish->key)); /* posted twice */
    struct social_wish *out = &net.out[net.nout++];
    *out = *wish;
    out->text = str_copy(kit.a, wish->text);
    out->reply_to.id = str_copy(kit.a, wish->reply_to.id);
    out->root.id = str_copy(kit.a, wish->root.id);
    out->to_id = str_copy(kit.a, wish->to_id);
    out->quote.id = str_copy(kit.a, wish->quote.id);
    out->quote.version = str_copy(kit.a, wish->quote.version);
    out->images = NULL;
    if (wish->nimages)
        net.images[net.nout - 1] = (struct social_image){str_copy(kit.a, wish->images[0].bytes),
                                                         str_copy(kit.a, wish->images[0].type),
                                                         str_copy(kit.a, wish->images[0].alt)};
    net.published++;
    *ret = net_published(c->arena, wish->key);
    return ERR_NONE;
}

static inline err net_find(struct social_call *c, const struct social_wish *wish,
                           struct social_published *ret, struct social_report *ret_report) {
    net.found++;
    bool known = net.find_result == SOCIAL_DONE || net.find_result == SOCIAL_GONE;
    *ret_report = net_says(!known ? net.find_result : net_out_of(wish->key) ? SOCIAL_DONE : SOCIAL_GONE);
    if (ret_report->result == SOCIAL_DONE) *ret = net_published(c->arena, wish->key);
    return ERR_NONE;
}

static inline err net_remove(struct social_call *c, str id, struct social_report *ret) {
    (void)c, (void)id;
    *ret = net_says(SOCIAL_DONE);
    return ERR_NONE;
}

static inline struct social_limits net_limits(const struct social_account *account) {
    (void)account;
    return (struct social_limits){.graphemes = 300,
                                  .bytes = 3000,
                                  .images = 2,
                                  .alt_graphemes = 30,
                                  .image_bytes = 50000,
                                  .quotes = true};
}

static inline err net_profile(struct social_call *c, str who, struct social_profile *ret,
                              struct social_report *ret_report) {
    (void)c, (void)who;
    net.asked++;
    *ret_report = net_says(net.followers ? SOCIAL_DONE : SOCIAL_LATER);
    *ret = (struct social_profile){.followers = net.followers, .follows = -1, .posts = -1};
    return ERR_NONE;
}

static const struct social_network net_network = {.kind = SOCIAL_BLUESKY,
                                                  .title = "Netty",
                                                  .sign_in = net_sign_in,
                                                  .consent_begin = net_consent_begin,
                                                  .consent_end = net_consent_end,
                                                  .fetch = net_fetch,
                                                  .look = net_look,
                                                  .publish = net_publish,
                                                  .find = net_find,
                                                  .remove = net_remove,
                                                  .profile = net_profile,
                                                  .limits = net_limits};

/* ---- posts ---- */

static inline struct post net_post(const char *id, const char *author, const char *text) {
    return (struct post){.id = str_z(id),
                         .version = S("v1"),
                         .url = str_fmt(kit.a, "https://net.example/%s", id),
                         .author = {str_fmt(kit.a, "at://did:plc:%s", author),
                                    str_fmt(kit.a, "%s.example", author), str_z(author), 40, false},
                         .text = str_z(text),
                         .created_at = kit.now,
                         .kind = POST_MENTION};
}

/* One more page. */
static inline void net_page(const struct post *posts, size_t n) {
    struct social_page *page = &net.pages[net.npages++];
    *page = (struct social_page){0};
    for (size_t i = 0; i < n; i++) *list_add(kit.a, &page->posts) = posts[i];
}

static inline void net_one(struct post p) { net_page(&p, 1); }

static inline void net_run(const char *kind) {
    int n;
    assert_ok(jobs_run_kind(&kit.d, str_z(getenv("LONGHAND")), str_z(kind), &n));
}

/* A round, and what it brought is read. */
static inline void net_round(void) {
    kit.now += 2 * MINUTE_MS;
    net_run("mentions");
    net_run("read");
}

static inline struct store_channel net_channel(void) {
    struct store_channel row;
    assert_ok(channel_get(&kit.d, kit.a, site.inbox.brand, net.channel, &row));
    return row;
}

static inline struct store_post net_row(const char *id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_post p;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_post_by_id(c, kit.a, site.inbox.brand, net.channel, str_z(id), &p));
    return p;
}

static inline struct message net_message(int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct message m;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_message_get(c, kit.a, site.inbox.brand, id, &m));
    return m;
}

static inline struct conversation net_conversation(int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, site.inbox.brand, id, &v));
    return v;
}

static inline size_t net_events(int64_t conversation, const char *kind) {
    DB_READ_AUTO db_conn *c = NULL;
    event_list all = {0};
    size_t n = 0;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_event_list(c, kit.a, site.inbox.brand, conversation, 1000, &all));
    for (size_t i = 0; i < all.n; i++) n += str_eq(all.v[i].kind, str_z(kind));
    return n;
}

/* A fresh account for every test, so that none sees what another left. */
static inline void net_begin(void) {
    static int n;
    struct channel_form form = {.kind = S("bluesky"), .password = S("app-password")};
    if (net.channel) channel_remove(&kit.d, kit.a, &site.ines.actor, net.channel);
    memset(&net, 0, sizeof net);
    net.followers = 40;
    social_replace(SOCIAL_BLUESKY, &net_network);
    form.account = str_fmt(kit.a, "tidewatch%d.example", ++n);
    assert_ok(channel_add(&kit.d, kit.a, &site.ines.actor, &form, &net.channel));
}

#endif
