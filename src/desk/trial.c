#include "desk/trial.h"

#include "base/random.h"
#include "desk/check.h"
#include "desk/defect_hook.h"
#include "desk/events.h"
#include "desk/merge.h"
#include "desk/promise.h"
#include "desk/roles.h"
#include "store/agent.h"
#include "store/child.h"

enum { CASES_AT_ONCE = 500, ALL_MAX = 20000 };

/* What one of these transactions needs; each uses the part that concerns it. */
struct run {
    struct desk *desk;
    arena *a;
    const struct actor *who;
    int64_t trial, conversation, customer, seen, now, ends_day, defect;
    str name, about, text;
    bool flag;
    int count;
};

static struct run run_of(struct desk *d, arena *a, const struct actor *who, int64_t trial) {
    return (struct run){.desk = d, .a = a, .who = who, .trial = trial, .seen = -1, .now = desk_now(d)};
}

static err told(struct run *x, db_fn fn) {
    TRY(db_write(x->desk->db, fn, x));
    desk_changed(x->desk, x->who->brand, x->conversation, "trial");
    desk_work(x->desk);
    return ERR_NONE;
}

static err get(db_conn *c, struct run *x, struct store_trial *ret) {
    TRY(store_trial_get(c, x->a, x->who->brand, x->trial, ret));
    if (x->seen >= 0 && x->seen != ret->version)
        return err_set(ERR_CONFLICT, "Somebody changed this test after you opened it; look again first.");
    return ERR_NONE;
}

static err running(const struct store_trial *t) {
    return t->ended_at ? err_set(ERR_CONFLICT, "This test has ended.") : ERR_NONE;
}

static err history(db_conn *c, struct run *x, int64_t conversation, const char *event, str name) {
    return event_add(c, x->who, conversation, event, str_clip_utf8(name, 200), x->now);
}

/* ---- the trial ---- */

static err check_wish(struct run *x, const struct trial_wish *wish) {
    TRY(check_line("The name", wish->name, TRIAL_NAME_BYTES, &x->name));
    TRY(check_text(x->a, "What is tested", wish->about, TRIAL_ABOUT_BYTES, &x->about));
    x->about = str_trim(x->about);
    x->ends_day = wish->ends_day;
    x->defect = wish->defect;
    if (x->ends_day && promise_day_end(NULL, x->ends_day) < x->now - DAY_MS)
        return err_set(ERR_INVALID, "The day on which it ends is past.");
    return ERR_NONE;
}

static err write_start(db_conn *c, void *arg) {
    struct run *x = arg;
    struct store_defect d;
    if (x->defect) TRY(store_defect_get(c, x->a, x->who->brand, x->defect, &d));
    struct store_trial row = {.id = x->trial,
                              .name = x->name,
                              .about = x->about,
                              .defect_id = x->defect,
                              .ends_day = x->ends_day,
                              .result = S(""),
                              .agent_id = x->who->agent,
                              .created_at = x->now,
                              .version = 1};
    TRY(store_trial_insert(c, x->who->brand, &row));
    return maker_tell_in(c, x->a, x->who->brand, MAKER_TRIAL_STARTED, row.id, x->now);
}

err trial_start(struct desk *d, arena *a, const struct actor *who, const struct trial_wish *wish,
                int64_t *ret_id) {
    struct run x = run_of(d, a, who, id_new(desk_now(d)));
    TRY(check_wish(&x, wish));
    TRY(told(&x, write_start));
    *ret_id = x.trial;
    return ERR_NONE;
}

static err write_change(db_conn *c, void *arg) {
    struct run *x = arg;
    struct store_trial t;
    TRY(get(c, x, &t));
    TRY(running(&t));
    t.name = x->name;
    t.about = x->about;
    t.ends_day = x->ends_day;
    t.version++;
    return store_trial_update(c, x->who->brand, &t);
}

err trial_change(struct desk *d, arena *a, const struct actor *who, int64_t trial,
                 const struct trial_wish *wish, int64_t seen_version) {
    struct run x = run_of(d, a, who, trial);
    x.seen = seen_version;
    TRY(check_wish(&x, wish));
    return told(&x, write_change);
}

/* ---- the end ---- */

