/* move: a desk that was exported comes into an empty one; `longhand import export`. */
#ifndef LONGHAND_CLI_MOVE_H
#define LONGHAND_CLI_MOVE_H

/* Options as the command line gave them, NULL for none. Returns the exit status. */
int move_in(const char *data, const char *target, const char *folder, const char *json);

#endif
