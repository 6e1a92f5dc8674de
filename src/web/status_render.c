#include "web/status_render.h"

#include <sodium.h>

#include "base/clock.h"
#include "base/embedded.h"
#include "base/random.h"
#include "status_public.tmpl.h"

enum { ROW_BYTES = 400, ROWS_MOST = 30, NOTES_LEVEL = ROWS_MOST + 1, BARE_LEVEL = NOTES_LEVEL + 1 };

const char *status_form_type(status_form f) {
    switch (f) {
    case STATUS_HTML: return "text/html; charset=utf-8";
    case STATUS_ATOM: return "application/atom+xml; charset=utf-8";
    case STATUS_JSON: return "application/json";
    }
    return "";
}

const char *status_form_file(status_form f) {
    switch (f) {
    case STATUS_HTML: return "index.html";
    case STATUS_ATOM: return "feed.atom";
    case STATUS_JSON: return "status.json";
    }
    return "";
}

const char *status_state_words(status_state v) {
    switch (v) {
    case STATUS_WORKING: return T("Working");
    case STATUS_SLOW: return T("Slow");
    case STATUS_PARTLY: return T("Works in part");
    case STATUS_DOWN: return T("Not answering");
    case STATUS_CARE: return T("We are working on it");
    }
    return "";
}

const char *status_state_since(status_state v) {
    switch (v) {
    case STATUS_WORKING: return T("Working since {0}");
    case STATUS_SLOW: return T("Slow since {0}");
    case STATUS_PARTLY: return T("Works in part since {0}");
    case STATUS_DOWN: return T("Not answering since {0}");
    case STATUS_CARE: return T("We are working on it since {0}");
    }
    return "";
}

/* ---- style ---- */

static str style_of(void) {
    const struct embedded_file *f = embedded_find(S("assets/status.css"));
    return f ? (str){(const char *)f->bytes, f->n} : S("");
}

static str style_hash(arena *a) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    char text[sodium_base64_ENCODED_LEN(sizeof hash, sodium_base64_VARIANT_ORIGINAL)];
    str style = style_of();
    crypto_hash_sha256(hash, (const unsigned char *)style.p, style.n);
    sodium_bin2base64(text, sizeof text, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
    return str_fmt(a, "%s", text);
}

static str policy(arena *a) {
    return str_fmt(a,
                   "default-src 'none'; style-src 'sha256-%.*s'; base-uri 'none'; "
                   "form-action 'none'",
                   STR_FMT(style_hash(a)));
}

/* What a meta element may not say is in the header alone. */
str status_csp(arena *a) {
    str p = policy(a);
    return str_fmt(a, "%.*s; frame-ancestors 'none'", STR_FMT(p));
}

void status_style(struct page_out *o) {
    ARENA_AUTO arena *a = arena_new(0);
    buf_add(o->out, S("<meta http-equiv=\"Content-Security-Policy\" content=\""));
    buf_add(o->out, policy(a));
    buf_add(o->out, S("\">\n<style>"));
    buf_add(o->out, style_of());
    buf_add(o->out, S("</style>\n"));
}

/* ---- times ---- */

str status_iso(const struct status_sheet *s, int64_t at) {
    struct local_time l;
    zone_local(s->zone, at, &l);
    int offset = l.offset_minutes < 0 ? -l.offset_minutes : l.offset_minutes;
    return str_fmt(s->a, "%04lld-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", (long long)l.year, l.month, l.day,
                   l.hour, l.minute, l.second, l.offset_minutes < 0 ? '-' : '+', offset / 60, offset % 60);
}

str status_stamp(const struct status_sheet *s, struct page_out *o, int64_t at) {
    struct local_time l;
    zone_local(s->zone, at, &l);
    return str_fmt(s->a, "%.*s, %02d:%02d", STR_FMT(page_day_text(o, at)), l.hour, l.minute);
}

static const struct zone *zone_of(const struct store_brand *brand) {
    const struct zone *z;
    return zone_load(brand->zone, &z) == ERR_NONE ? z : zone_utc;
}

static int64_t day_of(const struct zone *z, int64_t at) {
    struct local_time l;
    zone_local(z, at, &l);
    return zone_days(l.year, l.month, l.day);
}

int64_t status_day(const struct store_brand *brand, int64_t now) { return day_of(zone_of(brand), now); }

str status_zone_words(const struct status_sheet *s) {
    struct local_time l;
    str name = zone_name(s->zone);
    zone_local(s->zone, s->now, &l);
    if (str_eq(name, str_z(l.abbreviation))) return name;
    return str_fmt(s->a, "%.*s (%s)", STR_FMT(name), l.abbreviation);
}

