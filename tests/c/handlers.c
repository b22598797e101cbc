/* Handlers: what they are given, what they may call, and what happens to `user`. */

#include "check.h"

typedef struct {
    sanwang_client_t *sp;
    int outcomes, delivers, reports, responses, states, logs, freed;
    uint64_t nested;
} seen_t;

static void on_outcome(const sanwang_outcome_t *o, void *user) {
    seen_t *seen = user;
    sanwang_outcome_t *again = NULL;
    SAME(sanwang_outcome_account(o), "901234");
    SAME(sanwang_outcome_receiver(o), "13800138000");
    CHECK(sanwang_outcome_status(o) == SANWANG_STATUS_DELIVERED);
    CHECK(sanwang_status_is_success(sanwang_outcome_status(o)));
    CHECK(sanwang_outcome_segments(o) == 1 && sanwang_outcome_code(o) == 0);
    CHECK(sanwang_outcome_segment_status(o, 0) == SANWANG_STATUS_DELIVERED);
    CHECK(strlen(sanwang_outcome_segment_message_id(o, 0)) == 16);
    CHECK(sanwang_outcome_segment_result(o, 0) == 0);
    SAME(sanwang_outcome_segment_stat(o, 0), "DELIVRD");
    SAME(sanwang_outcome_segment_error(o, 0), "");
    CHECK(sanwang_outcome_accepted_at(o) > 0);
    CHECK(sanwang_outcome_segment_sent_at(o, 0) >= sanwang_outcome_accepted_at(o));
    CHECK(sanwang_outcome_segment_done_at(o, 0) >= sanwang_outcome_segment_sent_at(o, 0));
    CHECK(sanwang_outcome_decided_at(o) >= sanwang_outcome_segment_done_at(o, 0));
    CHECK(sanwang_outcome_text(o) != NULL);
    CHECK(sanwang_outcome_repeated(o) == 0 && sanwang_outcome_retriable(o) == 0);
    CHECK(sanwang_outcome_segment_status(o, 1) == SANWANG_STATUS_NONE);
    CHECK(sanwang_outcome_segment_stat(o, 1) == NULL);

    /* Its own outcome is there; what would wait for this very handler is refused. */
    OK(sanwang_client_outcome(seen->sp, sanwang_outcome_ticket(o), 60000, &again, &err));
    CHECK(sanwang_outcome_ticket(again) == sanwang_outcome_ticket(o));
    sanwang_outcome_free(again);
    CHECK(sanwang_client_wait(seen->sp, 60000) == SANWANG_WOULD_DEADLOCK);
    CHECK(sanwang_client_close(seen->sp, 60000, NULL, 0) == SANWANG_WOULD_DEADLOCK);
    FAILS(SANWANG_WOULD_DEADLOCK, "handler", sanwang_client_wait_online(seen->sp, 60000, &err));
    FAILS(SANWANG_WOULD_DEADLOCK, "handler", sanwang_client_outcome(seen->sp, 5, 60000, &again, &err));

    if (sanwang_outcome_user_data(o) == 7) {
        sanwang_submit_t m = { .receiver = "13800138000", .text = "nested", .user_data = 8 };
        SAME(sanwang_outcome_reference(o), "order-42");
        OK(sanwang_client_send(seen->sp, &m, sizeof m, &seen->nested, &err));
    } else {
        CHECK(sanwang_outcome_user_data(o) == 8);
        CHECK(sanwang_outcome_reference(o) == NULL);
    }
    seen->outcomes++;
}

static void on_deliver(const sanwang_deliver_t *d, void *user) {
    size_t len = 0;
    SAME(sanwang_deliver_account(d), "901234");
    SAME(sanwang_deliver_sender(d), "13800138000");
    SAME(sanwang_deliver_receiver(d), "1065700112");
    SAME(sanwang_deliver_text(d), "\xe4\xbd\xa0\xe5\xa5\xbd");
    CHECK(memcmp(sanwang_deliver_octets(d, &len), "\x4f\x60\x59\x7d", 4) == 0 && len == 4);
    CHECK(sanwang_deliver_udh(d, &len) != NULL && len == 0);
    CHECK(sanwang_deliver_coding(d) == 8 && sanwang_deliver_message_class(d) == -1);
    CHECK(sanwang_deliver_parts(d) == 1 && sanwang_deliver_total(d) == 1 && sanwang_deliver_complete(d));
    CHECK(strlen(sanwang_deliver_message_id(d)) == 16);
    SAME(sanwang_deliver_link_id(d), "");
    CHECK(sanwang_deliver_service_id(d) != NULL);
    CHECK(sanwang_deliver_connection(d) > 0 && sanwang_deliver_time(d) > 0);
    CHECK(sanwang_deliver_token(d) != 0);
    ((seen_t *)user)->delivers++;
}

static void on_report(const sanwang_report_t *r, void *user) {
    size_t len = 0;
    SAME(sanwang_report_account(r), "901234");
    SAME(sanwang_report_stat(r), "DELIVRD");
    SAME(sanwang_report_error(r), "");
    CHECK(strstr(sanwang_report_receiver(r), "13800138000") != NULL);
    CHECK(sanwang_report_ticket(r) != 0 && sanwang_report_segment(r) == 1);
    CHECK(sanwang_report_user_data(r) == 7 || sanwang_report_user_data(r) == 8);
    CHECK((sanwang_report_reference(r) != NULL) == (sanwang_report_user_data(r) == 7));
    CHECK(strlen(sanwang_report_message_id(r)) == 16);
    CHECK(sanwang_report_is_final(r) && !sanwang_report_repeated(r));
    CHECK(sanwang_report_submitted_at(r) > 0 && sanwang_report_done_at(r) > 0);
    CHECK(sanwang_report_connection(r) > 0 && sanwang_report_time(r) > 0 && sanwang_report_token(r) != 0);
    CHECK(sanwang_report_raw(r, &len) != NULL && len > 0);
    CHECK(sanwang_report_raw(r, NULL) != NULL);
    ((seen_t *)user)->reports++;
}

