/* doctor: what was looked at, and how it stands. */
#ifndef LONGHAND_CLI_DOCTOR_H
#define LONGHAND_CLI_DOCTOR_H

#include "base/list.h"
#include "cli/cli.h"

typedef enum verdict { GOOD, LOOK, BAD } verdict;
struct doctor_finding {
    verdict verdict;
    const char *what;
    str says;
};
typedef LIST(struct doctor_finding) doctor_finding_list;

struct doctor {
    struct cli_desk *c;
    doctor_finding_list found;
};
void doctor_add(struct doctor *d, verdict v, const char *what, str says);

/* How the processes that read what strangers send are confined, and the virus scanner. */
void doctor_files(struct doctor *d);

/* Mailboxes that are fetched, and inboxes that are silent beyond their rhythm. */
err doctor_fetching(struct doctor *d);

/* `doctor mail`: each inbox sends itself a letter by its own way of sending, and waits at most so many
 * seconds until the running desk has it. */
err doctor_mail(struct doctor *d, int wait_seconds);

#endif
