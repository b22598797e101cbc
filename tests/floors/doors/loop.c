/* A closed loop through the C interface: every outcome sends the next message, 140 octets of ASCII as those of
 * `sanwang load` beside it. Prints one line of JSON.
 *
 *     loop URL WINDOW SECONDS [SERVER_PID] */

#define _POSIX_C_SOURCE 200809L
#include <sanwang.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static sanwang_client_t *sp;
static atomic_ullong ended;
static atomic_int stopping;
static uint8_t content[140];

static void send_one(void) {
    sanwang_submit_t m = { .receiver = "13800138000", .content = content, .content_len = sizeof content,
                           .coding = "ascii" };
    sanwang_error_t *err = NULL;
    if (sanwang_client_send(sp, &m, sizeof m, NULL, &err) != SANWANG_OK) {
        fprintf(stderr, "%s\n", sanwang_error_message(err));
        sanwang_error_free(err);
        atomic_store(&stopping, 1);
    }
}

static void on_outcome(const sanwang_outcome_t *o, void *user) {
    (void)o;
    (void)user;
    atomic_fetch_add_explicit(&ended, 1, memory_order_relaxed);
    if (!atomic_load_explicit(&stopping, memory_order_relaxed)) send_one();
}

static double seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_of(const char *pid) {
    char path[64], line[1024];
    unsigned long user = 0, sys = 0;
    FILE *f;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    f = fopen(path, "r");
    if (f == NULL) return 0;
    if (fgets(line, sizeof line, f) != NULL) {
        char *rest = strrchr(line, ')');
        if (rest != NULL) sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys);
    }
    fclose(f);
    return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

static void nap(double time) {
    struct timespec t;
    t.tv_sec = (time_t)time;
    t.tv_nsec = (long)((time - (double)t.tv_sec) * 1e9);
    nanosleep(&t, NULL);
}

int main(int argc, char **argv) {
    sanwang_client_handlers_t on = { .on_outcome = on_outcome };
    sanwang_error_t *err = NULL;
    const char *pid = argc > 4 ? argv[4] : "0";
    double begin, cpu, theirs;
    unsigned long long before, messages;
    int i, window;
    if (argc < 4) return fprintf(stderr, "loop URL WINDOW SECONDS [SERVER_PID]\n"), 2;
    window = atoi(argv[2]);
    memset(content, 'A', sizeof content);
    if (sanwang_client_open(&sp, argv[1], &on, sizeof on, &err) != SANWANG_OK ||
        sanwang_client_wait_online(sp, 10000, &err) != SANWANG_OK) {
        fprintf(stderr, "%s\n", sanwang_error_message(err));
        return 1;
    }
    for (i = 0; i < window; i++) send_one();
    nap(0.5);
    before = atomic_load(&ended);
    begin = seconds(CLOCK_MONOTONIC);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    theirs = cpu_of(pid);
    nap(atof(argv[3]));
    messages = atomic_load(&ended) - before;
    begin = seconds(CLOCK_MONOTONIC) - begin;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu + cpu_of(pid) - theirs;
    atomic_store(&stopping, 1);
    sanwang_client_close(sp, 5000, NULL, 0);
    sanwang_client_free(sp);
    printf("{\"kind\":\"c\",\"window\":%d,\"messages\":%llu,\"msgs_per_s\":%.0f,\"cpu_s_per_M\":%.4f}\n", window, messages,
           (double)messages / begin, cpu / ((double)(messages > 0 ? messages : 1) / 1e6));
    return messages > 0 ? 0 : 1;
}
