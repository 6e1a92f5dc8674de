#include "letter/feeling.h"

#include <math.h>
#include <string.h>
#include <threads.h>

#include "base/embedded.h"

/* The order of GoEmotions' labels; the second row is what the desk calls them. */
static const struct {
    const char *name;
    int feeling; /* -1: none */
} labels[FEELING_LABELS] = {
    {"admiration", FEELING_ADMIRING},
    {"amusement", FEELING_AMUSED},
    {"anger", FEELING_ANGRY},
    {"annoyance", FEELING_UPSET},
    {"approval", -1},
    {"caring", -1},
    {"confusion", FEELING_CONFUSED},
    {"curiosity", -1},
    {"desire", -1},
    {"disappointment", FEELING_DISAPPOINTED},
    {"disapproval", -1},
    {"disgust", FEELING_UPSET},
    {"embarrassment", FEELING_EMBARRASSED},
    {"excitement", FEELING_GLAD},
    {"fear", FEELING_WORRIED},
    {"gratitude", FEELING_THANKFUL},
    {"grief", FEELING_SAD},
    {"joy", FEELING_GLAD},
    {"love", FEELING_GLAD},
    {"nervousness", FEELING_WORRIED},
    {"optimism", FEELING_HOPEFUL},
    {"pride", FEELING_PROUD},
    {"realization", -1},
    {"relief", FEELING_GLAD},
    {"remorse", FEELING_SORRY},
    {"sadness", FEELING_SAD},
    {"surprise", FEELING_SURPRISED},
    {"neutral", -1},
};

static const char *const names[FEELINGS] = {
    [FEELING_UPSET] = "upset",
    [FEELING_ANGRY] = "angry",
    [FEELING_DISAPPOINTED] = "disappointed",
    [FEELING_SAD] = "sad",
    [FEELING_WORRIED] = "worried",
    [FEELING_CONFUSED] = "confused",
    [FEELING_SORRY] = "sorry",
    [FEELING_EMBARRASSED] = "embarrassed",
    [FEELING_SURPRISED] = "surprised",
    [FEELING_CURIOUS] = "curious",
    [FEELING_HOPEFUL] = "hopeful",
    [FEELING_GLAD] = "glad",
    [FEELING_AMUSED] = "amused",
    [FEELING_PROUD] = "proud",
    [FEELING_ADMIRING] = "admiring",
    [FEELING_THANKFUL] = "thankful",
};

const char *feeling_name(feeling f) { return names[f]; }

bool feeling_of_name(str name, feeling *ret) {
    for (int i = 0; i < FEELINGS; i++) {
        if (!str_eq(name, str_z(names[i]))) continue;
        *ret = (feeling)i;
        return true;
    }
    return false;
}

const char *feeling_label_name(unsigned label) { return label < FEELING_LABELS ? labels[label].name : ""; }

bool feeling_of_label(unsigned label, feeling *ret) {
    if (label >= FEELING_LABELS || labels[label].feeling < 0) return false;
    *ret = (feeling)labels[label].feeling;
    return true;
}

/* The file: "LHFEEL1\n", then numbers of 32 bits: nbuckets, nrows, bytes of about; then scale, bias, likely,
 * show (floats), buckets, tags, rows, about; everything little-endian; last a checksum of all before it. */
static const char magic[8] = "LHFEEL1\n";
enum { HEAD = 8 + 12, FLOATS = 4 * 4 * FEELING_LABELS, BUCKETS_MAX = 1 << 16, ROWS_MAX = 65535 };

static uint32_t u16_at(const uint8_t *p) { return (uint32_t)(p[0] | p[1] << 8); }
static uint32_t u32_at(const uint8_t *p) { return u16_at(p) | u16_at(p + 2) << 16; }

static bool floats_at(const uint8_t *p, float ret[FEELING_LABELS]) {
    for (size_t i = 0; i < FEELING_LABELS; i++) {
        uint32_t bits = u32_at(p + 4 * i);
        memcpy(&ret[i], &bits, 4);
        if (isnan(ret[i])) return false;
    }
    return true;
}

static err damaged(const char *what) {
    return err_set(ERR_INVALID, "The file of feelings is damaged: %s.", what);
}

