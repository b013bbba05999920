/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens and credentials: who waits for whom, and what a challenge changes. */
#include "base/file.h"
#include "net/http.h"
#include "registry/private.h"
#include "scratch.h"
#include "server.h"
#include "unit.h"
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN "{\"token\":\"t0ken\"}"
#define SCOPE "/token?service=s&scope=repository:"

struct work {
    struct session session;
    atomic_int stop;
    struct http *http;
    struct server server;
    struct registry *registry;
    struct err err;
    char *scratch;
};

static struct route routes[] = {
    {.path = SCOPE "slow:pull",
     .body = TOKEN,
     .n = sizeof(TOKEN) - 1,
     .cut_times = 9,
     .stall = true},
    {.path = SCOPE "fast:pull", .body = TOKEN, .n = sizeof(TOKEN) - 1},
    {.path = SCOPE "fast:pull,push", .body = TOKEN, .n = sizeof(TOKEN) - 1},
    {.path = SCOPE
     "asked:pull,push&scope=repository:askedx:pull&scope=registry:catalog:%2A&scope=odd",
     .body = TOKEN,
     .n = sizeof(TOKEN) - 1},
    {.path = SCOPE "no400:pull", .status = 400},
    {.path = SCOPE "no401:pull", .status = 401},
    {.path = SCOPE "no403:pull", .status = 403},
    {.path = SCOPE "no404:pull", .status = 404},
    {.path = SCOPE "no409:pull", .status = 409},
};

static int setup(void **state)
{
    struct work *w = xcalloc(1, sizeof(*w));
    const struct strv none = STRV_INIT;
    w->session = (struct session){.pool = pool_new(0), .stop = &w->stop};
    w->scratch = scratch_new();
    for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
        routes[i].hits = 0;
    server_start(&w->server, routes, ARRAY_SIZE(routes));
    assert_ok(http_new(&w->session, 0, &w->http, &w->err), &w->err);
    CLEANUP(free_ptr) char *host = xasprintf("127.0.0.1:%u", w->server.port);
    struct strv insecure = STRV_INIT;
    strv_add(&insecure, host);
    struct registry_options options = {.insecure = &insecure, .certs_dirs = &none};
    assert_ok(registry_open(&w->session, w->http, host, &options, &w->registry, &w->err), &w->err);
    strv_release(&insecure);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct work *w = *state;
    registry_close(w->registry);
    server_stop(&w->server);
    http_free(w->http);
    pool_end(w->session.pool);
    scratch_remove(w->scratch);
    err_release(&w->err);
    free(w);
    return 0;
}

/* An answer of 401 with that challenge, to a request for this repository that bore `used`. */
static int refuse(struct work *w, const char *repository, const char *challenge, const char *used,
                  bool *ret_again)
{
    CLEANUP(http_response_release) struct http_response r = {.status = 401};
    struct call c = {.method = "GET", .repository = repository, CALL_INIT};
    strv_addf(&r.headers, "www-authenticate: %s", challenge);
    return auth_refused(w->registry, &c, &r, used, ret_again, &w->err);
}

static char *bearer_challenge(const struct work *w)
{
    CLEANUP(free_ptr) char *realm = server_url(&w->server, "/token");
    return xasprintf("Bearer realm=\"%s\",service=\"s\"", realm);
}

/* ---- who waits for whom --------------------------------------------------------------------- */

struct asker {
    struct work *work;
    const char *repository;
    char *header;
    int result;
    struct err err;
    atomic_bool done;
};

static void *ask(void *arg)
{
    struct asker *a = arg;
    struct call c = {.method = "GET", .repository = a->repository, CALL_INIT};
    a->result = auth_header(a->work->registry, &c, &a->header, &a->err);
    atomic_store(&a->done, true);
    return NULL;
}

static void until_asked(struct route *route)
{
    for (unsigned i = 0; i < 500 && !atomic_load(&route->hits); i++)
        usleep(10000);
    assert_int_equal(atomic_load(&route->hits), 1);
}

static void asker_end(struct asker *a)
{
    free(a->header);
    err_release(&a->err);
}

static void test_slow_token(void **state)
{
    struct work *w = *state;
    bool again;
    CLEANUP(free_ptr) char *challenge = bearer_challenge(w);
    assert_ok(refuse(w, "fast", challenge, NULL, &again), &w->err);
    CLEANUP(asker_end) struct asker slow = {.work = w, .repository = "slow"};
    CLEANUP(asker_end) struct asker slow_too = {.work = w, .repository = "slow"};
    CLEANUP(asker_end) struct asker fast = {.work = w, .repository = "fast"};
    pthread_t threads[2];
    assert_int_equal(pthread_create(&threads[0], NULL, ask, &slow), 0);
    until_asked(&routes[0]);
    assert_int_equal(pthread_create(&threads[1], NULL, ask, &slow_too), 0);

    ask(&fast); /* would hang for as long as the server does */
    assert_ok(fast.result, &fast.err);
    assert_string_equal(fast.header, "Authorization: Bearer t0ken");
    CLEANUP(http_response_release) struct http_response r = {.status = 418};
    CLEANUP(free_ptr) char *words = registry_words(w->registry, &r);
    assert_string_equal(words, "HTTP 418");
    assert_false(slow.done);
    assert_false(slow_too.done);
    assert_int_equal(routes[0].hits, 1); /* one asks, the other waits for it */

    atomic_store(&w->stop, SIGTERM);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    assert_int_equal(slow.result, -ERR_STOPPED);
    assert_int_equal(slow_too.result, -ERR_STOPPED);
}

