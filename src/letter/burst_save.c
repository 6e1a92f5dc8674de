/* What is usual, as bytes: a mark, the hash of what follows, then numbers of fixed size in the order of this
 * machine (the file is made anew elsewhere). */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "letter/burst_own.h"

static const char mark[8] = "LHburst1";

struct head {
    char mark[8];
    uint64_t check; /* of all that follows, with this as 0 */
    int64_t folded;
    double gain, voices, hours;
    float by_hour[WEEK_HOURS], hours_of[WEEK_HOURS];
    uint32_t codes[LANGUAGES];
    float language_voices[LANGUAGES];
    uint64_t n; /* struct counted that follow, by key */
};

static uint64_t check_of(const struct head *h, const struct counted *all) {
    struct head zero = *h;
    zero.check = 0;
    uint64_t sum = str_hash((str){(const char *)&zero, sizeof zero});
    return sum * 31 + str_hash((str){(const char *)all, h->n * sizeof *all});
}

static int by_key(const void *x, const void *y) {
    const struct counted *a = x, *b = y;
    return (a->key > b->key) - (a->key < b->key);
}

bool burst_save(const burst *b, buf *to) {
    struct head h = {
        .folded = b->folded, .gain = b->gain, .voices = b->voices, .hours = b->hours, .n = b->table_n};
    memcpy(h.mark, mark, sizeof mark);
    memcpy(h.by_hour, b->by_hour, sizeof h.by_hour);
    memcpy(h.hours_of, b->hours_of, sizeof h.hours_of);
    for (int i = 0; i < LANGUAGES; i++) {
        h.codes[i] = b->languages[i].code;
        h.language_voices[i] = b->languages[i].voices;
    }
    struct counted *all = memory_take(b->table_n * sizeof *all + 1);
    size_t n = 0;
    for (size_t i = 0; i < b->table_cap; i++)
        if (b->table[i].key) all[n++] = b->table[i];
    qsort(all, n, sizeof *all, by_key);
    h.check = check_of(&h, all);
    buf_add(to, (str){(const char *)&h, sizeof h});
    buf_add(to, (str){(const char *)all, n * sizeof *all});
    free(all);
    return buf_ok(to);
}

static bool fine(double x) { return isfinite(x) && x >= 0 && x < 1e15; }

static bool head_fine(const struct head *h, size_t bytes) {
    bool ok = memcmp(h->mark, mark, sizeof mark) == 0 && h->n <= BURST_WORDS &&
              bytes == sizeof *h + h->n * sizeof(struct counted) && h->folded >= 0 && fine(h->gain) &&
              h->gain >= 1 && fine(h->voices) && fine(h->hours);
    for (int i = 0; ok && i < WEEK_HOURS; i++) ok = fine(h->by_hour[i]) && fine(h->hours_of[i]);
    for (int i = 0; ok && i < LANGUAGES; i++) ok = h->codes[i] <= UINT16_MAX && fine(h->language_voices[i]);
    return ok;
}

err burst_load(str bytes, burst **ret) {
    static const char damaged[] =
        "What is usual in letters could not be read from its file; it is made anew.";
    struct head h;
    if (bytes.n < sizeof h) return err_set(ERR_INVALID, damaged);
    memcpy(&h, bytes.p, sizeof h);
    if (!head_fine(&h, bytes.n)) return err_set(ERR_INVALID, damaged);
    struct counted *all = memory_take(h.n * sizeof *all + 1);
    if (h.n) memcpy(all, bytes.p + sizeof h, h.n * sizeof *all);
    bool ok = check_of(&h, all) == h.check;
    for (size_t i = 0; ok && i < h.n; i++) ok = all[i].key && fine(all[i].count);
    if (!ok) {
        free(all);
        return err_set(ERR_INVALID, damaged);
    }
    struct burst *b = burst_new();
    b->folded = h.folded;
    b->gain = h.gain;
    b->voices = h.voices;
    b->hours = h.hours;
    memcpy(b->by_hour, h.by_hour, sizeof b->by_hour);
    memcpy(b->hours_of, h.hours_of, sizeof b->hours_of);
    for (int i = 0; i < LANGUAGES; i++)
        b->languages[i] = (struct language_volume){(uint16_t)h.codes[i], h.language_voices[i]};
    for (size_t i = 0; i < h.n; i++) burst_count_put(b, all[i].key, all[i].count);
    free(all);
    *ret = b;
    return ERR_NONE;
}
