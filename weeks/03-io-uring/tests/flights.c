/*
 * flights.c: the operations in flight, and the memory that they use.
 *
 * uring_start() of uring_echo.c comes here first. It is handed on with an op of
 * ours in place of the member's, so that the completion comes here too:
 *
 *     uring_echo.c --- op, what ---> flight --- &flight->op, what ---> uring.c
 *                  <-- op, result --        <-- &flight->op, result --
 *
 * While a flight lasts, its memory is looked at before each call that enters
 * the kernel, and at its end. Where there is no AddressSanitizer, memory that
 * was freed is not noticed, the rest is.
 *
 * The table also keeps LeakSanitizer from calling lost what only the kernel
 * knows: a client whose only pointer is in an operation.
 */
#include "flights.h"

#include "uring.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define FLIGHTS_MAX 4096
#define SPANS_MAX 4
#define STACK_BYTES (1 << 20) /* of which a dead frame is told */

struct flight {
    struct uring_op op;      /* what uring.c gets */
    struct uring_op *theirs; /* NULL: the place is free */
    struct flight *names;    /* whom it cancels, or NULL */
    struct span spans[SPANS_MAX];
    uint64_t hash;
    size_t asked;
    enum flight_kind kind;
    int spans_count;
    int hashed; /* the span whose bytes must not change, or -1 */
    int group;  /* of buffers that it takes from, or -1 */
    int named;  /* cancels in flight that name this place */
    bool fills; /* the kernel writes into its spans */
};

static struct flight flights[FLIGHTS_MAX];
static int flights_top; /* places from here on were never used */

/* There if the program has AddressSanitizer. */
__attribute__((weak)) void *__asan_region_is_poisoned(void *data, size_t len);

/* ---- What an operation is ---- */

static enum flight_kind kind_of(const struct io_uring_sqe *what)
{
    switch (what->opcode) {
    case IORING_OP_ACCEPT:
        return FLIGHT_ACCEPT;
    case IORING_OP_RECV:
    case IORING_OP_RECVMSG:
    case IORING_OP_READ:
    case IORING_OP_READV:
        return FLIGHT_RECEIVE;
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG:
    case IORING_OP_WRITE:
    case IORING_OP_WRITEV:
    case IORING_OP_SEND_ZC:
        return FLIGHT_SEND;
    case IORING_OP_ASYNC_CANCEL:
        return FLIGHT_CANCEL;
    case IORING_OP_TIMEOUT:
    case IORING_OP_LINK_TIMEOUT:
        return FLIGHT_TIMEOUT;
    default:
        return FLIGHT_OTHER;
    }
}

static const char *name_of(enum flight_kind kind)
{
    static const char *const names[FLIGHT_KINDS] = {
        [FLIGHT_ACCEPT] = "an accept",  [FLIGHT_RECEIVE] = "a receive",
        [FLIGHT_SEND] = "a send",       [FLIGHT_CANCEL] = "a cancel",
        [FLIGHT_TIMEOUT] = "a timeout", [FLIGHT_OTHER] = "an operation",
    };
    return names[kind];
}

static void add_span(struct flight *f, const void *data, size_t len)
{
    if (data != NULL && len > 0 && f->spans_count < SPANS_MAX)
        f->spans[f->spans_count++] = (struct span){data, len};
}

static void add_iovecs(struct flight *f, const struct iovec *parts,
                       size_t count)
{
    add_span(f, parts, count * sizeof *parts);
    for (size_t i = 0; i < count; i++) {
        add_span(f, parts[i].iov_base, parts[i].iov_len);
        f->asked += parts[i].iov_len;
    }
}

/* Note what the kernel will read or fill. */
static void note_memory(struct flight *f, const struct io_uring_sqe *what)
{
    void *address = (void *)(uintptr_t)what->addr;
    const struct msghdr *message = address;
    bool lent = what->flags & IOSQE_BUFFER_SELECT;
    switch (what->opcode) {
    case IORING_OP_RECV:
    case IORING_OP_READ:
        add_span(f, lent ? NULL : address, what->len);
        break;
    case IORING_OP_SEND:
    case IORING_OP_SEND_ZC:
    case IORING_OP_WRITE:
        add_span(f, address, what->len);
        f->asked = what->len;
        f->hashed = f->spans_count - 1;
        break;
    case IORING_OP_RECVMSG:
    case IORING_OP_SENDMSG:
        add_span(f, message, sizeof *message);
        add_iovecs(f, message->msg_iov, lent ? 0 : message->msg_iovlen);
        break;
    case IORING_OP_READV:
    case IORING_OP_WRITEV:
        add_iovecs(f, address, what->len);
        break;
    case IORING_OP_TIMEOUT:
    case IORING_OP_LINK_TIMEOUT:
        add_span(f, address, sizeof(struct __kernel_timespec));
        break;
    default:
        break;
    }
}

