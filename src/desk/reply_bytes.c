#include "desk/reply_bytes.h"

#include "base/random.h"
#include "base/zone.h"
#include "desk/incoming.h"
#include "net/objects.h"

enum { REFERENCES_MAX = 20 };

str reply_message_id(arena *a, int64_t message, str inbox_address) {
    size_t at = str_find_char(inbox_address, '@', 0);
    str domain = at == SIZE_MAX ? S("longhand.invalid") : str_slice(inbox_address, at + 1, inbox_address.n);
    return str_fmt(a, "%llx.%s@%.*s", (long long)message, token_new(a).p, STR_FMT(domain));
}

static err add_references(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                          struct compose_mail *mail) {
    message_list said = {0};
    TRY(store_message_list(c, a, brand, conversation, 0, REFERENCES_MAX, &said));
    for (size_t i = 0; i < said.n; i++) {
        if (!said.v[i].rfc_id.n || said.v[i].kind == MESSAGE_NOTE) continue;
        *list_add(a, &mail->references) = said.v[i].rfc_id;
        if (said.v[i].kind == MESSAGE_LETTER) mail->in_reply_to = said.v[i].rfc_id;
    }
    if (!mail->in_reply_to.n && mail->references.n)
        mail->in_reply_to = mail->references.v[mail->references.n - 1];
    return ERR_NONE;
}

static err add_files(db_conn *c, struct desk *d, arena *a, int64_t brand, int64_t message,
                     struct compose_mail *mail) {
    attachment_list files = {0};
    TRY(store_attachments_of_message(c, a, brand, message, &files));
    for (size_t i = 0; i < files.n; i++) {
        struct attachment file;
        TRY(store_attachment_get(c, a, brand, files.v[i].id, &file));
        if (file.in_object) TRY(object_get(a, d->folder, file.hash, &file.bytes));
        struct mime_attachment *to = list_add(a, &mail->attachments);
        *to = (struct mime_attachment){.name = file.name, .type = file.type, .bytes = file.bytes};
    }
    return ERR_NONE;
}

static int minutes_of(str name, int64_t at) {
    const struct zone *zone;
    struct local_time local;
    if (zone_load(name, &zone)) return 0;
    zone_local(zone, at, &local);
    return local.offset_minutes;
}

str reply_redate(arena *a, str bytes, int64_t at, str zone) {
    return compose_redate(a, bytes, at, minutes_of(zone, at));
}

err reply_bytes(db_conn *c, struct desk *d, arena *a, int64_t brand_id, const struct store_inbox *inbox,
                const struct store_brand *brand, const struct message *m, const mime_address_list *to,
                const mime_address_list *cc, str *ret_bytes) {
    str from_name = inbox->name.n ? inbox->name : brand->name;
    if (m->from_name.n && inbox->name.n == 0)
        from_name = str_fmt(a, "%.*s, %.*s", STR_FMT(m->from_name), STR_FMT(brand->name));
    struct compose_mail mail = {.from = {from_name, inbox->address},
                                .to = *to,
                                .cc = *cc,
                                .subject = m->subject,
                                .message_id = m->rfc_id,
                                .at = m->said_at,
                                .text = m->text};
    mail.zone_minutes = minutes_of(brand->zone, m->said_at);
    TRY(incoming_reply_address(c, a, brand_id, inbox, m->id, m->created_at, &mail.reply_to));
    TRY(add_references(c, a, brand_id, m->conversation_id, &mail));
    TRY(add_files(c, d, a, brand_id, m->id, &mail));
    return compose_bytes(a, &mail, ret_bytes);
}
