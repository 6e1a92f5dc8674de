#include "near/near_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/memory.h"

static const char *const section_names[NEAR_SECTIONS] = {
    "words",   "word slots", "frequencies", "texts",     "ids",       "customers", "sentences",
    "records", "key table",  "key tags",    "key lists", "run table", "run tags",  "run counts"};

static err damaged(const char *what) {
    return err_set(ERR_INVALID, "The index file is damaged: its %s cannot be right.", what);
}

static err check_head(const uint8_t *bytes, size_t size, struct near_head *head) {
    if (size < sizeof *head) return damaged("length");
    memcpy(head, bytes, sizeof *head);
    if (head->magic != NEAR_MAGIC) return err_set(ERR_INVALID, "The file is not an index.");
    if (head->version != NEAR_VERSION || head->sections != NEAR_SECTIONS)
        return err_set(ERR_INVALID, "The index file is of another version (%u).", head->version);
    if (head->sum != XXH3_64bits(head, offsetof(struct near_head, sum))) return damaged("head");
    if (head->size != size || head->generation < 1) return damaged("length");
    for (int i = 0; i < NEAR_SECTIONS; i++) {
        uint64_t at = head->section[i].at, n = head->section[i].bytes;
        if (at % NEAR_ALIGN || at > size || n > size - at) return damaged(section_names[i]);
    }
    return ERR_NONE;
}

/* How many elements a section holds; UINT64_MAX when they do not fill it or are too many for 32 bits. */
static uint64_t count_of(const struct near_head *head, enum near_section s, size_t element) {
    uint64_t n = head->section[s].bytes / element;
    return head->section[s].bytes % element || n >= NEAR_NONE ? UINT64_MAX : n;
}

static bool power_of_two(uint64_t n) { return n && !(n & (n - 1)); }

static err check_lists(const uint8_t *bytes, const struct near_head *head, enum near_section dir,
                       size_t element, struct near_lists *ret) {
    uint64_t buckets = count_of(head, dir, sizeof(uint32_t));
    uint64_t tags = count_of(head, dir + 1, sizeof(uint16_t));
    if (buckets == UINT64_MAX || buckets < 2) return damaged(section_names[dir]);
    if (tags == UINT64_MAX || count_of(head, dir + 2, element) != tags)
        return damaged(section_names[dir + 1]);
    ret->dir = (const uint32_t *)(bytes + head->section[dir].at);
    ret->tags = (const uint16_t *)(bytes + head->section[dir + 1].at);
    ret->buckets = (uint32_t)(buckets - 1);
    ret->n = (uint32_t)tags;
    return ERR_NONE;
}

static err check_counts(const struct near_head *head) {
    uint64_t texts = count_of(head, NEAR_TEXTS, sizeof(struct near_file_text));
    uint64_t words = count_of(head, NEAR_WORDS, sizeof(near_word));
    uint64_t slots = count_of(head, NEAR_WORD_SLOTS, sizeof(uint32_t));
    if (texts == UINT64_MAX) return damaged("texts");
    if (count_of(head, NEAR_BY_ID, sizeof(uint32_t)) != texts) return damaged("ids");
    if (count_of(head, NEAR_BY_CUSTOMER, sizeof(uint32_t)) != texts) return damaged("customers");
    if (count_of(head, NEAR_SENTENCES, sizeof(uint32_t)) == UINT64_MAX) return damaged("sentences");
    if (words == UINT64_MAX || slots == UINT64_MAX || !power_of_two(slots)) return damaged("words");
    if (!power_of_two(head->section[NEAR_DF].bytes)) return damaged("frequencies");
    if (head->section[NEAR_RECORDS].bytes / 4 >= NEAR_NONE) return damaged("records");
    return ERR_NONE;
}

