#include "desk/defect.h"

#include "base/random.h"
#include "desk/check.h"
#include "desk/child.h"
#include "desk/defect_like.h"
#include "desk/defect_watch.h"
#include "desk/events.h"
#include "desk/heart.h"
#include "desk/promise.h"
#include "store/defect_letter.h"
#include "store/message.h"

enum { NO_ITEM = UINT32_MAX };

/* ---- suggested ---- */

static bool is_of(const struct catalogue *c, catalogue_kind kind, str code) {
    return c && code.n && catalogue_item_of(c, kind, code) != NO_ITEM;
}

/* Of several things the one named next before what happened, else the first behind it. */
static bool nearer(const struct finding *f, const struct finding *best, const struct finding *event) {
    if (!best) return true;
    bool before = f->start <= event->start, best_before = best->start <= event->start;
    if (before != best_before) return before;
    return before ? f->start > best->start : f->start < best->start;
}

bool defect_hint_of(arena *a, str text, const finding_list *findings, const struct catalogue *catalogue,
                    struct defect_hint *ret) {
    const struct finding *event = NULL, *product = NULL, *part = NULL;
    struct defect_hint h = {0};
    for (size_t i = 0; i < findings->n && !event; i++) {
        const struct finding *f = &findings->v[i];
        bool ours = f->kind == FINDING_EVENT && symptom_from(f->value, &h.symptom);
        if (ours && h.symptom != SYMPTOM_OTHER && f->end > f->start && f->end <= text.n) event = f;
    }
    if (!event) return false;
    for (size_t i = 0; i < findings->n; i++) {
        const struct finding *f = &findings->v[i];
        if (!f->value.n) continue;
        bool piece = f->kind == FINDING_PART ||
                     (f->kind == FINDING_PRODUCT && is_of(catalogue, CATALOGUE_FIGURE, f->value));
        if (piece && nearer(f, part, event)) part = f;
        if (!piece && f->kind == FINDING_PRODUCT && nearer(f, product, event)) product = f;
    }
    if (!product && !part) return false;
    h.product = product ? str_copy(a, product->value) : S("");
    h.part = part ? str_copy(a, part->value) : S("");
    h.start = event->start;
    h.end = event->end;
    struct text t;
    text_of(a, text, S(""), &t);
    for (size_t s = 0; s < t.nsentences; s++)
        if (t.sentences[s].start <= event->start && t.sentences[s].end >= event->end) {
            h.start = t.sentences[s].start;
            h.end = t.sentences[s].end;
        }
    h.words = str_copy(a, str_clip_utf8(str_slice(text, h.start, h.end), DEFECT_WORDS_BYTES));
    h.end = h.start + (uint32_t)h.words.n;
    *ret = h;
    return true;
}

/* ---- what is meant ---- */

struct thing {
    str code, name;
};

static bool by_code(const struct catalogue *c, str typed, const catalogue_kind *kinds, size_t n,
                    struct thing *ret) {
    for (size_t i = 0; i < n; i++) {
        uint32_t item = catalogue_item_of(c, kinds[i], typed);
        if (item == NO_ITEM) continue;
        const struct catalogue_item *found = catalogue_item_at(c, item);
        *ret = (struct thing){found->id, found->name};
        return true;
    }
    return false;
}

/* The catalogue's, by its code, else by what one calls it; what it does not know stands in its own words. */
static struct thing thing_of(arena *a, const struct catalogue *c, str typed, const catalogue_kind *kinds,
                             size_t n) {
    struct thing t = {typed, S("")};
    if (!c || !typed.n || by_code(c, typed, kinds, n, &t)) {
        return (struct thing){str_copy(a, t.code), str_copy(a, t.name)};
    }
    struct text words;
    catalogue_hit_list hits = {0};
    text_of(a, typed, S(""), &words);
    catalogue_find(c, a, &words, &hits);
    for (size_t i = 0; i < hits.n; i++) {
        if (hits.v[i].item == NO_ITEM) continue;
        const struct catalogue_item *found = catalogue_item_at(c, hits.v[i].item);
        for (size_t k = 0; k < n; k++)
            if (found->kind == kinds[k])
                return (struct thing){str_copy(a, found->id), str_copy(a, found->name)};
    }
    return t;
}

str defect_title(arena *a, const struct store_defect *d) {
    str product = d->product_name.n ? d->product_name : d->product_code;
    str part = d->part_name.n ? d->part_name : d->part_code;
    if (!part.n) return product;
    if (!product.n) return part;
    return str_fmt(a, "%.*s: %.*s", STR_FMT(product), STR_FMT(part));
}

