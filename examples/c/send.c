/* Sends one message and says what became of it.
 *
 *     send [ACCOUNT [RECEIVER [TEXT]]]
 *
 * Ends with 1 when the login or the message was refused. */

#include <sanwang.h>
#include <stdio.h>

static void on_outcome(const sanwang_outcome_t *o, void *user) {
    (void)user;
    printf("%s: %s\n", sanwang_outcome_receiver(o), sanwang_status_name(sanwang_outcome_status(o)));
}

int main(int argc, char **argv) {
    sanwang_error_t *err = NULL;
    sanwang_client_t *sp = NULL;
    sanwang_client_handlers_t on = { .on_outcome = on_outcome };
    const char *account = "cmpp://901234:secret@127.0.0.1:7890?version=3.0&sender=10657001";
    if (argc > 1) account = argv[1];
    if (sanwang_client_open(&sp, account, &on, sizeof on, &err) != SANWANG_OK) {
        fprintf(stderr, "%s\n", sanwang_error_message(err));
        sanwang_error_free(err);
        return 1;
    }
    sanwang_submit_t m = { .receiver = "13800138000", .text = "hello" };
    if (argc > 2) m.receiver = argv[2];
    if (argc > 3) m.text = argv[3];
    uint64_t ticket = 0;
    int rc = 0;
    /* Without the first call a message waits in the queue until the login succeeds. */
    if (sanwang_client_wait_online(sp, 10000, &err) != SANWANG_OK ||
        sanwang_client_send(sp, &m, sizeof m, &ticket, &err) != SANWANG_OK) {
        fprintf(stderr, "%s\n", sanwang_error_message(err));
        sanwang_error_free(err);
        rc = 1;
    }
    sanwang_client_wait(sp, 60000);            /* until every ticket has its outcome */
    sanwang_client_close(sp, 5000, NULL, 0);   /* deadline in ms; what was left, if asked */
    sanwang_client_free(sp);
    return rc;
}
