// SPDX-License-Identifier: Apache-2.0
// Expected values: the records' own columns read by eye, FAA's description of the codes, and
// counts made with awk over the real files.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "geo/bounds.h"
#include "geo/format/obstacle/dof.h"
#include "tests/support/decoded.h"
#include "tests/support/near.h"
#include "tests/support/real_data.h"

#define TOWER                                                                                  \
    "36-020752 O US NY NEW YORK         40 31 25.30N 074 12 52.90W TOWER              1 "      \
    "00058 "                                                                                   \
    "00088 N 5 D N 2010AEA01654OE A 2010134 "

static void open_text(struct decoded *d, const char *text)
{
    decoded_open(d, geo_dof_decode, &everywhere, text, strlen(text));
}

// The tower's record with other text from a column (1-based) on.
static void with(char out[160], int column, const char *text)
{
    memcpy(out, TOWER "\r\n", sizeof TOWER + 2);
    memcpy(out + column - 1, text, strlen(text));
}

static void decode__a_full_record__gives_every_column(void **state)
{
    (void)state;
    struct decoded d;
    open_text(&d, TOWER);
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.notes, 0);
    assert_string_equal(d.first.id, "36-020752");
    assert_string_equal(d.first.kind, "TOWER");
    assert_near(d.first.position.lat_deg, 40.523694, 5e-7); // 40 31 25.30
    assert_near(d.first.position.lon_deg, -74.214694, 5e-7);
    assert_near(d.first.agl_m, 17.6784, 1e-9);
    assert_near(d.first.amsl_m, 26.8224, 1e-9);
    assert_near(d.first.horizontal_acc95_m, 152.4, 1e-9); // 5: 500 ft
    assert_near(d.first.vertical_acc95_m, 15.24, 1e-9);   // D: 50 ft
    assert_int_equal(d.first.flags, GEO_OBSTACLE_HAS_AGL | GEO_OBSTACLE_HAS_AMSL
                                        | GEO_OBSTACLE_VERIFIED | GEO_OBSTACLE_HAS_DATA_TIME);
    assert_int_equal(d.first.geometry, GEO_GEOMETRY_POINT);
    assert_int_equal(d.first.quantity, 1);
    assert_int_equal(d.first.lighting, 'N');
    assert_int_equal(d.first.marking, 'N');
    // 2010134 is 14 May 2010 (date -u -d '2010-01-01 +133 days' +%s)
    assert_int_equal(d.first.data_time_utc_us, INT64_C(1273795200000000));
    decoded_close(&d);
}

static void decode__line_ends_and_headers__make_no_difference(void **state)
{
    (void)state;
    static const char *const texts[] = {
        TOWER "\n" TOWER "\n",
        TOWER "\r\n" TOWER,
        "  CURRENCY DATE = 02/18/24\r\n"
        "                                     LATITUDE    LONGITUDE     OBSTACLE\r\n"
        "OAS#      V CO ST CITY            DEG MIN SEC   DEG MIN SEC   TYPE\r\n"
        "------------------------------------\r\n" TOWER "\r\n\r\n" TOWER "\r\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct decoded d;
        open_text(&d, texts[i]);
        assert_int_equal(d.status, DRF_OK);
        assert_int_equal(d.count, 2);
        assert_int_equal(d.notes, 0);
        decoded_close(&d);
    }
}

