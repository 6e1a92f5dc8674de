/* The hooks of the fetcher that keep what came; see fetch.h and mail/imap.h. */
#include <string.h>

#include "base/random.h"
#include "desk/fetch_own.h"
#include "desk/import.h"
#include "desk/intake.h"

bool fetch_folder_is_sent(const struct store_fetch_folder *f) {
    return f->special.n ? str_eq_nocase(f->special, S("Sent")) : import_sent_folder(f->name);
}

enum folder_turn { TURN_INBOX, TURN_LETTERS, TURN_SENT };
static enum folder_turn turn_of(const struct store_fetch_folder *f) {
    if (str_eq_nocase(f->name, S("INBOX"))) return TURN_INBOX;
    return fetch_folder_is_sent(f) ? TURN_SENT : TURN_LETTERS;
}

err fetch_account_of(const struct desk *d, arena *a, const struct store_fetch *f, struct imap_account *ret) {
    if (f->paused_at || f->inbox_disabled_at)
        return err_set(ERR_CONFLICT, "This mailbox is not fetched now.");
    store_fetch_folder_list folders = {0};
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_fetch_folders(c, a, f->brand_id, f->inbox_id, &folders));
    }
    struct imap_account x = {.brand = f->brand_id, .id = f->inbox_id};
    /* On the first one the server says at once when there is more. What was sent comes last, behind the
     * letters that it answers. */
    for (enum folder_turn turn = TURN_INBOX; turn <= TURN_SENT; turn++)
        for (size_t i = 0; i < folders.n; i++)
            if (folders.v[i].wanted && turn_of(&folders.v[i]) == turn) {
                *list_add(a, &x.folders) = folders.v[i].name;
                x.left_alone += turn == TURN_SENT;
            }
    enum fetch_after after = FETCH_LEAVE;
    fetch_after_from(f->after, &after);
    switch (after) {
    case FETCH_LEAVE: x.after = IMAP_AFTER_NOTHING; break;
    case FETCH_SEEN:
    case FETCH_FLAG:
        x.after = IMAP_AFTER_FLAG;
        x.flag = after == FETCH_SEEN ? S("\\Seen") : S("\\Flagged");
        break;
    case FETCH_MOVE:
        x.after = IMAP_AFTER_MOVE;
        x.move_to = f->move_to;
        break;
    }
    if (str_eq(f->begin, S("new"))) x.since = f->created_at;
    *ret = x;
    return ERR_NONE;
}

/* ---- where a folder stands ---- */

static err read_stand(db_conn *c, arena *a, const struct store_fetch_folder *folder, struct imap_stand *ret) {
    struct imap_stand stand = {.uidvalidity = (uint32_t)folder->uid_validity,
                               .mark = (uint32_t)folder->uid_mark,
                               .old_until = (uint32_t)folder->old_until,
                               .modseq = (uint64_t)folder->modseq};
    store_fetch_aside_list aside = {0};
    uid_list pending = {0};
    TRY(store_fetch_aside_of_folder(c, a, folder->brand_id, folder->inbox_id, folder->id,
                                    folder->uid_validity, &aside));
    TRY(store_fetch_mail_pending(c, a, folder->brand_id, folder->inbox_id, folder->id, folder->uid_validity,
                                 &pending));
    for (size_t i = 0; i < aside.n; i++)
        *list_add(a, &stand.aside) =
            (struct imap_uid){(uint32_t)aside.v[i].at.uid, (int)aside.v[i].tries, aside.v[i].retry_at};
    for (size_t i = 0; i < pending.n; i++) list_add(a, &stand.pending)->uid = (uint32_t)pending.v[i];
    *ret = stand;
    return ERR_NONE;
}

struct standing {
    arena *a;
    int64_t version;
    struct store_fetch_folder row;
};

static err write_stood(db_conn *c, void *arg) {
    struct standing *x = arg;
    return store_fetch_folder_set_stood(c, &x->row, x->version);
}

err fetch_changed_meanwhile(void) {
    return err_set(ERR_BUSY, "The settings of this mailbox changed meanwhile. It is looked at again.");
}

