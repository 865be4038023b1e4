/* The least a poll can cost with libssh: connect, sign in, list, end; so many times over.
 * bare_poll PORT USER KEYFILE FOLDER COUNT; prints CPU milliseconds a poll. */
#include <libssh/libssh.h>
#include <libssh/sftp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static int
poll_once(unsigned port, const char *user, const char *key_file, const char *folder)
{
    int no = 0;
    ssh_key key = NULL;
    ssh_session session = ssh_new();
    ssh_options_set(session, SSH_OPTIONS_HOST, "127.0.0.1");
    ssh_options_set(session, SSH_OPTIONS_PORT, &port);
    ssh_options_set(session, SSH_OPTIONS_USER, user);
    ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &no);
    ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
    if (ssh_connect(session) != SSH_OK || ssh_userauth_none(session, NULL) == SSH_AUTH_ERROR ||
        ssh_pki_import_privkey_file(key_file, NULL, NULL, NULL, &key) != SSH_OK ||
        ssh_userauth_publickey(session, NULL, key) != SSH_AUTH_SUCCESS) {
        fprintf(stderr, "bare_poll: %s\n", ssh_get_error(session));
        return -1;
    }
    sftp_session sftp = sftp_new(session);
    sftp_dir listing = sftp_init(sftp) == SSH_OK ? sftp_opendir(sftp, folder) : NULL;
    if (listing == NULL) {
        fprintf(stderr, "bare_poll: %s\n", ssh_get_error(session));
        return -1;
    }
    sftp_attributes entry;
    while ((entry = sftp_readdir(sftp, listing)) != NULL) {
        sftp_attributes_free(entry);
    }
    sftp_closedir(listing);
    sftp_free(sftp);
    ssh_key_free(key);
    ssh_disconnect(session);
    ssh_free(session);
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc != 6) {
        return 2;
    }
    int count = (int)strtol(argv[5], NULL, 10);
    for (int done = 0; done < count; done++) {
        if (poll_once((unsigned)strtoul(argv[1], NULL, 10), argv[2], argv[3], argv[4]) != 0) {
            return 1;
        }
    }
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double ms = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
                (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
    printf("%.3f\n", ms / count);
    return 0;
}
