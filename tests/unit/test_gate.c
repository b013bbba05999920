/* SPDX-License-Identifier: Apache-2.0 */
/* What stops an image, and what doesn't. */
#include "fleet/gate.h"
#include "records.h"
#include "scratch.h"
#include "unit.h"

#define NOW 1795478400 /* 2026-11-24 */

static void old_record(struct record *r)
{
    made_record(r, "x");
    made_package(r, "aa", "1", "aa");
    made_package(r, "bb", "1", "bb");
    made_file(r, "usr/bin/tool", 0755, "t");
    made_file(r, "usr/lib/x", 0644, "t");
    made_script(r, "aa", "postinst", "one", "handled");
    made_finding(r, "SW-DEV", "low", "note", "usr/bin/gcc");
}

/* Whether the stops are these, a line each. */
static void assert_stops(const char *gate, const char *end, const struct record *old,
                         const struct record *now, const char *stops)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(strv_release) struct strv got = STRV_INIT;
    CLEANUP(diff_release) struct image_diff d = {0};
    CLEANUP(free_ptr) char *text = xasprintf("gate { %s }", gate);
    struct recipe *r = NULL;

    assert_ok(recipe_load_text("x.conf", slice_of(text), NULL, &r, &err), &err);
    diff_records(old, now, &d);
    gate_check(&r->gate, &d, end, NOW, &got);
    recipe_free(r);
    CLEANUP(free_ptr) char *joined = strv_join(&got, "\n");
    assert_string_equal(joined, stops);
}

#define ALL                                                                                    \
    "growth = '10%' packages = true executables = true setuid = true scripts = true severity " \
    "= 'medium' end_of_life = 30"

static void test_first_and_same_pass(void **state)
{
    CLEANUP(record_release) struct record old, now;

    (void)state;
    old_record(&old);
    old_record(&now);
    made_done(&old);
    made_done(&now);
    assert_stops(ALL, NULL, NULL, &now, "");
    assert_stops(ALL, "2030-01-01", &old, &now, "");
}

static void test_growth(void **state)
{
    CLEANUP(record_release) struct record old, now;

    (void)state;
    old_record(&old);
    old_record(&now);
    made_done(&old);
    made_done(&now);
    now.arches[0].packed = 1100;
    assert_stops("growth = '10%'", NULL, &old, &now, "");
    assert_stops("growth = '100 B'", NULL, &old, &now, "");
    assert_stops("", NULL, &old, &now, "");
    now.arches[0].packed = 1101;
    assert_stops("growth = '10%'", NULL, &old, &now,
                 "growth: amd64: the layers grew from 1.0 kB to 1.1 kB, by more than 10%");
    assert_stops("growth = '100 B'", NULL, &old, &now,
                 "growth: amd64: the layers grew from 1.0 kB to 1.1 kB, by more than 100 B");
    assert_stops("growth = '1kB'", NULL, &old, &now, "");
    now.arches[0].packed = 1;
    assert_stops("growth = '10%'", NULL, &old, &now, "");
}

static void test_packages(void **state)
{
    CLEANUP(record_release) struct record old, now;

    (void)state;
    old_record(&old);
    made_record(&now, "x");
    made_package(&now, "aa", "2", "aa");
    made_package(&now, "libicu76", "76", "icu");
    made_done(&old);
    made_done(&now);
    assert_stops("packages = true", NULL, &old, &now,
                 "packages: bb 1 was removed\npackages: libicu76 76 was added");
    assert_stops("packages = true may_change = {'libicu*'}", NULL, &old, &now,
                 "packages: bb 1 was removed");
    assert_stops("may_change = {'x'}", NULL, &old, &now, "");
}

static void test_files(void **state)
{
    CLEANUP(record_release) struct record old, now;

    (void)state;
    old_record(&old);
    old_record(&now);
    now.arches[0].paths[1].mode = 0755; /* usr/lib/x */
    made_file(&now, "usr/bin/new", 0755, "n");
    made_file(&now, "usr/bin/root", 0744, "n");
    made_file(&now, "usr/bin/suid", 04744, "n");
    made_directory(&now, "usr/dir", 0755);
    made_finding(&now, "FS-SUID", "medium", "fix", "usr/bin/su");
    made_done(&old);
    made_done(&now);
    assert_stops("executables = true", NULL, &old, &now,
                 "executables: amd64: /usr/bin/new is new, and the user may execute it\n"
                 "executables: amd64: /usr/lib/x is new, and the user may execute it");
    assert_stops("setuid = true", NULL, &old, &now,
                 "setuid: amd64: /usr/bin/su is new: text\n"
                 "setuid: amd64: /usr/bin/suid is new, mode 4744");
    now.arches[0].paths[1].gid = 5000; /* usr/bin/root, for its group */
    now.arches[0].paths[1].mode = 0750;
    assert_stops("executables = true", NULL, &old, &now,
                 "executables: amd64: /usr/bin/new is new, and the user may execute it\n"
                 "executables: amd64: /usr/bin/root is new, and the user may execute it\n"
                 "executables: amd64: /usr/lib/x is new, and the user may execute it");
}

