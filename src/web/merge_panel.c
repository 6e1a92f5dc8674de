/* Merging as it stands beside a letter: what may belong together, and letters that colleagues forwarded. */
#include "base/clock.h"
#include "web/merge_page.h"
#include "web/routes.h"

static void look_at(struct web_call *w, struct conversation_page *p, const struct forwarded_ours *ours) {
    for (size_t i = p->said.n; i > 0; i--) {
        const struct said *s = &p->said.v[i - 1];
        struct forwarded_offer offer;
        if (!s->message || s->message->kind != MESSAGE_LETTER) continue;
        forwarded_look(w->arena, ours, s->message, &s->files, &offer);
        if (!offer.message) continue;
        struct forwarded_offer *kept = arena_alloc(w->arena, sizeof *kept);
        *kept = offer;
        if (w->in->method != HTTP_GET && web_param_has(w, "address")) {
            kept->f.name = web_param(w, "name");
            kept->f.address = web_param(w, "address");
        }
        p->forwarded = kept;
        return;
    }
}

err merge_panel_load(struct web_call *w, struct conversation_page *p) {
    const struct glance *g;
    if (!p->may_write) return ERR_NONE;
    TRY(glance_of(w, &g));
    const struct forwarded_ours ours = {&g->colleagues, &g->inboxes};
    look_at(w, p, &ours);
    return ERR_NONE;
}

/* Somebody who writes again after a year hardly means the same. */
static bool recent(const struct conversation_page *p, const struct conversation *c) {
    int64_t apart = p->c.created_at - c->updated_at;
    return c->state != CONVERSATION_DONE || apart < RELATED_DAYS * (int64_t)DAY_MS;
}

str merge_related_why(struct web_call *w, const struct conversation_page *p, const struct conversation *c) {
    if (c->id != p->related || c->merged_into || p->c.merged_into) return S("");
    if (c->customer_id != p->c.customer_id)
        return web_text(
            w, T("Possibly the same matter: this letter names one from there, but came from somebody "
                 "else"));
    if (!recent(p, c)) return S("");
    return c->state == CONVERSATION_DONE
               ? web_text(w, T("Possibly the same matter: the same person wrote not long before"))
               : web_text(w, T("Possibly the same matter: the same person, and that one is still open"));
}

/* What somebody types on a page that was open meanwhile is not written where nobody looks. */
err merge_guard(struct web_call *w) {
    str path = str_z(w->route->path);
    int64_t id;
    if (w->in->method == HTTP_GET || !str_starts(path, S("/b/:brand/c/:id/"))) return ERR_NONE;
    if (str_ends(path, S("/presence")) || str_ends(path, S("/merge")) || web_id(w, 1, &id)) return ERR_NONE;
    return merge_open(w->desk, w->who.brand.id, id);
}
