/* SPDX-License-Identifier: Apache-2.0 */
/* The client's parts that need no registry: challenges, error bodies, URLs, its memory, what a
 * build is published as. */
#include "base/file.h"
#include "base/text.h"
#include "images.h"
#include "net/url.h"
#include "recipe/tagpart.h"
#include "registry/memory.h"
#include "registry/private.h"
#include "registry/publish.h"
#include "unit.h"

/* ---- challenges ----------------------------------------------------------------------------- */

static const struct {
    const char *header;
    enum auth_scheme scheme;
    const char *realm, *service, *scope;
} challenges[] = {
    {"Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:p1/img:pull,push\"",
     AUTH_BEARER, "https://a/t", "s", "repository:p1/img:pull,push"},
    {"bearer REALM=\"https://a/t\" , Service=s", AUTH_BEARER, "https://a/t", "s", NULL},
    {"Basic realm=\"x, y\"", AUTH_BASIC, "x, y", NULL, NULL},
    {"Basic realm=\"x\", Bearer realm=\"https://a/t\",service=\"s\"", AUTH_BEARER, "https://a/t",
     "s", NULL},
    {"Bearer realm=\"https://a/t\", Basic realm=\"x\"", AUTH_BEARER, "https://a/t", NULL, NULL},
    {"Bearer realm=\"a\\\"b\\\\c\"", AUTH_BEARER, "a\"b\\c", NULL, NULL},
    {"Bearer realm=\"https://a/t\",realm=\"https://b/t\"", AUTH_BEARER, "https://a/t", NULL, NULL},
    {"Bearer realm = \"https://a/t\"", AUTH_BEARER, "https://a/t", NULL, NULL},
    {"Bearer service=\"s\"", AUTH_NONE, NULL, NULL, NULL},
    {"Basic", AUTH_BASIC, NULL, NULL, NULL},
    {"Negotiate", AUTH_NONE, NULL, NULL, NULL},
    {"", AUTH_NONE, NULL, NULL, NULL},
    {",,, \t", AUTH_NONE, NULL, NULL, NULL},
    {"Bearer realm=\"https://a/t", AUTH_BEARER, "https://a/t", NULL, NULL},
    {"Bearer realm=\"", AUTH_BEARER, "", NULL, NULL},
    {"=\"x\" Bearer realm=\"r\"", AUTH_BEARER, "r", NULL, NULL},
    {"\"\"\"", AUTH_NONE, NULL, NULL, NULL},
};

static void check_text(const char *have, const char *want)
{
    assert_string_equal(have ? have : "-", want ? want : "-");
}

static void test_challenges(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(challenges); i++) {
        CLEANUP(http_response_release) struct http_response r = {0};
        struct challenge c;
        strv_addf(&r.headers, "www-authenticate: %s", challenges[i].header);
        challenge_of(&r, &c);
        if (c.scheme != challenges[i].scheme)
            fail_msg("%s: %d", challenges[i].header, c.scheme);
        if (c.scheme != AUTH_NONE) {
            check_text(c.realm, challenges[i].realm);
            check_text(c.service, challenges[i].service);
            check_text(c.scope, challenges[i].scope);
        }
        challenge_release(&c);
    }
    CLEANUP(http_response_release) struct http_response r = {0};
    struct challenge c;
    strv_add(&r.headers, "www-authenticate: Basic realm=\"x\"");
    strv_add(&r.headers, "www-authenticate: Bearer realm=\"y\"");
    challenge_of(&r, &c);
    assert_int_equal(c.scheme, AUTH_BEARER);
    challenge_release(&c);
}

/* ---- error bodies --------------------------------------------------------------------------- */

