/*
 * The roles of 1.2: roles.csv says who has which role where, and users.csv comes after it. What was
 * read is kept by the hash of the person's id (idhash.h), 16 bytes a row in a table that is at most
 * four fifths full, beside each different pair of role and org once.
 */
#ifndef ROSTER_ROLE_SET_H
#define ROSTER_ROLE_SET_H

#include <stdint.h>

#include "error.h"
#include "text.h"

struct role_set;

/* @return NULL when memory or randomness ran out */
struct role_set *role_set_new(void);
void role_set_free(struct role_set *set);

/*
 * Adds a role; one that is there already changes nothing.
 *
 * @param org  size 0: at no org
 * @return 0, or -1 (roster.limit: LIMIT_ROLES, LIMIT_ROLE_PAIRS, LIMIT_LIST_ITEMS; memory)
 */
int role_set_add(struct role_set *set, struct text person, struct text role, struct text org,
                 struct error *reterr);

/*
 * The roles of a person as record.h has them, in the order they were added.
 *
 * @param ret_roles  TEXT_NONE when there is none; else in the scratch memory
 * @return 0, or -1 when the scratch memory is used up
 */
int role_set_join(const struct role_set *set, struct text person, struct scratch *scratch,
                  struct text *ret_roles);

#endif
