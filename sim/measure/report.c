// SPDX-License-Identifier: Apache-2.0
//
// The page is written as the recordings come, a section each, so that only one of them is in
// memory. Colours are variables of the page, once for light and once for dark.
#include "sim/measure/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/measure/plot.h"

enum { NOTE_SIZE = 480, LEAD_BINS = 30 };

struct sim_report {
    FILE *file;
    const struct sim_measure_rules *rules;
    size_t recordings;
};

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>drf-sim measure</title>\n<style>\n"
    ":root{color-scheme:light dark;--ink:#1b2430;--soft:#5b6675;--line:#d8dee6;--paper:#fff;"
    "--one:#2366b8;--two:#c2571a;--three:#2f8a57;--bad:#c0202f}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e9f0;--soft:#9aa6b5;--line:#323b47;"
    "--paper:#14181e;--one:#6aa9f2;--two:#f0935a;--three:#68c792;--bad:#ff6b76}}\n"
    "body{margin:0 auto;max-width:1360px;padding:24px;background:var(--paper);"
    "color:var(--ink);font:15px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:22px;margin:0 0 4px}h2{font-size:17px;margin:36px 0 6px;"
    "overflow-wrap:anywhere}h3{font-size:15px;margin:20px 0 4px}\n"
    "p,li{max-width:900px}.soft,li{color:var(--soft)}ul{margin:4px 0 12px;padding-left:18px}\n"
    ".plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,520px),1fr));"
    "gap:20px 28px;align-items:start;margin-top:18px}.map{grid-row:span 2}\n"
    "svg{width:100%;height:auto;max-width:680px;overflow:visible;"
    "font:12px system-ui,sans-serif}svg text{fill:var(--soft)}\n"
    "svg .title{fill:var(--ink);font-weight:600;font-size:14px}\n"
    ".axis{stroke:var(--soft);fill:none}.grid{stroke:var(--line)}\n"
    "rect.one{fill:var(--one)}.mark{stroke:var(--bad);stroke-dasharray:4 3}\n"
    ".line,.track{fill:none;stroke-width:2;stroke-linejoin:round}.track{stroke-width:1.2;"
    "opacity:.75}\n"
    ".line.one,.track.one{stroke:var(--one)}.line.two,.track.two{stroke:var(--two)}"
    ".line.three{stroke:var(--three)}\n"
    ".loss{fill:none;stroke:var(--bad);stroke-width:1.4}.nmac{fill:var(--bad)}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}\n"
    "th,td{text-align:left;padding:3px 14px 3px 0;border-bottom:1px solid var(--line);"
    "vertical-align:top}td.n,th.n{text-align:right}\n"
    "summary{cursor:pointer;margin:12px 0}\n"
    "</style>\n</head>\n<body>\n<h1>drf-sim measure</h1>\n"
    "<p class=\"soft\">Advisory information, not certified. What is not measurable says why; "
    "it "
    "is never 0. Definitions: deploy/research.md of drf-edge " DRF_VERSION ".</p>\n";

enum drf_status sim_report_open(const char *path, const struct sim_measure_rules *rules,
                                struct sim_report **out)
{
    struct sim_report *report = calloc(1, sizeof *report);
    if (report == NULL)
        return DRF_ERR_NOMEM;
    report->rules = rules;
    report->file = fopen(path, "w");
    if (report->file == NULL) {
        fprintf(stderr, "drf-sim: %s: cannot be written: %s\n", path, strerrordesc_np(errno));
        free(report);
        return DRF_ERR_STORE;
    }
    fputs(head, report->file);
    const struct sim_separation_rules *s = &rules->separation;
    fprintf(
        report->file,
        "<p class=\"soft\">NMAC: nearer than %.6g m and %.6g m up or down. Well clear lost: "
        "%.6g m and %.6g m. Range of pairs %.6g m, sampled each %.6g s; positions farther "
        "apart than %.6g s are not joined.</p>\n",
        s->cylinders[SIM_LOSS_NMAC].horizontal_m, s->cylinders[SIM_LOSS_NMAC].vertical_m,
        s->cylinders[SIM_LOSS_WELL_CLEAR].horizontal_m,
        s->cylinders[SIM_LOSS_WELL_CLEAR].vertical_m, s->range_m, (double)s->step_us / 1e6,
        (double)s->max_gap_us / 1e6);
    *out = report;
    return DRF_OK;
}

