/* Many messages at once, and changing a client and a gateway while they are open. */

#include "check.h"

static sanwang_status_t end_of(sanwang_client_t *sp, uint64_t ticket) {
    sanwang_outcome_t *outcome = NULL;
    sanwang_status_t status;
    OK(sanwang_client_outcome(sp, ticket, 60000, &outcome, &err));
    status = sanwang_outcome_status(outcome);
    sanwang_outcome_free(outcome);
    return status;
}

static void many(sanwang_client_t *sp) {
    sanwang_submit_t m[4] = { { 0 } };
    uint64_t tickets[4] = { 0 };
    int32_t results[4] = { 0 };
    int i;
    for (i = 0; i < 4; i++) {
        m[i].receiver = "13800138000";
        m[i].text = "hello";
    }
    OK(sanwang_client_send_many(sp, m, sizeof m[0], 4, -1, tickets, results, &err));
    for (i = 0; i < 4; i++) CHECK(results[i] == SANWANG_OK && end_of(sp, tickets[i]) == SANWANG_STATUS_DELIVERED);
    m[1].receiver = "nobody";
    m[2].text = NULL;
    FAILS(SANWANG_BAD_RECEIVER, "receiver", sanwang_client_send_many(sp, m, sizeof m[0], 4, 0, tickets, results, &err));
    CHECK(results[0] == SANWANG_OK && results[1] == SANWANG_BAD_RECEIVER && results[2] == SANWANG_EMPTY);
    CHECK(results[3] == SANWANG_OK && tickets[1] == 0 && end_of(sp, tickets[3]) == SANWANG_STATUS_DELIVERED);
    FAILS(SANWANG_BAD_ARGUMENT, "messages", sanwang_client_send_many(sp, NULL, sizeof m[0], 1, 0, NULL, NULL, &err));
    OK(sanwang_client_send_many(sp, NULL, sizeof m[0], 0, 0, NULL, NULL, &err));
}

/* The URL of another account: the gateway sends reports on any connection of a login name. */
static const char *other(const sanwang_simulator_t *sim, const char *user) {
    static char url[256];
    snprintf(url, sizeof url, "cmpp://%s:secret@%s?sender=10657001", user, sanwang_simulator_address(sim, "cmpp"));
    return url;
}

int main(int argc, char **argv) {
    static const char *const good[] = { "window", "4", "rate", "500", NULL };
    static const char *const bad[] = { "window", "4", "rate", "fast", NULL };
    static const char *const fixed[] = { "version", "2.0", NULL };
    sanwang_simulator_t *sim = simulator(NULL);
    sanwang_client_t *sp = NULL;
    sanwang_config_t *config = sanwang_config_new();
    sanwang_error_t *error = NULL;
    sanwang_left_t left;
    sanwang_submit_t m = { .receiver = "13800138000", .text = "hello", .account = "second" };
    uint64_t ticket = 0;
    int32_t state = 0;

    OK(sanwang_client_open(&sp, account(sim, ""), NULL, 0, &err));
    OK(sanwang_client_wait_online(sp, 60000, &err));
    many(sp);

    OK(sanwang_client_set(sp, "901234", good, &err));
    FAILS(SANWANG_BAD_SETTING, "rate=fast", sanwang_client_set(sp, "901234", bad, &err));
    CHECK(sanwang_client_set(sp, "901234", fixed, &error) == SANWANG_BAD_SETTING);
    SAME(sanwang_error_field(error), "version");
    sanwang_error_free(error);
    CHECK(sanwang_error_field(NULL) == NULL);
    FAILS(SANWANG_BAD_CONFIG, "901234", sanwang_client_set(sp, "nobody", good, &err));
    OK(sanwang_client_set_secret(sp, "901234", "other", &err));

    OK(sanwang_client_add_account(sp, "second", other(sim, "901235"), good, &err));
    OK(sanwang_client_send(sp, &m, sizeof m, &ticket, &err));
    CHECK(end_of(sp, ticket) == SANWANG_STATUS_DELIVERED);
    OK(sanwang_client_remove_account(sp, "second", 5000, &left, sizeof left, &err));
    CHECK(left.abandoned == 0 && left.in_doubt == 0 && left.no_report == 0);
    CHECK(sanwang_client_state(sp, "second", &state, NULL, 0) == SANWANG_NOT_FOUND);
    FAILS(SANWANG_BAD_CONFIG, "last", sanwang_client_remove_account(sp, "901234", 0, NULL, 0, &err));

    OK(sanwang_config_account(config, "third", other(sim, "901236"), NULL, &err));
    OK(sanwang_client_reconfigure(sp, config, 5000, &err));
    CHECK(sanwang_client_state(sp, "third", &state, NULL, 0) == SANWANG_OK);
    m.account = "third";
    OK(sanwang_client_send(sp, &m, sizeof m, &ticket, &err));
    CHECK(end_of(sp, ticket) == SANWANG_STATUS_DELIVERED);

    FAILS(SANWANG_SYSTEM, "/nowhere", sanwang_config_load(config, "/nowhere/accounts.toml", &err));
    if (argc > 1) OK(sanwang_config_load(config, argv[1], &err));
    sanwang_config_free(config);

    CHECK(sanwang_client_close(sp, 5000, NULL, 0) == SANWANG_OK);
    sanwang_client_free(sp);
    {
        static const char *const urls[] = { "cmpp://127.0.0.1:0", NULL };
        static const char *const accounts[] = { "901234", "one", NULL };
        sanwang_gateway_t *gw = NULL;
        OK(sanwang_gateway_open(&gw, urls, accounts, NULL, NULL, 0, &err));
        OK(sanwang_gateway_set_account(gw, "901235", "two", &err));
        OK(sanwang_gateway_remove_account(gw, "901235", 0, &err));
        FAILS(SANWANG_NOT_FOUND, "901235", sanwang_gateway_remove_account(gw, "901235", 0, &err));
        CHECK(sanwang_gateway_close(gw, 0, NULL, 0) == SANWANG_OK);
        sanwang_gateway_free(gw);
    }
    CHECK(sanwang_simulator_close(sim, 5000) == SANWANG_OK);
    sanwang_simulator_free(sim);
    puts("ok");
    return 0;
}
