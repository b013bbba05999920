/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "fleet/changelog.h"

static const char text[] =
    "glibc (2.41-12+deb13u2) trixie-security; urgency=medium\n"
    "\n"
    "  * CVE-2026-11111: a thing; see also CVE-2026-2222 (twice: CVE-2026-11111).\n"
    "  * Not one: XCVE-20-1, CVE-2026-123, CVE-202-12345, 1CVE-2026-9999.\n"
    "\n"
    " -- A Person <a@example.org>  Mon, 02 Nov 2026 10:00:00 +0000\n"
    "\n"
    "glibc (2.41-12) unstable; urgency=medium\n"
    "\n"
    "  * Something (with parentheses) in a line.\n"
    "\n"
    " -- B Person <b@example.org>  Mon, 01 Jun 2026 10:00:00 +0000\n"
    "\n"
    "glibc (2.40-1) unstable; urgency=medium\n"
    "  * First.\n";

static struct changelog parsed(const char *s)
{
    struct changelog c;

    changelog_parse(xstrdup(s), strlen(s), &c);
    return c;
}

static void test_entries(void **state)
{
    struct changelog c = parsed(text);

    (void)state;
    assert_int_equal(c.n, 3);
    assert_string_equal(c.v[0].source, "glibc");
    assert_string_equal(c.v[0].version, "2.41-12+deb13u2");
    assert_string_equal(c.v[2].version, "2.40-1");
    assert_memory_equal(c.v[0].text.p, "glibc (2.41-12+deb13u2)", 23);
    assert_int_equal(c.v[0].text.p[c.v[0].text.n - 1], '0');
    assert_memory_equal(c.v[2].text.p + c.v[2].text.n - 6, "First.", 6);
    changelog_release(&c);
}

static void test_new_since(void **state)
{
    static const struct {
        const char *version;
        size_t n;
    } cases[] = {
        {"2.41-12+deb13u2", 0}, {"2.41-12", 1}, {"2.40-1", 2},          {"2.41-12+b1", 1},
        {"2.41-1", 2},          {"3.0", 0},     {"2.41-12+deb13u1", 1}, {NULL, 3},
    };
    struct changelog c = parsed(text);

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        size_t n = changelog_new(&c, cases[i].version);
        if (n != cases[i].n)
            fail_msg("%s: %zu new, expected %zu", cases[i].version ? cases[i].version : "none", n,
                     cases[i].n);
    }
    changelog_release(&c);
}

static void test_cves(void **state)
{
    CLEANUP(strv_release) struct strv list = STRV_INIT;
    CLEANUP(free_ptr) char *joined = NULL;

    (void)state;
    changelog_cves(slice_of(text), &list);
    joined = strv_join(&list, " ");
    assert_string_equal(joined, "CVE-2026-11111 CVE-2026-2222");
}

static void test_odd_text(void **state)
{
    static const char *const odd[] = {
        "", "\n\n", "(", "x (1)", "no heading at all\n  * x\n", "a (1", ") (", "CVE-2026-12345"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
        struct changelog c = parsed(odd[i]);
        assert_int_equal(c.n, 0);
        changelog_release(&c);
    }
    struct changelog c = parsed("ab (1) x; urgency=low");
    assert_int_equal(c.n, 1);
    changelog_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_new_since),
        cmocka_unit_test(test_cves),
        cmocka_unit_test(test_odd_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
