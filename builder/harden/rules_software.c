/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/rule.h"

/* Names are looked for in directories called bin or sbin, wherever those are. An entry that ends
 * in a star is a prefix. */
static const char *const shells[] = {
    "sh",    "ash",  "bash", "rbash",       "dash", "busybox", "toybox", "zsh",   "rzsh", "ksh",
    "ksh93", "mksh", "lksh", "mksh-static", "oksh", "posh",    "yash",   "csh",   "tcsh", "bsd-csh",
    "fish",  "rc",   "es",   "sash",        "pwsh", "elvish",  "nu",     "xonsh", NULL,
};
static const char *const package_managers[] = {
    "apt",     "apt-*",     "aptitude", "dpkg",       "dpkg-*",   "dselect",  "rpm",
    "rpm2*",   "yum",       "dnf",      "dnf5",       "microdnf", "zypper",   "apk",
    "pacman",  "snap",      "flatpak",  "opkg",       "pip",      "pip3",     "pip3.*",
    "pipx",    "npm",       "npx",      "yarn",       "pnpm",     "gem",      "gem3.*",
    "bundle",  "bundle3.*", "bundler",  "bundler3.*", "corepack", "composer", "cpan",
    "cpan5.*", "cpanm",     "conda",    "mamba",      "uv",       NULL,
};
static const char *const network_tools[] = {
    "curl",  "wget", "wget2",   "nc",     "nc.*",     "netcat",   "ncat",   "socat",       "ssh",
    "sshd",  "scp",  "sftp",    "ssh-*",  "telnet",   "telnet.*", "ftp",    "lftp",        "tftp",
    "rsync", "nmap", "tcpdump", "tshark", "dropbear", "dbclient", "aria2c", "inetutils-*", NULL,
};
static const char *const privilege_tools[] = {
    "su",      "sudo",   "sudoedit", "visudo", "doas", "pkexec",  "runuser", "setpriv", "capsh",
    "setcap",  "newgrp", "sg",       "chsh",   "chfn", "passwd",  "gpasswd", "chroot",  "unshare",
    "nsenter", "mount",  "umount",   "login",  "gosu", "su-exec", NULL,
};
static const char *const compilers[] = {
    "gcc", "gcc-*", "g++", "g++-*", "cc",   "c++", "clang", "clang-*", "clang++", "cpp", "cpp-*",
    "tcc", "as",    "ld",  "ld.*",  "make", "gdb", "lldb",  "strace",  "ltrace",  NULL,
};
/* Each with the text that the name of its packages holds. */
static const struct {
    const char *name, *family;
} interpreters[] = {
    {"perl", "perl"},       {"perl5*", "perl"},      {"python", "python"}, {"python2*", "python"},
    {"python3*", "python"}, {"lua*", "lua"},         {"awk", "awk"},       {"gawk", "awk"},
    {"mawk", "awk"},        {"original-awk", "awk"}, {"node", "node"},     {"nodejs", "node"},
    {"ruby*", "ruby"},      {"php*", "php"},         {"tclsh*", "tcl"},    {"guile*", "guile"},
};

static bool can_be_started(enum entry_type type)
{
    return type == ENTRY_FILE || type == ENTRY_HARDLINK || type == ENTRY_SYMLINK;
}

static const struct fix shell_fix[] = {{.types = FIX_PROGRAMS, .programs = shells}, {0}};
static const struct fix pkg_fix[] = {{.types = FIX_PROGRAMS, .programs = package_managers}, {0}};

/* What a file is by its content; NULL if that isn't known. */
static const char *program_of(const struct view *v, const struct node *n)
{
    const struct file_facts *f = n->type == ENTRY_SYMLINK ? NULL : view_facts(v, n);
    return f ? f->program : NULL;
}

/* By content a file can't be left out any more: its header is in the layer. By name what is still
 * here was allowed, or is an own file. */
static void sw_shell(const struct rule *r, const struct view *v, const struct node *n,
                     struct findings *ret)
{
    const struct file_facts *f = n->type == ENTRY_SYMLINK ? NULL : view_facts(v, n);

    if (!can_be_started(n->type))
        return;
    if (fix_is_program(n->path, shells))
        finding_at(ret, r, n, "is a shell by its name")->action = RULE_DENY;
    else if (f && f->marks & MARK_SHELL)
        finding_at(ret, r, n, "is a shell by its content (%s)", f->program)->action = RULE_DENY;
}

