// SPDX-License-Identifier: Apache-2.0
// Reads the file with libyaml: mappings become keys with dots ("errors.link.loss_bad"), each
// set through the table in settings.c; `seeds` and `vary` are lists. Keys are strict: one that
// is unknown or stands twice is refused with its line. Every value of `vary` is tried when the
// file is read, so that an experiment does not end in its last run.
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "sim/experiment/experiment.h"
#include "sim/publish/batch.h"

enum { DEPTH_MAX = 6, VALUES_MAX = 10000 };

struct reader {
    yaml_document_t document;
    struct sim_experiment *experiment;
    struct sim_experiment_error *error;
};

static enum drf_status refuse(struct reader *reader, const yaml_node_t *node,
                              const char *format, ...) __attribute__((format(printf, 3, 4)));
static enum drf_status refuse(struct reader *reader, const yaml_node_t *node,
                              const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    // Begun one line above; the analyzer does not follow it.
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized)
    vsnprintf(reader->error->text, sizeof reader->error->text, format, arguments);
    va_end(arguments);
    reader->error->line = node != NULL ? (unsigned)node->start_mark.line + 1 : 0;
    return DRF_ERR_SYNTAX;
}

static const char *text_of(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

// The text of a value; one that was quoted keeps its quotes, for the node's configuration.
static enum drf_status value_of(struct reader *reader, const char *path,
                                const yaml_node_t *node, char value[static SIM_VALUE_SIZE])
{
    const char *text = text_of(node);
    if (text == NULL)
        return refuse(reader, node, "%s: one value, not a list", path);
    bool quoted =
        strncmp(path, "node.", 5) == 0 && node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (quoted && strpbrk(text, "\"\\\n") != NULL)
        return refuse(reader, node, "%s: quotes, backslashes and line ends are not passed on",
                      path);
    int length =
        snprintf(value, SIM_VALUE_SIZE, "%s%s%s", quoted ? "\"" : "", text, quoted ? "\"" : "");
    if (length >= SIM_VALUE_SIZE)
        return refuse(reader, node, "%s: longer than %d characters", path, SIM_VALUE_SIZE - 1);
    return DRF_OK;
}

static enum drf_status add_seeds(struct reader *reader, const yaml_node_t *node)
{
    struct sim_experiment *e = reader->experiment;
    const char *text = text_of(node);
    char *end = NULL;
    errno = 0;
    unsigned long long first = text != NULL ? strtoull(text, &end, 10) : 0, last = first;
    if (text != NULL && strncmp(end, "..", 2) == 0 && end != text)
        last = strtoull(end + 2, &end, 10);
    if (text == NULL || end == text || *end != '\0' || errno != 0 || *text == '-')
        return refuse(reader, node, "seeds are whole numbers, or first..last");
    if (last < first || last - first >= SIM_RUNS_MAX - e->seed_count)
        return refuse(reader, node, "seeds: %s is not a range of at most %d", text,
                      SIM_RUNS_MAX);
    size_t more = (size_t)(last - first) + 1;
    uint64_t *grown = realloc(e->seeds, (e->seed_count + more) * sizeof *grown);
    if (grown == NULL)
        return DRF_ERR_NOMEM;
    e->seeds = grown;
    for (size_t i = 0; i < more; i++) {
        for (size_t k = 0; k < e->seed_count && e->seed_count < 10000; k++)
            if (e->seeds[k] == first + i)
                return refuse(reader, node, "seed %llu stands twice", first + i);
        e->seeds[e->seed_count++] = first + i;
    }
    return DRF_OK;
}

static enum drf_status read_seeds(struct reader *reader, yaml_node_t *node)
{
    if (node->type == YAML_SCALAR_NODE)
        return add_seeds(reader, node);
    if (node->type != YAML_SEQUENCE_NODE)
        return refuse(reader, node, "seeds are whole numbers, or first..last");
    enum drf_status status = DRF_OK;
    for (yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top && status == DRF_OK; item++)
        status = add_seeds(reader, yaml_document_get_node(&reader->document, *item));
    return status;
}

static enum drf_status read_varied(struct reader *reader, const char *path, yaml_node_t *node)
{
    struct sim_experiment *e = reader->experiment;
    size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    if (count == 0 || count > VALUES_MAX)
        return refuse(reader, node, "vary.%s: 1 to %d values", path, VALUES_MAX);
    if (strcmp(path, "seeds") == 0)
        return refuse(reader, node, "vary.seeds: each value is run with all of `seeds`");
    if (e->varied_count == SIM_VARIED_MAX)
        return refuse(reader, node, "vary: more than %d parameters", SIM_VARIED_MAX);
    if (strlen(path) >= SIM_PATH_SIZE)
        return refuse(reader, node, "vary.%.40s: too long", path);
    struct sim_varied *varied = &e->varied[e->varied_count];
    *varied = (struct sim_varied){.line = (unsigned)node->start_mark.line + 1};
    snprintf(varied->path, sizeof varied->path, "%s", path);
    varied->values = calloc(count, sizeof *varied->values);
    if (varied->values == NULL)
        return DRF_ERR_NOMEM;
    e->varied_count++;
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item =
            yaml_document_get_node(&reader->document, node->data.sequence.items.start[i]);
        enum drf_status status = value_of(reader, path, item, varied->values[i]);
        for (size_t k = 0; k < i && status == DRF_OK; k++)
            if (strcmp(varied->values[k], varied->values[i]) == 0)
                status =
                    refuse(reader, item, "vary.%s: %s stands twice", path, varied->values[i]);
        if (status != DRF_OK)
            return status;
        varied->count++;
    }
    return DRF_OK;
}

