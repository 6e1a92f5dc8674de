#include "desk/reply.h"

#include "base/buf.h"
#include "base/random.h"
#include "desk/box.h"
#include "desk/check.h"
#include "desk/child.h"
#include "desk/events.h"
#include "desk/filing.h"
#include "desk/learning.h"
#include "desk/post.h"
#include "desk/promise.h"
#include "desk/reply_bytes.h"
#include "desk/room_said.h"
#include "desk/settings.h"
#include "desk/story.h"
#include "format/idn.h"
#include "net/objects.h"
#include "store/brand.h"
#include "store/customer.h"
#include "store/forget.h"
#include "store/inbox.h"
#include "store/job.h"
#include "store/override.h"
#include "store/raw.h"

enum { RECIPIENTS_MAX = 100, OVERRIDE_BYTES = 1000 };

static bool listed(const mime_address_list *list, str address) {
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->v[i].address, address)) return true;
    return false;
}

/* The end of one address: a comma or semicolon outside quotes and angle brackets. */
static size_t piece_end(str line, size_t from) {
    bool quoted = false, angle = false;
    for (size_t i = from; i < line.n; i++) {
        char c = line.p[i];
        if (c == '"')
            quoted = !quoted;
        else if (c == '<' && !quoted)
            angle = true;
        else if (c == '>' && !quoted)
            angle = false;
        else if ((c == ',' || c == ';' || c == '\n') && !quoted && !angle)
            return i;
    }
    return line.n;
}

err reply_parse_line(arena *a, str line, mime_address_list *ret_list) {
    mime_address_list list = {0};
    for (size_t at = 0; at < line.n;) {
        size_t end = piece_end(line, at);
        str piece = str_trim(str_slice(line, at, end));
        at = end + 1;
        if (!piece.n) continue;
        struct mime_address one;
        str normal;
        if (!address_parse(a, piece, &one) || !address_normal(a, one.address, &normal))
            return err_set(ERR_INVALID, "\"%.*s\" is not an address of the form name@domain.",
                           STR_FMT(piece));
        if (!idn_address(a, str_lower(a, normal), &one.address))
            return err_set(ERR_INVALID, "\"%.*s\" has a domain that cannot exist.", STR_FMT(piece));
        if (list.n >= RECIPIENTS_MAX) return err_set(ERR_LIMIT, "More than %d recipients.", RECIPIENTS_MAX);
        if (!listed(&list, one.address)) *list_add(a, &list) = one;
    }
    *ret_list = list;
    return ERR_NONE;
}

static str address_text(arena *a, str name, str address) {
    if (!name.n || str_has(name, '"') || str_eq(name, address)) return address;
    bool plain = !str_has(name, ',') && !str_has(name, '<') && !str_has(name, ';') && !str_has(name, '>');
    return plain ? str_fmt(a, "%.*s <%.*s>", STR_FMT(name), STR_FMT(address))
                 : str_fmt(a, "\"%.*s\" <%.*s>", STR_FMT(name), STR_FMT(address));
}

static str joined(arena *a, const message_address_list *all, address_role role) {
    BUF_AUTO buf line = BUF_MAX(1 << 20);
    for (size_t i = 0; i < all->n; i++) {
        if (all->v[i].role != role) continue;
        if (line.n) buf_add_z(&line, ", ");
        buf_add(&line, address_text(a, all->v[i].name, all->v[i].address));
    }
    return str_copy(a, buf_str(&line));
}

/* Where all that came is a report that our letter did not arrive: to whom that went. */
static err last_recipients(db_conn *c, arena *a, int64_t brand, int64_t conversation, str *ret_line) {
    message_list last = {0};
    message_address_list all = {0};
    TRY(store_message_list(c, a, brand, conversation, 0, 20, &last));
    for (size_t i = last.n; i > 0 && !all.n; i--)
        if (last.v[i - 1].kind == MESSAGE_REPLY)
            TRY(store_message_addresses(c, a, brand, last.v[i - 1].id, &all));
    *ret_line = joined(a, &all, ROLE_TO);
    return ERR_NONE;
}

