#include "desk/transport.h"

#include "desk/brands.h"
#include "desk/fetch.h"
#include "format/idn.h"

static smtp_tls tls_of(str text) {
    if (str_eq(text, S("implicit"))) return SMTP_TLS_IMPLICIT;
    if (str_eq(text, S("never"))) return SMTP_TLS_NEVER;
    return SMTP_TLS_REQUIRED;
}

static str maildir_of(const struct desk *d, arena *a) {
    return str_fmt(a, "%.*s/maildir", STR_FMT(d->folder));
}

static str name_of(arena *a, int64_t id) { return str_fmt(a, "%lld.longhand", (long long)id); }

/* The default on a fresh machine: a Maildir in the data folder. Its name makes a second delivery harmless. */
static void to_maildir(const struct desk *d, arena *a, int64_t id, str bytes,
                       struct send_report *ret_report) {
    err e = maildir_deliver(a, maildir_of(d, a), name_of(a, id), bytes);
    ret_report->result = e ? SEND_LATER : SEND_ACCEPTED;
    ret_report->says = e ? str_copy(a, str_z(err_text()))
                         : S("Kept in the Maildir of this machine; no mail server is set up for this inbox.");
}

/* A user without a password: the mailbox of the same name that is fetched by consent (desk/fetch.h) lets the
 * desk send as well. Its token goes to the same provider's mail server only, and never in the clear. */
static err find_bearer(const struct desk *d, arena *a, const struct store_inbox *inbox, str *ret_bearer) {
    static const struct {
        const char *fetched, *sends;
    } same[] = {{"imap.gmail.com", "smtp.gmail.com"}, {"outlook.office365.com", "smtp.office365.com"}};
    bool asked = false;
    *ret_bearer = S("");
    if (!inbox->smtp_user.n || inbox->smtp_password.n || tls_of(inbox->smtp_tls) == SMTP_TLS_NEVER)
        return ERR_NONE;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        asked = asked || str_eq_nocase(inbox->smtp_host, str_z(same[i].sends));
    if (!asked) return ERR_NONE;
    struct imap_login login;
    err e = fetch_login(d, a, inbox->brand_id, inbox->id, &login);
    if (e) return e == ERR_MISSING ? ERR_NONE : e;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (str_eq_nocase(login.host, str_z(same[i].fetched)) &&
            str_eq_nocase(inbox->smtp_host, str_z(same[i].sends)) &&
            str_eq_nocase(login.user, inbox->smtp_user))
            *ret_bearer = login.bearer;
    return ERR_NONE;
}

err transport_send(const struct desk *d, arena *a, const struct store_inbox *inbox, int64_t id, str recipient,
                   str bytes, err (*before_dot)(void *context), void *context,
                   struct send_report *ret_report) {
    if (!str_eq(inbox->transport, S("smtp"))) {
        to_maildir(d, a, id, bytes, ret_report);
        return ERR_NONE;
    }
    struct store_inbox opened = *inbox;
    if (inbox_open_password(d, a, &opened)) {
        *ret_report = (struct send_report){.result = SEND_LATER, .says = str_copy(a, str_z(err_text()))};
        return ERR_NONE;
    }
    struct smtp_options smtp = {.host = inbox->smtp_host,
                                .port = (int)inbox->smtp_port,
                                .tls = tls_of(inbox->smtp_tls),
                                .user = inbox->smtp_user,
                                .password = opened.smtp_password,
                                .ca_file = inbox->smtp_ca_file};
    str from, to;
    TRY(find_bearer(d, a, inbox, &smtp.bearer));
    if (!idn_address(a, inbox->address, &from) || !idn_address(a, recipient, &to))
        return err_set(ERR_INVALID, "\"%.*s\" has a domain that cannot exist.", STR_FMT(recipient));
    return smtp_send(a, &smtp, from, to, bytes, before_dot, context, ret_report);
}

err transport_forget(const struct desk *d, arena *a, int64_t id) {
    return maildir_remove(a, maildir_of(d, a), name_of(a, id));
}
