/* Inboxes of a brand; see brands.h. */
#include <string.h>

#include "base/random.h"
#include "desk/brands.h"
#include "desk/check.h"
#include "desk/secret.h"
#include "desk/settings.h"

enum { HOURS_MAX = 8760, PORT_MAX = 65535, HOST_BYTES = 253 };

static const char *const transports[TRANSPORTS] = {"maildir", "smtp"};

bool transport_from(str text, enum transport *ret_transport) {
    for (int i = 0; i < TRANSPORTS; i++) {
        if (!str_eq(text, str_z(transports[i]))) continue;
        *ret_transport = (enum transport)i;
        return true;
    }
    return false;
}

bool inbox_takes_mail(const struct store_inbox *inbox) {
    enum transport t;
    return transport_from(inbox->transport, &t);
}

/* A name or an address of a machine; nothing that could be read as part of a URL. */
bool inbox_host_fits(str host) {
    if (host.n == 0 || host.n > HOST_BYTES || host.p[0] == '-') return false;
    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '.' && c != '-' && c != ':') return false;
    }
    return true;
}

/* 127.1.2.3, and not 127.evil.example. */
bool inbox_host_is_here(str host) {
    if (str_eq_nocase(host, S("localhost")) || str_eq(host, S("::1"))) return true;
    if (!str_starts(host, S("127."))) return false;
    int dots = 0;
    for (size_t i = 0; i < host.n; i++) {
        if (host.p[i] == '.')
            dots++;
        else if (host.p[i] < '0' || host.p[i] > '9')
            return false;
    }
    return dots == 3 && host.p[host.n - 1] != '.';
}

static err check_tls(const struct inbox_form *form, struct store_inbox *row) {
    row->smtp_tls = form->smtp_tls.n ? form->smtp_tls : S("required");
    bool never = str_eq(row->smtp_tls, S("never"));
    if (!never && !str_eq(row->smtp_tls, S("required")) && !str_eq(row->smtp_tls, S("implicit"))) {
        return err_set(ERR_INVALID, "TLS must be required, implicit or never.");
    }
    if (never && !inbox_host_is_here(row->smtp_host)) {
        return err_set(ERR_INVALID, "Letters may go without TLS only to a server on this machine.");
    }
    row->smtp_port = form->smtp_port ? form->smtp_port : str_eq(row->smtp_tls, S("implicit")) ? 465 : 587;
    if (row->smtp_port < 1 || row->smtp_port > PORT_MAX) {
        return err_set(ERR_INVALID, "The port of the mail server must be from 1 to 65535.");
    }
    return ERR_NONE;
}

static err check_smtp(const struct inbox_form *form, struct store_inbox *row) {
    str host = str_trim(form->smtp_host);
    if (str_starts(host, S("[")) && str_ends(host, S("]"))) host = str_slice(host, 1, host.n - 1);
    if (!inbox_host_fits(host))
        return err_set(ERR_INVALID, "The mail server must be a name such as mail.example.org.");
    row->smtp_host = host;
    TRY(check_tls(form, row));
    TRY(check_line_or_empty("The user of the mail server", form->smtp_user, CHECK_NAME_BYTES,
                            &row->smtp_user));
    str seen;
    TRY(check_line_or_empty("The password of the mail server", form->smtp_password, 1024, &seen));
    row->smtp_password = form->smtp_password.n ? form->smtp_password : S("");
    TRY(check_line_or_empty("The file of certificates", form->smtp_ca_file, 1000, &row->smtp_ca_file));
    if (row->smtp_ca_file.n && row->smtp_ca_file.p[0] != '/') {
        return err_set(ERR_INVALID, "The file of certificates must be given from / on.");
    }
    return ERR_NONE;
}

