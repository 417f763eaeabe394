// SPDX-License-Identifier: Apache-2.0
// Expected digests are those of FIPS 180-4's examples, and of the whole against its pieces.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "edge/host/sha256.h"

static void assert_hex(const uint8_t digest[static 32], const char *expected)
{
    char hex[65];
    edge_sha256_hex(digest, hex);
    assert_string_equal(hex, expected);
}

static void add__a_million_times_one_letter__is_the_standard_s_example(void **state)
{
    (void)state;
    struct edge_sha256_sum *sum;
    uint8_t digest[32];
    assert_int_equal(edge_sha256_open(&sum), DRF_OK);
    for (int i = 0; i < 1000000; i++)
        edge_sha256_add(sum, "a", 1);
    edge_sha256_take(sum, digest);
    assert_hex(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    edge_sha256_add(sum, "abc", 3);
    edge_sha256_take(sum, digest);
    assert_hex(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    edge_sha256_take(sum, digest);
    assert_hex(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    edge_sha256_close(sum);
}

static void add__pieces_of_any_size__is_the_digest_of_the_whole(void **state)
{
    (void)state;
    static uint8_t bytes[40000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 2654435761U >> 13);
    static const size_t sizes[] = {0, 1, 63, 64, 2047, 2048, 4097, 9000, 16383, 16384, 16385};
    enum { SIZES = sizeof sizes / sizeof sizes[0] };
    struct edge_sha256_sum *sum;
    assert_int_equal(edge_sha256_open(&sum), DRF_OK);
    for (size_t first = 0; first < SIZES; first++)
        for (size_t second = 0; second < SIZES; second++) {
            uint8_t whole[32], pieces[32];
            const size_t third = 777;
            edge_sha256(bytes, sizes[first] + sizes[second] + third, whole);
            edge_sha256_add(sum, bytes, sizes[first]);
            edge_sha256_add(sum, bytes + sizes[first], sizes[second]);
            edge_sha256_add(sum, bytes + sizes[first] + sizes[second], third);
            edge_sha256_take(sum, pieces);
            assert_memory_equal(pieces, whole, sizeof whole);
        }
    edge_sha256_add(sum, NULL, 0);
    edge_sha256_close(sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add__a_million_times_one_letter__is_the_standard_s_example),
        cmocka_unit_test(add__pieces_of_any_size__is_the_digest_of_the_whole),
    };
    return cmocka_run_group_tests_name("edge/sha256", tests, NULL, NULL);
}
