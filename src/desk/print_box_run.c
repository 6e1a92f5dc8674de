#include "desk/print_box_run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/random.h"
#include "desk/child.h"
#include "format/json.h"
#include "net/objects.h"

enum { WISH_BYTES = 1 << 20, TELL_EVERY_MS = 300, NAMED_CHARACTERS = 10 };

static const char *const states[] = {"waiting", "printing", "done", "failed"};
const char *print_run_state_name(print_run_state s) { return states[s]; }

static str path_of(const struct desk *d, arena *a, int64_t brand, int64_t run, const char *tail) {
    return str_fmt(a, "%.*s/prints/%lld/%lld.%s", STR_FMT(d->folder), (long long)brand, (long long)run, tail);
}

str print_missing_text(arena *a, const struct print_result *r) {
    str text = S("");
    for (int i = 0; i < r->nmissing && i < NAMED_CHARACTERS; i++)
        text = str_fmt(a, "%.*s%s%.*s", STR_FMT(text), i ? ", " : "",
                       STR_FMT(print_character(a, r->missing[i])));
    if (r->nmissing > NAMED_CHARACTERS || r->more_missing) text = str_fmt(a, "%.*s, …", STR_FMT(text));
    return text;
}

/* ---- asking ---- */

struct asking {
    int64_t brand, run, job, now;
};

static err put_job(db_conn *c, void *arg) {
    struct asking *x = arg;
    return store_job_put(c, x->brand, S("print"), x->run, x->job, x->now);
}

static bool write_wish(buf *to, const struct actor *who, const struct print_run_wish *wish, arena *a,
                       int64_t now) {
    struct json_out o = json_begin(to);
    json_open_object(&o);
    json_key(&o, S("agent")), json_id(&o, who->agent);
    json_key(&o, S("name")), json_str(&o, who->name);
    json_key(&o, S("at")), json_int(&o, now);
    json_key(&o, S("parts")), json_str(&o, print_parts_text(a, wish->parts));
    json_key(&o, S("boxes"));
    json_open_array(&o);
    for (size_t i = 0; i < wish->n; i++) json_int(&o, wish->boxes[i]);
    json_close_array(&o);
    json_close_object(&o);
    return json_done(&o);
}

err print_run_start(struct desk *d, arena *a, const struct actor *who, const struct print_run_wish *wish,
                    int64_t *ret_id) {
    int64_t now = desk_now(d);
    struct asking x = {who->brand, id_new(now), id_new(now), now};
    BUF_AUTO buf b = BUF_MAX(WISH_BYTES);
    if (!wish->n) return err_set(ERR_INVALID, "Choose the boxes to print.");
    if (wish->n > PRINT_RUN_BOXES)
        return err_set(ERR_LIMIT, "At most %d boxes are printed at once.", PRINT_RUN_BOXES);
    if (!write_wish(&b, who, wish, a, now)) return err_set(ERR_LIMIT, "Too many boxes for one print.");
    TRY(folder_make(a, str_fmt(a, "%.*s/prints/%lld", STR_FMT(d->folder), (long long)who->brand)));
    TRY(file_write(a, path_of(d, a, who->brand, x.run, "json"), buf_str(&b), 0600));
    TRY(db_write(d->db, put_job, &x));
    desk_work(d);
    *ret_id = x.run;
    return ERR_NONE;
}

/* ---- how far it is ---- */

static err read_json(arena *a, str path, json_t **ret) {
    str text;
    TRY(file_read(a, path, WISH_BYTES, &text));
    return json_read(text, ret);
}

static err read_wish(const struct desk *d, arena *a, int64_t brand, int64_t run, struct print_run *ret,
                     int64_t **ret_boxes) {
    JSON_AUTO json_t *wish = NULL;
    struct print_run r = {.id = run};
    str name = S(""), parts = S("");
    err e = read_json(a, path_of(d, a, brand, run, "json"), &wish);
    if (e == ERR_MISSING) return err_set(ERR_MISSING, "This print is no longer here. Prints are kept a day.");
    TRY(e);
    const json_t *boxes = json_object_get(wish, "boxes");
    json_take_id(wish, "agent", &r.agent_id);
    json_take_int(wish, "at", &r.made_at);
    json_take_str(wish, "name", &name);
    json_take_str(wish, "parts", &parts);
    TRY(print_parts_from(parts, &r.parts));
    r.agent_name = str_copy(a, name);
    r.says = S("");
    r.boxes = (int64_t)json_array_size(boxes);
    int64_t *ids = arena_array(a, (size_t)r.boxes + 1, sizeof *ids);
    for (size_t i = 0; i < (size_t)r.boxes; i++) ids[i] = json_integer_value(json_array_get(boxes, i));
    *ret = r;
    if (ret_boxes) *ret_boxes = ids;
    return ERR_NONE;
}

