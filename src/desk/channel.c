#include "desk/channel.h"

#include "base/random.h"
#include "desk/channel_own.h"
#include "desk/check.h"
#include "store/brand.h"
#include "store/inbox.h"

enum { SERVER_BYTES = 300, ACCOUNT_BYTES = 300, PASSWORD_BYTES = 4000 };

err channel_verdict(const struct social_report *r) {
    str says = str_clip_utf8(r->says, 300);
    switch (r->result) {
    case SOCIAL_DONE: return ERR_NONE;
    case SOCIAL_SIGN_IN:
        return err_set(ERR_DENIED, "The network does not let this account in: %.*s", STR_FMT(says));
    case SOCIAL_LATER:
    case SOCIAL_UNCERTAIN:
        return err_set(ERR_NETWORK, "The network could not be asked; nothing was changed: %.*s",
                       STR_FMT(says));
    case SOCIAL_REFUSED:
    case SOCIAL_GONE: return err_set(ERR_INVALID, "The network says no: %.*s", STR_FMT(says));
    }
    return ERR_NONE;
}

str channel_address(arena *a, const struct social_network *network, const struct social_account *account) {
    return str_fmt(a, "@%.*s (%s)", STR_FMT(account->account), network->title);
}

err channel_job_in(db_conn *c, const struct social_network *network, int64_t brand, int64_t inbox,
                   int64_t now) {
    if (!network->fetch && !network->look) return ERR_NONE;
    return store_job_hurry(c, brand, S("mentions"), inbox, id_new(now), now);
}

err channel_insert_in(db_conn *c, arena *a, struct store_channel *row, str address, str name, bool waits,
                      int64_t now) {
    struct store_inbox there, inbox = {.brand_id = row->brand_id,
                                       .id = id_new(now),
                                       .address = address,
                                       .name = name,
                                       .transport = row->kind,
                                       .smtp_host = S(""),
                                       .smtp_tls = S("required"),
                                       .smtp_user = S(""),
                                       .smtp_password = S(""),
                                       .smtp_ca_file = S(""),
                                       .created_at = now,
                                       .disabled_at = waits ? now : 0};
    TRY(store_brand_lock(c, a, row->brand_id));
    err e = store_inbox_of_brand_by_address(c, a, row->brand_id, address, &there);
    if (e && e != ERR_MISSING) return e;
    struct store_channel old;
    if (!e) {
        /* One that was removed comes back to its letters. */
        e = store_channel_get(c, a, row->brand_id, there.id, &old);
        if (!e && old.account_id.n)
            return err_set(ERR_CONFLICT, "%.*s is connected already.", STR_FMT(address));
        if (e && e != ERR_MISSING) return e;
        /* One for which consent was asked and never came begins anew. */
        if (!e) TRY(store_channel_delete(c, row->brand_id, there.id));
        inbox.id = there.id;
        TRY(store_inbox_set_disabled(c, a, row->brand_id, there.id, inbox.disabled_at));
    } else {
        TRY(store_inbox_insert(c, a, &inbox));
    }
    row->inbox_id = inbox.id;
    row->created_at = now;
    return store_channel_insert(c, row);
}

/* One account read by two inboxes would make two conversations of each post: it may have been connected under
 * another name, since names change. */
static err refuse_same(db_conn *c, arena *a, int64_t brand, int64_t inbox,
                       const struct social_network *network, str account_id) {
    struct store_channel there;
    if (!account_id.n) return ERR_NONE;
    err e =
        store_channel_same(c, a, brand, str_z(social_kind_text(network->kind)), account_id, inbox, &there);
    if (!e)
        return err_set(ERR_CONFLICT, "The account is connected already, as %.*s.", STR_FMT(there.address));
    return e == ERR_MISSING ? ERR_NONE : e;
}