err reply_defaults(db_conn *c, arena *a, int64_t brand, const struct conversation *v,
                   struct reply_default *ret) {
    struct reply_default r = {.subject = v->subject.n ? compose_reply_subject(a, v->subject) : S("")};
    struct message letter;
    message_address_list all = {0};
    err e = store_message_last_letter(c, a, brand, v->id, &letter);
    /* Where they went on by mail, that mail is answered. */
    if (channel_is_social(v->channel) && (e || letter.channel != CHANNEL_MAIL)) {
        if (e && e != ERR_MISSING) return e;
        TRY(post_mail_of(c, a, brand, v->customer_id, &r.to_line));
        *ret = r;
        return ERR_NONE;
    }
    if (e == ERR_NONE && str_eq(letter.machine, S("bounce")))
        TRY(last_recipients(c, a, brand, v->id, &r.to_line));
    if (r.to_line.n) {
        *ret = r;
        return ERR_NONE;
    }
    if (e == ERR_NONE) {
        TRY(store_message_addresses(c, a, brand, letter.id, &all));
        r.to_line = joined(a, &all, ROLE_REPLY_TO);
        if (!r.to_line.n) r.to_line = joined(a, &all, ROLE_FROM);
        if (!r.to_line.n) r.to_line = letter.from_address;
    } else if (e == ERR_MISSING) {
        message_list last = {0};
        TRY(store_message_list(c, a, brand, v->id, 0, 1, &last));
        if (last.n) TRY(store_message_addresses(c, a, brand, last.v[0].id, &all));
        r.to_line = joined(a, &all, ROLE_TO);
    } else {
        return e;
    }
    *ret = r;
    return ERR_NONE;
}

struct sending {
    struct desk *desk;
    arena *arena;
    const struct actor *who;
    const struct reply_wish *wish;
    mime_address_list to, cc, bcc;
    struct reply_made made;
    int64_t now;
    struct store_brand brand;
    struct store_inbox inbox;
    struct conversation v;
    reply_way way;         /* MAIL, or of a post */
    struct post_plan plan; /* of a post */
    str same_as;           /* of the key; "" without one */
    bool again;            /* it was sent before */
    remark_list stops;     /* passed over by the wish's override */
    promise_found_list promises;
    struct room_saying saying; /* of a conversation in an incident */
};

static err begin_conversation(db_conn *c, struct sending *s) {
    const struct reply_wish *w = s->wish;
    s->v = (struct conversation){.id = s->made.conversation,
                                 .inbox_id = s->inbox.id,
                                 .channel = CHANNEL_MAIL,
                                 .subject = str_trim(w->subject),
                                 .state = CONVERSATION_THEM,
                                 .agent_id = s->who->agent,
                                 .created_at = s->now};
    bool blocked;
    TRY(filing_customer(c, s->arena, s->who->brand, s->to.v[0].address, s->to.v[0].name, s->now,
                        &s->v.customer_id, &blocked));
    TRY(store_brand_number(c, s->arena, s->who->brand, &s->v.number));
    return store_conversation_insert(c, s->who->brand, &s->v);
}

/* The page said whom it answers. Where that is somebody else by now, the agent looks first: what was written
 * to one customer never goes to another by itself. */
static err same_answers(db_conn *c, struct sending *s) {
    struct reply_default standard;
    if (!s->wish->knows_answers) return ERR_NONE;
    TRY(reply_defaults(c, s->arena, s->who->brand, &s->v, &standard));
    if (str_eq(str_trim(standard.to_line), str_trim(s->wish->answers))) return ERR_NONE;
    return err_set(ERR_CONFLICT, "The newest letter is from %.*s now; nothing was sent.",
                   STR_FMT(str_clip_utf8(standard.to_line, 200)));
}

static bool is_post(const struct sending *s) { return s->way != REPLY_MAIL; }

