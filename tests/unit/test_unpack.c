/* SPDX-License-Identifier: Apache-2.0 */
/* Debs through package_get: what the layer and the facts hold, keys and the cache. */
#include "rootfs/content.h"
#include "unpacker.h"

#include "base/file.h"
#include "rootfs/decide.h"
#include "unit.h"
#include <locale.h>

static void test_layer_and_records(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(package_cleanup) struct package *p = NULL;
    PARTS(d);
    unpacker_start(&u);
    parts_simple(&d);
    parts_finish(&d, "x", "Source: src (2.0)\nReplaces: y (<< 1), z\nDescription: one\n two\n");
    assert_ok(unpacker_get(&u, &d.deb, "x", &p, &err), &err);
    expect_layer(&u, p,
                 "d 0755 0:0 usr/\nd 0755 0:0 usr/share/\n" RECORD_DIRECTORIES
                 "f 0644 0:0 usr/share/z last by name\n"
                 "f 0755 0:0 usr/share/a #!/usr/bin/perl -w\n\n"
                 "l 0777 0:0 usr/share/l -> ../x y\n"
                 "h 0644 0:0 usr/share/h = usr/share/z\n" RECORDS);
    expect_file(&u, p, "var/lib/dpkg/status",
                "Package: x\nStatus: install ok installed\nVersion: 1.0\nArchitecture: all\n"
                "Source: src (2.0)\nReplaces: y (<< 1), z\nDescription: one\n two\n\n");
    expect_file(&u, p, "var/lib/dpkg/info/x.list",
                "/.\n/usr\n/usr/share\n/usr/share/z\n/usr/share/a\n/usr/share/l\n/usr/share/h\n");
    expect_file(&u, p, "var/lib/dpkg/info/x.md5sums",
                "f23a193cc6bca6918ef9906ea2f0632b  usr/share/z\n"
                "07a8c2dfcbfa0c75559c8aed65d8d945  usr/share/a\n"
                "f23a193cc6bca6918ef9906ea2f0632b  usr/share/h\n");
    assert_string_equal(p->source, "src");
    assert_string_equal(p->source_version, "2.0");
    assert_int_equal(p->replaces.n, 2);
    assert_string_equal(p->replaces.v[0], "y (<< 1)");
    assert_int_equal(p->time, MAKER_TIME);
    const struct entry *a = package_find(p, "usr/share/a");
    assert_non_null(a->facts);
    assert_string_equal(a->facts->interpreter, "/usr/bin/perl -w");
    assert_int_equal(a->mtime, MAKER_TIME - 1000);
}

static void test_key_and_cache(void **state)
{
    (void)state;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(package_cleanup) struct package *p = NULL;
    PARTS(d);
    unpacker_start(&u);
    parts_simple(&d);
    parts_finish(&d, "x", "");
    expect_package(&u, &d, "", &p);
    assert_true(u.made);
    struct sha256 key = p->key, digest = p->layer.digest, diff_id = p->layer.diff_id;
    expect_package(&u, &d, "", &p);
    assert_false(u.made);
    assert_true(sha256_eq(&digest, &p->layer.digest));
    assert_string_equal(package_find(p, "usr/share/a")->facts->interpreter, "/usr/bin/perl -w");

    /* A policy that touches nothing here, and a mode that is so already. */
    expect_package(&u, &d, "drop nothing/**\nmode 0755 usr/share/a\n", &p);
    assert_false(u.made);
    assert_true(sha256_eq(&key, &p->key));
    expect_package(&u, &d, "drop usr/share/a\n", &p);
    assert_true(u.made);
    assert_false(sha256_eq(&key, &p->key));

    /* Another compressor: other bytes, the same tar. */
    u.compressor = (struct compressor){CODEC_GZIP, 6};
    expect_package(&u, &d, "", &p);
    assert_true(u.made);
    assert_false(sha256_eq(&key, &p->key));
    assert_true(sha256_eq(&diff_id, &p->layer.diff_id));

    /* A layer that is gone is made again. */
    u.compressor = (struct compressor){CODEC_ZSTD, 1};
    cache_blob_drop(u.cache, &digest);
    expect_package(&u, &d, "", &p);
    assert_true(u.made);
    assert_true(sha256_eq(&digest, &p->layer.digest));
}

