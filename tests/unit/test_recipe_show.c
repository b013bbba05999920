/* SPDX-License-Identifier: Apache-2.0 */
/* recipe_show's text reads back to the same recipe; the solver's digest moves when it should. */
#include "recipe/options.h"
#include "scratch.h"
#include "unit.h"

static struct recipe *load_text(const char *path, const char *text)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct recipe *r = NULL;

    if (recipe_load_text(path, slice_of(text), NULL, &r, &err) < 0)
        fail_msg("%s\n%s", err.message, text);
    return r;
}

/* The shown text without its origins. */
static char *show_bare(const struct recipe *r)
{
    CLEANUP(buf_release) struct buf shown = BUF_INIT(0), bare = BUF_INIT(0);
    const char *p;

    recipe_show(r, &shown);
    for (p = strchr(buf_str(&shown), '\n'); *p;) {
        const char *end = strchr(p, '\n'), *comment = NULL;

        for (const char *c = p; c + 3 < end; c++) {
            if (memcmp(c, " # ", 3) == 0)
                comment = c;
        }
        buf_add(&bare, p, (size_t)((comment ? comment : end) - p));
        while (bare.len && bare.data[bare.len - 1] == ' ')
            bare.len--;
        buf_addch(&bare, '\n');
        p = end + 1;
    }
    return buf_detach(&bare);
}

static const char full[] =
    "title = 'A \"title\" with $ and \\\\ in it'\ndescription = \"two\\nlines\\tand a tab\"\n"
    "name = 'full' suite = 'bookworm' labels = {'a=1'} annotations = {'b=2=3', 'c='}\n"
    "arch = {'arm64', 'amd64'} packages = {'aa', 'bb (>= 1:2~3)'} omit = {'cc'} forbid = {'dd'}\n"
    "recommends = true exclude = {'/usr/share/doc/**'} keep = {'/usr/share/doc/*/copyright'}\n"
    "ca_certificate = {'ca/own.pem'} template = {'base'} compression = 'gzip' level = 9\n"
    "layers = 10 tags = {'1.0', 'latest'} end_of_life = '2030-06-30'\n"
    "source 'debian' { components = {'main', 'contrib'} mirror = {'https://example.org/debian'} }\n"
    "source 'debian-security' { archive = {'https://example.org/{date}'} }\n"
    "source 'vendor' { suites = {'stable'} mirror = {'https://example.org/x'}\n"
    "  keyring = 'keys/vendor.gpg' packages = {'agent'} max_age_days = 14\n"
    "  provides = {'npm', 'node'} replaces = {'docker.io'} }\n"
    "source 'other' { suites = {'x'} mirror = {'https://example.org/y'}\n"
    "  keyring = '/usr/share/keyrings/other.gpg' all_packages = true }\n"
    "package 'libc-bin' { only = {'/usr/sbin/ldconfig'} exclude = {'/usr/bin/**'} }\n"
    "file '/a' { source = 'src/a' }\n"
    "file '/b' { content = \"\\x01\\x0d\\n\\${x\\x1b\\x7f\" mode = 04755 owner = 1 group = 2\n"
    "  replace = true }\n"
    "file '/c' { url = 'https://example.org/c' sha256 = "
    "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' mode = 00 }\n"
    "tree '/t' { source = '.' exclude = {'*.o'} group = 3 }\n"
    "directory '/d' { owner = 0 }\ndirectory '/e' { mode = 0770 recursive = true }\n"
    "directory '/f' { group = 5000 }\n"
    "link '/l' { target = '../x' replace = true }\n"
    "alternative 'awk' { path = '/usr/bin/mawk' }\n"
    "account 'db' { uid = 6000 gid = 0 home = '/var/db' shell = '/bin/x' comment = 'D B' }\n"
    "gate { growth = '10%' packages = true may_change = {'libicu*', 'x'} executables = true\n"
    "  setuid = true scripts = true severity = 'high' end_of_life = 30 }\n"
    "allow { rule = 'SW-SHELL' path = '/usr/bin/dash' reason = 'ticket #7' expires = '2029-01-01' "
    "}\nallow { rule = 'FS-SETUID' path = '**' reason = 'y' }\n"
    "config { entrypoint = {'/a', ''} cmd = {'-x', '-x'} env = {'PATH=/usr/bin', 'E='}\n"
    "  workdir = '/w' expose = {'8080'} volumes = {'/v'} stop_signal = '9' }\n"
    "user { name = 'app' home = '/srv/app' }\n"
    "os_release { name = 'N' pretty_name = 'P' home_url = 'https://e.org' logo = 'l'\n"
    "  support_url = 'mailto:x@e.org' bug_report_url = 'https://e.org/#b' ansi_color = '1;31'\n"
    "  documentation_url = 'https://e.org/d' vendor_name = 'V' vendor_url = 'https://v.org'\n"
    "  variant = 'Server' variant_id = 'server' image_id = 'i' image_version = '1' }\n";

