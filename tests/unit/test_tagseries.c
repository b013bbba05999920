/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/tagseries.h"
#include "unit.h"

static const struct {
    const char *tag, *pattern, *date; /* date NULL: it isn't of the series */
} tags[] = {
    {"20261127", "{date}", "20261127"},
    {"20261127.1", "{date}", "20261127"},
    {"20261127.12", "{date}", "20261127"},
    {"20261127.", "{date}", NULL},
    {"20261127.x", "{date}", NULL},
    {"20261127.1.2", "{date}", NULL},
    {"2026112", "{date}", NULL},
    {"202611271", "{date}", NULL},
    {"20261127-amd64", "{date}", NULL},
    {"latest", "{date}", NULL},
    {"", "{date}", NULL},
    {"sha256-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "{digest}", NULL},
    {"0123456789ab", "{digest}", ""},
    {"d-0123456789ab.3", "d-{digest}", ""},
    {"d-0123456789aB", "d-{digest}", NULL},
    {"0123456789abc", "{digest}", NULL},
    {"3.13.5-20261127", "{version:python3.13}-{date}", "20261127"},
    {"3.13.5-20261127.1", "{version:python3.13}-{date}", "20261127"},
    {"-20261127", "{version:python3.13}-{date}", NULL},
    {"20261127-3.13.5", "{date}-{version:python3.13}", "20261127"},
    {"20261127-", "{date}-{version:python3.13}", NULL},
    {"20251101-20261127", "{version:tzdata}-{date}", "20261127"},
    {"_x20261127", ".x{date}", "20261127"},
    {".x20261127", ".x{date}", NULL},
    {"a.x20261127", "a.x{date}", "20261127"},
    {"20261127x", "{date}", NULL},
};

static void test_series(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
        char date[TAG_DATE_LENGTH + 1];
        bool is = tag_in_series(tags[i].tag, tags[i].pattern, date);
        if (is != (tags[i].date != NULL))
            fail_msg("%s of %s", tags[i].tag, tags[i].pattern);
        assert_string_equal(date, tags[i].date ? tags[i].date : "");
    }
}

/* As long as a tag may be, of many versions, and longer. */
static void test_long(void **state)
{
    (void)state;
    char tag[200], date[TAG_DATE_LENGTH + 1];
    static const char pattern[] = "{version:ab}{version:ab}{version:ab}{version:ab}{version:ab}{"
                                  "version:ab}{version:ab}{version:ab}"
                                  "{version:ab}{version:ab}{version:ab}{version:ab}{version:ab}{"
                                  "version:ab}{version:ab}{version:ab}x";
    memset(tag, 'a', sizeof(tag));
    tag[128] = 0;
    assert_false(tag_in_series(tag, pattern, date));
    tag[127] = 'x';
    assert_true(tag_in_series(tag, pattern, date));
    tag[128] = 'x';
    tag[129] = 0;
    assert_false(tag_in_series(tag, pattern, date));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
