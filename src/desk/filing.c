#include "desk/filing.h"

#include "base/random.h"
#include "desk/acknowledge.h"
#include "desk/bounce.h"
#include "desk/files.h"
#include "desk/import_sent.h"
#include "desk/incoming.h"
#include "desk/outbox.h"
#include "desk/post.h"
#include "desk/status_mail.h"
#include "letter/words.h"
#include "store/brand.h"
#include "store/conversation.h"
#include "store/customer.h"
#include "store/file.h"
#include "store/inbox.h"
#include "store/job.h"

/* PostgreSQL takes less than 1 MiB of words in one row. */
enum { WORDS_MAX = 20000, WORDS_BYTES_MAX = 1000000 };

str filing_snippet(arena *a, str text) {
    char *out = arena_alloc(a, 160);
    size_t n = 0;
    for (size_t i = 0; i < text.n && n < 160; i++) {
        char c = text.p[i];
        bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (space && (n == 0 || out[n - 1] == ' ')) continue;
        out[n++] = space ? ' ' : c;
    }
    /* The cut may stand inside a character. */
    size_t whole = n;
    while (whole && ((unsigned char)out[whole - 1] & 0xC0) == 0x80) whole--;
    if (whole && !str_is_utf8((str){out + whole - 1, n - whole + 1})) n = whole - 1;
    return str_trim((str){out, n});
}

str words_of_message(arena *a, str language, const struct message *m) {
    str all = str_fmt(a, "%s\n%s\n%s\n%s", str_cstr(a, m->subject), str_cstr(a, m->from_name),
                      str_cstr(a, m->from_address), str_cstr(a, m->text));
    word_list words;
    words_of(a, all, language, WORDS_MAX, &words);
    size_t n = 0, bytes = 0;
    while (n < words.n && bytes + words.v[n].n < WORDS_BYTES_MAX) bytes += words.v[n++].n + 1;
    words.n = n;
    return words_joined(a, &words);
}

err words_index_message(db_conn *c, arena *a, int64_t brand, str language, const struct message *m) {
    return store_words_put(c, brand, m->id, words_of_message(a, language, m));
}

void filing_letter_waits(struct conversation *v, int64_t received_at) {
    if (!v->waiting_since) v->waiting_since = received_at;
    v->state = CONVERSATION_US;
    v->closed_kind = CLOSED_NOT;
    v->closed_reason = CLOSE_ANSWERED;
    v->closed_at = v->closed_by = 0;
}

err filing_customer(db_conn *c, arena *a, int64_t brand, str address, str name, int64_t now,
                    int64_t *ret_customer, bool *ret_blocked) {
    struct customer_address known = {0};
    if (address.n) TRY(store_customer_address_get(c, a, brand, address, &known));
    if (!known.customer_id) {
        struct customer fresh = {.id = id_new(now), .name = name.n ? name : address, .created_at = now};
        if (!fresh.name.n) fresh.name = S("?");
        TRY(store_customer_insert(c, brand, &fresh));
        known = (struct customer_address){.address = address, .customer_id = fresh.id, .created_at = now};
        if (address.n) TRY(store_customer_address_insert(c, brand, &known));
    }
    *ret_customer = known.customer_id;
    *ret_blocked = known.blocked_at != 0;
    return ERR_NONE;
}

struct place {
    int64_t conversation; /* join this one; 0: begin a new one */
    int64_t related;      /* it may belong to this one */
    int64_t bounced;      /* the reply that this is a report about */
    bool of_status;       /* a machine's answer to a mail of the status page */
};

/* From an inbox of ours, and nobody vouches for that: anybody can write so. */
static err weigh_own(db_conn *c, arena *a, struct filing *f) {
    struct store_inbox own;
    struct message *m = &f->message;
    if (m->auth == AUTH_PASS || !m->from_address.n || f->raw.origin == RAW_SENT) return ERR_NONE;
    err e = store_inbox_of_brand_by_address(c, a, f->brand, m->from_address, &own);
    if (e == ERR_NONE) m->auth = AUTH_OWN;
    return e == ERR_MISSING ? ERR_NONE : e;
}

