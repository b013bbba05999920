/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about ELF files, by their facts: what has the defect, what nearly has it, what is clean. */
#include "harden.h"
#include "unit.h"

#include <elf.h>

#define LIBRARY    ELF_IS_PIE /* to be cleared */
#define NO_MACHINE 0xffff

struct elf_case {
    const char *rule;
    size_t n;
    enum severity severity;
    uint32_t set, clear;
    uint16_t machine, mode;
    const char *needed, *runpath, *rpath;
    bool absent; /* of type ET_REL: an object */
};

static void check_put(struct subject *s, const struct elf_case *c)
{
    struct file_facts *f = good_elf();

    f->elf->flags = (f->elf->flags & ~c->clear) | c->set;
    f->elf->type = c->absent ? ET_REL : c->set & ELF_IS_EXEC ? ET_EXEC : ET_DYN;
    f->elf->machine = c->machine == NO_MACHINE ? EM_NONE : c->machine ? c->machine : EM_X86_64;
    f->elf->runpath = c->runpath ? xstrdup(c->runpath) : NULL;
    f->elf->rpath = c->rpath ? xstrdup(c->rpath) : NULL;
    if (c->needed)
        strv_add(&f->elf->needed, c->needed);
    subject_put(s, &(struct subject_file){
                       .path = "usr/bin/x", .mode = c->mode ? c->mode : 0755, .facts = f});
}

static void run(const struct elf_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct elf_case *c = &cases[i];
        struct subject *s = subject_new();
        check_put(s, c);
        size_t found = subject_count(s, c->rule);
        if (found != c->n)
            fail_msg("%s, case %zu: found %zu times, not %zu", c->rule, i, found, c->n);
        if (c->n)
            assert_int_equal(subject_find(s, c->rule)->severity, c->severity);
        subject_free(s);
    }
}

