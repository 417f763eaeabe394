// SPDX-License-Identifier: Apache-2.0
// The JSON report is written with printf, member by member, in a fixed order. Reports
// without an answer are compared with the node's own counters: what the node says it shed,
// dropped or refused explains them, up to their number; the rest is unexplained.
#include "sim/command/fleet_report.h"

#include <ctype.h>
#include <inttypes.h>

static void write_text(const char *text, FILE *file)
{
    fputc('"', file);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            fputc('\\', file);
        fputc(isprint((unsigned char)*p) ? *p : '?', file);
    }
    fputc('"', file);
}

static void write_number(const char *name, bool known, double value, FILE *file)
{
    if (known)
        fprintf(file, "\"%s\": %.9g", name, value);
    else
        fprintf(file, "\"%s\": null", name);
}

static void write_height(const Drf__V1__Height *h, FILE *file)
{
    fputs("    ", file);
    write_number("agl_m", h->has_agl_m, (double)h->agl_m, file);
    fputs(", ", file);
    write_number("agl_acc95_m", h->has_agl_acc95_m, (double)h->agl_acc95_m, file);
    fputs(", ", file);
    write_number("ground_amsl_m", h->has_ground_amsl_m, (double)h->ground_amsl_m, file);
    fputs(", ", file);
    write_number("surface_amsl_m", h->has_surface_amsl_m, (double)h->surface_amsl_m, file);
    fputs(", ", file);
    write_number("clearance_m", h->has_clearance_m, (double)h->clearance_m, file);
    if (h->ground_source != NULL) {
        fputs(", \"ground_source\": ", file);
        write_text(h->ground_source, file);
    }
}

static void write_wind(const Drf__V1__Wind *w, FILE *file)
{
    fputs(",\n    ", file);
    write_number("wind_speed_mps", w->has_wind_speed_mps, (double)w->wind_speed_mps, file);
    fputs(", ", file);
    write_number("wind_from_deg_true", w->has_wind_from_deg_true, (double)w->wind_from_deg_true,
                 file);
    fputs(", ", file);
    write_number("wind_lower_agl_m", w->has_lower_agl_m, (double)w->lower_agl_m, file);
    fputs(", ", file);
    write_number("wind_upper_agl_m", w->has_upper_agl_m, (double)w->upper_agl_m, file);
}

static void write_quantity(const char *name, const Drf__V1__Quantity *q, FILE *file)
{
    fputs(", ", file);
    write_number(name, q != NULL && q->has_value, q != NULL ? (double)q->value : 0.0, file);
}

static void write_obstacle(const Drf__V1__Obstacle *o, FILE *file)
{
    fputs(",\n    \"nearest_obstacle\": {\"feature_id\": ", file);
    write_text(o->feature_id != NULL ? o->feature_id : "", file);
    fputs(", \"kind\": ", file);
    write_text(o->kind != NULL ? o->kind : "", file);
    fputs(", ", file);
    write_number("distance_m", o->has_distance_m, (double)o->distance_m, file);
    fputs(", ", file);
    write_number("bearing_deg_true", o->has_bearing_deg_true, (double)o->bearing_deg_true,
                 file);
    fputs(", ", file);
    write_number("top_amsl_m", o->has_top_amsl_m, (double)o->top_amsl_m, file);
    fputs("}", file);
}

static void write_example(const struct sim_fleet_summary *summary, FILE *file)
{
    Drf__V1__Context *c =
        summary->example_size > 0
            ? drf__v1__context__unpack(NULL, summary->example_size, summary->example)
            : NULL;
    if (c == NULL) {
        fputs("  \"example\": null\n", file);
        return;
    }
    fprintf(file, "  \"example\": {\n    \"seq\": %u, \"bytes\": %zu, \"segments\": %zu, ",
            c->seq, summary->example_size,
            c->look_ahead != NULL ? c->look_ahead->n_segments : 0);
    fprintf(file, "\"look_ahead_m\": %.1f, \"obstacles\": %zu,\n",
            c->look_ahead != NULL ? (double)c->look_ahead->length_m : 0.0, c->n_obstacles);
    fprintf(file, "    \"lat_deg\": %.7f, \"lon_deg\": %.7f,\n", c->lat_e7 * 1e-7,
            c->lon_e7 * 1e-7);
    if (c->height != NULL)
        write_height(c->height, file);
    if (c->weather != NULL && c->weather->wind != NULL)
        write_wind(c->weather->wind, file);
    if (c->weather != NULL) {
        write_quantity("gust_mps", c->weather->gust_mps, file);
        write_quantity("temperature_k", c->weather->temperature_k, file);
        write_quantity("visibility_m", c->weather->visibility_m, file);
        write_quantity("precipitation_mps", c->weather->precipitation_mps, file);
    }
    if (c->n_obstacles > 0)
        write_obstacle(c->obstacles[0], file);
    fputs("\n  }\n", file);
    drf__v1__context__free_unpacked(c, NULL);
}