/* Does the sender take part in the conversation? Then it is the place. */
static err try_place(db_conn *c, const struct filing *f, int64_t conversation, struct place *place) {
    bool known = false;
    if (!conversation || place->conversation) return ERR_NONE;
    if (!place->related) place->related = conversation;
    bool believed = f->message.auth != AUTH_FAIL && f->message.auth != AUTH_OWN;
    if (!believed || !f->message.from_address.n) return ERR_NONE;
    TRY(store_conversation_knows(c, f->brand, conversation, f->message.from_address, &known));
    if (known) place->conversation = conversation;
    return ERR_NONE;
}

/* A message of ours that the letter names. */
static err find_named(db_conn *c, arena *a, const struct filing *f, struct place *place) {
    for (size_t i = 0; i < f->references.n && i < 50 && !place->conversation; i++) {
        struct message named;
        TRY(store_message_by_rfc_id(c, a, f->brand, f->references.v[i], &named));
        if (!named.id) continue;
        if (!place->related) place->related = named.conversation_id;
        if (named.kind != MESSAGE_REPLY) continue;
        TRY(try_place(c, f, named.conversation_id, place));
        if (place->conversation && f->desk)
            TRY(outbox_answered_in(c, f->desk, a, f->brand, &named, f->message.from_address));
    }
    return ERR_NONE;
}

/* The address that a reply of ours asked to be answered at, in the envelope, To or Cc. */
static err find_addressed(db_conn *c, arena *a, const struct filing *f, struct place *place) {
    str_list addresses = {0};
    int64_t conversation;
    *list_add(a, &addresses) = f->raw.rcpt;
    for (size_t i = 0; i < f->addresses.n; i++)
        if (f->addresses.v[i].role == ROLE_TO || f->addresses.v[i].role == ROLE_CC)
            *list_add(a, &addresses) = f->addresses.v[i].address;
    TRY(incoming_place_of(c, a, f->brand, addresses.v, addresses.n, &conversation));
    return try_place(c, f, conversation, place);
}

static bool is_machines(const struct message *m) {
    return str_eq(m->machine, S("bounce")) || str_eq(m->machine, S("auto_reply"));
}

/* A letter joins by naming a message that we sent, or by coming to the address that it asked for, and coming
 * from somebody who takes part there. Either alone is no evidence: ids are guessed and quoted, addresses are
 * forwarded and forged. A report about a letter that came back joins what it is about. */
static err find_place(db_conn *c, arena *a, const struct filing *f, int64_t now, struct place *ret) {
    struct place place = {0};
    if (f->post) return post_place_in(c, a, f, now, &ret->conversation, &ret->related);
    bool report = f->bounce.rows.n && f->desk && f->raw.origin == RAW_CAME && f->message.auth != AUTH_FAIL &&
                  f->message.auth != AUTH_OWN;
    if (report)
        TRY(bounce_mark_in(c, f->desk, a, f->brand, &f->bounce, now, &place.conversation, &place.bounced));
    if (!place.conversation && (report || is_machines(&f->message)))
        TRY(status_report_in(c, a, f->brand, &f->bounce, &f->references, report, now, &place.of_status));
    if (!place.conversation) TRY(find_named(c, a, f, &place));
    if (!place.conversation) TRY(find_addressed(c, a, f, &place));
    if (place.conversation) place.related = 0;
    *ret = place;
    return ERR_NONE;
}

static err put_rest(db_conn *c, struct filing *f) {
    struct message *m = &f->message;
    for (size_t i = 0; i < f->addresses.n; i++) {
        f->addresses.v[i].message_id = m->id;
        TRY(store_message_address_insert(c, f->brand, (int)i, &f->addresses.v[i]));
    }
    for (size_t i = 0; i < f->files.n; i++) {
        struct attachment *t = &f->files.v[i];
        t->id = id_new(f->raw.received_at);
        t->message_id = m->id;
        t->conversation_id = m->conversation_id;
        TRY(store_attachment_insert(c, f->brand, t));
        if (t->examine) TRY(store_job_put(c, f->brand, S("examine"), t->id, t->id, f->raw.received_at));
    }
    TRY(store_words_put(c, f->brand, m->id, f->words));
    if (m->kind == MESSAGE_REPLY) return import_sent_settle(c, f);
    TRY(store_job_put(c, f->brand, S("listen"), m->id, id_new(f->raw.received_at), f->raw.received_at));
    return store_raw_settle(c, f->brand, f->raw.id, f->unreadable ? RAW_UNREADABLE : RAW_READ, m->id,
                            m->problem);
}

