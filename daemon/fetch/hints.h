/* Which kind of key a pinned fingerprint belongs to, as learned from handshakes. Pins are bare
 * fingerprints; without the hint a server whose RSA key is pinned would cost a handshake with each
 * better kind at every poll. A wrong or lost hint costs a handshake, never more. */
#ifndef FETCH_HINTS_H
#define FETCH_HINTS_H

struct hints;

struct hints *hints_new(void); /* NULL: no memory */
void hints_free(struct hints *hints);

/* A remote_key_kind, or 0: not known. */
unsigned hints_find(const struct hints *hints, const char *fingerprint);
void hints_learn(struct hints *hints, const char *fingerprint, unsigned kind);

#endif
