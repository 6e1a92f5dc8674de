/* sign_in: who is it? Passwords, sessions, tokens of programs, and single-use links.
 *
 * What a browser or a program holds is 128 random bits; only its hash is stored. An unknown address, a wrong
 * password, a disabled account and an invitation never taken up get the same answer in the same time. Tries
 * are counted in this process's memory: 10 in 15 minutes for an address of a person, and for one of a
 * network (an IPv6 network of 64 bits counts as one). */
#ifndef LONGHAND_DESK_SIGN_IN_H
#define LONGHAND_DESK_SIGN_IN_H

#include "desk/desk.h"
#include "desk/roles.h"
#include "store/session.h"

/* Whoever asks. */
struct desk_who {
    struct store_account account; /* without the password */
    struct store_brand brand;     /* id 0: none was asked for */
    struct store_agent agent;     /* of that brand; id 0 when none was asked for */
    enum role role;               /* of the agent */
    struct store_session session; /* of a browser: csrf goes into every form; account_id 0 for a program */
    int64_t token_id;             /* of a program, else 0 */
    int64_t seen_at;              /* when session or token was last used */
};

/* What the other rules want to know of them. */
struct actor who_actor(const struct desk_who *who);
/* False where no brand was asked for. */
bool who_may(const struct desk_who *who, enum right right);
/* Compared in constant time; false for programs, which need none. */
bool who_csrf_ok(const struct desk_who *who, str csrf);

/* Who holds this session, in the brand with this slug; "" asks for no brand. One statement. `c` is a read
 * begun by the caller, or NULL; with NULL a session found to be over is also deleted. ERR_DENIED: nobody is
 * signed in (unknown, expired, idle, disabled, signed out). ERR_MISSING: signed in, but there is no such
 * brand or they are no agent of it, which shall look alike. */
err sign_in_who(const struct desk *d, db_conn *c, arena *a, str session, str brand_slug,
                struct desk_who *ret_who);
/* The same for the token of a program, as `Authorization: Bearer` has it. With `brand_slug` "" the brand is
 * the token's. ERR_DENIED too for another brand's slug. */
err sign_in_who_token(const struct desk *d, db_conn *c, arena *a, str token, str brand_slug,
                      struct desk_who *ret_who);
/* Remember that they were here; writes at most once a minute, else returns at once. Not inside a read. */
err sign_in_seen(const struct desk *d, arena *a, const struct desk_who *who);

struct sign_in_try {
    str email, password;
    str peer;        /* the network address the request came from, as text */
    str old_session; /* what the browser held before, "" none: ended, so that nobody can plant one */
};
struct sign_in_done {
    str session; /* for the cookie: HttpOnly, Secure, SameSite=Lax, Path=/ */
    str csrf;
    int64_t account_id;
    int64_t expires_at;
};
/* ERR_DENIED wrong, ERR_LIMIT too many tries, ERR_BUSY too many at once. */
err sign_in(const struct desk *d, arena *a, const struct sign_in_try *t, struct sign_in_done *ret_done);
/* A session that is not there is no error. */
err sign_out(const struct desk *d, arena *a, str session);
/* Every session of the account but this one; "" spares none. */
err sign_out_everywhere(const struct desk *d, arena *a, int64_t account, str but_session);
/* The old password is asked for and counts as a try. Ends every session and begins a new one. */
err sign_in_change_password(const struct desk *d, arena *a, const struct desk_who *who, str peer, str old,
                            str fresh, struct sign_in_done *ret_done);

/* Remove what nobody can use any more; a job calls it now and then. */
err sign_in_sweep(const struct desk *d, arena *a);
/* The tries counted so far are forgotten (all desks of this process). */
void sign_in_forget_tries(void);

/* Links. `token` is what goes into the address of the page; build that from desk.public_url only. */
enum { LINK_INVITATION_DAYS = 7, LINK_RESET_HOURS = 1, LINK_RESETS_AN_HOUR = 3 };

struct sign_in_link {
    bool invitation; /* else a reset */
    str email, name;
    int64_t account_id, expires_at;
};

/* Somebody forgot their password. Always ERR_NONE unless the database fails, and *ret_token is "" when no
 * mail is to be sent: unknown or disabled account, more than three in an hour for this address or ten for
 * this network. The page says the same in every case. */
err sign_in_ask_reset(const struct desk *d, arena *a, str email, str peer, str *ret_token, str *ret_email);
/* A reset link made by an administrator's hand, to be copied. ERR_MISSING no such account, ERR_DENIED
 * disabled. */
err sign_in_make_link(const struct desk *d, arena *a, int64_t account, bool invitation, str *ret_token);
/* Within a write of the caller's; `token` is made beforehand by token_new. */
err sign_in_store_link(const struct desk *d, db_conn *c, arena *a, int64_t account, bool invitation,
                       str token);
/* Within a write of the caller's: no link made so far works any more. */
err sign_in_end_links(const struct desk *d, db_conn *c, arena *a, int64_t account);
/* What the page shows; uses nothing up, since mail programs open links by themselves. ERR_MISSING when the
 * link is malformed, unknown, used, expired, or of a disabled account. */
err sign_in_open_link(const struct desk *d, arena *a, str token, struct sign_in_link *ret_link);
/* Set the password (and the name, unless ""), end all sessions and other links of the account. Of two at
 * once one wins. ERR_MISSING as above, ERR_INVALID when the password or name is no good (the link stays). */
err sign_in_take_link(const struct desk *d, arena *a, str token, str name, str password,
                      struct sign_in_link *ret_link);

#endif
