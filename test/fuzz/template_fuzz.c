/* Templates. Any bytes either compile, with every block closed, or are refused with a line and a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static jmp_buf refused;
static _Noreturn void leave(int status) {
    (void)status;
    longjmp(refused, 1);
}
/* Its sentence is formatted as ever, and not shown a million times. */
static int keep_quiet(FILE *to, const char *fmt, va_list ap) {
    char line[512];
    (void)to;
    return vsnprintf(line, sizeof line, fmt, ap);
}

#define exit leave
#define vfprintf keep_quiet
#define fprintf(to, ...) snprintf((char[512]){0}, 512, __VA_ARGS__)
#define fputc(c, to) ((void)(to))
#define main tmplc_main
#include "../../tools/tmplc.c"
#undef exit
#undef main

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size && memchr(data, 0, size)) return 0; /* read_template refuses it */
    char *bytes = malloc(size + 1);
    if (!bytes) return 0;
    memcpy(bytes, data, size);
    bytes[size] = '\0';
    memset(&tc, 0, sizeof tc);
    tc.file = "x.tmpl";
    tc.begin = tc.p = bytes;
    tc.end = bytes + size;
    tc.line = 1;
    if (setjmp(refused) == 0) {
        compile();
        if (tc.blocks || !tc.page_seen || !tc.code.n || !tc.head.n) abort();
    }
    struct text *all[] = {&tc.code, &tc.head, &tc.strings, &tc.literal};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) free(all[i]->p);
    free(bytes);
    return 0;
}