/* The same bytes for any number of threads and any locale. */
static void test_same_bytes(void **state)
{
    (void)state;
    PARTS(d);
    maker_directory(&d.data, "./usr/");
    maker_file(&d.data, "./usr/n\xc3\xa4me", 0644, "gnu");
    maker_file(&d.data, "./usr/\xff\xfe", 0644, "not utf-8");
    maker_pax_record(&d.data, "path", "./usr/p\xc3\xa4x");
    maker_file(&d.data, "./x", 0644, "pax");
    maker_pax_record(&d.data, "linkpath", "\xe2\x82\xac");
    maker_symlink(&d.data, "./usr/link", "x");
    parts_finish(&d, "x", "");
    static const char *const locales[] = {"C", "C.UTF-8", "POSIX"};
    struct sha256 digest = {0};
    for (size_t i = 0; i < ARRAY_SIZE(locales); i++) {
        CLEANUP(unpacker_end) struct unpacker u;
        CLEANUP(package_cleanup) struct package *p = NULL;
        unpacker_start(&u);
        pool_end(u.session.pool);
        u.session.pool = pool_new((unsigned)i);
        assert_non_null(setlocale(LC_ALL, locales[i]));
        expect_package(&u, &d, "", &p);
        setlocale(LC_ALL, "C");
        assert_string_equal(package_find(p, "usr/p\xc3\xa4x")->path, "usr/p\xc3\xa4x");
        assert_string_equal(package_find(p, "usr/link")->target, "\xe2\x82\xac");
        assert_non_null(package_find(p, "usr/\xff\xfe"));
        if (i)
            assert_true(sha256_eq(&digest, &p->layer.digest));
        digest = p->layer.digest;
    }
}

static void test_usrmerge(void **state)
{
    (void)state;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(package_cleanup) struct package *p = NULL;
    PARTS(d);
    unpacker_start(&u);
    maker_directory(&d.data, "./bin/");
    maker_file(&d.data, "./bin/x", 0755, "x");
    maker_hardlink(&d.data, "./bin/y", "./bin/x");
    maker_directory(&d.data, "./usr/");
    maker_directory(&d.data, "./usr/bin/");
    maker_file(&d.data, "./lib64/ld.so", 0755, "l");
    maker_symlink(&d.data, "./sbin", "usr/sbin");
    maker_file(&d.data, "./var/run/pid", 0644, "p");
    maker_control(&d.control, "x", "",
                  "9dd4e461268c8034f5c8564e155c67a6  bin/x\n"
                  "9dd4e461268c8034f5c8564e155c67a6  bin/gone\n"
                  "short  bin/x\n");
    maker_deb(&d.deb, &d.control, &d.data);
    expect_package(&u, &d, "", &p);
    expect_layer(&u, p,
                 "d 0755 0:0 run/\nd 0755 0:0 usr/\nd 0755 0:0 usr/bin/\nd 0755 0:0 "
                 "usr/lib64/\n" RECORD_DIRECTORIES "f 0755 0:0 usr/bin/x x\n"
                 "h 0755 0:0 usr/bin/y = usr/bin/x\nf 0755 0:0 usr/lib64/ld.so l\n"
                 "l 0777 0:0 sbin -> usr/sbin\nf 0644 0:0 run/pid p\n" RECORDS);
    expect_file(&u, p, "var/lib/dpkg/info/x.md5sums",
                "9dd4e461268c8034f5c8564e155c67a6  usr/bin/x\n");
}

