/* What the pages of defects show, in words. */
#include "desk/promise.h"
#include "web/defect_page.h"

static str fill(struct web_call *w, const char *msgid, str a, str b) {
    BUF_AUTO buf out = BUF_MAX(8192);
    str args[] = {a, b};
    lang_fmt(&out, w->page.lang, msgid, args, 2);
    return str_copy(w->arena, buf_str(&out));
}

str defect_name(struct web_call *w, const struct store_defect *d) {
    str name = defect_title(w->arena, d);
    return name.n ? name : web_text(w, T("Something without a name"));
}

str symptom_text(struct web_call *w, symptom s) {
    switch (s) {
    case SYMPTOM_BROKEN: return web_text(w, T("broken"));
    case SYMPTOM_MISSING: return web_text(w, T("missing"));
    case SYMPTOM_WRONG: return web_text(w, T("wrong"));
    case SYMPTOM_OTHER: break;
    }
    return web_text(w, T("something else"));
}

str alarm_state_text(struct web_call *w, const struct store_alarm *l) {
    switch (l->state) {
    case ALARM_OPEN: return web_text(w, T("Alarm"));
    case ALARM_ACKNOWLEDGED: return web_text(w, T("Being looked into"));
    case ALARM_CLOSED: break;
    }
    return web_text(w, T("Closed"));
}

str defect_day_name(struct web_call *w, int64_t day) {
    if (!day) return S("");
    return str_copy(w->arena, page_day_text(&w->page, promise_day_end(w->page.zone, day)));
}

str case_lot_text(struct web_call *w, str lot, int64_t packed_day) {
    str day = defect_day_name(w, packed_day);
    if (lot.n && day.n) return fill(w, T("Lot {0}, packed {1}"), lot, day);
    if (lot.n) return fill(w, T("Lot {0}"), lot, day);
    if (day.n) return fill(w, T("Lot unknown, packed {0}"), day, lot);
    return web_text(w, T("Lot unknown"));
}

str weeks_text(struct web_call *w, const struct defect_weeks *weeks) {
    BUF_AUTO buf b = BUF_MAX(1024);
    for (int i = 0; i < DEFECT_WEEKS; i++) {
        if (i) buf_add_z(&b, ", ");
        buf_add_int(&b, weeks->n[i]);
    }
    return str_copy(w->arena, buf_str(&b));
}

str week_text(struct web_call *w, const struct defect_weeks *weeks, int week) {
    int64_t day = weeks->first_day + 7 * week;
    struct local_time t;
    zone_local(NULL, day * DAY_MS, &t);
    return defect_day_name(w, t.year * 10000 + t.month * 100 + t.day);
}

str thousandth_text(struct web_call *w, int64_t v) {
    if (v >= 10000) return str_fmt(w->arena, "%lld", (long long)((v + 500) / 1000));
    if (v > 0 && v < 100) return fill(w, T("less than {0}"), S("0.1"), S(""));
    return str_fmt(w->arena, "%lld.%lld", (long long)(v / 1000), (long long)(v % 1000 / 100));
}

str chance_text(struct web_call *w, int64_t chance) {
    static const struct {
        int64_t least;
        const char *says;
    } steps[] = {
        {INT64_C(1000000000), T("less than 1 in 100")},  {INT64_C(100000000), T("less than 1 in 1,000")},
        {INT64_C(10000000), T("less than 1 in 10,000")}, {INT64_C(1000000), T("less than 1 in 100,000")},
        {INT64_C(1000), T("less than 1 in a million")},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (chance > steps[i].least) return web_text(w, steps[i].says);
    return web_text(w, T("less than 1 in a billion"));
}

str maker_event_text(struct web_call *w, maker_event e) {
    switch (e) {
    case MAKER_ALARM_RAISED: return web_text(w, T("An alarm was raised"));
    case MAKER_ALARM_ACKNOWLEDGED: return web_text(w, T("An alarm is being looked into"));
    case MAKER_ALARM_CLOSED: return web_text(w, T("An alarm was closed"));
    case MAKER_TRIAL_STARTED: return web_text(w, T("A test began"));
    case MAKER_TRIAL_ENDED: return web_text(w, T("A test ended"));
    case MAKER_TEST: break;
    }
    return web_text(w, T("Hello from this desk"));
}

str maker_state_text(struct web_call *w, const struct maker_post *p) {
    switch (p->state) {
    case POST_WAITING: return web_text(w, p->attempts ? T("Not yet taken; tried again later") : T("Waiting"));
    case POST_SENT: return web_text(w, T("Taken"));
    case POST_FAILED: break;
    }
    return web_text(w, T("Given up"));
}

str units_problem_text(struct web_call *w, const struct units_problem *p) {
    return fill(w, p->why, p->detail, S(""));
}

str units_month_text(struct web_call *w, int64_t month) {
    return str_fmt(w->arena, "%lld-%02lld", (long long)(month / 100), (long long)(month % 100));
}
