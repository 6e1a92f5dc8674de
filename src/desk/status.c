#include "desk/status.h"

#include "base/lang.h"
#include "base/random.h"
#include "desk/check.h"
#include "desk/room.h"
#include "store/inbox.h"
#include "store/job.h"

enum { HOST_BYTES = 253, KEY_BYTES = 100 };

void status_published(const struct desk *d, int64_t brand) {
    desk_changed(d, brand, 0, "status");
    desk_work(d);
}

/* ---- an update ---- */

struct posting {
    arena *a;
    const struct actor *who;
    const struct status_post *post;
    int64_t now, id;
    struct store_status_update row;
};

static err open_page(db_conn *c, arena *a, int64_t brand) {
    bool is_open;
    TRY(status_is_open(c, a, brand, &is_open));
    if (!is_open)
        return err_set(
            ERR_CONFLICT,
            "The status page of this brand is not open, so nobody would read this. A lead can open "
            "it; nothing was published.");
    return ERR_NONE;
}

static err check_next(int64_t next_at, status_kind kind, int64_t now) {
    if (!next_at) return ERR_NONE;
    if (kind != STATUS_TROUBLE)
        return err_set(ERR_INVALID,
                       "When you will write again is said while something is wrong. Leave it empty here.");
    if (next_at <= now) return err_set(ERR_INVALID, "The time when you will write again has passed already.");
    if (next_at > now + STATUS_AHEAD_DAYS * (int64_t)DAY_MS)
        return err_set(ERR_INVALID, "Say when you will write again within the next %d days.",
                       STATUS_AHEAD_DAYS);
    return ERR_NONE;
}

static err check_words(arena *a, str headline, str words, str *ret_headline, str *ret_words) {
    str line, text;
    TRY(check_sentence_or_empty("The headline", headline, STATUS_HEADLINE_BYTES, &line));
    TRY(check_text(a, "The update", words, STATUS_WORDS_BYTES, &text));
    text = str_trim(text);
    if (!text.n)
        return err_set(ERR_INVALID, "An update needs a sentence: what do people see, and what are we doing?");
    *ret_headline = line;
    *ret_words = text;
    return ERR_NONE;
}

/* Sent before with the same key: the one that is there, if it says the same. */
static err sent_before(db_conn *c, struct posting *x, bool *ret_before) {
    struct store_status_update was;
    *ret_before = false;
    if (!x->post->key.n) return ERR_NONE;
    if (x->post->key.n > KEY_BYTES) return err_set(ERR_INVALID, "The key of the form is too long.");
    err e = store_status_update_by_key(c, x->a, x->who->brand, x->post->key, &was);
    if (e == ERR_MISSING) return ERR_NONE;
    TRY(e);
    if (!str_eq(was.words, x->row.words) || was.kind != x->post->kind)
        return err_set(ERR_CONFLICT,
                       "This form was sent before, with other words in it. Those stand; begin a new update.");
    x->id = was.id;
    *ret_before = true;
    return ERR_NONE;
}

/* The matter it goes on with, 0 a new one; whose incident is then its incident, wherever it is written. A
 * note is a matter of its own, so that what is open stays so, and stands on the page as it was said. */
static err find_matter(db_conn *c, struct posting *x, int64_t *ret_matter) {
    const struct status_post *p = x->post;
    struct store_status_update newest;
    *ret_matter = 0;
    if (!p->matter && !p->incident) return ERR_NONE;
    err e = store_status_newest(c, x->a, x->who->brand, p->matter, p->incident, &newest);
    if (e && e != ERR_MISSING) return e;
    bool goes_on = !e && newest.kind == STATUS_TROUBLE;
    if (p->kind == STATUS_NOTE) {
        if (goes_on && newest.incident_id) x->row.incident_id = newest.incident_id;
        return ERR_NONE;
    }
    if (p->matter && !goes_on)
        return err_set(
            ERR_CONFLICT,
            "What this is about was closed or withdrawn meanwhile. Look at the page; you can begin "
            "anew.");
    if (!goes_on) return ERR_NONE;
    *ret_matter = newest.matter_id;
    if (newest.incident_id) x->row.incident_id = newest.incident_id;
    return ERR_NONE;
}

static err tell_room(db_conn *c, const struct posting *x) {
    struct store_incident i;
    if (!x->row.incident_id) return ERR_NONE;
    TRY(room_is_open_in(c, x->a, x->who->brand, x->row.incident_id, &i));
    return room_event_in(c, x->who, i.id, ROOM_EVENT_STATUS, x->row.words, x->id, x->now);
}

