/* Promises in words for their readers. */
#include "base/clock.h"
#include "web/promise_page.h"

static str fill(struct web_call *w, const char *msgid, str a0, str a1) {
    BUF_AUTO buf b = BUF_MAX(16384);
    str args[2] = {a0, a1};
    lang_fmt(&b, w->page.lang, msgid, args, 2);
    return str_copy(w->arena, buf_str(&b));
}

/* NULL, UTC, where the system has no such zone, as desk/promise.h has it. */
static const struct zone *zone_of(const struct web_call *w) {
    const struct zone *zone;
    return zone_load(w->who.brand.zone, &zone) ? NULL : zone;
}

str promise_day_words(struct web_call *w, int64_t day) {
    if (!day) return S("");
    /* Noon of that day where there is no zone: nobody's zone moves it. */
    struct page_out o = w->page;
    o.zone = NULL;
    int64_t noon = zone_days(day / 10000, (int)(day / 100 % 100), day % 100) * (int64_t)DAY_MS + 12 * HOUR_MS;
    return str_copy(w->arena, page_day_text(&o, noon));
}

static int64_t today_of(const struct web_call *w) { return promise_day_of(zone_of(w), w->page.now); }

str promise_today(const struct web_call *w) { return promise_day_text(w->arena, today_of(w)); }

struct promise_ask promise_ask_now(const struct web_call *w, promise_view view, int64_t holder) {
    const struct zone *zone = zone_of(w);
    int64_t now = w->page.now;
    return (struct promise_ask){.view = view,
                                .holder = holder,
                                .now = now,
                                .today_end = promise_day_end(zone, promise_day_of(zone, now))};
}

static bool due_today(const struct web_call *w, const struct store_promise *p) {
    return p->state == PROMISE_OPEN && p->due_day == today_of(w);
}

bool promise_presses(const struct web_call *w, const struct store_promise *p) {
    if (p->whose != PROMISE_OURS || p->state != PROMISE_OPEN) return false;
    return promise_late(p, w->page.now) || due_today(w, p) || p->warned_at;
}

str promise_standing_text(struct web_call *w, const struct store_promise *p) {
    str day = promise_day_words(w, p->due_day);
    switch (p->state) {
    case PROMISE_OPEN: break;
    case PROMISE_KEPT: return web_text(w, T("Kept"));
    case PROMISE_BROKEN: return web_text(w, T("Broken"));
    case PROMISE_RELEASED: return web_text(w, T("Not needed any more"));
    }
    if (p->whose == PROMISE_THEIRS) return web_text(w, T("Remembered"));
    if (promise_late(p, w->page.now)) return fill(w, T("Late: it was due on {0}"), day, S(""));
    if (p->warned_at) return fill(w, T("Will be late: promised for {0}"), day, S(""));
    if (due_today(w, p)) return web_text(w, T("Due today"));
    return fill(w, T("By {0}"), day, S(""));
}

str promise_holder_text(struct web_call *w, const struct store_promise *p) {
    if (p->state != PROMISE_OPEN) return S("");
    if (!p->holder_name.n) return web_text(w, T("Nobody sees to it"));
    if (p->holder_gone) return fill(w, T("{0} is away and cannot see to it"), p->holder_name, S(""));
    if (p->holder_id == w->who.agent.id) return web_text(w, T("You see to it"));
    return fill(w, T("{0} sees to it"), p->holder_name, S(""));
}

str promise_note_text(struct web_call *w, const struct store_promise *p) {
    if (p->state != PROMISE_OPEN || !p->warned_at) return p->note;
    return fill(w, T("It would come on {0} instead: {1}"), promise_day_words(w, p->warned_day), p->note);
}

str promise_proof_path(const struct web_call *w, const struct promise_proof *proof) {
    switch (proof->kind) {
    case PROOF_MESSAGE: return web_path(w, "/m/%lld", (long long)proof->id);
    case PROOF_BOX: return web_may(w, RIGHT_PACK) ? web_path(w, "/boxes/%lld", (long long)proof->id) : S("");
    case PROOF_NONE:
    case PROOF_INCIDENT: break;
    }
    return S("");
}

str promise_proof_text(struct web_call *w, const struct promise_proof *proof) {
    switch (proof->kind) {
    case PROOF_NONE: break;
    case PROOF_MESSAGE: return web_text(w, T("this message shows it"));
    case PROOF_BOX: return web_text(w, T("this box shows it"));
    case PROOF_INCIDENT: return web_text(w, T("an incident shows it"));
    }
    return S("");
}

str promise_step_text(struct web_call *w, const struct promise_step *s) {
    str to = promise_day_words(w, s->to_day), from = promise_day_words(w, s->from_day);
    switch (s->step) {
    case STEP_MADE:
        return s->to_day ? fill(w, T("Promised for {0}"), to, S("")) : web_text(w, T("Remembered"));
    case STEP_MOVED: return fill(w, T("Moved from {0} to {1}"), from, to);
    case STEP_WARNED: return fill(w, T("Will be late: {1} instead of {0}"), from, to);
    case STEP_KEPT: return web_text(w, T("Kept"));
    case STEP_BROKEN: return web_text(w, T("Broken"));
    case STEP_RELEASED: return web_text(w, T("Not needed any more"));
    case STEP_REOPENED: return web_text(w, T("Open again"));
    case STEP_AGREED: return web_text(w, T("May be remembered in other conversations"));
    case STEP_DISAGREED: return web_text(w, T("Is not to be remembered in other conversations"));
    }
    return S("");
}

const char *promise_view_title(promise_view view) {
    static const char *const titles[PROMISE_VIEWS] = {T("Due"),  T("Late"),   T("All open"),
                                                      T("Kept"), T("Broken"), T("Not needed any more")};
    return titles[view];
}

/* ---- what may prove one ---- */

enum { CHOICES = 10 };

static str label_of(struct web_call *w, const struct message *m) {
    str when = page_when_text(&w->page, m->said_at);
    str from = m->from_name.n ? m->from_name : m->from_address;
    switch (m->kind) {
    case MESSAGE_LETTER: return fill(w, T("{0} wrote, {1}"), from, when);
    case MESSAGE_REPLY: return fill(w, T("{0} answered, {1}"), m->agent_name, when);
    case MESSAGE_NOTE: return fill(w, T("Note by {0}, {1}"), m->agent_name, when);
    }
    return S("");
}

void promise_choices(struct web_call *w, const message_list *messages, promise_choice_list *ret) {
    promise_choice_list all = {0};
    for (size_t i = messages->n; i > 0 && all.n < CHOICES; i--) {
        const struct message *m = &messages->v[i - 1];
        *list_add(w->arena, &all) = (struct promise_choice){m->id, label_of(w, m)};
    }
    *ret = all;
}