err channel_connected_in(db_conn *c, arena *a, int64_t brand, int64_t inbox,
                         const struct social_network *network, const struct social_account *account,
                         int64_t now) {
    struct store_inbox row, there;
    TRY(refuse_same(c, a, brand, inbox, network, account->id));
    TRY(store_inbox_by_id(c, a, brand, inbox, &row));
    str address = channel_address(a, network, account);
    if (!str_eq(address, row.address)) {
        err e = store_inbox_of_brand_by_address(c, a, brand, address, &there);
        if (!e)
            return err_set(ERR_CONFLICT,
                           "%.*s was connected before. Begin again and write the account as %.*s, so that it "
                           "comes back to its letters.",
                           STR_FMT(address), STR_FMT(account->account));
        if (e != ERR_MISSING) return e;
        row.address = address;
        TRY(store_inbox_update(c, a, &row));
    }
    TRY(store_inbox_set_disabled(c, a, brand, inbox, 0));
    return channel_job_in(c, network, brand, inbox, now);
}

/* ---- adding ---- */

struct adding {
    struct desk *desk;
    arena *arena;
    int64_t brand, inbox;
    const struct social_network *network;
    struct social_sign_in typed;
    struct social_account account;
    struct store_channel row;
    str name;
};

static err check_form(const struct channel_form *form, struct adding *x) {
    TRY(channel_network(form->kind, &x->network));
    TRY(check_line_or_empty("The server", form->server, SERVER_BYTES, &x->typed.server));
    TRY(check_line("The account", form->account, ACCOUNT_BYTES, &x->typed.account));
    TRY(check_line_or_empty("The password", form->password, PASSWORD_BYTES, &x->typed.password));
    TRY(check_line_or_empty("The name of the inbox", form->name, CHECK_NAME_BYTES, &x->name));
    if (str_starts(x->typed.account, S("@")))
        x->typed.account = str_slice(x->typed.account, 1, x->typed.account.n);
    if (!x->typed.password.n && x->network->kind != SOCIAL_HOOK)
        return err_set(ERR_INVALID, "Without its password or token the account cannot be connected.");
    return ERR_NONE;
}

static err sign_in(struct adding *x) {
    struct social_report report = {0};
    struct social_call call = {
        .arena = x->arena, .account = &x->account, .clock = x->desk->clock, .inside = x->desk->posts_inside};
    x->account.kind = x->network->kind;
    TRY(x->network->sign_in(&call, &x->typed, &report));
    return channel_verdict(&report);
}

static err insert(db_conn *c, void *arg) {
    struct adding *x = arg;
    int64_t now = desk_now(x->desk);
    struct store_channel row = x->row;
    TRY(refuse_same(c, x->arena, x->brand, 0, x->network, x->account.id));
    TRY(channel_insert_in(c, x->arena, &row, channel_address(x->arena, x->network, &x->account), x->name,
                          false, now));
    x->inbox = row.inbox_id;
    return channel_job_in(c, x->network, x->brand, row.inbox_id, now);
}

err channel_add(struct desk *d, arena *a, const struct actor *who, const struct channel_form *form,
                int64_t *ret_inbox) {
    struct adding x = {.desk = d, .arena = a, .brand = who->brand};
    TRY(check_form(form, &x));
    TRY(sign_in(&x));
    x.row = (struct store_channel){.brand_id = who->brand, .kind = str_z(social_kind_text(x.network->kind))};
    TRY(channel_seal(d, a, &x.account, &x.row));
    x.row.contact_at = desk_now(d);
    TRY(db_write(d->db, insert, &x));
    *ret_inbox = x.inbox;
    desk_changed(d, who->brand, 0, "inbox");
    desk_work(d);
    return ERR_NONE;
}

/* ---- connecting anew ---- */