static void write_kinds(const struct sim_witness_counts *counts, FILE *file)
{
    fputs("  \"kinds\": {\n", file);
    for (int i = 0; i < SIM_CHECK_COUNT; i++) {
        fprintf(file, "    \"%s\": {\"checked\": %" PRIu64 ", \"wrong\": %" PRIu64,
                sim_check_name((enum sim_check)i), counts->checked[i], counts->wrong[i]);
        if (counts->wrong[i] > 0) {
            fputs(", \"sample\": ", file);
            write_text(counts->sample[i], file);
        }
        fputs(i + 1 < SIM_CHECK_COUNT ? "},\n" : "}\n", file);
    }
    fputs("  },\n", file);
}

// {"way": 3, "short": 2}, those that are not 0.
static void write_reasons(const uint64_t because[static SIM_UNJUDGED_COUNT], FILE *file)
{
    const char *between = "{";
    for (int i = 0; i < SIM_UNJUDGED_COUNT; i++) {
        if (because[i] == 0)
            continue;
        fprintf(file, "%s\"%s\": %" PRIu64, between, sim_unjudged_name((enum sim_unjudged)i),
                because[i]);
        between = ", ";
    }
    fputs(between[0] == '{' ? "{}" : "}", file);
}

static const char *kind_name(uint32_t kind)
{
    const char *name = sim_advisory_kind_name(kind);
    return name != NULL ? name : "of_no_kind";
}

static uint64_t unjudged_of(const struct sim_kind_count *kind)
{
    uint64_t sum = 0;
    for (int i = 0; i < SIM_UNJUDGED_COUNT; i++)
        sum += kind->unjudged[i];
    return sum;
}

static void write_advisories(const struct sim_witness_counts *counts, FILE *file)
{
    const struct sim_advisory_totals all = sim_witness_counts_totals(counts);
    fprintf(file,
            "  \"advisory_kinds\": {\"told\": %" PRIu64 ", \"judged\": %" PRIu64
            ", \"unjudged\": %" PRIu64 ", \"unjudged_by\": ",
            all.told, all.judged, all.unjudged);
    write_reasons(all.because, file);
    for (uint32_t i = 0; i < SIM_ADVISORY_KINDS; i++) {
        const struct sim_kind_count *n = &counts->kinds[i];
        if (n->sound + n->certain + unjudged_of(n) == 0)
            continue;
        fprintf(file,
                ",\n    \"%s\": {\"judged\": %" PRIu64 ", \"false\": %" PRIu64
                ", \"certain\": %" PRIu64 ", \"missed\": %" PRIu64 ", \"unjudged\": %" PRIu64
                ", \"unjudged_by\": ",
                kind_name(i), n->sound, n->false_ones, n->certain, n->missed, unjudged_of(n));
        write_reasons(n->unjudged, file);
        fputs("}", file);
    }
    fputs("},\n", file);
}

static void print_advisories(const struct sim_witness_counts *counts, FILE *out)
{
    const struct sim_advisory_totals all = sim_witness_counts_totals(counts);
    fprintf(out,
            "of %" PRIu64 " advisories told %" PRIu64 " judged (%.1f%%): %" PRIu64
            " false; of %" PRIu64 " that had to be told %" PRIu64 " missed\n",
            all.told, all.judged,
            all.told > 0 ? 100.0 * (double)all.judged / (double)all.told : 100.0,
            all.false_ones, all.certain, all.missed);
    for (uint32_t i = 0; i < SIM_ADVISORY_KINDS; i++)
        for (int k = 0; k < SIM_UNJUDGED_COUNT; k++)
            if (counts->kinds[i].unjudged[k] > 0)
                fprintf(out, "  %" PRIu64 " %s not judged: %s\n", counts->kinds[i].unjudged[k],
                        kind_name(i), sim_unjudged_text((enum sim_unjudged)k));
}

