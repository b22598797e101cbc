/* What the C tests share. */

#ifndef CHECK_H
#define CHECK_H

#include <sanwang.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

/* A call that has to succeed. */
#define OK(call) \
    do { \
        sanwang_error_t *err = NULL; \
        if ((call) != SANWANG_OK) { \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, sanwang_error_message(err)); \
            exit(1); \
        } \
        CHECK(err == NULL); \
    } while (0)

/* A call that has to fail with `code`, and say `part` of why. */
#define FAILS(code, part, call) \
    do { \
        sanwang_error_t *err = NULL; \
        CHECK((call) == (code)); \
        CHECK(sanwang_error_code(err) == (code)); \
        CHECK(strcmp(sanwang_error_name(err), sanwang_result_name(code)) == 0); \
        if (strstr(sanwang_error_message(err), part) == NULL) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, sanwang_error_message(err)); \
            exit(1); \
        } \
        sanwang_error_free(err); \
    } while (0)

#define SAME(a, b) CHECK(strcmp((a), (b)) == 0)

#ifndef NO_SIMULATOR

/* A simulator for CMPP; every test has its own. */
static sanwang_simulator_t *simulator(const char *const *rules) {
    static const char *const urls[] = { "cmpp://127.0.0.1:0", NULL };
    sanwang_simulator_t *sim = NULL;
    OK(sanwang_simulator_open(&sim, urls, rules, &err));
    return sim;
}

/* The URL of an account there, with settings. */
static const char *account(const sanwang_simulator_t *sim, const char *settings) {
    static char url[256];
    const char *at = sanwang_simulator_address(sim, "cmpp");
    CHECK(at != NULL);
    snprintf(url, sizeof url, "cmpp://901234:secret@%s?sender=10657001%s", at, settings);
    return url;
}

#endif /* NO_SIMULATOR */

#endif
