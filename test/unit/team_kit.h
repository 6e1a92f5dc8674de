/* A team of writers who answer everybody in an incident at once, without pauses: each asks for the next
 * person, writes a letter of their own from a grammar, has it checked, sends it. Some try to send what a
 * colleague is sending, some leave a letter to others or pass it on. What must hold is counted in memory that
 * processes share. For test/unit/room_test.c (small) and bench/team_bench.c (2,300 people, 20 writers). */
#ifndef LONGHAND_TEST_TEAM_KIT_H
#define LONGHAND_TEST_TEAM_KIT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/random.h"
#include "desk/checking.h"
#include "desk/reply.h"
#include "desk/room_next.h"
#include "desk/room_said.h"
#include "store/customer.h"

enum { TEAM_PEOPLE_MAX = 4000, TEAM_WRITERS_MAX = 32, TEAM_TEXT = 2000 };

struct team_person {
    int64_t conversation, letter;
    char name[24], address[64];
    atomic_int held;     /* who holds them: 1 + writer; 0 nobody */
    atomic_int answered; /* replies that were sent */
};
struct team_shared {
    atomic_int doubles; /* two held the same person */
    atomic_int again;   /* somebody was answered twice */
    atomic_int copies, copies_stopped, copies_sent, rewritten, sent, skipped, passed, failed;
    char why[300];        /* of the first that failed */
    pthread_mutex_t lock; /* of the last letter, for those who copy */
    char last[TEAM_TEXT];
    int64_t last_of; /* whom it went to */
    atomic_int nnext, nsend;
    float next_ms[TEAM_PEOPLE_MAX * 3], reply_ms[TEAM_PEOPLE_MAX * 3];
    atomic_int ncheck, nhand;
    float check_ms[TEAM_PEOPLE_MAX * 3], hand_ms[TEAM_PEOPLE_MAX * 3]; /* of one check, of one sending */
    int people;
    struct team_person person[TEAM_PEOPLE_MAX];
};
struct team_writer {
    struct desk *desk;
    struct team_shared *shared;
    struct actor who;
    const int64_t *colleagues;
    int ncolleagues, number;
    int64_t incident;
    bool copies;  /* tries to send what colleagues send */
    int pause_ms; /* between two letters, twice that at most; 0 none */
    uint64_t seed;
};

static inline struct team_shared *team_shared_new(void) {
    struct team_shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s == MAP_FAILED) abort();
    pthread_mutexattr_t how;
    pthread_mutexattr_init(&how);
    pthread_mutexattr_setpshared(&how, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&s->lock, &how);
    return s;
}

/* ---- letters that are not alike ---- */

static const char *const team_nouns[] = {
    "harbour",    "lantern",  "gears",    "window",    "kettle",   "ladder",  "garden",  "pocket",
    "button",     "feather",  "island",   "thunder",   "biscuit",  "anchor",  "whistle", "pebble",
    "cabinet",    "ribbon",   "compass",  "drawer",    "engine",   "blanket", "mirror",  "saddle",
    "needle",     "orchard",  "candle",   "bridge",    "basket",   "marble",  "rudder",  "gravel",
    "canvas",     "pigeon",   "sailor",   "teapot",    "hammer",   "winter",  "tunnel",  "balloon",
    "cobbler",    "lizard",   "meadow",   "staircase", "violin",   "walnut",  "barrel",  "chimney",
    "dolphin",    "envelope", "fountain", "glacier",   "haystack", "inkwell", "jigsaw",  "kitchen",
    "lighthouse", "monsoon",  "notebook", "otter",     "paddle",   "quarry",  "rooftop", "sandcastle",
    "tractor",    "umbrella", "village",  "waterfall", "yarn",     "zipper",  "acorn",   "beehive",
    "cactus",     "doorbell", "easel",    "ferry",     "gondola",  "hammock", "icicle",  "jetty"};
static const char *const team_verbs[] = {
    "stumbles", "whispers", "gallops",  "hesitates", "sparkles", "wanders",  "crumbles",  "settles",
    "giggles",  "trembles", "vanishes", "lingers",   "clatters", "drifts",   "flickers",  "grumbles",
    "hurries",  "jiggles",  "kneels",   "leaps",     "mumbles",  "nestles",  "orbits",    "paddles",
    "quivers",  "rattles",  "shivers",  "tiptoes",   "unfolds",  "vibrates", "wobbles",   "yawns",
    "zigzags",  "blossoms", "coughs",   "dangles",   "echoes",   "freezes",  "glows",     "hums",
    "itches",   "juggles",  "knocks",   "limps",     "melts",    "nods",     "overflows", "pauses"};
