/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "lock/check.h"
#include "lock/plan.h"

#define MIB (UINT64_C(1) << 20)

/* A source of somebody else's is written "vendor/glibc". */
struct item {
    const char *name, *source;
    uint64_t size;
    unsigned rank;
};

/* The layers as "a+b c d", names joined within a layer. */
static char *plan(const struct item *items, size_t n, unsigned budget)
{
    CLEANUP(lock_arch_release) struct lock_arch a = {0};
    CLEANUP(free_ptr) unsigned *ranks = xcalloc(n, sizeof(*ranks));
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);

    a.packages = xcalloc(n, sizeof(*a.packages));
    for (size_t i = 0; i < n; i++) {
        a.packages[i].name = xstrdup(items[i].name);
        const char *slash = strchr(items[i].source, '/');
        a.packages[i].source = xstrdup(slash ? slash + 1 : items[i].source);
        a.packages[i].origin = xstrndup(slash ? items[i].source : "debian",
                                        slash ? (size_t)(slash - items[i].source) : 6);
        a.packages[i].size = items[i].size;
        ranks[i] = items[i].rank;
    }
    a.n_packages = n;
    plan_layers(&a, ranks, budget);
    for (size_t i = 0; i < a.n_layers; i++)
        for (size_t k = 0; k < a.layers[i].n; k++)
            buf_addf(&b, "%s%s", k ? "+" : i ? " " : "", a.packages[a.layers[i].packages[k]].name);
    return buf_detach(&b);
}

#define assert_plan(items, budget, expected)                                   \
    do {                                                                       \
        CLEANUP(free_ptr) char *is = plan((items), ARRAY_SIZE(items), budget); \
        assert_string_equal(is, expected);                                     \
    } while (0)

static void test_a_layer_a_package_by_rank_and_name(void **state)
{
    (void)state;
    const struct item items[] = {
        {"app", "app", 5, 3}, {"base", "base", 5, 0}, {"libc", "glibc", 5, 0}, {"zlib", "z", 5, 1}};

    assert_plan(items, 60, "base libc zlib app");
    assert_plan(items, 5, "base libc zlib app"); /* four and the image's own */
}

static void test_a_newcomer_moves_nothing(void **state)
{
    (void)state;
    const struct item items[] = {{"app", "app", 5, 3},
                                 {"base", "base", 5, 0},
                                 {"bind", "bind", 5, 3},
                                 {"libc", "glibc", 5, 0},
                                 {"zlib", "z", 5, 1}};

    assert_plan(items, 60, "base libc zlib app bind");
}

static void test_sources_go_together_smallest_first(void **state)
{
    (void)state;
    const struct item items[] = {{"aa", "big", 50, 0},  {"bb", "small", 5, 0}, {"cc", "big", 50, 0},
                                 {"dd", "small", 5, 0}, {"ee", "other", 1, 0}, {"ff", "big", 1, 1}};

    assert_plan(items, 7, "aa bb cc dd ee ff");
    assert_plan(items, 6, "aa bb+dd cc ee ff");
    assert_plan(items, 5, "aa+cc bb+dd ee ff"); /* ff is of another rank */
}

/* What a third party calls its source package doesn't make it Debian's. */
static void test_sources_of_others_stay_apart(void **state)
{
    (void)state;
    const struct item items[] = {{"aa", "glibc", 50, 0},
                                 {"bb", "x", 1, 0},
                                 {"cc", "vendor/glibc", 5, 0},
                                 {"dd", "vendor/y", 90, 0},
                                 {"ee", "debian-security/glibc", 50, 0}};

    assert_plan(items, 5, "aa+ee bb cc dd");
}

static void test_then_neighbours_of_a_rank(void **state)
{
    (void)state;
    const struct item items[] = {
        {"aa", "1", 50, 0}, {"bb", "2", 5, 0}, {"cc", "3", 6, 0}, {"dd", "4", 1, 1}};

    assert_plan(items, 4, "aa bb+cc dd");
    assert_plan(items, 3, "aa+bb+cc dd");
    assert_plan(items, 2, "aa+bb+cc+dd");
    assert_plan(items, 1, "aa+bb+cc+dd");
}

static void test_groups_stay_below_their_maximum_while_they_can(void **state)
{
    (void)state;
    const struct item items[] = {{"aa", "s", 40 * MIB, 0},
                                 {"bb", "s", 40 * MIB, 0},
                                 {"cc", "t", 20 * MIB, 0},
                                 {"dd", "u", 30 * MIB, 1}};

    assert_plan(items, 4, "aa bb+cc dd");
    assert_plan(items, 3, "aa+bb+cc dd"); /* bb+cc and dd would be 90 too: the rank is kept */
}

static void test_across_ranks_below_the_maximum(void **state)
{
    (void)state;
    const struct item items[] = {
        {"aa", "s", 60 * MIB, 0}, {"bb", "t", 60 * MIB, 0}, {"cc", "u", 1 * MIB, 1}};

    assert_plan(items, 3, "aa bb+cc");
}

static void test_no_packages(void **state)
{
    (void)state;
    struct lock_arch a = {0};

    plan_layers(&a, NULL, 60);
    assert_int_equal(a.n_layers, 0);
    assert_null(a.layers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_layer_a_package_by_rank_and_name),
        cmocka_unit_test(test_a_newcomer_moves_nothing),
        cmocka_unit_test(test_sources_go_together_smallest_first),
        cmocka_unit_test(test_sources_of_others_stay_apart),
        cmocka_unit_test(test_then_neighbours_of_a_rank),
        cmocka_unit_test(test_groups_stay_below_their_maximum_while_they_can),
        cmocka_unit_test(test_across_ranks_below_the_maximum),
        cmocka_unit_test(test_no_packages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
