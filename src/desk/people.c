#include "desk/people.h"

#include "base/random.h"
#include "desk/check.h"
#include "desk/conversation.h"
#include "desk/sign_in.h"
#include "store/account.h"
#include "store/session.h"

enum { SIGNATURE_BYTES = 2000 };

struct people_write {
    const struct desk *d;
    arena *a;
    int64_t brand, agent, account;
    enum role role;
    str email, name, zone, language, text;
    struct people_invited invited;
};

static err agent_row(struct people_write *x, db_conn *c, struct store_agent *ret_agent) {
    return store_agent_by_id(c, x->a, x->brand, x->agent, ret_agent);
}

/* Somebody has to be able to let people in. Call with the brand locked. */
static err one_administrator_stays(struct people_write *x, db_conn *c, const struct store_agent *leaving) {
    str administrator = str_z(role_text(ROLE_ADMINISTRATOR));
    if (!str_eq(leaving->role, administrator) || leaving->disabled_at || leaving->account_disabled_at) {
        return ERR_NONE;
    }
    int64_t count;
    TRY(store_agent_count(c, x->a, x->brand, administrator, &count));
    if (count > 1) return ERR_NONE;
    return err_set(ERR_CONFLICT, "This is the brand's last administrator; make somebody else one first.");
}

/* Inviting. */

static err account_for(struct people_write *x, db_conn *c, struct store_account *ret_account) {
    err code = store_account_by_email(c, x->a, x->email, ret_account);
    if (code != ERR_MISSING) return code;
    int64_t now = desk_now(x->d);
    struct store_brand brand;
    TRY(store_brand_by_id(c, x->a, x->brand, &brand));
    struct store_account fresh = {
        .id = id_new(now),
        .email = x->email,
        .name = x->name,
        .password = S(""),
        .zone = brand.zone,
        .language = brand.language,
        .created_at = now,
    };
    TRY(store_account_insert(c, x->a, &fresh));
    *ret_account = fresh;
    return ERR_NONE;
}

static err insert_agent(struct people_write *x, db_conn *c, int64_t account) {
    int64_t now = desk_now(x->d);
    struct store_agent fresh = {
        .brand_id = x->brand,
        .id = id_new(now),
        .account_id = account,
        .role = str_z(role_text(x->role)),
        .signature = S(""),
        .created_at = now,
    };
    return store_agent_insert(c, x->a, &fresh);
}

/* An agent of this brand already: enable them again, or send the invitation again. */
static err invite_again(struct people_write *x, db_conn *c, const struct store_agent *there) {
    if (!there->disabled_at && !there->invited) {
        return err_set(ERR_CONFLICT, "%.*s is an agent of this brand already.", STR_FMT(x->email));
    }
    x->agent = there->id;
    TRY(one_administrator_stays(x, c, there));
    TRY(store_agent_set_role(c, x->a, x->brand, there->id, str_z(role_text(x->role))));
    return store_agent_set_disabled(c, x->a, x->brand, there->id, 0);
}

static err write_invite(db_conn *c, void *arg) {
    struct people_write *x = arg;
    struct store_account account;
    struct store_agent there;
    TRY(store_brand_lock(c, x->a, x->brand));
    TRY(account_for(x, c, &account));
    if (account.disabled_at)
        return err_set(ERR_DENIED, "The account of %.*s is disabled.", STR_FMT(x->email));
    err code = store_agent_by_account(c, x->a, x->brand, account.id, &there);
    if (code && code != ERR_MISSING) return code;
    TRY(code ? insert_agent(x, c, account.id) : invite_again(x, c, &there));
    TRY(store_agent_by_account(c, x->a, x->brand, account.id, &x->invited.agent));
    x->invited.link_token = S("");
    if (account.password.n) return ERR_NONE;
    /* The link of an earlier invitation may lie in the wrong mailbox; only the newest works. */
    TRY(sign_in_end_links(x->d, c, x->a, account.id));
    TRY(sign_in_store_link(x->d, c, x->a, account.id, true, x->text));
    x->invited.link_token = x->text;
    return ERR_NONE;
}

err people_invite(const struct desk *d, arena *a, int64_t brand, str email, str name, enum role role,
                  struct people_invited *ret_invited) {
    struct people_write x = {.d = d, .a = a, .brand = brand, .role = role, .text = token_new(a)};
    TRY(check_email(a, email, &x.email));
    TRY(check_line_or_empty("The name", name, CHECK_NAME_BYTES, &x.name));
    if (x.name.n == 0) x.name = str_slice(x.email, 0, str_find_char(x.email, '@', 0));
    TRY(db_write(d->db, write_invite, &x));
    desk_changed(d, brand, 0, "agent");
    *ret_invited = x.invited;
    return ERR_NONE;
}

/* Changing. */

static err write_role(db_conn *c, void *arg) {
    struct people_write *x = arg;
    struct store_agent agent;
    TRY(store_brand_lock(c, x->a, x->brand));
    TRY(agent_row(x, c, &agent));
    if (x->role != ROLE_ADMINISTRATOR) TRY(one_administrator_stays(x, c, &agent));
    return store_agent_set_role(c, x->a, x->brand, x->agent, str_z(role_text(x->role)));
}

