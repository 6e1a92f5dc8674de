#include "desk/reading.h"

#include "base/meter.h"
#include "base/random.h"
#include "desk/files.h"
#include "desk/filing.h"
#include "desk/incoming.h"
#include "desk/intake.h"
#include "desk/post.h"
#include "net/objects.h"
#include "store/brand.h"
#include "store/event.h"
#include "store/raw.h"

/* A letter takes up to some six times its size here (its bytes, its parts, its words), and is at most 64 MB.
 */
enum { BATCH_BYTES = 32 << 20, LETTER_MEMORY_MAX = 1 << 30, TRIES = 3, BATCH_LETTERS = 16 };

struct batch {
    struct desk *desk;
    arena *arena;
    job_list jobs;
    struct filing *filings;
    int64_t *changed; /* conversation of each, 0 for none */
};

static const char *machine_name(mime_machine m) {
    switch (m) {
    case MIME_PERSON: return "";
    case MIME_AUTO_REPLY: return "auto_reply";
    case MIME_BOUNCE: return "bounce";
    case MIME_LIST: return "list";
    }
    return "";
}

/* Message-ID, sender, subject, date, body and inbox, as one hash; "" without a Message-ID, so that nothing is
 * taken for its like. A form may give all its letters one id, and the same few words come from many people;
 * and whoever knows a letter's id and words must not be able to write it first under another name. */
static str same_as(arena *a, int64_t inbox, const struct mime_letter *mime, str bytes) {
    if (mime->message_id.n == 0) return S("");
    size_t body = mime_body_offset(bytes);
    str from = mime->from.n ? mime->from.v[0].address : S("");
    str parts[] = {content_hash(a, mime->message_id), content_hash(a, from), content_hash(a, mime->subject),
                   content_hash(a, str_slice(bytes, body, bytes.n))};
    str all = str_fmt(a, "%lld %lld", (long long)inbox, (long long)mime->sent_at);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        all = str_fmt(a, "%.*s %.*s", STR_FMT(all), STR_FMT(parts[i]));
    return content_hash(a, all);
}

/* Large files go to disk before the transaction that names them. */
static err keep_files(struct desk *d, arena *a, const struct mime_letter *mime, struct filing *f) {
    for (size_t i = 0; i < mime->attachments.n; i++) {
        const struct mime_attachment *from = &mime->attachments.v[i];
        struct attachment *to = list_add(a, &f->files);
        *to = (struct attachment){
            .name = from->name,
            .type = from->type,
            .content_id = from->content_id,
            .shown_inline = from->shown_inline,
            .size = (int64_t)from->bytes.n,
            .hash = content_hash(a, from->bytes),
            .bytes = from->bytes,
            .in_object = from->bytes.n > OBJECT_ROW_BYTES,
            .about = from->about,
            .examine = files_wants_look(d, from->bytes),
        };
        if (to->in_object) TRY(object_put(a, d->folder, to->hash, from->bytes));
    }
    return ERR_NONE;
}

static void add_addresses(arena *a, struct filing *f, address_role role, const mime_address_list *list) {
    for (size_t i = 0; i < list->n && f->addresses.n < 1000; i++) {
        str normal;
        if (!address_normal(a, list->v[i].address, &normal)) continue;
        *list_add(a, &f->addresses) =
            (struct message_address){.role = role, .name = list->v[i].name, .address = str_lower(a, normal)};
    }
}

static void fill_unreadable(arena *a, struct filing *f, str why) {
    str normal;
    f->message.problem = str_copy(a, why);
    f->unreadable = true;
    if (address_normal(a, f->raw.mail_from, &normal)) f->message.from_address = str_lower(a, normal);
}

