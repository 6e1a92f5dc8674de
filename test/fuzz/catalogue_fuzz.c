/* Any text against a small catalogue; and any bytes as the files of an import, and as a catalogue. */
#include <stdint.h>
#include <stdlib.h>

#include "desk/catalogue_read.h"

static void check(bool good) {
    if (!good) abort();
}

static const char products[] =
    "id,name,theme,year,aliases\n9120-1,Sub Marine Drifter,Deep,2012,\n"
    "71820-1,Sub Marine Drifter,Deep,2021,tub\n5120,Night Ferry,Harbour,2022,Nachtboot\n"
    "8100-1,Librarian Ottoline,,,\n8100-2,Diver Quentin,,,\n"
    "8100-3,Cellist Ondine,,,\n8100-4,Juggler Pavo,,,\n";
static const char figures[] = "id,name\nfig-1,Vim QX with Harpoon\nfig-2,Vim QX (new)\nfig-3,Captain Fenn\n";
static const char parts[] = "id,name\n77-1,Anchor\n3001,Brick\n";
static const char contents[] = "product,item\n9120-1,fig-1\n71820-1,fig-2\n5120,fig-3\n5120,77-1\n";

static struct catalogue *of_files(arena *a, const struct catalogue_source *files, size_t n) {
    struct catalogue_rows rows;
    struct catalogue_report report;
    if (catalogue_read(a, files, n, NULL, &rows, &report)) return NULL;
    check(report.products + report.figures + report.parts == rows.items.n);
    return catalogue_of_rows(a, &rows);
}

static void find(arena *a, const struct catalogue *c, str bytes) {
    struct text t;
    catalogue_hit_list hits;
    text_of(a, bytes, S("en"), &t);
    catalogue_find(c, a, &t, &hits);
    uint32_t last = 0;
    for (size_t i = 0; i < hits.n; i++) {
        const struct catalogue_hit *h = &hits.v[i];
        check(h->from >= last && h->to > h->from && h->to <= t.nwords);
        check(h->item == UINT32_MAX ? h->ncandidates >= 2 : h->item < catalogue_size(c));
        for (uint32_t k = 0; k < h->ncandidates; k++) check(h->candidates[k] < catalogue_size(c));
        last = h->to;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct catalogue *ours;
    arena *a = arena_new((size_t)1 << 30);
    if (!ours) {
        const struct catalogue_source files[] = {{S("products.csv"), str_z(products)},
                                                 {S("figures.csv"), str_z(figures)},
                                                 {S("parts.csv"), str_z(parts)},
                                                 {S("contents.csv"), str_z(contents)}};
        ours = of_files(a, files, 4);
        check(ours && catalogue_size(ours) == 12);
    }
    str bytes = {(const char *)data, size};
    find(a, ours, bytes);
    /* The first half as products, the second as contents; then its own text against it. */
    const struct catalogue_source files[] = {{S("products.csv"), str_slice(bytes, 0, size / 2)},
                                             {S("contents.csv"), str_slice(bytes, size / 2, size)}};
    struct catalogue *c = of_files(a, files, 1 + size % 2);
    if (c) find(a, c, bytes);
    catalogue_free(c);
    arena_free(a);
    return 0;
}
