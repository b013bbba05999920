/* SPDX-License-Identifier: Apache-2.0 */
/* Where what an image lacks went: told of each finding that ends the build, and of no other. */
#include "harden.h"
#include "harden/absent.h"
#include "unit.h"

/* One thing that isn't there, in an image whose package "pack" has three entries that were dropped:
 * /usr/bin/sh by exclude of the recipe, /usr/bin/perl by `only`, /usr/lib/x/liba.so.1 by a rule. */
struct absence {
    const char *wants, *whence; /* whence: "" for nothing, else a part of it */
};

static struct package *make_package(struct subject *s)
{
    static const struct {
        const char *path, *rule;
    } dropped[] = {
        {"usr/bin/sh", "exclude"}, {"usr/bin/perl", "only"}, {"usr/lib/x/liba.so.1", "SW-SHELL"}};
    struct package *p = subject_package(s, "pack");

    for (size_t i = 0; i < ARRAY_SIZE(dropped); i++) {
        GROW(p->entries, p->n_entries, p->cap_entries);
        p->entries[p->n_entries++] = (struct entry){.path = xstrdup(dropped[i].path),
                                                    .dropped = true,
                                                    .rule = package_rule(p, dropped[i].rule)};
    }
    return p;
}

static unsigned asked;

static char **packages_of(void *user, const struct strv *wants)
{
    char **ret = xcalloc(wants->n + 1, sizeof(*ret));

    (void)user;
    asked++;
    for (size_t i = 0; i < wants->n; i++)
        ret[i] = strcmp(wants->v[i], "libz.so.1") == 0   ? xstrdup("zlib1g")
                 : strcmp(wants->v[i], "libfoo.so") == 0 ? xstrdup("foo")
                                                         : NULL;
    return ret;
}

static struct recipe *read_recipe(void)
{
    static const char text[] = "title = \"t\"\n"
                               "omit = {\"dash\", \"mawk\", \"foo\"}\n"
                               "exclude += {\"/usr/bin/s?\"}\n"
                               "package \"pack\" { only = {\"/usr/lib/**\"} }\n";
    CLEANUP(err_release) struct err err = ERR_INIT;
    const struct recipe_options options = {0};
    struct recipe *r = NULL;

    assert_ok(recipe_load_text("t.conf", slice_of(text), &options, &r, &err), &err);
    return r;
}

static void test_where_it_went(void **state)
{
    static const struct absence cases[] = {
        {"/usr/bin/sh", "package pack has /usr/bin/sh, but t.conf:3 leaves it out (exclude)"},
        {"/bin/sh", "t.conf:3 leaves it out"},
        {"sh", "t.conf:3 leaves it out"},
        {"/usr/bin/perl", "t.conf:4 leaves it out (only of package \"pack\")"},
        {"/opt/bin/sh", "package dash has it, which t.conf:2 omits"},
        {"liba.so.1", "the policy leaves it out (SW-SHELL)"},
        {"/usr/bin/awk", "package mawk has it, which t.conf:2 omits"},
        {"java", "the image has /usr/lib/jvm/bin/java"},
        {"libz.so.1", "package zlib1g has it: add it to packages"},
        {"libfoo.so", "package foo has it, which t.conf:2 omits"},
        {"libnone.so", ""},
        {"/usr/bin/none", ""},
    };
    struct subject *s = subject_new();
    struct recipe *r = read_recipe();
    struct package *p = make_package(s);
    struct findings f = {0};
    const struct absent_archive archive = {packages_of, NULL};

    (void)state;
    subject_put(s, &(struct subject_file){
                       .path = "usr/lib/jvm/bin/java", .mode = 0755, .facts = good_elf()});
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        finding_add(&f, rule_find("ELF-NEED"), "x", NULL, "lacks")->wants = xstrdup(cases[i].wants);
    absent_explain(&(struct absent){r, NULL, s->tree, &p, 1, &archive}, &f);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *got = f.v[i].whence ? f.v[i].whence : "";
        if (*cases[i].whence ? !strstr(got, cases[i].whence) : *got)
            fail_msg("%s: \"%s\", not \"%s\"", cases[i].wants, got, cases[i].whence);
    }
    assert_int_equal(asked, 1);
    findings_release(&f);
    recipe_free(r);
    subject_free(s);
}

/* What ends no build isn't worth a look into the archive. */
static void test_not_asked(void **state)
{
    struct subject *s = subject_new();
    struct recipe *r = read_recipe();
    struct findings f = {0};
    const struct absent_archive archive = {packages_of, NULL};
    const struct recipe_allow allow = {0};

    (void)state;
    asked = 0;
    struct finding *note = finding_add(&f, rule_find("ELF-NEED"), "x", NULL, "lacks");
    note->wants = xstrdup("libz.so.1");
    note->action = RULE_NOTE;
    struct finding *allowed = finding_add(&f, rule_find("ELF-NEED"), "y", NULL, "lacks");
    allowed->wants = xstrdup("libz.so.1");
    allowed->allow = &allow;
    (void)finding_add(&f, rule_find("ELF-NEED"), "z", NULL, "something else");
    absent_explain(&(struct absent){r, NULL, s->tree, NULL, 0, &archive}, &f);
    for (size_t i = 0; i < f.n; i++)
        assert_null(f.v[i].whence);
    assert_int_equal(asked, 0);
    findings_release(&f);
    recipe_free(r);
    subject_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_it_went),
        cmocka_unit_test(test_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
