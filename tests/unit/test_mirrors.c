/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "lock/archive.h"
#include "scratch.h"

struct fixture {
    char *scratch;
    struct session session;
    struct recipe recipe;
    struct recipe_source sources[3];
    struct strv command_line;
    struct mirror_options options;
};

static void setup(struct fixture *f)
{
    *f = (struct fixture){.scratch = scratch_new()};
    f->session.log = log_new(stderr, LOG_ERROR);
    f->sources[0].name = "debian";
    f->sources[1].name = "debian-security";
    f->sources[2].name = "vendor";
    f->recipe.sources = f->sources;
    f->recipe.n_sources = 3;
    f->options.command_line = &f->command_line;
    f->options.apt_root = f->scratch;
}

static void teardown(struct fixture *f)
{
    for (size_t i = 0; i < 3; i++)
        strv_release(&f->sources[i].mirrors);
    strv_release(&f->command_line);
    log_free(f->session.log);
    scratch_remove(f->scratch);
}

static void write_apt(struct fixture *f, const char *text)
{
    assert_int_equal(scratch_run(f->scratch, NULL, "mkdir -p etc/apt"), 0);
    scratch_write(f->scratch, "etc/apt/sources.list", text, strlen(text));
}

/* The mirrors of source number i, joined by blanks. */
static void check(struct fixture *f, size_t i, const char *expected)
{
    CLEANUP(strv_release) struct strv got = STRV_INIT;
    CLEANUP(err_release) struct err err = ERR_INIT;

    assert_ok(mirrors_of(&f->session, &f->recipe, &f->sources[i], &f->options, &got, &err), &err);
    CLEANUP(free_ptr) char *is = strv_join(&got, " ");
    assert_string_equal(is, expected);
}

static void check_fails(struct fixture *f, size_t i, int code, const char *says, const char *hint)
{
    CLEANUP(strv_release) struct strv got = STRV_INIT;
    CLEANUP(err_release) struct err err = ERR_INIT;

    assert_int_equal(mirrors_of(&f->session, &f->recipe, &f->sources[i], &f->options, &got, &err),
                     -code);
    if (!strstr(err.message, says) || !err.hint || !strstr(err.hint, hint))
        fail_msg("\"%s\" with \"%s\" doesn't say \"%s\" and \"%s\"", err.message, err.hint, says,
                 hint);
}

static void test_order_of_places(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture f;
    setup(&f);

    write_apt(&f, "deb http://apt.example/debian bookworm main\n");
    check(&f, 0, "http://apt.example/debian");
    strv_add(&f.sources[0].mirrors, "https://recipe.example/debian/");
    check(&f, 0, "https://recipe.example/debian");
    f.options.environment = "https://env.example/debian/ debian=https://env2.example/d";
    check(&f, 0, "https://env.example/debian https://env2.example/d");
    strv_add(&f.command_line, "https://line.example/debian");
    check(&f, 0, "https://line.example/debian");
}

static void test_security_beside(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture f;
    setup(&f);

    strv_add(&f.command_line, "https://line.example/debian/");
    check(&f, 1, "https://line.example/debian-security");
    write_apt(&f, "deb http://apt.example/debian bookworm main\n"
                  "deb http://sec.example/debian-security bookworm-security main\n");
    check(&f, 1, "https://line.example/debian-security http://sec.example/debian-security");
    strv_add(&f.command_line, "debian-security=https://other.example/sec");
    check(&f, 1, "https://other.example/sec");
    check(&f, 0, "https://line.example/debian");
}

static void test_security_of_apt(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture f;
    setup(&f);

    write_apt(&f, "deb http://apt.example/debian bookworm main\n");
    check(&f, 1, "http://apt.example/debian-security");
    write_apt(&f, "deb http://apt.example/debian bookworm main\n"
                  "deb http://sec.example/debian-security bookworm-security main\n");
    check(&f, 1, "http://sec.example/debian-security");
}

static void test_no_mirror_says_what_to_write(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture f;
    setup(&f);

    check_fails(&f, 0, ERR_FAIL, "no mirror is known for source \"debian\"",
                "    --mirror https://MIRROR/debian\n");
    check_fails(&f, 0, ERR_FAIL, "no mirror", "    MKIMAGE_MIRROR=\"https://MIRROR/debian\"\n");
    check_fails(&f, 1, ERR_FAIL, "no mirror is known for source \"debian-security\"",
                "    --mirror debian-security=https://MIRROR/debian-security\n");
    check_fails(&f, 1, ERR_FAIL, "no mirror",
                "    source \"debian-security\" { mirror = {\"https://MIRROR/debian-security\"} }");
    strv_add(&f.command_line, "http://localhost:1/archive"); /* nothing to guess from */
    check_fails(&f, 1, ERR_FAIL, "no mirror", "--mirror debian-security=");
}

static void test_third_party_has_its_own(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture f;
    setup(&f);

    write_apt(&f, "deb http://apt.example/debian bookworm main\n");
    strv_add(&f.command_line, "https://line.example/debian");
    strv_add(&f.sources[2].mirrors, "https://vendor.example/apt");
    check(&f, 2, "https://vendor.example/apt");
    strv_add(&f.command_line, "vendor=file:/srv/vendor");
    check(&f, 2, "file:/srv/vendor");
}

static void test_bad_mirrors(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture f;
    setup(&f);

    strv_add(&f.command_line, "ftp://x.example/debian");
    check_fails(&f, 0, ERR_USAGE, "--mirror: \"ftp://x.example/debian\" isn't a mirror", "http:");
    f.command_line.v[0][0] = '/';
    check_fails(&f, 0, ERR_USAGE, "isn't a mirror", "http:");
    f.options.command_line = NULL;
    f.options.environment = "debian=\033[2J";
    check_fails(&f, 0, ERR_USAGE, "MKIMAGE_MIRROR: \"debian=\\x1b[2J\" isn't a mirror", "http:");
    f.options.environment = "other=https://x.example/y https://env.example/debian";
    check(&f, 0, "https://env.example/debian");
    strv_release(&f.command_line);
    strv_add(&f.command_line, "vandor=https://x.example/y");
    f.options.command_line = &f.command_line;
    CLEANUP(strv_release) struct strv got = STRV_INIT;
    CLEANUP(err_release) struct err err = ERR_INIT;
    assert_fails(mirrors_of(&f.session, &f.recipe, &f.sources[2], &f.options, &got, &err), &err,
                 "the recipe has no source of this name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_of_places),
        cmocka_unit_test(test_security_beside),
        cmocka_unit_test(test_security_of_apt),
        cmocka_unit_test(test_no_mirror_says_what_to_write),
        cmocka_unit_test(test_third_party_has_its_own),
        cmocka_unit_test(test_bad_mirrors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
