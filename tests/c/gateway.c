/* A gateway with handlers and a client in one process, over every protocol: answers, reports, messages from phones. */

#define _POSIX_C_SOURCE 200809L

#define NO_SIMULATOR
#include "check.h"
#include "port.h"
#include <pthread.h>

#define PHONE "13800138000"
#define ACCESS "10657001"

typedef struct {
    const char *protocol;
    sanwang_gateway_t *gw;
    sanwang_client_t *sp;
    int submits, segments, acked, states, looked_up, freed;
    int outcomes, sp_freed;
    uint64_t reply;
    pthread_mutex_t lock;
    pthread_cond_t came;
    uint64_t token;           /* of the deliver that was left for later */
} seen_t;

static void check_submit(const sanwang_submit_event_t *m, const seen_t *seen) {
    size_t len = 0, payload = 0;
    CHECK(sanwang_submit_event_account(m) != NULL && sanwang_submit_event_token(m) < UINT64_MAX);
    SAME(sanwang_submit_event_protocol(m), seen->protocol);
    CHECK(sanwang_submit_event_connection(m) > 0 && sanwang_submit_event_time(m) > 0);
    CHECK(strlen(sanwang_submit_event_message_id(m)) >= 16);
    CHECK(strncmp(sanwang_submit_event_sender(m), ACCESS, strlen(ACCESS)) == 0);
    CHECK(sanwang_submit_event_receivers(m) == 1);
    CHECK(strstr(sanwang_submit_event_receiver(m, 0), PHONE) != NULL);
    CHECK(sanwang_submit_event_receiver(m, 1) == NULL);
    CHECK(sanwang_submit_event_wants_report(m) == 1);
    CHECK(sanwang_submit_event_content(m, &len) != NULL && len > 0);
    CHECK(sanwang_submit_event_payload(m, &payload) != NULL && payload > 0);
    CHECK(sanwang_submit_event_has_udh(m) == (payload < len));
    CHECK(sanwang_submit_event_parts(m) == 0 && sanwang_submit_event_is_complete(m) == 1);
    CHECK(sanwang_submit_event_content(m, NULL) != NULL);
    CHECK(sanwang_submit_event_field(m, "no_such_field") == NULL);
    CHECK(sanwang_submit_event_link_id(m) != NULL);
}

static uint32_t on_submit(const sanwang_submit_event_t *m, void *user) {
    seen_t *seen = user;
    const char *text = sanwang_submit_event_text(m);
    uint64_t ticket = 0;
    check_submit(m, seen);
    seen->submits++;
    CHECK(text != NULL);
    if (seen->submits == 1) {
        sanwang_outcome_t *outcome = NULL;
        CHECK(sanwang_gateway_wait(seen->gw, 60000) == SANWANG_WOULD_DEADLOCK);
        CHECK(sanwang_gateway_close(seen->gw, 60000, NULL, 0) == SANWANG_WOULD_DEADLOCK);
        FAILS(SANWANG_WOULD_DEADLOCK, "handler", sanwang_gateway_outcome(seen->gw, 5, 60000, &outcome, &err));
        FAILS(SANWANG_BAD_ARGUMENT, "after_ms is -1", sanwang_gateway_report(seen->gw, m, "DELIVRD", -1, &ticket, &err));
        if (strcmp(seen->protocol, "sgip") != 0) {
            FAILS(SANWANG_TOO_LONG, "stat", sanwang_gateway_report(seen->gw, m, "DELIVERED", 0, &ticket, &err));
        }
        FAILS(SANWANG_BAD_ARGUMENT, "stat is NULL", sanwang_gateway_report(seen->gw, m, NULL, 0, &ticket, &err));
        CHECK(ticket == 0);
    }
    if (strcmp(text, "reject") == 0) return 13;
    if (strcmp(text, "after") == 0) {
        CHECK(sanwang_gateway_answer_after(seen->gw, sanwang_submit_event_token(m), SANWANG_ACCEPT, 5) == SANWANG_OK);
        OK(sanwang_gateway_report(seen->gw, m, "UNDELIV", 10, &ticket, &err));
        CHECK(ticket != 0);
        return SANWANG_LATER;
    }
    if (strcmp(text, "bye") == 0) {
        /* The answer to the message from the phone. */
        SAME(sanwang_submit_event_sender(m), ACCESS "12");
        if (strcmp(seen->protocol, "cmpp") == 0) SAME(sanwang_submit_event_link_id(m), "LINK-1");
    } else if (strcmp(text, "hello") == 0) {
        CHECK(sanwang_submit_event_coding(m) == 0 && !sanwang_submit_event_has_udh(m));
        CHECK(sanwang_submit_event_segments(m) == 1 && sanwang_submit_event_segment(m) == 1);
        if (strcmp(seen->protocol, "cmpp") == 0) {
            SAME(sanwang_submit_event_field(m, "service_id"), "HELP");
            SAME(sanwang_submit_event_field(m, "registered_delivery"), "1");
        }
    } else {
        CHECK(sanwang_submit_event_has_udh(m) && sanwang_submit_event_coding(m) == 8);
        CHECK(sanwang_submit_event_segments(m) == 2);
        CHECK(sanwang_submit_event_segment(m) == (uint32_t)++seen->segments);
    }
    OK(sanwang_gateway_report(seen->gw, m, "DELIVRD", 0, NULL, &err));
    return SANWANG_ACCEPT;
}

