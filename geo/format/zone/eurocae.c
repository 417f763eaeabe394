// SPDX-License-Identifier: Apache-2.0
#include "geo/format/zone/eurocae.h"

#include "geo/format/zone/zone_times.h"

// ED-269 (2020), 8.2; ED-318, 4.2: TimePeriod, DailyPeriod.
static const struct geo_zone_words words = {"startDateTime", "endDateTime", "schedule",
                                            "day",           "startTime",   "endTime"};

enum drf_status geo_eurocae_read_identity(struct geo_zone_reader *reader,
                                          const struct geo_json *zone)
{
    const struct geo_json *source = geo_json_member(zone, "dataSource");
    const struct geo_json *updated = geo_json_member(source, "updateDateTime");
    enum drf_status status = geo_zone_read_id(reader, geo_json_member(zone, "country"),
                                              geo_json_member(zone, "identifier"));
    geo_zone_read_data_time(reader, geo_json_present(updated)
                                        ? updated
                                        : geo_json_member(source, "creationDateTime"));
    return status;
}

enum drf_status geo_eurocae_add_times(struct geo_zone_reader *reader,
                                      const struct geo_json *periods, const char *name)
{
    return geo_zone_add_each(reader, periods, name, &words);
}

enum drf_status geo_eurocae_read_limits(const struct geo_zone_reader *reader,
                                        const struct geo_json *volume,
                                        const struct geo_eurocae_limits *names,
                                        struct geo_zone_limit *lower,
                                        struct geo_zone_limit *upper)
{
    const struct geo_json *unit = geo_json_member(volume, names->unit);
    enum drf_status status =
        geo_zone_read_limit(reader, names->lower, geo_json_member(volume, names->lower), unit,
                            geo_json_member(volume, names->lower_reference), lower);
    if (status == DRF_OK)
        status =
            geo_zone_read_limit(reader, names->upper, geo_json_member(volume, names->upper),
                                unit, geo_json_member(volume, names->upper_reference), upper);
    return status;
}
