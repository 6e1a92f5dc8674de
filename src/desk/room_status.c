#include "desk/room_status.h"

/* ---- who may ---- */

str room_status_keepers(arena *a, const room_person_list *people) {
    str all = S("");
    for (size_t i = 0; i < people->n; i++) {
        const struct room_person *p = &people->v[i];
        if (!room_keeps_status(p)) continue;
        all = all.n ? str_fmt(a, "%.*s, %.*s", STR_FMT(all), STR_FMT(p->name)) : p->name;
    }
    return all;
}

struct posting {
    arena *a;
    const struct actor *who;
    const struct status_post *post;
    int64_t now, id;
};

static err may(db_conn *c, const struct posting *x) {
    struct room_person me;
    room_person_list people = {0};
    int64_t brand = x->who->brand, incident = x->post->incident;
    TRY(store_room_person_get(c, x->a, brand, incident, x->who->agent, &me));
    if (room_keeps_status(&me)) return ERR_NONE;
    TRY(store_room_people(c, x->a, brand, incident, x->now, &people));
    str keepers = room_status_keepers(x->a, &people);
    if (!keepers.n)
        return err_set(ERR_DENIED,
                       "Nobody keeps the status page in this room. Say under \"Who does what\" that "
                       "you do; nothing was published.");
    return err_set(
        ERR_DENIED,
        "In this room %.*s may write on the status page, so that it speaks with one voice. Ask them, or "
        "change that under \"Who does what\"; nothing was published.",
        STR_FMT(keepers));
}

static err post_in(db_conn *c, void *arg) {
    struct posting *x = arg;
    struct store_incident i;
    TRY(room_is_open_in(c, x->a, x->who->brand, x->post->incident, &i));
    TRY(may(c, x));
    return status_post_update_in(c, x->a, x->who, x->post, x->now, &x->id);
}

err room_status_post(struct desk *d, arena *a, const struct actor *who, const struct status_post *post,
                     int64_t *ret_update) {
    struct posting x = {a, who, post, desk_now(d), 0};
    TRY(db_write(d->db, post_in, &x));
    status_published(d, who->brand);
    desk_changed(d, who->brand, 0, "room");
    *ret_update = x.id;
    return ERR_NONE;
}

/* ---- what it could say ---- */

static bool ends_a_sentence(str s) {
    static const char *const ends[] = {".", "!", "?", "…", "。", "！", "？", "؟", "।"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (str_ends(s, str_z(ends[i]))) return true;
    return false;
}

str room_status_words(arena *a, const struct room_look *l) {
    str all = S("");
    for (size_t i = 0; i < l->facts.n; i++) {
        const struct room_fact *f = &l->facts.v[i];
        /* What nobody knows is said to colleagues: "Do not give one." */
        if (f->kind == ROOM_FACT_UNKNOWN || f->withdrawn_at || room_fact_old(f, l->now)) continue;
        str more = str_fmt(a, "%.*s%s%.*s%s", STR_FMT(all), all.n ? " " : "", STR_FMT(f->text),
                           ends_a_sentence(f->text) ? "" : ".");
        if (more.n <= STATUS_WORDS_BYTES) all = more;
    }
    return all;
}

const struct room_fact *room_status_wrong(const room_fact_list *facts, str words) {
    for (size_t i = 0; i < facts->n; i++) {
        str text = facts->v[i].text;
        if (str_ends(text, S("."))) text = str_slice(text, 0, text.n - 1);
        if (facts->v[i].withdrawn_at && str_find(words, text, 0) != SIZE_MAX) return &facts->v[i];
    }
    return NULL;
}
