#include "desk/transport.h"

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

err transport_send(const struct desk *d, arena *a, const struct store_inbox *inbox, int64_t id, str recipient,
                   str bytes, err (*before_dot)(void *context), void *context,
                   struct send_report *ret_report) {
    if (!str_eq(inbox->transport, S("smtp"))) {
        to_maildir(d, a, id, bytes, ret_report);
        return ERR_NONE;
    }
    struct smtp_options smtp = {.host = inbox->smtp_host,
                                .port = (int)inbox->smtp_port,
                                .tls = tls_of(inbox->smtp_tls),
                                .user = inbox->smtp_user,
                                .password = inbox->smtp_password,
                                .ca_file = inbox->smtp_ca_file};
    return smtp_send(a, &smtp, inbox->address, recipient, bytes, before_dot, context, ret_report);
}

err transport_forget(const struct desk *d, arena *a, int64_t id) {
    return maildir_remove(a, maildir_of(d, a), name_of(a, id));
}
