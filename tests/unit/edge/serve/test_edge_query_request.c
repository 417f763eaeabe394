// SPDX-License-Identifier: Apache-2.0
// Queries: each gets one answer, at the topic that is the client's own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drf/v1/query.pb-c.h"
#include "tests/support/serve_scene.h"

enum { OK = 1, INVALID = 3, NOT_AUTHORISED = 5, OUTSIDE_REGION = 6 };

static void query__is_answered_at_the_clients_own_topic_only(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    Drf__V1__Query query = DRF__V1__QUERY__INIT;
    SCENE_SET(&query, lat_e7, 436500000);
    SCENE_SET(&query, lon_e7, -793800000);
    uint8_t bytes[64];
    size_t size = drf__v1__query__pack(&query, bytes);
    static const char own[] = "drf-test/v1/query/me/reply";
    static const struct {
        const char *response_topic;
        uint32_t code;
    } cases[] = {{"", OK},
                 {own, OK},
                 {"drf-test/v1/query/you/reply", NOT_AUTHORISED},
                 {"drf-test/v1/drones/d-1/context/sim-toronto", NOT_AUTHORISED}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scene_step(scene);
        scene_clear(scene);
        struct scene_message *in = scene_bytes(scene, "drf-test/v1/query/me", bytes, size);
        (void)snprintf(in->response_topic, sizeof in->response_topic, "%s",
                       cases[i].response_topic);
        in->in.correlation = (const uint8_t *)"q1";
        in->in.correlation_size = 2;
        scene_step(scene);
        assert_int_equal(scene->sent_count, 1);
        const struct scene_message *out = &scene->sent[0];
        assert_string_equal(out->topic, own);
        assert_int_equal(out->out.correlation_size, 2);
        Drf__V1__QueryReply *reply = drf__v1__query_reply__unpack(NULL, out->size, out->bytes);
        assert_int_equal(reply->status->code, cases[i].code);
        assert_int_equal(reply->height != NULL, cases[i].code == OK);
        assert_int_equal(reply->status->text != NULL, cases[i].code != OK);
        assert_true(reply->epoch == scene->epoch);
        drf__v1__query_reply__free_unpacked(reply, NULL);
    }
    scene_close(scene);
}

static void query__that_cannot_be_answered__says_why(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    scene_step(scene);
    static const struct {
        const char *payload, *field_path;
    } cases[] = {
        {"{}", "lat_e7"},
        {"{\"lat_e7\":910000000,\"lon_e7\":0}", "lat_e7"},
        {"{\"lat_e7\":1,\"lon_e7\":1,\"agl_m\":-1}", "agl_m"},
        {"{\"lat_e7\":1,\"lon_e7\":1,\"radius_m\":1e6}", "radius_m"},
        {"{\"lat_e7\":1,\"lon_e7\":1,\"time_us\":\"-9223372036854775808\"}", "time_us"},
        {"{", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scene_clear(scene);
        (void)scene_bytes(scene, "drf-test/v1/query/me", cases[i].payload,
                          strlen(cases[i].payload));
        scene_step(scene);
        assert_int_equal(scene->sent_count, 1);
        scene->sent[0].bytes[scene->sent[0].size] = '\0';
        const char *text = (const char *)scene->sent[0].bytes;
        assert_non_null(strstr(text, "\"code\":3"));
        assert_non_null(strstr(text, cases[i].field_path));
    }
    scene_close(scene);
}

static void query__that_is_no_message__is_invalid_in_the_form_it_came_in(void **state)
{
    (void)state;
    static const struct {
        const char *payload;
        bool json; // its content type says so
    } cases[] = {{"", false},          {"\xff\xff\xff\xff", false},
                 {"lat_e7: 1", false}, {"\x08\x01\x10", false},
                 {"", true},           {"[]", true},
                 {"{x", false}};
    enum { CASES = sizeof cases / sizeof cases[0] };
    struct scene *scene = scene_open(10);
    (void)edge_mailbox_take(&scene->mailbox); // at first the node is still loading
    scene_step(scene);
    for (size_t n = 0; n < 2 * (size_t)CASES; n++) {
        const size_t i = n % CASES;
        if (n == CASES) {
            scene_root(scene, NULL, 0);
            scene_step(scene);
        }
        scene_clear(scene);
        scene_bytes(scene, "drf-test/v1/query/me", cases[i].payload, strlen(cases[i].payload))
            ->in.json = cases[i].json;
        scene_step(scene);
        assert_int_equal(scene->sent_count, 1);
        const struct scene_message *out = &scene->sent[0];
        bool json = cases[i].json || cases[i].payload[0] == '{';
        assert_int_equal(out->out.json, json);
        out->bytes[out->size] = '\0';
        if (json) {
            assert_non_null(strstr((const char *)out->bytes, "\"code\":3"));
            continue;
        }
        Drf__V1__QueryReply *reply = drf__v1__query_reply__unpack(NULL, out->size, out->bytes);
        assert_int_equal(reply->status->code, INVALID);
        assert_non_null(reply->status->text);
        drf__v1__query_reply__free_unpacked(reply, NULL);
    }
    scene_close(scene);
}

// What is answered to a query of 120 m above ground at 79.38 W.
static Drf__V1__QueryReply *ask_at(struct scene *scene, int32_t lat_e7)
{
    Drf__V1__Query query = DRF__V1__QUERY__INIT;
    SCENE_SET(&query, lat_e7, lat_e7);
    SCENE_SET(&query, lon_e7, -793800000);
    SCENE_SET(&query, agl_m, 120.0F);
    uint8_t bytes[64];
    size_t size = drf__v1__query__pack(&query, bytes);
    scene_step(scene);
    scene_clear(scene);
    (void)scene_bytes(scene, "drf-test/v1/query/me", bytes, size);
    scene_step(scene);
    assert_int_equal(scene->sent_count, 1);
    const struct scene_message *out = &scene->sent[0];
    Drf__V1__QueryReply *reply = drf__v1__query_reply__unpack(NULL, out->size, out->bytes);
    assert_non_null(reply);
    return reply;
}

// The reason why there is no height above ground is the ground's: the question gave the height.
static void query__where_no_ground_is_known__does_not_blame_who_asks(void **state)
{
    (void)state;
    enum { NO_DATA = 2, OUT_OF_REGION = 8, FEED_DOWN = 15 };
    static const struct {
        int32_t lat_e7;
        enum fusion_reason state;
        uint32_t expected;
    } cases[] = {{436500000, FUSION_REASON_NONE, NO_DATA},
                 {436500000, FUSION_REASON_FEED_DOWN, FEED_DOWN},
                 {516500000, FUSION_REASON_FEED_DOWN, OUT_OF_REGION}};
    struct scene *scene = scene_open(10);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scene_root(scene, NULL, 0);
        struct fusion_root *root = &scene->roots[(scene->epoch - 1) % 64];
        root->layer_fed[FUSION_LAYER_GROUND] = true;
        root->layer_state[FUSION_LAYER_GROUND] = cases[i].state;
        Drf__V1__QueryReply *reply = ask_at(scene, cases[i].lat_e7);
        assert_false(reply->height->has_agl_m);
        assert_int_equal(reply->height->ground_reason, cases[i].expected);
        assert_int_equal(reply->height->agl_reason, cases[i].expected);
        drf__v1__query_reply__free_unpacked(reply, NULL);
    }
    scene_close(scene);
}

