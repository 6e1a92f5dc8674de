#include "desk/forget_person.h"

#include <unistd.h>

#include "base/lang.h"
#include "base/random.h"
#include "base/zone.h"
#include "desk/defect_like.h"
#include "desk/events.h"
#include "desk/fans.h"
#include "desk/forget.h"
#include "desk/forget_own.h"
#include "desk/settings.h"
#include "desk/status_mail.h"
#include "format/mime.h"
#include "store/brand.h"
#include "store/defect_letter.h"
#include "store/post.h"

enum { AT_ONCE = 100, ROUNDS = 10000 };

/* ---- the plan ---- */

static err find_customer(db_conn *c, arena *a, int64_t brand, str who, int64_t *ret_id) {
    struct customer_address known = {0};
    str normal;
    int64_t id;
    if (str_to_int(who, &id) && id > 0) {
        *ret_id = id;
        return ERR_NONE;
    }
    if (!address_normal(a, str_trim(who), &normal))
        return err_set(ERR_INVALID, "\"%.*s\" is neither the id of a customer nor an address.",
                       STR_FMT(str_clip_utf8(who, 100)));
    TRY(store_customer_address_get(c, a, brand, str_lower(a, normal), &known));
    if (!known.customer_id) return err_set(ERR_MISSING, "Nobody here has this address.");
    *ret_id = known.customer_id;
    return ERR_NONE;
}

/* The end of the year in which the last of the years ends, in the brand's zone. */
static int64_t keep_until(const struct zone *z, int64_t last, int64_t years) {
    struct local_time t;
    if (!last) return 0;
    zone_local(z, last, &t);
    return zone_instant(z, (int)(t.year + years + 1), 1, 1, 0, 0);
}

static err still_there(db_conn *c, arena *a, store_copy_list *ret) {
    store_copy_list all;
    TRY(store_copy_list_all(c, a, &all));
    for (size_t i = 0; i < all.n; i++)
        if (access(str_cstr(a, all.v[i].path), F_OK) == 0) *list_add(a, ret) = all.v[i];
    return ERR_NONE;
}

static err sending_allows(int64_t leaving, int64_t unsent) {
    if (leaving)
        return err_set(ERR_BUSY,
                       "A reply to them is leaving at this moment. Try again in a minute; until then nothing "
                       "is deleted.");
    if (unsent)
        return err_set(
            ERR_CONFLICT,
            "A reply to somebody else that has not left names them as a recipient, too. Send it or "
            "take it back first (it is on the outbox page); until then nothing is deleted.");
    return ERR_NONE;
}

static err merges_allow(const struct store_person_merged *m) {
    if (m->draft)
        return err_set(
            ERR_CONFLICT,
            "A draft from conversation %lld of theirs stands in conversation %lld of somebody else "
            "now. Send or discard it first; until then nothing is deleted.",
            (long long)m->from_number, (long long)m->to_number);
    if (m->from_number)
        return err_set(ERR_CONFLICT,
                       "Conversation %lld of theirs was merged into somebody else's, and what belongs to it "
                       "stands in conversation %lld now. Undo the merge, or split their messages off, first; "
                       "until then nothing is deleted.",
                       (long long)m->from_number, (long long)m->to_number);
    return ERR_NONE;
}

static err nothing_against(const struct store_person_count *n, const struct store_person_merged *m) {
    if (n->worries)
        return err_set(ERR_CONFLICT,
                       "Somebody worries about a letter of theirs; close that first. Until then nothing is "
                       "deleted.");
    TRY(merges_allow(m));
    return sending_allows(n->leaving, n->unsent);
}

static err plan_in(db_conn *c, arena *a, int64_t brand, int64_t customer, struct forget_plan *p) {
    struct store_brand b;
    const struct zone *zone = zone_utc;
    int64_t years;
    TRY(store_customer_get(c, a, brand, customer, &p->customer));
    TRY(store_customer_addresses(c, a, brand, customer, &p->addresses));
    TRY(store_person_count(c, brand, customer, &p->count));
    TRY(store_forgotten_get(c, a, brand, customer, &p->already));
    TRY(store_brand_by_id(c, a, brand, &b));
    TRY(setting_number(c, a, brand, SETTING_BOOKKEEPING_YEARS, &years));
    if (zone_load(b.zone, &zone)) zone = zone_utc;
    p->keep_until = keep_until(zone, p->count.accounts_at, years);
    TRY(store_person_merged(c, a, brand, customer, &p->merged));
    err e = nothing_against(&p->count, &p->merged);
    p->against = e ? str_copy(a, str_z(err_text())) : S("");
    return still_there(c, a, &p->copies);
}

