#include "web/file_page.h"

#include <sodium.h>
#include <string.h>

#include "base/embedded.h"
#include "desk/files.h"
#include "desk/intake.h"
#include "desk/reading.h"
#include "desk/reply.h"
#include "format/picture.h"
#include "store/file.h"
#include "store/raw.h"
#include "web/conversation_page.h"

/* ---- the HTML of a letter ---- */

struct inlining {
    struct web_call *w;
    attachment_list files;
    size_t room;
};

static void add_base64(buf *out, str bytes) {
    size_t n = sodium_base64_encoded_len(bytes.n, sodium_base64_VARIANT_ORIGINAL);
    char *to = buf_room(out, n);
    if (!to) return;
    sodium_bin2base64(to, n, (const unsigned char *)bytes.p, bytes.n, sodium_base64_VARIANT_ORIGINAL);
    buf_grew(out, n - 1); /* without the NUL */
}

static bool is_remote_id(str id) { return str_starts(id, S("remote-")) && str_ends(id, S("@longhand")); }

/* A sandboxed document has no origin, so a browser sends it no cookie: its pictures come within it. */
static void add_picture(buf *out, struct inlining *x, str content_id) {
    for (size_t i = 0; i < x->files.n; i++) {
        const struct attachment *f = &x->files.v[i];
        if (!str_eq(f->content_id, content_id) || f->size > (int64_t)x->room) continue;
        /* Names of our own are for pictures that we fetched, whatever a letter calls its files. */
        if (f->remote != is_remote_id(content_id) || files_held(f)) continue;
        struct attachment whole;
        if (attachment_bytes(x->w->desk, x->w->arena, &x->w->actor, f->id, &whole)) break;
        str type = picture_type(whole.bytes);
        if (!type.n) break;
        x->room -= (size_t)f->size;
        buf_add(out, S("data:"));
        buf_add(out, type);
        buf_add(out, S(";base64,"));
        add_base64(out, whole.bytes);
        return;
    }
    buf_add(out, S("data:,"));
}

/* src="cid:..." is the only form in which the sanitiser leaves a picture. */
static void add_html(buf *out, struct inlining *x, str html) {
    static const str mark = {"src=\"cid:", 9};
    for (size_t at = 0; at < html.n;) {
        size_t found = str_find(html, mark, at);
        size_t end = found == SIZE_MAX ? SIZE_MAX : str_find_char(html, '"', found + mark.n);
        if (end == SIZE_MAX) {
            buf_add(out, str_slice(html, at, html.n));
            return;
        }
        buf_add(out, str_slice(html, at, found + 5));
        add_picture(out, x, str_slice(html, found + mark.n, end));
        at = end;
    }
}

/* What it quotes at its end stands folded, as it does in the plain text, and on the same grounds: the words
 * must say that there is a quote, not the markup alone. */
static void add_folded(struct web_call *w, buf *out, struct inlining *x, const struct message *m) {
    size_t from, to;
    str body, quoted;
    split_quoted(w->arena, m->text, &body, &quoted);
    if (!quoted.n || !html_quote_at_end(m->html, &from, &to)) {
        add_html(out, x, m->html);
        return;
    }
    add_html(out, x, str_slice(m->html, 0, from));
    buf_add(out, S("<details><summary>"));
    html_escape(out, web_text(w, T("Quoted text and signature")));
    buf_add(out, S("</summary>"));
    add_html(out, x, str_slice(m->html, from, to));
    buf_add(out, S("</details>"));
    add_html(out, x, str_slice(m->html, to, m->html.n));
}

/* Within the read transaction: the letter, and that it is the brand's own. */
static err load_message(struct web_call *w, struct message *ret_message) {
    int64_t id;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    return store_message_get(c, w->arena, w->who.brand.id, id, ret_message);
}

err letter_html(struct web_call *w) {
    struct message m;
    struct inlining x = {.w = w, .room = INLINE_BYTES_MAX};
    db_conn *c;
    TRY(load_message(w, &m));
    if (!m.html.n) return err_set(ERR_MISSING, "This letter has no HTML.");
    /* It was sanitised when it was read; what was stored since then is judged once more. */
    if (!html_is_safe(m.html)) return err_set(ERR_INVALID, "The HTML of this letter cannot be shown.");
    TRY(web_read(w, &c));
    TRY(store_attachments_of_message(c, w->arena, w->who.brand.id, m.id, &x.files));
    web_read_end(w);
    buf *out = &w->out->body;
    buf_add(out, S("<!doctype html>\n<html><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                   "content=\"width=device-width\"><title>"));
    html_escape(out, m.subject);
    buf_add_fmt(out, "</title><link rel=\"stylesheet\" href=\"/assets/%s/letter.css\"></head><body>\n",
                embedded_version());
    add_folded(w, out, &x, &m);
    buf_add(out, S("\n</body></html>\n"));
    w->out->type = S("text/html; charset=utf-8");
    w->csp = "default-src 'none'; img-src data:; style-src 'self'; sandbox allow-popups "
             "allow-popups-to-escape-sandbox; frame-ancestors 'self'; base-uri 'none'; form-action 'none'";
    return ERR_NONE;
}

