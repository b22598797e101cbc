/* Wrong use is answered, never with a crash. (NULL for every parameter is tried by ffi/tests/symbols.rs.) */

#include "check.h"

static void on_deliver(const sanwang_deliver_t *d, void *user) {
    (void)d;
    (void)user;
}

static int32_t on_deliver_later(const sanwang_deliver_t *d, void *user) {
    (void)d;
    (void)user;
    return 1;
}

static void wrong_arguments(void) {
    static const char *const urls[] = { "cmpp://127.0.0.1:0", NULL };
    static const char *const odd[] = { "seed", NULL };
    static const char *const unknown[] = { "sead", "1", NULL };
    static const char *const none[] = { NULL };
    static const char *const names[] = { "a", NULL };
    sanwang_client_t *sp = (sanwang_client_t *)&sp;
    sanwang_simulator_t *sim = NULL;
    sanwang_config_t *config = sanwang_config_new();
    sanwang_client_handlers_t on = { 0 };

    FAILS(SANWANG_BAD_SETTING, "wrong account URL", sanwang_client_open(&sp, "http://x", NULL, 0, &err));
    CHECK(sp == NULL);
    FAILS(SANWANG_BAD_SETTING, "windw", sanwang_client_open(&sp, "cmpp://a:b@127.0.0.1?windw=1", NULL, 0, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "url is not UTF-8 from octet 7",
          sanwang_client_open(&sp, "cmpp://\xff", NULL, 0, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "the size of handlers is 0", sanwang_client_open(&sp, "x", &on, 0, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "the size of handlers is 9", sanwang_client_open(&sp, "x", &on, 9, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "the size of handlers is", sanwang_client_open(&sp, "x", &on, (size_t)-8, &err));
    on.poll_kinds = (uint64_t)1 << 40;
    FAILS(SANWANG_BAD_ARGUMENT, "poll_kinds", sanwang_client_open(&sp, "x", &on, sizeof on, &err));

    on.poll_kinds = 0;
    on.on_deliver = on_deliver;
    on.on_deliver_later = on_deliver_later;
    FAILS(SANWANG_BAD_ARGUMENT, "on_deliver_later", sanwang_client_open(&sp, "x", &on, sizeof on, &err));
    on.on_deliver = NULL;
    on.poll_kinds = SANWANG_EVENT_DELIVER;
    FAILS(SANWANG_BAD_ARGUMENT, "both given", sanwang_client_open(&sp, "x", &on, sizeof on, &err));

    FAILS(SANWANG_BAD_CONFIG, "needs an account", sanwang_client_open_config(&sp, config, NULL, 0, &err));
    OK(sanwang_config_account(config, "a", "cmpp://u:s@127.0.0.1:1", NULL, &err));
    FAILS(SANWANG_BAD_CONFIG, "called \"a\"", sanwang_config_account(config, "a", "cmpp://v:s@127.0.0.1:1", NULL, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "name is empty", sanwang_config_account(config, "", "cmpp://v:s@127.0.0.1:1", NULL, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "no value for seed", sanwang_config_account(config, "b", "cmpp://v:s@h", odd, &err));
    FAILS(SANWANG_BAD_SETTING, "sead", sanwang_config_account(config, "b", "cmpp://v:s@h", unknown, &err));
    FAILS(SANWANG_BAD_SETTING, "treads", sanwang_config_set(config, "treads", "2", &err));
    FAILS(SANWANG_NOT_FOUND, "carrier", sanwang_config_route(config, "mobil", NULL, names, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "accounts is empty", sanwang_config_route(config, NULL, NULL, none, &err));
    sanwang_config_free(config);

    FAILS(SANWANG_BAD_ARGUMENT, "urls is empty", sanwang_simulator_open(&sim, none, NULL, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "no value for seed", sanwang_simulator_open(&sim, urls, odd, &err));
    FAILS(SANWANG_BAD_SETTING, "unknown rule sead", sanwang_simulator_open(&sim, urls, unknown, &err));
    CHECK(sim == NULL);
}

static void wrong_messages(sanwang_client_t *sp) {
    struct { sanwang_submit_t m; uint64_t later; uint64_t more; } newer;
    sanwang_submit_t m = { .receiver = "13800138000", .text = "hello" };
    uint64_t ticket = 1;

    FAILS(SANWANG_BAD_ARGUMENT, "message is NULL", sanwang_client_send(sp, NULL, sizeof m, &ticket, &err));
    CHECK(ticket == 0);
    FAILS(SANWANG_BAD_ARGUMENT, "the size of message is 0", sanwang_client_send(sp, &m, 0, &ticket, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "the size of message is 7", sanwang_client_send(sp, &m, 7, &ticket, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "size", sanwang_client_send(sp, &m, (size_t)1 << 40, &ticket, &err));
    FAILS(SANWANG_EMPTY, "empty", sanwang_client_send(sp, &m, sizeof m.receiver, &ticket, &err));

    /* A struct of two versions from now: its new fields are no matter until they are used. */
    memset(&newer, 0, sizeof newer);
    newer.m = m;
    OK(sanwang_client_send(sp, &newer.m, sizeof newer, &ticket, &err));
    CHECK(ticket != 0);
    newer.more = 1;
    FAILS(SANWANG_STRUCT_TOO_NEW, "message", sanwang_client_send(sp, &newer.m, sizeof newer, &ticket, &err));

    m.receiver = "1380013";
    FAILS(SANWANG_BAD_RECEIVER, "receiver", sanwang_client_send(sp, &m, sizeof m, &ticket, &err));
    m.receiver = NULL;
    FAILS(SANWANG_BAD_ARGUMENT, "receiver is NULL", sanwang_client_send(sp, &m, sizeof m, &ticket, &err));
    m.receiver = "13800138000";
    m.text = "\xc4\xe3";
    FAILS(SANWANG_BAD_ARGUMENT, "text is not UTF-8", sanwang_client_send(sp, &m, sizeof m, &ticket, &err));
    m.text = "hello";
    m.report = 7;
    FAILS(SANWANG_BAD_ARGUMENT, "report is 7", sanwang_client_send(sp, &m, sizeof m, &ticket, &err));
    m.report = 0;
    m.account = "nobody";
    FAILS(SANWANG_NO_ROUTE, "nobody", sanwang_client_send(sp, &m, sizeof m, &ticket, &err));
    m.account = NULL;
    m.content_len = 1;
    FAILS(SANWANG_BAD_ARGUMENT, "content is NULL", sanwang_client_send(sp, &m, sizeof m, &ticket, &err));

    /* No place for the error or the ticket: the result says it. */
    CHECK(sanwang_client_send(sp, &m, sizeof m, NULL, NULL) == SANWANG_BAD_ARGUMENT);
    m.content_len = 0;
    CHECK(sanwang_client_send(sp, &m, sizeof m, NULL, NULL) == SANWANG_OK);
}

int main(void) {
    sanwang_simulator_t *sim = simulator(NULL);
    sanwang_client_t *sp = NULL;
    sanwang_event_t *event = NULL;
    sanwang_outcome_t *outcome = (sanwang_outcome_t *)&outcome;
    sanwang_counters_t counters;
    sanwang_left_t left;
    char reason[4];
    int32_t state = -1;

    wrong_arguments();
    OK(sanwang_client_open(&sp, account(sim, ""), NULL, 0, &err));
    OK(sanwang_client_wait_online(sp, 60000, &err));
    wrong_messages(sp);

    /* A client without poll_kinds cannot be polled. */
    CHECK(sanwang_client_poll(sp, &event, 1, 0) == -SANWANG_BAD_ARGUMENT);
    CHECK(sanwang_client_counters(sp, "nobody", &counters, sizeof counters) == SANWANG_NOT_FOUND);
    CHECK(sanwang_client_counters(sp, NULL, &counters, 4) == SANWANG_BAD_ARGUMENT);
    CHECK(sanwang_client_state(sp, "nobody", NULL, NULL, 0) == SANWANG_NOT_FOUND);
    CHECK(sanwang_client_state(sp, NULL, &state, reason, sizeof reason) == SANWANG_OK);
    CHECK(state == SANWANG_STATE_ONLINE && strlen(reason) < sizeof reason);
    SAME(sanwang_state_name(state), "online");
    CHECK(sanwang_client_handled(sp, 12345) == SANWANG_OK);
    FAILS(SANWANG_TIMEOUT, "ticket 5", sanwang_client_outcome(sp, 5, 0, &outcome, &err));
    CHECK(outcome == NULL);

    CHECK(sanwang_client_wait(sp, 60000) == SANWANG_OK);
    CHECK(sanwang_client_close(sp, 5000, &left, sizeof left) == SANWANG_OK);
    CHECK(left.abandoned == 0 && left.in_doubt == 0 && left.no_report == 0);
    CHECK(sanwang_client_close(sp, 5000, &left, sizeof left) == SANWANG_OK);
    {
        sanwang_submit_t m = { .receiver = "13800138000", .text = "late" };
        FAILS(SANWANG_CLOSED, "closed", sanwang_client_send(sp, &m, sizeof m, NULL, &err));
    }
    sanwang_client_free(sp);
    CHECK(sanwang_simulator_close(sim, 5000) == SANWANG_OK);
    CHECK(sanwang_simulator_close(sim, 5000) == SANWANG_OK);
    sanwang_simulator_free(sim);
    puts("ok");
    return 0;
}