static const struct {
    unsigned status;
    const char *body, *words;
} bodies[] = {
    {404, "", "HTTP 404"},
    {404, "{\"errors\":[{\"code\":\"NAME_UNKNOWN\",\"message\":\"no such name\"}]}",
     "HTTP 404: NAME_UNKNOWN: no such name"},
    {400, "{\"errors\":[{\"code\":\"A\",\"message\":\"b\",\"detail\":\"c\"},{\"code\":\"D\"}]}",
     "HTTP 400: A: b (c); D"},
    {400, "{\"errors\":[{\"code\":\"A\",\"message\":\"b\",\"detail\":{\"Tag\":\"1\"}}]}",
     "HTTP 400: A: b ({\"Tag\":\"1\"})"},
    {400, "{\"errors\":[{\"code\":\"A\",\"message\":\"b\",\"detail\":null}]}", "HTTP 400: A: b"},
    {500, "{\"message\":\"oops\"}", "HTTP 500: oops"},
    {401, "{\"error\":\"invalid_grant\",\"error_description\":\"bad token\"}",
     "HTTP 401: bad token"},
    {401, "{\"details\":\"incorrect username or password\"}",
     "HTTP 401: incorrect username or password"},
    {502, "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<hr>nginx</body>",
     "HTTP 502: 502 Bad Gateway nginx"},
    {404, "404 page not found\n", "HTTP 404: 404 page not found"},
    {500, "\033[31mred", "HTTP 500: \\x1b[31mred"},
    {500, "{\"errors\":[{\"code\":7}]}", "HTTP 500: {\"errors\":[{\"code\":7}]}"},
    {500, "{\"errors\":\"x\"}", "HTTP 500: {\"errors\":\"x\"}"},
    {500, "[]", "HTTP 500: []"},
    {500, "{\"errors\":[{\"code\":\"A\",\"message\":\"\\u001b[2J\"}]}", "HTTP 500: A: \\x1b[2J"},
};

static void test_error_bodies(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
        CLEANUP(http_response_release) struct http_response r = {.status = bodies[i].status};
        buf_addstr(&r.body, bodies[i].body);
        CLEANUP(free_ptr) char *words = text_shown(error_words(&r));
        assert_string_equal(words, bodies[i].words);
    }
    CLEANUP(http_response_release) struct http_response r = {.status = 400};
    buf_addstr(&r.body, "{\"errors\":[{\"code\":\"A\"},{\"code\":\"BLOB_UNKNOWN\"}]}");
    assert_true(error_has(&r, "BLOB_UNKNOWN"));
    assert_false(error_has(&r, "BLOB"));
    CLEANUP(http_response_release) struct http_response large = {.status = 500};
    for (size_t i = 0; i < 10000; i++)
        buf_addstr(&large.body, "word ");
    CLEANUP(free_ptr) char *words = error_words(&large);
    assert_true(strlen(words) < 400);
}

/* ---- URLs ----------------------------------------------------------------------------------- */

static const struct {
    const char *base, *location, *url;
} locations[] = {
    {"https://h/v2/a/blobs/uploads/", "/v2/a/blobs/uploads/1?state=x%3D%3D",
     "https://h/v2/a/blobs/uploads/1?state=x%3D%3D"},
    {"https://h:5000/v2/a/blobs/uploads/", "../../b/x", "https://h:5000/v2/a/b/x"},
    {"https://h/v2/a/blobs/uploads/?mount=x", "1", "https://h/v2/a/blobs/uploads/1"},
    {"https://h/v2/a", "https://other:1/Up?x=A%2fB&y", "https://other:1/Up?x=A%2fB&y"},
    {"https://h/v2/a", "http://h/x", "http://h/x"},
    {"https://h/v2/a", "//other/x", "https://other/x"},
    {"https://h/v2/a", "?n=2", "https://h/v2/a?n=2"},
    {"https://h/v2/a", "ftp://h/x", NULL},
    {"https://h/v2/a", "file:///etc/passwd", NULL},
    {"https://h/v2/a", "http://", NULL},
};

static void test_locations(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(locations); i++) {
        CLEANUP(free_ptr) char *url = url_resolve(locations[i].base, locations[i].location);
        check_text(url, locations[i].url);
    }
}

