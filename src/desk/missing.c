#include "desk/missing.h"

#include <string.h>

#include "base/lang.h"
#include "base/random.h"
#include "desk/box.h"
#include "desk/check.h"
#include "desk/child.h"
#include "desk/events.h"
#include "desk/filing.h"
#include "desk/listening.h"
#include "desk/rate.h"
#include "desk/track.h"
#include "format/picture.h"
#include "net/objects.h"
#include "store/conversation.h"
#include "store/inbox.h"
#include "store/missing.h"

enum { TEXT_MAX = 128 << 10, ITEM_NAME_BYTES = 150, COUNTRY_BYTES = 60, KEY_MIN = 8, KEY_MAX = 100 };

/* What somebody asked for lately; what went out lately because of it. */
static struct rate tells = RATE_EMPTY, mails = RATE_EMPTY;

void missing_forget_tries(void) {
    rate_forget_all(&tells);
    rate_forget_all(&mails);
}

/* What a part of the text stands for. */
struct chosen_span {
    uint32_t start, end;
    finding_kind kind;
    str value;
};
typedef LIST(struct chosen_span) chosen_span_list;

struct telling {
    struct desk *desk;
    arena *arena;
    const struct missing_wish *wish;
    int64_t now;
    struct actor desk_itself;
    struct missing_product product; /* code "" unknown */
    str product_words, piece_words, words, name, email, address, country;
    str label;                             /* name and address as on a parcel; "" of a child */
    missing_piece_list in_product, pieces; /* of pieces: those chosen, quantity how many */
    str text, same_as;
    chosen_span_list spans;
    struct attachment photo;
    bool may_mail;
    bool asks; /* a grown-up is to be asked */
    struct missing_told told;
};

/* ---- what was filled in ---- */

static err check_product(struct telling *t) {
    const struct missing_wish *w = t->wish;
    if (w->product.n)
        return missing_product(t->desk, t->arena, w->brand, w->product, &t->product, &t->in_product);
    TRY(check_line_or_empty("What stands on the box", w->product_words, MISSING_PRODUCT_BYTES,
                            &t->product_words));
    if (!t->product_words.n)
        return err_set(ERR_INVALID, "Which product is it? Its number or its name will do.");
    return ERR_NONE;
}

static err choose(struct telling *t, const struct missing_chosen *chosen) {
    if (!chosen->quantity) return ERR_NONE;
    for (size_t i = 0; i < t->in_product.n; i++) {
        const struct missing_piece *p = &t->in_product.v[i];
        if (p->key != chosen->key) continue;
        if (p->retired)
            return err_set(ERR_INVALID,
                           "One of these pieces is not made any more. Describe it in your own words; "
                           "we may still find one.");
        if (chosen->quantity < 0)
            return err_set(ERR_INVALID, "How many of each piece? A whole number will do.");
        int64_t most = p->quantity > 0 && p->quantity < BOX_QUANTITY_MAX ? p->quantity : BOX_QUANTITY_MAX;
        if (chosen->quantity > most)
            return err_set(ERR_INVALID,
                           "Of one piece you asked for more than the product has. If you need more, "
                           "tell us why in your own words.");
        struct missing_piece *to = list_add(t->arena, &t->pieces);
        *to = *p;
        to->quantity = chosen->quantity;
        return ERR_NONE;
    }
    return err_set(ERR_INVALID, "The list of pieces has changed meanwhile. Choose again, please.");
}

static err check_pieces(struct telling *t) {
    const struct missing_wish *w = t->wish;
    t->pieces.n = 0;
    if (w->pieces.n > MISSING_CHOSEN_MAX)
        return err_set(ERR_LIMIT,
                       "These are more kinds of pieces than fit in one letter. Leave some to your own "
                       "words, please.");
    for (size_t i = 0; i < w->pieces.n; i++) TRY(choose(t, &w->pieces.v[i]));
    TRY(check_text(t->arena, "The description", w->piece_words, MISSING_PIECE_BYTES, &t->piece_words));
    t->piece_words = str_trim(t->piece_words);
    if (!t->pieces.n && !t->piece_words.n)
        return err_set(ERR_INVALID, "Which piece is it? Choose it, or describe it in your own words.");
    return ERR_NONE;
}