static void decode__accuracy_codes__are_the_faa_tolerances_in_metres(void **state)
{
    (void)state;
    static const struct {
        const char *codes;
        double horizontal_m, vertical_m;
        uint32_t assumed;
    } cases[] = {
        {"1 A", 6.096, 0.9144, 0},
        {"2 B", 15.24, 3.048, 0},
        {"3 C", 30.48, 6.096, 0},
        {"4 D", 76.2, 15.24, 0},
        {"5 E", 152.4, 38.1, 0},
        {"6 F", 304.8, 76.2, 0},
        {"7 G", 926.0, 152.4, 0},
        {"8 H", 1852.0, 304.8, 0},
        {"9 I", 75, 15, GEO_OBSTACLE_HORIZONTAL_ASSUMED | GEO_OBSTACLE_VERTICAL_ASSUMED},
        {"   ", 75, 15, GEO_OBSTACLE_HORIZONTAL_ASSUMED | GEO_OBSTACLE_VERTICAL_ASSUMED},
        {"1 I", 6.096, 15, GEO_OBSTACLE_VERTICAL_ASSUMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[160];
        struct decoded d;
        with(text, 98, cases[i].codes);
        open_text(&d, text);
        assert_int_equal(d.status, DRF_OK);
        assert_near(d.first.horizontal_acc95_m, cases[i].horizontal_m, 1e-9);
        assert_near(d.first.vertical_acc95_m, cases[i].vertical_m, 1e-9);
        assert_int_equal(
            d.first.flags
                & (uint32_t)(GEO_OBSTACLE_HORIZONTAL_ASSUMED | GEO_OBSTACLE_VERTICAL_ASSUMED),
            cases[i].assumed);
        decoded_close(&d);
    }
}

static void decode__unusual_but_right_records__are_kept_as_what_they_are(void **state)
{
    (void)state;
    char text[160];
    struct decoded d;

    with(text, 84, "00300 -0012");
    open_text(&d, text);
    assert_near(d.first.amsl_m, -3.6576, 1e-9);
    decoded_close(&d);

    with(text, 90, "     ");
    open_text(&d, text);
    assert_int_equal(d.first.flags & GEO_OBSTACLE_HAS_AMSL, 0);
    assert_int_equal(d.first.flags & GEO_OBSTACLE_HAS_AGL, GEO_OBSTACLE_HAS_AGL);
    decoded_close(&d);

    with(text, 63, "BALLOON            7 14015 18700");
    open_text(&d, text);
    assert_int_equal(d.first.flags & GEO_OBSTACLE_BALLOON, GEO_OBSTACLE_BALLOON);
    assert_int_equal(d.first.quantity, 7);
    assert_near(d.first.agl_m, 4271.772, 1e-6);
    decoded_close(&d);

    with(text, 11, "U");
    open_text(&d, text);
    assert_int_equal(d.first.flags & GEO_OBSTACLE_UNVERIFIED, GEO_OBSTACLE_UNVERIFIED);
    decoded_close(&d);

    with(text, 119, "D");
    open_text(&d, text);
    assert_int_equal(d.first.flags & GEO_OBSTACLE_WITHDRAWN, GEO_OBSTACLE_WITHDRAWN);
    decoded_close(&d);

    with(text, 121, "2010999");
    open_text(&d, text);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.first.flags & GEO_OBSTACLE_HAS_DATA_TIME, 0);
    decoded_close(&d);

    with(text, 36, "90 00 00.00S 180 00 00.00E");
    open_text(&d, text);
    assert_near(d.first.position.lat_deg, -90, 0);
    assert_near(d.first.position.lon_deg, 180, 0);
    decoded_close(&d);
}

