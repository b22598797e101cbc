/* Frames to JSON and back: every PDU of the golden vectors that it is given, and what is wrong. */

#define NO_SIMULATOR
#include "check.h"

static const uint8_t active_test[] = { 0, 0, 0, 12, 0, 0, 0, 8, 0, 0, 0, 3 };

/* The octets of a frame in hexadecimal digits. */
static size_t octets_of(const char *digits, uint8_t *octets, size_t room) {
    size_t n = 0;
    for (; digits[0] != '\0' && digits[1] != '\0' && n < room; digits += 2, n++) {
        char pair[3] = { digits[0], digits[1], '\0' };
        octets[n] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n;
}

/* To JSON and back; the octets have to be the same. */
static void there_and_back(const char *protocol, const char *version, const char *digits) {
    static uint8_t octets[8192];
    size_t used = 0, len = octets_of(digits, octets, sizeof octets), again = 0;
    sanwang_octets_t *json = NULL, *frame = NULL;
    const uint8_t *data;
    OK(sanwang_pdu_to_json(protocol, version, octets, len, &used, &json, &err));
    CHECK(used == len);
    OK(sanwang_pdu_from_json(sanwang_octets_text(json), &frame, &err));
    data = sanwang_octets_data(frame, &again);
    if (again != len || memcmp(data, octets, len) != 0) {
        fprintf(stderr, "%s\n", sanwang_octets_text(json));
        exit(1);
    }
    sanwang_octets_free(json);
    sanwang_octets_free(frame);
}

/* Octets that are no PDU: the error has the class of the vector, and says where. */
static void refused(const char *protocol, const char *version, const char *digits, const char *class) {
    static uint8_t octets[8192];
    size_t used = 99, len = octets_of(digits, octets, sizeof octets);
    sanwang_octets_t *json = NULL;
    sanwang_error_t *error = NULL;
    if (sanwang_pdu_to_json(protocol, version, octets, len, &used, &json, &error) != SANWANG_BAD_PDU ||
        strstr(sanwang_error_message(error), class) == NULL || sanwang_error_field(error)[0] == '\0') {
        fprintf(stderr, "%s %s %s is not %s: %s\n", protocol, version, digits, class,
                error == NULL ? "it is read" : sanwang_error_message(error));
        exit(1);
    }
    CHECK(json == NULL && (used == len || used == 0));
    sanwang_error_free(error);
}

/* A frame that ends early, whether its length says so or not, and half of its JSON. */
static void cut_short(const char *protocol, const char *version, const char *digits) {
    static uint8_t octets[8192], copy[8192];
    static char half[65536];
    size_t used = 0, len = octets_of(digits, octets, sizeof octets), cut, whole;
    sanwang_octets_t *json = NULL, *frame = NULL;
    for (cut = 0; cut < len; cut += 1 + cut / 4) {
        sanwang_result_t result;
        FAILS(SANWANG_BAD_PDU, "", sanwang_pdu_to_json(protocol, version, octets, cut, &used, &json, &err));
        CHECK(json == NULL && used == 0);
        memcpy(copy, octets, cut);
        if (cut < 4) continue;
        copy[2] = (uint8_t)(cut >> 8);
        copy[3] = (uint8_t)cut;
        result = sanwang_pdu_to_json(protocol, version, copy, cut, &used, &json, NULL);
        CHECK(result == SANWANG_OK || result == SANWANG_BAD_PDU);
        CHECK((json != NULL) == (result == SANWANG_OK));
        sanwang_octets_free(json);
        json = NULL;
    }
    OK(sanwang_pdu_to_json(protocol, version, octets, len, &used, &json, &err));
    whole = strlen(sanwang_octets_text(json));
    CHECK(whole < sizeof half);
    for (cut = 0; cut < whole; cut += 1 + whole / 4) {
        memcpy(half, sanwang_octets_text(json), cut);
        half[cut] = '\0';
        FAILS(SANWANG_BAD_PDU, "not JSON", sanwang_pdu_from_json(half, &frame, &err));
        CHECK(frame == NULL);
    }
    sanwang_octets_free(json);
}

static void one_by_hand(void) {
    static const char expected[] =
        "{\"protocol\":\"cmpp\",\"version\":\"3.0\",\"pdu\":\"active_test\",\"header\":{\"length\":12,\"command\":8,"
        "\"sequence\":3},\"fields\":{},\"warnings\":[]}";
    static const char submit[] =
        "{\"protocol\": \"cmpp\", \"version\": \"2.0\", \"pdu\": \"submit\", \"header\": {\"sequence\": 7},"
        " \"fields\": {\"src_id\": \"10657001\", \"dest_terminal_id\": [\"13800138000\"], \"msg_content\": \"6869\"}}";
    sanwang_octets_t *json = NULL, *frame = NULL;
    size_t len = 0;
    const uint8_t *data;
    OK(sanwang_pdu_to_json("cmpp", NULL, active_test, sizeof active_test, NULL, &json, &err));
    SAME(sanwang_octets_text(json), expected);
    CHECK(sanwang_octets_data(json, &len) == (const uint8_t *)sanwang_octets_text(json));
    CHECK(len == sizeof expected - 1);
    sanwang_octets_free(json);
    OK(sanwang_pdu_from_json(submit, &frame, &err));
    data = sanwang_octets_data(frame, &len);
    CHECK(len == 161 && data[3] == 161 && data[7] == 4 && data[11] == 7);
    OK(sanwang_pdu_to_json("cmpp", "2.0", data, len, NULL, &json, &err));
    CHECK(strstr(sanwang_octets_text(json), "\"msg_length\":2,\"msg_content\":\"6869\"") != NULL);
    sanwang_octets_free(frame);
    sanwang_octets_free(json);
}

/* A stream: two frames, one of them unreadable, and half a frame. */
static void a_stream(void) {
    uint8_t stream[3 * sizeof active_test];
    size_t used = 0, at = 0;
    sanwang_octets_t *json = NULL;
    for (at = 0; at < sizeof stream; at += sizeof active_test) memcpy(stream + at, active_test, sizeof active_test);
    stream[7] = 0x77;
    FAILS(SANWANG_BAD_PDU, "command", sanwang_pdu_to_json("cmpp", NULL, stream, 30, &used, &json, &err));
    CHECK(used == 12 && json == NULL);
    OK(sanwang_pdu_to_json("cmpp", NULL, stream + 12, 18, &used, &json, &err));
    CHECK(used == 12 && json != NULL);
    sanwang_octets_free(json);
    FAILS(SANWANG_BAD_PDU, "not complete: 6 octets",
          sanwang_pdu_to_json("cmpp", NULL, stream + 24, 6, &used, &json, &err));
    CHECK(used == 0 && json == NULL);
    FAILS(SANWANG_BAD_ARGUMENT, "12 octets follow the frame",
          sanwang_pdu_to_json("cmpp", NULL, stream + 12, 24, NULL, &json, &err));
}

static void what_is_wrong(void) {
    sanwang_octets_t *out = NULL;
    sanwang_error_t *error = NULL;
    uint8_t octets[24];
    size_t used = 0, i, v;
    FAILS(SANWANG_NOT_FOUND, "no protocol smpp", sanwang_pdu_to_json("smpp", NULL, active_test, 12, &used, &out, &err));
    FAILS(SANWANG_NOT_FOUND, "write 2.0, 2.1", sanwang_pdu_to_json("cmpp", "9.9", active_test, 12, &used, &out, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "octets is NULL", sanwang_pdu_to_json("cmpp", NULL, NULL, 12, &used, &out, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "json is NULL", sanwang_pdu_to_json("cmpp", NULL, active_test, 12, &used, NULL, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "protocol is NULL", sanwang_pdu_to_json(NULL, NULL, active_test, 12, &used, &out, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "frame is NULL", sanwang_pdu_from_json("{}", NULL, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "json is NULL", sanwang_pdu_from_json(NULL, &out, &err));
    FAILS(SANWANG_BAD_ARGUMENT, "json is not UTF-8", sanwang_pdu_from_json("{\"\xff\"}", &out, &err));
    FAILS(SANWANG_BAD_PDU, "not JSON: EOF", sanwang_pdu_from_json("{", &out, &err));
    FAILS(SANWANG_BAD_PDU, "protocol is missing", sanwang_pdu_from_json("{}", &out, &err));
    FAILS(SANWANG_BAD_PDU, "did you mean submit",
          sanwang_pdu_from_json("{\"protocol\":\"cmpp\",\"version\":\"3.0\",\"pdu\":\"sumbit\"}", &out, &err));
    CHECK(sanwang_pdu_from_json("{\"protocol\":\"cmpp\",\"version\":\"3.0\",\"pdu\":\"submit\",\"fields\":"
                                "{\"dest_terminal_id\":[\"1\",\"123456789012345678901234567890123\"]}}",
                                &out, &error) == SANWANG_BAD_PDU);
    SAME(sanwang_error_field(error), "dest_terminal_id[1]");
    SAME(sanwang_error_message(error), "submit: dest_terminal_id[1] has 33 octets, the field holds 32: shorten it");
    sanwang_error_free(error);
    CHECK(out == NULL);
    CHECK(sanwang_octets_text(NULL) == NULL && sanwang_octets_data(NULL, &used) == NULL && used == 0);
    sanwang_octets_free(NULL);
    /* Any octets are read or refused. */
    for (i = 0; i < sizeof octets; i++) {
        for (v = 0; v < 256; v += 51) {
            memset(octets, (int)v, sizeof octets);
            memcpy(octets, active_test, 12);
            octets[3] = 24;
            octets[i] = (uint8_t)v;
            if (sanwang_pdu_to_json("cmpp", "3.0", octets, sizeof octets, &used, &out, NULL) == SANWANG_OK) {
                CHECK(sanwang_octets_text(out)[0] == '{');
                sanwang_octets_free(out);
            }
            CHECK(used <= sizeof octets);
        }
    }
}

/* Arguments: protocol, version, digits and error class, which is empty for a good frame and "cut" for one to be cut,
   again and again. */
int main(int argc, char **argv) {
    int i;
    for (i = 1; i + 3 < argc; i += 4) {
        if (strcmp(argv[i + 3], "cut") == 0) {
            cut_short(argv[i], argv[i + 1], argv[i + 2]);
        } else if (argv[i + 3][0] != '\0') {
            refused(argv[i], argv[i + 1], argv[i + 2], argv[i + 3]);
        } else {
            there_and_back(argv[i], argv[i + 1], argv[i + 2]);
        }
    }
    one_by_hand();
    a_stream();
    what_is_wrong();
    puts("ok");
    return 0;
}