static err check_kind(const struct posting *x, int64_t matter) {
    if (matter) return ERR_NONE;
    switch (x->post->kind) {
    case STATUS_TROUBLE:
        if (!x->row.headline.n)
            return err_set(ERR_INVALID,
                           "A new matter needs a headline: one sentence that says what is wrong.");
        return ERR_NONE;
    case STATUS_OVER:
        return err_set(ERR_INVALID,
                       "Nothing is open that could be over. Choose what it is about, or write a note.");
    case STATUS_NOTE: return ERR_NONE;
    }
    return ERR_NONE;
}

static err say_of_components(db_conn *c, struct posting *x) {
    const store_status_said_list *said = &x->post->said;
    if (said->n > STATUS_COMPONENTS_MAX) return err_set(ERR_LIMIT, "These are more parts than the page has.");
    for (size_t i = 0; i < said->n; i++) {
        struct store_status_component k;
        err e = store_status_component_get(c, x->a, x->who->brand, said->v[i].component_id, &k);
        if (e == ERR_MISSING)
            return err_set(ERR_CONFLICT, "One of these parts is not shown any more. Look at the parts again; "
                                         "nothing was published.");
        TRY(e);
        TRY(store_status_said_put(c, x->who->brand, x->id, &said->v[i]));
        if (k.state == said->v[i].state) continue;
        k.state = said->v[i].state;
        k.since = x->now;
        TRY(store_status_component_put(c, x->who->brand, &k));
    }
    return ERR_NONE;
}

static err post_in(db_conn *c, struct posting *x) {
    const struct status_post *p = x->post;
    int64_t brand = x->who->brand, matter;
    bool before;
    TRY(open_page(c, x->a, brand));
    TRY(check_words(x->a, p->headline, p->words, &x->row.headline, &x->row.words));
    TRY(sent_before(c, x, &before));
    if (before) return ERR_NONE;
    TRY(check_next(p->next_at, p->kind, x->now));
    x->row.incident_id = p->incident;
    TRY(find_matter(c, x, &matter));
    TRY(check_kind(x, matter));
    if (!x->who->name.n) return err_set(ERR_INVALID, "An update is written by somebody with a name.");
    x->id = id_new(x->now);
    x->row.id = x->id;
    x->row.matter_id = matter ? matter : x->id;
    x->row.agent_id = x->who->agent;
    x->row.by_name = x->who->name;
    x->row.kind = p->kind;
    x->row.next_at = p->next_at;
    x->row.mail = p->mail;
    x->row.at = x->now;
    x->row.version = 1;
    x->row.send_key = p->key;
    TRY(store_status_update_insert(c, brand, &x->row));
    TRY(say_of_components(c, x));
    TRY(tell_room(c, x));
    TRY(store_status_page_touch(c, brand, x->now));
    if (!p->mail) return ERR_NONE;
    return store_job_put(c, brand, S("status_tell"), x->id, id_new(x->now),
                         x->now + STATUS_MAIL_WAIT_S * (int64_t)SECOND_MS);
}

err status_post_update_in(db_conn *c, arena *a, const struct actor *who, const struct status_post *post,
                          int64_t now, int64_t *ret_update) {
    struct posting x = {.a = a, .who = who, .post = post, .now = now};
    TRY(post_in(c, &x));
    *ret_update = x.id;
    return ERR_NONE;
}

static err write_post(db_conn *c, void *arg) {
    struct posting *x = arg;
    return status_post_update_in(c, x->a, x->who, x->post, x->now, &x->id);
}

err status_post(struct desk *d, arena *a, const struct actor *who, const struct status_post *post,
                int64_t *ret_update) {
    struct posting x = {.a = a, .who = who, .post = post, .now = desk_now(d)};
    TRY(db_write(d->db, write_post, &x));
    status_published(d, who->brand);
    *ret_update = x.id;
    return ERR_NONE;
}

/* ---- second thoughts ---- */

struct changing {
    arena *a;
    const struct actor *who;
    const struct status_edit_form *form;
    int64_t now, update;
};

static err get_standing(db_conn *c, struct changing *x, struct store_status_update *ret) {
    TRY(store_status_update_get(c, x->a, x->who->brand, x->update, ret));
    if (ret->withdrawn_at) return err_set(ERR_CONFLICT, "This update is withdrawn already.");
    return ERR_NONE;
}

