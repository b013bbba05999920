/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/rules_elf.h"
#include "base/arch.h"
#include "base/text.h"
#include "rootfs/elf.h"

#include <elf.h>

bool elf_fits(const struct elf_facts *e, const char *arch, bool *ret_older)
{
    const struct arch *a = arch ? arch_find(arch) : NULL;

    *ret_older = a && a->older && e->machine == a->older;
    return !a || *ret_older || e->machine == a->machine;
}

const struct elf_facts *elf_loadable(const struct view *v, const struct node *n)
{
    const struct elf_facts *e = n->type == ENTRY_FILE && n->facts ? n->facts->elf : NULL;
    bool older;

    if (!e || !(e->flags & ELF_LOADABLE) || (e->type != ET_DYN && e->type != ET_EXEC) ||
        (e->type == ET_EXEC && !(n->mode & 0111)) || e->machine == EM_NONE ||
        !elf_fits(e, v->arch, &older))
        return NULL;
    return e;
}

static bool needs_libc(const struct elf_facts *e, bool glibc)
{
    strv_each (name, &e->needed) {
        if (strcmp(*name, "libc.so.6") == 0)
            return true;
        if (!glibc && (strcmp(*name, "libc.so") == 0 || starts_with(*name, "libc.musl-")))
            return true;
    }
    return false;
}

/* ---- protections ---------------------------------------------------------------------------- */

static void elf_pie(const struct rule *r, const struct view *v, const struct node *n,
                    struct findings *ret)
{
    const struct elf_facts *e = elf_loadable(v, n);

    if (!e || !elf_is_program(e) || e->flags & ELF_IS_PIE)
        return;
    if (e->flags & ELF_GO)
        finding_at(ret, r, n, "is a Go program at a fixed address (build it with -buildmode=pie)")
            ->severity = SEVERITY_LOW;
    else
        finding_at(ret, r, n, "is a program at a fixed address");
}

static void elf_relro(const struct rule *r, const struct view *v, const struct node *n,
                      struct findings *ret)
{
    const struct elf_facts *e = elf_loadable(v, n);

    if (!e || !(e->flags & ELF_DYNAMIC))
        return;
    if (!(e->flags & ELF_RELRO))
        finding_at(ret, r, n, "leaves its tables of addresses writable (no RELRO)");
    else if (e->flags & ELF_LAZY && !(e->flags & ELF_NOW))
        finding_at(ret, r, n, "leaves its table of functions writable (no BIND_NOW)");
}

/* On these the loader takes a missing word for a stack that may be executed. */
static bool defaults_to_executable(uint16_t machine)
{
    return machine != EM_PPC64 && machine != EM_RISCV && machine != 258;
}

static void elf_nx(const struct rule *r, const struct view *v, const struct node *n,
                   struct findings *ret)
{
    const struct elf_facts *e = elf_loadable(v, n);

    if (!e)
        return;
    if (e->flags & ELF_EXEC_STACK)
        finding_at(ret, r, n, "asks for an executable stack");
    else if (!(e->flags & ELF_NX) && defaults_to_executable(e->machine))
        finding_at(ret, r, n, "doesn't say that its stack isn't executable (no PT_GNU_STACK)");
    if (e->flags & ELF_WX)
        finding_at(ret, r, n, "has a segment that is writable and executable");
    if (e->flags & ELF_TEXTREL)
        finding_at(ret, r, n, "has its code changed when it is loaded (TEXTREL)");
}

static void elf_ssp(const struct rule *r, const struct view *v, const struct node *n,
                    struct findings *ret)
{
    const struct elf_facts *e = elf_loadable(v, n);
    uint32_t enough = ELF_SSP | ELF_GO | ELF_RUST;

    if (e && e->flags & ELF_DYNAMIC && !(e->flags & enough) && e->flags & ELF_BUFFERS &&
        needs_libc(e, false))
        finding_at(ret, r, n, "has no stack protector (no __stack_chk_fail)");
}

static void elf_fort(const struct rule *r, const struct view *v, const struct node *n,
                     struct findings *ret)
{
    const struct elf_facts *e = elf_loadable(v, n);
    uint32_t enough = ELF_FORTIFY | ELF_GO | ELF_RUST;

    if (e && e->flags & ELF_UNFORTIFIED && !(e->flags & enough) && needs_libc(e, true))
        finding_at(ret, r, n, "calls functions that could check what they write, and none that do");
}