static const struct {
    const char *header, *path; /* NULL: none, "!": an error */
} links[] = {
    {"</v2/a/tags/list?last=B&n=3>; rel=\"next\"", "/v2/a/tags/list?last=B&n=3"},
    {"<?last=B>;rel=next", "/v2/a/tags/list?last=B"},
    {"<list?last=B>;rel=next", "/v2/a/tags/list?last=B"},
    {"</1>; rel=\"first\", </v2/a/2>; rel=\"next\"", "/v2/a/2"},
    {"</1>; title=\"rel=next, <x>\", </v2/a/2>; title=x; rel=next", "/v2/a/2"},
    {"</1>; rel=\"prev\"", NULL},
    {"</v2/a/2>; REL=Next", "/v2/a/2"},
    {"</v2/a/2>; rel = \"next\"", "/v2/a/2"},
    {"</v2/a/2>; rel=\"last next\"; x", "/v2/a/2"},
    {"</v2/a/2>; rel=\"nextish\"", NULL},
    {"</v2/a/2>; title=\"next\"", NULL},
    {"</1", NULL},
    {"</1>; rel=\"next", NULL},
    {"rel=next", NULL},
    /* another scheme, host or port: the registry that was asked is asked */
    {"<http://h/v2/a/tags/list?last=B>; rel=next", "/v2/a/tags/list?last=B"},
    {"<https://inner:5000/v2/a/tags/list?last=B#x>; rel=next", "/v2/a/tags/list?last=B"},
    {"<//inner/v2/a/tags/list?last=B>; rel=next", "/v2/a/tags/list?last=B"},
    {"<https://169.254.169.254/v2/a/x>; rel=next", "/v2/a/x"},
    {"<file:///etc/passwd>; rel=next", "!"},
    {"<ftp://h/v2/a/x>; rel=next", "!"},
    {"<https://h/>; rel=next", "!"},
    {"<https://h>; rel=next", "!"},
    {"</v2/ab/tags/list?last=B>; rel=next", "!"},
    {"</v2/b/tags/list?last=B>; rel=next", "!"},
    {"<https://h/v2/a/../b/tags/list>; rel=next", "!"},
    {"<https://h/v2/a/%2E./b/tags/list>; rel=next", "!"},
    {"<https://h/v2/a/..%2fb/tags/list>; rel=next", "!"},
    {"<../../b/tags/list>; rel=next", "!"},
    {"</v2/a/tags/list?last=../x>; rel=next", "/v2/a/tags/list?last=../x"},
    {"</v2/a/tags/list/..x?last=B>; rel=next", "/v2/a/tags/list/..x?last=B"},
};

static void test_links(void **state)
{
    (void)state;
    const struct registry registry = {.base = (char *)(uintptr_t) "https://h"};
    for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
        CLEANUP(http_response_release) struct http_response r = {0};
        CLEANUP(err_release) struct err err = ERR_INIT;
        strv_addf(&r.headers, "link: %s", links[i].header);
        CLEANUP(free_ptr) char *next = NULL;
        int result = next_page(&registry, "a", "/v2/a/tags/list?n=3", &r, &next, &err);
        check_text(result < 0 ? "!" : next, links[i].path);
    }
}

static void test_queries(void **state)
{
    (void)state;
    static const char *const urls[][2] = {
        {"https://h/u", "https://h/u?digest=sha256:0"},
        {"https://h/u?s=a%3D", "https://h/u?s=a%3D&digest=sha256:0"},
        {"https://h/u?", "https://h/u?digest=sha256:0"},
        {"https://h/u?a&", "https://h/u?a&digest=sha256:0"},
        {"https://h/u#f?x", "https://h/u?digest=sha256:0"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
        CLEANUP(free_ptr) char *url = url_add_query(urls[i][0], "digest", "sha256:0");
        assert_string_equal(url, urls[i][1]);
    }
    CLEANUP(free_ptr) char *url = url_add_query("u", "n", "a b&c=d%\r\n\xff");
    assert_string_equal(url, "u?n=a%20b%26c%3Dd%25%0D%0A%FF");
}

static void test_origins(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } pairs[] = {
        {"https://h/a", "https://h/b?c", true},
        {"https://h/a", "https://h:443/b", true},
        {"https://H/a", "https://h/b", true},
        {"https://h/a", "http://h/a", false},
        {"https://h/a", "https://h:444/a", false},
        {"https://h/a", "https://h.example/a", false},
        {"https://h/a", "https://h@evil/a", false},
        {"https://h/a", "https://evil/https://h/a", false},
        {"https://h", "nonsense nonsense", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
        if (url_same_origin(pairs[i].a, pairs[i].b) != pairs[i].same)
            fail_msg("%s and %s", pairs[i].a, pairs[i].b);
}

/* ---- memory --------------------------------------------------------------------------------- */

static void test_memory(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 0);
    struct memory m;
    struct sha256 a = sha256_of("a", 1), b = sha256_of("b", 1);
    memory_load(t.cache, "h", &m);
    assert_null(memory_source(&m, "x", &a));
    memory_add(&m, "x", &a);
    memory_add(&m, "x", &a);
    memory_add(&m, "y", &b);
    assert_int_equal(m.repositories[1].digests.len, sizeof(a));
    memory_save(t.cache, &m);
    memory_release(&m);

    memory_load(t.cache, "h", &m);
    assert_true(memory_holds(&m, "x", &a));
    assert_false(memory_holds(&m, "x", &b));
    assert_null(memory_source(&m, "x", &a));
    assert_string_equal(memory_source(&m, "z", &a), "x");
    assert_string_equal(memory_source(&m, "x", &b), "y");
    for (uint32_t i = 0; i < MEMORY_BLOBS + 10; i++) {
        struct sha256 d = {0};
        memcpy(d.bytes, &i, sizeof(i));
        memory_add(&m, "many", &d);
    }
    assert_true(m.repositories[0].digests.len <= MEMORY_BLOBS * sizeof(a));
    assert_false(m.repositories[0].digests.overflow);
    memory_save(t.cache, &m);
    memory_release(&m);
    memory_load(t.cache, "other", &m);
    assert_int_equal(m.n, 0);
    memory_release(&m);
    bench_end(&t);
}

/* ---- what a build is published as ----------------------------------------------------------- */

static void check_name(const char *push, bool prefix, const char *want)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(reference_release) struct reference r = {0};
    assert_ok(publish_name(push, prefix, "py", &r, &err), &err);
    CLEANUP(free_ptr) char *text = reference_text(&r);
    assert_string_equal(text, want);
}

