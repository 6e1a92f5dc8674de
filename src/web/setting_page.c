#include "web/setting_page.h"

#include "admin.tmpl.h"

err settings_view(struct web_call *w) {
    struct settings_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(admin_load(w, web_text(w, T("Settings")), "settings", &v->admin));
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(settings_of_brand(c, w->arena, w->who.brand.id, &v->settings));
    for (size_t i = 0; i < v->settings.n; i++) {
        const struct setting_value *s = &v->settings.v[i];
        v->typed[i] = s->is_set ? str_fmt(w->arena, "%lld", (long long)s->value) : S("");
        if (w->in->method != HTTP_GET && web_param_has(w, s->info->name))
            v->typed[i] = str_clip_utf8(web_param(w, s->info->name), 100);
    }
    w->view = v;
    return ERR_NONE;
}

void settings_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct settings_view *v = w->view;
    admin_open(w, &v->admin);
    tmpl_settings(&w->page, v);
    admin_close(w, &v->admin);
}

void settings_json(const struct web_call *w, struct json_out *o) {
    const struct settings_view *v = w->view;
    json_open_object(o);
    json_key(o, S("settings"));
    json_open_array(o);
    for (size_t i = 0; i < v->settings.n; i++) {
        const struct setting_value *s = &v->settings.v[i];
        json_open_object(o);
        json_key(o, S("name")), json_str(o, str_z(s->info->name));
        json_key(o, S("value")), json_int(o, s->value);
        json_key(o, S("is_set")), json_bool(o, s->is_set);
        json_key(o, S("default")), json_int(o, s->info->standard);
        json_key(o, S("min")), json_int(o, s->info->min);
        json_key(o, S("max")), json_int(o, s->info->max);
        json_key(o, S("unit")), json_str(o, str_z(s->info->unit));
        json_key(o, S("help")), json_str(o, web_text(w, s->info->help));
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

err settings_save(struct web_call *w) {
    for (int i = 0; i < SETTINGS; i++) {
        const char *name = setting_info((enum setting)i)->name;
        if (!web_param_has(w, name)) continue;
        err e = setting_change(w->desk, w->arena, w->who.brand.id, str_z(name), str_trim(web_param(w, name)));
        if (e) return admin_again(w, e, settings_view);
    }
    admin_kept(w, "/admin/settings");
    return ERR_NONE;
}
