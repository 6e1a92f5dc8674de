/* Who wrote: names they give of themselves, in words and at the end. */
#include "letter/listen_ear.h"

enum { NAME_WORDS_MAX = 3, NAMES_MAX = 12, BEHIND_SIGNATURE_MAX = 40, OPENING_SENTENCES = 3 };

const char *const ear_why_child_name = T("The name of a child this is about.");

struct names {
    struct ear_name v[NAMES_MAX];
    size_t n;
};

static bool no_name(const struct ear *e, size_t i) {
    static const char *const groups[] = {"no_name", "stop",   "greeting",    "month",
                                         "weekday", "number", "abbreviation"};
    const struct word *w = &e->t->words[i];
    if (w->flags & (WORD_NUMBER | WORD_LINK | WORD_ALONE)) return true;
    for (size_t k = 0; k < w->folded.n; k++)
        if (w->folded.p[k] >= '0' && w->folded.p[k] <= '9') return true;
    if (ear_is(e, "firstname", i) && !ear_is(e, "no_name", i) && (w->flags & WORD_CAPITAL)) return false;
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
        if (ear_is(e, groups[g], i)) return true;
    return false;
}

/* Is the word one of the name in From, or the beginning of the address? */
static bool sender_has(const struct ear *e, size_t i) {
    str word = e->t->words[i].folded, name = e->in->from_name, piece;
    if (word.n < 2) return false;
    while (str_split(&name, ' ', &piece))
        if (str_eq(text_fold(e->a, str_trim(piece)), word)) return true;
    str local = str_slice(e->in->from_address, 0, str_find_char(e->in->from_address, '@', 0));
    return word.n > 2 && str_starts_nocase(local, word);
}

static bool initial(const struct ear *e, size_t i) {
    const struct word *w = &e->t->words[i];
    return (w->flags & WORD_CAPITAL) && w->folded.n == 1 && w->end - w->start == 1;
}

/* May word i go on the name that ends before it? Spaces, a hyphen or an initial's full stop between. */
static bool goes_on(const struct ear *e, size_t from, size_t i) {
    str gap = ear_gap(e, i);
    if (i >= e->t->nwords || (e->marks[i] & MARK_LINE)) return false;
    if (str_eq(gap, S("-"))) return e->t->words[i].flags & WORD_CAPITAL;
    for (size_t k = 0; k < gap.n; k++)
        if (gap.p[k] != ' ' && !(gap.p[k] == '.' && k == 0 && initial(e, i - 1))) return false;
    if (ear_is(e, "name_particle", i))
        return i + 1 < e->t->nwords && str_eq(ear_gap(e, i + 1), S(" ")) && i > from &&
               (ear_is(e, "name_particle", i + 1) ||
                ((e->t->words[i + 1].flags & WORD_CAPITAL) && !no_name(e, i + 1)));
    return (e->t->words[i].flags & WORD_CAPITAL) && (initial(e, i) || !no_name(e, i));
}

/* Behind a first and a last name mostly stands a place or a company: a third word belongs to the name behind
 * an initial or a second first name, or where From has it too. */
static bool third_word(const struct ear *e, size_t from, size_t i) {
    return initial(e, i - 1) || str_eq(ear_gap(e, i), S("-")) || ear_is(e, "name_particle", i) ||
           ear_is(e, "name_particle", i - 1) || (i == from + 2 && ear_is(e, "firstname", from + 1)) ||
           sender_has(e, i);
}

/* Where the name that begins at word `from` ends; `from` when none begins there. Small letters only where
 * `small` says that a name must stand there. */
