/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about files and accounts: what has the defect, what nearly has it, what is clean. */
#include "harden.h"
#include "unit.h"

struct file_case {
    const char *rule;
    size_t n;
    struct subject_file file;
};

static void run(const struct file_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct subject *s = subject_new();
        subject_put(
            s, &(struct subject_file){.path = "var/lib/app", .type = ENTRY_DIRECTORY, .uid = 5000});
        strv_add(&s->writable, "var/lib/app");
        strv_add(&s->image.volumes, "/vol");
        subject_put(s, &cases[i].file);
        size_t found = subject_count(s, cases[i].rule);
        if (found != cases[i].n)
            fail_msg("%s, case %zu, /%s: found %zu times, not %zu", cases[i].rule, i,
                     cases[i].file.path, found, cases[i].n);
        subject_free(s);
    }
}

#define DIRECTORY ENTRY_DIRECTORY

static void test_modes(void **state)
{
    static const struct file_case cases[] = {
        {"FS-SUID", 1, {.path = "usr/bin/su", .mode = 04755}},
        {"FS-SUID", 1, {.path = "usr/bin/wall", .mode = 02755}},
        {"FS-SUID", 1, {.path = "var/mail", .type = DIRECTORY, .mode = 02775}},
        {"FS-SUID", 0, {.path = "usr/bin/true", .mode = 01755}},
        {"FS-WW", 1, {.path = "etc/x", .mode = 0666}},
        {"FS-WW", 1, {.path = "var/x", .type = DIRECTORY, .mode = 0777}},
        {"FS-WW", 0, {.path = "var/x", .type = DIRECTORY, .mode = 01777}},
        {"FS-WW", 0, {.path = "etc/x", .target = "/etc"}},
        {"FS-STICKY", 1, {.path = "tmp", .type = DIRECTORY, .mode = 0777}},
        {"FS-WW", 0, {.path = "tmp", .type = DIRECTORY, .mode = 0777}},
        {"FS-STICKY", 1, {.path = "var/tmp", .type = DIRECTORY, .mode = 0755}},
        {"FS-STICKY", 0, {.path = "var/tmp", .type = DIRECTORY, .mode = 01777}},
        {"FS-STICKY", 0, {.path = "usr/tmp", .type = DIRECTORY, .mode = 0755}},
        {"FS-TIME", 1, {.path = "etc/x", .mtime = 1001}},
        {"FS-TIME", 0, {.path = "etc/x", .mtime = 1000}},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    struct subject *s = subject_new();
    subject_put(s, &(struct subject_file){.path = "var/mail", .type = DIRECTORY, .mode = 02775});
    assert_int_equal(subject_find(s, "FS-SUID")->severity, SEVERITY_LOW);
    assert_int_equal(subject_find(s, "FS-SUID")->action, RULE_NOTE);
    subject_free(s);

    s = subject_new(); /* a directory, whose time nobody knows */
    s->image.created = 0;
    subject_put(s, &(struct subject_file){.path = "etc/x", .mtime = 1001});
    assert_null(subject_find(s, "FS-TIME"));
    subject_free(s);
}

static void test_owners(void **state)
{
    static const struct file_case cases[] = {
        {"FS-OWNER", 1, {.path = "etc/x", .uid = 7}},
        {"FS-OWNER", 1, {.path = "etc/x", .gid = 7}},
        {"FS-OWNER", 1, {.path = "etc/x", .uid = 65536}},
        {"FS-OWNER", 0, {.path = "etc/x", .gid = 42}},
        {"FS-OWNER", 0, {.path = "var/lib/app/x", .uid = 5000, .gid = 5000}},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    assert_true(ARRAY_SIZE(cases) > 1);
}

static void test_writable(void **state)
{
    static const struct file_case cases[] = {
        {"FS-APPWR", 1, {.path = "app/x.py", .uid = 5000}},
        {"FS-APPWR", 1, {.path = "app/x.py", .uid = 5000, .mode = 0444}}, /* may change the mode */
        {"FS-APPWR", 1, {.path = "app/x.py", .gid = 5000, .mode = 0664}},
        {"FS-APPWR", 0, {.path = "app/x.py", .gid = 5000, .mode = 0644}},
        {"FS-APPWR", 0, {.path = "app/x.py", .gid = 42, .mode = 0664}},
        {"FS-APPWR", 0, {.path = "app/x.py", .mode = 0666}}, /* FS-WW's */
        {"FS-APPWR", 1, {.path = "usr/lib/x", .type = DIRECTORY, .mode = 01777}},
        {"FS-APPWR", 0, {.path = "var/spool/x", .type = DIRECTORY, .mode = 01777}},
        {"FS-APPWR", 0, {.path = "app/x.py", .target = "/etc"}},
        {"FS-APPWR", 0, {.path = "tmp/x", .uid = 5000}},
        {"FS-APPWR", 0, {.path = "home/mortaluser/x", .uid = 5000}},
        {"FS-APPWR", 0, {.path = "var/lib/app/x", .uid = 5000}},
        {"FS-APPWR", 1, {.path = "var/lib/apple", .uid = 5000}},
        {"FS-APPWR", 0, {.path = "vol/x", .uid = 5000}},
        {"FS-APPWR",
         1,
         {.path = "app/x",
          .xattr = "SCHILY.acl.access",
          .value = "user::rw-,user:app:rw-:5000,group::r--,mask::rw-,other::r--"}},
        {"FS-APPWR",
         0,
         {.path = "app/x",
          .xattr = "SCHILY.acl.access",
          .value = "user::rw-,user:app:rw-:5000,group::r--,mask::r--,other::r--"}},
        {"FS-APPWR",
         0,
         {.path = "app/x",
          .xattr = "SCHILY.acl.access",
          .value = "user::rw-,user:app:rw-:5001,group::r--,mask::rw-,other::r--"}},
        {"FS-APPWR", 1, {.path = "app/x", .xattr = "system.posix_acl_access", .value = "broken"}},
        {"FS-APPWR", 0, {.path = "app/x", .xattr = "user.x", .value = "broken"}},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    assert_true(ARRAY_SIZE(cases) > 1);
}

static void test_writable_directory_is_reported_once(void **state)
{
    struct subject *s = subject_new();

    (void)state;
    subject_put(s, &(struct subject_file){.path = "app", .type = DIRECTORY, .uid = 5000});
    subject_put(s, &(struct subject_file){.path = "app/x", .uid = 5000});
    subject_put(s, &(struct subject_file){.path = "app/y/z", .uid = 0});
    assert_int_equal(subject_count(s, "FS-APPWR"), 1);
    assert_string_equal(subject_find(s, "FS-APPWR")->path, "app");
    subject_free(s);

    /* a recipe can't declare the system's own places */
    s = subject_new();
    subject_put(s, &(struct subject_file){.path = "usr/lib", .type = DIRECTORY, .uid = 5000});
    strv_add(&s->writable, "usr/lib");
    assert_int_equal(subject_count(s, "FS-APPWR"), 1);
    subject_free(s);

    /* root writes everywhere: that is CFG-USER's */
    s = subject_new();
    s->image.user[0] = '\0';
    subject_put(s, &(struct subject_file){.path = "app/x", .uid = 5000});
    assert_int_equal(subject_count(s, "FS-APPWR"), 0);
    assert_int_equal(subject_count(s, "CFG-USER"), 1);
    subject_free(s);
}

static void test_binary_acl(void **state)
{
    char acl[] = {2,
                  0,
                  0,
                  0,
                  /* user:: */ 1,
                  0,
                  6,
                  0,
                  -1,
                  -1,
                  -1,
                  -1,
                  /* user:5000 */ 2,
                  0,
                  6,
                  0,
                  (char)0x88,
                  0x13,
                  0,
                  0,
                  /* group:: */ 4,
                  0,
                  4,
                  0,
                  -1,
                  -1,
                  -1,
                  -1,
                  /* mask:: */ 16,
                  0,
                  6,
                  0,
                  -1,
                  -1,
                  -1,
                  -1,
                  /* other:: */ 32,
                  0,
                  4,
                  0,
                  -1,
                  -1,
                  -1,
                  -1};

    (void)state;
    for (int mask = 4; mask <= 6; mask += 2) {
        struct subject *s = subject_new();
        struct file_facts *f = xcalloc(1, sizeof(*f));
        acl[30] = (char)mask;
        f->xattrs = xcalloc(1, sizeof(*f->xattrs));
        f->xattrs[f->n_xattrs++] = (struct xattr){xstrdup("system.posix_acl_access"),
                                                  xmemdup(acl, sizeof(acl)), sizeof(acl)};
        subject_put(s, &(struct subject_file){.path = "app/x", .facts = f});
        assert_int_equal(subject_count(s, "FS-APPWR"), mask == 6);
        assert_int_equal(subject_count(s, "FS-XATTR"), 1);
        subject_free(s);
    }
}

static void test_kinds(void **state)
{
    static const struct file_case cases[] = {
        {"FS-DEV", 1, {.path = "dev/mem", .type = ENTRY_CHAR, .size = (1ull << 32) + 1}},
        {"FS-DEV", 1, {.path = "dev/sda", .type = ENTRY_BLOCK, .size = 8ull << 32}},
        {"FS-DEV", 1, {.path = "run/x", .type = ENTRY_FIFO}},
        {"FS-DEV", 0, {.path = "dev/x"}},
        {"FS-CAP", 1, {.path = "usr/bin/ping", .xattr = "security.capability"}},
        {"FS-CAP", 0, {.path = "usr/bin/ping", .xattr = "security.selinux"}},
        {"FS-XATTR",
         1,
         {.path = "x", .type = DIRECTORY, .xattr = "trusted.overlay.opaque", .value = "y"}},
        {"FS-XATTR",
         1,
         {.path = "x", .type = DIRECTORY, .xattr = "user.overlay.redirect", .value = "/etc"}},
        {"FS-XATTR", 1, {.path = "x", .xattr = "SCHILY.acl.access", .value = "user::rw-"}},
        {"FS-XATTR", 0, {.path = "x", .xattr = "user.overlays", .value = "y"}},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    assert_true(ARRAY_SIZE(cases) > 1);
    struct subject *s = subject_new();
    subject_put(s, &(struct subject_file){.path = "x", .type = ENTRY_CHAR});
    assert_non_null(strstr(subject_find(s, "FS-DEV")->text, "whiteout"));
    subject_free(s);
}

static void test_links(void **state)
{
    static const struct file_case cases[] = {
        {"FS-LINK", 1, {.path = "usr/x", .target = "nowhere"}},
        {"FS-LINK", 1, {.path = "usr/x", .target = "x"}},
        {"FS-LINK", 1, {.path = "usr/x", .target = "../../etc"}},
        {"FS-LINK", 0, {.path = "usr/x", .target = "../etc"}},
        {"FS-LINK", 0, {.path = "usr/x", .target = "/etc/passwd"}},
        {"FS-LINK", 0, {.path = "etc/mtab", .target = "/proc/self/mounts"}},
        {"FS-LINK", 0, {.path = "etc/resolv.conf", .target = "../run/resolv.conf"}},
        {"FS-LINK", 0, {.path = "usr/x", .target = "/vol/later"}},
        {"FS-LINK", 1, {.path = "etc/group", .target = "passwd"}},
        {"FS-USRMERGE", 1, {.path = "lib64", .type = DIRECTORY}},
        {"FS-USRMERGE", 1, {.path = "lib64", .target = "lib"}},
        {"FS-USRMERGE", 1, {.path = "libo32", .type = DIRECTORY}},
        {"FS-USRMERGE", 0, {.path = "libo32", .target = "usr/libo32"}},
        {"FS-USRMERGE", 0, {.path = "lib64", .target = "usr/lib64"}},
        {"FS-USRMERGE", 0, {.path = "usr/lib64", .type = DIRECTORY}},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    struct subject *s = subject_new();
    subject_put(s, &(struct subject_file){.path = "etc/shadow", .target = "/run/shadow"});
    assert_int_equal(subject_find(s, "FS-LINK")->action, RULE_DENY);
    assert_int_equal(subject_find(s, "FS-LINK")->severity, SEVERITY_HIGH);
    subject_free(s);
}

/* /bin alone is as busybox has it; with one of the links the others are missed. */
static void test_old_form_is_no_accident(void **state)
{
    static const struct {
        size_t directories;
        bool link;
        size_t found;
    } cases[] = {{1, false, 0}, {3, false, 0}, {3, true, 3}};
    const char *const paths[] = {"bin", "sbin", "lib"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct subject *s = subject_new();
        tree_free(s->tree);
        s->tree = s->view.tree = tree_new();
        for (size_t k = 0; k < cases[i].directories; k++)
            subject_put(s, &(struct subject_file){.path = paths[k], .type = DIRECTORY});
        if (cases[i].link)
            subject_put(s, &(struct subject_file){.path = "lib64", .target = "usr/lib64"});
        assert_int_equal(subject_count(s, "FS-USRMERGE"), cases[i].found);
        subject_free(s);
    }
}

static void test_setuid_without_a_program(void **state)
{
    for (int other = 0; other < 2; other++) {
        struct subject *s = subject_new();
        subject_put(s,
                    &(struct subject_file){.path = "usr/share/x", .mode = other ? 04645 : 04644});
        assert_int_equal(subject_count(s, "FS-SUID"), 1);
        const struct finding *f = subject_find(s, "FS-SUID");
        assert_int_equal(f->severity, other ? SEVERITY_HIGH : SEVERITY_LOW);
        assert_int_equal(f->action, other ? RULE_DENY : RULE_NOTE);
        subject_free(s);
    }
    (void)state;
}

static void test_leavings(void **state)
{
    static const struct file_case cases[] = {
        {"FS-JUNK", 1, {.path = "tmp/x"}},
        {"FS-JUNK", 1, {.path = "var/cache/debconf/x"}},
        {"FS-JUNK", 1, {.path = "var/lib/apt/lists/x"}},
        {"FS-JUNK", 1, {.path = "usr/lib/libx.a"}},
        {"FS-JUNK", 0, {.path = "usr/lib/libx.so"}},
        {"FS-JUNK", 0, {.path = "usr/share/x.o"}},
        {"FS-JUNK", 1, {.path = "app/Dockerfile"}},
        {"FS-JUNK", 0, {.path = "app/Dockerfiles"}},
        {"FS-JUNK", 1, {.path = "etc/x.dpkg-old"}},
        {"FS-JUNK", 0, {.path = "var/cache/x", .type = DIRECTORY}},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    assert_true(ARRAY_SIZE(cases) > 1);
}

/* ---- accounts ------------------------------------------------------------------------------- */

#define ROOT "root:x:0:0::/root:/bin/x\n"
#define PASSWD(rule, n, lines)                    \
    {                                             \
        rule, n,                                  \
        {                                         \
            .path = "etc/passwd", .text = (lines) \
        }                                         \
    }
#define SHADOW(rule, n, lines)                                  \
    {                                                           \
        rule, n,                                                \
        {                                                       \
            .path = "etc/shadow", .text = (lines), .mode = 0640 \
        }                                                       \
    }
#define GROUP(rule, n, lines)                    \
    {                                            \
        rule, n,                                 \
        {                                        \
            .path = "etc/group", .text = (lines) \
        }                                        \
    }

static void test_passwords(void **state)
{
    static const struct file_case cases[] = {
        PASSWD("ACC-PW", 1, ROOT "app::5000:5000::/:/x\n"),
        PASSWD("ACC-PW", 0, ROOT "app:x:5000:5000::/:/x\n"), /* x without a shadow is locked */
        PASSWD("ACC-PW", 0, ROOT "app:!:5000:5000::/:/x\n"),
        PASSWD("ACC-PW", 0, ROOT "app:*:5000:5000::/:/x\n"),
        PASSWD("ACC-PW", 0, "root\n"), /* no field is none that is empty */
        SHADOW("ACC-PW", 1, "root::19000:0:99999:7:::\n"),
        SHADOW("ACC-PW", 0, "root:*:19000:0:99999:7:::\n# app::\n\n"),
        SHADOW("ACC-HASH", 1, "root:$6$salt$hash:19000:0:99999:7:::\n"),
        SHADOW("ACC-HASH", 1, "root:!$y$j9T$x:19000::::::\n"),
        SHADOW("ACC-HASH", 1, "root:ab./01ABCxyzQ:1::::::\n"), /* traditional */
        SHADOW("ACC-HASH", 0, "root:!*:1::::::\n"),
        SHADOW("ACC-HASH", 0, "root:!locked:1::::::\n"),
        PASSWD("ACC-HASH", 1, "root:$1$a$b:0:0::/root:/bin/x\n"),
        /* what was there before */
        {"ACC-HASH", 1, {.path = "etc/shadow-", .text = "root:$6$a$b:1::::::\n", .mode = 0600}},
        {"ACC-HASH", 0, {.path = "etc/shadow-", .text = "root:*:1::::::\n", .mode = 0600}},
        {"ACC-HASH", 0, {.path = "etc/shadow.x", .text = "root:$6$a$b:1::::::\n", .mode = 0600}},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    assert_true(ARRAY_SIZE(cases) > 1);
}

static void test_accounts(void **state)
{
    static const struct file_case cases[] = {
        PASSWD("ACC-DUP", 1, ROOT "toor:x:0:0::/:/x\n"),
        PASSWD("ACC-DUP", 2, ROOT "a:x:7:7::/:/x\na:x:7:7::/:/x\n"),
        PASSWD("ACC-DUP", 1, "root\n"),
        PASSWD("ACC-DUP", 1, ROOT "a:x:y:7::/:/x\n"),
        PASSWD("ACC-DUP", 1, ROOT "a:x:4294967295:7::/:/x\n"),
        PASSWD("ACC-DUP", 0, ROOT "a:x:7:0::/:/x\nab:x:8:7::/:/x\n"),
        PASSWD("ACC-DUP", 0, "# a comment\n\n" ROOT),
        GROUP("ACC-DUP", 1, "root:x:0:\nwheel:x:0:\n"),
        GROUP("ACC-DUP", 0, "root:x:0:\nwheel:x:1:root\n"),
        PASSWD("ACC-NUM", 1, ROOT "5000:x:0:0::/:/x\n"),
        PASSWD("ACC-NUM", 0, ROOT "5000a:x:5:5::/:/x\n"),
        GROUP("ACC-NUM", 1, "root:x:0:\n0:x:7:\n"),
    };
    static const struct file_case modes[] = {
        {"ACC-MODE", 1, {.path = "etc/passwd", .mode = 0664, .text = ROOT}},
        {"ACC-MODE", 1, {.path = "etc/group", .uid = 5000, .text = "root:x:0:\n"}},
        {"ACC-MODE", 1, {.path = "etc/shadow", .mode = 0644}},
        {"ACC-MODE", 0, {.path = "etc/shadow", .mode = 0640, .gid = 42}},
        {"ACC-MODE", 0, {.path = "etc/gshadow", .mode = 0600}},
        {"ACC-MODE", 0, {.path = "usr/share/shadow", .mode = 0644}},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    run(modes, ARRAY_SIZE(modes));
    struct subject *s = subject_new();
    subject_assert_clean(s);
    assert_true(s->checked);
    subject_free(s);
}

/* A name that is a number is whom runtimes find first. */
static void test_number_name_is_root(void **state)
{
    struct subject *s = subject_new();

    (void)state;
    subject_put(s, &(struct subject_file){.path = "etc/passwd", .text = ROOT "5000:x:0:0::/:/x\n"});
    view_start(&s->view);
    assert_true(s->view.user.root);
    view_release(&s->view);
    assert_int_equal(subject_count(s, "ACC-NUM"), 1);
    subject_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_owners),
        cmocka_unit_test(test_writable),
        cmocka_unit_test(test_writable_directory_is_reported_once),
        cmocka_unit_test(test_binary_acl),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_old_form_is_no_accident),
        cmocka_unit_test(test_setuid_without_a_program),
        cmocka_unit_test(test_leavings),
        cmocka_unit_test(test_passwords),
        cmocka_unit_test(test_accounts),
        cmocka_unit_test(test_number_name_is_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