static const char *const team_adjectives[] = {
    "brave",     "crooked",  "dusty",    "eager",   "faithful", "gentle",  "hollow",  "icy",
    "jolly",     "knotted",  "lopsided", "muddy",   "narrow",   "orange",  "patient", "quiet",
    "rusty",     "silver",   "tangled",  "uneven",  "velvet",   "wooden",  "yellow",  "zesty",
    "ancient",   "bright",   "clumsy",   "distant", "elegant",  "foggy",   "golden",  "hungry",
    "invisible", "jagged",   "kind",     "lonely",  "mighty",   "nervous", "odd",     "polished",
    "quick",     "restless", "sleepy",   "thirsty", "unusual",  "vast",    "wobbly",  "young"};
static const char *const team_joins[] = {"while",   "because", "until", "although", "whenever", "so that",
                                         "even if", "before",  "after", "wherever", "unless",   "since"};
static const char *const team_places[] = {"beside", "under", "behind", "across",  "against", "above",
                                          "inside", "past",  "around", "through", "between", "below"};

static inline uint32_t team_chance(uint64_t *seed, uint32_t n) {
    *seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(*seed >> 33) % n;
}
#define TEAM_PICK(seed, list) list[team_chance((seed), sizeof list / sizeof *list)]

static inline void team_sentence(uint64_t *seed, char *to, size_t size) {
    const char *n1 = TEAM_PICK(seed, team_nouns), *n2 = TEAM_PICK(seed, team_nouns),
               *n3 = TEAM_PICK(seed, team_nouns), *a1 = TEAM_PICK(seed, team_adjectives),
               *a2 = TEAM_PICK(seed, team_adjectives), *v1 = TEAM_PICK(seed, team_verbs),
               *v2 = TEAM_PICK(seed, team_verbs), *j = TEAM_PICK(seed, team_joins),
               *p = TEAM_PICK(seed, team_places);
    switch (team_chance(seed, 5)) {
    case 0: snprintf(to, size, "Your %s %s %s %s every %s %s %s %s.", a1, n1, v1, p, n2, j, n3, v2); break;
    case 1: snprintf(to, size, "One %s %s %s, %s that %s %s %s %s.", a1, n1, v1, j, a2, n2, v2, n3); break;
    case 2: snprintf(to, size, "Somewhere %s %s %s %s %s, %s %s %s.", p, n1, a1, n2, v1, j, n3, v2); break;
    case 3: snprintf(to, size, "Our %s %s %s %s %s %s %s again.", n1, v1, p, a1, n2, j, n3); break;
    default: snprintf(to, size, "%s %s %s %s %s, and %s %s.", n1, v1, j, a1, n2, n3, v2); break;
    }
}

static const char *const team_facts[] = {"The page stopped at nine because a disk broke.",
                                         "Orders that were paid are safe and will be sent.",
                                         "Letters by post are answered within two days."};

/* Every third one states what the room lets everybody say. */
static inline void team_letter(uint64_t *seed, const char *name, const char *agent, char *to, size_t size) {
    size_t at = (size_t)snprintf(to, size, "Dear %s,\n\n", name);
    int sentences = 3 + (int)team_chance(seed, 3);
    for (int i = 0; i < sentences && at + 300 < size; i++) {
        team_sentence(seed, to + at, size - at);
        at += strlen(to + at);
        at += (size_t)snprintf(to + at, size - at, i % 2 ? "\n\n" : " ");
    }
    if (!team_chance(seed, 3))
        at += (size_t)snprintf(to + at, size - at, "%s\n\n", TEAM_PICK(seed, team_facts));
    snprintf(to + at, size - at, "\n%s", agent);
}

/* ---- one writer ---- */

static inline double team_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static inline struct team_person *team_person_of(struct team_shared *s, int64_t conversation) {
    for (int i = 0; i < s->people; i++)
        if (s->person[i].conversation == conversation) return &s->person[i];
    return NULL;
}

static inline void team_failed(struct team_shared *s, const char *what) {
    if (atomic_fetch_add(&s->failed, 1) == 0) snprintf(s->why, sizeof s->why, "%s: %s", what, err_text());
}

static inline bool team_canned(const struct checked *checked) {
    for (size_t i = 0; i < checked->remarks.n; i++) {
        const struct remark *r = &checked->remarks.v[i];
        if (r->level != REMARK_FINE && (r->kind == REMARK_CANNED || r->kind == REMARK_CANNED_LETTER))
            return true;
    }
    return false;
}

static inline void team_count(float *list, atomic_int *n, double ms) {
    int at = atomic_fetch_add(n, 1);
    if (at < TEAM_PEOPLE_MAX * 3) list[at] = (float)ms;
}

