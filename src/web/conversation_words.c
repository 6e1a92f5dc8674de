#include <string.h>

#include "base/clock.h"
#include "format/compose.h"
#include "format/quoted.h"
#include "web/conversation_page.h"

static str fill(struct web_call *w, const char *msgid, str a0, str a1) {
    BUF_AUTO buf b = BUF_MAX(16384);
    str args[2] = {a0, a1};
    lang_fmt(&b, w->page.lang, msgid, args, 2);
    return str_copy(w->arena, buf_str(&b));
}

str close_reason_text(struct web_call *w, close_reason r) {
    switch (r) {
    case CLOSE_ANSWERED: return web_text(w, T("answered"));
    case CLOSE_SPAM: return web_text(w, T("spam"));
    case CLOSE_MACHINE: return web_text(w, T("written by a machine"));
    case CLOSE_DUPLICATE: return web_text(w, T("answered in another conversation"));
    case CLOSE_NONE_NEEDED: return web_text(w, T("needs no answer"));
    case CLOSE_BLOCKED: return web_text(w, T("the sender is blocked"));
    }
    return S("");
}

/* What the event log says, for oneself and for others. */
struct event_word {
    const char *kind, *you, *they;
};
/* "taken" when somebody had it before. */
static const struct event_word taken_over = {"taken", T("You took this over from {1}"),
                                             T("{0} took this over from {1}")};
