/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "registry/authfile.h"
#include "scratch.h"
#include "unit.h"
#include <sys/stat.h>
#include <unistd.h>

struct work {
    char *scratch;
    struct session session;
    atomic_int stop;
    struct err err;
    struct strv paths; /* kept for the options */
    struct credential_options options;
};

static char *kept(struct work *w, const char *name)
{
    strv_take(&w->paths, path_join(w->scratch, name));
    return w->paths.v[w->paths.n - 1];
}

static int setup(void **state)
{
    struct work *w = xcalloc(1, sizeof(*w));
    w->scratch = scratch_new();
    w->session = (struct session){.pool = pool_new(0), .stop = &w->stop};
    w->options.home = kept(w, "home");
    w->options.xdg_runtime_dir = kept(w, "run");
    scratch_run(w->scratch, NULL,
                "mkdir -p home/.docker home/.config/containers run/containers bin");
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct work *w = *state;
    pool_end(w->session.pool);
    scratch_remove(w->scratch);
    err_release(&w->err);
    strv_release(&w->paths);
    free(w);
    return 0;
}

static void put(struct work *w, const char *name, const char *text)
{
    scratch_write(w->scratch, name, text, strlen(text));
}

/* "user:password" or "token:x" or "-". */
static char *found(struct work *w, const char *host, const char *repository)
{
    struct credential c;
    assert_ok(credential_find(&w->session, &w->options, host, repository, &c, &w->err), &w->err);
    char *text = c.identity_token ? xasprintf("token:%s", c.identity_token)
                 : c.username     ? xasprintf("%s:%s", c.username, c.password)
                                  : xstrdup("-");
    assert_int_equal(c.from != NULL, strcmp(text, "-") != 0);
    credential_release(&c);
    assert_null(c.password);
    return text;
}

#define assert_found(w, host, repository, want)                      \
    do {                                                             \
        CLEANUP(free_ptr) char *have = found((w), host, repository); \
        assert_string_equal(have, want);                             \
    } while (0)

/* a:1 is YTox, b:2 YjoyCg== without its newline: Yjoy, c:3 Yzoz, d:4:5 ZDo0OjU= */
static void test_longest_match(void **state)
{
    struct work *w = *state;
    put(w, "home/.docker/config.json",
        "{\"auths\":{\"h.example\":{\"auth\":\"YTox\"},\"h.example/ns\":{\"auth\":\"Yjoy\"},"
        "\"h.example/ns/repo\":{\"auth\":\"Yzoz\"},\"https://old.example/v1/\":{\"auth\":"
        "\"ZDo0OjU=\"},\"p.example:5000\":{\"username\":\"u\",\"password\":\"p\"},"
        "\"t.example\":{\"identitytoken\":\"it\"},\"https://index.docker.io/v1/"
        "\":{\"auth\":\"YTox\"},"
        "\"empty.example\":{}}}");
    assert_found(w, "h.example", "x", "a:1");
    assert_found(w, "h.example", "ns/other", "b:2");
    assert_found(w, "h.example", "ns/repo", "c:3");
    assert_found(w, "h.example", "ns/repo/deeper", "c:3");
    assert_found(w, "h.example", "nsx/repo", "a:1");
    assert_found(w, "h.example", NULL, "a:1");
    assert_found(w, "old.example", "a", "d:4:5");
    assert_found(w, "p.example:5000", "a", "u:p");
    assert_found(w, "p.example", "a", "-");
    assert_found(w, "t.example", "a", "token:it");
    assert_found(w, "docker.io", "library/debian", "a:1");
    assert_found(w, "empty.example", "a", "-");
    assert_found(w, "example", "a", "-");
}

static void test_precedence(void **state)
{
    struct work *w = *state;
    put(w, "home/.docker/config.json", "{\"auths\":{\"h.example\":{\"auth\":\"YTox\"}}}");
    assert_found(w, "h.example", "x", "a:1");
    put(w, "home/.config/containers/auth.json", "{\"auths\":{\"h.example\":{\"auth\":\"Yjoy\"}}}");
    assert_found(w, "h.example", "x", "b:2");
    put(w, "run/containers/auth.json", "{\"auths\":{\"h.example\":{}}}");
    assert_found(w, "h.example", "x", "b:2");
    put(w, "run/containers/auth.json", "{\"auths\":{\"h.example\":{\"auth\":\"Yzoz\"}}}");
    assert_found(w, "h.example", "x", "c:3");
    put(w, "own.json", "{\"auths\":{\"h.example\":{\"auth\":\"ZDo0OjU=\"}}}");
    w->options.registry_auth_file = kept(w, "own.json");
    assert_found(w, "h.example", "x", "d:4:5");
    put(w, "option.json", "{}");
    w->options.config_file = kept(w, "option.json");
    assert_found(w, "h.example", "x", "-");
    w->options.config_file = kept(w, "none.json");
    struct credential c;
    assert_fails(credential_find(&w->session, &w->options, "h.example", "x", &c, &w->err), &w->err,
                 "isn't there");
}

