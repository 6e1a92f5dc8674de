/* json: a streaming writer onto a buf, and a careful reader over jansson.
 *
 * Writer: open and close nest; commas are put in by themselves. A mistake of the caller (a key outside of
 * an object, a close too many, more than 64 levels) makes the buf fail, and json_done says so. */
#ifndef LONGHAND_FORMAT_JSON_H
#define LONGHAND_FORMAT_JSON_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

struct json_out {
    buf *to;
    uint64_t objects; /* bit d: level d is an object, else an array */
    uint64_t filled;  /* bit d: level d has a member already */
    int depth;        /* levels open */
    bool after_key;
};

struct json_out json_begin(buf *to);
bool json_done(const struct json_out *o); /* everything is closed and fitted */

void json_open_object(struct json_out *o);
void json_close_object(struct json_out *o);
void json_open_array(struct json_out *o);
void json_close_array(struct json_out *o);
void json_key(struct json_out *o, str key);
void json_str(struct json_out *o, str text); /* bytes that are not UTF-8 become U+FFFD */
void json_int(struct json_out *o, int64_t v);
void json_id(struct json_out *o, int64_t id); /* as a string: ids pass 2^53; 0 as null */
void json_bool(struct json_out *o, bool v);
void json_nil(struct json_out *o); /* null; json_null is jansson's */

/* The quoted string alone, as json_str writes it; also safe inside a script element ('<' is escaped). */
void json_quote(buf *to, str text);

/* Read one object or array: at most 1 MiB, 32 levels, no key twice, no NUL in a string, nothing behind it.
 * ERR_INVALID says what and where; ERR_LIMIT when too large or too deep. Release with JSON_AUTO or
 * json_decref; what the takers return lives as long. */
err json_read(str text, json_t **ret_json);

/* The same for one line of a file that the desk wrote itself: at most `max` bytes. */
err json_read_long(str text, size_t max, json_t **ret_json);

/* The member of that name; false when absent or of another type. */
bool json_take_str(const json_t *object, const char *key, str *ret_text);
bool json_take_int(const json_t *object, const char *key, int64_t *ret_value);
bool json_take_id(const json_t *object, const char *key, int64_t *ret_id); /* "123", greater than 0 */
bool json_take_bool(const json_t *object, const char *key, bool *ret_value);

void json_freep(json_t **json);
#define JSON_AUTO __attribute__((cleanup(json_freep)))

#endif
