/* What the letter is about: products, parts, numbers of orders. */
#include "letter/listen_ear.h"

enum { NUMBER_DIGITS_MIN = 4, NUMBER_BYTES_MAX = 40, ORDER_GAP_MAX = 12 };

void ear_products(struct ear *e) {
    if (!e->in->catalogue) return;
    catalogue_hit_list hits = {0};
    catalogue_find(e->in->catalogue, e->a, e->t, &hits);
    for (size_t i = 0; i < hits.n; i++) {
        const struct catalogue_hit *h = &hits.v[i];
        bool sure = h->item != UINT32_MAX;
        if (!sure && !h->ncandidates) continue;
        const struct catalogue_item *item =
            catalogue_item_at(e->in->catalogue, sure ? h->item : h->candidates[0]);
        struct finding *f = ear_add(e, item->kind == CATALOGUE_PART ? FINDING_PART : FINDING_PRODUCT, h->from,
                                    h->to, sure ? item->id : (str){0}, h->why);
        if (!f) return;
        f->why_arg = h->why_arg;
        for (uint32_t k = 0; k < h->ncandidates && f->ncandidates < 8; k++)
            f->candidates[f->ncandidates++] = catalogue_item_at(e->in->catalogue, h->candidates[k])->id;
    }
}

/* ---- orders ---- */

static bool digit(char c) { return c >= '0' && c <= '9'; }
static bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

struct token {
    size_t from, to; /* bytes */
    size_t digits, letters;
};

/* A number with what is written together with it: "2026-54010", "AB/1234". */
static struct token token_at(str s, size_t at) {
    struct token t = {.from = at, .to = at};
    for (size_t i = at; i < s.n && i - at < NUMBER_BYTES_MAX; i++) {
        bool joins =
            strchr("-/_.", s.p[i]) && i + 1 < s.n && (digit(s.p[i + 1]) || letter(s.p[i + 1])) && i > at;
        if (s.p[i] == 0 || (!digit(s.p[i]) && !letter(s.p[i]) && !joins)) break;
        if (s.p[i] == '.' && !(digit(s.p[i - 1]) && digit(s.p[i + 1]))) break;
        t.digits += digit(s.p[i]);
        t.letters += letter(s.p[i]);
        t.to = i + 1;
    }
    return t;
}

/* "12/03/2024", "2024-03-12", "12.03.24": groups of one or two digits around, and a year. */
static bool is_date(str s) {
    size_t groups = 0, shorts = 0, run = 0;
    for (size_t i = 0; i <= s.n; i++) {
        if (i < s.n && digit(s.p[i])) {
            run++;
            continue;
        }
        if (i < s.n && !strchr("-/.", s.p[i])) return false;
        groups++;
        shorts += run == 1 || run == 2;
        run = 0;
    }
    return groups == 3 && shorts >= 2;
}

static bool is_year(str s) {
    return s.n == 4 && (str_starts(s, S("19")) || str_starts(s, S("20")) || str_starts(s, S("21")));
}

static bool is_price(str text, const struct token *t) {
    str behind = str_trim(str_slice(text, t->to, t->to + 4)), before = str_slice(text, 0, t->from);
    before = str_trim(str_slice(before, before.n > 4 ? before.n - 4 : 0, before.n));
    static const char *const marks[] = {"$", "€", "£", "%", "EUR", "USD", "GBP", "CHF"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (str_starts(behind, str_z(marks[i])) || str_ends(before, str_z(marks[i]))) return true;
    return false;
}

static bool is_product(const struct ear *e, str token) {
    if (!e->in->catalogue) return false;
    if (catalogue_item_of(e->in->catalogue, CATALOGUE_PRODUCT, token) != UINT32_MAX) return true;
    str first = str_fmt(e->a, "%.*s-1", STR_FMT(token));
    return catalogue_item_of(e->in->catalogue, CATALOGUE_PRODUCT, first) != UINT32_MAX ||
           catalogue_item_of(e->in->catalogue, CATALOGUE_PART, token) != UINT32_MAX;
}

static void add_order(struct ear *e, const struct token *t, bool plain, const char *why) {
    str s = e->t->bytes, token = str_slice(s, t->from, t->to);
    if (t->digits < NUMBER_DIGITS_MIN || t->letters > t->digits || is_date(token) || is_price(s, t)) return;
    if ((plain && is_year(token)) || is_product(e, token)) return;
    for (size_t i = 0; i < e->heard->findings.n; i++) {
        const struct finding *f = &e->heard->findings.v[i];
        if (f->kind == FINDING_ORDER && str_eq(f->value, token)) return;
        if ((f->kind == FINDING_PRODUCT || f->kind == FINDING_PART) && f->start < t->to && f->end > t->from)
            return;
    }
    struct finding *f = ear_add(e, FINDING_ORDER, 0, 0, token, why);
    if (!f) return;
    f->start = (uint32_t)t->from;
    f->end = (uint32_t)t->to;
}

/* Without a word before it: "#12345", "CS-0048217". */
static void bare_numbers(struct ear *e) {
    str s = e->t->bytes;
    for (size_t i = 0; i < e->t->nwords; i++) {
        const struct word *w = &e->t->words[i];
        if (w->flags & WORD_LINK) continue;
        size_t at = w->start;
        bool hash = (w->flags & WORD_NUMBER) && at && s.p[at - 1] == '#' && (at < 2 || !letter(s.p[at - 2]));
        bool code = (w->flags & WORD_CAPITALS) && w->end - at >= 2 && w->end - at <= 4 && w->end + 1 < s.n &&
                    s.p[w->end] == '-' && digit(s.p[w->end + 1]);
        if (!hash && !code) continue;
        struct token t = token_at(s, at);
        if (hash || (t.digits > NUMBER_DIGITS_MIN && t.letters <= 4))
            add_order(e, &t, false, T("It is written like the number of an order."));
    }
}

void ear_orders(struct ear *e) {
    pack_hit_list hits = ear_match(e, "order_before");
    str s = e->t->bytes;
    for (size_t i = 0; i < hits.n; i++) {
        const struct pack_hit *h = &hits.v[i];
        size_t at = e->t->words[h->to - 1].end, begin = at;
        while (at < s.n && at - begin < ORDER_GAP_MAX && s.p[at] && strchr(" \t\n:#.=(-", s.p[at])) at++;
        if (at == begin || at >= s.n || !(digit(s.p[at]) || letter(s.p[at]))) continue;
        struct token t = token_at(s, at);
        bool named = h->to - h->from > 1 || memchr(s.p + begin, '#', at - begin);
        add_order(e, &t, !named, T("It follows a word for orders."));
    }
    bare_numbers(e);
}
