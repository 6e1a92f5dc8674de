/* The question whether a story may be shown: made by an agent, carried by a letter. */
#include "base/buf.h"
#include "base/random.h"
#include "desk/child.h"
#include "desk/events.h"
#include "desk/reply.h"
#include "desk/story_own.h"
#include "store/conversation.h"
#include "store/customer.h"

enum { DRAFT_BYTES = 1000000 };
static const char link_path[] = "/story/";

str story_link_url(const struct desk *d, arena *a, str token) {
    return str_fmt(a, "%.*s%s%.*s", STR_FMT(d->public_url), link_path, STR_FMT(token));
}

static bool token_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool story_token_ok(str token) {
    if (token.n != STORY_TOKEN_CHARACTERS) return false;
    for (size_t i = 0; i < token.n; i++)
        if (!token_byte(token.p[i])) return false;
    return true;
}

/* ---- links in a text ---- */

struct link {
    size_t start, end; /* of the whole address */
    str token;
    bool quoted; /* in a line that quotes */
};

/* The next one from `*at` on. */
static bool next_link(str text, size_t *at, struct link *ret) {
    const str path = str_z(link_path);
    for (size_t p = str_find(text, path, *at); p != SIZE_MAX; p = str_find(text, path, p + 1)) {
        struct link l = {.start = p, .end = p + path.n};
        while (l.end < text.n && token_byte(text.p[l.end])) l.end++;
        l.token = str_slice(text, p + path.n, l.end);
        if (!story_token_ok(l.token)) continue;
        while (l.start && !str_has(S(" \t\r\n<>\"()"), text.p[l.start - 1])) l.start--;
        size_t line = l.start;
        while (line && text.p[line - 1] != '\n') line--;
        l.quoted = str_starts(str_trim(str_slice(text, line, l.end)), S(">"));
        *at = l.end;
        *ret = l;
        return true;
    }
    return false;
}

/* ---- asking ---- */

struct asking {
    struct desk *d;
    arena *a;
    const struct actor *who;
    int64_t id, seen, now, conversation;
    str token;
};

static err may_ask(const struct store_tale *s) {
    switch (s->state) {
    case STORY_FOUND:
    case STORY_ASKED: break;
    case STORY_ASIDE: return err_set(ERR_CONFLICT, "This story was put aside; take it back first.");
    case STORY_YES: return err_set(ERR_CONFLICT, "They said yes already.");
    case STORY_NO: return err_set(ERR_CONFLICT, "They said no, and are not asked again.");
    case STORY_WITHDRAWN: return err_set(ERR_CONFLICT, "They took their yes back, and are not asked again.");
    }
    if (!s->quote.n) return err_set(ERR_INVALID, "First choose the words that would be shown.");
    return ERR_NONE;
}

/* Of a child's letter only the grown-up is asked who confirmed by a link of their own. */
static err grown_up_of(db_conn *c, arena *a, int64_t brand, int64_t conversation, bool *ret_child,
                       str *ret_email) {
    struct store_child k;
    TRY(story_child_in(c, a, brand, conversation, ret_child, NULL));
    *ret_email = S("");
    if (!*ret_child) return ERR_NONE;
    TRY(child_get_in(c, a, brand, conversation, &k));
    if (k.state != CHILD_CONFIRMED || k.forgotten_at || !k.ask_email.n)
        return err_set(ERR_CONFLICT,
                       "A child wrote this, and no grown-up has confirmed yet. Ask a grown-up in the "
                       "conversation first; the story waits here meanwhile.");
    *ret_email = k.ask_email;
    return ERR_NONE;
}

/* Links of questions about the same story that were put there before lead nowhere now. */
static err without_old_links(db_conn *c, arena *a, const struct store_tale *s, str *text) {
    struct link l;
    size_t at = 0, done = 0;
    BUF_AUTO buf b = BUF_MAX(DRAFT_BYTES + 1);
    while (next_link(*text, &at, &l)) {
        struct store_story_ask old;
        err e = store_story_ask_by_hash(c, a, token_hash(a, l.token), &old);
        if (e == ERR_MISSING || (!e && old.story_id != s->id)) continue;
        TRY(e);
        buf_add(&b, str_slice(*text, done, l.start));
        done = l.end;
    }
    if (!done) return ERR_NONE;
    buf_add(&b, str_slice(*text, done, text->n));
    str left = str_copy(a, buf_str(&b));
    while (left.n && str_has(S(" \r\n"), left.p[left.n - 1])) left.n--;
    *text = left;
    return ERR_NONE;
}