static void test_scripts(void **state)
{
    CLEANUP(record_release) struct record old, now;

    (void)state;
    old_record(&old);
    made_record(&now, "x");
    made_script(&now, "aa", "postinst", "two", "unhandled");
    made_script(&now, "bb", "preinst", "two", "harmless");
    made_script(&now, "cc", "preinst", "two", "unhandled");
    made_done(&old);
    made_done(&now);
    assert_stops("scripts = true", NULL, &old, &now,
                 "scripts: amd64: aa postinst is changed, and nothing stands in for it: what it "
                 "does\nscripts: amd64: cc preinst is new, and nothing stands in for it: what it "
                 "does");
    assert_stops("scripts = true", NULL, &now, &now, "");
}

static void test_findings(void **state)
{
    CLEANUP(record_release) struct record now;

    (void)state;
    old_record(&now);
    made_finding(&now, "SW-X", "high", "note", NULL);
    made_finding(&now, "SW-SHELL", "critical", "deny", "usr/bin/dash");
    now.arches[0].findings[2].reason = xstrdup("ticket");
    made_finding(&now, "FS-SUID", "high", "fix", "usr/bin/su");
    made_done(&now);
    assert_stops("severity = 'high'", NULL, NULL, &now, "severity: amd64: SW-X, high: text");
    assert_stops("severity = 'critical'", NULL, NULL, &now, "");
    assert_stops("severity = 'info'", NULL, NULL, &now,
                 "severity: amd64: SW-DEV, low: /usr/bin/gcc: text\n"
                 "severity: amd64: SW-X, high: text");
}

static void test_end_of_life(void **state)
{
    CLEANUP(record_release) struct record now;

    (void)state;
    old_record(&now);
    made_done(&now);
    assert_stops("end_of_life = 30", "2026-12-24", NULL, &now, "");
    assert_stops("end_of_life = 30", "2026-12-23", NULL, &now,
                 "end_of_life: it is on 2026-12-23, in 29 days");
    assert_stops("end_of_life = 30", "2026-11-24", NULL, &now, "end_of_life: it was on 2026-11-24");
    assert_stops("end_of_life = 30", NULL, NULL, &now, "");
    assert_stops("", "2026-01-01", NULL, &now, "");
}

static void test_file(void **state)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(scratch_cleanup) char *scratch = scratch_new();
    CLEANUP(free_ptr) char *path = xasprintf("%s/gate.conf", scratch);
    static const struct {
        const char *text, *error;
    } bad[] = {
        {"packages = {'aa'}\n", "gate.conf:1: holds more than a gate section"},
        {"gate { }\n\npackages = {}\n", "gate.conf:3: holds more than a gate section"},
        {"gate { }\nconfig { workdir = '/x' }\n", "gate.conf:2: holds more than a gate section"},
        {"gate { }\nsource vendor {}\n", "gate.conf:2: holds more than a gate section"},
        {"# nothing\n", "gate.conf: holds no gate section"},
        {"gate { growht = '1B' }\n", "gate.conf:1: unknown option \"growht\" in gate"},
        {"gate { growth = '1B'\n", "gate.conf:1: this section isn't closed"},
    };
    static const char good[] = "gate { severity = 'high' }\ngate { packages = yes }\n";
    struct recipe *r = NULL;

    (void)state;
    scratch_write(scratch, "gate.conf", good, strlen(good));
    assert_ok(recipe_load_gate(path, &r, &err), &err);
    assert_string_equal(r->gate.severity, "high");
    assert_true(r->gate.packages);
    recipe_free(r);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        scratch_write(scratch, "gate.conf", bad[i].text, strlen(bad[i].text));
        assert_fails(recipe_load_gate(path, &r, &err), &err, bad[i].error);
        assert_null(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_and_same_pass),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_packages),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_end_of_life),
        cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
