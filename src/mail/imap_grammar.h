/* imap_grammar: what an IMAP server says (RFC 9051 9, RFC 3501 9; also RFC 4731 ESEARCH, 7162 CONDSTORE and
 * VANISHED, 4315 UIDPLUS, 6154 special use). Fed with bytes in any cut, gives one response after the other.
 * Pure: no I/O.
 *
 * Lenient where that is harmless (LF for CRLF, letter case, unknown responses and codes), strict where a mail
 * could be mixed up or lost: a FETCH that cannot be read is IMAP_GOT_BROKEN, never passed over. */
#ifndef LONGHAND_MAIL_IMAP_GRAMMAR_H
#define LONGHAND_MAIL_IMAP_GRAMMAR_H

#include "base/buf.h"
#include "mail/imap_uids.h"

typedef enum imap_kind {
    IMAP_GOT_TAGGED,     /* tag, word, code, text: a command has ended */
    IMAP_GOT_CONTINUE,   /* "+ text" */
    IMAP_GOT_SAID,       /* "* OK|NO|BAD|PREAUTH|BYE": word, code, text */
    IMAP_GOT_EXISTS,     /* number */
    IMAP_GOT_EXPUNGE,    /* number */
    IMAP_GOT_VANISHED,   /* uids */
    IMAP_GOT_FETCH,      /* fetch */
    IMAP_GOT_SEARCH,     /* uids; ESEARCH too */
    IMAP_GOT_CAPABILITY, /* capabilities */
    IMAP_GOT_LIST,       /* list */
    IMAP_GOT_OTHER,      /* FLAGS, RECENT, STATUS, ENABLED, ...: nothing of ours */
    IMAP_GOT_BROKEN, /* not to be read; text says why. With `lost`, nothing behind it can be read either */
} imap_kind;

typedef enum imap_word { IMAP_OK, IMAP_NO, IMAP_BAD, IMAP_PREAUTH, IMAP_BYE } imap_word;

typedef enum imap_code {
    IMAP_CODE_NONE,
    IMAP_CODE_UIDVALIDITY, /* number */
    IMAP_CODE_UIDNEXT,     /* number */
    IMAP_CODE_MODSEQ,      /* HIGHESTMODSEQ: modseq */
    IMAP_CODE_NOMODSEQ,
    IMAP_CODE_UIDNOTSTICKY,
    IMAP_CODE_READ_ONLY,
    IMAP_CODE_READ_WRITE,
    IMAP_CODE_TRYCREATE,
    IMAP_CODE_CAPABILITY, /* capabilities */
    IMAP_CODE_OTHER,
} imap_code;

/* Bits of `capabilities`. */
enum {
    IMAP_HAS_REV1 = 1,
    IMAP_HAS_REV2 = 2,
    IMAP_HAS_IDLE = 4, /* a server of IMAP4rev2 has what follows without naming it */
    IMAP_HAS_MOVE = 8,
    IMAP_HAS_UIDPLUS = 16,
    IMAP_HAS_ESEARCH = 32,
    IMAP_HAS_CONDSTORE = 64, /* or QRESYNC */
    IMAP_HAS_SPECIAL_USE = 128,
};

typedef enum imap_body {
    IMAP_BODY_NONE,    /* no BODY[] in it */
    IMAP_BODY_HERE,    /* `body` */
    IMAP_BODY_NIL,     /* the server has none to give */
    IMAP_BODY_TOO_BIG, /* above the reader's limit; its bytes were passed over, `body_size` tells how many */
} imap_body;

struct imap_fetch {
    uint32_t sequence;
    uint32_t uid; /* 0: not said */
    bool has_size;
    uint64_t size;        /* RFC822.SIZE */
    int64_t internaldate; /* ms UTC, 0: not said */
    imap_body body_state;
    uint64_t body_size;
    str body; /* until the next feed, or taken with imap_reader_take_body */
};

struct imap_list {
    str name; /* as it was said: imap_name_decode */
    bool selectable;
    str use; /* "Sent", "Junk", ...; "" none */
};

/* All str are valid until the next feed. */
struct imap_response {
    imap_kind kind;
    str tag, text;
    imap_word word;
    imap_code code;
    uint32_t number;
    uint64_t modseq;
    unsigned capabilities;
    struct imap_fetch fetch;
    struct imap_list list;
    const struct imap_uids *uids; /* of SEARCH and VANISHED */
    bool lost;
};

enum {
    IMAP_LINE_MAX = 16 << 20
}; /* of a response without bodies; a SEARCH names one and a half million mails */

typedef struct imap_reader imap_reader;
imap_reader *imap_reader_new(size_t max_body);
void imap_reader_free(imap_reader *r); /* NULL is allowed */
/* As new, for another connection. */
void imap_reader_reset(imap_reader *r);
/* Bodies above `max_body` bytes are passed over. */
void imap_reader_limit(imap_reader *r, size_t max_body);
/* Take bytes up to the end of one response; returns how many were used. `ret_response` points to the response
 * when one is complete, else NULL, and then all bytes were used. What it points to is valid until the next
 * feed. After a response that is `lost` nothing is used any more. */
size_t imap_reader_feed(imap_reader *r, str bytes, const struct imap_response **ret_response);
/* The body of the response just given, as memory of malloc that is the caller's now. */
str imap_reader_take_body(imap_reader *r);

/* --- Parts of it, for the reader and the tests --- */

struct imap_literal {
    size_t at; /* in the line, behind "}" */
    size_t n;
    bool body; /* its bytes are not in the line */
};

/* A whole response: the line without its end, literals in the line without the line end behind "}". The line
 * is changed (strings are unquoted in place). `uids` is emptied and filled. */
void imap_parse(char *line, size_t n, const struct imap_literal *literals, size_t nliterals,
                struct imap_uids *uids, struct imap_response *ret_response);
/* " 1-Jan-2026 10:00:00 +0100" -> ms UTC; 0 when it is none. */
int64_t imap_date(str text);
/* A day as SEARCH wants it: "1-Jan-2026". UTC. */
void imap_day(int64_t at, buf *out);
/* Bits of a list of capabilities, parted by spaces. */
unsigned imap_capabilities(str words);

#endif
