#include "web/live.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "store/message.h"
#include "web/glance.h"

enum {
    LISTENERS_MAX = 4000,
    LISTENERS_OF_ACCOUNT = 20,
    NEWS_MAX = 256,
    PRESENT_MAX = 4096,
    GATHER_MS = 150,
    LOOK_AGAIN_MS = 5 * SECOND_MS,
    SESSION_CHECK_MS = MINUTE_MS,
};

struct listener {
    http_stream *stream;
    int64_t brand, account, checked_at;
    char session[80], slug[64]; /* NUL-terminated */
};

struct news {
    int64_t brand, conversation; /* conversation 0: the lists alone */
    const char *what;
};

struct present {
    int64_t brand, conversation, account, at; /* account 0: free */
    enum live_doing doing;
    char name[128];
};

struct live {
    struct web *web;
    pthread_t thread;
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t wake;
    bool leave;
    struct listener listeners[LISTENERS_MAX];
    size_t listener_count;
    struct news news[NEWS_MAX];
    size_t news_count;
    struct present present[PRESENT_MAX];
    size_t present_count;
};

const char *live_doing_name(enum live_doing d) {
    static const char *const names[] = {"left", "looking", "writing"};
    return names[d];
}

/* ---- telling ---- */

static void copy_z(char *to, size_t size, str from) {
    str s = str_clip_utf8(from, size - 1);
    memcpy(to, s.p ? s.p : "", s.n);
    to[s.n] = 0;
}

/* Under the lock. Whoever has gone is forgotten here. */
static void send_all(struct live *l, int64_t brand, const char *event, str data) {
    for (size_t i = 0; i < l->listener_count;) {
        struct listener *x = &l->listeners[i];
        bool there = x->brand != brand ? !http_stream_gone(x->stream)
                                       : http_stream_send(x->stream, str_z(event), data);
        if (there) {
            i++;
            continue;
        }
        http_stream_unref(x->stream);
        *x = l->listeners[--l->listener_count];
    }
}

static bool heard_by_any(struct live *l, int64_t brand, str *ret_slug, arena *a) {
    for (size_t i = 0; i < l->listener_count; i++) {
        if (l->listeners[i].brand != brand) continue;
        *ret_slug = str_copy(a, str_z(l->listeners[i].slug));
        return true;
    }
    return false;
}

static void send(struct live *l, int64_t brand, const char *event, buf *data) {
    if (!buf_ok(data)) return;
    pthread_mutex_lock(&l->lock);
    send_all(l, brand, event, buf_str(data));
    pthread_mutex_unlock(&l->lock);
}

static void tell_list(struct live *l, int64_t brand) {
    int counts[GLANCE_VIEWS], promises;
    struct glance g = {0};
    if (glance_counts(l->web, brand, counts) || glance_promises(l->web, brand, &promises) ||
        glance_incidents(l->web, brand, &g))
        return;
    BUF_AUTO buf b = BUF_MAX(4096);
    struct json_out o = json_begin(&b);
    json_open_object(&o);
    json_key(&o, S("counts"));
    json_open_object(&o);
    for (int i = 0; i < GLANCE_VIEWS; i++)
        if (counts[i] >= 0)
            json_key(&o, str_z(conversation_view_name((conversation_view)i))), json_int(&o, counts[i]);
    json_key(&o, S("promises")), json_int(&o, promises);
    /* While one is open the menu says that instead. */
    if (!g.incidents) json_key(&o, S("incidents")), json_int(&o, g.incidents_proposed);
    json_close_object(&o);
    json_close_object(&o);
    send(l, brand, "list", &b);
}

static void tell_letter(struct live *l, int64_t brand, const struct conversation *v, str slug) {
    BUF_AUTO buf b = BUF_MAX(8192), url = BUF_MAX(1024);
    buf_add_fmt(&url, "/b/%.*s/c/%lld", STR_FMT(slug), (long long)v->id);
    struct json_out o = json_begin(&b);
    json_open_object(&o);
    json_key(&o, S("conversation")), json_id(&o, v->id);
    json_key(&o, S("from")), json_str(&o, v->customer_name);
    json_key(&o, S("snippet")), json_str(&o, str_clip_utf8(v->snippet, 200));
    json_key(&o, S("url")), json_str(&o, buf_str(&url));
    json_close_object(&o);
    send(l, brand, "letter", &b);
}

