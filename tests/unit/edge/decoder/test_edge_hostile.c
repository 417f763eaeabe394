// SPDX-License-Identifier: Apache-2.0
// The real decoders in the real sandbox: attacks on GDAL and torn files end as one refused
// message each, and the next good message is read.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>
#include <time.h>

#include "edge/decoder/child.h"
#include "edge/decoder/child_main.h"

#define TOWER                                                                                  \
    "36-000001 O US NY SOMEWHERE        43 30 00.00N 079 30 00.00W TOWER              1 00300" \
    " 00900 R 1 A M 1999AEA01234OE A 2015074 "

static const struct geo_decode_params params = {.layer = GEO_RASTER_GROUND,
                                                .level = 12,
                                                .keep = {-80.1, 42.9, -78.9, 44.1},
                                                .vertical_acc95_m = 10,
                                                .default_horizontal_acc95_m = 75,
                                                .default_vertical_acc95_m = 15,
                                                .size_max_bytes = 16 << 20,
                                                .record_max_bytes = 64 << 20,
                                                .pixels_max = 200000000};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int open_children(void **state)
{
    struct edge_children *children;
    struct edge_children_config config = {.word = "decode-child",
                                          .memory_bytes = (uint64_t)2 << 30,
                                          .record_max_bytes = 64 << 20,
                                          .timeout_us = 30000000};
    if (edge_children_open(&config, &children) != DRF_OK)
        return -1;
    *state = children;
    return 0;
}

static int close_children(void **state)
{
    edge_children_close(*state);
    return 0;
}

static struct edge_decoded decode(struct edge_children *children, enum geo_format format,
                                  const char *name, const void *bytes, size_t size)
{
    struct geo_decode_params asked = params;
    asked.format = format;
    snprintf(asked.name, sizeof asked.name, "%s", name);
    struct edge_decoded decoded = {0};
    bool started = false;
    for (int64_t end_us = now_us() + 60000000; now_us() < end_us;) {
        if (!started)
            started = edge_children_start(children, 0, &asked, bytes, size, now_us()) == DRF_OK;
        if (started && edge_children_take(children, 0, &decoded))
            return decoded;
        struct pollfd fd = {.fd = edge_children_fd(children), .events = POLLIN};
        poll(&fd, 1, 100);
        (void)edge_children_step(children, now_us());
    }
    fail_msg("the decoder gave no answer");
    return decoded;
}

static void still_alive(struct edge_children *children)
{
    struct edge_decoded decoded =
        decode(children, GEO_FORMAT_DOF, "36-000001", TOWER, sizeof TOWER - 1);
    if (decoded.status != DRF_OK)
        print_error("%s\n", decoded.why.text);
    assert_int_equal(decoded.status, DRF_OK);
}

static void refused(struct edge_children *children, enum geo_format format, const char *name,
                    const void *bytes, size_t size)
{
    struct edge_decoded decoded = decode(children, format, name, bytes, size);
    print_message("%s: %s: %s\n", name,
                  geo_refusal_name((enum geo_refusal_code)decoded.why.code), decoded.why.text);
    assert_int_not_equal(decoded.status, DRF_OK);
    assert_int_not_equal(decoded.why.code, GEO_REFUSAL_NONE);
    still_alive(children);
}

static void vrt__named_tif__reads_no_file_and_calls_nobody(void **state)
{
    static const char local[] =
        "<VRTDataset rasterXSize=\"10\" rasterYSize=\"10\"><SRS>EPSG:4326</SRS>"
        "<GeoTransform>-80,0.1,0,44,0,-0.1</GeoTransform><VRTRasterBand dataType=\"Byte\" "
        "band=\"1\"><SimpleSource><SourceFilename>/etc/passwd</SourceFilename></SimpleSource>"
        "</VRTRasterBand></VRTDataset>";
    static const char remote[] =
        "<VRTDataset rasterXSize=\"10\" rasterYSize=\"10\"><VRTRasterBand dataType=\"Byte\" "
        "band=\"1\"><SimpleSource><SourceFilename>/vsicurl/http://127.0.0.1:1/x.tif"
        "</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>";
    refused(*state, GEO_FORMAT_GEOTIFF, "local.tif", local, sizeof local - 1);
    refused(*state, GEO_FORMAT_TERRAIN, "remote.tif", remote, sizeof remote - 1);
}