/* Whoever wrote the letter, who may be another than whom the conversation's last letter is from. */
static err writer_line(db_conn *c, arena *a, int64_t brand, const struct store_tale *s, str *ret_line) {
    struct message m;
    message_address_list all;
    if (channel_is_social(s->channel)) return ERR_NONE;
    TRY(store_message_get(c, a, brand, s->message_id, &m));
    TRY(store_message_addresses(c, a, brand, m.id, &all));
    if (m.from_address.n) *ret_line = m.from_address;
    for (size_t i = 0; i < all.n; i++)
        if (all.v[i].role == ROLE_REPLY_TO) *ret_line = all.v[i].address;
    return ERR_NONE;
}

static err new_draft(db_conn *c, struct asking *x, const struct store_tale *s, struct draft *ret) {
    struct conversation v;
    struct reply_default standard;
    TRY(store_conversation_get(c, x->a, x->who->brand, s->conversation_id, &v));
    TRY(reply_defaults(c, x->a, x->who->brand, &v, &standard));
    TRY(writer_line(c, x->a, x->who->brand, s, &standard.to_line));
    *ret = (struct draft){.conversation_id = s->conversation_id,
                          .agent_id = x->who->agent,
                          .to_line = standard.to_line,
                          .subject = standard.subject,
                          .text = S("")};
    return ERR_NONE;
}

/* Behind what the agent has begun to write, or alone in a new draft. */
static err put_into_draft(db_conn *c, struct asking *x, const struct store_tale *s, str grown_up) {
    struct draft draft;
    int64_t brand = x->who->brand;
    TRY(store_draft_get(c, x->a, brand, s->conversation_id, x->who->agent, &draft));
    if (draft.updated_at && draft.kind != MESSAGE_REPLY && str_trim(draft.text).n)
        return err_set(ERR_CONFLICT,
                       "You have begun a note in that conversation, and what is for your colleagues must not "
                       "become part of a letter. Finish the note or empty it, then ask.");
    if (!draft.updated_at || draft.kind != MESSAGE_REPLY) TRY(new_draft(c, x, s, &draft));
    draft.kind = MESSAGE_REPLY;
    draft.updated_at = x->now;
    if (grown_up.n) {
        draft.to_line = grown_up;
        draft.cc_line = draft.bcc_line = S("");
    }
    TRY(without_old_links(c, x->a, s, &draft.text));
    str link = story_link_url(x->d, x->a, x->token);
    draft.text = str_fmt(x->a, "%.*s%s%.*s\n", STR_FMT(draft.text), "\n\n", STR_FMT(link));
    if (draft.text.n > DRAFT_BYTES) return err_set(ERR_LIMIT, "The draft in that conversation is too long.");
    return store_draft_put(c, brand, &draft);
}

static err write_ask(db_conn *c, void *arg) {
    struct asking *x = arg;
    struct store_tale s;
    bool child;
    str grown_up;
    TRY(store_story_get(c, x->a, x->who->brand, x->id, &s));
    if (x->seen >= 0 && x->seen != s.version)
        return err_set(ERR_CONFLICT, "Somebody changed this story in the meantime; look at it again first.");
    TRY(may_ask(&s));
    TRY(child_writable_in(c, x->a, x->who->brand, s.conversation_id));
    TRY(grown_up_of(c, x->a, x->who->brand, s.conversation_id, &child, &grown_up));
    TRY(story_end_ask(c, &s, x->now));
    struct store_story_ask ask = {.brand_id = x->who->brand,
                                  .id = id_new(x->now),
                                  .story_id = s.id,
                                  .agent_id = x->who->agent,
                                  .hash = token_hash(x->a, x->token),
                                  .grown_up = child,
                                  .quote = s.quote,
                                  .created_at = x->now,
                                  .expires_at = x->now + STORY_ASK_DAYS * (int64_t)DAY_MS};
    TRY(store_story_ask_insert(c, &ask));
    TRY(put_into_draft(c, x, &s, grown_up));
    s.state = STORY_ASKED;
    s.ask_id = ask.id;
    s.updated_at = x->now;
    x->conversation = s.conversation_id;
    TRY(store_story_update(c, x->who->brand, &s));
    return event_add(c, x->who, s.conversation_id, "story_asked", S(""), x->now);
}

err story_ask(struct desk *d, arena *a, const struct actor *who, int64_t id, int64_t seen_version,
              int64_t *ret_conversation) {
    struct asking x = {.d = d, .a = a, .who = who, .id = id, .seen = seen_version, .now = desk_now(d)};
    if (!d->public_url.n)
        return err_set(ERR_CONFLICT,
                       "The desk does not know its public address yet, so no link can be made.");
    x.token = token_new(a);
    TRY(db_write(d->db, write_ask, &x));
    desk_changed(d, who->brand, x.conversation, "story");
    *ret_conversation = x.conversation;
    return ERR_NONE;
}

