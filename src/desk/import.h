/* import: mail of before, brought into an inbox: a file of many mails (mbox), a Maildir with its folders, or
 * a folder of such files.
 *
 * All of it is listed first and taken in the order of its dates, letters and replies together, so that
 * threads come about as they did. A mail's date is that of its topmost Received line (of a reply its Date),
 * else of the "From " line, else Date, else the file's; its id says that time, so that lists and threads show
 * it in its place. Each mail is kept by desk/intake and read by desk/reading, like any letter. The same bytes
 * are kept once in an inbox, whatever they are called; the same Message-ID and body become a duplicate as in
 * filing. How far a run is is committed with the mails; a run that was broken off goes on there. */
#ifndef LONGHAND_DESK_IMPORT_H
#define LONGHAND_DESK_IMPORT_H

#include "desk/import_sent.h"
#include "desk/intake.h"
#include "net/reader.h"

typedef enum import_format { IMPORT_MBOX, IMPORT_MAILDIR } import_format;

/* What comes from an address of the brand. LETTERS: it is a letter like any other, apart from Sent folders.
 * SENT: all of it is a Sent folder. MIXED: replies and letters lie together, as in an archive of "all mail".
 * In a Sent folder what comes from another address is left out. */
typedef enum import_sent { IMPORT_LETTERS, IMPORT_SENT, IMPORT_MIXED } import_sent;

struct import_wish {
    struct intake_inbox to;
    str path;
    import_format format;
    import_sent sent;
    str also_own;      /* further addresses of ours, with commas between */
    bool all_wait;     /* every letter waits for an answer; else only those younger than past_days */
    int64_t past_days; /* 0: IMPORT_PAST_DAYS */
    bool all_folders;  /* Trash, Junk, Drafts too */
    str program;       /* for the reader child; "" keeps only, and the desk reads */
};

struct import_report {
    int64_t mails;      /* listed */
    int64_t went_on_at; /* of them done in a run before */
    int64_t kept;       /* now */
    int64_t replies;    /* of those kept */
    int64_t past;       /* letters that wait for nobody */
    int64_t known;      /* the same bytes were there */
    int64_t duplicates; /* the same Message-ID and body were there */
    int64_t unreadable, unread;
    int64_t not_ours;  /* in a Sent folder, from an address that is none of ours */
    int64_t thrown;    /* drafts and deleted ones */
    int64_t too_large; /* more than 64 MB */
};

/* done and total: mails. Called about ten times a second at most. */
typedef void (*import_progress)(void *context, int64_t done, int64_t total);

/* ERR_MISSING, ERR_IO: the path; ERR_INVALID: it is no such file or folder; ERR_LIMIT: more than five million
 * mails. ERR_FULL: what was kept is kept; run it again when there is space. */
err import_run(struct desk *d, const struct import_wish *wish, import_progress progress, void *context,
               struct import_report *ret);

/* ---- the list (import_list.c) ---- */

enum { IMPORT_MAILS_MAX = 5000000, IMPORT_MAIL_MAX = 64 << 20 };
struct import_mail {
    int64_t at, offset, size;
    uint32_t file; /* in files */
    uint8_t sent, answered, pad[2];
};
struct import_list {
    LIST(str) files; /* paths */
    LIST(struct import_mail) mails;
    LIST(str) own; /* addresses of ours */
    int64_t not_ours, thrown, too_large;
};
/* In order of their dates. `now`: later dates are wrong ones. */
err import_list_of(arena *a, const struct import_wish *wish, int64_t now, struct import_list *list);
/* The bytes of one, as they were sent. */
err import_mail_bytes(arena *a, const struct import_wish *wish, const struct import_list *list,
                      const struct import_mail *mail, str *ret);
bool import_is_own(const struct import_list *list, str address);

/* ---- for mail that is fetched (desk/fetch.h) ---- */

/* Is it the name of a folder in which mail programs put what was sent? Its last piece counts. */
bool import_sent_folder(str name);
/* Addresses of the brand, into ret->own. */
err import_own_of(struct desk *d, arena *a, struct intake_inbox to, struct import_list *ret);
/* A mail of a Sent folder, to be recorded as a reply and never to be sent. Takes bytes, fills origin, hash
 * and received_at. False: it is from none of `own`, and is not to be kept. */
bool import_fill_sent(struct desk *d, arena *a, const struct import_list *own, struct intake_letter *l);

#endif