err inbox_check(arena *a, const struct inbox_form *form, struct store_inbox *ret_inbox) {
    struct store_inbox row = {.smtp_host = S(""),
                              .smtp_tls = S("required"),
                              .smtp_user = S(""),
                              .smtp_password = S(""),
                              .smtp_ca_file = S(""),
                              .silent_after_hours = form->silent_after_hours,
                              .is_default = form->is_default};
    enum transport transport = TRANSPORT_MAILDIR;
    TRY(check_email(a, form->address, &row.address));
    TRY(check_line_or_empty("The name of the inbox", form->name, CHECK_NAME_BYTES, &row.name));
    if (form->transport.n && !transport_from(form->transport, &transport)) {
        return err_set(ERR_INVALID, "Letters leave by maildir or by smtp.");
    }
    row.transport = str_z(transports[transport]);
    switch (transport) {
    case TRANSPORT_MAILDIR: break;
    case TRANSPORT_SMTP: TRY(check_smtp(form, &row)); break;
    }
    if (row.silent_after_hours < -1 || row.silent_after_hours > HOURS_MAX) {
        return err_set(ERR_INVALID, "The hours without a letter must be from 0 (never reported) to %d.",
                       HOURS_MAX);
    }
    *ret_inbox = row;
    return ERR_NONE;
}

/* ---- its password ---- */

static struct secret_use password_of(const struct store_inbox *inbox, int64_t brand) {
    return (struct secret_use){"smtp password", brand, inbox->smtp_host};
}

static err seal_password(const struct desk *d, arena *a, int64_t brand, struct store_inbox *inbox) {
    struct secret_use use = password_of(inbox, brand);
    return secret_seal(d, a, &use, inbox->smtp_password, &inbox->smtp_password);
}

err inbox_open_password(const struct desk *d, arena *a, struct store_inbox *inbox) {
    struct secret_use use = password_of(inbox, inbox->brand_id);
    return secret_open(d, a, &use, inbox->smtp_password, &inbox->smtp_password);
}

struct inbox_write {
    const struct desk *d;
    arena *a;
    int64_t brand, id;
    bool keep_password;
    struct store_inbox form, row;
};

static err refuse_taken(db_conn *c, arena *a, int64_t brand, int64_t id, str address) {
    struct store_inbox other;
    err code = store_inbox_by_address(c, a, address, &other);
    if (code == ERR_MISSING) code = store_inbox_of_brand_by_address(c, a, brand, address, &other);
    if (code) return code == ERR_MISSING ? ERR_NONE : code;
    if (other.brand_id == brand && other.id == id) return ERR_NONE;
    return err_set(ERR_CONFLICT, "Letters to %.*s come to an inbox already.", STR_FMT(address));
}

static err fill_hours(db_conn *c, arena *a, int64_t brand, struct store_inbox *row) {
    if (row->silent_after_hours >= 0) return ERR_NONE;
    return setting_number(c, a, brand, SETTING_SILENT_INBOX_HOURS, &row->silent_after_hours);
}

err inbox_insert(const struct desk *d, db_conn *c, arena *a, int64_t brand, struct store_inbox *row) {
    TRY(store_brand_lock(c, a, brand));
    TRY(refuse_taken(c, a, brand, 0, row->address));
    TRY(fill_hours(c, a, brand, row));
    row->brand_id = brand;
    row->created_at = desk_now(d);
    row->id = id_new(row->created_at);
    struct store_inbox first;
    err code = store_inbox_default(c, a, brand, &first);
    if (code && code != ERR_MISSING) return code;
    bool becomes_default = row->is_default || code == ERR_MISSING;
    row->is_default = false;
    TRY(store_inbox_insert(c, a, row));
    if (becomes_default) TRY(store_inbox_set_default(c, a, brand, row->id));
    row->is_default = becomes_default;
    return ERR_NONE;
}

static err write_inbox_create(db_conn *c, void *arg) {
    struct inbox_write *x = arg;
    x->row = x->form;
    return inbox_insert(x->d, c, x->a, x->brand, &x->row);
}

err inbox_create(const struct desk *d, arena *a, int64_t brand, const struct inbox_form *form,
                 struct store_inbox *ret_inbox) {
    struct inbox_write x = {.d = d, .a = a, .brand = brand};
    TRY(inbox_check(a, form, &x.form));
    TRY(seal_password(d, a, brand, &x.form));
    TRY(db_write(d->db, write_inbox_create, &x));
    desk_changed(d, brand, 0, "inbox");
    *ret_inbox = x.row;
    return ERR_NONE;
}

