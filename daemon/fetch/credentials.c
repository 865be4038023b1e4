#include "credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bounds.h"

/* Names come from a database row that ops can write: they stay inside the folder. */
static bool
is_name(const char *name)
{
    size_t allowed = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "._-@");
    return allowed > 0 && allowed <= 128 && name[allowed] == '\0' && name[0] != '.';
}

static void
wipe(char *secret)
{
    if (secret != NULL) {
        explicit_bzero(secret, strlen(secret));
        free(secret);
    }
}

static int
read_whole(int fd, const char *file, char **ret_text, struct error *reterr)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        return error_set(reterr, CAUSE_SFTP_CREDENTIAL, "%s is not a file", file);
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return error_set(reterr, CAUSE_SFTP_CREDENTIAL, "%s can be read by others; chmod 600 it",
                         file);
    }
    if (status.st_size == 0 || status.st_size >= BOUNDS_SECRET) {
        return error_set(reterr, CAUSE_SFTP_CREDENTIAL, "%s is empty or too long", file);
    }
    size_t size = (size_t)status.st_size;
    char *text = calloc(1, size + 1);
    if (text == NULL) {
        return error_set(reterr, CAUSE_MEMORY, "no memory for %s", file);
    }
    ssize_t count = read(fd, text, size);
    if (count != (ssize_t)size || memchr(text, '\0', size) != NULL) {
        explicit_bzero(text, size);
        free(text);
        return error_set(reterr, CAUSE_SFTP_CREDENTIAL, "%s cannot be read as text", file);
    }
    *ret_text = text;
    return 0;
}

/* Leaves *ret_text NULL when there is no such file. */
static int
read_secret(int folder, const char *name, const char *suffix, char **ret_text, struct error *reterr)
{
    char file[160];
    (void)snprintf(file, sizeof file, "%s.%s", name, suffix);
    *ret_text = NULL;
    int fd = openat(folder, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return errno == ENOENT ? 0
                               : error_set_errno(reterr, CAUSE_SFTP_CREDENTIAL, errno, "%s", file);
    }
    int result = read_whole(fd, file, ret_text, reterr);
    (void)close(fd);
    return result;
}

static void
cut_line_end(char *text)
{
    if (text != NULL) {
        text[strcspn(text, "\r\n")] = '\0';
    }
}

int
credentials_read(const char *folder, const char *name, struct credentials *ret_credentials,
                 struct error *reterr)
{
    memset(ret_credentials, 0, sizeof *ret_credentials);
    if (!is_name(name)) {
        return error_set(reterr, CAUSE_SFTP_CREDENTIAL, "\"%s\" is not a name for a credential",
                         name);
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return error_set_errno(reterr, CAUSE_SFTP_CREDENTIAL, errno,
                               "the credentials folder cannot be opened");
    }
    int result = 0;
    if (read_secret(fd, name, "key", &ret_credentials->key, reterr) != 0 ||
        read_secret(fd, name, "passphrase", &ret_credentials->passphrase, reterr) != 0 ||
        read_secret(fd, name, "password", &ret_credentials->password, reterr) != 0) {
        result = -1;
    } else if (ret_credentials->key == NULL && ret_credentials->password == NULL) {
        result = error_set(reterr, CAUSE_SFTP_CREDENTIAL, "there is neither %s.key nor %s.password",
                           name, name);
    }
    (void)close(fd);
    cut_line_end(ret_credentials->passphrase);
    cut_line_end(ret_credentials->password);
    return result;
}

void
credentials_clear(struct credentials *credentials)
{
    wipe(credentials->key);
    wipe(credentials->passphrase);
    wipe(credentials->password);
    memset(credentials, 0, sizeof *credentials);
}
