/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"
#include "rootfs/assembly.h"
#include "rootfs/ld_cache.h"
#include "unit.h"
#include <elf.h>

#define LIB "usr/lib/x86_64-linux-gnu/"

/* A little-endian cache read again: "SONAME FLAGS [HWCAP] PATH\n" for each entry, then the
 * generator. */
static uint32_t get32(const struct slice *s, size_t at)
{
    assert_true(at + 4 <= s->n);
    const unsigned char *p = (const unsigned char *)s->p + at;
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static char *dump(struct slice s)
{
    struct buf out = BUF_INIT(0);
    assert_true(s.n > 48 && memcmp(s.p, "glibc-ld.so.cache1.1", 20) == 0);
    size_t n = get32(&s, 20), ext = get32(&s, 32), names = 0;
    assert_int_equal(s.p[28], 2);
    assert_int_equal(ext % 4, 0);
    assert_int_equal(get32(&s, ext), (uint32_t)-358342284);
    assert_true(48 + 24 * n + get32(&s, 24) <= ext);
    size_t sections = get32(&s, ext + 4);
    if (sections == 2) {
        assert_int_equal(get32(&s, ext + 24), 1);
        names = get32(&s, ext + 32);
    }
    for (size_t i = 0; i < n; i++) {
        size_t at = 48 + 24 * i;
        buf_addf(&out, "%s %x ", s.p + get32(&s, at + 4), get32(&s, at));
        if (get32(&s, at + 20)) {
            assert_int_equal(get32(&s, at + 20), 1u << 30);
            buf_addf(&out, "[%s] ", s.p + get32(&s, names + 4 * get32(&s, at + 16)));
        }
        buf_addf(&out, "%s\n", s.p + get32(&s, at + 8));
    }
    size_t at = get32(&s, ext + 16), len = get32(&s, ext + 20);
    assert_int_equal(at + len, s.n);
    buf_addf(&out, "by %.*s\n", (int)len, s.p + at);
    return buf_detach(&out);
}

/* ---- the whole ---- */

struct fixture {
    struct recipe recipe;
    struct assembly assembly;
    struct package *p;
    struct tree *tree;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->assembly.recipe = &f->recipe;
    f->assembly.arch = "amd64";
    f->p = fake_package("x", "1");
    f->tree = tree_new();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    strv_release(&f->assembly.notes);
    tree_free(f->tree);
    package_free(f->p);
    err_release(&f->err);
    free(f);
    return 0;
}

static void assert_cache(struct fixture *f, const char *want)
{
    assert_ok(tree_add_package(f->tree, f->p, &f->err), &f->err);
    assert_ok(assemble_ld_cache(&f->assembly, f->tree, &f->err), &f->err);
    const struct node *n = tree_find(f->tree, "etc/ld.so.cache");
    struct slice text;
    assert_non_null(n);
    assert_true(tree_text(n, &text));
    CLEANUP(free_ptr) char *got = dump(text);
    assert_string_equal(got, want);
}

static void test_libraries_of_the_default_directories(void **state)
{
    struct fixture *f = *state;
    fake_link(f->p, "lib", "usr/lib");
    fake_elf(f->p, LIB "libz.so.1.3", "libz.so.1", EM_X86_64);
    fake_link(f->p, LIB "libz.so.1", "libz.so.1.3");
    fake_elf(f->p, LIB "liba.so.10", NULL, EM_X86_64);
    fake_elf(f->p, LIB "liba.so.9", "liba.so.9", EM_X86_64);
    fake_elf(f->p, LIB "libforeign.so.1", "libforeign.so.1", EM_AARCH64);
    fake_elf(f->p, LIB "plugin.so", "plugin.so", EM_X86_64);
    fake_elf(f->p, LIB "sub/libsub.so.1", "libsub.so.1", EM_X86_64);
    fake_file(f->p, LIB "libscript.so", "GROUP ( libz.so.1 )");
    fake_elf(f->p, LIB "libevil.so.1", "../../../etc/evil", EM_X86_64);
    fake_elf(f->p, "usr/lib/libtop.so.2", "libtop.so.2", EM_X86_64);
    assert_cache(f, "libz.so.1 303 /lib/x86_64-linux-gnu/libz.so.1\n"
                    "libtop.so.2 303 /lib/libtop.so.2\n"
                    "liba.so.10 303 /lib/x86_64-linux-gnu/liba.so.10\n"
                    "liba.so.9 303 /lib/x86_64-linux-gnu/liba.so.9\n"
                    "by mkimage\n");
    assert_int_equal(f->assembly.notes.n, 0);
}

static void test_configured_directories_come_first(void **state)
{
    struct fixture *f = *state;
    fake_file(f->p, "etc/ld.so.conf",
              "# all\n include\t/etc/ld.so.conf.d/*.conf conf.more \n/opt/b//");
    fake_file(f->p, "etc/ld.so.conf.d/2.conf", "/opt/c # three\n");
    fake_file(f->p, "etc/ld.so.conf.d/1.conf", "\n/opt/a\n/opt/link\n/not/there\ninclude /etc/*\n");
    fake_file(f->p, "etc/ld.so.conf.d/3.disabled", "/opt/d\n");
    fake_file(f->p, "etc/conf.more", "relative\n/opt/d\n");
    fake_link(f->p, "opt/link", "a");
    static const char *const dirs[] = {"opt/a", "opt/b", "opt/c", "opt/d", "usr/lib"};
    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
        CLEANUP(free_ptr) char *path = xasprintf("%s/libx.so.1", dirs[i]);
        fake_elf(f->p, path, "libx.so.1", EM_X86_64);
    }
    assert_cache(f, "libx.so.1 303 /opt/a/libx.so.1\n"
                    "libx.so.1 303 /opt/d/libx.so.1\n"
                    "libx.so.1 303 /opt/b/libx.so.1\n"
                    "libx.so.1 303 /opt/c/libx.so.1\n"
                    "libx.so.1 303 /usr/lib/libx.so.1\n"
                    "by mkimage\n");
}

