#include "web/admin_page.h"

#include "admin.tmpl.h"
#include "desk/roles.h"
#include "web/error_page.h"

static const char *const role_titles[ROLES] = {
    [ROLE_ADMINISTRATOR] = T("Administrator"), [ROLE_LEAD] = T("Lead"),        [ROLE_AGENT] = T("Agent"),
    [ROLE_PACKER] = T("Box packer"),           [ROLE_READER] = T("Read-only"),
};

const char *role_title(str role) {
    enum role r;
    return role_from(role, &r) ? role_titles[r] : "";
}

err admin_go(struct web_call *w) {
    web_go(w, web_path(w, "/admin/people"));
    return ERR_NONE;
}

err admin_load(struct web_call *w, str title, const char *tab, struct admin *ret_admin) {
    struct admin v = {.tab = tab};
    TRY(frame_load(w, title, &v.frame));
    v.frame.at = "admin";
    v.kept = w->in->method == HTTP_GET && web_param_has(w, "kept");
    *ret_admin = v;
    return ERR_NONE;
}

void admin_open(struct web_call *w, struct admin *v) {
    v->says = w->problem ? w->says : S("");
    frame_open(w, &v->frame);
    tmpl_admin_open(&w->page, v);
}

void admin_close(struct web_call *w, struct admin *v) {
    tmpl_admin_close(&w->page, v);
    frame_close(w, &v->frame);
}

void admin_kept(struct web_call *w, const char *rest) { web_go(w, web_path(w, "%s?kept=1", rest)); }

err admin_again(struct web_call *w, err e, err (*view)(struct web_call *w)) {
    if (w->json || e == ERR_MISSING || web_status(e) >= 500) return e;
    str says = str_copy(w->arena, str_z(err_text()));
    err code = view(w);
    if (code) {
        w->view = NULL;
        return code;
    }
    return err_set(e, "%.*s", STR_FMT(says));
}

bool admin_no_view(struct web_call *w) {
    if (w->view) return false;
    error_page(w, w->out->status, w->says);
    return true;
}

static const char *const zones[] = {
    "UTC",
    "Europe/Amsterdam",
    "Europe/Athens",
    "Europe/Berlin",
    "Europe/Brussels",
    "Europe/Bucharest",
    "Europe/Budapest",
    "Europe/Copenhagen",
    "Europe/Dublin",
    "Europe/Helsinki",
    "Europe/Istanbul",
    "Europe/Kyiv",
    "Europe/Lisbon",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Oslo",
    "Europe/Paris",
    "Europe/Prague",
    "Europe/Rome",
    "Europe/Stockholm",
    "Europe/Vienna",
    "Europe/Warsaw",
    "Europe/Zurich",
    "America/Argentina/Buenos_Aires",
    "America/Bogota",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Toronto",
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Africa/Nairobi",
    "Asia/Dubai",
    "Asia/Hong_Kong",
    "Asia/Jakarta",
    "Asia/Jerusalem",
    "Asia/Kolkata",
    "Asia/Seoul",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Perth",
    "Australia/Sydney",
    "Pacific/Auckland",
};

const char *zone_offer(size_t i) { return i < sizeof zones / sizeof *zones ? zones[i] : NULL; }

static const struct language_offer languages[] = {
    {"en", "English"},    {"da", "Dansk"},      {"de", "Deutsch"}, {"es", "Español"}, {"fr", "Français"},
    {"it", "Italiano"},   {"nl", "Nederlands"}, {"nb", "Norsk"},   {"pl", "Polski"},  {"pt", "Português"},
    {"ro", "Română"},     {"fi", "Suomi"},      {"sv", "Svenska"}, {"tr", "Türkçe"},  {"ru", "Русский"},
    {"uk", "Українська"}, {"ar", "العربية"},    {"hu", "Magyar"},  {"cs", "Čeština"}, {"el", "Ελληνικά"},
};

const struct language_offer *language_offer(size_t i) {
    return i < sizeof languages / sizeof *languages ? &languages[i] : NULL;
}

bool language_is_offered(str tag) {
    for (size_t i = 0; language_offer(i); i++)
        if (str_eq(tag, str_z(language_offer(i)->tag))) return true;
    return false;
}