static void tell_conversation(struct live *l, arena *a, const struct news *n, str slug) {
    struct conversation v;
    {
        DB_READ_AUTO db_conn *c = NULL;
        if (db_read_begin(l->web->desk->db, &c)) return;
        if (store_conversation_get(c, a, n->brand, n->conversation, &v)) return;
    }
    BUF_AUTO buf b = BUF_MAX(4096);
    struct json_out o = json_begin(&b);
    json_open_object(&o);
    json_key(&o, S("conversation")), json_id(&o, v.id);
    json_key(&o, S("version")), json_int(&o, v.version);
    json_key(&o, S("what")), json_str(&o, str_z(n->what));
    json_close_object(&o);
    send(l, n->brand, "conversation", &b);
    /* Junk and what arrives at a closed door is kept quiet. */
    if (strcmp(n->what, "letter") == 0 && v.state == CONVERSATION_US) tell_letter(l, n->brand, &v, slug);
}

void live_tell(struct live *l) {
    ARENA_AUTO arena *a = arena_new(0);
    pthread_mutex_lock(&l->lock);
    size_t n = l->news_count;
    struct news *news = arena_copy(a, l->news, n * sizeof *news);
    l->news_count = 0;
    pthread_mutex_unlock(&l->lock);
    for (size_t i = 0; i < n; i++) {
        str slug;
        pthread_mutex_lock(&l->lock);
        bool heard = heard_by_any(l, news[i].brand, &slug, a);
        pthread_mutex_unlock(&l->lock);
        if (!heard) continue;
        bool first = true;
        for (size_t k = 0; k < i && first; k++) first = news[k].brand != news[i].brand;
        if (first) tell_list(l, news[i].brand);
        if (news[i].conversation) tell_conversation(l, a, &news[i], slug);
    }
}

void live_changed(struct live *l, int64_t brand, int64_t conversation, const char *what) {
    pthread_mutex_lock(&l->lock);
    bool known = false;
    for (size_t i = 0; i < l->news_count && !known; i++)
        known = l->news[i].brand == brand && l->news[i].conversation == conversation &&
                strcmp(l->news[i].what, what) == 0;
    if (!known && l->news_count < NEWS_MAX && l->listener_count) {
        l->news[l->news_count++] = (struct news){brand, conversation, what};
        /* Only the first of a batch wakes the thread: more would begin its wait anew, without end. */
        if (l->news_count == 1) pthread_cond_signal(&l->wake);
    }
    pthread_mutex_unlock(&l->lock);
}

/* ---- who is there ---- */

static void tell_present(struct live *l, int64_t brand, int64_t conversation) {
    ARENA_AUTO arena *a = arena_new(0);
    live_person_list people = {0};
    live_people(l, a, brand, conversation, &people);
    BUF_AUTO buf b = BUF_MAX(65536);
    struct json_out o = json_begin(&b);
    json_open_object(&o);
    json_key(&o, S("conversation")), json_id(&o, conversation);
    json_key(&o, S("people"));
    json_open_array(&o);
    for (size_t i = 0; i < people.n; i++) {
        json_open_object(&o);
        json_key(&o, S("account")), json_id(&o, people.v[i].account);
        json_key(&o, S("name")), json_str(&o, people.v[i].name);
        json_key(&o, S("doing")), json_str(&o, str_z(live_doing_name(people.v[i].doing)));
        json_close_object(&o);
    }
    json_close_array(&o);
    json_close_object(&o);
    send(l, brand, "presence", &b);
}

void live_people(struct live *l, arena *a, int64_t brand, int64_t conversation,
                 live_person_list *ret_people) {
    live_person_list people = {0};
    int64_t now = desk_now(l->web->desk);
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->present_count; i++) {
        const struct present *p = &l->present[i];
        if (p->brand != brand || p->conversation != conversation || p->at + LIVE_PRESENCE_MS <= now) continue;
        *list_add(a, &people) = (struct live_person){p->account, str_copy(a, str_z(p->name)), p->doing};
    }
    pthread_mutex_unlock(&l->lock);
    *ret_people = people;
}

void live_present(struct live *l, int64_t brand, int64_t conversation, const struct live_person *who) {
    bool news = false;
    pthread_mutex_lock(&l->lock);
    struct present *found = NULL;
    for (size_t i = 0; i < l->present_count && !found; i++) {
        struct present *p = &l->present[i];
        if (p->brand == brand && p->conversation == conversation && p->account == who->account) found = p;
    }
    if (found && who->doing == LIVE_LEFT) {
        *found = l->present[--l->present_count];
        news = true;
    } else if (who->doing != LIVE_LEFT) {
        if (!found && l->present_count < PRESENT_MAX) {
            found = &l->present[l->present_count++];
            *found = (struct present){.brand = brand, .conversation = conversation, .account = who->account};
            copy_z(found->name, sizeof found->name, who->name);
            news = true;
        }
        if (found) {
            news = news || found->doing != who->doing;
            found->doing = who->doing;
            found->at = desk_now(l->web->desk);
        }
    }
    pthread_mutex_unlock(&l->lock);
    if (news) tell_present(l, brand, conversation);
}

