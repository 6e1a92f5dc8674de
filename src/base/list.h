/* Lists in an arena: LIST(type) is a pointer and a count that list_add grows by doubling. */
#ifndef LONGHAND_BASE_LIST_H
#define LONGHAND_BASE_LIST_H

#include <stddef.h>
#include <string.h>

#include "base/arena.h"

/* Name the list type once: `typedef LIST(struct message) message_list;` */
#define LIST(type)                                                                                           \
    struct {                                                                                                 \
        type *v;                                                                                             \
        size_t n, cap;                                                                                       \
    }

/* A new zeroed element at the end; the result points to it until the next list_add. */
#define list_add(arena, list)                                                                                \
    (list_grow_((arena), (void **)&(list)->v, &(list)->n, &(list)->cap, sizeof *(list)->v),                  \
     &(list)->v[(list)->n++])

static inline void list_grow_(arena *a, void **v, size_t *n, size_t *cap, size_t size) {
    if (*n < *cap) return;
    size_t more = *cap ? *cap * 2 : 8;
    void *fresh = arena_array(a, more, size);
    if (*n) memcpy(fresh, *v, *n * size);
    *v = fresh;
    *cap = more;
}

#endif
