#include "desk/training.h"

#include "base/random.h"
#include "desk/check.h"
#include "store/agent.h"

/* ---- writing ---- */

struct keeping {
    arena *a;
    const struct training_writer *who;
    const struct training_letter *letter;
    str text;
    bool done;
    int64_t now;
    struct store_practice row;
};

static err still_open(const struct store_applicant *t, int64_t now) {
    if (!t->ended_at && t->expires_at > now) return ERR_NONE;
    return err_set(ERR_MISSING, "There is no practice room behind this link.");
}

/* The link may have ended since the page was opened, and then nothing is kept any more. */
static err write_keep(db_conn *c, void *arg) {
    struct keeping *x = arg;
    const struct training_writer *w = x->who;
    struct store_practice was;
    struct store_applicant t;
    if (w->applicant) {
        TRY(store_applicant_get(c, x->a, w->brand, w->applicant, &t));
        TRY(still_open(&t, x->now));
    }
    err e = store_practice_of_letter(c, x->a, w->brand, w->agent, w->applicant, x->letter->key, &was);
    if (e && e != ERR_MISSING) return e;
    if (e)
        was = (struct store_practice){.id = id_new(x->now),
                                      .agent_id = w->agent,
                                      .applicant_id = w->applicant,
                                      .letter = x->letter->key,
                                      .message_id = x->letter->message,
                                      .created_at = x->now};
    was.text = x->text;
    was.updated_at = x->now;
    if (x->done && !was.done_at) was.done_at = x->now;
    x->row = was;
    return store_practice_put(c, w->brand, &was);
}

err training_keep(struct desk *d, arena *a, const struct training_writer *who, str key, str text, bool done,
                  struct store_practice *ret) {
    struct training_letter letter;
    struct keeping x = {.a = a, .who = who, .letter = &letter, .done = done, .now = desk_now(d)};
    TRY(training_letter(d, a, who->applicant ? 0 : who->brand, key, &letter));
    TRY(check_text(a, "The reply", text, TRAINING_TEXT_BYTES, &x.text));
    if (done && !str_trim(x.text).n)
        return err_set(ERR_INVALID, "Write a reply first; then you see what was answered then.");
    TRY(db_write(d->db, write_keep, &x));
    *ret = x.row;
    return ERR_NONE;
}

/* ---- reading ---- */

static err not_yours(void) { return err_set(ERR_MISSING, "There is no such reply in the practice room."); }

static err may_read(db_conn *c, arena *a, int64_t brand, int64_t reader, const struct store_practice *p) {
    struct store_applicant t;
    bool chosen;
    if (p->agent_id && p->agent_id == reader) return ERR_NONE;
    if (!p->done_at) return not_yours();
    if (p->applicant_id) {
        TRY(store_applicant_get(c, a, brand, p->applicant_id, &t));
        return t.agent_id == reader ? ERR_NONE : not_yours();
    }
    TRY(store_practice_reader(c, brand, p->agent_id, reader, &chosen));
    return chosen ? ERR_NONE : not_yours();
}

err training_read(db_conn *c, arena *a, int64_t brand, int64_t reader, int64_t practice,
                  struct store_practice *ret, store_practice_note_list *ret_notes) {
    TRY(store_practice_get(c, a, brand, practice, ret));
    TRY(may_read(c, a, brand, reader, ret));
    return store_practice_notes(c, a, brand, practice, ret_notes);
}

struct noting {
    arena *a;
    const struct actor *who;
    int64_t now;
    struct store_practice_note row;
};

static err write_note(db_conn *c, void *arg) {
    struct noting *x = arg;
    struct store_practice p;
    store_practice_note_list notes;
    TRY(training_read(c, x->a, x->who->brand, x->who->agent, x->row.practice_id, &p, &notes));
    if (x->row.quote.n && str_find(p.text, x->row.quote, 0) == SIZE_MAX)
        return err_set(ERR_INVALID,
                       "These words do not stand in the reply. Copy them as they are, or leave them out.");
    x->row.id = id_new(x->now);
    return store_practice_note_insert(c, x->who->brand, &x->row);
}

err training_note(struct desk *d, arena *a, const struct actor *who, int64_t practice, str quote, str note) {
    struct noting x = {.a = a, .who = who, .now = desk_now(d)};
    TRY(check_text(a, "The words", str_trim(quote), TRAINING_QUOTE_BYTES, &x.row.quote));
    TRY(check_text(a, "The note", str_trim(note), TRAINING_NOTE_BYTES, &x.row.note));
    if (!x.row.note.n) return err_set(ERR_INVALID, "A note needs a word or two.");
    x.row.practice_id = practice;
    x.row.agent_id = who->agent;
    x.row.by_name = who->name;
    x.row.at = x.now;
    return db_write(d->db, write_note, &x);
}

