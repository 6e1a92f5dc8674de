#include "web/notice.h"

#include <pthread.h>
#include <signal.h>

#include "base/lang.h"
#include "base/log.h"
#include "base/random.h"
#include "desk/brands.h"
#include "desk/sign_in.h"
#include "format/compose.h"
#include "mail/send.h"
#include "store/brand.h"
#include "store/inbox.h"

enum { NOTICE_MAX_BYTES = 16 << 10, NOTICE_ARENA_BYTES = 16 << 20 };

str notice_link(const struct desk *d, arena *a, bool invitation, str token) {
    return str_fmt(a, "%.*s/%s/%.*s", STR_FMT(d->public_url), invitation ? "invitation" : "reset",
                   STR_FMT(token));
}

/* ---- one letter ---- */

struct notice {
    str to, text, subject;
    struct store_brand brand;
    struct store_inbox inbox;
    str bytes;
};

static bool leaves(const struct store_inbox *inbox) { return str_eq(inbox->transport, S("smtp")); }

static err take_inbox(db_conn *c, arena *a, const struct store_brand *brand, struct notice *n) {
    struct store_inbox inbox;
    err e = store_inbox_default(c, a, brand->id, &inbox);
    if (e) return e == ERR_MISSING ? ERR_NONE : e;
    if (inbox.disabled_at || (n->inbox.id && !leaves(&inbox))) return ERR_NONE;
    n->inbox = inbox;
    n->brand = *brand;
    return ERR_NONE;
}

static err compose(const struct desk *d, arena *a, struct notice *n) {
    str address = n->inbox.address;
    size_t at = str_find_char(address, '@', 0);
    struct compose_mail mail = {
        .from = {n->inbox.name.n ? n->inbox.name : n->brand.name, address},
        .subject = n->subject,
        .message_id =
            str_fmt(a, "%.*s@%.*s", STR_FMT(token_new(a)), STR_FMT(str_slice(address, at + 1, address.n))),
        .at = desk_now(d),
        .text = n->text,
        .auto_submitted = true,
    };
    list_add(a, &mail.to)->address = n->to;
    TRY(inbox_open_password(d, a, &n->inbox));
    return compose_bytes(a, &mail, &n->bytes);
}

static err into_folder(const struct desk *d, arena *a, const struct notice *n) {
    str folder = str_fmt(a, "%.*s/maildir", STR_FMT(d->folder));
    str name = str_fmt(a, "%lld.longhand", (long long)id_new(desk_now(d)));
    return maildir_deliver(a, folder, name, n->bytes);
}

static smtp_tls tls_of(str text) {
    if (str_eq(text, S("implicit"))) return SMTP_TLS_IMPLICIT;
    if (str_eq(text, S("never"))) return SMTP_TLS_NEVER;
    return SMTP_TLS_REQUIRED;
}

/* Needs nothing of the desk. A try that did not work is not repeated: whoever waits for it asks again. */
static enum notice_result by_server(arena *a, const struct notice *n) {
    const struct store_inbox *inbox = &n->inbox;
    struct smtp_options smtp = {.host = inbox->smtp_host,
                                .port = (int)inbox->smtp_port,
                                .tls = tls_of(inbox->smtp_tls),
                                .user = inbox->smtp_user,
                                .password = inbox->smtp_password,
                                .ca_file = inbox->smtp_ca_file,
                                .timeout_seconds = NOTICE_WAIT_SECONDS};
    struct send_report report;
    err e = smtp_send(a, &smtp, inbox->address, n->to, n->bytes, NULL, NULL, &report);
    smtp_thread_end();
    if (!e && report.result == SEND_ACCEPTED) return NOTICE_SENT;
    /* The server's own words may hold the address. */
    log_error("notice", "A letter with a link was not sent: %s.",
              e                                 ? err_name(e)
              : report.result == SEND_REFUSED   ? "the mail server refused it"
              : report.result == SEND_UNCERTAIN ? "the mail server did not answer"
                                                : "the mail server cannot take it now");
    return NOTICE_FAILED;
}

/* ---- a forgotten password ---- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t less;
    int threads, with_desk;
} under_way = {.lock = PTHREAD_MUTEX_INITIALIZER, .less = PTHREAD_COND_INITIALIZER};

struct ask {
    const struct desk *desk;
    arena *arena;
    str email, peer;
};

/* The brands' own language is not the reader's, so the account's is taken. */
static err write_reset(const struct desk *d, arena *a, str token, str email, struct notice *n) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_account account;
    store_brand_list brands = {0};
    TRY(db_read_begin(d->db, &c));
    TRY(store_account_by_email(c, a, email, &account));
    TRY(store_brand_list_of_account(c, a, account.id, &brands));
    for (size_t i = 0; i < brands.n && !(n->inbox.id && leaves(&n->inbox)); i++)
        TRY(take_inbox(c, a, &brands.v[i], n));
    if (!n->inbox.id) return err_set(ERR_MISSING, "No brand of the account has an inbox.");
    const struct lang *lang = lang_find(account.language);
    const str args[] = {account.name, notice_link(d, a, false, token)};
    BUF_AUTO buf text = BUF_MAX(NOTICE_MAX_BYTES);
    lang_fmt(
        &text, lang,
        T("Hello {0},\n\nsomebody, most likely you, asked for a new password for Longhand. This link leads "
          "to "
          "it. It works once, for one hour:\n\n{1}\n\nIf it was not you, you need do nothing: your password "
          "stays as it is.\n"),
        args, 2);
    n->to = email;
    n->subject = lang_text(lang, T("Your new password"));
    n->text = str_copy(a, buf_str(&text));
    return compose(d, a, n);
}

