/* SPDX-License-Identifier: Apache-2.0 */
/* Debs through package_get: what the layer and the facts hold, keys and the cache. */
#include "rootfs/content.h"
#include "unpacker.h"

#include "base/file.h"
#include "rootfs/decide.h"
#include "unit.h"
#include <locale.h>

#define RECORDS                             \
    "f 0644 0:0 var/lib/dpkg/status\n"      \
    "f 0644 0:0 var/lib/dpkg/info/x.list\n" \
    "f 0644 0:0 var/lib/dpkg/info/x.md5sums\n"
#define RECORD_DIRECTORIES                                                        \
    "d 0755 0:0 var/\nd 0755 0:0 var/lib/\nd 0755 0:0 var/lib/dpkg/\nd 0755 0:0 " \
    "var/lib/dpkg/info/\n"

/* A deb of package x with these entries. */
struct parts {
    struct buf control, data, deb;
};

static void parts_release(struct parts *p)
{
    buf_release(&p->control);
    buf_release(&p->data);
    buf_release(&p->deb);
}

#define PARTS(name) CLEANUP(parts_release) struct parts name = {0}

static void finish(struct parts *p, const char *name, const char *fields)
{
    maker_control(&p->control, name, fields, NULL);
    maker_deb(&p->deb, &p->control, &p->data);
}

static void expect_layer(struct unpacker *u, const struct package *p, const char *text)
{
    CLEANUP(buf_release) struct buf got = BUF_INIT(0);
    unpacker_layer(u, &p->layer, &got);
    assert_string_equal(buf_str(&got), text);
}

static void expect_file(struct unpacker *u, const struct package *p, const char *path,
                        const char *text)
{
    CLEANUP(buf_release) struct buf got = BUF_INIT(0);
    unpacker_file(u, &p->layer, path, &got);
    assert_string_equal(buf_str(&got), text);
}

static void simple_data(struct parts *d)
{
    maker_directory(&d->data, "./");
    maker_directory(&d->data, "./usr/");
    maker_directory(&d->data, "./usr/share/");
    maker_file(&d->data, "./usr/share/z", 0644, "last by name");
    maker_file(&d->data, "./usr/share/a", 0755, "#!/usr/bin/perl -w\n");
    maker_symlink(&d->data, "./usr/share/l", "../x y");
    maker_hardlink(&d->data, "./usr/share/h", "./usr/share/z");
}

static void test_layer_and_records(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(package_cleanup) struct package *p = NULL;
    PARTS(d);
    unpacker_start(&u);
    simple_data(&d);
    finish(&d, "x", "Source: src (2.0)\nReplaces: y (<< 1), z\nDescription: one\n two\n");
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

static void get(struct unpacker *u, const struct parts *d, const char *policy, struct package **ret)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    package_free(*ret);
    *ret = NULL;
    unpacker_policy(u, policy);
    assert_ok(unpacker_get(u, &d->deb, "x", ret, &err), &err);
}

/* The first name of a file goes: the next one that stays has the data, the others lead to it. */
static void test_hard_link_takes_over(void **state)
{
    (void)state;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(package_cleanup) struct package *p = NULL;
    PARTS(d);
    unpacker_start(&u);
    maker_file(&d.data, "./perl", 0755, "#!/x\n");
    maker_file(&d.data, "./other", 0644, "o");
    maker_hardlink(&d.data, "./perl5", "./perl");
    maker_hardlink(&d.data, "./perl5.40", "./perl");
    maker_hardlink(&d.data, "./perl6", "./perl5");
    finish(&d, "x", "");

    get(&u, &d, "", &p);
    expect_layer(&u, p,
                 RECORD_DIRECTORIES "f 0755 0:0 perl #!/x\n\nf 0644 0:0 other o\n"
                                    "h 0755 0:0 perl5 = perl\nh 0755 0:0 perl5.40 = perl\n"
                                    "h 0755 0:0 perl6 = perl\n" RECORDS);
    struct sha256 key = p->key;

    get(&u, &d, "drop perl\ndrop perl5\n", &p);
    expect_layer(&u, p,
                 RECORD_DIRECTORIES "f 0644 0:0 other o\nf 0755 0:0 perl5.40 #!/x\n\n"
                                    "h 0755 0:0 perl6 = perl5.40\n" RECORDS);
    expect_file(&u, p, "var/lib/dpkg/info/x.list", "/.\n/other\n/perl5.40\n/perl6\n");
    const struct entry *e = package_find(p, "perl5.40");
    assert_int_equal(e->type, ENTRY_FILE);
    assert_int_equal(e->size, 5);
    assert_string_equal(e->target, "perl");
    struct sha256 digest = sha256_of("#!/x\n", 5);
    assert_true(sha256_eq(&e->sha256, &digest));
    assert_string_equal(e->facts->interpreter, "/x");
    assert_null(package_find(p, "perl"));
    assert_false(sha256_eq(&key, &p->key));
    key = p->key;

    /* Decided anew from the facts of that very package, another way of saying it. */
    get(&u, &d, "drop perl5\ndrop perl\n", &p);
    assert_false(u.made);
    assert_true(sha256_eq(&key, &p->key));
    get(&u, &d, "drop none\n", &p);
    assert_false(u.made);
    get(&u, &d, "drop perl\ndrop perl5\ndrop perl5.40\n", &p);
    assert_true(u.made);
    assert_int_equal(package_find(p, "perl6")->type, ENTRY_FILE);
}

