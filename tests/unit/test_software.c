/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/software.h"
#include "layers.h"
#include <time.h>

static void release(struct software *s)
{
    software_release(s);
}

#define SOFTWARE(s, w)                               \
    CLEANUP(stack_end) struct stack s;               \
    CLEANUP(release) struct software w = {0};        \
    CLEANUP(buf_release) struct buf t = BUF_INIT(0); \
    stack_start(&s)

static void read_stack(struct stack *s, struct buf *t, struct software *ret)
{
    stack_layer(s, t, PACK_NOT);
    flat_finish(&s->flat);
    software_read(s->flat.tree, ret);
}

static void assert_owner(const struct stack *s, const char *path, const char *package)
{
    const struct node *n = stack_node(s, path);

    if (!package) {
        assert_null(n->package);
        return;
    }
    assert_non_null(n->package);
    assert_string_equal(n->package->name, package);
}

static void test_dpkg_status(void **state)
{
    (void)state;
    SOFTWARE(s, w);
    maker_symlink(&t, "bin", "usr/bin");
    maker_file(&t, "usr/bin/one", 0755, "1");
    maker_file(&t, "usr/bin/two", 0755, "2");
    maker_file(&t, "usr/bin/three", 0755, "3");
    maker_file(&t, "var/lib/dpkg/status", 0644,
               "Package: one\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n"
               "Source: src (1.0)\n\n"
               "Package: two\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2\n"
               "Multi-Arch: same\n\n"
               "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n");
    maker_file(&t, "var/lib/dpkg/info/one.list", 0644, "/.\n/bin\n/bin/one\n/usr/share/doc/x\n");
    maker_file(&t, "var/lib/dpkg/info/two:amd64.list", 0644, "/usr/bin/two\n/usr/bin/one\n");
    maker_file(&t, "var/lib/dpkg/info/gone.list", 0644, "/usr/bin/three\n");
    read_stack(&s, &t, &w);
    assert_int_equal(w.records, RECORDS_DPKG);
    assert_int_equal(w.n, 2);
    assert_string_equal(w.packages[0]->name, "one");
    assert_string_equal(w.packages[0]->version, "1.0-1");
    assert_string_equal(w.packages[0]->source, "src");
    assert_string_equal(w.packages[0]->source_version, "1.0");
    assert_string_equal(w.packages[1]->source_version, "2");
    assert_owner(&s, "usr/bin/one", "one");
    assert_owner(&s, "usr/bin/two", "two");
    assert_owner(&s, "usr/bin/three", NULL);
    assert_int_equal(w.files[0], 2); /* the link /bin too */
    assert_int_equal(w.unowned, 1);
    assert_int_equal(w.faults.n, 0);
}

static void test_distroless_records(void **state)
{
    (void)state;
    SOFTWARE(s, w);
    maker_file(&t, "usr/lib/libx.so.1", 0644, "x");
    maker_file(&t, "var/lib/dpkg/status.d/libx", 0644,
               "Package: libx1\nVersion: 3\nArchitecture: amd64\n");
    maker_file(&t, "var/lib/dpkg/status.d/libx.md5sums", 0644,
               "0123456789abcdef0123456789abcdef  ./usr/lib/libx.so.1\n"
               "0123456789abcdef0123456789abcdef  usr/share/doc/libx1/copyright\n");
    read_stack(&s, &t, &w);
    assert_int_equal(w.records, RECORDS_DPKG);
    assert_int_equal(w.n, 1);
    assert_owner(&s, "usr/lib/libx.so.1", "libx1");
    assert_int_equal(w.unowned, 0);
}