static void on_push(const sanwang_outcome_t *o, void *user) {
    CHECK(sanwang_outcome_status(o) == SANWANG_STATUS_ACKED);
    CHECK(strstr(sanwang_outcome_receiver(o), PHONE) != NULL);
    ((seen_t *)user)->acked++;
}

static void on_gateway_state(const sanwang_account_state_t *s, void *user) {
    CHECK(sanwang_account_state_reason(s) != NULL);
    ((seen_t *)user)->states++;
}

static void on_log(const sanwang_log_t *l, void *user) {
    (void)user;
    CHECK(sanwang_log_text(l)[0] != 0);
}

static int32_t look_up(const char *protocol, const char *name, char *secret, size_t room, void *user) {
    seen_t *seen = user;
    SAME(protocol, seen->protocol);
    CHECK(room >= 16);
    seen->looked_up++;
    if (strcmp(name, "looked") != 0) return 0;
    strcpy(secret, "found");
    return 1;
}

static void gateway_free(void *user) {
    ((seen_t *)user)->freed++;
}

static void on_outcome(const sanwang_outcome_t *o, void *user) {
    seen_t *seen = user;
    const sanwang_status_t want[] = {
        SANWANG_STATUS_DELIVERED, SANWANG_STATUS_REJECTED, SANWANG_STATUS_UNDELIVERED, SANWANG_STATUS_DELIVERED,
    };
    CHECK(sanwang_outcome_user_data(o) < 4);
    CHECK(sanwang_outcome_status(o) == want[sanwang_outcome_user_data(o)]);
    if (sanwang_outcome_status(o) == SANWANG_STATUS_REJECTED) CHECK(sanwang_outcome_code(o) == 13);
    seen->outcomes++;
}

