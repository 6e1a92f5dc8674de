/* What the status page says, for those who show it. */
#include "desk/status.h"
#include "store/inbox.h"

err status_is_open(db_conn *c, arena *a, int64_t brand, bool *ret_open) {
    struct store_status_page page;
    err e = store_status_page_get(c, a, brand, &page);
    if (e && e != ERR_MISSING) return e;
    *ret_open = !e && page.opened;
    return ERR_NONE;
}

err status_incident_merged_in(db_conn *c, int64_t brand, int64_t from, int64_t into) {
    return store_status_incident_moved(c, brand, from, into);
}

err status_word_of(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t now,
                   struct status_word *ret) {
    struct status_word w = {0};
    err e = store_status_newest(c, a, brand, 0, incident, &w.update);
    if (e && e != ERR_MISSING) return e;
    w.said = !e;
    w.overdue = w.said && w.update.next_at && w.update.next_at <= now;
    *ret = w;
    return ERR_NONE;
}

err status_contact(db_conn *c, arena *a, const struct store_status_page *page, str *ret) {
    struct store_inbox inbox = {0};
    if (!page->contact.n) {
        err e = store_inbox_default(c, a, page->brand_id, &inbox);
        if (e && e != ERR_MISSING) return e;
    }
    *ret = page->contact.n ? page->contact : inbox.address;
    return ERR_NONE;
}

err status_load(db_conn *c, arena *a, int64_t brand, struct status_public *ret) {
    struct status_public p = {0};
    TRY(store_status_page_get(c, a, brand, &p.page));
    TRY(store_brand_by_id(c, a, brand, &p.brand));
    TRY(store_status_components(c, a, brand, &p.components));
    TRY(store_status_updates(c, a, brand, 0, STATUS_SHOWN_UPDATES, false, &p.updates));
    TRY(status_contact(c, a, &p.page, &p.contact));
    *ret = p;
    return ERR_NONE;
}

void status_matters(arena *a, const struct status_public *p, status_matter_list *ret) {
    status_matter_list list = {0};
    for (size_t i = 0; i < p->updates.n; i++) {
        const struct store_status_update *u = &p->updates.v[i];
        struct status_matter *m = NULL;
        int64_t id = u->kind == STATUS_NOTE ? u->id : u->matter_id;
        for (size_t k = 0; k < list.n && !m; k++)
            if (list.v[k].id == id) m = &list.v[k];
        if (!m) {
            m = list_add(a, &list);
            *m = (struct status_matter){.id = id, .newest = u, .open = u->kind == STATUS_TROUBLE};
        }
        m->first = u;
        if (!m->headline.n) m->headline = u->headline;
    }
    *ret = list;
}

const struct store_status_update *status_overdue(const status_matter_list *matters, int64_t now) {
    const struct store_status_update *worst = NULL;
    for (size_t i = 0; i < matters->n; i++) {
        const struct store_status_update *u = matters->v[i].newest;
        if (!matters->v[i].open || !u->next_at || u->next_at > now) continue;
        if (!worst || u->next_at < worst->next_at) worst = u;
    }
    return worst;
}