static size_t name_to(const struct ear *e, size_t from, bool small) {
    if (from >= e->t->nwords) return from;
    const struct word *w = &e->t->words[from];
    if (ear_is(e, "title", from) && from + 1 < e->t->nwords) return from;
    if (!(w->flags & WORD_CAPITAL)) {
        bool known = ear_is(e, "firstname", from) || sender_has(e, from);
        return small && known && !ear_is(e, "no_name", from) && !ear_is(e, "stop", from) ? from + 1 : from;
    }
    if (no_name(e, from) && !initial(e, from)) return from;
    if (str_eq(w->folded, S("i"))) return from;
    size_t to = from + 1, words = 1;
    while (words < NAME_WORDS_MAX && goes_on(e, from, to) && (words < 2 || third_word(e, from, to))) {
        words += !ear_is(e, "name_particle", to) && !str_eq(ear_gap(e, to), S("-"));
        to++;
    }
    /* An initial alone is a name only where it must be one. */
    return to == from + 1 && initial(e, from) && !small ? from : to;
}

static str name_text(const struct ear *e, size_t from, size_t to) {
    str name = text_span(e->t, from, to);
    size_t cut = str_find(name, S("'s"), 0);
    if (cut == SIZE_MAX) cut = str_find(name, S("\u2019s"), 0);
    return cut == SIZE_MAX ? name : str_slice(name, 0, cut);
}

static bool known(const struct ear *e, size_t from) {
    return ear_is(e, "firstname", from) || sender_has(e, from);
}

static void add_name(struct ear *e, struct names *names, size_t from, size_t to, const char *why) {
    str value = name_text(e, from, to);
    for (size_t i = 0; i < e->heard->findings.n; i++)
        if (e->heard->findings.v[i].kind == FINDING_NAME &&
            str_eq_nocase(e->heard->findings.v[i].value, value))
            return;
    struct finding *f = ear_add(e, FINDING_NAME, from, to, value, why);
    if (f) f->end = f->start + (uint32_t)value.n;
    if (names->n < NAMES_MAX) names->v[names->n++] = (struct ear_name){(uint32_t)from, (uint32_t)to};
}

/* The name, and those who sign with it: "Lena and Bo". */
static size_t add_names(struct ear *e, struct names *names, size_t from, size_t to, const char *why) {
    add_name(e, names, from, to, why);
    while (to + 1 < e->t->nwords && !(e->marks[to] & MARK_LINE) &&
           (ear_is(e, "name_joins", to) || str_eq(str_trim(ear_gap(e, to)), S("&")))) {
        size_t next = ear_is(e, "name_joins", to) ? to + 1 : to, next_to = name_to(e, next, false);
        if (next_to == next) break;
        add_name(e, names, next, next_to, why);
        to = next_to;
    }
    return to;
}

/* Past "Mr", "Dr", "Grandma", "i. A.". */
static size_t past_titles(const struct ear *e, size_t from) {
    size_t n = e->t->nwords;
    if (from + 2 < n && ear_is(e, "signing_for", from)) from += initial(e, from + 1) ? 2 : 1;
    while (from + 1 < n && ear_is(e, "title", from)) from++;
    return from;
}

/* ---- "my name is" ---- */

static void names_said(struct ear *e, struct names *names) {
    pack_hit_list hits = ear_match(e, "says_name");
    for (size_t i = 0; i < hits.n; i++) {
        const struct pack_hit *h = &hits.v[i];
        bool child = str_eq(h->value, S("child"));
        size_t from = h->inner_from;
        if (h->inner_to <= h->inner_from) continue;
        from = past_titles(e, from);
        size_t to = name_to(e, from, !child);
        if (to == from || (child && !known(e, from))) continue;
        if (child)
            ear_add(e, FINDING_NAME, from, to, name_text(e, from, to), ear_why_child_name);
        else
            add_name(e, names, from, to, T("They say their name."));
    }
    hits = ear_match(e, "says_known_name");
    for (size_t i = 0; i < hits.n; i++) {
        const struct pack_hit *h = &hits.v[i];
        if (h->inner_to <= h->inner_from || e->t->words[h->from].sentence >= OPENING_SENTENCES) continue;
        /* Who writes without capitals writes the name so too. */
        bool small = !(e->t->words[0].flags & WORD_CAPITAL);
        size_t from = h->inner_from, to = name_to(e, from, small);
        if (to > from && known(e, from)) add_names(e, names, from, to, T("They say their name."));
    }
}

