/*
 * The journal's name of an event: a UUID that is made of the cause's word, so that the daemon and
 * the catalog agree without a list of numbers to keep.
 */
#ifndef ROSTER_MESSAGE_ID_H
#define ROSTER_MESSAGE_ID_H

#include "error.h"

/* 32 hexadecimal digits and a NUL. */
#define MESSAGE_ID_SIZE 33

/* Writes the MESSAGE_ID of a cause. Stays the same as long as the cause's word does. */
void message_id_of(enum cause cause, char ret_id[static MESSAGE_ID_SIZE]);

#endif