static int32_t on_deliver_later(const sanwang_deliver_t *d, void *user) {
    seen_t *seen = user;
    const char *text = sanwang_deliver_text(d);
    SAME(sanwang_deliver_receiver(d), ACCESS "12");
    CHECK(strstr(sanwang_deliver_sender(d), PHONE) != NULL && sanwang_deliver_complete(d));
    if (text == NULL) {
        size_t len = 0;
        CHECK(memcmp(sanwang_deliver_octets(d, &len), "\x01\x06", 2) == 0 && len == 2);
        CHECK(sanwang_deliver_coding(d) == 4 && sanwang_deliver_udh(d, &len) != NULL && len == 7);
        return 0;
    }
    if (strcmp(text, "TD") == 0) {
        FAILS(SANWANG_BAD_ARGUMENT, "text is NULL", sanwang_client_reply(seen->sp, d, NULL, NULL, &err));
        OK(sanwang_client_reply(seen->sp, d, "bye", &seen->reply, &err));
        return 0;
    }
    CHECK(sanwang_deliver_parts(d) == 3 && strlen(text) == 400);
    pthread_mutex_lock(&seen->lock);
    seen->token = sanwang_deliver_token(d);
    pthread_cond_signal(&seen->came);
    pthread_mutex_unlock(&seen->lock);
    return 1;
}

static void sp_free(void *user) {
    ((seen_t *)user)->sp_freed++;
}

static void gateway_open(seen_t *seen, int port) {
    static const char *const accounts[] = { "901234", "secret", NULL };
    static const char *const settings[] = { "threads", "2", NULL };
    char url[96] = "";
    const char *urls[] = { url, NULL };
    sanwang_gateway_handlers_t on = {
        .on_submit = on_submit, .on_outcome = on_push, .on_state = on_gateway_state, .on_log = on_log,
        .look_up = look_up, .user = seen, .user_free = gateway_free,
    };
    snprintf(url, sizeof url, "%s://127.0.0.1:0", seen->protocol);
    if (strcmp(seen->protocol, "sgip") == 0) {
        snprintf(url + strlen(url), sizeof url - strlen(url), "?deliver_to=127.0.0.1:%d", port);
    }
    OK(sanwang_gateway_open(&seen->gw, urls, accounts, settings, &on, sizeof on, &err));
    CHECK(strncmp(sanwang_gateway_listener(seen->gw, 0), "127.0.0.1:", 10) == 0);
    CHECK(sanwang_gateway_listener(seen->gw, 1) == NULL);
}

static void client_url(char *url, size_t size, const seen_t *seen, const char *user, int port) {
    int len = snprintf(url, size, "%s://%s@%s?sender=" ACCESS "&ack_within=60s", seen->protocol, user,
                       sanwang_gateway_listener(seen->gw, 0));
    if (strcmp(seen->protocol, "sgip") == 0) {
        snprintf(url + len, size - (size_t)len, "&node=3010012345&listen=127.0.0.1:%d", port);
    }
}

static void submits(seen_t *seen) {
    static const char *const fields[] = { "service_id", "HELP", NULL };
    sanwang_submit_t m = { .receiver = PHONE, .text = "hello" };
    if (strcmp(seen->protocol, "cmpp") == 0) m.fields = fields;
    OK(sanwang_client_send(seen->sp, &m, sizeof m, NULL, &err));
    m.text = "reject";
    m.user_data = 1;
    OK(sanwang_client_send(seen->sp, &m, sizeof m, NULL, &err));
    m.text = "after";
    m.user_data = 2;
    OK(sanwang_client_send(seen->sp, &m, sizeof m, NULL, &err));
    CHECK(sanwang_client_wait(seen->sp, 60000) == SANWANG_OK);
    m.text = "\xe4\xbd\xa0\xe5\xa5\xbd,\xe4\xb8\x96\xe7\x95\x8c,\xe4\xbd\xa0\xe5\xa5\xbd,\xe4\xb8\x96\xe7\x95\x8c,"
             "0123456789012345678901234567890123456789012345678901234567890123456789";
    m.user_data = 3;
    OK(sanwang_client_send(seen->sp, &m, sizeof m, NULL, &err));
    CHECK(sanwang_client_wait(seen->sp, 60000) == SANWANG_OK);
    CHECK(sanwang_gateway_wait(seen->gw, 60000) == SANWANG_OK);
    CHECK(seen->outcomes == 4 && seen->submits == 5 && seen->segments == 2);
    CHECK(seen->acked == 4);
}

