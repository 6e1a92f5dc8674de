/* Incidents: proposed from letters as they come, decided by people, never by themselves. On both engines. */
#include <string.h>

#include "people_kit.h"

#include "desk/conversation.h"
#include "desk/forget.h"
#include "desk/incident.h"
#include "desk/incident_match.h"
#include "desk/incident_watch.h"
#include "desk/merge.h"
#include "desk/people.h"
#include "jobs/jobs.h"
#include "store/event.h"
#include "store/watch.h"

static const int64_t start = 1800000000000; /* 15 January 2027, 08:00 UTC */
static struct {
    struct people_setup_done done;
    struct actor ines;
    uint32_t dice;
} w;

static uint32_t dice(uint32_t n) {
    w.dice = w.dice * 1664525u + 1013904223u;
    return (w.dice >> 8) % n;
}

static void world(void) {
    static int n;
    kit.now = start;
    kit.d.keeps_indexes = true;
    w.dice = 7;
    struct people_setup wanted = {.brand = str_fmt(kit.a, "Tidewatch %d", ++n),
                                  .inbox = kit_email("letters"),
                                  .admin = kit_email("ines"),
                                  .admin_name = S("Ines"),
                                  .zone = S("UTC"),
                                  .language = S("en")};
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &w.done));
    w.ines = (struct actor){w.done.brand.id, w.done.admin.id, S("Ines")};
}

static int64_t letter_from(str address, str text) {
    int64_t conversation, message;
    struct typed_letter l = {
        .channel = CHANNEL_PAPER, .name = S("Somebody"), .address = address, .text = text};
    assert_ok(conversation_type_in(&kit.d, kit.a, &w.ines, &l, &conversation, &message));
    return conversation;
}

static str usual(const char *more) {
    static const char *const words[] = {
        "boat",  "anchor",  "sail",  "crane",  "pier",   "box",    "birthday", "gift",
        "order", "parcel",  "blue",  "rudder", "flag",   "sailor", "wheel",    "rope",
        "paint", "sticker", "child", "school", "garden", "number", "week",     "summer",
        "mast",  "sister",  "table", "light",  "window", "photo",  "colour",   "piece"};
    str s = S("");
    for (int i = 0; i < 9; i++)
        s = str_fmt(kit.a, "%.*s the %s was item%u", STR_FMT(s), words[dice(32)], dice(400));
    return str_fmt(kit.a, "Hello,%.*s. %s", STR_FMT(s), more);
}

static int64_t letter(const char *more) { return letter_from(kit_email("customer"), usual(more)); }

static void listen_and_watch(void) {
    int n;
    assert_ok(jobs_run_kind(&kit.d, S("none"), S("listen"), &n));
    assert_ok(jobs_run_kind(&kit.d, S("none"), S("watch"), &n));
}

/* Two weeks with nine letters a day. */
static void history(void) {
    for (int day = 14; day > 0; day--) {
        for (int i = 0; i < 9; i++) {
            kit.now = start - day * DAY_MS + i * 70 * (int64_t)MINUTE_MS;
            letter("");
        }
        kit.now = start - (day - 1) * DAY_MS;
        listen_and_watch();
    }
    kit.now = start;
}

static const char *const outage[] = {"The harbour map stays empty and the map page says error E42.",
                                     "Your map page shows nothing, only E42, where is the harbour map?",
                                     "We see error E42 instead of the harbour map. What now?",
                                     "Is the harbour map broken? The page is blank with E42.",
                                     "My harbour map is gone. E42 it says.",
                                     "No harbour map today, just an error, E42, on that page.",
                                     "E42! The children cannot open the harbour map.",
                                     "I cannot load the harbour map (E42)."};

static void outage_letters(int64_t *ret) {
    for (int i = 0; i < 8; i++) {
        ret[i] = letter(outage[i]);
        kit.now += 3 * MINUTE_MS;
    }
    listen_and_watch();
}

enum { PROPOSED = 1u << INCIDENT_PROPOSED, OPEN = 1u << INCIDENT_OPEN, ALL = (1u << INCIDENT_STATES) - 1 };

static incident_list_of list(unsigned states) {
    incident_list_of l;
    assert_ok(incident_list(&kit.d, kit.a, w.ines.brand, states, 0, 50, &l));
    return l;
}

