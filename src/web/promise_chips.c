/* The promises of a reply that is being written: which of them are none. */
#include "web/conversation_page.h"
#include "web/promise_page.h"

enum { QUERY_BYTES = 1500 };

static str with_lf(arena *a, str s) {
    if (!str_has(s, '\r')) return s;
    char *out = arena_alloc(a, s.n);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\r') out[n++] = s.p[i];
    return (str){out, n};
}

/* "12 within two weeks" */
static bool cut(arena *a, str value, int64_t *ret_start, str *ret_words) {
    str number;
    if (!str_split(&value, ' ', &number) || !str_to_int(number, ret_start) || *ret_start < 0) return false;
    *ret_words = str_trim(with_lf(a, value));
    return ret_words->n > 0;
}

static int64_t away_from(int64_t a, int64_t b) { return a > b ? a - b : b - a; }

/* Where the words stand now; -1: nowhere. */
static int64_t place_of(str text, int64_t start, str words) {
    int64_t best = -1;
    for (size_t at = 0; (at = str_find(text, words, at)) != SIZE_MAX; at++) {
        if (best >= 0 && away_from((int64_t)at, start) >= away_from(best, start)) break;
        best = (int64_t)at;
    }
    return best;
}

str promise_not_promised(const struct web_call *w, str text) {
    BUF_AUTO buf b = BUF_MAX(64 << 10);
    buf_add(&b, web_param(w, "not_promised"));
    for (size_t i = 0; i < w->in->form.n; i++) {
        int64_t start;
        str words;
        if (!str_eq(w->in->form.v[i].name, S("no_promise"))) continue;
        if (!cut(w->arena, w->in->form.v[i].value, &start, &words)) continue;
        int64_t at = place_of(text, start, words);
        if (at >= 0) buf_add_fmt(&b, " %lld", (long long)at);
    }
    /* No list of numbers, so that it is refused and not forgotten. */
    if (!buf_ok(&b)) return S("too many");
    return str_trim(str_copy(w->arena, buf_str(&b)));
}

str promise_ticks_query(const struct web_call *w, str text) {
    str all = promise_not_promised(w, text);
    if (!all.n || all.n > QUERY_BYTES) return S("");
    BUF_AUTO buf b = BUF_MAX(16 << 10);
    buf_add(&b, S("&not_promised="));
    http_encode(&b, all);
    return str_copy(w->arena, buf_str(&b));
}

static bool listed(str offsets, uint32_t start) {
    str one;
    int64_t v;
    while (str_split(&offsets, ' ', &one))
        if (str_to_int(one, &v) && v == (int64_t)start) return true;
    return false;
}

promise_tick_list promise_ticks(const struct web_call *w, const struct composing *k) {
    promise_tick_list all = {0};
    str none = k->check ? promise_not_promised(w, k->check->text) : S("");
    for (size_t i = 0; k->check && i < k->check->n; i++) {
        const struct remark_row *r = &k->check->rows[i];
        if (r->remark->kind != REMARK_PROMISE || !r->remark->due_at) continue;
        str value = str_fmt(w->arena, "%u %.*s", r->remark->start, STR_FMT(r->words));
        *list_add(w->arena, &all) =
            (struct promise_tick){value, r->words, r->due_text, listed(none, r->remark->start)};
    }
    /* A reply that was refused comes back without a check: what was ticked stays ticked. */
    for (size_t i = 0; !k->check && i < w->in->form.n; i++) {
        int64_t start;
        str words, value = w->in->form.v[i].value;
        if (!str_eq(w->in->form.v[i].name, S("no_promise")) || !cut(w->arena, value, &start, &words))
            continue;
        *list_add(w->arena, &all) = (struct promise_tick){value, words, S(""), true};
    }
    return all;
}
