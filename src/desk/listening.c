#include "desk/listening.h"

#include <stdlib.h>

#include "base/lang.h"
#include "desk/check.h"
#include "desk/defect_like.h"
#include "desk/heart.h"
#include "desk/incident_watch.h"
#include "desk/story.h"
#include "format/json.h"
#include "format/quoted.h"
#include "store/catalogue.h"

enum { HEARD_MAX = 1 << 20, VALUE_MAX = 500 };

static const char *const state_names[] = {"found", "struck", "corrected", "added"};

const char *finding_state_name(finding_state s) { return state_names[s]; }

/* ---- what was heard, as text and back ---- */

/* [kind, start, end, value, why, argument, candidate, ...]: read with every page that shows the letter, so
 * without names of members. */
enum { AT_KIND, AT_START, AT_END, AT_VALUE, AT_WHY, AT_ARGUMENT, AT_CANDIDATES };

static void write_finding(struct json_out *j, const struct finding *f) {
    json_open_array(j);
    json_int(j, f->kind);
    json_int(j, f->start);
    json_int(j, f->end);
    json_str(j, f->value);
    json_str(j, str_z(f->why));
    json_str(j, f->why_arg);
    for (uint32_t i = 0; i < f->ncandidates; i++) json_str(j, f->candidates[i]);
    json_close_array(j);
}

static err heard_write(arena *a, const struct heard *h, str *ret) {
    BUF_AUTO buf b = BUF_MAX(HEARD_MAX);
    struct json_out j = json_begin(&b);
    json_open_object(&j);
    json_key(&j, S("language")), json_str(&j, h->language);
    json_key(&j, S("pack")), json_bool(&j, h->has_pack);
    json_key(&j, S("child")), json_bool(&j, h->child);
    json_key(&j, S("clipped")), json_bool(&j, h->clipped);
    json_key(&j, S("sort")), json_int(&j, h->sort);
    json_key(&j, S("found"));
    json_open_array(&j);
    for (size_t i = 0; i < h->findings.n; i++) write_finding(&j, &h->findings.v[i]);
    json_close_array(&j);
    json_close_object(&j);
    if (!json_done(&j)) return err_set(ERR_LIMIT, "What was heard in the letter is larger than 1 MB.");
    *ret = str_copy(a, buf_str(&b));
    return ERR_NONE;
}

static str text_at(arena *a, const json_t *list, size_t i) {
    const json_t *one = json_array_get(list, i);
    return json_is_string(one) ? str_copy(a, (str){json_string_value(one), json_string_length(one)}) : S("");
}

static bool read_finding(arena *a, const json_t *list, struct finding *f) {
    json_int_t kind = json_integer_value(json_array_get(list, AT_KIND)),
               start = json_integer_value(json_array_get(list, AT_START)),
               end = json_integer_value(json_array_get(list, AT_END));
    if (json_array_size(list) < AT_CANDIDATES || kind < 0 || kind >= FINDING_KINDS) return false;
    if (start < 0 || end < start || end > LISTEN_MAX) return false;
    *f = (struct finding){.kind = (finding_kind)kind,
                          .start = (uint32_t)start,
                          .end = (uint32_t)end,
                          .value = text_at(a, list, AT_VALUE),
                          .why = str_cstr(a, text_at(a, list, AT_WHY)),
                          .why_arg = text_at(a, list, AT_ARGUMENT)};
    for (size_t i = AT_CANDIDATES; i < json_array_size(list) && f->ncandidates < 8; i++)
        f->candidates[f->ncandidates++] = text_at(a, list, i);
    return true;
}

/* False for a row of another shape, such as an earlier release wrote: the letter is listened to again. */
static bool heard_read(arena *a, str text, struct heard *ret) {
    JSON_AUTO json_t *root = NULL;
    struct heard h = {0};
    int64_t sort = SORT_OTHER;
    if (json_read(text, &root)) return false;
    const json_t *list = json_object_get(root, "found");
    if (!json_is_array(list)) return false;
    if (json_take_str(root, "language", &h.language)) h.language = str_copy(a, h.language);
    json_take_bool(root, "pack", &h.has_pack);
    json_take_bool(root, "child", &h.child);
    json_take_bool(root, "clipped", &h.clipped);
    json_take_int(root, "sort", &sort);
    h.sort = sort >= SORT_ASK && sort <= SORT_OTHER ? (letter_sort)sort : SORT_OTHER;
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct finding f;
        if (!read_finding(a, json_array_get(list, i), &f)) return false;
        *list_add(a, &h.findings) = f;
    }
    *ret = h;
    return true;
}

