#include "systemctl.h"

#include "printable.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct unit_state {
    char active[40];
    char result[40];
    char exit_status[16];
    char since[64];
    char status_text[160];
    char load[40];
};

static void
read_property(char *line, struct unit_state *state)
{
    const struct {
        const char *name;
        char *text;
        size_t size;
    } properties[] = {
        {"LoadState", state->load, sizeof state->load},
        {"ActiveState", state->active, sizeof state->active},
        {"Result", state->result, sizeof state->result},
        {"ExecMainStatus", state->exit_status, sizeof state->exit_status},
        {"StateChangeTimestamp", state->since, sizeof state->since},
        {"StatusText", state->status_text, sizeof state->status_text},
    };
    line[strcspn(line, "\n")] = '\0';
    char *value = strchr(line, '=');
    if (value == NULL) {
        return;
    }
    *value++ = '\0';
    for (size_t index = 0; index < sizeof properties / sizeof *properties; index++) {
        if (strcmp(properties[index].name, line) == 0) {
            (void)printable_encode(value, strlen(value), properties[index].text,
                                   properties[index].size);
        }
    }
}

/* Runs systemctl without a shell and reads what it says of the unit. */
static int
read_unit(struct unit_state *ret_state)
{
    /* posix_spawn wants words that may be written to. */
    char program[] = "systemctl";
    char verb[] = "show";
    char unit[] = "rosterd.service";
    char properties[] = "--property=LoadState,ActiveState,Result,ExecMainStatus,"
                        "StateChangeTimestamp,StatusText";
    char *const words[] = {program, verb, unit, properties, NULL};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return -1;
    }
    posix_spawn_file_actions_t actions;
    pid_t child = -1;
    if (posix_spawn_file_actions_init(&actions) == 0) {
        if (posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) != 0 ||
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) !=
                0 ||
            posix_spawnp(&child, program, &actions, NULL, words, environ) != 0) {
            child = -1;
        }
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    (void)close(ends[1]);
    FILE *answer = child < 0 ? NULL : fdopen(ends[0], "r");
    if (answer == NULL) {
        (void)close(ends[0]);
    } else {
        char line[512];
        while (fgets(line, sizeof line, answer) != NULL) {
            read_property(line, ret_state);
        }
        (void)fclose(answer);
    }
    int status = -1;
    return child >= 0 && waitpid(child, &status, 0) == child && status == 0 ? 0 : -1;
}

int
systemctl_describe(char *ret_text, size_t size)
{
    *ret_text = '\0';
    if (access("/run/systemd/system", F_OK) != 0) {
        return -1;
    }
    struct unit_state state = {0};
    if (read_unit(&state) != 0 || strcmp(state.load, "loaded") != 0) {
        return -1;
    }
    (void)snprintf(ret_text, size, "%s since %s", state.active,
                   *state.since == '\0' ? "boot" : state.since);
    size_t length = strlen(ret_text);
    if (*state.result != '\0' && strcmp(state.result, "success") != 0) {
        (void)snprintf(ret_text + length, size - length, " (%s, status %s)", state.result,
                       state.exit_status);
        length = strlen(ret_text);
    }
    if (*state.status_text != '\0') {
        (void)snprintf(ret_text + length, size - length, ", last status \"%s\"", state.status_text);
    }
    return 0;
}
