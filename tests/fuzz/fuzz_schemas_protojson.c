// SPDX-License-Identifier: Apache-2.0
// Any bytes: refused, or read, written, read again and written the same.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "drf/v1/context.pb-c.h"
#include "drf/v1/patch.pb-c.h"
#include "drf/v1/plan.pb-c.h"
#include "drf/v1/telemetry.pb-c.h"
#include "schemas/protojson.h"

static ProtobufCMessage *read(const ProtobufCMessageDescriptor *descriptor, const char *text,
                              size_t size)
{
    ProtobufCMessage *message = NULL;
    struct schemas_protojson_error error;
    if (schemas_protojson_decode(descriptor, text, size, NULL, &message, &error) == DRF_OK)
        return message;
    if (error.text[0] == '\0' || memchr(error.field_path, 0, sizeof error.field_path) == NULL)
        abort();
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ProtobufCMessageDescriptor *const all[] = {
        &drf__v1__telemetry__descriptor, &drf__v1__plan__descriptor,
        &drf__v1__patch__descriptor, &drf__v1__context__descriptor};
    static char first[1 << 20], second[1 << 20];
    if (size < 1)
        return 0;
    const ProtobufCMessageDescriptor *descriptor = all[data[0] % 4];
    ProtobufCMessage *message = read(descriptor, (const char *)data + 1, size - 1);
    if (message == NULL)
        return 0;
    size_t first_size = sizeof first, second_size = sizeof second;
    if (schemas_protojson_encode(message, first, &first_size) == DRF_OK) {
        ProtobufCMessage *again = read(descriptor, first, first_size);
        if (again == NULL || schemas_protojson_encode(again, second, &second_size) != DRF_OK
            || second_size != first_size || memcmp(first, second, first_size) != 0)
            abort();
        protobuf_c_message_free_unpacked(again, NULL);
    }
    protobuf_c_message_free_unpacked(message, NULL);
    return 0;
}