/* ---- the signature ---- */

/* Does the name's line, or the letter, end behind it? A place or a company may follow in the line, and a
 * word or two of farewell. */
static bool ends_there(const struct ear *e, size_t to) {
    size_t n = e->t->nwords;
    str behind = ear_gap(e, to);
    if (behind.n && behind.p[0] && strchr("_@/:", behind.p[0])) return false;
    if (to >= n) return !ear_gap_has(e, to, "?:");
    if (e->marks[to] & MARK_LINE) return !ear_gap_has(e, to, "?:");
    if (e->t->words[to].flags & (WORD_LINK | WORD_NUMBER)) return true;
    if (ear_is(e, "ps", to) || ear_is(e, "name_joins", to) || str_eq(str_trim(behind), S("&")) ||
        (e->t->words[to].flags & WORD_FIRST && n - to <= 3))
        return true;
    if (e->marks[to] & MARK_CLAUSE) return ear_gap_has(e, to, ",(|-");
    size_t last = to;
    while (last < n && last - to < 4 && e->t->words[last].flags & WORD_CAPITAL &&
           !(e->marks[last] & MARK_LINE))
        last++;
    return last > to && (last == n || e->marks[last] & MARK_LINE);
}

/* Where the closing ends: "thank you for your attention, Jim" ends at the comma. */
static size_t closing_to(const struct ear *e, const struct pack_hit *h) {
    for (size_t i = h->from + 1; i < h->to; i++)
        if (e->marks[i] & MARK_LINE || (i > h->from + 2 && ear_gap_has(e, i, ",.!"))) return i;
    return h->to;
}

static bool greeted(const struct ear *e, size_t word) {
    for (size_t i = 0; i < e->t->nwords && e->marks[i] & MARK_GREETING; i++)
        if (str_eq(e->t->words[i].stem, e->t->words[word].stem)) return true;
    return false;
}

/* "Thanks Matt" in a line speaks to Matt; "Thanks, Matt" and "Thanks" above "Matt" are Matt's own, and so is
 * "Thanks Matt" as the whole last line of a letter that greeted nobody of that name. */
static bool own_name(const struct ear *e, const struct pack_hit *h, size_t from) {
    if (from >= e->t->nwords || greeted(e, from) || ear_gap_has(e, from, "([<")) return false;
    if (e->marks[from] & MARK_LINE || ear_gap_has(e, from, ",-~/")) return true;
    /* Behind a sentence of thanks another sentence may begin with any capital word. */
    if (ear_gap_has(e, from, ".!")) return known(e, from) || !ear_is(e, "thanks_first", h->from);
    str gap = ear_gap(e, from);
    if (str_find(gap, S("\u2013"), 0) != SIZE_MAX || str_find(gap, S("\u2014"), 0) != SIZE_MAX) return true;
    if (!ear_is(e, "thanks_word", from - 1) || sender_has(e, from)) return true;
    return e->marks[h->from] & MARK_LINE && name_to(e, from, false) == e->t->nwords && known(e, from);
}

/* A closing begins a line or a clause, or follows another closing: "thanks in advance BR". */
static bool closes(const struct ear *e, const pack_hit_list *hits, size_t i) {
    if (e->marks[hits->v[i].from] & (MARK_LINE | MARK_CLAUSE)) return true;
    for (size_t k = i; k-- > 0 && k + 4 > i;)
        if (hits->v[k].to == hits->v[i].from) return true;
    return false;
}

/* "Thank you, David. I will try that." and "Thanks, David, but how?" are said to David; "From, Subject, Date"
 * is a list. */
static bool said_to_reader(const struct ear *e, const struct pack_hit *h, size_t from, size_t to) {
    if (ear_is(e, "closing_from", h->from) && from == h->from + 1 && !str_eq(ear_gap(e, from), S(" ")))
        return true;
    if (to == e->t->nwords || !ear_is(e, "thanks_first", h->from)) return false;
    if (h->from == 0 || e->t->words[h->from].sentence == 0 || e->marks[h->from - 1] & MARK_GREETING)
        return true;
    /* "Thanks again, David." above the writer's own name. */
    if (e->marks[to] & MARK_LINE && known(e, to) && name_to(e, to, true) == e->t->nwords) return true;
    if (e->marks[to] & MARK_LINE || ear_is(e, "ps", to)) return false;
    return ear_is(e, "stop", to) || !(e->t->words[to].flags & (WORD_LINK | WORD_NUMBER | WORD_CAPITAL));
}

