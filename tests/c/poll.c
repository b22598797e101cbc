/* Events by polling: kinds, answers by event and by token, the end of the queue. */

#include "check.h"

#define CAP 8

static sanwang_event_t *next(sanwang_client_t *sp, sanwang_event_kind_t kind) {
    sanwang_event_t *event = NULL;
    CHECK(sanwang_client_poll(sp, &event, 1, 60000) == 1);
    CHECK(sanwang_event_kind(event) == kind);
    SAME(sanwang_event_account(event), "901234");
    return event;
}

static uint64_t acked(sanwang_simulator_t *sim) {
    sanwang_simulator_counts_t counts;
    CHECK(sanwang_simulator_counts(sim, &counts, sizeof counts) == SANWANG_OK);
    return counts.acked;
}

int main(void) {
    sanwang_simulator_t *sim = simulator(NULL);
    sanwang_client_t *sp = NULL;
    sanwang_event_t *events[CAP];
    sanwang_event_t *event;
    sanwang_counters_t counters;
    sanwang_submit_t m = { .receiver = "13800138000", .text = "hello", .reference = "r" };
    sanwang_client_handlers_t on = { 0 };
    uint64_t ticket = 0;

    on.poll_kinds = SANWANG_EVENT_OUTCOME | SANWANG_EVENT_DELIVER | SANWANG_EVENT_REPORT | SANWANG_EVENT_RESPONSE;
    OK(sanwang_client_open(&sp, account(sim, "&ack_within=60s"), &on, sizeof on, &err));
    OK(sanwang_client_wait_online(sp, 60000, &err));
    CHECK(sanwang_client_poll(sp, events, CAP, 0) == 0);
    CHECK(sanwang_client_poll(sp, events, CAP, 5) == 0);
    CHECK(sanwang_client_poll(sp, events, 0, 0) == -SANWANG_BAD_ARGUMENT);

    OK(sanwang_client_send(sp, &m, sizeof m, &ticket, &err));
    event = next(sp, SANWANG_EVENT_RESPONSE);
    CHECK(sanwang_response_ticket(sanwang_event_response(event)) == ticket);
    CHECK(sanwang_event_outcome(event) == NULL && sanwang_event_deliver(event) == NULL);
    CHECK(sanwang_event_report(event) == NULL && sanwang_event_state(event) == NULL);
    CHECK(sanwang_event_trouble(event) == NULL && sanwang_event_log(event) == NULL);
    sanwang_event_free(event);

    /* A report is answered when it is handled, and not before. */
    event = next(sp, SANWANG_EVENT_REPORT);
    SAME(sanwang_report_reference(sanwang_event_report(event)), "r");
    CHECK(acked(sim) == 0);
    CHECK(sanwang_event_handled(event) == SANWANG_OK);
    CHECK(sanwang_event_handled(event) == SANWANG_OK);
    sanwang_event_free(event);
    while (acked(sim) < 1) continue;
    event = next(sp, SANWANG_EVENT_OUTCOME);
    CHECK(sanwang_outcome_ticket(sanwang_event_outcome(event)) == ticket);
    CHECK(sanwang_event_handled(event) == SANWANG_OK);
    sanwang_event_free(event);
    CHECK(sanwang_client_wait(sp, 60000) == SANWANG_OK);

    /* A delivery is answered by its token, after its event is gone. */
    OK(sanwang_simulator_deliver(sim, "901234", "13800138000", "10657001", "TD", &err));
    event = next(sp, SANWANG_EVENT_DELIVER);
    ticket = sanwang_deliver_token(sanwang_event_deliver(event));
    sanwang_event_free(event);
    CHECK(acked(sim) == 1);
    CHECK(sanwang_client_handled(sp, ticket) == SANWANG_OK);
    while (acked(sim) < 2) continue;
    CHECK(sanwang_client_counters(sp, "901234", &counters, sizeof counters) == SANWANG_OK);
    CHECK(counters.delivers == 1 && counters.reports == 1 && counters.sent == 1 && counters.outcomes == 1);
    CHECK(counters.acked_unhandled == 0 && counters.logins == 1);

    /* What is queued can be polled after the close; then it is over. The event outlives its client. */
    OK(sanwang_client_send(sp, &m, sizeof m, &ticket, &err));
    OK(sanwang_client_wait(sp, 60000));
    CHECK(sanwang_client_close(sp, 5000, NULL, 0) == SANWANG_OK);
    {
        int32_t n = sanwang_client_poll(sp, events, CAP, -1);
        int32_t i;
        CHECK(n == 3);
        CHECK(sanwang_client_poll(sp, events + n, CAP - 3, -1) == -SANWANG_CLOSED);
        sanwang_client_free(sp);
        for (i = 0; i < n; i++) {
            SAME(sanwang_event_account(events[i]), "901234");
            CHECK(sanwang_event_handled(events[i]) == SANWANG_OK);
            sanwang_event_free(events[i]);
        }
    }
    CHECK(sanwang_simulator_close(sim, 5000) == SANWANG_OK);
    sanwang_simulator_free(sim);
    puts("ok");
    return 0;
}
