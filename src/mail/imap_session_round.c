/* Which folder is next, and what happens between the rounds. The first round of a connection begins with the
 * first folder; each ends there, since that is the one to idle on. */
#include "mail/imap_session_own.h"

static void begin_folder(imap_session *s, struct imap_now now) {
    if (session_folder(s)->loaded)
        session_select(s, now);
    else
        session_wait(s, STEP_STAND);
}

void session_round(imap_session *s, bool first, struct imap_now now) {
    size_t n = s->account->folders.n;
    for (size_t i = 0; i < n; i++) s->folders[i].failed = false;
    s->phase = IMAP_READING;
    s->warned = s->poked = s->returning = false;
    s->at = first || n == 1 ? 0 : 1;
    begin_folder(s, now);
}

/* All folders were looked at. */
static void rest(imap_session *s, struct imap_now now) {
    bool any = false, all = true;
    for (size_t i = 0; i < s->account->folders.n; i++) {
        any |= !s->folders[i].failed;
        all &= !s->folders[i].failed;
    }
    if (!any) {
        /* The warning of the last one says why. */
        session_wait(s, STEP_CLOSE);
        return;
    }
    if (all) s->synced_at = now.wall;
    if (!s->warned) {
        s->code = ERR_NONE;
        s->says[0] = '\0';
    }
    s->forced &= s->poked;
    bool idle = (s->capabilities & IMAP_HAS_IDLE) && !s->no_idle && s->selected == 0;
    int64_t round = now.mono + (int64_t)s->account->poll_seconds * SECOND_MS;
    if (s->round_at <= now.mono || s->round_at > round) s->round_at = round;
    if (s->poked) {
        session_round(s, false, now);
    } else if (!idle) {
        session_wait(s, STEP_RESTING);
        s->phase = IMAP_POLLING;
        s->deadline = s->round_at;
    } else {
        session_begin(s, "IDLE");
        session_send(s, STEP_IDLE, 0, now);
    }
}

void session_next_folder(imap_session *s, struct imap_now now) {
    size_t n = s->account->folders.n;
    if (!s->returning && s->at + 1 < n) {
        s->at++;
        begin_folder(s, now);
    } else if (n > 1 && !s->returning && !(s->folders[0].loaded && s->folders[0].failed)) {
        s->at = 0;
        s->returning = true;
        begin_folder(s, now);
    } else
        rest(s, now);
}

void session_idle_ends(imap_session *s, struct imap_now now) {
    s->phase = IMAP_READING;
    if (s->poked || (s->account->folders.n > 1 && now.mono >= s->round_at)) {
        session_round(s, false, now);
        return;
    }
    s->at = 0;
    s->returning = true;
    s->warned = s->says[0] != '\0';
    session_search(s, now);
}