static void decode__a_bad_line__is_refused_with_its_number_and_the_rest_stands(void **state)
{
    (void)state;
    static const struct {
        int column;
        const char *text;
        enum geo_refusal_code code;
        bool placed; // its number and place can be read all the same
    } cases[] = {
        {36, "90 00 00.01N", GEO_REFUSAL_RANGE, false},
        {36, "40 60 25.30N", GEO_REFUSAL_RANGE, false},
        {36, "40 31 60.00N", GEO_REFUSAL_RANGE, false},
        {36, "nan31 25.30N", GEO_REFUSAL_FORMAT, false},
        {36, "40 31 25.30E", GEO_REFUSAL_FORMAT, false},
        {36, "-0 31 25.30N", GEO_REFUSAL_FORMAT, false},
        {49, "180 00 00.01W", GEO_REFUSAL_RANGE, false},
        {49, "074 12 52.90 ", GEO_REFUSAL_FORMAT, false},
        {84, "           ", GEO_REFUSAL_NO_VALUES, true},
        {84, "-0058", GEO_REFUSAL_RANGE, true},
        {84, "0x058", GEO_REFUSAL_FORMAT, true},
        {90, "-9999", GEO_REFUSAL_RANGE, true},
        {90, "99999", GEO_REFUSAL_RANGE, true},
        {98, "0", GEO_REFUSAL_FORMAT, true},
        {100, "J", GEO_REFUSAL_FORMAT, true},
        {1, "         ", GEO_REFUSAL_FORMAT, false},
        {1, "36 020752", GEO_REFUSAL_FORMAT, false},
        {11, "X", GEO_REFUSAL_FORMAT, true},
        {82, "x", GEO_REFUSAL_FORMAT, true},
        {119, "Z", GEO_REFUSAL_FORMAT, true},
        {83, "0", GEO_REFUSAL_FORMAT, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char bad[160], text[512];
        struct decoded d;
        with(bad, cases[i].column, cases[i].text);
        (void)snprintf(text, sizeof text, "%s%s\n", bad, TOWER);
        open_text(&d, text);
        assert_int_equal(d.status, DRF_OK);
        assert_int_equal(d.count, 1);
        assert_int_equal(d.notes, 1);
        assert_int_equal(d.last_note.code, cases[i].code);
        assert_int_equal(d.last_note.position, 1);
        assert_non_null(strstr(d.last_note.text, "line 1"));
        decoded_close(&d);

        open_text(&d, bad);
        assert_int_equal(d.status == DRF_OK, cases[i].placed);
        assert_int_equal(d.status == DRF_OK ? d.last_note.code : d.why.code, cases[i].code);
        assert_int_equal(d.count, 0);
        assert_int_equal(d.unreadable_count, cases[i].placed);
        if (cases[i].placed) {
            assert_string_equal(d.unreadables[0].id, "36-020752");
            assert_int_equal(d.unreadables[0].code, cases[i].code);
            assert_true(geo_bounds_hold(d.unreadables[0].box,
                                        (struct geo_point){40.523694, -74.214694}));
        }
        decoded_close(&d);
    }
}

static void decode__what_is_not_records__is_refused_as_a_whole(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum geo_refusal_code code;
    } cases[] = {
        {"", GEO_REFUSAL_EMPTY},
        {"\r\n\r\n", GEO_REFUSAL_EMPTY},
        {"  CURRENCY DATE = 02/18/24\r\n", GEO_REFUSAL_EMPTY},
        {"{\"type\":\"FeatureCollection\"}", GEO_REFUSAL_FORMAT},
        {"36-020752 O US NY NEW YORK         40 31 25.30N", GEO_REFUSAL_FORMAT},
        {"ACTION    OAS#      S CT ST CITY\r\n", GEO_REFUSAL_EMPTY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decoded d;
        open_text(&d, cases[i].text);
        assert_int_not_equal(d.status, DRF_OK);
        assert_int_equal(d.why.code, cases[i].code);
        decoded_close(&d);
    }
}

static void decode__a_line_of_another_length__is_unreadable_where_it_says_it_is(void **state)
{
    (void)state;
    static const char *const texts[] = {TOWER "x", "ADD       " TOWER, // 138 columns
                                        ("36-020752 O US NY NEW YORK         40 31 25.30N "
                                         "074 12 52.90W TOWER")};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct decoded d;
        open_text(&d, texts[i]);
        assert_int_equal(d.count, 0);
        assert_int_equal(d.last_note.code, GEO_REFUSAL_FORMAT);
        assert_int_equal(d.unreadable_count, 1);
        assert_string_equal(d.unreadables[0].id, "36-020752");
        decoded_close(&d);
    }
}

static void decode__two_records_of_one_number__are_two_obstacles(void **state)
{
    (void)state;
    char taller[160], text[512];
    struct decoded d;
    with(taller, 84, "00900");
    (void)snprintf(text, sizeof text, "%s\n%s", TOWER, taller);
    open_text(&d, text);
    assert_int_equal(d.count, 2);
    assert_string_equal(d.obstacles[0].id, "36-020752");
    assert_string_equal(d.obstacles[1].id, "36-020752#2");
    assert_int_equal(d.obstacles[1].flags & GEO_OBSTACLE_NUMBERED, GEO_OBSTACLE_NUMBERED);
    assert_near(d.obstacles[1].agl_m, 274.32, 1e-9);
    decoded_close(&d);
}

static void decode__a_height_of_nothing__is_no_height(void **state)
{
    (void)state;
    char text[160];
    struct decoded d;
    with(text, 84, "00000      ");
    open_text(&d, text);
    assert_int_equal(d.count, 0);
    assert_int_equal(d.last_note.code, GEO_REFUSAL_NO_VALUES);
    assert_int_equal(d.unreadable_count, 1);
    decoded_close(&d);
}

