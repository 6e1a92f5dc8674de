/* relay: the SMTP listener for a relay, as desk.json describes it. */
#ifndef LONGHAND_CLI_RELAY_H
#define LONGHAND_CLI_RELAY_H

#include "cli/cli.h"
#include "mail/lmtp.h"

/* Letters go where `hooks` say. NULL in *ret_relay when desk.json names no address to listen at. ERR_INVALID
 * says which of its members is wrong; else as lmtp_server_start. Stop frees; NULL is allowed. */
struct relay;
err relay_start(const struct cli_config *config, size_t letter_max, struct lmtp_hooks hooks,
                struct relay **ret_relay);
void relay_stop(struct relay *r);

/* Whether the listener could start as desk.json has it, and how long the certificate holds. Nothing is said
 * where there is none to be. */
struct doctor;
void relay_doctor(struct doctor *d);

#endif