/* All names dropped; a name whose mode alone would change. */
static void test_hard_link_modes(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(package_cleanup) struct package *p = NULL;
    PARTS(d);
    unpacker_start(&u);
    maker_file(&d.data, "./su", 04755, "s");
    maker_header(&d.data, "./su2", '1', 04755, "./su", 0);
    finish(&d, "x", "");
    get(&u, &d, "drop su*\n", &p);
    expect_layer(&u, p, RECORD_DIRECTORIES RECORDS);
    get(&u, &d, "mode 0755 su*\n", &p);
    expect_layer(&u, p, RECORD_DIRECTORIES "f 0755 0:0 su s\nh 0755 0:0 su2 = su\n" RECORDS);
    assert_string_equal(package_find(p, "su2")->rule, "FS-SUID");
    assert_int_equal(package_find(p, "su2")->mode_deb, 04755);
    get(&u, &d, "mode 0755 su\n", &p);
    expect_layer(&u, p, RECORD_DIRECTORIES "f 0755 0:0 su s\nh 0755 0:0 su2 = su\n" RECORDS);
    package_cleanup(&p);
    unpacker_policy(&u, "mode 0755 su2\n");
    assert_int_equal(unpacker_get(&u, &d.deb, "x", &p, &err), -ERR_POLICY);
    assert_non_null(strstr(err.message, "hard link to /su, which keeps mode 4755"));
}

static void test_directories_of_what_is_left(void **state)
{
    (void)state;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(package_cleanup) struct package *p = NULL;
    PARTS(d);
    unpacker_start(&u);
    maker_directory(&d.data, "./doc/");
    maker_header(&d.data, "./doc/a/", '5', 02777, NULL, 0);
    maker_file(&d.data, "./doc/a/keep", 0644, "k");
    maker_directory(&d.data, "./doc/b/");
    maker_file(&d.data, "./doc/b/x", 0644, "x");
    maker_file(&d.data, "./opt/y/z", 0644, "z");
    finish(&d, "x", "");
    get(&u, &d, "mode 0644 doc/a/keep\ndrop doc/**\n", &p);
    expect_layer(&u, p,
                 "d 0755 0:0 doc/\nd 0775 0:0 doc/a/\nd 0755 0:0 opt/\nd 0755 0:0 "
                 "opt/y/\n" RECORD_DIRECTORIES
                 "f 0644 0:0 doc/a/keep k\nf 0644 0:0 opt/y/z z\n" RECORDS);
    expect_file(&u, p, "var/lib/dpkg/info/x.list",
                "/.\n/doc\n/doc/a\n/doc/a/keep\n/opt/y/z\n/opt/y\n/opt\n");
    assert_string_equal(package_find(p, "opt")->rule, RULE_PARENT);
    struct sha256 key = p->key;
    get(&u, &d, "mode 0644 doc/a/keep\ndrop doc/b/**\ndrop doc/**\n", &p);
    assert_false(u.made);
    assert_true(sha256_eq(&key, &p->key));
}

