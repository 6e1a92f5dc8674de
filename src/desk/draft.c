#include "base/random.h"
#include "desk/check.h"
#include "desk/merge.h"
#include "desk/reply.h"
#include "desk/room_next.h"
#include "desk/settings.h"
#include "format/picture.h"
#include "format/post.h"
#include "net/objects.h"
#include "store/job.h"

struct draft_change {
    struct desk *desk;
    arena *arena;
    const struct actor *who;
    struct draft draft;
    struct attachment file;
    int64_t limit;
};

/* Another brand's conversation must be as missing here as everywhere. */
static err check_conversation(db_conn *c, struct draft_change *g, int64_t id) {
    struct conversation v;
    if (!id) return ERR_NONE;
    TRY(store_conversation_get(c, g->arena, g->who->brand, id, &v));
    return merge_writable(&v);
}

static err save(db_conn *c, void *arg) {
    struct draft_change *g = arg;
    TRY(check_conversation(c, g, g->draft.conversation_id));
    TRY(room_renew_in(c, g->who->brand, g->draft.conversation_id, g->who->agent, g->draft.updated_at));
    return store_draft_put(c, g->who->brand, &g->draft);
}

err draft_save(struct desk *d, arena *a, const struct actor *who, const struct draft *draft) {
    if (draft->text.n > 1000000) return err_set(ERR_LIMIT, "The draft is longer than 1 MB.");
    if (draft->to_line.n + draft->cc_line.n + draft->bcc_line.n + draft->subject.n > 20000)
        return err_set(ERR_LIMIT, "The recipients or the subject are too long.");
    struct draft_change g = {.desk = d, .arena = a, .who = who, .draft = *draft};
    g.draft.agent_id = who->agent;
    g.draft.updated_at = desk_now(d);
    return db_write(d->db, save, &g);
}

static err drop(db_conn *c, void *arg) {
    struct draft_change *g = arg;
    int64_t conversation = g->draft.conversation_id;
    attachment_list files = {0};
    TRY(store_attachments_of_draft(c, g->arena, g->who->brand, conversation, g->who->agent, &files));
    for (size_t i = 0; i < files.n; i++) TRY(store_attachment_delete(c, g->who->brand, files.v[i].id));
    return store_draft_delete(c, g->who->brand, conversation, g->who->agent);
}

err draft_drop(struct desk *d, arena *a, const struct actor *who, int64_t conversation) {
    struct draft_change g = {.desk = d, .arena = a, .who = who, .draft.conversation_id = conversation};
    return db_write(d->db, drop, &g);
}

static err attach(db_conn *c, void *arg) {
    struct draft_change *g = arg;
    TRY(check_conversation(c, g, g->file.conversation_id));
    attachment_list files = {0};
    TRY(store_attachments_of_draft(c, g->arena, g->who->brand, g->file.conversation_id, g->who->agent,
                                   &files));
    int64_t total = g->file.size;
    for (size_t i = 0; i < files.n; i++) total += files.v[i].size;
    if (total > g->limit || files.n >= 100)
        return err_set(ERR_LIMIT, "The files together would be larger than %lld MB.",
                       (long long)(g->limit >> 20));
    TRY(store_attachment_insert(c, g->who->brand, &g->file));
    if (!picture_type(g->file.bytes).n) return ERR_NONE;
    int64_t now = desk_now(g->desk);
    return store_job_put(c, g->who->brand, S("examine"), g->file.id, g->file.id, now);
}

/* What may stand in a file's name: no path, no control characters. */
static str clean_name(arena *a, str name) {
    size_t slash = name.n;
    while (slash && name.p[slash - 1] != '/' && name.p[slash - 1] != '\\') slash--;
    name = str_clip_utf8(str_slice(name, slash, name.n), 200);
    char *out = arena_alloc(a, name.n);
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.p[i] >= 0x20 && name.p[i] != 0x7f) out[n++] = name.p[i];
    return n && str_is_utf8((str){out, n}) ? (str){out, n} : S("file");
}