static void read_notes(arena *a, const json_t *state, struct print_run *r) {
    const json_t *notes = json_object_get(state, "notes");
    for (size_t i = 0; i < json_array_size(notes); i++) {
        const json_t *one = json_array_get(notes, i);
        struct print_note n = {.says = S(""), .missing = S("")};
        json_take_id(one, "box", &n.box);
        json_take_int(one, "number", &n.number);
        json_take_str(one, "says", &n.says);
        json_take_str(one, "missing", &n.missing);
        json_take_bool(one, "cut", &n.cut);
        n.says = str_copy(a, n.says);
        n.missing = str_copy(a, n.missing);
        *list_add(a, &r->notes) = n;
    }
}

static err read_state(const struct desk *d, arena *a, int64_t brand, struct print_run *r) {
    JSON_AUTO json_t *state = NULL;
    str name = S(""), says = S("");
    err e = read_json(a, path_of(d, a, brand, r->id, "state"), &state);
    if (e == ERR_MISSING) return ERR_NONE;
    TRY(e);
    json_take_str(state, "state", &name);
    for (int i = 0; i <= PRINT_FAILED; i++)
        if (str_eq(name, str_z(states[i]))) r->state = (print_run_state)i;
    json_take_int(state, "done", &r->done);
    json_take_int(state, "printed", &r->printed);
    json_take_int(state, "pages", &r->pages);
    json_take_int(state, "bytes", &r->bytes);
    json_take_str(state, "says", &says);
    r->says = str_copy(a, says);
    read_notes(a, state, r);
    return ERR_NONE;
}

err print_run_get(const struct desk *d, arena *a, int64_t brand, int64_t run, struct print_run *ret) {
    struct print_run r;
    TRY(read_wish(d, a, brand, run, &r, NULL));
    TRY(read_state(d, a, brand, &r));
    *ret = r;
    return ERR_NONE;
}

static bool was_printed(const struct print_run *r, int64_t box) {
    for (size_t i = 0; i < r->notes.n; i++)
        if (r->notes.v[i].box == box && r->notes.v[i].says.n) return false;
    return true;
}

/* Somebody may have said since that a child wrote one of the letters. */
static err still_unlocked(const struct desk *d, arena *a, int64_t brand, const struct print_run *run) {
    struct print_run wished;
    int64_t *boxes;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(read_wish(d, a, brand, run->id, &wished, &boxes));
    TRY(db_read_begin(d->db, &c));
    for (int64_t i = 0; i < wished.boxes; i++) {
        struct store_box b;
        bool locked;
        err e = was_printed(run, boxes[i]) ? store_box_get(c, a, brand, boxes[i], &b) : ERR_MISSING;
        if (e == ERR_MISSING) continue;
        if (e) return e;
        TRY(child_locked_in(c, a, brand, b.conversation_id, &locked));
        if (locked)
            return err_set(ERR_CONFLICT,
                           "A child wrote to one of these boxes, and no grown-up has confirmed: "
                           "print the others anew.");
    }
    return ERR_NONE;
}

err print_run_pdf(const struct desk *d, arena *a, int64_t brand, int64_t run, str *ret_bytes) {
    struct print_run r;
    TRY(print_run_get(d, a, brand, run, &r));
    if (r.state != PRINT_DONE) return err_set(ERR_CONFLICT, "This print is not ready yet.");
    TRY(still_unlocked(d, a, brand, &r));
    return file_read(a, path_of(d, a, brand, run, "pdf"), PRINT_RUN_BYTES, ret_bytes);
}

/* ---- doing it ---- */

struct doing {
    struct desk *desk;
    arena *a, *one; /* of the run; of the box */
    const struct job *job;
    struct print_run run;
    int64_t *boxes;
    struct print_shop *shop;
    struct print_batch *batch;
    int fd;
    int64_t written, told;
};

static err tell(struct doing *x) {
    BUF_AUTO buf b = BUF_MAX(WISH_BYTES);
    struct json_out o = json_begin(&b);
    const struct print_run *r = &x->run;
    json_open_object(&o);
    json_key(&o, S("state")), json_str(&o, str_z(states[r->state]));
    json_key(&o, S("done")), json_int(&o, r->done);
    json_key(&o, S("printed")), json_int(&o, r->printed);
    json_key(&o, S("pages")), json_int(&o, r->pages);
    json_key(&o, S("bytes")), json_int(&o, r->bytes);
    json_key(&o, S("says")), json_str(&o, r->says);
    json_key(&o, S("notes"));
    json_open_array(&o);
    for (size_t i = 0; i < r->notes.n; i++) {
        const struct print_note *n = &r->notes.v[i];
        json_open_object(&o);
        json_key(&o, S("box")), json_id(&o, n->box);
        json_key(&o, S("number")), json_int(&o, n->number);
        json_key(&o, S("says")), json_str(&o, n->says);
        json_key(&o, S("missing")), json_str(&o, n->missing);
        json_key(&o, S("cut")), json_bool(&o, n->cut);
        json_close_object(&o);
    }
    json_close_array(&o);
    json_close_object(&o);
    if (!json_done(&o)) return err_set(ERR_INTERNAL, "What there is to say of this print is too long.");
    x->told = clock_monotonic_ms();
    return file_write(x->one, path_of(x->desk, x->one, x->job->brand_id, r->id, "state"), buf_str(&b), 0600);
}