static void decode__many_bad_lines__are_counted_in_few_notes(void **state)
{
    (void)state;
    enum { LINES = 5000 };
    char *text = malloc((size_t)LINES * 4 + sizeof TOWER);
    assert_non_null(text);
    for (size_t i = 0; i < LINES; i++)
        memcpy(text + i * 4, "bad\n", 4);
    memcpy(text + (size_t)LINES * 4, TOWER, sizeof TOWER);
    struct decoded d;
    open_text(&d, text);
    assert_int_equal(d.status, DRF_OK);
    assert_true(d.notes <= 40);
    assert_int_equal(d.last_note.count + d.notes - 1, LINES);
    decoded_close(&d);
    free(text);
}

static void decode__records_outside_the_region__are_counted_and_told_as_such(void **state)
{
    (void)state;
    char far_away[160], text[512];
    with(far_away, 36, "10 31 25.30N");
    memcpy(far_away, "36-020001", 9);
    (void)snprintf(text, sizeof text, "%s%s%s", far_away, TOWER "\n", far_away);
    struct geo_decode_params params = everywhere;
    params.keep = (struct geo_bounds){-75, 40, -74, 41};
    struct decoded d;
    decoded_open(&d, geo_dof_decode, &params, text, strlen(text));
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.last_note.code, GEO_REFUSAL_IGNORED);
    assert_int_equal(d.last_note.count, 2);
    assert_int_equal(d.outside, 1); // told once, because an older version may have stood inside
    decoded_close(&d);

    decoded_open(&d, geo_dof_decode, &params, far_away, strlen(far_away));
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 0);
    assert_int_equal(d.outside, 1);
    decoded_close(&d);
}

static void decode__unknown_accuracy_without_a_default__is_refused(void **state)
{
    (void)state;
    struct geo_decode_params params = everywhere;
    params.default_horizontal_acc95_m = 0;
    char text[160];
    with(text, 98, "9 I");
    struct decoded d;
    decoded_open(&d, geo_dof_decode, &params, text, strlen(text));
    assert_int_equal(d.count, 0);
    assert_int_equal(d.last_note.code, GEO_REFUSAL_RANGE);
    assert_int_equal(d.unreadable_count, 1);
    decoded_close(&d);
}

static void decode__too_small_a_record__says_full(void **state)
{
    (void)state;
    struct geo_decode_params params = everywhere;
    params.record_max_bytes = 500;
    struct decoded d = {.status = DRF_OK};
    geo_record_builder_init(&d.builder, params.record_max_bytes);
    static const char text[] = TOWER "\n" TOWER "\n" TOWER "\n";
    assert_int_equal(
        geo_dof_decode(&params, (const uint8_t *)text, sizeof text - 1, &d.builder, &d.why),
        DRF_ERR_FULL);
    decoded_close(&d);
}

struct census {
    unsigned obstacles, notes, in_cell, unknown_horizontal, in_cell_unknown, balloons, several;
    uint32_t in_cell_passed;
    double tallest_m;
};

static bool take_census(const char *name, struct census *out)
{
    size_t size;
    uint8_t *bytes = real_data(name, &size);
    if (bytes == NULL)
        return false;
    struct decoded d;
    decoded_open(&d, geo_dof_decode, &everywhere, bytes, size);
    assert_int_equal(d.status, DRF_OK);
    *out = (struct census){.obstacles = d.count, .notes = d.notes};
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(d.record, &cursor, &item)) {
        if (item.kind != GEO_ITEM_OBSTACLE)
            continue;
        const struct geo_obstacle *o = item.payload;
        bool inside = o->position.lat_deg >= 43 && o->position.lat_deg <= 44
                      && o->position.lon_deg >= -80 && o->position.lon_deg <= -79;
        bool unknown = (o->flags & GEO_OBSTACLE_HORIZONTAL_ASSUMED) != 0;
        out->in_cell += inside;
        out->unknown_horizontal += unknown;
        out->in_cell_unknown += inside && unknown;
        out->balloons += (o->flags & GEO_OBSTACLE_BALLOON) != 0;
        out->several += o->quantity > 1;
        out->tallest_m = fmax(out->tallest_m, o->agl_m);
    }
    decoded_close(&d);

    struct geo_decode_params cell = everywhere;
    cell.keep = (struct geo_bounds){-80, 43, -79, 44};
    decoded_open(&d, geo_dof_decode, &cell, bytes, size);
    if (out->in_cell > 0) {
        assert_int_equal(d.count, out->in_cell);
        assert_int_equal(d.last_note.code, GEO_REFUSAL_IGNORED);
        assert_int_equal(d.last_note.count + d.count, out->obstacles);
    } else {
        assert_int_equal(d.count, 0);
        assert_int_equal(d.outside, out->obstacles);
    }
    decoded_close(&d);
    free(bytes);
    return true;
}

