/*
 * A second thread, so that two files of a large package are read at once. It is begun before the
 * process locks itself down, as none can be afterwards, and does nothing before it has locked down
 * itself.
 */
#ifndef STAGE_HELPER_H
#define STAGE_HELPER_H

#include "reader.h"

struct helper;

/* @return NULL: there is none, and everything is done in its turn */
struct helper *helper_new(void);

/* Waits for it to end. NULL is allowed. */
void helper_free(struct helper *helper);

/* For a reader; the bundle is the helper's to read while it works. */
struct reader_helper helper_for(struct helper *helper, struct bundle *bundle);

#endif
