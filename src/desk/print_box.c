#include "desk/print_box.h"

#include <uniname.h>

#include "desk/look.h"
#include "desk/promise.h"
#include "store/brand.h"
#include "store/conversation.h"

struct signing {
    int64_t agent;
    str png, name, role, sign_off;
};

struct print_shop {
    const struct desk *desk;
    arena *a;
    struct store_brand brand;
    const struct zone *zone;
    struct print_look look;
    enum print_paper paper, label;
    LIST(struct signing) signings;
};

/* ---- parts ---- */

err print_parts_from(str text, struct print_parts *ret) {
    struct print_parts p = {0};
    for (size_t at = 0; at < text.n;) {
        size_t end = at;
        while (end < text.n && text.p[end] != ' ' && text.p[end] != ',') end++;
        str word = str_slice(text, at, end);
        at = end + 1;
        if (!word.n) continue;
        bool all = str_eq(word, S("all"));
        if (!all && !str_eq(word, S("letter")) && !str_eq(word, S("slip")) && !str_eq(word, S("label")))
            return err_set(ERR_INVALID, "What is printed is letter, slip, label, or several of them.");
        p.letter = p.letter || all || str_eq(word, S("letter"));
        p.slip = p.slip || all || str_eq(word, S("slip"));
        p.label = p.label || str_eq(word, S("label"));
    }
    if (!p.letter && !p.slip && !p.label)
        return err_set(ERR_INVALID, "Choose what to print: letter, slip or label.");
    *ret = p;
    return ERR_NONE;
}

str print_parts_text(arena *a, struct print_parts p) {
    return str_trim(
        str_fmt(a, "%s %s%s", p.letter ? "letter" : "", p.slip ? "slip " : "", p.label ? "label" : ""));
}

/* ---- words and days ---- */

static const char *const weekdays[] = {T("Sunday"),   T("Monday"), T("Tuesday"), T("Wednesday"),
                                       T("Thursday"), T("Friday"), T("Saturday")};
static const char *const months[] = {T("January"),   T("February"), T("March"),    T("April"),
                                     T("May"),       T("June"),     T("July"),     T("August"),
                                     T("September"), T("October"),  T("November"), T("December")};

static const struct lang *words_of(str language) { return lang_find(language.n ? language : S("en")); }

static str filled(arena *a, const struct lang *l, const char *msgid, const str *args, int n) {
    BUF_AUTO buf b = BUF_MAX(PRINT_FIELD_BYTES);
    lang_fmt(&b, l, msgid, args, n);
    return buf_ok(&b) ? str_copy(a, buf_str(&b)) : S("");
}

str print_day(arena *a, str language, int64_t day) {
    const struct lang *l = words_of(language);
    if (!day) return S("");
    if (!l) return promise_day_text(a, day);
    struct local_time t;
    zone_local(NULL, promise_day_end(NULL, day), &t);
    const str args[] = {lang_text(l, weekdays[t.weekday]), str_fmt(a, "%d", t.day),
                        lang_text(l, months[t.month - 1]), str_fmt(a, "%lld", (long long)t.year)};
    return filled(a, l, /* l10n: weekday, day, month, year, at the head of a printed letter */
                  T("{0} {1} {2} {3}"), args, 4);
}

str print_character(arena *a, uint32_t code_point) {
    char name[UNINAME_MAX];
    if (!unicode_character_name(code_point, name)) return str_fmt(a, "U+%04X", (unsigned)code_point);
    return str_fmt(a, "U+%04X %s", (unsigned)code_point, name);
}

/* ---- scanning ---- */

str print_box_link(arena *a, const struct desk *d, str slug, int64_t number) {
    return str_fmt(a, "%.*s/b/%.*s/box/%lld", STR_FMT(d->public_url), STR_FMT(slug), (long long)number);
}

int64_t print_box_number(str scanned) {
    str s = str_trim(scanned);
    int64_t n;
    size_t slash = str_find(s, S("/box/"), 0);
    if (slash != SIZE_MAX)
        s = str_slice(s, slash + 5, s.n);
    else if (str_starts_nocase(s, S("box:")))
        s = str_trim(str_slice(s, 4, s.n));
    else if (str_starts(s, S("#")))
        s = str_slice(s, 1, s.n);
    return str_to_int(s, &n) && n > 0 ? n : 0;
}

/* ---- a brand ---- */