/* ---- Whether its memory still is what it was ---- */

static bool is_poisoned(const void *data, size_t len)
{
    return __asan_region_is_poisoned != NULL &&
           __asan_region_is_poisoned((void *)(uintptr_t)data, len) != NULL;
}

/* Fowler, Noll and Vo, by words; it only has to differ. */
static uint64_t hash_of(const struct span *span)
{
    uint64_t hash = 14695981039346656037u, word;
    size_t i = 0;
    for (; i + sizeof word <= span->len; i += sizeof word) {
        memcpy(&word, span->data + i, sizeof word);
        hash = (hash ^ word) * 1099511628211u;
    }
    for (; i < span->len; i++)
        hash = (hash ^ span->data[i]) * 1099511628211u;
    return hash;
}

static const char *use_of(const struct flight *f)
{
    return f->fills ? "fills" : "reads";
}

/* An array of a function that has returned, and what realloc(3) has moved, look
 * like what was freed. */
static void check_freed(const struct flight *f)
{
    if (is_poisoned(f->theirs, sizeof *f->theirs))
        watch_fail("the uring_op of %s was freed or moved (realloc), or its "
                   "function has returned, while it was in flight (uring.h, "
                   "rule 2)",
                   name_of(f->kind));
    for (int i = 0; i < f->spans_count; i++)
        if (is_poisoned(f->spans[i].data, f->spans[i].len))
            watch_fail("the memory that %s %s was freed or moved (realloc), "
                       "or its function has returned, while it was in flight "
                       "(uring_echo.h, rule 3)",
                       name_of(f->kind), use_of(f));
}

/* Below `frame`, where the functions were that have returned. */
static bool is_dead(const void *data, const void *frame)
{
    uintptr_t at = (uintptr_t)data, top = (uintptr_t)frame;
    return at < top && at > top - STACK_BYTES;
}

static void check_stack(const struct flight *f, const void *frame)
{
    if (is_dead(f->theirs, frame))
        watch_fail("the uring_op of %s in flight is on the stack of a function "
                   "that has returned (uring.h, rule 2)",
                   name_of(f->kind));
    for (int i = 0; i < f->spans_count; i++)
        if (is_dead(f->spans[i].data, frame))
            watch_fail("the memory that %s in flight %s is on the stack of a "
                       "function that has returned (uring_echo.h, rule 3)",
                       name_of(f->kind), use_of(f));
}

static void check_changed(const struct flight *f)
{
    if (f->hashed >= 0 && hash_of(&f->spans[f->hashed]) != f->hash)
        watch_fail("bytes were changed, or used for something else, before the "
                   "send that reads them had completed (uring_echo.h, rule 3)");
}

void flights_check(const void *frame)
{
    for (int i = 0; i < flights_top; i++)
        if (flights[i].theirs != NULL) {
            check_freed(&flights[i]);
            check_stack(&flights[i], frame);
        }
}

bool flights_timed(void)
{
    for (int i = 0; i < flights_top; i++)
        if (flights[i].theirs != NULL && flights[i].kind == FLIGHT_TIMEOUT)
            return true;
    return false;
}

bool spans_overlap(const struct span *a, const struct span *b)
{
    return a->data < b->data + b->len && b->data < a->data + a->len;
}

/* Two that are in flight use the same memory, and one of them fills it. */
static void check_shared(const struct flight *f, const struct flight *other)
{
    if (!f->fills && !other->fills)
        return;
    for (int i = 0; i < f->spans_count; i++)
        for (int k = 0; k < other->spans_count; k++)
            if (spans_overlap(&f->spans[i], &other->spans[k]))
                watch_fail("%s is started with memory that %s in flight uses "
                           "(uring_echo.h, rule 3)",
                           name_of(f->kind), name_of(other->kind));
}

static void check_start(const struct flight *f)
{
    check_freed(f);
    for (int i = 0; i < f->spans_count; i++)
        if (buffers_lent(&f->spans[i]))
            watch_fail("%s is started with a buffer that was given back "
                       "(uring_echo.h, rule 3)",
                       name_of(f->kind));
    for (int i = 0; i < flights_top; i++)
        if (flights[i].theirs != NULL && &flights[i] != f)
            check_shared(f, &flights[i]);
    for (int i = 0; i < flights_top; i++)
        if (flights[i].theirs == f->theirs && &flights[i] != f &&
            watch_asks_for(WATCH_FLIGHT))
            watch_fail("%s is started whose op is in flight: %s has not had "
                       "its last completion, which lacks IORING_CQE_F_MORE "
                       "(uring_start())",
                       name_of(f->kind), name_of(flights[i].kind));
}

