// SPDX-License-Identifier: Apache-2.0
// What is written is read back by jansson.
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "edge/view/json_text.h"

static json_t *read_back(const struct edge_json_text *json)
{
    json_error_t error;
    assert_false(json->failed);
    json_t *value = json_loadb(json->bytes, json->length, JSON_DECODE_ANY, &error);
    if (value == NULL)
        fail_msg("%s in %.*s", error.text, (int)json->length, json->bytes);
    return value;
}

static void assert_written(const struct edge_json_text *json, const char *expected)
{
    assert_int_equal(json->length, strlen(expected));
    assert_memory_equal(json->bytes, expected, json->length);
}

static void values__one_after_the_other__have_commas_between(void **state)
{
    (void)state;
    struct edge_json_text json = {.bytes = NULL};
    edge_json_text_begin(&json, '{');
    edge_json_text_key(&json, "a");
    edge_json_text_begin(&json, '[');
    edge_json_text_end(&json, ']');
    edge_json_text_key(&json, "b");
    edge_json_text_begin(&json, '[');
    edge_json_text_int(&json, 1);
    edge_json_text_null(&json);
    edge_json_text_begin(&json, '{');
    edge_json_text_end(&json, '}');
    edge_json_text_word(&json, ",[{:");
    edge_json_text_bool(&json, false);
    edge_json_text_value(&json, "{\"c\":2}", 7);
    edge_json_text_end(&json, ']');
    edge_json_text_end(&json, '}');
    assert_written(&json, "{\"a\":[],\"b\":[1,null,{},\",[{:\",false,{\"c\":2}]}");
    edge_json_text_close(&json);
}

static void string__of_every_byte__is_read_back(void **state)
{
    (void)state;
    struct edge_json_text json = {.bytes = NULL};
    char ascii[128];
    for (size_t i = 0; i < sizeof ascii; i++)
        ascii[i] = (char)i;
    edge_json_text_string(&json, ascii, sizeof ascii);
    json_t *value = json_loadb(json.bytes, json.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    assert_non_null(value);
    assert_int_equal(json_string_length(value), sizeof ascii);
    assert_memory_equal(json_string_value(value), ascii, sizeof ascii);
    json_decref(value);
    edge_json_text_close(&json);
}

// Of the standard's table 3-7: too long, surrogates, beyond U+10FFFF, cut off.
static void string__that_is_no_utf8__has_replacement_characters(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *shown;
    } cases[] = {
        {"a\xff"
         "b",
         "a\xef\xbf\xbd"
         "b"},
        {"\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe2\x82\xac \xf0\x9f\x9a\x81", "\xe2\x82\xac \xf0\x9f\x9a\x81"},
        {"<img onerror>\n\"\\", "<img onerror>\n\"\\"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct edge_json_text json = {.bytes = NULL};
        edge_json_text_word(&json, cases[i].bytes);
        json_t *value = read_back(&json);
        assert_string_equal(json_string_value(value), cases[i].shown);
        json_decref(value);
        edge_json_text_close(&json);
    }
}

static void string__in_an_event__has_no_line_break(void **state)
{
    (void)state;
    struct edge_json_text json = {.bytes = NULL};
    edge_json_text_word(&json, "one\ntwo\r\nevent: fleet\n\n");
    assert_null(memchr(json.bytes, '\n', json.length));
    assert_null(memchr(json.bytes, '\r', json.length));
    edge_json_text_close(&json);
}

static void number__of_any_size__is_read_back(void **state)
{
    (void)state;
    static const int64_t numbers[] = {0, 7, -7, 10, -122012345, INT64_MAX, INT64_MIN + 1};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct edge_json_text json = {.bytes = NULL};
        edge_json_text_int(&json, numbers[i]);
        json_t *value = read_back(&json);
        assert_true(json_integer_value(value) == numbers[i]);
        json_decref(value);
        edge_json_text_close(&json);
    }
    struct edge_json_text json = {.bytes = NULL};
    edge_json_text_int(&json, INT64_MIN);
    assert_written(&json, "-9223372036854775808");
    edge_json_text_close(&json);
}

static void number__with_decimals__has_no_zeros_behind(void **state)
{
    (void)state;
    static const struct {
        double value;
        int decimals;
        const char *text;
    } cases[] = {{47.0, 7, "47"},       {47.0123, 7, "47.0123"}, {-0.00000001, 7, "0"},
                 {-0.5, 1, "-0.5"},     {100.0, 0, "100"},       {0.25, 6, "0.25"},
                 {-1000.0, 6, "-1000"}, {2000.0, 3, "2000"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct edge_json_text json = {.bytes = NULL};
        edge_json_text_real(&json, cases[i].value, cases[i].decimals);
        assert_written(&json, cases[i].text);
        edge_json_text_close(&json);
    }
}

static void number__that_is_none__is_null(void **state)
{
    (void)state;
    const double none[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, DBL_MAX};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        struct edge_json_text json = {.bytes = NULL};
        edge_json_text_real(&json, none[i], 3);
        assert_written(&json, "null");
        edge_json_text_close(&json);
    }
}

static void text__longer_than_its_first_room__grows(void **state)
{
    (void)state;
    struct edge_json_text json = {.bytes = NULL};
    edge_json_text_begin(&json, '[');
    for (int i = 0; i < 100000; i++)
        edge_json_text_int(&json, i);
    edge_json_text_end(&json, ']');
    json_t *value = read_back(&json);
    assert_int_equal(json_array_size(value), 100000);
    json_decref(value);
    edge_json_text_close(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values__one_after_the_other__have_commas_between),
        cmocka_unit_test(string__of_every_byte__is_read_back),
        cmocka_unit_test(string__that_is_no_utf8__has_replacement_characters),
        cmocka_unit_test(string__in_an_event__has_no_line_break),
        cmocka_unit_test(number__of_any_size__is_read_back),
        cmocka_unit_test(number__with_decimals__has_no_zeros_behind),
        cmocka_unit_test(number__that_is_none__is_null),
        cmocka_unit_test(text__longer_than_its_first_room__grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
