/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "lock/check.h"
#include "lock/lock.h"
#include "scratch.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C64 "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

#define LIBC                                                                                   \
    "    {\"name\":\"libc6\",\"version\":\"2.41-12\",\"arch\":\"amd64\",\"source\":\"glibc\"," \
    "\"source_version\":\"2.41-12\",\"origin\":\"debian\",\"size\":2847652,\"sha256\":\"" B64  \
    "\",\"path\":\"pool/main/g/glibc/libc6_2.41-12_amd64.deb\"}"
#define TZDATA                                                                                 \
    "    {\"name\":\"tzdata\",\"version\":\"2026a-1\",\"arch\":\"all\",\"source\":\"tzdata\"," \
    "\"source_version\":\"2026a-1\",\"origin\":\"debian\",\"size\":260000,\"sha256\":\"" C64   \
    "\",\"path\":\"pool/main/t/tzdata/tzdata_2026a-1_all.deb\"}"

static const char golden[] =
    "{\n"
    " \"format\": 1,\n"
    " \"recipe\": \"sha256:" A64 "\",\n"
    " \"sources\": [\n"
    "  {\"source\":\"debian\",\"suite\":\"trixie\",\"date\":\"2026-11-21T09:15:44Z\","
    "\"inrelease\":\"sha256:" C64 "\"},\n"
    "  {\"source\":\"debian-security\",\"suite\":\"trixie-security\",\"date\":"
    "\"1969-12-31T23:59:59Z\",\"inrelease\":\"sha256:" A64 "\"}\n"
    " ],\n"
    " \"compressor\": {\"name\":\"zstd\",\"version\":\"1.5.4\",\"level\":-3},\n"
    " \"accounts\": [\n"
    "  {\"name\":\"_apt\",\"uid\":42,\"gid\":43}\n"
    " ],\n"
    " \"architectures\": {\n"
    "  \"amd64\": {\n"
    "   \"packages\": [\n" LIBC ",\n" TZDATA "\n"
    "   ],\n"
    "   \"omitted\": [\"debconf\",\"perl-base\"],\n"
    "   \"layers\": [\n"
    "    [\"tzdata\"],\n"
    "    [\"libc6\"]\n"
    "   ]\n"
    "  },\n"
    "  \"arm64\": {\n"
    "   \"packages\": [\n" TZDATA "\n"
    "   ],\n"
    "   \"omitted\": [],\n"
    "   \"layers\": [\n"
    "    [\"tzdata\"]\n"
    "   ]\n"
    "  }\n"
    " }\n"
    "}\n";

static void free_lock(struct lock **l)
{
    lock_free(*l);
}

static struct lock *parse(const char *text)
{
    struct lock *l = NULL;
    CLEANUP(err_release) struct err err = ERR_INIT;

    assert_ok(lock_parse(text, strlen(text), "x.lock", &l, &err), &err);
    return l;
}

static void test_values(void **state)
{
    (void)state;
    CLEANUP(free_lock) struct lock *l = parse(golden);

    assert_string_equal(sha256_hex(&l->recipe).s, A64);
    assert_int_equal(l->n_sources, 2);
    assert_string_equal(l->sources[0].suite, "trixie");
    assert_int_equal(l->sources[0].date, 1795252544);
    assert_string_equal(sha256_hex(&l->sources[0].inrelease).s, C64);
    assert_int_equal(l->sources[1].date, -1);
    assert_string_equal(l->compressor, "zstd");
    assert_string_equal(l->compressor_version, "1.5.4");
    assert_int_equal(l->level, -3);
    assert_int_equal(l->n_accounts, 1);
    assert_string_equal(l->accounts[0].name, "_apt");
    assert_int_equal(l->accounts[0].uid, 42);
    assert_int_equal(l->accounts[0].gid, 43);
    assert_int_equal(l->n_arches, 2);
    const struct lock_arch *a = lock_find_arch(l, "amd64");
    assert_ptr_equal(a, &l->arches[0]);
    assert_null(lock_find_arch(l, "riscv64"));
    assert_int_equal(a->omitted.n, 2);
    assert_int_equal(a->n_layers, 2);
    assert_int_equal(a->layers[0].packages[0], 1);
    const struct lock_package *p = lock_find(a, "libc6");
    assert_ptr_equal(p, &a->packages[0]);
    assert_int_equal(p->size, 2847652);
    assert_string_equal(p->path, "pool/main/g/glibc/libc6_2.41-12_amd64.deb");
    assert_null(lock_find(a, "libc"));
}

static void test_written_as_it_was_read(void **state)
{
    (void)state;
    CLEANUP(free_lock) struct lock *l = parse(golden);
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);

    lock_format(l, &b);
    assert_string_equal(buf_str(&b), golden);
}

static void test_copy(void **state)
{
    (void)state;
    struct lock *l = parse(golden);
    CLEANUP(free_lock) struct lock *copy = lock_copy(l);
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);

    lock_free(l); /* it shares nothing with it */
    lock_format(copy, &b);
    assert_string_equal(buf_str(&b), golden);
}