static err begin(db_conn *c, arena *a, struct filing *f, const struct place *place, int64_t now) {
    struct conversation v = {.id = import_id(&f->raw, now),
                             .inbox_id = f->raw.inbox_id,
                             .channel = f->message.channel,
                             .subject = str_clip_utf8(f->message.subject, 500),
                             .snippet = filing_snippet(a, f->message.text),
                             .related_id = place->related,
                             .version = 1,
                             .created_at = f->raw.received_at,
                             .updated_at = f->raw.received_at};
    bool blocked;
    TRY(filing_customer(c, a, f->brand, f->message.from_address, f->message.from_name, f->raw.received_at,
                        &v.customer_id, &blocked));
    if (!v.related_id) TRY(store_conversation_latest_of(c, f->brand, v.customer_id, v.id, &v.related_id));
    TRY(store_brand_number(c, a, f->brand, &v.number));
    filing_letter_waits(&v, f->raw.received_at);
    if (f->raw.origin == RAW_PAST || place->of_status) import_is_past(&v, f->raw.received_at);
    if (blocked) {
        v.state = CONVERSATION_DONE;
        v.closed_kind = CLOSED_JUNK;
        v.closed_reason = CLOSE_BLOCKED;
        v.closed_at = now;
    }
    TRY(store_conversation_insert(c, f->brand, &v));
    f->message.conversation_id = v.id;
    return ERR_NONE;
}

/* "I am away until Monday" is kept and shown, but it is not a letter that waits for an answer, and neither is
 * what a blocked sender goes on writing. What came through a list was written by a person who takes part
 * here. */
static err waits(db_conn *c, arena *a, const struct filing *f, bool *ret) {
    str machine = f->message.machine;
    struct customer_address sender;
    TRY(store_customer_address_get(c, a, f->brand, f->message.from_address, &sender));
    *ret = (machine.n == 0 || str_eq(machine, S("list"))) && !sender.blocked_at;
    return ERR_NONE;
}

static err join(db_conn *c, arena *a, struct filing *f, int64_t conversation) {
    struct conversation v;
    bool waiting;
    TRY(store_conversation_get(c, a, f->brand, conversation, &v));
    TRY(waits(c, a, f, &waiting));
    if (waiting && f->raw.origin != RAW_PAST) {
        filing_letter_waits(&v, f->raw.received_at);
        v.version++;
    }
    f->message.conversation_id = conversation;
    /* What is brought in may be older than what stands there. */
    if (f->raw.origin == RAW_PAST && f->raw.received_at < v.updated_at) return ERR_NONE;
    if (!str_eq(f->message.machine, S("bounce"))) v.snippet = filing_snippet(a, f->message.text);
    v.updated_at = f->raw.received_at;
    return store_conversation_update(c, f->brand, &v);
}

static const struct attachment *file_like(const attachment_list *files, str hash) {
    const struct attachment *like = NULL;
    for (size_t i = 0; i < files->n; i++) {
        const struct attachment *t = &files->v[i];
        if (!str_eq(t->hash, hash)) continue;
        if (files_held(t)) return t;
        if (!like || t->scan == SCAN_FOUND) like = t;
    }
    return like;
}

/* `ret_known`: what was known of the files of these bytes, some of which may stand at another letter by now.
 * One that is held stays where this reading has none of its kind: so nothing is let out by reading badly. */
static err drop_files(db_conn *c, arena *a, const struct filing *f, attachment_list *ret_known) {
    attachment_list own = {0};
    TRY(store_attachments_of_message(c, a, f->brand, f->message.id, &own));
    TRY(store_files_found(c, a, f->brand, f->raw.id, ret_known));
    for (size_t i = 0; i < own.n; i++) {
        const struct attachment *t = &own.v[i];
        *list_add(a, ret_known) = *t;
        if (files_held(t) && !file_like(&f->files, t->hash)) continue;
        TRY(store_attachment_delete(c, f->brand, t->id));
    }
    return ERR_NONE;
}

