/* SPDX-License-Identifier: Apache-2.0 */
#include "base/beneath.h"
#include "base/file.h"
#include "unit.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char *dir;
    struct err err;
};

static int setup(void **state)
{
    struct place *p = xcalloc(1, sizeof(*p));
    const char *tmp = getenv("TMPDIR");
    p->dir = path_join(tmp ? tmp : "/tmp", "test_file.XXXXXX");
    *state = p;
    return mkdtemp(p->dir) ? 0 : -1;
}

static int teardown(void **state)
{
    struct place *p = *state;
    err_clear(&p->err);
    int result = dir_remove(p->dir, &p->err);
    err_clear(&p->err);
    free(p->dir);
    free(p);
    return result;
}

static char *at(const struct place *p, const char *name)
{
    return path_join(p->dir, name);
}

static void put(struct place *p, const char *name, const char *text)
{
    CLEANUP(free_ptr) char *path = at(p, name);
    assert_ok(file_write(path, text, strlen(text), 0644, &p->err), &p->err);
}

static void assert_content(struct place *p, const char *name, const char *want)
{
    CLEANUP(free_ptr) char *path = at(p, name);
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    assert_ok(file_read(path, 1000, &b, &p->err), &p->err);
    assert_string_equal(buf_str(&b), want);
}