/* What the last letter said, to somebody else by name: nothing else in it changes. */
static inline bool team_copy(struct team_writer *t, const struct team_person *p, char *text) {
    struct team_shared *s = t->shared;
    bool there;
    char last[TEAM_TEXT];
    pthread_mutex_lock(&s->lock);
    there = s->last[0] && s->last_of != p->conversation;
    memcpy(last, s->last, sizeof last);
    pthread_mutex_unlock(&s->lock);
    const char *body = there ? strstr(last, "\n\n") : NULL;
    if (!body) return false;
    snprintf(text, TEAM_TEXT, "Dear %s,%s", p->name, body);
    return true;
}

/* Who copies has the letter before it is sent, so that both are on their way at the same time. */
static inline void team_show(struct team_writer *t, const struct team_person *p, const char *text) {
    pthread_mutex_lock(&t->shared->lock);
    snprintf(t->shared->last, TEAM_TEXT, "%s", text);
    t->shared->last_of = p->conversation;
    pthread_mutex_unlock(&t->shared->lock);
}

static inline err team_send(struct team_writer *t, arena *a, const struct team_person *p, const char *text,
                            double *ret_ms) {
    remark_list stops = {0};
    struct reply_made made;
    struct reply_wish wish = {.conversation = p->conversation,
                              .seen_version = -1,
                              .to_line = str_z(p->address),
                              .subject = S("Re: the page"),
                              .text = str_copy(a, str_z(text)),
                              .key = token_new(a),
                              .stops = &stops};
    double began = team_ms();
    err e = reply_send(t->desk, a, &t->who, &wish, &made);
    *ret_ms += team_ms() - began;
    return e;
}

static inline void team_answer(struct team_writer *t, arena *a, struct team_person *p, double ms) {
    struct team_shared *s = t->shared;
    char text[TEAM_TEXT];
    bool copied = t->copies && team_chance(&t->seed, 6) == 0 && team_copy(t, p, text);
    if (copied) atomic_fetch_add(&s->copies, 1);
    for (int tries = 0; tries < 8; tries++) {
        struct checked checked;
        if (!copied) team_letter(&t->seed, p->name, "Team", text, sizeof text);
        double began = team_ms();
        err e = checking_run(t->desk, a, &t->who,
                             &(struct checking_wish){.conversation = p->conversation, .text = str_z(text)},
                             &checked);
        double took = team_ms() - began;
        ms += took;
        team_count(s->check_ms, &s->ncheck, took);
        if (e) {
            team_failed(s, "check");
            return;
        }
        /* A person who sees the remark writes it anew; who copies does not look. */
        if (!copied && team_canned(&checked)) {
            atomic_fetch_add(&s->rewritten, 1);
            continue;
        }
        if (!copied) team_show(t, p, text);
        double before = ms;
        e = team_send(t, a, p, text, &ms);
        team_count(s->hand_ms, &s->nhand, ms - before);
        if (!e) {
            if (copied) atomic_fetch_add(&s->copies_sent, 1);
            if (atomic_fetch_add(&p->answered, 1)) atomic_fetch_add(&s->again, 1);
            atomic_fetch_add(&s->sent, 1);
            team_count(s->reply_ms, &s->nsend, ms);
            return;
        }
        if (e != ERR_CONFLICT) {
            team_failed(s, "send");
            return;
        }
        if (copied) atomic_fetch_add(&s->copies_stopped, 1);
        copied = false;
        atomic_fetch_add(&s->rewritten, 1);
        ms = 0; /* the next letter is another one */
    }
    team_failed(s, "eight letters were not enough");
}

/* Sometimes a letter is somebody else's. */
static inline bool team_leaves(struct team_writer *t, arena *a, struct team_person *p) {
    uint32_t chance = team_chance(&t->seed, 40);
    if (chance > 1 || t->ncolleagues < 2) return false;
    atomic_store(&p->held, 0);
    if (chance == 0) {
        if (room_skip(t->desk, a, &t->who, t->incident, p->conversation)) team_failed(t->shared, "skip");
        atomic_fetch_add(&t->shared->skipped, 1);
        return true;
    }
    int64_t to = t->colleagues[team_chance(&t->seed, (uint32_t)t->ncolleagues)];
    if (to == t->who.agent) to = t->colleagues[(t->number + 1) % t->ncolleagues];
    if (room_pass(t->desk, a, &t->who, t->incident, p->conversation, to, S("for you")))
        team_failed(t->shared, "pass");
    atomic_fetch_add(&t->shared->passed, 1);
    return true;
}

