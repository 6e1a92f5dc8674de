#include "web/glance.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "desk/fetch.h"
#include "desk/roles.h"
#include "store/box.h"
#include "store/defect_alarm.h"
#include "store/incident.h"
#include "store/outbox.h"
#include "store/room.h"
#include "store/story.h"
#include "store/trial.h"
#include "web/promise_page.h"

enum { SLOTS = 64, KEPT_MS = SECOND_MS, UNDELIVERED_CAP = 99 };

/* A glance that may be looked at by several requests at once; nobody changes it once it is kept. */
struct kept {
    struct glance glance; /* first, so that one pointer serves for both */
    arena *arena;
    atomic_int refs;
    int64_t generation, made_at;
};

struct slot {
    int64_t brand; /* 0: free */
    int64_t generation, used_at;
    struct kept *kept; /* NULL: none */
};

struct glances {
    pthread_mutex_t lock;
    struct slot slots[SLOTS];
};

struct glances *glances_new(void) {
    struct glances *g = memory_zeroed(sizeof *g);
    pthread_mutex_init(&g->lock, NULL);
    return g;
}

static void unref(struct kept *k) {
    if (!k || atomic_fetch_sub(&k->refs, 1) > 1) return;
    arena_free(k->arena);
    free(k);
}

void glances_free(struct glances *g) {
    if (!g) return;
    for (int i = 0; i < SLOTS; i++) unref(g->slots[i].kept);
    pthread_mutex_destroy(&g->lock);
    free(g);
}

/* The brand's slot, or the one longest unused made its own. Under the lock. */
static struct slot *slot_of(struct glances *g, int64_t brand) {
    struct slot *oldest = &g->slots[0];
    for (int i = 0; i < SLOTS; i++) {
        struct slot *s = &g->slots[i];
        if (s->brand == brand) return s;
        if (s->used_at < oldest->used_at) oldest = s;
    }
    unref(oldest->kept);
    *oldest = (struct slot){.brand = brand};
    return oldest;
}

void glances_touch(struct glances *g, int64_t brand) {
    pthread_mutex_lock(&g->lock);
    slot_of(g, brand)->generation++;
    pthread_mutex_unlock(&g->lock);
}

static struct kept *take(struct glances *g, int64_t brand, int64_t *ret_generation) {
    int64_t now = clock_monotonic_ms();
    pthread_mutex_lock(&g->lock);
    struct slot *s = slot_of(g, brand);
    s->used_at = now;
    *ret_generation = s->generation;
    struct kept *k = s->kept;
    if (k && (k->generation != s->generation || now - k->made_at >= KEPT_MS)) k = NULL;
    if (k) atomic_fetch_add(&k->refs, 1);
    pthread_mutex_unlock(&g->lock);
    return k;
}

static void keep(struct glances *g, int64_t brand, struct kept *k) {
    pthread_mutex_lock(&g->lock);
    struct slot *s = slot_of(g, brand);
    atomic_fetch_add(&k->refs, 1);
    struct kept *old = s->kept;
    s->kept = k;
    pthread_mutex_unlock(&g->lock);
    unref(old);
}

static err count_views(db_conn *c, int64_t brand, int ret_counts[GLANCE_VIEWS]) {
    static const conversation_view counted[] = {VIEW_WAITING, VIEW_UNASSIGNED, VIEW_THEM};
    for (int i = 0; i < GLANCE_VIEWS; i++) ret_counts[i] = -1;
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        TRY(store_conversation_count(c, brand, counted[i], 0, GLANCE_COUNT_CAP, &ret_counts[counted[i]]));
    return ERR_NONE;
}

static err look_at_outbox(db_conn *c, int64_t brand, int *ret_count) {
    return store_outbox_count(c, brand, OUTBOX_VIEW_NEEDS, UNDELIVERED_CAP, ret_count);
}

static int capped(const struct promise_counts *n) {
    int64_t all = n->late + n->today + n->warned;
    return all > GLANCE_COUNT_CAP ? GLANCE_COUNT_CAP : (int)all;
}

static err look_at_promises(struct web_call *w, db_conn *c, int *ret_count) {
    struct promise_ask ask = promise_ask_now(w, PROMISES_DUE, PROMISES_OF_ALL);
    struct promise_counts n;
    TRY(store_promise_count(c, w->who.brand.id, &ask, &n));
    *ret_count = capped(&n);
    return ERR_NONE;
}

static err look_at_incidents(db_conn *c, int64_t brand, struct glance *g) {
    int64_t open, proposed;
    TRY(store_room_open(c, brand, &open, &g->incident));
    TRY(store_incident_count(c, brand, 1u << INCIDENT_PROPOSED, &proposed));
    g->incidents = (int)open;
    g->incidents_proposed = (int)proposed;
    return ERR_NONE;
}

static err look_at_boxes(db_conn *c, int64_t brand, int *ret_count) {
    int64_t n;
    TRY(store_boxes_waiting(c, brand, GLANCE_COUNT_CAP, &n));
    *ret_count = (int)n;
    return ERR_NONE;
}

