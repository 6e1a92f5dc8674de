#include "desk/incident_match.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "desk/listening.h"
#include "format/compose.h"
#include "format/quoted.h"

enum {
    KNOWN_MAX = 100,
    MESSAGES_MAX = 20000,
    WORDS_MAX = 40, /* of an incident */
    TITLE_WORDS = 4,
    WHY_WORDS = 6,
    TEXT_MAX = 64 << 10,
    LOOKED_AT_BYTES = 3000, /* without blanks */
    PRODUCTS = 8,
    OUTGROWN_LEAST = 20, /* people */
    OUTGROWN_TIMES = 4,  /* as many as letters spoke for what was dismissed */
};

/* ---- letters ---- */

/* Listening has told it already. */
static str language_heard(str heard, str said) {
    static const char before[] = "\"language\":\"";
    size_t at = str_find(heard, str_z(before), 0), from = at + sizeof before - 1;
    if (at >= heard.n) return language_of(said);
    size_t to = str_find_char(heard, '"', from);
    return str_slice(heard, from, to < heard.n ? to : from);
}

/* The subject of an answer is in the words of whoever wrote first: a newsletter that many answer is none of
 * theirs. */
static str own_subject(arena *a, str subject) {
    str head = str_slice(subject, 0, 16);
    if (!str_has(head, ':') && str_find(head, S("："), 0) == SIZE_MAX) return subject;
    return compose_reply_subject(a, subject).n > subject.n ? subject : S("");
}

/* More than BURST_LETTER_WORDS take, so that a long letter costs no more than they do. What is quoted is
 * blank here and may stand first. */
static str beginning(str said) {
    size_t n = 0, i = 0;
    while (i < said.n && n < LOOKED_AT_BYTES) n += (unsigned char)said.p[i++] > ' ';
    return str_clip_utf8(said, i);
}

void watched_of(arena *a, const struct watch_letter *m, struct watched *ret) {
    struct text texts[2];
    str products[PRODUCTS];
    struct watched w = {.letter = *m};
    str said = quoted_blank(a, str_clip_utf8(m->text, TEXT_MAX));
    size_t n = listening_products(a, m->heard, products, PRODUCTS);
    w.language = language_heard(m->heard, said);
    text_of(a, own_subject(a, m->subject), w.language, &texts[0]);
    text_of(a, beginning(said), w.language, &texts[1]);
    burst_words_of(a, texts, 2, products, n, &w.words);
    *ret = w;
}

/* ---- known ones ---- */

