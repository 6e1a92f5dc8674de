#include "format/about.h"

#include "base/buf.h"
#include "format/mime_charset.h"

static const char *const kinds[] = {"", "letter", "event"};
static const char *const wishes[] = {"informs", "invites", "cancels", "answers"};
enum { WISHES = sizeof wishes / sizeof *wishes };

static void put(buf *b, arena *a, const char *name, str value) {
    value = str_clip_utf8(mime_clean(a, mime_repair_utf8(a, value), true), ABOUT_LINE_MAX);
    if (!value.n) return;
    buf_add_z(b, name);
    buf_add_char(b, '\t');
    buf_add(b, value);
    buf_add_char(b, '\n');
}

static void put_int(buf *b, const char *name, int64_t value) {
    if (value) buf_add_fmt(b, "%s\t%lld\n", name, (long long)value);
}

/* The years 1900 to 9999. */
static bool is_time(int64_t at) { return at >= -2209075200000 && at <= 253402387200000; }

static void put_time(buf *b, const char *name, int64_t at) { put_int(b, name, is_time(at) ? at : 0); }

str about_write(arena *a, const struct about *x) {
    BUF_AUTO buf b = BUF_MAX(ABOUT_BYTES_MAX);
    if (x->kind == ABOUT_NOTHING) return S("");
    str text = str_clip_utf8(x->text, ABOUT_TEXT_MAX);
    put(&b, a, "kind", str_z(kinds[x->kind]));
    put(&b, a, "subject", x->subject);
    put(&b, a, "from", x->from);
    put_time(&b, "at", x->at);
    put_int(&b, "cut", x->cut || text.n < x->text.n);
    put(&b, a, "where", x->where);
    put_time(&b, "until", x->until);
    put_int(&b, "all_day", x->all_day);
    put_int(&b, "floating", x->floating);
    put_int(&b, "repeats", x->repeats);
    put_int(&b, "more", x->more);
    put(&b, a, "wish", str_z(wishes[x->wish]));
    buf_add_char(&b, '\n');
    buf_add(&b, text);
    return buf_ok(&b) ? str_copy(a, buf_str(&b)) : S("");
}

static bool get_kind(str value, struct about *x) {
    for (int i = ABOUT_LETTER; i <= ABOUT_EVENT; i++)
        if (str_eq(value, str_z(kinds[i]))) x->kind = (about_kind)i;
    return x->kind != ABOUT_NOTHING;
}

static bool get_wish(str value, struct about *x) {
    for (int i = 0; i < WISHES; i++) {
        if (!str_eq(value, str_z(wishes[i]))) continue;
        x->wish = (about_wish)i;
        return true;
    }
    return false;
}

static bool get_number(str name, str value, struct about *x) {
    const struct {
        str name;
        int64_t *time;
        bool *flag;
    } members[] = {{S("at"), &x->at, NULL},           {S("until"), &x->until, NULL},
                   {S("cut"), NULL, &x->cut},         {S("all_day"), NULL, &x->all_day},
                   {S("repeats"), NULL, &x->repeats}, {S("floating"), NULL, &x->floating}};
    int64_t v;
    if (!str_to_int(value, &v)) return false;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (!str_eq(name, members[i].name)) continue;
        if (members[i].flag) *members[i].flag = v == 1;
        if (members[i].time) *members[i].time = v;
        return members[i].flag ? v == 1 : is_time(v);
    }
    if (!str_eq(name, S("more")) || v < 1 || v > 100000) return false;
    x->more = (int)v;
    return true;
}

bool about_read(str text, struct about *ret) {
    struct about x = {.kind = ABOUT_NOTHING};
    str rest = text, line, name;
    x.subject = x.from = x.where = x.text = S("");
    if (!text.n || text.n > ABOUT_BYTES_MAX) return false;
    while (str_line(&rest, &line) && line.n) {
        str value = line;
        bool good = false;
        if (!str_split(&value, '\t', &name) || !value.n) return false;
        if (str_eq(name, S("kind")))
            good = get_kind(value, &x);
        else if (str_eq(name, S("subject")))
            good = true, x.subject = value;
        else if (str_eq(name, S("from")))
            good = true, x.from = value;
        else if (str_eq(name, S("where")))
            good = true, x.where = value;
        else if (str_eq(name, S("wish")))
            good = get_wish(value, &x);
        else
            good = get_number(name, value, &x);
        if (!good) return false;
    }
    x.text = rest;
    if (x.kind == ABOUT_NOTHING) return false;
    *ret = x;
    return true;
}
