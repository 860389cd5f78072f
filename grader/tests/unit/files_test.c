/*
 * files_test.c: reading and writing files (files.h).
 */
#include "scratch.h"

#include <signal.h>
#include <sys/resource.h>

/* ---- Reading ---- */

START_TEST(a_file_is_read_whole_and_ended_by_nul)
{
    size_t len;
    char *text;

    ck_assert_int_eq(file_write_atomic(at("a"), "x\0y", 3), 0);
    text = file_read(at("a"), &len);
    ck_assert_uint_eq(len, 3);
    ck_assert_int_eq(memcmp(text, "x\0y", 4), 0);
    free(text);
}
END_TEST

/* Files in /proc say that they are empty. */
START_TEST(a_file_that_says_size_0_is_read)
{
    char *text = file_read("/proc/self/status", NULL);

    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_nonnull(strstr(text, "Pid:"));
    free(text);
}
END_TEST

START_TEST(what_is_no_file_is_refused_with_its_errno)
{
    ck_assert_ptr_null(file_read(at("none"), NULL));
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_ptr_null(file_read(scratch, NULL));
    ck_assert_int_eq(errno, EISDIR);
    /* Nobody writes this one: it must not hang. */
    ck_assert_int_eq(mkfifo(at("fifo"), 0600), 0);
    ck_assert_ptr_null(file_read(at("fifo"), NULL));
    ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(a_file_may_be_as_large_as_the_limit_and_not_larger)
{
    char *data = calloc(1, FILE_BYTES_MAX + 1);
    size_t len;
    char *text;

    file_write_atomic(at("a"), data, FILE_BYTES_MAX);
    text = file_read(at("a"), &len);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(len, FILE_BYTES_MAX);
    free(text);
    file_write_atomic(at("a"), data, FILE_BYTES_MAX + 1);
    ck_assert_ptr_null(file_read(at("a"), NULL));
    ck_assert_int_eq(errno, EFBIG);
    free(data);
}
END_TEST

/* ---- Writing ---- */

static mode_t mode_of(const char *path)
{
    struct stat info;

    ck_assert_int_eq(stat(path, &info), 0);
    return info.st_mode & 07777;
}

static int count_of(const char *dir)
{
    char **names;
    int count = dir_list(dir, &names);

    names_free(names, count);
    return count;
}

START_TEST(a_file_is_made_and_replaced)
{
    put("a", "one");
    put("a", "two");
    holds("a", "two");
    ck_assert_int_eq(count_of(scratch), 1);
}
END_TEST

START_TEST(a_new_file_obeys_umask_and_an_old_one_keeps_its_mode)
{
    umask(027);
    put("a", "one");
    ck_assert_uint_eq(mode_of(at("a")), 0640);
    chmod(at("a"), 0755);
    put("a", "two");
    ck_assert_uint_eq(mode_of(at("a")), 0755);
}
END_TEST

/* Else a member's link would have us write where it points. */
START_TEST(a_link_is_replaced_and_not_followed)
{
    put("target", "theirs");
    ck_assert_int_eq(symlink("target", at("a")), 0);
    put("a", "ours");
    holds("target", "theirs");
    holds("a", "ours");
}
END_TEST

/* The disk's limit is a limit of file size here. */
START_TEST(a_failed_write_leaves_the_old_file_and_nothing_else)
{
    struct rlimit limit = {1000, 1000};
    char data[4000] = {0};

    put("a", "old");
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(file_write_atomic(at("a"), data, sizeof(data)), -EFBIG);
    holds("a", "old");
    ck_assert_int_eq(count_of(scratch), 1);
}
END_TEST

START_TEST(a_full_disk_is_enospc_and_leaves_the_old_file)
{
    static char data[300000];

    ck_assert_int_eq(dir_make(at("disk")), 0);
    if (!mount_small_disk(at("disk"))) {
        printf("cannot run: a test of a full disk: no namespaces here\n");
        return;
    }
    put("disk/a", "old");
    ck_assert_int_eq(file_write_atomic(at("disk/a"), data, sizeof(data)),
                     -ENOSPC);
    holds("disk/a", "old");
    ck_assert_int_eq(count_of(at("disk")), 1);
    umount(at("disk"));
}
END_TEST

START_TEST(a_folder_that_is_not_ours_is_eacces)
{
    become_ordinary();
    ck_assert_int_eq(dir_make(at("dir")), 0);
    put("dir/a", "old");
    chmod(at("dir"), 0555);
    ck_assert_int_eq(file_write_atomic(at("dir/a"), "new", 3), -EACCES);
    holds("dir/a", "old");
    chmod(at("dir"), 0755);
    become_real();
}
END_TEST

START_TEST(a_missing_folder_is_enoent)
{
    ck_assert_int_eq(file_write_atomic(at("no/a"), "x", 1), -ENOENT);
}
END_TEST

START_TEST(update_writes_only_what_differs)
{
    struct stat before, after;

    ck_assert_int_eq(file_update(at("a"), "one", 3), 1);
    stat(at("a"), &before);
    ck_assert_int_eq(file_update(at("a"), "one", 3), 0);
    stat(at("a"), &after);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
    ck_assert_int_eq(file_update(at("a"), "onE", 3), 1);
    holds("a", "onE");
}
END_TEST

/* ---- Folders and links ---- */

START_TEST(folders_are_made_one_in_the_other)
{
    ck_assert_int_eq(dir_make(at("a/b/c")), 0);
    ck_assert_int_eq(dir_make(at("a/b/c")), 0);
    ck_assert(path_is_dir(at("a/b/c")));
    put("file", "x");
    ck_assert_int_eq(dir_make(at("file")), -ENOTDIR);
    ck_assert_int_eq(dir_make(at("file/a")), -ENOTDIR);
}
END_TEST

START_TEST(removal_follows_no_link)
{
    put("keep/a", "kept");
    put("gone/b", "x");
    ck_assert_int_eq(symlink(at("keep"), at("gone/link")), 0);
    ck_assert_int_eq(dir_remove(at("gone")), 0);
    ck_assert(!path_exists(at("gone")));
    holds("keep/a", "kept");
    ck_assert_int_eq(dir_remove(at("gone")), 0);
    /* A link itself is removed, not what it names. */
    ck_assert_int_eq(symlink(at("keep"), at("link")), 0);
    ck_assert_int_eq(dir_remove(at("link")), 0);
    holds("keep/a", "kept");
}
END_TEST

START_TEST(a_link_is_made_mended_and_never_put_over_a_file)
{
    char target[64] = {0};

    ck_assert_int_eq(link_update("one", at("link")), 0);
    ck_assert(path_exists(at("link"))); /* though it dangles */
    ck_assert_int_eq(link_update("one", at("link")), 1);
    ck_assert_int_eq(link_update("two", at("link")), 0);
    ck_assert_int_gt(readlink(at("link"), target, sizeof(target) - 1), 0);
    ck_assert_str_eq(target, "two");
    put("file", "mine");
    ck_assert_int_eq(link_update("one", at("file")), -EEXIST);
    holds("file", "mine");
    ck_assert_int_eq(dir_make(at("dir")), 0);
    ck_assert_int_eq(link_update("one", at("dir")), -EEXIST);
}
END_TEST

START_TEST(names_are_sorted_by_their_bytes)
{
    char **names;

    put("dir/b", "");
    put("dir/B", "");
    put("dir/a", "");
    put("dir/.c", "");
    ck_assert_int_eq(dir_list(at("dir"), &names), 4);
    ck_assert_str_eq(names[0], ".c");
    ck_assert_str_eq(names[1], "B");
    ck_assert_str_eq(names[2], "a");
    ck_assert_str_eq(names[3], "b");
    names_free(names, 4);
    ck_assert_int_eq(dir_list(at("none"), &names), -ENOENT);
}
END_TEST

/* ---- Hashes ---- */

static const char *const names[] = {"a", "none", "b", "dir"};

static void hash(char text[65])
{
    ck_assert_int_eq(files_hash(at("h"), names, 4, text), 0);
}

/* printf x >a; printf y >b; sha256sum -- a b | sha256sum */
START_TEST(the_hash_is_what_sha256sum_says)
{
    char text[65];

    put("h/a", "x");
    put("h/b", "y");
    put("h/dir/c", "z"); /* no file: left out, as the missing one */
    hash(text);
    ck_assert_str_eq(
        text,
        "8d73e01349b30f78751f37931b0d2ae54f8dbd56a8fc69e01f2861cc466fadaa");
}
END_TEST

START_TEST(the_hash_changes_with_content_and_with_names)
{
    char first[65], second[65];

    put("h/a", "x");
    hash(first);
    put("h/a", "y");
    hash(second);
    ck_assert_str_ne(first, second);
    put("h/a", "x");
    hash(second);
    ck_assert_str_eq(first, second);
    ck_assert_int_eq(rename(at("h/a"), at("h/b")), 0);
    hash(second);
    ck_assert_str_ne(first, second);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("files");
    TCase *tc = add_case(suite, "reading");

    tcase_add_test(tc, a_file_is_read_whole_and_ended_by_nul);
    tcase_add_test(tc, a_file_that_says_size_0_is_read);
    tcase_add_test(tc, what_is_no_file_is_refused_with_its_errno);
    tcase_add_test(tc, a_file_may_be_as_large_as_the_limit_and_not_larger);
    tc = add_case(suite, "writing");
    tcase_add_test(tc, a_file_is_made_and_replaced);
    tcase_add_test(tc, a_new_file_obeys_umask_and_an_old_one_keeps_its_mode);
    tcase_add_test(tc, a_link_is_replaced_and_not_followed);
    tcase_add_test(tc, a_failed_write_leaves_the_old_file_and_nothing_else);
    tcase_add_test(tc, a_full_disk_is_enospc_and_leaves_the_old_file);
    tcase_add_test(tc, a_folder_that_is_not_ours_is_eacces);
    tcase_add_test(tc, a_missing_folder_is_enoent);
    tcase_add_test(tc, update_writes_only_what_differs);
    tc = add_case(suite, "folders and links");
    tcase_add_test(tc, folders_are_made_one_in_the_other);
    tcase_add_test(tc, removal_follows_no_link);
    tcase_add_test(tc, a_link_is_made_mended_and_never_put_over_a_file);
    tcase_add_test(tc, names_are_sorted_by_their_bytes);
    tc = add_case(suite, "hashes");
    tcase_add_test(tc, the_hash_is_what_sha256sum_says);
    tcase_add_test(tc, the_hash_changes_with_content_and_with_names);
    return run_suite(suite);
}
