/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "rootfs/tokens.h"
#include "unit.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define MANY    LETTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" /* 62 */

/* The same text in runs of each size gives the same. */
static const char *scan(const char *path, const char *text, size_t n, size_t run)
{
    static struct token_scan t;

    token_scan_start(&t, path);
    for (size_t at = 0; at < n; at += run)
        token_scan_add(&t, text + at, run < n - at ? run : n - at);
    return token_scan_end(&t);
}

static void check(const char *path, const char *text, size_t n, const char *want)
{
    static const size_t runs[] = {1, 7, 300, 4096, 8192, 65536};

    for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
        const char *got = scan(path, text, n, runs[i]);
        if (got != want && (!got || !want || strcmp(got, want) != 0))
            fail_msg("%.60s… by %zu: %s instead of %s", text, runs[i], got ? got : "nothing",
                     want ? want : "nothing");
    }
}

static void test_forms(void **state)
{
    static const struct {
        const char *text, *what;
    } cases[] = {
        {"t=ghp_" LETTERS "0123456789", "a GitHub token"},
        {"t=ghp_" LETTERS "012345678", NULL},   /* one too short */
        {"t=ghp_" LETTERS "0123456789a", NULL}, /* one too long */
        {"t=ghp_" LETTERS "01234567_9", NULL},  /* not of its alphabet */
        {"taghp_" LETTERS "0123456789", NULL},  /* not at a word's beginning */
        {"ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL},
        {"github_pat_" MANY "01234567890123456789", "a GitHub token"},
        {"glpat-abcdefghij0123456789", "a GitLab token"},
        {"xoxb-123456789012-123456789012-" LETTERS, "a Slack token"},
        {"npm_" LETTERS "0123456789\n", "an npm token"},
        {"npm_config_registry", NULL},
        {"AKIAIOSFODNN7REALKEY", "an AWS access key"},
        {"AKIAIOSFODNN7EXAMPLE", NULL},
        {"sk-proj-" MANY, "an OpenAI key"},
        {"sk-svcacct-" MANY, "an OpenAI key"},
        {"sk-ant-api03-" MANY MANY, "an Anthropic key"},
        {"sk-" MANY, NULL},                                /* ssh's key types begin so, too */
        {"AIzaabcdefghijklmnopqrstuvwxyz012345678", NULL}, /* published in programs */
        {"api_token: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijklmnop",
         "a JSON Web Token"},
        {"Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijklmnop", "a JSON Web Token"},
        {"example: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijklmnop", NULL},
        {"token:\neyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijklmnop", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        check("x", cases[i].text, strlen(cases[i].text), cases[i].what);
}

/* Wherever it stands in a file that comes in runs, and however much stands around it. */
static void test_places(void **state)
{
    static const char token[] = " ghp_" LETTERS "0123456789 ";
    static const char jwt[] = "token = eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijklmnop\n";
    static const size_t before[] = {0, 1, 7500, 7884, 7890, 8150, 8160, 8170, 8192, 16000, 40000};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
        CLEANUP(buf_release) struct buf b = BUF_INIT(0), c = BUF_INIT(0);
        for (size_t k = 0; k < before[i]; k++)
            buf_addch(&b, k % 70 ? '.' : '\n');
        buf_addslice(&c, (struct slice){buf_str(&b), b.len});
        buf_addstr(&b, token);
        buf_addstr(&c, jwt);
        check("x", b.data, b.len, "a GitHub token");
        check("x", c.data, c.len, "a JSON Web Token");
        for (size_t k = 0; k < 9000; k++)
            buf_addch(&b, '.');
        check("x", b.data, b.len, "a GitHub token");
        buf_add(&b, "\0", 1); /* a program, not a text */
        check("x", b.data, b.len, NULL);
    }
}

static void test_urls(void **state)
{
    static const char conf[] = "index-url = https://bob:hunter2@pypi.example/simple\n";
    static const char plain[] = "index-url = https://${USER}:${PASSWORD}@pypi.example/simple\n";

    (void)state;
    check("etc/pip.conf", conf, strlen(conf), "a URL with a password");
    check("etc/pip.conf", plain, strlen(plain), NULL);
    check("etc/other.conf", conf, strlen(conf), NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