err print_shop_open(const struct desk *d, db_conn *c, arena *a, int64_t brand, struct print_shop **ret) {
    struct print_shop *shop = arena_alloc(a, sizeof *shop);
    shop->desk = d;
    shop->a = a;
    TRY(store_brand_by_id(c, a, brand, &shop->brand));
    TRY(look_of(c, a, brand, &shop->look));
    TRY(look_papers(c, a, brand, &shop->paper, &shop->label));
    if (zone_load(shop->brand.zone, &shop->zone)) shop->zone = NULL;
    *ret = shop;
    return ERR_NONE;
}

void print_shop_about(const struct print_shop *shop, str title, int64_t at, struct print_about *ret) {
    *ret = (struct print_about){title, shop->look.brand, shop->brand.language, at};
}

static err signing_of(db_conn *c, struct print_shop *shop, int64_t agent, const struct signing **ret) {
    for (size_t i = 0; i < shop->signings.n; i++)
        if (shop->signings.v[i].agent == agent) {
            *ret = &shop->signings.v[i];
            return ERR_NONE;
        }
    struct signing s = {.agent = agent};
    TRY(look_signature(c, shop->a, shop->brand.id, agent, &s.png, &s.name, &s.role, &s.sign_off));
    *list_add(shop->a, &shop->signings) = s;
    *ret = &shop->signings.v[shop->signings.n - 1];
    return ERR_NONE;
}

/* ---- a letter ---- */

/* The last line of a text that ends in one, and what stands before it. */
static bool last_line(str text, str *ret_before, str *ret_line) {
    str t = str_trim(text);
    size_t at = t.n;
    while (at && t.p[at - 1] != '\n') at--;
    *ret_line = str_trim(str_slice(t, at, t.n));
    *ret_before = str_trim(str_slice(t, 0, at));
    return ret_line->n > 0;
}

/* Letters mostly end with "Warm wishes," and a name already. These then stand around the signature, where
 * they belong, and are not printed twice. */
static void sign(const struct signing *s, struct print_letter *l) {
    str before, line, given = S(""), rest = s->name;
    str_split(&rest, ' ', &given);
    l->signature = s->png;
    l->sign_off = s->sign_off;
    l->name = s->name;
    l->role = s->role;
    if (!s->name.n || !last_line(l->text, &before, &line)) return;
    bool own = str_starts_nocase(line, s->name) || str_eq_nocase(line, given) ||
               (str_starts_nocase(line, given) && line.n > given.n &&
                (line.p[given.n] == ' ' || line.p[given.n] == ',') && line.n < 60);
    if (!own) return;
    l->text = before;
    l->name = line;
    l->sign_off = S("");
    if (last_line(before, &before, &line) && line.n < 60 && str_ends(line, S(","))) {
        l->text = before;
        l->sign_off = line;
    }
}

static str address_of(arena *a, const struct store_box *b) {
    if (!b->country.n || !b->address.n) return b->address;
    str before, line;
    if (last_line(b->address, &before, &line) && str_eq_nocase(line, b->country)) return b->address;
    return str_fmt(a, "%.*s\n%.*s", STR_FMT(b->address), STR_FMT(b->country));
}

static err fill_letter(db_conn *c, struct print_shop *shop, arena *a, const struct store_box *b, str address,
                       struct print_letter *l) {
    const struct signing *s;
    str language = b->language.n ? b->language : shop->brand.language;
    TRY(signing_of(c, shop, b->agent_id, &s));
    *l = (struct print_letter){.language = language,
                               .address = address,
                               .date = print_day(a, language, promise_day_of(shop->zone, b->created_at)),
                               .text = b->letter};
    sign(s, l);
    return ERR_NONE;
}

/* ---- a slip and a label ---- */

static str named(arena *a, const struct store_box_item *i) {
    if (!i->colour.n) return i->item_name;
    return str_fmt(a, "%.*s, %.*s", STR_FMT(i->item_name), STR_FMT(i->colour));
}

