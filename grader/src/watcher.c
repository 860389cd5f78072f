/*
 * watcher.c: see watcher.h.
 *
 *     waiting ──key──> WATCHER_KEY
 *        │ one of `yours` saved
 *     settling ──WATCHER_SETTLE_MS without another save──> WATCHER_SAVED
 *
 * Signals that matter here are blocked but inside ppoll(2), as in process.c:
 * none can come between the look at the flag and the sleep.
 */
#include "watcher.h"

#include "process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CTRL_D 4
#define CTRL_Z 26

static volatile sig_atomic_t came_back;

static void note_continued(int number)
{
    (void)number;
    came_back = 1;
}

int watcher_open(struct watcher *watcher, const char *dir,
                 const struct manifest *manifest, int terminal)
{
    struct sigaction continued = {.sa_handler = note_continued};

    *watcher = (struct watcher){.manifest = manifest, .terminal = -1};
    watcher->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watcher->inotify < 0 ||
        inotify_add_watch(watcher->inotify, dir,
                          IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF |
                              IN_MOVE_SELF | IN_ONLYDIR) < 0) {
        int err = -errno;

        watcher_close(watcher);
        return err;
    }
    if (isatty(terminal)) {
        watcher->terminal = terminal;
        sigaction(SIGCONT, &continued, NULL);
    }
    return 0;
}

void watcher_close(struct watcher *watcher)
{
    if (watcher->inotify >= 0)
        close(watcher->inotify);
    watcher->inotify = -1;
}

/* ---- Saves ---- */

static bool is_yours(const struct manifest *manifest, const char *name)
{
    for (unsigned i = 0; i < manifest->yours_count; i++)
        if (strcmp(manifest->yours[i], name) == 0)
            return true;
    return false;
}

struct news {
    bool saved, gone;
};

/* All events that are there. Never blocks. */
static struct news read_news(const struct watcher *watcher)
{
    char buffer[4096]
        __attribute__((aligned(__alignof__(struct inotify_event))));
    struct news news = {false, false};
    ssize_t len;

    while ((len = read(watcher->inotify, buffer, sizeof buffer)) > 0)
        for (char *at = buffer; at < buffer + len;) {
            const struct inotify_event *event = (const void *)at;

            if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED))
                news.gone = true;
            if (event->mask & IN_Q_OVERFLOW ||
                (event->len > 0 && is_yours(watcher->manifest, event->name)))
                news.saved = true;
            at += sizeof *event + event->len;
        }
    return news;
}

/* ---- Keys ---- */

/* Each key at once and unseen. Ctrl-Z comes as a key, so that the terminal is
 * mended before we stop; Ctrl-\ does nothing. */
static void ask_for_keys(const struct watcher *watcher, struct termios *before)
{
    struct termios keys;

    if (watcher->terminal < 0 || tcgetattr(watcher->terminal, before) < 0)
        return;
    keys = *before;
    keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    keys.c_cc[VSUSP] = _POSIX_VDISABLE;
    keys.c_cc[VQUIT] = _POSIX_VDISABLE;
    tcsetattr(watcher->terminal, TCSANOW, &keys);
}

static void mend_terminal(const struct watcher *watcher,
                          const struct termios *before)
{
    if (watcher->terminal >= 0)
        tcsetattr(watcher->terminal, TCSANOW, before);
}

static char read_key(const struct watcher *watcher)
{
    char key;

    if (read(watcher->terminal, &key, 1) != 1 || key == CTRL_D)
        return 'q';
    return key;
}

/* ---- Waiting ---- */

/* Sleep until something comes; ms < 0: without a limit. */
static void sleep_for(int ms, struct pollfd *fds, nfds_t count)
{
    struct timespec limit = {ms / 1000, (ms % 1000) * 1000000L};
    sigset_t waking, outside;

    sigemptyset(&waking);
    sigaddset(&waking, SIGINT);
    sigaddset(&waking, SIGTERM);
    sigaddset(&waking, SIGHUP);
    sigaddset(&waking, SIGCONT);
    sigprocmask(SIG_BLOCK, &waking, &outside);
    if (process_interrupted() || came_back ||
        ppoll(fds, count, ms < 0 ? NULL : &limit, &outside) < 0)
        for (nfds_t i = 0; i < count; i++)
            fds[i].revents = 0;
    sigprocmask(SIG_SETMASK, &outside, NULL);
}

/* Until a key is pressed, or there may be news. True if a key was. It is read
 * before the terminal is mended: a line discipline that waits for whole lines
 * would keep it. */
static bool wait_for_key(const struct watcher *watcher, char *key)
{
    struct pollfd fds[] = {
        {.fd = watcher->inotify, .events = POLLIN},
        {.fd = watcher->terminal, .events = POLLIN},
    };
    struct termios before;
    bool pressed;

    ask_for_keys(watcher, &before);
    sleep_for(-1, fds, 2);
    pressed = fds[1].revents != 0;
    if (pressed)
        *key = read_key(watcher);
    mend_terminal(watcher, &before);
    return pressed;
}

/* More saves of the same burst, as editors make them. */
static void settle(const struct watcher *watcher)
{
    struct pollfd fd = {.fd = watcher->inotify, .events = POLLIN};
    struct news more = {true, false};

    while (more.saved && !process_interrupted()) {
        sleep_for(WATCHER_SETTLE_MS, &fd, 1);
        more = read_news(watcher);
    }
}

enum watcher_event watcher_next(struct watcher *watcher, char *key)
{
    for (;;) {
        struct news news = read_news(watcher);

        if (process_interrupted())
            return WATCHER_ENDED;
        if (news.gone)
            return WATCHER_GONE;
        if (came_back) {
            came_back = 0;
            return WATCHER_BACK;
        }
        if (news.saved) {
            settle(watcher);
            return WATCHER_SAVED;
        }
        if (!wait_for_key(watcher, key))
            continue;
        if (*key != CTRL_Z)
            return WATCHER_KEY;
        raise(SIGTSTP);
    }
}