static err write_edit(db_conn *c, void *arg) {
    struct changing *x = arg;
    const struct status_edit_form *f = x->form;
    struct store_status_update u;
    TRY(get_standing(c, x, &u));
    if (u.version != f->version)
        return err_set(ERR_CONFLICT, "Somebody changed this update meanwhile. Look at it again.");
    const struct store_status_edit was = {.version = u.version,
                                          .headline = u.headline,
                                          .words = u.words,
                                          .next_at = u.next_at,
                                          .agent_id = x->who->agent,
                                          .at = x->now};
    if (f->next_at != u.next_at) TRY(check_next(f->next_at, u.kind, x->now));
    TRY(check_words(x->a, f->headline, f->words, &u.headline, &u.words));
    if (u.id == u.matter_id && u.kind == STATUS_TROUBLE && !u.headline.n)
        return err_set(ERR_INVALID, "The first update of a matter needs its headline.");
    bool same = str_eq(u.headline, was.headline) && str_eq(u.words, was.words) && f->next_at == u.next_at;
    if (same) return ERR_NONE;
    u.next_at = f->next_at;
    u.edited_at = x->now;
    u.version++;
    TRY(store_status_edit_put(c, x->who->brand, u.id, &was));
    TRY(store_status_update_change(c, x->who->brand, &u, was.version));
    return store_status_page_touch(c, x->who->brand, x->now);
}

err status_edit(struct desk *d, arena *a, const struct actor *who, const struct status_edit_form *form) {
    struct changing x = {a, who, form, desk_now(d), form->update};
    TRY(db_write(d->db, write_edit, &x));
    status_published(d, who->brand);
    return ERR_NONE;
}

static err write_withdraw(db_conn *c, void *arg) {
    struct changing *x = arg;
    struct store_status_update u;
    TRY(get_standing(c, x, &u));
    int64_t before = u.version++;
    u.withdrawn_at = x->now;
    u.withdrawn_by = x->who->agent;
    TRY(store_status_update_change(c, x->who->brand, &u, before));
    return store_status_page_touch(c, x->who->brand, x->now);
}

err status_withdraw(struct desk *d, arena *a, const struct actor *who, int64_t update) {
    struct changing x = {a, who, NULL, desk_now(d), update};
    TRY(db_write(d->db, write_withdraw, &x));
    status_published(d, who->brand);
    return ERR_NONE;
}

/* ---- the page and its components ---- */

struct caring {
    arena *a;
    const struct actor *who;
    int64_t now, id;
    bool opened;
    str host, contact;
    struct store_status_component component;
};

static err touch(db_conn *c, const struct caring *x) {
    return store_status_page_touch(c, x->who->brand, x->now);
}

