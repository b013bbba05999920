/* SPDX-License-Identifier: Apache-2.0 */
/* The table of architectures: each fact of each row is one that others rely on. */
#include "base/arch.h"
#include "unit.h"
#include <elf.h>

static void test_platforms(void **state)
{
    (void)state;
    static const struct {
        const char *debian, *go, *variant;
    } rows[] = {
        {"amd64", "amd64", NULL},       {"arm64", "arm64", "v8"},     {"armhf", "arm", "v7"},
        {"armel", "arm", "v5"},         {"i386", "386", NULL},        {"ppc64el", "ppc64le", NULL},
        {"riscv64", "riscv64", NULL},   {"s390x", "s390x", NULL},     {"loong64", "loong64", NULL},
        {"mips64el", "mips64le", NULL}, {"mipsel", "mipsle", NULL},   {"powerpc", "ppc", NULL},
        {"ppc64", "ppc64", NULL},       {"sparc64", "sparc64", NULL},
    };
    size_t n;
    arch_all(&n);
    assert_int_equal(n, ARRAY_SIZE(rows));
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct arch *a = arch_find(rows[i].debian);
        assert_non_null(a);
        assert_string_equal(a->go, rows[i].go);
        assert_string_equal(a->variant ? a->variant : "", rows[i].variant ? rows[i].variant : "");
        assert_ptr_equal(arch_of_platform(rows[i].go, rows[i].variant), a);
    }
    assert_null(arch_find("ppc64le"));
    assert_null(arch_find("AMD64"));
    assert_null(arch_find(""));
}

static void test_variants(void **state)
{
    (void)state;
    static const struct {
        const char *go, *variant, *strict, *like;
    } rows[] = {
        {"arm64", "v8", "arm64", "arm64"}, {"arm64", NULL, "arm64", "arm64"},
        {"arm64", "", "arm64", "arm64"},   {"arm64", "v9", NULL, "arm64"},
        {"arm", "v7", "armhf", "armhf"},   {"arm", "v5", "armel", "armel"},
        {"arm", "v6", NULL, "armhf"},      {"arm", NULL, NULL, "armhf"},
        {"amd64", "v3", NULL, "amd64"},    {"wasm", NULL, NULL, NULL},
        {"mips64el", NULL, NULL, NULL},    {"", NULL, NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct arch *strict = arch_of_platform(rows[i].go, rows[i].variant);
        const struct arch *like = arch_like_platform(rows[i].go, rows[i].variant);
        assert_ptr_equal(strict, rows[i].strict ? arch_find(rows[i].strict) : NULL);
        assert_ptr_equal(like, rows[i].like ? arch_find(rows[i].like) : NULL);
    }
}

static void test_elf(void **state)
{
    (void)state;
    assert_string_equal(arch_of_elf(EM_X86_64, true, false, NULL)->name, "amd64");
    assert_null(arch_of_elf(EM_X86_64, false, false, NULL)); /* x32 */
    assert_string_equal(arch_of_elf(EM_ARM, false, false, NULL)->name, "armhf");
    assert_string_equal(arch_of_elf(EM_ARM, false, false, "armel")->name, "armel");
    assert_string_equal(arch_of_elf(EM_ARM, false, false, "amd64")->name, "armhf");
    assert_string_equal(arch_of_elf(EM_PPC64, true, false, "ppc64")->name, "ppc64el");
    assert_string_equal(arch_of_elf(EM_PPC64, true, true, NULL)->name, "ppc64");
    assert_string_equal(arch_of_elf(EM_MIPS, true, false, NULL)->name, "mips64el");
    assert_string_equal(arch_of_elf(258, true, false, NULL)->name, "loong64");
    assert_null(arch_of_elf(EM_NONE, false, false, NULL));
}

/* No row is there twice, and each says what its readers take for granted. */
static void test_rows(void **state)
{
    (void)state;
    size_t n;
    const struct arch *all = arch_all(&n);
    for (size_t i = 0; i < n; i++) {
        assert_non_null(strstr(all[i].triplet, "-linux-gnu"));
        assert_int_not_equal(all[i].machine, EM_NONE);
        assert_true(*all[i].musl);
        assert_true(!all[i].implied || all[i].variant);
        assert_true(all[i].cached[0] == EM_NONE || all[i].cached[0] == all[i].machine);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(all[i].name, all[k].name);
            assert_string_not_equal(all[i].triplet, all[k].triplet);
            assert_string_not_equal(all[i].musl, all[k].musl);
        }
    }
    assert_non_null(arch_find(arch_host()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_platforms),
        cmocka_unit_test(test_variants),
        cmocka_unit_test(test_elf),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests_name("arch", tests, NULL, NULL);
}
