#include "desk/policy.h"

#include "base/lang.h"
#include "base/random.h"
#include "base/zone.h"
#include "desk/catalogue_read.h"
#include "desk/check.h"
#include "store/brand.h"
#include "store/gesture.h"
#include "store/setting.h"

static const char *const situations[] = {"lost",  "missing", "broken", "late",
                                         "wrong", "outage",  "charge", "other"};
enum { SITUATIONS = sizeof situations / sizeof *situations };

const char *situation_at(size_t i) { return i < SITUATIONS ? situations[i] : NULL; }

bool situation_is(str s) {
    for (size_t i = 0; i < SITUATIONS; i++)
        if (str_eq(s, str_z(situations[i]))) return true;
    return false;
}

static bool kind_of(str s, catalogue_kind *ret) {
    static const char *const kinds[] = {"product", "figure", "part"};
    for (int i = 0; i < 3; i++) {
        if (!str_eq(s, str_z(kinds[i]))) continue;
        *ret = (catalogue_kind)i;
        return true;
    }
    return false;
}

err concerns_check(db_conn *c, arena *a, int64_t brand, struct concerns x, str *ret_name,
                   int64_t *ret_retired_at) {
    catalogue_kind kind;
    str name = S("");
    int64_t retired = 0;
    if (x.kind.n && !kind_of(x.kind, &kind))
        return err_set(ERR_INVALID, "Say product, figure or part, not \"%.*s\".",
                       STR_FMT(str_clip_utf8(x.kind, 40)));
    if (!x.kind.n && x.code.n)
        return err_set(ERR_INVALID, "Say whether %.*s is a product, a figure or a part.",
                       STR_FMT(str_clip_utf8(x.code, 60)));
    if (x.code.n) {
        err e = store_gesture_item(c, a, brand, catalogue_item_id(kind, x.code), &name, &retired);
        if (e == ERR_MISSING)
            return err_set(ERR_MISSING, "The catalogue has no %.*s \"%.*s\".", STR_FMT(x.kind),
                           STR_FMT(str_clip_utf8(x.code, 60)));
        TRY(e);
    }
    *ret_name = name;
    *ret_retired_at = retired;
    return ERR_NONE;
}

/* ---- currency ---- */

err policy_currency(db_conn *c, arena *a, int64_t brand, struct currency *ret) {
    str code = S("EUR");
    err e = store_setting_get(c, a, brand, S("currency"), &code);
    if (e && e != ERR_MISSING) return e;
    return currency_from(code, ret);
}

err policy_currency_check(struct currency own, str code) {
    struct currency said;
    if (!str_trim(code).n) return ERR_NONE;
    TRY(currency_from(code, &said));
    if (!currency_same(own, said))
        return err_set(ERR_INVALID, "This brand counts in %s; nothing can be given in %s here.", own.code,
                       said.code);
    return ERR_NONE;
}

struct currency_change {
    arena *a;
    int64_t brand;
    struct currency to;
};

static err write_currency(db_conn *c, void *arg) {
    struct currency_change *x = arg;
    struct currency own;
    int64_t amounts;
    TRY(policy_currency(c, x->a, x->brand, &own));
    if (currency_same(own, x->to)) return ERR_NONE;
    TRY(store_policy_amounts(c, x->brand, &amounts));
    if (amounts)
        return err_set(ERR_CONFLICT,
                       "%lld policies and allowances hold amounts in %s. Retire them or set them to nothing "
                       "before the brand counts in %s.",
                       (long long)amounts, own.code, x->to.code);
    return store_setting_set(c, x->a, x->brand, S("currency"), currency_str(&x->to));
}

err policy_currency_change(const struct desk *d, arena *a, const struct actor *who, str code) {
    struct currency_change x = {.a = a, .brand = who->brand};
    TRY(currency_from(code, &x.to));
    TRY(db_write(d->db, write_currency, &x));
    desk_changed(d, who->brand, 0, "policy");
    return ERR_NONE;
}

/* ---- policies ---- */

struct store_policy policy_fitting(const store_policy_list *live, str situation, struct concerns x) {
    const struct store_policy *best = NULL;
    int most = -1;
    for (size_t i = 0; i < live->n; i++) {
        const struct store_policy *p = &live->v[i];
        int special = p->item_code.n ? 2 : p->item_kind.n ? 1 : 0;
        bool fits = str_eq(p->situation, situation) && (!p->item_kind.n || str_eq(p->item_kind, x.kind)) &&
                    (!p->item_code.n || str_eq(p->item_code, x.code));
        if (fits && special > most) best = p, most = special;
    }
    return best ? *best : (struct store_policy){0};
}

err policy_list(const struct desk *d, arena *a, int64_t brand, store_policy_list *ret_live,
                store_policy_list *ret_retired) {
    DB_READ_AUTO db_conn *c = NULL;
    store_policy_list live = {0};
    TRY(db_read_begin(d->db, &c));
    TRY(store_policies(c, a, brand, &live));
    TRY(store_policies_retired(c, a, brand, 200, ret_retired));
    *ret_live = live;
    return ERR_NONE;
}

struct policy_write {
    const struct desk *d;
    arena *a;
    const struct actor *who;
    const struct policy_form *form;
    int64_t id; /* the one to change or retire */
    int64_t made, replaced;
};

