/* Errors: a code as return value, one sentence beside it.
 *
 * The sentence is set once, by the function that detects the error, in a slot of the calling thread;
 * callers pass the code on and do not overwrite it. Outputs named ret_x are untouched on failure. */
#ifndef LONGHAND_BASE_ERR_H
#define LONGHAND_BASE_ERR_H

typedef enum err {
    ERR_NONE = 0,
    ERR_INVALID,  /* the input is wrong and says so; trying again will not help */
    ERR_MISSING,  /* no such thing, or not for you */
    ERR_DENIED,   /* you may not */
    ERR_CONFLICT, /* it changed since you looked */
    ERR_LIMIT,    /* too large, too many, too often */
    ERR_BUSY,     /* try again soon */
    ERR_FULL,     /* no space left */
    ERR_IO,       /* the system refused to read or write */
    ERR_DATABASE, /* the database refused */
    ERR_NETWORK,  /* a peer could not be reached or broke off */
    ERR_INTERNAL, /* a mistake of ours */
} err;

/* Set the sentence and return `code`. A full sentence without newline; clipped at 511 bytes. */
err err_set(err code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *err_text(void);     /* the last sentence set in this thread */
const char *err_name(err code); /* "invalid", "missing", ... as in JSON */

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        err try_err_ = (call);                                                                               \
        if (try_err_) return try_err_;                                                                       \
    } while (0)

#endif
