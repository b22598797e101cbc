/* Query and cancel, at both ends: answered by handlers, later, and after polling; and what is wrong. */

#define NO_SIMULATOR
#include "check.h"

#define KEPT "7428a5c003e9303a"

static sanwang_gateway_t *gw;
static int asked;

static uint32_t on_submit(const sanwang_submit_event_t *m, void *user) {
    (void)m;
    (void)user;
    return SANWANG_ACCEPT;
}

static int32_t on_query(const sanwang_query_event_t *q, sanwang_day_counts_t *counts, void *user) {
    CHECK(user == &asked);
    CHECK(sanwang_query_event_token(q) != 0 && sanwang_query_event_connection(q) > 0);
    CHECK(sanwang_query_event_time(q) > 0);
    SAME(sanwang_query_event_day(q), "20260708");
    asked++;
    if (sanwang_query_event_service(q) != NULL) {
        sanwang_day_counts_t later = { .mt_messages = 1 };
        SAME(sanwang_query_event_service(q), "HELP");
        CHECK(sanwang_gateway_answer_query(gw, sanwang_query_event_token(q), &later, sizeof later) == SANWANG_OK);
        return 0;
    }
    CHECK(counts->mt_messages == 0 && counts->mo_failed == 0);
    counts->mt_messages = 12;
    counts->mo_failed = 3;
    return 1;
}

static uint32_t on_cancel(const sanwang_cancel_event_t *c, void *user) {
    const char *id = sanwang_cancel_event_message_id(c);
    CHECK(user == &asked);
    CHECK(sanwang_cancel_event_token(c) != 0 && sanwang_cancel_event_connection(c) > 0);
    CHECK(sanwang_cancel_event_time(c) > 0);
    SAME(sanwang_cancel_event_account(c), "901234");
    if (strcmp(id, KEPT) == 0) return 1;
    CHECK(sanwang_gateway_answer_after(gw, sanwang_cancel_event_token(c), SANWANG_ACCEPT, 5) == SANWANG_OK);
    return SANWANG_LATER;
}

static sanwang_client_t *client(const char *protocol, const char *user, size_t listener) {
    sanwang_client_t *sp = NULL;
    char url[160];
    snprintf(url, sizeof url, "%s://%s:secret@%s?sender=10657001", protocol, user,
             sanwang_gateway_listener(gw, listener));
    OK(sanwang_client_open(&sp, url, NULL, 0, &err));
    OK(sanwang_client_wait_online(sp, 60000, &err));
    return sp;
}

static void close_client(sanwang_client_t *sp) {
    sanwang_day_counts_t counts;
    CHECK(sanwang_client_close(sp, 5000, NULL, 0) == SANWANG_OK);
    FAILS(SANWANG_CLOSED, "closed", sanwang_client_query(sp, NULL, "20260708", NULL, 100, &counts, sizeof counts, &err));
    sanwang_client_free(sp);
}

