#include "desk/conversation.h"

#include "base/random.h"
#include "desk/child.h"
#include "desk/events.h"
#include "desk/filing.h"
#include "desk/merge.h"
#include "desk/roles.h"
#include "store/agent.h"
#include "store/brand.h"
#include "store/customer.h"
#include "store/message.h"
#include "store/outbox.h"

/* What one of these transactions needs; each uses the part that concerns it. */
struct change {
    struct desk *desk;
    arena *arena;
    const struct actor *who;
    int64_t id, agent, seen;
    bool flag;
    close_reason reason;
    str text;
    int64_t made;
    int count;
};

static err get(db_conn *c, struct change *g, struct conversation *ret) {
    struct conversation v;
    TRY(store_conversation_get(c, g->arena, g->who->brand, g->id, &v));
    TRY(merge_writable(&v));
    *ret = v;
    return ERR_NONE;
}

static err put(db_conn *c, struct change *g, struct conversation *v, const char *kind, str detail) {
    v->updated_at = desk_now(g->desk);
    TRY(store_conversation_update(c, g->who->brand, v));
    return event_add(c, g->who, v->id, kind, detail, v->updated_at);
}

static err run(struct change *g, db_fn fn, const char *what) {
    TRY(db_write(g->desk->db, fn, g));
    desk_changed(g->desk, g->who->brand, g->id, what);
    return ERR_NONE;
}

static err take(db_conn *c, void *arg) {
    struct change *g = arg;
    struct conversation v;
    TRY(get(c, g, &v));
    if (v.agent_id == g->who->agent) return ERR_NONE;
    if (v.agent_id && !g->flag)
        return err_set(ERR_CONFLICT, "%.*s is answering this one.", STR_FMT(v.agent_name));
    str from = v.agent_id ? v.agent_name : S("");
    v.agent_id = g->who->agent;
    v.version++;
    return put(c, g, &v, "taken", from);
}

err conversation_take(struct desk *d, arena *a, const struct actor *who, int64_t id, bool even_so) {
    struct change g = {.desk = d, .arena = a, .who = who, .id = id, .flag = even_so};
    return run(&g, take, "assignment");
}

static err release(db_conn *c, void *arg) {
    struct change *g = arg;
    struct conversation v;
    TRY(get(c, g, &v));
    if (!v.agent_id) return ERR_NONE;
    v.agent_id = 0;
    v.version++;
    return put(c, g, &v, "released", v.agent_name);
}

err conversation_release(struct desk *d, arena *a, const struct actor *who, int64_t id) {
    struct change g = {.desk = d, .arena = a, .who = who, .id = id};
    return run(&g, release, "assignment");
}

static err pass(db_conn *c, void *arg) {
    struct change *g = arg;
    struct conversation v;
    TRY(get(c, g, &v));
    struct store_agent to;
    err e = store_agent_by_id(c, g->arena, g->who->brand, g->agent, &to);
    if (e == ERR_MISSING) return err_set(ERR_INVALID, "There is no such agent in this brand.");
    TRY(e);
    enum role role;
    if (to.disabled_at || to.account_disabled_at || !role_from(to.role, &role) ||
        !role_may(role, RIGHT_WRITE))
        return err_set(ERR_INVALID, "%.*s cannot answer letters here.", STR_FMT(to.name));
    if (to.away_at) return err_set(ERR_INVALID, "%.*s is away just now.", STR_FMT(to.name));
    v.agent_id = g->agent;
    v.version++;
    return put(c, g, &v, "passed", to.name);
}

err conversation_pass(struct desk *d, arena *a, const struct actor *who, int64_t id, int64_t agent) {
    struct change g = {.desk = d, .arena = a, .who = who, .id = id, .agent = agent};
    return run(&g, pass, "assignment");
}

/* What came while the page was open was not seen by who closes it. */
static err check_seen(const struct change *g, const struct conversation *v) {
    if (g->seen < 0 || g->seen == v->version) return ERR_NONE;
    return err_set(ERR_CONFLICT, "This conversation changed after you opened it; look at it again first.");
}

