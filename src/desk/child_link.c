/* What the grown-up's link does. */
#include "base/lang.h"
#include "base/random.h"
#include "desk/box.h"
#include "desk/check.h"
#include "desk/child.h"
#include "desk/events.h"
#include "desk/promise.h"
#include "store/brand.h"
#include "store/conversation.h"
#include "store/inbox.h"

enum { TOKEN_CHARACTERS = 22, COUNTRY_BYTES = 100 };

/* As token_new makes them; anything else is not even looked up. */
static bool well_formed(str token) {
    if (token.n != TOKEN_CHARACTERS) return false;
    for (size_t i = 0; i < token.n; i++) {
        char c = token.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '-' && c != '_') return false;
    }
    return true;
}

static err read_link(db_conn *c, arena *a, str token, int64_t now, struct child_link *ret) {
    struct child_link l = {.state = CHILD_LINK_WRONG};
    struct store_ask ask;
    struct store_brand brand;
    struct store_child k;
    struct conversation v;
    struct store_inbox inbox;
    *ret = l;
    err e = store_ask_by_hash(c, a, token_hash(a, token), &ask);
    if (e) return e == ERR_MISSING ? ERR_NONE : e;
    TRY(store_brand_by_id(c, a, ask.brand_id, &brand));
    TRY(store_child_get(c, a, ask.brand_id, ask.conversation_id, &k));
    TRY(store_conversation_get(c, a, ask.brand_id, ask.conversation_id, &v));
    TRY(store_inbox_by_id(c, a, ask.brand_id, v.inbox_id, &inbox));
    l = (struct child_link){.state = ask.used_at             ? CHILD_LINK_USED
                                     : ask.ended_at          ? CHILD_LINK_ENDED
                                     : ask.expires_at <= now ? CHILD_LINK_EXPIRED
                                                             : CHILD_LINK_GOOD,
                            .brand_id = ask.brand_id,
                            .conversation_id = ask.conversation_id,
                            .ask_id = ask.id,
                            .brand_name = brand.name,
                            .brand_language = brand.language,
                            .inbox_address = inbox.address,
                            .expires_at = ask.expires_at,
                            .answered = k.state,
                            .keep_memory = k.keep_memory,
                            .name = k.name};
    *ret = l;
    return ERR_NONE;
}

err child_link_open(const struct desk *d, arena *a, str token, struct child_link *ret) {
    if (!well_formed(token)) {
        *ret = (struct child_link){.state = CHILD_LINK_WRONG};
        return ERR_NONE;
    }
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return read_link(c, a, token, desk_now(d), ret);
}

struct answering {
    arena *a;
    str token;
    int64_t now;
    struct child_answer answer;
    struct child_link link;
};

static err take_word(db_conn *c, struct answering *x, const struct actor *who, struct store_child *k) {
    const struct lang *l = lang_find(x->link.brand_language);
    k->name = x->answer.name;
    k->address = x->answer.address;
    k->country = x->answer.country;
    k->keep_memory = x->answer.keep_memory;
    k->state = CHILD_CONFIRMED;
    TRY(store_child_put(c, who->brand, k));
    TRY(event_add(c, who, k->conversation_id, "grown_up_confirmed", S(""), x->now));
    TRY(box_address_in(c, x->a, who, k->conversation_id, k->address, k->country, x->now));
    return promise_agree_in(c, x->a, who, k->conversation_id, k->keep_memory,
                            k->keep_memory ? lang_text(l, T("A grown-up agreed, through their link."))
                                           : lang_text(l, T("A grown-up did not agree.")),
                            x->now);
}

/* Everything goes as soon as the job comes to it. */
static err take_no(db_conn *c, struct answering *x, const struct actor *who, struct store_child *k) {
    k->state = CHILD_DECLINED;
    k->name = k->address = k->country = S("");
    k->keep_memory = false;
    k->forget_at = x->now;
    TRY(store_child_put(c, who->brand, k));
    TRY(event_add(c, who, k->conversation_id, "grown_up_declined", S(""), x->now));
    TRY(box_cancel_all_in(c, x->a, who, k->conversation_id, S("A grown-up said no."), x->now));
    TRY(child_parts_forget_in(c, x->a, who, k->conversation_id, true, x->now));
    return store_job_put(c, who->brand, S("forget"), k->conversation_id, id_new(x->now), x->now);
}

static err write_answer(db_conn *c, void *arg) {
    struct answering *x = arg;
    struct store_child k;
    TRY(read_link(c, x->a, x->token, x->now, &x->link));
    if (x->link.state != CHILD_LINK_GOOD) return ERR_NONE;
    struct actor who = {.brand = x->link.brand_id};
    TRY(store_ask_use(c, who.brand, x->link.ask_id, x->now));
    TRY(store_child_get(c, x->a, who.brand, x->link.conversation_id, &k));
    k.settled_at = x->now;
    x->link.keep_memory = x->answer.keep_memory;
    if (x->answer.decline)
        TRY(take_no(c, x, &who, &k));
    else
        TRY(take_word(c, x, &who, &k));
    x->link.answered = k.state;
    return ERR_NONE;
}

static err check_answer(arena *a, const struct child_answer *typed, struct child_answer *ret) {
    *ret = (struct child_answer){.decline = typed->decline};
    if (typed->decline) return ERR_NONE;
    ret->keep_memory = typed->keep_memory;
    TRY(check_line("Your name", typed->name, CHECK_NAME_BYTES, &ret->name));
    TRY(box_address_check(a, typed->address, &ret->address));
    if (!ret->address.n) return err_set(ERR_INVALID, "The address is empty.");
    return check_line("The country", typed->country, COUNTRY_BYTES, &ret->country);
}

err child_link_answer(struct desk *d, arena *a, str token, const struct child_answer *answer,
                      struct child_link *ret) {
    struct answering x = {.a = a, .token = token, .now = desk_now(d)};
    TRY(child_link_open(d, a, token, &x.link));
    if (x.link.state == CHILD_LINK_GOOD) {
        TRY(check_answer(a, answer, &x.answer));
        TRY(db_write(d->db, write_answer, &x));
    }
    if (x.link.state == CHILD_LINK_GOOD) {
        desk_changed(d, x.link.brand_id, x.link.conversation_id, "child");
        desk_work(d);
    }
    *ret = x.link;
    return ERR_NONE;
}
