/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "deb/deb822.h"

struct stanzas {
    struct deb822 p;
    struct err err;
};

static void start(struct stanzas *s, const char *text)
{
    deb822_init(&s->p, text, strlen(text), "x");
    s->err = (struct err)ERR_INIT;
}

static void stop(struct stanzas *s)
{
    deb822_release(&s->p);
    err_release(&s->err);
}

static void assert_slice(struct slice s, const char *text)
{
    assert_non_null(s.p);
    if (!slice_eq(s, text))
        fail_msg("\"%.*s\" is not \"%s\"", (int)s.n, s.p, text);
}

static void test_stanzas_and_fields(void **state)
{
    (void)state;
    CLEANUP(stop) struct stanzas s;
    start(&s, "\n\nPackage: libc6\nVersion:2.41-12 \n\n \nPackage: foo\nEmpty:\nLast: no newline");
    assert_int_equal(deb822_next(&s.p, &s.err), 1);
    assert_int_equal(s.p.n, 2);
    assert_int_equal(s.p.stanza_line, 3);
    assert_slice(s.p.stanza, "Package: libc6\nVersion:2.41-12 \n");
    assert_slice(deb822_get(&s.p, "package"), "libc6");
    assert_slice(deb822_get(&s.p, "VERSION"), "2.41-12");
    assert_null(deb822_get(&s.p, "Versio").p);
    assert_int_equal(deb822_next(&s.p, &s.err), 1);
    assert_int_equal(s.p.stanza_line, 7);
    assert_slice(deb822_get(&s.p, "Empty"), "");
    assert_slice(deb822_get(&s.p, "Last"), "no newline");
    assert_int_equal(deb822_next(&s.p, &s.err), 0);
    assert_int_equal(deb822_next(&s.p, &s.err), 0);
}

static void test_names_of_fields(void **state)
{
    (void)state;
    CLEANUP(stop) struct stanzas s;
    start(&s, "!~: 1\n@: 2\n`: 3\n[: 4\n{: 5\nAZ: 6\n \t\r\nB: 7\r\n");
    assert_int_equal(deb822_next(&s.p, &s.err), 1);
    assert_int_equal(s.p.n, 6); /* only letters have two cases */
    assert_slice(deb822_get(&s.p, "!~"), "1");
    assert_slice(deb822_get(&s.p, "`"), "3");
    assert_slice(deb822_get(&s.p, "{"), "5");
    assert_slice(deb822_get(&s.p, "az"), "6");
    assert_int_equal(deb822_next(&s.p, &s.err), 1);
    assert_slice(deb822_get(&s.p, "b"), "7");
}

static void test_continuation_lines(void **state)
{
    (void)state;
    CLEANUP(stop) struct stanzas s;
    start(&s, "Description: short\n long: text\n .\n\tmore\nNext: x\nList:\n a 1\n b 2\n");
    assert_int_equal(deb822_next(&s.p, &s.err), 1);
    assert_slice(deb822_get(&s.p, "Description"), "short\n long: text\n .\n\tmore");
    assert_slice(deb822_get(&s.p, "List"), "a 1\n b 2");
    assert_slice(deb822_get(&s.p, "Next"), "x");
}

static void test_comments_are_skipped(void **state)
{
    (void)state;
    CLEANUP(stop) struct stanzas s;
    start(&s, "# first\n\n# second\nA: 1\n# between: fields\nB: 2\n\n# last\n");
    assert_int_equal(deb822_next(&s.p, &s.err), 1);
    assert_int_equal(s.p.n, 2);
    assert_slice(deb822_get(&s.p, "B"), "2");
    assert_int_equal(deb822_next(&s.p, &s.err), 0);
}

static void fails(const char *text, const char *message)
{
    CLEANUP(stop) struct stanzas s;
    start(&s, text);
    assert_fails(deb822_next(&s.p, &s.err), &s.err, message);
}

static void test_bad_lines_are_named(void **state)
{
    (void)state;
    fails("A: 1\nno colon\n", "x:2: a line without a colon: \"no colon\"");
    fails(" cont\n", "x:1: a continuation line without a field");
    fails("A: 1\nB: 2\na: 3\n", "x:3: a field that stands twice: \"a\"");
    fails("A : 1\n", "x:1: not a field name");
    fails("-A: 1\n", "x:1: not a field name");
    fails(": 1\n", "x:1: not a field name");
    fails("A\x7f: 1\n", "x:1: not a field name");
    fails("A\xc3\xa4: 1\n", "x:1: not a field name");
    fails("A\t: 1\n", "x:1: not a field name");
    fails("AZ@[: 1\naz@[: 2\n", "x:2: a field that stands twice");
    fails("A\x1b[31m\n", "\"A\\x1b[31m\"");
}

