/* The session's frame: commands and their ends, what comes from the server, time. */
#include "mail/imap_session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "mail/imap_session_own.h"

const char *imap_phase_name(imap_phase p) {
    static const char *const names[] = {"waiting", "connecting", "reading", "idle", "polling"};
    return names[p];
}

imap_session *imap_session_new(const struct imap_account *account,
                               const struct imap_session_options *options) {
    imap_session *s = memory_zeroed(sizeof *s);
    s->account = account;
    s->options = *options;
    s->reader = imap_reader_new(0);
    s->out = BUF_MAX(64 * 1024);
    s->folders = memory_zeroed(account->folders.n * sizeof *s->folders);
    for (size_t i = 0; i < account->folders.n; i++) s->folders[i].name = account->folders.v[i];
    s->selected = -1;
    s->deadline = s->overall = INT64_MAX;
    s->phase = IMAP_READING;
    return s;
}

void imap_session_free(imap_session *s) {
    if (!s) return;
    session_drop_window(s);
    for (size_t i = 0; i < s->account->folders.n; i++) session_drop_folder(&s->folders[i]);
    free(s->folders);
    imap_reader_free(s->reader);
    buf_free(&s->out);
    session_drop_search(s);
    imap_uids_free(&s->acting);
    free(s->acted);
    free(s);
}

/* --- Words --- */

void session_words(char to[SAYS_MAX], str words) {
    bool utf8 = str_is_utf8(words);
    words = str_trim(words);
    str clip = utf8 ? str_clip_utf8(words, 200) : str_slice(words, 0, 200);
    for (size_t i = 0; i < clip.n; i++) {
        unsigned char c = (unsigned char)clip.p[i];
        to[i] = (char)(c < ' ' || c == 0x7F ? ' ' : c >= 0x80 && !utf8 ? '?' : c);
    }
    to[clip.n] = '\0';
}

static void set_says(imap_session *s, err code, const char *fmt, va_list args) {
    s->code = code;
    if (vsnprintf(s->says, sizeof s->says, fmt, args) >= (int)sizeof s->says) {
        /* Not in the middle of a character. */
        str clip = str_clip_utf8(str_z(s->says), sizeof s->says - 4);
        s->says[clip.n] = '\0';
    }
}

void session_fail(imap_session *s, err code, const char *fmt, ...) {
    if (s->step == STEP_CLOSE || s->step == STEP_NONE) return;
    session_broke(s);
    va_list args;
    va_start(args, fmt);
    set_says(s, code, fmt, args);
    va_end(args);
    s->step = STEP_CLOSE;
    s->deadline = s->overall = INT64_MAX;
}

void session_warn(imap_session *s, err code, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    set_says(s, code, fmt, args);
    va_end(args);
    s->warned = true;
}

/* --- Commands --- */

void session_begin(imap_session *s, const char *command) {
    s->tags++;
    (void)snprintf(s->tag, sizeof s->tag, "L%u", s->tags);
    buf_add_z(&s->out, s->tag);
    buf_add_char(&s->out, ' ');
    buf_add_z(&s->out, command);
}

void session_send(imap_session *s, enum step step, uint64_t bytes, struct imap_now now) {
    buf_add_z(&s->out, "\r\n");
    int64_t answer = (int64_t)s->options.answer_seconds * SECOND_MS;
    s->step = step;
    if (step != STEP_BODIES) imap_reader_limit(s->reader, 0);
    s->words[0] = '\0';
    s->deadline = now.mono + answer;
    s->overall = now.mono + 2 * answer + (int64_t)(bytes / BYTES_PER_SECOND) * SECOND_MS;
    if (!buf_ok(&s->out)) session_fail(s, ERR_INTERNAL, "A command to the mail server grew too long.");
}

void session_wait(imap_session *s, enum step step) {
    s->step = step;
    imap_reader_limit(s->reader, 0);
    s->deadline = s->overall = INT64_MAX;
}

void imap_session_open(imap_session *s, struct imap_now now) {
    imap_reader_reset(s->reader);
    buf_clear(&s->out);
    s->tags = s->capabilities = 0;
    s->trusted = s->cannot_act = s->created = s->no_idle = s->news = s->warned = false;
    s->selected = -1;
    s->bye[0] = s->says[0] = '\0';
    s->code = ERR_NONE;
    s->phase = IMAP_READING;
    for (size_t i = 0; i < s->account->folders.n; i++) s->folders[i].loaded = false;
    session_begin(s, "CAPABILITY");
    session_send(s, STEP_CAPABILITY, 0, now);
}

void imap_session_lost(imap_session *s) {
    if (s->step != STEP_CLOSE) session_broke(s);
    session_drop_window(s);
    session_drop_search(s);
    imap_uids_free(&s->acting);
    imap_reader_reset(s->reader);
    buf_free(&s->out);
    session_wait(s, STEP_NONE);
    s->selected = -1;
}

