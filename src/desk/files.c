#include "desk/files.h"

#include "base/random.h"
#include "desk/events.h"
#include "format/picture.h"
#include "net/clamd.h"
#include "net/objects.h"
#include "store/file.h"

bool files_wants_look(const struct desk *d, str bytes) {
    return bytes.n > 0 && (d->clamd.n > 0 || picture_type(bytes).n > 0);
}

bool files_held(const struct attachment *f) { return f->scan == SCAN_FOUND && !f->allowed_by; }

/* ---- the job ---- */

struct examining {
    struct desk *d;
    const struct job *job;
    struct attachment file;
    str jpeg, says;
    file_scan scan;
    bool scanned, again;
};

static err load(struct examining *x, arena *a) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(x->d->db, &c));
    err e = store_attachment_get(c, a, x->job->brand_id, x->job->subject_id, &x->file);
    return e == ERR_MISSING ? ERR_NONE : e;
}

/* It may be gone by now, and so may the lease. */
static err write_seen(db_conn *c, void *arg) {
    struct examining *x = arg;
    int64_t brand = x->job->brand_id;
    struct attachment now;
    bool mine = true;
    if (!x->again) TRY(store_job_finish(c, x->job, &mine));
    if (!mine || !x->file.id) return ERR_NONE;
    ARENA_AUTO arena *a = arena_new(0);
    err e = store_attachment_get(c, a, brand, x->file.id, &now);
    if (e == ERR_MISSING) return ERR_NONE;
    TRY(e);
    if (x->jpeg.n) TRY(store_thumb_put(c, brand, x->file.id, x->jpeg));
    return x->scanned ? store_file_scan(c, brand, x->file.id, x->scan, x->says) : ERR_NONE;
}

static void scan(struct examining *x, arena *a, str bytes) {
    bool found;
    str name;
    err e = clamd_scan(a, x->d->clamd, bytes, 0, &found, &name);
    /* A scanner that is away takes back nothing that it said. */
    x->scanned = !e || x->file.scan != SCAN_CLEAN;
    x->scan = e ? SCAN_FAILED : found ? SCAN_FOUND : SCAN_CLEAN;
    x->says = e ? str_copy(a, str_z(err_text())) : name;
    x->again = e == ERR_NETWORK;
}

err files_examine(struct desk *d, reader *r, arena *a, const struct job *job) {
    struct examining x = {.d = d, .job = job, .jpeg = S(""), .says = S("")};
    TRY(load(&x, a));
    str bytes = x.file.bytes;
    err e = x.file.id && x.file.in_object ? object_get(a, d->folder, x.file.hash, &bytes) : ERR_NONE;
    if (e == ERR_MISSING || e == ERR_IO) {
        bytes = S("");
    } else {
        TRY(e);
    }
    if (bytes.n && !x.file.thumb && picture_type(bytes).n) {
        e = reader_small(r, a, bytes, &x.jpeg);
        if (e && e != ERR_INVALID && e != ERR_LIMIT) return e;
    }
    /* What we send was chosen by ourselves. */
    bool came = x.file.message_id && !x.file.agent_id;
    if (bytes.n && d->clamd.n && came && x.file.scan != SCAN_FOUND) scan(&x, a, bytes);
    TRY(db_write(d->db, write_seen, &x));
    if (x.jpeg.n || x.scanned) desk_changed(d, job->brand_id, x.file.conversation_id, "files");
    return x.again ? err_set(ERR_NETWORK, "%.*s", STR_FMT(x.says)) : ERR_NONE;
}

/* ---- a lead lets it out ---- */

struct allowing {
    struct desk *d;
    arena *a;
    const struct actor *who;
    int64_t id;
    struct attachment file;
};

static err allow(db_conn *c, void *arg) {
    struct allowing *x = arg;
    TRY(store_attachment_get(c, x->a, x->who->brand, x->id, &x->file));
    if (x->file.scan != SCAN_FOUND) return err_set(ERR_CONFLICT, "Nothing was found in this file.");
    if (x->file.allowed_by) return err_set(ERR_CONFLICT, "A lead has allowed this file already.");
    TRY(store_file_allow(c, x->who->brand, x->id, x->who->agent));
    str what =
        str_fmt(x->a, "%.*s (%.*s)", STR_FMT(str_clip_utf8(x->file.name, 100)), STR_FMT(x->file.scan_says));
    return event_add(c, x->who, x->file.conversation_id, "file_allowed", what, desk_now(x->d));
}

err files_allow(struct desk *d, arena *a, const struct actor *who, int64_t attachment,
                int64_t *ret_conversation, int64_t *ret_message) {
    struct allowing x = {.d = d, .a = a, .who = who, .id = attachment};
    TRY(db_write(d->db, allow, &x));
    desk_changed(d, who->brand, x.file.conversation_id, "files");
    *ret_conversation = x.file.conversation_id;
    *ret_message = x.file.message_id;
    return ERR_NONE;
}