static void test_better_cpus_come_before_the_plain_library(void **state)
{
    struct fixture *f = *state;
    fake_elf(f->p, LIB "libx.so.1", "libx.so.1", EM_X86_64);
    fake_elf(f->p, LIB "glibc-hwcaps/x86-64-v3/libx.so.1.2", "libx.so.1", EM_X86_64);
    fake_elf(f->p, LIB "glibc-hwcaps/x86-64-v2/libx.so.1.2", "libx.so.1", EM_X86_64);
    fake_elf(f->p, LIB "glibc-hwcaps/.hidden/libx.so.1", "libx.so.1", EM_X86_64);
    assert_cache(f, "libx.so.1 303 [x86-64-v2] "
                    "/usr/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v2/libx.so.1.2\n"
                    "libx.so.1 303 [x86-64-v3] "
                    "/usr/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/libx.so.1.2\n"
                    "libx.so.1 303 /usr/lib/x86_64-linux-gnu/libx.so.1\n"
                    "by mkimage\n");
}

static void test_a_link_that_is_missing_is_made(void **state)
{
    struct fixture *f = *state;
    fake_elf(f->p, LIB "libx-1.2.so", "libx.so.1", EM_X86_64);
    fake_elf(f->p, LIB "libx-1.10.so", "libx.so.1", EM_X86_64);
    assert_cache(f, "libx.so.1 303 /usr/lib/x86_64-linux-gnu/libx.so.1\nby mkimage\n");
    const struct node *n = tree_find(f->tree, LIB "libx.so.1");
    assert_non_null(n);
    assert_string_equal(n->target, "libx-1.10.so");
    assert_int_equal(f->assembly.notes.n, 1);
}

static void test_other_architectures(void **state)
{
    struct fixture *f = *state;
    f->assembly.arch = "arm64";
    fake_elf(f->p, "usr/lib/aarch64-linux-gnu/libc.so.6", "libc.so.6", EM_AARCH64);
    fake_elf(f->p, "usr/lib/aarch64-linux-gnu/libx.so.1", "libx.so.1", EM_X86_64);
    assert_cache(f, "libc.so.6 a03 /usr/lib/aarch64-linux-gnu/libc.so.6\nby mkimage\n");
}

static void test_no_libraries_no_cache(void **state)
{
    struct fixture *f = *state;
    assert_ok(assemble_ld_cache(&f->assembly, f->tree, &f->err), &f->err);
    assert_null(tree_find(f->tree, "etc/ld.so.cache"));
}

/* ---- the format ---- */

