/* Where tests put their files: TMPDIR, which test/run leads into memory where there is enough of it, since
 * most of what a test on a database waits for is the disk. */
#ifndef LONGHAND_TEST_TMP_KIT_H
#define LONGHAND_TEST_TMP_KIT_H

#include <stdlib.h>

static inline const char *test_tmp(void) {
    const char *folder = getenv("TMPDIR");
    return folder && *folder ? folder : "/tmp";
}

#endif