/* ---- sent ---- */

/* Who is known by both addresses, or wrote the letter from one and wants answers at the other. */
static err is_writer(db_conn *c, arena *a, int64_t brand, const struct message *letter, str address,
                     bool *ret) {
    struct customer_address one, other;
    message_address_list all;
    *ret = letter->from_address.n && str_eq_nocase(letter->from_address, address);
    if (*ret) return ERR_NONE;
    TRY(store_customer_address_get(c, a, brand, letter->from_address, &one));
    TRY(store_customer_address_get(c, a, brand, address, &other));
    *ret = one.customer_id && one.customer_id == other.customer_id;
    TRY(store_message_addresses(c, a, brand, letter->id, &all));
    for (size_t i = 0; i < all.n; i++)
        *ret |= all.v[i].role == ROLE_REPLY_TO && str_eq_nocase(all.v[i].address, address);
    return ERR_NONE;
}

struct leaving {
    const struct actor *who;
    const struct message *m;
    const str *to;
    size_t nto;
    bool is_public;
};

/* To the one who is asked, and to nobody else: whoever has the link can say yes, and take it back. */
static err check_recipient(db_conn *c, arena *a, const struct leaving *x, const struct store_story_ask *ask,
                           const struct store_tale *s) {
    struct message letter;
    bool child, right;
    str grown_up;
    if (x->is_public)
        return err_set(ERR_CONFLICT,
                       "Everybody could read this answer, and say yes by the link in it. Send the link "
                       "in a private message or a letter.");
    if (x->nto > 1)
        return err_set(ERR_INVALID,
                       "The link in this letter is for one person. Send it to nobody else, no copy either.");
    TRY(grown_up_of(c, a, x->who->brand, s->conversation_id, &child, &grown_up));
    if (child != ask->grown_up)
        return err_set(ERR_CONFLICT,
                       "Since this link was made it became clear who wrote; make a new one on the story's "
                       "page.");
    if (child && (x->nto != 1 || !str_eq_nocase(x->to[0], grown_up)))
        return err_set(ERR_INVALID, "A child wrote. The link goes to the grown-up who confirmed: %.*s.",
                       STR_FMT(grown_up));
    if (child || !x->nto) return ERR_NONE;
    TRY(store_message_get(c, a, x->who->brand, s->message_id, &letter));
    TRY(is_writer(c, a, x->who->brand, &letter, x->to[0], &right));
    return right ? ERR_NONE
                 : err_set(ERR_INVALID,
                           "The link in this letter asks whoever wrote the story. Send it to %.*s.",
                           STR_FMT(letter.from_address));
}

static err link_leaves(db_conn *c, arena *a, const struct leaving *x, str token) {
    struct store_story_ask ask;
    struct store_tale s;
    struct message carrier;
    err e = store_story_ask_by_hash(c, a, token_hash(a, token), &ask);
    if (e) return e == ERR_MISSING ? ERR_NONE : e;
    if (ask.answer == SHOW_NO || ask.withdrawn_at) return ERR_NONE;
    if (ask.brand_id == x->who->brand) TRY(store_story_get(c, a, ask.brand_id, ask.story_id, &s));
    if (ask.brand_id != x->who->brand || s.conversation_id != x->m->conversation_id)
        return err_set(ERR_INVALID,
                       "The link in this letter asks somebody else about their story. Take it out.");
    if (ask.answer == SHOW_UNSAID && (ask.ended_at || ask.expires_at <= x->m->created_at))
        return err_set(ERR_CONFLICT,
                       "The link in this letter works no more: another was made, or the words changed, or it "
                       "is too old. Take it out, and ask once more on the story's page.");
    TRY(check_recipient(c, a, x, &ask, &s));
    if (ask.answer != SHOW_UNSAID) return ERR_NONE;
    /* Sent once more it still stands by the first letter, as long as that one does. */
    if (ask.message_id) {
        e = store_message_get(c, a, ask.brand_id, ask.message_id, &carrier);
        if (e != ERR_MISSING) return e;
    }
    ask.message_id = x->m->id;
    return store_story_ask_update(c, &ask);
}

err story_sent_in(db_conn *c, arena *a, const struct actor *who, const struct message *m,
                  const str *recipients, size_t nrecipients, bool is_public) {
    const struct leaving x = {who, m, recipients, nrecipients, is_public};
    struct link l;
    size_t at = 0;
    while (next_link(m->text, &at, &l))
        if (!l.quoted) TRY(link_leaves(c, a, &x, l.token));
    return ERR_NONE;
}
