#include "desk/look.h"

#include "desk/check.h"

/* ---- for printing ---- */

void look_from(const struct store_look *row, struct print_look *ret) {
    *ret = (struct print_look){.brand = row->brand_line.n ? row->brand_line : row->brand,
                               .sender = row->sender,
                               .foot = row->foot,
                               .mark = row->mark,
                               .accent = row->updated_at ? (uint32_t)row->accent : LOOK_ACCENT,
                               .sans = row->sans};
}

void look_papers_from(const struct store_look *row, enum print_paper *ret_paper,
                      enum print_paper *ret_label) {
    enum print_paper paper, label;
    *ret_paper = print_paper_find(row->paper, &paper) ? paper : PRINT_A4;
    *ret_label = print_paper_find(row->label, &label) ? label : PRINT_A4;
}

err look_of(db_conn *c, arena *a, int64_t brand, struct print_look *ret) {
    struct store_look row;
    TRY(store_look_get(c, a, brand, &row));
    look_from(&row, ret);
    return ERR_NONE;
}

err look_signature(db_conn *c, arena *a, int64_t brand, int64_t agent, str *ret_png, str *ret_name,
                   str *ret_role, str *ret_sign_off) {
    struct store_signing own = {.name = S(""), .role = S(""), .sign_off = S(""), .picture = S("")};
    struct store_look look;
    err e = agent ? store_signing_get(c, a, brand, agent, &own) : ERR_NONE;
    if (e && e != ERR_MISSING) return e;
    TRY(store_look_get(c, a, brand, &look));
    *ret_png = own.picture;
    *ret_name = own.name;
    *ret_role = own.role;
    *ret_sign_off = own.sign_off.n ? own.sign_off : look.sign_off;
    return ERR_NONE;
}

err look_papers(db_conn *c, arena *a, int64_t brand, enum print_paper *ret_paper,
                enum print_paper *ret_label) {
    struct store_look row;
    TRY(store_look_get(c, a, brand, &row));
    look_papers_from(&row, ret_paper, ret_label);
    return ERR_NONE;
}

str look_accent_text(arena *a, int64_t accent) { return str_fmt(a, "#%06x", (unsigned)accent & 0xffffff); }

/* ---- what was typed ---- */