static void test_fixed_addresses(void **state)
{
    static const struct elf_case cases[] = {
        {"ELF-PIE", 1, SEVERITY_MEDIUM, .set = ELF_IS_EXEC, .clear = ELF_IS_PIE},
        {"ELF-PIE", 1, SEVERITY_LOW, .set = ELF_IS_EXEC | ELF_GO, .clear = ELF_IS_PIE},
        {"ELF-PIE", 0, .clear = 0},
        {"ELF-PIE", 0, .clear = LIBRARY},     /* ET_DYN, and no program */
        {"ELF-PIE", 0, .clear = ELF_DYNAMIC}, /* static-pie */
        {"ELF-PIE", 0, .set = ELF_IS_EXEC, .clear = ELF_IS_PIE,
         .mode = 0644}, /* nobody starts it */
        {"ELF-PIE", 0, .set = ELF_IS_EXEC, .clear = ELF_IS_PIE | ELF_LOADABLE},
        {"ELF-PIE", 0, .set = ELF_IS_EXEC, .clear = ELF_IS_PIE, .machine = EM_BPF},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    assert_true(ARRAY_SIZE(cases) > 1);
}

static void test_writable_tables(void **state)
{
    static const struct elf_case cases[] = {
        {"ELF-RELRO", 1, SEVERITY_MEDIUM, .clear = ELF_RELRO},
        {"ELF-RELRO", 1, SEVERITY_MEDIUM, .set = ELF_LAZY, .clear = ELF_NOW},
        {"ELF-RELRO", 0, .clear = ELF_NOW}, /* nothing is bound lazily */
        {"ELF-RELRO", 0, .set = ELF_LAZY},
        {"ELF-RELRO", 0, .clear = ELF_DYNAMIC | ELF_RELRO | ELF_NOW},
        {"ELF-RELRO", 0, .clear = ELF_RELRO, .absent = true},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    assert_true(ARRAY_SIZE(cases) > 1);
}

static void test_writable_code(void **state)
{
    static const struct elf_case cases[] = {
        {"ELF-NX", 1, SEVERITY_HIGH, .set = ELF_EXEC_STACK, .clear = ELF_NX},
        {"ELF-NX", 1, SEVERITY_HIGH, .clear = ELF_NX},
        {"ELF-NX", 1, SEVERITY_HIGH, .set = ELF_WX},
        {"ELF-NX", 1, SEVERITY_HIGH, .set = ELF_TEXTREL, .clear = LIBRARY},
        {"ELF-NX", 2, SEVERITY_HIGH, .set = ELF_TEXTREL | ELF_WX},
        {"ELF-NX", 0, .clear = 0},
        {"ELF-NX", 0, .clear = ELF_NX, .absent = true},
        {"ELF-NX", 0, .clear = ELF_NX | ELF_LOADABLE}, /* a debug file */
        {"ELF-NX", 0, .set = ELF_WX, .machine = EM_AARCH64},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    struct subject *s = subject_new();
    s->view.arch = "riscv64"; /* there, the loader takes silence for no */
    check_put(s, &(struct elf_case){.clear = ELF_NX, .machine = EM_RISCV});
    assert_int_equal(subject_count(s, "ELF-NX"), 0);
    subject_free(s);

    s = subject_new(); /* a directory, of any machine; Guile's files are of none */
    s->view.arch = "";
    check_put(s, &(struct elf_case){.clear = ELF_NX, .machine = NO_MACHINE});
    assert_int_equal(subject_count(s, "ELF-NX"), 0);
    subject_free(s);
}

static void test_checks_at_run_time(void **state)
{
    static const char libc[] = "libc.so.6", musl[] = "libc.musl-x86_64.so.1";
    static const struct elf_case cases[] = {
        {"ELF-SSP", 1, SEVERITY_LOW, .set = ELF_BUFFERS, .clear = ELF_SSP, .needed = libc},
        {"ELF-SSP", 1, SEVERITY_LOW, .set = ELF_BUFFERS, .clear = ELF_SSP, .needed = musl},
        {"ELF-SSP", 0, .clear = ELF_SSP, .needed = libc}, /* no arrays */
        {"ELF-SSP", 0, .set = ELF_BUFFERS, .needed = libc},
        {"ELF-SSP", 0, .set = ELF_BUFFERS | ELF_GO, .clear = ELF_SSP, .needed = libc},
        {"ELF-SSP", 0, .set = ELF_BUFFERS | ELF_RUST, .clear = ELF_SSP, .needed = libc},
        {"ELF-SSP", 0, .clear = ELF_SSP | ELF_DYNAMIC},
        {"ELF-FORT", 1, SEVERITY_LOW, .set = ELF_UNFORTIFIED, .clear = ELF_FORTIFY, .needed = libc},
        {"ELF-FORT", 0, .set = ELF_UNFORTIFIED, .needed = libc},
        {"ELF-FORT", 0, .clear = ELF_FORTIFY, .needed = libc},
        {"ELF-FORT", 0, .set = ELF_UNFORTIFIED, .clear = ELF_FORTIFY, .needed = musl},
        {"ELF-FORT", 0, .set = ELF_UNFORTIFIED, .clear = ELF_FORTIFY}, /* static */
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    assert_true(ARRAY_SIZE(cases) > 1);
}

static void test_search_paths(void **state)
{
    static const struct elf_case cases[] = {
        {"ELF-RPATH", 1, SEVERITY_INFO, .runpath = "/usr/lib/x"},
        {"ELF-RPATH", 1, SEVERITY_INFO, .rpath = "/usr/lib/x:/usr/lib/y"}, /* once */
        {"ELF-RPATH", 1, SEVERITY_HIGH, .runpath = "lib"},
        {"ELF-RPATH", 1, SEVERITY_HIGH, .runpath = "$LIB/x"},
        {"ELF-RPATH", 1, SEVERITY_HIGH, .rpath = "$ORIGIN:"},
        {"ELF-RPATH", 1, SEVERITY_HIGH, .rpath = ":$ORIGIN"},
        {"ELF-RPATH", 1, SEVERITY_HIGH, .runpath = "$ORIGIN::$ORIGIN/x"},
        {"ELF-RPATH", 1, SEVERITY_HIGH, .runpath = "/tmp/build/lib"}, /* can be made there */
        {"ELF-RPATH", 0, .runpath = "$ORIGIN/../lib:${ORIGIN}"},
        {"ELF-RPATH", 0, .runpath = ""},                        /* the loader passes it over */
        {"ELF-RPATH", 0, .rpath = "lib", .runpath = "$ORIGIN"}, /* and RPATH beside RUNPATH */
        {"ELF-RPATH", 0, .runpath = "lib", .absent = true},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    struct subject *s = subject_new();
    strv_add(&s->writable, "var/lib/app"); /* but still root's */
    check_put(s, &(struct elf_case){.runpath = "/var/lib/app"});
    assert_int_equal(subject_find(s, "ELF-RPATH")->severity, SEVERITY_INFO);
    subject_free(s);

    s = subject_new(); /* who is root writes everywhere: only what all can write counts */
    free(s->image.user);
    s->image.user = xstrdup("0:0");
    check_put(s, &(struct elf_case){.runpath = "/usr/lib/x:/tmp/x"});
    assert_int_equal(subject_find(s, "ELF-RPATH")->action, RULE_NOTE);
    assert_int_equal(s->found.n ? subject_count(s, "ELF-RPATH") : 0, 2);
    subject_free(s);
}

/* A whole package that lacks it is one finding. */
static void test_one_finding_a_package(void **state)
{
    struct subject *s = subject_new();

    (void)state;
    for (int i = 0; i < 5; i++) {
        CLEANUP(free_ptr) char *path = xasprintf("usr/lib/lib%d.so", i);
        struct file_facts *f = good_elf();
        f->elf->flags &= ~(uint32_t)(ELF_NOW | ELF_IS_PIE);
        f->elf->flags |= ELF_LAZY;
        subject_put(s, &(struct subject_file){.path = path, .facts = f, .package = "libx"});
    }
    assert_int_equal(subject_count(s, "ELF-RELRO"), 5);
    assert_int_equal(s->found.n, 1);
    assert_string_equal(s->found.v[0].package, "libx");
    subject_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed_addresses), cmocka_unit_test(test_writable_tables),
        cmocka_unit_test(test_writable_code),   cmocka_unit_test(test_checks_at_run_time),
        cmocka_unit_test(test_search_paths),    cmocka_unit_test(test_one_finding_a_package),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
