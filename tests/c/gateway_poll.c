/* A polled gateway: later answers, reports on submits whose events are gone, a gateway that is opened again; and wrong
 * use of gateways. */

#define _POSIX_C_SOURCE 200809L

#define NO_SIMULATOR
#include "check.h"
#include "port.h"

static int freed;

static void user_free(void *user) {
    CHECK(user == &freed);
    freed++;
}

static uint32_t on_submit(const sanwang_submit_event_t *m, void *user) {
    (void)m;
    (void)user;
    return SANWANG_ACCEPT;
}

static sanwang_gateway_t *opened(const char *url) {
    static const char *const accounts[] = { "901234", "secret", "901235", "secret", NULL };
    const char *urls[] = { NULL, NULL };
    sanwang_gateway_handlers_t on = {
        .poll_kinds = SANWANG_EVENT_SUBMIT | SANWANG_EVENT_OUTCOME, .user = &freed, .user_free = user_free,
    };
    sanwang_gateway_t *gw = NULL;
    urls[0] = url;
    OK(sanwang_gateway_open(&gw, urls, accounts, NULL, &on, sizeof on, &err));
    return gw;
}

static sanwang_event_t *next(sanwang_gateway_t *gw, sanwang_event_kind_t kind) {
    sanwang_event_t *event = NULL;
    CHECK(sanwang_gateway_poll(gw, &event, 1, 60000) == 1);
    CHECK(sanwang_event_kind(event) == kind);
    SAME(sanwang_event_account(event), "901234");
    return event;
}

static sanwang_status_t ended(sanwang_client_t *sp, uint64_t ticket) {
    sanwang_outcome_t *outcome = NULL;
    sanwang_status_t status;
    OK(sanwang_client_outcome(sp, ticket, 60000, &outcome, &err));
    status = sanwang_outcome_status(outcome);
    sanwang_outcome_free(outcome);
    return status;
}

static void acked(sanwang_gateway_t *gw, uint64_t ticket) {
    sanwang_event_t *event = next(gw, SANWANG_EVENT_OUTCOME);
    const sanwang_outcome_t *o = sanwang_event_outcome(event);
    CHECK(sanwang_outcome_ticket(o) == ticket && sanwang_outcome_status(o) == SANWANG_STATUS_ACKED);
    CHECK(sanwang_event_submit(event) == NULL);
    sanwang_event_free(event);
}

