#include "base/embedded.h"

const struct embedded_file *embedded_find(str path) {
    size_t low = 0, high = embedded_files_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(path, str_z(embedded_files[middle].path));
        if (order == 0) return &embedded_files[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct embedded_file *embedded_all(size_t *ret_n) {
    *ret_n = embedded_files_n;
    return embedded_files;
}

const char *embedded_version(void) { return embedded_files_hash; }