static const struct event_word event_words[] = {
    {"taken", T("You took this"), T("{0} took this")},
    {"released", T("You gave this back to the list"), T("{0} gave this back to the list")},
    {"passed", T("You passed this on to {1}"), T("{0} passed this on to {1}")},
    {"closed", T("You closed this: {1}"), T("{0} closed this: {1}")},
    {"reopened", T("You opened this again"), T("{0} opened this again")},
    {"junk", T("You moved this to junk"), T("{0} moved this to junk")},
    {"not_junk", T("You took this out of junk"), T("{0} took this out of junk")},
    {"blocked", T("You blocked {1}"), T("{0} blocked {1}")},
    {"unblocked", T("You let letters from {1} in again"), T("{0} let letters from {1} in again")},
    {"taken_back", T("You took a reply back before it left"), T("{0} took a reply back before it left")},
    {"send_failed", T("A reply could not be delivered: {1}"), T("A reply could not be delivered: {1}")},
    {"send_bounced", T("A reply came back: {1}"), T("A reply came back: {1}")},
    {"send_stopped", T("A reply waits, because they wrote again before it left: {1}"),
     T("A reply waits, because they wrote again before it left: {1}")},
    {"send_proved", T("It is known now that a reply left: {1}"), T("It is known now that a reply left: {1}")},
    {"send_now", T("You sent a waiting reply now: {1}"), T("{0} sent a waiting reply now: {1}")},
    {"send_again", T("You sent a reply again: {1}"), T("{0} sent a reply again: {1}")},
    {"send_arrived", T("You said that a reply arrived: {1}"), T("{0} said that a reply arrived: {1}")},
    {"send_given_up", T("You gave a reply up: {1}"), T("{0} gave a reply up: {1}")},
    {"send_later_changed", T("You changed when a reply leaves: {1}"),
     T("{0} changed when a reply leaves: {1}")},
    {"send_delayed", T("A reply is still on its way: {1}"), T("A reply is still on its way: {1}")},
    {"complained", T("They called a reply unwanted: {1}"), T("They called a reply unwanted: {1}")},
    {"acknowledged", T("They were told that their letter has come"),
     T("They were told that their letter has come")},
    {"send_uncertain", T("A reply may not have arrived: {1}"), T("A reply may not have arrived: {1}")},
    {"file_allowed", T("You allowed a file in which something was found: {1}"),
     T("{0} allowed a file in which something was found: {1}")},
    {"pictures_asked", T("You had pictures from elsewhere fetched"),
     T("{0} had pictures from elsewhere fetched")},
    {"reread", T("You had the letter read again"), T("{0} had the letter read again")},
    {"post_edited", T("They edited their post"), T("They edited their post")},
    {"post_deleted", T("They deleted their post"), T("They deleted their post")},
    {"post_back", T("Their post is there again"), T("Their post is there again")},
    {"gesture_given", T("You gave this: {1}"), T("{0} gave this: {1}")},
    {"gesture_asked", T("You asked a lead to confirm this: {1}"), T("{0} asked a lead to confirm this: {1}")},
    {"gesture_confirmed", T("You confirmed this: {1}"), T("{0} confirmed this: {1}")},
    {"gesture_declined", T("You declined this: {1}"), T("{0} declined this: {1}")},
    {"gesture_withdrawn", T("You took this gesture back: {1}"), T("{0} took this gesture back: {1}")},
    {"promise_added", T("You noted a promise: {1}"), T("{0} noted a promise: {1}")},
    {"promise_moved", T("You gave a promise another day: {1}"), T("{0} gave a promise another day: {1}")},
    {"promise_warned", T("You said that a promise will be late: {1}"),
     T("{0} said that a promise will be late: {1}")},
    {"promise_kept", T("You marked a promise as kept: {1}"), T("{0} marked a promise as kept: {1}")},
    {"promise_broken", T("You marked a promise as broken: {1}"), T("{0} marked a promise as broken: {1}")},
    {"promise_released", T("You released us from a promise: {1}"), T("{0} released us from a promise: {1}")},
    {"promise_reopened", T("You opened a promise again: {1}"), T("{0} opened a promise again: {1}")},
    {"promise_remembered", T("You noted what they promised: {1}"), T("{0} noted what they promised: {1}")},
    {"promise_agreed", T("A grown-up agreed to keep this: {1}"), T("A grown-up agreed to keep this: {1}")},
    {"promise_disagreed", T("A grown-up did not agree to keep this: {1}"),
     T("A grown-up did not agree to keep this: {1}")},
    {"box_proposed", T("You proposed box {1}"), T("{0} proposed box {1}")},
    {"box_made", T("You made box {1}"), T("{0} made box {1}")},
    {"box_agreed", T("You agreed to box {1}"), T("{0} agreed to box {1}")},
    {"box_packed", T("You packed box {1}"), T("{0} packed box {1}")},
    {"box_sent", T("You sent box {1}"), T("{0} sent box {1}")},
    {"box_arrived", T("You noted that a box arrived: {1}"), T("{0} noted that a box arrived: {1}")},
    {"box_came_back", T("You noted that a box came back: {1}"), T("{0} noted that a box came back: {1}")},
    {"box_lost", T("You noted that a box was lost: {1}"), T("{0} noted that a box was lost: {1}")},
    {"box_cancelled", T("You cancelled box {1}"), T("{0} cancelled box {1}")},
    {"follow_up_due", T("Box {1} should have arrived; a good day to ask"),
     T("Box {1} should have arrived; a good day to ask")},
    {"link_made", T("You made a link to their private page"), T("{0} made a link to their private page")},
    {"link_ended", T("You ended a link to their private page"), T("{0} ended a link to their private page")},
    {"odd_form", T("The form was filled in as machines do, so no mail went out"),
     T("The form was filled in as machines do, so no mail went out")},
    {"child_set", T("You said that a child wrote"), T("{0} said that a child wrote")},
    {"child_unset", T("You said that no child wrote"), T("{0} said that no child wrote")},
    {"grown_up_asked", T("You asked a grown-up"), T("{0} asked a grown-up")},
    {"grown_up_confirmed", T("A grown-up confirmed and told us the address"),
     T("A grown-up confirmed and told us the address")},
    {"grown_up_declined", T("A grown-up wants nothing sent, and everything deleted"),
     T("A grown-up wants nothing sent, and everything deleted")},
    {"delete_now", T("You had everything deleted, because a grown-up asked for it"),
     T("{0} had everything deleted, because a grown-up asked for it")},
    {"worry", T("You said that this letter worries you"), T("{0} said that this letter is worrying")},
    {"worry_closed", T("You closed the worry"), T("{0} closed the worry")},
    {"words_deleted", T("The words were deleted"), T("The words were deleted")},
    {"story_kept", T("You kept a letter as a story"), T("{0} kept a letter as a story")},
    {"story_asked", T("You made a link to ask whether a story may be shown"),
     T("{0} made a link to ask whether a story may be shown")},
    {"story_yes", T("They agreed to have their story shown"), T("They agreed to have their story shown")},
    {"story_no", T("They do not want their story shown"), T("They do not want their story shown")},
    {"story_withdrawn", T("You took their story down"), T("Their story was taken down")},
    {"defect_recorded", T("You recorded a defect: {1}"), T("{0} recorded a defect: {1}")},
    {"defect_taken_back", T("You took back a defect: {1}"), T("{0} took back a defect: {1}")},
    {"trial_in", T("You took this into the test {1}"), T("{0} took this into the test {1}")},
    {"trial_out", T("You took this out of the test {1}"), T("{0} took this out of the test {1}")},
    {"trial_ended", T("The test {1} ended; they wait to hear what became of it"),
     T("The test {1} ended; they wait to hear what became of it")},
    {"trial_skipped", T("You said that they need no letter about the test {1}"),
     T("{0} said that they need no letter about the test {1}")},
    {"merged", T("You merged conversation {1} into this one"),
     T("{0} merged conversation {1} into this one")},
    {"split_off", T("You split messages off into conversation {1}"),
     T("{0} split messages off into conversation {1}")},
    {"split_from", T("You split this off from conversation {1}"),
     T("{0} split this off from conversation {1}")},
    {"moved", T("You moved this to another inbox: {1}"), T("{0} moved this to another inbox: {1}")},
    {"forwarded", T("You made this its writer's letter; {1} forwarded it"),
     T("{0} made this its writer's letter; {1} forwarded it")},
    {"away", T("You are away; this went back to the list"), T("{0} is away; this went back to the list")},
    {"incident_in", T("You took it into the incident “{1}”"), T("{0} took it into the incident “{1}”")},
    {"incident_out", T("You took it out of the incident “{1}”"), T("{0} took it out of the incident “{1}”")},
};