// A classic little-endian TIFF of one strip whose directory declares what it does not hold.
static size_t make_tiff(uint8_t *out, uint32_t width, uint32_t height)
{
    static const uint8_t head[] = {'I', 'I', 42, 0, 8, 0, 0, 0};
    const struct {
        uint16_t tag, type;
        uint32_t count, value;
    } entries[] = {
        {256, 4, 1, width}, {257, 4, 1, height}, {258, 3, 1, 16}, {259, 3, 1, 8},
        {262, 3, 1, 1},     {273, 4, 1, 200},    {277, 3, 1, 1},  {278, 4, 1, height},
        {279, 4, 1, 50},    {339, 3, 1, 2},
    };
    const uint16_t count = sizeof entries / sizeof entries[0];
    memset(out, 0, 300);
    memcpy(out, head, sizeof head);
    memcpy(out + 8, &count, 2);
    for (uint16_t i = 0; i < count; i++) {
        uint8_t *at = out + 10 + 12 * i;
        memcpy(at, &entries[i].tag, 2);
        memcpy(at + 2, &entries[i].type, 2);
        memcpy(at + 4, &entries[i].count, 4);
        memcpy(at + 8, &entries[i].value, 4);
    }
    return 300;
}

static void tiff__that_declares_gigabytes__is_refused(void **state)
{
    uint8_t bytes[300];
    size_t size = make_tiff(bytes, 60000, 60000);
    refused(*state, GEO_FORMAT_GEOTIFF, "huge.tif", bytes, size);
    size = make_tiff(bytes, 4000000000u, 4000000000u);
    refused(*state, GEO_FORMAT_GEOTIFF, "larger.tif", bytes, size);
    size = make_tiff(bytes, 0, 0);
    refused(*state, GEO_FORMAT_GEOTIFF, "nothing.tif", bytes, size);
}

static void file__that_is_cut_anywhere__is_refused_or_read_and_never_more(void **state)
{
    const char *folder = getenv("DRF_REAL_DATA");
    char path[400];
    static uint8_t bytes[65536];
    snprintf(path, sizeof path, "%s/terrain/n43.dt0", folder ? folder : "../shared/data");
    FILE *file = fopen(path, "rb");
    if (!file) {
        print_message("%s is not there: skipped\n", path);
        skip();
    }
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_int_equal(decode(*state, GEO_FORMAT_DTED, "n43.dt0", bytes, size).status, DRF_OK);
    refused(*state, GEO_FORMAT_DTED, "cut.dt0", bytes, 1000);
    refused(*state, GEO_FORMAT_DTED, "half.dt0", bytes, size / 2);
    refused(*state, GEO_FORMAT_TERRAIN, "head.dt0", bytes, 80);
    bytes[300] ^= 0x5a;
    struct edge_decoded flipped = decode(*state, GEO_FORMAT_DTED, "flip.dt0", bytes, size);
    (void)flipped; // in a comment or in a value: either is an answer
    still_alive(*state);
}

static void rubbish__in_every_format__is_refused(void **state)
{
    uint8_t bytes[4096];
    uint32_t x = 12345;
    for (size_t i = 0; i < sizeof bytes; i++) {
        x = x * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(x >> 24);
    }
    for (int format = GEO_FORMAT_UNKNOWN + 1; format < GEO_FORMAT_COUNT; format++)
        refused(*state, (enum geo_format)format, geo_format_name((enum geo_format)format),
                bytes, sizeof bytes);
    memcpy(bytes, "GRIB\0\0\0\2\0\0\0\0\0\0\20\0", 16);
    refused(*state, GEO_FORMAT_GRIB, "torn.grib2", bytes, sizeof bytes);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "decode-child") == 0)
        return edge_child_main(argc - 2, argv + 2, geo_decode);
#define WITH_CHILDREN(test) cmocka_unit_test_setup_teardown(test, open_children, close_children)
    const struct CMUnitTest tests[] = {
        WITH_CHILDREN(vrt__named_tif__reads_no_file_and_calls_nobody),
        WITH_CHILDREN(tiff__that_declares_gigabytes__is_refused),
        WITH_CHILDREN(file__that_is_cut_anywhere__is_refused_or_read_and_never_more),
        WITH_CHILDREN(rubbish__in_every_format__is_refused),
    };
    return cmocka_run_group_tests_name("edge/hostile", tests, NULL, NULL);
}
