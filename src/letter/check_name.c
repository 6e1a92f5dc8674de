/* Whom the reply speaks to: greeting and name. Where the letter ends. */
#include "letter/check_parts.h"
#include "letter/listen_ear.h"

enum { GREETING_WORDS = 8, KNOWN_MAX = 64, GREETED_MAX = 6 };

/* Words [from, to) of the reply greet. */
struct greeting {
    uint32_t from, to;
    uint32_t name;   /* what they call begins here */
    bool hello;      /* they begin with a word of greeting */
    bool thanks;     /* ... or, at the very start, with thanks */
    bool first_line; /* nothing stands before it */
    bool marked;     /* it ends in a comma, an exclamation mark, the line ... */
    bool line_ends;  /* ... and the line is at its end there */
};

/* A word they are known by, and the name as it is written. */
struct known {
    str folded, shown;
};
struct known_list {
    struct known v[KNOWN_MAX];
    size_t n;
};

/* What stands between word `i` and the next ends a greeting? 0 no, else the character. */
static char mark_behind(const struct check_work *k, uint32_t i) {
    uint32_t at = k->reply.words[i].end;
    uint32_t end = i + 1 < k->reply.nwords ? k->reply.words[i + 1].start : (uint32_t)k->reply.bytes.n;
    bool title = k->pack && pack_has(k->pack, "title", k->reply.words[i].folded);
    for (; at < end; at++) {
        char c = k->reply.bytes.p[at];
        if (c == '\n' || c == ',' || c == '!' || c == ':' || c == ';' || c == '?') return c;
        if (c == '.' && !title && k->reply.words[i].folded.n > 1) return c;
    }
    return i + 1 < k->reply.nwords ? 0 : '\n';
}

static bool line_ends_behind(const struct check_work *k, uint32_t word) {
    if (word + 1 >= k->reply.nwords) return true;
    str gap = str_slice(k->reply.bytes, k->reply.words[word].end, k->reply.words[word + 1].start);
    return str_find_char(gap, '\n', 0) != SIZE_MAX;
}

/* "Hello", "Good morning": how many words; 0 none. "Hi-Fi" is none. */
static uint32_t hello_words(const struct check_work *k, uint32_t at) {
    const struct word *w = &k->reply.words[at];
    uint32_t n = 0;
    if (!k->pack) return 0;
    if (pack_has(k->pack, "greeting", w->folded)) n = 1;
    if (!n && at + 1 < k->nwords && str_eq(w->folded, S("good")) &&
        pack_has(k->pack, "greeting", w[1].folded))
        n = 2;
    if (n && at + n < k->reply.nwords && k->reply.bytes.p[k->reply.words[at + n - 1].end] == '-') return 0;
    return n;
}

/* "Thank you so much", at the very start. */
static uint32_t thanks_words(const struct check_work *k) {
    uint32_t n = 0;
    pack_hit_list hits = {0};
    if (!k->pack) return 0;
    pack_match(k->a, k->pack, "greeting_thanks", &k->reply, 0, k->nwords < 8 ? k->nwords : 8, &hits);
    for (size_t i = 0; i < hits.n; i++)
        if (hits.v[i].from == 0 && hits.v[i].to > n) n = hits.v[i].to;
    return n;
}

/* The greeting that begins at word `at`, the first of a line. */
static bool greeting_at(const struct check_work *k, uint32_t at, bool first_line, struct greeting *ret) {
    struct greeting g = {.from = at, .first_line = first_line};
    uint32_t i = at, hello = hello_words(k, at);
    char mark = 0;
    while (i < k->nwords && i - at < GREETING_WORDS && !mark) mark = mark_behind(k, i++);
    g.hello = hello > 0;
    if (!hello && first_line) hello = thanks_words(k);
    g.thanks = hello && !g.hello;
    g.name = at + hello;
    g.marked = mark != 0;
    g.to = i;
    if (!mark && !(g.hello && first_line)) return false;
    /* "Morning, Luka!" and "Thank you, Luka!": the name is behind the comma. */
    if (hello && (i - at <= 2 || i - at == hello) && mark == ',' && i < k->nwords) {
        uint32_t next = i;
        char more = mark_behind(k, next++);
        while (!more && next < k->nwords && next - i < 2) more = mark_behind(k, next++);
        if (more && (k->reply.words[i].flags & WORD_CAPITAL)) g.to = next;
    }
    g.line_ends = mark && line_ends_behind(k, g.to - 1);
    if (!g.hello && !g.thanks && (!first_line || g.to - at > 4 || mark != ',' || !g.line_ends)) return false;
    *ret = g;
    return true;
}