err forget_person_plan(struct desk *d, arena *a, int64_t brand, str who, struct forget_plan *ret) {
    struct forget_plan p = {0};
    int64_t id;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(find_customer(c, a, brand, who, &id));
    TRY(plan_in(c, a, brand, id, &p));
    *ret = p;
    return ERR_NONE;
}

/* ---- conversations ---- */

static err mark_forgotten(db_conn *c, struct forgetting *x) {
    struct store_child k;
    TRY(store_child_get(c, x->a, x->who.brand, x->conversation, &k));
    k.conversation_id = x->conversation;
    k.name = k.address = k.country = S("");
    k.keep_memory = false;
    if (!k.version) {
        k.agent_id = x->who.agent;
        k.at = x->now;
    }
    k.forgotten_at = x->now;
    TRY(store_child_put(c, x->who.brand, &k));
    return event_add(c, &x->who, x->conversation, "words_deleted", S(""), x->now);
}

static err names_of(db_conn *c, struct forgetting *x, str *ret_subject, str *ret_name) {
    struct store_brand b;
    TRY(store_brand_by_id(c, x->a, x->who.brand, &b));
    const struct lang *l = lang_find(b.language);
    *ret_subject = lang_text(l, T("Words deleted"));
    *ret_name = lang_text(l, T("Somebody we forgot"));
    return ERR_NONE;
}

/* A merge may have come since the plan was made. */
static err merged_meanwhile(db_conn *c, struct forgetting *x, int64_t customer) {
    struct store_person_merged merged;
    TRY(store_person_merged(c, x->a, x->who.brand, customer, &merged));
    return merges_allow(&merged);
}

static err forget_conversation(db_conn *c, void *arg) {
    struct forgetting *x = arg;
    struct conversation v;
    struct store_forget what = {.conversation = x->conversation};
    TRY(store_conversation_get(c, x->a, x->who.brand, x->conversation, &v));
    if (v.merged_into) TRY(merged_meanwhile(c, x, v.customer_id));
    TRY(names_of(c, x, &what.subject, &what.customer_name));
    /* The customer goes last (end_person): until then their addresses say where else they stand. */
    what.customer = 0;
    TRY(forget_close(c, x, &v));
    TRY(store_forget_their_promises(c, x->who.brand, x->conversation));
    TRY(forget_words_in(c, x, &what));
    return mark_forgotten(c, x);
}

static err next_conversations(struct forgetting *x, int64_t customer, forget_ids *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(x->d->db, &c));
    return store_person_conversations(c, x->a, x->who.brand, customer, AT_ONCE, ret);
}

static err forget_conversations(struct forgetting *x, int64_t customer) {
    forget_ids ids;
    do {
        TRY(next_conversations(x, customer, &ids));
        for (size_t i = 0; i < ids.n; i++) {
            x->conversation = ids.v[i];
            TRY(forget_sent_mail(x));
            TRY(forget_boxes(x));
            TRY(forget_prints(x));
            TRY(db_write(x->d->db, forget_conversation, x));
            desk_changed(x->d, x->who.brand, ids.v[i], "child");
        }
    } while (ids.n);
    return ERR_NONE;
}

/* ---- what is theirs in conversations of others ---- */

struct with_others {
    struct forgetting *x;
    int64_t customer;
};

static err wipe_with_others(db_conn *c, void *arg) {
    struct with_others *o = arg;
    str subject, name;
    TRY(merged_meanwhile(c, o->x, o->customer));
    TRY(names_of(c, o->x, &subject, &name));
    return store_forget_with_others(c, o->x->a, o->x->who.brand, o->customer, subject);
}

static err forget_with_others(struct forgetting *x, int64_t customer) {
    struct with_others o = {x, customer};
    TRY(forget_boxes_of(x, customer));
    return db_write(x->d->db, wipe_with_others, &o);
}

struct elsewhere {
    struct forgetting *x;
    int64_t message, conversation;
};

static err forget_letter(db_conn *c, void *arg) {
    struct elsewhere *e = arg;
    struct forgetting *x = e->x;
    hash_list objects = {0};
    TRY(store_post_forget(c, x->who.brand, e->message));
    TRY(store_forget_message(c, x->a, x->who.brand, e->message, &objects, &e->conversation));
    for (size_t i = 0; i < objects.n; i++) TRY(store_aside_put(c, x->who.brand, objects.v[i], 0));
    TRY(store_letters_learn_again(c, x->who.brand, e->conversation));
    TRY(letters_learn_soon_in(c, x->who.brand, x->now));
    return forget_want_scrub(c, x);
}

