// SPDX-License-Identifier: Apache-2.0
#include "edge/sample/item_writer.h"

#include <math.h>
#include <string.h>
#include <time.h>

enum { COLUMNS = 110, INDENT = 6, PIECE = 400 };

void edge_item_format_time(int64_t utc_us, char text[static EDGE_ITEM_TEXT])
{
    const int64_t whole = utc_us / 1000000;
    const time_t seconds = (time_t)(utc_us % 1000000 < 0 ? whole - 1 : whole);
    struct tm fields;
    if (!gmtime_r(&seconds, &fields)
        || strftime(text, EDGE_ITEM_TEXT, "%Y-%m-%dT%H:%M:%SZ", &fields) == 0)
        snprintf(text, EDGE_ITEM_TEXT, "-");
}

void edge_item_format_place(struct geo_point place, char text[static EDGE_ITEM_TEXT])
{
    snprintf(text, EDGE_ITEM_TEXT, "%.5f %c %.5f %c", fabs(place.lat_deg),
             place.lat_deg < 0 ? 'S' : 'N', fabs(place.lon_deg), place.lon_deg < 0 ? 'W' : 'E');
}

void edge_item_format_bounds(struct geo_bounds bounds, char text[static EDGE_ITEM_BOUNDS])
{
    char low[EDGE_ITEM_TEXT], high[EDGE_ITEM_TEXT];
    edge_item_format_place((struct geo_point){bounds.south_deg, bounds.west_deg}, low);
    edge_item_format_place((struct geo_point){bounds.north_deg, bounds.east_deg}, high);
    snprintf(text, EDGE_ITEM_BOUNDS, "%s to %s", low, high);
}

// Behind a comma, or on a new line if it is too long for this one.
static void put(struct edge_item_writer *writer, const char *text)
{
    const size_t length = strlen(text);
    if (writer->column + length + 2 > COLUMNS) {
        fprintf(writer->out, ",\n%*s%s", INDENT, "", text);
        writer->column = INDENT + length;
    } else {
        fprintf(writer->out, ", %s", text);
        writer->column += 2 + length;
    }
}

void edge_item_begin(struct edge_item_writer *writer, const char *kind, const char *id,
                     const char *name)
{
    writer->assumed[0] = writer->missing[0] = '\0';
    fprintf(writer->out, "  %s %s", kind, id);
    writer->column = 3 + strlen(kind) + strlen(id);
    if (name != NULL && name[0] != '\0') {
        fprintf(writer->out, " \"%s\"", name);
        writer->column += 3 + strlen(name);
    }
}

void edge_item_end(struct edge_item_writer *writer)
{
    fputc('\n', writer->out);
    if (writer->assumed[0] != '\0')
        fprintf(writer->out, "%*sassumed: %s\n", INDENT - 2, "", writer->assumed);
    if (writer->missing[0] != '\0')
        fprintf(writer->out, "%*snot known: %s\n", INDENT - 2, "", writer->missing);
}

void edge_item_part(struct edge_item_writer *writer, const char *words)
{
    fprintf(writer->out, "\n%*s%s", INDENT - 2, "", words);
    writer->column = INDENT - 2 + strlen(words);
}

void edge_item_number(struct edge_item_writer *writer, const char *label, double value,
                      int decimals, const char *unit)
{
    char text[PIECE];
    const double scale = pow(10.0, decimals), rounded = round(value * scale) / scale;
    snprintf(text, sizeof text, "%s%s%.*f%s%s", label, label[0] != '\0' ? " " : "", decimals,
             rounded == 0 ? 0.0 : rounded, unit[0] != '\0' ? " " : "", unit); // no "-0"
    put(writer, text);
}

void edge_item_text(struct edge_item_writer *writer, const char *label, const char *text)
{
    char piece[PIECE];
    if (text[0] == '\0')
        return;
    snprintf(piece, sizeof piece, "%s%s%s", label, label[0] != '\0' ? " " : "", text);
    put(writer, piece);
}

void edge_item_time(struct edge_item_writer *writer, const char *label, int64_t utc_us)
{
    char text[EDGE_ITEM_TEXT];
    edge_item_format_time(utc_us, text);
    edge_item_text(writer, label, text);
}

void edge_item_place(struct edge_item_writer *writer, const char *label, struct geo_point place)
{
    char text[EDGE_ITEM_TEXT];
    edge_item_format_place(place, text);
    edge_item_text(writer, label, text);
}

void edge_item_corners(struct edge_item_writer *writer, const struct geo_point *corners,
                       size_t count, size_t most)
{
    char text[EDGE_ITEM_TEXT];
    for (size_t i = 0; i < count && i < most; i++)
        edge_item_place(writer, "", corners[i]);
    if (count > most) {
        snprintf(text, sizeof text, "and %zu corners more", count - most);
        put(writer, text);
    }
}

static void append(char *remarks, const char *words)
{
    const size_t used = strlen(remarks);
    if (used + strlen(words) + 3 < EDGE_ITEM_REMARKS)
        snprintf(remarks + used, EDGE_ITEM_REMARKS - used, "%s%s", used > 0 ? "; " : "", words);
}

void edge_item_assume(struct edge_item_writer *writer, const char *words)
{
    append(writer->assumed, words);
}

void edge_item_miss(struct edge_item_writer *writer, const char *words)
{
    append(writer->missing, words);
}
