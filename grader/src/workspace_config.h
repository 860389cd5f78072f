/*
 * workspace_config.h: workspace.json, and words that the workspace's modules
 * share. Used by workspace*.c, and by build.c for its words on writing.
 *
 *     {
 *       "course": {"commit": "4a9b…", "url": "https://…"},
 *       "use": {"06-wal": "reference", "07-sstable": "/home/me/theirs"}
 *     }
 *
 * Keys are sorted, so that a diff shows what changed. Keys that we do not know
 * are kept.
 */
#ifndef WORKSPACE_CONFIG_H
#define WORKSPACE_CONFIG_H

#include "workspace.h"

#include <jansson.h>

#define WORKSPACE_MARKER "workspace.json"

/* Of a workspace that has chosen nothing yet. Release with json_decref(). */
json_t *config_new(void);

/* Read DIR/workspace.json. Returns 0 with *config set, release with
 * json_decref(); -ENOENT; or -EINVAL after telling that it is damaged. */
int config_load(const char *dir, json_t **config);
/* Returns 0 or -errno after telling. */
int config_save(const char *dir, const json_t *config);

/* The object under this key, made where it is missing. Borrowed. */
json_t *config_part(json_t *config, const char *key);

/* Note url and commit of the course. One without git (unpacked from an
 * archive) leaves what was known. */
void config_note_course(json_t *config);

/* Tell "PATH: what; advice" with the path as one would type it here. advice
 * may be NULL. Returns err, which is -errno. */
int complain_path(const char *path, int err, const char *advice);
/* The same for a file that could not be written, with what helps. */
int complain_write(const char *path, int err);

#endif