static err answers(db_conn *c, struct run *x, int64_t agent, bool *ret) {
    struct store_agent g;
    enum role role;
    *ret = false;
    if (!agent) return ERR_NONE;
    err e = store_agent_by_id(c, x->a, x->who->brand, agent, &g);
    if (e) return e == ERR_MISSING ? ERR_NONE : e;
    *ret = !g.disabled_at && !g.account_disabled_at && !g.away_at && role_from(g.role, &role) &&
           role_may(role, RIGHT_WRITE);
    return ERR_NONE;
}

/* Where a child's words are deleted, nobody is left to write to. */
static err forgotten(db_conn *c, struct run *x, const struct store_trial_case *k, bool *ret) {
    struct store_child child;
    TRY(store_child_get(c, x->a, x->who->brand, k->conversation_id, &child));
    *ret = child.forgotten_at && !(child.state == CHILD_CONFIRMED && child.keep_memory);
    if (!*ret) return ERR_NONE;
    struct store_trial_case gone = *k;
    gone.skipped_at = x->now;
    gone.skip_why = S("The words of this conversation are deleted.");
    return store_trial_case_skip(c, x->who->brand, &gone);
}

/* Junk stays where it is: nobody there waits for us. */
static err wait_for_letter(db_conn *c, struct run *x, const struct store_trial_case *k, str name) {
    struct conversation v;
    int64_t last;
    bool able, gone;
    TRY(forgotten(c, x, k, &gone));
    if (gone) return ERR_NONE;
    TRY(store_conversation_get(c, x->a, x->who->brand, k->conversation_id, &v));
    if (v.closed_kind == CLOSED_JUNK) return ERR_NONE;
    TRY(answers(c, x, v.agent_id, &able));
    if (!able) {
        TRY(store_trial_last_writer(c, x->who->brand, v.id, &last));
        TRY(answers(c, x, last, &able));
        v.agent_id = able ? last : 0;
    }
    v.state = CONVERSATION_US;
    v.closed_kind = CLOSED_NOT;
    v.closed_reason = CLOSE_ANSWERED;
    v.closed_at = v.closed_by = 0;
    /* A letter that is still unanswered keeps its place. */
    if (!v.waiting_since) v.waiting_since = x->now;
    v.updated_at = x->now;
    v.version++;
    TRY(store_conversation_update(c, x->who->brand, &v));
    return history(c, x, v.id, "trial_ended", name);
}

static err write_end(db_conn *c, void *arg) {
    struct run *x = arg;
    struct store_trial t;
    struct page_key after = {0, 0};
    TRY(get(c, x, &t));
    TRY(running(&t));
    t.result = x->text;
    t.ended_at = x->now;
    t.ended_by = x->who->agent;
    t.ended_mark = id_new(x->now);
    t.version++;
    TRY(store_trial_update(c, x->who->brand, &t));
    for (;;) {
        store_trial_case_list page;
        TRY(store_trial_cases(c, x->a, x->who->brand, t.id, false, after, CASES_AT_ONCE, &page));
        for (size_t i = 0; i < page.n; i++) TRY(wait_for_letter(c, x, &page.v[i], t.name));
        if (page.n < CASES_AT_ONCE) break;
        after = (struct page_key){page.v[page.n - 1].at, page.v[page.n - 1].customer_id};
    }
    return maker_tell_in(c, x->a, x->who->brand, MAKER_TRIAL_ENDED, t.id, x->now);
}

err trial_end(struct desk *d, arena *a, const struct actor *who, int64_t trial, str result,
              int64_t seen_version) {
    struct run x = run_of(d, a, who, trial);
    x.seen = seen_version;
    TRY(check_text(a, "What came of it", result, TRIAL_RESULT_BYTES, &x.text));
    x.text = str_trim(x.text);
    if (!x.text.n)
        return err_set(ERR_INVALID, "What came of it? Whoever writes to these people needs the facts.");
    return told(&x, write_end);
}

/* ---- the customers ---- */

static err put_in(db_conn *c, struct run *x, const struct store_trial *t, int64_t conversation,
                  int64_t customer, bool *ret_there) {
    struct store_trial_case row = {.trial_id = t->id,
                                   .customer_id = customer,
                                   .conversation_id = conversation,
                                   .agent_id = x->who->agent,
                                   .at = x->now};
    TRY(store_trial_case_insert(c, x->who->brand, &row, ret_there));
    return *ret_there ? ERR_NONE : history(c, x, conversation, "trial_in", t->name);
}

