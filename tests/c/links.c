/* Raw links and route tables: a route server and its gateways, with handlers and polled; and what is wrong. */

#define _XOPEN_SOURCE 700

#define NO_SIMULATOR
#include "check.h"
#include <sched.h>
#include <unistd.h>

#define OWN "101001"
#define GNS "401001"
#define PHONE "13901001234"

typedef struct {
    sanwang_route_table_t *table;
    sanwang_link_t *link;
    int requests, states, looked_up, freed;
    uint64_t user_data;
    int32_t result;
    volatile uint64_t token;      /* set in a handler */
    volatile int replies;         /* likewise */
} seen_t;

static size_t put(uint8_t *frame, size_t at, const char *text, size_t width) {
    memset(frame + at, 0, width);
    memcpy(frame + at, text, strlen(text));
    return at + width;
}

static size_t head(uint8_t *frame, uint32_t command, size_t len) {
    size_t i;
    memset(frame, 0, 12);
    for (i = 0; i < 4; i++) {
        frame[i] = (uint8_t)((uint32_t)len >> (24 - 8 * i));
        frame[4 + i] = (uint8_t)(command >> (24 - 8 * i));
    }
    return len;
}

/* CMPP_MT_ROUTE: which gateway serves the phone? */
static size_t question(uint8_t *frame) {
    size_t at = put(frame, 12, OWN, 6);
    return head(frame, 0x10, put(frame, at, PHONE, 21));
}

/* Where a frame of CMPP 3.0 Mt_Route_Resp has the gateway and the result. */
#define GATEWAY_AT (12 + 4)
#define RESULT_AT (12 + 4 + 6 + 15 + 2 + 9 + 9 + 4)

static sanwang_route_t route(const char *gateway) {
    sanwang_route_t r = {
        .kind = SANWANG_ROUTE_SEGMENT, .gateway = gateway, .address = "10.0.0.1", .port = 7930, .first = "1390100",
        .area = "0010",
    };
    return r;
}

