#include "desk/judgement.h"

#include "base/clock.h"
#include "base/random.h"
#include "desk/check.h"

static err denied(void) { return err_set(ERR_DENIED, "Only a lead may do this."); }

/* ---- stories ---- */

static err story_of(db_conn *c, arena *a, const struct actor *who, bool lead, const struct store_gesture *g,
                    struct judgement_story *ret) {
    struct judgement_story s = {.gesture = *g, .may_read_notes = lead || g->agent_id == who->agent};
    TRY(store_story_of(c, a, who->brand, g, &s.said));
    if (s.may_read_notes) TRY(store_judgement_notes(c, a, who->brand, g->id, &s.notes));
    *ret = s;
    return ERR_NONE;
}

err judgement_stories(const struct desk *d, arena *a, const struct actor *who, bool unread, int64_t before,
                      int limit, judgement_story_list *ret, int64_t *ret_next) {
    DB_READ_AUTO db_conn *c = NULL;
    store_gesture_list rows = {0};
    judgement_story_list stories = {0};
    bool lead;
    if (limit < 1) limit = 1;
    if (limit > JUDGEMENT_PAGE_MAX) limit = JUDGEMENT_PAGE_MAX;
    TRY(db_read_begin(d->db, &c));
    TRY(gesture_may(c, a, who, &lead));
    TRY(store_gestures_judged(c, a, who->brand, lead ? 0 : who->agent, unread, before, limit + 1, &rows));
    for (size_t i = 0; i < rows.n && i < (size_t)limit; i++)
        TRY(story_of(c, a, who, lead, &rows.v[i], list_add(a, &stories)));
    *ret_next = rows.n > (size_t)limit ? rows.v[limit - 1].id : 0;
    *ret = stories;
    return ERR_NONE;
}

/* The gesture, if it was outside policy and concerns the actor. */
static err judged(db_conn *c, arena *a, const struct actor *who, int64_t id, bool *ret_lead,
                  struct store_gesture *ret) {
    struct store_gesture g;
    TRY(gesture_may(c, a, who, ret_lead));
    TRY(store_gesture_get(c, a, who->brand, id, &g));
    if (g.policy_id || (!*ret_lead && g.agent_id != who->agent))
        return err_set(ERR_MISSING, "There is no such judgement.");
    *ret = g;
    return ERR_NONE;
}

err judgement_story_get(const struct desk *d, arena *a, const struct actor *who, int64_t gesture,
                        struct judgement_story *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_gesture g;
    bool lead;
    TRY(db_read_begin(d->db, &c));
    TRY(judged(c, a, who, gesture, &lead, &g));
    return story_of(c, a, who, lead, &g, ret);
}

/* ---- notes ---- */

struct note_write {
    arena *a;
    const struct actor *who;
    struct store_judgement_note row;
    int64_t conversation;
};

static err write_well(db_conn *c, void *arg) {
    struct note_write *x = arg;
    struct store_gesture g;
    store_judgement_note_list notes = {0};
    bool lead;
    TRY(judged(c, x->a, x->who, x->row.gesture_id, &lead, &g));
    x->conversation = g.conversation_id;
    if (!lead) return denied();
    if (g.agent_id == x->who->agent)
        return err_set(ERR_DENIED, "Another lead reads this: it is your own judgement.");
    TRY(store_judgement_notes(c, x->a, x->who->brand, g.id, &notes));
    for (size_t i = 0; i < notes.n; i++)
        if (notes.v[i].well && notes.v[i].agent_id == x->who->agent) return ERR_NONE;
    return store_judgement_note_insert(c, x->who->brand, &x->row);
}

static err write_note(db_conn *c, void *arg) {
    struct note_write *x = arg;
    struct store_gesture g;
    bool lead;
    TRY(judged(c, x->a, x->who, x->row.gesture_id, &lead, &g));
    x->conversation = g.conversation_id;
    if (g.agent_id == x->who->agent && x->row.suggestion.n)
        return err_set(ERR_INVALID, "Answer with a note; suggestions come from others.");
    return store_judgement_note_insert(c, x->who->brand, &x->row);
}

static struct note_write note_of(const struct desk *d, arena *a, const struct actor *who, int64_t gesture) {
    int64_t now = desk_now(d);
    return (struct note_write){
        .a = a,
        .who = who,
        .row = {.id = id_new(now), .gesture_id = gesture, .agent_id = who->agent, .at = now}};
}

err judgement_well(const struct desk *d, arena *a, const struct actor *who, int64_t gesture) {
    struct note_write x = note_of(d, a, who, gesture);
    x.row.well = true;
    TRY(db_write(d->db, write_well, &x));
    desk_changed(d, who->brand, x.conversation, "judgement");
    return ERR_NONE;
}