static struct store_incident get(int64_t id) {
    struct incident i;
    assert_ok(incident_get(&kit.d, kit.a, w.ines.brand, id, &i));
    return i.incident;
}

static incident_conversation_list part(int64_t incident, incident_part state) {
    incident_conversation_list l;
    assert_ok(incident_conversations(&kit.d, kit.a, w.ines.brand, incident, state, 0, 500, &l));
    return l;
}

static bool has(const incident_conversation_list *l, int64_t conversation) {
    for (size_t i = 0; i < l->n; i++)
        if (l->v[i].conversation_id == conversation) return true;
    return false;
}

static int64_t waiting_in(int64_t conversation) {
    struct conversation v;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, w.ines.brand, conversation, &v));
    return v.incident_id;
}

static void proposed_and_confirmed(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    history();
    assert_int_equal(list(ALL).n, 0);
    int64_t ids[8], quiet = letter("");
    outage_letters(ids);
    incident_list_of l = list(ALL);
    assert_int_equal(l.n, 1);
    const struct store_incident *i = &l.v[0].incident;
    assert_int_equal(i->state, INCIDENT_PROPOSED);
    assert_true(i->title.n > 0 && i->began_at == start && i->in == 0 && i->proposed >= 7);
    assert_true(l.v[0].words.n >= 2);
    for (size_t k = 0; k < l.v[0].words.n; k++) {
        const struct incident_word *x = &l.v[0].words.v[k];
        assert_true(x->words.n && x->customers >= 3 && x->expected < x->customers * 1000 && x->window_ms);
    }
    incident_conversation_list proposed = part(i->id, INCIDENT_PART_PROPOSED);
    assert_false(has(&proposed, quiet));
    for (size_t k = 0; k < proposed.n; k++)
        assert_true(proposed.v[k].why.n && proposed.v[k].message_id && proposed.v[k].agent_id == 0);
    assert_int_equal(waiting_in(ids[0]), 0); /* nothing moved by itself */

    assert_int_equal(incident_confirm(&kit.d, kit.a, &w.ines, i->id, S(""), 77), ERR_CONFLICT);
    assert_ok(incident_confirm(&kit.d, kit.a, &w.ines, i->id, S("The map page is down"), i->version));
    struct store_incident open = get(i->id);
    assert_int_equal(open.state, INCIDENT_OPEN);
    assert_str(open.title, "The map page is down");
    assert_str(open.opened_name, "Ines");
    assert_int_equal(open.in, (int64_t)proposed.n);
    assert_int_equal(waiting_in(proposed.v[0].conversation_id), i->id);
    assert_int_equal(incident_confirm(&kit.d, kit.a, &w.ines, i->id, S(""), -1), ERR_CONFLICT);

    /* A later one is proposed, and a person takes it in or puts it out. */
    kit.now += 2 * HOUR_MS;
    int64_t late = letter("The harbour map still says E42 here."), later = letter("Harbour map: E42, again!");
    listen_and_watch();
    incident_conversation_list more = part(i->id, INCIDENT_PART_PROPOSED);
    assert_true(has(&more, late) && has(&more, later));
    assert_int_equal(waiting_in(late), 0);
    assert_ok(incident_join(&kit.d, kit.a, &w.ines, i->id, &late, 1));
    assert_ok(incident_join(&kit.d, kit.a, &w.ines, i->id, &late, 1));
    assert_ok(incident_leave(&kit.d, kit.a, &w.ines, i->id, later));
    assert_int_equal(waiting_in(late), i->id);
    incident_conversation_list in = part(i->id, INCIDENT_PART_IN), out = part(i->id, INCIDENT_PART_OUT);
    assert_true(has(&in, late) && has(&out, later));
    listen_and_watch();
    assert_int_equal(part(i->id, INCIDENT_PART_PROPOSED).n, 0);
    assert_int_equal(list(ALL).n, 1);

    /* History says so; over; open again. */
    event_list events;
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_event_list(c, kit.a, w.ines.brand, late, 10, &events));
    }
    assert_str(events.v[events.n - 1].kind, "incident_in");
    assert_ok(incident_close(&kit.d, kit.a, &w.ines, i->id, S("The disk was full."), -1));
    assert_str(get(i->id).note, "The disk was full.");
    assert_int_equal(incident_rename(&kit.d, kit.a, &w.ines, i->id, S("Maps"), 1), ERR_CONFLICT);
    kit.now += HOUR_MS;
    int64_t after = letter("Is the harbour map E42 over now?");
    listen_and_watch();
    more = part(i->id, INCIDENT_PART_PROPOSED);
    assert_true(has(&more, after));
    assert_ok(incident_reopen(&kit.d, kit.a, &w.ines, i->id, -1));
    assert_int_equal(get(i->id).state, INCIDENT_OPEN);
}