static void test_faulty_files(void **state)
{
    struct work *w = *state;
    struct credential c;
    static const char *const bad[] = {
        "",
        "[]",
        "{\"auths\":{\"h.example\":{\"auth\":\"SECRETSECRET",
        "{\"auths\": SECRET}",
        "{\"a\":1,\"a\":2}",
        "{\"auths\":{\"h.example\":{\"auth\":\"SECRET!!\"}}}",
        "{\"auths\":{\"h.example\":{\"auth\":\"SECRET\"}}}",
        "{\"auths\":{\"h.example\":{\"auth\":\"U0VDUkVU\"}}}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        put(w, "home/.docker/config.json", bad[i]);
        if (credential_find(&w->session, &w->options, "h.example", "x", &c, &w->err) >= 0)
            fail_msg("%s: is taken", bad[i]);
        assert_null(strstr(w->err.message, "SECRET"));
        assert_fails(-1, &w->err, ".docker/config.json");
    }
    static const char *const odd[] = {"{\"auths\":[]}", "{\"auths\":{\"h.example\":7}}",
                                      "{\"auths\":{\"h.example\":{\"auth\":7}}}",
                                      "{\"credHelpers\":{\"h.example\":7},\"credsStore\":[]}"};
    for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
        put(w, "home/.docker/config.json", odd[i]);
        assert_found(w, "h.example", "x", "-");
    }
}

static const char helper[] =
    "#!/bin/sh\n"
    "here=$(dirname \"$0\")/..\n"
    "read -r server\n"
    "echo \"$1 $server\" >>$here/calls\n"
    "case \"$1 $server\" in\n"
    "'get h.example') echo "
    "'{\"ServerURL\":\"h.example\",\"Username\":\"hu\",\"Secret\":\"hs\"}';;\n"
    "'get t.example') echo '{\"Username\":\"<token>\",\"Secret\":\"it\"}';;\n"
    "'get bad.example') echo nonsense;;\n"
    "'get locked.example') echo 'the keyring is locked'; exit 1;;\n"
    "'get slow.example') exec sleep 60;;\n"
    "'get shut.example') exec >&-; exec sleep 60;;\n"
    "'get odd.example') echo '{\"Username\":\"hu\",\"Secret\":\"hunter2\"}'; exit 1;;\n"
    "get*) echo 'credentials not found in native keychain'; exit 1;;\n"
    "esac\n";

static void test_helpers(void **state)
{
    struct work *w = *state;
    struct credential c;
    put(w, "bin/docker-credential-test", helper);
    scratch_run(w->scratch, NULL, "chmod +x bin/docker-credential-test");
    CLEANUP(free_ptr) char *old = xstrdup(getenv("PATH"));
    CLEANUP(free_ptr) char *path = xasprintf("%s/bin:%s", w->scratch, old);
    setenv("PATH", path, 1);
    put(w, "home/.docker/config.json",
        "{\"credsStore\":\"test\",\"credHelpers\":{\"no.example\":\"missing\",\"p.example\":"
        "\"../../bin/sh\"},\"auths\":{\"h.example\":{\"auth\":\"YTox\"},\"f.example\":{\"auth\":"
        "\"YTox\"}}}");
    assert_found(w, "h.example", "x", "hu:hs");
    assert_found(w, "t.example", "x", "token:it");
    assert_found(w, "f.example", "x", "a:1");
    assert_found(w, "docker.io", "x", "-");
    assert_fails(credential_find(&w->session, &w->options, "bad.example", "x", &c, &w->err),
                 &w->err, "isn't a credential");
    assert_fails(credential_find(&w->session, &w->options, "locked.example", "x", &c, &w->err),
                 &w->err, "the keyring is locked");
    assert_fails(credential_find(&w->session, &w->options, "odd.example", "x", &c, &w->err),
                 &w->err, "docker-credential-test get failed");
    w->options.patience = 1;
    assert_fails(credential_find(&w->session, &w->options, "slow.example", "x", &c, &w->err),
                 &w->err, "took more than 1 seconds");
    assert_fails(credential_find(&w->session, &w->options, "shut.example", "x", &c, &w->err),
                 &w->err, "took more than 1 seconds");
    w->options.patience = 0;
    assert_fails(credential_find(&w->session, &w->options, "no.example", "x", &c, &w->err), &w->err,
                 "can't run docker-credential-missing");
    assert_fails(credential_find(&w->session, &w->options, "p.example", "x", &c, &w->err), &w->err,
                 "isn't a credential helper's name");
    CLEANUP(free_ptr) char *where = NULL;
    assert_ok(credential_store(&w->session, &w->options, "s.example", "u", "p", &where, &w->err),
              &w->err);
    assert_string_equal(where, "docker-credential-test");
    free_ptr(&where);
    assert_ok(credential_erase(&w->session, &w->options, "h.example", &where, &w->err), &w->err);
    assert_non_null(strstr(where, "docker-credential-test"));
    setenv("PATH", old, 1);
    CLEANUP(buf_release) struct buf calls = BUF_INIT(0);
    scratch_read(w->scratch, "calls", &calls);
    assert_non_null(strstr(buf_str(&calls), "get https://index.docker.io/v1/\n"));
    assert_non_null(strstr(buf_str(&calls), "store {\"ServerURL\":\"s.example\",\"Username\":\"u\","
                                            "\"Secret\":\"p\"}\n"));
    assert_non_null(strstr(buf_str(&calls), "erase h.example\n"));
}