static void test_nul_is_refused(void **state)
{
    (void)state;
    CLEANUP(stop) struct stanzas s = {.err = ERR_INIT};
    static const char text[] = "A: 1\nB: \0x\n";
    deb822_init(&s.p, text, sizeof(text) - 1, "x");
    assert_fails(deb822_next(&s.p, &s.err), &s.err, "x:2: a NUL byte");
}

static void many(struct buf *text, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        buf_addf(text, "F%u: %u\n", i, i);
}

static void test_a_thousand_fields_and_no_more(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    CLEANUP(stop) struct stanzas s;
    many(&text, 1000);
    start(&s, buf_str(&text));
    assert_int_equal(deb822_next(&s.p, &s.err), 1);
    assert_slice(deb822_get(&s.p, "F999"), "999");
    buf_reset(&text);
    many(&text, 1001);
    fails(buf_str(&text), "x:1001: more than 1000 fields");
    buf_reset(&text);
    many(&text, 999);
    buf_addstr(&text, "f500: again\n");
    fails(buf_str(&text), "x:1000: a field that stands twice");
}

static void test_need(void **state)
{
    (void)state;
    CLEANUP(stop) struct stanzas s;
    struct slice value;
    start(&s, "\nA: 1\nB:  \n");
    assert_int_equal(deb822_next(&s.p, &s.err), 1);
    assert_ok(deb822_need(&s.p, "A", &value, &s.err), &s.err);
    assert_slice(value, "1");
    assert_fails(deb822_need(&s.p, "B", &value, &s.err), &s.err, "x:2: the stanza has no \"B\"");
    assert_fails(deb822_need(&s.p, "C", &value, &s.err), &s.err, "has no \"C\"");
}

static void test_numbers(void **state)
{
    (void)state;
    uint64_t n = 7;
    assert_true(slice_number(slice_of("0"), &n) && n == 0);
    assert_true(slice_number(slice_of("18446744073709551615"), &n) && n == UINT64_MAX);
    assert_false(slice_number(slice_of("18446744073709551616"), &n));
    assert_false(slice_number(slice_of("99999999999999999999"), &n));
    assert_false(slice_number(slice_of(""), &n));
    assert_false(slice_number(slice_of("-1"), &n));
    assert_false(slice_number(slice_of("+1"), &n));
    assert_false(slice_number(slice_of("1 "), &n));
    assert_false(slice_number(slice_of("0x1"), &n));
    assert_true(n == UINT64_MAX);
}

static void test_source(void **state)
{
    (void)state;
    static const struct {
        const char *field, *name, *version;
    } rows[] = {
        {"", "", ""},
        {"Source: foo\n", "foo", ""},
        {"Source: foo (1:2-3)\n", "foo", "1:2-3"},
        {"Source: foo(1)\n", "foo", "1"},
        {"Source:  foo  ( 1 ) \n", "foo", "1"},
        {"Source: foo (1\n", "foo", ""},
        {"Source: foo ()\n", "foo", ""},
        {"Source: (1)\n", "", "1"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(free_ptr) char *text = xasprintf("Package: p\n%s", rows[i].field);
        CLEANUP(deb822_release) struct deb822 d;
        struct slice name, version;
        deb822_init(&d, text, strlen(text), "x");
        assert_int_equal(deb822_next(&d, &err), 1);
        deb822_source(&d, &name, &version);
        assert_true(slice_eq(name, rows[i].name));
        assert_true(slice_eq(version, rows[i].version));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stanzas_and_fields),
        cmocka_unit_test(test_names_of_fields),
        cmocka_unit_test(test_continuation_lines),
        cmocka_unit_test(test_comments_are_skipped),
        cmocka_unit_test(test_bad_lines_are_named),
        cmocka_unit_test(test_nul_is_refused),
        cmocka_unit_test(test_a_thousand_fields_and_no_more),
        cmocka_unit_test(test_need),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
