// SPDX-License-Identifier: Apache-2.0
#include "geo/format/grib/grib_origin.h"

#include <inttypes.h>
#include <stdbool.h>

#include "geo/record/refusal.h"

enum { MISSING_OCTET = 255 };

// Table 1.3: each programme has an operational status and a test beside it.
static bool is_test(int64_t status)
{
    switch (status) {
    case 1:  // operational test products
    case 5:  // TIGGE test
    case 7:  // S2S test
    case 9:  // UERRA test
    case 11: // CARRA and CERRA test
    case 13: // Destination Earth test
        return true;
    default:
        return false;
    }
}

static enum drf_status check_production(int64_t status, const struct geo_decode_params *params,
                                        struct geo_note *why)
{
    if (status == 0 || status == MISSING_OCTET)
        return DRF_OK;
    if (is_test(status) && params->refuse_test)
        return geo_refuse(why, GEO_REFUSAL_MODE, 0,
                          "production status %" PRId64 " is a test: not for this node's mode",
                          status);
    bool listed = status > 0 && status < MISSING_OCTET
                  && (params->production_statuses[status / 8] >> (status % 8) & 1) != 0;
    if (status == 1 || listed)
        return DRF_OK;
    return geo_refuse(
        why, GEO_REFUSAL_UNSUPPORTED, 0,
        "production status %" PRId64 " is not among production_status of the feed", status);
}

// Table 4.3. Codes that are reserved or local say nothing that is understood here.
static bool values_by_process(int64_t process)
{
    switch (process) {
    case 0:  // analysis
    case 1:  // initialization
    case 2:  // forecast
    case 3:  // bias corrected forecast
    case 8:  // observation
    case 12: // post-processed analysis
    case 13: // post-processed forecast
    case 14: // nowcast
    case 15: // hindcast
    case 16: // physical retrieval
    case 17: // regression analysis
    case 19: // first guess
    case GEO_GRIB_MISSING:
    case MISSING_OCTET:
        return true;
    default: // ensembles, probabilities, errors, climatology, differences, increments
        return false;
    }
}

// Table 1.4: no perturbed members, no probabilities, nothing local.
static bool values_by_data(int64_t data)
{
    return (data >= 0 && data <= 3) || data == 6 || data == 7 || data == MISSING_OCTET
           || data == GEO_GRIB_MISSING;
}

// Table 1.2. Forecast time counts from an analysis, the start of a forecast or an observation.
// From a verifying time, or where it is not said, it is used only where there is none.
static bool reference_usable(const struct geo_grib_product *p)
{
    switch (p->significance) {
    case 0:
    case 1:
    case 3:
        return true;
    case 2:
    case GEO_GRIB_MISSING:
    case MISSING_OCTET:
        return p->template == 0 && p->forecast == 0;
    default: // local time, among others
        return false;
    }
}

enum drf_status geo_grib_origin_check(const struct geo_grib_product *product,
                                      const struct geo_decode_params *params,
                                      struct geo_note *why)
{
    if (product->edition == 1) {
        if (!product->no_values)
            return DRF_OK;
        (void)!geo_refuse(why, GEO_REFUSAL_IGNORED, 0, "local type");
        return DRF_ERR_ABSENT;
    }
    enum drf_status status = check_production(product->production, params, why);
    if (status != DRF_OK)
        return status;
    if (!values_by_process(product->process)) {
        (void)!geo_refuse(why, GEO_REFUSAL_IGNORED, 0, "generating process %" PRId64,
                          product->process);
        return DRF_ERR_ABSENT;
    }
    if (!values_by_data(product->data)) {
        (void)!geo_refuse(why, GEO_REFUSAL_IGNORED, 0, "type of data %" PRId64, product->data);
        return DRF_ERR_ABSENT;
    }
    if (!reference_usable(product))
        return geo_refuse(
            why, GEO_REFUSAL_UNSUPPORTED, 0, "significance %" PRId64 " of the reference time",
            product->significance == GEO_GRIB_MISSING ? MISSING_OCTET : product->significance);
    return DRF_OK;
}
