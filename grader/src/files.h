/*
 * files.h: paths and files, the few operations that the grader needs.
 *
 * Nothing of the member's is ever half written: files_write_atomic writes
 * beside the target, syncs, and renames. Errors are -errno.
 */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>
#include <stddef.h>

#define FILE_BYTES_MAX (4u << 20) /* a member's file, a manifest, a report */

/* printf into a new string. Ends the program on no memory. Owned by the
 * caller; release with free(). */
char *text_format(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* "DIR/NAME" as a new string; release with free(). */
char *path_join(const char *dir, const char *name);

/* Read a whole regular file; a '\0' follows its last byte.
 *   len   out, may be NULL
 * Returns the text, owned by the caller, release with free(); or NULL with
 * errno set: EFBIG over FILE_BYTES_MAX, EISDIR, ENOENT, … */
char *file_read(const char *path, size_t *len);

/* Replace or create a file so that a reader, or a crash, sees the old text or
 * the new one. Returns 0 or -errno (-ENOSPC, -EACCES, -EROFS, …), the old
 * file untouched then. */
int file_write_atomic(const char *path, const void *data, size_t len);

/* The same, but only if the bytes differ: the time stamp stays otherwise.
 * Returns 1 if written, 0 if equal already, or -errno. */
int file_update(const char *path, const void *data, size_t len);

/* mkdir -p. Returns 0 or -errno. */
int dir_make(const char *path);

/* Remove a folder and all below it; following no symbolic link. 0 or -errno. */
int dir_remove(const char *path);

bool path_exists(const char *path); /* lstat: a dangling link exists */
bool path_is_dir(const char *path);

/* Make `path` a symbolic link to target, replacing another symbolic link but
 * nothing else. Returns 0, 1 where it was right already, -EEXIST where
 * something else stands there, or another -errno. */
int link_update(const char *target, const char *path);

/* SHA-256 over the names and contents of files of a folder, in the order
 * given, as 64 hex digits: what `cd DIR && sha256sum NAME… | sha256sum`
 * prints. Missing files are left out. Returns 0 or -errno. */
int files_hash(const char *dir, const char *const names[], size_t count,
               char hash[65]);

/* Names of the entries of a folder, sorted, without "." and "..".
 * Returns the count or -errno; release with names_free(). */
int dir_list(const char *path, char ***names);
void names_free(char **names, int count);

#endif
