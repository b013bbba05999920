/* SPDX-License-Identifier: Apache-2.0 */
/* What a report says of one image. */
#include "fleet/entry.h"
#include "records.h"
#include "unit.h"

static void old_record(struct record *r)
{
    made_record(r, "x");
    made_package(r, "aa", "1", "aa");
    made_package(r, "bb", "1", "bb");
    made_file(r, "usr/bin/tool", 0644, "t");
    made_file(r, "usr/lib/x", 0644, "one");
    made_script(r, "aa", "postinst", "one", "handled");
    made_done(r);
}

static void new_record(struct record *r)
{
    made_record(r, "x");
    made_package(r, "aa", "2", "aa");
    made_package(r, "cc", "1", "cc");
    made_file(r, "usr/bin/tool", 0755, "t");
    made_file(r, "usr/lib/x", 0644, "two");
    made_file(r, "usr/lib/y", 0644, "t");
    made_script(r, "aa", "postinst", "two", "unhandled");
    made_finding(r, "FS-SUID", "high", "fix", "usr/bin/su");
    made_done(r);
}

static void check_list(const json_t *entry, const char *key, const char *want)
{
    char *got = json_dumps(json_object_get(entry, key), JSON_COMPACT | JSON_SORT_KEYS);

    assert_non_null(got);
    assert_string_equal(got, want);
    free(got);
}

static json_t *entry_of(const struct record *old, const struct record *now)
{
    CLEANUP(diff_release) struct image_diff d = {0};
    json_t *entry = json_object();

    diff_records(old, now, &d);
    entry_add_diff(entry, &d);
    return entry;
}

static void test_changes(void **state)
{
    CLEANUP(record_release) struct record old, now;

    (void)state;
    old_record(&old);
    new_record(&now);
    json_t *entry = entry_of(&old, &now);
    check_list(entry, "packages",
               "[{\"architectures\":[\"amd64\"],\"change\":\"upgraded\",\"from\":\"1\",\"name\":"
               "\"aa\",\"source\":\"aa\",\"to\":\"2\"},"
               "{\"architectures\":[\"amd64\"],\"change\":\"removed\",\"from\":\"1\",\"name\":"
               "\"bb\",\"source\":\"bb\",\"to\":null},"
               "{\"architectures\":[\"amd64\"],\"change\":\"added\",\"from\":null,\"name\":"
               "\"cc\",\"source\":\"cc\",\"to\":\"1\"}]");
    /* of usr/lib/x only the content changed, which the packages say */
    const json_t *files = json_object_get(entry, "files");
    assert_int_equal(json_array_size(files), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(files, 0), "path")),
                        "usr/bin/tool");
    assert_string_equal(json_string_value(json_object_get(json_array_get(files, 1), "path")),
                        "usr/lib/y");
    assert_int_equal(json_array_size(json_object_get(entry, "scripts")), 1);
    assert_int_equal(json_array_size(json_object_get(entry, "findings")), 1);
    assert_true(json_is_false(json_object_get(entry, "first")));
    json_decref(entry);
}

static void test_first(void **state)
{
    CLEANUP(record_release) struct record now;

    (void)state;
    new_record(&now);
    json_t *entry = entry_of(NULL, &now);
    assert_true(json_is_true(json_object_get(entry, "first")));
    assert_int_equal(json_integer_value(json_object_get(entry, "package_count")), 2);
    assert_null(json_object_get(entry, "packages"));
    assert_null(json_object_get(entry, "files"));
    json_decref(entry);
}

/* A second architecture with what another record's first one has. */
static void add_arm64(struct record *r, void (*make)(struct record *))
{
    struct record more;

    make(&more);
    r->arches = xrealloc(r->arches, 2, sizeof(*r->arches));
    r->arches[1] = more.arches[0];
    free(r->arches[1].arch);
    r->arches[1].arch = xstrdup("arm64");
    r->n_arches = 2;
    more.n_arches = 0;
    record_release(&more);
}

/* What two architectures have alike stands once. */
static void test_architectures(void **state)
{
    CLEANUP(record_release) struct record old, now;

    (void)state;
    old_record(&old);
    new_record(&now);
    add_arm64(&old, old_record);
    add_arm64(&now, new_record);
    json_t *entry = entry_of(&old, &now);
    const json_t *packages = json_object_get(entry, "packages");
    assert_int_equal(json_array_size(packages), 3);
    check_list(json_array_get(packages, 0), "architectures", "[\"amd64\",\"arm64\"]");
    assert_int_equal(json_array_size(json_object_get(entry, "sizes")), 2);
    json_decref(entry);
}

/* Named by a stop: what the gate had said, and why it was passed over. */
static void test_accepted(void **state)
{
    CLEANUP(record_release) struct record old, now;

    (void)state;
    old_record(&old);
    new_record(&now);
    now.accepted = xstrdup("read it");
    strv_add(&now.stops, "growth: too much");
    json_t *entry = entry_of(&old, &now);
    check_list(entry, "accepted", "{\"reason\":\"read it\",\"stops\":[\"growth: too much\"]}");
    json_decref(entry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_first),
        cmocka_unit_test(test_architectures),
        cmocka_unit_test(test_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
