/* The letters of the practice room: ours, and past ones of which nobody could be known. */
#include "base/embedded.h"
#include "desk/child.h"
#include "desk/heart.h"
#include "desk/listening.h"
#include "desk/training.h"
#include "format/quoted.h"
#include "store/conversation.h"
#include "store/customer.h"
#include "store/message.h"

enum { SUBJECT_BYTES = 200 };

/* ---- ours ---- */

/* How our own demo letters could be answered, and what came back. */
static const struct {
    const char *name, *reply, *thanks;
} loved[] = {
    {"041-milo",
     "Dear Milo,\n\nI read your letter twice, and the second time I read it to the whole crew room. A drain "
     "is a bad "
     "place for a keeper, but not the worst: it leads to the harbour, and that is where she knows her "
     "way.\n\nAnother "
     "Keeper Juno leaves us tomorrow and is with you on Friday. She travels in a glove, since she is used to "
     "it. "
     "Your promise about the tram is written down here.\n\nAnd yes, she knows Captain Fenn. When the ferry "
     "passes at "
     "night she blinks twice, and he sounds the horn once.\n\nWarm wishes from the harbour,\nInes",
     "She came in a GLOVE!!! I told her about the tram rule. Gran says thank you too. Milo"},
    {"035-henrike",
     "Hello Henrike,\n\ntwo left doors and no right one: you counted better than we did, and I am sorry that "
     "the engine "
     "stands in the rain because of it.\n\nThe right door, 88-204 in red, leaves us today and is with you on "
     "Thursday. "
     "Keep the second left one. I have also told the people who pack bag 4, with your words, so that they "
     "look at their "
     "scales.\n\nDry roads to your daughter,\nInes",
     "The engine is inside. Thank you, also for asking about the scales."},
    {"033-abdul",
     "Good evening Mr Yusuf, good evening Samira,\n\nyou are right not to be satisfied. The baker is not "
     "asleep. He "
     "delivers the rolls himself, because nobody else knows which houses like the dark ones, and he is back "
     "at eight, "
     "when you two are at breakfast. That is why nobody who builds the bakery has ever seen him.\n\nIf you "
     "leave the "
     "door open, it helps: his hands are full.\n\nWarm wishes from the harbour,\nInes",
     "She has left the door open ever since. You have made a small detective very happy."},
    {"018-gaspard",
     "Dear Mr Lemoine,\n\nyou wrote on the 2nd and on the 9th, and both times we said \"shortly\" and did "
     "nothing. That was "
     "wrong of us, and it is over: the corrected invoice for order 2026-54010, to Atelier Lemoine, is "
     "attached. I have "
     "changed the name in your account myself, so that the next one is right from the start.\n\nIf your "
     "accountant needs "
     "a word from us about the delay, I write it today. My own line is below.\n\nInes Duarte",
     "Thank you. That was all I wanted, and more. I shall order again."},
    {"022-school",
     "Dear Ottilie,\n\nbag 7 is packed and leaves with our courier at noon: it is at Priory Lane on Thursday "
     "morning, a day "
     "before your twenty-four pupils. You need not send anybody.\n\nIn case anything goes wrong on the way, "
     "I have put a "
     "second bag aside and can be reached until six. What are they going to build first?\n\nKind "
     "regards,\nInes",
     "It was here at nine. They built a lift that goes sideways. Thank you for the second bag, which we did "
     "not need!"},
    {"003-tove",
     "Dear Tove,\n\nyou said I need not write back, and I would like to all the same. I have told everybody "
     "here where "
     "the Night Ferry stands now. The man who looked for your anchor went quiet for a moment, and then he "
     "asked me to "
     "say hello to your grandad.\n\nNo answer needed this time either.\n\nInes",
     "Grandad says hello back. He laughed. Tove"},
};

static const char *loved_name(size_t i) { return loved[i].name; }

/* "Subject: x" of a plain mail of ours. */
static str header_of(str head, const char *name) {
    str rest = head, line, want = str_z(name);
    while (str_line(&rest, &line))
        if (str_starts_nocase(line, want)) return str_trim(str_slice(line, want.n, line.n));
    return S("");
}

