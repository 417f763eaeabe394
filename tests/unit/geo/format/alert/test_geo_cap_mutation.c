// SPDX-License-Identifier: Apache-2.0
// The mutation test: each part of an alert in turn is replaced by what it cannot be, dropped or
// doubled. No mutant may concern a smaller area, a shorter time or a lower severity; or it is
// refused with a reason, or unreadable. A corner dropped in the middle of a ring, or one of
// several areas, leaves what nothing tells from a whole one, and is not tried.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "geo/bounds.h"
#include "tests/support/cap_alert.h"

struct mutation {
    const char *name; // what was done, for the message
    const struct decoded *whole;
    const char *text; // the whole document
    unsigned tried;
};

static void judge(struct mutation *mutation, const char *mutant)
{
    struct decoded d = text_of(mutant);
    const struct geo_zone_view *whole = &mutation->whole->zones[mutation->whole->count - 1];
    const struct geo_zone_view *view = d.count > 0 ? &d.zones[d.count - 1] : NULL;
    mutation->tried++;
    if (d.status != DRF_OK) {
        if (d.why.code == GEO_REFUSAL_IGNORED || d.why.code == GEO_REFUSAL_NONE)
            fail_msg("%s passed over: %s", mutation->name, mutant);
    } else if (d.unreadables == 0) {
        assert_non_null(view);
        assert_string_equal(view->zone->id, whole->zone->id);
        if (severity(view) > severity(whole)
            || view->periods[0].from_utc_us > whole->periods[0].from_utc_us
            || view->periods[0].until_utc_us < whole->periods[0].until_utc_us)
            fail_msg("%s is milder or shorter: %s", mutation->name, mutant);
        struct geo_bounds box = geo_zone_bounds(whole);
        bool over = box.west_deg > box.east_deg;
        double width = box.east_deg - box.west_deg + (over ? 360 : 0);
        for (int i = 0; i < 900; i++) {
            double lat = box.south_deg + (box.north_deg - box.south_deg) * (0.5 + i / 30) / 30;
            double lon = box.west_deg + width * (0.5 + i % 30) / 30;
            lon -= lon > 180 ? 360 : 0;
            if (concerns(whole, lat, lon) && !concerns(view, lat, lon))
                fail_msg("%s is smaller: %s", mutation->name, mutant);
        }
    }
    done(&d);
}

// Replaces text[from, to) by `by`.
static void replace(struct mutation *mutation, const char *from, const char *to, const char *by)
{
    size_t head = (size_t)(from - mutation->text), size = strlen(mutation->text) + strlen(by);
    char *mutant = malloc(size + 1);
    assert_non_null(mutant);
    (void)snprintf(mutant, size + 1, "%.*s%s%s", (int)head, mutation->text, by, to);
    judge(mutation, mutant);
    free(mutant);
}

static void mutate_corners(struct mutation *mutation, const char *text, const char *end)
{
    static const char *const junk[] = {"x,y", "999,999", "50", ",8", "50,", "50,8,9", "--"};
    for (const char *at = text; at < end;) {
        size_t size = strcspn(at, " <");
        const char *next = at + size + (at[size] == ' ');
        for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++)
            replace(mutation, at, at + size, junk[i]);
        if (at == text || next >= end)
            replace(mutation, at, next, "");
        char twice[100];
        (void)snprintf(twice, sizeof twice, "%.*s %.*s", (int)size, at, (int)size, at);
        replace(mutation, at, at + size, twice);
        at = next;
    }
}

static void mutate_element(struct mutation *mutation, const char *name)
{
    static const char *const junk[] = {"",
                                       "?",
                                       "\xc3\xbc",
                                       "0",
                                       "none of these words",
                                       "2026-11-28",
                                       "Minor.",
                                       "9999999999999999999999"};
    char begin[40], end[40], other[400];
    (void)snprintf(begin, sizeof begin, "<%s>", name);
    (void)snprintf(end, sizeof end, "</%s>", name);
    mutation->name = name;
    for (const char *at = strstr(mutation->text, begin); at != NULL;
         at = strstr(at + 1, begin)) {
        const char *text = at + strlen(begin), *close = strstr(text, end);
        const char *after = close + strlen(end);
        for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
            replace(mutation, text, close, junk[i]);
            (void)snprintf(other, sizeof other, "%s%s%s", begin, junk[i], end);
            replace(mutation, at, at, other);
            replace(mutation, after, after, other);
        }
        if (strcmp(name, "area") != 0) // nothing says that there was one
            replace(mutation, at, after, "");
        char *twice = malloc((size_t)(after - at) + 1);
        assert_non_null(twice);
        (void)snprintf(twice, (size_t)(after - at) + 1, "%s", at);
        replace(mutation, at, at, twice);
        free(twice);
        if (strcmp(name, "polygon") == 0)
            mutate_corners(mutation, text, close);
    }
}

static unsigned mutate(const char *text)
{
    static const char *const names[] = {
        "polygon", "circle",    "geocode",      "valueName", "value",   "severity",
        "urgency", "certainty", "responseType", "effective", "expires", "sent",
        "status",  "msgType",   "scope",        "language",  "area"};
    struct decoded whole = text_of(text);
    struct mutation mutation = {.whole = &whole, .text = text};
    assert_int_equal(whole.status, DRF_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        mutate_element(&mutation, names[i]);
    done(&whole);
    return mutation.tried;
}

static void cap__any_part_replaced_dropped_or_doubled__is_never_safer(void **state)
{
    (void)state;
    unsigned tried = mutate(
        HEAD("Alert") INFO(
            "<language>de-DE</language>"
            "<event>a</event><urgency>Future</urgency><severity>Minor</severity>"
            "<certainty>Unlikely</certainty><responseType>Monitor</responseType>",
            AREA("<polygon>50,8 51,8.1 50.6,8.5 51,9 50,9 50,8</polygon>") AREA(OTHER))
            INFO("<event>b</event><urgency>Past</urgency><severity>Moderate</severity>"
                 "<certainty>Possible</certainty><responseType>Avoid</responseType>"
                 "<responseType>Shelter</responseType>",
                 AREA("<polygon>50,10 51,10 51,11 50,11 50,10</polygon><geocode><valueName>SAME"
                      "</valueName><value>048453</value></geocode>")) "</alert>");
    assert_true(tried > 500);
    static const char *const files[] = {
        "c_lang_default.xml", "c_lang_two.xml",     "c_same_id_1.xml",
        "c_geocode65.xml",    "c_circle_norad.xml", "c_allclear.xml",
        "c_bowtie.xml",       "c_am.xml",           "c_refs65.xml"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        size_t size;
        char *text = case_text(files[i], &size);
        text[size] = '\0';
        tried += mutate(text);
        free(text);
    }
    print_message("%u mutants\n", tried);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cap__any_part_replaced_dropped_or_doubled__is_never_safer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