void sim_report_notes(const struct sim_measured *measured,
                      void (*line)(void *context, const char *text), void *context)
{
    const struct sim_scan *scan = &measured->scan;
    char text[NOTE_SIZE];
    if (scan->truncated) {
        snprintf(text, sizeof text,
                 "The file is truncated: measured up to its last whole chunk. %s",
                 scan->truncation);
        line(context, text);
    }
    if (scan->truth.count > 0)
        line(context, "Positions are the simulation's truth.");
    else if (scan->reported.count > 0)
        line(context, "No truth in the recording: positions are what the drones reported, with "
                      "their errors.");
    if (scan->replayed)
        line(context, "A replay: what the node sends has the time of the step that made it, so "
                      "ages end at the node, and delays are not known.");
    if (scan->verdict_messages == 0)
        line(context,
             "No verdicts in the recording: missed and false advisories cannot be told.");
    if (scan->other_topics > 0) {
        snprintf(text, sizeof text,
                 "%" PRIu64 " messages on %zu topics of others were left out, such as %s.",
                 scan->leaf_messages[SIM_LEAF_OTHER], scan->other_topics, scan->other_topic);
        line(context, text);
    }
    if (scan->undecodable > 0) {
        snprintf(text, sizeof text, "%" PRIu64 " messages could not be decoded.",
                 scan->undecodable);
        line(context, text);
    }
    if (scan->no_position > 0) {
        snprintf(text, sizeof text, "%" PRIu64 " reports had no position or no time.",
                 scan->no_position);
        line(context, text);
    }
    if (scan->time_of_arrival > 0) {
        snprintf(text, sizeof text,
                 "%" PRIu64
                 " reports had no time of their own: the time of arrival stands for it.",
                 scan->time_of_arrival);
        line(context, text);
    }
    uint64_t repeated = 0;
    const struct sim_tracks *tracks = sim_scan_tracks(scan);
    for (size_t i = 0; i < tracks->count; i++)
        repeated += tracks->tracks[i].repeated;
    if (repeated > 0) {
        snprintf(text, sizeof text,
                 "%" PRIu64 " positions were not later than the one before and were left out.",
                 repeated);
        line(context, text);
    }
}

static void note_item(void *context, const char *text)
{
    FILE *out = context;
    fputs("<li>", out);
    sim_plot_text(out, text);
    fputs("</li>\n", out);
}

static void plot_separation(struct sim_report *report, const struct sim_measured *measured)
{
    const struct sim_separation_rules *rules = &report->rules->separation;
    const struct sim_separation *s = &measured->separation;
    char title[120];
    if (s->instants == s->beyond)
        return;
    snprintf(title, sizeof title,
             "Horizontal separation of pairs (%" PRIu64 " of %" PRIu64 " beyond the range)",
             s->beyond, s->instants);
    const struct sim_plot_mark marks[] = {
        {rules->cylinders[SIM_LOSS_NMAC].horizontal_m, "NMAC"},
        {rules->cylinders[SIM_LOSS_WELL_CLEAR].horizontal_m, "well clear"}};
    sim_plot_bars(report->file, &(struct sim_plot_bars){.title = title,
                                                        .x_label = "metres",
                                                        .y_label = "pairs at steps",
                                                        .width = s->bin_m,
                                                        .counts = s->horizontal,
                                                        .count = SIM_SEPARATION_BINS,
                                                        .marks = marks,
                                                        .mark_count = 2});
}

static void plot_age(FILE *out, const struct sim_measured *measured)
{
    struct sim_plot_series series[3];
    size_t count = 0;
    if (measured->scan.delay.count > 0)
        series[count++] = (struct sim_plot_series){"delay of a context", &measured->scan.delay};
    if (measured->scan.intervals.count > 0)
        series[count++] =
            (struct sim_plot_series){"between two contexts", &measured->scan.intervals};
    if (measured->peaks.count > 0)
        series[count++] = (struct sim_plot_series){"peak of the age", &measured->peaks};
    if (count > 0)
        sim_plot_shares(out, "Age of information at the drones", "seconds", series, count);
}

static void plot_leads(FILE *out, const struct sim_measured *measured)
{
    double least = 0, most = 0;
    size_t told = 0;
    for (int pass = 0; pass < 2; pass++) {
        uint64_t bins[LEAD_BINS] = {0};
        double width = (most - least) / LEAD_BINS;
        if (width <= 0)
            width = 1;
        for (size_t i = 0; i < measured->lead_count; i++) {
            const struct sim_lead *lead = &measured->leads[i];
            if (!lead->told || !lead->entry_known || strcmp(lead->event, "nmac") == 0)
                continue;
            double lead_s = (double)(lead->event_us - lead->told_us) / 1e6;
            if (pass == 0) {
                told++;
                least = lead_s < least ? lead_s : least;
                most = lead_s > most ? lead_s : most;
            } else {
                size_t bin = (size_t)((lead_s - least) / width);
                bins[bin < LEAD_BINS ? bin : LEAD_BINS - 1]++;
            }
        }
        if (told == 0)
            return;
        const struct sim_plot_mark entry = {0, "entry"};
        if (pass == 1)
            sim_plot_bars(
                out, &(struct sim_plot_bars){
                         .title = "Lead: first word until well clear is lost, or a WARNING "
                                  "is due",
                         .x_label = "seconds before (right is sooner)",
                         .y_label = "events",
                         .from = least,
                         .width = width,
                         .counts = bins,
                         .count = LEAD_BINS,
                         .marks = &entry,
                         .mark_count = least < 0});
    }
}

