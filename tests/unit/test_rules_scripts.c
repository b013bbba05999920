/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about scripts: what has the defect, what nearly has it, what is clean. */
#include "harden.h"
#include "unit.h"

/* ---- scripts -------------------------------------------------------------------------------- */

struct script_case {
    const char *path, *line;
    size_t n;
    enum severity severity;
    uint16_t mode; /* by default 0755 */
};

static void check_script(const struct script_case *c, bool started, enum rule_action action)
{
    struct subject *s = subject_new();

    subject_put(s,
                &(struct subject_file){.path = "usr/bin/perl", .mode = 0755, .facts = good_elf()});
    subject_put(s,
                &(struct subject_file){.path = "usr/bin/env", .mode = 0755, .facts = good_elf()});
    subject_put(s,
                &(struct subject_file){.path = "usr/bin/root", .mode = 0700, .facts = good_elf()});
    subject_put(s, &(struct subject_file){.path = "usr/bin/plain", .facts = good_elf()});
    subject_put(s, &(struct subject_file){.path = "usr/bin/linked", .target = "/bin/perl"});
    subject_put(s, &(struct subject_file){.path = c->path,
                                          .mode = c->mode ? c->mode : 0755,
                                          .facts = script_facts(c->line)});
    if (started) {
        CLEANUP(free_ptr) char *word = xasprintf("/%s", c->path);
        strv_add(&s->image.entrypoint, word);
    }
    size_t found = subject_count(s, "SCR-BANG");
    if (found != c->n)
        fail_msg("#!%s of /%s: found %zu times, not %zu", c->line, c->path, found, c->n);
    if (c->n) {
        assert_int_equal(subject_find(s, "SCR-BANG")->severity, c->severity);
        assert_int_equal(subject_find(s, "SCR-BANG")->action, action);
    }
    subject_free(s);
}

