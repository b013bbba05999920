/* SPDX-License-Identifier: Apache-2.0 */
/* What only the build may write: who is who, what is installed, which distribution it is. Others
 * take these files' word for it. */
#include "harden/rule.h"

enum row { ACCOUNTS, LOADER, OF_DPKG, OF_APK, OF_RPM, OF_OTHERS, DEBIAN, ALPINE, RED_HAT, OS, END };

/* Globs as scanners look for them: many do so at any depth. */
static const struct fix record_fix[] = {
    [ACCOUNTS] = {.types = FIX_ALL_BUT(ENTRY_DIRECTORY),
                  .what = "says who is who, which is the recipe's `user` and `account` sections' "
                          "to say",
                  .globs = FIX_LIST("etc/passwd", "etc/group", "etc/shadow", "etc/gshadow",
                                    "etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-")},
    [LOADER] = {.types = FIX_ALL_BUT(ENTRY_DIRECTORY),
                .what = "tells the loader where libraries are, which the build looks for itself",
                .globs = FIX_LIST("etc/ld.so.cache")},
    [OF_DPKG] = {.types = FIX_ALL_BUT(ENTRY_DIRECTORY),
                 .what = "is a record of dpkg's: scanners believe what it lists",
                 .globs = FIX_LIST("var/lib/dpkg/**", "**/lib/dpkg/status",
                                   "**/lib/dpkg/status.d/**", "**/lib/dpkg/available"),
                 .always = true},
    [OF_APK] = {.types = FIX_ALL_BUT(ENTRY_DIRECTORY),
                .what = "is a record of apk's: scanners believe what it lists",
                .globs = FIX_LIST("**/lib/apk/db/**", "etc/apk/repositories", "etc/apk/world")},
    [OF_RPM] = {.types = FIX_ALL_BUT(ENTRY_DIRECTORY),
                .what = "is a record of rpm's: scanners believe what it lists",
                .globs = FIX_LIST("**/rpm/Packages", "**/rpm/Packages.db", "**/rpm/Packages.sqlite",
                                  "**/rpm/rpmdb.sqlite*", "**/lib/rpmmanifest/**",
                                  "root/buildinfo/**", "usr/share/buildinfo/**")},
    [OF_OTHERS] = {.types = FIX_ALL_BUT(ENTRY_DIRECTORY),
                   .what = "is a record of installed software: scanners believe what it lists",
                   .globs = FIX_LIST("**/lib/opkg/status", "**/lib/opkg/info/**",
                                     "**/lib/pacman/local/**", "**/var/db/pkg/**",
                                     "opt/bitnami/**/.spdx-*")},
    [DEBIAN] = {.types = FIX_ALL_BUT(ENTRY_DIRECTORY),
                .what = "says which distribution this is, which is for base-files to say",
                .globs = FIX_LIST("etc/debian_version"),
                .not_of = FIX_LIST("base-files")},
    [ALPINE] = {.types = FIX_ALL_BUT(ENTRY_DIRECTORY),
                .what = "says that this is Alpine",
                .globs = FIX_LIST("etc/alpine-release")},
    [RED_HAT] = {.types = FIX_ALL_BUT(ENTRY_DIRECTORY),
                 .what = "says that this is a distribution of Red Hat's kind",
                 .globs = FIX_LIST("etc/redhat-release", "etc/centos-release", "etc/fedora-release",
                                   "etc/rocky-release", "etc/almalinux-release",
                                   "etc/oracle-release", "etc/enterprise-release",
                                   "etc/system-release*", "etc/sl-release", "etc/mariner-release",
                                   "etc/SuSE-release", "usr/lib/fedora-release",
                                   "usr/lib/system-release*")},
    [OS] = {.types = FIX_ALL_BUT(ENTRY_DIRECTORY),
            .what = "says which distribution this is, which is for base-files and the recipe's "
                    "os_release to say",
            .globs = FIX_LIST("etc/*-release", "etc/*_version", "usr/lib/*-release",
                              "*/sys-root/usr/lib/os-release"),
            .not_of = FIX_LIST("base-files")},
    [END] = {0},
};

/* In an image of others the records of its own package manager are in their place. */
static const enum records systems[END] = {
    [OF_DPKG] = RECORDS_DPKG, [DEBIAN] = RECORDS_DPKG, [OF_APK] = RECORDS_APK,
    [ALPINE] = RECORDS_APK,   [OF_RPM] = RECORDS_RPM,  [RED_HAT] = RECORDS_RPM,
};

static bool is_own_build(const struct view *v)
{
    return v->lock != NULL;
}

static const struct fix *row_for(const struct rule *r, const struct node *n)
{
    return fix_for(r, n->package ? n->package->name : NULL,
                   &(struct entry){.path = n->path, .type = n->type});
}

