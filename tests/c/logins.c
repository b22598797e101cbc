/* A gateway whose secrets come from elsewhere, settings of single accounts, and the pages of metrics. */

#include "gate.h"

#define SIZE 65536

static sanwang_login_t *waiting;

/* Takes the login and returns: the answer comes from another place. */
static void look_up_later(sanwang_login_t *login, void *user) {
    (void)user;
    CHECK(strcmp(sanwang_login_protocol(login), "cmpp") == 0);
    CHECK(strncmp(sanwang_login_address(login), "127.0.0.1:", 10) == 0);
    if (strcmp(sanwang_login_name(login), "901234") == 0) {
        __atomic_store_n(&waiting, login, __ATOMIC_SEQ_CST);
    } else if (strcmp(sanwang_login_name(login), "901237") == 0) {
        OK(sanwang_login_refuse(login, &err));
    } else {
        OK(sanwang_login_answer(login, NULL, &err));
    }
}

static int32_t look_up(const char *protocol, const char *name, char *secret, size_t secret_size, void *user) {
    (void)protocol;
    (void)user;
    CHECK(secret_size > 6);
    if (strcmp(name, "901237") == 0) return SANWANG_NOT_NOW;
    strcpy(secret, "secret");
    return 1;
}

/* How many logins its only listener turned away for this reason. */
static long turned_away(const sanwang_gateway_t *gateway, char *page, const char *why) {
    char sought[64];
    const char *found;
    CHECK(sanwang_gateway_metrics(gateway, page, SIZE) < SIZE);
    snprintf(sought, sizeof sought, "why=\"%s\"} ", why);
    found = strstr(page, sought);
    return found == NULL ? 0 : strtol(found + strlen(sought), NULL, 10);
}

/* Logins that are refused, but not as wrong ones. */
static void not_now(sanwang_gateway_t *gateway, char *page) {
    static const char *const urls[] = { "cmpp://127.0.0.1:0", NULL };
    sanwang_gateway_handlers_t on = { .on_submit = on_submit, .look_up = look_up };
    long wrong = turned_away(gateway, page, "credentials");
    sanwang_client_t *sp = client(gateway, "901237");

    FAILS(SANWANG_REFUSED, "status 3", sanwang_client_wait_online(sp, 60000, &err));
    CHECK(turned_away(gateway, page, "not_now") >= 1 && turned_away(gateway, page, "credentials") == wrong);
    sanwang_client_close(sp, 0, NULL, 0);
    sanwang_client_free(sp);

    OK(sanwang_gateway_open(&gateway, urls, NULL, NULL, &on, sizeof on, &err));
    sp = client(gateway, "901237");
    FAILS(SANWANG_REFUSED, "status 3", sanwang_client_wait_online(sp, 60000, &err));
    CHECK(turned_away(gateway, page, "not_now") >= 1 && turned_away(gateway, page, "credentials") == 0);
    sanwang_client_close(sp, 0, NULL, 0);
    sanwang_client_free(sp);
    sp = client(gateway, "901238");
    OK(sanwang_client_wait_online(sp, 60000, &err));
    sanwang_client_close(sp, 5000, NULL, 0);
    sanwang_client_free(sp);
    sanwang_gateway_close(gateway, 5000, NULL, 0);
    sanwang_gateway_free(gateway);
}

int main(void) {
    static const char *const urls[] = { "cmpp://127.0.0.1:0", NULL };
    static const char *const table[] = { "901235", "secret", NULL };
    static const char *const own[] = { "901234", "rate", "1", "901234", "burst", "2", NULL };
    static const char *const wrong[] = { "901234", "rate", "fast", NULL };
    static const char *const cut[] = { "901234", "rate", NULL };
    sanwang_gateway_handlers_t on = { .on_submit = on_submit, .look_up_later = look_up_later, .account_settings = cut };
    sanwang_gateway_t *gateway = NULL;
    sanwang_login_t *login = NULL;
    sanwang_client_t *one, *two, *three;
    sanwang_counters_t counters;
    char *page = malloc(SIZE);
    char small[16];
    size_t length;
    int taken;

    FAILS(SANWANG_BAD_ARGUMENT, "account_settings", sanwang_gateway_open(&gateway, urls, NULL, NULL, &on, sizeof on, &err));
    on.account_settings = wrong;
    FAILS(SANWANG_BAD_CONFIG, "rate=fast", sanwang_gateway_open(&gateway, urls, NULL, NULL, &on, sizeof on, &err));
    on.account_settings = own;
    OK(sanwang_gateway_open(&gateway, urls, table, NULL, &on, sizeof on, &err));

    one = client(gateway, "901234");
    while ((login = __atomic_exchange_n(&waiting, NULL, __ATOMIC_SEQ_CST)) == NULL) {
        CHECK(sanwang_client_wait_online(one, 10, NULL) == SANWANG_TIMEOUT);
    }
    OK(sanwang_login_answer(login, "secret", &err));
    OK(sanwang_client_wait_online(one, 60000, &err));
    two = client(gateway, "901235");
    OK(sanwang_client_wait_online(two, 60000, &err));
    three = client(gateway, "901236");
    FAILS(SANWANG_REFUSED, "901236", sanwang_client_wait_online(three, 60000, &err));

    taken = accepted(one);
    CHECK(taken >= 2 && taken < 10);
    CHECK(accepted(two) == 10);
    OK(sanwang_gateway_counters(gateway, "901234", &counters, sizeof counters));
    CHECK(counters.refused_rate == (uint64_t)(10 - taken) && counters.submits == 10);

    length = sanwang_gateway_metrics(gateway, page, SIZE);
    CHECK(length > 0 && length < SIZE && strlen(page) == length);
    CHECK(strstr(page, "sanwang_refused_rate_total{account=\"901234\"") != NULL);
    CHECK(strstr(page, "sanwang_turned_away_total{account=\"cmpp://127.0.0.1:") != NULL);
    length = sanwang_client_metrics(two, page, SIZE);
    CHECK(length > 0 && length < SIZE && strlen(page) == length);
    CHECK(strstr(page, "sanwang_waits_total{account=\"901235\"") != NULL);
    CHECK(strstr(page, "held_by=\"window\"") != NULL && strstr(page, "held_by=\"socket\"") != NULL);
    CHECK(sanwang_client_metrics(two, small, sizeof small) >= sizeof small && strlen(small) == sizeof small - 1);
    CHECK(sanwang_client_metrics(two, NULL, 0) > 0 && sanwang_client_metrics(NULL, page, SIZE) == 0);

    sanwang_client_close(one, 5000, NULL, 0);
    sanwang_client_close(two, 5000, NULL, 0);
    sanwang_client_close(three, 0, NULL, 0);
    not_now(gateway, page);
    sanwang_client_free(one);
    sanwang_client_free(two);
    sanwang_client_free(three);
    sanwang_gateway_close(gateway, 5000, NULL, 0);
    sanwang_gateway_free(gateway);
    free(page);
    puts("ok");
    return 0;
}
