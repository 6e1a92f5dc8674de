#include "desk/forget.h"

#include "base/lang.h"
#include "base/random.h"
#include "desk/box.h"
#include "desk/child.h"
#include "desk/defect.h"
#include "desk/events.h"
#include "desk/forget_own.h"
#include "desk/incident.h"
#include "desk/incoming.h"
#include "desk/learning.h"
#include "desk/merge.h"
#include "desk/print_box_run.h"
#include "desk/promise.h"
#include "desk/settings.h"
#include "desk/survey.h"
#include "desk/track.h"
#include "desk/transport.h"
#include "net/objects.h"
#include "store/brand.h"
#include "store/child.h"
#include "store/conversation.h"
#include "store/forget.h"
#include "store/gesture.h"
#include "store/post.h"
#include "store/room.h"
#include "store/story.h"
#include "store/training.h"

enum { AT_ONCE = 100, ASIDE_AT_ONCE = 1000 };

static bool is_due(const struct forgetting *x, const struct store_child *k) {
    if (k->state == CHILD_NONE || k->forgotten_at || k->worry_id) return false;
    return (k->forget_at && k->forget_at <= x->now) || (k->done_at && k->done_at <= x->done_before);
}

err forget_close(db_conn *c, struct forgetting *x, struct conversation *v) {
    if (v->state == CONVERSATION_DONE) return ERR_NONE;
    v->closed_kind = v->waiting_since ? CLOSED_WITHOUT : CLOSED_ANSWERED;
    v->closed_reason = v->waiting_since ? CLOSE_NONE_NEEDED : CLOSE_ANSWERED;
    v->state = CONVERSATION_DONE;
    v->closed_at = v->updated_at = x->now;
    v->closed_by = 0;
    v->version++;
    TRY(store_conversation_update(c, x->who.brand, v));
    return event_add(c, &x->who, v->id, "closed", str_z(close_reason_name(v->closed_reason)), x->now);
}

/* What other parts of the desk keep. */
static err words_of_parts(db_conn *c, int64_t brand, int64_t conversation, int64_t now) {
    TRY(store_gestures_forget_words(c, brand, conversation));
    TRY(promise_forget(c, brand, conversation));
    TRY(defect_forget_in(c, brand, conversation, now));
    TRY(track_forget(c, brand, conversation));
    TRY(incoming_forget(c, brand, conversation));
    TRY(store_story_forget(c, brand, conversation));
    TRY(incident_forget(c, brand, conversation));
    TRY(store_posts_forget(c, brand, conversation));
    TRY(store_room_forget(c, brand, conversation));
    TRY(store_survey_forget(c, brand, conversation));
    TRY(store_training_forget(c, brand, conversation));
    return box_forget(c, brand, conversation);
}

static err settle_child(db_conn *c, struct forgetting *x, struct store_child *k) {
    k->name = k->address = k->country = S("");
    k->forgotten_at = x->now;
    TRY(store_child_put(c, x->who.brand, k));
    return event_add(c, &x->who, k->conversation_id, "words_deleted", S(""), x->now);
}

static struct store_forget what_stays(const struct conversation *v, const struct store_brand *b) {
    const struct lang *l = lang_find(b->language);
    return (struct store_forget){.conversation = v->id,
                                 .customer = v->customer_id,
                                 .subject = lang_text(l, T("Words deleted")),
                                 .customer_name = lang_text(l, T("A child"))};
}

err forget_want_scrub(db_conn *c, const struct forgetting *x) {
    return store_job_put(c, x->who.brand, S("forget"), FORGET_SCRUB, id_new(x->now), x->now);
}

