/* SPDX-License-Identifier: Apache-2.0 */
/* What `mkimage explain` prints of each rule. */
#include "report/explain.h"
#include "unit.h"

static void test_lines(void **state)
{
    (void)state;
    rule_each (r) {
        CLEANUP(buf_release) struct buf text = BUF_INIT(0);
        CLEANUP(strv_release) struct strv lines = STRV_INIT;
        explain_rule(r, NULL, &text);
        strv_split(&lines, slice_of(buf_str(&text)), "\n");
        assert_true(lines.n > 5);
        strv_each (line, &lines) {
            size_t columns = 0; /* characters */
            for (const char *c = *line; *c; c++)
                columns += ((unsigned char)*c & 0xc0) != 0x80;
            if (columns > 78)
                fail_msg("%s: a line of %zu columns: %s", r->id, columns, *line);
        }
        assert_non_null(strstr(buf_str(&text), r->title));
        assert_int_equal(strstr(buf_str(&text), "allow {") != NULL, r->action != RULE_NOTE);
    }
}

static void test_list(void **state)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    CLEANUP(strv_release) struct strv lines = STRV_INIT;
    size_t n = 0;

    (void)state;
    explain_list(NULL, &text);
    strv_split(&lines, slice_of(buf_str(&text)), "\n");
    rule_each (r) {
        assert_non_null(strstr(lines.v[n], r->id));
        assert_non_null(strstr(lines.v[n], r->title));
        n++;
    }
    assert_int_equal(lines.n, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
