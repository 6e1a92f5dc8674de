/* The job `mentions`: one round of one account. */
#include "base/random.h"
#include "desk/channel_own.h"
#include "desk/post.h"
#include "desk/post_own.h"
#include "store/raw.h"

enum { BACKOFF_FIRST_MS = 30 * SECOND_MS, BACKOFF_MAX_MS = 30 * MINUTE_MS, SIGNED_OUT_MS = 6 * HOUR_MS };
enum { ROUND_MS = MINUTE_MS, PAGE_MEMORY = 128 << 20, LATER_MS = 2 * SECOND_MS, SAYS_BYTES = 500 };

struct round {
    struct desk *desk;
    arena *arena; /* lives as long as the round; pages have their own */
    const struct job *job;
    struct channel_use use;
    struct store_channel end; /* what the row becomes */
    int64_t fresh;            /* posts kept in this round */
    bool same, more;
};

/* ---- what went wrong ---- */

static int64_t wait_after(int64_t failures) {
    int64_t ms = BACKOFF_FIRST_MS;
    for (int64_t i = 1; i < failures && ms < BACKOFF_MAX_MS; i++) ms *= 2;
    return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

static void fail(struct round *r, channel_state state, str says, int64_t retry_at) {
    int64_t now = desk_now(r->desk);
    struct store_channel *end = &r->end;
    end->state = state;
    end->failures++;
    end->says = str_copy(r->arena, str_clip_utf8(says, SAYS_BYTES));
    end->next_at = now + (state == CHANNEL_IS_SIGNED_OUT ? SIGNED_OUT_MS : wait_after(end->failures));
    if (retry_at > end->next_at) end->next_at = retry_at;
    if (end->next_at > now + CHANNEL_WAIT_MAX_MS) end->next_at = now + CHANNEL_WAIT_MAX_MS;
    r->more = false;
}

/* False where the round ends with it. */
static bool went_well(struct round *r, const struct social_report *report) {
    switch (report->result) {
    case SOCIAL_DONE: return true;
    case SOCIAL_SIGN_IN: fail(r, CHANNEL_IS_SIGNED_OUT, report->says, report->retry_at); return false;
    case SOCIAL_LATER:
        fail(r, report->retry_at ? CHANNEL_IS_WAITING : CHANNEL_IS_TROUBLE, report->says, report->retry_at);
        return false;
    case SOCIAL_REFUSED:
    case SOCIAL_GONE:
    case SOCIAL_UNCERTAIN: fail(r, CHANNEL_IS_TROUBLE, report->says, report->retry_at); return false;
    }
    return false;
}

/* ---- pages ---- */

static err write_round(db_conn *c, void *arg) {
    struct round *r = arg;
    return store_channel_round(c, &r->end, &r->same);
}

static err write_page(db_conn *c, void *arg) {
    struct round *r = arg;
    TRY(store_channel_round(c, &r->end, &r->same));
    if (!r->same) return err_set(ERR_CONFLICT, "The account was connected anew meanwhile.");
    return ERR_NONE;
}

/* What a page holds is kept and the cursor moved in one transaction. A network that gives more than it was
 * asked for loses none of it: the cursor moves with the last of them. */
static err keep_page(struct round *r, arena *a, const struct social_page *page) {
    const struct store_channel *row = &r->use.row;
    size_t n = page->posts.n, from = 0;
    struct post_kept *kept = arena_array(a, n + 1, sizeof *kept);
    r->end.kept = 0;
    for (; n - from > SOCIAL_FETCH_MAX; from += SOCIAL_FETCH_MAX)
        TRY(post_keep(r->desk, a, row->brand_id, row->inbox_id, page->posts.v + from, SOCIAL_FETCH_MAX, NULL,
                      NULL, kept + from));
    TRY(post_keep(r->desk, a, row->brand_id, row->inbox_id, page->posts.v + from, n - from, write_page, r,
                  kept + from));
    for (size_t i = 0; i < n; i++) r->fresh += kept[i].id != 0;
    return ERR_NONE;
}

/* What a call renewed outlives its page. */
static void hold_account(struct round *r) {
    struct social_account *x = &r->use.account;
    str *texts[] = {&x->server, &x->account, &x->id, &x->secret, &x->limits};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) *texts[i] = str_copy(r->arena, *texts[i]);
}

static err one_page(struct round *r, arena *a) {
    struct social_page page = {0};
    struct social_report report = {0};
    struct store_channel *end = &r->end;
    r->use.call.arena = a;
    TRY(r->use.network->fetch(&r->use.call, end->found, r->use.row.created_at, &page, &report));
    hold_account(r);
    if (!went_well(r, &report)) return ERR_NONE;
    bool moved = !str_eq(page.cursor, end->found);
    if (page.cursor.n > SOCIAL_CURSOR_MAX) {
        fail(r, CHANNEL_IS_TROUBLE, S("The network's answer makes no sense: its cursor is too long."), 0);
        return ERR_NONE;
    }
    str before = end->found;
    end->found = str_copy(r->arena, page.cursor);
    end->contact_at = desk_now(r->desk);
    end->state = CHANNEL_IS_WELL;
    end->says = S("");
    end->failures = 0;
    err e = keep_page(r, a, &page);
    if (e) end->found = before;
    TRY(e);
    r->more = page.more && moved;
    if (page.more && !moved)
        fail(r, CHANNEL_IS_TROUBLE,
             S("The network gives the same page again and again; the round ended there."), 0);
    return ERR_NONE;
}

static err pages(struct round *r) {
    ARENA_AUTO arena *a = arena_new(PAGE_MEMORY);
    int64_t until = clock_monotonic_ms() + ROUND_MS;
    r->more = true;
    for (int i = 0; i < CHANNEL_PAGES_MAX && r->more && clock_monotonic_ms() < until; i++) {
        arena_reset(a);
        TRY(one_page(r, a));
    }
    return ERR_NONE;
}