/* What a post becomes, and whom it goes to: whoever wrote what it answers. */
static err load_plan(db_conn *c, struct sending *s) {
    attachment_list files = {0};
    TRY(post_plan_in(c, s->arena, s->who->brand, &s->v, s->way, s->wish->text, &s->plan));
    TRY(store_attachments_of_draft(c, s->arena, s->who->brand, s->v.id, s->who->agent, &files));
    TRY(post_pictures_fit(&s->plan.ways, &files));
    const struct store_post *last = &s->plan.ways.last;
    s->inbox = s->plan.inbox;
    s->to = s->cc = s->bcc = (mime_address_list){0};
    *list_add(s->arena, &s->to) = (struct mime_address){last->handle, last->author_id};
    return ERR_NONE;
}

static err load(db_conn *c, struct sending *s) {
    const struct reply_wish *w = s->wish;
    int64_t brand = s->who->brand;
    TRY(store_brand_by_id(c, s->arena, brand, &s->brand));
    if (w->conversation) {
        TRY(store_conversation_get(c, s->arena, brand, w->conversation, &s->v));
        if (w->seen_version >= 0 && s->v.version != w->seen_version)
            return err_set(ERR_CONFLICT,
                           "The conversation changed while you were writing; nothing was sent.");
        TRY(same_answers(c, s));
        s->made.conversation = s->v.id;
        if (s->way != REPLY_MAIL) return load_plan(c, s);
        if (channel_is_social(s->v.channel) && !w->by_hand)
            return store_inbox_default(c, s->arena, brand, &s->inbox);
        return store_inbox_by_id(c, s->arena, brand, s->v.inbox_id, &s->inbox);
    }
    if (w->inbox)
        TRY(store_inbox_by_id(c, s->arena, brand, w->inbox, &s->inbox));
    else
        TRY(store_inbox_default(c, s->arena, brand, &s->inbox));
    s->made.conversation = id_new(s->now);
    return begin_conversation(c, s);
}

static err put_addresses(db_conn *c, struct sending *s, int64_t message) {
    const mime_address_list *lists[] = {&s->to, &s->cc, &s->bcc};
    const address_role roles[] = {ROLE_TO, ROLE_CC, ROLE_BCC};
    int position = 0;
    for (int l = 0; l < 3; l++)
        for (size_t i = 0; i < lists[l]->n; i++) {
            struct message_address row = {message, roles[l], lists[l]->v[i].name, lists[l]->v[i].address};
            TRY(store_message_address_insert(c, s->who->brand, position++, &row));
        }
    return ERR_NONE;
}

static err put_posts(db_conn *c, struct sending *s, int64_t message) {
    struct outbox like = {.message_id = message,
                          .state = s->wish->no_undo ? OUTBOX_READY : OUTBOX_HELD,
                          .ready_at = s->made.ready_at,
                          .updated_at = s->now,
                          .later = s->wish->leave_at ? 1 : 0};
    return post_put_out(c, s->arena, s->who->brand, &s->plan, &like, s->now);
}

static err put_outbox(db_conn *c, struct sending *s, int64_t message) {
    const mime_address_list *lists[] = {&s->to, &s->cc, &s->bcc};
    for (int l = 0; l < 3; l++)
        for (size_t i = 0; i < lists[l]->n; i++) {
            str address = lists[l]->v[i].address;
            /* Somebody named in To and Cc gets one. */
            if ((l > 0 && listed(&s->to, address)) || (l > 1 && listed(&s->cc, address))) continue;
            struct outbox row = {.id = id_new(s->now),
                                 .message_id = message,
                                 .inbox_id = s->inbox.id,
                                 .recipient = address,
                                 .state = s->wish->no_undo ? OUTBOX_READY : OUTBOX_HELD,
                                 .ready_at = s->made.ready_at,
                                 .updated_at = s->now,
                                 .later = s->wish->leave_at ? 1 : 0};
            TRY(store_outbox_insert(c, s->who->brand, &row));
            TRY(store_job_put(c, s->who->brand, S("send"), row.id, row.id, row.ready_at));
        }
    return ERR_NONE;
}