// Reports that no context answered. Contexts that were sent and did not arrive are gaps in the
// sequence numbers.
static uint64_t unanswered(const struct sim_fleet_summary *s)
{
    return s->sent > s->latency->count ? s->sent - s->latency->count : 0;
}

static uint64_t explained(const struct sim_fleet_summary *s)
{
    if (s->counters == NULL)
        return 0;
    uint64_t said =
        s->counters->shed + s->counters->drops + s->counters->refused + s->counters->lost_ways;
    uint64_t missing = unanswered(s) + s->count->gaps;
    return said < missing ? said : missing;
}

static void write_missing(const struct sim_fleet_summary *s, FILE *file)
{
    fprintf(file,
            "  \"missing\": {\"reports_unanswered\": %" PRIu64 ", \"sent_and_lost\": %" PRIu64,
            unanswered(s), s->count->gaps);
    if (s->counters != NULL)
        fprintf(file,
                ", \"explained_by_node\": %" PRIu64 ", \"node_contexts\": %" PRIu64
                ", \"node_shed\": %" PRIu64 ", \"node_drops\": %" PRIu64
                ", \"node_refused\": %" PRIu64 ", \"lost_on_the_way_up\": %" PRIu64,
                explained(s), s->counters->contexts, s->counters->shed, s->counters->drops,
                s->counters->refused, s->counters->lost_ways);
    fprintf(file,
            ", \"values_shed\": %" PRIu64 ", \"contexts_shed_segments\": %" PRIu64
            ", \"contexts_shed_rate\": %" PRIu64 ", \"contexts_shed_patch\": %" PRIu64
            ", \"contexts_shed_obstacles\": %" PRIu64 "},\n",
            s->counts->shed, s->count->shed[1], s->count->shed[2], s->count->shed[0],
            s->count->shed[3]);
}

static void print_missing(const struct sim_fleet_summary *s, FILE *out)
{
    if (unanswered(s) + s->count->gaps == 0)
        return;
    fprintf(out,
            "%" PRIu64 " reports without an answer of their own, %" PRIu64 " contexts lost on "
            "their way",
            unanswered(s), s->count->gaps);
    if (s->counters != NULL)
        fprintf(out, "; the node's counters explain %" PRIu64, explained(s));
    fputs("\n", out);
}

// What the nodes of the region promise together (sim/witness/witness_promises.h).
static void write_promises(const struct sim_fleet_summary *s, FILE *file)
{
    const struct sim_promise_counts *p = s->promises;
    fprintf(file,
            "  \"several_nodes\": {\"streams\": %s, \"owner_contexts\": %" PRIu64
            ", \"owner_changes\": %" PRIu64 ", \"older_epochs_refused\": %" PRIu64 ",\n",
            s->streams ? "true" : "false", p->owner_contexts, p->owners, p->older);
    fprintf(file,
            "    \"longest_gap_s\": %.3f, \"gaps_over\": %" PRIu64
            ", \"gaps_unjudged\": %" PRIu64
            ", \"longest_without_owner_s\": %.3f, \"own_stalls\": %" PRIu64
            ", \"longest_own_stall_s\": %.3f,\n",
            (double)p->longest_gap_us * 1e-6, p->gaps_over, p->gaps_unjudged,
            (double)p->longest_without_owner_us * 1e-6, p->stalls,
            (double)p->longest_stall_us * 1e-6);
    fprintf(file,
            "    \"asked\": %" PRIu64 ", \"replied\": %" PRIu64 ", \"replied_twice\": %" PRIu64
            ", \"unanswered\": %" PRIu64 ", \"unanswered_sent_again\": %" PRIu64
            ", \"unanswered_late\": %" PRIu64 ",\n",
            p->asked, p->replied, p->twice, p->missing, p->replaced, p->unanswered_late);
    fprintf(file,
            "    \"warnings_carried\": %" PRIu64 ", \"warnings_lost\": %" PRIu64
            ", \"warnings_unjudged\": %" PRIu64 "},\n",
            s->counts->checked[SIM_CHECK_CARRIED] - s->counts->wrong[SIM_CHECK_CARRIED],
            s->counts->wrong[SIM_CHECK_CARRIED], s->counts->carried_unjudged);
}