static enum drf_status read_value(struct reader *reader, const char *path, yaml_node_t *node)
{
    char value[SIM_VALUE_SIZE];
    if (strncmp(path, "vary.", 5) == 0)
        return node->type == YAML_SEQUENCE_NODE
                   ? read_varied(reader, path + 5, node)
                   : refuse(reader, node, "%s: a list of values", path);
    enum drf_status status = value_of(reader, path, node, value);
    if (status != DRF_OK)
        return status;
    reader->error->line = (unsigned)node->start_mark.line + 1;
    return sim_trial_set(&reader->experiment->base, path, value, reader->error);
}

static bool twice(struct reader *reader, const yaml_node_t *mapping,
                  const yaml_node_pair_t *pair)
{
    const char *name = text_of(yaml_document_get_node(&reader->document, pair->key));
    for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < pair; p++) {
        const char *other = text_of(yaml_document_get_node(&reader->document, p->key));
        if (name != NULL && other != NULL && strcmp(name, other) == 0)
            return true;
    }
    return false;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as DEPTH_MAX.
static enum drf_status read_mapping(struct reader *reader, const char *prefix,
                                    yaml_node_t *mapping, int depth)
{
    if (depth > DEPTH_MAX)
        return refuse(reader, mapping, "%s: too deep", prefix);
    enum drf_status status = DRF_OK;
    for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
         pair < mapping->data.mapping.pairs.top && status == DRF_OK; pair++) {
        yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
        yaml_node_t *value = yaml_document_get_node(&reader->document, pair->value);
        char path[2 * SIM_PATH_SIZE];
        const char *name = text_of(key);
        if (name == NULL || name[0] == '\0')
            return refuse(reader, key, "a key is a word");
        int length =
            snprintf(path, sizeof path, "%s%s%s", prefix, prefix[0] != '\0' ? "." : "", name);
        if (length >= (int)sizeof path)
            return refuse(reader, key, "%.40s: too long", name);
        if (twice(reader, mapping, pair))
            return refuse(reader, key, "%s stands twice", path);
        if (strcmp(path, "seeds") == 0)
            status = read_seeds(reader, value);
        else if (value->type == YAML_MAPPING_NODE)
            status = read_mapping(reader, path, value, depth + 1);
        else
            status = read_value(reader, path, value);
    }
    return status;
}

static enum drf_status parse(struct reader *reader)
{
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0)
        return DRF_ERR_NOMEM;
    yaml_parser_set_input_string(&parser, reader->experiment->text, reader->experiment->size);
    enum drf_status status = DRF_OK;
    if (yaml_parser_load(&parser, &reader->document) == 0) {
        status = refuse(reader, NULL, "not YAML: %s",
                        parser.problem != NULL ? parser.problem : "damaged");
        reader->error->line = (unsigned)parser.problem_mark.line + 1;
        yaml_parser_delete(&parser);
        return status;
    }
    yaml_node_t *root = yaml_document_get_root_node(&reader->document);
    if (root == NULL || root->type != YAML_MAPPING_NODE)
        status = refuse(reader, root, "an experiment is a mapping of keys");
    else
        status = read_mapping(reader, "", root, 0);
    yaml_document_delete(&reader->document);
    yaml_parser_delete(&parser);
    return status;
}

// Each value of each parameter once, with the first of the others.
static enum drf_status try_all(struct sim_experiment *e, struct sim_experiment_error *error)
{
    struct sim_trial *trial = malloc(sizeof *trial);
    enum drf_status status = trial != NULL ? DRF_OK : DRF_ERR_NOMEM;
    size_t stride = e->seed_count;
    for (size_t i = 0; i <= e->varied_count && status == DRF_OK; i++) {
        size_t count = i < e->varied_count ? e->varied[i].count : 1;
        for (size_t k = 0; k < count && status == DRF_OK; k++) {
            char name[SIM_RUN_NAME_SIZE];
            size_t run = i < e->varied_count ? k * stride : 0;
            error->line = i < e->varied_count ? e->varied[i].line : 0;
            status = sim_experiment_run(e, run, trial, name, error);
        }
        stride *= count;
    }
    free(trial);
    return status;
}

enum drf_status sim_experiment_read(const char *path, struct sim_experiment *out,
                                    struct sim_experiment_error *error)
{
    *out = (struct sim_experiment){.text = NULL};
    *error = (struct sim_experiment_error){.line = 0};
    enum drf_status status = sim_file_read(path, &out->text, &out->size);
    if (status != DRF_OK) {
        snprintf(error->text, sizeof error->text, "cannot be read: %s",
                 status == DRF_ERR_NOMEM ? "out of memory" : strerrordesc_np(errno));
        return status;
    }
    sim_trial_defaults(&out->base);
    struct reader reader = {.experiment = out, .error = error};
    status = parse(&reader);
    if (status == DRF_OK && out->seed_count == 0) {
        status = DRF_ERR_SYNTAX;
        error->line = 0;
        snprintf(error->text, sizeof error->text, "seeds is missing: it has no default");
    }
    if (status == DRF_OK && sim_experiment_runs(out) > SIM_RUNS_MAX) {
        status = DRF_ERR_SYNTAX;
        error->line = 0;
        snprintf(error->text, sizeof error->text, "more than %d runs", SIM_RUNS_MAX);
    }
    if (status == DRF_OK)
        status = try_all(out, error);
    if (status != DRF_OK)
        sim_experiment_close(out);
    return status;
}