err forget_words_in(db_conn *c, struct forgetting *x, const struct store_forget *what) {
    int64_t brand = x->who.brand;
    forget_ids replies;
    hash_list objects;
    TRY(words_of_parts(c, brand, what->conversation, x->now));
    TRY(merge_forget(c, x->a, brand, what));
    TRY(store_forget_words(c, x->a, brand, what, &replies, &objects));
    for (size_t i = 0; i < replies.n; i++) TRY(learning_wanted(c, brand, replies.v[i], x->now));
    for (size_t i = 0; i < objects.n; i++) TRY(store_aside_put(c, brand, objects.v[i], 0));
    return forget_want_scrub(c, x);
}

static err delete_words(db_conn *c, void *arg) {
    struct forgetting *x = arg;
    int64_t brand = x->who.brand;
    struct conversation v;
    struct store_child k;
    struct store_brand b;
    x->done = false;
    TRY(store_child_get(c, x->a, brand, x->conversation, &k));
    if (!is_due(x, &k)) return ERR_NONE;
    TRY(store_conversation_get(c, x->a, brand, x->conversation, &v));
    TRY(store_brand_by_id(c, x->a, brand, &b));
    TRY(forget_close(c, x, &v));
    struct store_forget what = what_stays(&v, &b);
    what.keep_customer = k.state == CHILD_CONFIRMED && k.keep_memory;
    TRY(forget_words_in(c, x, &what));
    x->done = true;
    return settle_child(c, x, &k);
}

/* Where no mail server is set up, what went out lies in a folder of ours. Afterwards nobody would know which
 * files they were. */
err forget_sent_mail(struct forgetting *x) {
    forget_ids sent;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(x->d->db, &c));
        TRY(store_forget_sent(c, x->a, x->who.brand, x->conversation, &sent));
    }
    for (size_t i = 0; i < sent.n; i++) TRY(transport_forget(x->d, x->a, sent.v[i]));
    TRY(survey_forget_mail(x->d, x->a, x->who.brand, x->conversation));
    /* The mail that says "we have it" has the conversation's own number. */
    return transport_forget(x->d, x->a, x->conversation);
}

/* What has not left stays here. */
static err cancel_unsent(struct forgetting *x, const store_box_list *boxes) {
    for (size_t i = 0; i < boxes->n; i++) {
        struct box_act act = {.box = boxes->v[i].id, .seen_version = -1, .put_back = true};
        struct box_done done;
        if (box_unsent(boxes->v[i].state)) TRY(box_cancel(x->d, x->a, &x->who, &act, &done));
    }
    return ERR_NONE;
}

err forget_boxes(struct forgetting *x) {
    store_box_list boxes;
    TRY(box_of_conversation(x->d, x->a, x->who.brand, x->conversation, &boxes, NULL));
    return cancel_unsent(x, &boxes);
}

/* Prints are kept a day, which is longer than words are that shall go. */
static err drop_prints(struct forgetting *x, const store_box_list *boxes) {
    int64_t *ids = arena_array(x->a, boxes->n + 1, sizeof *ids);
    for (size_t i = 0; i < boxes->n; i++) ids[i] = boxes->v[i].id;
    return print_run_forget(x->d, x->a, x->who.brand, ids, boxes->n);
}

err forget_prints(struct forgetting *x) {
    store_box_list boxes;
    TRY(box_of_conversation(x->d, x->a, x->who.brand, x->conversation, &boxes, NULL));
    return drop_prints(x, &boxes);
}

err forget_boxes_of(struct forgetting *x, int64_t customer) {
    store_box_list boxes;
    int64_t before = 0;
    do {
        TRY(box_of_customer(x->d, x->a, x->who.brand, customer, before, AT_ONCE, &boxes));
        TRY(cancel_unsent(x, &boxes));
        TRY(drop_prints(x, &boxes));
        if (boxes.n) before = boxes.v[boxes.n - 1].id;
    } while (boxes.n == AT_ONCE);
    return ERR_NONE;
}

static err look_whether_due(struct forgetting *x, bool *ret_due) {
    struct store_child k;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(x->d->db, &c));
    TRY(store_child_get(c, x->a, x->who.brand, x->conversation, &k));
    *ret_due = is_due(x, &k);
    return ERR_NONE;
}