static void print_promises(const struct sim_fleet_summary *s, FILE *out)
{
    const struct sim_promise_counts *p = s->promises;
    if (!s->streams && p->owner_contexts == 0)
        return;
    fprintf(out,
            "%" PRIu64 " contexts of owners, %" PRIu64 " changes of owner, at most %.1f s "
            "without; %" PRIu64 " of older epochs refused\n",
            p->owner_contexts, p->owners, (double)p->longest_without_owner_us * 1e-6, p->older);
    fprintf(out,
            "longest gap between contexts %.3f s, %" PRIu64
            " longer than the last held, %" PRIu64 " not judged; the fleet itself stood still "
            "for at most %.3f s\n",
            (double)p->longest_gap_us * 1e-6, p->gaps_over, p->gaps_unjudged,
            (double)p->longest_stall_us * 1e-6);
    fprintf(out,
            "%" PRIu64 " profiles and plans: %" PRIu64 " replies, %" PRIu64 " double, %" PRIu64
            " missing, %" PRIu64 " not judged; %" PRIu64 " WARNINGs carried over, %" PRIu64
            " lost, %" PRIu64 " not judged\n",
            p->asked, p->replied, p->twice, p->missing, p->replaced + p->unanswered_late,
            s->counts->checked[SIM_CHECK_CARRIED] - s->counts->wrong[SIM_CHECK_CARRIED],
            s->counts->wrong[SIM_CHECK_CARRIED], s->counts->carried_unjudged);
}

static double points_per_drone_min(const struct sim_fleet_summary *s)
{
    double drone_minutes = (double)s->drones * s->seconds / 60.0;
    return drone_minutes > 0.0 ? (double)s->counts->data_points / drone_minutes : 0.0;
}

static void write_patches(const struct sim_patch_count *p, FILE *file)
{
    if (p == NULL)
        return;
    fprintf(file,
            "  \"patches\": {\"count\": %" PRIu64 ", \"key_frames\": %" PRIu64
            ", \"bytes\": %" PRIu64 ", \"key_bytes\": %" PRIu64 ", \"lost\": %" PRIu64
            ", \"gaps\": %" PRIu64 ", \"data_points\": %" PRIu64 ", \"watched\": %zu"
            ", \"decoded\": %" PRIu64 ", \"cells_checked\": %" PRIu64
            ", \"weather_cells\": %" PRIu64 "},\n",
            p->patches, p->keys, p->bytes, p->key_bytes, p->lost, p->gaps, p->data_points,
            p->watched, p->decoded, p->cells, p->weather);
}

static void print_patches(const struct sim_patch_count *p, FILE *out)
{
    if (p == NULL)
        return;
    fprintf(out,
            "%" PRIu64 " patches (%" PRIu64 " key frames, %" PRIu64 " dropped here), %" PRIu64
            " bytes, %" PRIu64 " data points; %" PRIu64 " of %zu drones decoded, %" PRIu64
            " cells checked\n",
            p->patches, p->keys, p->lost, p->bytes, p->data_points, p->decoded, p->watched,
            p->cells);
}

