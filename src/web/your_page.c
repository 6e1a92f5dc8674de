/* /your/TOKEN: what became of it. Read by whoever has the link, so it holds no more than a first name. */
#include "base/lang.h"
#include "web/admin_page.h"
#include "web/missing_page.h"
#include "your.tmpl.h"

/* ---- how a box stands ---- */

static void add(struct your_step *ret, size_t *n, const char *words, enum your_when when, int64_t at) {
    ret[(*n)++] = (struct your_step){.words = words, .when = when, .at = at};
}

static void unsent(const struct your_view *v, const struct store_box *b, struct your_step *ret, size_t *n) {
    bool packed = b->state == BOX_PACKED;
    if (b->state == BOX_PROPOSED)
        add(ret, n,
            v->track.grown_up_asked ? T("We have asked a grown-up, and wait for their word")
                                    : T("A person reads your letter and looks at what we have"),
            YOUR_NOW, 0);
    else if (v->track.waits_for_grown_up)
        add(ret, n, T("We wait for the word of a grown-up"), YOUR_NOW, 0);
    else if (b->state == BOX_TO_PICK)
        add(ret, n, T("We look for your pieces on our shelves"), YOUR_NOW, 0);
    add(ret, n, packed ? T("Packed, with a letter") : T("It will be packed, with a letter"),
        packed ? YOUR_DONE : YOUR_LATER, b->packed_at);
    add(ret, n, packed ? T("It waits for the postman") : T("It will go into the post"),
        packed ? YOUR_NOW : YOUR_LATER, 0);
}

static void sent(const struct store_box *b, struct your_step *ret, size_t *n) {
    add(ret, n, T("Packed, with a letter"), YOUR_DONE, b->packed_at);
    add(ret, n, T("Put into the post"), YOUR_DONE, b->sent_at);
    ret[*n - 1].tracked = true;
    switch (b->state) {
    case BOX_PROPOSED:
    case BOX_TO_PICK:
    case BOX_PACKED:
    case BOX_CANCELLED: return;
    case BOX_SENT: add(ret, n, T("On its way to you"), YOUR_NOW, 0); break;
    case BOX_ARRIVED: add(ret, n, T("It arrived"), YOUR_DONE, b->settled_at); return;
    case BOX_CAME_BACK:
        add(ret, n, T("It came back to us. A person looks after it"), YOUR_NOW, b->settled_at);
        return;
    case BOX_LOST:
        add(ret, n, T("It got lost on the way. A person looks after it"), YOUR_NOW, b->settled_at);
        return;
    }
}

struct your_way your_way_of(const struct your_view *v, const struct track_box *t) {
    const struct store_box *b = &t->box;
    struct your_way way = {.n = 0};
    if (box_unsent(b->state))
        unsent(v, b, way.steps, &way.n);
    else
        sent(b, way.steps, &way.n);
    int64_t day = b->due_day ? b->due_day : v->track.promised_day;
    if (!day || (!box_unsent(b->state) && b->state != BOX_SENT)) return way;
    add(way.steps, &way.n, T("With you, if all goes well"), YOUR_LATER, 0);
    way.steps[way.n - 1].day = day;
    return way;
}

/* ---- the page ---- */

err your_view(struct web_call *w) {
    struct your_view *v = arena_alloc(w->arena, sizeof *v);
    *v = (struct your_view){.w = w};
    w->view = v;
    err e = track_open(w->desk, w->arena, w->at.value[0], &v->track);
    if (e && e != ERR_MISSING) return e;
    v->wrong = e == ERR_MISSING;
    if (v->wrong || v->track.ended) {
        w->out->status = v->wrong ? 404 : 410;
        return ERR_NONE;
    }
    v->fresh = str_eq(http_query(w->in, S("new")), S("1"));
    if (v->fresh) v->link = track_url(w->desk, w->arena, w->at.value[0]);
    const struct zone *zone;
    if (zone_load(v->track.zone, &zone) == ERR_NONE) w->page.zone = zone;
    return ERR_NONE;
}

void your_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    web_header(w, "X-Robots-Tag", S("noindex, nofollow"));
    tmpl_your(&w->page, w->view);
}

void your_json(const struct web_call *w, struct json_out *o) {
    const struct your_view *v = w->view;
    json_open_object(o);
    json_key(o, S("works")), json_bool(o, !v->wrong && !v->track.ended);
    if (!v->wrong && !v->track.ended) {
        json_key(o, S("brand")), json_str(o, v->track.brand_name);
        json_key(o, S("first_name")), json_str(o, v->track.first_name);
        json_key(o, S("begun_at")), json_int(o, v->track.begun_at);
        json_key(o, S("answered_at")), json_int(o, v->track.answered_at);
        json_key(o, S("expires_at")), json_int(o, v->track.expires_at);
        json_key(o, S("promised_day")), json_int(o, v->track.promised_day);
        json_key(o, S("boxes"));
        json_open_array(o);
        for (size_t i = 0; i < v->track.boxes.n; i++) {
            const struct track_box *b = &v->track.boxes.v[i];
            json_open_object(o);
            json_key(o, S("state")), json_str(o, str_z(box_state_name(b->box.state)));
            json_key(o, S("packed_at")), json_int(o, b->box.packed_at);
            json_key(o, S("sent_at")), json_int(o, b->box.sent_at);
            json_key(o, S("settled_at")), json_int(o, b->box.settled_at);
            json_key(o, S("due_day")), json_int(o, b->box.due_day);
            json_key(o, S("tracking")), json_str(o, b->url);
            json_close_object(o);
        }
        json_close_array(o);
    }
    json_close_object(o);
}