/* ---- bytes ---- */

static const char closed_csp[] = "default-src 'none'; sandbox; frame-ancestors 'none'";

/* RFC 6266: an ASCII name for old readers, and the name itself after RFC 8187. */
static void as_download(struct web_call *w, str name) {
    BUF_AUTO buf b = BUF_MAX(4096);
    buf_add(&b, S("attachment; filename=\""));
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                     c == '-' || c == '_' || c == ' ';
        buf_add_char(&b, plain ? c : '_');
    }
    buf_add(&b, S("\"; filename*=UTF-8''"));
    http_encode(&b, name);
    web_header(w, "Content-Disposition", buf_ok(&b) ? buf_str(&b) : S("attachment"));
}

err letter_raw(struct web_call *w) {
    struct message m;
    struct raw raw;
    db_conn *c;
    str bytes;
    TRY(load_message(w, &m));
    if (!m.raw_id) return err_set(ERR_MISSING, "This message did not come by mail.");
    TRY(web_read(w, &c));
    bool held;
    TRY(store_file_held(c, w->who.brand.id, m.raw_id, &held));
    if (held)
        return err_set(ERR_DENIED,
                       "A virus scanner found something in a file of this letter, so its bytes stay here "
                       "until a lead allows that file.");
    TRY(store_raw_get(c, w->arena, w->who.brand.id, m.raw_id, &raw));
    web_read_end(w);
    TRY(intake_bytes(w->desk, w->arena, &raw, &bytes));
    bool post = raw.form == RAW_POST;
    as_download(w, str_fmt(w->arena, "message-%lld.%s", (long long)m.id, post ? "json" : "eml"));
    w->csp = closed_csp;
    web_bytes(w, post ? "text/plain; charset=utf-8" : "text/plain; charset=us-ascii", bytes);
    return ERR_NONE;
}

static err not_held(const struct attachment *f) {
    if (!files_held(f)) return ERR_NONE;
    return err_set(ERR_DENIED,
                   "A virus scanner found %.*s in this file. It stays here until a lead allows it.",
                   STR_FMT(f->scan_says));
}

static err attachment(struct web_call *w, bool show) {
    int64_t id;
    struct attachment f;
    TRY(web_id(w, 1, &id));
    TRY(attachment_bytes(w->desk, w->arena, &w->actor, id, &f));
    TRY(not_held(&f));
    str type = picture_type(f.bytes);
    w->csp = closed_csp;
    w->cache = "private, max-age=86400, immutable";
    if (!show || !type.n) {
        as_download(w, f.name.n ? f.name : S("file"));
        type = S("application/octet-stream");
    }
    web_bytes(w, str_cstr(w->arena, type), f.bytes);
    return ERR_NONE;
}

err attachment_picture(struct web_call *w) { return attachment(w, true); }
err attachment_download(struct web_call *w) { return attachment(w, false); }

err thumb_picture(struct web_call *w) {
    int64_t id;
    struct attachment f;
    db_conn *c;
    str jpeg;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_attachment_get(c, w->arena, w->who.brand.id, id, &f));
    if (!f.message_id && f.agent_id != w->who.agent.id) return err_set(ERR_MISSING, "There is no such file.");
    TRY(not_held(&f));
    TRY(store_thumb_get(c, w->arena, w->who.brand.id, id, &jpeg));
    if (!jpeg.n) return err_set(ERR_MISSING, "There is no small picture of this file.");
    w->csp = closed_csp;
    w->cache = "private, max-age=86400, immutable";
    web_bytes(w, "image/jpeg", jpeg);
    return ERR_NONE;
}

err file_do_allow(struct web_call *w) {
    int64_t id, conversation, message;
    TRY(web_id(w, 1, &id));
    TRY(files_allow(w->desk, w->arena, &w->actor, id, &conversation, &message));
    web_go(w, web_path(w, "/c/%lld#m-%lld", (long long)conversation, (long long)message));
    return ERR_NONE;
}

err letter_do_pictures(struct web_call *w) {
    int64_t id, conversation;
    TRY(web_id(w, 1, &id));
    TRY(pictures_ask(w->desk, w->arena, &w->actor, id, &conversation));
    long long m = (long long)id;
    web_go(w, web_path(w, "/c/%lld?sent=%lld#m-%lld", (long long)conversation, m, m));
    return ERR_NONE;
}

err letter_do_reread(struct web_call *w) {
    struct message m;
    TRY(load_message(w, &m));
    web_read_end(w);
    web_go(w, web_path(w, "/c/%lld#m-%lld", (long long)m.conversation_id, (long long)m.id));
    return reading_again(w->desk, w->arena, w->who.brand.id, w->who.agent.id, m.id);
}
