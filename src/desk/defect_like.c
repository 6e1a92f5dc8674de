#include "desk/defect_like.h"

#include <stdlib.h>

#include "base/random.h"
#include "desk/heart.h"
#include "letter/check.h"
#include "letter/listen.h"
#include "store/defect_letter.h"

enum { LEARN_PAGE = 200, ASKED_CASES = 5, VOTES = 60, QUOTE_BYTES = 300, LETTER_BYTES = 64 << 10 };
enum { UNSAVED_MOST = 100000 }; /* sentences that are in memory only */
static const float least_share = 0.5f;

err letters_heard_in(db_conn *c, int64_t brand, int64_t message) {
    return store_letter_learned_put(c, brand, message, LETTER_NOT_LEARNED);
}

err letters_learn_soon_in(db_conn *c, int64_t brand, int64_t now) {
    int64_t id = id_new(now);
    return store_job_put(c, brand, S("like"), id, id, now);
}

/* ---- what the index is given ---- */

typedef LIST(str) name_list;

static void add_names(arena *a, name_list *list, str name) {
    struct text t;
    text_of(a, name, S(""), &t);
    for (size_t i = 0; i < t.nwords && i < 12; i++)
        if (t.words[i].folded.n > 1) *list_add(a, list) = t.words[i].folded;
}

/* Without names and numbers. Products stay: they are what it is about. The same for index and question. */
static void sentences_of(arena *a, str text, str name, str name2, struct near_text *ret) {
    struct text t;
    struct skeleton s;
    name_list names = {0};
    text = str_clip_utf8(text, LETTER_BYTES);
    add_names(a, &names, name);
    add_names(a, &names, name2);
    text_of(a, text, language_of(text), &t);
    skeleton_of(a, &t, &(struct skeleton_mask){NULL, names.v, names.n, NULL}, &s);
    struct near_sentence *all = arena_array(a, s.n, sizeof *all);
    for (size_t i = 0; i < s.n; i++) all[i] = (struct near_sentence){s.sentences[i], s.counts[i]};
    ret->sentences = all;
    ret->n = s.n;
}

/* ---- learning ---- */

struct learned {
    int64_t id;
    size_t bytes; /* of the text that was learned; 0: it was taken out */
};
typedef LIST(struct learned) learned_list;

/* What is in there stays, as long as it has words: an index forgets for good, and words do not change into
 * others (a letter that could not be read had none). */
static err learn_letter(struct desk *d, arena *a, int64_t brand, int64_t id, near *x, size_t *ret_bytes) {
    struct store_letter m;
    err e;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        e = store_letter_get(c, a, brand, id, &m);
    }
    if (e && e != ERR_MISSING) return e;
    *ret_bytes = 0;
    bool wanted = !e && !m.machine && m.text.n;
    if (!wanted) return near_remove(x, id);
    *ret_bytes = m.text.n;
    if (near_has(x, id)) return ERR_NONE;
    struct near_text t = {.id = id, .customer = m.customer_id, .at = m.at};
    sentences_of(a, m.text, m.from_name, m.customer_name, &t);
    return near_add(x, &t);
}

static err learn_page(struct desk *d, int64_t brand, near *x, const store_letter_mark_list *page,
                      learned_list *done, arena *keep) {
    ARENA_AUTO arena *a = arena_new(0);
    for (size_t i = 0; i < page->n; i++) {
        const struct store_letter_mark *m = &page->v[i];
        size_t bytes = 0;
        arena_reset(a);
        if (m->gone)
            TRY(near_remove(x, m->id));
        else if (m->fresh || !near_has(x, m->id))
            TRY(learn_letter(d, a, brand, m->id, x, &bytes));
        if (m->fresh && done) *list_add(keep, done) = (struct learned){m->id, bytes};
    }
    return ERR_NONE;
}

struct marking {
    arena *a;
    int64_t brand, generation;
    const learned_list *done;
};

/* Words that were forgotten since they were learned keep their mark, so that they are taken out again. */
static err write_marks(db_conn *c, void *arg) {
    struct marking *x = arg;
    for (size_t i = 0; i < x->done->n; i++) {
        struct store_letter m = {0};
        err e = store_letter_get(c, x->a, x->brand, x->done->v[i].id, &m);
        if (e && e != ERR_MISSING) return e;
        bool same = x->done->v[i].bytes == (m.machine ? 0 : m.text.n);
        if (same) TRY(store_letter_learned_put(c, x->brand, x->done->v[i].id, x->generation));
    }
    return ERR_NONE;
}

