/* Every limit of the fetcher, with its reason. What comes from a server is never trusted to be
 * small, few, or soon. */
#ifndef FETCH_BOUNDS_H
#define FETCH_BOUNDS_H

/* Sessions at once in one process: a session costs some 50 KiB at rest and at most its read-ahead
 * in a transfer; jobs beyond it wait. */
#define BOUNDS_SESSIONS 64
/* The longest line of a job, bytes: a job holds at most 32 seen names of 1 KiB and a few paths. */
#define BOUNDS_JOB_LINE (256 * 1024)
/* Entries of one listing that are looked at. A drop holds a few files; more is a wrong folder. */
#define BOUNDS_ENTRIES 10000
/* The longest file name, bytes: what file systems allow. */
#define BOUNDS_NAME 255
/* Reads in flight: default when the job says nothing, and the most a job may ask for. */
#define BOUNDS_DEPTH_DEFAULT 32
#define BOUNDS_DEPTH 64
/* The largest read asked for, bytes, of servers that announce they take it. 32 of these are 4 MiB:
 * more than a line of 40 ms and 100 MB/s holds. */
#define BOUNDS_READ (128 * 1024)
/* The receive window given to the server while a file is read, bytes: the read-ahead above fits
 * into it. Also the size of the one buffer that all sessions of a process read into. */
#define BOUNDS_WINDOW (8 * 1024 * 1024)
/* Bytes one session may take in one turn of the loop before the others get theirs. */
#define BOUNDS_TURN (512 * 1024)
/* Addresses tried of a name that has many. */
#define BOUNDS_ADDRESSES 8
/* The longest key or password file, bytes: an RSA key of 16,384 bits has 13 KiB. */
#define BOUNDS_SECRET (64 * 1024)
/* Questions of a keyboard-interactive server that are answered before we give up. */
#define BOUNDS_QUESTIONS 4
/* The shortest time between two progress events of a job, ms. */
#define BOUNDS_PROGRESS_MS 250
/* The longest detail of an error, bytes after escaping. */
#define BOUNDS_DETAIL 400
/* Output that the daemon has not read yet, bytes; above it progress is left out. */
#define BOUNDS_UNREAD (256 * 1024)
/* Deadlines when the job says nothing, ms, and the longest a job may ask for (a day). */
#define BOUNDS_CONNECT_MS 15000
#define BOUNDS_SILENCE_MS 30000
#define BOUNDS_TOTAL_MS 3600000
#define BOUNDS_DEADLINE_MS 86400000

#endif
