/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "lock/check.h"
#include "lock/suitenames.h"
#include "recipes.h"

static bool among(const void *user, const char *name)
{
    return strv_has(user, name);
}

/* The other name where there is just this one. */
static void check_other(const char *name, const char *there, const char *expected)
{
    CLEANUP(strv_release) struct strv names = STRV_INIT;

    strv_add(&names, there);
    CLEANUP(free_ptr) char *other = suitenames_other(name, among, &names);
    if (expected)
        assert_string_equal(other, expected);
    else
        assert_null(other);
}

static void test_times(void **state)
{
    (void)state;
    check_other("libssl3t64", "libssl3", "libssl3");
    check_other("libssl3", "libssl3t64", "libssl3t64");
    check_other("libcurl3t64-gnutls", "libcurl3-gnutls", "libcurl3-gnutls");
    check_other("libcurl3-gnutls", "libcurl3t64-gnutls", "libcurl3t64-gnutls");
    check_other("libdb5.3", "libdb5.3t64", "libdb5.3t64");
    check_other("libt64t64", "libt64", "libt64");
    check_other("libt64x", "libx", NULL);
    check_other("t64", "", NULL);
    check_other("libssl3", "libssl1.1", NULL);
    check_other("libssl3", "libssl3", NULL);
    check_other("", "t64", NULL);
}

static void test_stems(void **state)
{
    (void)state;
    check_other("libperl5.40", "libperl5.36", "libperl5.36");
    check_other("libperl5.36", "libperl5.40", "libperl5.40");
    check_other("libpython3.13-stdlib", "libpython3.11-stdlib", "libpython3.11-stdlib");
    check_other("postgresql-client-17", "postgresql-client-15", "postgresql-client-15");
    check_other("ruby3.1-dev", "ruby3.3-dev", "ruby3.3-dev");
    check_other("libqt5core5a", "libqt5core5t64", "libqt5core5t64");
    check_other("libperl5.40x", "libperl5.36x", NULL);
    check_other("xlibperl5.40", "xlibperl5.36", NULL);
    check_other("libperl5.40", "libperl5.32", NULL);
    check_other("openjdk-21-jre-headless", "openjdk-17-jre-headless", NULL);
}

struct one {
    const char *name, *origin;
};

static void fill(struct lock_arch *a, const struct one *packages, size_t n)
{
    *a = (struct lock_arch){.arch = xstrdup("amd64")};
    a->packages = xcalloc(n, sizeof(*a->packages));
    for (; a->n_packages < n; a->n_packages++) {
        a->packages[a->n_packages].name = xstrdup(packages[a->n_packages].name);
        a->packages[a->n_packages].origin = xstrdup(packages[a->n_packages].origin);
    }
}

static const char text[] = "packages = {\"ruby3.3\", \"libssl3t64\", \"libssl3t64 (>= 3)\"}\n"
                           "omit = {\"libgdbm6t64\", \"dash\"}\n"
                           "package \"libruby3.3\" { only = {\"/usr/lib/ruby/**\"} }\n"
                           "package \"libssl3\" { only = {\"/usr/lib/**\"} }\n"
                           "package \"ruby3.3\" { only = {\"/usr/bin/ruby*\"} }\n"
                           "package \"php8.4\" { only = {\"/usr/bin/php*\"} }\n";

static void test_sections(void **state)
{
    (void)state;
    CLEANUP(cleanup_recipe) struct recipe *r = load_text(text);
    CLEANUP(lock_arch_release) struct lock_arch a;
    fill(&a,
         (struct one[]){{"libruby3.1", "debian-security"},
                        {"libssl3", "debian"},
                        {"php8.2", "sury"},
                        {"ruby3.1", "debian"},
                        {"ruby3.3", "vendor"}},
         5);

    assert_string_equal(suitenames_part(r, &a, "libruby3.1")->package, "libruby3.3");
    assert_string_equal(suitenames_part(r, &a, "libssl3")->package, "libssl3");
    assert_string_equal(suitenames_part(r, &a, "ruby3.3")->package, "ruby3.3");
    assert_null(suitenames_part(r, &a, "ruby3.1")); /* the section is ruby3.3's, which is there */
    assert_null(suitenames_part(r, &a, "php8.2"));  /* somebody else's */
    assert_null(suitenames_part(r, NULL, "libruby3.1"));
    assert_string_equal(suitenames_find(&a, "libssl3t64")->name, "libssl3");
    assert_string_equal(suitenames_find(&a, "ruby3.3")->name, "ruby3.3");
    assert_null(suitenames_find(&a, "php8.4"));
}

static void test_lines(void **state)
{
    (void)state;
    CLEANUP(cleanup_recipe) struct recipe *r = load_text(text);
    struct lock_arch arches[2];
    struct lock l = {.arches = arches, .n_arches = 2};
    CLEANUP(strv_release) struct strv lines = STRV_INIT;

    for (size_t i = 0; i < 2; i++) {
        fill(&arches[i],
             (struct one[]){{"libruby3.1", "debian"}, {"libssl3", "debian"}, {"ruby3.1", "debian"}},
             3);
        strv_add(&arches[i].omitted, "libgdbm6");
    }
    suitenames_list(r, &l, &lines);
    CLEANUP(free_ptr) char *all = strv_join(&lines, "\n");
    assert_string_equal(all, "ruby3.3: the archive calls it ruby3.1\n"
                             "libssl3t64: the archive calls it libssl3\n"
                             "libgdbm6t64: the archive calls it libgdbm6\n"
                             "libruby3.3: the archive calls it libruby3.1");
    for (size_t i = 0; i < 2; i++)
        lock_arch_release(&arches[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_stems),
        cmocka_unit_test(test_sections),
        cmocka_unit_test(test_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