static err check_host(arena *a, str typed, str *ret) {
    str host = str_lower(a, str_trim(typed));
    bool good = host.n <= HOST_BYTES && (!host.n || str_has(host, '.'));
    for (size_t i = 0; i < host.n && good; i++) {
        char ch = host.p[i];
        bool edge = i == 0 || i + 1 == host.n;
        good = (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || (!edge && (ch == '-' || ch == '.'));
    }
    if (!good)
        return err_set(
            ERR_INVALID,
            "The page's own name is a host such as status.example.org, without https and slashes.");
    *ret = host;
    return ERR_NONE;
}

/* There the desk itself stands. */
static bool is_ours(const struct desk *d, str host) {
    str rest = d->public_url;
    size_t at = str_find(rest, S("://"), 0);
    if (at != SIZE_MAX) rest = str_slice(rest, at + 3, rest.n);
    rest = str_slice(rest, 0, str_find_char(rest, '/', 0));
    return host.n && str_eq_nocase(str_slice(rest, 0, str_find_char(rest, ':', 0)), host);
}

static err host_is_free(db_conn *c, const struct caring *x) {
    store_status_page_list all;
    if (!x->host.n) return ERR_NONE;
    TRY(store_status_pages(c, x->a, &all));
    for (size_t i = 0; i < all.n; i++)
        if (all.v[i].brand_id != x->who->brand && str_eq(all.v[i].host, x->host))
            return err_set(ERR_CONFLICT, "Another brand of this desk has its status page at that name.");
    return ERR_NONE;
}

/* What every brand has; the rest they add. */
static err first_component(db_conn *c, const struct caring *x) {
    struct store_brand brand;
    TRY(store_brand_by_id(c, x->a, x->who->brand, &brand));
    struct store_status_component k = {.id = id_new(x->now),
                                       .name = lang_text(lang_find(brand.language), T("Letters and e-mail")),
                                       .since = x->now,
                                       .position = 1};
    k.name = str_clip_utf8(k.name, STATUS_NAME_BYTES);
    return store_status_component_put(c, x->who->brand, &k);
}

static err write_page(db_conn *c, void *arg) {
    struct caring *x = arg;
    struct store_status_page page;
    err e = store_status_page_get(c, x->a, x->who->brand, &page);
    if (e && e != ERR_MISSING) return e;
    TRY(host_is_free(c, x));
    if (e) {
        page = (struct store_status_page){.brand_id = x->who->brand};
        TRY(first_component(c, x));
    }
    page.opened = x->opened;
    page.host = x->host;
    page.contact = x->contact;
    page.version++;
    page.changed_at = x->now;
    return store_status_page_put(c, &page);
}

err status_page_change(struct desk *d, arena *a, const struct actor *who, bool opened, str host,
                       str contact) {
    struct caring x = {.a = a, .who = who, .now = desk_now(d), .opened = opened, .contact = S("")};
    TRY(check_host(a, host, &x.host));
    if (is_ours(d, x.host))
        return err_set(ERR_INVALID, "That name is the desk's own. Give the page another one, or none.");
    if (str_trim(contact).n) TRY(check_email(a, contact, &x.contact));
    TRY(db_write(d->db, write_page, &x));
    status_published(d, who->brand);
    return ERR_NONE;
}

/* All of them with `x->component` in its place, numbered from 1. */
static err put_in_order(db_conn *c, struct caring *x, const store_status_component_list *all) {
    int64_t place = 0, wanted = x->component.position > 0 ? x->component.position : 1;
    bool placed = false;
    for (size_t i = 0; i <= all->n; i++) {
        if (!placed && (place + 1 >= wanted || i == all->n)) {
            x->component.position = ++place;
            TRY(store_status_component_put(c, x->who->brand, &x->component));
            placed = true;
        }
        if (i == all->n || all->v[i].id == x->component.id) continue;
        struct store_status_component k = all->v[i];
        if (k.position == ++place) continue;
        k.position = place;
        TRY(store_status_component_put(c, x->who->brand, &k));
    }
    return ERR_NONE;
}

static err write_component(db_conn *c, void *arg) {
    struct caring *x = arg;
    store_status_component_list all;
    struct store_status_component was = {0};
    struct store_status_page page;
    TRY(store_status_page_get(c, x->a, x->who->brand, &page));
    TRY(store_status_components(c, x->a, x->who->brand, &all));
    if (x->id) TRY(store_status_component_get(c, x->a, x->who->brand, x->id, &was));
    if (!x->id && all.n >= STATUS_COMPONENTS_MAX)
        return err_set(ERR_LIMIT, "The page shows at most %d parts, so that it is read at a glance.",
                       STATUS_COMPONENTS_MAX);
    for (size_t i = 0; i < all.n; i++)
        if (all.v[i].id != x->id && str_eq_nocase(all.v[i].name, x->component.name))
            return err_set(ERR_INVALID, "There is a part of that name already.");
    x->component.id = x->id ? x->id : id_new(x->now);
    x->component.since = x->id && was.state == x->component.state ? was.since : x->now;
    TRY(put_in_order(c, x, &all));
    return touch(c, x);
}

err status_component_save(struct desk *d, arena *a, const struct actor *who,
                          const struct status_component_form *form) {
    struct caring x = {.a = a, .who = who, .now = desk_now(d), .id = form->id};
    x.component.position = form->position;
    x.component.state = form->state;
    TRY(check_sentence("The name", form->name, STATUS_NAME_BYTES, &x.component.name));
    TRY(check_line_or_empty("The note", form->note, STATUS_NOTE_BYTES, &x.component.note));
    TRY(db_write(d->db, write_component, &x));
    status_published(d, who->brand);
    return ERR_NONE;
}

static err write_retire(db_conn *c, void *arg) {
    struct caring *x = arg;
    struct store_status_component k;
    TRY(store_status_component_get(c, x->a, x->who->brand, x->id, &k));
    k.retired_at = x->now;
    TRY(store_status_component_put(c, x->who->brand, &k));
    return touch(c, x);
}

err status_component_retire(struct desk *d, arena *a, const struct actor *who, int64_t id) {
    struct caring x = {.a = a, .who = who, .now = desk_now(d), .id = id};
    TRY(db_write(d->db, write_retire, &x));
    status_published(d, who->brand);
    return ERR_NONE;
}