/* What a scanner said of the same bytes, and who let them out, holds for them when they are read again. */
static err keep_verdicts(db_conn *c, const struct filing *f, const attachment_list *known) {
    for (size_t i = 0; i < f->files.n; i++) {
        const struct attachment *t = &f->files.v[i], *was = file_like(known, t->hash);
        if (!was || was->scan == SCAN_NONE) continue;
        TRY(store_file_scan(c, f->brand, t->id, was->scan, was->scan_says));
        if (was->allowed_by) TRY(store_file_allow(c, f->brand, t->id, was->allowed_by));
    }
    return ERR_NONE;
}

/* The row was filed before: a second reading changes what was read, not where it stands. */
static err refill(db_conn *c, arena *a, struct filing *f, const struct message *old) {
    struct message *m = &f->message;
    m->conversation_id = old->conversation_id;
    if (!m->machine.n) m->machine = str_eq(old->machine, S("bounce")) ? old->machine : m->machine;
    attachment_list known = {0};
    TRY(drop_files(c, a, f, &known));
    TRY(store_message_address_clear(c, f->brand, m->id));
    TRY(store_message_reread(c, f->brand, m));
    struct conversation v;
    TRY(store_conversation_get(c, a, f->brand, m->conversation_id, &v));
    if (!v.subject.n) v.subject = str_clip_utf8(m->subject, 500);
    bool blocked;
    if (!old->from_address.n && m->from_address.n)
        TRY(filing_customer(c, a, f->brand, m->from_address, m->from_name, f->raw.received_at, &v.customer_id,
                            &blocked));
    v.snippet = filing_snippet(a, m->text);
    TRY(store_conversation_update(c, f->brand, &v));
    TRY(put_rest(c, f));
    if (f->post) TRY(post_put_in(c, a, f));
    return keep_verdicts(c, f, &known);
}

err filing_put(db_conn *c, arena *a, struct filing *f, int64_t now, int64_t *ret_conversation) {
    int64_t same = 0, same_conversation = 0;
    bool done = false;
    if (f->post) TRY(post_known_in(c, a, f, now, ret_conversation, &done));
    if (done) return ERR_NONE;
    TRY(store_message_same(c, f->brand, f->message.same_as, &same, &same_conversation));
    if (same && same != f->message.id) {
        *ret_conversation = 0;
        return store_raw_settle(c, f->brand, f->raw.id, RAW_DUPLICATE, same, S(""));
    }
    TRY(weigh_own(c, a, f));
    struct message old;
    err e = store_message_get(c, a, f->brand, f->message.id, &old);
    if (e == ERR_NONE) {
        TRY(refill(c, a, f, &old));
        *ret_conversation = old.conversation_id;
        return ERR_NONE;
    }
    if (e != ERR_MISSING) return e;
    bool ours_again = false;
    if (f->raw.origin == RAW_SENT) TRY(import_sent_place(c, a, f, now, &ours_again));
    if (ours_again) {
        *ret_conversation = 0;
        return ERR_NONE;
    }
    struct place place = {0};
    bool letter = f->message.kind == MESSAGE_LETTER;
    if (letter) {
        TRY(find_place(c, a, f, now, &place));
        /* Some reports are known by nothing but what they say. */
        if (place.bounced || (place.of_status && !f->message.machine.n)) f->message.machine = S("bounce");
        TRY(place.conversation ? join(c, a, f, place.conversation) : begin(c, a, f, &place, now));
    }
    TRY(store_message_insert(c, f->brand, &f->message));
    TRY(put_rest(c, f));
    if (f->post) TRY(post_put_in(c, a, f));
    if (place.bounced) TRY(bounce_keep_in(c, a, f->brand, &f->bounce, f->message.id, place.bounced, now));
    if (letter && !place.conversation && !f->post) TRY(acknowledge_first_in(c, a, f, now));
    if (f->raw.origin == RAW_CAME)
        TRY(store_inbox_set_letter_at(c, a, f->brand, f->raw.inbox_id, f->raw.received_at));
    *ret_conversation = f->message.conversation_id;
    return ERR_NONE;
}