static void test_apk_database(void **state)
{
    (void)state;
    SOFTWARE(s, w);
    maker_file(&t, "bin/busybox", 0755, "x");
    maker_file(&t, "usr/bin/ssl_client", 0755, "x");
    maker_file(&t, "lib/apk/db/installed", 0644,
               "C:Q1abc=\nP:busybox\nV:1.36.1-r2\nA:x86_64\no:busybox\nF:bin\nM:0:0:755\n"
               "R:busybox\na:0:0:755\nZ:Q1xyz=\n\n"
               "P:ssl_client\nV:1.36.1-r2\no:busybox\nF:usr\nF:usr/bin\nR:ssl_client\n\n"
               "P:.virtual\nV:0\n");
    maker_file(&t, "etc/os-release", 0644, "ID=alpine\nVERSION_ID=3.18.4\n");
    read_stack(&s, &t, &w);
    assert_int_equal(w.records, RECORDS_APK);
    assert_int_equal(w.n, 3);
    assert_string_equal(w.packages[0]->name, ".virtual");
    assert_string_equal(w.packages[2]->source, "busybox");
    assert_owner(&s, "bin/busybox", "busybox");
    assert_owner(&s, "usr/bin/ssl_client", "ssl_client");
    assert_true(w.distribution.known);
}

static void test_rpm_is_seen(void **state)
{
    (void)state;
    SOFTWARE(s, w);
    maker_file(&t, "var/lib/rpm/rpmdb.sqlite", 0644, "SQLite");
    read_stack(&s, &t, &w);
    assert_int_equal(w.records, RECORDS_RPM);
    assert_int_equal(w.n, 0);
}

static void test_nothing_is_none(void **state)
{
    (void)state;
    SOFTWARE(s, w);
    maker_file(&t, "app", 0755,
               "\x7f"
               "ELF");
    read_stack(&s, &t, &w);
    assert_int_equal(w.records, RECORDS_NONE);
    assert_int_equal(w.unowned, 1);
    assert_int_equal(w.unowned_elf, 1);
    assert_null(w.distribution.id);
}

static void test_records_of_what_is_not_there(void **state)
{
    (void)state;
    SOFTWARE(s, w);
    maker_file(&t, "var/lib/dpkg/status", 0644,
               "Package: ghost\nStatus: install ok installed\nVersion: 1\n");
    maker_file(&t, "var/lib/dpkg/info/ghost.list", 0644, "/a\n/b\n/c\n/d\n/usr/share/man/x\n");
    read_stack(&s, &t, &w);
    assert_int_equal(w.faults.n, 1);
    assert_string_equal(w.faults.v[0], "ghost is recorded, but 4 of its 4 paths are missing");
}

static void test_hostile_records(void **state)
{
    (void)state;
    SOFTWARE(s, w);
    maker_file(&t, "var/lib/dpkg/status", 0644,
               "Package: ../../x\nVersion: 1\n\nPackage:\n\nPackage: ok\nVersion: 1\n\n"
               "no colon here\n");
    maker_file(&t, "var/lib/dpkg/info/ok.list", 0644, "/../../etc\n\n/////\n/loop/x\n/./.\n");
    maker_symlink(&t, "loop", "loop");
    maker_file(&t, "lib/apk/db/installed", 0644, "F:\nR:\nP:\n:\nF:x\nR:y\nP:late\nR:z\nV");
    read_stack(&s, &t, &w);
    assert_int_equal(w.n, 2);
    assert_string_equal(w.packages[0]->name, "late");
    assert_string_equal(w.packages[1]->name, "ok");
    assert_true(w.faults.n >= 1);
}

static int64_t day(int year, int month, int d)
{
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = d};
    return (int64_t)timegm(&tm);
}

static void test_support_ends(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian \\\"12\\\"\"\n",
        "ID=ubuntu\nVERSION_ID='22.04'\n",
        "ID=alpine\nVERSION_ID=3.20.3\n",
        "ID=debian\nVERSION_ID=\"1\"\n",
        "ID=nobody\n",
    };
    enum support want[] = {SUPPORT_EXTENDED, SUPPORT_FULL, SUPPORT_OVER, SUPPORT_UNKNOWN,
                           SUPPORT_UNKNOWN};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        SOFTWARE(s, w);
        maker_file(&t, "usr/lib/os-release", 0644, texts[i]);
        maker_symlink(&t, "etc/os-release", "../usr/lib/os-release");
        read_stack(&s, &t, &w);
        assert_int_equal(distribution_support(&w.distribution, day(2026, 11, 24)), want[i]);
        if (i == 0) {
            assert_string_equal(w.distribution.name, "Debian \"12\"");
            assert_int_equal(distribution_support(&w.distribution, day(2026, 7, 11)), SUPPORT_FULL);
            assert_int_equal(distribution_support(&w.distribution, day(2026, 7, 12)),
                             SUPPORT_EXTENDED);
            assert_int_equal(distribution_support(&w.distribution, day(2028, 7, 1)), SUPPORT_OVER);
        }
    }
}