err near_file_read(const uint8_t *bytes, size_t size, struct near_file *ret) {
    struct near_head head;
    TRY(check_head(bytes, size, &head));
    TRY(check_counts(&head));
    struct near_file f = {.map = bytes,
                          .size = size,
                          .generation = head.generation,
                          .distinct = head.distinct,
                          .said = head.said};
    TRY(check_lists(bytes, &head, NEAR_KEY_DIR, sizeof(uint32_t), &f.keys));
    TRY(check_lists(bytes, &head, NEAR_RUN_DIR, sizeof(uint8_t), &f.runs));
    for (int i = 0; i < NEAR_SECTIONS; i++)
        if (XXH3_64bits(bytes + head.section[i].at, head.section[i].bytes) != head.section[i].sum)
            return damaged(section_names[i]);
#define SECTION(s) ((const void *)(bytes + head.section[s].at))
    f.words = SECTION(NEAR_WORDS);
    f.words_n = (uint32_t)count_of(&head, NEAR_WORDS, sizeof(near_word));
    f.word_slots = SECTION(NEAR_WORD_SLOTS);
    f.word_mask = (uint32_t)count_of(&head, NEAR_WORD_SLOTS, sizeof(uint32_t)) - 1;
    f.df = SECTION(NEAR_DF);
    f.df_mask = head.section[NEAR_DF].bytes - 1;
    f.texts = SECTION(NEAR_TEXTS);
    f.texts_n = (uint32_t)count_of(&head, NEAR_TEXTS, sizeof(struct near_file_text));
    f.by_id = SECTION(NEAR_BY_ID);
    f.by_customer = SECTION(NEAR_BY_CUSTOMER);
    f.sentences = SECTION(NEAR_SENTENCES);
    f.sentences_n = (uint32_t)count_of(&head, NEAR_SENTENCES, sizeof(uint32_t));
    f.records = SECTION(NEAR_RECORDS);
    f.records_n = head.section[NEAR_RECORDS].bytes;
    f.key_ids = SECTION(NEAR_KEY_IDS);
    f.run_counts = SECTION(NEAR_RUN_COUNTS);
#undef SECTION
    *ret = f;
    return ERR_NONE;
}

static err read_error(const char *path) {
    return err_set(errno == ENOENT ? ERR_MISSING : ERR_IO, "Cannot read %s: %s.", path, strerror(errno));
}

err near_file_open(const char *path, struct near_file **ret) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return read_error(path);
    struct stat st;
    void *map = MAP_FAILED;
    if (fstat(fd, &st) == 0) {
        if (!S_ISREG(st.st_mode) || st.st_size <= 0) {
            close(fd);
            return damaged("length");
        }
        map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    }
    err e = map == MAP_FAILED ? read_error(path) : ERR_NONE;
    close(fd);
    if (e) return e;
    struct near_file *f = memory_zeroed(sizeof *f);
    /* Checking reads all of it once, in order; afterwards it is read here and there. */
    madvise(map, (size_t)st.st_size, MADV_WILLNEED);
    e = near_file_read(map, (size_t)st.st_size, f);
    if (e) {
        munmap(map, (size_t)st.st_size);
        free(f);
        return e;
    }
    madvise(map, (size_t)st.st_size, MADV_RANDOM);
    f->device = st.st_dev;
    f->inode = st.st_ino;
    *ret = f;
    return ERR_NONE;
}

void near_file_close(struct near_file *f) {
    if (!f) return;
    munmap((void *)(uintptr_t)f->map, f->size);
    free(f);
}

uint32_t near_file_rank(const struct near_file *f, near_word word) {
    uint32_t i = (uint32_t)near_mix(word) & f->word_mask;
    for (uint32_t probes = 0; probes <= f->word_mask && f->word_slots[i]; probes++) {
        uint32_t rank = f->word_slots[i] - 1;
        if (rank < f->words_n && f->words[rank] == word) return rank;
        i = (i + 1) & f->word_mask;
    }
    return NEAR_NONE;
}

/* A varint of at most 5 bytes; NULL when it does not end before `end`. */
static inline const uint8_t *varint(const uint8_t *p, const uint8_t *end, uint32_t *ret) {
    uint32_t v = 0;
    for (int shift = 0; shift < 35; shift += 7) {
        if (p >= end) return NULL;
        uint8_t byte = *p++;
        v |= (uint32_t)(byte & 127) << shift;
        if (byte < 128) {
            *ret = v;
            return p;
        }
    }
    return NULL;
}

