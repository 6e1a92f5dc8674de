/* What they thank and praise, and whom they tell: letter/thanks.h, as findings. */
#include "letter/listen_ear.h"
#include "letter/thanks.h"

void ear_thanks(struct ear *e) {
    thanks_list found;
    uint8_t *marks = arena_alloc(e->a, e->t->nwords + 1);
    for (size_t i = 0; i < e->t->nwords; i++) {
        if (e->marks[i] & MARK_SIGNED) marks[i] |= THANKS_SKIP;
        if (e->marks[i] & MARK_ASK) marks[i] |= THANKS_IN_ASK;
    }
    thanks_of(e->a, e->t, marks, e->tally.asks > 0, &found);
    for (size_t i = 0; i < found.n; i++)
        ear_add(e, FINDING_THANKS, found.v[i].from, found.v[i].to, str_z(thanks_kind_name(found.v[i].kind)),
                found.v[i].why);
}
