/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy does to the entries of a package. */
#include "rootfs/content.h"
#include "unpacker.h"

#include "base/file.h"
#include "rootfs/decide.h"
#include "unit.h"

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
    parts_finish(&d, "x", "");

    expect_package(&u, &d, "", &p);
    expect_layer(&u, p,
                 RECORD_DIRECTORIES "f 0755 0:0 perl #!/x\n\nf 0644 0:0 other o\n"
                                    "h 0755 0:0 perl5 = perl\nh 0755 0:0 perl5.40 = perl\n"
                                    "h 0755 0:0 perl6 = perl\n" RECORDS);
    struct sha256 key = p->key;

    expect_package(&u, &d, "drop perl\ndrop perl5\n", &p);
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
    expect_package(&u, &d, "drop perl5\ndrop perl\n", &p);
    assert_false(u.made);
    assert_true(sha256_eq(&key, &p->key));
    expect_package(&u, &d, "drop none\n", &p);
    assert_false(u.made);
    expect_package(&u, &d, "drop perl\ndrop perl5\ndrop perl5.40\n", &p);
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
    parts_finish(&d, "x", "");
    expect_package(&u, &d, "drop su*\n", &p);
    expect_layer(&u, p, RECORD_DIRECTORIES RECORDS);
    expect_package(&u, &d, "mode 0755 su*\n", &p);
    expect_layer(&u, p, RECORD_DIRECTORIES "f 0755 0:0 su s\nh 0755 0:0 su2 = su\n" RECORDS);
    assert_string_equal(package_find(p, "su2")->rule, "FS-SUID");
    assert_int_equal(package_find(p, "su2")->mode_deb, 04755);
    expect_package(&u, &d, "mode 0755 su\n", &p);
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
    parts_finish(&d, "x", "");
    expect_package(&u, &d, "mode 0644 doc/a/keep\ndrop doc/**\n", &p);
    expect_layer(&u, p,
                 "d 0755 0:0 doc/\nd 0775 0:0 doc/a/\nd 0755 0:0 opt/\nd 0755 0:0 "
                 "opt/y/\n" RECORD_DIRECTORIES
                 "f 0644 0:0 doc/a/keep k\nf 0644 0:0 opt/y/z z\n" RECORDS);
    expect_file(&u, p, "var/lib/dpkg/info/x.list",
                "/.\n/doc\n/doc/a\n/doc/a/keep\n/opt/y/z\n/opt/y\n/opt\n");
    assert_string_equal(package_find(p, "opt")->rule, RULE_PARENT);
    struct sha256 key = p->key;
    expect_package(&u, &d, "mode 0644 doc/a/keep\ndrop doc/b/**\ndrop doc/**\n", &p);
    assert_false(u.made);
    assert_true(sha256_eq(&key, &p->key));
}

/* A link's own edit doesn't count where the file keeps what it has: then no rule is named. */
static void test_hard_link_without_its_rule(void **state)
{
    (void)state;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(package_cleanup) struct package *p = NULL;
    PARTS(d);
    unpacker_start(&u);
    maker_file(&d.data, "./a", 0644, "x");
    maker_hardlink(&d.data, "./b", "./a");
    parts_finish(&d, "x", "");
    expect_package(&u, &d, "mode 0755 b\n", &p);
    assert_int_equal(package_find(p, "b")->mode, 0644);
    assert_null(package_find(p, "b")->rule);
}

/* What comes back has its own mode again, and no rule, unless something of it is taken. */
static void test_what_comes_back(void **state)
{
    (void)state;
    static const struct {
        mode_t mode, back;
    } rows[] = {{0755, 0755}, {0700, 0700},   {02755, 0755},
                {0777, 0775}, {01777, 01777}, {07777, 01777}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(unpacker_end) struct unpacker u;
        CLEANUP(package_cleanup) struct package *p = NULL;
        PARTS(d);
        unpacker_start(&u);
        maker_header(&d.data, "./opt/", '5', rows[i].mode, NULL, 0);
        maker_file(&d.data, "./opt/f", 0644, "x");
        parts_finish(&d, "x", "");
        expect_package(&u, &d, "drop opt\n", &p);
        const struct entry *e = package_find(p, "opt");
        assert_false(e->dropped);
        assert_int_equal(e->mode, rows[i].back);
        assert_int_equal(!e->rule, rows[i].mode == rows[i].back);
    }
}

