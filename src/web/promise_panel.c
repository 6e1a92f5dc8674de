/* Promises beside a conversation, on a customer's page and on the list of whoever reads. */
#include "web/conversation_page.h"
#include "web/promise_page.h"

/* ---- beside a conversation ---- */

static void sort_out(struct web_call *w, const store_promise_list *all, int64_t conversation,
                     struct promise_panel *v) {
    for (size_t i = all->n; i > 0; i--) {
        const struct store_promise *p = &all->v[i - 1];
        if (p->conversation_id != conversation) continue;
        *list_add(w->arena, p->whose == PROMISE_OURS ? &v->ours : &v->theirs) = *p;
    }
    for (size_t i = 0; i < all->n; i++)
        if (all->v[i].conversation_id != conversation) *list_add(w->arena, &v->memories) = all->v[i];
}

err promise_panel_load(struct web_call *w, struct conversation_page *p) {
    struct promise_panel *v = arena_alloc(w->arena, sizeof *v);
    store_promise_list all = {0};
    db_conn *c;
    *v = (struct promise_panel){0};
    TRY(web_read(w, &c));
    TRY(store_promises_beside(c, w->arena, w->who.brand.id, p->c.id, p->c.customer_id, PROMISES_BESIDE + 1,
                              &all));
    if (all.n > PROMISES_BESIDE) {
        all.n = PROMISES_BESIDE;
        v->more = true;
    }
    sort_out(w, &all, p->c.id, v);
    if (p->may_write && (v->ours.n || v->theirs.n)) promise_choices(w, &p->messages, &v->choices);
    p->promises = v;
    return ERR_NONE;
}

const struct store_promise *promise_remembered(const struct promise_panel *v, int64_t letter, str words) {
    for (size_t i = 0; i < v->theirs.n; i++) {
        const struct store_promise *p = &v->theirs.v[i];
        if (p->message_id == letter && str_eq(p->text, str_trim(words))) return p;
    }
    return NULL;
}

bool promise_waits_for_grown_up(const struct promise_panel *v) {
    for (size_t i = 0; i < v->theirs.n; i++)
        if (!v->theirs.v[i].agreed) return true;
    return false;
}

static bool hears_another(const struct promise_panel *v, const struct letter_heard *h) {
    for (size_t i = 0; i < h->rows.n; i++) {
        const struct finding_row *f = &h->rows.v[i];
        if (f->kind == FINDING_PROMISE && !f->struck && f->words.n &&
            !promise_remembered(v, h->message, f->words))
            return true;
    }
    return false;
}

bool promise_theirs_to_show(const struct conversation_page *p) {
    if (p->promises->theirs.n) return true;
    for (size_t i = 0; p->may_write && i < p->said.n; i++)
        if (p->said.v[i].heard && hears_another(p->promises, p->said.v[i].heard)) return true;
    return false;
}

static void json_rows(const struct web_call *w, struct json_out *o, const store_promise_list *rows) {
    json_open_array(o);
    for (size_t i = 0; i < rows->n; i++) promise_json_object(w, o, &rows->v[i]);
    json_close_array(o);
}

void promise_panel_json(const struct web_call *w, struct json_out *o, const struct promise_panel *v) {
    json_open_object(o);
    json_key(o, S("ours")), json_rows(w, o, &v->ours);
    json_key(o, S("theirs")), json_rows(w, o, &v->theirs);
    json_key(o, S("memories")), json_rows(w, o, &v->memories);
    json_close_object(o);
}

/* ---- of a customer ---- */

err promise_customer_load(struct web_call *w, int64_t customer, struct promise_customer **ret) {
    struct promise_customer *v = arena_alloc(w->arena, sizeof *v);
    int64_t before;
    db_conn *c;
    *v = (struct promise_customer){0};
    TRY(web_param_int(w, "promised", 0, &before));
    TRY(web_read(w, &c));
    TRY(store_promises_of_customer(c, w->arena, w->who.brand.id, customer, before, PROMISES_OF_CUSTOMER + 1,
                                   &v->rows));
    v->first = before == 0;
    if (v->rows.n > PROMISES_OF_CUSTOMER) {
        v->rows.n = PROMISES_OF_CUSTOMER;
        v->before = v->rows.v[PROMISES_OF_CUSTOMER - 1].id;
    }
    *ret = v;
    return ERR_NONE;
}

/* ---- the reader's day ---- */

err promise_day_load(struct web_call *w, const struct promise_day **ret) {
    struct promise_ask ask = promise_ask_now(w, PROMISES_DUE, w->who.agent.id);
    struct promise_day *v = arena_alloc(w->arena, sizeof *v);
    int64_t brand = w->who.brand.id;
    db_conn *c;
    *v = (struct promise_day){0};
    *ret = NULL;
    TRY(web_read(w, &c));
    TRY(store_promises(c, w->arena, brand, &ask, (struct page_key){0, 0}, DAY_ROWS, &v->rows));
    if (!v->rows.n) return ERR_NONE;
    TRY(store_promise_count(c, brand, &ask, &v->counts));
    *ret = v;
    return ERR_NONE;
}
