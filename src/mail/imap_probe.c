/* Trying an account: one connection, made and used by the calling thread. */
#include <poll.h>
#include <stdlib.h>

#include "mail/imap_grammar.h"
#include "mail/imap_link.h"
#include "mail/imap_names.h"

enum { SECONDS = 30, FOLDERS_MAX = 1000, CHUNK = 16 * 1024, HEARD_MAX = 16 << 20 };

struct probe {
    arena *a;
    imap_link *link;
    imap_reader *reader;
    int64_t until; /* monotonic */
    struct imap_probed found;
    bool sees_names_plain; /* names in UTF-8, not in modified UTF-7 */
    unsigned capabilities;
    char chunk[CHUNK];
    size_t at, n; /* of the chunk: not used yet */
    size_t heard; /* bytes, of HEARD_MAX */
};

static err no_answer(void) { return err_set(ERR_NETWORK, "The mail server let us in but does not answer."); }

static err wait_for(struct probe *p, short events) {
    struct pollfd fd = {.fd = imap_link_fd(p->link), .events = events};
    int64_t left = p->until - clock_monotonic_ms();
    return left <= 0 || poll(&fd, 1, (int)left) == 0 ? no_answer() : ERR_NONE;
}

static err say(struct probe *p, str command) {
    while (command.n) {
        long n = imap_link_write(p->link, command);
        if (n < 0) return err_set(ERR_NETWORK, "The mail server broke off the connection.");
        if (n == 0) TRY(wait_for(p, POLLOUT));
        command = str_slice(command, (size_t)n, command.n);
    }
    return ERR_NONE;
}

static err next_response(struct probe *p, const struct imap_response **ret) {
    for (;;) {
        /* One that never stops talking does not answer, either. */
        if (clock_monotonic_ms() >= p->until) return no_answer();
        if (p->at < p->n) {
            p->at += imap_reader_feed(p->reader, (str){p->chunk + p->at, p->n - p->at}, ret);
            if (*ret && (*ret)->lost)
                return err_set(ERR_INVALID, "The mail server sent %.*s.", STR_FMT((*ret)->text));
            if (*ret) return ERR_NONE;
            continue;
        }
        long n = imap_link_read(p->link, p->chunk, CHUNK);
        if (n < 0) return err_set(ERR_NETWORK, "The mail server broke off the connection.");
        p->at = 0;
        p->n = (size_t)n;
        p->heard += p->n;
        if (p->heard > HEARD_MAX)
            return err_set(ERR_NETWORK, "The mail server let us in but says too much to be understood.");
        if (n == 0) TRY(wait_for(p, POLLIN));
    }
}

static void add_folder(struct probe *p, const struct imap_list *l) {
    if (p->found.folders.n >= FOLDERS_MAX) return;
    BUF_AUTO buf name = BUF_MAX(l->name.n * 4 + 16);
    bool decoded = !p->sees_names_plain && imap_name_decode(l->name, &name) && buf_ok(&name);
    str utf8 = decoded ? buf_str(&name) : l->name;
    if (!str_is_utf8(utf8)) return;
    if (str_eq_nocase(utf8, S("INBOX"))) utf8 = S("INBOX");
    struct imap_probed_folder *f = list_add(p->a, &p->found.folders);
    f->name = str_copy(p->a, utf8);
    f->use = str_copy(p->a, l->use);
    f->selectable = l->selectable;
}

/* Say it and take what comes up to the tagged answer. */
static err ask(struct probe *p, str tag, str command) {
    TRY(say(p, str_fmt(p->a, "%.*s %.*s\r\n", STR_FMT(tag), STR_FMT(command))));
    for (;;) {
        const struct imap_response *r = NULL;
        TRY(next_response(p, &r));
        if (r->kind == IMAP_GOT_CAPABILITY || r->code == IMAP_CODE_CAPABILITY)
            p->capabilities = r->capabilities;
        if (r->kind == IMAP_GOT_LIST) add_folder(p, &r->list);
        if (r->kind != IMAP_GOT_TAGGED || !str_eq(r->tag, tag)) continue;
        if (r->word == IMAP_OK) return ERR_NONE;
        return err_set(ERR_INVALID, "The mail server refused: %.*s", STR_FMT(str_clip_utf8(r->text, 200)));
    }
}

static err look(struct probe *p) {
    TRY(ask(p, S("P1"), S("CAPABILITY")));
    p->sees_names_plain = (p->capabilities & IMAP_HAS_REV2) && !(p->capabilities & IMAP_HAS_REV1);
    TRY(ask(p, S("P2"), S("LIST \"\" \"*\"")));
    p->found.idle = p->capabilities & IMAP_HAS_IDLE;
    p->found.move = p->capabilities & IMAP_HAS_MOVE;
    p->found.uidplus = p->capabilities & IMAP_HAS_UIDPLUS;
    p->found.condstore = p->capabilities & IMAP_HAS_CONDSTORE;
    return say(p, S("P3 LOGOUT\r\n"));
}

err imap_probe(arena *a, const struct imap_login *login, int seconds, struct imap_probed *ret_probed) {
    if (seconds <= 0) seconds = SECONDS;
    struct probe p = {.a = a, .until = clock_monotonic_ms() + (int64_t)seconds * SECOND_MS};
    TRY(imap_link_begin(NULL, login, seconds, &p.link));
    p.reader = imap_reader_new(0);
    err e = look(&p);
    imap_reader_free(p.reader);
    imap_link_end(p.link);
    if (e == ERR_NONE) *ret_probed = p.found;
    return e;
}