err feeling_model_read(str bytes, struct feeling_model *ret) {
    struct feeling_model m;
    const uint8_t *p = (const uint8_t *)bytes.p;
    if (bytes.n < HEAD + FLOATS || memcmp(p, magic, sizeof magic) != 0) return damaged("it begins wrongly");
    m.nbuckets = u32_at(p + 8);
    m.nrows = u32_at(p + 12);
    size_t about = u32_at(p + 16);
    if (m.nbuckets == 0 || m.nbuckets > BUCKETS_MAX || (m.nbuckets & (m.nbuckets - 1)) || m.nrows > ROWS_MAX)
        return damaged("its sizes cannot be");
    size_t room = HEAD + FLOATS + 2 * ((size_t)m.nbuckets + 1) + (2 + FEELING_LABELS) * (size_t)m.nrows;
    if (bytes.n != room + about + 8) return damaged("it is longer or shorter than it says");
    uint64_t sum = str_hash((str){bytes.p, bytes.n - 8});
    if (sum != (u32_at(p + bytes.n - 8) | (uint64_t)u32_at(p + bytes.n - 4) << 32))
        return damaged("its checksum does not match");
    const uint8_t *floats = p + HEAD;
    if (!floats_at(floats, m.scale) || !floats_at(floats + FLOATS / 4, m.bias) ||
        !floats_at(floats + FLOATS / 2, m.likely) || !floats_at(floats + FLOATS / 4 * 3, m.show))
        return damaged("it holds what is no number");
    m.buckets = floats + FLOATS;
    m.tags = m.buckets + 2 * ((size_t)m.nbuckets + 1);
    m.rows = (const int8_t *)m.tags + 2 * (size_t)m.nrows;
    m.about = str_slice(bytes, room, room + about);
    uint32_t last = 0;
    for (uint32_t i = 0; i <= m.nbuckets; i++) {
        uint32_t at = u16_at(m.buckets + 2 * (size_t)i);
        if (at < last || at > m.nrows) return damaged("its rows are out of order");
        last = at;
    }
    *ret = m;
    return ERR_NONE;
}

static struct feeling_model english;
static bool english_there;
static once_flag english_once = ONCE_FLAG_INIT;

static void read_english(void) {
    const struct embedded_file *f = embedded_find(S("assets/lang/en.feelings"));
    english_there = f && feeling_model_read((str){(const char *)f->bytes, f->n}, &english) == ERR_NONE;
}

const struct feeling_model *feeling_model_find(str language) {
    if (!str_eq(str_slice(language, 0, 2), S("en")) || (language.n > 2 && language.p[2] != '-')) return NULL;
    call_once(&english_once, read_english);
    return english_there ? &english : NULL;
}

/* What the model sees. Kinds keep hashes of different things apart. */
enum {
    SEEN_WORD = 1,
    SEEN_STEM,
    SEEN_PAIR,
    SEEN_DENIED,
    SEEN_BEGIN,
    SEEN_END,
    SEEN_SIGN,
    SEEN_LOUD,
    SEEN_SHORT,
    SEEN_HEAD,
    SEEN_TAIL,
};
/* So many hits cannot pass what 16 bits hold. */
enum { HITS_MAX = 255 };
enum { TOKENS_MAX = 200, SIGNS_BYTES = 48, DENIED_REACH = 3 };

struct token {
    uint32_t word, stem; /* hashes */
    bool sign, denies;
    str folded;
};
struct seeing {
    uint32_t *hashes;
    size_t n;
    struct token tokens[TOKENS_MAX];
    size_t ntokens;
    bool loud;
};

static uint32_t mix(uint32_t kind, uint32_t a, uint32_t b) {
    uint64_t h = ((uint64_t)a << 32 | b) ^ kind * 0x9E3779B97F4A7C15u;
    h = (h ^ h >> 29) * 0xBF58476D1CE4E5B9u;
    h = (h ^ h >> 32) * 0x94D049BB133111EBu;
    return (uint32_t)(h >> 32);
}

static void see(struct seeing *s, uint32_t kind, uint32_t a, uint32_t b) {
    if (s->n < FEELING_FEATURES_MAX) s->hashes[s->n++] = mix(kind, a, b);
}

static bool denies(str w) {
    static const str deny[] = {S("not"),    S("no"),     S("never"),  S("nothing"), S("without"),
                               S("hardly"), S("cannot"), S("nobody"), S("none"),    S("neither")};
    if (w.n < 2 || w.n > 9) return false;
    if (w.n > 3 && memcmp(w.p + w.n - 3, "n't", 3) == 0) return true;
    for (size_t i = 0; i < sizeof deny / sizeof *deny; i++)
        if (w.p[0] == deny[i].p[0] && str_eq(w, deny[i])) return true;
    return false;
}

