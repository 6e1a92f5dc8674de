#include "desk/import.h"

#include <stdlib.h>

#include "base/random.h"
#include "desk/reading.h"
#include "format/mbox.h"
#include "format/mime.h"
#include "store/import.h"
#include "store/inbox.h"
#include "store/job.h"

enum {
    BATCH = 256,
    BATCH_BYTES = 16 << 20,
    HASH_DIGITS = 32,
    LEASE_MS = 15 * MINUTE_MS,
    MEMORY_MAX = 1 << 30,
    TELL_EVERY_MS = 100
};

struct run {
    struct desk *d;
    const struct import_wish *wish;
    struct import_list list;
    str address; /* of the inbox */
    struct store_import_run row;
    struct import_report report;
    reader *reader;
    arena *a; /* for one batch */
    import_progress progress;
    void *context;
    int64_t told_at, past_before;
};

/* ---- what is ours ---- */

static void add_own(arena *a, struct import_list *list, str address) {
    str normal;
    if (address_normal(a, str_trim(address), &normal)) *list_add(a, &list->own) = str_lower(a, normal);
}

static err load_own(struct desk *d, arena *a, struct intake_inbox to, str also, struct import_list *list,
                    str *ret_address) {
    store_inbox_list inboxes = {0};
    DB_READ_AUTO db_conn *c = NULL;
    str one;
    TRY(db_read_begin(d->db, &c));
    TRY(store_inbox_list_of_brand(c, a, to.brand, &inboxes));
    for (size_t i = 0; i < inboxes.n; i++) {
        add_own(a, list, inboxes.v[i].address);
        if (inboxes.v[i].id == to.inbox) *ret_address = inboxes.v[i].address;
    }
    while (also.n && str_split(&also, ',', &one)) add_own(a, list, one);
    return ERR_NONE;
}

/* ---- where a run is ---- */

/* Other mails, or the same in another way, begin anew: what was kept is known by its bytes. */
static str contents_of(arena *a, const struct run *x) {
    uint64_t h = str_hash((str){(const char *)x->list.mails.v, x->list.mails.n * sizeof *x->list.mails.v});
    for (size_t i = 0; i < x->list.files.n; i++) h = h * 31 + str_hash(x->list.files.v[i]);
    return str_fmt(a, "%016llx", (unsigned long long)h);
}

static err find_place(struct run *x, arena *a) {
    str contents = contents_of(a, x);
    int64_t now = desk_now(x->d);
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(x->d->db, &c));
    TRY(store_import_run_get(c, a, x->wish->to.brand, x->wish->to.inbox, x->wish->path, &x->row));
    bool goes_on = x->row.started_at && !x->row.finished_at && str_eq(x->row.contents, contents) &&
                   x->row.done <= (int64_t)x->list.mails.n;
    if (!goes_on) {
        x->row.done = x->row.finished_at = 0;
        x->row.started_at = now;
        x->row.contents = contents;
    }
    x->row.total = (int64_t)x->list.mails.n;
    x->report.went_on_at = x->row.done;
    return ERR_NONE;
}

static err put_place(db_conn *c, void *arg) {
    const struct run *x = arg;
    return store_import_run_put(c, x->wish->to.brand, &x->row);
}

struct batch {
    const struct run *run;
    const struct intake_letter *letters;
    size_t n;
};

/* The run goes on behind a batch only when all of it is kept; what was kept is known by its bytes when the
 * batch is done again. */
static err put_place_behind(db_conn *c, void *arg) {
    const struct batch *b = arg;
    for (size_t i = 0; i < b->n; i++)
        if (b->letters[i].result)
            return err_set(
                b->letters[i].result,
                "A mail could not be kept (%s). The import stopped before it, and goes on there when it "
                "is started again.",
                err_name(b->letters[i].result));
    return put_place(c, (void *)b->run);
}

/* ---- a batch ---- */

static raw_origin origin_of(const struct run *x, const struct import_mail *mail) {
    if (mail->sent) return RAW_SENT;
    if (mail->answered) return RAW_PAST;
    return !x->wish->all_wait && mail->at < x->past_before ? RAW_PAST : RAW_BROUGHT;
}

static void make_letter(struct run *x, const struct import_mail *mail, str bytes, struct intake_letter *ret) {
    *ret = (struct intake_letter){.to = x->wish->to,
                                  .mail_from = S(""),
                                  .recipient = x->address,
                                  .bytes = bytes,
                                  .received_at = mail->at,
                                  .origin = origin_of(x, mail),
                                  .hash = str_slice(content_hash(x->a, bytes), 0, HASH_DIGITS)};
}

/* Each alone, where one of them spoils the others; what stays unread is left to the desk. */
static err read_letters(struct run *x, const job_list *jobs) {
    if (!jobs->n || !x->reader) {
        x->report.unread += (int64_t)jobs->n;
        return ERR_NONE;
    }
    err e = reading_file(x->d, x->reader, jobs);
    if (!e || e == ERR_IO || e == ERR_FULL) return e;
    for (size_t i = 0; i < jobs->n; i++) {
        job_list one = {&jobs->v[i], 1, 1};
        if (reading_file(x->d, x->reader, &one)) x->report.unread++;
    }
    return ERR_NONE;
}