/* A file of secrets, and the directory that is made for it, are their owner's alone. */
static void test_modes(void **state)
{
    struct work *w = *state;
    CLEANUP(free_ptr) char *dir = path_join(w->scratch, "made/here");
    CLEANUP(free_ptr) char *path = path_join(dir, "auth.json");
    json_t *document = json_object();
    struct stat st;

    assert_ok(authfile_write(path, document, &w->err), &w->err);
    json_decref(document);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_store(void **state)
{
    struct work *w = *state;
    CLEANUP(free_ptr) char *where = NULL;
    put(w, "real.json",
        "{\"HttpHeaders\":{\"X\":\"y\"},\"auths\":{\"a.example\":{\"auth\":\"YTox\"}}}");
    scratch_run(w->scratch, NULL, "ln -s ../../real.json home/.docker/config.json");
    assert_ok(
        credential_store(&w->session, &w->options, "h.example", "me", "s:cret", &where, &w->err),
        &w->err);
    assert_non_null(strstr(where, "home/.docker/config.json"));
    assert_found(w, "h.example", "x", "me:s:cret");
    assert_found(w, "a.example", "x", "a:1");
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    scratch_read(w->scratch, "real.json", &text);
    assert_non_null(strstr(buf_str(&text), "HttpHeaders"));
    assert_null(strstr(buf_str(&text), "cret"));
    struct stat st;
    assert_int_equal(lstat(where, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat(where, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    free_ptr(&where);
    assert_fails(
        credential_store(&w->session, &w->options, "h.example", "a:b", "p", &where, &w->err),
        &w->err, "colon");

    put(w, "run/containers/auth.json", "{\"auths\":{\"h.example\":{\"auth\":\"Yjoy\"}}}");
    free_ptr(&where);
    assert_ok(credential_erase(&w->session, &w->options, "h.example", &where, &w->err), &w->err);
    assert_non_null(strstr(where, "run/containers/auth.json, "));
    assert_found(w, "h.example", "x", "-");
    assert_found(w, "a.example", "x", "a:1");
    free_ptr(&where);
    assert_fails(credential_erase(&w->session, &w->options, "h.example", &where, &w->err), &w->err,
                 "no credential is kept");
}

static void test_store_anew(void **state)
{
    struct work *w = *state;
    CLEANUP(free_ptr) char *where = NULL;
    w->options.config_file = kept(w, "new/dir/auth.json");
    assert_ok(credential_store(&w->session, &w->options, "docker.io", "u", "p", &where, &w->err),
              &w->err);
    assert_found(w, "docker.io", "x", "u:p");
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    scratch_read(w->scratch, "new/dir/auth.json", &text);
    assert_non_null(strstr(buf_str(&text), "https://index.docker.io/v1/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_longest_match, setup, teardown),
        cmocka_unit_test_setup_teardown(test_precedence, setup, teardown),
        cmocka_unit_test_setup_teardown(test_faulty_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_helpers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_modes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_store, setup, teardown),
        cmocka_unit_test_setup_teardown(test_store_anew, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
