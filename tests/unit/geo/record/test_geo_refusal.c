// SPDX-License-Identifier: Apache-2.0
// What geo/record/refusal.h promises. UTF-8 cases from RFC 3629 and Markus Kuhn's stress test.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "geo/record/refusal.h"

static void copy__text_of_any_bytes__comes_out_clean(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""},
        {"tower", "tower"},
        {"M\xc3\xa2t", "M\xc3\xa2t"},
        {"a\nb\tc\x7f", "a?b?c?"},
        {"\xc0\xaf", "??"},                       // overlong
        {"\xe0\x80\xaf", "???"},                  // overlong
        {"\xed\xa0\x80", "???"},                  // surrogate
        {"\xf4\x90\x80\x80", "????"},             // beyond U+10FFFF
        {"\xf0\x9f\x9a\x81", "\xf0\x9f\x9a\x81"}, // helicopter
        {"\xc2\x85", "??"},                       // C1 control
        {"x\xe2\x82", "x??"},                     // cut short
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[16];
        memset(out, 'z', sizeof out);
        geo_text_copy(out, sizeof out, cases[i].in, strlen(cases[i].in));
        assert_string_equal(out, cases[i].out);
        assert_true(geo_text_clean(out, sizeof out));
        assert_int_equal(out[15], 0); // and nothing of what was there
    }
}

static void copy__too_long__is_cut_between_characters(void **state)
{
    (void)state;
    char out[5];
    geo_text_copy(out, sizeof out, "abc\xc3\xa2", 5);
    assert_string_equal(out, "abc");
    geo_text_copy(out, sizeof out, "abcdefg", 7);
    assert_string_equal(out, "abcd");
    geo_text_copy(out, 1, "a", 1);
    assert_string_equal(out, "");
    geo_text_copy(out, sizeof out, NULL, 0);
    assert_string_equal(out, "");
    geo_text_copy(out, sizeof out, "ab\0cd", 5);
    assert_string_equal(out, "ab");
}

static void clean__no_end_or_dirty__is_false(void **state)
{
    (void)state;
    assert_false(geo_text_clean("abcd", 4));
    assert_true(geo_text_clean("abcd", 5));
    assert_false(geo_text_clean("a\x1b", 3));
    assert_true(geo_text_clean("a\0\x1b", 4)); // what follows the end is nobody's text
}

static void refuse__any_code__fills_the_note_and_gives_its_status(void **state)
{
    (void)state;
    struct geo_note why;
    assert_int_equal(geo_refuse(&why, GEO_REFUSAL_RANGE, 7, "latitude %d\n", 91),
                     DRF_ERR_RANGE);
    assert_int_equal(why.code, GEO_REFUSAL_RANGE);
    assert_int_equal(why.count, 1);
    assert_int_equal(why.position, 7);
    assert_string_equal(why.text, "latitude 91?");
    assert_int_equal(geo_refuse(&why, GEO_REFUSAL_MEMORY, 0, "%0500d", 1), DRF_ERR_NOMEM);
    assert_int_equal(strlen(why.text), sizeof why.text - 1);
    assert_int_equal(geo_refuse(&why, GEO_REFUSAL_CRS, 0, "x"), DRF_ERR_SYNTAX);
    for (unsigned code = 0; code < GEO_REFUSAL_COUNT; code++)
        assert_string_not_equal(geo_refusal_name((enum geo_refusal_code)code), "UNKNOWN");
    assert_string_equal(geo_refusal_name(GEO_REFUSAL_COUNT), "UNKNOWN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy__text_of_any_bytes__comes_out_clean),
        cmocka_unit_test(copy__too_long__is_cut_between_characters),
        cmocka_unit_test(clean__no_end_or_dirty__is_false),
        cmocka_unit_test(refuse__any_code__fills_the_note_and_gives_its_status),
    };
    return cmocka_run_group_tests_name("geo/refusal", tests, NULL, NULL);
}