static void signed_with_closing(struct ear *e, struct names *names) {
    pack_hit_list hits = ear_match(e, "closing");
    for (size_t i = hits.n; i-- > 0;) {
        const struct pack_hit *h = &hits.v[i];
        size_t n = e->t->nwords, from = closing_to(e, h);
        if (n - from > BEHIND_SIGNATURE_MAX) return;
        if (!closes(e, &hits, i)) continue;
        if (from == n) ear_mark(e, h->from, n, MARK_SIGNED);
        if (!own_name(e, h, from)) continue;
        from = past_titles(e, from);
        size_t to = name_to(e, from, true);
        if (to == from || !ends_there(e, to) || said_to_reader(e, h, from, to)) continue;
        to = add_names(e, names, from, to, T("They sign so."));
        ear_mark(e, h->from, to, MARK_SIGNED);
        return;
    }
}

/* Last words that are a name and nothing else, without a closing before them: a known first name, or two
 * capital words below an empty line or a dash. */
static void signed_bare(struct ear *e, struct names *names) {
    const struct text *t = e->t;
    size_t from = t->nwords;
    while (from && t->nwords - from < NAME_WORDS_MAX + 2) {
        from--;
        if (e->marks[from] & MARK_LINE || t->words[from].flags & WORD_FIRST) break;
    }
    if (!t->nwords || !from || (e->marks[from] & MARK_SIGNED) || greeted(e, from)) return;
    bool line = e->marks[from] & MARK_LINE, dashed = ear_gap_has(e, from, "-~");
    str gap = ear_gap(e, from);
    bool apart = line && str_find_char(gap, '\n', str_find_char(gap, '\n', 0) + 1) != SIZE_MAX;
    size_t to = name_to(e, from, dashed || (line && sender_has(e, from)));
    bool more = to < t->nwords && ear_is(e, "name_joins", to) && known(e, from);
    if (to == from || (to != t->nwords && !more) || !ends_there(e, to)) return;
    if (!known(e, from) && !((dashed || apart) && to - from >= 2)) return;
    to = add_names(e, names, from, to, T("They sign so."));
    ear_mark(e, from, to, MARK_SIGNED);
}

/* Everything from the last signature on is no part of the letter proper, unless much follows. */
static void mark_signature(struct ear *e) {
    pack_hit_list lines = ear_match(e, "machine_line");
    for (size_t i = 0; i < lines.n; i++)
        if (e->marks[lines.v[i].from] & MARK_LINE && e->t->nwords - lines.v[i].from < 12)
            ear_mark(e, lines.v[i].from, e->t->nwords, MARK_SIGNED);
}

/* The greeting at the beginning names the reader: its first sentence or line, when it is short. */
static void mark_greeting(struct ear *e) {
    if (!e->t->nwords || !ear_is(e, "greeting", 0)) return;
    size_t to = 1;
    while (to < e->t->nwords && to < 8 && !(e->marks[to] & (MARK_LINE | MARK_CLAUSE)) &&
           ((e->t->words[to].flags & WORD_CAPITAL) || ear_is(e, "greeting", to) || ear_is(e, "title", to)))
        to++;
    ear_mark(e, 0, to, MARK_GREETING);
}

void ear_names(struct ear *e) {
    struct names names = {0};
    if (e->pack) {
        mark_greeting(e);
        mark_signature(e);
        names_said(e, &names);
        size_t before = names.n;
        signed_with_closing(e, &names);
        if (names.n == before) signed_bare(e, &names);
        ear_ages(e, names.v, names.n);
    }
    ear_sender(e);
}
