/*
 * watch: status, or one district, drawn again each second; with --line one line a second, for slow
 * lines and for logs. Goes on when the daemon is away. Ends with q (on a terminal) or a signal.
 */
#include "answer.h"
#include "verbs.h"
#include "words.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { WATCH_EVERY_MS = 1000, LINES_A_HEADING = 20 };

static volatile sig_atomic_t is_ended;

static void
on_signal(int number)
{
    (void)number;
    is_ended = 1;
}

/* Waits a second, or for q. */
static void
wait_a_second(bool has_keys)
{
    struct pollfd keys = {.fd = STDIN_FILENO, .events = POLLIN};
    char key = 0;
    if (poll(&keys, has_keys ? 1 : 0, WATCH_EVERY_MS) > 0) {
        is_ended = read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q';
    }
}

static void
print_line(const struct ctl *ctl, const json_t *status, int line)
{
    const json_t *health = json_object_get(json_object_get(status, "districts"), "health");
    const json_t *database = json_object_get(status, "database");
    char when[WORDS_SIZE];
    char spool[WORDS_SIZE];
    char roundtrip[WORDS_SIZE] = "down";
    if (line % LINES_A_HEADING == 0) {
        paint_print(&ctl->painter, PAINT_QUIET, "%-8s  %5s  %5s  %5s  %5s  %6s  %7s  %10s\n",
                    "TIME", "RUN", "RETRY", "HELD", "FAIL", "LATE", "DB ms", "SPOOL");
    }
    if (get_truth(database, "up")) {
        (void)snprintf(roundtrip, sizeof roundtrip, "%.1f", get_real(database, "roundtrip_ms"));
    }
    printf("%-8s  %5" JSON_INTEGER_FORMAT "  %5" JSON_INTEGER_FORMAT "  %5" JSON_INTEGER_FORMAT
           "  %5" JSON_INTEGER_FORMAT "  %6" JSON_INTEGER_FORMAT "  %7s  %10s%s\n",
           format_when_short(when, ctl->now, ctl->now), get_count(status, "running_total"),
           get_count(health, "retrying"), get_count(health, "held"), get_count(health, "failing"),
           get_count(health, "late"), roundtrip,
           format_bytes(spool, get_count(json_object_get(status, "spool"), "bytes")),
           get_truth(status, "stale") ? "  STALE" : "");
}

static enum ctl_exit
draw_line(const struct ctl *ctl, int line)
{
    json_t *status = NULL;
    struct question question = {.door = DOOR_STATUS, .target = "/v1/status", .is_quiet = true};
    enum ctl_exit code = answer_get(ctl, &question, &status);
    char when[WORDS_SIZE];
    if (code == CTL_DONE && ctl->options->is_json) {
        (void)json_dumpf(status, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
        putchar('\n');
    } else if (code == CTL_DONE) {
        print_line(ctl, status, line);
    } else {
        printf("%-8s  %s\n", format_when_short(when, ctl->now, ctl->now),
               get_text(status, "message", "no answer"));
    }
    json_decref(status);
    return code;
}

static enum ctl_exit
draw_screen(const struct ctl *ctl)
{
    /* Home, and clear from here on: less flicker than clearing first. */
    fputs("\033[H\033[J", stdout);
    enum ctl_exit code = ctl->options->words_count > 0 ? verb_district(ctl) : verb_status(ctl);
    if (code == CTL_NOT_RUNNING) {
        puts("waiting for rosterd …");
    }
    puts("\nq quits");
    return code;
}

enum ctl_exit
verb_watch(const struct ctl *ctl)
{
    struct termios saved;
    bool has_keys = tcgetattr(STDIN_FILENO, &saved) == 0;
    bool is_screen = isatty(STDOUT_FILENO) == 1 && !ctl->options->is_json &&
                     (ctl->options->given & OPTION_LINE) == 0;
    if (has_keys) {
        struct termios quiet = saved;
        quiet.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
    }
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    enum ctl_exit code = CTL_DONE;
    for (int line = 0; is_ended == 0; line++) {
        struct ctl moment = *ctl;
        moment.now = when_now();
        code = is_screen ? draw_screen(&moment) : draw_line(&moment, line);
        if (fflush(stdout) != 0 || code == CTL_NOT_PERMITTED || code == CTL_NO_SUCH) {
            break;
        }
        wait_a_second(has_keys);
    }
    if (has_keys) {
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    }
    return is_ended != 0 ? CTL_DONE : code;
}