/* True when there is something for a mail server to take. */
static err reset(const struct ask *x, struct notice *n, bool *ret_by_server) {
    str token, email;
    TRY(sign_in_ask_reset(x->desk, x->arena, x->email, x->peer, &token, &email));
    if (!token.n) return ERR_NONE;
    TRY(write_reset(x->desk, x->arena, token, email, n));
    if (!leaves(&n->inbox)) return into_folder(x->desk, x->arena, n);
    *ret_by_server = true;
    return ERR_NONE;
}

static void count_down(int *what) {
    pthread_mutex_lock(&under_way.lock);
    --*what;
    pthread_cond_broadcast(&under_way.less);
    pthread_mutex_unlock(&under_way.lock);
}

static void *reset_thread(void *arg) {
    const struct ask *x = arg;
    struct notice n = {0};
    bool server = false;
    err e = reset(x, &n, &server);
    if (e) log_error("notice", "A link for a new password was not sent: %s.", err_name(e));
    count_down(&under_way.with_desk);
    if (!e && server) by_server(x->arena, &n);
    arena_free(x->arena);
    count_down(&under_way.threads);
    return NULL;
}

static bool start(struct ask *x) {
    pthread_t thread;
    pthread_attr_t attr;
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread, &attr, reset_thread, x);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return !failed;
}

err notice_ask_reset(const struct desk *d, str email, str peer) {
    pthread_mutex_lock(&under_way.lock);
    bool full = under_way.threads >= NOTICES_AT_ONCE;
    if (!full) under_way.threads++, under_way.with_desk++;
    pthread_mutex_unlock(&under_way.lock);
    if (full) return err_set(ERR_BUSY, "Too many people ask for a new password just now.");
    arena *a = arena_new(NOTICE_ARENA_BYTES);
    struct ask *x = arena_alloc(a, sizeof *x);
    *x = (struct ask){d, a, str_copy(a, email), str_copy(a, peer)};
    if (start(x)) return ERR_NONE;
    arena_free(a);
    count_down(&under_way.with_desk);
    count_down(&under_way.threads);
    return err_set(ERR_BUSY, "No thread could be started for a letter.");
}

void notice_wait(void) {
    pthread_mutex_lock(&under_way.lock);
    while (under_way.with_desk) pthread_cond_wait(&under_way.less, &under_way.lock);
    pthread_mutex_unlock(&under_way.lock);
}

/* ---- an invitation ---- */

static err write_invitation(const struct desk *d, arena *a, int64_t brand_id, str email, str token,
                            struct notice *n) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_account account;
    struct store_brand brand;
    TRY(db_read_begin(d->db, &c));
    TRY(store_account_by_email(c, a, email, &account));
    TRY(store_brand_by_id(c, a, brand_id, &brand));
    TRY(take_inbox(c, a, &brand, n));
    if (!n->inbox.id) return err_set(ERR_MISSING, "The brand has no inbox.");
    const struct lang *lang = lang_find(account.language);
    const str args[] = {account.name, brand.name, notice_link(d, a, true, token)};
    BUF_AUTO buf text = BUF_MAX(NOTICE_MAX_BYTES), subject = BUF_MAX(NOTICE_MAX_BYTES);
    lang_fmt(&text, lang,
             T("Hello {0},\n\nyou are invited to answer letters for {1} with Longhand. Choose a password "
               "here; the "
               "link works once, for seven days:\n\n{2}\n"),
             args, 3);
    lang_fmt(&subject, lang, T("Answering letters for {1}"), args, 2);
    n->to = email;
    n->subject = str_copy(a, buf_str(&subject));
    n->text = str_copy(a, buf_str(&text));
    return compose(d, a, n);
}

enum notice_result notice_invite(const struct desk *d, arena *a, int64_t brand, str email, str token) {
    struct notice n = {0};
    err e = write_invitation(d, a, brand, email, token, &n);
    if (!e && leaves(&n.inbox)) return by_server(a, &n);
    if (!e) e = into_folder(d, a, &n);
    if (!e) return NOTICE_KEPT;
    log_error("notice", "An invitation was not sent: %s.", err_name(e));
    return NOTICE_FAILED;
}