/* ---- recorded ---- */

struct recording {
    struct desk *desk;
    arena *a;
    const struct actor *who;
    const struct defect_wish *wish;
    struct store_defect defect;
    str words, lot;
    int64_t now;
    struct defect_recorded done;
};

static err tell(db_conn *c, struct recording *x, int64_t conversation, const char *event,
                const struct store_defect *d) {
    TRY(event_add(c, x->who, conversation, event, str_clip_utf8(defect_title(x->a, d), 200), x->now));
    return defect_watch_soon(c, x->who->brand, x->now);
}

static err put_defect(db_conn *c, struct recording *x) {
    struct store_defect row;
    bool there;
    TRY(store_defect_find(c, x->a, x->who->brand, x->defect.product_code, x->defect.part_code, &row));
    if (row.id) {
        x->defect = row;
        return ERR_NONE;
    }
    x->defect.id = id_new(x->now);
    x->defect.created_at = x->now;
    return store_defect_insert(c, x->who->brand, &x->defect, &there);
}

/* The letter it stands in: the one that is named, else the newest. */
static err find_letter(db_conn *c, struct recording *x, const struct conversation *v, struct message *ret) {
    struct message m = {0};
    err e;
    if (x->wish->message) {
        e = store_message_get(c, x->a, x->who->brand, x->wish->message, &m);
        if (!e && (m.kind != MESSAGE_LETTER || m.conversation_id != v->id))
            e = err_set(ERR_MISSING, "There is no such letter in this conversation.");
        TRY(e);
    } else {
        e = store_message_last_letter(c, x->a, x->who->brand, v->id, &m);
        if (e && e != ERR_MISSING) return e;
        if (e) m = (struct message){.created_at = v->created_at};
    }
    *ret = m;
    return ERR_NONE;
}

static err put_again(db_conn *c, struct recording *x, struct store_defect_case *row) {
    bool back = row->taken_back_at != 0;
    bool more = (!row->lot.n && x->lot.n) || (!row->packed_day && x->wish->packed_day);
    x->done = (struct defect_recorded){row->id, row->defect_id, true};
    if (!back && !more) return ERR_NONE;
    if (!row->lot.n) row->lot = x->lot;
    if (!row->packed_day) row->packed_day = x->wish->packed_day;
    row->taken_back_at = 0;
    row->agent_id = x->who->agent;
    row->version++;
    TRY(store_defect_case_update(c, x->who->brand, row));
    return back ? tell(c, x, row->conversation_id, "defect_recorded", &x->defect) : ERR_NONE;
}

static err write_record(db_conn *c, void *arg) {
    struct recording *x = arg;
    struct conversation v;
    struct message m;
    struct store_defect_case same;
    TRY(store_conversation_get(c, x->a, x->who->brand, x->wish->conversation, &v));
    TRY(child_writable_in(c, x->a, x->who->brand, v.id));
    TRY(find_letter(c, x, &v, &m));
    TRY(put_defect(c, x));
    TRY(store_defect_case_same(c, x->a, x->who->brand, v.id, x->defect.id, x->wish->symptom, &same));
    if (same.id) return put_again(c, x, &same);
    size_t at = x->words.n && m.id ? str_find(m.text, x->words, 0) : SIZE_MAX;
    int64_t came = m.created_at < x->now ? m.created_at : x->now;
    struct store_defect_case row = {.id = id_new(x->now),
                                    .defect_id = x->defect.id,
                                    .conversation_id = v.id,
                                    .customer_id = v.customer_id,
                                    .message_id = m.id,
                                    .start = at == SIZE_MAX ? 0 : (int64_t)at,
                                    .end = at == SIZE_MAX ? 0 : (int64_t)(at + x->words.n),
                                    .symptom = x->wish->symptom,
                                    .words = x->words,
                                    .lot = x->lot,
                                    .packed_day = x->wish->packed_day,
                                    .came_at = came,
                                    .came_day = defect_today(came),
                                    .agent_id = x->who->agent,
                                    .created_at = x->now,
                                    .version = 1};
    x->done = (struct defect_recorded){row.id, row.defect_id, false};
    TRY(store_defect_case_insert(c, x->who->brand, &row));
    return tell(c, x, v.id, "defect_recorded", &x->defect);
}

static err check_packed(const struct recording *x, int64_t day) {
    if (!day) return ERR_NONE;
    if (promise_day_end(NULL, day) > x->now + 2 * (int64_t)DAY_MS)
        return err_set(ERR_INVALID, "The packing date lies ahead.");
    return ERR_NONE;
}

