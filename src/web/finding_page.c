#include "web/finding_page.h"

#include <stdlib.h>
#include <string.h>

#include "desk/heart.h"
#include "web/conversation_page.h"

enum { MARKS_DEEP = 6 };

/* ---- what is shown ---- */

static str fill(struct web_call *w, const char *msgid, str a0, str a1) {
    BUF_AUTO buf b = BUF_MAX(16384);
    str args[2] = {a0, a1};
    lang_fmt(&b, w->page.lang, msgid, args, 2);
    return str_copy(w->arena, buf_str(&b));
}

static str item_name(const struct catalogue *c, str id) {
    static const catalogue_kind kinds[] = {CATALOGUE_PRODUCT, CATALOGUE_FIGURE, CATALOGUE_PART};
    for (size_t i = 0; c && id.n && i < sizeof kinds / sizeof *kinds; i++) {
        uint32_t item = catalogue_item_of(c, kinds[i], id);
        if (item != UINT32_MAX) return catalogue_item_at(c, item)->name;
    }
    return S("");
}

static bool in_catalogue(finding_kind k) { return k == FINDING_PRODUCT || k == FINDING_PART; }

/* "Thank you for the letter" is said once: as thanks, and not as a feeling beside it. */
static bool said_as_thanks(const stored_finding_list *all, const struct stored_finding *f) {
    if (f->f.kind != FINDING_FEELING || f->state != FINDING_FOUND) return false;
    if (!str_eq(f->f.value, S("thankful")) && !str_eq(f->f.value, S("admiring"))) return false;
    for (size_t i = 0; i < all->n; i++) {
        const struct stored_finding *x = &all->v[i];
        if (x->f.kind == FINDING_THANKS && x->state != FINDING_STRUCK && x->f.start < f->f.end &&
            x->f.end > f->f.start)
            return true;
    }
    return false;
}

static void add_row(struct web_call *w, const struct message *m, const struct stored_finding *f,
                    const struct catalogue *c, struct letter_heard *h) {
    const struct finding *found = &f->f;
    bool here = found->end > found->start && found->end <= m->text.n;
    struct finding_row *r = list_add(w->arena, &h->rows);
    *r = (struct finding_row){.id = f->id,
                              .kind = found->kind,
                              .start = here ? found->start : 0,
                              .end = here ? found->end : 0,
                              .words = here ? str_slice(m->text, found->start, found->end) : S(""),
                              .value = found->value,
                              .state = f->state,
                              .struck = f->state == FINDING_STRUCK,
                              .found_value = f->found_value,
                              .by = f->agent_name,
                              .at = f->at};
    r->why = fill(w, found->why, found->why_arg, S(""));
    if (in_catalogue(found->kind)) r->name = str_copy(w->arena, item_name(c, found->value));
    /* Once somebody said which one it is there is no choice left. */
    for (uint32_t i = 0; f->state != FINDING_CORRECTED && i < found->ncandidates && i < 8; i++) {
        struct finding_choice *choice = &r->choices[r->nchoices++];
        choice->id = found->candidates[i];
        if (in_catalogue(found->kind)) choice->name = str_copy(w->arena, item_name(c, found->candidates[i]));
    }
}

static int by_place(const void *a, const void *b) {
    const struct finding_row *x = a, *y = b;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    if (x->end != y->end) return x->end > y->end ? -1 : 1;
    return (x->kind > y->kind) - (x->kind < y->kind);
}

/* The offsets of all rows in UTF-16 units, in one pass over the text. */
struct place {
    uint32_t at, *to;
};