static err write_some(void *context, const void *bytes, size_t n) {
    struct doing *x = context;
    x->written += (int64_t)n;
    if (x->written > PRINT_RUN_BYTES)
        return err_set(ERR_LIMIT, "This print is larger than 60 MB. Print fewer boxes at once.");
    return print_to_fd(&x->fd, bytes, n);
}

static void note(struct doing *x, int64_t box, int64_t number, str says, const struct print_result *r) {
    struct print_note n = {box, number, str_copy(x->a, says), S(""), r && r->cut};
    if (r && r->nmissing) n.missing = print_missing_text(x->a, r);
    /* However many characters fonts lack, there is room to say which boxes are not printed. */
    size_t most = says.n ? PRINT_RUN_NOTES : PRINT_RUN_NOTES / 2;
    if (x->run.notes.n < most) *list_add(x->a, &x->run.notes) = n;
}

static err number_of(struct doing *x, db_conn *c, int64_t box, int64_t *ret) {
    struct store_box b = {0};
    err e = store_box_get(c, x->one, x->job->brand_id, box, &b);
    *ret = e ? 0 : b.number;
    return e == ERR_MISSING ? ERR_NONE : e;
}

/* What is wrong with one box is noted; what is wrong with the desk ends the run. */
static err load_one(struct doing *x, int64_t box, struct print_ready **ret) {
    DB_READ_AUTO db_conn *c = NULL;
    int64_t number;
    TRY(db_read_begin(x->desk->db, &c));
    if (!x->shop) TRY(print_shop_open(x->desk, c, x->a, x->job->brand_id, &x->shop));
    err e = print_box_ready(c, x->shop, x->one, box, x->run.parts, ret);
    if (!e) return ERR_NONE;
    if (e != ERR_MISSING && e != ERR_CONFLICT) return e;
    str says = str_copy(x->one, str_z(err_text()));
    TRY(number_of(x, c, box, &number));
    note(x, box, number, says, NULL);
    *ret = NULL;
    return ERR_NONE;
}

static err begin_batch(struct doing *x) {
    struct print_about about;
    print_shop_about(x->shop, str_fmt(x->a, "Boxes, %lld", (long long)x->run.boxes), x->run.made_at, &about);
    return print_batch_begin(&about, write_some, x, &x->batch);
}

static err print_one(struct doing *x, int64_t box) {
    struct print_ready *ready = NULL;
    struct print_result of_box = {0}, so_far;
    TRY(load_one(x, box, &ready));
    if (!ready) return ERR_NONE;
    if (!x->batch) TRY(begin_batch(x));
    err e = print_batch_add(x->batch, &ready->box, &of_box);
    if (e == ERR_INVALID || (e == ERR_LIMIT && x->written <= PRINT_RUN_BYTES)) {
        note(x, box, ready->number, str_z(err_text()), NULL);
        return ERR_NONE;
    }
    TRY(e);
    if (of_box.nmissing || of_box.cut) note(x, box, ready->number, S(""), &of_box);
    print_batch_so_far(x->batch, &so_far);
    x->run.printed++;
    x->run.pages = so_far.pages;
    x->run.bytes = so_far.bytes;
    return ERR_NONE;
}

static err print_all(struct doing *x) {
    struct print_result r;
    x->run.state = PRINT_PRINTING;
    TRY(tell(x));
    for (int64_t i = 0; i < x->run.boxes; i++) {
        TRY(print_one(x, x->boxes[i]));
        x->run.done = i + 1;
        if (clock_monotonic_ms() - x->told > TELL_EVERY_MS) TRY(tell(x));
        arena_reset(x->one);
    }
    if (!x->batch) return err_set(ERR_CONFLICT, "None of these boxes can be printed now.");
    TRY(print_batch_end(x->batch, &r));
    x->run.pages = r.pages;
    x->run.bytes = r.bytes;
    return ERR_NONE;
}

