#include "desk/checking.h"

#include "base/log.h"
#include "desk/heart.h"
#include "desk/history.h"
#include "desk/listening.h"
#include "desk/remembered.h"
#include "desk/room_said.h"
#include "desk/voice_learn.h"
#include "store/brand.h"
#include "store/catalogue.h"
#include "store/conversation.h"
#include "store/learned.h"
#include "store/message.h"
#include "store/setting.h"
#include "store/world.h"

enum { EARLIER_MAX = 50 };

typedef LIST(str) str_rows;

/* All a check rests on, read in one snapshot. */
struct checking {
    struct desk *desk;
    arena *arena;
    const struct actor *who;
    const struct checking_wish *wish;
    struct store_brand brand;
    struct conversation v;
    struct message letter;          /* id 0: none */
    struct listening_rows listened; /* of the letter */
    struct room_stated stated;
    str_rows earlier;
    LIST(int64_t) earlier_ids;
    store_piece_list facts;
    store_phrase_list phrases;
    voice_word_list more, less;
    store_word_list avoided;
    store_name_list ours; /* the brand's name, those of its personas */
    store_setting_list settings;
    int64_t catalogue_version;
};

/* As store_message_last_letter says it, from what was read already where that is enough. */
static err last_letter(db_conn *c, struct checking *x, const message_list *said) {
    for (size_t i = said->n; i > 0; i--) {
        const struct message *m = &said->v[i - 1];
        if (m->kind != MESSAGE_LETTER || str_eq(m->machine, S("bounce"))) continue;
        x->letter = *m;
        return ERR_NONE;
    }
    err e = store_message_last_letter(c, x->arena, x->who->brand, x->v.id, &x->letter);
    if (e == ERR_MISSING) x->letter = (struct message){0};
    return e == ERR_MISSING ? ERR_NONE : e;
}

static err load_conversation(db_conn *c, struct checking *x) {
    int64_t brand = x->who->brand;
    message_list said = {0};
    TRY(store_conversation_get(c, x->arena, brand, x->wish->conversation, &x->v));
    TRY(store_message_list(c, x->arena, brand, x->v.id, 0, EARLIER_MAX, &said));
    TRY(last_letter(c, x, &said));
    if (x->letter.id) TRY(listening_rows_in(c, x->arena, brand, x->letter.id, &x->listened));
    TRY(room_stated_in(c, x->arena, brand, &x->v, &x->stated));
    for (size_t i = 0; i < said.n; i++)
        if (said.v[i].kind == MESSAGE_REPLY) {
            *list_add(x->arena, &x->earlier) = said.v[i].text;
            *list_add(x->arena, &x->earlier_ids) = said.v[i].id;
        }
    return ERR_NONE;
}

/* Its version: what was heard was read with it. */
static err load_catalogue_version(db_conn *c, struct checking *x) {
    struct store_catalogue now = {.version = x->listened.catalogue_version};
    if (!x->letter.id) TRY(store_catalogue_get(c, x->arena, x->who->brand, &now));
    x->catalogue_version = now.version;
    return ERR_NONE;
}

static err load(struct checking *x) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(x->desk->db, &c));
    TRY(store_brand_by_id(c, x->arena, x->who->brand, &x->brand));
    if (x->wish->conversation) TRY(load_conversation(c, x));
    TRY(store_facts(c, x->arena, x->who->brand, &x->facts));
    TRY(load_catalogue_version(c, x));
    TRY(store_setting_list_of(c, x->arena, x->who->brand, &x->settings));
    voice_words_of(x->arena, &x->settings, &x->more, &x->less);
    TRY(store_world_for_check(c, x->arena, x->who->brand, &x->avoided, &x->ours));
    *list_add(x->arena, &x->ours) = x->brand.name;
    return store_phrases(c, x->arena, x->who->brand, &x->phrases);
}

/* A reply that is gone leaves its evidence without words. */
struct fetching {
    struct checking *x;
    err error;
};

static bool fetch(void *context, int64_t id, str *ret_text) {
    struct fetching *f = context;
    DB_READ_AUTO db_conn *c = NULL;
    struct store_said said;
    err e = db_read_begin(f->x->desk->db, &c);
    if (!e) e = store_said_get(c, f->x->arena, f->x->who->brand, id, &said);
    if (e && e != ERR_MISSING) f->error = e;
    if (e) return false;
    *ret_text = said.text;
    return true;
}

static void split_phrases(struct checking *x, str_rows *stock, str_rows *allowed) {
    for (size_t i = 0; i < x->phrases.n; i++)
        *list_add(x->arena, x->phrases.v[i].state == PHRASE_ALLOWED ? allowed : stock) =
            x->phrases.v[i].phrase;
}

/* The brand's, and those of the incident's room. */
static struct check_fact *facts_of(struct checking *x, const struct room_check *room, size_t *ret_n) {
    struct check_fact *facts = arena_array(x->arena, x->facts.n + room->nfacts, sizeof *facts);
    for (size_t i = 0; i < x->facts.n; i++)
        facts[i] = (struct check_fact){x->facts.v[i].id, x->facts.v[i].text};
    for (size_t i = 0; i < room->nfacts; i++) facts[x->facts.n + i] = room->facts[i];
    *ret_n = x->facts.n + room->nfacts;
    return facts;
}