static err put_raw(db_conn *c, struct sending *s, struct message *m) {
    str bytes;
    struct message dated = *m;
    if (s->wish->leave_at) dated.said_at = s->wish->leave_at;
    if (is_post(s))
        bytes = m->text;
    else
        TRY(reply_bytes(c, s->desk, s->arena, s->who->brand, &s->inbox, &s->brand, &dated, &s->to, &s->cc,
                        &bytes));
    struct raw row = {.id = m->id,
                      .inbox_id = s->inbox.id,
                      .state = RAW_OUT,
                      .mail_from = s->inbox.address,
                      .size = (int64_t)bytes.n,
                      .hash = S(""),
                      .bytes = bytes,
                      .in_object = bytes.n > OBJECT_ROW_BYTES,
                      .received_at = s->now,
                      .form = is_post(s) ? RAW_POST : RAW_MAIL};
    if (row.in_object) {
        row.hash = content_hash(s->arena, bytes);
        TRY(object_put(s->arena, s->desk->folder, row.hash, bytes));
    }
    m->raw_id = m->id;
    return store_raw_insert(c, s->who->brand, &row);
}

static void settle_conversation(struct sending *s, const struct message *m) {
    struct conversation *v = &s->v;
    v->waiting_since = 0;
    v->snippet = filing_snippet(s->arena, m->text);
    v->state = s->wish->close_after ? CONVERSATION_DONE : CONVERSATION_THEM;
    v->closed_kind = s->wish->close_after ? CLOSED_ANSWERED : CLOSED_NOT;
    v->closed_reason = CLOSE_ANSWERED;
    v->closed_at = s->wish->close_after ? s->now : 0;
    v->closed_by = s->wish->close_after ? s->who->agent : 0;
    if (!v->agent_id) v->agent_id = s->who->agent;
    v->version++;
    v->updated_at = s->now;
}

/* The message that this key made before, if any. */
static err find_again(db_conn *c, struct sending *s) {
    int64_t message = 0, conversation = 0;
    s->again = false;
    TRY(store_message_same(c, s->who->brand, s->same_as, &message, &conversation));
    if (!message) return ERR_NONE;
    outbox_list rows = {0};
    TRY(store_outbox_of_message(c, s->arena, s->who->brand, message, &rows));
    s->made = (struct reply_made){conversation, message, rows.n ? rows.v[0].ready_at : s->now};
    s->again = true;
    return ERR_NONE;
}

/* Which kinds were passed over, each once, and why. */
static err put_override(db_conn *c, struct sending *s) {
    struct store_override row = {.id = id_new(s->now),
                                 .conversation_id = s->made.conversation,
                                 .message_id = s->made.message,
                                 .agent_id = s->who->agent,
                                 .kinds = S(""),
                                 .because = str_trim(s->wish->override),
                                 .at = s->now};
    bool seen[REMARK_KINDS] = {0};
    for (size_t i = 0; i < s->stops.n; i++) {
        remark_kind kind = s->stops.v[i].kind;
        if (!seen[kind])
            row.kinds = str_fmt(s->arena, "%.*s%s%s", STR_FMT(row.kinds), row.kinds.n ? " " : "",
                                remark_kind_name(kind));
        seen[kind] = true;
    }
    return store_override_insert(c, s->who->brand, &row);
}

/* A link to say yes to a story by works from now on. */
static err put_story_link(db_conn *c, struct sending *s, const struct message *m) {
    const mime_address_list *lists[] = {&s->to, &s->cc, &s->bcc};
    str all[RECIPIENTS_MAX];
    size_t n = 0;
    for (int l = 0; l < 3; l++)
        for (size_t i = 0; i < lists[l]->n && n < RECIPIENTS_MAX; i++) all[n++] = lists[l]->v[i].address;
    if (is_post(s) && n) all[0] = post_author_address(s->arena, s->plan.inbox.id, all[0]);
    return story_sent_in(c, s->arena, s->who, m, all, n, is_post(s) && reply_is_open(s->plan.way));
}

