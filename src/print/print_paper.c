#include "print/print_own.h"

static const struct {
    const char *name;
    struct print_size size;
} papers[PRINT_PAPERS] = {
    [PRINT_A4] = {"a4", {210 * MM, 297 * MM}},     [PRINT_LETTER] = {"letter", {8.5 * 72, 11 * 72}},
    [PRINT_A5] = {"a5", {148 * MM, 210 * MM}},     [PRINT_LABEL_62X100] = {"62x100", {62 * MM, 100 * MM}},
    [PRINT_LABEL_4X6] = {"4x6", {4 * 72, 6 * 72}},
};

const char *print_paper_name(enum print_paper p) { return papers[p].name; }

bool print_paper_find(str name, enum print_paper *ret_paper) {
    for (int i = 0; i < PRINT_PAPERS; i++)
        if (str_eq_nocase(name, str_z(papers[i].name))) {
            *ret_paper = (enum print_paper)i;
            return true;
        }
    return false;
}

struct print_size print_paper_size(enum print_paper p) {
    return papers[p].size;
}
