/* What an account must be like, and a copy of it that is complete. */
#include <string.h>

#include "mail/imap_loop.h"
#include "mail/imap_names.h"
#include "mail/imap_session.h"

enum {
    FOLDERS_MAX = 50,
    NAME_MAX_BYTES = 1000,
    SIZE_DEFAULT = 64 << 20,
    POLL_DEFAULT = 120,
    IDLE_DEFAULT = 540, /* well below 29 minutes, since routers between forget silent connections sooner */
    IDLE_LONGEST = 1680,
};

static bool name_fits(str name) {
    if (name.n == 0 || name.n > NAME_MAX_BYTES || !str_is_utf8(name)) return false;
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.p[i] < ' ' || name.p[i] == 0x7F) return false;
    return true;
}

/* RFC 9051 9: flag = an atom, or "\" and an atom. */
static bool flag_fits(str flag) {
    if (str_starts(flag, S("\\"))) flag = str_slice(flag, 1, flag.n);
    if (flag.n == 0 || flag.n > 100) return false;
    for (size_t i = 0; i < flag.n; i++)
        if ((unsigned char)flag.p[i] <= ' ' || (unsigned char)flag.p[i] >= 0x7F ||
            strchr("(){%*\"\\]", flag.p[i]))
            return false;
    return true;
}

err imap_account_check(const struct imap_account *a) {
    if (a->id == 0) return err_set(ERR_INVALID, "An account to fetch mail from needs an id.");
    if (a->folders.n == 0 || a->folders.n > FOLDERS_MAX)
        return err_set(ERR_INVALID, "Name one to %d folders to fetch mail from.", FOLDERS_MAX);
    for (size_t i = 0; i < a->folders.n; i++)
        if (!name_fits(a->folders.v[i])) return err_set(ERR_INVALID, "The name of a folder cannot be used.");
    if (a->left_alone > a->folders.n)
        return err_set(ERR_INVALID, "More folders are to be left alone than are fetched.");
    if (a->after == IMAP_AFTER_FLAG && (!flag_fits(a->flag) || str_eq_nocase(a->flag, S("\\Deleted"))))
        return err_set(ERR_INVALID, "This is not a flag for mails: %.*s.",
                       STR_FMT(str_clip_utf8(a->flag, 100)));
    if (a->after == IMAP_AFTER_MOVE && !name_fits(a->move_to))
        return err_set(ERR_INVALID, "Name the folder that fetched mails are moved to.");
    for (size_t i = 0; i < a->folders.n && a->after == IMAP_AFTER_MOVE; i++)
        if (str_eq(a->folders.v[i], a->move_to))
            return err_set(ERR_INVALID, "Mails cannot be moved to a folder that is fetched itself.");
    return ERR_NONE;
}

struct imap_account imap_account_copy(arena *a, const struct imap_account *from) {
    struct imap_account to = *from;
    to.folders = (str_list){0};
    for (size_t i = 0; i < from->folders.n; i++) *list_add(a, &to.folders) = str_copy(a, from->folders.v[i]);
    to.flag = str_copy(a, from->flag);
    to.move_to = str_copy(a, from->move_to);
    if (!to.max_size) to.max_size = SIZE_DEFAULT;
    if (to.poll_seconds <= 0) to.poll_seconds = POLL_DEFAULT;
    if (to.idle_seconds <= 0) to.idle_seconds = IDLE_DEFAULT;
    if (to.idle_seconds > IDLE_LONGEST) to.idle_seconds = IDLE_LONGEST;
    return to;
}