static void test_interpreters(void **state)
{
    static const struct script_case cases[] = {
        {"usr/bin/x", "/bin/sh", 1, SEVERITY_MEDIUM, 0},
        {"usr/lib/python3/x.py", "/usr/bin/env python3", 1, SEVERITY_LOW, 0},
        {"usr/bin/x", "/usr/bin/env python3", 1, SEVERITY_MEDIUM, 0},
        {"usr/bin/x", "/usr/bin/env -S -i LANG=C python3 -u", 1, SEVERITY_MEDIUM, 0},
        {"usr/bin/x", "/usr/bin/env plain", 1, SEVERITY_MEDIUM, 0}, /* can't be executed */
        {"usr/bin/x", "/usr/bin/plain", 1, SEVERITY_MEDIUM, 0},
        {"usr/bin/x", "perl", 1, SEVERITY_MEDIUM, 0},
        {"usr/bin/x", "/usr/bin/perl\r", 1, SEVERITY_MEDIUM, 0},
        {"usr/bin/x", "", 1, SEVERITY_MEDIUM, 0},
        {"usr/bin/x", "/usr/bin", 1, SEVERITY_MEDIUM, 0}, /* a directory */
        {"usr/bin/x", "/usr/bin/perl -w", 0, 0, 0},
        {"usr/bin/x", "/bin/perl", 0, 0, 0}, /* over the link */
        {"usr/bin/x", "/usr/bin/linked", 0, 0, 0},
        {"usr/bin/x", "/usr/bin/env perl", 0, 0, 0},
        {"usr/bin/x", "/usr/bin/env -i A=b perl -w", 0, 0, 0},
        {"usr/bin/x", "/usr/bin/env", 0, 0, 0},
        {"usr/bin/x", "/tmp/later/sh", 0, 0, 0}, /* put there while it runs */
        {"usr/bin/x", "/bin/sh", 0, 0, 0644},    /* nobody executes it */
        {"usr/share/doc/x/examples/run", "/bin/sh", 0, 0, 0},
        {"usr/bin/x", "/usr/bin/root", 0, 0, 0}, /* root can */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        check_script(&cases[i], false,
                     starts_with(cases[i].path, "usr/bin/") ? RULE_DENY : RULE_NOTE);
    assert_true(ARRAY_SIZE(cases) > 1);
}

static void test_what_is_started(void **state)
{
    static const struct script_case cases[] = {
        {"app/run", "/bin/sh", 1, SEVERITY_HIGH, 0},
        {"app/run", "/usr/bin/root", 1, SEVERITY_HIGH, 0}, /* the image's user can't */
        {"app/run", "/usr/bin/env root", 1, SEVERITY_HIGH, 0},
        {"app/run", "/usr/bin/perl", 0, 0, 0},
        {"app/run", "/usr/bin/env perl", 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        check_script(&cases[i], true, RULE_DENY);
    assert_true(ARRAY_SIZE(cases) > 1);
}

static void test_search_path_of_the_config(void **state)
{
    struct subject *s = subject_new();

    (void)state;
    subject_put(s,
                &(struct subject_file){.path = "opt/bin/perl", .mode = 0755, .facts = good_elf()});
    subject_put(s,
                &(struct subject_file){.path = "usr/bin/env", .mode = 0755, .facts = good_elf()});
    subject_put(s, &(struct subject_file){
                       .path = "usr/bin/x", .mode = 0755, .facts = script_facts("/bin/env perl")});
    strv_add(&s->image.env, "PATH=/opt/bin");
    assert_int_equal(subject_count(s, "SCR-BANG"), 0);
    subject_free(s);
}

/* A script without its interpreter, by who brings it and what else there is. */
static void test_what_is_refused(void **state)
{
    static const struct {
        const char *name;
        struct subject_file files[4]; /* "sh": a script; "elf": a program */
        const char *found;            /* "PATH ACTION" of each */
    } cases[] = {
        {"a helper beside what is wanted",
         {{.path = "usr/bin/curl", .text = "elf", .package = "wanted"},
          {.path = "usr/bin/wcurl", .text = "sh", .package = "wanted"}},
         "usr/bin/wcurl note\n"},
        {"all that a wanted package has",
         {{.path = "usr/bin/one", .text = "sh", .package = "wanted"}},
         "usr/bin/one deny\n"},
        {"all that another one has",
         {{.path = "usr/bin/one", .text = "sh", .package = "other"}},
         "usr/bin/one note\n"},
        {"a wanted package's tools for administrators",
         {{.path = "usr/sbin/one", .text = "sh", .package = "wanted"}},
         "usr/sbin/one note\n"},
        {"the program of its name",
         {{.path = "usr/bin/other", .text = "elf", .package = "wanted"},
          {.path = "usr/bin/wanted", .text = "sh", .package = "wanted"}},
         "usr/bin/wanted deny\n"},
        {"a wrapper, by links",
         {{.path = "usr/share/wrap", .text = "sh", .package = "other"},
          {.path = "usr/bin/psql", .target = "../share/wrap", .package = "other"},
          {.path = "usr/lib/pg/bin/psql", .text = "elf", .package = "depends"}},
         "usr/bin/psql deny\n"},
        {"a wrapper of the same package",
         {{.path = "usr/bin/chromium", .text = "sh", .package = "other"},
          {.path = "usr/lib/chromium/chromium", .text = "elf", .package = "other"}},
         "usr/bin/chromium deny\n"},
        {"another program of its name",
         {{.path = "usr/bin/gunzip", .text = "sh", .package = "other"},
          {.path = "usr/lib/klibc/bin/gunzip", .text = "elf", .package = "klibc"}},
         "usr/bin/gunzip note\n"},
        {"one beside headers",
         {{.path = "usr/bin/x-config", .text = "sh", .package = "wanted-dev"}},
         "usr/bin/x-config note\n"},
        {"an own one", {{.path = "usr/local/bin/run", .text = "sh"}}, "usr/local/bin/run deny\n"},
        {"an own one of an image of others",
         {{.path = "usr/local/bin/run", .text = "sh", .origin = ""}},
         "usr/local/bin/run note\n"},
        {"an own one outside of PATH",
         {{.path = "opt/x/bin/run", .text = "sh"}},
         "opt/x/bin/run note\n"},
        {"a link that leads nowhere",
         {{.path = "usr/bin/x", .target = "nowhere", .package = "wanted"}},
         ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct subject *s = subject_new();
        CLEANUP(buf_release) struct buf found = BUF_INIT(0);
        strv_add(&s->declared, "wanted");
        strv_add(&s->declared, "wanted-dev");
        subject_package(s, "depends")->control = xstrdup("Package: d\nDepends: x, other (>= 1)\n");
        for (size_t k = 0; k < ARRAY_SIZE(cases[i].files) && cases[i].files[k].path; k++) {
            struct subject_file f = cases[i].files[k];
            f.mode = 0755;
            f.facts = !f.text                     ? NULL
                      : strcmp(f.text, "sh") == 0 ? script_facts("/bin/sh")
                                                  : good_elf();
            f.text = NULL;
            subject_put(s, &f);
        }
        (void)subject_count(s, "SCR-BANG");
        for (size_t k = 0; k < s->found.n; k++)
            if (strcmp(s->found.v[k].rule->id, "SCR-BANG") == 0)
                buf_addf(&found, "%s %s\n", s->found.v[k].path,
                         rule_action_name(s->found.v[k].action));
        if (strcmp(buf_str(&found), cases[i].found) != 0)
            fail_msg("%s: found\n%snot\n%s", cases[i].name, buf_str(&found), cases[i].found);
        subject_free(s);
    }
}

/* What the image starts is told with the program that it stands before. */
static void test_started_by_a_link(void **state)
{
    struct subject *s = subject_new();

    (void)state;
    subject_put(s, &(struct subject_file){.path = "usr/share/wrap",
                                          .mode = 0755,
                                          .package = "p",
                                          .facts = script_facts("/usr/bin/perl")});
    subject_put(s,
                &(struct subject_file){
                    .path = "usr/lib/pg/psql", .mode = 0755, .package = "p", .facts = good_elf()});
    subject_put(s, &(struct subject_file){
                       .path = "usr/bin/psql", .target = "../share/wrap", .package = "p"});
    strv_add(&s->image.entrypoint, "psql");
    assert_int_equal(subject_count(s, "SCR-BANG"), 1);
    const struct finding *f = subject_find(s, "SCR-BANG");
    assert_int_equal(f->severity, SEVERITY_HIGH);
    assert_int_equal(f->action, RULE_DENY);
    assert_string_equal(f->path, "usr/bin/psql");
    assert_non_null(strstr(f->text, "/usr/lib/pg/psql"));
    assert_non_null(strstr(f->advice, "link \"/usr/bin/psql\" { target = \"/usr/lib/pg/psql\""));
    assert_string_equal(f->wants, "/usr/bin/perl");
    subject_free(s);
}

/* What a package's script made is the package's, and no own file of the recipe's. */
static void test_made_by_a_script(void **state)
{
    struct subject *s = subject_new();

    (void)state;
    subject_put(s, &(struct subject_file){.path = "usr/bin/lzmore",
                                          .mode = 0755,
                                          .package = "xz",
                                          .facts = script_facts("/bin/sh")});
    struct node *n = tree_find(s->tree, "usr/bin/lzmore");
    n->maker = n->package;
    n->package = NULL;
    n->origin = "alternatives of package xz";
    assert_int_equal(subject_count(s, "SCR-BANG"), 1);
    assert_int_equal(subject_find(s, "SCR-BANG")->action, RULE_NOTE);
    subject_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interpreters),
        cmocka_unit_test(test_what_is_started),
        cmocka_unit_test(test_search_path_of_the_config),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_started_by_a_link),
        cmocka_unit_test(test_made_by_a_script),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
