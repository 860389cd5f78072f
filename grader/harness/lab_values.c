/*
 * lab_values.c: random values, numbers as text, and where programs and files
 * are.
 *
 * The generator is splitmix64 (Steele, Lea, Flood: Fast splittable
 * pseudorandom number generators, OOPSLA 2014): one word of state, any seed
 * is a good one.
 */
#include "lab_internal.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint64_t lab_seed(void)
{
    return lab_page->seed;
}

/* FNV-1a, so that each test draws values of its own from one seed. */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

void lab_random_init(struct lab_random *random, uint64_t stream)
{
    int current = lab_page->current;
    uint64_t test = current < 0 ? 0 : hash_text(lab_page->tests[current].name);
    random->state = lab_page->seed ^ test;
    random->state = lab_random_next(random) ^ stream;
    lab_random_next(random);
}

uint64_t lab_random_next(struct lab_random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* The high half of a product: no division, no visible bias below 2^32. */
uint64_t lab_random_below(struct lab_random *random, uint64_t bound)
{
    return (uint64_t)(((unsigned __int128)lab_random_next(random) * bound) >>
                      64);
}

void lab_random_fill(struct lab_random *random, void *data, size_t len)
{
    unsigned char *to = data;
    for (; len >= 8; len -= 8, to += 8) {
        uint64_t word = lab_random_next(random);
        memcpy(to, &word, 8);
    }
    uint64_t word = lab_random_next(random);
    memcpy(to, &word, len);
}

/* ---- Numbers as text ---- */

#define NUMBER_TEXTS 8
#define NUMBER_BYTES 80

/* The oldest of the texts that were given out. */
static char *number_text(void)
{
    static _Thread_local char texts[NUMBER_TEXTS][NUMBER_BYTES];
    static _Thread_local unsigned next;
    return texts[next++ % NUMBER_TEXTS];
}

const char *lab_number(intmax_t number)
{
    char digits[32], *text = number_text();
    int len = snprintf(digits, sizeof digits, "%jd", number), n = 0;
    for (int i = 0; i < len; i++) {
        if (i > (number < 0) && (len - i) % 3 == 0)
            text[n++] = ',';
        text[n++] = digits[i];
    }
    text[n] = '\0';
    return text;
}

const char *lab_count(intmax_t count, const char *noun)
{
    const char *number = lab_number(count);
    char *text = number_text();
    snprintf(text, NUMBER_BYTES, "%s %s%s", number, noun,
             count == 1 ? "" : "s");
    return text;
}

/* ---- Programs and files ---- */

/* What the grader says, else beside the test program, where make puts them. */
static void programs_folder(char path[PATH_MAX])
{
    const char *given = getenv(LAB_PROGRAMS);
    if (given != NULL) {
        snprintf(path, PATH_MAX, "%s", given);
        return;
    }
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);
    path[len < 0 ? 0 : len] = '\0';
    char *slash = strrchr(path, '/');
    if (slash != NULL)
        *slash = '\0';
}

const char *lab_program(const char *name)
{
    static _Thread_local char path[PATH_MAX];
    char variable[128], folder[PATH_MAX];
    snprintf(variable, sizeof variable, "LAB_PROGRAM_%s", name);
    const char *instead = getenv(variable);
    if (instead != NULL)
        return instead;
    programs_folder(folder);
    snprintf(path, sizeof path, "%.2000s/%.200s", folder, name);
    return path;
}

bool lab_is_program(const char *path)
{
    char folder[PATH_MAX];
    programs_folder(folder);
    size_t len = strlen(folder);
    return len > 0 && strncmp(path, folder, len) == 0 && path[len] == '/' &&
           strchr(path + len + 1, '/') == NULL;
}

static char tmp_made[PATH_MAX];

const char *lab_tmp(void)
{
    const char *given = getenv(LAB_TMP);
    if (given != NULL)
        return given;
    if (tmp_made[0] == '\0') {
        snprintf(tmp_made, sizeof tmp_made, "/tmp/lab-XXXXXX");
        if (mkdtemp(tmp_made) == NULL)
            lab_fail("mkdtemp /tmp/lab-XXXXXX: %s", lab_errno_text(errno));
    }
    return tmp_made;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

void lab_tmp_remove(void)
{
    if (tmp_made[0] != '\0')
        nftw(tmp_made, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    tmp_made[0] = '\0';
}