/* What a text in a lock may hold, if a lock isn't of mkimage's making. */
static void test_texts_escaped(void **state)
{
    (void)state;
    CLEANUP(free_lock) struct lock *l = parse(golden);
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);

    free(l->compressor);
    l->compressor = xstrdup("a\"b\\c\n\x7f\xc3\xbc");
    lock_format(l, &b);
    assert_non_null(strstr(buf_str(&b), "{\"name\":\"a\\\"b\\\\c\\n\x7f\\u00FC\",\"version\""));
    CLEANUP(free_lock) struct lock *again = parse(buf_str(&b));
    assert_string_equal(again->compressor, l->compressor);
}

static void test_file(void **state)
{
    (void)state;
    CLEANUP(scratch_cleanup) char *scratch = scratch_new();
    CLEANUP(free_ptr) char *path = xasprintf("%s/x.lock", scratch);
    CLEANUP(free_lock) struct lock *l = parse(golden), *again = NULL;
    CLEANUP(err_release) struct err err = ERR_INIT;

    assert_int_equal(lock_read(path, &again, &err), -ERR_NOT_FOUND);
    err_clear(&err);
    assert_ok(lock_write(l, path, &err), &err);
    assert_ok(lock_read(path, &again, &err), &err);
    assert_int_equal(again->n_arches, 2);
}

/* The golden lock with one piece of text replaced. */
static char *replaced(const char *from, const char *to)
{
    const char *at = strstr(golden, from);

    assert_non_null(at);
    return xasprintf("%.*s%s%s", (int)(at - golden), golden, to, at + strlen(from));
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *says;
    } bad[] = {
        {"\"format\": 1", "\"format\": 2", "x.lock: a lock of format 2, this program knows 1"},
        {"\"format\": 1,", "", "it has no \"format\""},
        {"\"format\": 1", "\"format\": 1, \"format\": 1", "duplicate object key"},
        {"\"format\": 1", "\"format\": 1, \"more\": 1", "more"},
        {"{\n", "<<<<<<< HEAD\n{", "x.lock:1: "},
        {"}\n}\n", "}\n} x", "x.lock:"},
        {"sha256:" A64, "sha256:" A64 "a", "recipe: not a digest"},
        {"sha256:" C64, "sha512:" C64, "sources[0]: not a digest"},
        {"2026-11-21T09", "2026-13-21T09", "sources[0]: not a date"},
        {"2026-11-21T09", "2026-02-30T09", "sources[0]: not a date"},
        {"09:15:44Z", "09:15:44+01", "sources[0]: not a date like"},
        {"\"uid\":42", "\"uid\":-1", "accounts[0]: not an id"},
        {"\"uid\":42", "\"uid\":4294967295", "accounts[0]: not an id"},
        {"\"uid\":42", "\"uid\":0", "accounts[0]: not an id"},
        {"\"uid\":42", "\"uid\":65534", "accounts[0]: not an id"},
        {"\"gid\":43", "\"gid\":-1", "accounts[0]: not an id"},
        {"\"gid\":43", "\"gid\":-1", "accounts[0]: not an id"},
        {"\"gid\":43", "\"gid\":4294967295", "accounts[0]: not an id"},
        {"\"_apt\"", "\"a:b\"", "accounts[0]: not an account's name"},
        {"\"sources\": [", "\"sources\": {\"a\":[", "x.lock:"},
        {"pool/main/g", "../main/g", "architectures.amd64.packages[0]: the path isn't relative"},
        {"pool/main/g", "/pool/main/g", "the path isn't relative"},
        {"pool/main/g", "http://x/g", "the path has a scheme"},
        {"pool/main/g", "pool/\\u001b[2J", "the path has a character"},
        {"pool/main/g", "pool/\\u0000", "x.lock:"},
        {"\"" B64 "\"", "\"../../../etc/passwd\"", "packages[0]: not a SHA-256"},
        {"2847652", "-2847652", "packages[0]: not a deb's size"},
        {"2847652", "-1", "packages[0]: not a deb's size"},
        {"2847652", "0", "packages[0]: not a deb's size"},
        {"2847652", "9223372036854775807", "packages[0]: not a deb's size"},
        {"2847652", "\"2847652\"", "packages[0]: "},
        {"2847652", "2847652.5", "packages[0]: "},
        {"\"libc6\"", "\"zzz\"", "packages[1]: packages must be sorted by name"},
        {"\"libc6\"", "\"tzdata\"", "packages[1]: packages must be sorted by name"},
        {"\"libc6\"", "\"LIBC\"", "packages[0]: not a package name"},
        {"\"2.41-12\"", "\"2.41 12\"", "packages[0]: not a version"},
        {"\"arch\":\"amd64\"", "\"arch\":\"arm64\"", "packages[0]: a package of another arch"},
        {"\"origin\":\"debian\",", "", "packages[0]: "},
        {"[\"tzdata\"],\n    ", "", "architectures.amd64.layers: a package lies in no layer"},
        {"[\"tzdata\"],\n", "[\"libc6\"],\n", "layers[1]: a package that lies in two layers"},
        {"[\"tzdata\"],\n", "[],\n", "layers[0]: not a list of names"},
        {"[\"tzdata\"],\n", "[\"gone\"],\n", "layers[0]: a name that isn't among the packages"},
        {"[\"debconf\",", "[1,", "omitted[0]: not a text"},
        {"[\"debconf\",\"perl-base\"]", "{}", "amd64.omitted: not a list"},
        {"\"omitted\": [\"debconf\",\"perl-base\"]", "\"omitted\": [], \"fallout\": 1",
         "fallout: not a list"},
        {"\"omitted\": [\"debconf\",\"perl-base\"]", "\"omitted\": [], \"provided\": [[]]",
         "provided[0]: not a text"},
        {"\"packages\": [\n" LIBC ",\n" TZDATA "\n   ]", "\"packages\": {}", "must be lists"},
        {"[\n    [\"tzdata\"],\n    [\"libc6\"]\n   ]", "7", "must be lists"},
        {"\"level\":-3", "\"level\":\"3\"", "compressor: "},
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(free_ptr) char *text = replaced(bad[i].from, bad[i].to);
        CLEANUP(err_release) struct err err = ERR_INIT;
        struct lock *l = NULL;

        if (lock_parse(text, strlen(text), "x.lock", &l, &err) == 0)
            fail_msg("%s -> %s: should be refused: %s", bad[i].from, bad[i].to, bad[i].says);
        assert_null(l);
        if (!strstr(err.message, bad[i].says))
            fail_msg("%s -> %s: \"%s\" doesn't say \"%s\"", bad[i].from, bad[i].to, err.message,
                     bad[i].says);
        for (const char *c = err.message; *c; c++)
            assert_true((unsigned char)*c >= ' ');
    }
}