static void decode__the_real_files__are_read_to_the_last_record(void **state)
{
    (void)state;
    struct census arizona, canada, new_york;
    if (!take_census("obstacles/04-AZ.Dat", &arizona)
        || !take_census("obstacles/Canada.Dat", &canada)
        || !take_census("obstacles/36-NY.Dat", &new_york))
        skip();
    assert_int_equal(arizona.obstacles, 9669);
    assert_int_equal(arizona.notes, 0);
    assert_int_equal(arizona.unknown_horizontal, 46 + 42); // blank and 9
    assert_int_equal(arizona.balloons, 2);
    assert_int_equal(arizona.several, 26);
    assert_near(arizona.tallest_m, 14015 * 0.3048, 1e-6);
    assert_int_equal(canada.obstacles, 14401);
    assert_int_equal(canada.notes, 0);
    assert_int_equal(canada.in_cell, 808);
    assert_int_equal(new_york.obstacles, 13089);
    assert_int_equal(new_york.notes, 0);
    assert_int_equal(new_york.in_cell, 42);
    assert_int_equal(new_york.unknown_horizontal, 179 + 16);
    assert_int_equal(canada.in_cell_unknown + new_york.in_cell_unknown,
                     806 + 3); // code 9, and blank
}

// A line of a change file: the tower at a latitude of 40 + `minutes`, with a letter of action.
static const char *change(char out[160], const char *word, const char *minutes, char action)
{
    (void)snprintf(out, 160, "%-10s%s%c2010134 \n", word, TOWER, 'x');
    memcpy(out + 10 + 38, minutes, 2);
    (void)snprintf(out + 10 + 118, 32, "%c2010134 \n", action);
    return out;
}

static void decode__a_change_file__adds_replaces_and_withdraws(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        char action;
        uint32_t withdrawn;
    } cases[] = {{"ADD", 'A', 0},
                 {"DISMANTLE", 'D', GEO_OBSTACLE_WITHDRAWN},
                 {"REMOVE", 'R', GEO_OBSTACLE_WITHDRAWN}};
    char line[160], old[160], text[512];
    struct decoded d;
    for (size_t i = 0; i < 3; i++) {
        open_text(&d, change(line, cases[i].word, "31", cases[i].action));
        assert_int_equal(d.status, DRF_OK);
        assert_string_equal(d.first.id, "36-020752");
        assert_int_equal(d.first.flags & GEO_OBSTACLE_WITHDRAWN, cases[i].withdrawn);
        assert_int_equal(d.first.data_time_utc_us, INT64_C(1273795200000000));
        decoded_close(&d);
    }
    (void)snprintf(text, sizeof text, "%s%s", change(old, "OLD", "31", 'C'),
                   change(line, "NEW", "32", 'C'));
    open_text(&d, text);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.notes, 0);
    assert_near(d.first.position.lat_deg, 40.540361, 5e-7); // 40 32 25.30
    decoded_close(&d);

    // The change leads out of the region: the old one is withdrawn where it stood.
    struct geo_decode_params params = everywhere;
    params.keep = (struct geo_bounds){-75, 40, -74, 40.53};
    decoded_open(&d, geo_dof_decode, &params, text, strlen(text));
    assert_int_equal(d.count, 1);
    assert_int_equal(d.first.flags & GEO_OBSTACLE_WITHDRAWN, GEO_OBSTACLE_WITHDRAWN);
    decoded_close(&d);
}

