#include "desk/voice_learn.h"

#include <stdlib.h>

#include "base/random.h"
#include "desk/voice.h"
#include "letter/stock.h"
#include "letter/voice.h"
#include "store/brand.h"
#include "store/learned.h"
#include "store/setting.h"

enum { PAGE = 200, TEXT_BYTES = 16 << 10, LEARN_ARENA = 1 << 30 };

struct said {
    int64_t id, customer, letter_id;
    str reply, letter;
    bool approved;
};
typedef LIST(struct said) said_list;

struct learn {
    arena *a;
    int64_t brand;
    said_list said;
    store_approved_list approved;
    store_piece_list facts;
    stock_list stock;
    voice_word_list more, less;
    int64_t now, phrases;
};

/* ---- what was said ---- */

/* What they quote of ours must not make our phrases theirs. */
static str without_quotes(arena *a, str letter) {
    BUF_AUTO buf b = BUF_MAX(TEXT_BYTES + 1);
    str rest = str_clip_utf8(letter, TEXT_BYTES), line;
    while (str_line(&rest, &line)) {
        if (str_starts(str_trim(line), S(">"))) continue;
        buf_add(&b, line);
        buf_add_char(&b, '\n');
    }
    return str_copy(a, buf_str(&b));
}

static bool is_approved(const struct learn *x, int64_t message) {
    for (size_t i = 0; i < x->approved.n; i++)
        if (x->approved.v[i].message_id == message) return true;
    return false;
}

static err load_page(const struct desk *d, struct learn *x, int64_t *before, size_t *bytes, bool *ret_more) {
    id_list ids = {0};
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(store_reply_ids_before(c, x->a, x->brand, *before, PAGE, &ids));
    for (size_t i = 0; i < ids.n && *bytes < VOICE_LEARN_BYTES; i++) {
        struct store_said said;
        err e = store_said_get(c, x->a, x->brand, ids.v[i], &said);
        if (e == ERR_MISSING) continue;
        TRY(e);
        str letter = without_quotes(x->a, said.letter);
        *list_add(x->a, &x->said) = (struct said){ids.v[i],       said.customer_id,
                                                  said.letter_id, str_clip_utf8(said.text, TEXT_BYTES),
                                                  letter,         is_approved(x, ids.v[i])};
        *bytes += said.text.n > letter.n ? said.text.n : letter.n;
    }
    if (ids.n) *before = ids.v[ids.n - 1];
    *ret_more = ids.n == PAGE;
    return ERR_NONE;
}

static err load_said(const struct desk *d, struct learn *x) {
    int64_t before = INT64_MAX;
    size_t bytes = 0;
    bool more = true;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_approved_list_of(c, x->a, x->brand, 1000, &x->approved));
        TRY(store_facts(c, x->a, x->brand, &x->facts));
    }
    while (more && x->said.n < VOICE_LEARN_REPLIES && bytes < VOICE_LEARN_BYTES)
        TRY(load_page(d, x, &before, &bytes, &more));
    return ERR_NONE;
}

/* ---- stock phrases ---- */