static void deliveries(seen_t *seen) {
    char text[401] = "x";
    sanwang_mo_t mo = {
        .sender = PHONE, .receiver = ACCESS "12", .text = text, .coding = "ascii", .reference = "mo-1",
    };
    sanwang_outcome_t *outcome = NULL;
    uint64_t ticket = 0;

    FAILS(SANWANG_NO_ROUTE, "nobody", sanwang_gateway_deliver(seen->gw, "nobody", &mo, sizeof mo, 0, &ticket, &err));
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    OK(sanwang_gateway_deliver(seen->gw, "901234", &mo, sizeof mo, 0, &ticket, &err));
    pthread_mutex_lock(&seen->lock);
    while (seen->token == 0) pthread_cond_wait(&seen->came, &seen->lock);
    pthread_mutex_unlock(&seen->lock);
    /* Not answered before it is handled. */
    FAILS(SANWANG_TIMEOUT, "no outcome yet", sanwang_gateway_outcome(seen->gw, ticket, 20, &outcome, &err));
    CHECK(sanwang_gateway_wait(seen->gw, 0) == SANWANG_TIMEOUT);
    CHECK(sanwang_client_handled(seen->sp, seen->token) == SANWANG_OK);
    OK(sanwang_gateway_outcome(seen->gw, ticket, 60000, &outcome, &err));
    CHECK(sanwang_outcome_status(outcome) == SANWANG_STATUS_ACKED);
    CHECK(sanwang_outcome_segments(outcome) == 3);
    SAME(sanwang_outcome_reference(outcome), "mo-1");
    sanwang_outcome_free(outcome);

    strcpy(text, "TD");
    mo.link_id = "LINK-1";
    mo.coding = NULL;
    OK(sanwang_gateway_deliver(seen->gw, "901234", &mo, sizeof mo, 5, &ticket, &err));
    OK(sanwang_gateway_outcome(seen->gw, ticket, 60000, &outcome, &err));
    CHECK(sanwang_outcome_status(outcome) == SANWANG_STATUS_ACKED);
    sanwang_outcome_free(outcome);
    CHECK(sanwang_client_wait(seen->sp, 60000) == SANWANG_OK);
    OK(sanwang_client_outcome(seen->sp, seen->reply, 0, &outcome, &err));
    CHECK(sanwang_outcome_status(outcome) == SANWANG_STATUS_DELIVERED);
    sanwang_outcome_free(outcome);
    CHECK(sanwang_gateway_wait(seen->gw, 60000) == SANWANG_OK);
    CHECK(seen->submits == 6 && seen->acked == 7);

    mo.content = (const uint8_t *)"\x01\x06";
    mo.content_len = 2;
    FAILS(SANWANG_BAD_ARGUMENT, "text and content",
          sanwang_gateway_deliver(seen->gw, "901234", &mo, sizeof mo, 0, NULL, &err));
    mo.text = NULL;
    mo.udh = (const uint8_t *)"\x06\x05\x04\x0b\x84\x23\xf0";
    mo.udh_len = 7;
    OK(sanwang_gateway_deliver(seen->gw, "901234", &mo, sizeof mo, 0, &ticket, &err));
    OK(sanwang_gateway_outcome(seen->gw, ticket, 60000, &outcome, &err));
    CHECK(sanwang_outcome_status(outcome) == SANWANG_STATUS_ACKED);
    sanwang_outcome_free(outcome);
    mo.content_len = mo.udh_len = 0;
    FAILS(SANWANG_BAD_ARGUMENT, "text is NULL",
          sanwang_gateway_deliver(seen->gw, "901234", &mo, sizeof mo, 0, NULL, &err));

    mo.coding = "ascii";
    mo.text = "\xe4\xbd\xa0";
    FAILS(SANWANG_BAD_CODING, "", sanwang_gateway_deliver(seen->gw, "901234", &mo, sizeof mo, 0, NULL, &err));
    mo.coding = "morse";
    FAILS(SANWANG_BAD_CODING, "morse", sanwang_gateway_deliver(seen->gw, "901234", &mo, sizeof mo, 0, NULL, &err));
    mo.sender = NULL;
    FAILS(SANWANG_BAD_ARGUMENT, "sender is NULL",
          sanwang_gateway_deliver(seen->gw, "901234", &mo, sizeof mo, 0, NULL, &err));
}

