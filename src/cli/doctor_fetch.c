/* What doctor says of mailboxes that are fetched and of inboxes that fell silent. */
#include "cli/doctor.h"
#include "desk/fetch.h"
#include "store/brand.h"
#include "store/rhythm.h"

static void look_at(struct doctor *d, const struct store_fetch *f, int64_t aside) {
    arena *a = d->c->arena;
    int64_t now = desk_now(&d->c->desk);
    struct fetch_view v = fetch_view_of(f, now);
    str who = f->address;
    switch (v.health) {
    case FETCH_WELL:
        doctor_add(d, GOOD, "fetching", str_fmt(a, "%.*s: from %.*s", STR_FMT(who), STR_FMT(f->host)));
        break;
    case FETCH_PAUSED:
        doctor_add(d, LOOK, "fetching",
                   str_fmt(a, "%.*s: paused, letters wait in the mailbox", STR_FMT(who)));
        break;
    case FETCH_SOON:
        doctor_add(d, LOOK, "fetching",
                   str_fmt(a,
                           "%.*s: the consent ends in %lld days. Ask for it again on the page of the inbox.",
                           STR_FMT(who), (long long)((v.ends_at - now) / DAY_MS)));
        break;
    case FETCH_TROUBLE:
        doctor_add(d, BAD, "fetching",
                   str_fmt(a, "%.*s: %.*s Letters wait in the mailbox.", STR_FMT(who), STR_FMT(v.says)));
        break;
    }
    if (aside)
        doctor_add(d, LOOK, "fetching",
                   str_fmt(a, "%.*s: %lld mails are set aside. The page of the inbox says why.", STR_FMT(who),
                           (long long)aside));
}

static err look_at_silence(struct doctor *d, db_conn *c) {
    arena *a = d->c->arena;
    store_brand_list brands = {0};
    TRY(store_brand_list_all(c, a, &brands));
    for (size_t i = 0; i < brands.n; i++) {
        store_silence_list silent = {0};
        TRY(store_silences(c, a, brands.v[i].id, &silent));
        for (size_t k = 0; k < silent.n; k++)
            doctor_add(
                d, LOOK, "inbox",
                str_fmt(
                    a,
                    "%.*s: silent for longer than is usual for it. Send a letter to it and see whether it "
                    "comes.",
                    STR_FMT(silent.v[k].address)));
    }
    return ERR_NONE;
}

static err look_at_all(struct doctor *d) {
    arena *a = d->c->arena;
    store_fetch_list all = {0};
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->c->desk.db, &c));
    TRY(store_fetch_list_all(c, a, &all));
    for (size_t i = 0; i < all.n; i++) {
        int64_t aside;
        TRY(store_fetch_aside_count(c, all.v[i].brand_id, all.v[i].inbox_id, &aside));
        look_at(d, &all.v[i], aside);
    }
    return look_at_silence(d, c);
}

err doctor_fetching(struct doctor *d) {
    /* As with a schema that is not up to date: said above, and no reason to say nothing else. */
    if (look_at_all(d))
        doctor_add(d, LOOK, "fetching",
                   str_fmt(d->c->arena, "it cannot be told how it goes: %s", err_text()));
    return ERR_NONE;
}