static err check_words(struct telling *t) {
    TRY(check_text(t->arena, "What you wrote", t->wish->words, MISSING_WORDS_BYTES, &t->words));
    t->words = str_trim(t->words);
    return ERR_NONE;
}

static err check_photo(struct telling *t) {
    str bytes = t->wish->photo;
    if (!bytes.n) return ERR_NONE;
    if (bytes.n > MISSING_PHOTO_BYTES) return err_set(ERR_LIMIT, "The photo is larger than 8 MB.");
    str type = picture_type(bytes);
    if (!type.n)
        return err_set(ERR_INVALID, "This is no photo that we can show. JPEG, PNG, WebP and GIF are fine.");
    t->photo = (struct attachment){.name = str_fmt(t->arena, "photo%.*s", STR_FMT(picture_ending(type))),
                                   .type = type,
                                   .size = (int64_t)bytes.n,
                                   .hash = content_hash(t->arena, bytes),
                                   .bytes = bytes,
                                   .in_object = bytes.n > OBJECT_ROW_BYTES};
    return ERR_NONE;
}

/* What stands on the parcel: many type their name with the address, and some need all of its lines. */
static str label_of(struct telling *t) {
    size_t lines = 0;
    str rest = t->address, line;
    while (str_line(&rest, &line)) lines++;
    if (lines >= BOX_ADDRESS_LINES || str_starts_nocase(t->address, t->name)) return t->address;
    return str_fmt(t->arena, "%.*s\n%.*s", STR_FMT(t->name), STR_FMT(t->address));
}

static err check_who(struct telling *t) {
    const struct missing_wish *w = t->wish;
    if (!str_trim(w->name).n) return err_set(ERR_INVALID, "What is your name?");
    TRY(check_line("The name", w->name, CHECK_NAME_BYTES, &t->name));
    if (!str_trim(w->email).n)
        return w->child ? err_set(ERR_INVALID, "Which grown-up may we ask? We need an e-mail address.")
                        : err_set(ERR_INVALID, "Where can we write to you? We need an e-mail address.");
    TRY(check_email(t->arena, w->email, &t->email));
    t->address = t->country = t->label = S("");
    if (w->child) return check_photo(t);
    TRY(box_address_check(t->arena, w->address, &t->address));
    if (t->address.n > MISSING_ADDRESS_BYTES) return err_set(ERR_LIMIT, "The address is too long.");
    if (!t->address.n) return err_set(ERR_INVALID, "Where shall the parcel go? We need your address.");
    t->label = label_of(t);
    TRY(check_line_or_empty("The country", w->country, COUNTRY_BYTES, &t->country));
    return check_photo(t);
}

static err check_step(struct telling *t, missing_step step) {
    switch (step) {
    case MISSING_PRODUCT: return check_product(t);
    case MISSING_PIECES: return check_pieces(t);
    case MISSING_WORDS: return check_words(t);
    case MISSING_WHO: break;
    }
    return check_who(t);
}

static struct telling telling_of(struct desk *d, arena *a, const struct missing_wish *w) {
    return (struct telling){.desk = d,
                            .arena = a,
                            .wish = w,
                            .now = desk_now(d),
                            .desk_itself = {.brand = w->brand, .name = S("")}};
}

err missing_check(struct desk *d, arena *a, const struct missing_wish *wish, missing_step step) {
    struct telling t = telling_of(d, a, wish);
    /* What pieces there are depends on the product. */
    if (step == MISSING_PIECES) TRY(check_product(&t));
    return check_step(&t, step);
}

/* ---- the letter ---- */

static void add_span(struct telling *t, const buf *b, size_t start, finding_kind kind, str value) {
    *list_add(t->arena, &t->spans) = (struct chosen_span){(uint32_t)start, (uint32_t)b->n, kind, value};
}

static void add_piece(struct telling *t, buf *b, const struct missing_piece *p) {
    size_t start = b->n;
    buf_add_int(b, p->quantity);
    buf_add(b, S(" \xc3\x97"));
    /* That something is missing is what the page is for; it is said once. */
    if (p == t->pieces.v) add_span(t, b, start, FINDING_EVENT, S("missing"));
    buf_add_char(b, ' ');
    start = b->n;
    buf_add(b, p->name);
    if (p->colour.n) {
        buf_add(b, S(", "));
        buf_add(b, p->colour);
    }
    buf_add(b, S(" ("));
    buf_add(b, p->element.n ? p->element : p->code);
    buf_add(b, S(")"));
    bool part = strcmp(p->kind, "part") == 0;
    add_span(t, b, start, part ? FINDING_PART : FINDING_PRODUCT, p->code);
    buf_add_char(b, '\n');
}

