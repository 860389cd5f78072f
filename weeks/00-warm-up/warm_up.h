/*
 * warm_up.h: seven small modules of a log watcher, each broken in one way.
 *
 * The error rule of the whole course holds here already:
 *
 *  1. A function that can fail returns int: 0 or a count when it worked,
 *     -errno when it did not. -EINVAL is the number, negated.
 *  2. A result leaves through a pointer, and only when the function worked:
 *     after an error what was there before is there still.
 *  3. Nothing is printed and nothing exits: what to do about an error is the
 *     caller's decision. main.c prints.
 *
 * A name of an error is looked up in errno(3), what a call may answer in the
 * ERRORS section of its man page: `man 2 read`.
 */
#ifndef WARM_UP_H
#define WARM_UP_H

#include <stddef.h>
#include <stdint.h>

/* ---- read_full.c, step 1 ---- */

/*
 * Read len bytes from fd, or fewer if the file ends before.
 *   data, len   filled from the start, borrowed for the call; after an error
 *               part of it may be filled
 *   got         out: the bytes read; less than len only at the end of file
 * A read(2) that brings less than it was asked for is asked again for the
 * rest, and so is one that a signal interrupted (EINTR), as often as that
 * happens: neither is an error.
 * Returns 0.
 * Errors: those of read(2), but EINTR.
 */
int warm_read_full(int fd, void *data, size_t len, size_t *got);

/* ---- recent.c, step 2 ---- */

/* The last lines of a log, for the report after a crash. */
struct warm_recent;

/*
 * Make one that keeps the last `capacity` lines.
 *   out   owned by the caller; release with warm_recent_free()
 * Requires: capacity > 0.
 * Returns 0.
 * Errors: -ENOMEM.
 */
int warm_recent_new(struct warm_recent **out, size_t capacity);

/*
 * Add a line; if there are `capacity` of them, the oldest one goes.
 *   line   text without its newline, copied
 * Returns 0.
 * Errors: -ENOMEM, and then nothing has changed.
 */
int warm_recent_push(struct warm_recent *r, const char *line);

/* How many lines it has now. */
size_t warm_recent_count(const struct warm_recent *r);

/*
 * One of them; index 0 is the oldest. Borrowed until the next
 * warm_recent_push() or warm_recent_free().
 * Requires: index < warm_recent_count(r).
 */
const char *warm_recent_line(const struct warm_recent *r, size_t index);

/* The length of the longest line that it has now, 0 if it has none: the
 * column that a report needs. */
size_t warm_recent_width(const struct warm_recent *r);

/* Free it and its lines. NULL is allowed. */
void warm_recent_free(struct warm_recent *r);

/* ---- size.c, step 3 ---- */

/*
 * A number of bytes as people write it in a configuration: "4096", "64k",
 * "10M", "2G", "1T". Digits, then at most one letter, each 1024 times the one
 * before; nothing else, no sign, no blank.
 *   text    borrowed for the call
 *   bytes   out: the number, INT64_MAX at most
 * Returns 0.
 * Errors: -EINVAL not written that way; -ERANGE more than INT64_MAX.
 */
int warm_size_parse(const char *text, int64_t *bytes);

/* ---- order.c, step 4 ---- */

#define WARM_AFTER_MAX 8
#define WARM_SERVICES_MAX 4096

/* A service that starts only after certain others. */
struct warm_service {
    const char *name;
    struct warm_service *after[WARM_AFTER_MAX]; /* each in the same array */
    size_t after_count;
    int mark; /* for the use of warm_start_order() alone; 0 before it */
};

/*
 * An order in which every service stands behind all those it is after.
 *   services   count of them, <= WARM_SERVICES_MAX; only marks are changed
 *   order      out: count pointers into services; any such order will do, and
 *              after an error anything
 * Returns 0.
 * Errors: -EDEADLK there is none: some services wait for one another, or one
 * for itself.
 */
int warm_start_order(struct warm_service *services, size_t count,
                     struct warm_service **order);

/* ---- traffic.c, step 5 ---- */

/* What a server has served so far. Any thread may call warm_traffic_add() and
 * warm_traffic_read() at any time. Use the locks of POSIX (man 7 pthreads) or
 * atomics: ThreadSanitizer does not know those of C11's <threads.h>, mtx_lock()
 * and the like, and takes what they guard for a race. */
struct warm_traffic;

struct warm_totals {
    uint64_t requests;
    uint64_t bytes; /* of exactly these requests */
};

/*
 * Make one, with nothing counted.
 *   out   owned by the caller; release with warm_traffic_free()
 * Returns 0.
 * Errors: -ENOMEM, or what pthread_mutex_init(3) says.
 */
int warm_traffic_new(struct warm_traffic **out);

/* Count one request and its bytes. */
void warm_traffic_add(struct warm_traffic *t, uint64_t bytes);

/*
 * The totals of one moment: a request is in both numbers or in neither.
 *   totals   out
 */
void warm_traffic_read(struct warm_traffic *t, struct warm_totals *totals);

/* Free it. NULL is allowed. Requires: no other thread uses it any more. */
void warm_traffic_free(struct warm_traffic *t);

/* ---- config.c, step 6 (stretch) ---- */

/* Told of every path that could not be opened. It may do anything, also call
 * what sets errno. */
typedef void warm_tried(const char *path, int error);

/*
 * Open the first configuration file that exists, for reading, close-on-exec.
 * Only a path that does not exist (ENOENT) is passed over: a file that is
 * there and can't be opened ends the search, for the next one is the wrong one.
 *   paths   in the order of preference, NULL ends them; borrowed for the call
 *   tried   called for each path that could not be opened, with its errno
 *   fd      out: owned by the caller, close(2)
 * Returns the index of the path that was opened.
 * Errors: those of open(2); -ENOENT if none of them exists.
 */
int warm_config_open(const char *const paths[], warm_tried *tried, int *fd);

/* ---- record.c, step 7 (stretch) ---- */

#define WARM_RECORD_BYTES 32
#define WARM_NAME_BYTES 24

/*
 * Encode one counter for a file of counters:
 *
 *     0        name, filled up with zeros; no zero follows one of 24 bytes
 *     24       value, 4 bytes, the lowest first
 *     28..31   zero
 *
 *   name     1 to WARM_NAME_BYTES bytes
 *   record   out: all of its bytes are written, whatever was there
 * Returns 0.
 * Errors: -EINVAL the name is empty or too long, and then no byte is written.
 */
int warm_record_encode(const char *name, uint32_t value,
                       unsigned char record[WARM_RECORD_BYTES]);

#endif
