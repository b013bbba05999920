/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/stream.h"
#include "unit.h"
#include <unistd.h>

/* Gives one byte at a time, and fails at a given place if there is one. */
struct slow {
    struct source base;
    const char *p;
    size_t left;
    size_t fail_at; /* bytes left when it fails; SIZE_MAX for never */
    bool *freed;
};

static ssize_t slow_read(struct source *s, void *p, size_t n, struct err *err)
{
    struct slow *slow = (struct slow *)s;
    if (slow->left == slow->fail_at)
        return err_set(err, "the disk is on fire");
    if (!slow->left || !n)
        return 0;
    memcpy(p, slow->p++, 1);
    slow->left--;
    return 1;
}

static void slow_free(struct source *s)
{
    struct slow *slow = (struct slow *)s;
    if (slow->freed)
        *slow->freed = true;
    free(slow);
}

static struct source *slow_new(const char *text, size_t fail_at, bool *freed)
{
    struct slow *s = xcalloc(1, sizeof(*s));
    *s = (struct slow){{slow_read, slow_free, false}, text, strlen(text), fail_at, freed};
    return &s->base;
}

static int open_with(const char *text, struct err *err)
{
    int fd = spool_open(err);
    assert_true(fd >= 0);
    assert_ok(write_all(fd, text, strlen(text), "spool", err), err);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void test_mem_and_fd_read_to_the_end(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    CLEANUP(source_cleanup) struct source *m = source_mem("hello", 5);
    assert_ok(source_read_buf(m, &b, &err), &err);
    assert_string_equal(buf_str(&b), "hello");
    char c;
    assert_int_equal(source_read(m, &c, 1, &err), 0);

    CLEANUP(close_fd) int fd = open_with("from a file", &err);
    CLEANUP(source_cleanup) struct source *f = source_fd(fd, "f");
    assert_ok(source_read_buf(f, &b, &err), &err);
    assert_string_equal(buf_str(&b), "from a file");
    source_free(NULL);
}

static void test_range_shares_the_fd(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    CLEANUP(close_fd) int fd = open_with("0123456789", &err);
    CLEANUP(source_cleanup) struct source *a = source_range(fd, "r", 2, 3);
    CLEANUP(source_cleanup) struct source *z = source_range(fd, "r", 8, 2);
    char c;
    assert_int_equal(source_read(a, &c, 1, &err), 1);
    assert_int_equal(c, '2');
    assert_ok(source_read_buf(z, &b, &err), &err);
    assert_string_equal(buf_str(&b), "89");
    assert_ok(source_read_buf(a, &b, &err), &err);
    assert_string_equal(buf_str(&b), "34");

    CLEANUP(source_cleanup) struct source *beyond = source_range(fd, "r.deb", 8, 5);
    assert_fails(source_read_buf(beyond, &b, &err), &err, "r.deb: ends 3 bytes early");
}

static void test_read_all(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(source_cleanup) struct source *s = slow_new("abcdef", SIZE_MAX, NULL);
    char p[5] = {0};
    assert_ok(source_read_all(s, p, 4, &err), &err);
    assert_string_equal(p, "abcd");
    assert_fails(source_read_all(s, p, 4, &err), &err, "ends 2 bytes early");
}

static void test_read_buf_keeps_the_maximum(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf b = BUF_INIT(6);
    CLEANUP(source_cleanup) struct source *fits = slow_new("abcdef", SIZE_MAX, NULL);
    assert_ok(source_read_buf(fits, &b, &err), &err);
    assert_string_equal(buf_str(&b), "abcdef");
    CLEANUP(source_cleanup) struct source *over = source_mem("abcdefg", 7);
    assert_fails(source_read_buf(over, &b, &err), &err, "larger than 6 bytes");
}

static void test_an_error_sticks(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(source_cleanup) struct source *s = slow_new("abc", 2, NULL);
    char p[8];
    assert_int_equal(source_read(s, p, 8, &err), 1);
    assert_int_equal(source_read(s, p, 8, &err), -ERR_FAIL);
    /* Read on with the error still set: the same error, no second one. */
    assert_int_equal(source_read(s, p, 8, &err), -ERR_FAIL);
    assert_string_equal(err.message, "the disk is on fire");
    err_clear(&err);
    assert_fails(source_read(s, p, 8, &err), &err, "after an error");
}

static void test_copy_fd(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    CLEANUP(close_fd) int fd = spool_open(&err);
    CLEANUP(source_cleanup) struct source *s = slow_new("content", SIZE_MAX, NULL);
    assert_ok(source_copy_fd(s, fd, "copy", &err), &err);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_ok(file_read_fd(fd, "copy", 100, &b, &err), &err);
    assert_string_equal(buf_str(&b), "content");
    CLEANUP(source_cleanup) struct source *again = source_mem("x", 1);
    assert_fails(source_copy_fd(again, -1, "nowhere", &err), &err, "nowhere: write");
}

static struct source *verified(const char *text, uint64_t size, const char *hashed)
{
    struct sha256 d = sha256_of(hashed, strlen(hashed));
    return source_verified(slow_new(text, SIZE_MAX, NULL), size, &d, "x.deb");
}

static void test_verified_passes_what_was_promised(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    CLEANUP(source_cleanup) struct source *s = verified("content", 7, "content");
    assert_ok(source_read_buf(s, &b, &err), &err);
    assert_string_equal(buf_str(&b), "content");
    char c;
    assert_int_equal(source_read(s, &c, 1, &err), 0);
    CLEANUP(source_cleanup) struct source *empty = verified("", 0, "");
    assert_ok(source_read_buf(empty, &b, &err), &err);
    assert_int_equal(b.len, 0);
}

static void test_verified_refuses_all_else(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    CLEANUP(source_cleanup) struct source *shorter = verified("conten", 7, "content");
    assert_fails(source_read_buf(shorter, &b, &err), &err, "x.deb: ends after 6 of 7 bytes");
    CLEANUP(source_cleanup) struct source *longer = verified("contentX", 7, "content");
    assert_fails(source_read_buf(longer, &b, &err), &err, "x.deb: is longer than the 7 bytes");
    CLEANUP(source_cleanup) struct source *other = verified("Content", 7, "content");
    assert_fails(source_read_buf(other, &b, &err), &err, "x.deb: has SHA-256");
    CLEANUP(source_cleanup) struct source *not_empty = verified("x", 0, "");
    assert_fails(source_read_buf(not_empty, &b, &err), &err, "longer than the 0 bytes");
}

static void test_inner_error_and_ownership(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    bool freed = false;
    struct sha256 d = sha256_of("abc", 3);
    struct source *s = source_verified(slow_new("abc", 1, &freed), 3, &d, "x");
    s = source_decode(s, ENCODING_NONE, "x", 100, 1);
    assert_fails(source_read_buf(s, &b, &err), &err, "on fire");
    assert_false(freed);
    source_free(s);
    assert_true(freed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mem_and_fd_read_to_the_end),
        cmocka_unit_test(test_range_shares_the_fd),
        cmocka_unit_test(test_read_all),
        cmocka_unit_test(test_read_buf_keeps_the_maximum),
        cmocka_unit_test(test_an_error_sticks),
        cmocka_unit_test(test_copy_fd),
        cmocka_unit_test(test_verified_passes_what_was_promised),
        cmocka_unit_test(test_verified_refuses_all_else),
        cmocka_unit_test(test_inner_error_and_ownership),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
