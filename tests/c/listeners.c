/* A gateway from a file, whose listeners and accounts get other settings while it is open, and which gets other
 * listeners. */

#include "gate.h"

static void gone(sanwang_client_t *sp) {
    sanwang_client_close(sp, 5000, NULL, 0);
    sanwang_client_free(sp);
}

static int has_metrics_of(const sanwang_gateway_t *gateway, const char *address) {
    static char page[65536];
    CHECK(sanwang_gateway_metrics(gateway, page, sizeof page) < sizeof page);
    return strstr(page, address) != NULL;
}

/* `one` is logged in on the only listener, which is called mobile. */
static void come_and_go(sanwang_gateway_t *gateway, sanwang_client_t *one) {
    static const char *const wrong[] = { "window", "0", NULL };
    static const char *const narrow[] = { "window", "4", NULL };
    static const char *const fast[] = { "rate", "0", NULL };
    static const char any[] = "cmpp://127.0.0.1:0";
    const char *first = sanwang_gateway_listener(gateway, 0), *second;
    char url[128];
    sanwang_client_t *two;

    snprintf(url, sizeof url, "smgp://%s", first);
    FAILS(SANWANG_SYSTEM, first, sanwang_gateway_add_listener(gateway, NULL, url, NULL, &err));
    FAILS(SANWANG_BAD_CONFIG, "\"mobile\" already", sanwang_gateway_add_listener(gateway, "mobile", any, NULL, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "name is empty", sanwang_gateway_add_listener(gateway, "", any, NULL, &err));
    FAILS(SANWANG_BAD_SETTING, "window=0", sanwang_gateway_add_listener(gateway, "more", any, wrong, &err));
    CHECK(sanwang_gateway_listener(gateway, 1) == NULL);
    OK(sanwang_gateway_add_listener(gateway, "more", any, narrow, &err));
    second = sanwang_gateway_listener(gateway, 1);
    CHECK(second != NULL && strcmp(first, second) != 0 && sanwang_gateway_listener(gateway, 1) == second);
    CHECK(has_metrics_of(gateway, first) && has_metrics_of(gateway, second));

    FAILS(SANWANG_BAD_CONFIG, "mobile, more", sanwang_gateway_remove_listener(gateway, "telecom", &err));
    OK(sanwang_gateway_remove_listener(gateway, "mobile", &err));
    CHECK(sanwang_gateway_listener(gateway, 0) == second && sanwang_gateway_listener(gateway, 1) == NULL);
    CHECK(!has_metrics_of(gateway, first) && has_metrics_of(gateway, second));
    OK(sanwang_gateway_set_account_settings(gateway, "901234", fast, &err));
    CHECK(accepted(one) == 10);
    two = client(gateway, "901234");
    OK(sanwang_client_wait_online(two, 60000, &err));
    CHECK(accepted(two) == 10);
    snprintf(url, sizeof url, "cmpp://%s", second);
    OK(sanwang_gateway_remove_listener(gateway, url, &err));
    CHECK(sanwang_gateway_listener(gateway, 0) == NULL && accepted(one) == 10 && accepted(two) == 10);
    gone(two);
}

int main(int argc, char **argv) {
    static const char *const elsewhere[] = { "bind_from", "10.0.0.0/8", NULL };
    static const char *const everywhere[] = { "bind_from", "127.0.0.0/8", NULL };
    static const char *const nowhere[] = { "bind_from", "here", NULL };
    static const char *const kept[] = { "gateway_id", "7", NULL };
    static const char *const slow[] = { "rate", "1", "burst", "2", NULL };
    static const char *const listeners[] = { "listen_limit", "5", NULL };
    sanwang_gateway_handlers_t on = { .on_submit = on_submit };
    sanwang_gateway_t *gateway = NULL;
    sanwang_client_t *one, *two;
    int taken;

    CHECK(argc == 2);
    FAILS(SANWANG_SYSTEM, "/nowhere", sanwang_gateway_open_config(&gateway, "/nowhere/gateway.toml", &on, sizeof on, &err));
    CHECK(gateway == NULL);
    OK(sanwang_gateway_open_config(&gateway, argv[1], &on, sizeof on, &err));
    one = client(gateway, "901234");
    OK(sanwang_client_wait_online(one, 60000, &err));
    CHECK(accepted(one) == 10);

    FAILS(SANWANG_BAD_SETTING, "bind_from", sanwang_gateway_set(gateway, "mobile", nowhere, &err));
    FAILS(SANWANG_BAD_CONFIG, "telecom", sanwang_gateway_set(gateway, "telecom", elsewhere, &err));
    FAILS(SANWANG_BAD_CONFIG, "gateway_id", sanwang_gateway_set(gateway, "mobile", kept, &err));
    OK(sanwang_gateway_set(gateway, "mobile", elsewhere, &err));
    two = client(gateway, "901234");
    FAILS(SANWANG_REFUSED, "status 2", sanwang_client_wait_online(two, 60000, &err));
    gone(two);
    CHECK(accepted(one) == 10);
    OK(sanwang_gateway_set(gateway, "mobile", everywhere, &err));
    two = client(gateway, "901234");
    OK(sanwang_client_wait_online(two, 60000, &err));
    gone(two);

    CHECK(sanwang_gateway_set_account_settings(gateway, "901234", listeners, NULL) != SANWANG_OK);
    OK(sanwang_gateway_set_account_settings(gateway, "901234", slow, &err));
    taken = accepted(one);
    CHECK(taken >= 2 && taken < 10);
    come_and_go(gateway, one);

    gone(one);
    sanwang_gateway_close(gateway, 5000, NULL, 0);
    sanwang_gateway_free(gateway);
    puts("ok");
    return 0;
}
