/* Requests made by hand against a real desk: two brands, people of every role, letters; no socket. */
#ifndef LONGHAND_TEST_WEB_KIT_H
#define LONGHAND_TEST_WEB_KIT_H

#include <string.h>

#include "people_kit.h"

#include "base/clock.h"
#include "desk/brands.h"
#include "desk/conversation.h"
#include "desk/filing.h"
#include "desk/intake.h"
#include "desk/people.h"
#include "desk/reply.h"
#include "format/url.h"
#include "store/raw.h"
#include "store/session.h"
#include "web/routes.h"

struct web_person {
    struct store_agent agent;
    struct actor actor;
    str session, csrf, token;
};

static struct {
    struct web *web;
    struct people_setup_done toys, books;
    struct web_person ines, lena, omar, rita,
        hugo; /* administrator, lead, agent, reader; of the other brand */
    struct intake_inbox inbox, other_inbox;
    int64_t letter, conversation; /* of the first brand: HTML, an attachment */
    int64_t other_letter, other_conversation, other_file, other_customer;
    int64_t file, customer;
} site;

/* ---- people ---- */

struct web_session_in {
    struct store_session row;
};

static inline err kit_put_session(db_conn *c, void *arg) {
    struct web_session_in *x = arg;
    return store_session_insert(c, kit.a, &x->row);
}

/* Signed in without a password, which would take long. */
static inline str kit_session(int64_t account, str *ret_csrf) {
    str session = token_new(kit.a);
    *ret_csrf = token_new(kit.a);
    struct web_session_in x = {{.hash = token_hash(kit.a, session),
                                .account_id = account,
                                .csrf = *ret_csrf,
                                .created_at = kit.now,
                                .seen_at = kit.now,
                                .expires_at = kit.now + 30 * (int64_t)DAY_MS}};
    assert_ok(db_write(kit.db, kit_put_session, &x));
    return session;
}

static inline struct web_person kit_person(const struct store_agent *agent, str name) {
    struct web_person p = {.agent = *agent, .actor = {agent->brand_id, agent->id, name}};
    struct store_token token;
    p.session = kit_session(agent->account_id, &p.csrf);
    assert_ok(people_token_create(&kit.d, kit.a, agent->brand_id, agent->id, S("test"), &p.token, &token));
    return p;
}

static inline struct web_person kit_hire(const char *email, const char *name, enum role role) {
    struct people_invited invited;
    assert_ok(people_invite(&kit.d, kit.a, site.toys.brand.id, str_z(email), str_z(name), role, &invited));
    return kit_person(&invited.agent, str_z(name));
}

/* ---- letters ---- */

struct kit_letter {
    struct intake_inbox to;
    const char *from, *name, *subject, *text, *html;
    const char *file, *content_id;
    str file_bytes, file_type;
    int64_t id, conversation, file_id; /* what it became */
};

struct kit_filing {
    struct filing *f;
    int64_t conversation;
};

static inline err kit_file_it(db_conn *c, void *arg) {
    struct kit_filing *g = arg;
    return filing_put(c, kit.a, g->f, kit.now, &g->conversation);
}

static inline void kit_put_letter(struct kit_letter *l) {
    static int n;
    str bytes = str_fmt(kit.a, "Subject: %s\r\n\r\n%s %d\r\n", l->subject, l->text, ++n);
    assert_ok(intake_keep(&kit.d, kit.a, l->to, str_z(l->from), S("x@example.org"), bytes, &l->id));
    struct filing f = {.brand = l->to.brand};
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_raw_get(c, kit.a, l->to.brand, l->id, &f.raw));
    f.message = (struct message){.id = l->id,
                                 .kind = MESSAGE_LETTER,
                                 .raw_id = l->id,
                                 .from_name = str_z(l->name),
                                 .from_address = str_z(l->from),
                                 .subject = str_z(l->subject),
                                 .text = str_z(l->text),
                                 .html = str_z(l->html),
                                 .remote_images = l->html ? 2 : 0,
                                 .rfc_id = str_fmt(kit.a, "%lld@customer.example", (long long)l->id),
                                 .said_at = kit.now,
                                 .created_at = kit.now};
    f.words = words_of_message(kit.a, S("en"), &f.message);
    *list_add(kit.a, &f.addresses) = (struct message_address){0, ROLE_FROM, str_z(l->name), str_z(l->from)};
    if (l->file)
        *list_add(kit.a, &f.files) = (struct attachment){.name = str_z(l->file),
                                                         .type = l->file_type,
                                                         .content_id = str_z(l->content_id),
                                                         .size = (int64_t)l->file_bytes.n,
                                                         .hash = content_hash(kit.a, l->file_bytes),
                                                         .bytes = l->file_bytes};
    struct kit_filing g = {&f, 0};
    assert_ok(db_write(kit.db, kit_file_it, &g));
    l->conversation = g.conversation;
    if (l->file) l->file_id = f.files.v[0].id;
    desk_changed(&kit.d, l->to.brand, l->conversation, "letter");
}

