#include "web/search_page.h"

#include "search.tmpl.h"

static bool is_word_byte(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c >= 0x80;
}

static bool is_ascii(char c) { return (unsigned char)c < 0x80; }
static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

/* The mill is slow, and stemming leaves the first letters of a word alone: what differs there need not go
 * through. */
static bool may_be(str token, str word) {
    for (size_t i = 0; i < 2; i++) {
        if (i >= token.n || i >= word.n || !is_ascii(token.p[i]) || !is_ascii(word.p[i])) return true;
        if (lower(token.p[i]) != word.p[i]) return false;
    }
    return true;
}

/* The same mill as the index: "doors" in the text is found by "door". */
static bool is_found(arena *a, str language, str token, const word_list *words, bool last_is_prefix) {
    word_list own = {0};
    bool worth = false;
    for (size_t k = 0; k < words->n; k++) worth = worth || may_be(token, words->v[k]);
    if (!worth) return false;
    words_of(a, token, language, 4, &own);
    for (size_t i = 0; i < own.n; i++)
        for (size_t k = 0; k < words->n; k++)
            if (str_eq(own.v[i], words->v[k]) ||
                (last_is_prefix && k == words->n - 1 && str_starts(own.v[i], words->v[k])))
                return true;
    return false;
}

enum { TOKENS_LOOKED_AT = 3000 };

static size_t token_end(str text, size_t at) {
    while (at < text.n && is_word_byte(text.p[at])) at++;
    return at;
}

/* Where the first found word begins, or 0. */
static size_t first_found(arena *a, str language, str text, const word_list *words, bool prefix) {
    int tokens = 0;
    for (size_t at = 0; at < text.n && tokens < TOKENS_LOOKED_AT;) {
        if (!is_word_byte(text.p[at])) {
            at++;
            continue;
        }
        size_t end = token_end(text, at);
        tokens++;
        if (is_found(a, language, str_slice(text, at, end), words, prefix)) return at;
        at = end;
    }
    return 0;
}

static void add_piece(arena *a, search_pieces *pieces, str text, bool found) {
    if (text.n) *list_add(a, pieces) = (struct search_piece){text, found};
}

void search_mark(arena *a, str language, str text, const word_list *words, bool last_is_prefix,
                 search_pieces *ret_pieces) {
    search_pieces pieces = {0};
    size_t from = first_found(a, language, text, words, last_is_prefix);
    from = from > SEARCH_AROUND / 3 ? from - SEARCH_AROUND / 3 : 0;
    while (from > 0 && text.p[from] != ' ' && text.p[from] != '\n' && from + 40 > SEARCH_AROUND / 3) from--;
    /* Never begin within a character. */
    while (from < text.n && ((unsigned char)text.p[from] & 0xc0) == 0x80) from++;
    if (from) add_piece(a, &pieces, S("… "), false);
    str part = str_clip_utf8(str_slice(text, from, text.n), SEARCH_AROUND);
    size_t begun = 0;
    for (size_t at = 0; at < part.n;) {
        if (!is_word_byte(part.p[at])) {
            at++;
            continue;
        }
        size_t end = token_end(part, at);
        if (is_found(a, language, str_slice(part, at, end), words, last_is_prefix)) {
            add_piece(a, &pieces, str_slice(part, begun, at), false);
            add_piece(a, &pieces, str_slice(part, at, end), true);
            begun = end;
        }
        at = end;
    }
    add_piece(a, &pieces, str_slice(part, begun, part.n), false);
    if (from + part.n < text.n) add_piece(a, &pieces, S(" …"), false);
    *ret_pieces = pieces;
}

/* A number of a conversation, typed alone, leads to it. */
static err go_to_number(struct web_call *w, str words, bool *ret_gone) {
    int64_t number;
    struct conversation v;
    db_conn *c;
    *ret_gone = false;
    if (w->json || !str_to_int(words, &number) || number <= 0) return ERR_NONE;
    TRY(web_read(w, &c));
    err e = store_conversation_by_number(c, w->arena, w->who.brand.id, number, &v);
    if (e == ERR_MISSING) return ERR_NONE;
    TRY(e);
    *ret_gone = true;
    web_go(w, web_path(w, "/c/%lld", (long long)v.id));
    return ERR_NONE;
}