/* Their words first; then what they chose, and where to, each on a line of its own. */
static err write_text(struct telling *t) {
    BUF_AUTO buf b = BUF_MAX(TEXT_MAX);
    if (t->words.n) {
        buf_add(&b, t->words);
        buf_add(&b, S("\n\n"));
    }
    if (t->product.code.n) {
        size_t start = b.n;
        buf_add(&b, t->product.name);
        buf_add(&b, S(" ("));
        buf_add(&b, t->product.code);
        buf_add(&b, S(")"));
        add_span(t, &b, start, FINDING_PRODUCT, t->product.code);
    } else {
        buf_add(&b, t->product_words);
    }
    buf_add(&b, S("\n\n"));
    for (size_t i = 0; i < t->pieces.n; i++) add_piece(t, &b, &t->pieces.v[i]);
    if (t->piece_words.n) {
        size_t start = b.n;
        buf_add(&b, t->piece_words);
        if (!t->pieces.n) add_span(t, &b, start, FINDING_EVENT, S("missing"));
        buf_add_char(&b, '\n');
    }
    if (t->address.n) {
        buf_add_char(&b, '\n');
        buf_add(&b, t->label);
        buf_add_char(&b, '\n');
        if (t->country.n) buf_add(&b, t->country);
    }
    if (!buf_ok(&b)) return err_set(ERR_LIMIT, "The letter is too long.");
    t->text = str_copy(t->arena, str_trim(buf_str(&b)));
    return ERR_NONE;
}

static str subject_of(struct telling *t, const struct store_brand *brand) {
    const str args[] = {t->product.name, t->product.code};
    BUF_AUTO buf b = BUF_MAX(4096);
    lang_fmt(&b, lang_find(brand->language),
             t->product.code.n ? T("Missing pieces: {0} ({1})") : T("Missing pieces"), args, 2);
    return str_copy(t->arena, str_clip_utf8(buf_str(&b), 500));
}

static err put_conversation(db_conn *c, struct telling *t, const struct store_brand *brand,
                            bool *ret_blocked) {
    struct store_inbox inbox;
    TRY(store_inbox_default(c, t->arena, brand->id, &inbox));
    struct conversation v = {.id = t->told.conversation,
                             .inbox_id = inbox.id,
                             .channel = CHANNEL_WEB,
                             .subject = subject_of(t, brand),
                             .snippet = filing_snippet(t->arena, t->text),
                             .version = 1,
                             .created_at = t->now,
                             .updated_at = t->now};
    TRY(filing_customer(c, t->arena, brand->id, t->email, t->name, t->now, &v.customer_id, ret_blocked));
    TRY(store_conversation_latest_of(c, brand->id, v.customer_id, v.id, &v.related_id));
    TRY(store_brand_number(c, t->arena, brand->id, &v.number));
    filing_letter_waits(&v, t->now);
    if (*ret_blocked) {
        v.state = CONVERSATION_DONE;
        v.closed_kind = CLOSED_JUNK;
        v.closed_reason = CLOSE_BLOCKED;
        v.closed_at = t->now;
    }
    return store_conversation_insert(c, brand->id, &v);
}

static err put_letter(db_conn *c, struct telling *t, const struct store_brand *brand) {
    struct message m = {.id = t->told.message,
                        .conversation_id = t->told.conversation,
                        .kind = MESSAGE_LETTER,
                        .channel = CHANNEL_WEB,
                        .from_name = t->name,
                        .from_address = t->email,
                        .subject = subject_of(t, brand),
                        .text = t->text,
                        .same_as = t->same_as,
                        .said_at = t->now,
                        .created_at = t->now};
    TRY(store_message_insert(c, brand->id, &m));
    const struct message_address from = {m.id, ROLE_FROM, t->name, t->email};
    TRY(store_message_address_insert(c, brand->id, 0, &from));
    if (t->photo.size) {
        t->photo.id = id_new(t->now);
        t->photo.message_id = m.id;
        t->photo.conversation_id = m.conversation_id;
        TRY(store_attachment_insert(c, brand->id, &t->photo));
    }
    for (size_t i = 0; i < t->spans.n; i++) {
        const struct chosen_span *s = &t->spans.v[i];
        TRY(listening_add_in(c, t->arena, &t->desk_itself, m.id, s->kind, s->start, s->end, s->value,
                             t->now));
    }
    TRY(store_job_put(c, brand->id, S("listen"), m.id, id_new(t->now), t->now));
    return words_index_message(c, t->arena, brand->id, brand->language, &m);
}

