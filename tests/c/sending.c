/* Messages of every form, several accounts and routes, waiting for room, previews. */

#include "check.h"

static sanwang_status_t ends(sanwang_client_t *sp, const sanwang_submit_t *m, const char *account, size_t segments) {
    sanwang_outcome_t *outcome = NULL;
    sanwang_status_t status;
    uint64_t ticket = 0;
    OK(sanwang_client_send(sp, m, sizeof *m, &ticket, &err));
    OK(sanwang_client_outcome(sp, ticket, 60000, &outcome, &err));
    status = sanwang_outcome_status(outcome);
    SAME(sanwang_outcome_account(outcome), account);
    CHECK(sanwang_outcome_segments(outcome) == segments);
    if (status == SANWANG_STATUS_REJECTED) {
        CHECK(sanwang_outcome_code(outcome) == 13 && sanwang_outcome_segment_result(outcome, 0) == 13);
        CHECK(sanwang_outcome_text(outcome)[0] != 0);
    }
    sanwang_outcome_free(outcome);
    return status;
}

static void messages(sanwang_client_t *sp) {
    static const char *const fields[] = { "service_id", "HELP", "tp_pid", "127", NULL };
    static const char *const unknown[] = { "servise_id", "HELP", NULL };
    const uint8_t content[] = { 1, 0, 255 };
    const uint8_t udh[] = { 6, 5, 4, 0x0b, 0x84, 0, 0 };
    sanwang_submit_t m = { .receiver = "13800138000", .text = "hello", .report = SANWANG_NO };
    char text[400];

    CHECK(ends(sp, &m, "mobile", 1) == SANWANG_STATUS_SENT);
    m.report = SANWANG_YES;
    CHECK(ends(sp, &m, "mobile", 1) == SANWANG_STATUS_DELIVERED);
    m.receiver = "13800138009";
    CHECK(ends(sp, &m, "mobile", 1) == SANWANG_STATUS_REJECTED);
    m.receiver = "13800138000";
    m.fields = fields;
    m.flash = SANWANG_YES;
    m.valid_for_ms = 60000;
    m.sender = "1065700188";
    CHECK(ends(sp, &m, "mobile", 1) == SANWANG_STATUS_DELIVERED);
    m.fields = unknown;
    FAILS(SANWANG_BAD_SETTING, "service_id", sanwang_client_send(sp, &m, sizeof m, NULL, &err));
    m.fields = NULL;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = 0;
    m.text = text;
    m.coding = "ucs2";
    CHECK(ends(sp, &m, "mobile", 6) == SANWANG_STATUS_DELIVERED);
    m.coding = "ascii";
    m.text = "\xe4\xbd\xa0";
    FAILS(SANWANG_BAD_CODING, "ASCII", sanwang_client_send(sp, &m, sizeof m, NULL, &err));
    m.coding = NULL;
    m.text = NULL;
    m.content = content;
    m.content_len = sizeof content;
    m.flash = SANWANG_DEFAULT;
    CHECK(ends(sp, &m, "mobile", 1) == SANWANG_STATUS_DELIVERED);
    m.udh = udh;
    m.udh_len = sizeof udh;
    m.coding = "245";
    CHECK(ends(sp, &m, "mobile", 1) == SANWANG_STATUS_DELIVERED);
}

static void routes(sanwang_client_t *sp) {
    sanwang_submit_t m = { .receiver = "18900000001", .text = "hello" };
    sanwang_counters_t one, all;
    struct { uint64_t sent, accepted; } old;
    CHECK(ends(sp, &m, "telecom", 1) == SANWANG_STATUS_DELIVERED);
    m.receiver = "13912345678";                  /* the rule by prefix */
    CHECK(ends(sp, &m, "telecom", 1) == SANWANG_STATUS_DELIVERED);
    m.account = "mobile";                        /* the message's own word */
    CHECK(ends(sp, &m, "mobile", 1) == SANWANG_STATUS_DELIVERED);
    CHECK(sanwang_client_counters(sp, "telecom", &one, sizeof one) == SANWANG_OK);
    CHECK(one.sent == 2 && one.accepted == 2 && one.outcomes == 2 && one.rejected == 0);
    CHECK(sanwang_client_counters(sp, NULL, &all, sizeof all) == SANWANG_OK);
    CHECK(all.sent > 2 && all.rejected == 1 && all.logins == 2);
    /* A program with an old header gets the fields that it knows. */
    CHECK(sanwang_client_counters(sp, "telecom", (sanwang_counters_t *)(void *)&old, sizeof old) == SANWANG_OK);
    CHECK(old.sent == 2 && old.accepted == 2);
}

/* Six receivers of two networks, some of them in one submit. */
static void several(sanwang_client_t *sp) {
    static const char *const to[] = { "13800138000", "18900000001", "nobody", "13800138009", "13800138002", NULL };
    static const char *const none[] = { NULL };
    static const sanwang_status_t ends[] = { SANWANG_STATUS_DELIVERED, SANWANG_STATUS_DELIVERED, SANWANG_STATUS_DELIVERED,
                                             SANWANG_STATUS_REJECTED, SANWANG_STATUS_DELIVERED };
    sanwang_submit_t m = { .text = "hello" };
    uint64_t tickets[5];
    int32_t results[5];
    size_t i;
    FAILS(SANWANG_BAD_RECEIVER, "character 1",
          sanwang_client_send_to_all(sp, to, &m, sizeof m, -1, tickets, results, &err));
    for (i = 0; i < 5; i++) {
        sanwang_outcome_t *outcome = NULL;
        CHECK(results[i] == (i == 2 ? SANWANG_BAD_RECEIVER : SANWANG_OK) && (tickets[i] == 0) == (i == 2));
        if (i == 2) continue;
        OK(sanwang_client_outcome(sp, tickets[i], 60000, &outcome, &err));
        SAME(sanwang_outcome_receiver(outcome), to[i]);
        CHECK(sanwang_outcome_status(outcome) == ends[i]);
        sanwang_outcome_free(outcome);
    }
    FAILS(SANWANG_BAD_ARGUMENT, "receivers is empty",
          sanwang_client_send_to_all(sp, none, &m, sizeof m, 0, NULL, NULL, &err));
    OK(sanwang_client_send_to_all(sp, to + 4, &m, sizeof m, 0, NULL, NULL, &err));
}