static void test_names_are_compared_by_their_numbers(void **state)
{
    (void)state;
    static const char *const order[] = {"lib.so",     "liba.so.2", "liba.so.9.1",
                                        "liba.so.10", "libaa.so",  "libb"};
    for (size_t i = 0; i < ARRAY_SIZE(order); i++)
        for (size_t k = 0; k < ARRAY_SIZE(order); k++) {
            int want = i < k ? -1 : i > k;
            int got = ld_compare(order[i], order[k]);
            assert_int_equal(want, got < 0 ? -1 : got > 0);
        }
    assert_int_equal(ld_compare("liba.so.01", "liba.so.1"), 0);
    assert_true(ld_compare("lib99999999999999999999999999", "lib1") > 0);
}

static void test_strings_share_their_ends(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf out = BUF_INIT(0);
    struct ld_entry e = {
        .soname = (char[]){"liba.so"}, .path = (char[]){"/lib/liba.so"}, .flags = 3};
    ld_cache_format(&e, 1, true, &out);
    const unsigned char *p = (const unsigned char *)out.data;
    assert_int_equal(p[28], 3);          /* big-endian */
    assert_int_equal(p[27], 13);         /* just the path */
    assert_int_equal(p[48 + 3], 3);      /* flags */
    assert_int_equal(p[48 + 7], 72 + 5); /* soname: the path's end */
    assert_int_equal(p[48 + 11], 72);    /* path */
    assert_memory_equal(p + 72, "/lib/liba.so", 13);
    assert_int_equal(p[35], 88); /* the extensions, after padding to 4 */
}

static void test_a_cache_is_read_again(void **state)
{
    (void)state;
    static const struct {
        const char *old; /* in front of it */
        size_t n_old, n;
    } heads[] = {
        {"", 0, 3},
        {"ld.so-1.7.0\0\1\0\0\0\1\2\3\4\5\6\7\x8\1\2\3\4\0\0\0\0", 32, 3},
        {"ld.so-1.7.0\0\1\0\0\0", 16, 0}, /* its entries are missing */
        {"x", 1, 0},
    };
    for (int big = 0; big < 2; big++) {
        struct ld_entry entries[] = {
            {.soname = (char[]){"libb.so"}, .path = (char[]){"/lib/libb.so"}, .flags = 3},
            {.soname = (char[]){"liba.so"}, .path = (char[]){"/lib/liba.so"}, .flags = 3},
            {.soname = (char[]){"liba.so"},
             .path = (char[]){"/lib/glibc-hwcaps/x/liba.so"},
             .hwcaps = (char[]){"x"},
             .flags = 3},
        };
        CLEANUP(buf_release) struct buf out = BUF_INIT(0);
        ld_cache_format(entries, ARRAY_SIZE(entries), big, &out);
        for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
            CLEANUP(buf_release) struct buf all = BUF_INIT(0);
            CLEANUP(free_ptr) struct ld_found *found = NULL;
            buf_add(&all, heads[i].old, heads[i].n_old);
            buf_add(&all, out.data, out.len);
            size_t n = ld_cache_parse((struct slice){all.data, all.len}, &found);
            assert_int_equal(n, heads[i].n);
            if (!n)
                continue;
            assert_string_equal(found[0].path, "/lib/glibc-hwcaps/x/liba.so");
            assert_true(found[0].hwcaps);
            assert_string_equal(found[1].name, "liba.so");
            assert_false(found[1].hwcaps);
            assert_string_equal(found[2].path, "/lib/libb.so");
        }
        for (size_t n = 0; n < out.len; n += 5) { /* cut anywhere: what is left, or nothing */
            CLEANUP(free_ptr) char *part = xmemdup(out.data, n + 1);
            CLEANUP(free_ptr) struct ld_found *found = NULL;
            assert_true(ld_cache_parse((struct slice){part, n}, &found) <= 3);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_libraries_of_the_default_directories, setup, teardown),
        cmocka_unit_test_setup_teardown(test_configured_directories_come_first, setup, teardown),
        cmocka_unit_test_setup_teardown(test_better_cpus_come_before_the_plain_library, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_link_that_is_missing_is_made, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_architectures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_libraries_no_cache, setup, teardown),
        cmocka_unit_test(test_names_are_compared_by_their_numbers),
        cmocka_unit_test(test_strings_share_their_ends),
        cmocka_unit_test(test_a_cache_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
