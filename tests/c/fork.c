/* A child process has none of the library's threads: it is told so, and the parent goes on. */

#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <sys/wait.h>
#include <unistd.h>

static void user_free(void *user) {
    ++*(int *)user;
}

static int child(sanwang_client_t *sp, sanwang_simulator_t *sim, sanwang_event_t *event, int *freed) {
    sanwang_submit_t m = { .receiver = "13800138000", .text = "child" };
    sanwang_outcome_t *outcome = NULL;
    sanwang_counters_t counters;
    sanwang_client_t *own = NULL;
    sanwang_event_t *events[1];
    const char *url = account(sim, "");

    FAILS(SANWANG_FORKED, "fork", sanwang_client_send(sp, &m, sizeof m, NULL, &err));
    FAILS(SANWANG_FORKED, "fork", sanwang_client_outcome(sp, 1, 60000, &outcome, &err));
    FAILS(SANWANG_FORKED, "fork", sanwang_client_wait_online(sp, 60000, &err));
    CHECK(sanwang_client_wait(sp, 60000) == SANWANG_FORKED);
    CHECK(sanwang_client_poll(sp, events, 1, 60000) == -SANWANG_FORKED);
    CHECK(sanwang_client_state(sp, NULL, NULL, NULL, 0) == SANWANG_FORKED);
    CHECK(sanwang_client_counters(sp, NULL, &counters, sizeof counters) == SANWANG_FORKED);
    CHECK(sanwang_client_handled(sp, 1) == SANWANG_FORKED);
    CHECK(sanwang_event_handled(event) == SANWANG_FORKED);
    CHECK(sanwang_client_open_tickets(sp) == 0);
    CHECK(sanwang_client_close(sp, 60000, NULL, 0) == SANWANG_FORKED);
    CHECK(sanwang_simulator_close(sim, 60000) == SANWANG_FORKED);
    SAME(sanwang_event_account(event), "901234");
    sanwang_event_free(event);
    sanwang_client_free(sp);
    sanwang_simulator_free(sim);
    CHECK(*freed == 0);

    /* A client of its own works. */
    OK(sanwang_client_open(&own, url, NULL, 0, &err));
    OK(sanwang_client_wait_online(own, 60000, &err));
    /* Reports may go to any connection of the account, also to the parent's. */
    m.report = SANWANG_NO;
    OK(sanwang_client_send(own, &m, sizeof m, NULL, &err));
    CHECK(sanwang_client_wait(own, 60000) == SANWANG_OK);
    CHECK(sanwang_client_close(own, 5000, NULL, 0) == SANWANG_OK);
    sanwang_client_free(own);
    return 0;
}

static void gateway_child(sanwang_gateway_t *gw, int *freed) {
    sanwang_event_t *events[1];
    sanwang_outcome_t *outcome = NULL;
    sanwang_counters_t counters;
    sanwang_submit_ref_t ref = { .account = "901234", .message_id = "1", .receiver = "13800138000" };
    sanwang_mo_t mo = { .sender = "13800138000", .receiver = "10657001", .text = "child" };

    CHECK(sanwang_gateway_answer(gw, 1, 0) == SANWANG_FORKED);
    CHECK(sanwang_gateway_answer_after(gw, 1, 0, 1) == SANWANG_FORKED);
    FAILS(SANWANG_FORKED, "fork", sanwang_gateway_report_on(gw, &ref, sizeof ref, "DELIVRD", NULL, 0, NULL, &err));
    FAILS(SANWANG_FORKED, "fork", sanwang_gateway_deliver(gw, "901234", &mo, sizeof mo, 0, NULL, &err));
    FAILS(SANWANG_FORKED, "fork", sanwang_gateway_outcome(gw, 1, 60000, &outcome, &err));
    CHECK(sanwang_gateway_poll(gw, events, 1, 60000) == -SANWANG_FORKED);
    CHECK(sanwang_gateway_counters(gw, NULL, &counters, sizeof counters) == SANWANG_FORKED);
    CHECK(sanwang_gateway_wait(gw, 60000) == SANWANG_FORKED);
    FAILS(SANWANG_FORKED, "fork", sanwang_gateway_add_listener(gw, NULL, "cmpp://127.0.0.1:0", NULL, &err));
    FAILS(SANWANG_FORKED, "fork", sanwang_gateway_remove_listener(gw, "mobile", &err));
    CHECK(sanwang_gateway_listener(gw, 0) == NULL);
    CHECK(sanwang_gateway_turned_away(gw) == 0);
    CHECK(sanwang_gateway_close(gw, 60000, NULL, 0) == SANWANG_FORKED);
    sanwang_gateway_free(gw);
    CHECK(*freed == 0);
}

int main(void) {
    static const char *const urls[] = { "cmpp://127.0.0.1:0", NULL };
    static const char *const accounts[] = { "901234", "secret", NULL };
    sanwang_gateway_handlers_t served = { .user_free = user_free, .poll_kinds = SANWANG_EVENT_SUBMIT };
    sanwang_gateway_t *gw = NULL;
    sanwang_simulator_t *sim = simulator(NULL);
    sanwang_client_t *sp = NULL;
    sanwang_event_t *event = NULL;
    sanwang_submit_t m = { .receiver = "13800138000", .text = "parent" };
    int freed = 0, status = 0;
    pid_t pid;
    sanwang_client_handlers_t on = { .user = &freed, .user_free = user_free, .poll_kinds = SANWANG_EVENT_OUTCOME };

    OK(sanwang_client_open(&sp, account(sim, ""), &on, sizeof on, &err));
    OK(sanwang_client_wait_online(sp, 60000, &err));
    OK(sanwang_client_send(sp, &m, sizeof m, NULL, &err));
    CHECK(sanwang_client_poll(sp, &event, 1, 60000) == 1);
    served.user = &freed;
    OK(sanwang_gateway_open(&gw, urls, accounts, NULL, &served, sizeof served, &err));
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        gateway_child(gw, &freed);
        _exit(child(sp, sim, event, &freed));
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);

    OK(sanwang_client_send(sp, &m, sizeof m, NULL, &err));
    CHECK(sanwang_client_wait(sp, 60000) == SANWANG_OK);
    sanwang_event_free(event);
    CHECK(sanwang_client_close(sp, 5000, NULL, 0) == SANWANG_OK);
    sanwang_client_free(sp);
    CHECK(freed == 1);
    CHECK(sanwang_gateway_close(gw, 5000, NULL, 0) == SANWANG_OK);
    sanwang_gateway_free(gw);
    CHECK(freed == 2);
    CHECK(sanwang_simulator_close(sim, 5000) == SANWANG_OK);
    sanwang_simulator_free(sim);
    puts("ok");
    return 0;
}