static int by_id(const void *x, const void *y) {
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

static err rows_of(db_conn *c, arena *a, int64_t brand, int64_t now, store_incident_list *ret) {
    return store_incidents_lately(c, a, brand, now, now - DAY_MS, KNOWN_MAX, ret);
}

err known_incident_ids(db_conn *c, arena *a, int64_t brand, int64_t now, id_list *ret) {
    store_incident_list rows;
    id_list ids = {0};
    TRY(rows_of(c, a, brand, now, &rows));
    for (size_t i = 0; i < rows.n; i++) *list_add(a, &ids) = rows.v[i].id;
    *ret = ids;
    return ERR_NONE;
}

err known_incidents(db_conn *c, arena *a, int64_t brand, int64_t now, known_incident_list *ret) {
    store_incident_list rows;
    known_incident_list known = {0};
    TRY(rows_of(c, a, brand, now, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct known_incident *k = list_add(a, &known);
        k->incident = rows.v[i];
        TRY(store_incident_words(c, a, brand, rows.v[i].id, &k->words));
        k->weights = arena_array(a, k->words.n + 1, sizeof *k->weights);
        for (size_t w = 0; w < k->words.n; w++)
            k->weights[w] =
                (struct burst_weight){(uint32_t)k->words.v[w].key, (double)k->words.v[w].weight / 1000};
    }
    *ret = known;
    return ERR_NONE;
}

err known_messages(db_conn *c, arena *a, int64_t brand, int64_t from, known_incident_list *known) {
    for (size_t i = 0; i < known->n; i++) {
        struct known_incident *k = &known->v[i];
        TRY(store_incident_messages(c, a, brand, k->incident.id, from, MESSAGES_MAX, &k->messages));
        if (k->messages.n) qsort(k->messages.v, k->messages.n, sizeof *k->messages.v, by_id);
    }
    return ERR_NONE;
}

bool known_has(const struct known_incident *k, int64_t id) {
    return k->messages.n && bsearch(&id, k->messages.v, k->messages.n, sizeof id, by_id);
}

/* ---- why ---- */

/* Does one of the two stand in the other? "ons" and "add ons" say the same. */
static bool within(str x, str y) { return str_find(x, y, 0) < x.n || str_find(y, x, 0) < y.n; }

/* Several words as a line; none twice. */
static str line_of(arena *a, const str *words, size_t n, size_t most) {
    str chosen[WHY_WORDS], line = S("");
    size_t m = 0;
    for (size_t i = 0; i < n && m < most; i++) {
        size_t k = 0;
        while (k < m && !within(chosen[k], words[i])) k++;
        if (!words[i].n || k < m) continue;
        chosen[m++] = words[i];
        line = m == 1 ? words[i] : str_fmt(a, "%.*s, %.*s", STR_FMT(line), STR_FMT(words[i]));
    }
    return line;
}

/* The words that a letter shares with an incident, as they are written there. */
static str why_of(arena *a, const incident_word_list *words, const struct watched *w) {
    str shared[WORDS_MAX + 1];
    size_t n = 0;
    for (size_t i = 0; i < words->n && n < WORDS_MAX; i++) {
        str shown = burst_shown(a, &w->words, (uint32_t)words->v[i].key);
        if (shown.n) shared[n++] = shown;
    }
    return line_of(a, shared, n, WHY_WORDS);
}

static str shown_in(arena *a, const watched_list *letters, uint32_t key) {
    for (size_t i = 0; i < letters->n; i++) {
        str s = burst_shown(a, &letters->v[i].words, key);
        if (s.n) return s;
    }
    return S("");
}

static int64_t times(double x, double by) {
    x = ceil(x * by);
    return x < 9e15 ? (int64_t)x : (int64_t)9e15;
}

static int by_chance(const void *x, const void *y) {
    const struct incident_word *a = x, *b = y;
    if (a->chance != b->chance) return a->chance < b->chance ? -1 : 1;
    if (a->customers != b->customers) return a->customers > b->customers ? -1 : 1;
    return (a->key > b->key) - (a->key < b->key);
}

static void words_of(arena *a, const burst_word_list *words, const watched_list *letters, int64_t now,
                     incident_word_list *ret) {
    incident_word_list list = {0};
    for (size_t i = 0; i < words->n; i++) {
        const struct burst_word *w = &words->v[i];
        str shown = shown_in(a, letters, w->key);
        if (!shown.n) continue;
        *list_add(a, &list) = (struct incident_word){.key = w->key,
                                                     .words = shown,
                                                     .customers = w->voices,
                                                     .expected = times(w->expected, 1e3),
                                                     .chance = times(w->chance, 1e12),
                                                     .window_ms = w->window,
                                                     .weight = (int64_t)(w->weight * 1000),
                                                     .at = now};
    }
    if (list.n) qsort(list.v, list.n, sizeof *list.v, by_chance);
    *ret = list;
}

/* Its words of now, then those of before that it does not use any more. */
static void renew(arena *a, const incident_word_list *before, incident_word_list *words) {
    for (size_t i = 0; i < before->n && words->n < WORDS_MAX; i++) {
        size_t k = 0;
        while (k < words->n && words->v[k].key != before->v[i].key) k++;
        if (k == words->n) *list_add(a, words) = before->v[i];
    }
}

/* ---- planning ---- */

static void propose(arena *a, const struct known_incident *k, const incident_word_list *words,
                    const struct watched *w, struct incident_plan *plan) {
    for (size_t i = 0; i < plan->letters.n; i++)
        if (plan->letters.v[i].incident == k->incident.id && plan->letters.v[i].message == w->letter.id)
            return;
    if (known_has(k, w->letter.id)) return;
    *list_add(a, &plan->letters) =
        (struct plan_letter){k->incident.id, w->letter.conversation_id, w->letter.id, why_of(a, words, w)};
}

static bool takes_letters(const struct known_incident *k) { return k->incident.state != INCIDENT_DISMISSED; }

void plan_of_letter(arena *a, const known_incident_list *known, const struct watched *w,
                    struct incident_plan *plan) {
    if (w->letter.left_out) return;
    for (size_t i = 0; i < known->n; i++) {
        const struct known_incident *k = &known->v[i];
        int shared;
        if (!takes_letters(k) || w->letter.at < k->incident.began_at - BURST_DAY) continue;
        double score = burst_score(w->words.keys, w->words.n, k->weights, k->words.n, &shared);
        if (shared >= 2 && score >= BURST_JOIN) propose(a, k, &k->words, w, plan);
    }
}

/* Somebody dismissed it when few had written. */
static bool outgrew(const struct known_incident *k, const struct burst_cluster *cluster) {
    return cluster->voices >= OUTGROWN_LEAST && cluster->voices >= OUTGROWN_TIMES * (int64_t)k->messages.n;
}

/* `taking`: only among those that take letters. */
static const struct known_incident *likest(const known_incident_list *known,
                                           const struct burst_cluster *cluster, bool taking) {
    const struct known_incident *best = NULL;
    double most = 0;
    for (size_t i = 0; i < known->n; i++) {
        const struct known_incident *k = &known->v[i];
        size_t both = 0;
        if (taking && !takes_letters(k)) continue;
        for (size_t m = 0; m < cluster->n; m++) both += known_has(k, cluster->letters[m]);
        double by_words = burst_overlap(cluster, k->weights, k->words.n);
        double by_letters = cluster->n ? (double)both / (double)cluster->n : 0;
        double like = by_words > by_letters ? by_words : by_letters;
        if (like < BURST_SAME || like <= most) continue;
        most = like;
        best = k;
    }
    return best;
}

static size_t customers_of(const watched_list *letters) {
    size_t n = 0;
    for (size_t i = 0; i < letters->n; i++) {
        size_t k = 0;
        while (k < i && letters->v[k].letter.customer_id != letters->v[i].letter.customer_id) k++;
        n += k == i;
    }
    return n;
}

static void plan_new(arena *a, const struct burst_cluster *cluster, const watched_list *letters, int64_t now,
                     struct incident_plan *plan) {
    str title[2 * BURST_CLUSTER_WORDS];
    struct plan_incident *p = list_add(a, &plan->incidents);
    p->is_new = true;
    words_of(a, &cluster->words, letters, now, &p->words);
    if (p->words.n > WORDS_MAX) p->words.n = WORDS_MAX;
    size_t n = 0;
    for (; n < p->words.n && n < 2 * BURST_CLUSTER_WORDS; n++) title[n] = p->words.v[n].words;
    p->incident = (struct store_incident){
        .id = id_new(now),
        .state = INCIDENT_PROPOSED,
        .title = str_clip_utf8(line_of(a, title, n, TITLE_WORDS), INCIDENT_TITLE_BYTES),
        .began_at = cluster->began,
        .proposed_at = now,
        .note = S(""),
        .updated_at = now,
        .version = 1};
    const struct known_incident k = {.incident = p->incident, .words = p->words};
    for (size_t i = 0; i < letters->n; i++) propose(a, &k, &k.words, &letters->v[i], plan);
}

void plan_of_cluster(arena *a, const known_incident_list *known, const struct burst_cluster *cluster,
                     const watched_list *letters, int64_t now, struct incident_plan *plan) {
    const struct known_incident *k = likest(known, cluster, false);
    if (k && !takes_letters(k) && outgrew(k, cluster)) k = likest(known, cluster, true);
    if (!k) {
        if (customers_of(letters) >= BURST_VOICES) plan_new(a, cluster, letters, now, plan);
        return;
    }
    if (!takes_letters(k)) return;
    struct plan_incident p = {.incident = k->incident};
    words_of(a, &cluster->words, letters, now, &p.words);
    renew(a, &k->words, &p.words);
    for (size_t i = 0; i < letters->n; i++) propose(a, k, &p.words, &letters->v[i], plan);
    if (k->incident.state != INCIDENT_OVER) *list_add(a, &plan->incidents) = p;
}

void plan_of_words(arena *a, const struct known_incident *known, const burst_word_list *words,
                   const watched_list *letters, int64_t now, struct incident_plan *plan) {
    struct plan_incident p = {.incident = known->incident};
    words_of(a, words, letters, now, &p.words);
    if (p.words.n) *list_add(a, &plan->incidents) = p;
}