static err write_disable(db_conn *c, void *arg) {
    struct people_write *x = arg;
    struct store_agent agent;
    int64_t now = desk_now(x->d), brands;
    TRY(store_brand_lock(c, x->a, x->brand));
    TRY(agent_row(x, c, &agent));
    if (agent.disabled_at) return ERR_NONE;
    TRY(one_administrator_stays(x, c, &agent));
    TRY(store_agent_set_disabled(c, x->a, x->brand, x->agent, now));
    TRY(store_token_revoke_all_of_agent(c, x->a, x->brand, x->agent, now));
    TRY(store_agent_count_brands(c, x->a, agent.account_id, &brands));
    if (brands > 0) return ERR_NONE;
    TRY(sign_in_end_links(x->d, c, x->a, agent.account_id));
    return store_session_delete_of_account(c, x->a, agent.account_id, S(""));
}

static err write_enable(db_conn *c, void *arg) {
    struct people_write *x = arg;
    return store_agent_set_disabled(c, x->a, x->brand, x->agent, 0);
}

static err write_away(db_conn *c, void *arg) {
    struct people_write *x = arg;
    struct store_agent agent;
    TRY(agent_row(x, c, &agent));
    if (agent.away_at) return ERR_NONE;
    return store_agent_set_away(c, x->a, x->brand, x->agent, desk_now(x->d));
}

static err write_back(db_conn *c, void *arg) {
    struct people_write *x = arg;
    return store_agent_set_away(c, x->a, x->brand, x->agent, 0);
}

static err write_signature(db_conn *c, void *arg) {
    struct people_write *x = arg;
    return store_agent_set_signature(c, x->a, x->brand, x->agent, x->text);
}

static err write_profile(db_conn *c, void *arg) {
    struct people_write *x = arg;
    return store_account_set_profile(c, x->a, x->account, x->name, x->zone, x->language);
}

static err change(struct people_write *x, db_fn fn) {
    TRY(db_write(x->d->db, fn, x));
    desk_changed(x->d, x->brand, 0, "agent");
    return ERR_NONE;
}

err people_set_role(const struct desk *d, arena *a, int64_t brand, int64_t agent, enum role role) {
    struct people_write x = {.d = d, .a = a, .brand = brand, .agent = agent, .role = role};
    return change(&x, write_role);
}

/* Giving back comes after, in a transaction of its own; when it fails the same call can be made again. */
err people_disable(struct desk *d, arena *a, const struct actor *who, int64_t agent, int *ret_given_back) {
    struct people_write x = {.d = d, .a = a, .brand = who->brand, .agent = agent};
    TRY(change(&x, write_disable));
    return conversation_give_back_all(d, a, who, agent, ret_given_back);
}

err people_enable(const struct desk *d, arena *a, int64_t brand, int64_t agent) {
    struct people_write x = {.d = d, .a = a, .brand = brand, .agent = agent};
    return change(&x, write_enable);
}

err people_away(struct desk *d, arena *a, const struct actor *who, int64_t agent, int *ret_given_back) {
    struct people_write x = {.d = d, .a = a, .brand = who->brand, .agent = agent};
    TRY(change(&x, write_away));
    return conversation_give_back_all(d, a, who, agent, ret_given_back);
}

err people_back(const struct desk *d, arena *a, int64_t brand, int64_t agent) {
    struct people_write x = {.d = d, .a = a, .brand = brand, .agent = agent};
    return change(&x, write_back);
}

err people_set_signature(const struct desk *d, arena *a, int64_t brand, int64_t agent, str signature) {
    struct people_write x = {.d = d, .a = a, .brand = brand, .agent = agent};
    TRY(check_text(a, "The signature", signature, SIGNATURE_BYTES, &x.text));
    return change(&x, write_signature);
}

err people_set_profile(const struct desk *d, arena *a, int64_t account, str name, str zone, str language) {
    struct people_write x = {.d = d, .a = a, .account = account, .zone = zone, .language = language};
    TRY(check_line("The name", name, CHECK_NAME_BYTES, &x.name));
    TRY(check_zone(zone));
    TRY(check_language(language));
    return db_write(d->db, write_profile, &x);
}

/* Reading. */

err people_list(const struct desk *d, arena *a, int64_t brand, store_agent_list *ret_agents) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_agent_list_of_brand(c, a, brand, ret_agents);
}

err people_by_email(const struct desk *d, arena *a, int64_t brand, str email, struct store_agent *ret_agent) {
    str normal;
    struct store_account account;
    struct store_agent agent;
    TRY(check_email(a, email, &normal));
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(store_account_by_email(c, a, normal, &account));
    TRY(store_agent_by_account(c, a, brand, account.id, &agent));
    if (agent.disabled_at || agent.account_disabled_at) {
        return err_set(ERR_MISSING, "%.*s is disabled in this brand.", STR_FMT(normal));
    }
    *ret_agent = agent;
    return ERR_NONE;
}