/* All letters, those that the file lacks by their mark, or only those that nobody learned yet. */
enum which { ALL, LACKING, NEW };

static err next_page(struct desk *d, arena *a, int64_t brand, enum which which, int64_t generation,
                     int64_t after, store_letter_mark_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    id_list ids = {0};
    TRY(db_read_begin(d->db, &c));
    switch (which) {
    case LACKING: return store_letters_learned_after(c, a, brand, generation, after, LEARN_PAGE, ret);
    case NEW: return store_letters_not_learned(c, a, brand, after, LEARN_PAGE, ret);
    case ALL: break;
    }
    TRY(store_letter_ids(c, a, brand, after, LEARN_PAGE, &ids));
    for (size_t i = 0; i < ids.n; i++) *list_add(a, ret) = (struct store_letter_mark){.id = ids.v[i]};
    return ERR_NONE;
}

/* With `mark` those that are new get their mark. */
static err learn(struct desk *d, int64_t brand, near *x, enum which which, bool mark) {
    ARENA_AUTO arena *a = arena_new(0);
    int64_t after = 0, generation = near_generation(x);
    for (;;) {
        store_letter_mark_list page = {0};
        learned_list done = {0};
        arena_reset(a);
        TRY(next_page(d, a, brand, which, generation, after, &page));
        if (!page.n) return ERR_NONE;
        TRY(learn_page(d, brand, x, &page, mark ? &done : NULL, a));
        struct marking m = {a, brand, near_next(x), &done};
        if (done.n) TRY(db_write(d->db, write_marks, &m));
        after = page.v[page.n - 1].id;
    }
}

struct ending {
    int64_t brand;
    const job_list *jobs;
};

static err end_jobs(db_conn *c, void *arg) {
    struct ending *x = arg;
    for (size_t i = 0; i < x->jobs->n; i++) {
        bool mine;
        if (x->jobs->v[i].brand_id == x->brand) TRY(store_job_finish(c, &x->jobs->v[i], &mine));
    }
    return ERR_NONE;
}

/* A process that writes no index would read every letter again for each batch, and keep nothing: the marks
 * stay for the desk that serves, which goes by them. */
static err learn_brand(struct desk *d, int64_t brand, const job_list *jobs) {
    struct ending e = {brand, jobs};
    if (!d->keeps_indexes) return db_write(d->db, end_jobs, &e);
    near *x;
    TRY(heart_letters(d, brand, &x));
    struct near_count count;
    if (!near_generation(x)) {
        TRY(learn(d, brand, x, ALL, false));
        near_counts(x, &count);
        if (count.texts >= LETTERS_FOR_A_FILE) TRY(near_save(x));
    }
    /* What others learned since the last file is looked for once, not for each batch: in a storm it is all.
     */
    int64_t generation = near_generation(x);
    bool whole = generation && heart_letters_whole(d, brand) == generation;
    TRY(learn(d, brand, x, whole ? NEW : LACKING, true));
    heart_letters_whole_put(d, brand, generation);
    near_counts(x, &count);
    if (generation && count.unsaved >= UNSAVED_MOST) TRY(near_save(x));
    return db_write(d->db, end_jobs, &e);
}

err letters_learn_run(struct desk *d, arena *a, const job_list *jobs) {
    (void)a;
    for (size_t i = 0; i < jobs->n; i++) {
        bool learned = false;
        for (size_t k = 0; k < i; k++) learned = learned || jobs->v[k].brand_id == jobs->v[i].brand_id;
        if (!learned) TRY(learn_brand(d, jobs->v[i].brand_id, jobs));
    }
    return ERR_NONE;
}

/* ---- asking ---- */