/* What /etc/shells names is a shell, whatever it is called; but for those that let nobody in. */
static void sw_shell_listed(const struct rule *r, const struct view *v, struct findings *ret)
{
    static const char *const none[] = {"nologin", "false", "true", NULL};
    const struct node *list = tree_resolve(v->tree, "etc/shells");
    CLEANUP(strv_release) struct strv lines = STRV_INIT;
    struct slice text;

    if (!list || !tree_text(list, &text))
        return;
    strv_split(&lines, text, "\n");
    strv_each (line, &lines) {
        CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
        path_link_target("", *line, &path);
        const struct node *n = **line == '/' ? tree_resolve(v->tree, buf_str(&path)) : NULL;
        if (n && can_be_started(n->type) && !fix_is_program(n->path, shells) &&
            !fix_name_among(path_base(n->path), none))
            finding_at(ret, r, n, "is a shell by /etc/shells")->action = RULE_DENY;
    }
}

/* The name behind a GNU triplet, as compilers bear it: "x86_64-linux-gnu-gcc-14" is a gcc-14. */
static const char *without_triplet(const char *base)
{
    static const char *const systems[] = {"-linux-gnu", "-linux-musl"};

    for (size_t i = 0; i < ARRAY_SIZE(systems); i++) {
        const char *at = strstr(base, systems[i]);
        at = at ? at + strlen(systems[i]) : "";
        at += strcspn(at, "-"); /* eabihf */
        if (at[0] && at[1])
            return at + 1;
    }
    return base;
}

static void named_or_known(const struct rule *r, const struct view *v, const struct node *n,
                           struct findings *ret, const char *const *names, const char *what)
{
    const char *program = program_of(v, n), *name = without_triplet(path_base(n->path));

    if (!can_be_started(n->type))
        return;
    if (fix_in_program_directory(n->path) && fix_name_among(name, names))
        finding_at(ret, r, n, "is %s", what)->action = RULE_DENY;
    else if (program && fix_name_among(program, names))
        finding_at(ret, r, n, "is %s by its content (%s)", what, program)->action = RULE_DENY;
}

static void sw_pkg(const struct rule *r, const struct view *v, const struct node *n,
                   struct findings *ret)
{
    named_or_known(r, v, n, ret, package_managers, "a package manager");
}

static void sw_net(const struct rule *r, const struct view *v, const struct node *n,
                   struct findings *ret)
{
    named_or_known(r, v, n, ret, network_tools, "a tool that fetches or connects");
}

static void sw_dev(const struct rule *r, const struct view *v, const struct node *n,
                   struct findings *ret)
{
    named_or_known(r, v, n, ret, privilege_tools, "a tool that changes privilege");
    named_or_known(r, v, n, ret, compilers, "a compiler or debugger");
}

/* ---- interpreters --------------------------------------------------------------------------- */

static bool is_declared(const struct view *v, const struct node *n, const char *family)
{
    if (v->start.node == n)
        return true;
    for (size_t i = 0; v->declared && i < v->declared->n; i++)
        if (strstr(v->declared->v[i], family))
            return true;
    return false;
}

static void sw_interp(const struct rule *r, const struct view *v, const struct node *n,
                      struct findings *ret)
{
    if ((n->type != ENTRY_FILE && n->type != ENTRY_HARDLINK) || !fix_in_program_directory(n->path))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(interpreters); i++) {
        const char *const name[] = {interpreters[i].name, NULL};
        if (!fix_name_among(path_base(n->path), name))
            continue;
        if (!is_declared(v, n, interpreters[i].family))
            finding_at(ret, r, n, "is an interpreter (%s)", interpreters[i].family);
        return;
    }
}

/* ---- records -------------------------------------------------------------------------------- */

static void sw_db(const struct rule *r, const struct view *v, struct findings *ret)
{
    if (v->records == RECORDS_NONE)
        finding_add(ret, r, NULL, NULL, "there are no records of packages");
    for (size_t i = 0; v->record_faults && i < v->record_faults->n; i++)
        finding_add(ret, r, NULL, NULL, "%s", v->record_faults->v[i]);
}

static void sw_db_path(const struct rule *r, const struct view *v, const struct node *n,
                       struct findings *ret)
{
    if (node_by(n) || n->type != ENTRY_FILE || v->records <= RECORDS_NONE || !n->facts ||
        !n->facts->elf)
        return;
    finding_at(ret, r, n, "is an ELF file of no package")->severity = SEVERITY_INFO;
}

static void sw_eol(const struct rule *r, const struct view *v, struct findings *ret)
{
    if (v->support_over)
        finding_add(ret, r, NULL, NULL, "%s", v->support_over);
}

/* ---- the rows ------------------------------------------------------------------------------- */

