/* The index file as hostile input: whatever is in it, with checksums that are right, every question must be
 * answered, texts removed and added, and the next file made from it. Its head is mended first (magic,
 * version, length, checksums), else nothing would get past it; the first byte of the input says whether it
 * is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include "near/near_own.h"

enum { LARGEST = 1 << 18, ASKED = 40 };

static void mend(uint8_t *bytes, size_t size) {
    struct near_head h;
    if (size < sizeof h) return;
    memcpy(&h, bytes, sizeof h);
    h.magic = NEAR_MAGIC;
    h.version = NEAR_VERSION;
    h.sections = NEAR_SECTIONS;
    h.size = size;
    if (h.generation < 1) h.generation = 1;
    for (int i = 0; i < NEAR_SECTIONS; i++) {
        h.section[i].at &= ~(uint64_t)(NEAR_ALIGN - 1);
        if (h.section[i].at <= size && h.section[i].bytes <= size - h.section[i].at)
            h.section[i].sum = XXH3_64bits(bytes + h.section[i].at, h.section[i].bytes);
    }
    h.sum = XXH3_64bits(&h, offsetof(struct near_head, sum));
    memcpy(bytes, &h, sizeof h);
}

static int memory_file(const char *name, char path[64], const uint8_t *bytes, size_t size) {
    int fd = memfd_create(name, 0);
    if (fd < 0 || (size && write(fd, bytes, size) != (ssize_t)size)) abort();
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

static void ask(near *x, arena *a, const near_word *words) {
    struct near_hit hit;
    near_vote_list votes;
    struct near_sentence sentences[6];
    for (uint32_t i = 0; i < 6; i++) {
        sentences[i] = (struct near_sentence){words + i * 5, 1 + i * 3 % 13};
        near_like(x, &sentences[i], i % 3, i % 2 ? 0.35f : 0.1f, &hit);
        if (hit.alike < 0 || hit.alike > 1) abort();
    }
    for (uint32_t i = 0; i + 4 <= ASKED; i++)
        if (near_run(x, words + i, i % 3) > 255) abort();
    near_texts_like(x, a, sentences, 6, 1, 0.1f, 5, &votes);
    for (size_t i = 0; i < votes.n; i++)
        if (!(votes.v[i].share >= 0.1f && votes.v[i].share <= 1)) abort();
}

static void build_from(near *x) {
    uint32_t n = x->file->texts_n;
    struct near_source *sources = calloc((size_t)n + 1, sizeof *sources);
    for (uint32_t i = 0; i < n; i++) {
        const struct near_file_text *t = &x->file->texts[i];
        sources[i] =
            (struct near_source){.id = t->id, .customer = t->customer, .at = t->at, .place = i, .n = t->n};
    }
    char path[64];
    int fd = memory_file("next", path, NULL, 0);
    if (near_build(path, 2, x->file, sources, n) == ERR_NONE) {
        struct near_file *next; /* what comes out is right, whatever went in */
        if (near_file_open(path, &next) != ERR_NONE) abort();
        near_file_close(next);
    }
    close(fd);
    free(sources);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2 || size > LARGEST) return 0;
    uint8_t *bytes = malloc(size);
    memcpy(bytes, data + 1, --size);
    if (data[0] & 1) mend(bytes, size);
    char path[64];
    int fd = memory_file("index", path, bytes, size);
    near *x;
    bool damaged;
    if (near_open(str_z(path), true, &x, &damaged) != ERR_NONE) abort();
    if (x->file) {
        ARENA_AUTO arena *a = arena_new(0);
        near_word words[ASKED];
        for (uint32_t i = 0; i < ASKED; i++) {
            words[i] = i < x->file->words_n ? x->file->words[i] : i + 1;
            if (i % 7 == 6) words[i] = (near_word)bytes[i % size] + 1;
        }
        struct near_sentence sentence = {words, 12};
        struct near_text text = {.id = 77, .customer = 2, .at = 5, .sentences = &sentence, .n = 1};
        ask(x, a, words);
        near_add(x, &text);
        for (uint32_t i = 0; i < x->file->texts_n && i < 4; i++) near_remove(x, x->file->texts[i].id);
        ask(x, a, words);
        struct near_count c;
        near_counts(x, &c);
        build_from(x);
    }
    near_close(x);
    close(fd);
    free(bytes);
    return 0;
}
