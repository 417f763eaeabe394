// SPDX-License-Identifier: Apache-2.0
#include "edge/view/view.h"

#include <stdlib.h>
#include <string.h>

#include "edge/view/region_text.h"
#include "edge/view/view_parts.h"

enum { SILENT_DEFAULT_US = 3000000 };

static enum drf_status tell(struct edge_view_told *told, const struct drf_config *config,
                            uint64_t boot_id)
{
    struct edge_json_text region = {.bytes = NULL};
    edge_region_text_begin(config, boot_id, &region);
    if (region.failed) {
        edge_json_text_close(&region);
        return DRF_ERR_NOMEM;
    }
    pthread_mutex_lock(&told->lock);
    edge_json_text_close(&told->region);
    told->region = region;
    told->bounds = config->region.bounds;
    told->feed_count = config->feed_count;
    told->silent_after_us = config->limits.lost_link_after_us > 0
                                ? config->limits.lost_link_after_us
                                : SILENT_DEFAULT_US;
    pthread_mutex_unlock(&told->lock);
    return DRF_OK;
}

static enum drf_status open_memory(struct edge_view *view)
{
    struct edge_view_memory *memory = &view->memory;
    memory->looked_mono_us = INT64_MIN;
    memory->seen = calloc(view->places > 0 ? view->places : 1, sizeof *memory->seen);
    memory->tracks = calloc(1, sizeof *memory->tracks);
    memory->scratch = malloc(EDGE_VIEW_TEXTS_MAX);
    return memory->seen != NULL && memory->tracks != NULL && memory->scratch != NULL
               ? DRF_OK
               : DRF_ERR_NOMEM;
}

static void close_memory(struct edge_view_memory *memory)
{
    for (size_t i = 0; i < EDGE_VIEW_TEXT_COUNT; i++)
        edge_json_text_close(&memory->texts[i]);
    edge_json_text_close(&memory->changes);
    edge_json_text_close(&memory->whole);
    free(memory->scratch);
    free(memory->tracks);
    free(memory->seen);
}

static enum drf_status open_parts(struct edge_view *view)
{
    const struct drf_config *config = view->parts.config;
    enum drf_status status = open_memory(view);
    if (status == DRF_OK)
        status = tell(&view->told, config, view->parts.boot_id);
    if (status == DRF_OK)
        status = edge_page_open(&view->page);
    if (status == DRF_OK)
        status = edge_heights_open(&view->store, config->level, config->insets,
                                   config->inset_count, &view->heights);
    if (status == DRF_OK)
        status = edge_streams_open(view->parts.viewing, view->parts.metrics,
                                   view->parts.boot_id, &view->streams);
    if (status == DRF_OK)
        status = edge_trails_open(view->places, &view->trails);
    if (status == DRF_OK)
        status = edge_questions_open(view->parts.viewing, &view->questions);
    if (status == DRF_OK)
        status = edge_frame_open(view->places, &view->frame);
    if (status == DRF_OK)
        status = edge_listener_open(view);
    return status;
}

// The mutexes come first, so that closing finds them whatever else failed.
enum drf_status edge_view_open(const struct edge_view_parts *parts, struct edge_view **out)
{
    struct edge_view *view = calloc(1, sizeof *view);
    if (view == NULL)
        return DRF_ERR_NOMEM;
    const struct drf_config *config = parts->config;
    view->parts = *parts;
    view->places = config->limits.drones_max;
    view->level = config->level;
    for (size_t i = 0; i < config->view.host_count; i++)
        view->hosts[i] = config->view.hosts[i];
    edge_guard_init(&view->guard, config->view.address, (uint16_t)config->view.port,
                    view->hosts, config->view.host_count, config->view.token);
    if (pthread_mutex_init(&view->told.lock, NULL) != 0) {
        free(view);
        return DRF_ERR_NOMEM;
    }
    if (!edge_http_clients_open(&view->clients, EDGE_VIEW_CLIENTS_MAX, EDGE_VIEW_CLIENTS_MAX)) {
        pthread_mutex_destroy(&view->told.lock);
        free(view);
        return DRF_ERR_NOMEM;
    }
    enum drf_status status = edge_shared_store_open(&view->store, config->store_path);
    if (status != DRF_OK) {
        edge_http_clients_close(&view->clients);
        pthread_mutex_destroy(&view->told.lock);
        free(view);
        return status;
    }
    status = open_parts(view);
    if (status != DRF_OK) {
        edge_view_close(view);
        return status;
    }
    *out = view;
    return DRF_OK;
}

void edge_view_close(struct edge_view *view)
{
    if (view == NULL)
        return;
    if (view->questions != NULL)
        edge_questions_stop(view->questions);
    if (view->streams != NULL)
        edge_streams_stop(view->streams);
    if (view->heights != NULL)
        edge_heights_stop(view->heights);
    edge_listener_close(view);
    if (view->streams != NULL)
        edge_streams_rest(view->streams);
    edge_frame_close(view->frame);
    edge_questions_close(view->questions);
    edge_trails_close(view->trails);
    edge_streams_close(view->streams);
    edge_heights_close(view->heights);
    edge_page_close(&view->page);
    edge_json_text_close(&view->told.region);
    close_memory(&view->memory);
    edge_shared_store_close(&view->store);
    edge_http_clients_close(&view->clients);
    pthread_mutex_destroy(&view->told.lock);
    free(view);
}

void edge_view_step(struct edge_view *view, struct edge_now now)
{
    if (view != NULL)
        edge_view_tick(view, now);
}

void edge_view_reload(struct edge_view *view, const struct drf_config *config)
{
    if (view != NULL)
        (void)tell(&view->told, config, view->parts.boot_id);
}
