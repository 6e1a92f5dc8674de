/* The first brand, its inbox and its administrator; see people.h. */
#include "base/random.h"
#include "desk/brands.h"
#include "desk/check.h"
#include "desk/password.h"
#include "desk/people.h"
#include "desk/settings.h"
#include "store/account.h"

struct setup {
    const struct desk *d;
    arena *a;
    str brand, zone, language; /* checked; brand "" takes the first there is */
    struct store_inbox inbox;  /* checked; address "" takes the default there is */
    str admin, admin_name;     /* checked; admin "" takes the first administrator there is */
    str password, password_hash;
    struct people_setup_done done;
};

static err ensure_brand(struct setup *x, db_conn *c) {
    struct people_setup_done *done = &x->done;
    err code;
    if (x->brand.n) {
        code = store_brand_by_slug(c, x->a, brand_slug_of(x->a, x->brand), &done->brand);
        if (code != ERR_MISSING) return code;
    } else {
        store_brand_list all;
        TRY(store_brand_list_all(c, x->a, &all));
        if (all.n) {
            done->brand = all.v[0];
            return ERR_NONE;
        }
    }
    done->new_brand = true;
    str name = x->brand.n ? x->brand : S("Our brand");
    return brand_insert(x->d, c, x->a, name, x->zone, x->language, &done->brand);
}

static err ensure_inbox(struct setup *x, db_conn *c) {
    struct people_setup_done *done = &x->done;
    int64_t brand = done->brand.id;
    err code = x->inbox.address.n
                   ? store_inbox_of_brand_by_address(c, x->a, brand, x->inbox.address, &done->inbox)
                   : store_inbox_default(c, x->a, brand, &done->inbox);
    if (code != ERR_MISSING) return code;
    done->new_inbox = true;
    done->inbox = x->inbox;
    if (done->inbox.address.n == 0) done->inbox.address = S("desk@localhost");
    return inbox_insert(x->d, c, x->a, brand, &done->inbox);
}

static err first_administrator(struct setup *x, db_conn *c, struct store_agent *ret_agent) {
    store_agent_list agents;
    TRY(store_agent_list_of_brand(c, x->a, x->done.brand.id, &agents));
    for (size_t i = 0; i < agents.n; i++) {
        const struct store_agent *g = &agents.v[i];
        if (g->disabled_at || !str_eq(g->role, str_z(role_text(ROLE_ADMINISTRATOR)))) continue;
        *ret_agent = *g;
        return ERR_NONE;
    }
    return err_set(ERR_MISSING, "The brand has no administrator.");
}

static err ensure_account(struct setup *x, db_conn *c, str email, int64_t *ret_account) {
    struct store_account account;
    err code = store_account_by_email(c, x->a, email, &account);
    if (code && code != ERR_MISSING) return code;
    if (code == ERR_MISSING) {
        int64_t now = desk_now(x->d);
        str name = x->admin_name.n ? x->admin_name : str_slice(email, 0, str_find_char(email, '@', 0));
        account = (struct store_account){
            .id = id_new(now),
            .email = email,
            .name = name,
            .password = x->password_hash,
            .zone = x->done.brand.zone,
            .language = x->done.brand.language,
            .created_at = now,
        };
        TRY(store_account_insert(c, x->a, &account));
        x->done.first_password = x->password;
    }
    *ret_account = account.id;
    return ERR_NONE;
}

static err ensure_admin(struct setup *x, db_conn *c) {
    struct people_setup_done *done = &x->done;
    int64_t account, now = desk_now(x->d);
    if (x->admin.n == 0) {
        err found = first_administrator(x, c, &done->admin);
        if (found != ERR_MISSING) return found;
    }
    TRY(ensure_account(x, c, x->admin.n ? x->admin : S("admin@localhost"), &account));
    err code = store_agent_by_account(c, x->a, done->brand.id, account, &done->admin);
    if (code != ERR_MISSING) return code;
    done->new_admin = true;
    struct store_agent fresh = {
        .brand_id = done->brand.id,
        .id = id_new(now),
        .account_id = account,
        .role = str_z(role_text(ROLE_ADMINISTRATOR)),
        .signature = S(""),
        .created_at = now,
    };
    TRY(store_agent_insert(c, x->a, &fresh));
    return store_agent_by_id(c, x->a, done->brand.id, fresh.id, &done->admin);
}

static err write_setup(db_conn *c, void *arg) {
    struct setup *x = arg;
    x->done = (struct people_setup_done){.first_password = S("")};
    TRY(ensure_brand(x, c));
    TRY(ensure_inbox(x, c));
    return ensure_admin(x, c);
}

static err check_setup(arena *a, const struct people_setup *wanted, struct setup *x) {
    TRY(check_line_or_empty("The name of the brand", wanted->brand, CHECK_NAME_BYTES, &x->brand));
    TRY(check_line_or_empty("The name of the administrator", wanted->admin_name, CHECK_NAME_BYTES,
                            &x->admin_name));
    if (wanted->zone.n) TRY(check_zone(wanted->zone));
    if (wanted->language.n) TRY(check_language(wanted->language));
    x->zone = wanted->zone;
    x->language = wanted->language;
    if (wanted->admin.n) TRY(check_email(a, wanted->admin, &x->admin));
    struct inbox_form form = {.address = wanted->inbox.n ? wanted->inbox : S("desk@localhost"),
                              .silent_after_hours = -1};
    TRY(inbox_check(a, &form, &x->inbox));
    if (wanted->inbox.n == 0) x->inbox.address = S("");
    return ERR_NONE;
}

err people_setup(const struct desk *d, arena *a, const struct people_setup *wanted,
                 struct people_setup_done *ret_done) {
    struct setup x = {.d = d, .a = a, .password = password_new(a)};
    TRY(check_setup(a, wanted, &x));
    /* Beforehand, though it may not be needed: hashing takes long and the write must not. */
    TRY(password_hash(a, x.password, &x.password_hash));
    TRY(db_write(d->db, write_setup, &x));
    *ret_done = x.done;
    return ERR_NONE;
}
