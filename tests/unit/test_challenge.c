/* SPDX-License-Identifier: Apache-2.0 */
/* What a registry's WWW-Authenticate asks for (RFC 9110 11.6.1). */
#include "base/text.h"
#include "registry/private.h"
#include "unit.h"

/* "SCHEME realm service scope error", "-" for what isn't there. */
static char *read_headers(const char *const *headers)
{
    CLEANUP(http_response_release) struct http_response r = {.status = 401};
    CLEANUP(challenge_release) struct challenge c;
    static const char *const schemes[] = {
        [AUTH_NONE] = "none", [AUTH_BASIC] = "basic", [AUTH_BEARER] = "bearer"};

    for (; *headers; headers++)
        strv_addf(&r.headers, "www-authenticate: %s", *headers);
    challenge_of(&r, &c);
    return xasprintf("%s %s %s %s %s", schemes[c.scheme], c.realm ? c.realm : "-",
                     c.service ? c.service : "-", c.scope ? c.scope : "-", c.error ? c.error : "-");
}

static void test_headers(void **state)
{
    static const struct {
        const char *headers[3];
        const char *want;
    } rows[] = {
        {{NULL}, "none - - - -"},
        {{""}, "none - - - -"},
        {{"Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:x:pull\","
          "error=\"invalid_token\""},
         "bearer https://a/t s repository:x:pull invalid_token"},
        {{"bEARER REALM=r , Service = s\t,\tSCOPE\t=\t\"a b\""}, "bearer r s a b -"},
        /* names of the same length, and such that begin or end alike */
        {{"Bearer realm=r,scale=\"x\",rexlm=\"y\",servers=a,errors=b,scop=c,error=e"},
         "bearer r - - e"},
        {{"Bearer nonce=\"n\",realm=r,charset=\"UTF-8\""}, "bearer r - - -"},
        {{"Bearer realm=one,realm=two,scope=x,scope=y"}, "bearer one - x -"},
        {{"Bearer realm=\"a\\\"b\\\\c\",service=\"\""}, "bearer a\"b\\c  - -"},
        {{"Bearer realm=\"a\\"}, "bearer a\\ - - -"}, /* ends within */
        {{"Bearer realm=\"a\\b\",service=\"c\\\"d\""}, "bearer ab c\"d - -"},
        {{"Bearer realm=\"open"}, "bearer open - - -"},
        {{"Bearer"}, "none - - - -"}, /* nowhere to go */
        {{"Bearer service=s, Basic realm=b"}, "basic b - - -"},
        {{"Basic realm=b, Bearer service=s"}, "basic b - - -"},
        {{"Basic realm=\"b\", Bearer realm=\"r\",service=s"}, "bearer r s - -"},
        {{"Bearer realm=r,service=s, Basic realm=b"}, "bearer r s - -"},
        {{"Bearer realm=r,service=s, Bearer realm=q"}, "bearer r s - -"}, /* the first one */
        {{"Negotiate, Basic realm=b"}, "basic b - - -"},
        {{"Digest realm=d,nonce=n"}, "none - - - -"},
        {{"Bearers realm=r"}, "none - - - -"},
        {{"Basi realm=r, Basics realm=r"}, "none - - - -"},
        {{"=x, Basic realm=b"}, "basic b - - -"},
        {{"\"Bearer\" Basic realm=b"}, "basic b - - -"},
        {{"Basic realm=b", "Bearer realm=r"}, "bearer r - - -"}, /* a header each */
        {{"Bearer realm=r", "Basic realm=b"}, "bearer r - - -"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(free_ptr) char *got = read_headers(rows[i].headers);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].headers[0], got, rows[i].want);
    }
}

/* Nothing of an answer makes memory grow without a bound. */
static void test_long(void **state)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);

    (void)state;
    buf_addstr(&b, "Bearer realm=\"");
    for (size_t i = 0; i < 100000; i++)
        buf_addch(&b, 'x');
    buf_addstr(&b, "\",service=s");
    CLEANUP(free_ptr) char *got = read_headers((const char *const[]){buf_str(&b), NULL});
    assert_true(starts_with(got, "bearer "));
    assert_true(strlen(got) < 9000);
    assert_true(ends_with(got, " s - -"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
