/*
 * Limits that a test could only reach with hours or gigabytes, lowered: test_limits compiles the
 * modules that keep them with these, and is otherwise the real thing.
 */
#ifndef TEST_LOWERED_H
#define TEST_LOWERED_H

#include "limit.h"

#undef LIMIT_FILE_BYTES
#define LIMIT_FILE_BYTES (INT64_C(3) << 20) /* really 16 GiB */
#undef LIMIT_TOTAL_BYTES
#define LIMIT_TOTAL_BYTES (INT64_C(5) << 20) /* really 32 GiB */
#undef LIMIT_ROWS
#define LIMIT_ROWS 5000 /* really 100 million */
#undef LIMIT_ROLES
#define LIMIT_ROLES 300 /* really 10 million */

#endif
