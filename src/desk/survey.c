#include "desk/survey.h"

#include "base/lang.h"
#include "base/random.h"
#include "desk/check.h"
#include "desk/child.h"
#include "desk/missing.h"
#include "desk/transport.h"
#include "store/brand.h"
#include "store/conversation.h"
#include "store/customer.h"
#include "store/inbox.h"

enum { AT_ONCE = 100, TOKEN_CHARACTERS = 22, DAYS_MAX = 60, MONTHS_MAX = 60, MONTH_DAYS = 31 };

/* ---- the question ---- */

struct survey_form survey_standard(const struct desk *d, str language) {
    (void)d;
    const struct lang *l = lang_find(language);
    return (struct survey_form){.question = lang_text(l, T("How was it, writing with us?")),
                                .choices = lang_text(l, T("All is well again\nNot quite yet\nNo")),
                                .after_days = 5,
                                .pause_months = 6};
}

void survey_choices_of(arena *a, str choices, survey_choice_texts *ret) {
    survey_choice_texts all = {0};
    str rest = choices, line;
    while (str_line(&rest, &line))
        if (str_trim(line).n) *list_add(a, &all) = str_trim(line);
    *ret = all;
}

static err check_choices(arena *a, str typed, str *ret) {
    survey_choice_texts all;
    str text = S(""), line;
    survey_choices_of(a, typed, &all);
    if (all.n > SURVEY_CHOICES_MAX)
        return err_set(ERR_INVALID, "There are more than %d choices.", SURVEY_CHOICES_MAX);
    if (all.n == 1) return err_set(ERR_INVALID, "One choice is none: leave them all out, or add another.");
    for (size_t i = 0; i < all.n; i++) {
        TRY(check_sentence("A choice", all.v[i], SURVEY_CHOICE_BYTES, &line));
        for (size_t k = 0; k < i; k++)
            if (str_eq(all.v[k], line)) return err_set(ERR_INVALID, "Two choices are the same.");
        text = str_fmt(a, "%.*s%s%.*s", STR_FMT(text), i ? "\n" : "", STR_FMT(line));
    }
    *ret = text;
    return ERR_NONE;
}

struct setting_up {
    arena *a;
    const struct actor *who;
    struct survey row;
    int64_t now;
};

static err write_survey(db_conn *c, void *arg) {
    struct setting_up *x = arg;
    struct store_inbox inbox;
    struct survey was, row = x->row;
    TRY(store_inbox_by_id(c, x->a, x->who->brand, row.inbox_id, &inbox));
    TRY(store_survey_get(c, x->a, x->who->brand, row.inbox_id, &was));
    /* What was done before it was switched on is nobody's surprise. */
    row.looked_at = was.asks && row.asks ? was.looked_at : x->now;
    return store_survey_put(c, x->who->brand, &row);
}

err survey_set(struct desk *d, arena *a, const struct actor *who, int64_t inbox,
               const struct survey_form *form) {
    struct setting_up x = {.a = a, .who = who, .now = desk_now(d)};
    x.row = (struct survey){.inbox_id = inbox,
                            .asks = form->asks,
                            .after_days = form->after_days,
                            .pause_months = form->pause_months,
                            .agent_id = who->agent,
                            .updated_at = x.now};
    TRY(check_sentence("The question", form->question, SURVEY_QUESTION_BYTES, &x.row.question));
    TRY(check_choices(a, form->choices, &x.row.choices));
    if (form->after_days < 1 || form->after_days > DAYS_MAX)
        return err_set(ERR_INVALID, "It can be asked 1 to %d days afterwards.", DAYS_MAX);
    if (form->pause_months < 1 || form->pause_months > MONTHS_MAX)
        return err_set(ERR_INVALID, "A person can be asked again after 1 to %d months.", MONTHS_MAX);
    TRY(db_write(d->db, write_survey, &x));
    desk_changed(d, who->brand, 0, "inbox");
    return ERR_NONE;
}

/* ---- whom to ask ---- */

struct looking {
    struct desk *d;
    arena *a;
    int64_t brand, now;
    const struct survey *s;
    survey_done_list done;
};