static void close_as(struct conversation *v, struct change *g, close_reason reason) {
    v->state = CONVERSATION_DONE;
    v->closed_reason = reason;
    v->closed_kind = reason == CLOSE_ANSWERED                          ? CLOSED_ANSWERED
                     : reason == CLOSE_SPAM || reason == CLOSE_BLOCKED ? CLOSED_JUNK
                                                                       : CLOSED_WITHOUT;
    v->closed_at = desk_now(g->desk);
    v->closed_by = g->who->agent;
    v->version++;
}

static err close_it(db_conn *c, void *arg) {
    struct change *g = arg;
    struct conversation v;
    TRY(get(c, g, &v));
    TRY(check_seen(g, &v));
    if (v.waiting_since && g->reason == CLOSE_ANSWERED)
        return err_set(ERR_INVALID, "A letter here has no answer yet. Answer it, or say why it needs none.");
    close_as(&v, g, v.waiting_since ? g->reason : CLOSE_ANSWERED);
    return put(c, g, &v, "closed", str_z(close_reason_name(v.closed_reason)));
}

err conversation_close(struct desk *d, arena *a, const struct actor *who, int64_t id, close_reason reason,
                       int64_t seen_version) {
    struct change g = {.desk = d, .arena = a, .who = who, .id = id, .reason = reason, .seen = seen_version};
    return run(&g, close_it, "state");
}

/* The address the newest letter came from; "" when there is none. */
static err sender(db_conn *c, struct change *g, str *ret) {
    struct message letter;
    err e = store_message_last_letter(c, g->arena, g->who->brand, g->id, &letter);
    if (e && e != ERR_MISSING) return e;
    *ret = e ? S("") : letter.from_address;
    return ERR_NONE;
}

static err reopen(db_conn *c, void *arg) {
    struct change *g = arg;
    struct conversation v;
    TRY(get(c, g, &v));
    if (v.state != CONVERSATION_DONE) return ERR_NONE;
    str address;
    TRY(sender(c, g, &address));
    if (v.closed_kind == CLOSED_JUNK && address.n) TRY(store_customer_block(c, g->who->brand, address, 0));
    v.state = v.waiting_since ? CONVERSATION_US : CONVERSATION_THEM;
    v.closed_kind = CLOSED_NOT;
    v.closed_reason = CLOSE_ANSWERED;
    v.closed_at = v.closed_by = 0;
    v.version++;
    return put(c, g, &v, "reopened", S(""));
}

err conversation_reopen(struct desk *d, arena *a, const struct actor *who, int64_t id) {
    struct change g = {.desk = d, .arena = a, .who = who, .id = id};
    return run(&g, reopen, "state");
}

static err junk(db_conn *c, void *arg) {
    struct change *g = arg;
    struct conversation v;
    TRY(get(c, g, &v));
    TRY(check_seen(g, &v));
    close_as(&v, g, CLOSE_SPAM);
    str address;
    TRY(sender(c, g, &address));
    if (g->flag && address.n) {
        TRY(store_customer_block(c, g->who->brand, address, desk_now(g->desk)));
        TRY(event_add(c, g->who, v.id, "blocked", address, desk_now(g->desk)));
    }
    return put(c, g, &v, "junk", S(""));
}

err conversation_junk(struct desk *d, arena *a, const struct actor *who, int64_t id, bool block,
                      int64_t seen_version) {
    struct change g = {.desk = d, .arena = a, .who = who, .id = id, .flag = block, .seen = seen_version};
    return run(&g, junk, "state");
}

static err unblock(db_conn *c, void *arg) {
    struct change *g = arg;
    return store_customer_block(c, g->who->brand, g->text, 0);
}

err conversation_unblock(struct desk *d, arena *a, const struct actor *who, str address) {
    struct change g = {.desk = d, .arena = a, .who = who, .text = address};
    return run(&g, unblock, "customer");
}