static err connect_again(db_conn *c, void *arg) {
    struct adding *x = arg;
    struct store_channel row;
    int64_t now = desk_now(x->desk);
    TRY(store_channel_get(c, x->arena, x->brand, x->inbox, &row));
    if (row.account_id.n && !str_eq(row.account_id, x->account.id))
        return err_set(ERR_CONFLICT, "That is another account. Add it as one of its own.");
    row.server = x->row.server;
    row.account = x->row.account;
    row.account_id = x->row.account_id;
    row.secret = x->row.secret;
    row.limits = x->row.limits;
    row.pending = row.pending_hash = row.says = S("");
    row.pending_at = row.pending_by = row.failures = row.next_at = row.paused_at = 0;
    row.state = CHANNEL_IS_NEW;
    row.contact_at = now;
    TRY(store_channel_connect(c, &row));
    return channel_connected_in(c, x->arena, x->brand, x->inbox, x->network, &x->account, now);
}

err channel_reconnect(struct desk *d, arena *a, const struct actor *who, int64_t inbox,
                      const struct channel_form *form) {
    struct adding x = {.desk = d, .arena = a, .brand = who->brand, .inbox = inbox};
    struct store_channel row;
    struct channel_form typed = *form;
    TRY(channel_get(d, a, who->brand, inbox, &row));
    typed.kind = row.kind;
    if (!typed.account.n) typed.account = row.account;
    if (!typed.server.n) typed.server = row.server;
    TRY(check_form(&typed, &x));
    TRY(sign_in(&x));
    x.row.brand_id = who->brand;
    TRY(channel_seal(d, a, &x.account, &x.row));
    TRY(db_write(d->db, connect_again, &x));
    desk_changed(d, who->brand, 0, "inbox");
    desk_work(d);
    return ERR_NONE;
}

/* ---- pausing, removing, looking ---- */

struct changing {
    struct desk *desk;
    arena *arena;
    int64_t brand, inbox;
    bool paused;
};

static err need(db_conn *c, struct changing *x, struct store_channel *ret,
                const struct social_network **ret_network) {
    TRY(store_channel_get(c, x->arena, x->brand, x->inbox, ret));
    return channel_network(ret->kind, ret_network);
}

static err pause(db_conn *c, void *arg) {
    struct changing *x = arg;
    struct store_channel row;
    const struct social_network *network;
    int64_t now = desk_now(x->desk);
    TRY(need(c, x, &row, &network));
    TRY(store_channel_pause(c, x->brand, x->inbox, x->paused ? now : 0));
    return x->paused ? ERR_NONE : channel_job_in(c, network, x->brand, x->inbox, now);
}

static err look(db_conn *c, void *arg) {
    struct changing *x = arg;
    struct store_channel row;
    const struct social_network *network;
    TRY(need(c, x, &row, &network));
    return channel_job_in(c, network, x->brand, x->inbox, desk_now(x->desk));
}

static err remove_one(db_conn *c, void *arg) {
    struct changing *x = arg;
    struct store_channel row;
    TRY(store_channel_get(c, x->arena, x->brand, x->inbox, &row));
    TRY(store_channel_delete(c, x->brand, x->inbox));
    return store_inbox_set_disabled(c, x->arena, x->brand, x->inbox, desk_now(x->desk));
}

static err change(struct desk *d, arena *a, const struct actor *who, int64_t inbox, bool paused, db_fn fn) {
    struct changing x = {d, a, who->brand, inbox, paused};
    TRY(db_write(d->db, fn, &x));
    desk_changed(d, who->brand, 0, "inbox");
    desk_work(d);
    return ERR_NONE;
}

err channel_pause(struct desk *d, arena *a, const struct actor *who, int64_t inbox, bool paused) {
    return change(d, a, who, inbox, paused, pause);
}

err channel_remove(struct desk *d, arena *a, const struct actor *who, int64_t inbox) {
    return change(d, a, who, inbox, false, remove_one);
}

err channel_look(struct desk *d, arena *a, const struct actor *who, int64_t inbox) {
    return change(d, a, who, inbox, false, look);
}

err channel_get(const struct desk *d, arena *a, int64_t brand, int64_t inbox, struct store_channel *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_channel_get(c, a, brand, inbox, ret);
}
