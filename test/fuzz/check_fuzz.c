/* Any letter and any reply: the check ends, and every span it gives lies in its text, between characters.
 * Input: the letter, a line "--", the reply. */
#include <stdint.h>
#include <stdlib.h>

#include "desk/history.h"
#include "letter/dates.h"

static void must(bool good) {
    if (!good) abort();
}

static bool between(str s, uint32_t at) {
    return at == s.n || at == 0 || ((unsigned char)s.p[at] & 0xC0) != 0x80 || !str_is_utf8(s);
}

static near *kept;

/* One small history for all runs. */
static near *history(void) {
    static const char *const texts[] = {
        "Thank you for contacting us. We will look into your issue and get back to you in due course.",
        "Hello Mina, the bell is on the tail now and the gulls hate it. It will be with you on Friday.",
        "Unfortunately we are unable to replace items that have been lost by the customer.",
    };
    bool damaged;
    if (kept) return kept;
    if (near_open(S("/tmp/longhand-check-fuzz.near"), false, &kept, &damaged)) abort();
    arena *a = arena_new(0);
    for (int64_t i = 0; i < 12; i++) {
        struct near_text text;
        history_text(
            a, &(struct history_said){.id = i + 1, .customer = i + 1, .at = 1, .reply = str_z(texts[i % 3])},
            NULL, &text);
        must(!near_add(kept, &text));
    }
    arena_free(a);
    return kept;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new(0);
    str all = {(const char *)data, size}, letter = all, reply = all;
    size_t cut = str_find(all, S("\n--\n"), 0);
    if (cut != SIZE_MAX) {
        letter = str_slice(all, 0, cut);
        reply = str_slice(all, cut + 4, all.n);
    }
    struct heard heard;
    struct history h;
    struct checked c;
    listen_to(a, &(struct listen_input){.text = letter, .from_name = S("Mina Roth")}, &heard);
    history_for(&h, a, history(), 0);
    str phrase = str_clip_utf8(reply, 20);
    struct check_fact fact = {1, str_clip_utf8(letter, 30)};
    struct check_avoided avoided[] = {{str_clip_utf8(reply, 9), str_clip_utf8(letter, 9), S("")},
                                      {S("ticket number"), S(""), str_clip_utf8(letter, 300)}};
    str ours[] = {S("Tidewatch"), str_clip_utf8(letter, 15)};
    check(a,
          &(struct check_input){.letter = size % 7 ? &heard : NULL,
                                .reply = reply,
                                .customer_name = S("Mina Roth"),
                                .agent_name = S("Moss"),
                                .history = size % 3 ? &h.view : NULL,
                                .facts = &fact,
                                .nfacts = size % 2,
                                .stock = &phrase,
                                .nstock = 1,
                                .other_names = ours,
                                .nother_names = size % 4 ? 2 : 0,
                                .avoided = avoided,
                                .navoided = size % 5 ? 2 : 0,
                                .now = 1700000000000LL},
          &c);
    for (size_t i = 0; i < c.remarks.n; i++) {
        const struct remark *r = &c.remarks.v[i];
        must(r->start <= r->end && r->end <= reply.n && between(reply, r->start) && between(reply, r->end));
        must(r->says && r->says[0] && (unsigned)r->kind < REMARK_KINDS);
        must(remark_says(a, NULL, r).n > 0);
        for (size_t e = 0; e < r->evidence.n; e++)
            if (r->evidence.v[e].source == EVIDENCE_LETTER)
                must(r->evidence.v[e].start < r->evidence.v[e].end && r->evidence.v[e].end <= letter.n);
    }
    arena_free(a);
    return 0;
}
