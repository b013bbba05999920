/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/file.h"
#include "deb/member.h"
#include <unistd.h>

/* A .deb put together member by member. */
struct ar {
    struct buf bytes;
    int fd;
    struct deb deb;
    struct err err;
};

static void ar_start(struct ar *a)
{
    *a = (struct ar){.fd = -1, .err = ERR_INIT};
    buf_addstr(&a->bytes, "!<arch>\n");
}

static void ar_release(struct ar *a)
{
    buf_release(&a->bytes);
    close_fd(&a->fd);
    err_release(&a->err);
}

static void ar_header(struct ar *a, const char *name, const char *date, const char *size)
{
    buf_addf(&a->bytes, "%-16s%-12s0     0     100644  %-10s`\n", name, date, size);
}

static void ar_member(struct ar *a, const char *name, const char *date, const void *p, size_t n)
{
    CLEANUP(free_ptr) char *size = xasprintf("%zu", n);
    ar_header(a, name, date, size);
    buf_add(&a->bytes, p, n);
    if (n % 2)
        buf_addch(&a->bytes, '\n');
}

static int ar_open(struct ar *a)
{
    close_fd(&a->fd);
    a->fd = spool_open(&a->err);
    assert_true(a->fd >= 0);
    assert_ok(write_all(a->fd, a->bytes.data, a->bytes.len, "x", &a->err), &a->err);
    return deb_open(&a->deb, a->fd, a->bytes.len, "x.deb", &a->err);
}

/* "control" and "data!" stand in for tars. */
static void ar_good(struct ar *a)
{
    ar_start(a);
    ar_member(a, "debian-binary", "100", "2.0\n", 4);
    ar_member(a, "control.tar", "300", "control", 7);
    ar_member(a, "data.tar", "200", "data!", 5);
}

static const uint8_t gzipped[] = {/* printf data | gzip -n */
                                  0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00,
                                  0x00, 0x03, 0x4b, 0x49, 0x2c, 0x49, 0x04, 0x00,
                                  0x63, 0xf3, 0xf3, 0xad, 0x04, 0x00, 0x00, 0x00};

static void assert_tar(const struct ar *a, const struct deb_member *m, const char *want)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf got = BUF_INIT(0);
    CLEANUP(source_cleanup) struct source *s = deb_tar(&a->deb, m, 1000, 1);
    assert_ok(source_read_buf(s, &got, &err), &err);
    assert_string_equal(buf_str(&got), want);
}

static void test_members(void **state)
{
    (void)state;
    CLEANUP(ar_release) struct ar a;
    ar_good(&a);
    assert_ok(ar_open(&a), &a.err);
    assert_int_equal(a.deb.control.offset, 8 + 60 + 4 + 60);
    assert_int_equal(a.deb.control.size, 7);
    assert_int_equal(a.deb.data.offset, 8 + 60 + 4 + 60 + 8 + 60);
    assert_int_equal(a.deb.data.size, 5);
    assert_int_equal(a.deb.time, 300);
    assert_tar(&a, &a.deb.control, "control");
    assert_tar(&a, &a.deb.data, "data!");
}

static void test_compressed_slashed_and_underscored(void **state)
{
    (void)state;
    CLEANUP(ar_release) struct ar a;
    ar_start(&a);
    ar_member(&a, "debian-binary/", "100", "2.1\n", 4);
    ar_member(&a, "_extra", "900", "odd", 3);
    ar_member(&a, "control.tar/", "300", "control", 7);
    ar_member(&a, "data.tar.gz", "200", gzipped, sizeof(gzipped));
    assert_ok(ar_open(&a), &a.err);
    assert_int_equal(a.deb.data.encoding, ENCODING_GZIP);
    assert_int_equal(a.deb.time, 900);
    assert_tar(&a, &a.deb.data, "data");
}

static void test_member_order(void **state)
{
    (void)state;
    CLEANUP(ar_release) struct ar a;
    ar_start(&a);
    assert_fails(ar_open(&a), &a.err, "ends inside an ar header");
    ar_member(&a, "debian-binary", "100", "2.0\n", 4);
    assert_fails(ar_open(&a), &a.err, "x.deb: has no control.tar");
    size_t before = a.bytes.len;
    ar_member(&a, "data.tar", "100", "data", 4);
    assert_fails(ar_open(&a), &a.err, "member \"data.tar\" where control.tar[.gz|.xz|.zst] is due");
    a.bytes.len = before;
    ar_member(&a, "control.tar", "100", "data", 4);
    assert_fails(ar_open(&a), &a.err, "x.deb: has no data.tar");
    ar_member(&a, "control.tar", "100", "data", 4);
    assert_fails(ar_open(&a), &a.err, "member \"control.tar\" where data.tar");
}

