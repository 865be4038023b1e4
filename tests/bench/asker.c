/*
 * Asks a daemon for its status ten times a second, as a person's screen and a monitor would, and
 * besides, as the floor, a process that does nothing but answer: what both wait for is the machine.
 *
 * usage: asker STATUS_SOCKET FLOOR_SOCKET     until the end of standard input
 * prints: {"status_p99_ms", "status_floor_p99_ms", "lag_floor_p99_ms", "answers"}; the lag is how
 * late its own timer was.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_MS 100
#define ANSWERS_MAX 100000

static double
now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static struct sockaddr_un
address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return address;
}

static void
die(const char *what)
{
    perror(what);
    exit(1);
}

/* Milliseconds from before the connection until the answer has ended. */
static double
ask(const char *path)
{
    static const char request[] =
        "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    static char answer[1 << 20];
    double began = now_ms();
    struct sockaddr_un address = address_of(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        write(fd, request, sizeof request - 1) < 0) {
        die(path);
    }
    size_t size = 0;
    ssize_t got;
    while ((got = read(fd, answer + size, sizeof answer - size)) > 0) {
        size += (size_t)got;
    }
    (void)close(fd);
    if (size < 12 || memcmp(answer, "HTTP/1.1 200", 12) != 0) {
        (void)fprintf(stderr, "%s does not answer 200\n", path);
        exit(1);
    }
    return now_ms() - began;
}

static void
answer_all(int listener)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    static char words[2048];
    char request[1024];
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0 || read(fd, request, sizeof request) < 0 ||
            write(fd, head, sizeof head - 1) < 0 || write(fd, words, sizeof words) < 0) {
            die("the floor");
        }
        (void)close(fd);
    }
}

static int
by_value(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

static double
p99(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return count == 0 ? 0 : values[count * 99 / 100];
}

int
main(int argc, char **argv)
{
    static double status[ANSWERS_MAX], bare[ANSWERS_MAX], late[ANSWERS_MAX];
    size_t count = 0;
    if (argc != 3) {
        return 2;
    }
    struct sockaddr_un address = address_of(argv[2]);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 8) != 0) {
        die(argv[2]);
    }
    if (fork() == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        answer_all(listener);
    }
    while (count < ANSWERS_MAX) {
        struct pollfd end = {.fd = STDIN_FILENO, .events = POLLIN};
        double due = now_ms() + PAUSE_MS;
        if (poll(&end, 1, PAUSE_MS) != 0) {
            break;
        }
        late[count] = now_ms() - due;
        status[count] = ask(argv[1]);
        bare[count] = ask(argv[2]);
        count++;
    }
    (void)printf("{\"status_p99_ms\": %.2f, \"status_floor_p99_ms\": %.2f, \"lag_floor_p99_ms\": "
                 "%.2f, \"answers\": %zu}\n",
                 p99(status, count), p99(bare, count), p99(late, count), count);
    return 0;
}