str said_event_text(struct web_call *w, const struct event *e) {
    str who = e->agent_name.n ? e->agent_name : web_text(w, T("The desk"));
    str detail = e->detail;
    close_reason reason;
    if (str_eq(e->kind, S("closed")) && close_reason_from(detail, &reason))
        detail = close_reason_text(w, reason);
    bool own = e->agent_id && e->agent_id == w->who.agent.id;
    const struct event_word *said = NULL;
    for (size_t i = 0; i < sizeof event_words / sizeof *event_words; i++)
        if (str_eq(e->kind, str_z(event_words[i].kind))) said = &event_words[i];
    if (said == event_words && detail.n) said = &taken_over;
    if (!said) return fill(w, "{0}: {1}", who, e->kind);
    return fill(w, own ? said->you : said->they, who, detail);
}

bool said_another_subject(struct web_call *w, const struct message *m, const struct conversation *c) {
    if (!m->subject.n || str_eq(m->subject, c->subject)) return false;
    return !str_eq(compose_reply_subject(w->arena, m->subject), compose_reply_subject(w->arena, c->subject));
}

bool said_came_later(const struct message *m) {
    int64_t apart = m->created_at - m->said_at;
    return m->channel == CHANNEL_MAIL && (apart > HOUR_MS || apart < -HOUR_MS);
}

str said_state_text(struct web_call *w, const struct message *m) {
    switch (m->state) {
    case MESSAGE_NONE: return S("");
    case MESSAGE_HELD: return web_text(w, T("On hold"));
    case MESSAGE_QUEUED: return web_text(w, T("On its way"));
    case MESSAGE_SENT: return web_text(w, T("Sent"));
    case MESSAGE_FAILED: return web_text(w, T("Not delivered"));
    case MESSAGE_UNCERTAIN: return web_text(w, T("We cannot know"));
    case MESSAGE_RECORDED: return web_text(w, T("Answered by hand"));
    }
    return S("");
}

str first_name(str name) {
    if (str_has(name, '@')) return name;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] == ' ' || name.p[i] == ',') {
            /* "R. Okonkwo" is nobody's R. */
            bool initial = i > 0 && name.p[i - 1] == '.';
            return str_slice(name, 0, i && !initial ? i : name.n);
        }
    return name;
}