static void decode__half_a_change__is_refused(void **state)
{
    (void)state;
    char old[160], line[160], text[640];
    struct decoded d;
    open_text(&d, change(old, "OLD", "31", 'C'));
    assert_int_equal(d.count, 0);
    assert_int_equal(d.last_note.code, GEO_REFUSAL_FORMAT);
    assert_string_equal(d.unreadables[0].id, "36-020752");
    decoded_close(&d);
    open_text(&d, change(line, "NEW", "31", 'C'));
    assert_int_equal(d.count, 0);
    assert_int_equal(d.last_note.code, GEO_REFUSAL_FORMAT);
    assert_string_equal(d.unreadables[0].id, "36-020752");
    decoded_close(&d);
    // Another obstacle's NEW, and a record in between.
    (void)change(old, "OLD", "31", 'C');
    (void)change(line, "NEW", "31", 'C');
    memcpy(line + 10, "36-999999", 9);
    (void)snprintf(text, sizeof text, "%s%s", old, line);
    open_text(&d, text);
    assert_int_equal(d.count, 0);
    assert_int_equal(d.notes, 2);
    assert_string_equal(d.unreadables[0].id, "36-020752");
    assert_string_equal(d.unreadables[1].id, "36-999999");
    decoded_close(&d);
    (void)change(line, "NEW", "31", 'C');
    (void)snprintf(text, sizeof text, "%s%s\n%s", old, TOWER, line);
    open_text(&d, text);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.notes, 2);
    decoded_close(&d);
    // A word that its letter contradicts.
    open_text(&d, change(line, "DISMANTLE", "31", 'C'));
    assert_int_equal(d.count, 0);
    assert_int_equal(d.last_note.code, GEO_REFUSAL_FORMAT);
    assert_string_equal(d.unreadables[0].id, "36-020752");
    decoded_close(&d);
    open_text(&d, change(line, "ADD", "31", 'D'));
    assert_int_equal(d.count, 0);
    assert_int_equal(d.last_note.code, GEO_REFUSAL_FORMAT);
    assert_string_equal(d.unreadables[0].id, "36-020752");
    decoded_close(&d);
}

static void decode__the_real_change_file__is_read_to_the_last_action(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = real_data("obstacles/CHG.DAT", &size);
    if (bytes == NULL)
        skip();
    struct decoded d;
    decoded_open(&d, geo_dof_decode, &everywhere, bytes, size);
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 3947 + 1079 + 98 + 3);
    assert_int_equal(d.notes, 0);
    unsigned withdrawn = 0;
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(d.record, &cursor, &item))
        withdrawn += (((const struct geo_obstacle *)item.payload)->flags
                      & (uint32_t)GEO_OBSTACLE_WITHDRAWN)
                     != 0;
    assert_int_equal(withdrawn, 98 + 3);
    decoded_close(&d);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode__a_full_record__gives_every_column),
        cmocka_unit_test(decode__line_ends_and_headers__make_no_difference),
        cmocka_unit_test(decode__accuracy_codes__are_the_faa_tolerances_in_metres),
        cmocka_unit_test(decode__unusual_but_right_records__are_kept_as_what_they_are),
        cmocka_unit_test(decode__a_bad_line__is_refused_with_its_number_and_the_rest_stands),
        cmocka_unit_test(decode__what_is_not_records__is_refused_as_a_whole),
        cmocka_unit_test(decode__a_line_of_another_length__is_unreadable_where_it_says_it_is),
        cmocka_unit_test(decode__two_records_of_one_number__are_two_obstacles),
        cmocka_unit_test(decode__a_height_of_nothing__is_no_height),
        cmocka_unit_test(decode__many_bad_lines__are_counted_in_few_notes),
        cmocka_unit_test(decode__records_outside_the_region__are_counted_and_told_as_such),
        cmocka_unit_test(decode__unknown_accuracy_without_a_default__is_refused),
        cmocka_unit_test(decode__too_small_a_record__says_full),
        cmocka_unit_test(decode__the_real_files__are_read_to_the_last_record),
        cmocka_unit_test(decode__a_change_file__adds_replaces_and_withdraws),
        cmocka_unit_test(decode__half_a_change__is_refused),
        cmocka_unit_test(decode__the_real_change_file__is_read_to_the_last_action),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
