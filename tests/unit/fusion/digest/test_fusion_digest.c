// SPDX-License-Identifier: Apache-2.0
// Expected: sha256sum of GNU coreutils over the bytes that the header promises.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fusion/digest/digest.h"

static void assert_digest(struct fusion_digest *digest, const char *hex)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t sha256[FUSION_DIGEST_SIZE];
    char text[2 * FUSION_DIGEST_SIZE + 1] = "";
    fusion_digest_end(digest, sha256);
    assert_int_equal(fusion_digest_status(digest), DRF_OK);
    for (size_t i = 0; i < sizeof sha256; i++) {
        text[2 * i] = digits[sha256[i] >> 4];
        text[2 * i + 1] = digits[sha256[i] & 15];
    }
    assert_string_equal(text, hex);
}

static void digest__each_kind_of_field__is_the_bytes_of_the_header(void **state)
{
    (void)state;
    struct fusion_digest digest;
    assert_int_equal(fusion_digest_open(&digest), DRF_OK);
    fusion_digest_begin(&digest);
    assert_digest(&digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    fusion_digest_begin(&digest);
    fusion_digest_text(&digest, "abc");
    assert_digest(&digest, "dc1114cd074914bd872cc1f9a23ec910ea2203bc79779ab2e17da25782a624fc");
    fusion_digest_begin(&digest);
    fusion_digest_int(&digest, -2);
    assert_digest(&digest, "81b37f7f8b78762feb067131152a700548754f937a0668c1f327d2ee1a2d2801");
    fusion_digest_begin(&digest);
    fusion_digest_real(&digest, 1.5);
    assert_digest(&digest, "e163f8cb0f7067a7fc78ca859a77f849aea3214f38fb75b884e4a16be725c905");
    fusion_digest_close(&digest);
}

static void digest__minus_zero__is_zero(void **state)
{
    (void)state;
    struct fusion_digest digest;
    // Eight bytes of zero.
    const char *const zero = "af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc";
    assert_int_equal(fusion_digest_open(&digest), DRF_OK);
    fusion_digest_begin(&digest);
    fusion_digest_real(&digest, 0.0);
    assert_digest(&digest, zero);
    fusion_digest_begin(&digest);
    fusion_digest_real(&digest, -0.0);
    assert_digest(&digest, zero);
    fusion_digest_close(&digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest__each_kind_of_field__is_the_bytes_of_the_header),
        cmocka_unit_test(digest__minus_zero__is_zero),
    };
    return cmocka_run_group_tests_name("fusion/digest", tests, NULL, NULL);
}
