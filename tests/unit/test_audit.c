/* SPDX-License-Identifier: Apache-2.0 */
#include "debmaker.h"
#include "images.h"
#include "report/audit.h"

#include <unistd.h>

#define BENCH(t)                       \
    CLEANUP(bench_end) struct bench t; \
    bench_start(&t, 0)

/* Midnight of 2026-11-24. */
#define TODAY 1795478400

static void audit_cleanup(struct audit *a)
{
    audit_release(a);
}

/* Runs an audit of a location. */
static int run(struct bench *t, struct audit_options *options, struct audit *ret)
{
    CLEANUP(location_release) struct location from = {0};

    if (strncmp(options->location, "dir:", 4) == 0) {
        options->directory = options->location + 4;
        return audit_run(&t->session, options, ret, &t->err);
    }
    assert_ok(location_parse(options->location, &from, &t->err), &t->err);
    assert_ok(reader_open(&t->session, &from, &options->reader, &t->err), &t->err);
    int r = audit_run(&t->session, options, ret, &t->err);
    reader_free(options->reader);
    return r;
}

static const struct issue *issue_of(const struct audited *a, const char *rule, const char *path)
{
    for (size_t i = 0; i < a->n_issues; i++) {
        const struct finding *f = a->issues[i].finding;
        if (strcmp(f->rule->id, rule) == 0 &&
            (path ? f->path && strcmp(f->path, path) == 0 : !f->path))
            return &a->issues[i];
    }
    return NULL;
}

static void test_images_of_a_layout(void **state)
{
    (void)state;
    BENCH(t);
    CLEANUP(audit_cleanup) struct audit a = {0};
    CLEANUP(strv_release) struct strv arches = STRV_INIT;
    CLEANUP(free_ptr) char *path = bench_path(&t, "x.oci");
    CLEANUP(free_ptr) char *location = xasprintf("oci:%s", path);
    struct test_image images[2];
    test_image_make(&t, "amd64", CODEC_ZSTD, "a", 2, &images[0]);
    test_image_make(&t, "arm64", CODEC_GZIP, "b", 1, &images[1]);
    assert_ok(bench_write(&t, location, images, 2, NULL), &t.err);

    struct audit_options options = {.location = location, .arches = &arches, .today = TODAY};
    assert_ok(run(&t, &options, &a), &t.err);
    assert_int_equal(a.n, 2);
    assert_string_equal(a.images[1].config.arch, "arm64");
    assert_non_null(tree_find(a.images[0].flat.tree, "usr/a-1"));
    assert_null(issue_of(&a.images[0], "CFG-USER", NULL));
    assert_int_equal(a.images[0].figures.files, 2);
    assert_int_equal(a.images[0].flat.layers[1].faults.n, 0);
    audit_release(&a);

    strv_add(&arches, "arm64");
    assert_ok(run(&t, &options, &a), &t.err);
    assert_int_equal(a.n, 1);
    assert_non_null(tree_find(a.images[0].flat.tree, "usr/b-0"));
    strv_add(&arches, "s390x");
    strv_release(&arches);
    arches = (struct strv){0};
    strv_add(&arches, "s390x");
    struct audit none;
    assert_fails(run(&t, &options, &none), &t.err, "holds no image for s390x");
    test_image_release(&images[0]);
    test_image_release(&images[1]);
}

static void test_a_root_image(void **state)
{
    (void)state;
    BENCH(t);
    CLEANUP(audit_cleanup) struct audit a = {0};
    CLEANUP(free_ptr) char *path = bench_path(&t, "x.tar");
    CLEANUP(free_ptr) char *location = xasprintf("oci-archive:%s", path);
    struct test_image image;
    test_image_make(&t, "amd64", CODEC_GZIP, "a", 1, &image);
    free(image.image.user);
    image.image.user = xstrdup("0");
    test_image_seal(&image);
    assert_ok(bench_write(&t, location, &image, 1, NULL), &t.err);
    struct audit_options options = {.location = location, .today = TODAY};
    assert_ok(run(&t, &options, &a), &t.err);
    const struct issue *i = issue_of(&a.images[0], "CFG-USER", NULL);
    assert_non_null(i);
    assert_int_equal(i->severity, SEVERITY_CRITICAL);
    assert_ptr_equal(i, &a.images[0].issues[0]);
    assert_null(issue_of(&a.images[0], "FS-APPWR", "usr/a-0"));
    assert_int_equal(a.images[0].counts[SEVERITY_CRITICAL], 1);
    assert_int_equal(audit_count(&a, SEVERITY_CRITICAL), 1);
    assert_true(audit_count(&a, SEVERITY_INFO) >= 1);
    test_image_release(&image);
}