/* ---- Start and completion ---- */

static struct flight *find(const struct uring_op *theirs)
{
    for (int i = 0; i < flights_top; i++)
        if (flights[i].theirs == theirs)
            return &flights[i];
    return NULL;
}

/* One that a cancel still names is not used again: it would cancel another. */
static struct flight *take_place(void)
{
    for (int i = 0; i < flights_top; i++)
        if (flights[i].theirs == NULL && flights[i].named == 0)
            return &flights[i];
    if (flights_top == FLIGHTS_MAX)
        watch_fail("more than %d operations are in flight at once",
                   FLIGHTS_MAX);
    return &flights[flights_top++];
}

static void end_flight(struct flight *f)
{
    int named = f->named;
    if (f->names != NULL)
        f->names->named--;
    *f = (struct flight){.named = named}; /* no pointer stays behind */
}

/* The end of each completion's way: check, count, and call the member's. */
static void on_done(struct uring *uring, struct uring_op *op, int result,
                    unsigned flags)
{
    struct flight *f = op->user;
    struct uring_op *theirs = f->theirs;
    if (watch_asks_for(WATCH_MEMORY)) {
        check_freed(f);
        check_changed(f);
    }
    if (!(flags & IORING_CQE_F_NOTIF))
        watch_completed(f->kind, result, f->asked);
    if (!(flags & IORING_CQE_F_MORE))
        end_flight(f);
    theirs->done(uring, theirs, result, flags);
}

/* What names another operation does so by the address of its op. */
static void name_ours(struct flight *canceller, struct io_uring_sqe *what)
{
    const unsigned other_ways =
        IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL_ANY;
    bool names = what->opcode == IORING_OP_ASYNC_CANCEL
                     ? !(what->cancel_flags & other_ways)
                     : what->opcode == IORING_OP_TIMEOUT_REMOVE ||
                           what->opcode == IORING_OP_POLL_REMOVE;
    struct flight *f = NULL;
    if (names && what->addr != 0)
        f = find((struct uring_op *)(uintptr_t)what->addr);
    if (f == NULL)
        return;
    what->addr = (uintptr_t)&f->op;
    if (canceller != NULL) {
        canceller->names = f;
        f->named++;
    }
}

/* Of one that has no completion if all goes well, nobody learns when it is
 * over. */
static int start_unwatched(struct uring *uring, struct uring_op *theirs,
                           const struct io_uring_sqe *what)
{
    struct io_uring_sqe ours = *what;
    name_ours(NULL, &ours);
    watch_started(kind_of(what));
    return uring_start(uring, theirs, &ours);
}

int __wrap_uring_start(struct uring *uring, struct uring_op *theirs,
                       const struct io_uring_sqe *what)
{
    if (what->flags & IOSQE_CQE_SKIP_SUCCESS)
        return start_unwatched(uring, theirs, what);
    struct flight *f = take_place();
    struct io_uring_sqe ours = *what;
    *f = (struct flight){.op = {on_done, f},
                         .theirs = theirs,
                         .kind = kind_of(what),
                         .hashed = -1,
                         .group = -1};
    f->fills = f->kind == FLIGHT_RECEIVE;
    if (what->flags & IOSQE_BUFFER_SELECT)
        f->group = what->buf_group;
    note_memory(f, what);
    if (watch_asks_for(WATCH_MEMORY)) {
        check_start(f);
        if (f->hashed >= 0)
            f->hash = hash_of(&f->spans[f->hashed]);
    }
    name_ours(f, &ours);
    int err = uring_start(uring, &f->op, &ours);
    if (err < 0)
        end_flight(f);
    else
        watch_started(f->kind);
    return err;
}

/* ---- For lent_buffers.c ---- */

const char *flights_using(const struct span *span)
{
    for (int i = 0; i < flights_top; i++)
        for (int k = 0; flights[i].theirs != NULL && k < flights[i].spans_count;
             k++)
            if (spans_overlap(&flights[i].spans[k], span))
                return name_of(flights[i].kind);
    return NULL;
}

const char *flights_of_group(int group)
{
    for (int i = 0; i < flights_top; i++)
        if (flights[i].theirs != NULL && flights[i].group == group)
            return name_of(flights[i].kind);
    return NULL;
}