/* Directories that the deb doesn't have are added, each once, however much lies in them. */
static void test_directories_that_are_missing(void **state)
{
    (void)state;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(package_cleanup) struct package *p = NULL;
    PARTS(d);
    unpacker_start(&u);
    maker_file(&d.data, "./usr/share/x/a", 0644, "a");
    maker_file(&d.data, "./usr/share/x/b", 0644, "b");
    maker_file(&d.data, "./usr/share/y", 0644, "y");
    maker_control(&d.control, "x", "", NULL);
    maker_deb(&d.deb, &d.control, &d.data);
    expect_package(&u, &d, "", &p);
    assert_int_equal(p->n_entries, 6);
    expect_layer(
        &u, p,
        "d 0755 0:0 usr/\nd 0755 0:0 usr/share/\nd 0755 0:0 usr/share/x/\n" RECORD_DIRECTORIES
        "f 0644 0:0 usr/share/x/a a\nf 0644 0:0 usr/share/x/b b\n"
        "f 0644 0:0 usr/share/y y\n" RECORDS);
    const struct entry *dir = package_find(p, "usr/share/x");
    assert_string_equal(dir->rule, "parent");
    assert_int_equal(dir->mode_deb, 0755);
    package_cleanup(&p);
    p = NULL;
    expect_package(&u, &d, "drop usr/share/x/*", &p); /* and not where nothing needs them */
    assert_null(package_find(p, "usr/share/x"));
    assert_non_null(package_find(p, "usr/share"));
}

static void test_base_files(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(package_cleanup) struct package *p = NULL;
    PARTS(d);
    unpacker_start(&u);
    maker_directory(&d.data, "./run/");
    maker_directory(&d.data, "./var/");
    maker_header(&d.data, "./var/lock/", '5', 01777, NULL, 0);
    maker_directory(&d.data, "./var/run/");
    maker_symlink(&d.data, "./bin", "usr/bin");
    parts_finish(&d, "base-files", "");
    assert_ok(unpacker_get(&u, &d.deb, "base-files", &p, &err), &err);
    const struct entry *e = package_find(p, "var/run");
    assert_int_equal(e->type, ENTRY_SYMLINK);
    assert_string_equal(e->target, "/run");
    assert_string_equal(package_find(p, "var/lock")->target, "/run/lock");
    assert_int_equal(package_find(p, "run")->type, ENTRY_DIRECTORY);
}

static void test_content_and_marks(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(package_cleanup) struct package *p = NULL;
    CLEANUP(buf_release) struct buf elf = BUF_INIT(0);
    PARTS(d);
    unpacker_start(&u);
    assert_ok(file_read("tests/fuzz/corpus/elf/pie", 1 << 20, &elf, &err), &err);
    buf_addstr(&elf, "..Illegal option -%c..PS4=+ ..");
    maker_header(&d.data, "./usr/renamed", '0', 0755, NULL, elf.len);
    maker_bytes(&d.data, elf.data, elf.len);
    maker_file(&d.data, "./usr/lib/sysusers.d/x.conf", 0644, "u x -\n");
    maker_file(&d.data, "./usr/lib/sysusers.d/x.txt", 0644, "u x -\n");
    maker_pax_record(&d.data, "SCHILY.xattr.security.capability", "abc");
    maker_file(&d.data, "./usr/ping", 0755, "p");
    maker_file(&d.data, "./usr/tiny", 0755,
               "\x7f"
               "EL");
    parts_finish(&d, "x", "");
    expect_package(&u, &d, "drop usr/lib/**\n", &p);
    const struct file_facts *f = package_find(p, "usr/renamed")->facts;
    assert_int_equal(f->marks, MARK_ELF | MARK_SHELL);
    assert_string_equal(f->program, "dash");
    assert_string_equal(f->elf->needed.v[0], "libc.so.6");
    assert_null(package_find(p, "usr/tiny")->facts);
    const struct entry *ping = package_find(p, "usr/ping");
    assert_int_equal(ping->facts->marks, MARK_CAPABILITY);
    assert_string_equal(ping->rule, RULE_CAPABILITY);
    const struct entry *conf = &p->entries[1];
    assert_string_equal(conf->path, "usr/lib/sysusers.d/x.conf");
    assert_true(conf->dropped);
    assert_string_equal(conf->facts->content, "u x -\n");
    assert_null(p->entries[2].facts);
}

