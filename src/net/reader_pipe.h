/* What both sides of the reader's pipes know. A request is 8 bytes (length, flags) and the letter; an answer
 * is 8 bytes (length, status) and a parcel, or a sentence when the status is not ERR_NONE. Numbers lowest
 * byte first. */
#ifndef LONGHAND_NET_READER_PIPE_H
#define LONGHAND_NET_READER_PIPE_H

#include <stddef.h>
#include <stdint.h>

enum {
    READER_HEAD = 8,
    READER_RAW_MAX = 50 << 20,
    READER_SENTENCE_MAX = 500,
    READER_SAFE_MAX = 8 << 20,
    READER_CHUNK = 64 << 10,
};
/* Flags: the words of the HTML only; with the addresses of pictures from elsewhere; no letter but a picture.
 */
enum { READER_WORDS_ONLY = 1, READER_WITH_REMOTE = 2, READER_PICTURE = 4 };
enum { READER_TAG_LETTER = 1, READER_TAG_SAFE, READER_TAG_REMOTE, READER_TAG_URL, READER_TAG_SMALL };
enum { READER_TAG_BOUNCE = 40, READER_TAG_AUTH }; /* parcel.h */

/* No answer is longer: attachments are parts of the letter, all else has limits of its own. Two answers and
 * the letter fit into an arena of the default size. */
static inline size_t reader_answer_max(size_t raw) { return raw + raw / 8 + (16 << 20); }

static inline void reader_put_head(unsigned char *head, uint32_t length, uint32_t word) {
    for (int i = 0; i < 4; i++) {
        head[i] = (unsigned char)(length >> (8 * i));
        head[4 + i] = (unsigned char)(word >> (8 * i));
    }
}

static inline void reader_get_head(const unsigned char *head, uint32_t *ret_length, uint32_t *ret_word) {
    *ret_length = *ret_word = 0;
    for (int i = 0; i < 4; i++) {
        *ret_length |= (uint32_t)head[i] << (8 * i);
        *ret_word |= (uint32_t)head[4 + i] << (8 * i);
    }
}

#endif