static bool first_of_line(const struct check_work *k, uint32_t word) {
    uint32_t at = word ? k->reply.words[word - 1].end : 0;
    str gap = str_slice(k->reply.bytes, at, k->reply.words[word].start);
    return !word || str_find_char(gap, '\n', 0) != SIZE_MAX;
}

void check_greeting_role(struct check_work *k) {
    struct greeting g;
    if (!k->nwords || !greeting_at(k, 0, true, &g) || !g.marked || g.thanks) return;
    k->greeting_from = g.from;
    k->greeting_to = g.to;
    for (size_t i = 0; i < k->nsentences; i++) {
        const struct sentence *s = &k->reply.sentences[i];
        if (s->word + s->words > g.to) break;
        k->sentences[i].role = ROLE_GREETING;
    }
}

static bool closing_phrase(const struct check_work *k, size_t sentence) {
    const struct sentence *s = &k->reply.sentences[sentence];
    pack_hit_list hits = {0};
    if (!k->pack || s->words > 12) return false;
    pack_match(k->a, k->pack, "closing", &k->reply, s->word, s->word + s->words, &hits);
    for (size_t i = 0; i < hits.n; i++)
        if (hits.v[i].from == s->word && (hits.v[i].to - hits.v[i].from) * 10 >= s->words * 5) return true;
    return false;
}

/* A name under the letter: a short last line without an end mark. */
static bool signature(const struct check_work *k, size_t sentence) {
    const struct sentence *s = &k->reply.sentences[sentence];
    if (s->words > 4 || !first_of_line(k, s->word)) return false;
    for (uint32_t i = s->word; i < s->word + s->words; i++)
        if (!(k->reply.words[i].flags & (WORD_CAPITAL | WORD_ALONE))) return false;
    return s->end == k->reply.words[s->word + s->words - 1].end;
}

/* From the end up, as long as it is closing phrases, signatures and what is as short. */
void check_closing_role(struct check_work *k) {
    enum { SHORT = 6, SENTENCES = 6 };
    size_t n = k->nsentences, from = n;
    for (size_t i = n; i-- > 1 && n - i <= SENTENCES;) {
        if (k->sentences[i].role != ROLE_BODY) break;
        if (closing_phrase(k, i) || (i == n - 1 && signature(k, i)))
            from = i;
        else if (k->reply.sentences[i].words > SHORT || k->reply.sentences[i].asks || from < n)
            break;
    }
    for (size_t i = from; i < n; i++) k->sentences[i].role = ROLE_CLOSING;
}

/* ---- who they are ---- */

static void know(struct check_work *k, struct known_list *list, str name) {
    struct text t;
    text_of(k->a, name, S(""), &t);
    for (size_t i = 0; i < t.nwords && list->n < KNOWN_MAX; i++) {
        const struct word *w = &t.words[i];
        if (w->flags & (WORD_LINK | WORD_NUMBER)) continue;
        if (k->pack && pack_has(k->pack, "title", w->folded)) continue;
        list->v[list->n++] = (struct known){w->folded, str_slice(name, w->start, w->end)};
    }
}

/* A name at an address is often none: "info", "kombuchabaer", "luka2015". */
static bool looks_like_name(str name) {
    struct text t;
    arena *a ARENA_AUTO = arena_new(1 << 20);
    text_of(a, str_clip_utf8(name, 200), S(""), &t);
    if (!t.nwords || t.nwords > 6) return false;
    for (size_t i = 0; i < t.nwords; i++) {
        unsigned char c = (unsigned char)name.p[t.words[i].start];
        if (t.words[i].flags & (WORD_LINK | WORD_NUMBER)) return false;
        if (c < 128 && i == 0 && !(t.words[i].flags & WORD_CAPITAL)) return false;
        for (size_t b = 0; b < t.words[i].folded.n; b++)
            if (t.words[i].folded.p[b] >= '0' && t.words[i].folded.p[b] <= '9') return false;
    }
    return true;
}

static void know_finding(struct check_work *k, struct known_list *list, const struct finding *f) {
    know(k, list, f->value);
    for (uint32_t c = 0; c < f->ncandidates && c < 8; c++) know(k, list, f->candidates[c]);
}

