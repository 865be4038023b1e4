/* The one place that talks to libphonenumber, which is C++. No exception leaves it. */
#ifndef ROSTER_PHONE_LIBRARY_H
#define ROSTER_PHONE_LIBRARY_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * @param ret_e164  17 bytes; gets "+" and the digits, not ended by a NUL
 * @return length of the number; 0 when it is not one valid number without extension
 */
size_t phone_library_e164(const char *data, size_t size, const char *region, char *ret_e164);

/* 1 when the library has rules for the region, else 0. */
int phone_library_knows(const char *region);

#ifdef __cplusplus
}
#endif

#endif
