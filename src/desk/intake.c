#include "desk/intake.h"

#include <stdatomic.h>

#include "base/memory.h"
#include "base/meter.h"
#include "base/random.h"
#include "format/mime.h"
#include "net/objects.h"
#include "store/brand.h"
#include "store/import.h"
#include "store/inbox.h"
#include "store/job.h"
#include "store/raw.h"

/* desk+anything@brand.example -> desk@brand.example; false when there is no "+". */
static bool without_tag(arena *a, str address, str *ret) {
    size_t plus = str_find_char(address, '+', 0), at = str_find_char(address, '@', 0);
    if (plus == SIZE_MAX || at == SIZE_MAX || plus > at || plus == 0) return false;
    str local = str_slice(address, 0, plus), domain = str_slice(address, at, address.n);
    *ret = str_fmt(a, "%.*s%.*s", STR_FMT(local), STR_FMT(domain));
    return true;
}

err intake_find(struct desk *d, arena *a, str recipient, struct intake_inbox *ret_inbox) {
    str address;
    if (!address_normal(a, recipient, &address))
        return err_set(ERR_MISSING, "This is not an address of the form name@domain.");
    address = str_lower(a, address);
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    struct store_inbox inbox;
    err e = store_inbox_by_address(c, a, address, &inbox);
    str plain;
    if (e == ERR_MISSING && without_tag(a, address, &plain)) e = store_inbox_by_address(c, a, plain, &inbox);
    if (e) return e;
    *ret_inbox = (struct intake_inbox){inbox.brand_id, inbox.id};
    return ERR_NONE;
}

err intake_default(struct desk *d, arena *a, struct intake_inbox *ret_inbox) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    store_brand_list brands = {0};
    TRY(store_brand_list_all(c, a, &brands));
    if (brands.n == 0) return err_set(ERR_MISSING, "No brand is set up yet. Run `longhand setup` first.");
    struct store_inbox inbox;
    TRY(store_inbox_default(c, a, brands.v[0].id, &inbox));
    *ret_inbox = (struct intake_inbox){inbox.brand_id, inbox.id};
    return ERR_NONE;
}

struct keep {
    int64_t brand;
    struct raw row;
    struct intake_letter *letter;
    int64_t lease_until; /* 0: whoever comes first reads it */
};
struct keep_all {
    struct keep *v;
    size_t n;
    db_fn also;
    void *also_arg;
};

static err keep(db_conn *c, void *arg) {
    struct keep *k = arg;
    if (k->letter->hash.n) {
        bool fresh;
        TRY(store_imported_put(c, k->brand, k->row.inbox_id, k->letter->hash, k->row.id, &fresh));
        k->letter->known = !fresh;
        if (!fresh) return ERR_NONE;
    }
    if (k->letter->fresh) {
        bool fresh;
        TRY(k->letter->fresh(c, k->letter->fresh_context, k->row.id, &fresh));
        k->letter->known = !fresh;
        if (!fresh) return ERR_NONE;
    }
    TRY(store_raw_insert(c, k->brand, &k->row));
    if (k->lease_until)
        return store_unread_put_leased(c, k->brand, k->row.id, k->row.received_at, k->lease_until);
    return store_job_put_read(c, k->brand, k->row.id, k->row.received_at);
}

static err keep_all(db_conn *c, void *arg) {
    struct keep_all *all = arg;
    for (size_t i = 0; i < all->n; i++) TRY(keep(c, &all->v[i]));
    return all->also ? all->also(c, all->also_arg) : ERR_NONE;
}

/* Asked ten times a second: with the reserve there is room for what comes in between. */
static int64_t free_space(struct desk *d, arena *a) {
    static _Atomic int64_t asked_at, answer;
    int64_t now = clock_monotonic_ms();
    if (now - atomic_load(&asked_at) >= 100) {
        atomic_store(&answer, disk_free(a, d->folder));
        atomic_store(&asked_at, now);
    }
    return atomic_load(&answer);
}