static err fill(struct desk *d, arena *a, reader *r, str bytes, str authserv_id, struct filing *f) {
    struct reader_letter letter = {0};
    err e = reader_read(r, a, bytes, &letter);
    /* A second try in a fresh child: the first may have died of what came before. */
    if (e == ERR_INVALID) e = reader_read(r, a, bytes, &letter);
    if (e == ERR_INVALID) {
        fill_unreadable(a, f, str_z(err_text()));
        return ERR_NONE;
    }
    TRY(e);
    const struct mime_letter *mime = &letter.mime;
    add_addresses(a, f, ROLE_FROM, &mime->from);
    add_addresses(a, f, ROLE_REPLY_TO, &mime->reply_to);
    add_addresses(a, f, ROLE_TO, &mime->to);
    add_addresses(a, f, ROLE_CC, &mime->cc);
    f->references = mime->references;
    struct message *m = &f->message;
    if (f->addresses.n && f->addresses.v[0].role == ROLE_FROM) {
        m->from_address = f->addresses.v[0].address;
        m->from_name = f->addresses.v[0].name;
    } else {
        str normal;
        if (address_normal(a, f->raw.mail_from, &normal)) m->from_address = str_lower(a, normal);
        if (mime->from.n) m->from_name = mime->from.v[0].name;
    }
    m->subject = mime->subject;
    m->text = mime->text;
    m->html = letter.safe.html;
    m->remote_images = letter.remote_images;
    m->machine = str_z(machine_name(mime->machine));
    m->problem = mime->problem;
    m->rfc_id = mime->message_id;
    m->same_as = same_as(a, f->raw.inbox_id, mime, bytes);
    m->said_at = mime->sent_at;
    m->auth = auth_verdict_of(&letter.auth, authserv_id, m->from_address);
    /* Whoever vouches for a letter of several people does not say for which. */
    if (m->auth == AUTH_PASS && mime->from.n != 1) m->auth = AUTH_NONE;
    f->bounce = letter.bounce;
    f->no_auto_answer = mime->no_auto_answer;
    return keep_files(d, a, mime, f);
}

/* A post is JSON of our own making: read here, without a child. */
static err fill_post(struct desk *d, arena *a, str bytes, struct filing *f) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    err e = post_fill(c, a, bytes, f);
    if (e != ERR_INVALID && e != ERR_LIMIT) return e;
    fill_unreadable(a, f, str_z(err_text()));
    return ERR_NONE;
}

/* Everything that needs no write: bytes, parsing, words. */
static err prepare(struct desk *d, arena *a, reader *r, const struct job *job, struct filing *f) {
    *f = (struct filing){.brand = job->brand_id, .desk = d};
    struct store_incoming incoming;
    str language;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        err e = store_raw_get(c, a, job->brand_id, job->subject_id, &f->raw);
        if (e == ERR_MISSING) return ERR_NONE;
        TRY(e);
        struct store_brand brand;
        TRY(store_brand_by_id(c, a, job->brand_id, &brand));
        language = brand.language;
        TRY(store_incoming_get(c, a, job->brand_id, f->raw.inbox_id, &incoming));
    }
    str bytes;
    f->message = (struct message){.id = f->raw.id,
                                  .kind = MESSAGE_LETTER,
                                  .channel = CHANNEL_MAIL,
                                  .raw_id = f->raw.id,
                                  .created_at = f->raw.received_at};
    err e = intake_bytes(d, a, &f->raw, &bytes);
    if (e == ERR_IO || e == ERR_MISSING)
        fill_unreadable(a, f, str_z(err_text()));
    else if (e)
        return e;
    else if (f->raw.form == RAW_POST)
        TRY(fill_post(d, a, bytes, f));
    else
        TRY(fill(d, a, r, bytes, incoming.authserv_id, f));
    if (!f->message.said_at || f->message.said_at > f->raw.received_at + DAY_MS)
        f->message.said_at = f->raw.received_at;
    f->words = words_of_message(a, language, &f->message);
    return ERR_NONE;
}

static err file_all(db_conn *c, void *arg) {
    struct batch *b = arg;
    for (size_t i = 0; i < b->jobs.n; i++) {
        bool mine;
        TRY(store_job_finish(c, &b->jobs.v[i], &mine));
        b->changed[i] = 0;
        /* Lease lost, or nothing kept under this id: somebody else filed it. */
        if (!mine || !b->filings[i].raw.id) continue;
        TRY(filing_put(c, b->arena, &b->filings[i], desk_now(b->desk), &b->changed[i]));
    }
    return ERR_NONE;
}