static err check_accent(str text, int64_t *ret_accent) {
    int64_t value = 0;
    str t = str_trim(text);
    if (t.n && t.p[0] == '#') t = str_slice(t, 1, t.n);
    bool ok = t.n == 6;
    for (size_t i = 0; ok && i < t.n; i++) {
        char c = t.p[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        ok = digit >= 0;
        value = value * 16 + (ok ? digit : 0);
    }
    if (!ok) return err_set(ERR_INVALID, "The colour is written as #2a4899: six digits from 0 to f.");
    *ret_accent = value;
    return ERR_NONE;
}

static err check_foot(arena *a, str typed, str *ret_foot) {
    str text, line, rest;
    int lines = 0;
    TRY(check_text(a, "The foot", str_trim(typed), LOOK_FOOT_BYTES, &text));
    for (rest = text; str_line(&rest, &line);) lines++;
    if (lines > LOOK_FOOT_LINES) return err_set(ERR_INVALID, "The foot has more than six lines.");
    *ret_foot = text;
    return ERR_NONE;
}

/* By printing it: its head says little of whether it can be read to the end. */
static err check_picture(const char *what, str png, bool is_mark) {
    int width, height;
    struct print_result result;
    BUF_AUTO buf out = BUF_MAX(16 << 20);
    if (png.n > LOOK_PICTURE_BYTES)
        return err_set(ERR_LIMIT,
                       "%s has more than 512 KB. Save it smaller: it is printed a few centimetres wide.",
                       what);
    TRY(print_image_check(png, &width, &height));
    const struct print_about about = {.title = S("Longhand")};
    const struct print_look look = {.brand = S("Longhand"), .mark = is_mark ? png : S("")};
    const struct print_letter letter = {.text = S("."), .signature = is_mark ? S("") : png};
    return print_letter(&about, PRINT_A5, &look, &letter, print_to_buf, &out, &result);
}

static err check_papers(const struct look_form *form) {
    enum print_paper p;
    if (!print_paper_find(form->paper, &p) || p == PRINT_LABEL_62X100 || p == PRINT_LABEL_4X6)
        return err_set(ERR_INVALID, "Letters are printed on a4, letter or a5.");
    if (!print_paper_find(form->label, &p))
        return err_set(ERR_INVALID, "Labels are printed on 62x100, 4x6, a4, letter or a5.");
    return ERR_NONE;
}

struct look_change {
    arena *a;
    const struct actor *who;
    const struct look_form *form;
    struct store_look row;
    int64_t now;
};

static err write_look(db_conn *c, void *arg) {
    struct look_change *x = arg;
    struct store_look now, row = x->row;
    TRY(store_look_get(c, x->a, x->who->brand, &now));
    if (x->form->seen >= 0 && now.updated_at != x->form->seen)
        return err_set(ERR_CONFLICT, "Somebody changed the look while you were at it. What you typed is "
                                     "here; keep it again to replace theirs.");
    if (x->form->picture == PICTURE_STAYS) row.mark = now.mark;
    row.agent_id = x->who->agent;
    row.updated_at = x->now > now.updated_at ? x->now : now.updated_at + 1;
    return store_look_put(c, x->who->brand, &row);
}

err look_change(const struct desk *d, arena *a, const struct actor *who, const struct look_form *form) {
    struct look_change x = {.a = a, .who = who, .form = form, .now = desk_now(d)};
    struct store_look *row = &x.row;
    *row = (struct store_look){.sans = form->sans, .paper = form->paper, .label = form->label, .mark = S("")};
    TRY(check_line_or_empty("The name on the letter", form->brand_line, LOOK_LINE_BYTES, &row->brand_line));
    TRY(check_line_or_empty("The sender", form->sender, LOOK_LINE_BYTES, &row->sender));
    TRY(check_foot(a, form->foot, &row->foot));
    TRY(check_text(a, "The sign-off", str_trim(form->sign_off), LOOK_SIGN_OFF_BYTES, &row->sign_off));
    TRY(check_accent(form->accent, &row->accent));
    TRY(check_papers(form));
    if (form->picture == PICTURE_NEW) {
        TRY(check_picture("The mark", form->mark, true));
        row->mark = form->mark;
    }
    TRY(db_write(d->db, write_look, &x));
    desk_changed(d, who->brand, 0, "voice");
    return ERR_NONE;
}

/* ---- an agent's own ---- */

struct sign_change {
    arena *a;
    const struct actor *who;
    const struct signing_form *form;
    struct store_signing row;
    int64_t now;
};

static err write_signing(db_conn *c, void *arg) {
    struct sign_change *x = arg;
    struct store_signing now, row = x->row;
    TRY(store_signing_get(c, x->a, x->who->brand, x->who->agent, &now));
    if (x->form->picture == PICTURE_STAYS) row.picture = now.picture;
    row.updated_at = x->now > now.updated_at ? x->now : now.updated_at + 1;
    return store_signing_put(c, x->who->brand, &row);
}

err look_sign(const struct desk *d, arena *a, const struct actor *who, const struct signing_form *form) {
    struct sign_change x = {.a = a, .who = who, .form = form, .now = desk_now(d)};
    x.row = (struct store_signing){.agent_id = who->agent, .picture = S("")};
    TRY(check_line_or_empty("The line below your name", form->role, LOOK_LINE_BYTES, &x.row.role));
    TRY(check_text(a, "The sign-off", str_trim(form->sign_off), LOOK_SIGN_OFF_BYTES, &x.row.sign_off));
    if (form->picture == PICTURE_NEW) {
        TRY(check_picture("The signature", form->png, false));
        x.row.picture = form->png;
    }
    TRY(db_write(d->db, write_signing, &x));
    desk_changed(d, who->brand, 0, "voice");
    return ERR_NONE;
}
