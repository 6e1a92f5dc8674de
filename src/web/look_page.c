#include "web/look_page.h"

#include "look.tmpl.h"
#include "web/routes.h"

static const char *const paper_titles[PRINT_PAPERS] = {
    [PRINT_A4] = T("A4"),
    [PRINT_LETTER] = T("US Letter"),
    [PRINT_A5] = T("A5"),
    [PRINT_LABEL_62X100] = T("Labels of 62 × 100 mm"),
    [PRINT_LABEL_4X6] = T("Labels of 4 × 6 inches"),
};

const char *look_paper_title(enum print_paper p) { return paper_titles[p]; }

/* What is not in the request stays as it is. */
static str said(const struct web_call *w, const char *name, str now) {
    return web_param_has(w, name) ? web_param_text(w, name) : now;
}

static err get_look(struct web_call *w, struct store_look *ret) {
    struct store_look row;
    enum print_paper paper, label;
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(store_look_get(c, w->arena, w->who.brand.id, &row));
    look_papers_from(&row, &paper, &label);
    row.paper = str_z(print_paper_name(paper));
    row.label = str_z(print_paper_name(label));
    if (!row.updated_at) row.accent = LOOK_ACCENT;
    *ret = row;
    return ERR_NONE;
}

/* ---- the look ---- */

static void show_typed(struct web_call *w, struct look_view *v) {
    struct store_look *f = &v->form;
    int64_t seen;
    f->brand_line = str_clip_utf8(web_param(w, "brand_line"), 10000);
    f->sender = str_clip_utf8(web_param(w, "sender"), 10000);
    f->foot = str_clip_utf8(web_param_text(w, "foot"), 10000);
    f->sign_off = str_clip_utf8(web_param_text(w, "sign_off"), 10000);
    f->sans = web_param_on(w, "sans");
    f->paper = web_param(w, "paper");
    f->label = web_param(w, "label");
    v->accent = str_clip_utf8(web_param(w, "accent"), 100);
    v->changed = !web_param_int(w, "seen", -1, &seen) && seen >= 0 && seen != v->row.updated_at;
}

err look_view(struct web_call *w) {
    struct look_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(get_look(w, &v->row));
    TRY(voice_load(w, T("Printed letter"), "look", &v->admin));
    v->form = v->row;
    v->accent = look_accent_text(w->arena, v->row.accent);
    if (w->in->method != HTTP_GET && web_param_has(w, "accent")) show_typed(w, v);
    w->view = v;
    return ERR_NONE;
}

void look_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct look_view *v = w->view;
    voice_open(w, &v->admin);
    tmpl_look(&w->page, v);
    voice_close(w, &v->admin);
}

void look_json(const struct web_call *w, struct json_out *o) {
    const struct store_look *r = &((const struct look_view *)w->view)->row;
    json_open_object(o);
    json_key(o, S("brand_line")), json_str(o, r->brand_line);
    json_key(o, S("sender")), json_str(o, r->sender);
    json_key(o, S("foot")), json_str(o, r->foot);
    json_key(o, S("sign_off")), json_str(o, r->sign_off);
    json_key(o, S("accent")), json_str(o, look_accent_text(w->arena, r->accent));
    json_key(o, S("sans")), json_bool(o, r->sans);
    json_key(o, S("paper")), json_str(o, r->paper);
    json_key(o, S("label")), json_str(o, r->label);
    json_key(o, S("has_mark")), json_bool(o, r->mark.n > 0);
    json_key(o, S("agent")), json_id(o, r->agent_id);
    json_key(o, S("updated_at")), json_int(o, r->updated_at);
    json_close_object(o);
}

/* The file of that field; an input left empty is not there. */
static enum look_picture picture_of(const struct web_call *w, const char *field, const char *gone,
                                    str *ret_png) {
    for (size_t i = 0; i < w->in->files.n; i++) {
        if (!str_eq(w->in->files.v[i].field, str_z(field)) || !w->in->files.v[i].bytes.n) continue;
        *ret_png = w->in->files.v[i].bytes;
        return PICTURE_NEW;
    }
    return web_param_on(w, gone) ? PICTURE_GONE : PICTURE_STAYS;
}

static err save(struct web_call *w) {
    struct store_look now;
    TRY(get_look(w, &now));
    web_read_end(w);
    struct look_form form = {.brand_line = said(w, "brand_line", now.brand_line),
                             .sender = said(w, "sender", now.sender),
                             .foot = said(w, "foot", now.foot),
                             .sign_off = said(w, "sign_off", now.sign_off),
                             .accent = said(w, "accent", look_accent_text(w->arena, now.accent)),
                             .sans = web_param_has(w, "sans") ? web_param_on(w, "sans") : now.sans,
                             .paper = said(w, "paper", now.paper),
                             .label = said(w, "label", now.label)};
    form.picture = picture_of(w, "mark", "no_mark", &form.mark);
    TRY(web_param_int(w, "seen", -1, &form.seen));
    return look_change(w->desk, w->arena, &w->actor, &form);
}

err look_save(struct web_call *w) {
    err e = save(w);
    if (e) return admin_again(w, e, look_view);
    struct look_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(get_look(w, &v->row));
    w->view = v;
    admin_kept(w, "/voice/look");
    return ERR_NONE;
}

