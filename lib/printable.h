/*
 * Foreign bytes made fit for a log line, a terminal and JSON, without losing what they were: text
 * that is safe to show stays, every other byte becomes \xNN, and so does the backslash. Two
 * different inputs never give the same output, so names can be compared in either form.
 *
 * Not safe: control characters (C0, DEL, C1), bytes that are not UTF-8, line separators, and the
 * invisible or direction-changing characters that make one name look like another.
 */
#ifndef ROSTER_PRINTABLE_H
#define ROSTER_PRINTABLE_H

#include <stddef.h>

/* Room for the escaped form of `length` bytes, with its NUL. */
#define PRINTABLE_SIZE(length) (4 * (size_t)(length) + 1)

/*
 * Escapes length bytes into a NUL-terminated string.
 *
 * @param size  room in ret_text, at least 4; what does not fit is left out and the text then ends
 *              in "..."
 * @return      length of ret_text without the NUL
 */
size_t printable_encode(const void *bytes, size_t length, char *ret_text, size_t size);

/*
 * The bytes of an escaped string, NUL-terminated.
 *
 * @param size  room in ret_bytes
 * @return      number of bytes without the NUL, or (size_t)-1: an escape is malformed, stands for
 *              NUL, or there is no room
 */
size_t printable_decode(const char *text, char *ret_bytes, size_t size);

#endif