/* Names they gave in the letter come first, those it was sent under after: a market
 * place sends letters too. */
static void know_all(struct check_work *k, struct known_list *list) {
    const struct heard *letter = k->in->letter;
    for (int pass = 0; pass < 3; pass++)
        for (size_t i = 0; letter && i < letter->findings.n; i++) {
            const struct finding *f = &letter->findings.v[i];
            bool sent = !f->start && !f->end;
            if (f->kind != FINDING_NAME || pass != (sent ? 1 : f->why == ear_why_child_name ? 2 : 0))
                continue;
            if (!sent || looks_like_name(f->value)) know_finding(k, list, f);
        }
    if (looks_like_name(k->in->customer_name)) know(k, list, k->in->customer_name);
    k->reader = list->n ? list->v[0].shown : S("");
}

static bool word_in(str words, str word) {
    str piece;
    while (str_split(&words, ' ', &piece))
        if (str_eq(piece, word)) return true;
    return false;
}

static bool same_name(const struct check_work *k, str a, str b) {
    if (str_eq(a, b)) return true;
    if ((a.n == 1 || b.n == 1) && a.n && b.n) return a.p[0] == b.p[0];
    if (!k->pack) return false;
    return word_in(pack_value(k->pack, "nickname", a), b) || word_in(pack_value(k->pack, "nickname", b), a);
}

/* Changed letters between two short words, counting an exchange of neighbours as one; above `most`: more. */
static size_t letters_apart(str a, str b, size_t most) {
    enum { LONG = 24 };
    size_t rows[3][LONG + 1], *before = rows[0], *last = rows[1], *now = rows[2];
    if (a.n > LONG || b.n > LONG) return most + 1;
    for (size_t j = 0; j <= b.n; j++) last[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t d = last[j - 1] + (a.p[i - 1] != b.p[j - 1]);
            if (last[j] + 1 < d) d = last[j] + 1;
            if (now[j - 1] + 1 < d) d = now[j - 1] + 1;
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1] &&
                before[j - 2] + 1 < d)
                d = before[j - 2] + 1;
            now[j] = d;
        }
        size_t *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[b.n];
}

static bool misspelt(str greeted, str known) {
    size_t shorter = greeted.n < known.n ? greeted.n : known.n;
    if (shorter < 3 || greeted.p[0] != known.p[0]) return false;
    size_t most = shorter >= 6 ? 2 : 1;
    return letters_apart(greeted, known, most) <= most;
}

/* ---- the remarks ---- */

static bool is_known(const struct check_work *k, const struct known_list *known, const struct word *w) {
    for (size_t j = 0; j < known->n; j++)
        if (same_name(k, w->folded, known->v[j].folded)) return true;
    return false;
}

enum called { CALLED_NOBODY, CALLED_UNKNOWN, CALLED_TITLE, CALLED_FIRST, CALLED_KNOWN };

/* What a word of a greeting calls. */
static enum called called(const struct check_work *k, const struct known_list *known, const struct word *w) {
    if (is_known(k, known, w)) return CALLED_KNOWN;
    if (!k->pack || w->flags & (WORD_LINK | WORD_NUMBER | WORD_ALONE)) return CALLED_NOBODY;
    if (pack_has(k->pack, "title", w->folded)) return CALLED_TITLE;
    if (pack_has(k->pack, "greeting", w->folded) || pack_has(k->pack, "nobody", w->folded) ||
        pack_has(k->pack, "stop", w->folded) || pack_has(k->pack, "month", w->folded) ||
        pack_has(k->pack, "weekday", w->folded))
        return CALLED_NOBODY;
    if (pack_has(k->pack, "firstname", w->folded)) return CALLED_FIRST;
    if (!(w->flags & WORD_CAPITAL) || pack_has(k->pack, "common", w->folded)) return CALLED_NOBODY;
    return CALLED_UNKNOWN;
}

/* Is it something of the brand's: a product, a figure? */
static bool sold(const struct check_work *k, uint32_t from, uint32_t to) {
    catalogue_hit_list hits = {0};
    struct text t;
    if (!k->in->catalogue) return false;
    text_of(k->a, text_span(&k->reply, from, to), k->reply.language, &t);
    catalogue_find(k->in->catalogue, k->a, &t, &hits);
    return hits.n > 0;
}