static void plot_bytes(FILE *out, const struct sim_measured *measured)
{
    struct sim_plot_row rows[SIM_LEAF_OF_DRONES];
    size_t count = 0;
    for (enum sim_leaf leaf = 0; leaf < SIM_LEAF_OF_DRONES; leaf++) {
        const struct sim_measure *m =
            sim_measure_find(measured, "bytes_per_drone_s_mean", sim_leaf_name(leaf));
        if (m != NULL && m->known && m->value > 0)
            rows[count++] =
                (struct sim_plot_row){.label = sim_leaf_name(leaf), .value = m->value};
    }
    if (count > 0)
        sim_plot_rows(out, "Payload of each drone", "bytes a second", rows, count);
}

static void table(FILE *out, const struct sim_measured *measured)
{
    fputs("<details><summary>All measures</summary><div class=\"wide\"><table>\n<tr><th>measure"
          "</th><th>of</th><th class=\"n\">value</th><th class=\"n\">made from</th></tr>\n",
          out);
    for (size_t i = 0; i < measured->count; i++) {
        const struct sim_measure *m = &measured->measures[i];
        fprintf(out, "<tr><td>%s</td><td>%s</td>", m->name, m->of);
        if (m->known) {
            fprintf(out, "<td class=\"n\">%.6g</td><td class=\"n\">%" PRIu64 "</td></tr>\n",
                    m->value, m->count);
        } else {
            fputs("<td colspan=\"2\" class=\"soft\">not measurable: ", out);
            sim_plot_text(out, m->why);
            fputs("</td></tr>\n", out);
        }
    }
    fputs("</table></div></details>\n", out);
}

// The few that most readers look for first.
static void essentials(FILE *out, const struct sim_measured *measured)
{
    static const struct {
        const char *label, *name, *of;
    } rows[] = {
        {"Drones", "drones", ""},
        {"Hours flown", "flight_s", ""},
        {"NMAC", "losses", "nmac"},
        {"Well clear lost", "losses", "well_clear"},
        {"Least separation, horizontal, m", "separation_min_m", "horizontal"},
        {"Lead to entry, median, s", "lead_to_entry_p50_s", "well_clear"},
        {"Traffic advisories missed, episodes", "advisory_missed_episodes", "traffic"},
        {"Age of information, mean, s", "context_age_mean_s", ""},
        {"Down, bytes a second and drone", "bytes_per_drone_s_mean", "down"},
    };
    fputs("<div class=\"wide\"><table>\n", out);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sim_measure *m = sim_measure_find(measured, rows[i].name, rows[i].of);
        if (m == NULL)
            continue;
        fprintf(out, "<tr><td>%s</td>", rows[i].label);
        bool hours = strcmp(rows[i].name, "flight_s") == 0;
        if (m->known)
            fprintf(out, "<td class=\"n\">%.4g</td></tr>\n",
                    hours ? m->value / 3600 : m->value);
        else
            fprintf(out, "<td class=\"soft\">not measurable: %s</td></tr>\n", m->why);
    }
    fputs("</table></div>\n", out);
}

void sim_report_add(struct sim_report *report, const struct sim_measured *measured)
{
    FILE *out = report->file;
    fputs("<h2>", out);
    sim_plot_text(out, measured->scan.path);
    fputs("</h2>\n", out);
    if (measured->scan.seed[0] != '\0') {
        fputs("<p class=\"soft\">Seed ", out);
        sim_plot_text(out, measured->scan.seed);
        fputs("</p>\n", out);
    }
    fputs("<ul>\n", out);
    sim_report_notes(measured, note_item, out);
    fputs("</ul>\n", out);
    essentials(out, measured);
    if (report->recordings++ < SIM_REPORT_PLOTTED_MAX) {
        fputs("<div class=\"plots\">\n", out);
        if (measured->separation.aircraft > 0)
            sim_plot_map(out, "Tracks; circles where well clear was lost, dots where NMAC",
                         measured, report->rules->separation.max_gap_us);
        plot_separation(report, measured);
        plot_age(out, measured);
        plot_leads(out, measured);
        plot_bytes(out, measured);
        fputs("</div>\n", out);
    } else {
        fprintf(out, "<p class=\"soft\">Only the first %d recordings have plots.</p>\n",
                SIM_REPORT_PLOTTED_MAX);
    }
    table(out, measured);
}

enum drf_status sim_report_close(struct sim_report *report)
{
    if (report == NULL)
        return DRF_OK;
    fputs("</body>\n</html>\n", report->file);
    bool bad = ferror(report->file) != 0;
    bad |= fclose(report->file) != 0;
    free(report);
    return bad ? DRF_ERR_STORE : DRF_OK;
}
