/* A small gateway: it accepts submits, reports on them, and sends what a phone would write back.
 *
 *     gateway [URL [NAME SECRET [COUNT]]]
 *
 * A submit whose receiver ends in 9 is refused. A text of TD is answered by its phone. Ends after COUNT submits; without
 * COUNT it goes on until it is stopped. */

#include <sanwang.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 64, UNKNOWN_NUMBER = 13 };

static int fail(sanwang_error_t *err) {
    fprintf(stderr, "%s: %s\n", sanwang_error_name(err), sanwang_error_message(err));
    sanwang_error_free(err);
    return 1;
}

/* The result of a submit: SANWANG_ACCEPT, or the carrier's code for what is wrong. */
static uint32_t judge(const sanwang_submit_event_t *m) {
    const char *receiver = sanwang_submit_event_receiver(m, 0);
    size_t len = receiver != NULL ? strlen(receiver) : 0;
    return len > 0 && receiver[len - 1] == '9' ? UNKNOWN_NUMBER : SANWANG_ACCEPT;
}

static void handle(sanwang_gateway_t *gw, const sanwang_submit_event_t *m) {
    const char *text = sanwang_submit_event_text(m);
    const char *phone = sanwang_submit_event_receiver(m, 0);
    uint32_t result = judge(m);
    sanwang_error_t *err = NULL;
    printf("submit %s %s -> %s: %s\n", result == SANWANG_ACCEPT ? "accepted" : "refused",
           sanwang_submit_event_sender(m), phone != NULL ? phone : "nobody", text != NULL ? text : "(octets)");
    sanwang_gateway_answer(gw, sanwang_submit_event_token(m), result);
    if (result != SANWANG_ACCEPT) return;
    /* To report after the event is gone, keep a sanwang_submit_ref_t. */
    if (sanwang_submit_event_wants_report(m) &&
        sanwang_gateway_report(gw, m, "DELIVRD", 100, NULL, &err) != SANWANG_OK) {
        fail(err);
    }
    if (text != NULL && strcmp(text, "TD") == 0) {
        sanwang_mo_t mo = { .sender = phone, .receiver = sanwang_submit_event_sender(m), .text = "you are out" };
        if (sanwang_gateway_deliver(gw, sanwang_submit_event_account(m), &mo, sizeof mo, 200, NULL, &err) != SANWANG_OK) {
            fail(err);
        }
    }
}

int main(int argc, char **argv) {
    const char *urls[] = { "cmpp://127.0.0.1:7890", NULL };
    const char *accounts[] = { "901234", "secret", NULL };
    sanwang_gateway_handlers_t on = { .poll_kinds = SANWANG_EVENT_SUBMIT | SANWANG_EVENT_OUTCOME };
    sanwang_gateway_t *gw = NULL;
    sanwang_error_t *err = NULL;
    int count = -1;
    int i;
    if (argc > 1) urls[0] = argv[1];
    if (argc > 3) {
        accounts[0] = argv[2];
        accounts[1] = argv[3];
    }
    if (argc > 4) count = atoi(argv[4]);
    if (sanwang_gateway_open(&gw, urls, accounts, NULL, &on, sizeof on, &err) != SANWANG_OK) return fail(err);
    printf("listening on %s\n", sanwang_gateway_listener(gw, 0));
    fflush(stdout);
    while (count != 0) {
        sanwang_event_t *events[BATCH];
        int32_t n = sanwang_gateway_poll(gw, events, BATCH, -1);
        if (n < 0) break;                                /* closed */
        for (i = 0; i < n; i++) {
            const sanwang_submit_event_t *m = sanwang_event_submit(events[i]);
            const sanwang_outcome_t *o = sanwang_event_outcome(events[i]);
            if (m != NULL) {
                handle(gw, m);
                if (count > 0) count--;
            } else if (o != NULL && !sanwang_status_is_success(sanwang_outcome_status(o))) {
                printf("push to %s: %s\n", sanwang_outcome_account(o), sanwang_outcome_text(o));
            }
            sanwang_event_free(events[i]);
        }
        fflush(stdout);
    }
    sanwang_gateway_wait(gw, 10000);                     /* until all reports and deliveries are acknowledged */
    sanwang_gateway_close(gw, 5000, NULL, 0);
    sanwang_gateway_free(gw);
    return 0;
}