/* The smallest and largest of each number, and architectures in another order. */
static void test_limits(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
    } good[] = {
        {"\"uid\":42", "\"uid\":1"},          {"\"gid\":43", "\"gid\":0"},
        {"\"uid\":42", "\"uid\":4294967294"}, {"\"gid\":43", "\"gid\":0"},
        {"\"gid\":43", "\"gid\":4294967294"}, {"2847652", "1"},
        {"\"arm64\": {", "\"aaa64\": {"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        CLEANUP(free_ptr) char *text = replaced(good[i].from, good[i].to);
        CLEANUP(free_lock) struct lock *l = parse(text);
        assert_true(strcmp(l->arches[0].arch, l->arches[1].arch) < 0);
        assert_non_null(lock_find_arch(l, "amd64"));
    }
}

static void test_deep_nesting(void **state)
{
    (void)state;
    CLEANUP(free_ptr) char *text = xmalloc(1 << 20);
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct lock *l = NULL;

    memset(text, '[', 1 << 20);
    assert_fails(lock_parse(text, 1 << 20, "x.lock", &l, &err), &err, "x.lock:1: ");
}

static void test_diff(void **state)
{
    (void)state;
    CLEANUP(free_ptr) char *text = replaced("2.41-12\",\"arch", "2.41-9\",\"arch");
    CLEANUP(free_lock) struct lock *old = parse(golden), *now = parse(text);
    CLEANUP(free_ptr) struct lock_change *c = NULL, *back = NULL, *all = NULL, *none = NULL;

    free(now->arches[1].packages[0].name);
    now->arches[1].packages[0].name = xstrdup("tzdata-new");
    now->arches[0].packages[1].sha256.bytes[0] ^= 1;
    assert_int_equal(lock_diff(old, now, &c), 4);
    assert_int_equal(c[0].kind, LOCK_DOWNGRADED); /* 2.41-12 is later than 2.41-9 */
    assert_string_equal(c[0].name, "libc6");
    assert_string_equal(c[0].arch, "amd64");
    assert_string_equal(c[0].from, "2.41-12");
    assert_string_equal(c[0].to, "2.41-9");
    assert_int_equal(c[1].kind, LOCK_REBUILT);
    assert_string_equal(c[1].name, "tzdata");
    assert_int_equal(c[2].kind, LOCK_REMOVED);
    assert_string_equal(c[2].arch, "arm64");
    assert_string_equal(c[2].name, "tzdata");
    assert_null(c[2].to);
    assert_int_equal(c[3].kind, LOCK_ADDED);
    assert_string_equal(c[3].name, "tzdata-new");
    assert_null(c[3].from);
    assert_int_equal(lock_diff(now, old, &back), 4);
    assert_int_equal(back[0].kind, LOCK_UPGRADED);
    assert_int_equal(lock_diff(NULL, old, &all), 3);
    assert_int_equal(all[2].kind, LOCK_ADDED);
    assert_int_equal(lock_diff(old, old, &none), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values), cmocka_unit_test(test_written_as_it_was_read),
        cmocka_unit_test(test_copy),   cmocka_unit_test(test_texts_escaped),
        cmocka_unit_test(test_file),   cmocka_unit_test(test_refused),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_deep_nesting),
        cmocka_unit_test(test_diff),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