static err send(db_conn *c, void *arg) {
    struct sending *s = arg;
    const struct reply_wish *w = s->wish;
    int64_t brand = s->who->brand, undo_seconds;
    TRY(find_again(c, s));
    if (s->again) return ERR_NONE;
    TRY(load(c, s));
    TRY(child_writable_in(c, s->arena, brand, s->made.conversation));
    TRY(setting_number(c, s->arena, brand, SETTING_UNDO_SECONDS, &undo_seconds));
    s->made.ready_at = w->leave_at                ? w->leave_at
                       : w->no_undo || w->by_hand ? s->now
                                                  : s->now + undo_seconds * SECOND_MS;
    struct message m = {.id = s->made.message,
                        .conversation_id = s->made.conversation,
                        .kind = MESSAGE_REPLY,
                        .channel = w->by_hand   ? s->v.channel
                                   : is_post(s) ? s->plan.channel
                                                : CHANNEL_MAIL,
                        .state = w->by_hand   ? MESSAGE_RECORDED
                                 : w->no_undo ? MESSAGE_QUEUED
                                              : MESSAGE_HELD,
                        .agent_id = s->who->agent,
                        .from_name = s->who->name,
                        .from_address = s->inbox.address,
                        .subject = str_trim(w->subject),
                        .text = w->text,
                        .same_as = s->same_as,
                        .waited_since = s->v.waiting_since,
                        .said_at = s->now,
                        .created_at = s->now};
    TRY(store_attachments_to_message(c, brand, w->conversation, s->who->agent, m.id, m.conversation_id));
    if (!w->by_hand) {
        if (!is_post(s)) m.rfc_id = reply_message_id(s->arena, m.id, s->inbox.address);
        TRY(put_raw(c, s, &m));
    }
    TRY(store_message_insert(c, brand, &m));
    TRY(put_addresses(c, s, m.id));
    TRY(put_story_link(c, s, &m));
    if (!w->by_hand) TRY(is_post(s) ? put_posts(c, s, m.id) : put_outbox(c, s, m.id));
    TRY(words_index_message(c, s->arena, brand, s->brand.language, &m));
    TRY(store_draft_delete(c, brand, w->conversation, s->who->agent));
    TRY(learning_wanted(c, brand, m.id, s->now));
    if (s->stops.n) TRY(put_override(c, s));
    TRY(promise_of_reply(c, s->who, &s->v, m.id, &s->promises, s->brand.zone, s->now));
    if (s->promises.n) TRY(box_promised_in(c, s->arena, s->who, s->v.id, s->now));
    TRY(room_sent_in(c, s->arena, s->who, &s->saying, &s->v, m.id, s->now));
    settle_conversation(s, &m);
    return store_conversation_update(c, brand, &s->v);
}

/* Every way to send comes through here, so none goes round the check. */
static err stop_or_pass(struct sending *s) {
    const struct reply_wish *w = s->wish;
    struct checked checked;
    struct checking_wish asked = {
        .conversation = w->conversation, .text = w->text, .saying = &s->saying, .stops = &s->stops};
    TRY(checking_run(s->desk, s->arena, s->who, &asked, &checked));
    room_states(s->arena, &checked, &s->saying);
    TRY(promise_find(s->desk, s->arena, s->who->brand, &checked, w->text, w->not_promised, &s->promises));
    if (w->stops) *w->stops = s->stops;
    str because = str_trim(w->override);
    if (because.n && check_sentence("The reason", because, OVERRIDE_BYTES, &because))
        return err_set(ERR_INVALID,
                       "Say in one sentence of words why it goes all the same: on one line, without "
                       "control characters, at most 1,000 bytes.");
    if (!s->stops.n || because.n) return ERR_NONE;
    return err_set(ERR_CONFLICT,
                   "The letter check stops this reply; change it, or say why it goes as it is.");
}

