/* The room in words and as a picture. */
#include "web/incident_page.h"

static str filled(struct web_call *w, str text, const str *args, int n) {
    BUF_AUTO buf b = BUF_MAX(16384);
    lang_fill(&b, text, args, n);
    return str_copy(w->arena, buf_str(&b));
}

static str said(struct web_call *w, const char *msgid, str a, str b) {
    return filled(w, web_text(w, msgid), (str[]){a, b}, 2);
}

static str counted(struct web_call *w, int64_t n, const char *one, const char *many) {
    str arg = str_fmt(w->arena, "%lld", (long long)n);
    return filled(w, lang_plural(w->page.lang, n, one, many), &arg, 1);
}

const char *room_role_title(room_role r) {
    switch (r) {
    case ROOM_COORDINATOR: return T("Coordinates");
    case ROOM_WRITER: return T("Writes");
    case ROOM_STATUS: break;
    }
    return T("Keeps the status page");
}

static str role_word(struct web_call *w, str role) {
    room_role r;
    if (!room_role_from(role, &r)) return role;
    switch (r) {
    case ROOM_COORDINATOR: return web_text(w, T("coordinates"));
    case ROOM_WRITER: return web_text(w, T("writes"));
    case ROOM_STATUS: break;
    }
    return web_text(w, T("keeps the status page"));
}

/* "1300" as "1,300th" differs by language, so it is said as a count. */
static str milestone(struct web_call *w, const struct room_event *e) {
    return said(w, T("{0} answers written. This one by {1}."), e->text, e->agent_name);
}

str room_event_text(struct web_call *w, const struct room_event *e) {
    switch (e->kind) {
    case ROOM_EVENT_FACT: return said(w, T("{0}: {1}"), e->agent_name, e->text);
    case ROOM_EVENT_FACT_CHANGED:
        return said(w, T("{0} changed who is asked, or how long it holds: “{1}”"), e->agent_name, e->text);
    case ROOM_EVENT_WITHDRAWN: return said(w, T("{0} took “{1}” out of the facts."), e->agent_name, e->text);
    case ROOM_EVENT_ROLE: return said(w, T("{0} {1}."), e->about_name, role_word(w, e->text));
    case ROOM_EVENT_NOTE: return said(w, T("{0}: {1}"), e->agent_name, e->text);
    case ROOM_EVENT_HANDOVER: return said(w, T("{0} hands over: {1}"), e->agent_name, e->text);
    case ROOM_EVENT_MILESTONE: return milestone(w, e);
    case ROOM_EVENT_STATUS: return said(w, T("{0} said on the status page: {1}"), e->agent_name, e->text);
    case ROOM_EVENT_FIXED: return said(w, T("{0}: it is fixed. {1}"), e->agent_name, e->text);
    case ROOM_EVENT_LEARNED: break;
    }
    return said(w, T("{0} wrote down what was learned."), e->agent_name, S(""));
}

str room_channel_text(struct web_call *w, str name, int64_t n) {
    static const char *const mail[] = {TN("{0} letter", "{0} letters")};
    static const char *const form[] = {TN("{0} by the form", "{0} by the form")};
    static const char *const paper[] = {TN("{0} on paper", "{0} on paper")};
    static const char *const call[] = {TN("{0} call", "{0} calls")};
    static const char *const post[] = {TN("{0} mention", "{0} mentions")};
    const char *const *of = post;
    if (str_eq(name, S("mail"))) of = mail;
    if (str_eq(name, S("web"))) of = form;
    if (str_eq(name, S("paper"))) of = paper;
    if (str_eq(name, S("call"))) of = call;
    return counted(w, n, of[0], of[1]);
}

str room_waiting_text(struct web_call *w, const struct room_counts *k) {
    str all = S("");
    for (size_t i = 0; i < k->channels.n; i++) {
        str one = room_channel_text(w, k->channels.v[i].channel, k->channels.v[i].waiting);
        all = i ? str_fmt(w->arena, "%.*s, %.*s", STR_FMT(all), STR_FMT(one)) : one;
    }
    return all;
}

str room_rate_text(struct web_call *w, int64_t times_ten) {
    if (times_ten >= 100 || times_ten % 10 == 0)
        return str_fmt(w->arena, "%lld", (long long)((times_ten + 5) / 10));
    return str_fmt(w->arena, "%lld.%lld", (long long)(times_ten / 10), (long long)(times_ten % 10));
}