static err forget_elsewhere(struct forgetting *x, int64_t customer) {
    forget_ids ids;
    do {
        {
            DB_READ_AUTO db_conn *c = NULL;
            TRY(db_read_begin(x->d->db, &c));
            TRY(store_person_elsewhere(c, x->a, x->who.brand, customer, AT_ONCE, &ids));
        }
        for (size_t i = 0; i < ids.n; i++) {
            struct elsewhere e = {x, ids.v[i], 0};
            TRY(db_write(x->d->db, forget_letter, &e));
            desk_changed(x->d, x->who.brand, e.conversation, "child");
        }
    } while (ids.n);
    return ERR_NONE;
}

/* ---- the customer ---- */

struct ending {
    struct forgetting *x;
    const struct forget_plan *plan;
    bool more; /* something came meanwhile */
};

static err end_person(db_conn *c, void *arg) {
    struct ending *e = arg;
    struct forgetting *x = e->x;
    const struct forget_plan *p = e->plan;
    int64_t customer = p->customer.id, brand = x->who.brand;
    forget_ids left, elsewhere;
    int64_t leaving, unsent;
    str subject, name;
    TRY(store_person_conversations(c, x->a, brand, customer, 1, &left));
    TRY(store_person_elsewhere(c, x->a, brand, customer, 1, &elsewhere));
    e->more = left.n || elsewhere.n;
    if (e->more) return ERR_NONE;
    TRY(store_person_sending(c, brand, customer, &leaving, &unsent));
    TRY(sending_allows(leaving, unsent));
    TRY(names_of(c, x, &subject, &name));
    TRY(fans_forget(c, x->a, brand, customer));
    TRY(store_forget_person(c, brand, customer, name));
    for (size_t i = 0; i < p->addresses.n; i++) {
        int64_t subscriptions;
        TRY(status_forget_in(c, x->a, brand, p->addresses.v[i].address, &subscriptions));
    }
    TRY(store_forgotten_put(
        c, brand,
        &(struct store_forgotten){.customer_id = customer,
                                  .agent_id = x->who.agent,
                                  .at = x->now,
                                  .conversations = p->count.conversations,
                                  .messages = p->count.letters + p->count.replies + p->count.notes,
                                  .keep_until = p->keep_until,
                                  .settled_at = p->keep_until ? 0 : x->now}));
    /* Its files are put aside at once, and not with the next hour. */
    TRY(forget_stand_in(c, brand, x->now));
    return forget_want_scrub(c, x);
}

static err may_go(const struct forget_plan *p, str again) {
    bool same = str_eq_nocase(again, p->customer.name);
    int64_t id;
    if (str_to_int(again, &id)) same = same || id == p->customer.id;
    for (size_t i = 0; i < p->addresses.n; i++)
        same = same || str_eq_nocase(again, p->addresses.v[i].address);
    if (!same || !again.n)
        return err_set(ERR_INVALID,
                       "Nothing was deleted. To be sure, repeat the customer's address or name as it "
                       "stands here.");
    return nothing_against(&p->count, &p->merged);
}

err forget_person(struct desk *d, arena *a, const struct actor *who, int64_t customer, str again,
                  struct forget_plan *ret) {
    struct forget_plan p = {0};
    struct forgetting x = {.d = d, .a = a, .who = *who, .now = desk_now(d)};
    struct ending e = {&x, &p, true};
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(plan_in(c, a, who->brand, customer, &p));
    }
    TRY(may_go(&p, str_trim(again)));
    TRY(forget_with_others(&x, customer));
    for (int round = 0; e.more && round < ROUNDS; round++) {
        TRY(forget_conversations(&x, customer));
        TRY(forget_elsewhere(&x, customer));
        TRY(db_write(d->db, end_person, &e));
    }
    desk_work(d);
    *ret = p;
    return ERR_NONE;
}

/* ---- what bookkeeping needed ---- */

struct settling {
    struct forgetting *x;
    int64_t customer;
};

static err settle(db_conn *c, void *arg) {
    struct settling *s = arg;
    TRY(store_forget_accounts(c, s->x->who.brand, s->customer, s->x->now));
    return forget_want_scrub(c, s->x);
}

err forget_accounts_due(struct forgetting *x) {
    forget_ids ids;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(x->d->db, &c));
        TRY(store_forgotten_due(c, x->a, x->who.brand, x->now, AT_ONCE, &ids));
    }
    for (size_t i = 0; i < ids.n; i++) {
        struct settling s = {x, ids.v[i]};
        TRY(db_write(x->d->db, settle, &s));
    }
    return ERR_NONE;
}