/* What is not in the file yet. Building one is left to the job, since a person waits here. */
static err catch_up(struct desk *d, int64_t brand, near *x) {
    int64_t generation = near_generation(x);
    if (generation)
        return learn(d, brand, x, heart_letters_whole(d, brand) == generation ? NEW : LACKING, false);
    ARENA_AUTO arena *a = arena_new(0);
    id_list ids = {0};
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_letter_ids(c, a, brand, 0, LETTERS_FOR_A_FILE, &ids));
    }
    if (ids.n == LETTERS_FOR_A_FILE && d->keeps_indexes) return ERR_NONE;
    TRY(learn(d, brand, x, ALL, false));
    return learn(d, brand, x, LACKING, false);
}

/* The sentence of `letter` that shares most words with `like`. */
static str likest(arena *a, str letter, str like) {
    struct text t, w;
    text_of(a, str_clip_utf8(letter, LETTER_BYTES), language_of(letter), &t);
    text_of(a, like, t.language, &w);
    size_t best = 0, most = 0;
    for (size_t s = 0; s < t.nsentences; s++) {
        size_t n = 0;
        for (uint32_t k = t.sentences[s].word; k < t.sentences[s].word + t.sentences[s].words; k++)
            for (size_t i = 0; i < w.nwords; i++)
                if (w.words[i].hash == t.words[k].hash) {
                    n++;
                    break;
                }
        if (n <= most) continue;
        most = n;
        best = s;
    }
    return t.nsentences ? str_clip_utf8(text_sentence(&t, best), QUOTE_BYTES) : S("");
}

struct asking {
    arena *a;
    int64_t brand, defect, since;
    letter_like_list found;
};

static bool known(const struct asking *x, int64_t conversation) {
    for (size_t i = 0; i < x->found.n; i++)
        if (x->found.v[i].conversation == conversation) return true;
    return false;
}

static err add_vote(db_conn *c, struct asking *x, const struct near_vote *v, str words) {
    struct store_letter m;
    store_defect_case_list cases;
    if (id_time(v->text) < x->since) return ERR_NONE;
    err e = store_letter_get(c, x->a, x->brand, v->text, &m);
    if (e) return e == ERR_MISSING ? ERR_NONE : e;
    if (known(x, m.conversation_id)) return ERR_NONE;
    TRY(store_defect_cases_of_conversation(c, x->a, x->brand, m.conversation_id, &cases));
    for (size_t i = 0; i < cases.n; i++)
        if (cases.v[i].defect_id == x->defect) return ERR_NONE;
    *list_add(x->a, &x->found) = (struct letter_like){.message = m.id,
                                                      .conversation = m.conversation_id,
                                                      .customer = m.customer_id,
                                                      .number = m.number,
                                                      .at = m.at,
                                                      .customer_name = m.customer_name,
                                                      .words = likest(x->a, m.text, words),
                                                      .share = v->share};
    return ERR_NONE;
}

static int by_share(const void *p, const void *q) {
    const struct letter_like *a = p, *b = q;
    if (a->share != b->share) return a->share > b->share ? -1 : 1;
    return (a->message < b->message) - (a->message > b->message);
}

err letters_like(struct desk *d, arena *a, int64_t brand, int64_t defect, letter_like_list *ret) {
    struct asking x = {.a = a, .brand = brand, .defect = defect};
    store_defect_case_list cases;
    near *index;
    x.since = desk_now(d) - LETTERS_LIKE_DAYS * (int64_t)DAY_MS;
    TRY(heart_letters(d, brand, &index));
    TRY(catch_up(d, brand, index));
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(store_defect_cases(c, a, brand, defect, (struct page_key){0, 0}, ASKED_CASES, &cases));
    for (size_t i = 0; i < cases.n; i++) {
        struct near_text question = {0};
        near_vote_list votes = {0};
        if (!cases.v[i].words.n) continue;
        sentences_of(a, cases.v[i].words, cases.v[i].customer_name, S(""), &question);
        near_texts_like(index, a, question.sentences, question.n, cases.v[i].customer_id, least_share, VOTES,
                        &votes);
        for (size_t k = 0; k < votes.n; k++) TRY(add_vote(c, &x, &votes.v[k], cases.v[i].words));
    }
    if (x.found.n) qsort(x.found.v, x.found.n, sizeof *x.found.v, by_share);
    if (x.found.n > LETTERS_LIKE) x.found.n = LETTERS_LIKE;
    *ret = x.found;
    return ERR_NONE;
}