static size_t count_entries(const char *dir)
{
    size_t n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static void test_tmpfile_appears_at_commit(void **state)
{
    struct place *p = *state;
    put(p, "x", "old");
    CLEANUP(free_ptr) char *path = at(p, "x");
    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    assert_ok(tmpfile_create(&t, path, 0640, &p->err), &p->err);
    assert_ok(write_all(t.fd, "new", 3, "x", &p->err), &p->err);
    assert_content(p, "x", "old");
    assert_ok(tmpfile_commit(&t, &p->err), &p->err);
    assert_content(p, "x", "new");
    assert_int_equal(count_entries(p->dir), 1);
}

static void test_tmpfile_in_an_open_directory(void **state)
{
    struct place *p = *state;
    CLEANUP(free_ptr) char *first = at(p, "first");
    CLEANUP(free_ptr) char *second = at(p, "second");
    CLEANUP(free_ptr) char *moved = at(p, "moved");
    CLEANUP(free_ptr) char *want = at(p, "second/name");
    assert_ok(dir_make(first, 0700, &p->err), &p->err);
    assert_ok(dir_make(second, 0700, &p->err), &p->err);
    CLEANUP(close_fd) int one = open(first, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(close_fd) int two = open(second, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(rename(first, moved), 0); /* the descriptor counts, not the path */
    for (int i = 0; i < 2; i++) {
        CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
        assert_ok(tmpfile_create_at(&t, one, "said/first/name", 0640, &p->err), &p->err);
        assert_non_null(strstr(t.temporary, "said/first/.name."));
        t.to = two;
        if (i)
            assert_ok(tmpfile_commit(&t, &p->err), &p->err);
        tmpfile_release(&t);
        assert_int_equal(access(want, F_OK), i ? 0 : -1);
        assert_int_equal(rmdir(moved) < 0 ? errno : 0, 0); /* nothing is left in it */
        assert_int_equal(mkdir(moved, 0700), 0);
        if (!i) {
            close_fd(&one);
            one = open(moved, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        }
    }
}

static void test_tmpfile_released_is_gone(void **state)
{
    struct place *p = *state;
    put(p, "x", "old");
    CLEANUP(free_ptr) char *path = at(p, "x");
    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    assert_ok(tmpfile_create(&t, path, 0640, &p->err), &p->err);
    assert_int_equal(count_entries(p->dir), 2);
    tmpfile_release(&t);
    assert_int_equal(t.fd, -1);
    assert_int_equal(count_entries(p->dir), 1);
    assert_content(p, "x", "old");
    tmpfile_release(&t);
}

static void test_mode_is_as_asked_whatever_the_umask(void **state)
{
    struct place *p = *state;
    static const mode_t masks[] = {0, 022, 077, 0777};
    for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
        CLEANUP(free_ptr) char *path = at(p, "m");
        mode_t before = umask(masks[i]);
        int result = file_write(path, "x", 1, 0664, &p->err);
        umask(before);
        assert_ok(result, &p->err);
        struct stat st;
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0664);
    }
}

static void test_writing_fails_where_nothing_can_be(void **state)
{
    struct place *p = *state;
    CLEANUP(free_ptr) char *none = at(p, "no/such/dir/x");
    assert_fails(file_write(none, "x", 1, 0644, &p->err), &p->err, "No such file or directory");
    CLEANUP(free_ptr) char *dir = at(p, "d");
    assert_ok(dir_make(dir, 0755, &p->err), &p->err);
    assert_fails(file_write(dir, "x", 1, 0644, &p->err), &p->err, "rename");
    assert_int_equal(count_entries(p->dir), 1); /* no leavings */
}

static void test_long_names_have_room(void **state)
{
    struct place *p = *state;
    char name[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    put(p, name, "x");
    assert_content(p, name, "x");
}

static void test_read_maximum(void **state)
{
    struct place *p = *state;
    put(p, "six", "abcdef");
    CLEANUP(free_ptr) char *path = at(p, "six");
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    assert_ok(file_read(path, 6, &b, &p->err), &p->err);
    assert_string_equal(buf_str(&b), "abcdef");
    assert_fails(file_read(path, 5, &b, &p->err), &p->err, "six: is larger than 5 bytes");
    assert_fails(file_read(path, 0, &b, &p->err), &p->err, "larger than 0 bytes");
    CLEANUP(buf_release) struct buf small = BUF_INIT(5);
    assert_fails(file_read(path, 100, &small, &p->err), &p->err, "larger than 5 bytes");
    CLEANUP(buf_release) struct buf exact = BUF_INIT(6);
    assert_ok(file_read(path, 100, &exact, &p->err), &p->err);
    assert_string_equal(buf_str(&exact), "abcdef");
    put(p, "empty", "");
    CLEANUP(free_ptr) char *empty = at(p, "empty");
    assert_ok(file_read(empty, 0, &b, &p->err), &p->err);
    assert_int_equal(b.len, 0);

    CLEANUP(free_ptr) char *none = at(p, "none");
    assert_int_equal(file_read(none, 5, &b, &p->err), -ERR_NOT_FOUND);
    err_clear(&p->err);
    assert_fails(file_read(p->dir, 5, &b, &p->err), &p->err, "Is a directory");
}

static void test_pread_all(void **state)
{
    struct place *p = *state;
    put(p, "f", "0123456789");
    CLEANUP(free_ptr) char *path = at(p, "f");
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    char b[5] = {0};
    assert_ok(pread_all(fd, b, 4, 3, "f", &p->err), &p->err);
    assert_string_equal(b, "3456");
    assert_fails(pread_all(fd, b, 4, 8, "f", &p->err), &p->err, "f: ends 2 bytes early");
}

static void test_spool_has_no_name(void **state)
{
    struct place *p = *state;
    assert_int_equal(setenv("TMPDIR", p->dir, 1), 0);
    CLEANUP(close_fd) int fd = spool_open(&p->err);
    assert_true(fd >= 0);
    assert_int_equal(count_entries(p->dir), 0);
    assert_ok(write_all(fd, "x", 1, "spool", &p->err), &p->err);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_nlink, 0);
    CLEANUP(free_ptr) char *none = at(p, "none");
    assert_int_equal(setenv("TMPDIR", none, 1), 0);
    assert_fails(spool_open(&p->err), &p->err, "none: can't create a temporary file");
    unsetenv("TMPDIR");
}

static void test_dir_make_and_remove(void **state)
{
    struct place *p = *state;
    CLEANUP(free_ptr) char *deep = at(p, "a//b/c/");
    assert_ok(dir_make(deep, 0755, &p->err), &p->err);
    assert_ok(dir_make(deep, 0755, &p->err), &p->err);
    put(p, "a/b/c/file", "x");
    put(p, "outside", "stays");
    CLEANUP(free_ptr) char *link = at(p, "a/b/link");
    assert_int_equal(symlink("../../outside", link), 0);
    CLEANUP(free_ptr) char *dirlink = at(p, "a/dirlink");
    assert_int_equal(symlink("..", dirlink), 0);

    CLEANUP(free_ptr) char *in_file = at(p, "outside/x");
    assert_fails(dir_make(in_file, 0755, &p->err), &p->err, "outside: Not a directory");

    CLEANUP(free_ptr) char *a = at(p, "a");
    assert_ok(dir_remove(a, &p->err), &p->err);
    assert_int_equal(access(a, F_OK), -1);
    assert_content(p, "outside", "stays");
    assert_ok(dir_remove(a, &p->err), &p->err); /* it isn't there: fine */
    CLEANUP(free_ptr) char *file = at(p, "outside");
    assert_ok(dir_remove(file, &p->err), &p->err);
    assert_int_equal(count_entries(p->dir), 0);
}

static void test_remove_of_a_link_leaves_its_target(void **state)
{
    struct place *p = *state;
    CLEANUP(free_ptr) char *dir = at(p, "dir");
    assert_ok(dir_make(dir, 0755, &p->err), &p->err);
    put(p, "dir/file", "stays");
    CLEANUP(free_ptr) char *link = at(p, "link");
    assert_int_equal(symlink("dir", link), 0);
    assert_ok(dir_remove(link, &p->err), &p->err);
    assert_int_equal(access(link, F_OK), -1);
    assert_content(p, "dir/file", "stays");
}

static void test_path_join(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"a", "/b", "/b"},         {"/", "b", "/b"},
        {"", "b", "b"},    {"a", "", "a/"},    {"a/b", "c/d", "a/b/c/d"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(free_ptr) char *have = path_join(cases[i][0], cases[i][1]);
        assert_string_equal(have, cases[i][2]);
    }
}

/* A tree with links of all kinds in root/, and a secret beside it. */
static void make_tree(struct place *p)
{
    static const char *const links[][2] = {
        {"root/in", "sub/file"},
        {"root/dirlink", "sub"},
        {"root/up", "../secret"},
        {"root/absolute", "/etc/passwd"},
        {"root/sub/back", "../top"},
        {"root/sub/upup", "../../secret"},
        {"root/loop", "loop"},
        {"root/a", "b"},
        {"root/b", "a"},
        {"root/dotdot", ".."},
        {"root/chain", "dirlink/back"},
        {"root/self", "."},
        {"root/out_and_in", "../root/top"},
        {"root/dirslash", "sub/"},
    };
    CLEANUP(free_ptr) char *sub = at(p, "root/sub");
    assert_ok(dir_make(sub, 0755, &p->err), &p->err);
    put(p, "root/sub/file", "file");
    put(p, "root/top", "top");
    put(p, "secret", "secret");
    for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
        CLEANUP(free_ptr) char *path = at(p, links[i][0]);
        assert_int_equal(symlink(links[i][1], path), 0);
    }
}