/* Which words of the greeting are a name. Those of the reader are, wherever they stand; other words only when
 * they are a person's beyond doubt: a first name, a title with a name, or a strange word with a capital at
 * which the greeting ends. "Hello Kitty is not ours", "Hi Tidewatch friend" and "Hello from Berlin" call
 * nobody. */
static size_t greeted_names(const struct check_work *k, const struct greeting *g,
                            const struct known_list *known, uint32_t ret[GREETED_MAX]) {
    size_t n = 0;
    bool title = false, first = false, strange = false;
    for (uint32_t i = g->from; i < g->to && n < GREETED_MAX; i++)
        if (is_known(k, known, &k->reply.words[i])) ret[n++] = i;
    if (n) return n;
    if (!k->pack || (!g->first_line && !g->line_ends)) return 0;
    uint32_t i = g->name;
    while (i < g->to && called(k, known, &k->reply.words[i]) == CALLED_NOBODY &&
           (pack_has(k->pack, "greeting", k->reply.words[i].folded) ||
            pack_has(k->pack, "greeting_more", k->reply.words[i].folded)))
        i++;
    for (; i < g->to && n < GREETED_MAX; i++) {
        const struct word *w = &k->reply.words[i];
        enum called what = called(k, known, w);
        bool joins = n && i + 1 < g->to && pack_has(k->pack, "greeting_more", w->folded) &&
                     called(k, known, w + 1) >= CALLED_UNKNOWN;
        if (what == CALLED_NOBODY && joins) continue;
        if (what == CALLED_NOBODY) break;
        if (what == CALLED_FIRST && !(w->flags & WORD_CAPITAL) && (n || !g->hello || !g->marked)) break;
        title |= what == CALLED_TITLE;
        first |= what == CALLED_FIRST;
        strange |= what == CALLED_UNKNOWN;
        if (what != CALLED_TITLE) ret[n++] = i;
    }
    if (!n) return 0;
    if (i < g->to) {
        if (g->thanks || !g->first_line) return 0;
        str next = k->reply.words[i].folded, last = k->reply.words[g->to - 1].folded;
        if (!first || pack_has(k->pack, "greeting_not", next) ||
            (g->marked && pack_has(k->pack, "nobody", last) && !pack_has(k->pack, "stop", last)))
            return 0;
        return n;
    }
    if (!g->marked && !first) return 0;
    if (first || (title && strange)) return n;
    if (!g->hello) return 0;
    for (size_t j = 0; j < n; j++)
        if (k->reply.words[ret[j]].flags & WORD_CAPITALS) return 0;
    return sold(k, ret[0], ret[n - 1] + 1) ? 0 : n;
}

static str greeted_text(const struct check_work *k, const uint32_t *words, size_t n) {
    return check_clip(
        k->a, str_slice(k->reply.bytes, k->reply.words[words[0]].start, k->reply.words[words[n - 1]].end));
}

static void name_evidence(struct check_work *k, struct remark *r) {
    const struct heard *letter = k->in->letter;
    for (size_t i = 0; letter && i < letter->findings.n; i++)
        if (letter->findings.v[i].kind == FINDING_NAME)
            check_letter(k, r, letter->findings.v[i].start, letter->findings.v[i].end);
}

/* "Tidewatch", and "Tidewatch's". */
static bool is_ours(const struct check_work *k, const struct word *w) {
    size_t end = str_find_char(w->folded, '\'', 0);
    str base = end == SIZE_MAX ? w->folded : str_slice(w->folded, 0, end);
    return hashes_get(&k->ours, w->folded_hash) || hashes_get(&k->ours, text_hash(base));
}