static int by_customer(const void *a, const void *b) {
    const struct said *x = a, *y = b;
    if (x->customer != y->customer) return x->customer < y->customer ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static int by_letter(const void *a, const void *b) {
    const struct said *x = a, *y = b;
    return (x->letter_id > y->letter_id) - (x->letter_id < y->letter_id);
}

/* Each letter once, however often it was answered. */
static struct text *letters_of(struct learn *x, size_t *ret_n) {
    struct text *letters = arena_array(x->a, x->said.n + 1, sizeof *letters);
    size_t n = 0;
    if (x->said.n) qsort(x->said.v, x->said.n, sizeof *x->said.v, by_letter);
    for (size_t i = 0; i < x->said.n; i++) {
        int64_t id = x->said.v[i].letter_id;
        if (id && (!i || x->said.v[i - 1].letter_id != id))
            text_of(x->a, x->said.v[i].letter, S(""), &letters[n++]);
    }
    *ret_n = n;
    return letters;
}

/* A phrase comes folded; people are shown how it stands in a reply. */
static bool stands_at(const struct text *t, size_t at, str words, size_t *ret_to) {
    str word;
    while (str_split(&words, ' ', &word)) {
        if (at >= t->nwords || !str_eq(t->words[at].folded, word)) return false;
        at++;
    }
    *ret_to = at;
    return true;
}

struct spelling {
    uint32_t first; /* hash of the first word */
    struct stock_phrase *phrase;
    str spelled;
};

static int by_first(const void *a, const void *b) {
    const struct spelling *x = a, *y = b;
    if (x->first != y->first) return x->first < y->first ? -1 : 1;
    return (x->phrase > y->phrase) - (x->phrase < y->phrase);
}

static size_t first_with(const struct spelling *all, size_t n, uint32_t hash) {
    size_t low = 0, high = n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (all[mid].first < hash)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void spell(struct learn *x, const struct text *replies) {
    size_t n = x->stock.n, left = n;
    struct spelling *all = arena_array(x->a, n + 1, sizeof *all);
    for (size_t i = 0; i < n; i++) {
        str rest = x->stock.v[i].words, word = S("");
        str_split(&rest, ' ', &word);
        all[i] = (struct spelling){text_hash(word), &x->stock.v[i], S("")};
    }
    if (n) qsort(all, n, sizeof *all, by_first);
    for (size_t r = 0; r < x->said.n && left; r++)
        for (size_t w = 0; w < replies[r].nwords && left; w++) {
            uint32_t hash = replies[r].words[w].folded_hash;
            for (size_t i = first_with(all, n, hash); i < n && all[i].first == hash; i++) {
                size_t to;
                if (all[i].spelled.n || !stands_at(&replies[r], w, all[i].phrase->words, &to)) continue;
                all[i].spelled = voice_phrase_line(x->a, text_span(&replies[r], w, to));
                left--;
            }
        }
    for (size_t i = 0; i < n; i++)
        if (all[i].spelled.n) all[i].phrase->words = all[i].spelled;
}

/* ---- the voice ---- */

static void words_from(arena *a, const voice_list *list, voice_word_list *ret) {
    for (size_t i = 0; i < list->n; i++) *list_add(a, ret) = list->v[i].folded;
}

static void learn_words(struct learn *x, const struct text *replies) {
    struct text *approved = arena_array(x->a, x->approved.n + 1, sizeof *approved);
    struct text *others = arena_array(x->a, x->said.n + 1, sizeof *others);
    size_t nothers = 0;
    voice_list more = {0}, less = {0};
    if (x->approved.n < VOICE_APPROVED_MIN) return;
    size_t n = 0, bytes = 0;
    for (; n < x->approved.n && bytes < VOICE_LEARN_BYTES; n++) {
        str text = str_clip_utf8(x->approved.v[n].text, TEXT_BYTES);
        text_of(x->a, text, S(""), &approved[n]);
        bytes += text.n;
    }
    for (size_t i = 0; i < x->said.n; i++)
        if (!x->said.v[i].approved) others[nothers++] = replies[i];
    voice_of(x->a, approved, n, others, nothers, VOICE_WORDS_MAX, &more, &less);
    words_from(x->a, &more, &x->more);
    words_from(x->a, &less, &x->less);
}

static void learn_all(struct learn *x) {
    size_t nletters;
    struct text *letters = letters_of(x, &nletters);
    struct text *replies = arena_array(x->a, x->said.n + 1, sizeof *replies);
    struct stock_text *sent = arena_array(x->a, x->said.n + 1, sizeof *sent);
    if (x->said.n) qsort(x->said.v, x->said.n, sizeof *x->said.v, by_customer);
    for (size_t i = 0; i < x->said.n; i++) {
        text_of(x->a, x->said.v[i].reply, S(""), &replies[i]);
        sent[i] = (struct stock_text){&replies[i], x->said.v[i].customer};
    }
    stock_of(x->a, sent, x->said.n, letters, nletters, VOICE_LEARNED_MAX, &x->stock);
    spell(x, replies);
    learn_words(x, replies);
}

/* ---- keeping it ---- */

struct known {
    str key; /* with a blank on both sides */
    const struct store_phrase *row;
    bool still;
};

static str padded(arena *a, str key) { return str_fmt(a, " %.*s ", STR_FMT(key)); }

/* Is it part of what is allowed, or of a fact? Then nobody is to be told of it. */
static bool let_pass(const struct known *all, size_t n, const str *facts, size_t nfacts, str key) {
    for (size_t i = 0; i < n; i++)
        if (all[i].row->state == PHRASE_ALLOWED && str_find(all[i].key, key, 0) != SIZE_MAX) return true;
    for (size_t i = 0; i < nfacts; i++)
        if (str_find(facts[i], key, 0) != SIZE_MAX) return true;
    return false;
}

static err put_one(db_conn *c, struct learn *x, struct known *all, size_t n, const str *facts,
                   const struct stock_phrase *p, size_t *nall) {
    str key = padded(x->a, voice_phrase_key(x->a, p->words));
    struct store_phrase row = {
        .phrase = p->words, .state = PHRASE_LEARNED, .customers = (int64_t)p->customers, .at = x->now};
    if (!row.phrase.n || row.phrase.n > VOICE_PHRASE_BYTES || key.n < 3) return ERR_NONE;
    if (let_pass(all, n, facts, x->facts.n, key)) return ERR_NONE;
    bool there = false;
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(all[i].key, key)) continue;
        if (all[i].row->state != PHRASE_LEARNED) return ERR_NONE;
        all[i].still = there = true;
        row.phrase = all[i].row->phrase;
    }
    if (!there && *nall >= VOICE_PHRASES_MAX) return ERR_NONE;
    *nall += !there;
    x->phrases++;
    return store_phrase_put(c, x->brand, &row);
}