bool near_file_words(const struct near_file *f, uint32_t record, uint32_t *ranks, struct near_record *ret) {
    size_t at = (size_t)record * 4;
    if (at >= f->records_n) return false;
    const uint8_t *p = f->records + at, *end = f->records + f->records_n;
    uint32_t head = 0, repeated = 0;
    p = varint(p, end, &head);
    uint32_t n = head >> 1;
    if (!p || !n || n > NEAR_WORDS_MAX) return false;
    if (head & 1 && !(p = varint(p, end, &repeated))) return false;
    if (repeated >= n) return false;
    for (uint32_t i = 0; i < n; i++) {
        if (p < end && *p < 128) {
            ranks[i] = *p++;
            continue;
        }
        p = varint(p, end, &ranks[i]);
        if (!p) return false;
    }
    *ret = (struct near_record){.n = n, .bigrams = n - 1 - (repeated < n - 1 ? repeated : 0), .end = p};
    return true;
}

bool near_file_spell(const struct near_file *f, uint32_t *ranks, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        if (ranks[i] >= f->words_n) return false;
        ranks[i] = f->words[ranks[i]];
    }
    return true;
}

uint32_t near_file_listed(const struct near_file *f, const struct near_record *r, uint32_t *texts,
                          uint32_t *ret_customers) {
    const uint8_t *p = r->end, *end = f->records + f->records_n;
    uint32_t listed = 0, place = 0, customers = 0;
    if (!(p = varint(p, end, &customers)) || !(p = varint(p, end, &listed))) return 0;
    if (listed > NEAR_LIST_MAX || customers > f->texts_n) return 0;
    for (uint32_t i = 0; i < listed; i++) {
        uint32_t v;
        if (!(p = varint(p, end, &v)) || (i && v > place)) return 0;
        place = i ? place - v : v;
        if (place >= f->texts_n) return 0;
        texts[i] = place;
    }
    *ret_customers = customers;
    return listed;
}

void near_lists_range(const struct near_lists *l, uint64_t hash, uint32_t *ret_from, uint32_t *ret_to) {
    uint32_t b = near_bucket(hash, l->buckets), from = l->dir[b], to = l->dir[b + 1];
    if (from > to || to > l->n) from = to = 0;
    if (to - from > NEAR_BUCKET_MAX) to = from + NEAR_BUCKET_MAX;
    *ret_from = from;
    *ret_to = to;
}

uint32_t near_file_run(const struct near_file *f, uint64_t hash) {
    uint32_t from, to;
    near_lists_range(&f->runs, hash, &from, &to);
    for (uint32_t i = from; i < to; i++)
        if (f->runs.tags[i] == near_tag(hash)) return f->run_counts[i];
    return 0;
}

uint32_t near_file_text_of(const struct near_file *f, int64_t id) {
    uint32_t from = 0, to = f->texts_n;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2, place = f->by_id[middle];
        if (place >= f->texts_n) return NEAR_NONE;
        if (f->texts[place].id == id) return place;
        if (f->texts[place].id < id)
            from = middle + 1;
        else
            to = middle;
    }
    return NEAR_NONE;
}

/* The first entry of by_customer whose customer is not below the given one, or is above it. */
static uint32_t customer_bound(const struct near_file *f, int64_t customer, bool above) {
    uint32_t from = 0, to = f->texts_n;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2, place = f->by_customer[middle];
        int64_t c = place < f->texts_n ? f->texts[place].customer : INT64_MAX;
        if (c < customer || (above && c == customer))
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

void near_file_texts_of_customer(const struct near_file *f, int64_t customer, uint32_t *ret_from,
                                 uint32_t *ret_to) {
    uint32_t from = customer_bound(f, customer, false), to = customer_bound(f, customer, true);
    *ret_from = from;
    *ret_to = to < from ? from : to; /* a list out of order must not give a range that is */
}