static void test_unknown_members(void **state)
{
    (void)state;
    static const char *const names[] = {"extra",
                                        "data.tar.bz2",
                                        "data.tar.lzma",
                                        "data.tarx",
                                        "data.tar.gz",
                                        "data.tar.zst",
                                        "data",
                                        "/0",
                                        "xata.tar",
                                        "",
                                        "/"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        CLEANUP(ar_release) struct ar a;
        ar_start(&a);
        ar_member(&a, "debian-binary", "100", "2.0\n", 4);
        ar_member(&a, "control.tar", "100", "data", 4);
        ar_member(&a, names[i], "100", "data", 4);
        assert_true(ar_open(&a) < 0);
        assert_non_null(strstr(a.err.message, "data.tar"));
    }
    CLEANUP(ar_release) struct ar a;
    ar_start(&a);
    ar_member(&a, "debian-binary", "100", "2.0\n", 4);
    ar_member(&a, "\x1b[31mred", "100", "data", 4);
    assert_fails(ar_open(&a), &a.err, "member \"\\x1b[31mred\"");
    ar_release(&a);
    ar_start(&a);
    ar_member(&a, "debian-binary", "100", "2.0\n", 4);
    ar_member(&a, "control.tar", "100", gzipped, sizeof(gzipped));
    assert_fails(ar_open(&a), &a.err, "control.tar isn't compressed as its name says");
}

static void test_format(void **state)
{
    (void)state;
    static const char *const formats[] = {"3.0\n", "1.0\n", "2.0 ",          "20.0\n",
                                          "2.",    "",      "2.0 and more\n"};
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        CLEANUP(ar_release) struct ar a;
        ar_start(&a);
        ar_member(&a, "debian-binary", "100", formats[i], strlen(formats[i]));
        ar_member(&a, "control.tar", "100", "data", 4);
        ar_member(&a, "data.tar", "100", "data", 4);
        if (ar_open(&a) >= 0)
            fail_msg("format \"%s\" should be refused", formats[i]);
    }
    CLEANUP(ar_release) struct ar a;
    ar_start(&a);
    ar_member(&a, "control.tar", "100", "data", 4);
    assert_fails(ar_open(&a), &a.err, "the first member isn't debian-binary");
    ar_release(&a);
    ar_start(&a);
    ar_member(&a, "debian-binary", "100", "2.0 and\n", 8); /* the longest */
    ar_member(&a, "control.tar", "100", "c", 1);
    ar_member(&a, "data.tar", "100", "d", 1);
    assert_ok(ar_open(&a), &a.err);
    assert_int_equal(a.deb.control.size, 1);
}

static void test_sizes(void **state)
{
    (void)state;
    CLEANUP(ar_release) struct ar a;
    ar_good(&a);
    size_t end = a.bytes.len;
    buf_addch(&a.bytes, 'x');
    assert_ok(ar_open(&a), &a.err); /* whatever is behind the data */
    a.bytes.len = end - 1;          /* the padding is gone: still whole */
    assert_ok(ar_open(&a), &a.err);
    a.bytes.len = end - 2;
    assert_fails(ar_open(&a), &a.err,
                 "x.deb: member data.tar is 5 bytes, the file has only 4 left");
    a.bytes.data[end - 1] = 'x';
    a.bytes.len = end;
    assert_fails(ar_open(&a), &a.err, "not an ar padding byte");
    a.bytes.len = 7;
    assert_fails(ar_open(&a), &a.err, "only 7 bytes");
    a.bytes.data[0] = '?';
    a.bytes.len = end;
    assert_fails(ar_open(&a), &a.err, "not an ar archive");
}

/* Members that nobody needs to know, up to a limit, also without a byte. */
static void test_many_members(void **state)
{
    (void)state;
    for (size_t n = 0; n < 66; n++) {
        CLEANUP(ar_release) struct ar a;
        ar_start(&a);
        ar_member(&a, "debian-binary", "100", "2.0\n", 4);
        ar_member(&a, "control.tar", "100", "c", 1);
        for (size_t i = 0; i < n; i++)
            ar_member(&a, "_x", "100", "", 0);
        assert_fails(ar_open(&a), &a.err, n < 64 ? "x.deb: has no data.tar" : "more than 64");
        ar_member(&a, "data.tar", "100", "d", 1);
        if (n < 64)
            assert_ok(ar_open(&a), &a.err);
        else
            assert_fails(ar_open(&a), &a.err, "more than 64");
    }
}

static void size_field_fails(const char *size, const char *message)
{
    CLEANUP(ar_release) struct ar a;
    ar_start(&a);
    ar_member(&a, "debian-binary", "100", "2.0\n", 4);
    ar_header(&a, "control.tar", "100", size);
    buf_addstr(&a.bytes, "0123456789");
    assert_fails(ar_open(&a), &a.err, message);
}

static void test_header_fields(void **state)
{
    (void)state;
    size_field_fails("9999999999", "is 9999999999 bytes, the file has only 10 left");
    size_field_fails("-1", "not an ar header at byte 72");
    size_field_fails("", "not an ar header at byte 72");
    size_field_fails("0x10", "not an ar header at byte 72");
    size_field_fails("1 0", "not an ar header at byte 72");
    CLEANUP(ar_release) struct ar a;
    ar_good(&a);
    a.bytes.data[8 + 58] = '\'';
    assert_fails(ar_open(&a), &a.err, "not an ar header at byte 8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_compressed_slashed_and_underscored),
        cmocka_unit_test(test_member_order),
        cmocka_unit_test(test_unknown_members),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_many_members),
        cmocka_unit_test(test_header_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
