/* For db.c: what db_result.c makes of a PGresult (which goes by the name of struct db_rows). */
#ifndef ROSTERD_DB_RESULT_H
#define ROSTERD_DB_RESULT_H

#include "db.h"

/* Text of a server or of libpq as one line, cut to `size`. */
void db_one_line(const char *from, char *to, size_t size);

/* Keeps the first error of a call; its message only if it is ours or `is_plain`. */
void db_note_error(struct db_outcome *outcome, const struct db_rows *rows, bool is_plain);

#endif