struct beneath_case {
    const char *path;
    const char *want; /* content, "" for a directory, NULL for a refusal */
    int error;
};

static const struct beneath_case beneath_cases[] = {
    {"top", "top", 0},
    {"sub/file", "file", 0},
    {"sub//file", "file", 0},
    {"./sub/./file", "file", 0},
    {"sub/../top", "top", 0},
    {"in", "file", 0},
    {"dirlink/file", "file", 0},
    {"sub/back", "top", 0},
    {"chain", "top", 0},
    {"self/self/top", "top", 0},
    {"dirslash/file", "file", 0},
    {"sub", "", 0},
    {"sub/", "", 0},
    {"dirlink/", "", 0},
    {".", "", 0},
    {"sub/..", "", 0},
    {"dirlink/..", "", 0},
    {"../secret", NULL, EXDEV},
    {"sub/../../secret", NULL, EXDEV},
    {"..", NULL, EXDEV},
    {"/etc/passwd", NULL, EXDEV},
    {"up", NULL, EXDEV},
    {"absolute", NULL, EXDEV},
    {"sub/upup", NULL, EXDEV},
    {"dotdot/secret", NULL, EXDEV},
    {"dirlink/../../secret", NULL, EXDEV},
    {"out_and_in", NULL, EXDEV},
    {"loop", NULL, ELOOP},
    {"a", NULL, ELOOP},
    {"a/x", NULL, ELOOP},
    {"none", NULL, ENOENT},
    {"sub/none/x", NULL, ENOENT},
    {"", NULL, ENOENT},
    {"top/x", NULL, ENOTDIR},
    {"top/", NULL, ENOTDIR},
    {"in/", NULL, ENOTDIR},
};

static void check_beneath(struct place *p, int (*opener)(int, const char *, int))
{
    CLEANUP(free_ptr) char *path = at(p, "root");
    CLEANUP(close_fd) int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(root >= 0);
    for (size_t i = 0; i < ARRAY_SIZE(beneath_cases); i++) {
        const struct beneath_case *c = &beneath_cases[i];
        CLEANUP(close_fd) int fd = opener(root, c->path, O_RDONLY);
        int errnum = errno;
        if (!c->want) {
            if (fd >= 0 || errnum != c->error)
                fail_msg("\"%s\": %s", c->path, fd >= 0 ? "opened" : strerror(errnum));
            continue;
        }
        if (fd < 0)
            fail_msg("\"%s\": %s", c->path, strerror(errnum));
        struct stat st;
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(S_ISDIR(st.st_mode), !*c->want);
        if (!*c->want)
            continue;
        CLEANUP(buf_release) struct buf b = BUF_INIT(0);
        assert_ok(file_read_fd(fd, c->path, 100, &b, &p->err), &p->err);
        assert_string_equal(buf_str(&b), c->want);
    }
}

