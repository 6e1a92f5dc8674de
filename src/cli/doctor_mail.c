/* The whole way of a letter, tried with one: out by the inbox's own way of sending, through whatever stands
 * between, and back in to the desk that runs. Nothing is asked of name servers, so that it works for a relay
 * in a closed network as it does on the internet. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/random.h"
#include "cli/doctor.h"
#include "desk/conversation.h"
#include "desk/intake.h"
#include "desk/transport.h"
#include "format/compose.h"
#include "store/brand.h"
#include "store/conversation.h"
#include "store/message.h"
#include "store/raw.h"

enum { LOOK_EVERY_MS = 200, ID_BYTES = 16 };

static const char letter_text[] = "This letter was written by `longhand doctor mail`, to see that letters "
                                  "leave this desk and come back to it.\n"
                                  "Nobody needs to answer it.\n";

struct trip {
    struct doctor *d;
    const struct store_inbox *inbox;
    str id, bytes;
    int64_t sent_at;
};

/* A desk that serves holds the lock of its folder (cli/serve.c). */
static bool desk_runs(struct doctor *d) {
    str path = str_fmt(d->c->arena, "%.*s/serve.lock", STR_FMT(d->c->desk.folder));
    int fd = open(path.p, O_RDWR | O_CLOEXEC);
    if (fd < 0) return false;
    bool taken = flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    close(fd);
    return taken;
}

static err write_letter(struct trip *t) {
    arena *a = t->d->c->arena;
    unsigned char secret[ID_BYTES];
    BUF_AUTO buf hex = BUF_MAX(4 * ID_BYTES);
    random_bytes(secret, sizeof secret);
    for (int i = 0; i < ID_BYTES; i++) buf_add_fmt(&hex, "%02x", secret[i]);
    size_t at = str_find_char(t->inbox->address, '@', 0);
    t->id = str_fmt(a, "doctor.%.*s%.*s", STR_FMT(buf_str(&hex)),
                    STR_FMT(str_slice(t->inbox->address, at, t->inbox->address.n)));
    struct compose_mail mail = {.from = {t->inbox->name, t->inbox->address},
                                .reply_to = S(""),
                                .subject = S("A letter of this desk to itself"),
                                .message_id = t->id,
                                .in_reply_to = S(""),
                                .at = t->sent_at,
                                .text = str_z(letter_text),
                                .auto_submitted = true};
    *list_add(a, &mail.to) = (struct mime_address){t->inbox->name, t->inbox->address};
    return compose_bytes(a, &mail, &t->bytes);
}

static err look_for(struct trip *t, struct message *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(t->d->c->desk.db, &c));
    return store_message_by_rfc_id(c, t->d->c->arena, t->inbox->brand_id, t->id, ret);
}

/* Waiting is what this verb is for, so it is the one that sleeps. */
static err wait_for(struct trip *t, int seconds, struct message *ret) {
    struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
    for (int looks = seconds * 1000 / LOOK_EVERY_MS; looks > 0; looks--) {
        struct message found;
        TRY(look_for(t, &found));
        if (found.id && found.kind == MESSAGE_LETTER) {
            *ret = found;
            return ERR_NONE;
        }
        nanosleep(&pause, NULL);
    }
    *ret = (struct message){0};
    return ERR_NONE;
}

static err bytes_of(struct trip *t, const struct message *m, struct raw *ret_row, str *ret_bytes) {
    arena *a = t->d->c->arena;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(t->d->c->desk.db, &c));
        TRY(store_raw_get(c, a, t->inbox->brand_id, m->raw_id, ret_row));
    }
    return intake_bytes(&t->d->c->desk, a, ret_row, ret_bytes);
}

static bool has_header(str head, str name) {
    str line;
    while (str_line(&head, &line))
        if (str_starts_nocase(line, name)) return true;
    return false;
}

