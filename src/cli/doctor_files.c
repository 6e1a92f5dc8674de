#include "cli/doctor.h"
#include "net/clamd.h"
#include "net/confine.h"
#include "net/reader.h"

/* The filter is a must: without it no letter would be read. Landlock stands behind it, where the kernel has
 * it. */
static void check_reader(struct doctor *d) {
    arena *a = d->c->arena;
    struct reader_letter letter;
    reader *r = reader_new(S("/proc/self/exe"));
    err e = reader_read(r, a, S("Subject: doctor\n\nx\n"), &letter);
    reader_free(r);
    int landlock = confine_landlock();
    if (!confine_filters())
        doctor_add(d, BAD, "reader",
                   S("this kernel sets no system call filters (seccomp): letters are kept, and listed as "
                     "unreadable"));
    else if (e)
        doctor_add(d, BAD, "reader", str_fmt(a, "the reading process does not work: %s", err_text()));
    else if (!landlock)
        doctor_add(
            d, GOOD, "reader",
            S("confined by a system call filter; this kernel has no Landlock, which would be a second wall"));
    else
        doctor_add(d, GOOD, "reader",
                   str_fmt(a, "confined by a system call filter and Landlock (version %d)", landlock));
}

static void check_scanner(struct doctor *d) {
    arena *a = d->c->arena;
    str version, place = d->c->desk.clamd;
    if (!place.n) return;
    if (clamd_place_check(place))
        doctor_add(d, BAD, "clamd", str_copy(a, str_z(err_text())));
    else if (clamd_version(a, place, &version))
        doctor_add(d, BAD, "clamd",
                   str_fmt(a, "%s Files are shown as not checked until it answers.", err_text()));
    else
        doctor_add(d, GOOD, "clamd", version);
}

void doctor_files(struct doctor *d) {
    check_reader(d);
    check_scanner(d);
}