static void test_refusal(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(unpacker_end) struct unpacker u;
    struct package *p = NULL;
    PARTS(d);
    unpacker_start(&u);
    simple_data(&d);
    finish(&d, "x", "");
    unpacker_policy(&u, "refuse usr/share/a\n");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(unpacker_get(&u, &d.deb, "x", &p, &err), -ERR_POLICY);
        assert_string_equal(err.message,
                            "x_1.0_all.deb: ./usr/share/a: rule SW-SHELL: is a shell by name");
        assert_string_equal(
            err.hint, "allow { rule = \"SW-SHELL\"   path = \"/usr/share/a\"   reason = \"...\" }");
        err_clear(&err);
        /* The second time with facts of another policy in the cache. */
        unpacker_policy(&u, "");
        assert_ok(unpacker_get(&u, &d.deb, "x", &p, &err), &err);
        package_cleanup(&p);
        unpacker_policy(&u, "refuse usr/share/a\n");
    }
}

static void test_refusal_of_an_odd_path(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(unpacker_end) struct unpacker u;
    struct package *p = NULL;
    PARTS(d);
    unpacker_start(&u);
    maker_directory(&d.data, "./usr/");
    maker_file(&d.data, "./usr/[x\"", 0644, "x");
    finish(&d, "x", "");
    unpacker_policy(&u, "refuse usr/*x*\n");
    assert_int_equal(unpacker_get(&u, &d.deb, "x", &p, &err), -ERR_POLICY);
    assert_string_equal(
        err.hint, "allow { rule = \"SW-SHELL\"   path = \"/usr/\\\\[x\\\"\"   reason = \"...\" }");
}

static void test_key_and_cache(void **state)
{
    (void)state;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(package_cleanup) struct package *p = NULL;
    PARTS(d);
    unpacker_start(&u);
    simple_data(&d);
    finish(&d, "x", "");
    get(&u, &d, "", &p);
    assert_true(u.made);
    struct sha256 key = p->key, digest = p->layer.digest, diff_id = p->layer.diff_id;
    get(&u, &d, "", &p);
    assert_false(u.made);
    assert_true(sha256_eq(&digest, &p->layer.digest));
    assert_string_equal(package_find(p, "usr/share/a")->facts->interpreter, "/usr/bin/perl -w");

    /* A policy that touches nothing here, and a mode that is so already. */
    get(&u, &d, "drop nothing/**\nmode 0755 usr/share/a\n", &p);
    assert_false(u.made);
    assert_true(sha256_eq(&key, &p->key));
    get(&u, &d, "drop usr/share/a\n", &p);
    assert_true(u.made);
    assert_false(sha256_eq(&key, &p->key));

    /* Another compressor: other bytes, the same tar. */
    u.compressor = (struct compressor){CODEC_GZIP, 6};
    get(&u, &d, "", &p);
    assert_true(u.made);
    assert_false(sha256_eq(&key, &p->key));
    assert_true(sha256_eq(&diff_id, &p->layer.diff_id));

    /* A layer that is gone is made again. */
    u.compressor = (struct compressor){CODEC_ZSTD, 1};
    cache_blob_drop(u.cache, &digest);
    get(&u, &d, "", &p);
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
    finish(&d, "x", "");
    static const char *const locales[] = {"C", "C.UTF-8", "POSIX"};
    struct sha256 digest = {0};
    for (size_t i = 0; i < ARRAY_SIZE(locales); i++) {
        CLEANUP(unpacker_end) struct unpacker u;
        CLEANUP(package_cleanup) struct package *p = NULL;
        unpacker_start(&u);
        pool_end(u.session.pool);
        u.session.pool = pool_new((unsigned)i);
        assert_non_null(setlocale(LC_ALL, locales[i]));
        get(&u, &d, "", &p);
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
    get(&u, &d, "", &p);
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
    get(&u, &d, "", &p);
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
    get(&u, &d, "drop usr/share/x/*", &p); /* and not where nothing needs them */
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
    finish(&d, "base-files", "");
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
    finish(&d, "x", "");
    get(&u, &d, "drop usr/lib/**\n", &p);
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
    get(&u, &d, "", &p);
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
        simple_data(&d);
        maker_header(&d.data, "./usr/share/elf", '0', 0755, NULL, elf.len);
        maker_bytes(&d.data, elf.data, elf.len);
        finish(&d, names[i], "");
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
        cmocka_unit_test(test_hard_link_takes_over),
        cmocka_unit_test(test_hard_link_modes),
        cmocka_unit_test(test_directories_of_what_is_left),
        cmocka_unit_test(test_refusal),
        cmocka_unit_test(test_refusal_of_an_odd_path),
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