static void wrong_opens(void) {
    static const char *const urls[] = { "cmpp://127.0.0.1:0", NULL };
    static const char *const none[] = { NULL };
    static const char *const user_in_url[] = { "cmpp://a:b@127.0.0.1:0", NULL };
    static const char *const far[] = { "cmpp://192.0.2.1:7890", NULL };
    static const char *const accounts[] = { "a", "s", NULL };
    static const char *const twice[] = { "a", "s", "a", "t", NULL };
    static const char *const odd[] = { "a", "s", "hidden", NULL };
    static const char *const treads[] = { "treads", "2", NULL };
    sanwang_gateway_t *gw = (sanwang_gateway_t *)&gw;
    sanwang_gateway_handlers_t on = { .user = &freed, .user_free = user_free };

    FAILS(SANWANG_BAD_ARGUMENT, "urls is empty", sanwang_gateway_open(&gw, none, accounts, NULL, &on, sizeof on, &err));
    CHECK(gw == NULL && freed == 1);
    FAILS(SANWANG_BAD_ARGUMENT, "urls is empty", sanwang_gateway_open(&gw, NULL, accounts, NULL, &on, sizeof on, &err));
    FAILS(SANWANG_BAD_CONFIG, "nobody could log in", sanwang_gateway_open(&gw, urls, none, NULL, &on, sizeof on, &err));
    FAILS(SANWANG_BAD_CONFIG, "called \"a\"", sanwang_gateway_open(&gw, urls, twice, NULL, &on, sizeof on, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "name without secret", sanwang_gateway_open(&gw, urls, odd, NULL, &on, sizeof on, &err));
    FAILS(SANWANG_BAD_SETTING, "treads", sanwang_gateway_open(&gw, urls, accounts, treads, &on, sizeof on, &err));
    FAILS(SANWANG_BAD_SETTING, "user", sanwang_gateway_open(&gw, user_in_url, accounts, NULL, &on, sizeof on, &err));
    FAILS(SANWANG_SYSTEM, "192.0.2.1", sanwang_gateway_open(&gw, far, accounts, NULL, &on, sizeof on, &err));
    CHECK(freed == 8);
    on.user_free = NULL;
    FAILS(SANWANG_BAD_ARGUMENT, "the size of handlers is 9", sanwang_gateway_open(&gw, urls, accounts, NULL, &on, 9, &err));
    on.poll_kinds = 1024;
    FAILS(SANWANG_BAD_ARGUMENT, "poll_kinds is 1024",
          sanwang_gateway_open(&gw, urls, accounts, NULL, &on, sizeof on, &err));
    on.poll_kinds = SANWANG_EVENT_OUTCOME;
    on.on_submit = on_submit;
    FAILS(SANWANG_BAD_ARGUMENT, "both given", sanwang_gateway_open(&gw, urls, accounts, NULL, &on, sizeof on, &err));
    CHECK(gw == NULL);
    freed = 0;
}

static void wrong_use(sanwang_gateway_t *gw, const sanwang_submit_ref_t *good) {
    struct { sanwang_submit_ref_t r; uint64_t later; } newer = { .r = *good, .later = 1 };
    sanwang_submit_ref_t r = *good;
    sanwang_event_t *event = NULL;
    sanwang_counters_t counters;
    uint64_t ticket = 1;

    CHECK(sanwang_gateway_answer(gw, 1, SANWANG_LATER) == SANWANG_BAD_ARGUMENT);
    CHECK(sanwang_gateway_answer_after(gw, 1, 0, -1) == SANWANG_BAD_ARGUMENT);
    CHECK(sanwang_gateway_answer(gw, 12345, 0) == SANWANG_OK);
    CHECK(sanwang_gateway_answer(gw, UINT64_MAX, 0) == SANWANG_OK);
    CHECK(sanwang_gateway_poll(gw, &event, 0, 0) == -SANWANG_BAD_ARGUMENT);
    CHECK(sanwang_gateway_poll(gw, &event, 1, 0) == 0);
    CHECK(sanwang_gateway_counters(gw, NULL, &counters, 4) == SANWANG_BAD_ARGUMENT);

    FAILS(SANWANG_BAD_ARGUMENT, "submit is NULL",
          sanwang_gateway_report_on(gw, NULL, sizeof r, "DELIVRD", NULL, 0, &ticket, &err));
    CHECK(ticket == 0);
    FAILS(SANWANG_STRUCT_TOO_NEW, "submit",
          sanwang_gateway_report_on(gw, &newer.r, sizeof newer, "DELIVRD", NULL, 0, &ticket, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "stat is NULL",
          sanwang_gateway_report_on(gw, &r, sizeof r, NULL, NULL, 0, &ticket, &err));
    strcpy(r.account, "nobody");
    FAILS(SANWANG_NO_ROUTE, "nobody", sanwang_gateway_report_on(gw, &r, sizeof r, "DELIVRD", NULL, 0, &ticket, &err));
    r = *good;
    strcpy(r.message_id, "1-2-3");
    FAILS(SANWANG_NO_ROUTE, "protocol", sanwang_gateway_report_on(gw, &r, sizeof r, "DELIVRD", NULL, 0, &ticket, &err));
    r = *good;
    r.receiver[0] = 0;
    FAILS(SANWANG_BAD_ARGUMENT, "receiver", sanwang_gateway_report_on(gw, &r, sizeof r, "DELIVRD", NULL, 0, &ticket, &err));
    r = *good;
    memset(r.sender, 'x', sizeof r.sender);
    FAILS(SANWANG_BAD_ARGUMENT, "sender", sanwang_gateway_report_on(gw, &r, sizeof r, "DELIVRD", NULL, 0, &ticket, &err));
}

static void run(const char *protocol) {
    sanwang_gateway_t *gw;
    sanwang_client_t *sp = NULL;
    sanwang_event_t *event;
    const sanwang_submit_event_t *m;
    sanwang_submit_ref_t first, second, absent;
    sanwang_submit_t message = { .receiver = "13800138000", .text = "hello" };
    uint64_t token, one = 0, two = 0, ticket = 0;
    char url[96], account_url[160];

    freed = 0;
    /* A port that stays free while the gateway is away. */
    snprintf(url, sizeof url, "%s://127.0.0.1:%d", protocol, free_port());
    gw = opened(url);
    snprintf(account_url, sizeof account_url, "%s://901234:secret@%s?sender=10657001&reconnect_min=100ms", protocol,
             sanwang_gateway_listener(gw, 0));
    OK(sanwang_client_open(&sp, account_url, NULL, 0, &err));
    OK(sanwang_client_wait_online(sp, 60000, &err));

    /* An answer by token and a report, after the event is gone. */
    OK(sanwang_client_send(sp, &message, sizeof message, &one, &err));
    event = next(gw, SANWANG_EVENT_SUBMIT);
    m = sanwang_event_submit(event);
    SAME(sanwang_submit_event_text(m), "hello");
    CHECK(sanwang_event_deliver(event) == NULL && sanwang_event_outcome(event) == NULL);
    CHECK(sanwang_event_handled(event) == SANWANG_OK);   /* which answers no submit */
    CHECK(sanwang_submit_event_ref(m, 1, &first, sizeof first) == SANWANG_NOT_FOUND);
    CHECK(sanwang_submit_event_ref(m, 0, &first, 4) == SANWANG_BAD_ARGUMENT);
    CHECK(sanwang_submit_event_ref(m, 0, &first, sizeof first) == SANWANG_OK);
    SAME(first.account, "901234");
    SAME(first.message_id, sanwang_submit_event_message_id(m));
    SAME(first.receiver, sanwang_submit_event_receiver(m, 0));
    SAME(first.sender, "10657001");
    CHECK(first.time == sanwang_submit_event_time(m));
    CHECK(first.excerpt_len == 5 && memcmp(first.excerpt, "hello", 5) == 0);
    token = sanwang_submit_event_token(m);
    sanwang_event_free(event);
    wrong_use(gw, &first);
    CHECK(sanwang_gateway_answer(gw, token, SANWANG_ACCEPT) == SANWANG_OK);
    CHECK(sanwang_gateway_answer(gw, token, 13) == SANWANG_OK);   /* too late to change */
    OK(sanwang_gateway_report_on(gw, &first, sizeof first, "UNDELIV", "", 0, &ticket, &err));
    acked(gw, ticket);
    CHECK(ended(sp, one) == SANWANG_STATUS_UNDELIVERED);

    /* A refusal by token. */
    OK(sanwang_client_send(sp, &message, sizeof message, &one, &err));
    event = next(gw, SANWANG_EVENT_SUBMIT);
    token = sanwang_submit_event_token(sanwang_event_submit(event));
    sanwang_event_free(event);
    CHECK(sanwang_gateway_answer_after(gw, token, 13, 1) == SANWANG_OK);
    CHECK(ended(sp, one) == SANWANG_STATUS_REJECTED);

    /* A report on a submit of before, by a gateway that was opened again. */
    OK(sanwang_client_send(sp, &message, sizeof message, &two, &err));
    event = next(gw, SANWANG_EVENT_SUBMIT);
    CHECK(sanwang_submit_event_ref(sanwang_event_submit(event), 0, &second, sizeof second) == SANWANG_OK);
    token = sanwang_submit_event_token(sanwang_event_submit(event));
    CHECK(sanwang_gateway_answer(gw, token, SANWANG_ACCEPT) == SANWANG_OK);
    CHECK(sanwang_gateway_close(gw, 5000, NULL, 0) == SANWANG_OK);
    CHECK(sanwang_gateway_poll(gw, &event, 1, -1) == -SANWANG_CLOSED);
    FAILS(SANWANG_CLOSED, "", sanwang_gateway_report_on(gw, &second, sizeof second, "DELIVRD", NULL, 0, &ticket, &err));
    sanwang_gateway_free(gw);
    CHECK(freed == 1);
    SAME(sanwang_submit_event_text(sanwang_event_submit(event)), "hello");   /* it outlives its gateway */
    sanwang_event_free(event);

    /* Of an account that has not come back yet; this one may be back by now. */
    gw = opened(url);
    absent = second;
    strcpy(absent.account, "901235");
    FAILS(SANWANG_NO_ROUTE, "901235",
          sanwang_gateway_report_on(gw, &absent, sizeof absent, "DELIVRD", NULL, 0, &ticket, &err));
    OK(sanwang_client_send(sp, &message, sizeof message, &one, &err));
    event = next(gw, SANWANG_EVENT_SUBMIT);
    token = sanwang_submit_event_token(sanwang_event_submit(event));
    CHECK(sanwang_gateway_answer(gw, token, SANWANG_ACCEPT) == SANWANG_OK);
    OK(sanwang_gateway_report(gw, sanwang_event_submit(event), "DELIVRD", 0, &ticket, &err));
    sanwang_event_free(event);
    acked(gw, ticket);
    OK(sanwang_gateway_report_on(gw, &second, sizeof second, "DELIVRD", NULL, 1, &ticket, &err));
    acked(gw, ticket);
    CHECK(ended(sp, one) == SANWANG_STATUS_DELIVERED && ended(sp, two) == SANWANG_STATUS_DELIVERED);

    CHECK(sanwang_client_close(sp, 5000, NULL, 0) == SANWANG_OK);
    sanwang_client_free(sp);
    CHECK(sanwang_gateway_close(gw, 5000, NULL, 0) == SANWANG_OK);
    sanwang_gateway_free(gw);
    CHECK(freed == 2);
}

int main(void) {
    wrong_opens();
    run("cmpp");
    run("smgp");
    puts("ok");
    return 0;
}
