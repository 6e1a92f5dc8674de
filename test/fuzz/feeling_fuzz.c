/* Any bytes as a file of feelings and as a text: a file that is taken is used, within its bounds. */
#include <stdlib.h>
#include <string.h>

#include "letter/feeling.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good) {
    if (!good) abort();
}

static void use(const struct feeling_model *m, const struct text *t) {
    struct feeling_found f;
    feeling_of(m, t, 0, t->nwords, &f);
    check((f.shown & ~f.feelings) == 0 && (!f.shown || (unsigned)f.strongest < (unsigned)FEELINGS));
    for (size_t i = 0; i < t->nsentences; i++)
        feeling_of(m, t, t->sentences[i].word, t->sentences[i].word + t->sentences[i].words, &f);
}

/* The checksum keeps a fuzzer out, so the bytes get the one they ought to have. */
static void read_as_model(arena *a, str bytes, const struct text *t) {
    struct feeling_model m;
    if (feeling_model_read(bytes, &m) == ERR_NONE) use(&m, t);
    if (bytes.n < 8) return;
    uint8_t *copy = arena_copy(a, bytes.p, bytes.n);
    uint64_t sum = str_hash((str){(char *)copy, bytes.n - 8});
    for (size_t i = 0; i < 8; i++) copy[bytes.n - 8 + i] = (uint8_t)(sum >> (8 * i));
    if (feeling_model_read((str){(char *)copy, bytes.n}, &m) == ERR_NONE) use(&m, t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ARENA_AUTO arena *a = arena_new(1 << 30);
    str bytes = {(const char *)data, size};
    struct text own, fixed;
    text_of(a, bytes, S("en"), &own);
    text_of(a, S("Thank you, I am not sad at all! :) But where is it?"), S("en"), &fixed);
    use(feeling_model_find(S("en")), &own);
    read_as_model(a, bytes, &fixed);
    str tag = language_of(bytes);
    check(tag.n == 0 || tag.n == 2);
    return 0;
}