/* ---- do they still stand as they did? ---- */

struct looked {
    struct round *round;
    store_post_list rows;
    int64_t now;
};

static err write_looked(db_conn *c, void *arg) {
    const struct looked *x = arg;
    for (size_t i = 0; i < x->rows.n; i++) {
        const struct store_post *p = &x->rows.v[i];
        TRY(store_post_look_at(c, x->round->use.row.brand_id, p->message_id,
                               post_next_look(id_time(p->message_id), x->now)));
    }
    return ERR_NONE;
}

static const struct store_post *row_of(const store_post_list *rows, str id) {
    for (size_t i = 0; i < rows->n; i++)
        if (str_eq(rows->v[i].post_id, id)) return &rows->v[i];
    return NULL;
}

/* What is gone has no author any more, and what was not asked for is not taken. */
static void take_asked(arena *a, const store_post_list *rows, post_list *found, post_list *ret) {
    for (size_t i = 0; i < found->n; i++) {
        const struct store_post *row = row_of(rows, found->v[i].id);
        if (!row) continue;
        struct post p = found->v[i];
        if (p.deleted) p = (struct post){.id = row->post_id, .deleted = true, .author.followers = -1};
        if (!p.author.id.n) p.author.id = row->author_id.n ? row->author_id : S("-");
        *list_add(a, ret) = p;
    }
}

static err look(struct round *r, arena *a) {
    struct looked x = {.round = r, .now = desk_now(r->desk)};
    const struct store_channel *row = &r->use.row;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(r->desk->db, &c));
        TRY(store_posts_to_look(c, a, row->brand_id, row->inbox_id, x.now, SOCIAL_LOOK_MAX, &x.rows));
    }
    if (!x.rows.n) return ERR_NONE;
    str *ids = arena_array(a, x.rows.n, sizeof *ids);
    for (size_t i = 0; i < x.rows.n; i++) ids[i] = x.rows.v[i].post_id;
    post_list found = {0}, asked = {0};
    struct social_report report = {0};
    r->use.call.arena = a;
    TRY(r->use.network->look(&r->use.call, ids, x.rows.n, &found, &report));
    if (!went_well(r, &report)) return ERR_NONE;
    take_asked(a, &x.rows, &found, &asked);
    struct post_kept *kept = arena_array(a, asked.n + 1, sizeof *kept);
    return post_keep(r->desk, a, row->brand_id, row->inbox_id, asked.v, asked.n, write_looked, &x, kept);
}

/* ---- the round ---- */

struct timing {
    const struct job *job;
    int64_t at; /* 0: the job ends */
};

static err write_job(db_conn *c, void *arg) {
    const struct timing *t = arg;
    bool mine;
    return t->at ? store_job_postpone(c, t->job, t->at, S(""), 0) : store_job_finish(c, t->job, &mine);
}

static err settle_job(struct desk *d, const struct job *job, int64_t at) {
    struct timing t = {job, at};
    return db_write(d->db, write_job, &t);
}

static err end_round(struct round *r) {
    int64_t now = desk_now(r->desk), last = r->use.row.post_at;
    struct store_channel *end = &r->end;
    if (r->fresh) end->post_at = last = now;
    end->kept = r->fresh;
    if (end->state == CHANNEL_IS_WELL)
        end->next_at = r->more && r->fresh                      ? now + SECOND_MS
                       : r->more || now - last < 10 * MINUTE_MS ? now + CHANNEL_BUSY_MS
                                                                : now + CHANNEL_IDLE_MS;
    bool news = end->state != r->use.row.state || !str_eq(end->says, r->use.row.says);
    TRY(db_write(r->desk->db, write_round, r));
    if (news) desk_changed(r->desk, end->brand_id, 0, "inbox");
    /* Connected anew meanwhile: that has put its own round on. */
    return settle_job(r->desk, r->job, r->same ? end->next_at : now + LATER_MS);
}

static err do_round(struct round *r) {
    ARENA_AUTO arena *a = arena_new(PAGE_MEMORY);
    if (r->use.network->fetch) TRY(pages(r));
    if (r->use.network->look && r->end.state == CHANNEL_IS_WELL) TRY(look(r, a));
    r->use.call.arena = a;
    if (r->end.state == CHANNEL_IS_WELL) channel_followers(&r->use);
    return ERR_NONE;
}

err channel_round(struct desk *d, arena *a, const struct job *job) {
    struct round r = {.desk = d, .arena = a, .job = job};
    err e = channel_open(d, a, job->brand_id, job->subject_id, &r.use);
    if (e == ERR_MISSING) return settle_job(d, job, 0);
    /* Paused or switched off: the job stays, so that going on needs nobody to begin it anew. */
    if (e == ERR_CONFLICT) return settle_job(d, job, desk_now(d) + CHANNEL_IDLE_MS);
    if (e == ERR_BUSY) return settle_job(d, job, desk_now(d) + LATER_MS);
    r.end = r.use.row;
    if (e == ERR_DENIED) {
        str says = str_copy(a, str_z(err_text()));
        fail(&r, CHANNEL_IS_SIGNED_OUT, says, 0);
        return end_round(&r);
    }
    TRY(e);
    if (!r.use.network->fetch && !r.use.network->look) {
        channel_close(&r.use);
        return settle_job(d, job, 0);
    }
    e = do_round(&r);
    if (e && e != ERR_CONFLICT) fail(&r, CHANNEL_IS_TROUBLE, str_copy(a, str_z(err_text())), 0);
    channel_close(&r.use);
    return end_round(&r);
}