static void add_sign(struct seeing *s, str sign) {
    if (s->ntokens == TOKENS_MAX) return;
    uint32_t h = (uint32_t)str_hash(sign);
    s->tokens[s->ntokens++] = (struct token){.word = h, .stem = h, .sign = true};
}

/* Marks and pictures between two words: runs of marks are one sign ("!!", ":("), of a picture each is. */
static void add_signs(struct seeing *s, str gap) {
    gap = str_slice(gap, 0, SIGNS_BYTES);
    for (size_t at = 0; at < gap.n;) {
        unsigned char c = (unsigned char)gap.p[at];
        if (c <= ' ' || c == '[' || c == ']') {
            at++;
        } else if (c < 128) {
            char run[3];
            size_t n = 0;
            for (; at < gap.n && (unsigned char)gap.p[at] > ' ' && (unsigned char)gap.p[at] < 128; at++)
                if (n < sizeof run && !strchr("[]\"*", gap.p[at])) run[n++] = gap.p[at];
            if (n) add_sign(s, (str){run, n});
        } else {
            size_t n = 1;
            while (at + n < gap.n && ((unsigned char)gap.p[at + n] & 0xC0) == 0x80) n++;
            if (n > 2) add_sign(s, str_slice(gap, at, at + n));
            at += n;
        }
    }
}

static bool bracketed(const struct text *t, const struct word *w) {
    return w->start > 0 && t->bytes.p[w->start - 1] == '[' && w->end < t->bytes.n &&
           t->bytes.p[w->end] == ']';
}

static void add_tokens(struct seeing *s, const struct text *t, size_t from, size_t to) {
    for (size_t i = from; i < to && s->ntokens < TOKENS_MAX; i++) {
        const struct word *w = &t->words[i];
        struct token *k = &s->tokens[s->ntokens++];
        *k = (struct token){.word = w->folded_hash, .stem = w->hash, .denies = denies(w->folded)};
        if (!(w->flags & (WORD_NUMBER | WORD_LINK)) && !bracketed(t, w)) k->folded = w->folded;
        /* Numbers, addresses and blanked names are alike, whichever they are. */
        if (!k->folded.n) k->word = k->stem = w->flags & WORD_NUMBER ? 1 : 2;
        if ((w->flags & WORD_CAPITALS) && w->folded.n > 3) s->loud = true;
        size_t next = i + 1 < t->nwords ? t->words[i + 1].start : t->bytes.n;
        if (next > w->end + 1 || i + 1 == t->nwords) add_signs(s, str_slice(t->bytes, w->end, next));
    }
}

/* How a word begins and ends stands for words the training never saw. */
static void see_grams(struct seeing *s, str w) {
    if (w.n < 4) return;
    uint32_t four;
    memcpy(&four, w.p, 4);
    see(s, SEEN_HEAD, four, 0);
    memcpy(&four, w.p + w.n - 4, 4);
    see(s, SEEN_TAIL, four, 0);
}

size_t feeling_features(const struct text *t, size_t from, size_t to, uint32_t ret[FEELING_FEATURES_MAX]) {
    struct seeing s;
    s.hashes = ret;
    s.n = s.ntokens = 0;
    s.loud = false;
    if (to > t->nwords) to = t->nwords;
    if (from >= to) return 0;
    add_tokens(&s, t, from, to);
    size_t denied = 0;
    for (size_t i = 0; i < s.ntokens; i++) {
        const struct token *k = &s.tokens[i];
        bool is_denied = denied && !k->sign;
        denied = k->sign ? 0 : k->denies ? DENIED_REACH : denied - is_denied;
        if (is_denied) {
            /* "Not good" shall not look like "good" at all. */
            see(&s, SEEN_DENIED, k->stem, 0);
        } else {
            see(&s, k->sign ? SEEN_SIGN : SEEN_WORD, k->word, 0);
            if (k->stem != k->word) see(&s, SEEN_STEM, k->stem, 0);
            see_grams(&s, k->folded);
        }
        if (i)
            see(&s, SEEN_PAIR, s.tokens[i - 1].stem, k->stem);
        else
            see(&s, SEEN_BEGIN, k->stem, 0);
    }
    see(&s, SEEN_END, s.tokens[s.ntokens - 1].stem, 0);
    if (s.loud) see(&s, SEEN_LOUD, 0, 0);
    see(&s, SEEN_SHORT, s.ntokens < 4 ? 0 : s.ntokens < 10 ? 1 : s.ntokens < 20 ? 2 : 3, 0);
    return s.n;
}

