// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>
#include <string.h>

#include "geo/reader/obstacle_fields.h"

#define M_PER_FT 0.3048
#define IN_PER_FT 12

static int lower(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }

bool geo_length_unit(const char *word, double *out_m)
{
    static const struct {
        const char *word;
        double m;
    } units[] = {
        {"m", 1.0},
        {"metre", 1.0},
        {"metres", 1.0},
        {"meter", 1.0},
        {"meters", 1.0},
        {"ft", M_PER_FT},
        {"ft.", M_PER_FT},
        {"foot", M_PER_FT},
        {"feet", M_PER_FT},
        {"'", M_PER_FT},
        {"\xe2\x80\xb2", M_PER_FT}, // prime
        {"\xe2\x80\x99", M_PER_FT}, // right quotation mark
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        const char *a = word, *b = units[i].word;
        while (*a != '\0' && lower(*a) == *b)
            a++, b++;
        if (*a == '\0' && *b == '\0') {
            *out_m = units[i].m;
            return true;
        }
    }
    return false;
}

// Digits with a fraction, in every locale; what follows them is left. NULL: there are none.
static const char *number(const char *at, double *out)
{
    enum { DIGITS_MAX = 15 };
    double value = 0.0, scale = 1.0;
    int digits = 0;
    bool point = false;
    for (; (*at >= '0' && *at <= '9') || (*at == '.' && !point && digits > 0); at++) {
        if (*at == '.') {
            point = true;
            continue;
        }
        value = value * 10.0 + (*at - '0');
        scale *= point ? 10.0 : 1.0;
        digits++;
    }
    *out = value / scale;
    return digits > 0 && digits <= DIGITS_MAX && at[-1] != '.' ? at : NULL;
}

static const char *blanks(const char *at)
{
    while (*at == ' ')
        at++;
    return at;
}

// "7'6\"": what stands behind the feet.
static bool inches(const char *at, double *out)
{
    at = number(at, out);
    return at != NULL && *out < IN_PER_FT
           && (strcmp(at, "\"") == 0 || strcmp(at, "\xe2\x80\xb3") == 0
               || strcmp(at, "in") == 0);
}

bool geo_number_parse(const char *text, double *out)
{
    double value;
    const char *end = number(text + (*text == '-' || *text == '+'), &value);
    if (end == NULL || *end != '\0')
        return false;
    *out = *text == '-' ? -value : value;
    return true;
}

bool geo_length_parse(const char *text, double unit_m, double *out_m)
{
    enum { UNIT_SIZE = 16 };
    char unit[UNIT_SIZE];
    double value, more;
    const char *at = blanks(text);
    bool negative = *at == '-';
    at = number(at + (*at == '-' || *at == '+'), &value);
    if (at == NULL)
        return false;
    at = blanks(at);
    size_t size = strlen(at);
    while (size > 0 && at[size - 1] == ' ')
        size--;
    if (*at == '\'' && inches(blanks(at + 1), &more)) {
        *out_m = (negative ? -1 : 1) * (value + more / IN_PER_FT) * M_PER_FT;
        return true;
    }
    if (size >= sizeof unit)
        return false;
    memcpy(unit, at, size);
    unit[size] = '\0';
    if (size > 0 && !geo_length_unit(unit, &unit_m))
        return false;
    *out_m = (negative ? -value : value) * unit_m;
    return unit_m > 0.0;
}