static bool is_media_type(str type) {
    size_t slash = str_find_char(type, '/', 0);
    if (slash == SIZE_MAX || slash == 0 || slash + 1 == type.n || type.n > 100) return false;
    for (size_t i = 0; i < type.n; i++) {
        char c = type.p[i];
        bool fits =
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '+' || c == '-' || c == '/';
        if (!fits) return false;
    }
    return true;
}

err draft_attach(struct desk *d, arena *a, const struct actor *who, int64_t conversation, str name, str type,
                 str bytes, int64_t *ret_id) {
    if (!bytes.n) return err_set(ERR_INVALID, "The file is empty.");
    struct draft_change g = {.desk = d, .arena = a, .who = who};
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        int64_t megabytes;
        TRY(setting_number(c, a, who->brand, SETTING_ATTACHMENT_LIMIT_MB, &megabytes));
        g.limit = megabytes << 20;
    }
    str lower = str_lower(a, type);
    g.file = (struct attachment){
        .id = id_new(desk_now(d)),
        .conversation_id = conversation,
        .agent_id = who->agent,
        .name = clean_name(a, name),
        .type = is_media_type(lower) ? lower : S("application/octet-stream"),
        .size = (int64_t)bytes.n,
        .hash = content_hash(a, bytes),
        .bytes = bytes,
        .in_object = bytes.n > OBJECT_ROW_BYTES,
    };
    if ((int64_t)bytes.n > g.limit)
        return err_set(ERR_LIMIT, "The file is larger than %lld MB.", (long long)(g.limit >> 20));
    if (g.file.in_object) TRY(object_put(a, d->folder, g.file.hash, bytes));
    TRY(db_write(d->db, attach, &g));
    *ret_id = g.file.id;
    return ERR_NONE;
}

static err detach(db_conn *c, void *arg) {
    struct draft_change *g = arg;
    struct attachment file;
    TRY(store_attachment_get(c, g->arena, g->who->brand, g->file.id, &file));
    if (file.message_id || file.agent_id != g->who->agent)
        return err_set(ERR_MISSING, "There is no such file.");
    return store_attachment_delete(c, g->who->brand, g->file.id);
}

err draft_detach(struct desk *d, arena *a, const struct actor *who, int64_t attachment) {
    struct draft_change g = {.desk = d, .arena = a, .who = who, .file.id = attachment};
    return db_write(d->db, detach, &g);
}

static err describe(db_conn *c, void *arg) {
    struct draft_change *g = arg;
    struct attachment file;
    TRY(store_attachment_get(c, g->arena, g->who->brand, g->file.id, &file));
    bool mine = !file.message_id && file.agent_id == g->who->agent;
    if (!mine || file.conversation_id != g->file.conversation_id)
        return err_set(ERR_MISSING, "There is no such file.");
    return store_attachment_alt(c, g->who->brand, g->file.id, g->file.alt);
}

err draft_describe(struct desk *d, arena *a, const struct actor *who, int64_t conversation,
                   int64_t attachment, str alt) {
    struct draft_change g = {
        .desk = d, .arena = a, .who = who, .file = {.id = attachment, .conversation_id = conversation}};
    TRY(check_line_or_empty("What the picture shows", alt, POST_ALT_MAX, &g.file.alt));
    return db_write(d->db, describe, &g);
}

err attachment_bytes(struct desk *d, arena *a, const struct actor *who, int64_t id, struct attachment *ret) {
    struct attachment file;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_attachment_get(c, a, who->brand, id, &file));
    }
    if (!file.message_id && file.agent_id != who->agent)
        return err_set(ERR_MISSING, "There is no such file.");
    if (file.in_object) TRY(object_get(a, d->folder, file.hash, &file.bytes));
    *ret = file;
    return ERR_NONE;
}
