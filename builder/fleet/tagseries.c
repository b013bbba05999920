/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/tagseries.h"

#define DIGITS     "0123456789"
#define HEX        "0123456789abcdef"
#define LENGTH_MAX 128 /* of a tag */

/* How far the parts so far can reach: [i] tells whether they end before the tag's byte i, and
 * where the date then stands. */
struct reach {
    bool ends[LENGTH_MAX + 1];
    const char *date[LENGTH_MAX + 1];
};

static void note(struct reach *to, size_t at, const char *date)
{
    to->ends[at] = true;
    to->date[at] = date;
}

/* The begin of a tag can't be "." or "-": they come out as "_". */
static bool text_fits(const char *tag, struct slice text, bool first)
{
    for (size_t i = 0; i < text.n; i++) {
        bool odd = first && i == 0 && (*text.p == '.' || *text.p == '-');
        if (tag[i] != (odd ? '_' : text.p[i]))
            return false;
    }
    return true;
}

static void step(const char *tag, size_t n, enum tag_part kind, struct slice part, size_t from,
                 const char *date, struct reach *to)
{
    const char *at = tag + from;

    if (kind == TAG_TEXT && text_fits(at, part, from == 0))
        note(to, from + part.n, date);
    else if (kind == TAG_DATE && strspn(at, DIGITS) >= TAG_DATE_LENGTH)
        note(to, from + TAG_DATE_LENGTH, at);
    else if (kind == TAG_DIGEST && strspn(at, HEX) >= TAG_DIGEST_LENGTH)
        note(to, from + TAG_DIGEST_LENGTH, date);
    for (size_t end = from + 1; kind == TAG_VERSION && end <= n; end++)
        note(to, end, date);
}

/* ".1", or nothing. */
static bool is_number(const char *rest)
{
    if (!*rest)
        return true;
    return *rest == '.' && rest[1] && !rest[1 + strspn(rest + 1, DIGITS)];
}

bool tag_in_series(const char *tag, const char *pattern, char date[TAG_DATE_LENGTH + 1])
{
    struct reach now = {.ends = {true}};
    struct slice part = {0};
    enum tag_part kind;
    size_t n = strlen(tag);

    memset(date, 0, TAG_DATE_LENGTH + 1);
    if (n > LENGTH_MAX)
        return false;
    while ((kind = tag_part_next(&pattern, &part)) != TAG_END) {
        struct reach next = {0};
        for (size_t i = 0; i <= n; i++)
            if (now.ends[i])
                step(tag, n, kind, part, i, now.date[i], &next);
        if (kind == TAG_WRONG)
            return false;
        now = next;
    }
    for (size_t i = 0; i <= n; i++) {
        if (!now.ends[i] || !is_number(tag + i))
            continue;
        if (now.date[i])
            memcpy(date, now.date[i], TAG_DATE_LENGTH);
        return true;
    }
    return false;
}