static int by_offset(const void *a, const void *b) {
    const struct place *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

static void units_of(struct web_call *w, str text, struct letter_heard *h) {
    size_t n = 2 * h->rows.n;
    struct place *places = arena_array(w->arena, n + 1, sizeof *places);
    uint32_t *at = arena_array(w->arena, n + 1, sizeof *at),
             *units = arena_array(w->arena, n + 1, sizeof *at);
    for (size_t i = 0; i < h->rows.n; i++) {
        struct finding_row *r = &h->rows.v[i];
        places[2 * i] = (struct place){r->start, &r->from};
        places[2 * i + 1] = (struct place){r->end, &r->to};
    }
    qsort(places, n, sizeof *places, by_offset);
    for (size_t i = 0; i < n; i++) at[i] = places[i].at;
    text_utf16(text, at, n, units);
    for (size_t i = 0; i < n; i++) *places[i].to = units[i];
}

struct cutting {
    arena *arena;
    str body;
    finding_row_list *rows;
    size_t next;
};

/* Marks that cross the end of the one around them end there, too. */
static mark_run_list cut(struct cutting *x, uint32_t from, uint32_t to, int deep) {
    mark_run_list runs = {0};
    uint32_t at = from;
    while (x->next < x->rows->n && x->rows->v[x->next].start < to) {
        struct finding_row *r = &x->rows->v[x->next++];
        uint32_t start = r->start > at ? r->start : at, end = r->end < to ? r->end : to;
        if (r->struck || start >= end || deep == MARKS_DEEP) continue;
        if (start > at) list_add(x->arena, &runs)->text = str_slice(x->body, at, start);
        r->marked = true;
        mark_run_list inner = cut(x, start, end, deep + 1);
        struct mark_run *run = list_add(x->arena, &runs);
        run->finding = r;
        run->inner = inner;
        at = end;
    }
    if (at < to) list_add(x->arena, &runs)->text = str_slice(x->body, at, to);
    return runs;
}

err heard_load(struct web_call *w, const struct message *m, str body, struct letter_heard **ret_heard) {
    struct letter_findings found;
    HEART_CATALOGUE_AUTO struct heart_catalogue catalogue = {0};
    TRY(listening_of(w->desk, w->arena, w->who.brand.id, m, &found));
    bool products = false;
    for (size_t i = 0; i < found.findings.n; i++)
        products = products || in_catalogue(found.findings.v[i].f.kind);
    if (products) TRY(heart_catalogue(w->desk, w->who.brand.id, &catalogue));
    struct letter_heard *h = arena_alloc(w->arena, sizeof *h);
    h->message = m->id;
    h->language = found.language;
    h->child = found.child;
    h->has_pack = found.has_pack;
    h->clipped = found.clipped;
    h->sort = found.sort;
    for (size_t i = 0; i < found.findings.n; i++)
        if (!said_as_thanks(&found.findings, &found.findings.v[i]))
            add_row(w, m, &found.findings.v[i], catalogue.catalogue, h);
    if (h->rows.n) qsort(h->rows.v, h->rows.n, sizeof *h->rows.v, by_place);
    units_of(w, m->text, h);
    struct cutting x = {w->arena, body, &h->rows, 0};
    h->runs = cut(&x, 0, (uint32_t)body.n, 0);
    *ret_heard = h;
    return ERR_NONE;
}

/* ---- JSON ---- */

static void json_finding(struct json_out *o, const struct finding_row *r) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, r->id);
    json_key(o, S("kind")), json_str(o, str_z(finding_kind_name(r->kind)));
    json_key(o, S("start")), json_int(o, r->start);
    json_key(o, S("end")), json_int(o, r->end);
    json_key(o, S("text")), json_str(o, r->words);
    json_key(o, S("value")), json_str(o, r->value);
    if (r->name.n) json_key(o, S("name")), json_str(o, r->name);
    json_key(o, S("why")), json_str(o, r->why);
    json_key(o, S("candidates"));
    json_open_array(o);
    for (uint32_t i = 0; i < r->nchoices; i++) json_str(o, r->choices[i].id);
    json_close_array(o);
    json_key(o, S("state")), json_str(o, str_z(finding_state_name(r->state)));
    if (r->state == FINDING_CORRECTED) json_key(o, S("found_value")), json_str(o, r->found_value);
    json_close_object(o);
}

void heard_json_members(const struct letter_heard *h, struct json_out *o) {
    json_key(o, S("language")), json_str(o, h->language);
    json_key(o, S("pack")), json_bool(o, h->has_pack);
    json_key(o, S("child")), json_bool(o, h->child);
    json_key(o, S("sort")), json_str(o, str_z(letter_sort_name(h->sort)));
    json_key(o, S("findings"));
    json_open_array(o);
    for (size_t i = 0; i < h->rows.n; i++) json_finding(o, &h->rows.v[i]);
    json_close_array(o);
}

/* ---- the rows of the table ---- */

struct findings_view {
    struct message letter;
    const struct letter_heard *heard;
    int64_t finding; /* the one just added */
};