static err may_ask(db_conn *c, struct looking *x, int64_t conversation, struct survey_ask *ret,
                   bool *ret_may) {
    struct survey_talk talk;
    struct customer_address sender;
    struct store_inbox ours;
    bool child;
    int64_t asked;
    *ret_may = false;
    TRY(store_survey_talk(c, x->a, x->brand, conversation, &talk));
    if (!talk.letter_id || !talk.agent_id || !str_has(talk.address, '@')) return ERR_NONE;
    TRY(child_is_in(c, x->a, x->brand, conversation, &child));
    if (child) return ERR_NONE;
    TRY(store_customer_address_get(c, x->a, x->brand, talk.address, &sender));
    if (!sender.customer_id || sender.blocked_at) return ERR_NONE;
    err e = store_inbox_by_address(c, x->a, talk.address, &ours);
    if (e != ERR_MISSING) return e;
    str person = missing_mailbox(x->a, talk.address);
    int64_t since = x->now - x->s->pause_months * MONTH_DAYS * (int64_t)DAY_MS;
    TRY(store_survey_asked(c, x->brand, person, since, &asked));
    if (asked) return ERR_NONE;
    *ret = (struct survey_ask){.brand_id = x->brand,
                               .id = id_new(x->now),
                               .conversation_id = conversation,
                               .agent_id = talk.agent_id,
                               .person = person,
                               .state = SURVEY_DUE,
                               .question = x->s->question,
                               .choices = x->s->choices,
                               .words = S(""),
                               .chosen = S(""),
                               .created_at = x->now};
    *ret_may = true;
    return ERR_NONE;
}

static err write_asks(db_conn *c, void *arg) {
    struct looking *x = arg;
    for (size_t i = 0; i < x->done.n; i++) {
        struct survey_ask ask;
        bool may;
        TRY(may_ask(c, x, x->done.v[i].conversation_id, &ask, &may));
        if (!may) continue;
        TRY(store_survey_ask_insert(c, &ask));
        TRY(store_job_put(c, x->brand, S("survey"), ask.id, id_new(x->now), x->now));
    }
    return store_survey_looked(c, x->brand, x->s->inbox_id, x->done.v[x->done.n - 1].closed_at);
}

static err look_at(struct looking *x, bool *ret_more) {
    int64_t until = x->now - x->s->after_days * (int64_t)DAY_MS;
    struct survey now;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(x->d->db, &c));
    TRY(store_survey_get(c, x->a, x->brand, x->s->inbox_id, &now));
    TRY(store_survey_done(c, x->a, x->brand, x->s->inbox_id, now.looked_at, until, AT_ONCE, &x->done));
    /* All that were done in the same moment go together, or the rest would be passed over. */
    if (x->done.n == AT_ONCE) {
        int64_t last = x->done.v[x->done.n - 1].closed_at;
        TRY(store_survey_done(c, x->a, x->brand, x->s->inbox_id, now.looked_at, last, 1 << 20, &x->done));
    }
    *ret_more = x->done.n >= AT_ONCE;
    return ERR_NONE;
}

err survey_look(struct desk *d, arena *a, int64_t brand) {
    survey_list all;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_surveys(c, a, brand, &all));
    }
    for (size_t i = 0; i < all.n; i++) {
        struct looking x = {.d = d, .a = a, .brand = brand, .now = desk_now(d), .s = &all.v[i]};
        bool more = true;
        while (more) {
            TRY(look_at(&x, &more));
            if (x.done.n) TRY(db_write(d->db, write_asks, &x));
        }
        desk_work(d);
    }
    return ERR_NONE;
}

/* ---- who answers ---- */

/* As token_new makes them; anything else is not even looked up. */
static bool well_formed(str token) {
    if (token.n != TOKEN_CHARACTERS) return false;
    for (size_t i = 0; i < token.n; i++) {
        char c = token.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '-' && c != '_') return false;
    }
    return true;
}