/* --- What the server says --- */

/* The end of our command. */
static void on_tagged(imap_session *s, const struct imap_response *r, struct imap_now now) {
    bool ok = r->word == IMAP_OK;
    if (!str_eq(r->tag, str_z(s->tag))) {
        if (s->trusted) session_fail(s, ERR_INVALID, "The mail server answered what was not asked.");
        return;
    }
    s->trusted = true;
    if (!ok) session_words(s->words, r->text);
    enum step step = s->step;
    s->deadline = s->overall = INT64_MAX;
    switch (step) {
    case STEP_CAPABILITY: session_round(s, true, now); break;
    case STEP_SELECT: session_selected(s, ok, now); break;
    case STEP_SEARCH:
        imap_uids_settle(&s->found);
        session_searched(s, ok, now);
        break;
    case STEP_SIZES: session_sizes_done(s, now); break;
    case STEP_BODIES: session_bodies_done(s, now); break;
    case STEP_VERIFY:
        imap_uids_settle(&s->found);
        session_verified(s, ok, now);
        break;
    case STEP_FLAG:
    case STEP_MOVE:
    case STEP_CREATE:
    case STEP_COPY:
    case STEP_DELETE:
    case STEP_EXPUNGE: session_act_answer(s, r, now); break;
    case STEP_IDLE:
    case STEP_IDLING:
        s->no_idle = true;
        session_idle_ends(s, now);
        break;
    case STEP_DONE: session_idle_ends(s, now); break;
    case STEP_NONE:
    case STEP_STAND:
    case STEP_ROOM:
    case STEP_KEEP:
    case STEP_ACTED:
    case STEP_RESTING:
    case STEP_CLOSE: session_fail(s, ERR_INVALID, "The mail server answered what was not asked."); break;
    }
}

static void say_done(imap_session *s, struct imap_now now) {
    buf_add_z(&s->out, "DONE");
    session_send(s, STEP_DONE, 0, now);
}

static void on_exists(imap_session *s, uint32_t n, struct imap_now now) {
    if (s->step != STEP_SELECT && n > s->exists) s->news = true;
    s->exists = n;
    if (s->news && s->step == STEP_IDLING) say_done(s, now);
}

static void on_code(imap_session *s, const struct imap_response *r) {
    if (r->code == IMAP_CODE_CAPABILITY) s->capabilities = r->capabilities;
    if (s->step != STEP_SELECT) return;
    if (r->code == IMAP_CODE_UIDVALIDITY) s->uidvalidity = r->number;
    if (r->code == IMAP_CODE_UIDNEXT) s->uidnext = r->number;
    if (r->code == IMAP_CODE_MODSEQ) s->modseq = r->modseq;
    if (r->code == IMAP_CODE_NOMODSEQ) s->modseq = 0;
    if (r->code == IMAP_CODE_UIDNOTSTICKY) s->not_sticky = true;
    if (r->code == IMAP_CODE_READ_ONLY) s->read_only = true;
    if (r->code == IMAP_CODE_READ_WRITE) s->read_only = false;
}

/* One left out would be taken for one that is gone. */
static void on_found(imap_session *s, const struct imap_uids *uids) {
    bool fits = true;
    for (size_t i = 0; i < uids->n && fits; i++)
        fits = imap_uids_put(&s->found, uids->v[i].first, uids->v[i].last);
    if (!fits) session_fail(s, ERR_INVALID, "The mail server named more mails than can be told apart.");
}

static void on_response(imap_session *s, const struct imap_response *r, struct imap_now now) {
    switch (r->kind) {
    case IMAP_GOT_TAGGED:
        on_code(s, r);
        on_tagged(s, r, now);
        break;
    case IMAP_GOT_CONTINUE:
        if (s->step == STEP_IDLE) {
            s->step = STEP_IDLING;
            s->phase = IMAP_IDLE;
            s->overall = INT64_MAX;
            s->deadline = now.mono + (int64_t)s->account->idle_seconds * SECOND_MS;
            if (s->account->folders.n > 1 && s->round_at < s->deadline) s->deadline = s->round_at;
            if (s->news || s->poked) say_done(s, now);
        }
        break;
    case IMAP_GOT_SAID:
        on_code(s, r);
        if (r->word == IMAP_BYE) session_words(s->bye, r->text.n ? r->text : S("BYE"));
        break;
    case IMAP_GOT_EXISTS: on_exists(s, r->number, now); break;
    case IMAP_GOT_EXPUNGE: s->exists -= s->exists > 0; break;
    case IMAP_GOT_VANISHED: {
        uint64_t n = imap_uids_count(r->uids);
        s->exists -= n < s->exists ? (uint32_t)n : s->exists;
        break;
    }
    case IMAP_GOT_FETCH: session_got_fetch(s, r); break;
    case IMAP_GOT_SEARCH:
        if (s->step != STEP_SEARCH && s->step != STEP_VERIFY) break;
        on_found(s, r->uids);
        break;
    case IMAP_GOT_CAPABILITY: s->capabilities = r->capabilities; break;
    case IMAP_GOT_LIST:
    case IMAP_GOT_OTHER: break;
    case IMAP_GOT_BROKEN:
        if (s->trusted || r->lost)
            session_fail(s, ERR_INVALID, "The mail server sent %.*s.", STR_FMT(r->text));
        break;
    }
}