static str with_lf(arena *a, str mail) {
    BUF_AUTO buf b = BUF_MAX(mail.n + 1);
    str rest = mail, line;
    while (str_line(&rest, &line)) {
        buf_add(&b, line);
        buf_add_char(&b, '\n');
    }
    return str_copy(a, buf_str(&b));
}

/* Ours are written in lines of a mail; a paragraph is one again, a short line stays its own. */
static str unwrapped(arena *a, str text) {
    enum { SHORT_BYTES = 52 };
    BUF_AUTO buf b = BUF_MAX(text.n + 1);
    str rest = text, line;
    while (str_line(&rest, &line)) {
        buf_add(&b, line);
        buf_add_char(&b, line.n < SHORT_BYTES || str_starts(rest, S("\n")) ? '\n' : ' ');
    }
    return str_copy(a, str_trim(buf_str(&b)));
}

static bool demo_letter(arena *a, size_t i, struct training_letter *ret) {
    const struct embedded_file *f = embedded_find(str_fmt(a, "demo/%s.eml", loved_name(i)));
    if (!f) return false;
    str mail = with_lf(a, (str){(const char *)f->bytes, f->n}), from;
    size_t body = str_find(mail, S("\n\n"), 0);
    if (body == SIZE_MAX) return false;
    str head = str_slice(mail, 0, body);
    from = header_of(head, "From:");
    from = str_trim(str_slice(from, 0, str_find_char(from, '<', 0)));
    *ret = (struct training_letter){.key = str_fmt(a, "demo-%s", loved_name(i)),
                                    .subject = header_of(head, "Subject:"),
                                    .from = from,
                                    .text = unwrapped(a, str_trim(str_slice(mail, body, mail.n))),
                                    .loved = S(""),
                                    .thanks = S(""),
                                    .loved_by = S("")};
    return true;
}

void training_demo(arena *a, training_letter_list *ret) {
    training_letter_list all = {0};
    struct training_letter one;
    for (size_t i = 0; i < sizeof loved / sizeof *loved; i++)
        if (demo_letter(a, i, &one)) *list_add(a, &all) = one;
    *ret = all;
}

static err one_demo(arena *a, str name, struct training_letter *ret) {
    for (size_t i = 0; i < sizeof loved / sizeof *loved; i++) {
        if (!str_eq(name, str_z(loved[i].name)) || !demo_letter(a, i, ret)) continue;
        ret->loved = str_z(loved[i].reply);
        ret->thanks = str_z(loved[i].thanks);
        return ERR_NONE;
    }
    return err_set(ERR_MISSING, "There is no such letter in the practice room.");
}

/* ---- past ones ---- */

struct past {
    struct store_loved row;
    struct message letter, reply, thanks;
    struct customer customer;
};

static err load_past(db_conn *c, arena *a, int64_t brand, const struct store_loved *row, struct past *ret) {
    struct conversation v;
    ret->row = *row;
    TRY(store_message_get(c, a, brand, row->letter_id, &ret->letter));
    TRY(store_message_get(c, a, brand, row->reply_id, &ret->reply));
    TRY(store_message_get(c, a, brand, row->thanks_id, &ret->thanks));
    TRY(store_conversation_get(c, a, brand, row->conversation_id, &v));
    return store_customer_get(c, a, brand, v.customer_id, &ret->customer);
}

typedef LIST(str) name_list;

/* Every name that stands in the letter or that we know. */
static err names_in(struct desk *d, arena *a, int64_t brand, const struct message *m, name_list *ret,
                    bool *ret_child) {
    struct heard h;
    TRY(listening_heard(d, a, brand, m, &h));
    for (size_t i = 0; i < h.findings.n; i++)
        if (h.findings.v[i].kind == FINDING_NAME) *list_add(a, ret) = h.findings.v[i].value;
    *list_add(a, ret) = m->from_name;
    *ret_child = *ret_child || h.child;
    return ERR_NONE;
}