static void test_names(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct reference r = {0};
    check_name("h.example/base/python3", false, "h.example/base/python3");
    check_name("docker://h.example/base/python3:1", false, "h.example/base/python3:1");
    check_name("h.example/base/", false, "h.example/base/py");
    check_name("h.example/base", true, "h.example/base/py");
    check_name("h.example/base/", true, "h.example/base/py");
    check_name("h.example:5000", true, "h.example:5000/py");
    assert_fails(publish_name("h.example/base:1", true, "py", &r, &err), &err, "tag");
    assert_fails(publish_name("base", false, "py", &r, &err), &err, "host is missing");
    CLEANUP(free_ptr) char *digest = xasprintf("h.example/a@sha256:%064d", 1);
    assert_fails(publish_name(digest, false, "py", &r, &err), &err, "under a digest");
}

static void test_tag_parts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tag_part parts[5];
    } tags[] = {
        {"3.13", {TAG_TEXT}},
        {"v{version:python3.13}-{date}", {TAG_TEXT, TAG_VERSION, TAG_TEXT, TAG_DATE}},
        {"{digest}", {TAG_DIGEST}},
        {"{version:libstdc++6}", {TAG_VERSION}},
        {"", {TAG_END}},
        {"a b", {TAG_TEXT, TAG_WRONG}},
        {"{", {TAG_WRONG}},
        {"{}", {TAG_WRONG}},
        {"{date", {TAG_WRONG}},
        {"a}", {TAG_TEXT, TAG_WRONG}},
        {"{version}", {TAG_WRONG}},
        {"{version:}", {TAG_WRONG}},
        {"{version:A}", {TAG_WRONG}},
        {"{version:../x}", {TAG_WRONG}},
        {"{time}", {TAG_WRONG}},
    };
    for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
        const char *at = tags[i].text;
        struct slice part;
        enum tag_part have = TAG_TEXT;
        for (size_t k = 0; k < 5 && have != TAG_END && have != TAG_WRONG; k++) {
            have = tag_part_next(&at, &part);
            if (have != tags[i].parts[k])
                fail_msg("%s: part %zu is %d", tags[i].text, k, have);
        }
    }
}

/* A lock of two architectures: the same tzdata, another python, one package on one alone. */
static const char lock_text[] =
    "{\"format\":1,\"recipe\":\"sha256:" /* 64 zeros */
    "1111111111111111111111111111111111111111111111111111111111111111\",\"sources\":["
    "{\"source\":\"debian\",\"suite\":\"trixie\",\"date\":\"2026-11-21T09:15:44Z\",\"inrelease\":"
    "\"sha256:0000000000000000000000000000000000000000000000000000000000000001\"},"
    "{\"source\":\"debian\",\"suite\":\"trixie-security\",\"date\":\"2026-11-22T23:59:59Z\","
    "\"inrelease\":\"sha256:0000000000000000000000000000000000000000000000000000000000000002\"}],"
    "\"compressor\":{\"name\":\"zstd\",\"version\":\"1.5.4\",\"level\":3},\"accounts\":[],"
    "\"architectures\":{";