/* A page that asks again for what was sent gets that, whatever the check would say by now. */
static err look_again(db_conn *c, struct sending *s) {
    if (s->wish->key.n)
        s->same_as = content_hash(s->arena, str_fmt(s->arena, "reply\n%lld\n%.*s", (long long)s->who->agent,
                                                    STR_FMT(s->wish->key)));
    return s->same_as.n ? find_again(c, s) : ERR_NONE;
}

/* As it was before: where the newest letter is a post, as a post. */
static err choose_way(db_conn *c, struct sending *s) {
    struct post_ways ways;
    const struct reply_wish *w = s->wish;
    s->way = w->conversation && !w->by_hand ? w->way : REPLY_MAIL;
    if (s->way != REPLY_AS_BEFORE) return ERR_NONE;
    TRY(store_conversation_get(c, s->arena, s->who->brand, w->conversation, &s->v));
    s->way = REPLY_MAIL;
    if (!channel_is_social(s->v.channel)) return ERR_NONE;
    TRY(post_ways_in(c, s->arena, s->who->brand, &s->v, &ways));
    if (ways.last.message_id) s->way = ways.usual;
    return ERR_NONE;
}

static err look_first(struct sending *s) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(s->desk->db, &c));
    TRY(choose_way(c, s));
    return look_again(c, s);
}

err reply_send(struct desk *d, arena *a, const struct actor *who, const struct reply_wish *wish,
               struct reply_made *ret_made) {
    if (!str_trim(wish->text).n) return err_set(ERR_INVALID, "The reply is empty.");
    if (wish->text.n > 1000000) return err_set(ERR_LIMIT, "The reply is longer than 1 MB.");
    if (!str_is_utf8(wish->text) || !str_is_utf8(wish->subject) || str_has(wish->text, 0))
        return err_set(ERR_INVALID, "The reply is not valid UTF-8 text.");
    if (wish->subject.n > 500 || str_has(wish->subject, '\n') || str_has(wish->subject, '\r'))
        return err_set(ERR_INVALID, "The subject is too long or has more than one line.");
    struct sending s = {.desk = d, .arena = a, .who = who, .wish = wish, .now = desk_now(d)};
    s.made.message = id_new(s.now);
    if (wish->leave_at) TRY(reply_check_time(wish->leave_at, s.now));
    if (wish->leave_at && wish->by_hand)
        return err_set(ERR_INVALID, "A reply given by hand cannot leave later.");
    TRY(look_first(&s));
    if (!is_post(&s)) {
        TRY(reply_parse_line(a, wish->to_line, &s.to));
        TRY(reply_parse_line(a, wish->cc_line, &s.cc));
        TRY(reply_parse_line(a, wish->bcc_line, &s.bcc));
    }
    if (!s.to.n && !is_post(&s) && !(wish->by_hand && wish->conversation))
        return err_set(ERR_INVALID, "To whom? The reply has no recipient.");
    if (s.to.n + s.cc.n + s.bcc.n > RECIPIENTS_MAX)
        return err_set(ERR_LIMIT, "More than %d recipients.", RECIPIENTS_MAX);
    if (!s.again) {
        TRY(room_announce(d, a, who, wish->conversation, s.made.message, wish->text, &s.saying));
        err e = stop_or_pass(&s);
        if (!e) e = room_write(d, &s.saying, send, &s);
        if (e) room_unannounce(d, who, &s.saying);
        if (e) return e;
    }
    *ret_made = s.made;
    desk_changed(d, who->brand, s.made.conversation, "reply");
    desk_work(d);
    return ERR_NONE;
}

struct taking_back {
    struct desk *desk;
    arena *arena;
    const struct actor *who;
    int64_t message, conversation;
};

