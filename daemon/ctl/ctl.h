/*
 * What every verb of rosterctl gets, and what it may end with.
 */
#ifndef ROSTERCTL_CTL_H
#define ROSTERCTL_CTL_H

#include "options.h"
#include "paint.h"

/* Exit codes: a contract, listed in rosterctl(1). */
enum ctl_exit {
    CTL_DONE = 0,          /* answered or done; for check and validate: all is well */
    CTL_REFUSED = 1,       /* refused or failed; for check and validate: warnings */
    CTL_USAGE = 2,         /* the command line; for check and validate: failures */
    CTL_NOT_RUNNING = 3,   /* the daemon is not there */
    CTL_NO_SUCH = 4,       /* no such district, run or code */
    CTL_NOT_PERMITTED = 5, /* not for this user */
    CTL_CHANGED = 6,       /* changed in the meantime: look again */
    CTL_RUN_FAILED = 7,    /* --wait: the run failed */
    CTL_RUN_HELD = 8,      /* --wait: the run is held */
    CTL_STILL_GOING = 9,   /* --wait: time is up, the work goes on */
};

struct ctl {
    const struct options *options;
    struct painter painter;
    double now; /* seconds since 1970, when the command began */
};

#endif