// As the refusal of one that cannot be read does.
static void query__answered_or_not__says_which_node_answers(void **state)
{
    (void)state;
    static const struct {
        int32_t lat_e7;
        uint32_t code;
    } cases[] = {{436500000, OK}, {516500000, OUTSIDE_REGION}, {910000000, INVALID}};
    struct scene *scene = scene_open(10);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Drf__V1__QueryReply *reply = ask_at(scene, cases[i].lat_e7);
        assert_int_equal(reply->status->code, cases[i].code);
        assert_non_null(reply->status->region_id);
        assert_string_equal(reply->status->region_id, "sim-toronto");
        assert_non_null(reply->status->node_id);
        assert_string_equal(reply->status->node_id, "n1");
        assert_true(reply->status->boot_id == SCENE_BOOT_ID);
        drf__v1__query_reply__free_unpacked(reply, NULL);
    }
    scene_close(scene);
}

// The region ends at 43.8 N and serves aircraft 1,000 m (0.0090 degrees) beyond; what it looks
// at from there, 5,000 m (0.0450 degrees) more, is kept and answered. A degree of latitude is
// 111,195 m on the sphere of the mean radius.
static void query__where_no_aircraft_is_served__says_so_beside_what_is_known(void **state)
{
    (void)state;
    enum { NO_DATA = 2, OUT_OF_REGION = 8 };
    static const struct {
        int32_t lat_e7;
        uint32_t code, ground_reason;
        const char *text;
    } cases[] = {
        {437000000, OK, NO_DATA, NULL},
        {438089000, OK, NO_DATA, NULL}, // 990 m outside
        {438091000, OUTSIDE_REGION, NO_DATA,
         "1012 m outside region sim-toronto: aircraft farther outside than 1000 m are not "
         "served"},
        {438300000, OUTSIDE_REGION, NO_DATA,
         "3336 m outside region sim-toronto: aircraft farther outside than 1000 m are not "
         "served"},
        {439000000, OUTSIDE_REGION, OUT_OF_REGION, NULL},
    };
    struct scene *scene = scene_open(10);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Drf__V1__QueryReply *reply = ask_at(scene, cases[i].lat_e7);
        assert_int_equal(reply->status->code, cases[i].code);
        assert_int_equal(reply->height->ground_reason, cases[i].ground_reason);
        assert_int_equal(reply->status->text != NULL, cases[i].code == OUTSIDE_REGION);
        if (cases[i].text != NULL)
            assert_string_equal(reply->status->text, cases[i].text);
        drf__v1__query_reply__free_unpacked(reply, NULL);
    }
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query__where_no_ground_is_known__does_not_blame_who_asks),
        cmocka_unit_test(query__where_no_aircraft_is_served__says_so_beside_what_is_known),
        cmocka_unit_test(query__answered_or_not__says_which_node_answers),
        cmocka_unit_test(query__is_answered_at_the_clients_own_topic_only),
        cmocka_unit_test(query__that_cannot_be_answered__says_why),
        cmocka_unit_test(query__that_is_no_message__is_invalid_in_the_form_it_came_in),
    };
    return cmocka_run_group_tests_name("edge/query_request", tests, NULL, NULL);
}