str room_clock(struct web_call *w, int64_t at) {
    struct local_time t, now;
    zone_local(w->page.zone, at, &t);
    zone_local(w->page.zone, w->page.now, &now);
    if (t.year == now.year && t.month == now.month && t.day == now.day)
        return str_fmt(w->arena, "%02d:%02d", t.hour, t.minute);
    return str_copy(w->arena, page_when_text(&w->page, at));
}

bool room_person_here(const struct room_look *l, const struct room_person *p) {
    return !p->away && (p->seen_at > l->now - ROOM_SEEN_MS || p->holds);
}

int64_t room_fact_minutes(const struct room_look *l, const struct room_fact *f) {
    int64_t m = (l->now - f->checked_at) / MINUTE_MS;
    return m > 0 ? m : 0;
}

size_t room_facts_to_say(const struct room_look *l) {
    size_t n = 0;
    for (size_t i = 0; i < l->facts.n; i++) n += l->facts.v[i].kind == ROOM_FACT_SAY;
    return n;
}

const char *room_list_name(enum room_list v) {
    switch (v) {
    case ROOM_LIST_WAITING: return "waiting";
    case ROOM_LIST_SAID: return "answered";
    case ROOM_LIST_IN: return "in";
    case ROOM_LIST_PROPOSED: return "proposed";
    case ROOM_LIST_OUT: return "out";
    case ROOM_LIST_OWED: return "owed";
    case ROOM_LIST_TOLD: break;
    }
    return "told";
}

/* ---- the chart ---- */

/* 1, 2 or 5 times a power of ten, at least n. */
static int64_t round_up(int64_t n) {
    int64_t at = 10;
    for (;;) {
        if (at >= n) return at;
        if (at * 2 >= n) return at * 2;
        if (at * 5 >= n) return at * 5;
        at *= 10;
    }
}

static void draw(struct web_call *w, struct room_chart *k) {
    enum { HIGH = 600, WIDE = 2400 }; /* tenths of the box of 240 by 60 */
    BUF_AUTO buf line = BUF_MAX(16384), columns = BUF_MAX(16384);
    buf_add_z(&line, "M0 60");
    for (int i = 0; i < k->n; i++) {
        int64_t x = (i + 1) * (int64_t)WIDE / k->n, left = i * (int64_t)WIDE / k->n;
        int64_t y = HIGH - k->waiting[i] * HIGH / k->top, high = k->steps[i].said * HIGH / k->top;
        if (high > HIGH) high = HIGH;
        buf_add_fmt(&line, "L%lld.%lld %lld.%lld", (long long)(x / 10), (long long)(x % 10),
                    (long long)(y / 10), (long long)(y % 10));
        if (high)
            buf_add_fmt(&columns, "M%lld.%lld 60v-%lld.%lldh%lld.%lldV60z", (long long)((left + 10) / 10),
                        (long long)((left + 10) % 10), (long long)(high / 10), (long long)(high % 10),
                        (long long)((x - left - 20) / 10), (long long)((x - left - 20) % 10));
    }
    k->line = str_copy(w->arena, buf_str(&line));
    k->columns = str_copy(w->arena, buf_str(&columns));
}

void room_chart_of(struct web_call *w, struct room_chart *k, int64_t began, int64_t until) {
    int64_t now = 0, most = 0;
    k->until = until;
    k->n = (int)((until - began) / k->step_ms) + 1;
    if (k->n > ROOM_CHART_STEPS) k->n = ROOM_CHART_STEPS;
    if (k->n < 1) k->n = 1;
    /* What came behind the last step that is shown belongs to it. */
    for (int i = k->n; i < ROOM_CHART_STEPS; i++) {
        k->steps[k->n - 1].came += k->steps[i].came;
        k->steps[k->n - 1].said += k->steps[i].said;
    }
    for (int i = 0; i < k->n; i++) {
        now += k->steps[i].came - k->steps[i].said;
        k->waiting[i] = now > 0 ? now : 0;
        if (k->waiting[i] > k->most) {
            k->most = k->waiting[i];
            k->most_at = k->steps[i].at + k->step_ms;
        }
        if (k->steps[i].said > most) most = k->steps[i].said;
    }
    if (k->most_at > until) k->most_at = until;
    k->top = round_up(k->most > most ? k->most : most);
    draw(w, k);
}