static err name_things(struct desk *d, struct recording *x, str product, str part) {
    static const catalogue_kind products[] = {CATALOGUE_PRODUCT},
                                parts[] = {CATALOGUE_PART, CATALOGUE_FIGURE};
    HEART_CATALOGUE_AUTO struct heart_catalogue catalogue = {0};
    TRY(heart_catalogue(d, x->who->brand, &catalogue));
    struct thing whole = thing_of(x->a, catalogue.catalogue, product, products, 1);
    struct thing piece = thing_of(x->a, catalogue.catalogue, part, parts, 2);
    x->defect.product_code = whole.code;
    x->defect.product_name = whole.name;
    x->defect.part_code = piece.code;
    x->defect.part_name = piece.name;
    return ERR_NONE;
}

err defect_record(struct desk *d, arena *a, const struct actor *who, const struct defect_wish *wish,
                  struct defect_recorded *ret) {
    struct recording x = {.desk = d, .a = a, .who = who, .wish = wish, .now = desk_now(d)};
    str product, part;
    TRY(check_line_or_empty("The product", wish->product, DEFECT_CODE_BYTES, &product));
    TRY(check_line_or_empty("The part", wish->part, DEFECT_CODE_BYTES, &part));
    TRY(check_line_or_empty("The lot", wish->lot, DEFECT_LOT_BYTES, &x.lot));
    TRY(check_text(a, "The words", wish->words, DEFECT_WORDS_BYTES, &x.words));
    x.words = str_trim(x.words);
    if (!product.n && !part.n) return err_set(ERR_INVALID, "What is it about? Name the product or the part.");
    TRY(check_packed(&x, wish->packed_day));
    TRY(name_things(d, &x, product, part));
    TRY(db_write(d->db, write_record, &x));
    desk_changed(d, who->brand, wish->conversation, "defect");
    desk_work(d);
    *ret = x.done;
    return ERR_NONE;
}

/* ---- changed ---- */

struct changing {
    struct recording x;
    int64_t id, packed_day, seen, conversation;
};

static err write_description(db_conn *c, void *arg) {
    struct changing *g = arg;
    struct store_defect_case row;
    TRY(store_defect_case_get(c, g->x.a, g->x.who->brand, g->id, &row));
    if (row.taken_back_at) return err_set(ERR_CONFLICT, "This was taken back; record it again first.");
    if (g->seen >= 0 && g->seen != row.version)
        return err_set(ERR_CONFLICT, "Somebody changed this after you opened it; look again first.");
    g->conversation = row.conversation_id;
    row.lot = g->x.lot;
    row.packed_day = g->packed_day;
    row.version++;
    return store_defect_case_update(c, g->x.who->brand, &row);
}

err defect_describe(struct desk *d, arena *a, const struct actor *who, int64_t id, str lot,
                    int64_t packed_day, int64_t seen_version) {
    struct changing g = {.x = {.desk = d, .a = a, .who = who, .now = desk_now(d)},
                         .id = id,
                         .packed_day = packed_day,
                         .seen = seen_version};
    TRY(check_line_or_empty("The lot", lot, DEFECT_LOT_BYTES, &g.x.lot));
    TRY(check_packed(&g.x, packed_day));
    TRY(db_write(d->db, write_description, &g));
    desk_changed(d, who->brand, g.conversation, "defect");
    return ERR_NONE;
}

static err write_taken_back(db_conn *c, void *arg) {
    struct changing *g = arg;
    struct store_defect_case row;
    TRY(store_defect_case_get(c, g->x.a, g->x.who->brand, g->id, &row));
    g->conversation = row.conversation_id;
    if (row.taken_back_at) return ERR_NONE;
    row.taken_back_at = g->x.now;
    row.version++;
    TRY(store_defect_case_update(c, g->x.who->brand, &row));
    return tell(c, &g->x, row.conversation_id, "defect_taken_back", &row.defect);
}

err defect_take_back(struct desk *d, arena *a, const struct actor *who, int64_t id) {
    struct changing g = {.x = {.desk = d, .a = a, .who = who, .now = desk_now(d)}, .id = id};
    TRY(db_write(d->db, write_taken_back, &g));
    desk_changed(d, who->brand, g.conversation, "defect");
    desk_work(d);
    return ERR_NONE;
}

err defect_forget_in(db_conn *c, int64_t brand, int64_t conversation, int64_t now) {
    TRY(store_defect_words_forget(c, brand, conversation));
    TRY(store_letters_learn_again(c, brand, conversation));
    return letters_learn_soon_in(c, brand, now);
}