/* Whole words first: looking for every word that begins like another means reading what each of them is in.
 * So it is done only for a single word, where nothing holds the word itself, and not for a beginning that
 * most words share. */
static err ask(struct web_call *w, struct search_view *v, const word_list *words, int64_t before,
               found_list *ret) {
    db_conn *c;
    int64_t brand = w->who.brand.id;
    TRY(web_read(w, &c));
    v->begins = web_param_on(w, "begins");
    TRY(store_search(c, w->arena, brand, words->v, words->n, v->begins, before, SEARCH_ROWS + 1, ret));
    if (ret->n || before || v->begins || words->n != 1 || words->v[0].n < SEARCH_PREFIX_BYTES)
        return ERR_NONE;
    v->begins = true;
    return store_search(c, w->arena, brand, words->v, words->n, true, 0, SEARCH_ROWS + 1, ret);
}

static err find(struct web_call *w, struct search_view *v) {
    int64_t before;
    word_list words = {0};
    found_list found = {0};
    str language = w->who.brand.language;
    TRY(web_param_int(w, "before", 0, &before));
    words_of(w->arena, v->words, language, SEARCH_WORDS, &words);
    TRY(ask(w, v, &words, before, &found));
    if (found.n > SEARCH_ROWS) {
        found.n = SEARCH_ROWS;
        BUF_AUTO buf q = BUF_MAX(4096);
        http_encode(&q, v->words);
        v->next = web_path(w, "/search?q=%.*s&before=%lld%s", STR_FMT(buf_str(&q)),
                           (long long)found.v[SEARCH_ROWS - 1].message.id, v->begins ? "&begins=1" : "");
    }
    v->first = before == 0;
    for (size_t i = 0; i < found.n; i++) {
        struct search_row *row = list_add(w->arena, &v->rows);
        row->found = &found.v[i];
        search_mark(w->arena, language, found.v[i].message.text, &words, v->begins, &row->pieces);
    }
    return ERR_NONE;
}

err search_view(struct web_call *w) {
    struct search_view *v = arena_alloc(w->arena, sizeof *v);
    bool gone;
    v->words = str_trim(str_clip_utf8(web_param(w, "q"), 300));
    v->asked = v->words.n > 0;
    v->first = true;
    TRY(go_to_number(w, v->words, &gone));
    if (gone) return ERR_NONE;
    if (v->asked) TRY(find(w, v));
    TRY(frame_load(w, web_text(w, T("Search")), &v->frame));
    w->view = v;
    return ERR_NONE;
}

void search_html(struct web_call *w) {
    const struct search_view *v = w->view;
    frame_open(w, &v->frame);
    tmpl_search(&w->page, v);
    frame_close(w, &v->frame);
}

void search_json(const struct web_call *w, struct json_out *o) {
    const struct search_view *v = w->view;
    json_open_object(o);
    json_key(o, S("found"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        const struct found *f = v->rows.v[i].found;
        json_open_object(o);
        json_key(o, S("message")), json_id(o, f->message.id);
        json_key(o, S("conversation")), json_id(o, f->message.conversation_id);
        json_key(o, S("kind")), json_str(o, str_z(message_kind_name(f->message.kind)));
        json_key(o, S("customer")), json_id(o, f->customer_id);
        json_key(o, S("customer_name")), json_str(o, f->customer_name);
        json_key(o, S("subject")), json_str(o, f->conversation_subject);
        json_key(o, S("state")), json_str(o, str_z(conversation_state_name(f->state)));
        json_key(o, S("said_at")), json_int(o, f->message.said_at);
        json_key(o, S("text")), json_str(o, f->message.text);
        json_close_object(o);
    }
    json_close_array(o);
    json_key(o, S("next"));
    if (v->next.n)
        json_str(o, str_fmt(w->arena, "/api/v1%.*s", STR_FMT(v->next)));
    else
        json_nil(o);
    json_close_object(o);
}
