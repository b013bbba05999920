/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/rule.h"

/* Names are looked for in directories called bin or sbin, wherever those are. An entry that ends
 * in a star is a prefix. */
static const char *const shells[] = {
    "sh",    "ash",  "bash", "rbash",       "dash", "busybox", "toybox", "zsh",   "rzsh", "ksh",
    "ksh93", "mksh", "lksh", "mksh-static", "oksh", "posh",    "yash",   "csh",   "tcsh", "bsd-csh",
    "fish",  "rc",   "es",   "sash",        "pwsh", "elvish",  "nu",     "xonsh",
};
static const char *const package_managers[] = {
    "apt",    "apt-*",    "aptitude", "dpkg",   "dpkg-*", "dselect", "rpm",  "rpm2*",   "yum",
    "dnf",    "dnf5",     "microdnf", "zypper", "apk",    "pacman",  "snap", "flatpak", "opkg",
    "pip",    "pip3",     "pip3.*",   "pipx",   "npm",    "npx",     "yarn", "pnpm",    "gem",
    "bundle", "composer", "cpan",     "conda",  "mamba",  "uv",
};
static const char *const privilege_tools[] = {
    "su",     "sudo",    "sudoedit", "visudo", "doas",   "pkexec", "runuser", "setpriv",
    "capsh",  "setcap",  "newgrp",   "sg",     "chsh",   "chfn",   "passwd",  "gpasswd",
    "chroot", "unshare", "nsenter",  "mount",  "umount", "login",  "gosu",    "su-exec",
};
static const char *const compilers[] = {
    "gcc", "gcc-*", "g++", "g++-*", "cc",   "c++", "clang", "clang-*", "clang++",
    "tcc", "as",    "ld",  "ld.*",  "make", "gdb", "lldb",  "strace",  "ltrace",
};

static bool name_among(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(names[i]);
        if (names[i][len - 1] == '*' ? strncmp(name, names[i], len - 1) == 0
                                     : strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static bool in_program_directory(const char *path)
{
    struct slice dir = path_dir(path);
    const char *last = memrchr(dir.p, '/', dir.n);
    struct slice name = last ? (struct slice){last + 1, dir.n - (size_t)(last + 1 - dir.p)} : dir;

    return slice_eq(name, "bin") || slice_eq(name, "sbin");
}

#define PROGRAM_AMONG(path, names) \
    (in_program_directory(path) && name_among(path_base(path), names, ARRAY_SIZE(names)))

static bool can_be_started(enum entry_type type)
{
    return type == ENTRY_FILE || type == ENTRY_HARDLINK || type == ENTRY_SYMLINK;
}

static struct edit drop_if(bool found, const char *rule)
{
    return found ? (struct edit){.action = EDIT_DROP, .rule = rule}
                 : (struct edit){.action = EDIT_KEEP};
}

static struct edit sw_shell_edit(const struct entry *e)
{
    return drop_if(can_be_started(e->type) && PROGRAM_AMONG(e->path, shells), "SW-SHELL");
}

static struct edit sw_pkg_edit(const struct entry *e)
{
    return drop_if(can_be_started(e->type) && PROGRAM_AMONG(e->path, package_managers), "SW-PKG");
}

static void deny(const struct rule *r, const struct node *n, struct findings *ret, const char *what)
{
    finding_add(ret, r, n->path, n->package ? n->package->name : NULL, "%s", what);
    ret->v[ret->n - 1].action = RULE_DENY;
}

/* By content a file can't be left out any more: its header is in the layer. By name what is still
 * here was allowed, or is an own file. */
static void sw_shell(const struct rule *r, const struct view *v, const struct node *n,
                     struct findings *ret)
{
    CLEANUP(free_ptr) char *what = NULL;

    (void)v;
    if (!can_be_started(n->type))
        return;
    if (PROGRAM_AMONG(n->path, shells)) {
        deny(r, n, ret, "is a shell by its name");
    } else if (n->type == ENTRY_FILE && n->facts && n->facts->marks & MARK_SHELL) {
        what = xasprintf("is a shell by its content (%s)", n->facts->shell);
        deny(r, n, ret, what);
    }
}

static void sw_pkg(const struct rule *r, const struct view *v, const struct node *n,
                   struct findings *ret)
{
    (void)v;
    if (can_be_started(n->type) && PROGRAM_AMONG(n->path, package_managers))
        deny(r, n, ret, "is a package manager");
}

static void sw_dev(const struct rule *r, const struct view *v, const struct node *n,
                   struct findings *ret)
{
    (void)v;
    if (!can_be_started(n->type))
        return;
    if (PROGRAM_AMONG(n->path, privilege_tools))
        deny(r, n, ret, "is a tool that changes privilege");
    else if (PROGRAM_AMONG(n->path, compilers))
        deny(r, n, ret, "is a compiler or debugger");
}

void sw_names_hash(struct hasher *h)
{
    for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
        hasher_add(h, shells[i], strlen(shells[i]) + 1);
    for (size_t i = 0; i < ARRAY_SIZE(package_managers); i++)
        hasher_add(h, package_managers[i], strlen(package_managers[i]) + 1);
}

/* ---- the rows ------------------------------------------------------------------------------- */

const struct rule sw_rules[] = {
    {
        .id = "SW-SHELL",
        .title = "No shell",
        .severity = SEVERITY_HIGH,
        .action = RULE_FIX,
        .advice = "start the program itself; what a shell script prepared belongs into the recipe",
        .source = "NIST SP 800-190 4.1, distroless",
        .why =
            "Looks at names in directories called bin and sbin, wherever they are, and at what a "
            "program's content says: busybox or bash under another name is found by its own "
            "strings. A shell is what an attacker needs to make a session of a hole; without "
            "one, most ready-made attacks end.\n"
            "Packages' shells are left out by name, their dpkg record stays. What shows only in "
            "content, and own files, are refused. nologin is no shell.",
        .edit = sw_shell_edit,
        .path = sw_shell,
    },
    {
        .id = "SW-PKG",
        .title = "No package manager",
        .severity = SEVERITY_HIGH,
        .action = RULE_FIX,
        .advice = "add packages to the recipe and build again",
        .source = "NIST SP 800-190 4.1, Dockle DKL-LI-0001",
        .why = "Looks at names in directories called bin and sbin. With a package manager an "
               "attacker fetches what the image lacks, and an image that changes while it runs is "
               "no longer what was scanned.\n"
               "The programs are left out; dpkg's records stay, since scanners read them.",
        .edit = sw_pkg_edit,
        .path = sw_pkg,
    },
    {
        .id = "SW-DEV",
        .title = "No tool that gains privilege, no compiler, no debugger",
        .severity = SEVERITY_MEDIUM,
        .action = RULE_DENY,
        .advice = "exclude the path, or keep the package for a debug variant",
        .source = "Lynis HRDN-7222, distroless",
        .why = "Looks at names in directories called bin and sbin: su, sudo and their like, mount "
               "and namespaces, compilers, linkers, debuggers, tracers. They are of use to who "
               "builds or repairs, and to who breaks in.",
        .path = sw_dev,
    },
    {0},
};
