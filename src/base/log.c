#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static log_level limit = LOG_INFO;

void log_set_level(log_level level) { limit = level; }

static const char *level_name(log_level level) {
    switch (level) {
    case LOG_QUIET: return "quiet";
    case LOG_ERROR: return "error";
    case LOG_WARN: return "warn";
    case LOG_INFO: return "info";
    case LOG_DEBUG: return "debug";
    }
    return "";
}

void log_line(log_level level, const char *where, const char *fmt, ...) {
    if (level > limit) return;
    char says[1024], quoted[sizeof says * 6 + 1];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(says, sizeof says, fmt, ap);
    va_end(ap);
    size_t n = 0;
    for (const char *p = says; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '"' || c == '\\') {
            quoted[n++] = '\\';
            quoted[n++] = (char)c;
        } else if (c < 0x20 || c == 0x7f) {
            n += (size_t)snprintf(quoted + n, 7, "\\u%04x", c);
        } else {
            quoted[n++] = (char)c;
        }
    }
    quoted[n] = 0;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    struct tm tm;
    gmtime_r(&t.tv_sec, &tm);
    char at[32];
    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%S", &tm);
    /* One call, so that lines of several threads do not mix. */
    fprintf(stderr, "{\"at\":\"%s.%03ldZ\",\"level\":\"%s\",\"where\":\"%s\",\"says\":\"%s\"}\n", at,
            t.tv_nsec / 1000000, level_name(level), where, quoted);
}