static err forget_one(struct forgetting *x, int64_t conversation) {
    bool due_now;
    x->conversation = conversation;
    TRY(look_whether_due(x, &due_now));
    if (!due_now) return ERR_NONE;
    TRY(forget_sent_mail(x));
    TRY(forget_boxes(x));
    TRY(forget_prints(x));
    TRY(db_write(x->d->db, delete_words, x));
    if (x->done) desk_changed(x->d, x->who.brand, conversation, "child");
    return ERR_NONE;
}

/* ---- at once ---- */

/* The words are deleted already; what was remembered goes after them. */
static err delete_memory(db_conn *c, struct forgetting *x) {
    struct conversation v;
    struct store_brand b;
    TRY(store_conversation_get(c, x->a, x->who.brand, x->conversation, &v));
    TRY(store_brand_by_id(c, x->a, x->who.brand, &b));
    struct store_forget what = what_stays(&v, &b);
    TRY(promise_forget(c, x->who.brand, x->conversation));
    TRY(store_forget_customer(c, x->who.brand, &what));
    return forget_want_scrub(c, x);
}

static err write_now(db_conn *c, void *arg) {
    struct forgetting *x = arg;
    struct store_child k;
    struct conversation v;
    TRY(store_conversation_get(c, x->a, x->who.brand, x->conversation, &v));
    TRY(store_child_get(c, x->a, x->who.brand, x->conversation, &k));
    TRY(merge_writable(&v));
    if (k.state == CHILD_NONE) return err_set(ERR_CONFLICT, "Nobody said that a child wrote here.");
    if (k.worry_id) return err_set(ERR_CONFLICT, "Somebody worries about this letter; close that first.");
    if (k.forgotten_at && !k.keep_memory) return err_set(ERR_CONFLICT, "All of it is deleted already.");
    bool over = k.forgotten_at != 0;
    k.keep_memory = false;
    k.forget_at = x->now;
    TRY(promise_agree_in(c, x->a, &x->who, x->conversation, false, S("A grown-up took it back."), x->now));
    TRY(store_child_put(c, x->who.brand, &k));
    TRY(event_add(c, &x->who, x->conversation, "delete_now", S(""), x->now));
    TRY(child_parts_forget_in(c, x->a, &x->who, x->conversation, false, x->now));
    if (over) return delete_memory(c, x);
    return store_job_put(c, x->who.brand, S("forget"), x->conversation, id_new(x->now), x->now);
}

err forget_now(struct desk *d, arena *a, const struct actor *who, int64_t conversation) {
    struct forgetting x = {.d = d, .a = a, .who = *who, .conversation = conversation, .now = desk_now(d)};
    TRY(db_write(d->db, write_now, &x));
    desk_changed(d, who->brand, conversation, "child");
    desk_work(d);
    return ERR_NONE;
}

/* ---- files ---- */

struct filing_away {
    struct forgetting *x;
    store_aside_list all;
    const struct store_aside *row;
};

static err list_aside(struct filing_away *f) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(f->x->d->db, &c));
    return store_aside_list_of(c, f->x->a, f->x->who.brand, ASIDE_AT_ONCE, &f->all);
}

static err mark_aside(db_conn *c, void *arg) {
    struct filing_away *f = arg;
    return store_aside_put(c, f->row->brand_id, f->row->hash, f->x->now);
}

static err strike_aside(db_conn *c, void *arg) {
    struct filing_away *f = arg;
    return store_aside_delete(c, f->row->brand_id, f->row->hash);
}

static err drop_or_take_back(struct filing_away *f) {
    bool wanted;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(f->x->d->db, &c));
        TRY(store_object_wanted(c, f->row->hash, &wanted));
    }
    struct forgetting *x = f->x;
    TRY(wanted ? object_take_back(x->a, x->d->folder, f->row->hash)
               : object_drop_aside(x->a, x->d->folder, f->row->hash));
    return db_write(x->d->db, strike_aside, f);
}