static void add_arch(struct buf *b, const char *arch, const char *python, bool more)
{
    buf_addf(b, "%s\"%s\":{\"packages\":[", b->len > sizeof(lock_text) ? "," : "", arch);
    const char *const packages[][2] = {
        {"only", "1"}, {"python3", python}, {"tzdata", "1:2026b-0+deb13u1"}, {"zz", "1.0~rc1+b"}};
    bool first = true;
    for (size_t i = more ? 0 : 1; i < ARRAY_SIZE(packages); i++, first = false)
        buf_addf(b,
                 "%s{\"name\":\"%s\",\"version\":\"%s\",\"arch\":\"%s\",\"source\":\"src\","
                 "\"source_version\":\"1\",\"origin\":\"debian\",\"size\":1,\"sha256\":\"%064d\","
                 "\"path\":\"pool/x%zu.deb\"}",
                 first ? "" : ",", packages[i][0], packages[i][1], arch, 7, i);
    buf_addf(b, "],\"omitted\":[],\"layers\":[%s[\"python3\"],[\"tzdata\"],[\"zz\"]]}",
             more ? "[\"only\"]," : "");
}

static void test_tags(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    CLEANUP(strv_release) struct strv arches = STRV_INIT, moving = STRV_INIT, fixed = STRV_INIT;
    struct lock *l;
    struct session s = {0};
    struct sha256 digest = sha256_of("x", 1);
    buf_addstr(&text, lock_text);
    add_arch(&text, "amd64", "3.13.5-1", true);
    add_arch(&text, "arm64", "3.13.4-1", false);
    buf_addstr(&text, "}}");
    assert_ok(lock_parse(text.data, text.len, "x.lock", &l, &err), &err);
    strv_add(&arches, "amd64");
    strv_add(&arches, "arm64");
    struct recipe_item items[] = {
        {"3", {"x.conf", 1}},
        {"t{version:tzdata}", {"x.conf", 2}},
        {"{version:python3}", {"x.conf", 3}},
        {"{version:only}", {"x.conf", 4}},
        {"{date}", {"x.conf", 5}},
        {"{version:zz}-{digest}", {"x.conf", 6}},
        {"3", {"x.conf", 7}},
    };
    struct recipe r = {.tags = {items, ARRAY_SIZE(items), 0}};
    assert_ok(publish_tags(&s, &r, l, &arches, &digest, &moving, &fixed, &err), &err);
    CLEANUP(free_ptr) char *a = strv_join(&moving, " ");
    CLEANUP(free_ptr) char *b = strv_join(&fixed, " ");
    assert_string_equal(a, "3 t2026b");
    assert_string_equal(b, "20261122 1.0_rc1_b-2d711642b726");

    struct recipe odd = {.tags = {items + 2, 2, 0}};
    struct strv none = STRV_INIT, nothing = STRV_INIT;
    assert_fails(publish_tags(&s, &odd, l, &arches, &digest, &none, &nothing, &err), &err,
                 "x.conf:3: tags: none is left");

    strv_release(&arches);
    strv_add(&arches, "amd64");
    struct strv more = STRV_INIT;
    assert_ok(publish_tags(&s, &r, l, &arches, &digest, &more, &fixed, &err), &err);
    CLEANUP(free_ptr) char *c = strv_join(&more, " ");
    assert_string_equal(c, "3 t2026b 3.13.5 1");
    strv_release(&more);
    items[0].text = "{version:nope}";
    assert_fails(publish_tags(&s, &r, l, &arches, &digest, &more, &fixed, &err), &err,
                 "x.conf:1: tags: \"{version:nope}\": no package nope is in the image");
    strv_release(&more);
    lock_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_challenges), cmocka_unit_test(test_error_bodies),
        cmocka_unit_test(test_locations),  cmocka_unit_test(test_queries),
        cmocka_unit_test(test_origins),    cmocka_unit_test(test_memory),
        cmocka_unit_test(test_names),      cmocka_unit_test(test_tag_parts),
        cmocka_unit_test(test_tags),       cmocka_unit_test(test_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
