/*
 * Secrets by name, out of one folder: NAME.key is a private key (NAME.passphrase opens it, if it
 * needs one), NAME.password a password. A file that others than its owner can read is refused:
 * then it is no secret any more, and somebody should know.
 */
#ifndef FETCH_CREDENTIALS_H
#define FETCH_CREDENTIALS_H

#include "error.h"

/* What one name stands for; at least one of key and password is there. */
struct credentials {
    char *key;        /* text of the key file, or NULL */
    char *passphrase; /* or NULL */
    char *password;   /* without the line end, or NULL */
};

/*
 * Reads the files of a name. They are small and local, so they are read at each sign-in: a
 * credential that was replaced counts at once, and none stays in memory.
 *
 * @param ret_credentials  for credentials_clear, also after a failure
 * @return                 0, or -1 with CAUSE_SFTP_CREDENTIAL
 */
int credentials_read(const char *folder, const char *name, struct credentials *ret_credentials,
                     struct error *reterr);

/* Wipes and frees. */
void credentials_clear(struct credentials *credentials);

#endif