static err look_at_people(db_conn *c, arena *a, int64_t brand, store_agent_list *ret_list) {
    store_agent_list all = {0}, able = {0};
    TRY(store_agent_list_of_brand(c, a, brand, &all));
    for (size_t i = 0; i < all.n; i++) {
        const struct store_agent *g = &all.v[i];
        enum role role;
        if (g->disabled_at || g->account_disabled_at || g->invited) continue;
        if (role_from(g->role, &role) && role_may(role, RIGHT_WRITE)) *list_add(a, &able) = *g;
    }
    *ret_list = able;
    return ERR_NONE;
}

/* Whoever waits longer than a quarter stands high on the list of letters anyway; counting back for ever would
 * cost every page. */
static err look_at_makers(db_conn *c, int64_t brand, int64_t now, struct glance *g) {
    TRY(store_alarm_count_open(c, brand, GLANCE_COUNT_CAP, &g->alarms));
    TRY(look_at_incidents(c, brand, g));
    return store_trial_count_waiting(c, brand, now - 91 * (int64_t)DAY_MS, GLANCE_COUNT_CAP, &g->told_later);
}

static err look_at_mailboxes(db_conn *c, arena *a, int64_t brand, int64_t now, struct glance *g) {
    store_fetch_list all = {0};
    TRY(store_silences(c, a, brand, &g->silent));
    TRY(store_fetch_list_of_brand(c, a, brand, &all));
    for (size_t i = 0; i < all.n; i++) {
        if (fetch_view_of(&all.v[i], now).health != FETCH_TROUBLE || g->untaken++) continue;
        g->untaken_address = all.v[i].address;
        g->untaken_id = all.v[i].inbox_id;
    }
    return ERR_NONE;
}

static err look(db_conn *c, struct kept *k, int64_t brand) {
    struct glance *g = &k->glance;
    TRY(store_gestures_asked_count(c, brand, UNDELIVERED_CAP, &g->asked));
    TRY(gesture_rules_of(c, k->arena, brand, &g->rules));
    TRY(count_views(c, brand, g->counts));
    TRY(look_at_outbox(c, brand, &g->undelivered));
    TRY(look_at_boxes(c, brand, &g->boxes));
    TRY(look_at_people(c, k->arena, brand, &g->colleagues));
    TRY(store_conversation_view(c, k->arena, brand, VIEW_WAITING, 0, (struct page_key){0, 0}, GLANCE_ROWS,
                                &g->waiting));
    TRY(store_world(c, k->arena, brand, &g->world));
    TRY(store_worry_count(c, brand, &g->worries));
    TRY(store_story_count(c, brand, SHELF_NEW, UNDELIVERED_CAP, &g->stories));
    TRY(store_safeguards(c, k->arena, brand, &g->care));
    TRY(store_inbox_list_of_brand(c, k->arena, brand, &g->inboxes));
    g->stays_here = true;
    for (size_t i = 0; i < g->inboxes.n; i++) {
        struct store_inbox *inbox = &g->inboxes.v[i];
        if (!inbox->disabled_at && str_eq(inbox->transport, S("smtp"))) g->stays_here = false;
        inbox->smtp_password = (str){0}; /* nothing that is shown needs it */
    }
    return ERR_NONE;
}

err glance_of(struct web_call *w, const struct glance **ret_glance) {
    if (!w->glance) {
        int64_t generation, brand = w->who.brand.id;
        struct kept *k = take(w->web->glances, brand, &generation);
        if (!k) {
            db_conn *c;
            TRY(web_read(w, &c));
            k = memory_take(sizeof *k);
            *k = (struct kept){
                .arena = arena_new(0), .generation = generation, .made_at = clock_monotonic_ms()};
            atomic_init(&k->refs, 1);
            err e = look(c, k, brand);
            if (!e) e = look_at_mailboxes(c, k->arena, brand, w->page.now, &k->glance);
            if (!e) e = look_at_makers(c, brand, w->page.now, &k->glance);
            if (!e) e = look_at_promises(w, c, &k->glance.promises);
            if (e) {
                unref(k);
                return e;
            }
            keep(w->web->glances, brand, k);
        }
        w->glance = &k->glance;
    }
    *ret_glance = w->glance;
    return ERR_NONE;
}

bool glance_cares(const struct web_call *w) {
    if (web_may(w, RIGHT_ADMIN)) return true;
    const store_safeguard_list *all = &w->glance->care;
    for (size_t i = 0; i < all->n; i++)
        if (all->v[i].agent_id == w->who.agent.id) return all->v[i].on;
    return false;
}

void glance_release(struct web_call *w) {
    unref((struct kept *)(uintptr_t)w->glance);
    w->glance = NULL;
}

err glance_counts(struct web *web, int64_t brand, int ret_counts[GLANCE_VIEWS]) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(web->desk->db, &c));
    return count_views(c, brand, ret_counts);
}

err glance_promises(struct web *web, int64_t brand, int *ret_count) {
    ARENA_AUTO arena *a = arena_new(0);
    struct promise_counts n;
    TRY(promise_count(web->desk, a, brand, PROMISES_OF_ALL, &n));
    *ret_count = capped(&n);
    return ERR_NONE;
}

err glance_incidents(struct web *web, int64_t brand, struct glance *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(web->desk->db, &c));
    return look_at_incidents(c, brand, ret);
}
