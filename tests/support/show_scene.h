// tests/support/show_scene.h - the scene of a serve step that can be looked at.
// SPDX-License-Identifier: Apache-2.0
//
// Include after cmocka.
#ifndef TESTS_SHOW_SCENE_H
#define TESTS_SHOW_SCENE_H

#include "edge/handoff/viewing.h"
#include "fusion/root/tile.h"
#include "geo/cells.h"
#include "schemas/protojson.h"
#include "tests/support/serve_scene.h"

struct rig {
    struct scene *scene;
    struct edge_viewing *viewing;
    uint32_t seq;
};

// Ground from 100 m at the west of a tile to 108 m at its east.
static inline void lay_ground(struct scene *scene)
{
    static const struct fusion_source source = {
        .feed = "dem", .source = "dem", .posting_m = 30};
    static const struct fusion_source *sources[] = {&source};
    static uint16_t cells[GEO_CELLS_COUNT];
    const struct fusion_root *root = &scene->roots[0];
    for (size_t k = 0; k < GEO_CELLS_COUNT; k++)
        cells[k] = (uint16_t)(4400 + k % 256 / 8); // (100 m + 1000 m) / 0.25 m ...
    for (uint32_t i = 0; i < root->tiles.columns * root->tiles.rows; i++) {
        const struct geo_tile tile = {.col = root->tiles.first.col + i % root->tiles.columns,
                                      .row = root->tiles.first.row + i / root->tiles.columns,
                                      .level = 12};
        struct fusion_tile *made;
        if (geo_tile_bounds(tile).south_deg > 43.9 || geo_tile_bounds(tile).north_deg < 43.4)
            continue;
        assert_int_equal(fusion_tile_make(NULL, tile, cells, sources, 1, NULL, NULL, &made),
                         DRF_OK);
        scene->tiles[i] = made;
    }
}

static inline struct rig open_rig(uint32_t drones_max, bool looks)
{
    struct rig rig = {.scene = scene_open(drones_max)};
    assert_int_equal(edge_viewing_open(drones_max, &rig.viewing), DRF_OK);
    assert_int_equal(edge_serve_use_viewing(rig.scene->serve, rig.viewing), DRF_OK);
    lay_ground(rig.scene);
    edge_viewing_watch(rig.viewing, looks);
    scene_step(rig.scene);
    return rig;
}

static inline void close_rig(struct rig *rig)
{
    for (size_t i = 0; i < sizeof rig->scene->tiles / sizeof rig->scene->tiles[0]; i++)
        fusion_tile_free((struct fusion_tile *)(uintptr_t)rig->scene->tiles[i]);
    scene_close(rig->scene);
    edge_viewing_close(rig->viewing);
}

// A report from `north_m` north of the middle of the region; then a step.
static inline void report(struct rig *rig, const char *id, float amsl_m, int32_t north_e7)
{
    Drf__V1__Telemetry report = scene_report(rig->scene, ++rig->seq);
    report.has_alt_wgs84_m = 0;
    SCENE_SET(&report, alt_amsl_m, amsl_m);
    SCENE_SET(&report, alt_amsl_acc95_m, 1.0F);
    report.lat_e7 += north_e7;
    (void)scene_pack(rig->scene, id, "telemetry", &report.base);
    scene_step(rig->scene);
}

static inline void pass_seconds(struct rig *rig, int count)
{
    for (int i = 0; i < count; i++)
        scene_run(rig->scene, SCENE_SECOND);
}

static inline ProtobufCMessage *decode(const ProtobufCMessageDescriptor *descriptor,
                                       const char *json, size_t size)
{
    ProtobufCMessage *out = NULL;
    struct schemas_protojson_error error;
    if (schemas_protojson_decode(descriptor, json, size, NULL, &out, &error) != DRF_OK)
        fail_msg("%s: %s in %.*s", error.field_path, error.text, (int)size, json);
    return out;
}

// Both, packed again.
static inline void assert_same(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
    static uint8_t bytes[2][65536];
    size_t size = protobuf_c_message_get_packed_size(a);
    assert_true(size <= sizeof bytes[0]);
    assert_int_equal(protobuf_c_message_get_packed_size(b), size);
    (void)protobuf_c_message_pack(a, bytes[0]);
    (void)protobuf_c_message_pack(b, bytes[1]);
    assert_memory_equal(bytes[0], bytes[1], size);
}

#endif
