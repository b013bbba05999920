/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "unit.h"

/* FIPS 180-4's own examples. */
#define HEX_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEX_ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void test_known_values(void **state)
{
    (void)state;
    struct sha256 d = sha256_of("abc", 3);
    assert_string_equal(sha256_hex(&d).s, HEX_ABC);
    assert_string_equal(sha256_digest(&d).s, "sha256:" HEX_ABC);
    d = sha256_of("", 0);
    assert_string_equal(sha256_hex(&d).s, HEX_EMPTY);
}

static void test_hasher_in_pieces_and_again(void **state)
{
    (void)state;
    CLEANUP(hasher_release) struct hasher h = {0};
    hasher_start(&h);
    hasher_add(&h, "a", 1);
    hasher_add(&h, "", 0);
    hasher_add(&h, "bc", 2);
    struct sha256 d = hasher_end(&h);
    assert_string_equal(sha256_hex(&d).s, HEX_ABC);
    hasher_start(&h);
    d = hasher_end(&h);
    assert_string_equal(sha256_hex(&d).s, HEX_EMPTY);
    hasher_release(&h);
    hasher_release(&h);
    assert_null(h.ctx);
}

static void test_equality_and_zero(void **state)
{
    (void)state;
    struct sha256 a = sha256_of("a", 1);
    struct sha256 b = a;
    assert_true(sha256_eq(&a, &b));
    b.bytes[31] ^= 1;
    assert_false(sha256_eq(&a, &b));
    struct sha256 zero = {{0}};
    assert_true(sha256_is_zero(&zero));
    zero.bytes[31] = 1;
    assert_false(sha256_is_zero(&zero));
}

static void test_parsing_round_trip(void **state)
{
    (void)state;
    struct sha256 d;
    assert_true(sha256_parse_hex(slice_of(HEX_ABC), &d));
    assert_string_equal(sha256_hex(&d).s, HEX_ABC);
    assert_true(sha256_parse_digest(slice_of("sha256:" HEX_EMPTY), &d));
    assert_string_equal(sha256_hex(&d).s, HEX_EMPTY);
}

static void test_parsing_is_strict(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "sha256:",
        "sha256:../../x",
        "sha256:../../../../../../../../../../../../../../../../../../../../../../etc",
        "sha512:" HEX_ABC,
        "SHA256:" HEX_ABC,
        HEX_ABC,
        "sha256:" HEX_ABC "0",
        "sha256: " HEX_ABC,
        "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
        "sha256:ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
        "sha256:/a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a\n",
    };
    struct sha256 d = sha256_of("x", 1);
    struct sha256 before = d;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        if (sha256_parse_digest(slice_of(bad[i]), &d))
            fail_msg("\"%s\" was taken", bad[i]);
    assert_false(sha256_parse_hex(slice_of("sha256:" HEX_ABC), &d));
    assert_false(sha256_parse_hex(slice_of(HEX_ABC " "), &d));
    assert_false(sha256_parse_hex((struct slice){HEX_ABC, 63}, &d));
    assert_true(sha256_eq(&d, &before)); /* a refusal leaves it alone */
}

/* Zero means "not known": nobody's text gives it. */
static void test_no_text_gives_zero(void **state)
{
    (void)state;
    char text[DIGEST_STRING_LEN + 1] = "sha256:";
    struct sha256 d = sha256_of("x", 1), before = d;
    memset(text + 7, '0', SHA256_HEX_LEN);
    assert_false(sha256_parse_digest(slice_of(text), &d));
    assert_false(sha256_parse_hex(slice_of(text + 7), &d));
    assert_true(sha256_eq(&d, &before));
    text[DIGEST_STRING_LEN - 1] = '1';
    assert_true(sha256_parse_digest(slice_of(text), &d));
}

static void test_md5(void **state)
{
    (void)state;
    assert_string_equal(md5_hex("abc", 3).s, "900150983cd24fb0d6963f7d28e17f72");
    assert_string_equal(md5_hex("", 0).s, "d41d8cd98f00b204e9800998ecf8427e");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_values),
        cmocka_unit_test(test_hasher_in_pieces_and_again),
        cmocka_unit_test(test_equality_and_zero),
        cmocka_unit_test(test_parsing_round_trip),
        cmocka_unit_test(test_parsing_is_strict),
        cmocka_unit_test(test_no_text_gives_zero),
        cmocka_unit_test(test_md5),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