/* ---- what is shown ---- */

/* A blank line that holds a space looks the same, and begins no paragraph. */
static str tightened(arena *a, str words) {
    BUF_AUTO buf b = BUF_MAX(2 * words.n + 1);
    for (size_t i = 0; i < words.n; i++) {
        buf_add_char(&b, words.p[i]);
        if (words.p[i] == '\n') buf_add_char(&b, ' ');
    }
    return str_copy(a, buf_str(&b));
}

struct status_words status_words_of(const struct status_sheet *s, const struct store_status_update *u) {
    str words = s->tight ? tightened(s->a, u->words) : u->words;
    return (struct status_words){words, u->by_name, u->at, u->edited_at, u->next_at};
}

static str absolute(arena *a, str public_url, const struct store_brand *brand, const char *rest) {
    return str_fmt(a, "%.*s/status/%.*s%s", STR_FMT(public_url), STR_FMT(brand->slug), rest);
}

static str title_of(const struct status_sheet *s) {
    if (s->head && s->head->headline.n) return s->head->headline;
    if (s->head) return lang_text(s->lang, T("Something is wrong, and we are on it."));
    return s->all_work ? lang_text(s->lang, T("Everything works."))
                       : lang_text(s->lang, T("Not everything works at the moment."));
}

/* In full stand the newest words of each open matter, and what was said last today when nothing is open. */
static bool in_full(const struct status_sheet *s, const struct store_status_update *u) {
    if (u == s->latest) return true;
    for (size_t i = 0; i < s->matters.n; i++)
        if (s->matters.v[i].open && s->matters.v[i].newest == u) return true;
    return false;
}

static str one_line(arena *a, str words) {
    str cut = str_clip_utf8(words, ROW_BYTES);
    char *out = arena_copy(a, cut.p, cut.n);
    for (size_t i = 0; i < cut.n; i++)
        if (out[i] == '\n') out[i] = ' ';
    str line = {out, cut.n};
    return cut.n < words.n ? str_fmt(a, "%.*s\xe2\x80\xa6", STR_FMT(str_trim(line))) : line;
}

/* Before today a matter that is closed is its last words under its headline. */
static const struct status_matter *matter_of(const struct status_sheet *s, int64_t id) {
    for (size_t i = 0; i < s->matters.n; i++)
        if (s->matters.v[i].id == id) return &s->matters.v[i];
    return NULL;
}

static void fill_rows(struct status_sheet *s, size_t most) {
    int64_t today = day_of(s->zone, s->now);
    s->today.n = s->before.n = 0;
    for (size_t i = 0; i < s->p->updates.n && s->today.n + s->before.n < most; i++) {
        const struct store_status_update *u = &s->p->updates.v[i];
        const struct status_matter *m = matter_of(s, u->matter_id);
        bool is_today = day_of(s->zone, u->at) == today, whole = is_today || !m || m->open;
        if (in_full(s, u) || (!whole && u != m->newest)) continue;
        struct status_row *row = list_add(s->a, is_today ? &s->today : &s->before);
        *row = (struct status_row){u, whole ? u->headline : m->headline, one_line(s->a, u->words)};
    }
}

static struct status_sheet sheet_of(arena *a, str public_url, const struct status_public *p, int64_t now) {
    struct status_sheet s = {.a = a, .p = p, .now = now, .all_work = true};
    s.lang = lang_find(p->brand.language);
    s.zone = zone_of(&p->brand);
    status_matters(a, p, &s.matters);
    for (size_t i = 0; i < s.matters.n && !s.head; i++)
        if (s.matters.v[i].open) s.head = &s.matters.v[i];
    for (size_t i = 0; i < p->components.n; i++)
        if (p->components.v[i].state != STATUS_WORKING) s.all_work = false;
    if (s.head)
        s.latest = s.head->newest;
    else if (p->updates.n && day_of(s.zone, p->updates.v[0].at) == day_of(s.zone, now))
        s.latest = &p->updates.v[0];
    s.title = title_of(&s);
    s.page_url = absolute(a, public_url, &p->brand, "");
    s.subscribe_url = absolute(a, public_url, &p->brand, "/subscribe");
    s.feed_url = absolute(a, public_url, &p->brand, "/feed.atom");
    s.json_url = absolute(a, public_url, &p->brand, "/status.json");
    return s;
}

/* ---- HTML ---- */