size_t listening_products(arena *a, str heard, str *ret, size_t most) {
    struct heard h = {0};
    size_t n = 0;
    str begins = str_fmt(a, "[%d,", FINDING_PRODUCT);
    if (str_find(heard, begins, 0) >= heard.n || !heard_read(a, heard, &h)) return 0;
    for (size_t i = 0; i < h.findings.n && n < most; i++) {
        const struct finding *f = &h.findings.v[i];
        size_t k = 0;
        if (f->kind != FINDING_PRODUCT || !f->value.n) continue;
        while (k < n && !str_eq(ret[k], f->value)) k++;
        if (k == n) ret[n++] = f->value;
    }
    return n;
}

/* ---- the job ---- */

static void hear(arena *a, const struct message *m, const struct catalogue *catalogue, struct heard *ret) {
    struct listen_input in = {.text = quoted_blank(a, m->text),
                              .subject = m->subject,
                              .from_name = m->from_name,
                              .from_address = m->from_address,
                              .catalogue = catalogue};
    listen_to(a, &in, ret);
    if (ret->text.bytes.n == 0) ret->text.bytes = m->text;
}

struct batch {
    const job_list *jobs;
    struct store_listening *rows; /* of each job; text "" where there is no such letter (any more) */
    struct heard *heard;
    arena *a;
    int64_t now;
};

static err listened_soon_in(db_conn *c, int64_t brand, int64_t now) {
    TRY(letters_learn_soon_in(c, brand, now));
    return watch_soon_in(c, brand, now);
}

static err keep_batch(db_conn *c, void *arg) {
    struct batch *b = arg;
    for (size_t i = 0; i < b->jobs->n; i++) {
        const struct job *job = &b->jobs->v[i];
        bool mine;
        if (b->rows[i].heard.n) {
            TRY(store_listening_put(c, job->brand_id, &b->rows[i]));
            TRY(letters_heard_in(c, job->brand_id, job->subject_id));
            TRY(story_heard_in(c, b->a, job->brand_id, job->subject_id, &b->heard[i], b->now));
            TRY(watch_heard_in(c, job->brand_id, job->subject_id));
            if (!i || job->brand_id != b->jobs->v[i - 1].brand_id)
                TRY(listened_soon_in(c, job->brand_id, b->now));
        }
        TRY(store_job_finish(c, job, &mine));
    }
    return ERR_NONE;
}

static err hear_job(struct desk *d, arena *a, const struct job *job, struct store_listening *ret,
                    struct heard *ret_heard) {
    HEART_CATALOGUE_AUTO struct heart_catalogue catalogue = {0};
    struct message m;
    struct heard heard;
    err e;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        e = store_message_get(c, a, job->brand_id, job->subject_id, &m);
    }
    if (e == ERR_MISSING) return ERR_NONE;
    if (e) return e;
    TRY(heart_catalogue(d, job->brand_id, &catalogue));
    hear(a, &m, catalogue.catalogue, &heard);
    *ret = (struct store_listening){.message_id = m.id, .catalogue_version = catalogue.version};
    *ret_heard = heard;
    return heard_write(a, &heard, &ret->heard);
}

err listening_run(struct desk *d, const job_list *jobs) {
    ARENA_AUTO arena *a = arena_new(1 << 30);
    struct batch b = {
        .jobs = jobs, .rows = arena_array(a, jobs->n, sizeof *b.rows), .now = desk_now(d), .a = a};
    b.heard = arena_array(a, jobs->n, sizeof *b.heard);
    for (size_t i = 0; i < jobs->n; i++) TRY(hear_job(d, a, &jobs->v[i], &b.rows[i], &b.heard[i]));
    return db_write(d->db, keep_batch, &b);
}

/* ---- what stands ---- */

