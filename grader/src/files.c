/*
 * files.c: see files.h.
 *
 * Writing follows one rule: a temporary file beside the target, fsync, rename.
 * The temporary file is made by mkostemp, so an old or foreign symbolic link
 * is never written through, and rename replaces a link instead of following
 * it.
 */
#include "files.h"

#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_GROWTH_BYTES (64u << 10)
#define WALK_FOLDERS_OPEN_MAX 16

char *text_format(const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    return text;
}

char *path_join(const char *dir, const char *name)
{
    return text_format("%s/%s", dir, name);
}

/* -errno instead of the -1 of a system call. */
static int or_error(int result)
{
    return result < 0 ? -errno : result;
}

/* ---- Reading ---- */

/* Open for reading; a folder, a FIFO or a device is refused. O_NONBLOCK: the
 * open of a FIFO that nobody writes must not hang before we have seen it. */
static int open_regular(const char *path)
{
    struct stat info;
    int fd, err = 0;

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &info) < 0)
        err = -errno;
    else if (S_ISDIR(info.st_mode))
        err = -EISDIR;
    else if (!S_ISREG(info.st_mode))
        err = -EINVAL;
    if (err < 0) {
        close(fd);
        return err;
    }
    return fd;
}

/* Read to the end whatever the size was said to be: it may change, and files
 * in /proc say 0. */
static int read_all(int fd, char **text, size_t *len)
{
    size_t size = 0;

    *text = NULL;
    *len = 0;
    for (;;) {
        if (*len == size) {
            size += FILE_GROWTH_BYTES;
            *text = realloc(*text, size + 1);
            if (!*text)
                abort();
        }
        ssize_t count = read(fd, *text + *len, size - *len);
        if (count == 0)
            break;
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -errno;
        *len += (size_t)count;
        if (*len > FILE_BYTES_MAX)
            return -EFBIG;
    }
    (*text)[*len] = '\0';
    return 0;
}

char *file_read(const char *path, size_t *len)
{
    char *text = NULL;
    size_t text_len;
    int fd, err;

    fd = open_regular(path);
    if (fd < 0) {
        errno = -fd;
        return NULL;
    }
    err = read_all(fd, &text, &text_len);
    close(fd);
    if (err < 0) {
        free(text);
        errno = -err;
        return NULL;
    }
    if (len)
        *len = text_len;
    return text;
}

/* ---- Writing ---- */

static int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t count = write(fd, data, len);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -errno;
        data += count;
        len -= (size_t)count;
    }
    return 0;
}

/* The mode of the file that is replaced; of a new one, what umask leaves. */
static mode_t mode_for(const char *path)
{
    struct stat info;
    mode_t mask;

    if (lstat(path, &info) == 0 && S_ISREG(info.st_mode))
        return info.st_mode & 07777;
    mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/* "DIR/.NAME.XXXXXX" for "DIR/NAME". */
static char *temporary_beside(const char *path)
{
    const char *slash = strrchr(path, '/');
    int dir_len = slash ? (int)(slash + 1 - path) : 0;

    return text_format("%.*s.%s.XXXXXX", dir_len, path, path + dir_len);
}

int file_write_atomic(const char *path, const void *data, size_t len)
{
    char *temporary = temporary_beside(path);
    int fd, err;

    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        err = -errno;
        free(temporary);
        return err;
    }
    err = write_all(fd, data, len);
    if (err == 0)
        err = or_error(fchmod(fd, mode_for(path)));
    if (err == 0)
        err = or_error(fsync(fd));
    /* close may be the first to tell of a full disk (NFS, quotas). */
    if (close(fd) < 0 && err == 0)
        err = -errno;
    if (err == 0)
        err = or_error(rename(temporary, path));
    if (err < 0)
        unlink(temporary);
    free(temporary);
    return err;
}