static void src_record(const struct rule *r, const struct view *v, const struct node *n,
                       struct findings *ret)
{
    const struct fix *f = n->made ? NULL : row_for(r, n);
    enum records of = f ? systems[f - record_fix] : RECORDS_UNKNOWN;

    if (!f || f == &record_fix[LOADER])
        return;
    if (is_own_build(v))
        finding_at(ret, r, n, "%s", f->what)->action = RULE_DENY;
    else if (of > RECORDS_NONE && v->records > RECORDS_NONE && of != v->records && n->size)
        finding_at(ret, r, n, "%s; the image's own records are another package manager's", f->what)
            ->action = RULE_NOTE;
}

/* ---- what only looks like one --------------------------------------------------------------- */

/* Where scanners look, links followed: something of another name may be behind it. */
static void look_behind(const struct rule *r, const struct view *v, struct findings *ret)
{
    static const char *const places[] = {"var/lib/dpkg/status.d",
                                         "var/lib/dpkg/available",
                                         "lib/apk/db/installed",
                                         "lib/apk/db",
                                         "usr/lib/sysimage/rpm",
                                         "var/lib/rpm",
                                         "usr/share/rpm",
                                         "var/lib/rpmmanifest",
                                         "usr/lib/opkg/status",
                                         "var/lib/pacman/local",
                                         "var/db/pkg",
                                         "root/buildinfo",
                                         "etc/alpine-release",
                                         "etc/redhat-release",
                                         "etc/lsb-release",
                                         "etc/system-release",
                                         "usr/share/buildinfo",
                                         "var/lib/rpm/Packages",
                                         "var/lib/rpm/rpmdb.sqlite"};

    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        const struct node *n = tree_resolve(v->tree, places[i]);
        CLEANUP(free_ptr) char *merged = xasprintf("usr/%s", places[i]);
        if (n && strcmp(n->path, places[i]) != 0 && strcmp(n->path, merged) != 0)
            finding_at(ret, r, n, "is what /%s leads to, where scanners look for records",
                       places[i])
                ->action = RULE_DENY;
    }
}

/* Clair takes each directory with a file "status" and a directory "info" for dpkg's. */
static void look_alike(const struct rule *r, const struct view *v, struct findings *ret)
{
    size_t n_nodes;
    struct node *const *nodes = tree_nodes(v->tree, &n_nodes);

    for (size_t i = 0; i < n_nodes; i++) {
        const struct node *n = nodes[i];
        struct slice dir = path_dir(n->path);
        if (n->made || n->type == ENTRY_DIRECTORY || strcmp(path_base(n->path), "status") != 0 ||
            row_for(r, n))
            continue;
        CLEANUP(free_ptr) char *info = xasprintf("%.*s%sinfo", (int)dir.n, dir.p, dir.n ? "/" : "");
        const struct node *beside = tree_find(v->tree, info);
        if (beside && beside->type == ENTRY_DIRECTORY)
            finding_at(ret, r, n,
                       "stands beside a directory info, as dpkg's records do: a scanner "
                       "takes it for them")
                ->action = is_own_build(v) ? RULE_DENY : RULE_NOTE;
    }
}

static void src_record_image(const struct rule *r, const struct view *v, struct findings *ret)
{
    if (is_own_build(v))
        look_behind(r, v, ret);
    look_alike(r, v, ret);
}

const struct rule record_rules[] = {
    {
        .id = "SRC-RECORD",
        .title = "Only the build writes accounts and package records",
        .severity = SEVERITY_HIGH,
        .action = RULE_FIX,
        .advice = "what packages bring of it is left out; leave it out of own files (a `tree` has "
                  "`exclude`)",
        .elsewhere = "remove it, unless software that it lists is there",
        .source = "Clair, Trivy, Syft and Grype: they believe these files",
        .why =
            "Looks for /etc/passwd, group, shadow and gshadow with their copies, for the records "
            "of package managers (dpkg's, apk's, rpm's, opkg's, pacman's, Portage's, Bitnami's, "
            "Red Hat's content manifests), and for os-release, debian_version, alpine-release, "
            "redhat-release and their like, where scanners look for them.\n"
            "A package that brings one hides vulnerabilities, or makes some up: status.d beside "
            "dpkg's status counts everything twice, an alpine-release makes a scanner look "
            "Debian's "
            "packages up in Alpine's data. A password in a layer stays there for all to read, "
            "though the build's own /etc/shadow lies on top.\n"
            "Of packages they are left out; of dpkg's records whatever the recipe allows, since "
            "the build writes those beside each package. What distribution it is only base-files "
            "may say. Own files are refused, and so is what a link puts in such a place, and any "
            "file \"status\" beside a directory \"info\", which Clair takes for dpkg's.\n"
            "In an image of others only records of another package manager than the image's own "
            "are noted.",
        .fix = record_fix,
        .path = src_record,
        .image = src_record_image,
    },
    {0},
};
