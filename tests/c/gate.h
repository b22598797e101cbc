/* What the tests of gateways share: submits that are accepted, an SP, and how many of its messages are. */

#ifndef GATE_H
#define GATE_H

#define NO_SIMULATOR
#include "check.h"

static uint32_t on_submit(const sanwang_submit_event_t *submit, void *user) {
    (void)submit;
    (void)user;
    return SANWANG_ACCEPT;
}

static sanwang_client_t *client(const sanwang_gateway_t *gateway, const char *user) {
    static char url[256];
    sanwang_client_t *sp = NULL;
    snprintf(url, sizeof url, "cmpp://%s:secret@%s?report=no&rate=0&congestion_max=0", user,
             sanwang_gateway_listener(gateway, 0));
    OK(sanwang_client_open(&sp, url, NULL, 0, &err));
    return sp;
}

/* How many of ten messages are accepted. */
static int accepted(sanwang_client_t *sp) {
    sanwang_submit_t m = { .receiver = "13800138000", .text = "hello" };
    uint64_t tickets[10] = { 0 };
    int i, count = 0;
    for (i = 0; i < 10; i++) OK(sanwang_client_send(sp, &m, sizeof m, &tickets[i], &err));
    OK(sanwang_client_wait(sp, 60000));
    for (i = 0; i < 10; i++) {
        sanwang_outcome_t *outcome = NULL;
        OK(sanwang_client_outcome(sp, tickets[i], 0, &outcome, &err));
        if (sanwang_outcome_status(outcome) == SANWANG_STATUS_SENT) {
            count++;
        } else {
            CHECK(sanwang_outcome_status(outcome) == SANWANG_STATUS_REJECTED && sanwang_outcome_code(outcome) == 8);
        }
        sanwang_outcome_free(outcome);
    }
    return count;
}

#endif
