/* fetch_page: the mailbox that an inbox's letters are fetched from: setting it up, trying it, its folders,
 * how it goes, and what was set aside. Passwords, secrets and tokens are never sent back, neither in pages
 * nor as JSON. */
#ifndef LONGHAND_WEB_FETCH_PAGE_H
#define LONGHAND_WEB_FETCH_PAGE_H

#include "desk/fetch.h"
#include "store/inbox.h"
#include "web/admin_page.h"

enum { FETCH_ASIDES = 10, FETCH_TEST_SECONDS = 15 };

struct fetch_page {
    struct admin admin;
    struct store_inbox inbox; /* without its password */
    bool is_set_up;
    struct store_fetch f; /* as it is, or as it was typed just now; without secrets */
    str port;             /* as text */
    bool has_password, has_secret, has_consent;
    struct fetch_view how;
    store_fetch_folder_list folders; /* the wanted ones and those the server listed last */
    store_fetch_aside_list asides;   /* FETCH_ASIDES at most */
    int64_t aside_count, aside_next; /* aside_next: the id to go on after; 0 that was all */
    bool tested, test_ok;            /* it was tried just now */
    str test_says;
    str consent_url; /* asked for just now */
    str redirect_url;
};

err fetch_page_view(struct web_call *w);
void fetch_page_html(struct web_call *w);
void fetch_page_json(const struct web_call *w, struct json_out *o);
err fetch_do_save(struct web_call *w);
err fetch_do_test(struct web_call *w);
err fetch_do_folders(struct web_call *w);
err fetch_do_pause(struct web_call *w);
err fetch_do_resume(struct web_call *w);
err fetch_do_look(struct web_call *w);
err fetch_do_retry(struct web_call *w);
err fetch_do_remove(struct web_call *w);
err fetch_do_consent(struct web_call *w);
void fetch_consent_json(const struct web_call *w, struct json_out *o);
/* "/consent": where the provider sends the browser back to. */
err fetch_do_consented(struct web_call *w);

/* ---- for templates ---- */

str fetch_how_text(const struct fetch_page *v, struct page_out *o);
/* "INBOX", or "Sent (sent letters)" in the reader's language. */
str fetch_folder_text(const struct fetch_page *v, const struct store_fetch_folder *f);
const char *fetch_tls_title(size_t i, const char **ret_value); /* NULL past the last */
const char *fetch_after_title(enum fetch_after x);             /* English, the key of its translation */

#endif
