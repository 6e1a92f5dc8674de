#include "web/incident_page.h"

/* What is not there is said before what was wrong in the form. */
static err begin(struct web_call *w, int64_t *ret_id) {
    DB_READ_AUTO db_conn *c = NULL;
    str state, title;
    int64_t began;
    TRY(web_id(w, 1, ret_id));
    TRY(db_read_begin(w->desk->db, &c));
    TRY(store_room_incident(c, w->arena, w->who.brand.id, *ret_id, &state, &title, &began));
    if (!state.n) return err_set(ERR_MISSING, "There is no such incident.");
    web_go(w, web_path(w, "/incidents/%lld", (long long)*ret_id));
    return ERR_NONE;
}

static struct room_done *done_of(struct web_call *w) {
    struct room_done *d = arena_alloc(w->arena, sizeof *d);
    w->view = d;
    return d;
}

void room_done_json(const struct web_call *w, struct json_out *o) {
    const struct room_done *d = w->view;
    json_open_object(o);
    json_key(o, S("ok")), json_bool(o, true);
    if (d->what && d->id) json_key(o, str_z(d->what)), json_id(o, d->id);
    if (d->what && !d->id) json_key(o, str_z(d->what)), json_int(o, d->n);
    json_close_object(o);
}

/* What failed is said on the page it came from, with what was typed. */
static err again(struct web_call *w, err e) { return e ? admin_again(w, e, incident_view) : ERR_NONE; }

static err seen_version(struct web_call *w, int64_t *ret) { return web_param_int(w, "seen", -1, ret); }

/* ---- the incident ---- */

static err confirm(struct web_call *w) {
    int64_t id, seen;
    TRY(begin(w, &id));
    TRY(seen_version(w, &seen));
    done_of(w);
    TRY(incident_confirm(w->desk, w->arena, &w->actor, id, web_param(w, "title"), seen));
    /* Whoever opens the room is the first in it. */
    return w->program ? ERR_NONE : room_here(w->desk, w->arena, &w->actor, id);
}
err incident_do_confirm(struct web_call *w) { return again(w, confirm(w)); }

static err merge(struct web_call *w) {
    int64_t id, into, seen;
    TRY(begin(w, &id));
    TRY(seen_version(w, &seen));
    TRY(web_param_int(w, "into", 0, &into));
    if (!into) return err_set(ERR_INVALID, "Choose the incident that this one is the same as.");
    struct room_done *d = done_of(w);
    d->what = "incident";
    d->id = into;
    TRY(incident_merge(w->desk, w->arena, &w->actor, id, into, seen, -1));
    web_go(w, web_path(w, "/incidents/%lld", (long long)into));
    return ERR_NONE;
}
err incident_do_merge(struct web_call *w) { return again(w, merge(w)); }

static err dismiss(struct web_call *w) {
    int64_t id, seen;
    TRY(begin(w, &id));
    TRY(seen_version(w, &seen));
    done_of(w);
    TRY(incident_dismiss(w->desk, w->arena, &w->actor, id, web_param(w, "why"), seen));
    web_go(w, web_path(w, "/incidents"));
    return ERR_NONE;
}
err incident_do_dismiss(struct web_call *w) { return again(w, dismiss(w)); }

static err close_it(struct web_call *w) {
    int64_t id, seen;
    TRY(begin(w, &id));
    TRY(seen_version(w, &seen));
    done_of(w);
    return incident_close(w->desk, w->arena, &w->actor, id, web_param_text(w, "note"), seen);
}
err incident_do_close(struct web_call *w) { return again(w, close_it(w)); }

static err reopen(struct web_call *w) {
    int64_t id, seen;
    TRY(begin(w, &id));
    TRY(seen_version(w, &seen));
    done_of(w);
    return incident_reopen(w->desk, w->arena, &w->actor, id, seen);
}
err incident_do_reopen(struct web_call *w) { return again(w, reopen(w)); }

static err rename_it(struct web_call *w) {
    int64_t id, seen;
    TRY(begin(w, &id));
    TRY(seen_version(w, &seen));
    done_of(w);
    return incident_rename(w->desk, w->arena, &w->actor, id, web_param(w, "title"), seen);
}
err incident_do_rename(struct web_call *w) { return again(w, rename_it(w)); }

static err join(struct web_call *w) {
    int64_t id, conversation;
    TRY(begin(w, &id));
    TRY(web_param_int(w, "conversation", 0, &conversation));
    done_of(w);
    if (web_param_on(w, "stay")) web_go(w, web_path(w, "/c/%lld", (long long)conversation));
    return incident_join(w->desk, w->arena, &w->actor, id, &conversation, 1);
}
err incident_do_join(struct web_call *w) { return again(w, join(w)); }