#define TOYS "/b/tidewatch-toys"
#define BOOKS "/b/harbour-books"

#define KIT_PNG S("\x89PNG\r\n\x1a\nnot much of a picture")

static inline void kit_letters(void) {
    struct kit_letter a = {
        .to = site.inbox,
        .from = "milo@customer.example",
        .name = "Milo, 7",
        .subject = "Keeper Juno",
        .text = "Dear Tidewatch,\n\nKeeper Juno fell down the drain <b>& \"was lost\"</b>.\n\nMilo",
        .html = "<p>Keeper Juno fell <img src=\"cid:pic@1\" alt=\"drain\"></p>",
        .file = "dräin \"1\".png",
        .content_id = "pic@1",
        .file_bytes = KIT_PNG,
        .file_type = S("image/png")};
    struct kit_letter b = a;
    b.to = site.other_inbox;
    b.from = "else@customer.example";
    kit_put_letter(&a);
    kit_put_letter(&b);
    site.letter = a.id, site.conversation = a.conversation, site.file = a.file_id;
    site.other_letter = b.id, site.other_conversation = b.conversation, site.other_file = b.file_id;
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, site.other_inbox.brand, b.conversation, &v));
    site.other_customer = v.customer_id;
    assert_ok(store_conversation_get(c, kit.a, site.inbox.brand, a.conversation, &v));
    site.customer = v.customer_id;
}

/* ---- the site ---- */

static inline int kit_site(void) {
    memset(&site, 0, sizeof site);
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines Duarte"),
                                  .zone = S("UTC"),
                                  .language = S("en")};
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &site.toys));
    assert_ok(brand_create(&kit.d, kit.a, S("Harbour Books"), S("UTC"), S("en"), &site.books.brand));
    struct inbox_form form = {
        .address = S("letters@harbour.example"), .is_default = true, .silent_after_hours = -1};
    struct store_inbox inbox;
    assert_ok(inbox_create(&kit.d, kit.a, site.books.brand.id, &form, &inbox));
    struct people_invited hugo;
    assert_ok(people_invite(&kit.d, kit.a, site.books.brand.id, S("hugo@harbour.example"), S("Hugo"),
                            ROLE_ADMINISTRATOR, &hugo));
    site.hugo = kit_person(&hugo.agent, S("Hugo"));
    site.ines = kit_person(&site.toys.admin, S("Ines Duarte"));
    site.lena = kit_hire("lena@tidewatch.example", "Lena", ROLE_LEAD);
    site.omar = kit_hire("omar@tidewatch.example", "Omar", ROLE_AGENT);
    site.rita = kit_hire("rita@tidewatch.example", "Rita", ROLE_READER);
    assert_ok(intake_find(&kit.d, kit.a, S("letters@tidewatch.example"), &site.inbox));
    assert_ok(intake_find(&kit.d, kit.a, S("letters@harbour.example"), &site.other_inbox));
    kit.d.public_url = S("http://desk.example");
    assert_ok(web_new(&kit.d, &site.web));
    kit_letters();
    return 0;
}

