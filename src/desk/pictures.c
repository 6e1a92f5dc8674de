/* Pictures that stand on somebody else's server. */
#include "base/clock.h"
#include "base/random.h"
#include "desk/events.h"
#include "desk/files.h"
#include "desk/intake.h"
#include "desk/settings.h"
#include "format/picture.h"
#include "net/objects.h"
#include "store/file.h"
#include "store/raw.h"

/* ---- asking ---- */

struct asking {
    struct desk *d;
    arena *a;
    const struct actor *who;
    struct message m;
};

static err ask(db_conn *c, void *arg) {
    struct asking *x = arg;
    int64_t brand = x->who->brand, now = desk_now(x->d), allowed;
    TRY(store_message_get(c, x->a, brand, x->m.id, &x->m));
    TRY(setting_number(c, x->a, brand, SETTING_REMOTE_PICTURES, &allowed));
    if (!allowed)
        return err_set(ERR_DENIED,
                       "This brand does not fetch pictures from elsewhere (setting remote_pictures).");
    if (x->m.kind != MESSAGE_LETTER || !x->m.raw_id || !x->m.html.n || x->m.remote_images <= 0)
        return err_set(ERR_CONFLICT, "This letter has no pictures from elsewhere.");
    if (x->m.pictures == PICTURES_ASKED)
        return err_set(ERR_CONFLICT, "The pictures of this letter are being fetched.");
    TRY(store_pictures_state(c, brand, x->m.id, PICTURES_ASKED));
    TRY(store_job_put(c, brand, S("pictures"), x->m.id, id_new(now), now));
    return event_add(c, x->who, x->m.conversation_id, "pictures_asked", S(""), now);
}

err pictures_ask(struct desk *d, arena *a, const struct actor *who, int64_t message,
                 int64_t *ret_conversation) {
    struct asking x = {.d = d, .a = a, .who = who, .m = {.id = message}};
    TRY(db_write(d->db, ask, &x));
    desk_changed(d, who->brand, x.m.conversation_id, "pictures");
    desk_work(d);
    *ret_conversation = x.m.conversation_id;
    return ERR_NONE;
}

/* ---- fetching ---- */

struct fetching {
    struct desk *d;
    arena *a;
    const struct job *job;
    picture_getter *get;
    struct message m;
    struct raw raw;
    str html;
    attachment_list files;
    int left_out;
    bool shown; /* there is something to write beside the end of the job */
};

static err load(struct fetching *x) {
    DB_READ_AUTO db_conn *c = NULL;
    int64_t brand = x->job->brand_id;
    TRY(db_read_begin(x->d->db, &c));
    err e = store_message_get(c, x->a, brand, x->job->subject_id, &x->m);
    if (!e && x->m.pictures == PICTURES_ASKED && x->m.raw_id)
        e = store_raw_get(c, x->a, brand, x->m.raw_id, &x->raw);
    return e == ERR_MISSING ? ERR_NONE : e;
}

static err keep(struct fetching *x, size_t n, str bytes) {
    struct attachment *f = list_add(x->a, &x->files);
    *f = (struct attachment){.message_id = x->m.id,
                             .conversation_id = x->m.conversation_id,
                             .name = S(""),
                             .type = picture_type(bytes),
                             .content_id = str_fmt(x->a, "remote-%zu@longhand", n),
                             .shown_inline = true,
                             .size = (int64_t)bytes.n,
                             .hash = content_hash(x->a, bytes),
                             .bytes = bytes,
                             .in_object = bytes.n > OBJECT_ROW_BYTES,
                             .about = S(""),
                             .remote = true};
    return f->in_object ? object_put(x->a, x->d->folder, f->hash, bytes) : ERR_NONE;
}

/* The sender of a letter names these addresses, not an administrator: what the operator allows webhooks
 * (posts_inside) is not allowed them. Whatever a server answers, only what is a picture by its bytes is kept.
 */
static err get_all(struct fetching *x, const html_url_list *urls) {
    int64_t ends = clock_monotonic_ms() + (int64_t)PICTURES_SECONDS_MAX * SECOND_MS;
    size_t room = PICTURES_BYTES_MAX;
    for (size_t i = 0; i < urls->n; i++) {
        str bytes;
        struct get_wish wish = {.url = urls->v[i],
                                .max = room < PICTURE_BYTES_MAX ? room : PICTURE_BYTES_MAX};
        bool late = clock_monotonic_ms() >= ends;
        if (late || x->get(x->a, &wish, &bytes) || !picture_type(bytes).n) {
            x->left_out++;
            continue;
        }
        room -= bytes.n;
        TRY(keep(x, i, bytes));
    }
    return ERR_NONE;
}

static err write_shown(db_conn *c, void *arg) {
    struct fetching *x = arg;
    int64_t brand = x->job->brand_id;
    struct message now;
    bool mine;
    TRY(store_job_finish(c, x->job, &mine));
    if (!mine || !x->shown) return ERR_NONE;
    err e = store_message_get(c, x->a, brand, x->m.id, &now);
    /* Read again or forgotten meanwhile: these pictures belong to what is no more. */
    if (e == ERR_MISSING) return ERR_NONE;
    TRY(e);
    if (now.pictures != PICTURES_ASKED || !str_eq(now.html, x->m.html)) return ERR_NONE;
    TRY(store_pictures_drop(c, brand, x->m.id));
    for (size_t i = 0; i < x->files.n; i++) {
        struct attachment *f = &x->files.v[i];
        f->id = id_new(desk_now(x->d));
        f->conversation_id = now.conversation_id;
        TRY(store_attachment_insert(c, brand, f));
    }
    return store_pictures_show(c, brand, x->m.id, x->html, x->left_out);
}

err pictures_fetch_by(struct desk *d, reader *r, arena *a, const struct job *job, picture_getter *get) {
    struct fetching x = {.d = d, .a = a, .job = job, .get = get};
    struct reader_letter letter = {0};
    str bytes;
    TRY(load(&x));
    if (x.raw.id) {
        x.shown = true;
        x.html = x.m.html;
        x.left_out = x.m.remote_images;
        err e = intake_bytes(d, a, &x.raw, &bytes);
        if (!e) e = reader_read_remote(r, a, bytes, &letter);
        if (e && e != ERR_INVALID && e != ERR_MISSING) return e;
        if (!e) {
            x.html = letter.safe.html;
            x.left_out = letter.remote_images;
            TRY(get_all(&x, &letter.urls));
        }
    }
    TRY(db_write(d->db, write_shown, &x));
    if (x.shown) desk_changed(d, job->brand_id, x.m.conversation_id, "pictures");
    return ERR_NONE;
}

err pictures_fetch(struct desk *d, reader *r, arena *a, const struct job *job) {
    return pictures_fetch_by(d, r, a, job, get_bytes);
}