static bool try_html(struct status_sheet *s, int less, str *ret) {
    BUF_AUTO buf b = BUF_MAX(STATUS_HTML_BYTES);
    struct page_out o = {.out = &b, .lang = s->lang, .zone = s->zone, .now = s->now};
    s->notes = less < NOTES_LEVEL;
    fill_rows(s, less < ROWS_MOST ? (size_t)(ROWS_MOST - less) : 0);
    if (less == BARE_LEVEL) s->matters.n = 0, s->tight = true;
    tmpl_status_public(&o, s);
    if (!buf_ok(&b)) return false;
    *ret = str_copy(s->a, buf_str(&b));
    return true;
}

/* What is older goes first, then the notes beside the components, then matters other than the newest, and
 * what parts its paragraphs. */
static err render_html(struct status_sheet s, str *ret) {
    for (int less = 0; less <= BARE_LEVEL; less++)
        if (try_html(&s, less, ret)) return ERR_NONE;
    return err_set(ERR_LIMIT, "The status page cannot be said in %d bytes.", STATUS_HTML_BYTES);
}

/* ---- Atom ---- */

static void add_time(struct status_sheet *s, buf *b, const char *name, int64_t at) {
    buf_add_fmt(b, "<%s>%.*s</%s>", name, STR_FMT(status_iso(s, at)), name);
}

/* XML 1.0 knows no U+FFFE and U+FFFF, and no control characters: with one of them the whole feed is none. */
static void add_text(buf *b, str text) {
    size_t from = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool none = i + 2 < text.n && c == 0xef && (unsigned char)text.p[i + 1] == 0xbf &&
                    (unsigned char)text.p[i + 2] >= 0xbe;
        bool control = c < 0x20 && c != '\n' && c != '\t';
        if (!none && !control) continue;
        html_escape(b, str_slice(text, from, i));
        if (none) i += 2;
        from = i + 1;
    }
    html_escape(b, str_slice(text, from, text.n));
}

static void add_element(buf *b, const char *name, const char *attributes, str text) {
    buf_add_fmt(b, "<%s%s>", name, attributes);
    add_text(b, text);
    buf_add_fmt(b, "</%s>\n", name);
}

/* RFC 4287, 4.2.6: the same for ever, wherever the page stands by then; a UUID of version 8 (RFC 9562). */
static str lasting_id(arena *a, int64_t brand, int64_t update) {
    str h = content_hash(a, str_fmt(a, "status %lld %lld", (long long)brand, (long long)update));
    return str_fmt(a, "urn:uuid:%.8s-%.4s-8%.3s-8%.3s-%.12s", h.p, h.p + 8, h.p + 12, h.p + 15, h.p + 18);
}

static void add_link(buf *b, const char *rel, str url, const char *type) {
    buf_add_fmt(b, "<link rel=\"%s\" type=\"%s\" href=\"", rel, type);
    html_escape(b, url);
    buf_add(b, S("\"/>\n"));
}

/* The words, and when there will be more. */
static str whole_words(const struct status_sheet *s, const struct store_status_update *u) {
    if (!u->next_at) return u->words;
    BUF_AUTO buf b = BUF_MAX(64 << 10);
    struct page_out o = {.out = &b, .lang = s->lang, .zone = s->zone, .now = u->at};
    const str when[] = {page_when_text(&o, u->next_at)};
    buf_add(&b, u->words);
    buf_add(&b, S("\n\n"));
    lang_fmt(&b, s->lang, T("I will write here again by {0}."), when, 1);
    return str_copy(s->a, buf_str(&b));
}

static void add_entry(struct status_sheet *s, buf *b, const struct store_status_update *u) {
    const struct status_matter *m = matter_of(s, u->matter_id);
    str title = u->headline.n ? u->headline : m ? m->headline : S("");
    buf_add(b, S("<entry>\n"));
    add_element(b, "title", "", title.n ? title : one_line(s->a, str_clip_utf8(u->words, 80)));
    add_element(b, "id", "", lasting_id(s->a, s->p->brand.id, u->id));
    add_link(b, "alternate", s->page_url, "text/html");
    add_time(s, b, "published", u->at);
    add_time(s, b, "updated", u->edited_at ? u->edited_at : u->at);
    buf_add(b, S("\n<author>"));
    add_element(b, "name", "", u->by_name);
    buf_add(b, S("</author>\n"));
    buf_add_fmt(b, "<category term=\"%s\"/>\n", status_kind_name(u->kind));
    add_element(b, "content", " type=\"text\"", whole_words(s, u));
    buf_add(b, S("</entry>\n"));
}

