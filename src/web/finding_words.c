/* What was found in a letter, in words for its readers. */
#include <string.h>

#include "web/finding_page.h"

static str fill(struct web_call *w, const char *msgid, str a0, str a1) {
    BUF_AUTO buf b = BUF_MAX(16384);
    str args[2] = {a0, a1};
    lang_fmt(&b, w->page.lang, msgid, args, 2);
    return str_copy(w->arena, buf_str(&b));
}

enum heard_line heard_line_of(finding_kind k) {
    switch (k) {
    case FINDING_NAME:
    case FINDING_AGE: return HEARD_WHO;
    case FINDING_PRODUCT:
    case FINDING_PART: return HEARD_PRODUCT;
    case FINDING_ORDER: return HEARD_ORDER;
    case FINDING_EVENT: return HEARD_EVENT;
    case FINDING_ASK: return HEARD_ASK;
    case FINDING_PROMISE: return HEARD_PROMISE;
    case FINDING_FEELING:
    case FINDING_THANKS: return HEARD_FEELING;
    }
    return HEARD_WHO;
}

str heard_line_text(struct web_call *w, enum heard_line line) {
    switch (line) {
    case HEARD_WHO: return web_text(w, T("Who"));
    case HEARD_PRODUCT: return web_text(w, T("Product"));
    case HEARD_ORDER: return web_text(w, T("Order"));
    case HEARD_EVENT: return web_text(w, T("Happened"));
    case HEARD_ASK: return web_text(w, T("Asks"));
    case HEARD_FEELING: return web_text(w, T("Feels"));
    case HEARD_PROMISE: return web_text(w, T("Promised"));
    }
    return S("");
}

str heard_kind_text(struct web_call *w, finding_kind k) {
    switch (k) {
    case FINDING_NAME: return web_text(w, T("name"));
    case FINDING_AGE: return web_text(w, T("age"));
    case FINDING_PRODUCT: return web_text(w, T("product"));
    case FINDING_PART: return web_text(w, T("part"));
    case FINDING_ORDER: return web_text(w, T("order number"));
    case FINDING_EVENT: return web_text(w, T("what happened"));
    case FINDING_ASK: return web_text(w, T("ask"));
    case FINDING_PROMISE: return web_text(w, T("promise"));
    case FINDING_FEELING: return web_text(w, T("feeling"));
    case FINDING_THANKS: return web_text(w, T("thanks or praise"));
    }
    return S("");
}

const char *heard_mark(finding_kind k) {
    static const char *const marks[HEARD_LINES] = {"name", "product", "product", "event",
                                                   "ask",  "feeling", "promise"};
    return marks[heard_line_of(k)];
}

size_t heard_count(const struct letter_heard *h, enum heard_line line) {
    size_t n = 0;
    for (size_t i = 0; i < h->rows.n; i++)
        n += !h->rows.v[i].struck && heard_line_of(h->rows.v[i].kind) == line;
    return n;
}

size_t heard_struck(const struct letter_heard *h) {
    size_t n = 0;
    for (size_t i = 0; i < h->rows.n; i++) n += h->rows.v[i].struck;
    return n;
}

bool heard_first(const struct letter_heard *h, size_t i) {
    const struct finding_row *r = &h->rows.v[i];
    for (size_t k = 0; r->kind == FINDING_NAME && !r->words.n && k < h->rows.n; k++)
        if (h->rows.v[k].kind == FINDING_NAME && h->rows.v[k].words.n && !h->rows.v[k].struck) return false;
    for (size_t k = 0; k < i; k++) {
        const struct finding_row *x = &h->rows.v[k];
        if (!x->struck && x->kind == r->kind && str_eq(x->value, r->value)) return false;
    }
    return true;
}

/* Values of what happened and of feelings; one of another set stands as it is. */
struct value_word {
    const char *value, *text;
};
static const struct value_word events[] = {
    {"lost", T("lost")},
    {"broken", T("broken")},
    {"missing", T("missing")},
    {"late", T("late")},
    {"wrong", T("not what was wanted")},
    {"outage", T("did not work")},
    {"charge", T("charged")},
    {"other", T("something else")},
};
static const struct value_word feelings[] = {
    {"upset", T("upset")},
    {"angry", T("angry")},
    {"annoyed", T("annoyed")},
    {"worried", T("worried")},
    {"afraid", T("afraid")},
    {"sad", T("sad")},
    {"disappointed", T("disappointed")},
    {"confused", T("confused")},
    {"ashamed", T("ashamed")},
    {"glad", T("glad")},
    {"thankful", T("thankful")},
    {"proud", T("proud")},
    {"excited", T("excited")},
    {"hopeful", T("hopeful")},
    {"amused", T("amused")},
    {"loving", T("loving")},
    {"surprised", T("surprised")},
};

