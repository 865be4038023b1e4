/*
 * Addresses of host names, remembered for a minute: thousands of districts share a few hosts, and
 * each poll would ask the resolver again. Numeric addresses never reach the resolver at all.
 */
#ifndef FETCH_NAMES_H
#define FETCH_NAMES_H

#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

/* One address with its port; what connect(2) takes. */
union names_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

struct names_answer {
    size_t count;
    union names_address addresses[BOUNDS_ADDRESSES];
};

struct names;

struct names *names_new(void); /* NULL: no memory */
void names_free(struct names *names);

/*
 * What is known of a host without asking.
 *
 * @param now_ms      the loop's clock
 * @param ret_answer  addresses with that port; count 0: the resolver must be asked
 */
void names_find(const struct names *names, const char *host, uint16_t port, uint64_t now_ms,
                struct names_answer *ret_answer);

/* Remembers what the resolver said, as far as it fits, and gives it back as an answer. */
void names_keep(struct names *names, const char *host, const struct addrinfo *found,
                uint64_t now_ms, struct names_answer *ret_answer);

/* After none of its addresses could be reached: the next one asks again. */
void names_forget(struct names *names, const char *host);

#endif