/* Logins that the accounts of the gateway do not have: one is found, one is not. */
static void logins(seen_t *seen) {
    static const char *const users[] = { "looked:found", "looked:other", "nobody:x" };
    size_t i;
    for (i = 0; i < 3; i++) {
        sanwang_client_t *sp = NULL;
        sanwang_client_handlers_t quiet = { .on_log = on_log };
        char url[160];
        client_url(url, sizeof url, seen, users[i], 0);
        OK(sanwang_client_open(&sp, url, &quiet, sizeof quiet, &err));
        if (i == 0) OK(sanwang_client_wait_online(sp, 60000, &err));
        else FAILS(SANWANG_REFUSED, "", sanwang_client_wait_online(sp, 60000, &err));
        CHECK(sanwang_client_close(sp, 5000, NULL, 0) == SANWANG_OK);
        sanwang_client_free(sp);
    }
    CHECK(seen->looked_up >= 3 && sanwang_gateway_turned_away(seen->gw) >= 2);
}

static void run(const char *protocol) {
    seen_t seen = { .protocol = protocol, .lock = PTHREAD_MUTEX_INITIALIZER, .came = PTHREAD_COND_INITIALIZER };
    sanwang_client_handlers_t on = {
        .on_outcome = on_outcome, .on_deliver_later = on_deliver_later, .on_log = on_log, .user = &seen,
        .user_free = sp_free,
    };
    sanwang_counters_t counters, all;
    sanwang_left_t left;
    char url[160];
    int port = free_port();

    gateway_open(&seen, port);
    client_url(url, sizeof url, &seen, "901234:secret", port);
    CHECK(sanwang_gateway_counters(seen.gw, "901234", &counters, sizeof counters) == SANWANG_NOT_FOUND);
    CHECK(sanwang_gateway_counters(seen.gw, NULL, &counters, sizeof counters) == SANWANG_OK);
    CHECK(counters.logins == 0);
    OK(sanwang_client_open(&seen.sp, url, &on, sizeof on, &err));
    OK(sanwang_client_wait_online(seen.sp, 60000, &err));
    submits(&seen);
    deliveries(&seen);
    CHECK(sanwang_gateway_counters(seen.gw, "901234", &counters, sizeof counters) == SANWANG_OK);
    CHECK(counters.submits == 6 && counters.outcomes == 8 && counters.logins >= 1);
    if (strcmp(protocol, "sgip") != 0) logins(&seen);
    CHECK(sanwang_gateway_counters(seen.gw, NULL, &all, sizeof all) == SANWANG_OK);
    CHECK(all.submits == 6 && all.logins >= counters.logins);

    CHECK(sanwang_client_close(seen.sp, 5000, NULL, 0) == SANWANG_OK);
    sanwang_client_free(seen.sp);
    CHECK(seen.sp_freed == 1 && seen.freed == 0);
    CHECK(sanwang_gateway_close(seen.gw, 5000, &left, sizeof left) == SANWANG_OK);
    CHECK(left.abandoned == 0 && left.in_doubt == 0);
    CHECK(sanwang_gateway_close(seen.gw, 5000, &left, sizeof left) == SANWANG_OK);
    CHECK(seen.freed == 0 && seen.states >= 1);
    sanwang_gateway_free(seen.gw);
    CHECK(seen.freed == 1 && seen.sp_freed == 1);
}

int main(void) {
    run("cmpp");
    run("smgp");
    run("sgip");
    puts("ok");
    return 0;
}
