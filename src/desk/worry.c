/* Letters that worry somebody. */
#include "base/random.h"
#include "desk/check.h"
#include "desk/child.h"
#include "desk/events.h"
#include "desk/roles.h"
#include "store/agent.h"
#include "store/conversation.h"
#include "store/message.h"

struct worrying {
    arena *a;
    const struct actor *who;
    int64_t conversation, message, worry, agent, now;
    str typed, note;
    bool on;
};

/* Whoever has it already, if they look after worries; else the one of these who has the fewest; 0 when none
 * is there. Somebody who is away is better than nobody: the list of worries is seen by all of them. */
static int64_t choose(const store_safeguard_list *all, int64_t holder) {
    const struct store_safeguard *best = NULL;
    for (size_t i = 0; i < all->n; i++) {
        const struct store_safeguard *s = &all->v[i];
        enum role role;
        if (!s->on || s->away || !role_from(s->role, &role) || !role_may(role, RIGHT_WRITE)) continue;
        if (s->agent_id == holder) return holder;
        if (!best || s->open < best->open) best = s;
    }
    return best ? best->agent_id : 0;
}

static err pass_on(db_conn *c, struct worrying *x, struct conversation *v) {
    store_safeguard_list all;
    struct store_agent to;
    TRY(store_safeguards(c, x->a, x->who->brand, &all));
    int64_t agent = choose(&all, v->agent_id);
    if (!agent || agent == v->agent_id) return ERR_NONE;
    TRY(store_agent_by_id(c, x->a, x->who->brand, agent, &to));
    v->agent_id = agent;
    v->version++;
    v->updated_at = x->now;
    TRY(store_conversation_update(c, x->who->brand, v));
    return event_add(c, x->who, v->id, "passed", to.name, x->now);
}

static err write_worry(db_conn *c, void *arg) {
    struct worrying *x = arg;
    struct conversation v;
    struct message m = {0};
    TRY(store_conversation_get(c, x->a, x->who->brand, x->conversation, &v));
    TRY(child_writable_in(c, x->a, x->who->brand, v.id));
    TRY(check_text(x->a, "What worries you", x->typed, CHILD_NOTE_BYTES, &x->note));
    x->note = str_trim(x->note);
    if (!x->note.n) return err_set(ERR_INVALID, "Say in a sentence what worries you.");
    err e = x->message ? store_message_get(c, x->a, x->who->brand, x->message, &m)
                       : store_message_last_letter(c, x->a, x->who->brand, v.id, &m);
    if (e && (e != ERR_MISSING || x->message)) return e;
    if (m.id && m.conversation_id != v.id) return err_set(ERR_MISSING, "There is no such letter here.");
    struct store_worry row = {.id = id_new(x->now),
                              .conversation_id = v.id,
                              .message_id = m.id,
                              .agent_id = x->who->agent,
                              .note = x->note,
                              .at = x->now};
    TRY(store_worry_insert(c, x->who->brand, &row));
    x->worry = row.id;
    TRY(event_add(c, x->who, v.id, "worry", S(""), x->now));
    return pass_on(c, x, &v);
}

err worry_raise(struct desk *d, arena *a, const struct actor *who, int64_t conversation, int64_t message,
                str note, int64_t *ret_id) {
    struct worrying x = {.a = a,
                         .who = who,
                         .conversation = conversation,
                         .message = message,
                         .now = desk_now(d),
                         .typed = note};
    TRY(db_write(d->db, write_worry, &x));
    desk_changed(d, who->brand, conversation, "child");
    *ret_id = x.worry;
    return ERR_NONE;
}

err worry_may_in(db_conn *c, arena *a, const struct actor *who, bool *ret) {
    struct store_agent agent;
    enum role role;
    TRY(store_agent_by_id(c, a, who->brand, who->agent, &agent));
    if (role_from(agent.role, &role) && role_may(role, RIGHT_ADMIN)) {
        *ret = true;
        return ERR_NONE;
    }
    return store_safeguard_is(c, who->brand, who->agent, ret);
}

static err write_closed(db_conn *c, void *arg) {
    struct worrying *x = arg;
    struct store_worry row;
    bool may;
    TRY(worry_may_in(c, x->a, x->who, &may));
    if (!may) return err_set(ERR_DENIED, "Only who looks after worries, or an administrator, can close one.");
    TRY(store_worry_get(c, x->a, x->who->brand, x->worry, &row));
    TRY(check_sentence("What was done", x->typed, CHILD_NOTE_BYTES, &x->note));
    x->conversation = row.conversation_id;
    TRY(store_worry_close(c, x->who->brand, x->worry, x->who->agent, x->note, x->now));
    return event_add(c, x->who, row.conversation_id, "worry_closed", S(""), x->now);
}

err worry_close(struct desk *d, arena *a, const struct actor *who, int64_t worry, str sentence,
                int64_t *ret_conversation) {
    struct worrying x = {.a = a, .who = who, .worry = worry, .now = desk_now(d), .typed = sentence};
    TRY(db_write(d->db, write_closed, &x));
    desk_changed(d, who->brand, x.conversation, "child");
    *ret_conversation = x.conversation;
    return ERR_NONE;
}

static err write_safeguard(db_conn *c, void *arg) {
    struct worrying *x = arg;
    struct store_agent agent;
    enum role role;
    TRY(store_agent_by_id(c, x->a, x->who->brand, x->agent, &agent));
    if (!x->on) return store_safeguard_delete(c, x->who->brand, x->agent);
    if (agent.disabled_at || agent.account_disabled_at || !role_from(agent.role, &role) ||
        !role_may(role, RIGHT_WRITE))
        return err_set(ERR_INVALID, "%.*s cannot answer letters here.", STR_FMT(agent.name));
    return store_safeguard_put(c, x->who->brand, x->agent, x->who->agent, x->now);
}

err safeguard_set(struct desk *d, arena *a, const struct actor *who, int64_t agent, bool on) {
    struct worrying x = {.a = a, .who = who, .agent = agent, .on = on, .now = desk_now(d)};
    TRY(db_write(d->db, write_safeguard, &x));
    desk_changed(d, who->brand, 0, "child");
    return ERR_NONE;
}