static void test_one_token(void **state)
{
    struct work *w = *state;
    bool again;
    struct asker askers[8];
    pthread_t threads[8];
    CLEANUP(free_ptr) char *challenge = bearer_challenge(w);
    assert_ok(refuse(w, "fast", challenge, NULL, &again), &w->err);
    assert_true(again);
    registry_write(w->registry); /* other rights, another token */
    for (size_t i = 0; i < ARRAY_SIZE(askers); i++) {
        askers[i] = (struct asker){.work = w, .repository = "fast"};
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
    }
    for (size_t i = 0; i < ARRAY_SIZE(askers); i++) {
        pthread_join(threads[i], NULL);
        assert_ok(askers[i].result, &askers[i].err);
        assert_string_equal(askers[i].header, "Authorization: Bearer t0ken");
        asker_end(&askers[i]);
    }
    assert_int_equal(routes[1].hits, 1);
    assert_int_equal(routes[2].hits, 1);
}

static void *find_credential(void *arg)
{
    struct asker *a = arg;
    const struct credential *c;
    a->result = auth_credential(a->work->registry, a->repository, &c, &a->err);
    if (a->result == 0)
        a->header = xasprintf("%s:%s", c->username, c->password);
    atomic_store(&a->done, true);
    return NULL;
}

/* It says that it was started, and goes on when it may. */
static const char helper[] = "#!/bin/sh\ncd \"$HELPER_DIR\" || exit 1\necho called >>calls\n"
                             "while [ ! -e go ]; do sleep 0.05; done\n"
                             "echo '{\"ServerURL\":\"x\",\"Username\":\"u\",\"Secret\":\"p\"}'\n";

static void write_text(const struct work *w, const char *name, const char *text, unsigned mode)
{
    CLEANUP(free_ptr) char *path = xasprintf("%s/%s", w->scratch, name);
    CLEANUP(err_release) struct err err = ERR_INIT;
    assert_ok(file_write(path, text, strlen(text), mode, &err), &err);
}

static void test_slow_helper(void **state)
{
    struct work *w = *state;
    CLEANUP(free_ptr) char *path = xasprintf("%s:%s", w->scratch, getenv("PATH"));
    CLEANUP(free_ptr) char *config = xasprintf("%s/config.json", w->scratch);
    CLEANUP(free_ptr) char *calls = xasprintf("%s/calls", w->scratch);
    write_text(w, "docker-credential-slow", helper, 0755);
    write_text(w, "config.json", "{\"credsStore\":\"slow\"}", 0600);
    setenv("PATH", path, 1);
    setenv("HELPER_DIR", w->scratch, 1);
    w->registry->credentials.config_file = config;
    CLEANUP(asker_end) struct asker one = {.work = w, .repository = "a"};
    CLEANUP(asker_end) struct asker two = {.work = w, .repository = "a"};
    pthread_t threads[2];
    assert_int_equal(pthread_create(&threads[0], NULL, find_credential, &one), 0);
    for (unsigned i = 0; i < 500 && access(calls, F_OK) < 0; i++)
        usleep(10000);
    assert_int_equal(pthread_create(&threads[1], NULL, find_credential, &two), 0);

    CLEANUP(http_response_release) struct http_response r = {.status = 418};
    CLEANUP(free_ptr) char *words = registry_words(w->registry, &r); /* takes the lock */
    assert_string_equal(words, "HTTP 418");
    assert_false(one.done);
    write_text(w, "go", "", 0600);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    assert_ok(one.result, &one.err);
    assert_string_equal(one.header, "u:p");
    assert_string_equal(two.header, "u:p");
    struct stat st;
    assert_int_equal(stat(calls, &st), 0);
    assert_int_equal(st.st_size, 7); /* called once */
}

/* ---- challenges ----------------------------------------------------------------------------- */

static void test_basic_after_bearer(void **state)
{
    struct work *w = *state;
    bool again;
    CLEANUP(free_ptr) char *challenge = bearer_challenge(w);
    assert_ok(refuse(w, "fast", challenge, NULL, &again), &w->err);
    assert_int_equal(w->registry->challenge.scheme, AUTH_BEARER);
    assert_ok(refuse(w, "fast", "Basic realm=\"harbor\"", "Authorization: Bearer t0ken", &again),
              &w->err);
    assert_false(again);
    assert_int_equal(w->registry->challenge.scheme, AUTH_BEARER);
    assert_non_null(w->registry->challenge.realm);
}

