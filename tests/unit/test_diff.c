/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between two records, in words and as JSON. */
#include "fleet/diff.h"
#include "records.h"
#include "report/difference.h"
#include "unit.h"

struct pair {
    struct record old, now;
    struct image_diff diff;
    struct log *log;
};

static void old_record(struct record *r)
{
    made_record(r, "old");
    made_package(r, "gone", "1.0-1", "gone");
    made_package(r, "libc6", "2.41-12", "glibc");
    made_package(r, "older", "1:2", "older");
    made_package(r, "same", "1", "same");
    made_directory(r, "usr", 0755);
    made_file(r, "usr/a", 0644, "a");
    made_file(r, "usr/b", 0755, "b");
    made_file(r, "usr/gone", 0644, "x");
    made_file(r, "var/lib/dpkg/status", 0644, "old");
    made_link(r, "usr/l", "a");
    made_link(r, "usr/t", "a");
    made_script(r, "libc6", "postinst", "one", "handled");
    made_script(r, "same", "postinst", "one", "handled");
    made_script(r, "gone", "prerm", "one", "harmless");
    made_finding(r, "FS-SUID", "medium", "fix", "usr/bin/su");
    made_finding(r, "SW-DEV", "low", "note", "usr/bin/gcc");
    made_config(r, "{\"User\":\"5000:5000\",\"Env\":[\"A=1\"],\"Cmd\":[\"x\"],"
                   "\"Labels\":{\"a\":\"1\",\"org.opencontainers.image.created\":\"x\"}}");
}

static void now_record(struct record *r)
{
    made_record(r, "now");
    made_package(r, "libc6", "2.41-12+deb13u1", "glibc");
    made_package(r, "new", "3", "new-source");
    made_package(r, "older", "5", "older");
    made_package(r, "same", "1", "same");
    made_directory(r, "usr", 0750);
    made_file(r, "usr/a", 0644, "other");
    made_file(r, "usr/b", 04755, "b");
    r->arches[0].paths[2].uid = 7;
    made_file(r, "usr/new", 0644, "x");
    made_file(r, "var/lib/dpkg/status", 0644, "new");
    made_link(r, "usr/l", "b");
    made_file(r, "usr/t", 0777, "t");
    made_script(r, "libc6", "postinst", "two", "unhandled");
    made_script(r, "same", "postinst", "one", "handled");
    made_script(r, "new", "preinst", "x", "harmless");
    made_finding(r, "FS-SUID", "medium", "fix", "usr/bin/su");
    made_finding(r, "FS-SUID", "medium", "fix", "usr/bin/sudo");
    made_config(r, "{\"User\":\"5000:5000\",\"Env\":[\"A=2\"],\"WorkingDir\":\"/x\","
                   "\"Labels\":{\"a\":\"1\",\"org.opencontainers.image.created\":\"y\"}}");
    r->arches[0].packed = 2000;
}

static void start(struct pair *p)
{
    *p = (struct pair){.log = log_new(stderr, LOG_ERROR)};
    old_record(&p->old);
    now_record(&p->now);
    made_done(&p->old);
    made_done(&p->now);
    diff_records(&p->old, &p->now, &p->diff);
}

static void finish(struct pair *p)
{
    diff_release(&p->diff);
    record_release(&p->old);
    record_release(&p->now);
    log_free(p->log);
}

static void test_text(void **state)
{
    CLEANUP(finish) struct pair p;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    (void)state;
    start(&p);
    difference_text(&p.diff, "oci:old", "oci:now", false, p.log, &text);
    assert_string_equal(buf_str(&text),
                        "- oci:old\n+ oci:now\n"
                        "  Size\n"
                        "    ~ amd64: packed 1.0 kB -> 2.0 kB (+1.0 kB), unpacked 3.0 kB\n"
                        "  Packages\n"
                        "    - gone 1.0-1\n"
                        "    ~ libc6 2.41-12 -> 2.41-12+deb13u1\n"
                        "    + new 3\n"
                        "    ~ older 1:2 -> 5, older\n"
                        "  Files\n"
                        "    ~ /usr/, mode 0755 -> 0750\n"
                        "    ~ /usr/a, content\n"
                        "    ~ /usr/b, mode 0755 -> 4755, owner 0:0 -> 7:0\n"
                        "    - /usr/gone\n"
                        "    ~ /usr/l, target a -> b\n"
                        "    + /usr/new\n"
                        "    ~ /usr/t, symlink -> file\n"
                        "  Hardening\n"
                        "    + FS-SUID /usr/bin/sudo, mended: text\n"
                        "    - SW-DEV /usr/bin/gcc, noted: text\n"
                        "  Maintainer scripts\n"
                        "    ~ libc6 postinst: unhandled, what it does\n"
                        "    + new preinst: harmless, what it does\n"
                        "    - gone prerm\n"
                        "  Config\n"
                        "    ~ Env [\"A=1\"] -> [\"A=2\"]\n"
                        "    - Cmd [\"x\"]\n"
                        "    ~ Labels org.opencontainers.image.created \"x\" -> \"y\"\n"
                        "    + WorkingDir \"/x\"\n");
}