/* ---- where libraries are looked for --------------------------------------------------------- */

/* Whether somebody else than root could put a library there: the image's user; where that is root,
 * everybody. */
static bool could_be_filled(const struct view *v, const char *path)
{
    CLEANUP(free_ptr) char *at = xstrdup(path);

    if (!v->user.root)
        return view_could_fill(v, path);
    for (;;) {
        const struct node *n = *at ? tree_resolve(v->tree, at) : tree_find(v->tree, "");
        if (n)
            return n->type == ENTRY_DIRECTORY && n->mode & 0002;
        at[path_dir(at).n] = '\0';
    }
}

/* One element; how bad it is by the finding's severity. False once one was reported that is worse
 * than a note. */
static bool look_at_element(const struct rule *r, const struct view *v, const struct node *n,
                            struct slice element, bool *noted, struct findings *ret)
{
    CLEANUP(free_ptr)
    char *text = xstrndup(element.p, element.n);
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
    struct finding *f;

    if (slice_starts_with(element, "$ORIGIN") || slice_starts_with(element, "${ORIGIN}"))
        return true;
    path_link_target("", text, &path);
    if (element.n == 0)
        f = finding_at(ret, r, n, "looks for libraries where it is started (an empty RPATH entry)");
    else if (element.p[0] != '/')
        f = finding_at(ret, r, n, "looks for libraries in %s, below where it is started", text);
    else if (could_be_filled(v, buf_str(&path)))
        f = finding_at(ret, r, n, "looks for libraries in %s, which others than root can fill",
                       text);
    else {
        if (!*noted)
            finding_varies(finding_at(ret, r, n, "looks for libraries in %s (RPATH)", text),
                           "look for libraries in %s (RPATH)", "%s", text);
        *noted = true;
        return true;
    }
    f->severity = SEVERITY_HIGH;
    f->action = RULE_DENY;
    return false;
}

static void elf_rpath(const struct rule *r, const struct view *v, const struct node *n,
                      struct findings *ret)
{
    const struct elf_facts *e = elf_loadable(v, n);
    const char *at = e ? e->runpath ? e->runpath : e->rpath : NULL;
    bool noted = false;

    if (!at || !*at)
        return;
    for (bool more = true; more;) {
        size_t len = strcspn(at, ":");
        if (!look_at_element(r, v, n, (struct slice){at, len}, &noted, ret))
            return;
        more = at[len] == ':';
        at += len + more;
    }
}

/* ---- the rows ------------------------------------------------------------------------------- */