static err check_amount(const struct policy_form *f) {
    if (f->amount < 0) return err_set(ERR_INVALID, "The amount must not be negative.");
    if (f->amount > MONEY_MAX) return err_set(ERR_LIMIT, "The amount is larger than a desk can count.");
    bool money = f->answer == ANSWER_ASK_PAYMENT || f->answer == ANSWER_REFUND || f->answer == ANSWER_VOUCHER;
    if (money && !f->amount)
        return err_set(ERR_INVALID, "%s",
                       f->answer == ANSWER_ASK_PAYMENT
                           ? T("Say how much we ask for.")
                           : T("Say how much it may be at most in one conversation."));
    if (f->answer == ANSWER_NONE && f->amount)
        return err_set(ERR_INVALID, "Where the normal answer is nothing, there is no amount either.");
    return ERR_NONE;
}

static err check_policy(db_conn *c, arena *a, const struct actor *who, const struct policy_form *f,
                        struct store_policy *ret) {
    struct currency own;
    int64_t retired;
    struct store_policy row = {.situation = f->situation,
                               .item_kind = f->concerns.kind,
                               .item_code = f->concerns.code,
                               .answer = f->answer,
                               .amount = f->amount,
                               .quantity = f->quantity ? f->quantity : POLICY_QUANTITY_STANDARD,
                               .agent_id = who->agent};
    if (!situation_is(f->situation))
        return err_set(ERR_INVALID,
                       "Say what happened: lost, missing, broken, late, wrong, outage, charge or "
                       "other.");
    TRY(check_amount(f));
    if (row.quantity < 1 || row.quantity > POLICY_QUANTITY_MAX)
        return err_set(ERR_INVALID, "The quantity must be from 1 to %d.", POLICY_QUANTITY_MAX);
    TRY(check_text(a, "The hint", f->hint, POLICY_HINT_BYTES, &row.hint));
    TRY(policy_currency(c, a, who->brand, &own));
    TRY(policy_currency_check(own, f->currency));
    TRY(concerns_check(c, a, who->brand, f->concerns, &row.item_name, &retired));
    *ret = row;
    return ERR_NONE;
}

static err insert_policy(db_conn *c, const struct desk *d, const struct actor *who,
                         struct store_policy *row) {
    row->updated_at = desk_now(d);
    row->id = id_new(row->updated_at);
    return store_policy_insert(c, who->brand, row);
}

err policy_put(db_conn *c, const struct desk *d, arena *a, const struct actor *who,
               const struct policy_form *form, int64_t *ret_id, int64_t *ret_replaced) {
    struct store_policy row, there;
    bool was = false;
    TRY(check_policy(c, a, who, form, &row));
    TRY(store_policy_at(c, a, who->brand, row.situation, row.item_kind, row.item_code, &there));
    if (there.id) TRY(store_policy_retire(c, who->brand, there.id, who->agent, desk_now(d), &was));
    TRY(insert_policy(c, d, who, &row));
    *ret_id = row.id;
    *ret_replaced = there.id;
    return ERR_NONE;
}

static err taken(void) {
    return err_set(ERR_CONFLICT, "There is a policy for this already; change that one.");
}

static err write_policy(db_conn *c, void *arg) {
    struct policy_write *x = arg;
    struct store_policy row, there;
    store_policy_list all = {0};
    bool was = false;
    TRY(check_policy(c, x->a, x->who, x->form, &row));
    if (x->id) {
        TRY(store_policy_get(c, x->a, x->who->brand, x->id, &there));
        TRY(store_policy_retire(c, x->who->brand, x->id, x->who->agent, desk_now(x->d), &was));
        if (!was)
            return err_set(ERR_CONFLICT,
                           "Somebody changed or retired this policy while you were writing. Look "
                           "at theirs before you keep yours.");
    } else {
        TRY(store_policies(c, x->a, x->who->brand, &all));
        if (all.n >= POLICIES_MAX)
            return err_set(ERR_LIMIT, "There are %d policies. Retire one before you add another.",
                           POLICIES_MAX);
    }
    TRY(store_policy_at(c, x->a, x->who->brand, row.situation, row.item_kind, row.item_code, &there));
    if (there.id) return taken();
    TRY(insert_policy(c, x->d, x->who, &row));
    x->made = row.id;
    return ERR_NONE;
}

err policy_add(const struct desk *d, arena *a, const struct actor *who, const struct policy_form *form,
               int64_t *ret_id) {
    return policy_change(d, a, who, 0, form, ret_id);
}

err policy_change(const struct desk *d, arena *a, const struct actor *who, int64_t id,
                  const struct policy_form *form, int64_t *ret_id) {
    struct policy_write x = {.d = d, .a = a, .who = who, .form = form, .id = id};
    TRY(db_write(d->db, write_policy, &x));
    desk_changed(d, who->brand, 0, "policy");
    *ret_id = x.made;
    return ERR_NONE;
}

static err write_retire(db_conn *c, void *arg) {
    struct policy_write *x = arg;
    struct store_policy there;
    bool was;
    TRY(store_policy_get(c, x->a, x->who->brand, x->id, &there));
    return store_policy_retire(c, x->who->brand, x->id, x->who->agent, desk_now(x->d), &was);
}

err policy_retire(const struct desk *d, arena *a, const struct actor *who, int64_t id) {
    struct policy_write x = {.d = d, .a = a, .who = who, .id = id};
    TRY(db_write(d->db, write_retire, &x));
    desk_changed(d, who->brand, 0, "policy");
    return ERR_NONE;
}
