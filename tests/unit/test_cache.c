/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "net/cache.h"
#include "net/cache_private.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    char *dir;
    struct cache *cache;
    struct err err;
};

static void place_make(struct place *p)
{
    char *base = xstrdup("/tmp/mkimage-test.XXXXXX");
    assert_non_null(mkdtemp(base));
    *p = (struct place){.dir = base, .err = ERR_INIT};
    CLEANUP(free_ptr) char *dir = path_join(base, "a/cache");
    assert_ok(cache_open(dir, &p->cache, &p->err), &p->err);
}

static void place_remove(struct place *p)
{
    cache_free(p->cache);
    err_clear(&p->err);
    assert_ok(dir_remove(p->dir, &p->err), &p->err);
    free(p->dir);
}

static unsigned count(const char *dir, const char *name)
{
    CLEANUP(free_ptr) char *path = path_join(dir, name);
    DIR *d = opendir(path);
    unsigned n = 0;
    if (!d)
        return 0;
    for (const struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
    closedir(d);
    return n;
}

static void overwrite(const char *path, const char *text)
{
    chmod(path, 0600);
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void test_blobs(void **state)
{
    (void)state;
    CLEANUP(place_remove) struct place p;
    CLEANUP(buf_release) struct buf got = BUF_INIT(100);
    struct sha256 digest, other = sha256_of("abd", 3);
    uint64_t size = 0;
    struct stat st;
    place_make(&p);
    assert_ok(cache_blob_put(p.cache, "abc", 3, &digest, &p.err), &p.err);
    CLEANUP(free_ptr) char *path = cache_blob_path(p.cache, &digest);
    assert_non_null(strstr(path,
                           "/a/cache/blobs/sha256/ba/"
                           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0400);
    CLEANUP(close_fd) int fd = cache_open_blob(p.cache, &digest, UINT64_MAX, &size, &p.err);
    assert_true(fd >= 0);
    assert_int_equal(size, 3);
    assert_ok(file_read_fd(fd, "x", 100, &got, &p.err), &p.err);
    assert_string_equal(buf_str(&got), "abc");
    assert_true(cache_has_blob(p.cache, &digest, 3));
    assert_int_equal(cache_open_blob(p.cache, &other, 3, &size, &p.err), -ERR_NOT_FOUND);
    err_clear(&p.err);
    assert_int_equal(count(cache_dir(p.cache), "partial"), 0);
    cache_blob_drop(p.cache, &digest);
    assert_false(cache_has_blob(p.cache, &digest, 3));
}

static void test_blob_of_another_size_is_removed(void **state)
{
    (void)state;
    CLEANUP(place_remove) struct place p;
    struct sha256 digest;
    place_make(&p);
    assert_ok(cache_blob_put(p.cache, "abc", 3, &digest, &p.err), &p.err);
    CLEANUP(free_ptr) char *path = cache_blob_path(p.cache, &digest);
    overwrite(path, "ab");
    assert_int_equal(cache_open_blob(p.cache, &digest, 3, NULL, &p.err), -ERR_NOT_FOUND);
    err_clear(&p.err);
    assert_int_equal(access(path, F_OK), -1);
    assert_ok(cache_blob_put(p.cache, "abc", 3, &digest, &p.err), &p.err);
    assert_true(cache_has_blob(p.cache, &digest, 3));
}

static void test_streamed_blob(void **state)
{
    (void)state;
    CLEANUP(place_remove) struct place p;
    struct sha256 digest = sha256_of("hello", 5);
    struct stat first, second;
    place_make(&p);
    CLEANUP(free_ptr) char *path = cache_blob_path(p.cache, &digest);
    for (int i = 0; i < 2; i++) {
        CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
        assert_ok(cache_blob_begin(p.cache, &t, &p.err), &p.err);
        assert_ok(write_all(t.fd, "hello", 5, "x", &p.err), &p.err);
        assert_ok(cache_blob_commit(p.cache, &t, &digest, &p.err), &p.err);
        assert_int_equal(stat(path, i ? &second : &first), 0);
    }
    assert_true(first.st_ino == second.st_ino); /* the equal one that was there is kept */
    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    assert_ok(cache_blob_begin(p.cache, &t, &p.err), &p.err);
    assert_int_equal(count(cache_dir(p.cache), "partial"), 1);
    tmpfile_release(&t);
    assert_int_equal(count(cache_dir(p.cache), "partial"), 0);
}

static void test_facts(void **state)
{
    (void)state;
    CLEANUP(place_remove) struct place p;
    CLEANUP(buf_release) struct buf got = BUF_INIT(100);
    struct sha256 key = sha256_of("k", 1), other = sha256_of("l", 1);
    place_make(&p);
    assert_ok(cache_fact_put(p.cache, "layer", &key, "one", 3, &p.err), &p.err);
    assert_ok(cache_fact_get(p.cache, "layer", &key, &got, &p.err), &p.err);
    assert_string_equal(buf_str(&got), "one");
    assert_ok(cache_fact_keep(p.cache, "layer", &key, "two", 3, &p.err), &p.err);
    assert_ok(cache_fact_get(p.cache, "layer", &key, &got, &p.err), &p.err);
    assert_string_equal(buf_str(&got), "two");
    assert_int_equal(count(cache_dir(p.cache), "facts/layer"), 1);
    assert_ok(cache_fact_put(p.cache, "layer", &key, "", 0, &p.err), &p.err);
    assert_ok(cache_fact_get(p.cache, "layer", &key, &got, &p.err), &p.err);
    assert_int_equal(got.len, 0);
    assert_int_equal(cache_fact_get(p.cache, "memo", &key, &got, &p.err), -ERR_NOT_FOUND);
    err_clear(&p.err);
    assert_int_equal(cache_fact_get(p.cache, "layer", &other, &got, &p.err), -ERR_NOT_FOUND);
}

static void test_damaged_facts_are_none(void **state)
{
    (void)state;
    CLEANUP(place_remove) struct place p;
    CLEANUP(buf_release) struct buf got = BUF_INIT(100);
    CLEANUP(buf_release) struct buf raw = BUF_INIT(1000);
    struct sha256 key = sha256_of("k", 1), other = sha256_of("l", 1);
    place_make(&p);
    assert_ok(cache_fact_put(p.cache, "layer", &key, "content", 7, &p.err), &p.err);
    CLEANUP(free_ptr)
    char *path = xasprintf("%s/facts/layer/%.2s/%s", cache_dir(p.cache), sha256_hex(&key).s,
                           sha256_hex(&key).s);
    assert_ok(file_read(path, 1000, &raw, &p.err), &p.err);
    for (size_t n = 0; n < raw.len; n++) {
        raw.data[n] ^= 1;
        assert_ok(file_write(path, raw.data, raw.len, 0600, &p.err), &p.err);
        assert_int_equal(cache_fact_get(p.cache, "layer", &key, &got, &p.err), -ERR_NOT_FOUND);
        err_clear(&p.err);
        raw.data[n] ^= 1;
        assert_ok(file_write(path, raw.data, n, 0600, &p.err), &p.err);
        assert_int_equal(cache_fact_get(p.cache, "layer", &key, &got, &p.err), -ERR_NOT_FOUND);
        err_clear(&p.err);
    }
    /* a whole record in another one's place */
    assert_ok(cache_fact_put(p.cache, "layer", &other, "x", 1, &p.err), &p.err);
    CLEANUP(free_ptr)
    char *path2 = xasprintf("%s/facts/layer/%.2s/%s", cache_dir(p.cache), sha256_hex(&other).s,
                            sha256_hex(&other).s);
    assert_ok(file_write(path2, raw.data, raw.len, 0600, &p.err), &p.err);
    assert_int_equal(cache_fact_get(p.cache, "layer", &other, &got, &p.err), -ERR_NOT_FOUND);
}

/* After one refusal nothing works: callers that take each error for "not there" don't go on. */
static void test_refusal_stays(void **state)
{
    (void)state;
    CLEANUP(place_remove) struct place p;
    CLEANUP(buf_release) struct buf got = BUF_INIT(100);
    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    struct partial part;
    struct sha256 key = sha256_of("k", 1), other = sha256_of("l", 1), digest;
    place_make(&p);
    assert_ok(cache_fact_put(p.cache, "layer", &key, "x", 1, &p.err), &p.err);
    assert_ok(cache_fact_put(p.cache, "layer", &other, "y", 1, &p.err), &p.err);
    assert_ok(cache_blob_put(p.cache, "abc", 3, &digest, &p.err), &p.err);
    assert_ok(cache_fact_get(p.cache, "layer", &other, &got, &p.err), &p.err);
    CLEANUP(free_ptr)
    char *path = xasprintf("%s/facts/layer/%.2s/%s", cache_dir(p.cache), sha256_hex(&key).s,
                           sha256_hex(&key).s);
    assert_int_equal(chmod(path, 0620), 0);
    for (int i = 0; i < 8; i++) {
        int r = i == 0   ? cache_fact_get(p.cache, "layer", &key, &got, &p.err)
                : i == 1 ? cache_fact_get(p.cache, "layer", &other, &got, &p.err)
                : i == 2 ? cache_fact_put(p.cache, "layer", &other, "z", 1, &p.err)
                : i == 3 ? cache_open_blob(p.cache, &digest, 3, NULL, &p.err)
                : i == 4 ? cache_blob_put(p.cache, "abc", 3, NULL, &p.err)
                : i == 5 ? cache_blob_begin(p.cache, &t, &p.err)
                : i == 6 ? partial_open(p.cache, &key, &part, NULL, &p.err)
                         : partial_open_own(p.cache, &key, &part, &p.err);
        assert_int_equal(r, -ERR_FAIL);
        assert_non_null(strstr(p.err.message, path));
        assert_non_null(strstr(p.err.message, "mode 0620"));
        assert_non_null(strstr(p.err.hint, "chmod -R go-w '"));
        err_clear(&p.err);
    }
    assert_false(cache_has_blob(p.cache, &digest, 3));
    assert_int_equal(got.len, 0);
}

static void test_partial_that_others_may_write(void **state)
{
    (void)state;
    CLEANUP(place_remove) struct place p;
    struct partial a;
    struct sha256 digest = sha256_of("abcdef", 6);
    place_make(&p);
    assert_int_equal(partial_open(p.cache, &digest, &a, NULL, &p.err), 1);
    assert_int_equal(fchmod(a.fd, 0606), 0);
    partial_close(&a);
    assert_int_equal(partial_open(p.cache, &digest, &a, NULL, &p.err), -ERR_FAIL);
    assert_non_null(strstr(p.err.message, "mode 0606"));
}

static void test_partials(void **state)
{
    (void)state;
    CLEANUP(place_remove) struct place p;
    struct partial a, b;
    uint64_t have = 0;
    struct sha256 digest = sha256_of("abcdef", 6);
    place_make(&p);
    assert_int_equal(partial_open(p.cache, &digest, &a, NULL, &p.err), 1);
    assert_int_equal(a.have, 0);
    assert_int_equal(write(a.fd, "abc", 3), 3);
    assert_int_equal(partial_open(p.cache, &digest, &b, &have, &p.err), 0);
    assert_int_equal(have, 3);
    partial_close(&a);
    assert_int_equal(partial_open(p.cache, &digest, &b, NULL, &p.err), 1);
    assert_int_equal(b.have, 3);
    assert_int_equal(pwrite(b.fd, "def", 3, 3), 3);
    assert_ok(partial_commit(p.cache, &b, &digest, &p.err), &p.err);
    assert_true(cache_has_blob(p.cache, &digest, 6));
    assert_int_equal(count(cache_dir(p.cache), "partial"), 0);
    assert_ok(partial_open_own(p.cache, &digest, &a, &p.err), &p.err);
    assert_int_equal(count(cache_dir(p.cache), "partial"), 1);
    partial_close(&a);
    assert_int_equal(count(cache_dir(p.cache), "partial"), 0);
}

static void test_old_partials_are_swept(void **state)
{
    (void)state;
    CLEANUP(place_remove) struct place p;
    struct partial a;
    struct cache *again = NULL;
    struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    struct sha256 one = sha256_of("1", 1), two = sha256_of("2", 1), held = sha256_of("3", 1);
    place_make(&p);
    assert_int_equal(partial_open(p.cache, &one, &a, NULL, &p.err), 1);
    assert_int_equal(futimens(a.fd, old), 0);
    partial_close(&a);
    assert_int_equal(partial_open(p.cache, &two, &a, NULL, &p.err), 1);
    partial_close(&a);
    assert_int_equal(partial_open(p.cache, &held, &a, NULL, &p.err), 1);
    assert_int_equal(futimens(a.fd, old), 0);
    assert_int_equal(count(cache_dir(p.cache), "partial"), 3);
    assert_ok(cache_open(cache_dir(p.cache), &again, &p.err), &p.err);
    assert_int_equal(count(cache_dir(p.cache), "partial"), 2);
    cache_free(again);
    partial_close(&a);
}

/* Writes blobs and facts until it is killed. */
static void write_for_ever(struct cache *c)
{
    struct err err = ERR_INIT;
    char text[20000];
    for (unsigned i = 0;; i++) {
        memset(text, 'a' + (int)(i % 26), sizeof(text));
        snprintf(text, sizeof(text), "%08u", i % 50);
        struct sha256 key = sha256_of(text, 8), digest;
        if (cache_blob_put(c, text, sizeof(text), &digest, &err) < 0 ||
            cache_fact_put(c, "layer", &key, text, sizeof(text) - i % 1000, &err) < 0)
            _exit(1);
        if (i % 3 == 0)
            cache_blob_drop(c, &digest);
    }
}

/* Every blob has the bytes that its name says. */
static unsigned check_blobs(const char *dir)
{
    unsigned n = 0;
    CLEANUP(free_ptr) char *blobs = path_join(dir, "blobs/sha256");
    DIR *d = opendir(blobs);
    if (!d)
        return 0;
    for (const struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        CLEANUP(free_ptr) char *sub = path_join(blobs, e->d_name);
        DIR *d2 = opendir(sub);
        assert_non_null(d2);
        for (const struct dirent *f; (f = readdir(d2));) {
            if (f->d_name[0] == '.')
                continue;
            CLEANUP(err_release) struct err err = ERR_INIT;
            CLEANUP(buf_release) struct buf got = BUF_INIT(1 << 20);
            CLEANUP(free_ptr) char *path = path_join(sub, f->d_name);
            assert_ok(file_read(path, 1 << 20, &got, &err), &err);
            struct sha256 digest = sha256_of(got.data, got.len);
            assert_string_equal(f->d_name, sha256_hex(&digest).s);
            n++;
        }
        closedir(d2);
    }
    closedir(d);
    return n;
}

static void test_killed_at_any_time(void **state)
{
    (void)state;
    CLEANUP(place_remove) struct place p;
    unsigned seen = 0;
    place_make(&p);
    for (unsigned i = 0; i < 40; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            write_for_ever(p.cache);
        usleep(1000 + i * 1237 % 17000);
        assert_int_equal(kill(pid, SIGKILL), 0);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        seen += check_blobs(cache_dir(p.cache));
    }
    assert_true(seen > 0);
}

static void test_default_dir(void **state)
{
    (void)state;
    setenv("XDG_CACHE_HOME", "/x", 1);
    setenv("HOME", "/h", 1);
    CLEANUP(free_ptr) char *xdg = cache_default_dir();
    assert_string_equal(xdg, "/x/mkimage");
    setenv("XDG_CACHE_HOME", "relative", 1);
    CLEANUP(free_ptr) char *home = cache_default_dir();
    assert_string_equal(home, "/h/.cache/mkimage");
    unsetenv("HOME");
    assert_null(cache_default_dir());
}

static void test_place_that_cannot_be_made(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct cache *c = NULL;
    assert_int_equal(cache_open("/dev/null/x", &c, &err), -ERR_FAIL);
    assert_null(c);
    assert_non_null(strstr(err.message, "cache: /dev/null"));
    assert_non_null(strstr(err.hint, "--cache"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blobs),
        cmocka_unit_test(test_blob_of_another_size_is_removed),
        cmocka_unit_test(test_streamed_blob),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_damaged_facts_are_none),
        cmocka_unit_test(test_refusal_stays),
        cmocka_unit_test(test_partial_that_others_may_write),
        cmocka_unit_test(test_partials),
        cmocka_unit_test(test_old_partials_are_swept),
        cmocka_unit_test(test_killed_at_any_time),
        cmocka_unit_test(test_default_dir),
        cmocka_unit_test(test_place_that_cannot_be_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
