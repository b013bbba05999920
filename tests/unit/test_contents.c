/* SPDX-License-Identifier: Apache-2.0 */
/* Contents indexes: what is kept of them, however they are cut into pieces. */
#include "deb/contents.h"

#include "unit.h"

static void check_pieces(const char *text, size_t n, size_t piece, const char *wanted)
{
    struct contents_scan c;

    contents_start(&c, "x86_64-linux-gnu");
    for (size_t at = 0; at < n; at += piece)
        contents_add(&c, text + at, n - at < piece ? n - at : piece);
    contents_end(&c);
    assert_string_equal(buf_str(&c.kept), wanted);
    contents_release(&c);
}

static void check(const char *text, const char *wanted)
{
    for (size_t piece = 1; piece < 40; piece += 6)
        check_pieces(text, strlen(text), piece, wanted);
    check_pieces(text, strlen(text), 1 << 20, wanted);
}

static void test_lines(void **state)
{
    (void)state;
    check("", "");
    check("usr/bin/curl    net/curl\n", "curl\tcurl\n");
    check("bin/sh shells/dash", "sh\tdash\n"); /* no newline at the end */
    check("usr/sbin/nginx\t\thttpd/nginx-core,httpd/nginx-light\n", "nginx\tnginx-core\n");
    check("usr/lib/libsystemd.so.0 libs/libelogind0,libs/libsystemd0,libs/libsys\n",
          "libsystemd.so.0\tlibsystemd0\n");
    check("usr/bin/vi editors/nvi,BAD,editors/vim\n", "vi\tvim\n");
    check("usr/bin/x contrib/net/xy\n", "x\txy\n");
    check("usr/bin/a b   net/ab\n", "a b\tab\n"); /* a name with a blank */
    check("usr/lib/x86_64-linux-gnu/libz.so.1 libs/zlib1g\n", "libz.so.1\tzlib1g\n");
    check("lib/x86_64-linux-gnu/libz.so.1 libs/zlib1g\n", "libz.so.1\tzlib1g\n");
    check("usr/lib/libfoo.so libs/foo\n", "libfoo.so\tfoo\n");
    check("FILE LOCATION\nusr/bin/y net/UP\r\n", "");
}

static void test_passed_over(void **state)
{
    (void)state;
    check("usr/share/bin/curl net/curl\n"
          "usr/lib/x86_64-linux-gnu/blas/libblas.so.3 libs/libblas3\n"
          "usr/lib/aarch64-linux-gnu/libz.so.1 libs/zlib1g\n"
          "usr/lib/x86_64-linux-gnux/libz.so.1 libs/zlib1g\n"
          "usr/lib/x86_64-linux-gnu/libz.a libs/zlib1g-dev\n"
          "usr/bin/deep/x net/xy\n"
          "usr/bin/\t net/xy\n"
          "usr/bin/alone\n"
          "   net/xy\n"
          "\n"
          "usr/bin/bad net/UPPER\n"
          "usr/bin/bad net/\n"
          "usr/bin/bad ,,net/\n"
          "usr/bin/good net/xy\n",
          "good\txy\n");
    static const char nul[] = "usr/bin/a\0b net/xy\nusr/bin/c net/xy\n";
    check_pieces(nul, sizeof(nul) - 1, 7, "c\txy\n");
}

/* A line that is too long is passed over, and not the ones around it. */
static void test_long_line(void **state)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    (void)state;
    buf_addstr(&text, "usr/bin/a net/aa\nusr/bin/");
    for (size_t i = 0; i < CONTENTS_LINE_MAX; i++)
        buf_addch(&text, 'x');
    buf_addstr(&text, " net/xy\nusr/bin/b net/bb\n");
    check_pieces(text.data, text.len, 1000, "a\taa\nb\tbb\n");
    check_pieces(text.data, text.len, text.len, "a\taa\nb\tbb\n");
}

static void test_lookup(void **state)
{
    static const char kept[] = "sh\tdash\nsh\tother\nlibz.so.1\tzlib1g\nx\ty";
    static const struct {
        const char *name, *package;
    } cases[] = {
        {"sh", "dash"}, {"libz.so.1", "zlib1g"}, {"x", "y"}, {"s", ""}, {"libz", ""}, {"dash", ""},
        {"", ""},       {"sh\tdash", ""}};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct slice got = contents_package(slice_of(kept), cases[i].name);
        if (!slice_eq(got, cases[i].package))
            fail_msg("%s: %.*s", cases[i].name, (int)got.n, got.p);
    }
    assert_int_equal(contents_package((struct slice){NULL, 0}, "sh").n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_passed_over),
        cmocka_unit_test(test_long_line),
        cmocka_unit_test(test_lookup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