/* ---- what follows from it ---- */

static err propose_box(db_conn *c, struct telling *t) {
    struct box_item_wish *items = arena_array(t->arena, t->pieces.n + 1, sizeof *items);
    size_t n = 0;
    for (size_t i = 0; i < t->pieces.n; i++) {
        const struct missing_piece *p = &t->pieces.v[i];
        items[n++] = (struct box_item_wish){.kind = str_z(p->kind),
                                            .code = p->code,
                                            .colour = p->colour,
                                            .name = str_clip_utf8(p->name, ITEM_NAME_BYTES),
                                            .quantity = p->quantity};
    }
    str rest = t->piece_words, line;
    if (str_line(&rest, &line))
        items[n++] =
            (struct box_item_wish){.name = str_clip_utf8(str_trim(line), ITEM_NAME_BYTES), .quantity = 1};
    const struct box_wish wish = {.conversation = t->told.conversation,
                                  .items = items,
                                  .nitems = n,
                                  .address = t->label,
                                  .country = t->country,
                                  .language = t->wish->language,
                                  .letter = S(""),
                                  .proposed = true,
                                  .promise = -1,
                                  .key = S("")};
    struct box_done done;
    TRY(box_make_in(c, t->desk, t->arena, &t->desk_itself, &wish, t->now, &done));
    t->told.box = done.id;
    return ERR_NONE;
}

/* One a day to a mailbox, whoever asks for it, so that nobody can fill somebody else's. The question to a
 * grown-up counts for the brand; how often one grown-up is asked, desk/child.h says. */
static err order_mail(db_conn *c, struct telling *t) {
    bool child = t->wish->child;
    str hash = child ? S("") : missing_mailbox(t->arena, t->email);
    int64_t to_mailbox, of_brand, brand = t->wish->brand;
    if (!t->may_mail) return ERR_NONE;
    TRY(store_missing_mail_count(c, brand, hash, t->now - DAY_MS, &to_mailbox, &of_brand));
    if ((!child && to_mailbox) || of_brand >= MISSING_MAILS_OF_BRAND) return ERR_NONE;
    const struct store_missing_mail row = {.conversation_id = t->told.conversation,
                                           .address_hash = hash,
                                           .language = t->wish->language,
                                           .state = child ? MISSING_MAIL_SENT : MISSING_MAIL_DUE,
                                           .created_at = t->now,
                                           .updated_at = t->now};
    TRY(store_missing_mail_insert(c, brand, &row));
    t->asks = child;
    if (child) return ERR_NONE;
    return store_job_put(c, brand, S("thank"), t->told.conversation, id_new(t->now), t->now);
}

static err tell_again(db_conn *c, struct telling *t, int64_t message, int64_t conversation) {
    struct message was;
    TRY(store_message_get(c, t->arena, t->wish->brand, message, &was));
    if (!str_eq(was.text, t->text) || !str_eq(was.from_address, t->email) || !str_eq(was.from_name, t->name))
        return err_set(ERR_CONFLICT,
                       "This form was sent before, with something else in it. Begin a new one, please.");
    t->told = (struct missing_told){.conversation = conversation, .message = message, .repeated = true};
    return track_make_in(c, t->arena, t->wish->brand, conversation, t->now, &t->told.token);
}