/* All that comes before the transaction. `sum`: bytes of the letters that go before it. */
static err prepare(struct desk *d, arena *a, struct intake_letter *l, int64_t sum, struct keep *ret) {
    str bytes = l->bytes;
    if (memory_short())
        return err_set(ERR_FULL, "The system is short of memory; letters are refused so that none is lost.");
    int64_t free_bytes = free_space(d, a);
    if (free_bytes >= 0 && free_bytes < INTAKE_DISK_RESERVE + sum + (int64_t)bytes.n)
        return err_set(ERR_FULL, "The disk is nearly full; letters are refused so that none is lost.");
    int64_t now = l->received_at ? l->received_at : desk_now(d);
    struct keep k = {
        .brand = l->to.brand,
        .row = {.id = l->received_at ? id_past(now) : id_new(now),
                .inbox_id = l->to.inbox,
                .state = RAW_NEW,
                .mail_from = str_is_utf8(l->mail_from) ? l->mail_from : S(""),
                .rcpt = l->recipient,
                .size = (int64_t)bytes.n,
                .hash = S(""),
                .bytes = bytes,
                .in_object = bytes.n > OBJECT_ROW_BYTES,
                .received_at = now,
                .origin = l->origin,
                .form = l->form},
        .letter = l,
    };
    if (k.row.in_object) {
        k.row.hash = content_hash(a, bytes);
        TRY(object_put(a, d->folder, k.row.hash, bytes));
    }
    *ret = k;
    return ERR_NONE;
}

/* Whether the transaction failed for a reason that trying a part of it would meet again, or that leaves
 * open what was kept. */
static bool concerns_all(err code) {
    return code == ERR_BUSY || code == ERR_FULL || code == ERR_DATABASE || code == ERR_IO;
}

/* Another process may have made the id of an older letter: one chance in two million. */
static err keep_apart(struct desk *d, struct keep *k) {
    err e = db_write(d->db, keep, k);
    if (e != ERR_CONFLICT || !k->letter->received_at) return e;
    k->row.id = id_past(k->row.received_at);
    return db_write(d->db, keep, k);
}

static err keep_many(struct desk *d, arena *a, struct intake_letter *letters, size_t n, int64_t lease_until,
                     db_fn also, void *also_arg) {
    struct keep_all all = {arena_array(a, n, sizeof *all.v), 0, also, also_arg};
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        struct intake_letter *l = &letters[i];
        l->result = prepare(d, a, l, sum, &all.v[all.n]);
        if (l->result) continue;
        all.v[all.n].lease_until = lease_until;
        sum += (int64_t)l->bytes.n;
        all.n++;
    }
    if (all.n == 0 && !also) return ERR_NONE;
    err code = db_write(d->db, keep_all, &all);
    /* Alone it need not be tried again, except that `also` is then done without it. */
    bool apart = code && (all.n > 1 || (all.n && also)) && !concerns_all(code), any = false;
    for (size_t i = 0; i < all.n; i++) {
        struct keep *k = &all.v[i];
        k->letter->result = apart ? keep_apart(d, k) : code;
        k->letter->id = k->letter->known ? 0 : k->row.id;
        any = any || !k->letter->result;
    }
    if (any) desk_work(d);
    return apart && also ? db_write(d->db, also, also_arg) : code;
}

void intake_keep_many(struct desk *d, arena *a, struct intake_letter *letters, size_t n) {
    keep_many(d, a, letters, n, 0, NULL, NULL);
    for (size_t i = 0; i < n; i++)
        if (!letters[i].known) meter_add(letters[i].result ? METER_REFUSED : METER_KEPT, 1);
}

void intake_keep_past(struct desk *d, arena *a, struct intake_letter *letters, size_t n, int64_t lease_until,
                      db_fn also, void *also_arg, err *ret_also) {
    *ret_also = keep_many(d, a, letters, n, lease_until, also, also_arg);
}

void intake_keep_with(struct desk *d, arena *a, struct intake_letter *letters, size_t n, db_fn also,
                      void *also_arg, err *ret_also) {
    *ret_also = keep_many(d, a, letters, n, 0, also, also_arg);
    for (size_t i = 0; i < n; i++)
        if (!letters[i].known) meter_add(letters[i].result ? METER_REFUSED : METER_KEPT, 1);
}

err intake_keep(struct desk *d, arena *a, struct intake_inbox to, str mail_from, str recipient, str bytes,
                int64_t *ret_id) {
    struct intake_letter l = {.to = to, .mail_from = mail_from, .recipient = recipient, .bytes = bytes};
    intake_keep_many(d, a, &l, 1);
    if (l.result) return l.result;
    *ret_id = l.id;
    return ERR_NONE;
}

err intake_bytes(struct desk *d, arena *a, const struct raw *row, str *ret_bytes) {
    if (row->in_object) return object_get(a, d->folder, row->hash, ret_bytes);
    *ret_bytes = row->bytes;
    return ERR_NONE;
}
