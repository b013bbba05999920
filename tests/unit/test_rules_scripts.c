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
        check_script(&cases[i], false, RULE_NOTE);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interpreters),
        cmocka_unit_test(test_what_is_started),
        cmocka_unit_test(test_search_path_of_the_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
