/* A brand with an open status page, for the tests of the page and of its mails. */
#ifndef LONGHAND_TEST_STATUS_KIT_H
#define LONGHAND_TEST_STATUS_KIT_H

#include "people_kit.h"

#include "desk/brands.h"
#include "desk/people.h"
#include "desk/status.h"
#include "desk/status_mail.h"

static struct {
    struct people_setup_done done;
    struct actor ines, tom;
    int64_t brand, letters; /* its first component */
} sw;

/* 15 January 2027, a Friday, 08:00 UTC: 09:00 in Berlin. */
static const int64_t status_friday = 1800000000000;

static inline store_status_component_list parts_now(void) {
    DB_READ_AUTO db_conn *c = NULL;
    store_status_component_list all;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_status_components(c, kit.a, sw.brand, &all));
    return all;
}

static inline void status_world(void) {
    static int64_t made_for;
    int64_t mark = (int64_t)(intptr_t)kit.db;
    status_forget_tries();
    if (made_for == mark) return;
    made_for = mark;
    kit.now = status_friday;
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines Duarte"),
                                  .zone = S("Europe/Berlin"),
                                  .language = S("en")};
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &sw.done));
    sw.brand = sw.done.brand.id;
    sw.ines = (struct actor){sw.brand, sw.done.admin.id, S("Ines Duarte")};
    sw.tom = (struct actor){sw.brand, sw.done.admin.id, S("Tom Okafor")};
    assert_ok(status_page_change(&kit.d, kit.a, &sw.ines, true, S(""), S("")));
    sw.letters = parts_now().v[0].id;
}

#define STATUS_WORLD                                                                                         \
    (void)state;                                                                                             \
    SKIP_WITHOUT_DESK;                                                                                       \
    status_world()

static inline struct status_post trouble(const char *headline, const char *words) {
    return (struct status_post){.kind = STATUS_TROUBLE,
                                .headline = str_z(headline),
                                .words = str_z(words),
                                .next_at = kit.now + HOUR_MS,
                                .key = S("")};
}

static inline int64_t put_update(struct status_post p) {
    int64_t id;
    assert_ok(status_post(&kit.d, kit.a, &sw.ines, &p, &id));
    return id;
}

static inline struct store_status_update update_of(int64_t id) {
    struct store_status_update u;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_status_update_get(c, kit.a, sw.brand, id, &u));
    return u;
}

static inline struct status_public load_public(void) {
    struct status_public p;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(status_load(c, kit.a, sw.brand, &p));
    return p;
}

/* Everything that is open is over, so that one test does not lean on another. */
static inline void close_all(void) {
    struct status_public p = load_public();
    status_matter_list matters;
    status_matters(kit.a, &p, &matters);
    for (size_t i = 0; i < matters.n; i++)
        if (matters.v[i].open)
            put_update((struct status_post){
                .kind = STATUS_OVER, .matter = matters.v[i].id, .words = S("It works."), .key = S("")});
}

#endif
