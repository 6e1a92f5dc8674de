#include "desk/forwarded.h"

#include "base/random.h"
#include "desk/filing.h"
#include "desk/merge_own.h"
#include "format/about.h"
#include "format/mime.h"
#include "store/brand.h"
#include "store/customer.h"
#include "store/job.h"

enum { DEEP = 5 /* forwarded by one of us to one of us */ };

bool forwarded_is_ours(const struct forwarded_ours *ours, str address) {
    for (size_t i = 0; i < ours->agents->n; i++)
        if (str_eq_nocase(ours->agents->v[i].email, address)) return true;
    for (size_t i = 0; i < ours->inboxes->n; i++)
        if (str_eq_nocase(ours->inboxes->v[i].address, address)) return true;
    return false;
}

/* ---- what is proposed ---- */

static bool look_inside(arena *a, const struct forwarded_ours *ours, str text, struct forwarded *ret) {
    for (int i = 0; i < DEEP; i++) {
        struct forwarded f;
        if (!forwarded_find(a, text, &f)) return false;
        if (!f.address.n || !forwarded_is_ours(ours, f.address)) {
            *ret = f;
            return f.text.n > 0;
        }
        text = f.text;
    }
    return false;
}

static bool look_at_file(arena *a, const struct attachment *file, struct forwarded *ret, bool *ret_cut) {
    struct about about;
    struct mime_address from;
    str normal;
    if (!about_read(file->about, &about) || about.kind != ABOUT_LETTER || !about.text.n) return false;
    if (!address_parse(a, about.from, &from) || !address_normal(a, from.address, &normal)) return false;
    *ret = (struct forwarded){.name = from.name,
                              .address = str_lower(a, normal),
                              .subject = about.subject,
                              .text = about.text,
                              .date = S("")};
    *ret_cut = about.cut;
    return true;
}

void forwarded_look(arena *a, const struct forwarded_ours *ours, const struct message *letter,
                    const attachment_list *files, struct forwarded_offer *ret) {
    struct forwarded_offer x = {.by = letter->from_address, .unsure = letter->auth == AUTH_OWN};
    *ret = (struct forwarded_offer){0};
    if (letter->kind != MESSAGE_LETTER || letter->auth == AUTH_FAIL || letter->machine.n) return;
    if (!letter->from_address.n || !forwarded_is_ours(ours, letter->from_address)) return;
    for (size_t i = 0; i < files->n && !x.message; i++) {
        if (files->v[i].message_id != letter->id || !look_at_file(a, &files->v[i], &x.f, &x.cut)) continue;
        if (forwarded_is_ours(ours, x.f.address)) continue;
        x.message = letter->id;
        x.attachment = files->v[i].id;
    }
    /* An answer of a colleague quotes such a heading, too. */
    if (!x.message && forwarded_find(a, letter->text, &x.f) &&
        (x.f.announced || forwarded_subject(letter->subject, NULL)) &&
        look_inside(a, ours, letter->text, &x.f))
        x.message = letter->id;
    if (x.message) *ret = x;
}

/* ---- taken up ---- */

struct taking {
    struct splitting s;
    const struct forwarded_wish *wish;
    struct message letter;
    attachment_list files;
    struct forwarded_offer offer;
    int64_t colleague, made, place;
    str name, address;
};

static err find_again(db_conn *c, struct taking *x, bool *ret_again) {
    int64_t op;
    TRY(store_merge_find_noted(c, x->s.m.who->brand, SORT_LETTER_NOTED, x->letter.id, &op));
    *ret_again = op != 0;
    x->s.m.done = (struct merge_done){op, x->letter.conversation_id, true};
    return ERR_NONE;
}

static err look(db_conn *c, struct taking *x) {
    int64_t brand = x->s.m.who->brand;
    arena *a = x->s.m.a;
    store_agent_list agents;
    store_inbox_list inboxes;
    TRY(store_agent_list_of_brand(c, a, brand, &agents));
    TRY(store_inbox_list_of_brand(c, a, brand, &inboxes));
    TRY(store_attachments_of_message(c, a, brand, x->letter.id, &x->files));
    struct forwarded_ours ours = {&agents, &inboxes};
    forwarded_look(a, &ours, &x->letter, &x->files, &x->offer);
    if (!x->offer.message)
        return err_set(ERR_CONFLICT, "There is no forwarded letter in this one; it stays a letter of %.*s.",
                       STR_FMT(x->letter.from_address));
    str normal, wanted = str_trim(x->wish->address);
    if (!wanted.n) wanted = x->offer.f.address;
    if (!wanted.n)
        return err_set(ERR_INVALID, "To whom do answers go? The forwarded letter names no address.");
    if (!address_normal(a, wanted, &normal))
        return err_set(ERR_INVALID, "%.*s is not an address of the form name@domain.", STR_FMT(wanted));
    x->address = str_lower(a, normal);
    if (forwarded_is_ours(&ours, x->address))
        return err_set(ERR_INVALID, "%.*s is an address of ours. Who wrote the letter that was forwarded?",
                       STR_FMT(x->address));
    x->name = str_trim(x->wish->name);
    if (!x->name.n) x->name = x->offer.f.name;
    if (x->name.n > 500 || !str_is_utf8(x->name) || str_has(x->name, '\n'))
        return err_set(ERR_INVALID, "The name is too long or has more than one line.");
    x->colleague = 0;
    for (size_t i = 0; i < agents.n; i++)
        if (str_eq_nocase(agents.v[i].email, x->letter.from_address)) x->colleague = agents.v[i].id;
    return ERR_NONE;
}

/* Where nothing else was said the conversation itself becomes the writer's. Elsewhere a stranger would come
 * to take part in what was said before. */
