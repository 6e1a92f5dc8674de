/* What customers promised us. */
#include "desk/check.h"
#include "desk/child.h"
#include "desk/events.h"
#include "desk/listening.h"
#include "desk/merge.h"
#include "desk/promise_own.h"
#include "store/message.h"

enum { LETTERS_MAX = 50, AGREE_PAGE = 500 };

struct remembering {
    arena *a;
    const struct actor *who;
    int64_t conversation, message, now, id;
    str text;
    bool said, agreed; /* the caller says that a child wrote; else by listening */
};

/* What a person said about the child counts more than listening. */
static err may_be_shown(db_conn *c, struct remembering *x, bool *ret) {
    struct store_child k;
    TRY(child_get_in(c, x->a, x->who->brand, x->conversation, &k));
    *ret = x->agreed;
    if (k.version == 0 || x->said) return ERR_NONE;
    *ret = k.state == CHILD_NONE || (k.state == CHILD_CONFIRMED && k.keep_memory);
    return ERR_NONE;
}

static err write_memory(db_conn *c, void *arg) {
    struct remembering *x = arg;
    struct conversation v;
    struct store_promise same;
    TRY(merge_end_in(c, x->who->brand, x->conversation, &x->conversation));
    TRY(store_conversation_get(c, x->a, x->who->brand, x->conversation, &v));
    TRY(store_promise_same_theirs(c, x->a, x->who->brand, x->message, x->text, &same));
    x->id = same.id;
    if (same.id) return ERR_NONE;
    struct store_promise row = {.conversation_id = v.id,
                                .customer_id = v.customer_id,
                                .message_id = x->message,
                                .whose = PROMISE_THEIRS,
                                .text = x->text,
                                .created_at = x->now};
    TRY(may_be_shown(c, x, &row.agreed));
    TRY(promise_put_new(c, x->who, &row, (struct promise_proof){PROOF_MESSAGE, x->message}));
    x->id = row.id;
    return promise_tell(c, x->a, x->who, &row, "promise_remembered", 0, x->now);
}

static err letters_of(struct desk *d, arena *a, int64_t brand, int64_t message, struct message *ret,
                      message_list *ret_said) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(store_message_get(c, a, brand, message, ret));
    if (ret->kind != MESSAGE_LETTER) return err_set(ERR_MISSING, "There is no such letter.");
    return store_message_list(c, a, brand, ret->conversation_id, 0, LETTERS_MAX, ret_said);
}

/* One letter of a child is enough: the next one may be too short to tell. */
static err child_wrote(struct desk *d, arena *a, int64_t brand, const message_list *said, bool *ret) {
    bool child = false;
    for (size_t i = 0; i < said->n && !child; i++) {
        struct letter_findings f;
        if (said->v[i].kind != MESSAGE_LETTER) continue;
        TRY(listening_of(d, a, brand, &said->v[i], &f));
        child = f.child;
    }
    *ret = child;
    return ERR_NONE;
}

static bool at_character(str text, uint32_t at) {
    return at >= text.n || ((unsigned char)text.p[at] & 0xC0) != 0x80;
}

err promise_remember(struct desk *d, arena *a, const struct actor *who, const struct promise_memory *memory,
                     int64_t *ret_id) {
    struct message m;
    message_list said;
    bool child = memory->child;
    TRY(letters_of(d, a, who->brand, memory->message, &m, &said));
    if (memory->start >= memory->end || memory->end > m.text.n || !at_character(m.text, memory->start) ||
        !at_character(m.text, memory->end))
        return err_set(ERR_INVALID, "These are no words of the letter.");
    str text = str_trim(str_slice(m.text, memory->start, memory->end));
    if (!text.n) return err_set(ERR_INVALID, "These are no words of the letter.");
    if (text.n > PROMISE_TEXT_BYTES)
        return err_set(ERR_INVALID, "That is longer than %d bytes; choose the promise itself.",
                       PROMISE_TEXT_BYTES);
    if (!child) TRY(child_wrote(d, a, who->brand, &said, &child));
    struct remembering x = {.a = a,
                            .who = who,
                            .conversation = m.conversation_id,
                            .message = m.id,
                            .now = desk_now(d),
                            .text = text,
                            .said = memory->child,
                            .agreed = !child};
    TRY(db_write(d->db, write_memory, &x));
    desk_changed(d, who->brand, m.conversation_id, "promise");
    *ret_id = x.id;
    return ERR_NONE;
}

/* Of the page behind *last, which becomes 0 when there are no more. */
static err agree_page(db_conn *c, arena *a, const struct actor *who, int64_t conversation, bool agreed,
                      str note, int64_t now, int64_t *last, bool *any) {
    store_promise_list all;
    TRY(store_promises_of_conversation(c, a, who->brand, conversation, *last, AGREE_PAGE, &all));
    for (size_t i = 0; i < all.n; i++) {
        struct store_promise *p = &all.v[i];
        if (p->whose != PROMISE_THEIRS || p->agreed == agreed) continue;
        p->agreed = agreed;
        *any = true;
        TRY(promise_put_step(c, who, p, agreed ? STEP_AGREED : STEP_DISAGREED, 0, 0,
                             (struct promise_proof){0}, note, now));
    }
    *last = all.n < AGREE_PAGE ? 0 : all.v[all.n - 1].id;
    return ERR_NONE;
}

err promise_agree_in(db_conn *c, arena *a, const struct actor *who, int64_t conversation, bool agreed,
                     str note, int64_t now) {
    str line;
    bool any = false;
    int64_t last = 0;
    TRY(check_line("Who agreed, and how", note, PROMISE_NOTE_BYTES, &line));
    do {
        TRY(agree_page(c, a, who, conversation, agreed, line, now, &last, &any));
    } while (last);
    if (!any) return ERR_NONE;
    return event_add(c, who, conversation, promise_event(agreed ? STEP_AGREED : STEP_DISAGREED), line, now);
}

struct agreeing {
    arena *a;
    const struct actor *who;
    int64_t conversation, now;
    bool agreed;
    str note;
};

static err write_agreed(db_conn *c, void *arg) {
    struct agreeing *x = arg;
    struct conversation v;
    TRY(store_conversation_get(c, x->a, x->who->brand, x->conversation, &v));
    TRY(merge_writable(&v));
    return promise_agree_in(c, x->a, x->who, v.id, x->agreed, x->note, x->now);
}

err promise_agree(struct desk *d, arena *a, const struct actor *who, int64_t conversation, bool agreed,
                  str note) {
    struct agreeing x = {a, who, conversation, desk_now(d), agreed, note};
    TRY(db_write(d->db, write_agreed, &x));
    desk_changed(d, who->brand, conversation, "promise");
    return ERR_NONE;
}

err promise_forget(db_conn *c, int64_t brand, int64_t conversation) {
    return store_promises_delete_not_agreed(c, brand, conversation);
}
