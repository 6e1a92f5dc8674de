/* Who wrote: how old, a child or somebody for a child, and the names the letter was sent under. */
#include "letter/listen_ear.h"

enum { AGE_MIN = 2, AGE_MAX = 119, CHILD_BELOW = 14, SIGNED_AGE_MAX = 17 };

/* ---- ages ---- */

/* The number that word i is or begins with; -1 when none. "twenty one" counts both words. */
static int64_t number_at(const struct ear *e, size_t i) {
    const struct word *w = &e->t->words[i];
    int64_t n;
    if (w->flags & WORD_NUMBER) {
        size_t digits = 0;
        while (digits < w->folded.n && w->folded.p[digits] >= '0' && w->folded.p[digits] <= '9') digits++;
        bool unit = digits == w->folded.n || ear_is(e, "age_unit_joined", i) ||
                    pack_has(e->pack, "age_unit", str_slice(w->folded, digits, w->folded.n));
        return unit && str_to_int(str_slice(w->folded, 0, digits), &n) ? n : -1;
    }
    if (!str_to_int(pack_value(e->pack, "number", w->folded), &n)) return -1;
    int64_t one;
    if (n >= 20 && i + 1 < e->t->nwords &&
        str_to_int(pack_value(e->pack, "number", e->t->words[i + 1].folded), &one) && one > 0 && one < 10)
        n += one;
    return n;
}

static bool has_age(const struct ear *e, str value, const char *why) {
    for (size_t i = 0; i < e->heard->findings.n; i++) {
        const struct finding *f = &e->heard->findings.v[i];
        if (f->kind == FINDING_AGE && str_eq(f->value, value) && f->why == why) return true;
    }
    return false;
}

/* Returns the age, 0 when it is none. */
static int64_t add_age(struct ear *e, size_t from, size_t number, size_t to, const char *why) {
    int64_t age = number_at(e, number);
    if (age < AGE_MIN || age > AGE_MAX) return 0;
    while (to < e->t->nwords && ear_is(e, "age_unit", to) &&
           e->t->words[to].sentence == e->t->words[number].sentence && !ear_gap_has(e, to, ",;:()"))
        to++;
    str value = str_fmt(e->a, "%lld", (long long)age);
    struct finding *f = has_age(e, value, why) ? NULL : ear_add(e, FINDING_AGE, from, to, value, why);
    if (f && ear_gap_has(e, number, "(") && f->end < e->t->bytes.n && e->t->bytes.p[f->end] == ')') f->end++;
    return age;
}

static const char *const why_writer = T("How old the writer is, in their words.");
static const char *const why_child = T("How old a child is that this is about.");

/* "(7)" or ", 5,": the number stands between marks. */
static bool between_marks(const struct ear *e, size_t number) {
    return ear_gap_has(e, number, "(,") &&
           (number + 1 == e->t->nwords || ear_gap_has(e, number + 1, "),.-") ||
            ear_is(e, "age_unit", number + 1));
}

void ear_ages(struct ear *e, const struct ear_name *names, size_t n) {
    bool young_writer = false, young_child = false;
    pack_hit_list hits = ear_match(e, "says_age");
    for (size_t i = 0; i < hits.n; i++) {
        const struct pack_hit *h = &hits.v[i];
        if (h->inner_to <= h->inner_from) continue;
        size_t number = h->inner_from;
        bool child = str_starts(h->value, S("child"));
        if (str_ends(h->value, S("marked")) && !between_marks(e, number)) continue;
        int64_t age = add_age(e, h->from, number, h->inner_to, child ? why_child : why_writer);
        *(child ? &young_child : &young_writer) |= age && age < CHILD_BELOW;
    }
    for (size_t i = 0; i < n; i++) {
        size_t to = names[i].to;
        if (to >= e->t->nwords || !between_marks(e, to)) continue;
        int64_t age = number_at(e, to);
        if (age < AGE_MIN || age > SIGNED_AGE_MAX) continue;
        add_age(e, names[i].from, to, to + 1, why_writer);
        young_writer |= age < CHILD_BELOW;
    }
    hits = ear_match(e, "child_writes");
    for (size_t i = 0; i < hits.n; i++)
        if (!str_eq(hits.v[i].value, S("child")) || young_child) young_writer = true;
    e->heard->child = young_writer;
}

/* ---- the sender ---- */

static bool any_pack_has(const struct ear *e, const char *group, str folded) {
    if (e->pack && pack_has(e->pack, group, folded)) return true;
    for (size_t i = 0; pack_language(i); i++)
        if (pack_has(pack_find(str_z(pack_language(i))), group, folded)) return true;
    return false;
}

/* The name in From as people say it: without quotes, "Last, First" turned round; "" when it is an address
 * or an office. */