static int64_t finding_id(arena *a, const char *kind, int64_t start, int64_t end, str value) {
    str key = str_fmt(a, "%s %lld %lld ", kind, (long long)start, (long long)end);
    uint64_t h = str_hash(key) ^ (str_hash(value) * 31);
    return (int64_t)(h >> 1) | 1;
}

struct stands {
    struct heard heard;
    store_correction_list corrections;
};

err listening_rows_in(db_conn *c, arena *a, int64_t brand, int64_t message, struct listening_rows *ret) {
    struct store_catalogue now;
    TRY(store_listening_get(c, a, brand, message, &ret->row));
    TRY(store_corrections_of(c, a, brand, message, &ret->corrections));
    TRY(store_catalogue_get(c, a, brand, &now));
    ret->catalogue_version = now.version;
    return ERR_NONE;
}

/* What was heard, from the row or anew, and what was put right. */
static err load(struct desk *d, arena *a, int64_t brand, const struct message *m,
                const struct listening_rows *rows, struct stands *ret) {
    HEART_CATALOGUE_AUTO struct heart_catalogue catalogue = {0};
    ret->corrections = rows->corrections;
    if (rows->row.heard.n && rows->row.catalogue_version == rows->catalogue_version &&
        heard_read(a, rows->row.heard, &ret->heard))
        return ERR_NONE;
    TRY(heart_catalogue_at(d, brand, rows->catalogue_version, &catalogue));
    hear(a, m, catalogue.catalogue, &ret->heard);
    return ERR_NONE;
}

static err read_rows(struct desk *d, arena *a, int64_t brand, int64_t message, struct listening_rows *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return listening_rows_in(c, a, brand, message, ret);
}

static void put_right(struct stored_finding *s, const struct store_correction *r) {
    s->state = r->state == CORRECTION_STRUCK      ? FINDING_STRUCK
               : r->state == CORRECTION_CORRECTED ? FINDING_CORRECTED
                                                  : FINDING_ADDED;
    s->found_value = r->found_value;
    if (r->state != CORRECTION_STRUCK)
        s->f.value = r->value;
    else
        s->kept_value = r->value;
    s->agent_id = r->agent_id;
    s->agent_name = r->agent_name;
    s->at = r->at;
}

/* The sender chose it from a list, so that hearing it in the same words says nothing more. */
static bool was_chosen(const struct stands *x, const struct finding *f) {
    for (size_t k = 0; k < x->corrections.n; k++) {
        const struct store_correction *r = &x->corrections.v[k];
        if (r->state == CORRECTION_ADDED && !r->agent_id && f->start < r->end && f->end > r->start &&
            (f->kind == FINDING_PRODUCT || f->kind == FINDING_PART || f->kind == FINDING_EVENT))
            return true;
    }
    return false;
}

static void add_findings(arena *a, const struct stands *x, const struct message *m,
                         stored_finding_list *list) {
    for (size_t i = 0; i < x->heard.findings.n; i++) {
        const struct finding *f = &x->heard.findings.v[i];
        if (was_chosen(x, f)) continue;
        struct stored_finding *s = list_add(a, list);
        *s = (struct stored_finding){
            .id = finding_id(a, finding_kind_name(f->kind), f->start, f->end, f->value), .f = *f};
        for (size_t k = 0; k < x->corrections.n; k++)
            if (x->corrections.v[k].id == s->id) put_right(s, &x->corrections.v[k]);
    }
    for (size_t k = 0; k < x->corrections.n; k++) {
        const struct store_correction *r = &x->corrections.v[k];
        finding_kind kind;
        if (r->state != CORRECTION_ADDED || !finding_kind_of(r->kind, &kind) || r->end > (int64_t)m->text.n)
            continue;
        struct stored_finding *s = list_add(a, list);
        *s = (struct stored_finding){
            .id = r->id,
            .f = {.kind = kind,
                  .start = (uint32_t)r->start,
                  .end = (uint32_t)r->end,
                  .why = r->agent_id ? T("Added by hand") : T("Chosen from the list by whoever wrote")}};
        put_right(s, r);
    }
}