static void test_basic(void **state)
{
    struct work *w = *state;
    bool again;
    assert_ok(refuse(w, "a", "Basic realm=\"r\"", NULL, &again), &w->err);
    assert_true(again);
    assert_int_equal(w->registry->challenge.scheme, AUTH_BASIC);
    assert_ok(refuse(w, "a", "Basic realm=\"r\"", "Authorization: Basic x", &again), &w->err);
    assert_false(again);
    assert_ok(refuse(w, "a", "", NULL, &again), &w->err); /* of Harbor, where there is no project */
    assert_false(again);
    assert_int_equal(w->registry->challenge.scheme, AUTH_BASIC);
    CLEANUP(free_ptr) char *challenge = bearer_challenge(w);
    assert_ok(refuse(w, "fast", challenge, "Authorization: Basic x", &again), &w->err);
    assert_true(again);
    assert_int_equal(w->registry->challenge.scheme, AUTH_BEARER);
}

/* ---- what is asked for, and what comes --------------------------------------------------------
 */

/* Beyond our own scope the challenge's: more actions of ours once each, others as they are. */
static void test_scopes(void **state)
{
    struct work *w = *state;
    bool again;
    CLEANUP(free_ptr) char *bearer = bearer_challenge(w);
    CLEANUP(free_ptr)
    char *challenge = xasprintf("%s,scope=\"repository:asked:pull,push,pull repository:askedx:pull "
                                "registry:catalog:* odd\"",
                                bearer);
    assert_ok(refuse(w, "asked", challenge, NULL, &again), &w->err);
    assert_true(again);
    assert_int_equal(atomic_load(&routes[3].hits), 1);
}

/* What can be done about it is said where the server says who isn't allowed what. */
static void test_token_server_refuses(void **state)
{
    struct work *w = *state;
    bool again;
    CLEANUP(free_ptr) char *challenge = bearer_challenge(w);
    static const char *const repositories[] = {"no400", "no401", "no403", "no404", "no409"};

    for (size_t i = 0; i < ARRAY_SIZE(repositories); i++) {
        assert_true(refuse(w, repositories[i], challenge, NULL, &again) < 0);
        assert_non_null(strstr(w->err.message, "the token server"));
        if (i < 3)
            assert_non_null(strstr(w->err.hint, "no credential for it was found: mkimage login"));
        else
            assert_null(w->err.hint);
        err_clear(&w->err);
    }
}

static void test_tokens(void **state)
{
    static const struct {
        const char *answer, *token;
        unsigned seconds;
    } rows[] = {
        {"{\"token\":\"a\"}", "a", 60},
        {"{\"token\":\"a\",\"access_token\":\"b\",\"expires_in\":59}", "a", 60},
        {"{\"token\":\"\",\"access_token\":\"b\",\"expires_in\":61}", "b", 61},
        {"{\"access_token\":\"b\",\"expires_in\":86400}", "b", 86400},
        {"{\"access_token\":\"b\",\"expires_in\":86401}", "b", 86400},
        {"{\"token\":\"a\",\"expires_in\":-1}", "a", 60},
        {"{\"token\":\"a\",\"expires_in\":\"900\"}", "a", 60},
        {"{\"token\":\"!~\"}", "!~", 60},
        {"{\"token\":\"a b\"}", NULL, 60},
        {"{\"token\":\"a\\r\\nX: y\"}", NULL, 60},
        {"{\"token\":\"a\\u007f\"}", NULL, 60},
        {"{\"token\":\"\"}", NULL, 60},
        {"{\"token\":7}", NULL, 60},
        {"[]", NULL, 60},
        {"", NULL, 60},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(http_response_release) struct http_response r = {.status = 200};
        unsigned seconds = 0;
        buf_addstr(&r.body, rows[i].answer);
        CLEANUP(free_ptr) char *token = token_of(&r, &seconds);
        if (!token != !rows[i].token || (token && strcmp(token, rows[i].token) != 0) ||
            seconds != rows[i].seconds)
            fail_msg("%s: %s, %u seconds", rows[i].answer, token ? token : "none", seconds);
    }
}

/* A call of no repository ("/v2/") leaves what was found to itself. */
static void test_credential_of_no_repository(void **state)
{
    struct work *w = *state;
    const struct credential *none = NULL, *blank = NULL, *one = NULL, *again = NULL;
    assert_ok(auth_credential(w->registry, NULL, &none, &w->err), &w->err);
    assert_ok(auth_credential(w->registry, "", &blank, &w->err), &w->err);
    assert_ok(auth_credential(w->registry, "one", &one, &w->err), &w->err);
    assert_ok(auth_credential(w->registry, "one", &again, &w->err), &w->err);
    assert_ptr_equal(none, blank);
    assert_ptr_not_equal(none, one);
    assert_ptr_equal(one, again);
}

int main(void)
{
    unsetenv("http_proxy");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_slow_token, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_token, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slow_helper, setup, teardown),
        cmocka_unit_test_setup_teardown(test_basic_after_bearer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_basic, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scopes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_token_server_refuses, setup, teardown),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test_setup_teardown(test_credential_of_no_repository, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