static const struct value_word thanks[] = {
    {"thanks", T("thanks")},
    {"praise", T("praises")},
    {"tells", T("tells others")},
};

static str word_of(struct web_call *w, const struct value_word *words, size_t n, str value) {
    for (size_t i = 0; i < n; i++)
        if (str_eq(value, str_z(words[i].value))) return web_text(w, words[i].text);
    return value;
}

const char *heard_event_value(size_t i) {
    return i < sizeof events / sizeof *events ? events[i].value : NULL;
}

str heard_event_text(struct web_call *w, str value) {
    return word_of(w, events, sizeof events / sizeof *events, value);
}

str heard_value_text(struct web_call *w, const struct finding_row *f) {
    switch (f->kind) {
    case FINDING_EVENT: return heard_event_text(w, f->value);
    case FINDING_FEELING: return word_of(w, feelings, sizeof feelings / sizeof *feelings, f->value);
    case FINDING_THANKS: return word_of(w, thanks, sizeof thanks / sizeof *thanks, f->value);
    case FINDING_PRODUCT:
    case FINDING_PART:
        return f->name.n ? str_fmt(w->arena, "%.*s %.*s", STR_FMT(f->value), STR_FMT(f->name)) : f->value;
    case FINDING_NAME:
    case FINDING_AGE:
    case FINDING_ORDER: return str_eq(f->value, f->words) ? S("") : f->value;
    case FINDING_ASK:
    case FINDING_PROMISE: return S("");
    }
    return S("");
}

str heard_short(struct web_call *w, const struct finding_row *f) {
    if (f->name.n) return f->name;
    if (f->kind == FINDING_AGE) return fill(w, T("age {0}"), f->value, S(""));
    str value = heard_value_text(w, f);
    return value.n ? value : f->words;
}

const struct finding_row *heard_age(const struct letter_heard *h) {
    for (size_t i = 0; i < h->rows.n; i++)
        if (h->rows.v[i].kind == FINDING_AGE && !h->rows.v[i].struck) return &h->rows.v[i];
    return NULL;
}

static const struct value_word languages[] = {
    {"en", T("English")},    {"de", T("German")},     {"fr", T("French")},    {"es", T("Spanish")},
    {"it", T("Italian")},    {"pt", T("Portuguese")}, {"nl", T("Dutch")},     {"sv", T("Swedish")},
    {"da", T("Danish")},     {"no", T("Norwegian")},  {"nb", T("Norwegian")}, {"fi", T("Finnish")},
    {"pl", T("Polish")},     {"cs", T("Czech")},      {"hu", T("Hungarian")}, {"ro", T("Romanian")},
    {"el", T("Greek")},      {"tr", T("Turkish")},    {"ru", T("Russian")},   {"uk", T("Ukrainian")},
    {"ar", T("Arabic")},     {"he", T("Hebrew")},     {"fa", T("Persian")},   {"hi", T("Hindi")},
    {"th", T("Thai")},       {"ja", T("Japanese")},   {"zh", T("Chinese")},   {"ko", T("Korean")},
    {"vi", T("Vietnamese")}, {"id", T("Indonesian")},
};

str heard_language_text(struct web_call *w, str language) {
    str tag = str_slice(language, 0, str_find_char(language, '-', 0));
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
        if (str_eq(tag, str_z(languages[i].value))) return web_text(w, languages[i].text);
    return language;
}

static str sort_text(struct web_call *w, letter_sort s) {
    switch (s) {
    case SORT_ASK: return web_text(w, T("A question or wish"));
    case SORT_COMPLAINT: return web_text(w, T("A complaint"));
    case SORT_THANKS: return web_text(w, T("A thank-you"));
    case SORT_OTHER: return web_text(w, T("A letter"));
    }
    return S("");
}

str heard_sort_text(struct web_call *w, const struct letter_heard *h) {
    str sort = sort_text(w, h->sort);
    if (!h->language.n) return sort;
    return fill(w, T("{0}, in {1}"), sort, heard_language_text(w, h->language));
}
