/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/file.h"
#include "base/strv.h"
#include "deb/version.h"
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

/* Whether dpkg agrees that a OP b; true also where there is no dpkg. */
static bool dpkg_agrees(const char *a, const char *op, const char *b)
{
    const char *word = *op == '<' ? "lt-nl" : *op == '>' ? "gt-nl" : "eq";
    char *argv[] = {(char *)(uintptr_t) "dpkg", (char *)(uintptr_t) "--compare-versions",
                    (char *)(uintptr_t)a,       (char *)(uintptr_t)word,
                    (char *)(uintptr_t)b,       NULL};
    pid_t pid;
    int status;
    if (posix_spawnp(&pid, "dpkg", NULL, NULL, argv, environ) != 0)
        return true;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void check(const char *a, const char *op, const char *b)
{
    int want = *op == '<' ? -1 : *op == '>' ? 1 : 0;
    if (sign(version_compare(a, b)) != want || sign(version_compare(b, a)) != -want)
        fail_msg("%s %s %s doesn't hold: %d and %d", a, op, b, version_compare(a, b),
                 version_compare(b, a));
    bool both_valid = version_valid(slice_of(a)) && version_valid(slice_of(b));
    if (both_valid && !dpkg_agrees(a, op, b))
        fail_msg("dpkg doesn't agree that %s %s %s", a, op, b);
}

static void test_order_table(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(65536);
    CLEANUP(strv_release) struct strv lines = STRV_INIT;
    size_t n = 0;
    assert_ok(file_read("tests/data/version.data", 65536, &text, &err), &err);
    strv_split(&lines, slice_of(buf_str(&text)), "\n");
    strv_each (line, &lines) {
        CLEANUP(strv_release) struct strv words = STRV_INIT;
        if (**line == '#')
            continue;
        strv_split(&words, slice_of(*line), " ");
        assert_int_equal(words.n, 3);
        check(words.v[0], words.v[1], words.v[2]);
        n++;
    }
    assert_true(n >= 50);
}

static void test_valid(void **state)
{
    (void)state;
    static const char *const good[] = {"1",      "1.0",   "1.0-1",      "1:1.0-1",
                                       "0:0",    "1-2-3", "1.0~rc1",    "1:2:3-1",
                                       "1.0+b1", "0a",    "123456789:1"};
    static const char *const bad[] = {"",       "a1",      "1:",    ":1",           "1.0-",
                                      "-1",     "1.0_1",   "1.0 1", "1.0/../",      "x:1",
                                      "1.0-1_", "1.0-1:2", "1\n1",  "1234567890:1", "1.0\xc3\xa9"};
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        if (!version_valid(slice_of(good[i])))
            fail_msg("\"%s\" is a version", good[i]);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        if (version_valid(slice_of(bad[i])))
            fail_msg("\"%s\" is no version", bad[i]);
    assert_false(version_valid((struct slice){"1\0", 2}));
}

static void test_package_names(void **state)
{
    (void)state;
    assert_true(package_name_valid(slice_of("libc6")));
    assert_true(package_name_valid(slice_of("libstdc++6")));
    assert_true(package_name_valid(slice_of("0ad")));
    assert_true(package_name_valid(slice_of("python3.13-minimal")));
    assert_true(package_name_valid(slice_of("az")));
    assert_true(package_name_valid(slice_of("za")));
    char longest[257];
    memset(longest, 'a', sizeof(longest));
    assert_true(package_name_valid((struct slice){longest, 255}));
    assert_false(package_name_valid((struct slice){longest, 256}));
    assert_false(package_name_valid(slice_of("a`")));
    assert_false(package_name_valid(slice_of("a{")));
    assert_false(package_name_valid(slice_of("")));
    assert_false(package_name_valid(slice_of("x")));
    assert_false(package_name_valid(slice_of("-x")));
    assert_false(package_name_valid(slice_of(".x")));
    assert_false(package_name_valid(slice_of("Foo")));
    assert_false(package_name_valid(slice_of("a/b")));
    assert_false(package_name_valid(slice_of("../x")));
    assert_false(package_name_valid(slice_of("a b")));
    assert_false(package_name_valid((struct slice){"ab\0", 3}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_table),
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_package_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