static err write_tell(db_conn *c, void *arg) {
    struct telling *t = arg;
    struct store_brand brand;
    bool blocked;
    int64_t same, same_conversation;
    t->asks = false;
    TRY(store_message_same(c, t->wish->brand, t->same_as, &same, &same_conversation));
    if (same) return tell_again(c, t, same, same_conversation);
    t->told = (struct missing_told){.conversation = id_new(t->now), .message = id_new(t->now)};
    TRY(store_brand_by_id(c, t->arena, t->wish->brand, &brand));
    TRY(put_conversation(c, t, &brand, &blocked));
    TRY(put_letter(c, t, &brand));
    TRY(track_make_in(c, t->arena, brand.id, t->told.conversation, t->now, &t->told.token));
    if (t->wish->odd) TRY(event_add(c, &t->desk_itself, t->told.conversation, "odd_form", S(""), t->now));
    if (blocked) {
        t->may_mail = false;
        return ERR_NONE;
    }
    if (t->wish->child) TRY(child_set_in(c, t->arena, &t->desk_itself, t->told.conversation, true, t->now));
    TRY(propose_box(c, t));
    return order_mail(c, t);
}

/* ---- limits ---- */

struct limits {
    str network, address;
};

static err take_limits(struct telling *t, const struct limits *l) {
    if (!t->wish->peer.n) return ERR_NONE;
    if (!rate_take(&tells, l->network, MISSING_TELLS_AN_HOUR, HOUR_MS, t->now))
        return err_set(ERR_LIMIT,
                       "Many letters came from where you are in the last hour. Try again a little later; "
                       "everything you wrote stays in the form.");
    if (rate_take(&tells, l->address, MISSING_TELLS_OF_ADDRESS, HOUR_MS, t->now)) return ERR_NONE;
    rate_give_back(&tells, l->network);
    return err_set(ERR_LIMIT,
                   "Many letters came with this e-mail address in the last hour. Try again a little later; "
                   "everything you wrote stays in the form.");
}

static struct limits limits_of(struct telling *t) {
    struct limits l = {rate_network(t->arena, t->wish->peer), {0}};
    l.network = str_fmt(t->arena, "network %lld %.*s", (long long)t->wish->brand, STR_FMT(l.network));
    l.address = str_fmt(t->arena, "address %lld %.*s", (long long)t->wish->brand, STR_FMT(t->email));
    return l;
}

static void give_limits_back(const struct telling *t, const struct limits *l) {
    if (!t->wish->peer.n) return;
    rate_give_back(&tells, l->network);
    rate_give_back(&tells, l->address);
}

/* What the grown-up gets is theirs to judge; that too many were asked for is no reason not to keep the
 * letter. */
static err ask_grown_up(struct telling *t) {
    err e = child_ask(t->desk, t->arena, &t->desk_itself, t->told.conversation, t->email);
    return e == ERR_LIMIT || e == ERR_INVALID || e == ERR_CONFLICT ? ERR_NONE : e;
}

static err keep(struct telling *t) {
    struct limits l = limits_of(t);
    TRY(take_limits(t, &l));
    t->may_mail = !t->wish->odd && (!t->wish->peer.n ||
                                    rate_take(&mails, l.network, MISSING_MAILS_OF_NETWORK, DAY_MS, t->now));
    err e =
        t->photo.in_object ? object_put(t->arena, t->desk->folder, t->photo.hash, t->photo.bytes) : ERR_NONE;
    if (!e) e = db_write(t->desk->db, write_tell, t);
    /* Of two clicks at once the second finds what the first has told. */
    if (e == ERR_CONFLICT) e = db_write(t->desk->db, write_tell, t);
    if (e) give_limits_back(t, &l);
    return e;
}

err missing_tell(struct desk *d, arena *a, const struct missing_wish *wish, struct missing_told *ret,
                 missing_step *ret_step) {
    struct telling t = telling_of(d, a, wish);
    for (int step = 0; step < MISSING_STEPS; step++) {
        *ret_step = (missing_step)step;
        TRY(check_step(&t, (missing_step)step));
    }
    *ret_step = (missing_step)MISSING_STEPS;
    if (wish->key.n < KEY_MIN || wish->key.n > KEY_MAX)
        return err_set(ERR_INVALID, "The form has no key of 8 to 100 bytes. Load it again, please.");
    TRY(write_text(&t));
    t.same_as = content_hash(a, str_fmt(a, "missing %.*s", STR_FMT(wish->key)));
    TRY(keep(&t));
    if (t.asks) TRY(ask_grown_up(&t));
    desk_changed(d, wish->brand, t.told.conversation, "letter");
    desk_work(d);
    *ret = t.told;
    return ERR_NONE;
}