/* Deciding again over the facts gives what deciding over the deb gave: nothing twice. */
static void test_again(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(package_cleanup) struct package *p = NULL;
    PARTS(d);
    unpacker_start(&u);
    maker_file(&d.data, "./opt/a/x", 0755, "x");
    maker_file(&d.data, "./srv/b/y", 0644, "y");
    parts_finish(&d, "x", "");
    expect_package(&u, &d, "", &p);
    assert_int_equal(p->n_entries, 6);
    for (int i = 0; i < 2; i++) {
        assert_ok(decide_again(p, &u.policy, &err), &err);
        assert_int_equal(p->n_entries, 6);
        assert_string_equal(package_find(p, "opt/a")->rule, RULE_PARENT);
    }
    unpacker_policy(&u, "drop srv/b/y\nmode 0700 opt/a/x\n");
    assert_ok(decide_again(p, &u.policy, &err), &err);
    assert_int_equal(p->n_entries, 4); /* no parents of what is dropped */
    assert_int_equal(package_find(p, "opt/a/x")->mode, 0700);
    assert_null(package_find(p, "srv/b/y"));
}

/* The key has each edit that takes effect, with its rule and mode; what is kept isn't in it. */
static void test_edits_are_in_the_key(void **state)
{
    (void)state;
    static const char *const policies[] = {
        "",
        "drop usr/share/a\n",
        "drop usr/share/l\n",
        "drop usr/share/a\ndrop usr/share/l\n",
        "mode 0700 usr/share/a\n",
        "mode 0711 usr/share/a\n",
        "mode 0711 usr\n",
        "mode 0700 usr/share/a\nmode 0711 usr\n",
        "mode 0700 usr/share/a\ndrop usr/share/l\n",
    };
    const struct sha256 tables = content_tables_digest();
    const struct compressor zstd = {CODEC_ZSTD, 3};
    struct sha256 keys[ARRAY_SIZE(policies)];
    CLEANUP(unpacker_end) struct unpacker u;
    PARTS(d);
    unpacker_start(&u);
    parts_simple(&d);
    parts_finish(&d, "x", "");
    for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
        CLEANUP(package_cleanup) struct package *p = NULL;
        expect_package(&u, &d, policies[i], &p);
        keys[i] = package_key(p, &tables, &zstd);
        for (size_t k = 0; k < i; k++)
            if (sha256_eq(&keys[i], &keys[k]))
                fail_msg("one key for \"%s\" and \"%s\"", policies[i], policies[k]);
    }
    CLEANUP(package_cleanup) struct package *p = NULL;
    expect_package(&u, &d, "mode 0755 usr/share/a\ndrop usr/share/none\n", &p); /* as it is */
    const struct sha256 same = package_key(p, &tables, &zstd);
    assert_true(sha256_eq(&same, &keys[0]));
}

static void test_refusal(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(unpacker_end) struct unpacker u;
    struct package *p = NULL;
    PARTS(d);
    unpacker_start(&u);
    parts_simple(&d);
    parts_finish(&d, "x", "");
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
    parts_finish(&d, "x", "");
    unpacker_policy(&u, "refuse usr/*x*\n");
    assert_int_equal(unpacker_get(&u, &d.deb, "x", &p, &err), -ERR_POLICY);
    assert_string_equal(
        err.hint, "allow { rule = \"SW-SHELL\"   path = \"/usr/\\\\[x\\\"\"   reason = \"...\" }");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hard_link_takes_over),
        cmocka_unit_test(test_hard_link_modes),
        cmocka_unit_test(test_directories_of_what_is_left),
        cmocka_unit_test(test_refusal),
        cmocka_unit_test(test_refusal_of_an_odd_path),
        cmocka_unit_test(test_hard_link_without_its_rule),
        cmocka_unit_test(test_what_comes_back),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_edits_are_in_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