static int by_place(const void *x, const void *y) {
    const struct stored_finding *a = x, *b = y;
    if (a->f.start != b->f.start) return a->f.start < b->f.start ? -1 : 1;
    if (a->f.kind != b->f.kind) return a->f.kind < b->f.kind ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

/* `rows` NULL: they are still to be read. */
static err stand_of(struct desk *d, arena *a, int64_t brand, const struct message *m,
                    const struct listening_rows *rows, struct stands *x, stored_finding_list *ret) {
    stored_finding_list list = {0};
    struct listening_rows own = {0};
    if (!rows) TRY(read_rows(d, a, brand, m->id, &own));
    TRY(load(d, a, brand, m, rows ? rows : &own, x));
    add_findings(a, x, m, &list);
    if (list.n) qsort(list.v, list.n, sizeof *list.v, by_place);
    *ret = list;
    return ERR_NONE;
}

err listening_of(struct desk *d, arena *a, int64_t brand, const struct message *m,
                 struct letter_findings *ret) {
    struct stands x = {0};
    struct letter_findings r = {0};
    TRY(stand_of(d, a, brand, m, NULL, &x, &r.findings));
    r.language = x.heard.language;
    r.child = x.heard.child;
    r.has_pack = x.heard.has_pack;
    r.clipped = x.heard.clipped;
    r.sort = x.heard.sort;
    *ret = r;
    return ERR_NONE;
}

err listening_heard(struct desk *d, arena *a, int64_t brand, const struct message *m, struct heard *ret) {
    return listening_heard_of(d, a, brand, m, NULL, ret);
}

err listening_heard_of(struct desk *d, arena *a, int64_t brand, const struct message *m,
                       const struct listening_rows *rows, struct heard *ret) {
    struct stands x = {0};
    stored_finding_list all;
    TRY(stand_of(d, a, brand, m, rows, &x, &all));
    if (!x.heard.text.words)
        text_of(a, str_clip_utf8(quoted_blank(a, m->text), LISTEN_MAX), x.heard.language, &x.heard.text);
    finding_list kept = {0};
    for (size_t i = 0; i < all.n; i++)
        if (all.v[i].state != FINDING_STRUCK) *list_add(a, &kept) = all.v[i].f;
    x.heard.findings = kept;
    *ret = x.heard;
    return ERR_NONE;
}

/* ---- putting right ---- */

static err letter_of(struct desk *d, arena *a, int64_t brand, int64_t message, struct message *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    struct message m;
    TRY(db_read_begin(d->db, &c));
    TRY(store_message_get(c, a, brand, message, &m));
    if (m.kind != MESSAGE_LETTER) return err_set(ERR_MISSING, "There is no such letter.");
    *ret = m;
    return ERR_NONE;
}

static err finding_of(struct desk *d, arena *a, int64_t brand, int64_t message, int64_t finding,
                      struct stored_finding *ret) {
    struct message m;
    struct stands x = {0};
    stored_finding_list all;
    TRY(letter_of(d, a, brand, message, &m));
    TRY(stand_of(d, a, brand, &m, NULL, &x, &all));
    for (size_t i = 0; i < all.n; i++) {
        if (all.v[i].id != finding) continue;
        *ret = all.v[i];
        return ERR_NONE;
    }
    return err_set(ERR_MISSING, "There is no such finding in this letter; it may have been read anew.");
}

struct put {
    int64_t brand;
    struct store_correction row;
    bool away;
};

static err put_correction(db_conn *c, void *arg) {
    struct put *p = arg;
    if (p->away) return store_correction_delete(c, p->brand, p->row.message_id, p->row.id);
    return store_correction_put(c, p->brand, &p->row);
}

/* What people say of thanks and praise decides what counts as such. */
static err put_right_now(struct desk *d, arena *a, const struct actor *who, struct put *p,
                         finding_kind kind) {
    struct message m;
    TRY(db_write(d->db, put_correction, p));
    if (kind != FINDING_THANKS) return ERR_NONE;
    TRY(letter_of(d, a, who->brand, p->row.message_id, &m));
    return story_heard_again(d, a, who, &m);
}

static struct put put_of(struct desk *d, const struct actor *who, int64_t message,
                         const struct stored_finding *s, correction_state state, str value) {
    str found = s->state == FINDING_FOUND || s->state == FINDING_ADDED ? s->f.value : s->found_value;
    return (struct put){.brand = who->brand,
                        .row = {.message_id = message,
                                .id = s->id,
                                .kind = str_z(finding_kind_name(s->f.kind)),
                                .start = s->f.start,
                                .end = s->f.end,
                                .state = state,
                                .found_value = found,
                                .value = value,
                                .agent_id = who->agent,
                                .at = desk_now(d)}};
}

err listening_strike(struct desk *d, arena *a, const struct actor *who, int64_t message, int64_t finding,
                     bool struck) {
    struct stored_finding s;
    TRY(finding_of(d, a, who->brand, message, finding, &s));
    if (struck == (s.state == FINDING_STRUCK)) return ERR_NONE;
    /* A correction outlives being struck out and put back. */
    bool back = !struck && s.kept_value.n;
    str value = back ? s.kept_value : s.state == FINDING_CORRECTED ? s.f.value : S("");
    struct put p = put_of(d, who, message, &s, back ? CORRECTION_CORRECTED : CORRECTION_STRUCK, value);
    /* What a person added and strikes out again was never there. */
    p.away = struck ? s.state == FINDING_ADDED : !back;
    return put_right_now(d, a, who, &p, s.f.kind);
}

static err value_fits(str value) {
    if (!str_trim(value).n) return err_set(ERR_INVALID, "The finding needs a value.");
    if (value.n > VALUE_MAX) return err_set(ERR_INVALID, "The value is longer than %d bytes.", VALUE_MAX);
    return str_is_utf8(value) ? ERR_NONE : err_set(ERR_INVALID, "The value is not valid UTF-8 text.");
}

/* What a person says; the words of a letter may run over more than one line. */
static err value_said(str value) {
    str line;
    TRY(value_fits(value));
    if (check_line("The value", value, VALUE_MAX, &line))
        return err_set(ERR_INVALID, "The value must be one line without control characters.");
    return ERR_NONE;
}

err listening_correct(struct desk *d, arena *a, const struct actor *who, int64_t message, int64_t finding,
                      str value) {
    struct stored_finding s;
    TRY(value_said(value));
    TRY(finding_of(d, a, who->brand, message, finding, &s));
    struct put p =
        put_of(d, who, message, &s, s.state == FINDING_ADDED ? CORRECTION_ADDED : CORRECTION_CORRECTED,
               str_trim(value));
    return put_right_now(d, a, who, &p, s.f.kind);
}

static bool at_character(str text, uint32_t at) {
    return at >= text.n || ((unsigned char)text.p[at] & 0xC0) != 0x80;
}

err listening_add(struct desk *d, arena *a, const struct actor *who, int64_t message, finding_kind kind,
                  uint32_t start, uint32_t end, str value, int64_t *ret_finding) {
    struct message m;
    TRY(letter_of(d, a, who->brand, message, &m));
    if (start >= end || end > m.text.n || end > LISTEN_MAX || !at_character(m.text, start) ||
        !at_character(m.text, end))
        return err_set(ERR_INVALID, "These are no words of the letter.");
    bool said = str_trim(value).n > 0;
    if (!said) value = str_clip_utf8(str_slice(m.text, start, end), VALUE_MAX);
    TRY(said ? value_said(value) : value_fits(value));
    struct stored_finding s = {.state = FINDING_ADDED, .f = {.kind = kind, .start = start, .end = end}};
    s.f.value = str_trim(value);
    s.id = finding_id(a, finding_kind_name(kind), start, end, S("by hand"));
    struct put p = put_of(d, who, message, &s, CORRECTION_ADDED, s.f.value);
    TRY(put_right_now(d, a, who, &p, kind));
    *ret_finding = s.id;
    return ERR_NONE;
}

err listening_add_in(db_conn *c, arena *a, const struct actor *who, int64_t message, finding_kind kind,
                     uint32_t start, uint32_t end, str value, int64_t now) {
    const struct store_correction row = {.message_id = message,
                                         .id =
                                             finding_id(a, finding_kind_name(kind), start, end, S("by hand")),
                                         .kind = str_z(finding_kind_name(kind)),
                                         .start = start,
                                         .end = end,
                                         .state = CORRECTION_ADDED,
                                         .found_value = S(""),
                                         .value = str_clip_utf8(value, VALUE_MAX),
                                         .agent_id = who->agent,
                                         .at = now};
    return store_correction_put(c, who->brand, &row);
}
