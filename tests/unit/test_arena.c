/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "unit.h"

static void test_pieces_stay_apart(void **state)
{
    CLEANUP(arena_release) struct arena a = {0};
    unsigned char *pieces[600];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) { /* 0 to 21,000 bytes: several chunks */
        pieces[i] = arena_take(&a, i * 35);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(uint64_t), 0);
        memset(pieces[i], (int)(i % 251), i * 35);
    }
    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++)
        for (size_t k = 0; k < i * 35; k++)
            assert_int_equal(pieces[i][k], i % 251);
}

static void test_strings_and_large_pieces(void **state)
{
    CLEANUP(arena_release) struct arena a = {0};
    char text[] = "usr/bin";

    (void)state;
    char *copy = arena_string(&a, text);
    text[0] = 'X';
    char *large = arena_take(&a, 1u << 20); /* more than a chunk holds */
    memset(large, 'x', 1u << 20);
    assert_string_equal(copy, "usr/bin");
    assert_null(arena_string(&a, NULL));
    assert_string_equal(arena_string(&a, ""), "");
    arena_release(&a);
    assert_null(a.chunks);
    assert_string_equal(arena_string(&a, "again"), "again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_stay_apart),
        cmocka_unit_test(test_strings_and_large_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
