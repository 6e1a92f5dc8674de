/* Beside a conversation: what is wrong with a product, and the tests it is in. */
#include "desk/heart.h"
#include "web/conversation_page.h"
#include "web/defect_page.h"

enum { CHOOSE_ROWS = 20 };

/* Did they tell of something broken, missing or wrong? The findings are there already. */
static bool tells(const struct letter_heard *h) {
    bool event = false, thing = false;
    for (size_t i = 0; i < h->rows.n; i++) {
        const struct finding_row *r = &h->rows.v[i];
        symptom s;
        if (r->struck) continue;
        event = event || (r->kind == FINDING_EVENT && symptom_from(r->value, &s) && s != SYMPTOM_OTHER);
        thing = thing || ((r->kind == FINDING_PRODUCT || r->kind == FINDING_PART) && r->value.n);
    }
    return event && thing;
}

static str name_of(const struct letter_heard *h, str code) {
    for (size_t i = 0; i < h->rows.n; i++)
        if (str_eq(h->rows.v[i].value, code) && h->rows.v[i].name.n) return h->rows.v[i].name;
    return code;
}

static bool recorded(const struct defect_panel *d, const struct defect_hint *h) {
    for (size_t i = 0; i < d->cases.n; i++) {
        const struct store_defect_case *k = &d->cases.v[i];
        bool same = str_eq(k->defect.product_code, h->product) && str_eq(k->defect.part_code, h->part);
        if (same && k->symptom == h->symptom) return true;
    }
    return false;
}

static err hint_from(struct web_call *w, const struct said *s, struct defect_panel *d) {
    HEART_CATALOGUE_AUTO struct heart_catalogue catalogue = {0};
    const struct letter_heard *h = s->heard;
    finding_list findings = {0};
    struct defect_hint hint;
    for (size_t i = 0; i < h->rows.n; i++)
        if (!h->rows.v[i].struck)
            *list_add(w->arena, &findings) = (struct finding){.kind = h->rows.v[i].kind,
                                                              .start = h->rows.v[i].start,
                                                              .end = h->rows.v[i].end,
                                                              .value = h->rows.v[i].value};
    TRY(heart_catalogue(w->desk, w->who.brand.id, &catalogue));
    if (!defect_hint_of(w->arena, s->message->text, &findings, catalogue.catalogue, &hint)) return ERR_NONE;
    if (recorded(d, &hint)) return ERR_NONE;
    d->hinted = true;
    d->hint = hint;
    d->hint_message = s->message->id;
    d->hint_product = name_of(h, hint.product);
    d->hint_part = name_of(h, hint.part);
    return ERR_NONE;
}

err defect_panel_load(struct web_call *w, struct conversation_page *p) {
    struct defect_panel *d = arena_alloc(w->arena, sizeof *d);
    {
        DB_READ_AUTO db_conn *c = NULL;
        int64_t brand = w->who.brand.id;
        TRY(db_read_begin(w->desk->db, &c));
        TRY(store_defect_cases_of_conversation(c, w->arena, brand, p->c.id, &d->cases));
        TRY(store_trial_cases_of_conversation(c, w->arena, brand, p->c.id, &d->trials));
        if (d->cases.n && p->may_write)
            TRY(store_trials_to_choose(c, w->arena, brand, CHOOSE_ROWS, &d->choose));
    }
    for (size_t i = p->said.n; i > 0 && !d->hinted; i--) {
        const struct said *s = &p->said.v[i - 1];
        if (s->message && s->heard && tells(s->heard)) TRY(hint_from(w, s, d));
    }
    p->defects = d;
    return ERR_NONE;
}