static void on_response(const sanwang_response_t *r, void *user) {
    SAME(sanwang_response_account(r), "901234");
    CHECK(sanwang_response_ticket(r) != 0 && sanwang_response_result(r) == 0 && !sanwang_response_late(r));
    CHECK(sanwang_response_segment(r) == 1 && sanwang_response_segments(r) == 1);
    CHECK(strlen(sanwang_response_message_id(r)) == 16);
    CHECK(sanwang_response_name(r) != NULL && sanwang_response_time(r) > 0 && sanwang_response_connection(r) > 0);
    CHECK((sanwang_response_reference(r) != NULL) == (sanwang_response_user_data(r) == 7));
    ((seen_t *)user)->responses++;
}

static void on_state(const sanwang_account_state_t *s, void *user) {
    SAME(sanwang_account_state_account(s), "901234");
    CHECK(sanwang_account_state_time(s) > 0 && sanwang_account_state_wanted(s) == 1);
    CHECK(sanwang_account_state_inbound(s) == 0 && sanwang_account_state_reason(s) != NULL);
    if (sanwang_account_state_state(s) == SANWANG_STATE_ONLINE) {
        CHECK(sanwang_account_state_up(s) == 1 && sanwang_account_state_connection(s) > 0);
        ((seen_t *)user)->states++;
    }
}

static void on_log(const sanwang_log_t *l, void *user) {
    CHECK(sanwang_log_level(l) >= SANWANG_LOG_ERROR && sanwang_log_level(l) <= SANWANG_LOG_INFO);
    CHECK(sanwang_log_account(l) != NULL && sanwang_log_area(l)[0] != 0 && sanwang_log_text(l)[0] != 0);
    CHECK(sanwang_log_time(l) > 0);
    ((seen_t *)user)->logs++;
}

static void user_free(void *user) {
    ((seen_t *)user)->freed++;
}

int main(void) {
    sanwang_simulator_t *sim = simulator(NULL);
    sanwang_simulator_counts_t counts;
    sanwang_outcome_t *outcome = NULL;
    seen_t seen = { 0 };
    uint64_t ticket = 0;
    sanwang_submit_t m = { .receiver = "+8613800138000", .text = "hello", .user_data = 7 };
    sanwang_client_handlers_t on = {
        .on_outcome = on_outcome, .on_deliver = on_deliver, .on_report = on_report, .on_response = on_response,
        .on_state = on_state, .on_log = on_log, .user = &seen, .user_free = user_free,
    };
    char reference[16] = "order-42";

    /* An open that fails frees `user` too, so that it is always freed once. */
    FAILS(SANWANG_BAD_SETTING, "URL", sanwang_client_open(&seen.sp, "nothing", &on, sizeof on, &err));
    CHECK(seen.freed == 1);
    FAILS(SANWANG_BAD_ARGUMENT, "url is NULL", sanwang_client_open(&seen.sp, NULL, &on, sizeof on, &err));
    CHECK(seen.freed == 2);
    seen.freed = 0;

    OK(sanwang_client_open(&seen.sp, account(sim, ""), &on, sizeof on, &err));
    memset(&on, 0xff, sizeof on);                /* it was copied */
    OK(sanwang_client_wait_online(seen.sp, 60000, &err));
    m.reference = reference;
    OK(sanwang_client_send(seen.sp, &m, sizeof m, &ticket, &err));
    memset(reference, 'x', sizeof reference);    /* and so was this */
    OK(sanwang_client_outcome(seen.sp, ticket, 60000, &outcome, &err));
    SAME(sanwang_outcome_reference(outcome), "order-42");
    OK(sanwang_simulator_deliver(sim, "901234", "13800138000", "1065700112", "\xe4\xbd\xa0\xe5\xa5\xbd", &err));
    FAILS(SANWANG_NO_ROUTE, "nobody", sanwang_simulator_deliver(sim, "nobody", "1", "2", "x", &err));
    do {
        CHECK(sanwang_simulator_counts(sim, &counts, sizeof counts) == SANWANG_OK);
    } while (counts.acked < 3);                  /* two reports and the message */
    CHECK(sanwang_client_wait(seen.sp, 60000) == SANWANG_OK);
    CHECK(sanwang_client_open_tickets(seen.sp) == 0);
    CHECK(sanwang_client_close(seen.sp, 5000, NULL, 0) == SANWANG_OK);
    CHECK(seen.freed == 0);
    sanwang_client_free(seen.sp);
    CHECK(seen.freed == 1);

    CHECK(seen.outcomes == 2 && seen.reports == 2 && seen.responses == 2 && seen.delivers == 1);
    CHECK(seen.states >= 1 && seen.nested != 0 && seen.nested != ticket);
    CHECK(seen.logs >= 1);
    /* It was given away: it outlives its client. */
    CHECK(sanwang_outcome_ticket(outcome) == ticket && sanwang_outcome_user_data(outcome) == 7);
    sanwang_outcome_free(outcome);

    CHECK(sanwang_simulator_close(sim, 5000) == SANWANG_OK);
    sanwang_simulator_free(sim);
    CHECK(seen.freed == 1);
    puts("ok");
    return 0;
}