/* net/objects.h says why a file is not simply removed. */
static err file_away(struct forgetting *x) {
    struct filing_away f = {.x = x};
    TRY(list_aside(&f));
    for (size_t i = 0; i < f.all.n; i++) {
        f.row = &f.all.v[i];
        if (!f.row->at) {
            TRY(object_set_aside(x->a, x->d->folder, f.row->hash));
            TRY(db_write(x->d->db, mark_aside, &f));
        } else if (f.row->at <= x->now - HOUR_MS) {
            TRY(drop_or_take_back(&f));
        }
    }
    return ERR_NONE;
}

/* ---- the job ---- */

static err due(struct forgetting *x, forget_ids *ret) {
    int64_t days;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(x->d->db, &c));
    TRY(setting_number(c, x->a, x->who.brand, SETTING_CHILD_DELETE_DAYS, &days));
    x->done_before = x->now - days * DAY_MS;
    return store_forget_due(c, x->a, x->who.brand, x->done_before, x->now, AT_ONCE, ret);
}

static err scrub_step(db_conn *c, void *arg) {
    bool *more = arg;
    return store_words_scrub(c, more);
}

static err scrub(struct desk *d) {
    bool more;
    do {
        TRY(db_write(d->db, scrub_step, &more));
    } while (more);
    return db_settle(d->db);
}

struct ending {
    const struct job *job;
    int64_t again_at;
};

static err end_job(db_conn *c, void *arg) {
    struct ending *e = arg;
    bool mine;
    TRY(store_job_finish(c, e->job, &mine));
    /* Put anew and not off, so that what went wrong hours ago does not count against it. */
    if (!mine || !e->again_at) return ERR_NONE;
    return store_job_put(c, e->job->brand_id, e->job->kind, e->job->subject_id, e->job->id, e->again_at);
}

static err look_for_due(struct forgetting *x, bool *ret_more) {
    forget_ids ids;
    TRY(due(x, &ids));
    for (size_t i = 0; i < ids.n; i++) TRY(forget_one(x, ids.v[i]));
    *ret_more = ids.n == AT_ONCE;
    TRY(forget_accounts_due(x));
    return file_away(x);
}

err forget_run(struct desk *d, arena *a, const struct job *job) {
    struct forgetting x = {.d = d, .a = a, .who = {.brand = job->brand_id}, .now = desk_now(d)};
    struct ending e = {.job = job};
    if (job->subject_id == FORGET_SCRUB) {
        TRY(scrub(d));
    } else if (job->subject_id) {
        forget_ids ids;
        TRY(due(&x, &ids));
        TRY(forget_one(&x, job->subject_id));
        TRY(file_away(&x));
    } else {
        bool more;
        TRY(look_for_due(&x, &more));
        e.again_at = more ? x.now : x.now + HOUR_MS;
    }
    TRY(db_write(d->db, end_job, &e));
    desk_work(d);
    return ERR_NONE;
}

err forget_stand_in(db_conn *c, int64_t brand, int64_t now) {
    return store_job_put(c, brand, S("forget"), 0, id_new(now), now);
}

struct start {
    const store_brand_list *brands;
    int64_t now;
};

static err put_standing(db_conn *c, void *arg) {
    struct start *s = arg;
    for (size_t i = 0; i < s->brands->n; i++) TRY(forget_stand_in(c, s->brands->v[i].id, s->now));
    return ERR_NONE;
}

err forget_start(struct desk *d, arena *a) {
    store_brand_list brands = {0};
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_brand_list_all(c, a, &brands));
    }
    struct start s = {&brands, desk_now(d)};
    return brands.n ? db_write(d->db, put_standing, &s) : ERR_NONE;
}