static void test_conffiles_have_no_md5sums(void **state)
{
    (void)state;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(package_cleanup) struct package *p = NULL;
    PARTS(d);
    unpacker_start(&u);
    maker_file(&d.data, "./etc/x.conf", 0644, "x");
    maker_file(&d.data, "./etc/y.conf", 0644, "x");
    maker_file(&d.data, "./bin/x", 0644, "x");
    maker_control(&d.control, "x", "", NULL);
    maker_file(&d.control, "./conffiles", 0644, "/etc/x.conf\nremove-on-upgrade /etc/y.conf\n");
    maker_deb(&d.deb, &d.control, &d.data);
    expect_package(&u, &d, "", &p);
    assert_string_equal(p->md5sums, "9dd4e461268c8034f5c8564e155c67a6  usr/bin/x\n");
    assert_int_equal(p->n_scripts, 1);
    assert_string_equal(p->scripts[0].name, "conffiles");
}

#define AT_ONCE 12

struct job {
    struct unpacker *u;
    const struct unpack_request *request;
    struct package *package;
};

static int run_job(void *arg, struct err *err)
{
    struct job *job = arg;
    return package_get(CTX(&job->u->session, NULL, job->u->cache), job->request, &job->package,
                       NULL, err);
}

/* Several packages at once on one pool, some of them the same. */
static void test_at_once(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(buf_release) struct buf elf = BUF_INIT(0);
    char names[2][2] = {"x", "y"}, version[] = "1.0", arch[] = "all";
    struct lock_package want[2];
    struct unpack_request requests[2];
    struct job jobs[AT_ONCE];
    unpacker_start(&u);
    pool_end(u.session.pool);
    u.session.pool = pool_new(3);
    assert_ok(file_read("tests/fuzz/corpus/elf/pie", 1 << 20, &elf, &err), &err);
    for (size_t i = 0; i < 2; i++) {
        PARTS(d);
        parts_simple(&d);
        maker_header(&d.data, "./usr/share/elf", '0', 0755, NULL, elf.len);
        maker_bytes(&d.data, elf.data, elf.len);
        parts_finish(&d, names[i], "");
        want[i] = (struct lock_package){
            .name = names[i], .version = version, .arch = arch, .size = d.deb.len};
        assert_ok(cache_blob_put(u.cache, d.deb.data, d.deb.len, &want[i].sha256, &err), &err);
        requests[i] = (struct unpack_request){&want[i], u.policy, u.compressor,
                                              content_tables_digest()};
    }
    struct group *g = pool_group(u.session.pool);
    for (size_t i = 0; i < AT_ONCE; i++) {
        jobs[i] = (struct job){&u, &requests[i % 2], NULL};
        group_add(g, run_job, &jobs[i]);
    }
    assert_ok(group_wait(g, &err), &err);
    for (size_t i = 0; i < AT_ONCE; i++) {
        assert_true(sha256_eq(&jobs[i].package->layer.digest, &jobs[i % 2].package->layer.digest));
        assert_int_equal(package_find(jobs[i].package, "usr/share/elf")->facts->marks, MARK_ELF);
    }
    for (size_t i = 0; i < AT_ONCE; i++)
        package_free(jobs[i].package);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layer_and_records),
        cmocka_unit_test(test_key_and_cache),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_usrmerge),
        cmocka_unit_test(test_directories_that_are_missing),
        cmocka_unit_test(test_base_files),
        cmocka_unit_test(test_content_and_marks),
        cmocka_unit_test(test_conffiles_have_no_md5sums),
        cmocka_unit_test(test_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
