/* Shows messages from phones and status reports, by polling: no handler, the thread is ours.
 *
 *     receive [ACCOUNT [COUNT]]
 *
 * Ends after COUNT of them; without COUNT it goes on until it is stopped. */

#include <sanwang.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 64 };

static int fail(sanwang_error_t *err) {
    fprintf(stderr, "%s: %s\n", sanwang_error_name(err), sanwang_error_message(err));
    sanwang_error_free(err);
    return 1;
}

static void show_deliver(const sanwang_deliver_t *d) {
    size_t len = 0;
    const char *text = sanwang_deliver_text(d);
    sanwang_deliver_octets(d, &len);
    printf("deliver %s -> %s: ", sanwang_deliver_sender(d), sanwang_deliver_receiver(d));
    if (text != NULL) printf("%s\n", text);
    else printf("%lu octets\n", (unsigned long)len);
}

static void show_report(const sanwang_report_t *r) {
    printf("report %s: %s", sanwang_report_receiver(r), sanwang_report_stat(r));
    if (sanwang_report_ticket(r) == 0) printf(", on a message of another run");
    printf(", id %s\n", sanwang_report_message_id(r));
}

int main(int argc, char **argv) {
    sanwang_error_t *err = NULL;
    sanwang_client_t *sp = NULL;
    sanwang_client_handlers_t on = { .poll_kinds = SANWANG_EVENT_DELIVER | SANWANG_EVENT_REPORT };
    const char *account = "cmpp://901234:secret@127.0.0.1:7890?version=3.0&sender=10657001";
    int count = -1;
    int i;
    if (argc > 1) account = argv[1];
    if (argc > 2) count = atoi(argv[2]);
    if (sanwang_client_open(&sp, account, &on, sizeof on, &err) != SANWANG_OK) return fail(err);
    if (sanwang_client_wait_online(sp, 10000, &err) != SANWANG_OK) {
        sanwang_client_free(sp);
        return fail(err);
    }
    puts("online");
    fflush(stdout);
    while (count != 0) {
        sanwang_event_t *events[BATCH];
        int32_t n = sanwang_client_poll(sp, events, BATCH, -1);
        if (n < 0) break;                                /* closed */
        for (i = 0; i < n; i++) {
            switch (sanwang_event_kind(events[i])) {
            case SANWANG_EVENT_DELIVER: show_deliver(sanwang_event_deliver(events[i])); break;
            case SANWANG_EVENT_REPORT: show_report(sanwang_event_report(events[i])); break;
            default: break;
            }
            sanwang_event_handled(events[i]);            /* the gateway has its answer now */
            sanwang_event_free(events[i]);
            if (count > 0) count--;
        }
        fflush(stdout);
    }
    sanwang_client_close(sp, 5000, NULL, 0);
    sanwang_client_free(sp);
    return 0;
}