/* Without what they quote, which is ours or of others. */
static str own_words(arena *a, str text) { return str_trim(quoted_blank(a, text)); }

static err masked(struct desk *d, arena *a, int64_t brand, const struct past *p, struct training_letter *ret,
                  bool *ret_child) {
    name_list names = {0};
    *ret_child = false;
    TRY(names_in(d, a, brand, &p->letter, &names, ret_child));
    TRY(names_in(d, a, brand, &p->thanks, &names, ret_child));
    str customer = p->customer.name;
    *ret = (struct training_letter){
        .key = str_fmt(a, "past-%lld", (long long)p->letter.id),
        .message = p->letter.id,
        .from = S("Robin Vale"),
        .subject =
            training_mask(a, str_clip_utf8(p->letter.subject, SUBJECT_BYTES), customer, names.v, names.n),
        .text = training_mask(a, own_words(a, p->letter.text), customer, names.v, names.n),
        .loved = training_mask(a, own_words(a, p->reply.text), customer, names.v, names.n),
        .thanks = training_mask(a, own_words(a, p->thanks.text), customer, names.v, names.n),
        .loved_by = p->reply.agent_name,
    };
    return ERR_NONE;
}

err training_past(struct desk *d, arena *a, int64_t brand, training_letter_list *ret) {
    training_letter_list all = {0};
    store_loved_list rows;
    LIST(struct past) pasts = {0};
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_loved_letters(c, a, brand, 0, TRAINING_PAST_MAX, &rows));
        for (size_t i = 0; i < rows.n; i++) TRY(load_past(c, a, brand, &rows.v[i], list_add(a, &pasts)));
    }
    for (size_t i = 0; i < pasts.n; i++) {
        struct training_letter one;
        bool child;
        TRY(masked(d, a, brand, &pasts.v[i], &one, &child));
        if (child || !one.text.n || !one.loved.n) continue;
        one.loved = one.thanks = one.loved_by = S("");
        *list_add(a, &all) = one;
    }
    *ret = all;
    return ERR_NONE;
}

err training_letter(struct desk *d, arena *a, int64_t brand, str key, struct training_letter *ret) {
    store_loved_list rows;
    struct past p;
    int64_t id;
    bool child;
    if (str_starts(key, S("demo-"))) return one_demo(a, str_slice(key, 5, key.n), ret);
    bool past = brand && str_starts(key, S("past-")) && str_to_int(str_slice(key, 5, key.n), &id) && id > 0;
    if (!past) return err_set(ERR_MISSING, "There is no such letter in the practice room.");
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_loved_letters(c, a, brand, id, 1, &rows));
        if (!rows.n) return err_set(ERR_MISSING, "There is no such letter in the practice room.");
        TRY(load_past(c, a, brand, &rows.v[0], &p));
    }
    TRY(masked(d, a, brand, &p, ret, &child));
    return child ? err_set(ERR_MISSING, "There is no such letter in the practice room.") : ERR_NONE;
}

/* ---- the check ---- */

err training_check(struct desk *d, arena *a, int64_t brand, const struct training_letter *letter, str writer,
                   str reply, struct checked *ret) {
    HEART_CATALOGUE_AUTO struct heart_catalogue catalogue = {0};
    struct heard heard;
    if (brand) TRY(heart_catalogue(d, brand, &catalogue));
    listen_to(a,
              &(struct listen_input){.text = letter->text,
                                     .subject = letter->subject,
                                     .from_name = letter->from,
                                     .from_address = S("robin@example.org"),
                                     .catalogue = catalogue.catalogue},
              &heard);
    const struct check_history none = {.context = NULL};
    const struct check_input in = {.letter = &heard,
                                   .reply = reply,
                                   .customer_name = letter->from,
                                   .agent_name = writer,
                                   .catalogue = catalogue.catalogue,
                                   .history = &none,
                                   .now = desk_now(d)};
    check(a, &in, ret);
    return ERR_NONE;
}