static err join_all(struct web_call *w) {
    int64_t id, n;
    TRY(begin(w, &id));
    struct room_done *d = done_of(w);
    d->what = "taken_in";
    for (;;) {
        TRY(incident_join_proposed(w->desk, w->arena, &w->actor, id, &n));
        d->n += n;
        if (n < INCIDENT_JOIN_MAX) return ERR_NONE;
    }
}
err incident_do_join_all(struct web_call *w) { return again(w, join_all(w)); }

/* Whoever is done with one goes on to the next, where the form says so. */
static err then_next(struct web_call *w, int64_t id) {
    struct room_done *d = w->view;
    return web_param_on(w, "next") ? room_next(w->desk, w->arena, &w->actor, id, &d->given) : ERR_NONE;
}

static err leave(struct web_call *w) {
    int64_t id, conversation;
    TRY(begin(w, &id));
    TRY(web_param_int(w, "conversation", 0, &conversation));
    done_of(w);
    if (web_param_on(w, "next")) TRY(room_give_back(w->desk, w->arena, &w->actor, id, conversation));
    TRY(incident_leave(w->desk, w->arena, &w->actor, id, conversation));
    return then_next(w, id);
}
err incident_do_leave(struct web_call *w) { return again(w, leave(w)); }

/* ---- Next ---- */

static err next(struct web_call *w) {
    int64_t id;
    TRY(begin(w, &id));
    struct room_done *d = done_of(w);
    TRY(room_next(w->desk, w->arena, &w->actor, id, &d->given));
    if (!d->given.conversation) web_go(w, web_path(w, "/incidents/%lld?nobody=1", (long long)id));
    return ERR_NONE;
}
err room_do_next(struct web_call *w) { return again(w, next(w)); }

void room_given_json(const struct web_call *w, struct json_out *o) {
    const struct room_given *g = &((const struct room_done *)w->view)->given;
    json_open_object(o);
    json_key(o, S("conversation")), json_id(o, g->conversation);
    json_key(o, S("until_at")), json_int(o, g->until_at);
    json_key(o, S("held")), json_bool(o, g->held);
    json_key(o, S("owed")), json_bool(o, g->owed);
    json_key(o, S("passed_by")), json_id(o, g->by);
    json_key(o, S("note")), json_str(o, g->note);
    json_close_object(o);
}

static err of_claim(struct web_call *w, int64_t *ret_id, int64_t *ret_conversation) {
    TRY(begin(w, ret_id));
    TRY(web_param_int(w, "conversation", 0, ret_conversation));
    done_of(w);
    return ERR_NONE;
}

static err skip(struct web_call *w) {
    int64_t id, conversation;
    TRY(of_claim(w, &id, &conversation));
    TRY(room_skip(w->desk, w->arena, &w->actor, id, conversation));
    return then_next(w, id);
}
err room_do_skip(struct web_call *w) { return again(w, skip(w)); }

static err pass(struct web_call *w) {
    int64_t id, conversation, agent;
    TRY(of_claim(w, &id, &conversation));
    TRY(web_param_int(w, "agent", 0, &agent));
    if (!agent) return err_set(ERR_INVALID, "To whom?");
    TRY(room_pass(w->desk, w->arena, &w->actor, id, conversation, agent, web_param(w, "note")));
    return then_next(w, id);
}
err room_do_pass(struct web_call *w) { return again(w, pass(w)); }

static err snooze(struct web_call *w) {
    int64_t id, conversation, minutes;
    TRY(of_claim(w, &id, &conversation));
    TRY(web_param_int(w, "minutes", 30, &minutes));
    TRY(room_snooze(w->desk, w->arena, &w->actor, id, conversation, minutes));
    return then_next(w, id);
}
err room_do_snooze(struct web_call *w) { return again(w, snooze(w)); }

static err give_back(struct web_call *w) {
    int64_t id, conversation;
    TRY(of_claim(w, &id, &conversation));
    return room_give_back(w->desk, w->arena, &w->actor, id, conversation);
}
err room_do_back(struct web_call *w) { return again(w, give_back(w)); }

/* ---- people and the timeline ---- */

err room_do_here(struct web_call *w) {
    int64_t id;
    TRY(begin(w, &id));
    done_of(w);
    w->json = true;
    return room_here(w->desk, w->arena, &w->actor, id);
}

static err role(struct web_call *w) {
    int64_t id, agent;
    room_role r;
    TRY(begin(w, &id));
    done_of(w);
    TRY(web_param_int(w, "agent", 0, &agent));
    if (!room_role_from(web_param(w, "role"), &r))
        return err_set(ERR_INVALID, "The role is one of: coordinator, writer, status.");
    return room_set_role(w->desk, w->arena, &w->actor, id, agent, r);
}
err room_do_role(struct web_call *w) { return again(w, role(w)); }

static err says(struct web_call *w) {
    int64_t id;
    TRY(begin(w, &id));
    done_of(w);
    return room_set_says(w->desk, w->arena, &w->actor, id, web_param(w, "says"), web_param_on(w, "away"));
}
err room_do_says(struct web_call *w) { return again(w, says(w)); }

