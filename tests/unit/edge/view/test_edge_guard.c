// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/view/guard.h"

static const char *const hosts[] = {"drf.example.org", "box:9443"};

static struct edge_guard guard_with(const char *token)
{
    struct edge_guard guard;
    edge_guard_init(&guard, "127.0.0.1", 8080, hosts, 2, token);
    return guard;
}

static enum edge_guard_verdict check(struct edge_guard_request request)
{
    const struct edge_guard guard = guard_with(NULL);
    return edge_guard_check(&guard, &request);
}

static void host__that_is_ours__passes(void **state)
{
    (void)state;
    static const char *const ours[] = {
        "127.0.0.1:8080",       "localhost:8080",  "LOCALHOST:8080", "drf.example.org",
        "drf.example.org:8443", "DRF.Example.org", "box:9443"};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        assert_int_equal(check((struct edge_guard_request){.host = ours[i]}), EDGE_GUARD_PASS);
}

static void host__of_another_name__is_refused(void **state)
{
    (void)state;
    static const char *const others[] = {NULL,
                                         "",
                                         "127.0.0.1",
                                         "127.0.0.1:80",
                                         "evil.example",
                                         "localhost",
                                         "localhost:8081",
                                         "drf.example.org.evil.example",
                                         "evil.example:8080",
                                         "xdrf.example.org",
                                         "drf.example.or",
                                         "box",
                                         "box:9444",
                                         "127.0.0.1:8080.evil.example",
                                         "[::1]:8080"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(check((struct edge_guard_request){.host = others[i]}),
                         EDGE_GUARD_HOST);
}

static void origin__of_another__is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *origin;
        enum edge_guard_verdict verdict;
    } cases[] = {{"http://localhost:8080", EDGE_GUARD_PASS},
                 {"https://localhost:8080", EDGE_GUARD_PASS},
                 {"null", EDGE_GUARD_ORIGIN},
                 {"", EDGE_GUARD_ORIGIN},
                 {"http://localhost:3000", EDGE_GUARD_ORIGIN},
                 {"http://localhost", EDGE_GUARD_ORIGIN},
                 {"http://127.0.0.1:8080", EDGE_GUARD_ORIGIN}, // ours, but not of this page
                 {"http://evil.example", EDGE_GUARD_ORIGIN},
                 {"ftp://localhost:8080", EDGE_GUARD_ORIGIN}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(check((struct edge_guard_request){.host = "localhost:8080",
                                                           .origin = cases[i].origin}),
                         cases[i].verdict);
}

static void site__that_is_another__is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *site;
        enum edge_guard_verdict verdict;
    } cases[] = {{"same-origin", EDGE_GUARD_PASS},
                 {"none", EDGE_GUARD_PASS},
                 {"same-site", EDGE_GUARD_SITE},
                 {"cross-site", EDGE_GUARD_SITE},
                 {"", EDGE_GUARD_SITE}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(
            check((struct edge_guard_request){.host = "localhost:8080", .site = cases[i].site}),
            cases[i].verdict);
}

// echo -n 'a token of 20 bytes.' | sha256sum
#define TOKEN "a token of 20 bytes."
#define TOKEN_SHA256 "9d4eac15cc1240b05223ba857b09e1aafbd282fc92d3b1af41c5fbf119dd575f"

static void token__as_bearer_or_cookie__passes(void **state)
{
    (void)state;
    const struct edge_guard guard = guard_with(TOKEN);
    const struct {
        const char *authorization, *cookie;
        enum edge_guard_verdict verdict;
    } cases[] = {{NULL, NULL, EDGE_GUARD_TOKEN},
                 {"Bearer " TOKEN, NULL, EDGE_GUARD_PASS},
                 {"bearer " TOKEN, NULL, EDGE_GUARD_PASS},
                 {"Bearer " TOKEN "x", NULL, EDGE_GUARD_TOKEN},
                 {"Bearer ", NULL, EDGE_GUARD_TOKEN},
                 {"Basic " TOKEN, NULL, EDGE_GUARD_TOKEN},
                 {NULL, guard.cookie, EDGE_GUARD_PASS},
                 {NULL, TOKEN, EDGE_GUARD_TOKEN},
                 {NULL, "", EDGE_GUARD_TOKEN},
                 {"Bearer wrong", guard.cookie, EDGE_GUARD_PASS}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct edge_guard_request request = {.host = "localhost:8080",
                                                   .authorization = cases[i].authorization,
                                                   .cookie = cases[i].cookie};
        assert_int_equal(edge_guard_check(&guard, &request), cases[i].verdict);
    }
    assert_string_equal(guard.cookie, TOKEN_SHA256);
    assert_true(edge_guard_token(&guard, TOKEN));
    assert_false(edge_guard_token(&guard, "a token of 20 bytes"));
    assert_false(edge_guard_token(&guard, NULL));
}

// A token opens nothing to the page of another.
static void token__from_another_site__is_refused(void **state)
{
    (void)state;
    const struct edge_guard guard = guard_with(TOKEN);
    const struct edge_guard_request request = {
        .host = "localhost:8080", .site = "cross-site", .authorization = "Bearer " TOKEN};
    assert_int_equal(edge_guard_check(&guard, &request), EDGE_GUARD_SITE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host__that_is_ours__passes),
        cmocka_unit_test(host__of_another_name__is_refused),
        cmocka_unit_test(origin__of_another__is_refused),
        cmocka_unit_test(site__that_is_another__is_refused),
        cmocka_unit_test(token__as_bearer_or_cookie__passes),
        cmocka_unit_test(token__from_another_site__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