/* What was read of a letter cannot be stored, and trying again does not help: so it is listed as unreadable,
 * with its bytes, instead of being kept where nobody sees it. */
static void make_bare(arena *a, struct filing *f, err why) {
    struct message bare = {.id = f->raw.id,
                           .kind = MESSAGE_LETTER,
                           .channel = CHANNEL_MAIL,
                           .raw_id = f->raw.id,
                           .said_at = f->raw.received_at,
                           .created_at = f->raw.received_at};
    str says = str_fmt(a, "What was read of this letter could not be kept (%s).", err_name(why));
    *f = (struct filing){.brand = f->brand, .raw = f->raw, .message = bare};
    fill_unreadable(a, f, says);
}

static err file_bare(struct batch *b, err why) {
    bool lasting = why == ERR_INVALID || why == ERR_LIMIT || why == ERR_DATABASE || why == ERR_CONFLICT;
    if (!lasting || b->jobs.n != 1 || b->jobs.v[0].attempts < TRIES || !b->filings[0].raw.id) return why;
    make_bare(b->arena, &b->filings[0], why);
    return db_write(b->desk->db, file_all, b);
}

/* A few of the jobs go into one transaction: on SQLite whoever writes an answer waits for it to end. Large
 * letters end it early, so that what is in memory does not grow with the number of them that wait. */
static err file_some(struct desk *d, arena *a, reader *r, const job_list *jobs, size_t *ret_n) {
    struct batch b = {d, a, *jobs, arena_array(a, jobs->n, sizeof *b.filings),
                      arena_array(a, jobs->n, sizeof *b.changed)};
    size_t n = 0;
    while (n < jobs->n && n < BATCH_LETTERS && arena_used(a) < BATCH_BYTES) {
        TRY(prepare(d, a, r, &jobs->v[n], &b.filings[n]));
        n++;
    }
    b.jobs.n = n;
    err e = db_write(d->db, file_all, &b);
    if (e) TRY(file_bare(&b, e));
    for (size_t i = 0; i < n; i++) {
        if (!b.changed[i]) continue;
        meter_add(b.filings[i].unreadable ? METER_SET_ASIDE : METER_READ, 1);
        desk_changed(d, jobs->v[i].brand_id, b.changed[i], "letter");
    }
    *ret_n = n;
    return ERR_NONE;
}

err reading_file(struct desk *d, reader *r, const job_list *jobs) {
    ARENA_AUTO arena *a = arena_new(LETTER_MEMORY_MAX);
    size_t n;
    for (size_t at = 0; at < jobs->n; at += n) {
        job_list rest = {jobs->v + at, jobs->n - at, jobs->n - at};
        TRY(file_some(d, a, r, &rest, &n));
        arena_reset(a);
    }
    return ERR_NONE;
}

struct again {
    struct desk *desk;
    arena *arena;
    int64_t brand, agent, message;
};

static err again(db_conn *c, void *arg) {
    struct again *g = arg;
    struct message m;
    TRY(store_message_get(c, g->arena, g->brand, g->message, &m));
    if (!m.raw_id || m.kind != MESSAGE_LETTER)
        return err_set(ERR_INVALID, "Only a letter that came by mail can be read again.");
    if (m.raw_id != m.id)
        return err_set(
            ERR_CONFLICT,
            "This letter was made from one that a colleague forwarded. Read the colleague's letter "
            "again instead; for that, undo first that it was made theirs.");
    int64_t now = desk_now(g->desk);
    TRY(store_raw_settle(c, g->brand, m.raw_id, RAW_NEW, 0, S("")));
    TRY(store_job_put(c, g->brand, S("read"), m.raw_id, id_new(now), now));
    return store_event_insert(c, g->brand,
                              &(struct event){.id = id_new(now),
                                              .conversation_id = m.conversation_id,
                                              .agent_id = g->agent,
                                              .kind = S("reread"),
                                              .at = now});
}

err reading_again(struct desk *d, arena *a, int64_t brand, int64_t agent, int64_t message) {
    struct again g = {d, a, brand, agent, message};
    TRY(db_write(d->db, again, &g));
    desk_work(d);
    return ERR_NONE;
}