/* The image's own word, where the table has none: the first day without support. */
static void test_own_support_end(void **state)
{
    static const struct {
        const char *text;
        bool known, own;
        int64_t first; /* the first day without, or 0 */
    } cases[] = {
        {"ID=fedora\nVERSION_ID=41\nSUPPORT_END=2025-12-15\n", true, true, 20437},
        {"ID=\"amzn\"\nVERSION_ID=\"2023\"\nSUPPORT_END=\"2029-06-30\"\n", true, true, 21730},
        {"NAME=rolling\nSUPPORT_END='2025-12-15'\n", true, true, 20437},
        /* the table goes first, both ways */
        {"ID=debian\nVERSION_ID=\"10\"\nSUPPORT_END=2999-01-01\n", true, false, 19905},
        {"ID=debian\nVERSION_ID=\"13\"\nSUPPORT_END=2001-01-01\n", true, false, 22096},
        {"ID=debian\nVERSION_ID=\"99\"\nSUPPORT_END=2025-12-15\n", true, true, 20437},
        /* no date */
        {"ID=fedora\nSUPPORT_END=2025-02-30\n", false, false, 0},
        {"ID=fedora\nSUPPORT_END=2025-12-15T00:00\n", false, false, 0},
        {"ID=fedora\nSUPPORT_END=15.12.2025\n", false, false, 0},
        {"ID=fedora\nSUPPORT_END=2025-12\n", false, false, 0},
        {"ID=fedora\nSUPPORT_END=\n", false, false, 0},
        {"ID=fedora\nSUPPORT_END\n", false, false, 0},
        {"ID=fedora\nXSUPPORT_END=2025-12-15\n#SUPPORT_END=2025-12-15\n", false, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        SOFTWARE(s, w);
        const struct distribution *d = &w.distribution;
        int64_t first = cases[i].first * 86400;
        maker_file(&t, "usr/lib/os-release", 0644, cases[i].text);
        read_stack(&s, &t, &w);
        if (d->known != cases[i].known || d->own_word != cases[i].own)
            fail_msg("%s: known %d, own word %d", cases[i].text, d->known, d->own_word);
        assert_int_equal(distribution_support(d, first) == SUPPORT_OVER, cases[i].known);
        assert_int_not_equal(distribution_support(d, first - 1), SUPPORT_OVER);
        if (cases[i].own)
            assert_non_null(d->id);
    }
}

static void test_os_release_behind_links(void **state)
{
    (void)state;
    SOFTWARE(s, w);
    maker_symlink(&t, "etc/os-release", "static/os-release");
    maker_symlink(&t, "etc/static", "/nix/store/x-etc/etc");
    maker_symlink(&t, "nix/store/x-etc/etc/os-release", "/nix/store/y-etc-os-release");
    maker_file(&t, "nix/store/y-etc-os-release", 0444, "ID=nixos\nSUPPORT_END=2025-12-31\n");
    read_stack(&s, &t, &w);
    assert_non_null(w.distribution.id);
    assert_string_equal(w.distribution.id, "nixos");
    assert_true(w.distribution.own_word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dpkg_status),     cmocka_unit_test(test_distroless_records),
        cmocka_unit_test(test_apk_database),    cmocka_unit_test(test_rpm_is_seen),
        cmocka_unit_test(test_nothing_is_none), cmocka_unit_test(test_records_of_what_is_not_there),
        cmocka_unit_test(test_hostile_records), cmocka_unit_test(test_support_ends),
        cmocka_unit_test(test_own_support_end), cmocka_unit_test(test_os_release_behind_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
