#include "systemctl.h"

#include "printable.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int
systemctl_describe(char *ret_text, size_t size)
{
    *ret_text = '\0';
    if (access("/run/systemd/system", F_OK) != 0) {
        return -1;
    }
    /* A fixed command without anything from outside in it. */
    FILE *pipe = popen("systemctl show rosterd.service -p LoadState,ActiveState,Result,"
                       "ExecMainStatus,StateChangeTimestamp,StatusText 2>/dev/null",
                       "re");
    if (pipe == NULL) {
        return -1;
    }
    struct unit_state state = {0};
    char line[512];
    while (fgets(line, sizeof line, pipe) != NULL) {
        read_property(line, &state);
    }
    if (pclose(pipe) != 0 || strcmp(state.load, "loaded") != 0) {
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