static err find_place(db_conn *c, struct taking *x) {
    struct merging *m = &x->s.m;
    message_list all;
    TRY(store_message_list(c, m->a, m->who->brand, x->letter.conversation_id, 0, MERGE_MESSAGES_MAX + 1,
                           &all));
    bool alone = true;
    for (size_t i = 0; i < all.n; i++)
        alone = alone && (all.v[i].kind == MESSAGE_NOTE || all.v[i].id == x->letter.id);
    if (!alone) {
        m->op.to_id = x->place;
        return splitting_part(c, &x->s);
    }
    struct store_child k;
    TRY(merging_child_ok(c, m, x->s.from.id, &k));
    TRY(merging_write_down(c, m, &x->s.from, &x->s.from, m->op.about));
    x->s.to = x->s.from;
    return ERR_NONE;
}

static err put_letter(db_conn *c, struct taking *x) {
    struct merging *m = &x->s.m;
    int64_t brand = m->who->brand;
    str subject = x->offer.f.subject;
    if (!subject.n) forwarded_subject(x->letter.subject, &subject);
    struct message fresh = {
        .id = x->made,
        .conversation_id = x->s.to.id,
        .kind = MESSAGE_LETTER,
        .channel = CHANNEL_MAIL,
        .raw_id = x->letter.raw_id,
        .from_name = x->name,
        .from_address = x->address,
        .subject = str_clip_utf8(subject, 500),
        .text = x->offer.f.text,
        .problem = x->offer.cut ? S("This is its beginning; the whole letter is attached as a file.") : S(""),
        .said_at = x->letter.said_at,
        .created_at = x->letter.created_at};
    struct message_address from = {fresh.id, ROLE_FROM, x->name, x->address};
    struct store_brand row;
    TRY(store_message_insert(c, brand, &fresh));
    TRY(store_message_address_insert(c, brand, 0, &from));
    TRY(store_brand_by_id(c, m->a, brand, &row));
    TRY(words_index_message(c, m->a, brand, row.language, &fresh));
    TRY(store_job_put(c, brand, S("listen"), fresh.id, id_new(m->now), m->now));
    TRY(store_merge_note(c, brand, m->op.id, SORT_LETTER_MADE, (struct merge_key){fresh.id, 0}));
    TRY(store_merge_letter_kind(c, brand, x->letter.id, MESSAGE_NOTE, x->colleague));
    TRY(merging_relearn(c, m, x->letter.id));
    TRY(store_merge_note(c, brand, m->op.id, SORT_LETTER_NOTED,
                         (struct merge_key){x->letter.id, x->letter.agent_id}));
    for (size_t i = 0; i < x->files.n; i++) {
        TRY(store_merge_file_to(c, brand, x->files.v[i].id, fresh.id));
        TRY(store_merge_note(c, brand, m->op.id, SORT_FILE_GIVEN,
                             (struct merge_key){x->files.v[i].id, x->letter.id}));
    }
    x->s.to.subject = fresh.subject;
    x->s.to.snippet = filing_snippet(m->a, fresh.text);
    return ERR_NONE;
}

static err put_writer(db_conn *c, struct taking *x) {
    struct merging *m = &x->s.m;
    int64_t brand = m->who->brand;
    struct customer_address known;
    bool blocked;
    TRY(store_customer_address_get(c, m->a, brand, x->address, &known));
    TRY(filing_customer(c, m->a, brand, x->address, x->name, m->now, &x->s.to.customer_id, &blocked));
    if (!known.customer_id)
        TRY(store_merge_note(c, brand, m->op.id, SORT_CUSTOMER_MADE,
                             (struct merge_key){x->s.to.customer_id, 0}));
    x->s.to.updated_at = m->now;
    x->s.to.related_id = 0;
    return store_conversation_latest_of(c, brand, x->s.to.customer_id, x->s.to.id, &x->s.to.related_id);
}

static err take(db_conn *c, void *arg) {
    struct taking *x = arg;
    struct merging *m = &x->s.m;
    bool again;
    m->done = (struct merge_done){0};
    TRY(store_message_get(c, m->a, m->who->brand, x->wish->message, &x->letter));
    TRY(find_again(c, x, &again));
    if (again) return ERR_NONE;
    TRY(merging_take(c, m, x->letter.conversation_id, x->wish->seen_version, &x->s.from));
    TRY(look(c, x));
    m->op.about = x->letter.from_address;
    TRY(find_place(c, x));
    TRY(put_letter(c, x));
    TRY(put_writer(c, x));
    TRY(store_merge_write(c, m->who->brand, &x->s.to));
    TRY(merging_event(c, m, x->s.to.id, "forwarded", x->letter.from_address));
    if (m->op.from_id != m->op.to_id)
        TRY(merging_event(c, m, m->op.from_id, "split_off", merging_number(m->a, x->s.to.number)));
    m->done = (struct merge_done){m->op.id, x->s.to.id, false};
    return merging_end(c, m, true);
}

err forwarded_take(struct desk *d, arena *a, const struct actor *who, const struct forwarded_wish *wish,
                   struct merge_done *ret_done) {
    struct taking x = {.s = {.m = merging_begin(d, a, who, MERGE_FORWARD)}, .wish = wish};
    x.s.messages = &wish->message;
    x.s.n = 1;
    x.made = id_new(x.s.m.now);
    x.place = id_new(x.s.m.now);
    TRY(db_write(d->db, take, &x));
    *ret_done = x.s.m.done;
    if (!x.s.m.done.repeated) {
        merging_told(&x.s.m);
        desk_work(d);
    }
    return ERR_NONE;
}