static void assert_round_trip(const char *path, const char *text)
{
    static const struct strv arches = STRV_INIT;
    CLEANUP(buf_release) struct buf shown = BUF_INIT(0);
    CLEANUP(free_ptr) char *first = NULL, *second = NULL;
    struct recipe *a = load_text(path, text), *b;
    struct sha256 x, y;

    recipe_show(a, &shown);
    b = load_text(path, buf_str(&shown));
    first = show_bare(a);
    second = show_bare(b);
    assert_string_equal(first, second);
    x = recipe_solver_digest(a, &arches);
    y = recipe_solver_digest(b, &arches);
    assert_true(sha256_eq(&x, &y));
    assert_int_equal(a->n_files, b->n_files);
    for (size_t i = 0; i < a->n_files; i++) {
        assert_int_equal(a->files[i].mode, b->files[i].mode);
        if (a->files[i].content)
            assert_string_equal(a->files[i].content, b->files[i].content);
    }
    for (size_t i = 0; i < a->n_directories; i++) {
        assert_int_equal(a->directories[i].has_owner, b->directories[i].has_owner);
        assert_int_equal(a->directories[i].mode, b->directories[i].mode);
    }
    for (size_t i = 0; i < a->n_sources; i++) {
        assert_int_equal(a->sources[i].all_packages, b->sources[i].all_packages);
        if (a->sources[i].keyring)
            assert_string_equal(a->sources[i].keyring, b->sources[i].keyring);
    }
    recipe_free(a);
    recipe_free(b);
}

static void test_round_trip(void **state)
{
    (void)state;

    assert_round_trip("x.conf", full);
    assert_round_trip("some/dir/x.conf", full);
    assert_round_trip("/abs/x.conf", full);
    assert_round_trip("x.conf", "");
    assert_round_trip("x.conf", "suite = 'sid'");
    assert_round_trip("x.conf", "file '/x' { content = 'a ${b}' }");
}

/* Every option of the tables stands in the full recipe, so that none is forgotten above. */
static void test_every_option_is_shown(void **state)
{
    (void)state;
    struct recipe *r = load_text("x.conf", full);
    CLEANUP(free_ptr) char *shown = show_bare(r);

    section_each (s, &recipe_grammar) {
        CLEANUP(free_ptr) char *head = xasprintf("\n%s ", s->name ? s->name : "title");

        assert_non_null(strstr(shown, head));
        for (size_t k = 0; k < s->n; k++) {
            CLEANUP(free_ptr)
            char *line = xasprintf("\n%s%s = ", s->name ? "    " : "", s->options[k].name);

            if (!strstr(shown, line))
                fail_msg("%s.%s isn't shown", s->name ? s->name : "", s->options[k].name);
        }
    }
    recipe_free(r);
}