/* The letter in the path; what is done to it leads back to its place on the page. */
static err letter_of(struct web_call *w, struct findings_view **ret_view) {
    struct findings_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t id;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_message_get(c, w->arena, w->who.brand.id, id, &v->letter));
    web_read_end(w);
    if (v->letter.kind != MESSAGE_LETTER) return err_set(ERR_MISSING, "There is no such letter.");
    web_go(w, web_path(w, "/c/%lld#heard-%lld", (long long)v->letter.conversation_id, (long long)id));
    w->view = v;
    *ret_view = v;
    return ERR_NONE;
}

err findings_view(struct web_call *w) {
    struct findings_view *v;
    struct letter_heard *h;
    TRY(letter_of(w, &v));
    if (!w->program) return ERR_NONE;
    TRY(heard_load(w, &v->letter, v->letter.text, &h));
    v->heard = h;
    return ERR_NONE;
}

void findings_json(const struct web_call *w, struct json_out *o) {
    const struct findings_view *v = w->view;
    json_open_object(o);
    json_key(o, S("text")), json_str(o, v->letter.text);
    heard_json_members(v->heard, o);
    json_close_object(o);
}

void finding_json(const struct web_call *w, struct json_out *o) {
    const struct findings_view *v = w->view;
    json_open_object(o);
    json_key(o, S("finding")), json_id(o, v->finding);
    json_close_object(o);
}

static bool blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/* Do the words stand at `at`? White space of any kind and length is the same: what is copied from a page
 * has its own line breaks. */
static size_t words_at(str text, size_t at, str words) {
    size_t i = 0;
    while (i < words.n) {
        if (blank(words.p[i])) {
            if (at >= text.n || !blank(text.p[at])) return 0;
            while (i < words.n && blank(words.p[i])) i++;
            while (at < text.n && blank(text.p[at])) at++;
        } else {
            if (at >= text.n || text.p[at] != words.p[i]) return 0;
            at++, i++;
        }
    }
    return at;
}

/* Of several places the one nearest to `close_to`. */
static err find_words(str text, str words, int64_t close_to, uint32_t *ret_start, uint32_t *ret_end) {
    int64_t best = -1;
    words = str_trim(words);
    if (!words.n) return err_set(ERR_INVALID, "Copy the words from the letter.");
    for (size_t at = 0; at < text.n; at++) {
        if (text.p[at] != words.p[0]) continue;
        size_t end = words_at(text, at, words);
        int64_t off = (int64_t)at > close_to ? (int64_t)at - close_to : close_to - (int64_t)at;
        if (!end || (best >= 0 && off >= best)) continue;
        best = off;
        *ret_start = (uint32_t)at;
        *ret_end = (uint32_t)end;
    }
    return best >= 0 ? ERR_NONE : err_set(ERR_INVALID, "These words are not in the letter.");
}

err finding_do_add(struct web_call *w) {
    struct findings_view *v;
    finding_kind kind;
    int64_t start, end;
    uint32_t from = 0, to = 0;
    TRY(letter_of(w, &v));
    if (!finding_kind_of(web_param(w, "kind"), &kind))
        return err_set(ERR_INVALID, "What kind of finding is it?");
    TRY(web_param_int(w, "start", 0, &start));
    TRY(web_param_int(w, "end", 0, &end));
    if (end > 0 && !web_param_has(w, "words")) {
        if (end > (int64_t)v->letter.text.n || start >= end)
            return err_set(ERR_INVALID, "This place is not in the letter.");
        from = (uint32_t)start;
        to = (uint32_t)end;
    } else {
        TRY(find_words(v->letter.text, web_param_text(w, "words"), start, &from, &to));
    }
    str value = str_trim(web_param(w, "value"));
    return listening_add(w->desk, w->arena, &w->actor, v->letter.id, kind, from, to, value, &v->finding);
}

err finding_do_strike(struct web_call *w) {
    struct findings_view *v;
    int64_t finding;
    TRY(letter_of(w, &v));
    TRY(web_id(w, 2, &finding));
    bool back = web_param_has(w, "struck") && !web_param_on(w, "struck");
    return listening_strike(w->desk, w->arena, &w->actor, v->letter.id, finding, !back);
}

err finding_do_correct(struct web_call *w) {
    struct findings_view *v;
    int64_t finding;
    TRY(letter_of(w, &v));
    TRY(web_id(w, 2, &finding));
    str value = str_trim(web_param(w, "value"));
    if (!value.n) return err_set(ERR_INVALID, "What should it be instead?");
    return listening_correct(w->desk, w->arena, &w->actor, v->letter.id, finding, value);
}