static void dismissed_is_quiet_for_a_while(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    history();
    int64_t ids[8];
    outage_letters(ids);
    int64_t id = list(PROPOSED).v[0].incident.id;
    assert_ok(incident_dismiss(&kit.d, kit.a, &w.ines, id, S("A puzzle in our newsletter."), -1));
    assert_int_equal(get(id).state, INCIDENT_DISMISSED);
    assert_int_equal(incident_confirm(&kit.d, kit.a, &w.ines, id, S(""), -1), ERR_CONFLICT);
    kit.now += 5 * HOUR_MS;
    outage_letters(ids);
    kit.now += 40 * HOUR_MS;
    outage_letters(ids);
    assert_int_equal(list(ALL).n, 1);
    assert_int_equal(part(id, INCIDENT_PART_IN).n, 0);
    /* Weeks later it is proposed again. */
    for (int day = 0; day < 40; day++) {
        kit.now += DAY_MS;
        for (int i = 0; i < 4; i++) letter("");
        listen_and_watch();
    }
    outage_letters(ids);
    outage_letters(ids);
    assert_int_equal(list(PROPOSED).n, 1);
}

static void nobody_confirmed_it(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    history();
    int64_t ids[8];
    int n;
    outage_letters(ids);
    int64_t id = list(PROPOSED).v[0].incident.id;
    kit.now += DAY_MS;
    assert_ok(jobs_run_kind(&kit.d, S("none"), S("watch"), &n));
    assert_int_equal(get(id).state, INCIDENT_PROPOSED);
    kit.now += 2 * DAY_MS;
    assert_ok(jobs_run_kind(&kit.d, S("none"), S("watch"), &n));
    assert_int_equal(get(id).state, INCIDENT_DISMISSED);
    assert_int_equal(get(id).ended_by, 0);
    /* By mistake: as it was before. */
    assert_ok(incident_reopen(&kit.d, kit.a, &w.ines, id, -1));
    assert_int_equal(get(id).state, INCIDENT_PROPOSED);
}

static void floods_are_no_incident(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    history();
    str one = kit_email("insistent"), template = usual(outage[0]);
    for (int i = 0; i < 30; i++) letter_from(one, usual(outage[i % 8]));
    for (int i = 0; i < 30; i++)
        letter_from(kit_email("many"), str_fmt(kit.a, "%.*s Yours, number %d", STR_FMT(template), i));
    listen_and_watch();
    assert_int_equal(list(ALL).n, 0);
}

static void by_hand(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    history();
    int64_t a[3], id, other;
    for (int i = 0; i < 3; i++) a[i] = letter(outage[i]);
    listen_and_watch();
    assert_int_equal(list(ALL).n, 0);
    struct incident_wish wish = {.title = S("The map"), .conversations = a, .n = 3};
    assert_int_equal(incident_open(&kit.d, kit.a, &w.ines, &(struct incident_wish){.title = S("  ")}, &id),
                     ERR_INVALID);
    int64_t none = 4711;
    assert_int_equal(incident_open(&kit.d, kit.a, &w.ines,
                                   &(struct incident_wish){.title = S("X"), .conversations = &none, .n = 1},
                                   &id),
                     ERR_MISSING);
    assert_ok(incident_open(&kit.d, kit.a, &w.ines, &wish, &id));
    assert_int_equal(get(id).in, 3);
    assert_int_equal(get(id).began_at, start);
    assert_int_equal(incident_open(&kit.d, kit.a, &w.ines, &wish, &other), ERR_CONFLICT);
    assert_true(str_find(str_z(err_text()), S("The map"), 0) < 200);
    assert_int_equal(list(ALL).n, 1); /* the refused one is not there */

    /* What its letters share is how later ones are known. */
    kit.now += 10 * MINUTE_MS;
    letter("");
    listen_and_watch();
    struct incident i;
    assert_ok(incident_get(&kit.d, kit.a, w.ines.brand, id, &i));
    assert_true(i.words.n >= 2);
    int64_t later = letter("No harbour map here but E42.");
    listen_and_watch();
    incident_conversation_list l = part(id, INCIDENT_PART_PROPOSED);
    assert_true(has(&l, later));
    int64_t n;
    assert_ok(incident_join_proposed(&kit.d, kit.a, &w.ines, id, &n));
    assert_int_equal(n, 1);
    incident_conversation_list of;
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_incidents_of_conversation(c, kit.a, w.ines.brand, later, &of));
    }
    assert_int_equal(of.n, 1);
    assert_int_equal(of.v[0].incident_state, INCIDENT_OPEN);
    assert_str(of.v[0].incident_title, "The map");
    /* Of another brand there is none. */
    struct incident x;
    assert_int_equal(incident_get(&kit.d, kit.a, w.ines.brand + 1, id, &x), ERR_MISSING);
}