static void test_beneath_by_openat2(void **state)
{
    struct place *p = *state;
    make_tree(p);
    if (beneath_openat2(AT_FDCWD, ".", O_PATH) < 0 && (errno == ENOSYS || errno == EPERM))
        skip();
    check_beneath(p, beneath_openat2);
}

static void test_beneath_by_walking(void **state)
{
    struct place *p = *state;
    make_tree(p);
    check_beneath(p, beneath_walk);
}

static const struct beneath_case strict_cases[] = {
    {"top", "top", 0},         {"sub/file", "file", 0},       {"sub", "", 0},
    {"in", NULL, ELOOP},       {"dirlink/file", NULL, ELOOP}, {"self/top", NULL, ELOOP},
    {"sub/back", NULL, ELOOP}, {"absolute", NULL, ELOOP},     {"loop", NULL, ELOOP},
    {"..", NULL, EXDEV},       {"../secret", NULL, EXDEV},    {"/etc/passwd", NULL, EXDEV},
    {"none", NULL, ENOENT},    {"none/file", NULL, ENOENT},   {"top/x", NULL, ENOTDIR},
};

static void test_beneath_without_links(void **state)
{
    struct place *p = *state;
    make_tree(p);
    CLEANUP(free_ptr) char *path = at(p, "root");
    CLEANUP(close_fd) int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int (*const ways[])(int, const char *, int) = {beneath_strict, beneath_strict_walk};
    static const int flags[] = {O_RDONLY, O_PATH, O_RDONLY | O_DIRECTORY};
    for (size_t i = 0; i < ARRAY_SIZE(strict_cases) * ARRAY_SIZE(ways) * ARRAY_SIZE(flags); i++) {
        const struct beneath_case *c = &strict_cases[i % ARRAY_SIZE(strict_cases)];
        int flag = flags[i / ARRAY_SIZE(strict_cases) % ARRAY_SIZE(flags)];
        size_t way = i / ARRAY_SIZE(strict_cases) / ARRAY_SIZE(flags);
        int want = c->want && *c->want && flag & O_DIRECTORY ? ENOTDIR : c->error;
        CLEANUP(close_fd) int fd = ways[way](root, c->path, flag);
        int got = fd < 0 ? errno : 0;
        if (got != want)
            fail_msg("\"%s\", way %zu, flags %o: %s", c->path, way, flag, strerror(got));
    }
}

static void test_open_beneath_names_and_types(void **state)
{
    struct place *p = *state;
    make_tree(p);
    CLEANUP(free_ptr) char *root = at(p, "root");
    CLEANUP(free_ptr) char *fifo = at(p, "root/fifo");
    assert_int_equal(mkfifo(fifo, 0644), 0);

    CLEANUP(close_fd) int fd = open_beneath(root, "in", O_RDONLY, &p->err);
    assert_ok(fd, &p->err);
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_fails(open_beneath(root, "../secret", O_RDONLY, &p->err), &p->err, "leads out of");
    assert_fails(open_beneath(root, "up", O_RDONLY, &p->err), &p->err, "up: leads out of");
    assert_fails(open_beneath(root, "fifo", O_RDONLY, &p->err), &p->err, "neither a file");
    assert_int_equal(open_beneath(root, "none\033", O_RDONLY, &p->err), -ERR_NOT_FOUND);
    assert_non_null(strstr(p->err.message, "none\\x1b"));
    err_clear(&p->err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tmpfile_appears_at_commit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tmpfile_in_an_open_directory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tmpfile_released_is_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mode_is_as_asked_whatever_the_umask, setup, teardown),
        cmocka_unit_test_setup_teardown(test_writing_fails_where_nothing_can_be, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_names_have_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_maximum, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pread_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_spool_has_no_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dir_make_and_remove, setup, teardown),
        cmocka_unit_test_setup_teardown(test_remove_of_a_link_leaves_its_target, setup, teardown),
        cmocka_unit_test(test_path_join),
        cmocka_unit_test_setup_teardown(test_beneath_by_openat2, setup, teardown),
        cmocka_unit_test_setup_teardown(test_beneath_by_walking, setup, teardown),
        cmocka_unit_test_setup_teardown(test_beneath_without_links, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open_beneath_names_and_types, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
