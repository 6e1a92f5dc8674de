#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local char text[512];

err err_set(err code, const char *fmt, ...) {
    /* The arguments may point into the old text. */
    char fresh[sizeof text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(fresh, sizeof fresh, fmt, ap);
    va_end(ap);
    snprintf(text, sizeof text, "%s", fresh);
    return code;
}

const char *err_text(void) { return text; }

const char *err_name(err code) {
    switch (code) {
    case ERR_NONE: return "none";
    case ERR_INVALID: return "invalid";
    case ERR_MISSING: return "missing";
    case ERR_DENIED: return "denied";
    case ERR_CONFLICT: return "conflict";
    case ERR_LIMIT: return "limit";
    case ERR_BUSY: return "busy";
    case ERR_FULL: return "full";
    case ERR_IO: return "io";
    case ERR_DATABASE: return "database";
    case ERR_NETWORK: return "network";
    case ERR_INTERNAL: return "internal";
    }
    return "unknown";
}
