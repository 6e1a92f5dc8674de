/* Hash tables in memory that grow a little at a time: 64 parts by the upper bits of the hash, each of which
 * doubles on its own, so that no single addition has to move everything. Open addressing; a slot is 64 bits.
 * Two kinds on the same slots: a many-table (hash -> several numbers) and a tally (hash -> 1 to 255).
 * One hash of 2^32 (many) or 2^56 (tally) is taken for another. Without memory the process aborts. */
#ifndef LONGHAND_NEAR_TABLE_H
#define LONGHAND_NEAR_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NEAR_TABLE_PARTS = 64 };
struct near_table {
    struct near_part {
        uint64_t *v;
        uint32_t n, cap; /* cap 0 or a power of two */
    } part[NEAR_TABLE_PARTS];
};

void near_table_free(struct near_table *t);
size_t near_table_bytes(const struct near_table *t);
void near_table_prefetch(const struct near_table *t, uint64_t hash);

/* Numbers below UINT32_MAX. At most `most` are kept for one hash; false when it has that many already. */
bool near_many_add(struct near_table *t, uint64_t hash, uint32_t number, uint32_t most);
/* Write up to `max` numbers of the hash to ret; returns how many. */
uint32_t near_many_find(const struct near_table *t, uint64_t hash, uint32_t *ret, uint32_t max);

uint32_t near_tally_find(const struct near_table *t, uint64_t hash);
/* Count one more, up to 255; returns the new count. */
uint32_t near_tally_add(struct near_table *t, uint64_t hash);
/* Count one less; a tally at 255 or 0 stays as it is. The entry of one that falls to 0 stays, as 0. */
void near_tally_drop(struct near_table *t, uint64_t hash);

#endif