/* The stored password must not be sent to another server than the one it was given for, nor in the clear. */
static bool same_server(const struct store_inbox *old, const struct store_inbox *fresh) {
    bool gives_up_tls = str_eq(fresh->smtp_tls, S("never")) && !str_eq(old->smtp_tls, S("never"));
    return str_eq_nocase(old->smtp_host, fresh->smtp_host) && old->smtp_port == fresh->smtp_port &&
           !gives_up_tls && str_eq(old->smtp_ca_file, fresh->smtp_ca_file);
}

static err write_inbox_change(db_conn *c, void *arg) {
    struct inbox_write *x = arg;
    struct store_inbox old;
    TRY(store_brand_lock(c, x->a, x->brand));
    TRY(store_inbox_by_id(c, x->a, x->brand, x->id, &old));
    x->row = x->form;
    x->row.brand_id = x->brand;
    x->row.id = x->id;
    x->row.letter_at = old.letter_at;
    x->row.created_at = old.created_at;
    x->row.disabled_at = old.disabled_at;
    TRY(refuse_taken(c, x->a, x->brand, x->id, x->row.address));
    if (x->row.silent_after_hours < 0) x->row.silent_after_hours = old.silent_after_hours;
    if (x->keep_password && old.smtp_password.n && str_eq(x->row.transport, S("smtp"))) {
        if (!same_server(&old, &x->row)) {
            return err_set(ERR_INVALID, "The mail server changed, so its password has to be typed again.");
        }
        x->row.smtp_password = old.smtp_password;
        /* One that was kept before passwords were sealed. */
        if (!secret_is_sealed(old.smtp_password)) TRY(seal_password(x->d, x->a, x->brand, &x->row));
    }
    TRY(store_inbox_update(c, x->a, &x->row));
    if (!x->form.is_default) {
        x->row.is_default = old.is_default;
        return ERR_NONE;
    }
    if (old.disabled_at) return err_set(ERR_CONFLICT, "A disabled inbox cannot be the default.");
    return store_inbox_set_default(c, x->a, x->brand, x->id);
}

err inbox_change(const struct desk *d, arena *a, int64_t brand, int64_t id, const struct inbox_form *form,
                 struct store_inbox *ret_inbox) {
    struct inbox_write x = {.d = d, .a = a, .brand = brand, .id = id, .keep_password = form->keep_password};
    TRY(inbox_check(a, form, &x.form));
    TRY(seal_password(d, a, brand, &x.form));
    TRY(db_write(d->db, write_inbox_change, &x));
    desk_changed(d, brand, 0, "inbox");
    *ret_inbox = x.row;
    return ERR_NONE;
}

static err write_inbox_disable(db_conn *c, void *arg) {
    struct inbox_write *x = arg;
    struct store_inbox old;
    TRY(store_brand_lock(c, x->a, x->brand));
    TRY(store_inbox_by_id(c, x->a, x->brand, x->id, &old));
    if (old.is_default) {
        return err_set(ERR_CONFLICT, "This is the default inbox; make another one the default first.");
    }
    if (old.disabled_at) return ERR_NONE;
    return store_inbox_set_disabled(c, x->a, x->brand, x->id, desk_now(x->d));
}

err inbox_disable(const struct desk *d, arena *a, int64_t brand, int64_t id) {
    struct inbox_write x = {.d = d, .a = a, .brand = brand, .id = id};
    TRY(db_write(d->db, write_inbox_disable, &x));
    desk_changed(d, brand, 0, "inbox");
    return ERR_NONE;
}

static err write_inbox_enable(db_conn *c, void *arg) {
    struct inbox_write *x = arg;
    struct store_inbox old;
    TRY(store_brand_lock(c, x->a, x->brand));
    TRY(store_inbox_by_id(c, x->a, x->brand, x->id, &old));
    /* Another brand may have taken the address meanwhile. */
    TRY(refuse_taken(c, x->a, x->brand, x->id, old.address));
    return store_inbox_set_disabled(c, x->a, x->brand, x->id, 0);
}

err inbox_enable(const struct desk *d, arena *a, int64_t brand, int64_t id) {
    struct inbox_write x = {.d = d, .a = a, .brand = brand, .id = id};
    TRY(db_write(d->db, write_inbox_enable, &x));
    desk_changed(d, brand, 0, "inbox");
    return ERR_NONE;
}