static err write_in(db_conn *c, void *arg) {
    struct run *x = arg;
    struct store_trial t;
    struct conversation v;
    TRY(get(c, x, &t));
    TRY(running(&t));
    TRY(store_conversation_get(c, x->a, x->who->brand, x->conversation, &v));
    TRY(merge_writable(&v));
    return put_in(c, x, &t, v.id, v.customer_id, &x->flag);
}

err trial_take_in(struct desk *d, arena *a, const struct actor *who, int64_t trial, int64_t conversation,
                  bool *ret_there) {
    struct run x = run_of(d, a, who, trial);
    x.conversation = conversation;
    TRY(told(&x, write_in));
    *ret_there = x.flag;
    return ERR_NONE;
}

static err write_all(db_conn *c, void *arg) {
    struct run *x = arg;
    struct store_trial t;
    struct page_key after = {0, 0};
    x->count = 0;
    TRY(get(c, x, &t));
    TRY(running(&t));
    if (!t.defect_id)
        return err_set(ERR_INVALID, "This test is not about one defect; take its cases in singly.");
    for (int seen = 0; seen < ALL_MAX;) {
        store_defect_case_list page;
        TRY(store_defect_cases(c, x->a, x->who->brand, t.defect_id, after, CASES_AT_ONCE, &page));
        for (size_t i = 0; i < page.n; i++) {
            bool there;
            TRY(put_in(c, x, &t, page.v[i].conversation_id, page.v[i].customer_id, &there));
            x->count += !there;
        }
        if (page.n < CASES_AT_ONCE) break;
        seen += (int)page.n;
        after = (struct page_key){page.v[page.n - 1].came_at, page.v[page.n - 1].id};
    }
    return ERR_NONE;
}

err trial_take_all(struct desk *d, arena *a, const struct actor *who, int64_t trial, int *ret_new) {
    struct run x = run_of(d, a, who, trial);
    TRY(told(&x, write_all));
    *ret_new = x.count;
    return ERR_NONE;
}

static err write_out(db_conn *c, void *arg) {
    struct run *x = arg;
    struct store_trial t;
    struct store_trial_case k;
    TRY(get(c, x, &t));
    TRY(running(&t));
    TRY(store_trial_case_get(c, x->a, x->who->brand, t.id, x->customer, &k));
    TRY(store_trial_case_delete(c, x->who->brand, t.id, x->customer));
    x->conversation = k.conversation_id;
    return history(c, x, k.conversation_id, "trial_out", t.name);
}

err trial_take_out(struct desk *d, arena *a, const struct actor *who, int64_t trial, int64_t customer) {
    struct run x = run_of(d, a, who, trial);
    x.customer = customer;
    return told(&x, write_out);
}

static err write_skip(db_conn *c, void *arg) {
    struct run *x = arg;
    struct store_trial_case k;
    TRY(store_trial_case_get(c, x->a, x->who->brand, x->trial, x->customer, &k));
    x->conversation = k.conversation_id;
    if (x->flag && k.state == TRIAL_CASE_TOLD)
        return err_set(ERR_CONFLICT, "A letter went to this customer already.");
    if (x->flag && k.state != TRIAL_CASE_WAITING)
        return err_set(ERR_CONFLICT, "This customer does not wait for a letter.");
    k.skipped_at = x->flag ? x->now : 0;
    k.skip_why = x->flag ? x->text : S("");
    TRY(store_trial_case_skip(c, x->who->brand, &k));
    return x->flag ? history(c, x, k.conversation_id, "trial_skipped", k.trial_name) : ERR_NONE;
}

err trial_skip(struct desk *d, arena *a, const struct actor *who, int64_t trial, int64_t customer, str why) {
    struct run x = run_of(d, a, who, trial);
    x.customer = customer;
    x.flag = true;
    TRY(check_sentence("The reason", why, TRIAL_WHY_BYTES, &x.text));
    return told(&x, write_skip);
}

err trial_unskip(struct desk *d, arena *a, const struct actor *who, int64_t trial, int64_t customer) {
    struct run x = run_of(d, a, who, trial);
    x.customer = customer;
    return told(&x, write_skip);
}
