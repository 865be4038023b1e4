#include "notify.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

void
notify_ready(void)
{
    (void)sd_notify(0, "READY=1");
}

void
notify_reloading(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
                     (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void
notify_stopping(void)
{
    (void)sd_notify(0, "STOPPING=1");
}

void
notify_watchdog(void)
{
    (void)sd_notify(0, "WATCHDOG=1");
}

void
notify_status(const char *status)
{
    static char last[256];
    if (strncmp(last, status, sizeof last - 1) == 0) {
        return;
    }
    (void)snprintf(last, sizeof last, "%s", status);
    (void)sd_notifyf(0, "STATUS=%s", last);
}

void
notify_extend_s(double seconds)
{
    (void)sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%lld", (long long)(seconds * 1e6));
}

double
notify_watchdog_s(void)
{
    uint64_t limit_us = 0;
    return sd_watchdog_enabled(0, &limit_us) > 0 ? (double)limit_us / 2e6 : 0;
}