/* One greeting; true when it names the reader. */
static bool judge_greeting(struct check_work *k, const struct greeting *g, const struct known_list *known) {
    uint32_t words[GREETED_MAX];
    size_t n = greeted_names(k, g, known, words);
    if (!n || !known->n) return false;
    const struct known *near = NULL;
    bool in_letter = false, ours = true;
    for (size_t i = 0; i < n; i++) {
        str folded = k->reply.words[words[i]].folded;
        ours = ours && is_ours(k, &k->reply.words[words[i]]);
        for (size_t j = 0; j < known->n; j++) {
            if (same_name(k, folded, known->v[j].folded)) return true;
            if (!near && misspelt(folded, known->v[j].folded)) near = &known->v[j];
        }
        in_letter |= hashes_get(&k->letter_folded, k->reply.words[words[i]].folded_hash) != NULL;
    }
    if (ours && !near) return false;
    uint32_t from = words[0], to = words[n - 1] + 1;
    struct remark *r;
    if (near) {
        /* "Lukas" for Luka is a slip of the pen, "Mila" for Milo somebody else. */
        str folded = k->reply.words[from].folded;
        bool slip = folded.n == near->folded.n + 1 && str_starts(folded, near->folded);
        r = check_say_words(k, REMARK_NAME, slip ? REMARK_LOOK : REMARK_STOP, from, to,
                            T("“{0}” is not how they write their name. The letter says “{1}”."));
        check_arg(r, greeted_text(k, words, n));
        check_arg(r, near->shown);
    } else if (in_letter) {
        r = check_say_words(k, REMARK_GREETING, REMARK_LOOK, from, to,
                            T("This greets {0}. The letter speaks of {0}, but it is from {1}."));
        check_arg(r, greeted_text(k, words, n));
        check_arg(r, known->v[0].shown);
    } else {
        r = check_say_words(k, REMARK_GREETING, REMARK_STOP, from, to,
                            T("This greets {0}. The letter is from {1}."));
        check_arg(r, greeted_text(k, words, n));
        check_arg(r, known->v[0].shown);
    }
    name_evidence(k, r);
    return false;
}

/* What was said of the name where somebody is greeted is all that is said of it. */
static bool greets_wrongly(const struct check_work *k) {
    for (size_t i = 0; i < k->remarks.n; i++)
        if (k->remarks.v[i].kind == REMARK_NAME || k->remarks.v[i].kind == REMARK_GREETING) return true;
    return false;
}

static void count_name(struct check_work *k, const struct known_list *known) {
    uint32_t first = UINT32_MAX, times = 0;
    uint32_t end = (uint32_t)k->nwords;
    /* The agent may have the same name: what signs the reply is no address. */
    for (size_t i = k->nsentences; i-- > 0 && k->sentences[i].role == ROLE_CLOSING;)
        end = k->reply.sentences[i].word;
    for (uint32_t i = 0; i < end; i++) {
        const struct word *w = &k->reply.words[i];
        bool is = false;
        for (size_t j = 0; j < known->n && !is; j++)
            is = str_eq(w->folded, known->v[j].folded) || str_eq(w->stem, known->v[j].folded) ||
                 ((w->flags & WORD_CAPITAL) && same_name(k, w->folded, known->v[j].folded));
        if (!is || k->reply.words[i].folded.n < 2) continue;
        if (first == UINT32_MAX) first = i;
        if (i + 1 == end || !times || k->reply.words[i].sentence != k->reply.words[i - 1].sentence ||
            !hashes_get(&k->names, k->reply.words[i - 1].folded_hash))
            times++;
    }
    if (first == UINT32_MAX) {
        if (!k->reader.n) return;
        struct remark *r = check_say(k, REMARK_NAME, REMARK_LOOK, 0, 0, T("You do not call {0} by name."));
        if (k->greeting_to > k->greeting_from) {
            r->start = k->reply.words[k->greeting_from].start;
            r->end = k->reply.words[k->greeting_to - 1].end;
        }
        check_arg(r, k->reader);
        name_evidence(k, r);
        return;
    }
    struct remark *r;
    if (times > 2 + end / 80) {
        r = check_say_words(k, REMARK_NAME, REMARK_LOOK, first, first + 1,
                            T("Their name stands here {0} times. Once or twice sounds more like talking."));
        check_arg(r, str_fmt(k->a, "%u", times));
    } else {
        r = check_say_words(k, REMARK_NAME, REMARK_FINE, first, first + 1, T("You call {0} by name."));
        check_arg(r, str_slice(k->reply.bytes, k->reply.words[first].start, k->reply.words[first].end));
    }
    name_evidence(k, r);
}

void check_name(struct check_work *k) {
    struct known_list *known = arena_alloc(k->a, sizeof *known);
    know_all(k, known);
    if (!k->nwords) return;
    uint32_t tried = 0;
    for (uint32_t i = 0; i < k->nwords && tried < 2000; i++) {
        struct greeting g;
        if (!first_of_line(k, i)) continue;
        uint32_t of = k->reply.words[i].sentence;
        if (i && of < k->nsentences && k->sentences[of].role == ROLE_CLOSING) continue;
        tried++;
        if (greeting_at(k, i, i == 0, &g)) judge_greeting(k, &g, known);
    }
    if (known->n && !greets_wrongly(k)) count_name(k, known);
}
