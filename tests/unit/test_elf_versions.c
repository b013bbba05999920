/* SPDX-License-Identifier: Apache-2.0 */
/* Symbol versions: of real files (the fuzz corpus), of tables made by hand in both byte orders, and
 * of tables that lead out of the file, in circles, or never end. */
#include "rootfs/elf.h"
#include "rootfs/elf_versions.h"

#include "base/file.h"
#include "unit.h"
#include <elf.h>

static void facts_free(struct elf_facts **e)
{
    struct file_facts *f = xcalloc(1, sizeof(*f));
    f->elf = *e;
    file_facts_free(f);
}

static struct elf_facts *read_sample(const char *name)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    CLEANUP(free_ptr) char *path = xasprintf("tests/fuzz/corpus/elf/%s", name);
    assert_ok(file_read(path, 1 << 20, &b, &err), &err);
    return elf_read(b.data, b.len);
}

static void assert_list(const struct strv *got, const char *wanted)
{
    CLEANUP(free_ptr) char *text = strv_join(got, " ");
    assert_string_equal(text, wanted);
}

static void test_samples(void **state)
{
    (void)state;
    CLEANUP(facts_free) struct elf_facts *program = read_sample("pie");
    CLEANUP(facts_free) struct elf_facts *library = read_sample("versioned");
    CLEANUP(facts_free) struct elf_facts *plain = read_sample("library");

    assert_list(&program->versions_of, "libc.so.6 libc.so.6");
    assert_list(&program->versions, "GLIBC_2.14 GLIBC_2.2.5");
    assert_int_equal(program->defines.n, 0);
    assert_list(&library->defines, "libv.so.1 V1 V2");
    assert_int_equal(library->versions.n, 0);
    assert_int_equal(library->flags & ELF_DAMAGED, 0);
    assert_int_equal(plain->defines.n + plain->versions.n, 0);
}

/* A file of tables: strings at 64, what is needed from 128 on, what is defined from 256 on. */
#define STRINGS 64
#define NEED    128
#define DEF     256
#define SIZE    512
struct made {
    char bytes[SIZE];
    bool swapped;
};

static uint32_t word(const struct made *m, uint32_t v)
{
    return m->swapped ? __builtin_bswap32(v) : v;
}

static uint16_t half(const struct made *m, uint16_t v)
{
    return m->swapped ? __builtin_bswap16(v) : v;
}

static void put_need(struct made *m, size_t at, uint32_t file, uint32_t aux, uint32_t next)
{
    Elf64_Verneed v = {.vn_version = half(m, 1),
                       .vn_cnt = half(m, 1),
                       .vn_file = word(m, file),
                       .vn_aux = word(m, aux),
                       .vn_next = word(m, next)};
    memcpy(m->bytes + at, &v, sizeof(v));
}

static void put_aux(struct made *m, size_t at, uint32_t name, uint16_t flags, uint32_t next)
{
    Elf64_Vernaux v = {
        .vna_flags = half(m, flags), .vna_name = word(m, name), .vna_next = word(m, next)};
    memcpy(m->bytes + at, &v, sizeof(v));
}

static void put_def(struct made *m, size_t at, uint32_t name, uint32_t aux, uint32_t next)
{
    Elf64_Verdef v = {.vd_version = half(m, 1),
                      .vd_cnt = half(m, 1),
                      .vd_aux = word(m, aux),
                      .vd_next = word(m, next)};
    Elf64_Verdaux a = {.vda_name = word(m, name)};
    memcpy(m->bytes + at, &v, sizeof(v));
    memcpy(m->bytes + at + aux, &a, sizeof(a));
}

/* liba wants A_1 and, weakly, A_2; libb wants B_1; A_1 and B_1 are defined. */
static void make(struct made *m, bool swapped)
{
    static const char strings[] = "\0liba\0A_1\0A_2\0libb\0B_1";

    *m = (struct made){.swapped = swapped};
    memcpy(m->bytes + STRINGS, strings, sizeof(strings));
    put_need(m, NEED, 1, 16, 64);
    put_aux(m, NEED + 16, 6, 0, 16);
    put_aux(m, NEED + 32, 10, VER_FLG_WEAK, 0);
    put_need(m, NEED + 64, 14, 16, 0);
    put_aux(m, NEED + 80, 19, 0, 0);
    put_def(m, DEF, 6, 20, 32);
    put_def(m, DEF + 32, 19, 20, 0);
}