static void test_a_directory(void **state)
{
    (void)state;
    BENCH(t);
    CLEANUP(audit_cleanup) struct audit a = {0};
    CLEANUP(free_ptr) char *root = bench_path(&t, "root");
    CLEANUP(free_ptr) char *location = xasprintf("dir:%s", root);
    assert_int_equal(
        scratch_run(
            t.scratch, NULL,
            "mkdir -p root/usr/bin out && echo secret >out/x && "
            "echo x >root/usr/bin/a && ln root/usr/bin/a root/usr/bin/b && "
            "chmod 4755 root/usr/bin/a && ln -s ../out root/leads-out && "
            "mkfifo root/pipe && cp root/usr/bin/a root/.wh.usr && chmod 4755 root/.wh.usr && "
            "printf '#!/bin/sh\\n' >root/usr/bin/s"),
        0);
    struct audit_options options = {.location = location, .today = TODAY};
    assert_ok(run(&t, &options, &a), &t.err);
    const struct tree *tree = a.images[0].flat.tree;
    assert_int_equal(tree_find(tree, "usr/bin/b")->type, ENTRY_HARDLINK);
    assert_int_equal(tree_find(tree, "leads-out")->type, ENTRY_SYMLINK);
    assert_int_equal(tree_find(tree, "pipe")->type, ENTRY_FIFO);
    assert_null(tree_find(tree, "leads-out/x"));
    assert_string_equal(tree_find(tree, "usr/bin/s")->facts->interpreter, "/bin/sh");
    assert_non_null(issue_of(&a.images[0], "FS-SUID", "usr/bin/a"));
    assert_non_null(issue_of(&a.images[0], "FS-DEV", "pipe"));
    assert_non_null(issue_of(&a.images[0], "FS-SUID", ".wh.usr")); /* no whiteout here */
    for (size_t i = 0; i < a.images[0].n_issues; i++)
        assert_null(strstr(a.images[0].issues[i].finding->rule->id, "CFG-"));
    struct audit none;
    options.location = "dir:/nonexistent/at/all";
    assert_fails(run(&t, &options, &none), &t.err, "/nonexistent/at/all");
}

static int read_policy(struct bench *t, const char *text, struct audit_policy *ret)
{
    CLEANUP(free_ptr) char *path = bench_path(t, "policy.conf");
    scratch_write(t->scratch, "policy.conf", text, strlen(text));
    return audit_policy_read(path, ret, &t->err);
}

static void test_a_policy_changes_what_it_names(void **state)
{
    (void)state;
    BENCH(t);
    CLEANUP(audit_cleanup) struct audit a = {0};
    CLEANUP(audit_policy_release) struct audit_policy policy = {0};
    CLEANUP(free_ptr) char *root = bench_path(&t, "root");
    CLEANUP(free_ptr) char *location = xasprintf("dir:%s", root);
    assert_ok(read_policy(&t,
                          "# ours\n"
                          "change { rule = \"FS-SUID\" path = \"/usr/bin/one\" off = true "
                          "reason = \"why\" }\n"
                          "change {\n rule = \"FS-SUID\"\n severity = \"info\"\n"
                          " reason = 'all others'\n}\n",
                          &policy),
              &t.err);
    assert_int_equal(policy.n, 2);
    assert_int_equal(policy.rules[1].line, 3);
    assert_int_equal(scratch_run(t.scratch, NULL,
                                 "mkdir -p root/usr/bin && cd root/usr/bin && touch one two && "
                                 "chmod 4755 one two"),
                     0);
    struct audit_options options = {.location = location, .policy = &policy, .today = TODAY};
    assert_ok(run(&t, &options, &a), &t.err);
    const struct issue *one = issue_of(&a.images[0], "FS-SUID", "usr/bin/one");
    const struct issue *two = issue_of(&a.images[0], "FS-SUID", "usr/bin/two");
    assert_true(one->off);
    assert_string_equal(one->changed->reason, "why");
    assert_false(two->off);
    assert_int_equal(two->severity, SEVERITY_INFO);
    assert_int_equal(two->finding->severity, SEVERITY_HIGH);
    assert_int_equal(a.images[0].n_off, 1);
    assert_ptr_equal(one, &a.images[0].issues[a.images[0].n_issues - 1]);
}

static void test_bad_policies_say_where(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"change { rule = \"FS-SUD\" off = true reason = \"x\" }",
         "policy.conf:1: there is no rule \"FS-SUD\""},
        {"\nchange { rule = \"FS-SUID\" off = true }",
         "policy.conf:2: change: a reason is missing"},
        {"change { off = true reason = \"x\" }", "change: a rule is missing"},
        {"change { rule = \"FS-SUID\" reason = \"x\" }", "either a severity, or off"},
        {"change { rule = \"FS-SUID\" severity = \"low\" off = true reason = \"x\" }", "either"},
        {"change { rule = \"FS-SUID\" severity = \"bad\" reason = \"x\" }",
         "policy.conf:1: change.severity: \"bad\" is none of"},
        {"change { rule = \"FS-SUID\" path = \"/[\" off = true reason = \"x\" }", "path"},
        {"change { rule = \"FS-SUID\"\nof = true }",
         "policy.conf:2: unknown option \"of\" in change"},
        {"change { rule = \"${HOME}\" }", "policy.conf:1: \"${\""},
        {"change { rule = \"FS-SUID\"", "policy.conf:1: this section isn't closed"},
        {"change { rule = {\"FS-SUID\"} }", "policy.conf:1: unexpected token"},
        {"change \"x\" { }", "policy.conf:1: missing opening brace"},
        {"allow { }", "policy.conf:1: unknown option \"allow\""},
        {"include(\"x\")", "policy.conf:1: unknown option \"include\""},
        {"\nrule = x", "policy.conf:2: unknown option \"rule\""},
    };
    BENCH(t);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct audit_policy policy;
        assert_fails(read_policy(&t, bad[i][0], &policy), &t.err, bad[i][1]);
    }
    struct audit_policy empty;
    assert_ok(read_policy(&t, "", &empty), &t.err);
    assert_int_equal(empty.n, 0);
    audit_policy_release(&empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_images_of_a_layout),
        cmocka_unit_test(test_a_root_image),
        cmocka_unit_test(test_a_directory),
        cmocka_unit_test(test_a_policy_changes_what_it_names),
        cmocka_unit_test(test_bad_policies_say_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