/* Into a file of its own, which gets its name when it is whole. */
static err print_file(struct doing *x) {
    str part = path_of(x->desk, x->a, x->job->brand_id, x->run.id, "part");
    str whole = path_of(x->desk, x->a, x->job->brand_id, x->run.id, "pdf");
    x->fd = open(part.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (x->fd < 0) return err_set(ERR_IO, "Cannot write %.*s: %s.", STR_FMT(part), strerror(errno));
    err e = print_all(x);
    print_batch_free(x->batch);
    if (close(x->fd) && !e) e = err_set(ERR_IO, "Cannot write %.*s: %s.", STR_FMT(part), strerror(errno));
    if (!e) return file_move(x->a, part, whole);
    str says = str_copy(x->a, str_z(err_text()));
    (void)file_remove(x->a, part);
    return err_set(e, "%.*s", STR_FMT(says));
}

static err end_job(db_conn *c, void *arg) {
    bool mine;
    return store_job_finish(c, arg, &mine);
}

/* A person waits for it and can ask again, so a print that failed says why on its page and is not tried again
 * by itself; only when not even that can be written the job fails. */
static err settle(struct doing *x, err e) {
    x->run.says = e ? str_copy(x->a, str_z(err_text())) : S("");
    x->run.state = e ? PRINT_FAILED : PRINT_DONE;
    if (e) log_warn("print", "print %lld: %.*s", (long long)x->run.id, STR_FMT(x->run.says));
    TRY(tell(x));
    struct job job = *x->job;
    return db_write(x->desk->db, end_job, &job);
}

err print_run_do(struct desk *d, arena *a, const struct job *job) {
    ARENA_AUTO arena *one = arena_new(0);
    struct doing x = {.desk = d, .a = a, .one = one, .job = job};
    struct job ended = *job;
    err e = read_wish(d, a, job->brand_id, job->subject_id, &x.run, &x.boxes);
    if (e == ERR_MISSING) return db_write(d->db, end_job, &ended);
    TRY(e);
    return settle(&x, print_file(&x));
}

/* ---- clearing away ---- */

static err remove_run(const struct desk *d, arena *a, int64_t brand, int64_t run) {
    static const char *const tails[] = {"pdf", "part", "state", "json"};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
        TRY(file_remove(a, path_of(d, a, brand, run, tails[i])));
    return ERR_NONE;
}

static err forget_run(const struct desk *d, arena *a, int64_t brand, int64_t run, const int64_t *boxes,
                      size_t n) {
    struct print_run r;
    int64_t *of;
    err e = read_wish(d, a, brand, run, &r, &of);
    if (e) return e == ERR_MISSING ? ERR_NONE : e;
    for (int64_t i = 0; i < r.boxes; i++)
        for (size_t k = 0; k < n; k++)
            if (of[i] == boxes[k]) return remove_run(d, a, brand, run);
    return ERR_NONE;
}

err print_run_forget(const struct desk *d, arena *a, int64_t brand, const int64_t *boxes, size_t n) {
    str folder = str_fmt(a, "%.*s/prints/%lld", STR_FMT(d->folder), (long long)brand);
    DIR *dir = n ? opendir(folder.p) : NULL;
    err e = ERR_NONE;
    if (!dir) return ERR_NONE;
    for (const struct dirent *entry; !e && (entry = readdir(dir));) {
        str rest = str_z(entry->d_name), digits;
        int64_t id;
        if (!str_ends(rest, S(".json")) || !str_split(&rest, '.', &digits) || !str_to_int(digits, &id))
            continue;
        e = forget_run(d, a, brand, id, boxes, n);
    }
    closedir(dir);
    return e;
}

static err sweep_brand(const struct desk *d, arena *a, str folder) {
    DIR *dir = opendir(folder.p);
    err e = ERR_NONE;
    if (!dir) return ERR_NONE;
    int64_t until = desk_now(d) - PRINT_RUN_KEPT_MS;
    for (const struct dirent *entry; !e && (entry = readdir(dir));) {
        str name = str_z(entry->d_name), digits;
        int64_t id;
        str rest = name;
        if (!str_split(&rest, '.', &digits) || !str_to_int(digits, &id) || id <= 0 || id_time(id) > until)
            continue;
        e = file_remove(a, str_fmt(a, "%.*s/%s", STR_FMT(folder), entry->d_name));
    }
    closedir(dir);
    return e;
}

err print_run_sweep(const struct desk *d, arena *a) {
    str folder = str_fmt(a, "%.*s/prints", STR_FMT(d->folder));
    DIR *dir = opendir(folder.p);
    err e = ERR_NONE;
    if (!dir) return ERR_NONE;
    for (const struct dirent *entry; !e && (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            e = sweep_brand(d, a, str_fmt(a, "%.*s/%s", STR_FMT(folder), entry->d_name));
    closedir(dir);
    return e;
}
