#include "names.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Hosts remembered; one that falls on another's place replaces it. */
#define PLACES 4096
#define KEEP_MS 60000

struct entry {
    uint64_t until_ms;
    struct names_answer answer;
    char host[];
};

struct names {
    struct entry *places[PLACES];
};

struct names *
names_new(void)
{
    return calloc(1, sizeof(struct names));
}

void
names_free(struct names *names)
{
    if (names != NULL) {
        for (size_t index = 0; index < PLACES; index++) {
            free(names->places[index]);
        }
        free(names);
    }
}

static size_t
place_of(const char *host)
{
    uint32_t value = 2166136261U; /* FNV-1a */
    for (; *host != '\0'; host++) {
        value = (value ^ (unsigned char)*host) * 16777619U;
    }
    return value % PLACES;
}

static void
set_port(struct names_answer *answer, uint16_t port)
{
    for (size_t index = 0; index < answer->count; index++) {
        /* The port stands at the same place in both. */
        answer->addresses[index].v4.sin_port = htons(port);
    }
}

static bool
read_numeric(const char *host, union names_address *ret_address)
{
    memset(ret_address, 0, sizeof *ret_address);
    if (inet_pton(AF_INET, host, &ret_address->v4.sin_addr) == 1) {
        ret_address->v4.sin_family = AF_INET;
        return true;
    }
    if (inet_pton(AF_INET6, host, &ret_address->v6.sin6_addr) == 1) {
        ret_address->v6.sin6_family = AF_INET6;
        return true;
    }
    return false;
}

void
names_find(const struct names *names, const char *host, uint16_t port, uint64_t now_ms,
           struct names_answer *ret_answer)
{
    const struct entry *entry = names->places[place_of(host)];
    ret_answer->count = 0;
    if (read_numeric(host, &ret_answer->addresses[0])) {
        ret_answer->count = 1;
    } else if (entry != NULL && entry->until_ms > now_ms && strcmp(entry->host, host) == 0) {
        *ret_answer = entry->answer;
    }
    set_port(ret_answer, port);
}

void
names_keep(struct names *names, const char *host, const struct addrinfo *found, uint64_t now_ms,
           struct names_answer *ret_answer)
{
    ret_answer->count = 0;
    for (const struct addrinfo *at = found; at != NULL && ret_answer->count < BOUNDS_ADDRESSES;
         at = at->ai_next) {
        if ((at->ai_family == AF_INET || at->ai_family == AF_INET6) &&
            at->ai_addrlen <= sizeof ret_answer->addresses[0]) {
            memcpy(&ret_answer->addresses[ret_answer->count++], at->ai_addr, at->ai_addrlen);
        }
    }
    struct entry *entry = malloc(sizeof *entry + strlen(host) + 1);
    if (entry != NULL && ret_answer->count > 0) {
        struct entry **place = &names->places[place_of(host)];
        entry->until_ms = now_ms + KEEP_MS;
        entry->answer = *ret_answer;
        memcpy(entry->host, host, strlen(host) + 1);
        free(*place);
        *place = entry;
    } else {
        free(entry);
    }
}

void
names_forget(struct names *names, const char *host)
{
    struct entry **place = &names->places[place_of(host)];
    if (*place != NULL && strcmp((*place)->host, host) == 0) {
        free(*place);
        *place = NULL;
    }
}