/* ---- pictures and the preview ---- */

static err picture(struct web_call *w, str png) {
    if (!png.n) return err_set(ERR_MISSING, "There is no picture.");
    w->csp = "default-src 'none'; sandbox; frame-ancestors 'none'";
    web_bytes(w, "image/png", png);
    return ERR_NONE;
}

err look_mark(struct web_call *w) {
    struct store_look row;
    TRY(get_look(w, &row));
    return picture(w, row.mark);
}

err look_preview(struct web_call *w) {
    struct store_look row;
    struct store_signing own;
    struct print_look look;
    struct print_result result;
    enum print_paper paper, label;
    db_conn *c;
    TRY(get_look(w, &row));
    TRY(web_read(w, &c));
    TRY(store_signing_get(c, w->arena, w->who.brand.id, w->who.agent.id, &own));
    web_read_end(w);
    look_from(&row, &look);
    look.accent = (uint32_t)row.accent;
    look_papers_from(&row, &paper, &label);
    str language = w->page.lang ? str_z(w->page.lang->tag) : S("en");
    const struct print_about about = {web_text(w, T("How our letters look")), row.brand, language,
                                      w->page.now};
    const struct print_letter letter = {
        .language = language,
        .address = S("Milo Ferreira\n3 Lantern Lane\n4020 Harrowmere"),
        .date = page_day_text(&w->page, w->page.now),
        .subject = web_text(w, T("Keeper Juno is on her way")),
        .text = web_text(
            w,
            T("Dear Milo,\n\nthe drain on your street has eaten many a glove, but never before a lighthouse "
              "keeper. We looked at the map of the drains: she is on her way to the sea, and rather looking "
              "forward to it.\n\nUntil she sends a postcard, another Keeper Juno looks after your "
              "lighthouse. "
              "She is in this box, with a lantern of her own. There is nothing to pay, and nothing to send "
              "back.\n\nShe asks you to keep her off the tram.")),
        .sign_off = own.sign_off.n ? own.sign_off : row.sign_off,
        .signature = own.picture,
        .name = own.name,
        .role = own.role};
    TRY(print_letter(&about, paper, &look, &letter, print_to_buf, &w->out->body, &result));
    w->out->type = S("application/pdf");
    web_header(w, "Content-Disposition", S("inline; filename=\"letter.pdf\""));
    return ERR_NONE;
}

/* ---- an agent's own ---- */

static err get_signing(struct web_call *w, struct signing_view *v) {
    struct store_look look;
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(store_look_get(c, w->arena, w->who.brand.id, &look));
    TRY(store_signing_get(c, w->arena, w->who.brand.id, w->who.agent.id, &v->row));
    v->brand_sign_off = look.sign_off;
    return ERR_NONE;
}

err signing_view(struct web_call *w) {
    struct signing_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(get_signing(w, v));
    TRY(frame_load(w, web_text(w, T("How you sign")), &v->admin.frame));
    v->admin.frame.at = "account";
    v->admin.kept = w->in->method == HTTP_GET && web_param_has(w, "kept");
    v->form = v->row;
    if (w->in->method != HTTP_GET) {
        v->form.role = str_clip_utf8(said(w, "role", v->row.role), 10000);
        v->form.sign_off = str_clip_utf8(said(w, "sign_off", v->row.sign_off), 10000);
    }
    w->view = v;
    return ERR_NONE;
}

void signing_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct signing_view *v = w->view;
    v->admin.says = w->problem ? w->says : S("");
    frame_open(w, &v->admin.frame);
    tmpl_signing(&w->page, v);
    frame_close(w, &v->admin.frame);
}

void signing_json(const struct web_call *w, struct json_out *o) {
    const struct store_signing *r = &((const struct signing_view *)w->view)->row;
    json_open_object(o);
    json_key(o, S("agent")), json_id(o, r->agent_id);
    json_key(o, S("name")), json_str(o, r->name);
    json_key(o, S("role")), json_str(o, r->role);
    json_key(o, S("sign_off")), json_str(o, r->sign_off);
    json_key(o, S("has_signature")), json_bool(o, r->picture.n > 0);
    json_key(o, S("updated_at")), json_int(o, r->updated_at);
    json_close_object(o);
}

err signing_save(struct web_call *w) {
    struct signing_view *v = arena_alloc(w->arena, sizeof *v), kept = {0};
    TRY(get_signing(w, &kept));
    web_read_end(w);
    struct signing_form form = {.role = said(w, "role", kept.row.role),
                                .sign_off = said(w, "sign_off", kept.row.sign_off)};
    form.picture = picture_of(w, "signature", "no_signature", &form.png);
    err e = look_sign(w->desk, w->arena, &w->actor, &form);
    if (e) return admin_again(w, e, signing_view);
    TRY(get_signing(w, v));
    w->view = v;
    admin_kept(w, "/account/letter");
    return ERR_NONE;
}

err signature_picture(struct web_call *w) {
    struct store_signing row;
    int64_t id;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_signing_get(c, w->arena, w->who.brand.id, id, &row));
    return picture(w, row.picture);
}
