/*
 * watcher.h: wait until a member's file is saved or a key is pressed.
 *
 * A plain write is seen as CLOSE_WRITE; editors that write beside the file and
 * rename give only MOVED_TO. So the folder is watched for both, and only the
 * names in `yours` count: not an editor's swap files, not the report.json that
 * grading itself writes. Saves during a grading are kept and come next.
 *
 * The terminal hands out single keys only while watcher_next() waits; outside
 * of it, and whenever the grader stops or ends there, it is as it was.
 */
#ifndef WATCHER_H
#define WATCHER_H

#include "manifest.h"

#define WATCHER_SETTLE_MS 200 /* after a save, for the next of a burst */

enum watcher_event {
    WATCHER_SAVED,
    WATCHER_KEY,
    WATCHER_BACK, /* stopped, and brought to the front again: draw anew */
    WATCHER_GONE, /* the folder was moved or deleted */
    WATCHER_ENDED /* by a signal (process_interrupted) */
};

struct watcher {
    const struct manifest *manifest; /* borrowed */
    int inotify;
    int terminal; /* where keys come from, or -1 */
};

/*
 * Begin to watch a week's folder.
 *   terminal   a descriptor; no keys are read if it is none of a terminal
 * Returns 0 or -errno. Release with watcher_close().
 */
int watcher_open(struct watcher *watcher, const char *dir,
                 const struct manifest *manifest, int terminal);
void watcher_close(struct watcher *watcher);

/* Wait for the next event. WATCHER_KEY fills *key; 'q' also at its end of
 * file. */
enum watcher_event watcher_next(struct watcher *watcher, char *key);

#endif
