/* clamd: asks a virus scanner that runs beside the desk what it finds in a file, by the command INSTREAM of
 * ClamAV's clamd (its manual page, "COMMANDS"). The bytes go over the socket as they are, so it must be one
 * of this machine. */
#ifndef LONGHAND_NET_CLAMD_H
#define LONGHAND_NET_CLAMD_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

enum { CLAMD_NAME_MAX = 200, CLAMD_SECONDS = 60 };

/* "/run/clamav/clamd.ctl", or "127.0.0.1:3310" and "[::1]:3310": a path or an address of the loopback in
 * numbers. ERR_INVALID says what is wrong. */
err clamd_place_check(str place);

/* `ret_found`: whether something was found; `ret_name`: its name, one clean line. ERR_NETWORK when the
 * scanner cannot be reached or breaks off; ERR_LIMIT when it does not take so large a file; ERR_INVALID when
 * it answers anything else. All with a sentence. Takes at most `seconds` of silence (0: CLAMD_SECONDS). */
err clamd_scan(arena *a, str place, str bytes, int seconds, bool *ret_found, str *ret_name);

/* Whether it answers, and with which version. */
err clamd_version(arena *a, str place, str *ret_version);

#endif