static struct check_avoided *avoided_of(struct checking *x) {
    struct check_avoided *words = arena_array(x->arena, x->avoided.n, sizeof *words);
    for (size_t i = 0; i < x->avoided.n; i++)
        words[i] = (struct check_avoided){x->avoided.v[i].word, x->avoided.v[i].instead, x->avoided.v[i].why};
    return words;
}

/* The index is derived and may be out of order; then the check goes without it and says so, for a reply must
 * never wait for it. */
static bool open_history(struct desk *d, int64_t brand, near **ret) {
    if (!heart_replies(d, brand, ret)) return true;
    log_warn("near", "The check goes without what was said before: %s", err_text());
    *ret = NULL;
    return false;
}

static void say_unknown(arena *a, struct checked *ret) {
    *list_add(a, &ret->remarks) = (struct remark){
        .kind = REMARK_CANNED,
        .level = REMARK_LOOK,
        .says = T("What others got cannot be looked up just now, so this was checked without it.")};
}

static err run(struct checking *x, struct checked *ret) {
    arena *a = x->arena;
    HEART_CATALOGUE_AUTO struct heart_catalogue catalogue = {0};
    struct heard heard;
    struct history history;
    struct remembered remembered;
    near *said;
    str_rows stock = {0}, allowed = {0};
    const struct zone *zone = NULL;
    ROOM_CHECK_AUTO struct room_check room = {0};
    size_t nfacts;
    TRY(heart_catalogue_at(x->desk, x->who->brand, x->catalogue_version, &catalogue));
    bool known = open_history(x->desk, x->who->brand, &said);
    history_for(&history, a, said, x->v.customer_id);
    remembered_for(&remembered, &history);
    if (x->letter.id) TRY(listening_heard_of(x->desk, a, x->who->brand, &x->letter, &x->listened, &heard));
    if (zone_load(x->brand.zone, &zone)) zone = NULL;
    TRY(room_check_begin(x->desk, a, x->who->brand, &x->v, &x->stated, x->wish->saying, zone, &room));
    const struct check_fact *facts = facts_of(x, &room, &nfacts);
    split_phrases(x, &stock, &allowed);
    str reference = str_fmt(a, "#%lld", (long long)x->v.number);
    struct check_input in = {.letter = x->letter.id ? &heard : NULL,
                             .reply = x->wish->text,
                             .customer_name = x->v.customer_name,
                             .agent_name = x->wish->agent_name.n ? x->wish->agent_name : x->who->name,
                             .other_names = x->ours.v,
                             .nother_names = x->ours.n,
                             .catalogue = catalogue.catalogue,
                             .history = &history.view,
                             .facts = facts,
                             .nfacts = nfacts,
                             .stock = stock.v,
                             .nstock = stock.n,
                             .allowed = allowed.v,
                             .nallowed = allowed.n,
                             .avoided = avoided_of(x),
                             .navoided = x->avoided.n,
                             .references = &reference,
                             .nreferences = x->v.number ? 1 : 0,
                             .earlier = x->earlier.v,
                             .nearlier = x->earlier.n,
                             .earlier_ids = x->earlier_ids.v,
                             .incident = room.incident,
                             .voice_more = x->more.v,
                             .nvoice_more = x->more.n,
                             .voice_less = x->less.v,
                             .nvoice_less = x->less.n,
                             .now = desk_now(x->desk),
                             .zone = zone};
    check(a, &in, ret);
    if (!known) say_unknown(a, ret);
    struct fetching f = {x, ERR_NONE};
    history_quote(a, x->wish->text, ret, fetch, &f);
    return f.error;
}

static bool listed(str kinds, const char *kind) {
    str one;
    while (str_split(&kinds, ' ', &one))
        if (str_eq(one, str_z(kind))) return true;
    return false;
}

static void find_stops(arena *a, const store_setting_list *settings, const struct checked *checked,
                       remark_list *ret) {
    remark_list stops = {0};
    str kinds = S(CHECK_STOPS_STANDARD);
    for (size_t i = 0; i < settings->n; i++)
        if (str_eq(settings->v[i].name, S("check_stops"))) kinds = settings->v[i].value;
    for (size_t i = 0; i < checked->remarks.n; i++) {
        const struct remark *r = &checked->remarks.v[i];
        /* What colleagues found to be untrue is no matter of a brand's taste. */
        bool stops_here = r->kind == REMARK_FACT || listed(kinds, remark_kind_name(r->kind));
        if (r->level == REMARK_STOP && stops_here) *list_add(a, &stops) = *r;
    }
    *ret = stops;
}

err checking_run(struct desk *d, arena *a, const struct actor *who, const struct checking_wish *wish,
                 struct checked *ret) {
    struct checking x = {.desk = d, .arena = a, .who = who, .wish = wish};
    if (wish->text.n > 1000000) return err_set(ERR_LIMIT, "The reply is longer than 1 MB.");
    TRY(load(&x));
    TRY(run(&x, ret));
    if (wish->stops) find_stops(a, &x.settings, ret, wish->stops);
    return ERR_NONE;
}

err checking_stops(struct desk *d, arena *a, int64_t brand, const struct checked *checked, remark_list *ret) {
    store_setting_list settings;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_setting_list_of(c, a, brand, &settings));
    }
    find_stops(a, &settings, checked, ret);
    return ERR_NONE;
}