static inline int kit_open_site(void **state) { return kit_open_sqlite(state) ? -1 : kit_site(); }
static inline int kit_open_site_postgres(void **state) { return kit_open_postgres(state) ? -1 : kit_site(); }

static inline int kit_close_site(void **state) {
    web_free(site.web);
    return kit_close(state);
}

/* ---- requests ---- */

struct shot {
    http_method method;
    const char *path, *query;
    const struct web_person *as; /* by session; NULL nobody */
    const struct web_person *by; /* by token */
    const char *form;            /* urlencoded, without csrf */
    const char *json;
    const char *csrf;           /* instead of the right one; "" none */
    const char *header, *value; /* one more header */
    const char *header2, *value2;
    str file; /* the field `file`, named cat.png */
};

struct hit {
    int status;
    str body, type, location;
    http_pairs headers;
};

static inline void add_pair(arena *a, http_pairs *to, str name, str value) {
    *list_add(a, to) = (struct http_pair){name, value};
}

static inline void kit_parse(http_pairs *to, const char *text) {
    str rest = str_z(text), name, value;
    while (url_pair(kit.a, &rest, &name, &value)) add_pair(kit.a, to, name, value);
}

static inline str hit_header(const struct hit *h, const char *name) {
    for (size_t i = 0; i < h->headers.n; i++)
        if (str_eq_nocase(h->headers.v[i].name, str_z(name))) return h->headers.v[i].value;
    return S("");
}

static inline struct hit kit_shoot(struct shot s) {
    arena *a = kit.a;
    struct http_request q = {.arena = a, .method = s.method, .path = str_z(s.path), .peer = S("127.0.0.1")};
    struct http_response r = {.status = 200, .body = BUF_MAX(64 << 20)};
    q.raw_query = str_z(s.query);
    kit_parse(&q.query, s.query);
    kit_parse(&q.form, s.form);
    if (s.as) {
        add_pair(a, &q.cookies, S("longhand"), s.as->session);
        if (s.method != HTTP_GET && !s.csrf) add_pair(a, &q.form, S("csrf"), s.as->csrf);
    }
    if (s.csrf && *s.csrf) add_pair(a, &q.form, S("csrf"), str_z(s.csrf));
    if (s.by) add_pair(a, &q.headers, S("Authorization"), str_fmt(a, "Bearer %.*s", STR_FMT(s.by->token)));
    if (s.header) add_pair(a, &q.headers, str_z(s.header), str_z(s.value));
    if (s.header2) add_pair(a, &q.headers, str_z(s.header2), str_z(s.value2));
    if (s.json) {
        q.body = str_z(s.json);
        q.content_type = S("application/json");
    }
    if (s.file.n)
        *list_add(a, &q.files) = (struct http_file){S("file"), S("cat.png"), S("image/png"), s.file};
    web_handle(site.web, &q, &r);
    assert_false(r.spoiled);
    struct hit h = {r.status, str_copy(a, r.static_body.n ? r.static_body : buf_str(&r.body)), r.type, S(""),
                    r.headers};
    h.location = hit_header(&h, "Location");
    buf_free(&r.body);
    return h;
}

#define shoot(m, p, ...) kit_shoot((struct shot){.method = (m), .path = (p), ##__VA_ARGS__})

static inline const char *kit_path(const char *fmt, int64_t id) {
    char text[500];
    snprintf(text, sizeof text, fmt, (long long)id);
    str s = str_z(text);
    return str_cstr(kit.a, s);
}

/* The same path for programs. */
static inline const char *api(const char *path) { return str_cstr(kit.a, str_fmt(kit.a, "/api/v1%s", path)); }

#define has(text, part) (str_find((text), S(part), 0) != SIZE_MAX)
#define assert_has(h, part)                                                                                  \
    do {                                                                                                     \
        if (!has((h).body, part)) fail_msg("no \"%s\" in %d: %.*s", part, (h).status, STR_FMT((h).body));    \
    } while (0)
#define assert_status(h, wanted)                                                                             \
    do {                                                                                                     \
        if ((h).status != (wanted)) fail_msg("%d, not %d: %.*s", (h).status, wanted, STR_FMT((h).body));     \
    } while (0)

#endif