const struct rule elf_rules[] = {
    {
        .id = "ELF-PIE",
        .title = "Programs are position-independent",
        .severity = SEVERITY_MEDIUM,
        .action = RULE_NOTE,
        .advice = "compile with -fPIE and link with -pie (gcc's default), Go with -buildmode=pie",
        .source = "checksec, Debian: hardening=+pie",
        .why =
            "Looks at the type of ELF programs. One of type ET_EXEC lies at the same addresses in "
            "every process, so an attacker knows where its code and its data are.\n"
            "ET_DYN alone is no PIE: libraries are too. A program is one with an interpreter "
            "(PT_INTERP) or marked as a PIE (DF_1_PIE: static ones). Go programs are of low "
            "severity: the language checks its bounds.",
        .path = elf_pie,
    },
    {
        .id = "ELF-RELRO",
        .title = "Tables of addresses are read-only",
        .severity = SEVERITY_MEDIUM,
        .action = RULE_NOTE,
        .advice = "link with -Wl,-z,relro -Wl,-z,now",
        .source = "checksec, Debian: hardening=+bindnow",
        .why =
            "Looks for PT_GNU_RELRO and for BIND_NOW (DF_BIND_NOW, DF_1_NOW). With both, the "
            "loader finds all functions at the start and then makes the tables read-only; else "
            "whoever can write one word of them decides what is called next.\n"
            "A file without functions that are bound lazily (no DT_JMPREL) lacks nothing without "
            "BIND_NOW. Debian builds most libraries without it.",
        .path = elf_relro,
    },
    {
        .id = "ELF-NX",
        .title = "Nothing is both writable and executable",
        .severity = SEVERITY_HIGH,
        .action = RULE_DENY,
        .advice = "link with -Wl,-z,noexecstack and compile with -fPIC; assembler sources need "
                  ".section .note.GNU-stack,\"\",%progbits",
        .source = "checksec, scanelf, lintian: executable-stack-in-shared-library",
        .why =
            "Looks at the segments: a stack that is executable (PT_GNU_STACK with X), or about "
            "which nothing is said, which most loaders take for the same; segments with W and X; "
            "relocations of code (TEXTREL). What an attacker can write, he could run. One such "
            "library makes the stack of its whole process executable.\n"
            "Objects, debug files, and files for other machines are passed over.",
        .path = elf_nx,
    },
    {
        .id = "ELF-SSP",
        .title = "Programs have a stack protector",
        .severity = SEVERITY_LOW,
        .action = RULE_NOTE,
        .advice = "compile with -fstack-protector-strong",
        .source = "checksec, Debian: hardening=+stackprotectorstrong",
        .why =
            "Looks for __stack_chk_fail among the symbols. A canary before the return address "
            "ends the process when a buffer on the stack is overrun.\n"
            "A compiler puts none into functions without arrays, so a file that calls no function "
            "which fills a buffer isn't asked; nor are Go and Rust, which check bounds, nor static "
            "programs, which have no such symbols.",
        .path = elf_ssp,
    },
    {
        .id = "ELF-FORT",
        .title = "Calls that can be checked are",
        .severity = SEVERITY_LOW,
        .action = RULE_NOTE,
        .advice = "compile with -O2 -D_FORTIFY_SOURCE=2",
        .source = "checksec, Debian: hardening=+fortify",
        .why = "Looks for functions that _FORTIFY_SOURCE always replaces by a checked twin "
               "(printf by __printf_chk, longjmp by __longjmp_chk) in files that import no twin at "
               "all. Functions like memcpy say nothing: where the size is known to be right, the "
               "plain one stays.\n"
               "Go, Rust, static programs and files for musl, which has no twins, aren't asked.",
        .path = elf_fort,
    },
    {
        .id = "ELF-RPATH",
        .title = "Libraries come from root's directories only",
        .severity = SEVERITY_INFO,
        .action = RULE_NOTE,
        .advice = "link without -rpath, or with $ORIGIN (patchelf --set-rpath, chrpath)",
        .source = "CWE-426, lintian: custom-library-search-path",
        .why =
            "Looks at RUNPATH, or RPATH where there is none. An entry that is empty or relative "
            "is a directory below the one where the program happens to be started; one that the "
            "image's user can write, or make, is where an attacker leaves a library that is loaded "
            "next time. Both are of high severity, and refused.\n"
            "Absolute ones of root's are noted; $ORIGIN, where the file itself lies, is fine.",
        .path = elf_rpath,
    },
    {
        .id = "ELF-NEED",
        .title = "Each program finds its loader and its libraries",
        .severity = SEVERITY_HIGH,
        .action = RULE_DENY,
        .advice = "add the package that has the library, or exclude what needs it",
        .elsewhere = "add the library, or remove what needs it",
        .source = "dpkg-shlibdeps, ldd, melange's linter",
        .why =
            "Follows PT_INTERP and DT_NEEDED of each program as the image's own loader would: "
            "RPATH, RUNPATH with $ORIGIN, $LIB and $PLATFORM, LD_LIBRARY_PATH of the config, "
            "ld.so.cache, the default directories; glibc's way and musl's, for any architecture. "
            "A library that lies in a glibc-hwcaps directory only isn't there for every CPU.\n"
            "Libraries that no program needs are plugins (NSS, gconv, extension modules of "
            "Python, JNI). What they need is found by their own search, or loaded by a program, or "
            "made by who made them (a package of the same source, a file of the same section of "
            "the recipe; in an image of others, in a directory beside or below), who knows where "
            "it lies. Else it is of medium severity: only noted where a package leaves it so, but "
            "refused where the library lies in the image, out of the loader's reach, and the "
            "plugin's package depends on the library's, or both are own files. Which plugins a "
            "program will load by name (dlopen, ctypes, nsswitch.conf) can't be seen.\n"
            "Versions of symbols (GLIBC_2.38) that a file asks of a library are held against those "
            "of the library that its program loads, as glibc does it at the start. Libraries "
            "without versions, weak ones and musl, which doesn't look at them, are passed over; of "
            "a plugin's, so is what any library of the name has.\n"
            "/etc/ld.so.preload, which makes every program load a library, is refused.",
        .image = elf_need,
    },
    {0},
};