static void test_origins(void **state)
{
    (void)state;
    CLEANUP(scratch_cleanup) char *s = scratch_new();
    CLEANUP(free_ptr) char *path = xasprintf("%s/app.conf", s);
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf shown = BUF_INIT(0);
    struct recipe *r = NULL;
    const char *text = "include('sub/base.conf')\n\ntitle = 't'\npackages += {'aa',\n'bb'}\n";
    const char *base = "packages = {'cc'}\nca_certificate = {'own.pem'}\n"
                       "file '/x' { source = 'x' }\n";

    scratch_run(s, NULL, "mkdir sub");
    scratch_write(s, "app.conf", text, strlen(text));
    scratch_write(s, "sub/base.conf", base, strlen(base));
    assert_ok(recipe_load(path, NULL, &r, &err), &err);
    recipe_show(r, &shown);
    static const struct {
        const char *line, *place;
    } cases[] = {
        {"title = \"t\"", "/app.conf:3\n"},        {"    \"aa\",", "/app.conf:4\n"},
        {"    \"bb\",", "/app.conf:5\n"},          {"    \"cc\",", "/sub/base.conf:1\n"},
        {"    \"sub/own.pem\",", "base.conf:2\n"}, {"file \"/x\" {", "/sub/base.conf:3\n"},
        {"suite = \"trixie\"", "# default\n"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *line = strstr(buf_str(&shown), cases[i].line);
        CLEANUP(free_ptr) char *copy = line ? xstrndup(line, strcspn(line, "\n") + 1) : NULL;

        if (!copy || !strstr(copy, cases[i].place))
            fail_msg("%s without %s in\n%s", cases[i].line, cases[i].place, buf_str(&shown));
    }
    assert_non_null(strstr(buf_str(&shown), "source = \"sub/x\""));
    recipe_free(r);
}

static void test_solver_digest(void **state)
{
    (void)state;
    static const char base[] = "packages = {'aa', 'bb (>= 1)'} omit = {'cc', 'dd'}";
    static const struct {
        const char *text;
        bool same;
    } cases[] = {
        {"packages = {'bb (>= 1)', 'aa'} omit = {'dd', 'cc'}", true},
        {"packages = {'aa', 'bb (>= 1)'} omit = {'cc', 'dd'} labels = {'a=b'} title = 'x'", true},
        {"packages = {'aa', 'bb (>= 1)'} omit = {'cc', 'dd'} source 'debian' { mirror = "
         "'http://example.org/debian' }",
         true},
        {"packages = {'aa', 'bb (>= 2)'} omit = {'cc', 'dd'}", false},
        {"packages = {'aa', 'bb'} omit = {'cc', 'dd'}", false},
        {"packages = {'aa', 'bb (>= 1)', 'ee'} omit = {'cc', 'dd'}", false},
        {"packages = {'aa', 'bb (>= 1)', 'cc'} omit = {'dd'}", false},
        {"packages = {'aa', 'bb (>= 1)'} omit = {'cc'}", false},
        {"packages = {'aa', 'bb (>= 1)'} omit = {'cc'} forbid = {'dd'}", false},
        {"packages = {'aa', 'bb (>= 1)'} omit = {'cc', 'dd'} suite = 'bookworm'", false},
        {"packages = {'aa', 'bb (>= 1)'} omit = {'cc', 'dd'} recommends = true", false},
        {"packages = {'aa', 'bb (>= 1)'} omit = {'cc', 'dd'} source 'debian' { components = "
         "{'main', 'contrib'} }",
         false},
    };
    CLEANUP(strv_release) struct strv arches = STRV_INIT, turned = STRV_INIT, other = STRV_INIT;
    struct recipe *r = load_text("x.conf", base);
    struct sha256 want, got;

    strv_add(&arches, "amd64");
    strv_add(&arches, "arm64");
    strv_add(&turned, "arm64");
    strv_add(&turned, "amd64");
    strv_add(&other, "amd64");
    want = recipe_solver_digest(r, &arches);
    got = recipe_solver_digest(r, &turned);
    assert_true(sha256_eq(&want, &got));
    got = recipe_solver_digest(r, &other);
    assert_false(sha256_eq(&want, &got));
    recipe_free(r);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        r = load_text("other/y.conf", cases[i].text);
        got = recipe_solver_digest(r, &arches);
        if (sha256_eq(&want, &got) != cases[i].same)
            fail_msg("%s: %s", cases[i].text, cases[i].same ? "differs" : "is the same");
        recipe_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_every_option_is_shown),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_solver_digest),
    };
    return cmocka_run_group_tests_name("recipe_show", tests, NULL, NULL);
}