/* From where on nothing was newly written. */
void split_quoted(arena *a, str text, str *ret_body, str *ret_quoted) {
    quoted_part_list parts = {0};
    quoted_split(a, text, &parts);
    size_t from = text.n;
    for (size_t i = parts.n; i > 0 && parts.v[i - 1].kind >= QUOTED_QUOTE; i--) from = parts.v[i - 1].start;
    str body = str_slice(text, 0, from);
    while (body.n && (body.p[body.n - 1] == '\n' || body.p[body.n - 1] == ' ' || body.p[body.n - 1] == '\r'))
        body.n--;
    *ret_body = body.n ? body : text;
    *ret_quoted = body.n ? str_slice(text, from, text.n) : S("");
}

/* It goes to an account on a network and not to a mailbox. */
static bool is_post(const struct outbox *o) {
    return str_starts(o->recipient, S("@")) || str_find(o->recipient, S("://"), 0) != SIZE_MAX;
}

str outbox_text(struct web_call *w, const struct outbox *o) {
    if (is_post(o) && o->state == OUTBOX_STOPPED && o->says.n)
        return web_text(w, str_cstr(w->arena, o->says));
    if (is_post(o) && o->state == OUTBOX_UNCERTAIN)
        return fill(
            w,
            T("Nobody knows whether this was posted for {0}: the network does not say. Sending it again "
              "asks first, so it cannot stand there twice. {1}"),
            o->recipient, o->says);
    switch (o->state) {
    case OUTBOX_FAILED: return fill(w, T("{0} has not got this. The answer was: {1}"), o->recipient, o->says);
    case OUTBOX_BOUNCED: return fill(w, T("This came back from {0}. They said: {1}"), o->recipient, o->says);
    case OUTBOX_STOPPED:
        return fill(w,
                    T("This was to leave by now, but the conversation waits for an answer again since it was "
                      "written. Look whether it still fits."),
                    o->recipient, o->says);
    case OUTBOX_LIMITED: return web_text(w, T("This waits: its inbox sends only so many letters a minute."));
    case OUTBOX_UNCERTAIN:
        return fill(w,
                    T("This may or may not have reached {0}: the line broke after the last word and before "
                      "the answer. "
                      "Sending it again could make it arrive twice, so Longhand waits for you. {1}"),
                    o->recipient, o->says);
    case OUTBOX_READY:
        return o->attempts > 0 && o->says.n
                   ? fill(w, T("{0} has not got this yet; Longhand tries again. The answer was: {1}"),
                          o->recipient, o->says)
                   : S("");
    case OUTBOX_HELD:
    case OUTBOX_SENDING:
    case OUTBOX_DOT_SENT:
    case OUTBOX_SENT:
    case OUTBOX_TAKEN_BACK: return S("");
    }
    return S("");
}

bool file_is_picture(str type) {
    return str_eq(type, S("image/png")) || str_eq(type, S("image/jpeg")) || str_eq(type, S("image/gif")) ||
           str_eq(type, S("image/webp"));
}

str file_kind(struct web_call *w, const struct attachment *f) {
    if (str_starts(f->type, S("image/"))) return web_text(w, T("Picture"));
    if (str_eq(f->type, S("application/pdf"))) return web_text(w, T("PDF"));
    if (str_starts(f->type, S("audio/"))) return web_text(w, T("Sound"));
    if (str_starts(f->type, S("video/"))) return web_text(w, T("Film"));
    if (str_starts(f->type, S("text/"))) return web_text(w, T("Text"));
    return web_text(w, T("File"));
}

str addresses_line(arena *a, const message_address_list *all, int64_t message, address_role role) {
    BUF_AUTO buf b = BUF_MAX(65536);
    for (size_t i = 0; i < all->n; i++) {
        const struct message_address *m = &all->v[i];
        if (m->message_id != message || m->role != role) continue;
        if (b.n) buf_add_z(&b, ", ");
        buf_add(&b, m->address);
    }
    return str_copy(a, buf_str(&b));
}