struct sharing {
    arena *a;
    const struct actor *who;
    int64_t reader, now;
    bool on;
};

static err write_share(db_conn *c, void *arg) {
    struct sharing *x = arg;
    struct store_agent reader;
    TRY(store_agent_by_id(c, x->a, x->who->brand, x->reader, &reader));
    if (x->reader == x->who->agent) return err_set(ERR_INVALID, "You see your own replies anyway.");
    if (x->on && (reader.disabled_at || reader.account_disabled_at))
        return err_set(ERR_MISSING, "%.*s does not work here any more.", STR_FMT(reader.name));
    return store_practice_reader_set(c, x->who->brand, x->who->agent, x->reader, x->on, x->now);
}

err training_share(struct desk *d, arena *a, const struct actor *who, int64_t reader, bool on) {
    struct sharing x = {a, who, reader, desk_now(d), on};
    return db_write(d->db, write_share, &x);
}

/* ---- applicants ---- */

struct letting {
    arena *a;
    const struct actor *who;
    int64_t now, id;
    str token;
    struct store_applicant row;
};

static err write_applicant(db_conn *c, void *arg) {
    struct letting *x = arg;
    x->row.id = id_new(x->now);
    return store_applicant_put(c, &x->row);
}

err training_let_in(struct desk *d, arena *a, const struct actor *who, str name, int64_t days,
                    struct store_applicant *ret, str *ret_url) {
    struct letting x = {.a = a, .who = who, .now = desk_now(d), .token = token_new(a)};
    if (days < 1 || days > TRAINING_LINK_DAYS_MAX)
        return err_set(ERR_INVALID, "The link works for 1 to %d days.", TRAINING_LINK_DAYS_MAX);
    TRY(check_line("The name", name, CHECK_NAME_BYTES, &x.row.name));
    x.row.brand_id = who->brand;
    x.row.hash = token_hash(a, x.token);
    x.row.agent_id = who->agent;
    x.row.by_name = who->name;
    x.row.created_at = x.now;
    x.row.expires_at = x.now + days * DAY_MS;
    TRY(db_write(d->db, write_applicant, &x));
    *ret = x.row;
    *ret_url = str_fmt(a, "%.*s/practice/%.*s", STR_FMT(d->public_url), STR_FMT(x.token));
    return ERR_NONE;
}

static err write_end(db_conn *c, void *arg) {
    struct letting *x = arg;
    struct store_applicant t;
    TRY(store_applicant_get(c, x->a, x->who->brand, x->id, &t));
    if (t.ended_at) return ERR_NONE;
    t.ended_at = x->now;
    return store_applicant_put(c, &t);
}

err training_end(struct desk *d, arena *a, const struct actor *who, int64_t applicant) {
    struct letting x = {.a = a, .who = who, .now = desk_now(d), .id = applicant};
    return db_write(d->db, write_end, &x);
}

static err open_in(db_conn *c, arena *a, str token, int64_t now, struct store_applicant *ret) {
    struct store_applicant t;
    TRY(store_applicant_by_hash(c, a, token_hash(a, token), &t));
    TRY(still_open(&t, now));
    *ret = t;
    return ERR_NONE;
}

err training_open(struct desk *d, arena *a, str token, struct store_applicant *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return open_in(c, a, token, desk_now(d), ret);
}

static err write_leave(db_conn *c, void *arg) {
    struct letting *x = arg;
    struct store_applicant t;
    TRY(open_in(c, x->a, x->token, x->now, &t));
    t.ended_at = x->now;
    TRY(store_practice_delete_of(c, t.brand_id, t.id));
    return store_applicant_put(c, &t);
}

err training_leave(struct desk *d, arena *a, str token) {
    struct letting x = {.a = a, .now = desk_now(d), .token = token};
    return db_write(d->db, write_leave, &x);
}

static err write_sweep(db_conn *c, void *arg) {
    const int64_t *now = arg;
    return store_applicant_sweep(c, *now - TRAINING_KEEP_DAYS * (int64_t)DAY_MS);
}

err training_sweep(struct desk *d) {
    int64_t now = desk_now(d);
    return db_write(d->db, write_sweep, &now);
}
