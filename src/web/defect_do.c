/* What can be done about defects: recorded, described, taken back, joined; alarms. */
#include "defect.tmpl.h"
#include "desk/conversation.h"
#include "desk/promise.h"
#include "web/conversation_page.h"

static err wish_of(struct web_call *w, struct defect_wish *ret) {
    struct defect_wish wish = {.product = web_param(w, "product"),
                               .part = web_param(w, "part"),
                               .words = web_param_text(w, "words"),
                               .lot = web_param(w, "lot")};
    str kind = web_param(w, "symptom");
    if (!kind.n)
        wish.symptom = SYMPTOM_OTHER;
    else if (!symptom_from(kind, &wish.symptom))
        return err_set(ERR_INVALID, "What is wrong is one of: broken, missing, wrong, other.");
    TRY(web_param_int(w, "message", 0, &wish.message));
    TRY(defect_day_from(web_param(w, "packed"), "The packing date", &wish.packed_day));
    *ret = wish;
    return ERR_NONE;
}

static void show_done(struct web_call *w, const struct defect_recorded *r) {
    struct defect_done *done = arena_alloc(w->arena, sizeof *done);
    *done = (struct defect_done){r->id, r->defect, r->repeated};
    w->view = done;
}

/* What is not there is said before what was wrong in the form. */
static err conversation_there(struct web_call *w, int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v;
    TRY(db_read_begin(w->desk->db, &c));
    return store_conversation_get(c, w->arena, w->who.brand.id, id, &v);
}

static err record(struct web_call *w) {
    struct defect_wish wish;
    struct defect_recorded done;
    int64_t conversation;
    TRY(web_id(w, 1, &conversation));
    TRY(conversation_there(w, conversation));
    TRY(wish_of(w, &wish));
    wish.conversation = conversation;
    TRY(defect_record(w->desk, w->arena, &w->actor, &wish, &done));
    show_done(w, &done);
    web_go(w, web_path(w, "/c/%lld#defects", (long long)wish.conversation));
    return ERR_NONE;
}

err case_do_record(struct web_call *w) {
    err e = record(w);
    return e ? admin_again(w, e, case_form_view) : ERR_NONE;
}

void case_json(const struct web_call *w, struct json_out *o) {
    const struct defect_done *done = w->view;
    json_open_object(o);
    json_key(o, S("case")), json_id(o, done->id);
    json_key(o, S("defect")), json_id(o, done->defect);
    json_key(o, S("repeated")), json_bool(o, done->repeated);
    json_close_object(o);
}

/* A letter that says the same, from the defect's page. */
err defect_do_join(struct web_call *w) {
    struct defect_wish wish;
    struct defect_recorded done;
    struct store_defect d;
    int64_t defect;
    TRY(web_id(w, 1, &defect));
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(w->desk->db, &c));
        TRY(store_defect_get(c, w->arena, w->who.brand.id, defect, &d));
    }
    TRY(wish_of(w, &wish));
    TRY(web_param_int(w, "conversation", 0, &wish.conversation));
    wish.product = d.product_code;
    wish.part = d.part_code;
    TRY(defect_record(w->desk, w->arena, &w->actor, &wish, &done));
    show_done(w, &done);
    web_go(w, web_path(w, "/defects/%lld?kept=1#like", (long long)defect));
    return ERR_NONE;
}

static err case_conversation(struct web_call *w, int64_t id, struct store_defect_case *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(w->desk->db, &c));
    return store_defect_case_get(c, w->arena, w->who.brand.id, id, ret);
}

/* Back to where the form stood. */
static void go_back(struct web_call *w, const struct store_defect_case *k) {
    if (str_eq(web_param(w, "at"), S("defect")))
        web_go(w, web_path(w, "/defects/%lld?kept=1#cases", (long long)k->defect_id));
    else
        web_go(w, web_path(w, "/c/%lld#defects", (long long)k->conversation_id));
}

err case_do_describe(struct web_call *w) {
    struct store_defect_case k;
    int64_t id, day, seen;
    TRY(web_id(w, 1, &id));
    TRY(case_conversation(w, id, &k));
    TRY(defect_day_from(web_param(w, "packed"), "The packing date", &day));
    TRY(web_param_int(w, "seen", -1, &seen));
    TRY(defect_describe(w->desk, w->arena, &w->actor, id, web_param(w, "lot"), day, seen));
    go_back(w, &k);
    return ERR_NONE;
}

err case_do_take_back(struct web_call *w) {
    struct store_defect_case k;
    int64_t id;
    TRY(web_id(w, 1, &id));
    TRY(case_conversation(w, id, &k));
    TRY(defect_take_back(w->desk, w->arena, &w->actor, id));
    go_back(w, &k);
    return ERR_NONE;
}

static err do_alarm(struct web_call *w, err (*act)(struct desk *d, arena *a, const struct actor *who,
                                                   int64_t alarm, str note, int64_t seen_version)) {
    struct store_alarm l;
    int64_t id, seen;
    TRY(web_id(w, 1, &id));
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(w->desk->db, &c));
        TRY(store_alarm_get(c, w->arena, w->who.brand.id, id, &l));
    }
    TRY(web_param_int(w, "seen", -1, &seen));
    TRY(act(w->desk, w->arena, &w->actor, id, web_param(w, "note"), seen));
    web_go(w, web_path(w, "/defects/%lld?kept=1", (long long)l.defect_id));
    return ERR_NONE;
}

err alarm_do_acknowledge(struct web_call *w) { return do_alarm(w, alarm_acknowledge); }
err alarm_do_close(struct web_call *w) { return do_alarm(w, alarm_close); }

/* ---- the form ---- */

err case_form_view(struct web_call *w) {
    struct case_form *v = arena_alloc(w->arena, sizeof *v);
    struct conversation c;
    struct message m = {0};
    db_conn *conn;
    TRY(web_id(w, 1, &v->conversation));
    TRY(web_read(w, &conn));
    TRY(store_conversation_get(conn, w->arena, w->who.brand.id, v->conversation, &c));
    TRY(defects_load(w, T("Something is wrong with a product"), "defects", &v->admin));
    err e = store_message_last_letter(conn, w->arena, w->who.brand.id, v->conversation, &m);
    if (e && e != ERR_MISSING) return e;
    v->customer_name = c.customer_name;
    v->letter = e ? S("") : m.text;
    v->product = web_param(w, "product");
    v->part = web_param(w, "part");
    v->words = web_param_text(w, "words");
    v->lot = web_param(w, "lot");
    v->packed = web_param(w, "packed");
    if (!symptom_from(web_param(w, "symptom"), &v->symptom)) v->symptom = SYMPTOM_BROKEN;
    w->view = v;
    return ERR_NONE;
}

void case_form_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct case_form *v = w->view;
    defects_open(w, &v->admin);
    tmpl_defect_case_form(&w->page, v);
    defects_close(w, &v->admin);
}
