/* What we tell systemd; nothing happens when it did not start us. */
#ifndef ROSTERD_NOTIFY_H
#define ROSTERD_NOTIFY_H

#include <stdint.h>

void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);
void notify_watchdog(void);

/* One line for `systemctl status`; the same line again is not sent. */
void notify_status(const char *status);

/* The start takes longer: systemd is to wait so many seconds from now. */
void notify_extend_s(double seconds);

/* Seconds between two watchdog pings, half of what systemd allows; 0: it wants none. */
double notify_watchdog_s(void);

#endif