static err note(db_conn *c, void *arg) {
    struct change *g = arg;
    struct conversation v;
    TRY(get(c, g, &v));
    TRY(child_writable_in(c, g->arena, g->who->brand, v.id));
    int64_t now = desk_now(g->desk);
    struct message m = {.id = id_new(now),
                        .conversation_id = v.id,
                        .kind = MESSAGE_NOTE,
                        .channel = v.channel,
                        .agent_id = g->who->agent,
                        .from_name = g->who->name,
                        .text = g->text,
                        .said_at = now,
                        .created_at = now};
    struct store_brand brand;
    TRY(store_message_insert(c, g->who->brand, &m));
    TRY(store_brand_by_id(c, g->arena, g->who->brand, &brand));
    TRY(words_index_message(c, g->arena, g->who->brand, brand.language, &m));
    struct draft kept;
    TRY(store_draft_get(c, g->arena, g->who->brand, v.id, g->who->agent, &kept));
    if (kept.updated_at && kept.kind == MESSAGE_NOTE)
        TRY(store_draft_delete(c, g->who->brand, v.id, g->who->agent));
    /* A colleague's note may change what one is about to send, so it counts like a letter. */
    v.version++;
    v.updated_at = now;
    g->made = m.id;
    return store_conversation_update(c, g->who->brand, &v);
}

err conversation_note(struct desk *d, arena *a, const struct actor *who, int64_t id, str text,
                      int64_t *ret_message) {
    if (!str_trim(text).n) return err_set(ERR_INVALID, "The note is empty.");
    if (text.n > 100000) return err_set(ERR_LIMIT, "The note is longer than 100,000 bytes.");
    if (!str_is_utf8(text)) return err_set(ERR_INVALID, "The note is not valid UTF-8.");
    struct change g = {.desk = d, .arena = a, .who = who, .id = id, .text = text};
    TRY(run(&g, note, "note"));
    *ret_message = g.made;
    return ERR_NONE;
}

static err give_back(db_conn *c, void *arg) {
    struct change *g = arg;
    conversation_list rows = {0};
    TRY(store_conversation_held_by(c, g->arena, g->who->brand, g->agent, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        rows.v[i].agent_id = 0;
        rows.v[i].version++;
        TRY(put(c, g, &rows.v[i], "released", rows.v[i].agent_name));
    }
    g->count = (int)rows.n;
    return ERR_NONE;
}

err conversation_give_back_all(struct desk *d, arena *a, const struct actor *who, int64_t agent,
                               int *ret_count) {
    struct change g = {.desk = d, .arena = a, .who = who, .agent = agent};
    TRY(run(&g, give_back, "assignment"));
    *ret_count = g.count;
    return ERR_NONE;
}

struct describe {
    struct desk *desk;
    arena *arena;
    const struct actor *who;
    int64_t customer;
    str name, about, address;
};

static err describe(db_conn *c, void *arg) {
    struct describe *g = arg;
    struct customer row;
    TRY(store_customer_get(c, g->arena, g->who->brand, g->customer, &row));
    row.name = g->name;
    row.about = g->about;
    return store_customer_update(c, g->who->brand, &row);
}

err customer_describe(struct desk *d, arena *a, const struct actor *who, int64_t customer, str name,
                      str about) {
    name = str_trim(name);
    if (!name.n) return err_set(ERR_INVALID, "A customer needs a name.");
    if (name.n > 500 || about.n > 20000)
        return err_set(ERR_LIMIT, "The name or the description is too long.");
    struct describe g = {d, a, who, customer, name, about, S("")};
    return db_write(d->db, describe, &g);
}

static err add_address(db_conn *c, void *arg) {
    struct describe *g = arg;
    struct customer row;
    TRY(store_customer_get(c, g->arena, g->who->brand, g->customer, &row));
    struct customer_address known;
    TRY(store_customer_address_get(c, g->arena, g->who->brand, g->address, &known));
    if (known.customer_id && known.customer_id != g->customer)
        return err_set(ERR_CONFLICT, "Another customer has the address %.*s.", STR_FMT(g->address));
    return store_customer_address_insert(c, g->who->brand,
                                         &(struct customer_address){.address = g->address,
                                                                    .customer_id = g->customer,
                                                                    .created_at = desk_now(g->desk)});
}

err customer_add_address(struct desk *d, arena *a, const struct actor *who, int64_t customer, str address) {
    str normal;
    if (!address_normal(a, str_trim(address), &normal))
        return err_set(ERR_INVALID, "%.*s is not an address of the form name@domain.", STR_FMT(address));
    struct describe g = {d, a, who, customer, S(""), S(""), str_lower(a, normal)};
    return db_write(d->db, add_address, &g);
}