err judgement_note(const struct desk *d, arena *a, const struct actor *who, int64_t gesture, str note,
                   str suggestion) {
    struct note_write x = note_of(d, a, who, gesture);
    TRY(check_text(a, "The note", str_trim(note), JUDGEMENT_NOTE_BYTES, &x.row.note));
    TRY(check_text(a, "The suggestion", str_trim(suggestion), JUDGEMENT_NOTE_BYTES, &x.row.suggestion));
    if (!x.row.note.n && !x.row.suggestion.n) return err_set(ERR_INVALID, "The note is empty.");
    TRY(db_write(d->db, write_note, &x));
    desk_changed(d, who->brand, x.conversation, "judgement");
    return ERR_NONE;
}

/* ---- patterns ---- */

/* One item makes up all that its kind shows. */
static bool is_one_item(const store_pattern_list *items, const struct store_pattern *kind) {
    for (size_t i = 0; i < items->n; i++) {
        const struct store_pattern *p = &items->v[i];
        if (str_eq(p->situation, kind->situation) && p->kind == kind->kind &&
            str_eq(p->item_kind, kind->item_kind) && p->gestures == kind->gestures)
            return true;
    }
    return false;
}

static err add_pattern(db_conn *c, arena *a, int64_t brand, const struct store_pattern *p,
                       judgement_pattern_list *to) {
    struct store_policy now;
    TRY(store_policy_at(c, a, brand, p->situation, p->item_kind, p->item_code, &now));
    /* Policy says so already. When it was made to allow less than was given before, that was meant; only what
     * went beyond it since brings the pattern back. */
    if (now.id && (int)now.answer == (int)p->kind &&
        (p->last_at <= now.updated_at ||
         ((!now.amount || now.amount >= p->most) && now.quantity >= p->quantity)))
        return ERR_NONE;
    *list_add(a, to) = (struct judgement_pattern){*p, now};
    return ERR_NONE;
}

static err patterns(db_conn *c, const struct desk *d, arena *a, const struct actor *who,
                    judgement_pattern_list *ret) {
    judgement_pattern_list all = {0};
    store_pattern_list items = {0}, kinds = {0};
    int64_t since = desk_now(d) - (int64_t)PATTERN_DAYS * DAY_MS;
    bool lead;
    TRY(gesture_may(c, a, who, &lead));
    if (!lead) return denied();
    TRY(store_patterns(c, a, who->brand, since, PATTERN_AGENTS, false, &items));
    TRY(store_patterns(c, a, who->brand, since, PATTERN_AGENTS, true, &kinds));
    for (size_t i = 0; i < items.n; i++) TRY(add_pattern(c, a, who->brand, &items.v[i], &all));
    for (size_t i = 0; i < kinds.n; i++)
        if (!is_one_item(&items, &kinds.v[i])) TRY(add_pattern(c, a, who->brand, &kinds.v[i], &all));
    *ret = all;
    return ERR_NONE;
}

err judgement_patterns(const struct desk *d, arena *a, const struct actor *who, judgement_pattern_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return patterns(c, d, a, who, ret);
}

struct make {
    const struct desk *d;
    arena *a;
    const struct actor *who;
    const struct pattern_choice *choice;
    int64_t policy;
};

static err make_policy(db_conn *c, void *arg) {
    struct make *x = arg;
    const struct pattern_choice *w = x->choice;
    judgement_pattern_list all;
    TRY(patterns(c, x->d, x->a, x->who, &all));
    for (size_t i = 0; i < all.n; i++) {
        const struct store_pattern *p = &all.v[i].p;
        if (p->kind != w->kind || !str_eq(p->situation, w->situation) ||
            !str_eq(p->item_kind, w->concerns.kind) || !str_eq(p->item_code, w->concerns.code))
            continue;
        struct policy_form form = {.situation = w->situation,
                                   .concerns = w->concerns,
                                   .answer = (policy_answer)w->kind,
                                   .amount = w->amount < 0 ? p->most : w->amount,
                                   .quantity = w->quantity ? w->quantity : p->quantity,
                                   .hint = w->hint};
        int64_t replaced;
        return policy_put(c, x->d, x->a, x->who, &form, &x->policy, &replaced);
    }
    return err_set(ERR_MISSING,
                   "This is no pattern any more: policy says it already, or it was too long ago.");
}

err judgement_make_policy(const struct desk *d, arena *a, const struct actor *who,
                          const struct pattern_choice *choice, int64_t *ret_policy) {
    struct make x = {.d = d, .a = a, .who = who, .choice = choice};
    TRY(db_write(d->db, make_policy, &x));
    desk_changed(d, who->brand, 0, "policy");
    *ret_policy = x.policy;
    return ERR_NONE;
}