/* What was typed comes back as the draft, unless a new one was begun meanwhile. */
static err restore_draft(db_conn *c, struct taking_back *t, const struct message *m) {
    int64_t brand = t->who->brand;
    struct draft kept;
    TRY(store_draft_get(c, t->arena, brand, m->conversation_id, m->agent_id, &kept));
    if (kept.text.n) return ERR_NONE;
    message_address_list all = {0};
    TRY(store_message_addresses(c, t->arena, brand, m->id, &all));
    struct draft back = {.conversation_id = m->conversation_id,
                         .agent_id = m->agent_id,
                         .kind = MESSAGE_REPLY,
                         .to_line = channel_is_social(m->channel) ? S("") : joined(t->arena, &all, ROLE_TO),
                         .cc_line = joined(t->arena, &all, ROLE_CC),
                         .bcc_line = joined(t->arena, &all, ROLE_BCC),
                         .subject = m->subject,
                         .text = m->text,
                         .updated_at = desk_now(t->desk)};
    TRY(store_attachments_to_draft(c, brand, m->id, m->conversation_id, m->agent_id));
    return store_draft_put(c, brand, &back);
}

/* Nothing of what was not sent stays. */
static err drop_bytes(db_conn *c, struct taking_back *t, int64_t message) {
    struct raw raw;
    bool wanted = true;
    TRY(store_raw_get(c, t->arena, t->who->brand, message, &raw));
    TRY(store_raw_delete(c, t->who->brand, message));
    if (raw.in_object) TRY(store_object_wanted(c, raw.hash, &wanted));
    return wanted ? ERR_NONE : store_aside_put(c, t->who->brand, raw.hash, 0);
}

static err take_back(db_conn *c, void *arg) {
    struct taking_back *t = arg;
    int64_t brand = t->who->brand, now = desk_now(t->desk);
    struct message m;
    TRY(store_message_get(c, t->arena, brand, t->message, &m));
    t->conversation = m.conversation_id;
    outbox_list rows = {0};
    TRY(store_outbox_of_message(c, t->arena, brand, m.id, &rows));
    bool held = m.kind == MESSAGE_REPLY && m.state == MESSAGE_HELD && rows.n;
    for (size_t i = 0; i < rows.n && held; i++)
        held = rows.v[i].state == OUTBOX_HELD || rows.v[i].state == OUTBOX_STOPPED;
    if (!held) return err_set(ERR_CONFLICT, "The reply has left already; it cannot be taken back.");
    TRY(restore_draft(c, t, &m));
    struct conversation v;
    TRY(store_conversation_get(c, t->arena, brand, m.conversation_id, &v));
    TRY(promise_take_back(c, t->arena, t->who, &v, m.id, now));
    TRY(store_outbox_delete(c, brand, m.id));
    TRY(store_post_out_delete(c, brand, m.id));
    TRY(drop_bytes(c, t, m.id));
    TRY(store_override_delete(c, brand, m.id));
    TRY(room_taken_back_in(c, t->who, &v, m.id, now));
    TRY(store_message_delete(c, brand, m.id));
    TRY(learning_wanted(c, brand, m.id, now));
    if (m.waited_since && (!v.waiting_since || m.waited_since < v.waiting_since))
        v.waiting_since = m.waited_since;
    v.state = v.waiting_since ? CONVERSATION_US : CONVERSATION_THEM;
    v.closed_kind = CLOSED_NOT;
    v.closed_reason = CLOSE_ANSWERED;
    v.closed_at = v.closed_by = 0;
    v.version++;
    v.updated_at = now;
    TRY(store_conversation_update(c, brand, &v));
    return event_add(c, t->who, v.id, "taken_back", S(""), now);
}

err reply_take_back(struct desk *d, arena *a, const struct actor *who, int64_t message,
                    int64_t *ret_conversation) {
    struct taking_back t = {d, a, who, message, 0};
    TRY(db_write(d->db, take_back, &t));
    *ret_conversation = t.conversation;
    desk_changed(d, who->brand, t.conversation, "reply");
    return ERR_NONE;
}
