/* What is told about an account. Failures and what settles are told at once; steps in between at most once a
 * second, so that an IDLE that is renewed is no news. */
#include <stdio.h>
#include <string.h>

#include "mail/imap_loop.h"

enum { TELL_MS = SECOND_MS };

static struct imap_state state_of(struct fetch_account *a, struct imap_now now, const char **ret_says) {
    struct imap_glance g;
    imap_session_glance(a->session, &g);
    struct imap_state t = {
        .brand = a->account.brand,
        .account = a->account.id,
        .kept = a->kept_before + g.kept,
        .mail_at = g.mail_at ? g.mail_at : a->mail_at,
        .synced_at = g.synced_at ? g.synced_at : a->synced_at,
        .failures = a->failures,
        .code = a->failures ? a->code : g.code,
    };
    *ret_says = a->failures ? a->says : g.says;
    switch (a->life) {
    case LIFE_WAITING:
        t.phase = IMAP_WAITING;
        t.next_at = now.wall + (a->next_mono > now.mono ? a->next_mono - now.mono : 0);
        break;
    case LIFE_LOGIN:
    case LIFE_CONNECTING: t.phase = IMAP_CONNECTING; break;
    case LIFE_OPEN:
        t.phase = g.phase;
        t.left = g.left;
        if (g.next_mono) t.next_at = now.wall + (g.next_mono > now.mono ? g.next_mono - now.mono : 0);
        break;
    }
    if (t.phase != a->phase || a->phase_at == 0) {
        a->phase = t.phase;
        a->phase_at = now.wall;
    }
    t.since = a->phase_at;
    return t;
}

int64_t states_tell(struct imap_fetcher *f, struct fetch_account *a, struct imap_now now) {
    const char *says;
    struct imap_state t = state_of(a, now, &says);
    if (!f->o.hooks.state || a->removed) return INT64_MAX;
    const struct imap_state *old = &a->told;
    bool settled = t.phase != IMAP_READING && t.phase != IMAP_CONNECTING;
    bool news = !a->ever_told || t.code != old->code || strncmp(says, a->tell.says, SENTENCE - 1) != 0 ||
                (settled && t.phase != old->phase);
    bool step = t.phase != old->phase || t.kept != old->kept || t.left != old->left ||
                t.synced_at != old->synced_at || t.failures != old->failures;
    if (!news && !step) return INT64_MAX;
    if (!news && now.mono < a->tell_at) return a->tell_at;
    pthread_mutex_lock(&f->lock);
    bool queued = a->tell.queued;
    pthread_mutex_unlock(&f->lock);
    if (queued) return INT64_MAX; /* its return wakes the loop */
    a->told = a->tell.state = t;
    (void)snprintf(a->tell.says, sizeof a->tell.says, "%s", says);
    a->ever_told = true;
    a->tell_at = now.mono + TELL_MS;
    hooks_queue(f, &a->tell);
    return INT64_MAX;
}