static void two_that_are_one(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t v[4], a, b;
    for (int i = 0; i < 4; i++) v[i] = letter(outage[i]);
    assert_ok(incident_open(&kit.d, kit.a, &w.ines,
                            &(struct incident_wish){.title = S("Map"), .conversations = v, .n = 2}, &a));
    kit.now += HOUR_MS;
    assert_ok(incident_open(&kit.d, kit.a, &w.ines,
                            &(struct incident_wish){.title = S("E42"), .conversations = v + 2, .n = 2}, &b));
    assert_ok(incident_leave(&kit.d, kit.a, &w.ines, b, v[3]));
    assert_int_equal(incident_merge(&kit.d, kit.a, &w.ines, a, a, -1, -1), ERR_INVALID);
    assert_int_equal(incident_merge(&kit.d, kit.a, &w.ines, b, a, 99, -1), ERR_CONFLICT);
    assert_ok(incident_merge(&kit.d, kit.a, &w.ines, b, a, -1, -1));
    assert_int_equal(get(a).in, 3);
    assert_int_equal(get(b).state, INCIDENT_MERGED);
    assert_int_equal(get(b).merged_into, a);
    assert_int_equal(waiting_in(v[2]), a);
    assert_int_equal(waiting_in(v[3]), 0);
    assert_int_equal(part(a, INCIDENT_PART_OUT).n, 1);
    assert_int_equal(incident_join(&kit.d, kit.a, &w.ines, b, v, 1), ERR_CONFLICT);
}

/* What is usual outlives the process: in its file, and without it from the letters. */
static void restarts_forget_nothing(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    for (int with_file = 0; with_file < 3; with_file++) {
        world();
        history();
        for (int i = 0; i < 4; i++) letter(outage[i]);
        listen_and_watch();
        if (with_file == 2) { /* The clock runs ahead for a while. */
            kit.now += 40 * (int64_t)DAY_MS;
            letter("");
            listen_and_watch();
            kit.now -= 40 * (int64_t)DAY_MS;
        }
        str path = str_fmt(kit.a, "%s/near/%" PRId64 ".watch", kit.folder, w.ines.brand);
        assert_int_equal(access(str_cstr(kit.a, path), R_OK), 0);
        heart_close(&kit.d);
        if (!with_file) assert_int_equal(unlink(str_cstr(kit.a, path)), 0);
        for (int i = 4; i < 8; i++) letter(outage[i]);
        kit.now += 10 * MINUTE_MS;
        listen_and_watch();
        incident_list_of l = list(PROPOSED);
        assert_int_equal(l.n, 1);
        incident_conversation_list p = part(l.v[0].incident.id, INCIDENT_PART_PROPOSED);
        assert_true(p.n >= 7);
        heart_close(&kit.d);
        kit.now += HOUR_MS;
        letter("");
        listen_and_watch();
        assert_int_equal(list(ALL).n, 1); /* nothing twice */
    }
}