static void test_json(void **state)
{
    CLEANUP(finish) struct pair p;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    (void)state;
    start(&p);
    difference_json(&p.diff, "a", "b\xff", &text);
    json_t *root = json_loads(buf_str(&text), 0, NULL);
    assert_string_equal(json_string_value(json_object_get(root, "from")), "a");
    assert_string_equal(json_string_value(json_object_get(root, "to")), "b\\xff");
    json_t *a = json_object_get(json_object_get(root, "architectures"), "amd64");
    assert_true(json_is_false(json_object_get(root, "same")));
    assert_int_equal(json_array_size(json_object_get(a, "packages")), 4);
    json_t *older = json_array_get(json_object_get(a, "packages"), 3);
    assert_string_equal(json_string_value(json_object_get(older, "change")), "downgraded");
    assert_int_equal(json_array_size(json_object_get(a, "files")), 7);
    assert_int_equal(json_array_size(json_object_get(a, "scripts")), 3);
    assert_int_equal(json_object_size(json_object_get(a, "config")), 4);
    json_decref(root);
}

/* Without `content`, files of which nothing but the bytes differs are left out. */
static void test_document(void **state)
{
    CLEANUP(finish) struct pair p;

    (void)state;
    start(&p);
    json_t *all = diff_document(&p.diff, true), *some = diff_document(&p.diff, false);
    CLEANUP(buf_release) struct buf paths = BUF_INIT(0);
    size_t i;
    const json_t *file;
    json_array_foreach(json_object_get(some, "files"), i, file)
    {
        buf_addf(&paths, "%s ", json_string_value(json_object_get(file, "path")));
    }
    assert_string_equal(buf_str(&paths), "usr usr/b usr/gone usr/l usr/new usr/t ");
    assert_int_equal(json_array_size(json_object_get(all, "files")), 7);
    json_object_del(all, "files");
    json_object_del(some, "files");
    assert_true(json_equal(all, some));
    assert_int_equal(json_object_size(all), 5);
    json_decref(all);
    json_decref(some);
}

static void test_same(void **state)
{
    CLEANUP(record_release) struct record one, two;
    CLEANUP(diff_release) struct image_diff d;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    struct log *log = log_new(stderr, LOG_ERROR);

    (void)state;
    old_record(&one);
    old_record(&two);
    made_done(&one);
    made_done(&two);
    two.input = sha256_of("x", 1);
    diff_records(&one, &two, &d);
    assert_true(diff_empty(&d));
    difference_text(&d, "a", "b", false, log, &text);
    assert_string_equal(buf_str(&text), "- a\n+ b\nno difference\n");
    log_free(log);
}

/* Two architectures with the same changes of packages, other ones of files. */
static void test_all_architectures(void **state)
{
    struct record one[2], two[2];
    CLEANUP(diff_release) struct image_diff d;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    struct log *log = log_new(stderr, LOG_ERROR);

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        made_record(&one[i], "x");
        made_record(&two[i], "x");
        made_package(&one[i], "foo", "1", "foo");
        made_package(&two[i], "foo", "2", "foo");
        made_file(&two[i], i ? "arm" : "amd", 0644, "x");
    }
    made_both(one);
    made_both(two);
    diff_records(one, two, &d);
    difference_text(&d, "a", "b", false, log, &text);
    assert_string_equal(buf_str(&text), "- a\n+ b\n"
                                        "  Packages\n"
                                        "    ~ foo 1 -> 2\n"
                                        "  Files\n"
                                        "    + /amd (amd64)\n"
                                        "    + /arm (arm64)\n");
    diff_release(&d);
    const struct record less = {.arches = two[0].arches, .n_arches = 1};
    diff_records(one, &less, &d);
    buf_reset(&text);
    difference_text(&d, "a", "b", false, log, &text);
    assert_string_equal(buf_str(&text), "- a\n+ b\n"
                                        "  Size\n"
                                        "    - arm64: no longer\n"
                                        "  Packages\n"
                                        "    ~ foo 1 -> 2\n"
                                        "  Files\n"
                                        "    + /amd\n");
    record_release(one);
    record_release(two);
    log_free(log);
}

static void test_forget_build(void **state)
{
    CLEANUP(record_release) struct record r;

    (void)state;
    now_record(&r);
    made_done(&r);
    record_forget_build(&r);
    assert_int_equal(r.arches[0].n_scripts, 0);
    assert_int_equal(r.arches[0].n_findings, 0);
    assert_int_equal(r.arches[0].n_packages, 4);
    assert_true(sha256_is_zero(&r.arches[0].packages[0].sha256));
}

static void test_nothing_before(void **state)
{
    CLEANUP(record_release) struct record now;
    CLEANUP(diff_release) struct image_diff d;
    const struct package_change *c;

    (void)state;
    now_record(&now);
    made_done(&now);
    diff_records(NULL, &now, &d);
    assert_int_equal(d.n_arches, 1);
    assert_null(d.arches[0].old);
    assert_int_equal(d.arches[0].n_packages, 4);
    assert_int_equal(d.arches[0].packages[0].kind, PACKAGE_ADDED);
    assert_false(diff_downgrade(&d, &c));
    assert_false(diff_empty(&d));
}

static void test_downgrade_and_rebuild(void **state)
{
    CLEANUP(finish) struct pair p;
    CLEANUP(diff_release) struct image_diff d;
    const struct package_change *c;

    (void)state;
    start(&p);
    assert_true(diff_downgrade(&p.diff, &c));
    assert_string_equal(c->now->name, "older");
    p.now.arches[0].packages[3].sha256 = sha256_of("other", 5);
    diff_records(&p.old, &p.now, &d);
    assert_int_equal(d.arches[0].n_packages, 5);
    assert_int_equal(d.arches[0].packages[4].kind, PACKAGE_REBUILT);
    assert_true(diff_package_is_new(&d, 0, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_document),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_all_architectures),
        cmocka_unit_test(test_forget_build),
        cmocka_unit_test(test_nothing_before),
        cmocka_unit_test(test_downgrade_and_rebuild),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
