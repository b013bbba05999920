/* SPDX-License-Identifier: Apache-2.0 */
/* Records as JSON and back, and what is refused. */
#include "records.h"
#include "unit.h"

static void sample(struct record *r)
{
    made_record(r, "python3");
    made_package(r, "libc6", "2.41-12", "glibc");
    made_package(r, "base-files", "13.8", "base-files");
    made_directory(r, "usr", 0755);
    made_file(r, "usr/b\\xff", 0644, "b");
    made_file(r, "usr/a", 0755, "a");
    r->arches[0].paths[2].uid = 5000;
    made_link(r, "bin", "usr/bin");
    made_script(r, "libc6", "postinst", "#!/bin/sh\n", "handled");
    made_finding(r, "FS-SUID", "medium", "fix", "usr/bin/su");
    made_finding(r, "CFG-PORT", "low", "deny", NULL);
    r->arches[0].findings[1].reason = xstrdup("ticket 1");
    made_config(r, "{\"User\":\"5000:5000\",\"Env\":[\"A=1\"]}");
    strv_add(&r->cves, "CVE-2026-11111");
    r->replaced = sha256_of("old", 3);
    made_done(r);
}

static void test_round_trip(void **state)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(record_release) struct record r, back;
    CLEANUP(buf_release) struct buf one = BUF_INIT(0), two = BUF_INIT(0);

    (void)state;
    sample(&r);
    record_format(&r, &one);
    assert_ok(record_parse(one.data, one.len, "record", &back, &err), &err);
    record_format(&back, &two);
    assert_string_equal(one.data, two.data);
    const struct record_arch *a = record_find_arch(&back, "amd64");
    assert_non_null(a);
    assert_int_equal(a->n_paths, 4);
    assert_string_equal(a->paths[0].path, "bin");
    assert_string_equal(a->paths[0].target, "usr/bin");
    assert_string_equal(a->paths[2].path, "usr/a");
    assert_int_equal(a->paths[2].uid, 5000);
    assert_int_equal(a->paths[2].mode, 0755);
    assert_string_equal(a->paths[3].path, "usr/b\\xff");
    assert_string_equal(record_find_package(a, "libc6")->source, "glibc");
    assert_null(record_find_package(a, "libc"));
    assert_string_equal(a->findings[1].reason, "ticket 1");
    assert_null(a->findings[1].path);
    assert_true(sha256_eq(&back.replaced, &r.replaced));
    assert_null(back.accepted);
}

static void test_accepted(void **state)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(record_release) struct record r, back;
    CLEANUP(buf_release) struct buf one = BUF_INIT(0);

    (void)state;
    sample(&r);
    r.accepted = xstrdup("agreed");
    strv_add(&r.stops, "grew by 3 MB");
    record_format(&r, &one);
    assert_ok(record_parse(one.data, one.len, "record", &back, &err), &err);
    assert_string_equal(back.accepted, "agreed");
    assert_string_equal(back.stops.v[0], "grew by 3 MB");
}

/* The sample with the first `from` replaced. */
static void assert_refused(const char *from, const char *to, const char *message)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(record_release) struct record r, back;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0), changed = BUF_INIT(0);

    sample(&r);
    record_format(&r, &text);
    const char *at = strstr(text.data, from);
    if (!at)
        fail_msg("no \"%s\" in %s", from, text.data);
    buf_add(&changed, text.data, (size_t)(at - text.data));
    buf_addstr(&changed, to);
    buf_addstr(&changed, at + strlen(from));
    assert_fails(record_parse(changed.data, changed.len, "the record", &back, &err), &err, message);
}

static void test_refused(void **state)
{
    (void)state;
    assert_refused("{", "", "the record: line 1");
    assert_refused("\"format\":1", "\"format\":2", "another format");
    assert_refused("\"format\":1,", "", "lacks \"format\"");
    assert_refused("\"format\":1", "\"format\":1,\"format\":1", "duplicate");
    assert_refused("\"format\":1", "\"format\":1,\"x\":1", "key that isn't known");
    assert_refused("\"name\":\"python3\"", "\"name\":3", "\"name\" is no text");
    assert_refused("\"name\":\"python3\"", "\"name\":\"a\\u0000b\"", "the record: line 1");
    assert_refused("\"image\":\"sha256:", "\"image\":\"sha256:x", "\"image\" is no digest");
    assert_refused("\"cves\":[", "\"cves\":[1,", "\"cves\" is no list of texts");
    assert_refused("\"amd64\":{\"manifest\"", "\"arm64\":{\"manifest\"", "isn't in the lock");
    assert_refused("\"mode\":\"0755\"", "\"mode\":\"755\"", "\"mode\" is no mode");
    assert_refused("\"mode\":\"0755\"", "\"mode\":\"0758\"", "\"mode\" is no mode");
    assert_refused("\"type\":\"directory\"", "\"type\":\"block\"", "type of a path");
    assert_refused("\"uid\":5000", "\"uid\":-1", "\"uid\" is no number");
    assert_refused("\"uid\":5000", "\"uid\":4294967296", "\"uid\" is no number");
    assert_refused("\"path\":\"usr/a\"", "\"path\":\"a\"", "aren't sorted");
    assert_refused("\"path\":\"usr/a\"", "\"path\":\"usr\"", "aren't sorted");
    assert_refused("\"target\":\"usr/bin\"", "\"other\":1", "lacks \"target\"");
    assert_refused("\"packed\":1000", "\"packed\":1.5", "\"packed\" is no number");
    assert_refused("\"scripts\":[", "\"scripts\":[[],", "no list of objects");
    assert_refused("\"lock\":{\"format\":1", "\"lock\":{\"format\":9", "the record");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
