/* SPDX-License-Identifier: Apache-2.0 */
/* A lock that moves only with its packages. */
#include "fleet/steady.h"
#include "unit.h"

#define DIGEST "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct lock *lock_of(const char *date, const char *version, const char *account)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(free_ptr)
    char *text = xasprintf(
        "{\"format\":1,\"recipe\":\"sha256:" DIGEST "\",\"sources\":[{\"source\":\"debian\","
        "\"suite\":\"trixie\",\"date\":\"%s\",\"inrelease\":\"sha256:" DIGEST "\"}],"
        "\"compressor\":{\"name\":\"zstd\",\"version\":\"1.5.4\",\"level\":3},\"accounts\":[%s],"
        "\"architectures\":{\"amd64\":{\"packages\":[{\"name\":\"aa\",\"version\":\"%s\","
        "\"arch\":\"amd64\",\"source\":\"aa\",\"source_version\":\"%s\",\"origin\":\"debian\","
        "\"size\":1,\"sha256\":\"" DIGEST "\",\"path\":\"pool/a.deb\"}],\"omitted\":[],"
        "\"layers\":[[\"aa\"]]}}}",
        date, account, version, version);
    struct lock *ret = NULL;

    assert_ok(lock_parse(text, strlen(text), "x.lock", &ret, &err), &err);
    return ret;
}

static void test_settle(void **state)
{
    struct lock *base = lock_of("2026-11-21T09:15:44Z", "1.0",
                                "{\"name\":\"x\",\"uid\":100,"
                                "\"gid\":100}");
    struct lock *now = lock_of("2026-11-22T09:15:44Z", "1.0", "");

    (void)state;
    lock_settle(&now, NULL);
    assert_false(lock_same(now, base));
    lock_settle(&now, base);
    assert_true(lock_same(now, base)); /* signed again over the same packages */
    const struct sha256 a = lock_digest(base), b = lock_digest(now);
    assert_true(sha256_eq(&a, &b));
    lock_free(now);
    now = lock_of("2026-11-22T09:15:44Z", "1.1", "");
    lock_settle(&now, base);
    assert_string_equal(now->arches[0].packages[0].version, "1.1");
    assert_int_equal(now->sources[0].date - base->sources[0].date, 86400);
    assert_int_equal(now->n_accounts, 1); /* ids stay as they were allotted */
    assert_int_equal(now->accounts[0].uid, 100);
    lock_free(now);
    lock_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_settle)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