int file_update(const char *path, const void *data, size_t len)
{
    size_t old_len;
    char *old = file_read(path, &old_len);
    bool equal = old && old_len == len && memcmp(old, data, len) == 0;
    int err;

    free(old);
    if (equal)
        return 0;
    err = file_write_atomic(path, data, len);
    return err < 0 ? err : 1;
}

/* ---- Folders ---- */

/* mkdir, where an existing folder (or a link to one) is fine. */
static int make_one(const char *path)
{
    if (mkdir(path, 0777) == 0)
        return 0;
    if (errno != EEXIST)
        return -errno;
    return path_is_dir(path) ? 0 : -ENOTDIR;
}

int dir_make(const char *path)
{
    char *prefix = text_format("%s", path);
    int err = 0;

    for (char *at = prefix + 1; *at && err == 0; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        err = make_one(prefix);
        *at = '/';
    }
    if (err == 0)
        err = make_one(prefix);
    free(prefix);
    return err;
}

static int remove_entry(const char *path, const struct stat *info, int type,
                        struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

int dir_remove(const char *path)
{
    if (!path_exists(path))
        return 0;
    return or_error(
        nftw(path, remove_entry, WALK_FOLDERS_OPEN_MAX, FTW_DEPTH | FTW_PHYS));
}

bool path_exists(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0;
}

bool path_is_dir(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* ---- Links ---- */

/* Replace the link in one step, so that no reader finds it gone. */
static int link_replace(const char *target, const char *path)
{
    char *temporary = text_format("%s.%d", path, (int)getpid());
    int err;

    err = or_error(symlink(target, temporary));
    if (err == 0) {
        err = or_error(rename(temporary, path));
        if (err < 0)
            unlink(temporary);
    }
    free(temporary);
    return err;
}

int link_update(const char *target, const char *path)
{
    char old[PATH_MAX];
    ssize_t len;

    len = readlink(path, old, sizeof(old) - 1);
    if (len < 0 && errno == ENOENT)
        return or_error(symlink(target, path));
    if (len < 0)
        return errno == EINVAL ? -EEXIST : -errno;
    old[len] = '\0';
    if (strcmp(old, target) == 0)
        return 1;
    return link_replace(target, path);
}

/* ---- Hashes ---- */

static bool is_regular_in(const char *dir, const char *name)
{
    char *path = path_join(dir, name);
    struct stat info;
    bool regular = stat(path, &info) == 0 && S_ISREG(info.st_mode);

    free(path);
    return regular;
}

int files_hash(const char *dir, const char *const names[], size_t count,
               char hash[65])
{
    static const char script[] = "sha256sum -- \"$@\" | sha256sum";
    const char *argv[count + 5];
    size_t used = 0;
    int err;

    argv[used++] = "sh";
    argv[used++] = "-c";
    argv[used++] = script;
    argv[used++] = "sha256sum"; /* $0 */
    for (size_t i = 0; i < count; i++)
        if (is_regular_in(dir, names[i]))
            argv[used++] = names[i];
    argv[used] = NULL;

    struct process_request request = {.argv = argv, .dir = dir, .keep_fd = -1};
    struct process_result result;

    err = process_run(&request, &result);
    if (err < 0)
        return err;
    if (!process_succeeded(&result) || result.output_len < 64)
        err = -EIO;
    else
        snprintf(hash, 65, "%.64s", result.output);
    process_result_release(&result);
    return err;
}

/* ---- Listing ---- */

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_not_dots(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

int dir_list(const char *path, char ***names)
{
    struct dirent **entries;
    int count;

    *names = NULL;
    count = scandir(path, &entries, is_not_dots, by_bytes);
    if (count < 0)
        return -errno;
    *names = calloc((size_t)count + 1, sizeof(**names));
    if (!*names)
        abort();
    for (int i = 0; i < count; i++) {
        (*names)[i] = text_format("%s", entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return count;
}

void names_free(char **names, int count)
{
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
}
