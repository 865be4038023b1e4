/*
 * What systemd knows of the service, for when the daemon itself cannot be asked.
 */
#ifndef ROSTERCTL_SYSTEMCTL_H
#define ROSTERCTL_SYSTEMCTL_H

#include <stddef.h>

/*
 * One line such as "failed since Tue 09:14 (exit-code, 78); last status \"…\"", safe to print.
 *
 * @return 0, or -1 with an empty text: no systemd here, or it does not know the service
 */
int systemctl_describe(char *ret_text, size_t size);

#endif