static err render_atom(struct status_sheet s, str *ret) {
    BUF_AUTO buf b = BUF_MAX(STATUS_FEED_BYTES);
    const str name[] = {s.p->brand.name};
    BUF_AUTO buf title = BUF_MAX(4096);
    lang_fmt(&title, s.lang, T("What works at {0}"), name, 1);
    buf_add_fmt(&b,
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"%s\">\n",
                s.lang ? s.lang->tag : "en");
    add_element(&b, "title", "", buf_str(&title));
    add_element(&b, "subtitle", "", s.title);
    add_element(&b, "id", "", lasting_id(s.a, s.p->brand.id, 0));
    add_link(&b, "self", s.feed_url, "application/atom+xml");
    add_link(&b, "alternate", s.page_url, "text/html");
    add_time(&s, &b, "updated", s.p->page.changed_at);
    buf_add_char(&b, '\n');
    for (size_t i = 0; i < s.p->updates.n; i++) add_entry(&s, &b, &s.p->updates.v[i]);
    buf_add(&b, S("</feed>\n"));
    if (!buf_ok(&b)) return err_set(ERR_LIMIT, "The status feed is too large.");
    *ret = str_copy(s.a, buf_str(&b));
    return ERR_NONE;
}

/* ---- JSON ---- */

static void json_time(const struct status_sheet *s, struct json_out *o, const char *key, int64_t at) {
    json_key(o, str_z(key));
    if (at)
        json_str(o, status_iso(s, at));
    else
        json_nil(o);
}

static void json_component(const struct status_sheet *s, struct json_out *o,
                           const struct store_status_component *k) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, k->id);
    json_key(o, S("name")), json_str(o, k->name);
    json_key(o, S("state")), json_str(o, str_z(status_state_name(k->state)));
    json_key(o, S("note")), json_str(o, k->note);
    json_time(s, o, "since", k->since);
    json_close_object(o);
}

static void json_update(const struct status_sheet *s, struct json_out *o,
                        const struct store_status_update *u) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, u->id);
    json_key(o, S("matter")), json_id(o, u->matter_id);
    json_key(o, S("kind")), json_str(o, str_z(status_kind_name(u->kind)));
    json_key(o, S("headline")), json_str(o, u->headline);
    json_key(o, S("words")), json_str(o, u->words);
    json_key(o, S("by")), json_str(o, u->by_name);
    json_time(s, o, "at", u->at);
    json_time(s, o, "changed_at", u->edited_at);
    json_time(s, o, "next_word_by", u->next_at);
    json_close_object(o);
}

static err render_json(struct status_sheet s, str *ret) {
    BUF_AUTO buf b = BUF_MAX(STATUS_FEED_BYTES);
    struct json_out o = json_begin(&b);
    json_open_object(&o);
    json_key(&o, S("version")), json_str(&o, S("status/1"));
    json_key(&o, S("brand")), json_str(&o, s.p->brand.name);
    json_key(&o, S("url")), json_str(&o, s.page_url);
    json_key(&o, S("language")), json_str(&o, str_z(s.lang ? s.lang->tag : "en"));
    json_key(&o, S("zone")), json_str(&o, zone_name(s.zone));
    json_key(&o, S("works")), json_bool(&o, s.all_work && !s.head);
    json_key(&o, S("headline")), json_str(&o, s.title);
    json_time(&s, &o, "changed_at", s.p->page.changed_at);
    json_key(&o, S("components"));
    json_open_array(&o);
    for (size_t i = 0; i < s.p->components.n; i++) json_component(&s, &o, &s.p->components.v[i]);
    json_close_array(&o);
    json_key(&o, S("updates"));
    json_open_array(&o);
    for (size_t i = 0; i < s.p->updates.n; i++) json_update(&s, &o, &s.p->updates.v[i]);
    json_close_array(&o);
    json_close_object(&o);
    if (!json_done(&o)) return err_set(ERR_LIMIT, "The status of the brand is too large for JSON.");
    *ret = str_copy(s.a, buf_str(&b));
    return ERR_NONE;
}

err status_render(arena *a, str public_url, const struct status_public *p, int64_t now,
                  str ret_bytes[STATUS_FORMS]) {
    struct status_sheet s = sheet_of(a, public_url, p, now);
    str made[STATUS_FORMS];
    TRY(render_html(s, &made[STATUS_HTML]));
    TRY(render_atom(s, &made[STATUS_ATOM]));
    TRY(render_json(s, &made[STATUS_JSON]));
    for (int i = 0; i < STATUS_FORMS; i++) ret_bytes[i] = made[i];
    return ERR_NONE;
}