/* Two processes with folders of their own: each takes some of the letters, and they propose one incident. */
static void two_processes_propose_one(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    if (db_engine_of(kit.db) == DB_SQLITE) skip(); /* one process has its file */
    world();
    history();
    int n;
    struct desk other = kit.d;
    other.heart = NULL;
    other.folder = str_fmt(kit.a, "%s/other", kit.folder);
    listen_and_watch();
    letter("");
    assert_ok(jobs_run_kind(&kit.d, S("none"), S("listen"), &n));
    assert_ok(jobs_run_kind(&other, S("none"), S("watch"), &n));
    for (int i = 0; i < 8; i++) {
        letter(outage[i]);
        kit.now += 3 * MINUTE_MS;
        assert_ok(jobs_run_kind(&kit.d, S("none"), S("listen"), &n));
        assert_ok(jobs_run_kind(i % 2 ? &other : &kit.d, S("none"), S("watch"), &n));
    }
    for (int i = 0; i < 4; i++) {
        kit.now += 6 * MINUTE_MS;
        letter("");
        assert_ok(jobs_run_kind(&kit.d, S("none"), S("listen"), &n));
        assert_ok(jobs_run_kind(i % 2 ? &other : &kit.d, S("none"), S("watch"), &n));
    }
    incident_list_of l = list(ALL);
    assert_int_equal(l.n, 1);
    assert_true(part(l.v[0].incident.id, INCIDENT_PART_PROPOSED).n >= 7);
    heart_close(&other);
}

/* It was dismissed when five had written: four times as many are news. */
static void dismissed_too_early(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t ids[24];
    uint32_t key = 8;
    str shown = S("map");
    watched_list letters = {0};
    known_incident_list known = {0};
    struct burst_weight weight = {key, 3};
    struct burst_cluster cluster = {.letters = ids, .n = 24};
    *list_add(kit.a, &cluster.words) = (struct burst_word){.key = key, .voices = 20, .weight = 3};
    for (int i = 0; i < 24; i++) {
        struct watched x = {.letter = {.id = i + 1, .conversation_id = i + 1, .customer_id = i + 1},
                            .words = {&key, &shown, 1}};
        ids[i] = i + 1;
        *list_add(kit.a, &letters) = x;
    }
    struct known_incident *k = list_add(kit.a, &known);
    *k = (struct known_incident){.incident = {.id = 9, .state = INCIDENT_DISMISSED}, .weights = &weight};
    *list_add(kit.a, &k->words) = (struct incident_word){.key = key, .words = shown, .weight = 3000};
    for (int64_t i = 1; i <= 5; i++) *list_add(kit.a, &k->messages) = i;
    for (cluster.voices = 19; cluster.voices <= 20; cluster.voices++) {
        struct incident_plan plan = {0};
        plan_of_cluster(kit.a, &known, &cluster, &letters, start, &plan);
        assert_int_equal(plan.incidents.n, cluster.voices == 20);
        assert_int_equal(plan.letters.n, cluster.voices == 20 ? 24 : 0);
    }
    /* An open one that is as like takes them instead. */
    struct known_incident open = *k;
    open.incident.id = 10;
    open.incident.state = INCIDENT_OPEN;
    *list_add(kit.a, &known) = open;
    struct incident_plan plan = {0};
    plan_of_cluster(kit.a, &known, &cluster, &letters, start, &plan);
    assert_true(plan.incidents.n == 1 && plan.incidents.v[0].incident.id == 10 &&
                !plan.incidents.v[0].is_new);
}

/* A newsletter that many answer: its words are ours, and nobody has trouble. */
static void answers_to_a_newsletter(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct watch_letter m = {
        .subject = S("AW: Our lighthouse contest begins"), .text = S("Count me in please."), .heard = S("")};
    struct watched answer, own;
    watched_of(kit.a, &m, &answer);
    m.subject = S("Question: our lighthouse contest");
    watched_of(kit.a, &m, &own);
    str words = S("");
    for (size_t i = 0; i < own.words.n; i++)
        words = str_fmt(kit.a, "%.*s %.*s", STR_FMT(words), STR_FMT(own.words.shown[i]));
    assert_true(str_find(words, S("lighthouse"), 0) != SIZE_MAX);
    for (size_t i = 0; i < answer.words.n; i++) assert_false(str_eq(answer.words.shown[i], S("lighthouse")));
}