const struct rule software_rules[] = {
    {
        .id = "SW-SHELL",
        .title = "No shell",
        .severity = SEVERITY_HIGH,
        .action = RULE_FIX,
        .advice = "start the program itself; what a shell script prepared belongs into the recipe",
        .elsewhere = "start the program itself, and build on a base without a shell",
        .source = "NIST SP 800-190 4.1, distroless",
        .why =
            "Looks at names in directories called bin and sbin, wherever they are, and at what a "
            "program's content says: busybox or bash under another name is found by its own "
            "strings. A shell is what an attacker needs to make a session of a hole; without "
            "one, most ready-made attacks end.\n"
            "Packages' shells are left out by name, their dpkg record stays. What shows only in "
            "content, and own files, are refused. nologin is no shell.",
        .fix = shell_fix,
        .path = sw_shell,
        .image = sw_shell_listed,
    },
    {
        .id = "SW-INTERP",
        .title = "No interpreter that nothing asked for",
        .severity = SEVERITY_MEDIUM,
        .action = RULE_NOTE,
        .advice = "exclude it, or name its package in the recipe if the app runs on it",
        .elsewhere = "remove it, unless the app runs on it",
        .source = "NIST SP 800-190 4.1, distroless",
        .why = "Looks for perl, python, lua, awk, node, ruby, php, tcl and guile in directories "
               "called bin and sbin. An interpreter serves an attacker as a shell does: it opens "
               "sockets and runs what it is given.\n"
               "One that the image starts, or whose package the recipe names, is the app's "
               "runtime.",
        .path = sw_interp,
    },
    {
        .id = "SW-PKG",
        .title = "No package manager",
        .severity = SEVERITY_HIGH,
        .action = RULE_FIX,
        .advice = "add packages to the recipe and build again",
        .elsewhere = "install packages in an earlier stage, and copy what is needed into an image "
                     "without it",
        .source = "NIST SP 800-190 4.1, Dockle DKL-LI-0001",
        .why = "Looks at names in directories called bin and sbin. With a package manager an "
               "attacker fetches what the image lacks, and an image that changes while it runs is "
               "no longer what was scanned.\n"
               "The programs are left out; dpkg's records stay, since scanners read them.",
        .fix = pkg_fix,
        .path = sw_pkg,
    },
    {
        .id = "SW-NET",
        .title = "No tool that fetches or connects",
        .severity = SEVERITY_HIGH,
        .action = RULE_DENY,
        .advice = "exclude the path; an app uses a library (libcurl), not the tool",
        .elsewhere =
            "leave it out of the last stage; an app uses a library (libcurl), not the tool",
        .source = "NIST SP 800-190 4.1, Trivy, Dockle",
        .why = "Looks for curl, wget, netcat, socat, ssh, rsync and their like in directories "
               "called bin and sbin, and for the best known of them under other names, by their "
               "content. With such a tool an attacker brings in what he needs and takes out what "
               "he found. Libraries like libcurl are fine: they do what the app does.",
        .path = sw_net,
    },
    {
        .id = "SW-DEV",
        .title = "No tool that gains privilege, no compiler, no debugger",
        .severity = SEVERITY_MEDIUM,
        .action = RULE_DENY,
        .advice = "exclude the path, or keep the package for a debug variant",
        .elsewhere = "leave it out of the last stage, or keep it for a debug variant",
        .source = "Lynis HRDN-7222, distroless",
        .why = "Looks at names in directories called bin and sbin: su, sudo and their like, mount "
               "and namespaces, compilers, linkers, debuggers, tracers. They are of use to who "
               "builds or repairs, and to who breaks in.",
        .path = sw_dev,
    },
    {
        .id = "SW-DB",
        .title = "Packages are recorded, and the records are true",
        .severity = SEVERITY_HIGH,
        .action = RULE_NOTE,
        .advice = "keep /var/lib/dpkg (or apk's, or rpm's database) in the image",
        .source = "Clair, Trivy, Grype: they read these records",
        .why = "Looks for the records of dpkg, apk or rpm, and whether what they say is there. "
               "Without them a scanner finds no package, so no vulnerability, and calls the image "
               "clean.\n"
               "ELF files of no package are an app's own, whose versions no record tells: a note.",
        .path = sw_db_path,
        .image = sw_db,
    },
    {
        .id = "SW-EOL",
        .title = "The distribution still gets security updates",
        .severity = SEVERITY_HIGH,
        .action = RULE_NOTE,
        .advice = "move to a release that is supported",
        .source = "Trivy (OS end of life), Debian's distro-info-data",
        .why = "Looks up os-release's ID and VERSION_ID in a table of Debian, Ubuntu and Alpine "
               "releases: the last day of security updates, long-term support included. After "
               "it nobody mends what is found, and scanners have no data for it any more.\n"
               "Of what the table doesn't have (Fedora, Amazon Linux and others) SUPPORT_END in "
               "os-release tells the first day without support; where the table knows better, a "
               "line in the image can't move the end. Without either nothing is said. The build "
               "takes Debian's releases by their own signed dates, so it asks nothing here.",
        .image = sw_eol,
    },
    {0},
};