static void fill_slip(const struct print_shop *shop, arena *a, const struct store_box *b,
                      const store_box_item_list *items, str address, struct print_slip *s) {
    str language = b->language.n ? b->language : shop->brand.language;
    const struct lang *l = words_of(language);
    if (!l) l = words_of(shop->brand.language);
    struct print_item *rows = arena_array(a, items->n ? items->n : 1, sizeof *rows);
    for (size_t i = 0; i < items->n; i++) {
        const struct store_box_item *x = &items->v[i];
        rows[i] =
            (struct print_item){named(a, x), x->item_code, x->place, x->quantity, x->picked >= x->quantity};
    }
    str number = str_fmt(a, "%lld", (long long)b->number);
    str letter = str_fmt(a, "%lld", (long long)b->conversation_number);
    str facts = filled(a, l, T("Conversation {0}"), &letter, 1);
    if (b->due_day) {
        str day = print_day(a, l ? str_z(l->tag) : S(""), b->due_day);
        facts =
            str_fmt(a, "%.*s\n%.*s", STR_FMT(filled(a, l, T("Promised by {0}"), &day, 1)), STR_FMT(facts));
    }
    *s = (struct print_slip){.language = l ? str_z(l->tag) : S(""),
                             .title = lang_text(l, T("Packing slip")),
                             .box = filled(a, l, T("Box {0}"), &number, 1),
                             .link = print_box_link(a, shop->desk, shop->brand.slug, b->number),
                             .address = address,
                             .facts = facts,
                             .item_head = lang_text(l, T("What")),
                             .place_head = lang_text(l, T("Where")),
                             .qty_head = lang_text(l, T("How many")),
                             .items = rows,
                             .nitems = items->n,
                             .note = lang_text(l, T("Nothing to pay, nothing to send back."))};
}

static void fill_label(const struct print_shop *shop, arena *a, const struct store_box *b, str address,
                       struct print_label *l) {
    str number = str_fmt(a, "%lld", (long long)b->number);
    str language = b->language.n ? b->language : shop->brand.language;
    *l = (struct print_label){
        .language = language,
        .sender = shop->look.sender,
        .address = address,
        .box = filled(a, words_of(language), T("Box {0}"), &number, 1),
        .link = print_box_link(a, shop->desk, shop->brand.slug, b->number),
    };
}

/* ---- a box ---- */

static err check_printable(db_conn *c, const struct print_shop *shop, arena *a, const struct store_box *b) {
    if (b->state == BOX_CANCELLED)
        return err_set(ERR_CONFLICT, "Box %lld was cancelled, so it is not printed.", (long long)b->number);
    return box_unlocked_in(c, a, shop->brand.id, b->conversation_id);
}

static err check_content(const struct print_ready *r, const struct store_box *b) {
    if (r->box.letter || r->box.slip || r->box.label) return ERR_NONE;
    return err_set(ERR_CONFLICT,
                   b->address.n ? "Box %lld has no letter to print."
                                : "Box %lld has nothing to print yet: its address is not known.",
                   (long long)b->number);
}

err print_box_ready(db_conn *c, struct print_shop *shop, arena *a, int64_t box, struct print_parts parts,
                    struct print_ready **ret) {
    struct print_ready *r = arena_alloc(a, sizeof *r);
    struct store_box b;
    store_box_item_list items = {0};
    TRY(store_box_get(c, a, shop->brand.id, box, &b));
    TRY(check_printable(c, shop, a, &b));
    str address = address_of(a, &b);
    str language = b.language.n ? b.language : shop->brand.language;
    r->number = b.number;
    r->box = (struct print_box){.paper = shop->paper, .label_paper = shop->label, .look = &shop->look};
    r->about = (struct print_about){str_fmt(a, "Box %lld", (long long)b.number), shop->look.brand, language,
                                    b.updated_at};
    if (parts.letter && str_trim(b.letter).n) {
        TRY(fill_letter(c, shop, a, &b, address, &r->letter));
        r->box.letter = &r->letter;
    }
    if (parts.slip) {
        TRY(store_box_items(c, a, shop->brand.id, box, &items));
        fill_slip(shop, a, &b, &items, address, &r->slip);
        r->box.slip = &r->slip;
    }
    if (parts.label && address.n) {
        fill_label(shop, a, &b, address, &r->label);
        r->box.label = &r->label;
    }
    TRY(check_content(r, &b));
    *ret = r;
    return ERR_NONE;
}

err print_box_pdf(const struct desk *d, arena *a, int64_t brand, int64_t box, struct print_parts parts,
                  print_write write, void *context, struct print_result *ret) {
    struct print_ready *ready;
    struct print_shop *shop;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(print_shop_open(d, c, a, brand, &shop));
        TRY(print_box_ready(c, shop, a, box, parts, &ready));
    }
    struct print_batch *batch;
    TRY(print_batch_begin(&ready->about, write, context, &batch));
    err e = print_batch_add(batch, &ready->box, NULL);
    if (!e) e = print_batch_end(batch, ret);
    print_batch_free(batch);
    return e;
}
