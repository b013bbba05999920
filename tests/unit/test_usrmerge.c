/* SPDX-License-Identifier: Apache-2.0 */
/* Where paths of a deb go, and what may stand beside what. */
#include "rootfs/paths.h"
#include "unit.h"

static void test_merge(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        bool directory;
        const char *link, *to; /* NULL: refused */
    } rows[] = {
        {"bin/x", false, NULL, "usr/bin/x"},
        {"sbin/x", false, NULL, "usr/sbin/x"},
        {"lib/x86_64-linux-gnu/libc.so.6", false, NULL, "usr/lib/x86_64-linux-gnu/libc.so.6"},
        {"lib64/ld.so", false, NULL, "usr/lib64/ld.so"},
        {"lib32/a", false, NULL, "usr/lib32/a"},
        {"libx32/a", false, NULL, "usr/libx32/a"},
        {"libo32/a", false, NULL, "usr/libo32/a"},
        {"lib", true, NULL, "usr/lib"},
        {"lib", false, "usr/lib", "lib"},
        {"lib", false, "/usr/lib", NULL},
        {"lib", false, NULL, NULL},
        {"lib64", false, "usr/lib", NULL},
        {"library/x", false, NULL, "library/x"},
        {"usr/bin/x", false, NULL, "usr/bin/x"},
        {"var/run", true, NULL, "run"},
        {"var/run/x", false, NULL, "run/x"},
        {"var/run", false, "/run", "var/run"},
        {"var/run", false, "../run", "var/run"},
        {"var/lock/x", true, NULL, "run/lock/x"},
        {"var/lock", false, "/run", NULL},
        {"var/running", false, NULL, "var/running"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(buf_release) struct buf path = BUF_INIT(0);
        buf_addstr(&path, rows[i].from);
        bool moved;
        int r = path_merge(&path, rows[i].directory, rows[i].link, &moved, &err);
        if (!rows[i].to) {
            if (r >= 0)
                fail_msg("%s should have been refused", rows[i].from);
            continue;
        }
        assert_ok(r, &err);
        assert_string_equal(path.data, rows[i].to);
        assert_int_equal(moved, strcmp(rows[i].from, rows[i].to) != 0);
    }
}

static void test_set(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(path_set_release) struct path_set s = {0};
    size_t at;
    assert_int_equal(path_set_add(&s, "usr/lib/x", false, false, 0, &err), 0);
    assert_true(path_set_find(&s, "usr", &at));
    assert_int_equal(at, PATH_IMPLIED);
    assert_false(path_set_find(&s, "us", &at));
    assert_int_equal(path_set_add(&s, "usr", true, false, 1, &err), 0);
    assert_true(path_set_find(&s, "usr", &at));
    assert_int_equal(at, 1);
    assert_fails(path_set_add(&s, "usr", true, false, 2, &err), &err, "twice");
    assert_int_equal(path_set_add(&s, "usr", true, true, 2, &err), 1);
    assert_fails(path_set_add(&s, "usr/lib", false, false, 2, &err), &err, "below it");
    assert_fails(path_set_add(&s, "usr/lib/x/y", false, false, 2, &err), &err, "below /usr/lib/x");
    assert_int_equal(path_set_add(&s, "usr/lib", true, true, 3, &err), 0);
    assert_int_equal(path_set_add(&s, "usr/lib", true, false, 4, &err), 1);
    assert_true(path_set_find(&s, "usr/lib", &at));
    assert_int_equal(at, 3);
    path_set_claim(&s, "usr/lib", 9);
    assert_true(path_set_find(&s, "usr/lib", &at));
    assert_int_equal(at, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