static err count_states(struct run *x, const struct intake_letter *letters, size_t n) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(x->d->db, &c));
    for (size_t i = 0; i < n; i++) {
        raw_state state;
        if (!letters[i].id) continue;
        TRY(store_raw_state(c, x->a, x->wish->to.brand, letters[i].id, &state));
        x->report.kept++;
        if (state == RAW_DUPLICATE)
            x->report.duplicates++;
        else if (state == RAW_UNREADABLE)
            x->report.unreadable++;
        if (state == RAW_DUPLICATE) continue;
        x->report.replies += letters[i].origin == RAW_SENT;
        x->report.past += letters[i].origin == RAW_PAST;
    }
    return ERR_NONE;
}

static err keep_and_read(struct run *x, struct intake_letter *letters, size_t n, int64_t lease) {
    job_list jobs = {0};
    err also;
    x->row.updated_at = desk_now(x->d);
    struct batch batch = {x, letters, n};
    intake_keep_past(x->d, x->a, letters, n, lease, put_place_behind, &batch, &also);
    TRY(also);
    for (size_t i = 0; i < n; i++) {
        x->report.known += letters[i].known;
        if (!letters[i].id) continue;
        *list_add(x->a, &jobs) = (struct job){.brand_id = letters[i].to.brand,
                                              .id = letters[i].id,
                                              .kind = S("read"),
                                              .subject_id = letters[i].id,
                                              .run_at = letters[i].received_at,
                                              .lease_until = lease,
                                              .attempts = 1,
                                              .last_error = S("")};
    }
    TRY(read_letters(x, &jobs));
    return count_states(x, letters, n);
}

static err do_batch(struct run *x) {
    struct intake_letter *letters = arena_array(x->a, BATCH, sizeof *letters);
    size_t n = 0, bytes = 0;
    int64_t at = x->row.done;
    for (; at < x->row.total && n < BATCH && bytes < BATCH_BYTES; at++) {
        const struct import_mail *mail = &x->list.mails.v[at];
        str mail_bytes;
        TRY(import_mail_bytes(x->a, x->wish, &x->list, mail, &mail_bytes));
        if (mail_bytes.n) make_letter(x, mail, mail_bytes, &letters[n++]);
        bytes += mail_bytes.n;
    }
    x->row.done = at;
    if (at == x->row.total) x->row.finished_at = desk_now(x->d);
    return keep_and_read(x, letters, n, x->reader ? desk_now(x->d) + LEASE_MS : 0);
}

static void tell(struct run *x, bool last) {
    int64_t now = clock_monotonic_ms();
    if (!x->progress || (!last && now - x->told_at < TELL_EVERY_MS)) return;
    x->told_at = now;
    x->progress(x->context, x->row.done, x->row.total);
}

static err do_all(struct run *x) {
    tell(x, false);
    while (x->row.done < x->row.total) {
        arena_reset(x->a);
        TRY(do_batch(x));
        tell(x, x->row.done == x->row.total);
    }
    if (x->row.finished_at) return ERR_NONE;
    x->row.finished_at = x->row.updated_at = desk_now(x->d);
    return db_write(x->d->db, put_place, x);
}

err import_run(struct desk *d, const struct import_wish *wish, import_progress progress, void *context,
               struct import_report *ret) {
    ARENA_AUTO arena *a = arena_new(MEMORY_MAX);
    ARENA_AUTO arena *batch = arena_new(MEMORY_MAX);
    int64_t now = desk_now(d), days = wish->past_days ? wish->past_days : IMPORT_PAST_DAYS;
    struct run x = {.d = d,
                    .wish = wish,
                    .a = batch,
                    .progress = progress,
                    .context = context,
                    .past_before = now - days * DAY_MS};
    TRY(load_own(d, a, wish->to, wish->also_own, &x.list, &x.address));
    TRY(import_list_of(a, wish, now, &x.list));
    x.report.mails = (int64_t)x.list.mails.n;
    x.report.not_ours = x.list.not_ours;
    x.report.thrown = x.list.thrown;
    x.report.too_large = x.list.too_large;
    TRY(find_place(&x, a));
    if (wish->program.n) x.reader = reader_new(wish->program);
    err e = do_all(&x);
    if (x.reader) reader_free(x.reader);
    if (!e) *ret = x.report;
    return e;
}

/* ---- for fetched mail ---- */

err import_own_of(struct desk *d, arena *a, struct intake_inbox to, struct import_list *ret) {
    str address;
    return load_own(d, a, to, S(""), ret, &address);
}

bool import_fill_sent(struct desk *d, arena *a, const struct import_list *own, struct intake_letter *l) {
    struct mail_peek peek;
    int64_t now = desk_now(d);
    mail_peek(a, l->bytes, &peek);
    l->origin = RAW_SENT;
    l->hash = str_slice(content_hash(a, l->bytes), 0, HASH_DIGITS);
    l->received_at = peek.sent_at ? peek.sent_at : peek.received_at;
    if (l->received_at < 0 || l->received_at > now || !l->received_at) l->received_at = now;
    return import_is_own(own, peek.from);
}