static str sender_name(const struct ear *e) {
    str name = str_trim(e->in->from_name), rest, piece;
    while (name.n >= 2 && strchr("\"'", name.p[0]) && name.p[name.n - 1] == name.p[0])
        name = str_trim(str_slice(name, 1, name.n - 1));
    if (!name.n || name.n > 120 || str_has(name, '@') || str_has(name, '/')) return (str){0};
    size_t comma = str_find_char(name, ',', 0);
    if (comma != SIZE_MAX && str_find_char(name, ',', comma + 1) == SIZE_MAX)
        name = str_fmt(e->a, "%.*s %.*s", STR_FMT(str_trim(str_slice(name, comma + 1, name.n))),
                       STR_FMT(str_slice(name, 0, comma)));
    rest = name;
    while (str_split(&rest, ' ', &piece)) {
        str folded = text_fold(e->a, piece);
        if (any_pack_has(e, "no_person", folded)) return (str){0};
        for (size_t i = 0; i < piece.n; i++)
            if (piece.p[i] >= '0' && piece.p[i] <= '9') return (str){0};
    }
    return str_trim(name);
}

static str capital(arena *a, str word) {
    if (!word.n) return word;
    char *out = arena_copy(a, word.p, word.n);
    if (out[0] >= 'a' && out[0] <= 'z') out[0] = (char)(out[0] - 'a' + 'A');
    return (str){out, word.n};
}

/* "wim.degraaf@..." is Wim Degraaf, where Wim is a name people have; "" else. */
static str address_name(const struct ear *e) {
    str local = str_slice(e->in->from_address, 0, str_find_char(e->in->from_address, '@', 0)), pieces[2];
    size_t n = 0, begin = 0;
    for (size_t i = 0; i <= local.n; i++) {
        char c = i < local.n ? local.p[i] : '.';
        if (c >= '0' && c <= '9') return (str){0};
        if (!strchr("._-+", c)) continue;
        if (n == 2) return (str){0};
        pieces[n++] = str_slice(local, begin, i);
        begin = i + 1;
        if (c == '+') break;
    }
    if (n == 0 || !any_pack_has(e, "firstname", str_lower(e->a, pieces[0]))) return (str){0};
    str first = capital(e->a, pieces[0]);
    if (n == 1 || pieces[1].n < 2) return first;
    return str_fmt(e->a, "%.*s %.*s", STR_FMT(first), STR_FMT(capital(e->a, pieces[1])));
}

/* Do two names mean one person, as far as they tell? One has all words of the other, or the same first one;
 * an initial stands for the word. */
static bool same_word(arena *a, str x, str y) {
    str p = text_fold(a, x), q = text_fold(a, y);
    while (p.n && p.p[p.n - 1] == '.') p.n--;
    while (q.n && q.p[q.n - 1] == '.') q.n--;
    if (p.n == 1 || q.n == 1) return p.n && q.n && p.p[0] == q.p[0];
    return str_eq(p, q);
}

static bool names_agree(arena *a, str x, str y) {
    if (x.n > y.n) {
        str swap = x;
        x = y;
        y = swap;
    }
    str rest = x, piece, other, in;
    bool first = true;
    while (str_split(&rest, ' ', &piece)) {
        bool found = false, other_first = true;
        in = y;
        while (str_split(&in, ' ', &other) && !found) {
            found = same_word(a, piece, other);
            if (found && first && other_first) return true;
            other_first = false;
        }
        if (!found) return false;
        first = false;
    }
    return true;
}

/* Two that sign side by side are two people, and no disagreement. */
static bool together(const struct finding *a, const struct finding *b) {
    uint32_t gap = a->start < b->start ? b->start - a->end : a->start - b->end;
    return a->end && b->end && gap <= 8;
}

static bool told(const struct finding *f) { return f->kind == FINDING_NAME && f->why != ear_why_child_name; }

void ear_sender(struct ear *e) {
    finding_list *list = &e->heard->findings;
    str name = sender_name(e);
    const char *why = T("The name the letter was sent under.");
    if (!name.n) {
        name = address_name(e);
        why = T("By the address it was sent from.");
    }
    bool there = !name.n;
    for (size_t i = 0; i < list->n && !there; i++)
        there = told(&list->v[i]) && str_eq_nocase(list->v[i].value, name);
    if (!there) ear_add(e, FINDING_NAME, 0, 0, name, why);
    for (size_t i = 0; i < list->n; i++) {
        struct finding *f = &list->v[i];
        if (!told(f)) continue;
        for (size_t k = 0; k < list->n && f->ncandidates < 8; k++)
            if (k != i && told(&list->v[k]) && !together(f, &list->v[k]) &&
                !names_agree(e->a, f->value, list->v[k].value))
                f->candidates[f->ncandidates++] = list->v[k].value;
    }
}