static err keep_phrases(db_conn *c, struct learn *x) {
    store_phrase_list rows = {0};
    TRY(store_phrases(c, x->a, x->brand, &rows));
    struct known *all = arena_array(x->a, rows.n + 1, sizeof *all);
    str *facts = arena_array(x->a, x->facts.n + 1, sizeof *facts);
    size_t nall = rows.n;
    for (size_t i = 0; i < rows.n; i++)
        all[i] = (struct known){padded(x->a, voice_phrase_key(x->a, rows.v[i].phrase)), &rows.v[i], false};
    for (size_t i = 0; i < x->facts.n; i++)
        facts[i] = padded(x->a, voice_phrase_key(x->a, x->facts.v[i].text));
    x->phrases = 0;
    for (size_t i = 0; i < x->stock.n; i++) TRY(put_one(c, x, all, rows.n, facts, &x->stock.v[i], &nall));
    for (size_t i = 0; i < rows.n; i++)
        if (rows.v[i].state == PHRASE_LEARNED && !all[i].still)
            TRY(store_phrase_delete(c, x->brand, rows.v[i].phrase));
    return ERR_NONE;
}

static err keep_words(db_conn *c, struct learn *x, str name, const voice_word_list *words) {
    str text = S("");
    for (size_t i = 0; i < words->n; i++)
        text = str_fmt(x->a, "%.*s%s%.*s", STR_FMT(text), i ? " " : "", STR_FMT(words->v[i]));
    if (!words->n) return store_setting_delete(c, x->a, x->brand, name);
    return store_setting_set(c, x->a, x->brand, name, text);
}

static err keep(db_conn *c, void *arg) {
    struct learn *x = arg;
    TRY(keep_phrases(c, x));
    TRY(keep_words(c, x, S("voice_more"), &x->more));
    return keep_words(c, x, S("voice_less"), &x->less);
}

err voice_learn(const struct desk *d, int64_t brand, struct voice_learned *ret) {
    ARENA_AUTO arena *a = arena_new(LEARN_ARENA);
    struct learn x = {.a = a, .brand = brand, .now = desk_now(d)};
    TRY(load_said(d, &x));
    learn_all(&x);
    TRY(db_write(d->db, keep, &x));
    desk_changed(d, brand, 0, "voice");
    *ret = (struct voice_learned){(int64_t)x.said.n, x.phrases, (int64_t)x.more.n, (int64_t)x.less.n};
    return ERR_NONE;
}

static voice_word_list words_of(arena *a, const store_setting_list *settings, str name) {
    voice_word_list words = {0};
    for (size_t i = 0; i < settings->n; i++) {
        str text = settings->v[i].value, word;
        if (!str_eq(settings->v[i].name, name)) continue;
        while (str_split(&text, ' ', &word))
            if (word.n) *list_add(a, &words) = word;
    }
    return words;
}

void voice_words_of(arena *a, const store_setting_list *settings, voice_word_list *ret_more,
                    voice_word_list *ret_less) {
    *ret_more = words_of(a, settings, S("voice_more"));
    *ret_less = words_of(a, settings, S("voice_less"));
}

err voice_words(db_conn *c, arena *a, int64_t brand, voice_word_list *ret_more, voice_word_list *ret_less) {
    store_setting_list settings;
    TRY(store_setting_list_of(c, a, brand, &settings));
    voice_words_of(a, &settings, ret_more, ret_less);
    return ERR_NONE;
}

/* ---- the job ---- */

err voice_learn_wanted(db_conn *c, int64_t brand, int64_t now) {
    return store_job_put(c, brand, S("voice"), 0, id_new(now), now);
}

struct wish {
    const store_brand_list *brands; /* NULL: the one */
    int64_t brand, now;
};

static err put_jobs(db_conn *c, void *arg) {
    const struct wish *x = arg;
    if (!x->brands) return voice_learn_wanted(c, x->brand, x->now);
    for (size_t i = 0; i < x->brands->n; i++) TRY(voice_learn_wanted(c, x->brands->v[i].id, x->now));
    return ERR_NONE;
}

err voice_learn_soon(const struct desk *d, int64_t brand) {
    struct wish x = {NULL, brand, desk_now(d)};
    TRY(db_write(d->db, put_jobs, &x));
    desk_work(d);
    return ERR_NONE;
}

struct again {
    const struct job *job;
    int64_t at;
};

static err postpone(db_conn *c, void *arg) {
    const struct again *x = arg;
    return store_job_postpone(c, x->job, x->at, S(""), 0);
}

err voice_learn_run(struct desk *d, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) {
        struct voice_learned learned;
        TRY(voice_learn(d, jobs->v[i].brand_id, &learned));
        struct again x = {&jobs->v[i], desk_now(d) + DAY_MS};
        TRY(db_write(d->db, postpone, &x));
    }
    return ERR_NONE;
}

err voice_learn_start(struct desk *d, arena *a) {
    store_brand_list brands = {0};
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_brand_list_all(c, a, &brands));
    }
    struct wish x = {&brands, 0, desk_now(d)};
    return brands.n ? db_write(d->db, put_jobs, &x) : ERR_NONE;
}
