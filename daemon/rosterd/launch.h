/*
 * Starts a program. Not uv_spawn: that forks, and waits until the child has come so far as to run
 * the program. On a busy machine this is 5 ms and more for each, during which the loop answers
 * nobody. A child that borrows the memory of the thread that waits for it (vfork) gets there in a
 * quarter of that time.
 */
#ifndef ROSTERD_LAUNCH_H
#define ROSTERD_LAUNCH_H

#include <sys/types.h>

/*
 * Starts a program in a session of its own, with all signals as they are by default, and with
 * nothing open but what it is given.
 *
 * @param program     absolute path
 * @param args        with the program's name, up to NULL
 * @param environment up to NULL
 * @param stdio       what it gets as 0, 1 and 2, each above 2; they stay the caller's
 * @param ret_pidfd   closed on exec; the caller's, who has to ask it for the child's end (waitid)
 * @return 0, or an errno value: nothing was started then, and nothing is returned
 */
int launch_program(const char *program, char *const args[], char *const environment[],
                   const int stdio[3], pid_t *ret_pid, int *ret_pidfd);

#endif