/* The rows of the features that were worth keeping. The model does not stay in the fastest memory between
 * letters: each step asks for all of its places before the next one needs them. */
static size_t find_rows(const struct feeling_model *m, const uint32_t *hashes, size_t n,
                        const int8_t *ret[HITS_MAX]) {
    size_t hits = 0;
    for (size_t i = 0; i < n; i++)
        __builtin_prefetch(m->buckets + 2 * (size_t)(hashes[i] & (m->nbuckets - 1)));
    for (size_t i = 0; i < n; i++) {
        uint32_t begin = u16_at(m->buckets + 2 * (size_t)(hashes[i] & (m->nbuckets - 1)));
        __builtin_prefetch(m->tags + 2 * (size_t)begin);
    }
    for (size_t i = 0; i < n && hits < HITS_MAX; i++) {
        const uint8_t *bucket = m->buckets + 2 * (size_t)(hashes[i] & (m->nbuckets - 1));
        uint32_t end = u16_at(bucket + 2), tag = hashes[i] >> 16;
        for (uint32_t k = u16_at(bucket); k < end; k++) {
            if (u16_at(m->tags + 2 * (size_t)k) != tag) continue;
            ret[hits] = m->rows + FEELING_LABELS * (size_t)k;
            __builtin_prefetch(ret[hits++]);
            break;
        }
    }
    return hits;
}

static void judge(const struct feeling_model *m, struct feeling_found *f) {
    float best = -1;
    for (unsigned i = 0; i < FEELING_LABELS; i++) {
        if (!(f->score[i] >= m->likely[i])) continue;
        f->labels |= 1u << i;
        if (labels[i].feeling < 0) continue;
        f->feelings |= 1u << labels[i].feeling;
        float over = f->score[i] - m->show[i];
        if (!(over >= 0)) continue;
        f->shown |= 1u << labels[i].feeling;
        if (over <= best) continue;
        best = over;
        f->strongest = (feeling)labels[i].feeling;
        f->sure = 1 / (1 + expf(-f->score[i]));
    }
}

void feeling_of(const struct feeling_model *m, const struct text *t, size_t from, size_t to,
                struct feeling_found *ret) {
    memset(ret, 0, sizeof *ret);
    if (!m) return;
    uint32_t hashes[FEELING_FEATURES_MAX];
    const int8_t *rows[HITS_MAX];
    size_t n = feeling_features(t, from, to, hashes);
    if (n == 0) return;
    size_t hits = find_rows(m, hashes, n, rows);
    /* Two halves of sixteen that overlap: compilers make one vector of each. */
    enum { HALF = 16, SECOND = FEELING_LABELS - HALF };
    int16_t first[HALF] = {0}, second[HALF] = {0};
    for (size_t i = 0; i < hits; i++) {
        for (size_t l = 0; l < HALF; l++) first[l] = (int16_t)(first[l] + rows[i][l]);
        for (size_t l = 0; l < HALF; l++) second[l] = (int16_t)(second[l] + rows[i][SECOND + l]);
    }
    float norm = 1 / sqrtf(hits ? (float)hits : 1);
    for (size_t l = 0; l < FEELING_LABELS; l++) {
        int sum = l < HALF ? first[l] : second[l - SECOND];
        ret->score[l] = m->bias[l] + m->scale[l] * norm * (float)sum;
    }
    judge(m, ret);
}

void feeling_count(struct feeling_tally *tally, uint32_t feelings) {
    const uint32_t unhappy = 1u << FEELING_UPSET | 1u << FEELING_ANGRY | 1u << FEELING_DISAPPOINTED;
    const uint32_t kind = 1u << FEELING_THANKFUL | 1u << FEELING_ADMIRING | 1u << FEELING_GLAD;
    tally->sentences++;
    if (feelings & unhappy)
        tally->unhappy++;
    else if (feelings & kind)
        tally->kind++;
}

letter_sort feeling_sort(const struct feeling_tally *t) {
    if (t->faults && (t->unhappy || !t->asks)) return SORT_COMPLAINT;
    if (t->unhappy > t->kind && !t->asks && !t->losses) return SORT_COMPLAINT;
    if (t->kind > t->unhappy && !t->faults && (!t->asks || t->kind * 2 >= t->sentences)) return SORT_THANKS;
    if (t->asks || t->losses) return SORT_ASK;
    return SORT_OTHER;
}
