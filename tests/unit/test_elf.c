/* SPDX-License-Identifier: Apache-2.0 */
/* ELF facts of three small files (the fuzz corpus), whole and damaged; marks of shells. */
#include "rootfs/elf.h"
#include "rootfs/marks.h"

#include "base/file.h"
#include "unit.h"
#include <elf.h>

static void facts_free(struct elf_facts **e)
{
    struct file_facts *f = xcalloc(1, sizeof(*f));
    f->elf = *e;
    file_facts_free(f);
}

static void read_sample(const char *name, struct buf *ret)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(free_ptr) char *path = xasprintf("tests/fuzz/corpus/elf/%s", name);
    assert_ok(file_read(path, 1 << 20, ret, &err), &err);
}

static void test_program(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    read_sample("pie", &b);
    CLEANUP(facts_free) struct elf_facts *e = elf_read(b.data, b.len);
    assert_int_equal(e->machine, EM_X86_64);
    assert_int_equal(e->type, ET_DYN);
    assert_string_equal(e->interp, "/lib64/ld-linux-x86-64.so.2");
    assert_int_equal(e->needed.n, 1);
    assert_string_equal(e->needed.v[0], "libc.so.6");
    assert_null(e->soname);
    assert_null(e->rpath);
    assert_true(elf_is_program(e));
    uint32_t set = ELF_IS_64 | ELF_IS_PIE | ELF_RELRO | ELF_NX | ELF_DYNAMIC | ELF_LOADABLE;
    uint32_t clear = ELF_IS_EXEC | ELF_IS_BIG_ENDIAN | ELF_WX | ELF_TEXTREL | ELF_DAMAGED;
    assert_int_equal(e->flags & set, set);
    assert_int_equal(e->flags & clear, 0);
}

static void test_library(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    read_sample("library", &b);
    CLEANUP(facts_free) struct elf_facts *e = elf_read(b.data, b.len);
    assert_string_equal(e->soname, "libx.so.1");
    assert_string_equal(e->runpath ? e->runpath : e->rpath, "$ORIGIN");
    assert_null(e->interp);
    assert_false(elf_is_program(e));
    assert_int_equal(e->flags & ELF_IS_PIE, 0);
}

static void test_static(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    read_sample("static", &b);
    CLEANUP(facts_free) struct elf_facts *e = elf_read(b.data, b.len);
    assert_int_equal(e->type, ET_EXEC);
    assert_true(elf_is_program(e));
    assert_int_equal(e->flags & ELF_DYNAMIC, 0);
    assert_int_equal(e->needed.n, 0);
}

static void test_protections(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t set, clear;
    } rows[] = {
        {"unprotected", ELF_LOADABLE | ELF_BUFFERS | ELF_UNFORTIFIED | ELF_LAZY,
         ELF_SSP | ELF_FORTIFY | ELF_NOW},
        {"protected", ELF_LOADABLE | ELF_BUFFERS | ELF_SSP | ELF_FORTIFY | ELF_NOW | ELF_RELRO,
         ELF_UNFORTIFIED},
        {"debug", 0, ELF_LOADABLE | ELF_DAMAGED}, /* its code is elsewhere */
        {"library", ELF_LOADABLE, ELF_BUFFERS | ELF_UNFORTIFIED | ELF_SSP},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(buf_release) struct buf b = BUF_INIT(0);
        read_sample(rows[i].name, &b);
        CLEANUP(facts_free) struct elf_facts *e = elf_read(b.data, b.len);
        if ((e->flags & rows[i].set) != rows[i].set || e->flags & rows[i].clear)
            fail_msg("%s: flags %x", rows[i].name, e->flags);
    }
    assert_true(ARRAY_SIZE(rows) > 1);
}

/* Every cut and every changed byte of a header gives facts, and what is cut within the loaded part
 * is known to be damaged. */
static void test_damage(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    read_sample("pie", &b);
    for (size_t n = SELFMAG; n < b.len; n += 7) {
        CLEANUP(free_ptr) char *part = xmemdup(b.data, n);
        CLEANUP(facts_free) struct elf_facts *e = elf_read(part, n);
        if (n < 1000)
            assert_true(e->flags & ELF_DAMAGED);
    }
    for (size_t i = SELFMAG; i < 700 && i < b.len; i++) {
        CLEANUP(free_ptr) char *copy = xmemdup(b.data, b.len);
        copy[i] = (char)~copy[i];
        CLEANUP(facts_free) struct elf_facts *e = elf_read(copy, b.len);
        assert_non_null(e);
    }
}

static void test_interpreter_line(void **state)
{
    (void)state;
    static const struct {
        const char *head, *line;
    } rows[] = {
        {"#!/bin/sh\nrest", "/bin/sh"},
        {"#! /usr/bin/env python3 \n", "/usr/bin/env python3"},
        {"#!/bin/sh", "/bin/sh"},
        {"#!\n", ""},
        {"#", NULL},
        {"", NULL},
        {" #!/bin/sh\n", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(free_ptr) char *got = marks_interpreter(rows[i].head, strlen(rows[i].head));
        if (rows[i].line)
            assert_string_equal(got, rows[i].line);
        else
            assert_null(got);
    }
}

static void test_shells(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *shell;
    } rows[] = {
        {"..BusyBox v1.37 .. applet not found ..", "busybox"},
        {"..BusyBox v1.37 ..", NULL},
        {"Illegal option -%c .. PS4=+ ", "dash"},
        {"Illegal option -%c .. PS4=", NULL},
        {"GNU bash, version 5 BASH_VERSION", "bash"},
        {"if [ $BASH_VERSION ]", NULL},
        {"", NULL},
        /* a dash before it: no shell */
        {"Usage: curl [options...] <url>", "-curl"},
        {"Usage: curl [options...] <url", NULL},
        {"xxxxx\x01OpenBSD netcat", "-nc"},
        {"OpenBSD OpenBSD netcat", "-nc"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct program_marks got;
        marks_program(rows[i].bytes, strlen(rows[i].bytes), &got);
        assert_int_equal(got.shell, rows[i].shell != NULL && rows[i].shell[0] != '-');
        if (rows[i].shell)
            assert_string_equal(got.name, rows[i].shell + (rows[i].shell[0] == '-'));
        else
            assert_null(got.name);
    }
    struct program_marks got;
    marks_program("x\xff Go buildinf:y", 17, &got);
    assert_true(got.go && !got.rust && !got.name);
    marks_program("/x/library/std/src/io.rs", 24, &got);
    assert_true(got.rust && !got.go && !got.name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_program),          cmocka_unit_test(test_library),
        cmocka_unit_test(test_static),           cmocka_unit_test(test_damage),
        cmocka_unit_test(test_protections),      cmocka_unit_test(test_shells),
        cmocka_unit_test(test_interpreter_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