/* What was merged into another conversation is answered there; undoing takes that back. */
static void merged_conversations_go_on(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    str address = kit_email("twice");
    int64_t one = letter_from(address, S("The harbour map is empty.")),
            two = letter_from(address, S("And E42.")), id;
    struct merge_done done;
    assert_ok(incident_open(&kit.d, kit.a, &w.ines,
                            &(struct incident_wish){.title = S("Map"), .conversations = &one, .n = 1}, &id));
    struct merge_wish wish = {.from = one, .into = two, .seen_from = -1, .seen_into = -1};
    assert_ok(merge_conversations(&kit.d, kit.a, &w.ines, &wish, &done, NULL));
    assert_int_equal(waiting_in(two), id);
    assert_ok(merge_undo(&kit.d, kit.a, &w.ines, done.operation, &done));
    assert_int_equal(waiting_in(two), 0);
    assert_int_equal(waiting_in(one), id);
}

/* What was merged away, or is answered in another incident, keeps nobody from confirming; and nothing is in
 * two. */
static void confirmed_in_spite_of(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    history();
    int64_t ids[8], open, third;
    outage_letters(ids);
    int64_t id = list(PROPOSED).v[0].incident.id;
    incident_conversation_list p = part(id, INCIDENT_PART_PROPOSED);
    assert_true(p.n >= 4);
    int64_t one = p.v[0].conversation_id, two = p.v[1].conversation_id, both = p.v[2].conversation_id;
    struct merge_done done;
    struct merge_wish wish = {.from = one,
                              .into = two,
                              .seen_from = -1,
                              .seen_into = -1,
                              .customers = {p.v[0].customer_id, p.v[1].customer_id}};
    assert_ok(merge_conversations(&kit.d, kit.a, &w.ines, &wish, &done, NULL));
    assert_ok(incident_open(&kit.d, kit.a, &w.ines,
                            &(struct incident_wish){.title = S("Map"), .conversations = &both, .n = 1},
                            &open));
    assert_ok(incident_join(&kit.d, kit.a, &w.ines, id, &both, 1));
    assert_ok(incident_confirm(&kit.d, kit.a, &w.ines, id, S(""), -1));
    assert_int_equal(get(id).in, (int64_t)p.n - 2);
    assert_int_equal(waiting_in(two), id);
    assert_int_equal(waiting_in(both), open);
    incident_conversation_list still = part(id, INCIDENT_PART_PROPOSED);
    assert_true(has(&still, both));
    /* A proposed one goes into an open one, with somebody who is in a third. */
    struct incident_wish asked = {.title = S("Login"), .conversations = &ids[0], .n = 0};
    assert_ok(incident_open(&kit.d, kit.a, &w.ines, &asked, &third));
    assert_ok(incident_close(&kit.d, kit.a, &w.ines, third, S(""), -1));
    assert_ok(incident_join(&kit.d, kit.a, &w.ines, third, &both, 1));
    assert_int_equal(waiting_in(both), open);
    assert_ok(incident_reopen(&kit.d, kit.a, &w.ines, third, -1));
    assert_int_equal(waiting_in(both), open);
    assert_int_equal(part(third, INCIDENT_PART_IN).n, 0);
}

static err forget_one(db_conn *c, void *arg) { return incident_forget(c, w.ines.brand, *(int64_t *)arg); }

static void words_go_with_the_letter(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    history();
    int64_t ids[8];
    outage_letters(ids);
    int64_t id = list(PROPOSED).v[0].incident.id;
    incident_conversation_list p = part(id, INCIDENT_PART_PROPOSED);
    int64_t gone = p.v[0].conversation_id;
    assert_ok(db_write(kit.db, forget_one, &gone));
    p = part(id, INCIDENT_PART_PROPOSED);
    assert_int_equal(p.v[0].conversation_id, gone);
    assert_int_equal(p.v[0].why.n, 0);
    assert_true(p.v[1].why.n > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(proposed_and_confirmed),
        KIT_TEST(dismissed_is_quiet_for_a_while),
        KIT_TEST(nobody_confirmed_it),
        KIT_TEST(floods_are_no_incident),
        KIT_TEST(by_hand),
        KIT_TEST(two_that_are_one),
        KIT_TEST(restarts_forget_nothing),
        KIT_TEST(words_go_with_the_letter),
        KIT_TEST(two_processes_propose_one),
        KIT_TEST(dismissed_too_early),
        KIT_TEST(answers_to_a_newsletter),
        KIT_TEST(merged_conversations_go_on),
        KIT_TEST(confirmed_in_spite_of),
    };
    return KIT_RUN(tests);
}