/* What came is compared with what left. */
static err judge(struct trip *t, const struct message *m) {
    struct doctor *d = t->d;
    arena *a = d->c->arena;
    struct raw row;
    str bytes;
    TRY(bytes_of(t, m, &row, &bytes));
    str head = str_slice(bytes, 0, mime_body_offset(bytes));
    str body = str_slice(bytes, head.n, bytes.n);
    str sent = str_slice(t->bytes, mime_body_offset(t->bytes), t->bytes.n);
    int64_t took = row.received_at > t->sent_at ? row.received_at - t->sent_at : 0;
    doctor_add(d, GOOD, "mail",
               str_fmt(a, "%.*s: a letter left and came back within %lld.%lld s", STR_FMT(t->inbox->address),
                       (long long)(took / 1000), (long long)(took % 1000 / 100)));
    if (row.inbox_id != t->inbox->id)
        doctor_add(d, BAD, "mail",
                   str_fmt(a,
                           "%.*s: the letter came to another inbox. Look at what the mail server does with "
                           "this address.",
                           STR_FMT(t->inbox->address)));
    if (!str_eq(str_trim(body), str_trim(sent)))
        doctor_add(d, LOOK, "mail",
                   str_fmt(a,
                           "%.*s: something on the way changed the letter's text, so that a signature would "
                           "not hold.",
                           STR_FMT(t->inbox->address)));
    if (has_header(head, S("DKIM-Signature:")))
        doctor_add(d, GOOD, "dkim", str_fmt(a, "%.*s: the relay signs", STR_FMT(t->inbox->address)));
    else
        doctor_add(d, LOOK, "dkim",
                   str_fmt(a,
                           "%.*s: the letter came back without a DKIM signature. Many relays sign only what "
                           "leaves them; if yours signs nothing, others may refuse your replies.",
                           STR_FMT(t->inbox->address)));
    return ERR_NONE;
}

/* The letter is nobody's: it must not wait for an answer. */
static err put_away(struct trip *t, const struct message *m) {
    struct actor who = {t->inbox->brand_id, 0, S("longhand doctor")};
    return conversation_close(&t->d->c->desk, t->d->c->arena, &who, m->conversation_id, CLOSE_MACHINE, -1);
}

static err try_inbox(struct doctor *d, const struct store_inbox *inbox, int wait_seconds) {
    arena *a = d->c->arena;
    struct trip t = {.d = d, .inbox = inbox, .sent_at = desk_now(&d->c->desk)};
    if (!str_eq(inbox->transport, S("smtp"))) {
        doctor_add(d, LOOK, "mail",
                   str_fmt(a, "%.*s: replies are put in a folder, so nothing can leave and come back",
                           STR_FMT(inbox->address)));
        return ERR_NONE;
    }
    struct send_report report;
    TRY(write_letter(&t));
    err e = transport_send(&d->c->desk, a, inbox, id_new(t.sent_at), inbox->address, t.bytes, NULL, NULL,
                           &report);
    if (e || report.result != SEND_ACCEPTED) {
        str says = e ? str_z(err_text()) : report.says;
        doctor_add(d, BAD, "mail",
                   str_fmt(a, "%.*s: the mail server did not take a letter: %.*s", STR_FMT(inbox->address),
                           STR_FMT(says)));
        return ERR_NONE;
    }
    struct message came;
    TRY(wait_for(&t, wait_seconds, &came));
    if (!came.id) {
        doctor_add(
            d, BAD, "mail",
            str_fmt(a,
                    "%.*s: the mail server took a letter (%.*s), and it did not come back within %d s. "
                    "Look at where the server puts mail for this address, and how the desk gets it.",
                    STR_FMT(inbox->address), STR_FMT(report.says), wait_seconds));
        return ERR_NONE;
    }
    TRY(judge(&t, &came));
    return put_away(&t, &came);
}

err doctor_mail(struct doctor *d, int wait_seconds) {
    store_brand_list brands = {0};
    store_inbox_list inboxes = {0};
    arena *a = d->c->arena;
    if (!desk_runs(d))
        return err_set(ERR_INVALID, "No desk runs in this data folder. Start it first, so that "
                                    "the letter can come back.");
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->c->desk.db, &c));
        TRY(store_brand_list_all(c, a, &brands));
        for (size_t i = 0; i < brands.n; i++) {
            store_inbox_list some = {0};
            TRY(store_inbox_list_of_brand(c, a, brands.v[i].id, &some));
            for (size_t k = 0; k < some.n; k++)
                if (!some.v[k].disabled_at) *list_add(a, &inboxes) = some.v[k];
        }
    }
    if (!inboxes.n) doctor_add(d, BAD, "mail", S("there is no inbox. Run `longhand setup`."));
    for (size_t i = 0; i < inboxes.n; i++) TRY(try_inbox(d, &inboxes.v[i], wait_seconds));
    return ERR_NONE;
}
