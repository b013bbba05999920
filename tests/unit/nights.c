/* SPDX-License-Identifier: Apache-2.0 */
#include "nights.h"

#include "unit.h"

json_t *parse_json(const char *text)
{
    CLEANUP(free_ptr) char *copy = xstrdup(text);

    for (char *p = copy; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    json_t *ret = json_loads(copy, JSON_ALLOW_NUL, NULL);
    assert_non_null(ret);
    return ret;
}

void check_written(const char *entries, enum night_format format, const char *want)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    json_t *list = parse_json(entries), *report = night_report(list, 1);

    night_write(report, format, &text);
    assert_string_equal(buf_str(&text), want);
    json_decref(report);
    json_decref(list);
}

void check_all_written(const char *const *entries, enum night_format format, const char *want)
{
    CLEANUP(buf_release) struct buf list = BUF_INIT(0);

    for (size_t i = 0; entries[i]; i++)
        buf_addf(&list, "%s%s", i ? "," : "[", entries[i]);
    buf_addch(&list, ']');
    check_written(buf_str(&list), format, want);
}