err fetch_stand(const struct desk *d, arena *a, int64_t brand, int64_t inbox, int64_t version, str folder,
                struct imap_stand *ret) {
    struct standing x = {.a = a, .version = version};
    struct store_fetch f;
    struct imap_stand stand = {0};
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_fetch_get(c, a, brand, inbox, &f));
        if (f.version != version) return fetch_changed_meanwhile();
        TRY(store_fetch_folder_by_name(c, a, brand, inbox, folder, &x.row));
        if (x.row.uid_validity) TRY(read_stand(c, a, &x.row, &stand));
    }
    /* Should it change in between, `stood` is not the present version, and nothing can be kept. */
    if (x.row.stood != version) TRY(db_write(d->db, write_stood, &x));
    *ret = stand;
    return ERR_NONE;
}

/* ---- keeping ---- */

struct fetched {
    struct store_fetch_place at;
    str hash;
    bool pending;
};

struct keeping {
    struct desk *d;
    arena *a;
    struct imap_batch *batch;
    struct store_fetch_folder folder;
    struct intake_letter *letters; /* to be kept */
    size_t n;
    struct intake_letter **of; /* of each mail, where it is here and to be kept; else NULL */
    int64_t now;
};

/* In the letter's transaction, before it is kept. */
static err note_kept(db_conn *c, void *context, int64_t raw, bool *ret_fresh) {
    const struct fetched *f = context;
    return store_fetch_mail_put(c, &f->at, raw, f->hash, f->pending, ret_fresh);
}

static struct store_fetch_place place_of(const struct keeping *k, uint32_t uid) {
    return (struct store_fetch_place){k->folder.brand_id, k->folder.inbox_id, k->folder.id,
                                      k->batch->uidvalidity, uid};
}

static err set_aside(db_conn *c, const struct keeping *k, const struct imap_mail *m, str reason) {
    struct store_fetch_aside x = {.at = place_of(k, m->uid),
                                  .id = id_new(k->now),
                                  .reason = str_clip_utf8(str_is_utf8(reason) ? reason : S(""), 500),
                                  .size = (int64_t)m->size,
                                  .tried_at = k->now,
                                  .retry_at = m->state == IMAP_MAIL_TOO_LARGE ? 0 : m->retry_at};
    return store_fetch_aside_put(c, &x);
}

/* Whether a letter was not kept for a reason that has nothing to do with it: then nothing of the batch
 * counts. */
static bool concerns_all(err code) {
    return code == ERR_BUSY || code == ERR_FULL || code == ERR_DATABASE || code == ERR_IO ||
           code == ERR_MISSING;
}

/* In the transaction of the letters, or after it when they had to be kept one by one. */
static err note_stand(db_conn *c, void *arg) {
    struct keeping *k = arg;
    const struct imap_batch *b = k->batch;
    int64_t kept = 0;
    if (b->fresh)
        TRY(store_fetch_renumbered(c, k->folder.brand_id, k->folder.inbox_id, k->folder.id, b->uidvalidity));
    for (size_t i = 0; i < b->n; i++) {
        const struct imap_mail *m = &b->mails[i];
        struct store_fetch_place place = place_of(k, m->uid);
        const struct intake_letter *l = k->of[i];
        bool left_out = m->state == IMAP_MAIL_HERE && !l; /* in a Sent folder, from none of ours */
        if (l && concerns_all(l->result))
            return err_set(l->result, "A letter could not be kept now, so it stays in the mailbox.");
        if (m->state == IMAP_MAIL_GONE || left_out || (l && !l->result)) {
            if (m->tries > 1 || !l) TRY(store_fetch_aside_delete(c, &place));
            kept += l && !l->known;
        } else {
            str reason = l ? S("The desk could not keep it.") : m->says;
            TRY(set_aside(c, k, m, reason));
        }
    }
    struct store_fetch_folder f = k->folder;
    f.uid_validity = b->uidvalidity;
    f.uid_mark = b->mark;
    f.old_until = b->old_until;
    f.modseq = (int64_t)(b->modseq & INT64_MAX);
    TRY(store_fetch_folder_set_mark(c, &f));
    return kept ? store_fetch_add_kept(c, f.brand_id, f.inbox_id, kept) : ERR_NONE;
}

static err prepare_letters(struct keeping *k, str address) {
    struct fetched *notes = arena_array(k->a, k->batch->n, sizeof *notes);
    struct intake_inbox to = {k->batch->brand, k->batch->account};
    bool sent = fetch_folder_is_sent(&k->folder);
    struct import_list own = {0};
    if (sent) TRY(import_own_of(k->d, k->a, to, &own));
    for (size_t i = 0; i < k->batch->n; i++) {
        const struct imap_mail *m = &k->batch->mails[i];
        struct intake_letter l = {.to = to,
                                  .mail_from = m->return_path,
                                  .recipient = address,
                                  .bytes = m->bytes,
                                  .fresh = note_kept,
                                  .fresh_context = &notes[k->n]};
        if (m->state != IMAP_MAIL_HERE || (sent && !import_fill_sent(k->d, k->a, &own, &l))) continue;
        notes[k->n] = (struct fetched){place_of(k, m->uid), token_hash(k->a, m->bytes), k->batch->pending};
        k->letters[k->n] = l;
        k->of[i] = &k->letters[k->n++];
    }
    return ERR_NONE;
}

