/* Log: one JSON object a line on stderr. Used by desk, jobs, web and the command line; library floors
 * return errors instead. No letter text and no address goes into a log. */
#ifndef LONGHAND_BASE_LOG_H
#define LONGHAND_BASE_LOG_H

typedef enum log_level { LOG_QUIET, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG } log_level;

void log_set_level(log_level level); /* LOG_INFO until set */
/* {"at": ISO time, "level": ..., "where": ..., "says": ...} */
void log_line(log_level level, const char *where, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define log_error(where, ...) log_line(LOG_ERROR, where, __VA_ARGS__)
#define log_warn(where, ...) log_line(LOG_WARN, where, __VA_ARGS__)
#define log_info(where, ...) log_line(LOG_INFO, where, __VA_ARGS__)

#endif
