/* SPDX-License-Identifier: Apache-2.0 */
/* Facts as bytes and back. */
#include "rootfs/package.h"
#include "unit.h"

static void release_package(struct package **p)
{
    package_free(*p);
}

static struct elf_facts *sample_elf(void)
{
    struct elf_facts *e = xcalloc(1, sizeof(*e));
    *e = (struct elf_facts){.flags = ELF_IS_64 | ELF_NX, .machine = 62, .type = 3, .e_flags = 7};
    e->osabi = 3;
    e->interp = xstrdup("/lib64/ld-linux-x86-64.so.2");
    e->soname = xstrdup("libx.so.1");
    e->rpath = xstrdup("$ORIGIN");
    strv_add(&e->needed, "libc.so.6");
    strv_add(&e->needed, "libm.so.6");
    e->has_abi_note = true;
    e->abi_note[1] = 3;
    e->abi_note[2] = 2;
    return e;
}

static struct entry *add(struct package *p, enum entry_type type, const char *path)
{
    GROW(p->entries, p->n_entries, p->cap_entries);
    struct entry *e = &p->entries[p->n_entries++];
    *e = (struct entry){.path = xstrdup(path), .type = type, .mode = 0755, .mode_deb = 04755};
    return e;
}

static struct package *sample(void)
{
    struct package *p = xcalloc(1, sizeof(*p));
    p->name = xstrdup("libx1");
    p->version = xstrdup("1:2-3");
    p->arch = xstrdup("amd64");
    p->source = xstrdup("x");
    p->source_version = xstrdup("2-3");
    p->multiarch_same = true;
    p->deb = sha256_of("deb", 3);
    p->deb_size = 1ull << 33;
    p->time = -5;
    p->control = xstrdup("Package: libx1\n");
    p->md5sums = xstrdup("");
    strv_add(&p->replaces, "y (<< 2)");
    p->n_scripts = 1;
    p->scripts = xcalloc(1, sizeof(*p->scripts));
    p->scripts[0] = (struct control_file){xstrdup("postinst"), xmemdup("a\0b", 4), 3};

    struct entry *e = add(p, ENTRY_FILE, "usr/bin/\xff");
    e->sha256 = sha256_of("x", 1);
    e->size = 77;
    e->mtime = 1234567890123;
    e->uid = 1;
    e->gid = 4294967294u;
    e->rule = package_rule(p, "FS-SUID");
    e->facts = xcalloc(1, sizeof(*e->facts));
    e->facts->marks = MARK_ELF | MARK_SHELL;
    e->facts->elf = sample_elf();
    e->facts->program = xstrdup("dash");
    e->facts->key = xstrdup("PRIVATE KEY");
    e->facts->xattrs = xcalloc(1, sizeof(*e->facts->xattrs));
    e->facts->n_xattrs = 1;
    e->facts->xattrs[0] = (struct xattr){xstrdup("user.x"), xmemdup("a\0b", 4), 3};
    e = add(p, ENTRY_SYMLINK, "etc/os-release");
    e->target = xstrdup("../usr/lib/os-release");
    e->dropped = true;
    e->rule = package_rule(p, "exclude");
    e->facts = xcalloc(1, sizeof(*e->facts));
    e->facts->content = xmemdup("c\0d", 4);
    e->facts->content_size = 3;
    p->key = sha256_of("key", 3);
    p->layer = (struct layer){sha256_of("l", 1), sha256_of("d", 1), 10, 20, CODEC_GZIP};
    p->files_offset = 1;
    p->files_packed = 2;
    p->files_raw = 3;
    return p;
}

static void check_second_entry(const struct entry *e)
{
    assert_int_equal(e->type, ENTRY_SYMLINK);
    assert_string_equal(e->target, "../usr/lib/os-release");
    assert_true(e->dropped);
    assert_string_equal(e->rule, "exclude");
    assert_int_equal(e->facts->content_size, 3);
    assert_memory_equal(e->facts->content, "c\0d", 4);
    assert_null(e->facts->elf);
}

static void test_round_trip(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(release_package) struct package *p = sample();
    CLEANUP(release_package) struct package *q = NULL;
    CLEANUP(buf_release) struct buf one = BUF_INIT(0), two = BUF_INIT(0);
    package_encode(p, &one);
    assert_ok(package_decode(one.data, one.len, &q, &err), &err);
    package_encode(q, &two);
    assert_int_equal(one.len, two.len);
    assert_memory_equal(one.data, two.data, one.len);

    assert_string_equal(q->version, "1:2-3");
    assert_true(q->multiarch_same);
    assert_int_equal(q->time, -5);
    assert_int_equal(q->deb_size, 1ull << 33);
    assert_string_equal(q->replaces.v[0], "y (<< 2)");
    assert_int_equal(q->scripts[0].size, 3);
    assert_memory_equal(q->scripts[0].text, "a\0b", 4);
    const struct entry *e = package_find(q, "usr/bin/\xff");
    assert_non_null(e);
    assert_int_equal(e->mode, 0755);
    assert_int_equal(e->mode_deb, 04755);
    assert_int_equal(e->gid, 4294967294u);
    assert_int_equal(e->mtime, 1234567890123);
    assert_string_equal(e->rule, "FS-SUID");
    assert_string_equal(e->facts->program, "dash");
    assert_string_equal(e->facts->key, "PRIVATE KEY");
    assert_string_equal(e->facts->xattrs[0].name, "user.x");
    assert_int_equal(e->facts->xattrs[0].size, 3);
    assert_memory_equal(e->facts->xattrs[0].value, "a\0b", 4);
    assert_string_equal(e->facts->elf->needed.v[1], "libm.so.6");
    assert_null(e->facts->elf->runpath);
    assert_int_equal(e->facts->elf->abi_note[2], 2);
    check_second_entry(&q->entries[1]);
    assert_true(sha256_eq(&q->layer.diff_id, &p->layer.diff_id));
    assert_int_equal(q->layer.codec, CODEC_GZIP);
    assert_int_equal(q->files_raw, 3);
}

static void test_dropped_is_not_found(void **state)
{
    (void)state;
    CLEANUP(release_package) struct package *p = sample();
    assert_null(package_find(p, "etc/os-release"));
    assert_null(package_find(p, "usr/bin"));
}

static void test_cut_record_is_refused(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(release_package) struct package *p = sample();
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    package_encode(p, &b);
    for (size_t n = 0; n < b.len; n++) {
        struct package *q = NULL;
        CLEANUP(free_ptr) char *part = n ? xmemdup(b.data, n) : xmalloc(1);
        assert_true(package_decode(part, n, &q, &err) < 0);
        assert_null(q);
        err_clear(&err);
    }
    buf_addch(&b, 'x');
    struct package *q = NULL;
    assert_fails(package_decode(b.data, b.len, &q, &err), &err, "bytes behind its end");
}

static void test_other_format_is_refused(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(release_package) struct package *p = sample();
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    struct package *q = NULL;
    package_encode(p, &b);
    char *version = strchr(b.data, '\n') + 1;
    (*version)++;
    assert_fails(package_decode(b.data, b.len, &q, &err), &err, "another version");
    b.data[0] ^= 1;
    assert_fails(package_decode(b.data, b.len, &q, &err), &err, "it isn't one");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_dropped_is_not_found),
        cmocka_unit_test(test_cut_record_is_refused),
        cmocka_unit_test(test_other_format_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