static err note(struct web_call *w) {
    int64_t id;
    TRY(begin(w, &id));
    done_of(w);
    str kind = web_param(w, "kind");
    room_event_kind k = ROOM_EVENT_NOTE;
    if (str_eq(kind, S("handover")))
        k = ROOM_EVENT_HANDOVER;
    else if (kind.n && !str_eq(kind, S("note")))
        return err_set(ERR_INVALID, "The kind is one of: note, handover.");
    return room_write_down(w->desk, w->arena, &w->actor, id, k, web_param_text(w, "text"));
}
err room_do_note(struct web_call *w) { return again(w, note(w)); }

/* ---- facts ---- */

static err fact(struct web_call *w) {
    int64_t id;
    struct room_fact_wish wish = {.text = web_param(w, "text")};
    TRY(begin(w, &id));
    struct room_done *d = done_of(w);
    d->what = "fact";
    if (web_param_has(w, "kind") && !room_fact_kind_from(web_param(w, "kind"), &wish.kind))
        return err_set(ERR_INVALID, "The kind is one of: say, unknown.");
    TRY(web_param_int(w, "owner", 0, &wish.owner));
    TRY(web_param_int(w, "minutes", 0, &wish.minutes));
    return room_fact_add(w->desk, w->arena, &w->actor, id, &wish, &d->id);
}
err room_do_fact(struct web_call *w) { return again(w, fact(w)); }

static err of_fact(struct web_call *w, int64_t *ret_fact, int64_t *ret_seen) {
    int64_t id;
    TRY(begin(w, &id));
    TRY(web_id(w, 2, ret_fact));
    done_of(w);
    return seen_version(w, ret_seen);
}

static err check_fact(struct web_call *w) {
    int64_t f, seen;
    TRY(of_fact(w, &f, &seen));
    return room_fact_check(w->desk, w->arena, &w->actor, f, seen);
}
err room_do_check(struct web_call *w) { return again(w, check_fact(w)); }

static err change(struct web_call *w) {
    int64_t f, seen, owner, minutes;
    TRY(of_fact(w, &f, &seen));
    TRY(web_param_int(w, "owner", 0, &owner));
    TRY(web_param_int(w, "minutes", 0, &minutes));
    return room_fact_change(w->desk, w->arena, &w->actor, f, owner, minutes, seen);
}
err room_do_change(struct web_call *w) { return again(w, change(w)); }

static err withdraw(struct web_call *w) {
    int64_t id, f, seen;
    TRY(of_fact(w, &f, &seen));
    TRY(web_id(w, 1, &id));
    struct room_done *d = w->view;
    d->what = "owed";
    TRY(room_fact_withdraw(w->desk, w->arena, &w->actor, f, web_param(w, "why"), web_param_on(w, "again"),
                           seen, &d->n));
    web_go(w, web_path(w, "/incidents/%lld/facts/%lld", (long long)id, (long long)f));
    return ERR_NONE;
}
err room_do_withdraw(struct web_call *w) { return again(w, withdraw(w)); }

static err write_again(struct web_call *w) {
    int64_t id, f, seen;
    TRY(of_fact(w, &f, &seen));
    TRY(web_id(w, 1, &id));
    struct room_done *d = w->view;
    d->what = "owed";
    TRY(room_fact_write_again(w->desk, w->arena, &w->actor, f, &d->n));
    web_go(w, web_path(w, "/incidents/%lld/facts/%lld", (long long)id, (long long)f));
    return ERR_NONE;
}
err room_do_write_again(struct web_call *w) { return again(w, write_again(w)); }

/* ---- after ---- */

static err fixed(struct web_call *w) {
    int64_t id;
    TRY(begin(w, &id));
    struct room_done *d = done_of(w);
    d->what = "owed";
    return room_fixed(w->desk, w->arena, &w->actor, id, web_param_text(w, "text"), &d->n);
}
err room_do_fixed(struct web_call *w) { return again(w, fixed(w)); }

static err drop(struct web_call *w) {
    int64_t id, customer;
    TRY(begin(w, &id));
    done_of(w);
    TRY(web_param_int(w, "customer", 0, &customer));
    TRY(room_owed_drop(w->desk, w->arena, &w->actor, id, customer, web_param(w, "why")));
    web_go(w, web_path(w, "/incidents/%lld/letters?show=owed", (long long)id));
    return ERR_NONE;
}
err room_do_drop(struct web_call *w) { return again(w, drop(w)); }

static err learned(struct web_call *w) {
    int64_t id;
    TRY(begin(w, &id));
    done_of(w);
    TRY(room_learned(w->desk, w->arena, &w->actor, id, web_param_text(w, "text")));
    web_go(w, web_path(w, "/incidents/%lld/review?kept=1", (long long)id));
    return ERR_NONE;
}
err room_do_learned(struct web_call *w) {
    err e = learned(w);
    return e ? admin_again(w, e, review_view) : ERR_NONE;
}