static bool read_made(const struct made *m, uint64_t strings_size, struct elf_facts *ret)
{
    CLEANUP(free_ptr) char *exact = xmemdup(m->bytes, SIZE); /* so that ASan sees its end */
    const struct elf_version_tables t = {.bytes = exact,
                                         .n = SIZE,
                                         .swapped = m->swapped,
                                         .strings = STRINGS,
                                         .strings_size = strings_size,
                                         .need = NEED,
                                         .def = DEF};
    return elf_versions_read(&t, ret);
}

static void test_made(void **state)
{
    (void)state;
    for (unsigned swapped = 0; swapped < 2; swapped++) {
        CLEANUP(facts_free) struct elf_facts *e = xcalloc(1, sizeof(*e));
        struct made m;
        make(&m, swapped != 0);
        assert_true(read_made(&m, 24, e));
        assert_list(&e->versions_of, "liba libb");
        assert_list(&e->versions, "A_1 B_1");
        assert_list(&e->defines, "A_1 B_1");
    }
}

static void assert_damaged(const struct made *m, const char *what)
{
    CLEANUP(facts_free) struct elf_facts *e = xcalloc(1, sizeof(*e));

    if (read_made(m, 24, e))
        fail_msg("%s is taken for sound", what);
    assert_int_equal(e->versions.n, e->versions_of.n);
    assert_true(e->versions.n + e->defines.n <= 2 * ELF_VERSIONS_MAX);
}

static void test_hostile(void **state)
{
    (void)state;
    struct made m;

    make(&m, false);
    put_need(&m, NEED, 1, 16, SIZE - NEED - 8);
    assert_damaged(&m, "a record that the end cuts");
    make(&m, false);
    put_need(&m, NEED, 1, UINT32_MAX, 64);
    assert_damaged(&m, "versions behind the end");
    make(&m, false);
    put_need(&m, NEED, 24, 16, 64);
    assert_damaged(&m, "a name behind the strings");
    make(&m, false);
    put_aux(&m, NEED + 80, UINT32_MAX, 0, 0);
    assert_damaged(&m, "a version's name far away");
    make(&m, false);
    put_aux(&m, NEED + 80, 19, 0, UINT32_MAX);
    assert_damaged(&m, "a next version far away");
    make(&m, false);
    put_def(&m, DEF, 6, 20, UINT32_MAX);
    assert_damaged(&m, "a next definition far away");
    make(&m, false);
    put_def(&m, DEF + 32, 24, 20, 0);
    assert_damaged(&m, "a definition without a name");
    make(&m, false);
    m.bytes[NEED] = 2;
    assert_damaged(&m, "another format of needs");
    make(&m, false);
    m.bytes[DEF + 32] = 2;
    assert_damaged(&m, "another format of definitions");
    make(&m, false);
    assert_true(strlen(m.bytes + STRINGS + 19) == 3);
    memset(m.bytes + STRINGS + 19, 'x', SIZE - STRINGS - 19);
    assert_damaged(&m, "a string without an end");
}

/* Records that overlap, a byte apart, are followed for a while and no further. */
static void test_many(void **state)
{
    (void)state;
    enum { STEP = 16, ROOM = 2 * ELF_VERSIONS_MAX * STEP };
    CLEANUP(free_ptr) char *bytes = xcalloc(1, ROOM);
    CLEANUP(facts_free) struct elf_facts *e = xcalloc(1, sizeof(*e));
    const struct made native = {.swapped = false};
    struct made m = native;

    put_need(&m, NEED, 1, 16, 0);
    memcpy(bytes + NEED, m.bytes + NEED, STEP);
    memcpy(bytes + STRINGS, "\0liba", 6);
    put_aux(&m, NEED, 1, 0, STEP);
    for (size_t at = NEED + STEP; at + 2 * STEP < ROOM; at += STEP)
        memcpy(bytes + at, m.bytes + NEED, STEP);
    const struct elf_version_tables t = {
        .bytes = bytes, .n = ROOM, .strings = STRINGS, .strings_size = 6, .need = NEED};
    assert_false(elf_versions_read(&t, e));
    assert_int_equal(e->versions.n, ELF_VERSIONS_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_made),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