/* Whoever fell silent has gone: a browser that was closed says nothing. */
static void forget_silent(struct live *l) {
    int64_t now = desk_now(l->web->desk);
    for (;;) {
        struct present gone = {0};
        pthread_mutex_lock(&l->lock);
        for (size_t i = 0; i < l->present_count && !gone.account; i++) {
            if (l->present[i].at + LIVE_PRESENCE_MS > now) continue;
            gone = l->present[i];
            l->present[i] = l->present[--l->present_count];
        }
        pthread_mutex_unlock(&l->lock);
        if (!gone.account) return;
        tell_present(l, gone.brand, gone.conversation);
    }
}

/* ---- listeners ---- */

/* A stream outlives the request that opened it; whoever signed out or left the brand must hear no more. */
static void check_sessions(struct live *l) {
    int64_t now = desk_now(l->web->desk);
    for (size_t i = 0;; i++) {
        struct listener x;
        pthread_mutex_lock(&l->lock);
        bool more = i < l->listener_count, due = false;
        if (more && l->listeners[i].checked_at + SESSION_CHECK_MS <= now) {
            due = true;
            l->listeners[i].checked_at = now;
            x = l->listeners[i];
            http_stream_ref(x.stream);
        }
        pthread_mutex_unlock(&l->lock);
        if (!more) return;
        if (!due) continue;
        ARENA_AUTO arena *a = arena_new(0);
        struct desk_who who;
        err e = sign_in_who(l->web->desk, NULL, a, str_z(x.session), str_z(x.slug), &who);
        if (e == ERR_DENIED || e == ERR_MISSING) http_stream_end(x.stream);
        http_stream_unref(x.stream);
    }
}

static void *run(void *context) {
    struct live *l = context;
    pthread_setname_np(pthread_self(), "live");
    pthread_mutex_lock(&l->lock);
    while (!l->leave) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        bool news = l->news_count > 0;
        int64_t wait = news ? GATHER_MS : LOOK_AGAIN_MS;
        until.tv_sec += wait / 1000;
        until.tv_nsec += wait % 1000 * 1000000;
        if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
        int waited = pthread_cond_timedwait(&l->wake, &l->lock, &until);
        if (l->leave || waited != ETIMEDOUT) continue;
        pthread_mutex_unlock(&l->lock);
        if (news)
            live_tell(l);
        else
            forget_silent(l), check_sessions(l);
        pthread_mutex_lock(&l->lock);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

err live_new(struct web *web, struct live **ret_live) {
    struct live *l = memory_zeroed(sizeof *l);
    l->web = web;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->wake, NULL);
    if (pthread_create(&l->thread, NULL, run, l)) {
        free(l);
        return err_set(ERR_IO, "The system gives no more threads.");
    }
    *ret_live = l;
    return ERR_NONE;
}

void live_free(struct live *l) {
    if (!l) return;
    pthread_mutex_lock(&l->lock);
    l->leave = true;
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    for (size_t i = 0; i < l->listener_count; i++) http_stream_unref(l->listeners[i].stream);
    pthread_mutex_destroy(&l->lock);
    pthread_cond_destroy(&l->wake);
    free(l);
}

err live_view(struct web_call *w) {
    struct live *l = w->web->live;
    if (!w->web->http) return err_set(ERR_BUSY, "There are no streams here.");
    http_stream *stream = http_stream_new(w->web->http);
    int64_t account = w->who.account.id;
    size_t own = 0;
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->listener_count; i++)
        own += l->listeners[i].account == account && !http_stream_gone(l->listeners[i].stream);
    bool room = l->listener_count < LISTENERS_MAX && own < LISTENERS_OF_ACCOUNT;
    if (room) {
        struct listener *x = &l->listeners[l->listener_count++];
        *x = (struct listener){.stream = http_stream_ref(stream),
                               .brand = w->who.brand.id,
                               .account = account,
                               .checked_at = desk_now(w->desk)};
        copy_z(x->session, sizeof x->session, web_session(w));
        copy_z(x->slug, sizeof x->slug, w->who.brand.slug);
    }
    pthread_mutex_unlock(&l->lock);
    if (!room) {
        http_stream_unref(stream);
        w->status = 429;
        return err_set(ERR_LIMIT, "Too many open pages.");
    }
    w->out->stream = stream;
    return ERR_NONE;
}