enum drf_status sim_fleet_report_save(const struct sim_fleet_summary *s, const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return DRF_ERR_STORE;
    const struct sim_receiver_count *n = s->count;
    fprintf(file, "{\n  \"drones\": %zu,\n  \"seconds\": %.1f,\n", s->drones, s->seconds);
    fprintf(file, "  \"contexts\": %" PRIu64 ",\n  \"contexts_per_s\": %.1f,\n", n->contexts,
            s->seconds > 0.0 ? (double)n->contexts / s->seconds : 0.0);
    if (s->latency->count > 0)
        fprintf(file,
                "  \"latency_us\": {\"p50\": %" PRIu64 ", \"p99\": %" PRIu64
                ", \"max\": %" PRIu64 "},\n",
                sim_histogram_at(s->latency, 0.5), sim_histogram_at(s->latency, 0.99),
                s->latency->max);
    else
        fputs("  \"latency_us\": {\"p50\": null, \"p99\": null, \"max\": null},\n", file);
    fprintf(file, "  \"verified\": %" PRIu64 ",\n", n->verified);
    fprintf(file, "  \"data_points_per_drone_min\": %.0f,\n", points_per_drone_min(s));
    fprintf(file, "  \"mismatches\": %" PRIu64 ",\n  \"gaps\": %" PRIu64 ",\n",
            sim_witness_counts_wrong(s->counts), n->gaps);
    fprintf(file, "  \"data_points\": %" PRIu64 ",\n  \"waiting\": %" PRIu64 ",\n",
            s->counts->data_points, s->counts->waiting);
    write_patches(s->patches, file);
    fprintf(file, "  \"telemetry_sent\": %" PRIu64 ",\n  \"telemetry_unsent\": %" PRIu64 ",\n",
            s->sent, s->unsent);
    fprintf(file, "  \"answered\": %" PRIu64 ",\n  \"unmatched\": %" PRIu64 ",\n",
            s->latency->count, n->unmatched);
    fprintf(file, "  \"pushed\": %" PRIu64 ",\n  \"advisories\": %" PRIu64 ",\n", n->pushed,
            n->advisories);
    fprintf(file, "  \"replies\": %" PRIu64 ",\n  \"refusals\": %" PRIu64 ",\n", n->replies,
            n->refusals);
    if (n->refusals > 0) {
        fputs("  \"refusal\": ", file);
        write_text(n->refusal, file);
        fputs(",\n", file);
    }
    fprintf(file, "  \"connections_lost\": %" PRIu64 ",\n", s->lost_connections);
    fprintf(file, "  \"context_bytes_mean\": %.0f,\n  \"context_bytes_max\": %u,\n",
            n->contexts > 0 ? (double)n->bytes / (double)n->contexts : 0.0, n->size_max);
    if (s->story != NULL)
        sim_story_write(s->story, file);
    fprintf(file,
            "  \"questions\": {\"asked\": %" PRIu64 ", \"terrain_answers\": %" PRIu64
            ", \"terrain_tiles\": %" PRIu64 ", \"terrain_unavailable\": %" PRIu64
            ", \"landing_answers\": %" PRIu64 "},\n",
            s->asked, n->terrain_answers, n->terrain_tiles, n->terrain_unavailable,
            n->landing_answers);
    write_missing(s, file);
    write_promises(s, file);
    write_kinds(s->counts, file);
    write_advisories(s->counts, file);
    write_example(s, file);
    fputs("}\n", file);
    bool bad = ferror(file) != 0;
    return fclose(file) != 0 || bad ? DRF_ERR_STORE : DRF_OK;
}

void sim_fleet_report_print(const struct sim_fleet_summary *s, FILE *out)
{
    fprintf(out,
            "%zu drones, %.1f s: %" PRIu64 " reports sent, %" PRIu64 " contexts, %" PRIu64
            " gaps\n",
            s->drones, s->seconds, s->sent, s->count->contexts, s->count->gaps);
    if (s->latency->count == 0)
        fprintf(out, "no context answered a report\n");
    else
        fprintf(out,
                "latency p50 %.2f ms, p99 %.2f ms, max %.2f ms; %.0f data points per drone and "
                "minute\n",
                (double)sim_histogram_at(s->latency, 0.5) * 1e-3,
                (double)sim_histogram_at(s->latency, 0.99) * 1e-3,
                (double)s->latency->max * 1e-3, points_per_drone_min(s));
    print_missing(s, out);
    print_promises(s, out);
    print_patches(s->patches, out);
    if (s->asked > 0)
        fprintf(out,
                "%" PRIu64 " questions asked, %" PRIu64 " answered with %" PRIu64
                " terrain tiles, %" PRIu64 " on landing\n",
                s->asked, s->count->terrain_answers, s->count->terrain_tiles,
                s->count->landing_answers);
    if (s->count->verified < s->count->contexts)
        fprintf(out, "%" PRIu64 " of the contexts checked, all of some drones\n",
                s->count->verified);
    uint64_t checked = 0;
    for (int i = 0; i < SIM_CHECK_COUNT; i++)
        checked += s->counts->checked[i];
    fprintf(out,
            "%" PRIu64 " values checked against the world: %" PRIu64 " wrong, %" PRIu64
            " not there yet, %" PRIu64 " left out for room\n",
            checked, sim_witness_counts_wrong(s->counts), s->counts->waiting, s->counts->shed);
    print_advisories(s->counts, out);
    for (int i = 0; i < SIM_CHECK_COUNT; i++)
        if (s->counts->wrong[i] > 0)
            fprintf(out, "  %-13s %" PRIu64 " wrong, the first: %s\n",
                    sim_check_name((enum sim_check)i), s->counts->wrong[i],
                    s->counts->sample[i]);
    if (s->count->refusals > 0)
        fprintf(out, "  %" PRIu64 " refusals, the first: %s\n", s->count->refusals,
                s->count->refusal);
}