static err read_link(db_conn *c, arena *a, str token, int64_t now, struct survey_link *ret) {
    struct survey_link l = {.state = SURVEY_LINK_WRONG};
    struct store_brand brand;
    struct conversation v;
    struct store_inbox inbox;
    *ret = l;
    if (!well_formed(token)) return ERR_NONE;
    err e = store_survey_ask_by_hash(c, a, token_hash(a, token), &l.ask);
    if (e) return e == ERR_MISSING ? ERR_NONE : e;
    TRY(store_brand_by_id(c, a, l.ask.brand_id, &brand));
    TRY(store_conversation_get(c, a, l.ask.brand_id, l.ask.conversation_id, &v));
    TRY(store_inbox_by_id(c, a, l.ask.brand_id, v.inbox_id, &inbox));
    l.state = l.ask.answered_at         ? SURVEY_LINK_USED
              : l.ask.expires_at <= now ? SURVEY_LINK_EXPIRED
                                        : SURVEY_LINK_GOOD;
    l.brand_name = brand.name;
    l.language = brand.language;
    l.inbox_address = inbox.address;
    *ret = l;
    return ERR_NONE;
}

err survey_open(const struct desk *d, arena *a, str token, struct survey_link *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return read_link(c, a, token, desk_now(d), ret);
}

struct answering {
    arena *a;
    str token, words;
    int64_t chosen, now;
    struct survey_link link;
};

static err write_answer(db_conn *c, void *arg) {
    struct answering *x = arg;
    survey_choice_texts choices;
    bool child;
    TRY(read_link(c, x->a, x->token, x->now, &x->link));
    if (x->link.state != SURVEY_LINK_GOOD) return ERR_NONE;
    struct survey_ask ask = x->link.ask;
    TRY(child_is_in(c, x->a, ask.brand_id, ask.conversation_id, &child));
    survey_choices_of(x->a, ask.choices, &choices);
    ask.answered_at = x->now;
    if (child) {
        /* Used up, and nothing kept. */
        ask.answered_at = 0;
        ask.hash = S("");
        ask.state = SURVEY_SKIPPED;
        return store_survey_ask_update(c, &ask);
    }
    ask.words = x->words;
    ask.chosen = x->chosen > 0 && (size_t)x->chosen <= choices.n ? choices.v[x->chosen - 1] : S("");
    return store_survey_ask_update(c, &ask);
}

err survey_answer(struct desk *d, arena *a, str token, str words, int64_t chosen, struct survey_link *ret) {
    struct answering x = {.a = a, .token = token, .chosen = chosen, .now = desk_now(d)};
    TRY(survey_open(d, a, token, &x.link));
    if (x.link.state == SURVEY_LINK_GOOD) {
        survey_choice_texts choices;
        survey_choices_of(a, x.link.ask.choices, &choices);
        if (words.n > SURVEY_WORDS_BYTES)
            return err_set(ERR_INVALID, "That is more than %d characters fit; could you shorten it a little?",
                           SURVEY_WORDS_BYTES);
        TRY(check_text(a, "Your answer", words, SURVEY_WORDS_BYTES, &x.words));
        x.words = str_trim(x.words);
        if (!x.words.n && (chosen < 1 || (size_t)chosen > choices.n))
            return err_set(ERR_INVALID, "There is nothing in it yet: a word is enough.");
        TRY(db_write(d->db, write_answer, &x));
    }
    *ret = x.link;
    return ERR_NONE;
}

static err write_never(db_conn *c, void *arg) {
    struct answering *x = arg;
    TRY(read_link(c, x->a, x->token, x->now, &x->link));
    if (x->link.state == SURVEY_LINK_WRONG) return ERR_NONE;
    struct survey_ask ask = x->link.ask;
    ask.state = SURVEY_NEVER;
    return store_survey_ask_update(c, &ask);
}

err survey_never(struct desk *d, arena *a, str token, struct survey_link *ret) {
    struct answering x = {.a = a, .token = token, .now = desk_now(d)};
    TRY(db_write(d->db, write_never, &x));
    *ret = x.link;
    return ERR_NONE;
}

err survey_forget_mail(struct desk *d, arena *a, int64_t brand, int64_t conversation) {
    survey_ids ids;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_survey_of(c, a, brand, conversation, &ids));
    }
    for (size_t i = 0; i < ids.n; i++) TRY(transport_forget(d, a, ids.v[i]));
    return ERR_NONE;
}