imap_want imap_session_want(const imap_session *s) {
    switch (s->step) {
    case STEP_NONE: return IMAP_WANT_NOTHING;
    case STEP_STAND: return IMAP_WANT_STAND;
    case STEP_ROOM: return IMAP_WANT_ROOM;
    case STEP_KEEP: return IMAP_WANT_KEEP;
    case STEP_ACTED: return IMAP_WANT_ACTED;
    case STEP_CLOSE: return IMAP_WANT_CLOSE;
    case STEP_CAPABILITY:
    case STEP_SELECT:
    case STEP_SEARCH:
    case STEP_SIZES:
    case STEP_BODIES:
    case STEP_VERIFY:
    case STEP_FLAG:
    case STEP_MOVE:
    case STEP_CREATE:
    case STEP_COPY:
    case STEP_DELETE:
    case STEP_EXPUNGE:
    case STEP_IDLE:
    case STEP_IDLING:
    case STEP_DONE:
    case STEP_RESTING: return IMAP_WANT_READ;
    }
    return IMAP_WANT_NOTHING;
}

size_t imap_session_feed(imap_session *s, str bytes, struct imap_now now) {
    size_t at = 0;
    while (at < bytes.n && imap_session_want(s) == IMAP_WANT_READ) {
        const struct imap_response *r;
        if (s->step != STEP_IDLING && s->step != STEP_RESTING)
            s->deadline = now.mono + (int64_t)s->options.answer_seconds * SECOND_MS;
        at += imap_reader_feed(s->reader, str_slice(bytes, at, bytes.n), &r);
        if (r) on_response(s, r, now);
    }
    return at;
}

buf *imap_session_out(imap_session *s) { return &s->out; }

/* --- Time --- */

int64_t imap_session_deadline(const imap_session *s) {
    return s->deadline < s->overall ? s->deadline : s->overall;
}

void imap_session_tick(imap_session *s, struct imap_now now) {
    if (now.mono < imap_session_deadline(s)) return;
    if (s->step == STEP_IDLING)
        say_done(s, now);
    else if (s->step == STEP_RESTING)
        session_round(s, false, now);
    else if (now.mono >= s->overall)
        session_fail(s, ERR_NETWORK, "The mail server is too slow: an answer did not come to its end.");
    else
        session_fail(s, ERR_NETWORK, "The mail server was silent for %d seconds.", s->options.answer_seconds);
}

void imap_session_poke(imap_session *s, bool aside, struct imap_now now) {
    s->poked = true;
    s->forced |= aside;
    s->round_at = now.mono;
    if (s->step == STEP_IDLING) say_done(s, now);
    if (s->step == STEP_RESTING) session_round(s, false, now);
}

/* --- For the loop --- */

str imap_session_folder(const imap_session *s) { return s->folders[s->at].name; }
size_t imap_session_room_wanted(const imap_session *s) { return session_room_wanted(s); }
struct imap_batch *imap_session_batch(imap_session *s) {
    return &s->batch;
}
const struct imap_acted *imap_session_acts(const imap_session *s) { return &s->acts; }

void imap_session_room(imap_session *s, struct imap_now now) {
    if (s->step == STEP_ROOM) session_ask_bodies(s, now);
}

str imap_session_bye(const imap_session *s) { return str_z(s->bye); }

size_t imap_session_memory(const imap_session *s) {
    if (s->step == STEP_BODIES || s->step == STEP_VERIFY || s->step == STEP_KEEP)
        return session_room_wanted(s);
    return 0;
}

void imap_session_glance(const imap_session *s, struct imap_glance *ret_glance) {
    *ret_glance = (struct imap_glance){
        .phase = s->phase,
        .next_mono = s->step == STEP_RESTING ? s->deadline : 0,
        .left = (int64_t)imap_uids_count(&s->todo) + (int64_t)(s->ncoming - s->from),
        .kept = s->kept,
        .mail_at = s->mail_at,
        .synced_at = s->synced_at,
        .code = s->code,
        .says = s->says,
    };
}
