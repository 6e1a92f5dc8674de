/* Replays a corpus through a fuzzer without libFuzzer: `x_fuzz FOLDER...`. Each file is one test; a finding
 * ends the program by the sanitizer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f) return 0;
    fseek(f, 0, SEEK_END);
    long n = ftell(f);
    rewind(f);
    /* Of exactly this size, so that reading behind it is seen. */
    uint8_t *bytes = malloc(n > 0 ? (size_t)n : 1);
    size_t got = bytes ? fread(bytes, 1, (size_t)n, f) : 0;
    fclose(f);
    LLVMFuzzerTestOneInput(bytes, got);
    free(bytes);
    return 1;
}

int main(int argc, char **argv) {
    int done = 0;
    static const uint8_t nothing[1];
    LLVMFuzzerTestOneInput(nothing, 0);
    done++;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (!folder) continue;
        for (struct dirent *e; (e = readdir(folder));) {
            char path[4096];
            if (e->d_name[0] == '.') continue;
            snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
            done += replay(path);
        }
        closedir(folder);
    }
    printf("%d passed, 0 failed\n", done);
    return 0;
}