err fetch_keep(struct desk *d, arena *a, struct imap_batch *batch) {
    struct keeping k = {.d = d, .a = a, .batch = batch, .now = desk_now(d)};
    struct store_fetch f;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_fetch_get(c, a, batch->brand, batch->account, &f));
        TRY(store_fetch_folder_by_name(c, a, batch->brand, batch->account, batch->folder, &k.folder));
    }
    k.letters = arena_array(a, batch->n, sizeof *k.letters);
    k.of = arena_array(a, batch->n, sizeof *k.of);
    TRY(prepare_letters(&k, f.address));
    err code;
    intake_keep_past(d, a, k.letters, k.n, 0, note_stand, &k, &code);
    TRY(code);
    for (size_t i = 0; i < batch->n; i++)
        if (batch->mails[i].state == IMAP_MAIL_HERE)
            batch->mails[i].result = k.of[i] ? k.of[i]->result : ERR_NONE;
    return ERR_NONE;
}

/* ---- afterwards ---- */

struct acting {
    arena *a;
    const struct imap_acted *acted;
};

static err write_acted(db_conn *c, void *arg) {
    struct acting *x = arg;
    const struct imap_acted *t = x->acted;
    struct store_fetch_folder folder;
    TRY(store_fetch_folder_by_name(c, x->a, t->brand, t->account, t->folder, &folder));
    for (size_t i = 0; i < t->n; i++) {
        struct store_fetch_place at = {t->brand, t->account, folder.id, t->uidvalidity, t->uids[i]};
        TRY(store_fetch_mail_done(c, &at));
    }
    return ERR_NONE;
}

err fetch_acted(const struct desk *d, arena *a, const struct imap_acted *acted) {
    struct acting x = {a, acted};
    return db_write(d->db, write_acted, &x);
}

struct stating {
    arena *a;
    const struct imap_state *s;
    int64_t now;
    bool told; /* people see a difference */
};

static err write_state(db_conn *c, void *arg) {
    struct stating *x = arg;
    const struct imap_state *s = x->s;
    struct store_fetch f;
    x->told = false;
    TRY(store_fetch_get(c, x->a, s->brand, s->account, &f));
    bool failing = s->failures > 0, was_failing = f.failing_since > 0;
    str says = str_clip_utf8(str_is_utf8(s->says) ? s->says : S(""), 1000);
    bool reached =
        !s->code && (s->phase == IMAP_READING || s->phase == IMAP_IDLE || s->phase == IMAP_POLLING);
    /* A fetcher that has just begun knows nothing of the failures before: only success ends them. */
    bool open = was_failing && !failing && !reached;
    x->told = !open && (failing != was_failing || !str_eq(f.says, says));
    f.state = str_z(imap_phase_name(s->phase));
    if (!open) f.code = str_z(s->code ? err_name(s->code) : "none");
    if (!open) f.says = says;
    f.state_at = s->since;
    f.retry_at = s->next_at;
    f.failing_since = failing && !was_failing ? x->now : failing || open ? f.failing_since : 0;
    f.contact_at = reached ? x->now : 0;
    f.mail_at = s->mail_at;
    TRY(store_fetch_set_state(c, &f));
    /* The server did not take the token, however long it was to be good: the next sign-in asks for another.
     */
    if (s->code == ERR_DENIED && str_eq(f.sign_in, S("oauth")) && f.access_token.n)
        return store_fetch_set_access(c, s->brand, s->account, S(""), 0, f.refresh_token,
                                      f.refresh_expires_at);
    return ERR_NONE;
}

err fetch_state(const struct desk *d, arena *a, const struct imap_state *state) {
    struct stating x = {a, state, desk_now(d), false};
    err e = db_write(d->db, write_state, &x);
    if (e) return e == ERR_MISSING ? ERR_NONE : e; /* removed meanwhile */
    if (x.told) desk_changed(d, state->brand, 0, "inbox");
    return ERR_NONE;
}
