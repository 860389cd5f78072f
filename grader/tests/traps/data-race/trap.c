/* Two threads count without a lock. The second starts after the first has
 * counted, and that order is no happens-before: the report is always the same.
 */
#include "traps.h"

#include <pthread.h>
#include <stdatomic.h>

static int count;
static atomic_int counted;

static void *add(void *unused)
{
    count++;
    atomic_store_explicit(&counted, 1, memory_order_relaxed);
    return unused;
}

int trap(int number)
{
    pthread_t threads[2];

    (void)number;
    pthread_create(&threads[0], NULL, add, NULL);
    while (!atomic_load_explicit(&counted, memory_order_relaxed))
        ;
    pthread_create(&threads[1], NULL, add, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return 7;
}