static uint32_t on_request(const sanwang_link_request_t *r, void *user) {
    seen_t *seen = user;
    uint8_t frame[64];
    size_t len = 0;
    int32_t answered = 9;
    sanwang_link_reply_t *reply = NULL;
    SAME(sanwang_link_request_peer(r), OWN);
    SAME(sanwang_link_request_protocol(r), "cmpp");
    SAME(sanwang_link_request_version(r), "3.0");
    CHECK(sanwang_link_request_connection(r) > 0 && sanwang_link_request_time(r) > 0);
    CHECK(sanwang_link_request_token(r) != 0);
    CHECK(sanwang_link_request_octets(r, &len) != NULL && len > 12);
    CHECK(sanwang_link_request_octets(r, NULL) != NULL);
    seen->requests++;
    if (seen->link != NULL) {
        FAILS(SANWANG_WOULD_DEADLOCK, "handler",
              sanwang_link_request(seen->link, OWN, frame, question(frame), NULL, 0, 1000, &reply, &err));
        CHECK(sanwang_link_close(seen->link, 1000, NULL, 0) == SANWANG_WOULD_DEADLOCK);
    }
    FAILS(SANWANG_WRONG_PDU, "answer", sanwang_link_request_answer(r, frame, question(frame), &err));
    FAILS(SANWANG_WRONG_PDU, "not complete", sanwang_link_request_answer(r, frame, 3, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "pdu is NULL", sanwang_link_request_answer(r, NULL, 3, &err));
    if (seen->requests == 3) return SANWANG_LINK_BUSY;
    if (seen->requests == 4) {
        seen->token = sanwang_link_request_token(r);
        return SANWANG_LATER;
    }
    OK(sanwang_route_table_answer(seen->table, r, &answered, &err));
    CHECK(answered == 1);
    /* The answer goes when this has returned, and it is the only one. */
    if (seen->link != NULL) {
        FAILS(SANWANG_STALE, "answered before", sanwang_link_refuse(seen->link, sanwang_link_request_token(r), 0, &err));
    }
    return SANWANG_LINK_REFUSE;
}

static void on_reply(const sanwang_link_reply_t *r, void *user) {
    seen_t *seen = user;
    seen->user_data = sanwang_link_reply_user_data(r);
    seen->result = sanwang_link_reply_result(r);
    CHECK(sanwang_link_reply_ticket(r) != 0);
    SAME(sanwang_link_reply_peer(r), GNS);
    seen->replies++;
}

static void on_state(const sanwang_account_state_t *s, void *user) {
    CHECK(sanwang_account_state_reason(s) != NULL);
    ((seen_t *)user)->states++;
}

static void user_free(void *user) {
    ((seen_t *)user)->freed++;
}

static int32_t look_up(const char *protocol, const char *name, char *secret, size_t room, void *user) {
    SAME(protocol, "cmpp");
    CHECK(room > 8);
    ((seen_t *)user)->looked_up++;
    if (strcmp(name, OWN) != 0) return 0;
    strcpy(secret, "secret");
    return 1;
}

static sanwang_link_t *dialling(const sanwang_link_t *server, const sanwang_link_handlers_t *on) {
    char url[96];
    const char *dials[] = { GNS, url, NULL };
    sanwang_link_t *link = NULL;
    snprintf(url, sizeof url, "cmpp://" OWN ":secret@%s", sanwang_link_listener(server, 0));
    OK(sanwang_link_open(&link, dials, NULL, NULL, NULL, on, on == NULL ? 0 : sizeof *on, &err));
    OK(sanwang_link_wait_online(link, NULL, 60000, &err));
    return link;
}

static void closed(sanwang_link_t *link) {
    sanwang_left_t left;
    CHECK(sanwang_link_close(link, 5000, &left, sizeof left) == SANWANG_OK);
    CHECK(left.abandoned == 0);
    sanwang_link_free(link);
}

/* A route server with handlers; a gateway that asks, fetches and is told. */
static void handled(void) {
    static const char *const listeners[] = { "cmpp://127.0.0.1:0", NULL };
    static const char *const settings[] = { "threads", "2", NULL };
    seen_t server = { 0 }, gateway = { 0 };
    sanwang_link_handlers_t on = {
        .on_request = on_request, .on_state = on_state, .look_up = look_up, .user = &server, .user_free = user_free,
    };
    sanwang_link_handlers_t own = { .on_reply = on_reply, .user = &gateway, .user_free = user_free };
    sanwang_link_reply_t *reply = NULL;
    sanwang_counters_t counters;
    sanwang_route_table_t *replica = NULL;
    sanwang_route_entry_t *entry = NULL;
    sanwang_route_t r = route("102001");
    uint8_t frame[64];
    const uint8_t *octets;
    size_t len = 0, routes = 9;
    uint64_t ticket = 0;
    uint32_t id = 9;
    int32_t state = -1;

    OK(sanwang_route_table_new(&server.table, "cmpp", NULL, 0, &err));
    OK(sanwang_link_open(&server.link, NULL, listeners, NULL, settings, &on, sizeof on, &err));
    CHECK(sanwang_link_listener(server.link, 1) == NULL);
    gateway.link = dialling(server.link, &own);
    CHECK(sanwang_link_state(gateway.link, GNS, &state) == SANWANG_OK && state == SANWANG_STATE_ONLINE);
    CHECK(sanwang_link_state(gateway.link, NULL, &state) == SANWANG_OK);
    CHECK(sanwang_link_state(gateway.link, "nobody", &state) == SANWANG_NO_PEER);

    /* Nobody serves the phone yet; then somebody does. */
    OK(sanwang_link_request(gateway.link, GNS, frame, question(frame), NULL, 0, 60000, &reply, &err));
    CHECK(sanwang_link_reply_result(reply) == SANWANG_OK);
    SAME(sanwang_link_reply_name(reply), "mt_route_resp");
    SAME(sanwang_link_reply_protocol(reply), "cmpp");
    SAME(sanwang_link_reply_version(reply), "3.0");
    SAME(sanwang_link_reply_message(reply), "");
    octets = sanwang_link_reply_octets(reply, &len);
    CHECK(len > RESULT_AT && octets[RESULT_AT] != 0);
    sanwang_link_reply_free(reply);
    OK(sanwang_route_table_add(server.table, &r, sizeof r, &id, &err));
    OK(sanwang_link_request(gateway.link, NULL, frame, question(frame), NULL, 0, 60000, &reply, &err));
    octets = sanwang_link_reply_octets(reply, &len);
    CHECK(octets[RESULT_AT] == 0 && memcmp(octets + GATEWAY_AT, "102001", 6) == 0);
    sanwang_link_reply_free(reply);

    /* Busy, and later by token. */
    OK(sanwang_link_request(gateway.link, GNS, frame, question(frame), NULL, 0, 60000, &reply, &err));
    octets = sanwang_link_reply_octets(reply, &len);
    CHECK(octets[RESULT_AT] != 0);
    sanwang_link_reply_free(reply);
    OK(sanwang_link_ask(gateway.link, GNS, frame, question(frame), NULL, 0, 60000, 7, &ticket, &err));
    while (server.token == 0) sched_yield();
    OK(sanwang_link_refuse(server.link, server.token, 0, &err));
    FAILS(SANWANG_STALE, "answered before", sanwang_link_refuse(server.link, server.token, 0, &err));
    while (gateway.replies == 0) sched_yield();
    FAILS(SANWANG_STALE, "answered before", sanwang_link_answer(server.link, UINT64_MAX, frame, question(frame), &err));
    CHECK(gateway.result == SANWANG_OK && gateway.user_data == 7 && ticket != 0);

    /* A replica. */
    OK(sanwang_route_table_new(&replica, "cmpp", OWN, 10, &err));
    OK(sanwang_route_table_fetch(replica, gateway.link, GNS, 60000, &routes, &err));
    CHECK(routes == 1 && sanwang_route_table_size(replica) == 1);
    OK(sanwang_route_table_by_phone(replica, PHONE, &entry, &err));
    CHECK(sanwang_route_entry_view(entry, &r, sizeof r) == SANWANG_OK);
    SAME(r.gateway, "102001");
    SAME(r.first, "1390100");
    SAME(r.address, "10.0.0.1");
    CHECK(r.kind == SANWANG_ROUTE_SEGMENT && r.id == id && r.port == 7930 && r.changed != 0 && r.sp_code == NULL);
    sanwang_route_entry_free(entry);
    FAILS(SANWANG_NO_PEER, "nobody", sanwang_route_table_fetch(replica, gateway.link, "nobody", 100, NULL, &err));

    FAILS(SANWANG_NO_PEER, "nobody",
          sanwang_link_request(gateway.link, "nobody", frame, question(frame), NULL, 0, 100, &reply, &err));
    CHECK(reply == NULL);
    frame[7] = 0xee;
    FAILS(SANWANG_WRONG_PDU, "", sanwang_link_request(gateway.link, GNS, frame, 39, NULL, 0, 100, &reply, &err));
    FAILS(SANWANG_WRONG_PDU, "", sanwang_link_ask(gateway.link, GNS, frame, 39, NULL, 0, 100, 0, &ticket, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "no PDU has more",
          sanwang_link_ask(gateway.link, GNS, frame, SIZE_MAX, NULL, 0, 100, 0, &ticket, &err));
    FAILS(SANWANG_TIMEOUT, "nobody", sanwang_link_wait_online(gateway.link, "nobody", 10, &err));
    CHECK(sanwang_link_counters(server.link, OWN, &counters, sizeof counters) == SANWANG_OK && counters.logins == 1);
    CHECK(sanwang_link_counters(server.link, NULL, &counters, sizeof counters) == SANWANG_OK);
    CHECK(sanwang_link_counters(server.link, "nobody", &counters, sizeof counters) == SANWANG_NO_PEER);
    CHECK(sanwang_link_poll(server.link, (sanwang_event_t **)&entry, 1, 0) == -SANWANG_BAD_ARGUMENT);

    closed(gateway.link);
    CHECK(gateway.freed == 1);
    closed(server.link);
    CHECK(server.freed == 1 && server.looked_up >= 1 && server.states >= 1);
    sanwang_route_table_free(replica);
    sanwang_route_table_free(server.table);
}

static sanwang_event_t *next(sanwang_link_t *link, sanwang_event_kind_t kind) {
    sanwang_event_t *event = NULL;
    CHECK(sanwang_link_poll(link, &event, 1, 60000) == 1);
    CHECK(sanwang_event_kind(event) == kind);
    return event;
}

/* A route server that polls: it answers, and pushes a change to a gateway that polls, too. */
static void polled(void) {
    static const char *const listeners[] = { "cmpp://127.0.0.1:0", NULL };
    static const char *const peers[] = { OWN, "secret", NULL };
    sanwang_link_handlers_t on = { .poll_kinds = SANWANG_EVENT_LINK_REQUEST };
    sanwang_link_handlers_t own = { .poll_kinds = SANWANG_EVENT_LINK_REQUEST | SANWANG_EVENT_LINK_REPLY };
    sanwang_link_t *server = NULL, *gateway;
    sanwang_route_table_t *table = NULL, *replica = NULL;
    sanwang_route_t r = route("102001");
    sanwang_event_t *event, *asked, *none = NULL;
    const sanwang_link_reply_t *reply;
    uint8_t frame[64];
    uint64_t ticket = 0, token;
    int32_t answered = 0, silence;

    OK(sanwang_link_open(&server, NULL, listeners, peers, NULL, &on, sizeof on, &err));
    gateway = dialling(server, &own);
    OK(sanwang_route_table_new(&table, "cmpp", NULL, 0, &err));
    OK(sanwang_route_table_new(&replica, "cmpp", OWN, 0, &err));
    OK(sanwang_link_ask(gateway, GNS, frame, question(frame), NULL, 0, 60000, 3, &ticket, &err));
    asked = next(server, SANWANG_EVENT_LINK_REQUEST);
    event = asked;
    CHECK(sanwang_event_link_reply(event) == NULL && sanwang_event_submit(event) == NULL);
    SAME(sanwang_event_account(event), OWN);
    OK(sanwang_route_table_answer(table, sanwang_event_link_request(event), &answered, &err));
    CHECK(answered == 1);
    event = next(gateway, SANWANG_EVENT_LINK_REPLY);
    reply = sanwang_event_link_reply(event);
    CHECK(sanwang_link_reply_ticket(reply) == ticket && sanwang_link_reply_user_data(reply) == 3);
    SAME(sanwang_link_reply_name(reply), "mt_route_resp");
    sanwang_event_free(event);
    FAILS(SANWANG_STALE, "answered before",
          sanwang_route_table_answer(table, sanwang_event_link_request(asked), &answered, &err));
    sanwang_event_free(asked);

    CHECK(sanwang_route_table_follow(table, OWN) == SANWANG_OK);
    OK(sanwang_route_table_add(table, &r, sizeof r, NULL, &err));
    CHECK(sanwang_route_table_behind(table, OWN) == 1 && sanwang_route_table_behind(table, "nobody") == 0);
    OK(sanwang_route_table_push(table, server, 60000, &err));
    event = next(gateway, SANWANG_EVENT_LINK_REQUEST);
    SAME(sanwang_link_request_name(sanwang_event_link_request(event)), "push_mt_route_update");
    OK(sanwang_route_table_answer(replica, sanwang_event_link_request(event), &answered, &err));
    CHECK(answered == 1 && sanwang_route_table_size(replica) == 1);
    sanwang_event_free(event);
    while (sanwang_route_table_behind(table, OWN) != 0) CHECK(sanwang_link_poll(server, &none, 1, 10) == 0);
    CHECK(sanwang_route_table_forget(table, OWN) == SANWANG_OK);

    /* What is never answered. On a busy machine the time may be over before it is written, which is told as well. */
    do {
        OK(sanwang_link_ask(gateway, GNS, frame, question(frame), NULL, 0, 100, 4, NULL, &err));
        event = next(gateway, SANWANG_EVENT_LINK_REPLY);
        reply = sanwang_event_link_reply(event);
        silence = sanwang_link_reply_result(reply);
        CHECK(silence == SANWANG_NOT_SENT || strstr(sanwang_link_reply_message(reply), "no answer") != NULL);
        sanwang_event_free(event);
    } while (silence == SANWANG_NOT_SENT);
    CHECK(silence == SANWANG_NO_ANSWER);
    event = next(server, SANWANG_EVENT_LINK_REQUEST);
    token = sanwang_link_request_token(sanwang_event_link_request(event));
    closed(gateway);
    closed(server);
    FAILS(SANWANG_CLOSED, "closed", sanwang_route_table_answer(table, sanwang_event_link_request(event), NULL, &err));
    CHECK(token != 0);
    sanwang_event_free(event);
    sanwang_route_table_free(table);
    sanwang_route_table_free(replica);
}

static void tables(const char *directory) {
    char path[512];
    sanwang_route_table_t *table = NULL, *loaded = NULL;
    sanwang_route_entry_t *entry = NULL;
    sanwang_route_t r = route("102001"), s = { .kind = SANWANG_ROUTE_SERVICE, .gateway = "101001" };
    uint32_t id = 9;
    FILE *file;

    OK(sanwang_route_table_new(&table, "cmpp", NULL, 2, &err));
    OK(sanwang_route_table_add(table, &r, sizeof r, &id, &err));
    FAILS(SANWANG_BAD_ROUTE, "serves the same numbers", sanwang_route_table_add(table, &r, sizeof r, &id, &err));
    r.id = id;
    r.port = 7931;
    OK(sanwang_route_table_change(table, &r, sizeof r, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "sp_code is NULL", sanwang_route_table_add(table, &s, sizeof s, &id, &err));
    s.sp_code = "1065";
    s.address = "10.0.0.2";
    s.port = 7930;
    s.sp_id = "901234";
    OK(sanwang_route_table_add(table, &s, sizeof s, &id, &err));
    s.sp_code = "1066";
    FAILS(SANWANG_BAD_ROUTE, "full", sanwang_route_table_add(table, &s, sizeof s, NULL, &err));
    s.access = 256;
    FAILS(SANWANG_BAD_ARGUMENT, "access is 256", sanwang_route_table_add(table, &s, sizeof s, NULL, &err));
    r.port = 65536;
    FAILS(SANWANG_BAD_ARGUMENT, "port is 65536", sanwang_route_table_add(table, &r, sizeof r, NULL, &err));
    r.port = 1;
    r.address = "here";
    FAILS(SANWANG_BAD_ARGUMENT, "write an IPv4 address", sanwang_route_table_add(table, &r, sizeof r, NULL, &err));
    r.address = NULL;
    FAILS(SANWANG_BAD_ROUTE, "gateway address", sanwang_route_table_add(table, &r, sizeof r, NULL, &err));
    r.kind = 4;
    FAILS(SANWANG_BAD_ARGUMENT, "kind is 4", sanwang_route_table_add(table, &r, sizeof r, NULL, &err));

    snprintf(path, sizeof path, "%s/routes", directory);
    OK(sanwang_route_table_save(table, path, &err));
    OK(sanwang_route_table_load(&loaded, path, &err));
    CHECK(sanwang_route_table_size(loaded) == 2 && sanwang_route_table_size(NULL) == 0);
    OK(sanwang_route_table_by_service(loaded, "106512", NULL, 0, NULL, &entry, &err));
    CHECK(sanwang_route_entry_view(entry, &s, sizeof s) == SANWANG_OK);
    SAME(s.sp_code, "1065");
    SAME(s.sp_id, "901234");
    CHECK(s.kind == SANWANG_ROUTE_SERVICE && s.first == NULL);
    sanwang_route_entry_free(entry);
    OK(sanwang_route_table_get(loaded, SANWANG_ROUTE_SEGMENT, 0, &entry, &err));
    CHECK(sanwang_route_entry_view(entry, &r, sizeof r) == SANWANG_OK && r.port == 7931);
    SAME(r.last, "1390100");
    sanwang_route_entry_free(entry);
    OK(sanwang_route_table_remove(loaded, SANWANG_ROUTE_SEGMENT, 0, &err));
    FAILS(SANWANG_BAD_ROUTE, "no route 0", sanwang_route_table_remove(loaded, SANWANG_ROUTE_SEGMENT, 0, &err));
    FAILS(SANWANG_NOT_FOUND, "number 0", sanwang_route_table_get(loaded, SANWANG_ROUTE_SEGMENT, 0, &entry, &err));
    FAILS(SANWANG_NOT_FOUND, "phone", sanwang_route_table_by_phone(loaded, PHONE, &entry, &err));
    CHECK(entry == NULL);
    sanwang_route_table_free(loaded);
    sanwang_route_table_free(table);

    file = fopen(path, "a");
    CHECK(file != NULL && fputs("nonsense\n", file) >= 0 && fclose(file) == 0);
    FAILS(SANWANG_BAD_ROUTE, "line 5", sanwang_route_table_load(&loaded, path, &err));
    CHECK(loaded == NULL);
    snprintf(path, sizeof path, "%s/no/such/file", directory);
    FAILS(SANWANG_SYSTEM, "no/such/file", sanwang_route_table_load(&loaded, path, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "use cmpp, sgip or smgp", sanwang_route_table_new(&table, "smpp", NULL, 0, &err));
}

static void wrong_opens(void) {
    static const char *const odd[] = { GNS, "cmpp://a:hidden@127.0.0.1:1", "alone", NULL };
    static const char *const bad[] = { GNS, "cmpp://127.0.0.1:1", NULL };
    static const char *const listeners[] = { "cmpp://127.0.0.1:0", NULL };
    static const char *const treads[] = { "treads", "2", NULL };
    seen_t seen = { 0 };
    sanwang_link_handlers_t on = { .user = &seen, .user_free = user_free };
    sanwang_link_t *link = (sanwang_link_t *)&link;

    FAILS(SANWANG_BAD_CONFIG, "a peer to dial", sanwang_link_open(&link, NULL, NULL, NULL, NULL, &on, sizeof on, &err));
    CHECK(link == NULL && seen.freed == 1);
    FAILS(SANWANG_BAD_ARGUMENT, "without URL", sanwang_link_open(&link, odd, NULL, NULL, NULL, NULL, 0, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "without secret", sanwang_link_open(&link, NULL, listeners, odd, NULL, NULL, 0, &err));
    FAILS(SANWANG_BAD_SETTING, "", sanwang_link_open(&link, bad, NULL, NULL, NULL, NULL, 0, &err));
    FAILS(SANWANG_BAD_SETTING, "threads", sanwang_link_open(&link, NULL, listeners, NULL, treads, NULL, 0, &err));
    on.on_request = on_request;
    on.poll_kinds = SANWANG_EVENT_LINK_REQUEST;
    FAILS(SANWANG_BAD_ARGUMENT, "both", sanwang_link_open(&link, NULL, listeners, NULL, NULL, &on, sizeof on, &err));
    on.poll_kinds = SANWANG_EVENT_QUERY;
    FAILS(SANWANG_BAD_ARGUMENT, "poll_kinds", sanwang_link_open(&link, NULL, listeners, NULL, NULL, &on, sizeof on, &err));
}

int main(void) {
    char directory[] = "/tmp/sanwang-links-XXXXXX";
    char path[64];
    CHECK(mkdtemp(directory) != NULL);
    handled();
    polled();
    tables(directory);
    wrong_opens();
    snprintf(path, sizeof path, "%s/routes", directory);
    CHECK(remove(path) == 0 && rmdir(directory) == 0);
    puts("ok");
    return 0;
}