/* A queue of one place in front of a gateway that is not there. */
static void no_room(void) {
    sanwang_client_t *sp = NULL;
    sanwang_left_t left;
    sanwang_client_handlers_t on = { 0 };
    sanwang_submit_t m = { .receiver = "13800138000", .text = "hello" };
    const char *down = "cmpp://901234:secret@127.0.0.1:1?sender=10657001&queue=1";
    on.poll_kinds = SANWANG_EVENT_LOG;
    OK(sanwang_client_open(&sp, down, &on, sizeof on, &err));
    OK(sanwang_client_try_send(sp, &m, sizeof m, NULL, &err));
    FAILS(SANWANG_QUEUE_FULL, "full", sanwang_client_try_send(sp, &m, sizeof m, NULL, &err));
    {
        sanwang_error_t *err = NULL;
        CHECK(sanwang_client_send_timeout(sp, &m, sizeof m, 20, NULL, &err) == SANWANG_QUEUE_FULL);
        CHECK(sanwang_error_retriable(err) == 1);
        sanwang_error_free(err);
    }
    CHECK(sanwang_client_wait(sp, 20) == SANWANG_TIMEOUT);
    FAILS(SANWANG_TIMEOUT, "901234", sanwang_client_wait_online(sp, 20, &err));
    CHECK(sanwang_client_close(sp, 0, &left, sizeof left) == SANWANG_OK);
    CHECK(left.abandoned == 1 && left.in_doubt == 0 && left.no_report == 0);
    sanwang_client_free(sp);
}

static void previews(void) {
    static const char *const settings[] = { "coding", "gb18030", "signature_tail", "10", NULL };
    static const char *const wrong[] = { "node", "1", NULL };
    sanwang_preview_t p;
    const char *text = "\xe4\xbd\xa0\xe5\xa5\xbd, \xf0\x9f\x98\x80";
    OK(sanwang_text_preview("cmpp", text, NULL, &p, sizeof p, &err));
    CHECK(p.coding == 8 && p.segments == 1 && p.characters == 5 && p.units == 6);
    CHECK(p.unit == SANWANG_UNIT_UTF16 && p.room_per_segment == 70 && p.room_left == 64);
    OK(sanwang_text_preview("smgp", "\xe4\xbd\xa0\xe5\xa5\xbd", settings, &p, sizeof p, &err));
    CHECK(p.coding == 15 && p.unit == SANWANG_UNIT_OCTET && p.units == 4);
    FAILS(SANWANG_NOT_FOUND, "smpp", sanwang_text_preview("smpp", text, NULL, &p, sizeof p, &err));
    FAILS(SANWANG_BAD_SETTING, "node", sanwang_text_preview("cmpp", text, wrong, &p, sizeof p, &err));
}

int main(void) {
    static const char *const urls[] = { "cmpp://127.0.0.1:0", "smgp://127.0.0.1:0", NULL };
    static const char *const rules[] = { "account", "901234:secret", "account", "10000001:secret", "digit", "9=13", NULL };
    static const char *const telecom[] = { "telecom", "mobile", NULL };
    static const char *const sender[] = { "sender", "1065900001", NULL };
    sanwang_simulator_t *sim = NULL;
    sanwang_config_t *config = sanwang_config_new();
    sanwang_client_t *sp = NULL;
    char url[256];

    sanwang_simulator_free(simulator(NULL));     /* one that nobody used */
    OK(sanwang_simulator_open(&sim, urls, rules, &err));
    OK(sanwang_config_account(config, "mobile", account(sim, "&max_receivers=2"), NULL, &err));
    snprintf(url, sizeof url, "smgp://10000001:secret@%s", sanwang_simulator_address(sim, "smgp"));
    OK(sanwang_config_account(config, "telecom", url, sender, &err));
    OK(sanwang_config_route(config, NULL, "139", telecom, &err));
    OK(sanwang_config_route(config, "telecom", NULL, telecom, &err));
    OK(sanwang_config_set(config, "threads", "3", &err));
    OK(sanwang_client_open_config(&sp, config, NULL, 0, &err));
    sanwang_config_free(config);
    OK(sanwang_client_wait_online(sp, 60000, &err));
    CHECK(sanwang_simulator_address(sim, "sgip") == NULL && sanwang_simulator_address(sim, "x") == NULL);

    messages(sp);
    routes(sp);
    several(sp);
    CHECK(sanwang_client_close(sp, 5000, NULL, 0) == SANWANG_OK);
    sanwang_client_free(sp);
    CHECK(sanwang_simulator_close(sim, 5000) == SANWANG_OK);
    sanwang_simulator_free(sim);
    no_room();
    previews();
    CHECK(sanwang_version_number() >= SANWANG_VERSION_NUMBER);
    puts(sanwang_version());
    return 0;
}
