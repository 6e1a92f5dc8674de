/* Printing with hostile texts. The first bytes choose paper, language, pictures and what is printed; the rest
 * is the text, cut at NULs into its fields. Whatever goes in, a document comes out or the refusal has a
 * sentence. */
#include <stdlib.h>
#include <string.h>

#include "print/print.h"

enum { HEAD = 4, LARGEST = 8192, FIELDS = 6 };

static err swallow(void *context, const void *bytes, size_t n) {
    (void)bytes;
    *(size_t *)context += n;
    return ERR_NONE;
}

static err print_some(const uint8_t *head, const str *field, size_t *written, struct print_result *result) {
    static const char *const languages[] = {"en", "ja", "ar", "zh-TW", "", "x) /Y ("};
    struct print_about about = {field[1], field[0], str_z(languages[head[1] % 6]),
                                head[2] * (int64_t)1000000007};
    struct print_look look = {.brand = field[0], .sender = field[1], .foot = field[3], .sans = head[3] & 1};
    if (head[3] & 2) look.mark = field[5];
    struct print_letter letter = {.address = field[2],
                                  .date = field[1],
                                  .subject = head[3] & 4 ? field[0] : S(""),
                                  .text = field[5],
                                  .sign_off = field[4],
                                  .name = field[3],
                                  .role = field[1]};
    struct print_item items[] = {{field[3], field[1], field[4], head[2] - 128, false},
                                 {field[4], field[0], field[3], head[3], true}};
    struct print_slip slip = {.title = field[0],
                              .box = field[1],
                              .link = field[4],
                              .address = field[2],
                              .facts = field[3],
                              .items = items,
                              .nitems = 2,
                              .note = field[4]};
    struct print_label label = {.sender = field[1], .address = field[2], .box = field[0], .link = field[3]};
    struct print_box box = {.paper = head[0] % 3,
                            .label_paper = head[0] % PRINT_PAPERS,
                            .look = &look,
                            .letter = head[0] & 16 ? NULL : &letter,
                            .slip = head[0] & 32 ? &slip : NULL,
                            .label = head[0] & 64 ? &label : NULL};
    struct print_batch *b;
    err e = print_batch_begin(&about, swallow, written, &b);
    if (e) return e;
    e = print_batch_add(b, &box, NULL);
    if (!e) e = print_batch_end(b, result);
    print_batch_free(b);
    return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < HEAD || size > LARGEST) return 0;
    str rest = {(const char *)data + HEAD, size - HEAD}, field[FIELDS] = {{0}};
    for (int i = 0; i < FIELDS - 1; i++) str_split(&rest, '\0', &field[i]);
    field[FIELDS - 1] = rest;
    size_t written = 0;
    struct print_result result;
    err e = print_some(data, field, &written, &result);
    if (e == ERR_NONE && (result.pages < 1 || result.bytes != (int64_t)written)) abort();
    if (e == ERR_INTERNAL || (e && !*err_text())) abort();
    return 0;
}
