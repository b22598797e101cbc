/* Many threads use one client at once; it is freed while the library is busy. */

#include "check.h"
#include <pthread.h>

enum { THREADS = 4, MESSAGES = 200 };

typedef struct {
    pthread_mutex_t lock;
    int outcomes, freed;
    uint64_t sum;
} seen_t;

static sanwang_client_t *sp;

static void on_outcome(const sanwang_outcome_t *o, void *user) {
    seen_t *seen = user;
    pthread_mutex_lock(&seen->lock);
    seen->outcomes++;
    seen->sum += sanwang_outcome_user_data(o);
    pthread_mutex_unlock(&seen->lock);
}

static void user_free(void *user) {
    seen_t *seen = user;
    pthread_mutex_lock(&seen->lock);
    seen->freed++;
    pthread_mutex_unlock(&seen->lock);
}

static void *sender(void *from) {
    uint64_t i;
    for (i = 0; i < MESSAGES; i++) {
        sanwang_submit_t m = { .receiver = "13800138000", .text = "hello" };
        m.user_data = *(uint64_t *)from + i;
        OK(sanwang_client_send(sp, &m, sizeof m, NULL, &err));
    }
    return NULL;
}

int main(void) {
    sanwang_simulator_t *sim = simulator(NULL);
    seen_t seen = { PTHREAD_MUTEX_INITIALIZER, 0, 0, 0 };
    sanwang_client_handlers_t on = { .on_outcome = on_outcome, .user = &seen, .user_free = user_free };
    pthread_t threads[THREADS];
    uint64_t from[THREADS];
    uint64_t n = (uint64_t)THREADS * MESSAGES;
    int i;

    OK(sanwang_client_open(&sp, account(sim, "&rate=0"), &on, sizeof on, &err));
    for (i = 0; i < THREADS; i++) {
        from[i] = (uint64_t)i * MESSAGES;
        CHECK(pthread_create(&threads[i], NULL, sender, &from[i]) == 0);
    }
    for (i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(sanwang_client_wait(sp, 120000) == SANWANG_OK);
    CHECK(seen.outcomes == THREADS * MESSAGES && seen.sum == n * (n - 1) / 2);
    sanwang_client_free(sp);                     /* without a close: it does not wait */
    CHECK(seen.freed == 1);

    /* Messages on their way do not keep it from being freed, nor call anybody after it. */
    OK(sanwang_client_open(&sp, account(sim, "&rate=0"), &on, sizeof on, &err));
    sender(&from[0]);
    sanwang_client_free(sp);
    while (1) {
        int freed;
        pthread_mutex_lock(&seen.lock);
        freed = seen.freed;
        pthread_mutex_unlock(&seen.lock);
        if (freed == 2) break;
    }
    CHECK(sanwang_simulator_close(sim, 5000) == SANWANG_OK);
    sanwang_simulator_free(sim);
    puts("ok");
    return 0;
}