static inline bool team_all_answered(struct team_shared *s) {
    for (int i = 0; i < s->people; i++)
        if (!atomic_load(&s->person[i].answered)) return false;
    return true;
}

/* Until nobody is left. */
static inline void *team_write(void *arg) {
    struct team_writer *t = arg;
    struct team_shared *s = t->shared;
    while (!atomic_load(&s->failed)) {
        ARENA_AUTO arena *a = arena_new(0);
        struct room_given given;
        double began = team_ms();
        if (room_next(t->desk, a, &t->who, t->incident, &given)) {
            team_failed(s, "next");
            break;
        }
        double ms = team_ms() - began;
        team_count(s->next_ms, &s->nnext, ms);
        if (!given.conversation) {
            if (team_all_answered(s)) break;
            nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
            continue;
        }
        struct team_person *p = team_person_of(s, given.conversation);
        int free_one = 0;
        if (!p || !atomic_compare_exchange_strong(&p->held, &free_one, t->number + 1)) {
            if (!p || free_one != t->number + 1) atomic_fetch_add(&s->doubles, 1);
        }
        if (!p) break;
        if (team_leaves(t, a, p)) continue;
        team_answer(t, a, p, ms);
        atomic_store(&p->held, 0);
        if (t->pause_ms)
            nanosleep(
                &(struct timespec){.tv_nsec = 1000000L * team_chance(&t->seed, 2 * (uint32_t)t->pause_ms)},
                NULL);
    }
    return NULL;
}

/* ---- the people ---- */

static inline const char *team_name(int i) {
    static const char *const names[] = {"Rosalind", "Emeka", "Ilse",  "Mattias",  "Joao",   "Hanna",  "Piet",
                                        "Anouk",    "Noor",  "Bram",  "Liesbeth", "Tariq",  "Wanda",  "Yusuf",
                                        "Zelda",    "Odile", "Pavel", "Quirine",  "Rasmus", "Sunniva"};
    return names[i % (int)(sizeof names / sizeof *names)];
}

/* Number `i` of those who wait in the incident: rows as intake and listening would leave them. */
static inline err team_put(db_conn *c, int64_t brand, int64_t inbox, int64_t incident, int i, uint64_t *seed,
                           struct team_person *ret) {
    ARENA_AUTO arena *a = arena_new(0);
    char text[500];
    int64_t now = clock_now(NULL);
    str name = str_z(team_name(i)), address = str_fmt(a, "c%d@customer.example", i);
    struct customer customer = {.id = id_new(now), .name = name, .about = S(""), .created_at = now};
    team_sentence(seed, text, sizeof text);
    struct conversation v = {.id = id_new(now),
                             .number = 1000000000 + i, /* out of the way of those that come */
                             .inbox_id = inbox,
                             .customer_id = customer.id,
                             .channel = CHANNEL_MAIL,
                             .subject = S("the page"),
                             .snippet = str_z(text),
                             .state = CONVERSATION_US,
                             .waiting_since = now - HOUR_MS + i,
                             .version = 1,
                             .created_at = now,
                             .updated_at = now};
    struct message m = {.id = id_new(now),
                        .conversation_id = v.id,
                        .kind = MESSAGE_LETTER,
                        .channel = CHANNEL_MAIL,
                        .from_name = name,
                        .from_address = address,
                        .subject = v.subject,
                        .text = str_z(text),
                        .said_at = now,
                        .created_at = now};
    struct message_address from = {m.id, ROLE_FROM, name, address};
    struct incident_conversation part = {.id = id_new(now),
                                         .incident_id = incident,
                                         .conversation_id = v.id,
                                         .message_id = m.id,
                                         .state = INCIDENT_PART_IN,
                                         .why = S("page"),
                                         .at = now};
    TRY(store_customer_insert(c, brand, &customer));
    TRY(store_conversation_insert(c, brand, &v));
    TRY(store_message_insert(c, brand, &m));
    TRY(store_message_address_insert(c, brand, 0, &from));
    TRY(store_incident_conversation_put(c, brand, &part));
    ret->conversation = v.id;
    ret->letter = m.id;
    snprintf(ret->name, sizeof ret->name, "%.*s", STR_FMT(name));
    snprintf(ret->address, sizeof ret->address, "%.*s", STR_FMT(address));
    return ERR_NONE;
}

static inline int team_float_order(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}
/* The value that a share of them stays below. */
static inline float team_quantile(float *list, int n, double share) {
    if (!n) return 0;
    qsort(list, (size_t)n, sizeof *list, team_float_order);
    int at = (int)(share * n);
    return list[at < n ? at : n - 1];
}

#endif