static void handled(void) {
    static const char *const urls[] = { "cmpp://127.0.0.1:0", "smgp://127.0.0.1:0", NULL };
    static const char *const accounts[] = { "901234", "secret", "10000001", "secret", NULL };
    sanwang_gateway_handlers_t on = {
        .on_submit = on_submit, .on_query = on_query, .on_cancel = on_cancel, .user = &asked,
    };
    sanwang_submit_t m = { .receiver = "13800138000", .text = "hi" };
    sanwang_day_counts_t counts;
    sanwang_client_t *sp;
    uint64_t ticket = 0;
    int32_t result = 9;
    sanwang_result_t said;

    OK(sanwang_gateway_open(&gw, urls, accounts, NULL, &on, sizeof on, &err));
    sp = client("cmpp", "901234", 0);
    OK(sanwang_client_query(sp, NULL, "20260708", NULL, 60000, &counts, sizeof counts, &err));
    CHECK(counts.mt_messages == 12 && counts.mt_sent == 0 && counts.mo_failed == 3);
    OK(sanwang_client_query(sp, "901234", "20260708", "HELP", 60000, &counts, sizeof counts, &err));
    CHECK(counts.mt_messages == 1 && counts.mo_failed == 0 && asked == 2);

    FAILS(SANWANG_BAD_ARGUMENT, "eight digits",
          sanwang_client_query(sp, NULL, "2026-7-8", NULL, 100, &counts, sizeof counts, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "10 characters",
          sanwang_client_query(sp, NULL, "20260708", "01234567890", 100, &counts, sizeof counts, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "counts is NULL", sanwang_client_query(sp, NULL, "20260708", NULL, 100, NULL, 0, &err));
    FAILS(SANWANG_NOT_FOUND, "nobody",
          sanwang_client_query(sp, "nobody", "20260708", NULL, 100, &counts, sizeof counts, &err));

    OK(sanwang_client_cancel_id(sp, NULL, "7428a5c003e93039", 60000, &result, &err));
    CHECK(result == SANWANG_CANCELLATION_DELETED);
    OK(sanwang_client_cancel_id(sp, "901234", KEPT, 60000, &result, &err));
    CHECK(result == SANWANG_CANCELLATION_REFUSED);
    OK(sanwang_client_cancel_id(sp, NULL, KEPT, 60000, NULL, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "id: ", sanwang_client_cancel_id(sp, NULL, "x", 100, &result, &err));
    FAILS(SANWANG_NOT_FOUND, "not open", sanwang_client_cancel(sp, 5, 60000, &result, &err));
    CHECK(result == SANWANG_CANCELLATION_NONE);

    /* A message that meets the library's thread at the account waits for it, and may be taken back before it is sent. */
    do {
        OK(sanwang_client_send(sp, &m, sizeof m, &ticket, &err));
        do {
            said = sanwang_client_cancel(sp, ticket, 60000, &result, NULL);
        } while (said == SANWANG_IN_FLIGHT);
        CHECK(said == SANWANG_OK);
    } while (result == SANWANG_CANCELLATION_NOT_SENT);
    CHECK(result == SANWANG_CANCELLATION_DELETED);
    close_client(sp);

    sp = client("smgp", "10000001", 1);
    OK(sanwang_client_query(sp, NULL, "20260708", NULL, 60000, &counts, sizeof counts, &err));
    CHECK(counts.mt_messages == 12);
    FAILS(SANWANG_UNSUPPORTED, "SMGP has no cancel",
          sanwang_client_cancel_id(sp, NULL, "01006101161700012345", 100, &result, &err));
    close_client(sp);
    CHECK(sanwang_gateway_close(gw, 5000, NULL, 0) == SANWANG_OK);
    sanwang_gateway_free(gw);
}

/* What is not sent is taken back on every protocol, also while nobody is there. */
static void not_sent(void) {
    sanwang_submit_t m = { .receiver = "13800138000", .text = "hi" };
    sanwang_client_handlers_t quiet = { .poll_kinds = SANWANG_EVENT_LOG };
    sanwang_client_t *sp = NULL;
    sanwang_outcome_t *outcome = NULL;
    uint64_t ticket = 0;
    int32_t result = 0;
    OK(sanwang_client_open(&sp, "smgp://10000001:secret@127.0.0.1:1?sender=1", &quiet, sizeof quiet, &err));
    OK(sanwang_client_send(sp, &m, sizeof m, &ticket, &err));
    OK(sanwang_client_cancel(sp, ticket, 60000, &result, &err));
    CHECK(result == SANWANG_CANCELLATION_NOT_SENT);
    OK(sanwang_client_outcome(sp, ticket, 60000, &outcome, &err));
    CHECK(sanwang_outcome_status(outcome) == SANWANG_STATUS_CANCELED);
    sanwang_outcome_free(outcome);
    FAILS(SANWANG_NOT_CONNECTED, "not connected",
          sanwang_client_query(sp, NULL, "20260708", NULL, 60000, &(sanwang_day_counts_t){ 0 },
                               sizeof(sanwang_day_counts_t), &err));
    close_client(sp);
}

static void polled(void) {
    static const char *const urls[] = { "cmpp://127.0.0.1:0", NULL };
    static const char *const accounts[] = { "901234", "secret", NULL };
    sanwang_gateway_handlers_t on = {
        .poll_kinds = SANWANG_EVENT_QUERY | SANWANG_EVENT_CANCEL, .on_cancel = on_cancel,
    };
    sanwang_event_t *event = NULL;
    sanwang_day_counts_t counts = { .mt_messages = 7 };
    sanwang_client_t *sp;
    FAILS(SANWANG_BAD_ARGUMENT, "both", sanwang_gateway_open(&gw, urls, accounts, NULL, &on, sizeof on, &err));
    on.on_cancel = NULL;
    on.poll_kinds |= 1 << 20;
    FAILS(SANWANG_BAD_ARGUMENT, "poll_kinds", sanwang_gateway_open(&gw, urls, accounts, NULL, &on, sizeof on, &err));
    on.poll_kinds &= ~(uint64_t)(1 << 20);
    OK(sanwang_gateway_open(&gw, urls, accounts, NULL, &on, sizeof on, &err));
    sp = client("cmpp", "901234", 0);

    /* Nobody answers in time; what comes too late is answered to nobody. */
    FAILS(SANWANG_TIMEOUT, "no answer",
          sanwang_client_query(sp, NULL, "20260708", NULL, 200, &counts, sizeof counts, &err));
    CHECK(sanwang_gateway_poll(gw, &event, 1, 60000) == 1);
    CHECK(sanwang_event_kind(event) == SANWANG_EVENT_QUERY && sanwang_event_cancel(event) == NULL);
    SAME(sanwang_query_event_account(sanwang_event_query(event)), "901234");
    CHECK(sanwang_gateway_answer_query(gw, sanwang_query_event_token(sanwang_event_query(event)), &counts,
                                       sizeof counts) == SANWANG_OK);
    CHECK(sanwang_gateway_answer_query(gw, sanwang_query_event_token(sanwang_event_query(event)), NULL, 0) ==
          SANWANG_BAD_ARGUMENT);
    sanwang_event_free(event);

    FAILS(SANWANG_TIMEOUT, "no answer", sanwang_client_cancel_id(sp, NULL, KEPT, 200, NULL, &err));
    CHECK(sanwang_gateway_poll(gw, &event, 1, 60000) == 1);
    CHECK(sanwang_event_kind(event) == SANWANG_EVENT_CANCEL && sanwang_event_query(event) == NULL);
    SAME(sanwang_cancel_event_message_id(sanwang_event_cancel(event)), KEPT);
    CHECK(sanwang_gateway_answer(gw, sanwang_cancel_event_token(sanwang_event_cancel(event)), 1) == SANWANG_OK);
    sanwang_event_free(event);
    close_client(sp);
    CHECK(sanwang_gateway_close(gw, 5000, NULL, 0) == SANWANG_OK);
    sanwang_gateway_free(gw);
}

int main(void) {
    handled();
    not_sent();
    polled();
    puts("ok");
    return 0;
}
