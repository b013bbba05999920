/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/rules_files.h"
#include "base/text.h"
#include "harden/acl.h"
#include "rootfs/usrmerge.h"

/* Who writes there is everybody, and the sticky bit keeps them apart. */
static const char *const temporary[] = {"tmp", "var/tmp", NULL};

static bool is_temporary(const char *path)
{
    return strcmp(path, temporary[0]) == 0 || strcmp(path, temporary[1]) == 0;
}

/* A hard link carries the mode of its file, so that both names get the same edit. */
static bool has_mode(enum entry_type type)
{
    return type == ENTRY_FILE || type == ENTRY_HARDLINK;
}

/* ---- modes ---------------------------------------------------------------------------------- */

static const struct fix suid_fix[] = {{.types = FIX_FILES, .clear = 06000}, {0}};
static const struct fix ww_fix[] = {
    {.types = FIX_FILES | FIX_TYPE(ENTRY_DIRECTORY),
     .clear = 0002,
     .but = temporary,
     .but_sticky = true},
    {0},
};
static const struct fix sticky_fix[] = {
    {.types = FIX_TYPE(ENTRY_DIRECTORY), .becomes = 01777, .only = temporary},
    {0},
};

/* What packages brought was mended when they streamed by, or allowed; own files can't be mended
 * behind the recipe's back, so what is found in them is denied. */
static struct finding *own_finding(const struct rule *r, const struct node *n, struct findings *ret,
                                   const char *what)
{
    struct finding *f = finding_at(ret, r, n, "%s (mode %04o)", what, n->mode);
    CLEANUP(free_ptr) char *common = xasprintf("%s (mode %%s)", what);

    finding_varies(f, common, "%04o", n->mode)->action = RULE_DENY;
    return f;
}

static void fs_suid(const struct rule *r, const struct view *v, const struct node *n,
                    struct findings *ret)
{
    (void)v;
    if (has_mode(n->type) && n->mode & 06000 && !(n->mode & 0111)) {
        struct finding *f = finding_at(ret, r, n,
                                       "has a setuid or setgid bit (mode %04o), but "
                                       "nobody may execute it",
                                       n->mode);
        finding_varies(f, "have a setuid or setgid bit (mode %s), but nobody may execute them",
                       "%04o", n->mode);
        f->action = RULE_NOTE;
        f->severity = SEVERITY_LOW;
    } else if (has_mode(n->type) && n->mode & 06000) {
        own_finding(r, n, ret, n->mode & 04000 ? "is setuid" : "is setgid");
    } else if (n->type == ENTRY_DIRECTORY && n->mode & 02000) {
        struct finding *f = finding_at(ret, r, n, "is a setgid directory (mode %04o)", n->mode);
        finding_varies(f, "is a setgid directory (mode %s)", "%04o", n->mode)->action = RULE_NOTE;
        f->severity = SEVERITY_LOW;
    }
}

static void fs_ww(const struct rule *r, const struct view *v, const struct node *n,
                  struct findings *ret)
{
    (void)v;
    bool sticky = n->type == ENTRY_DIRECTORY && (n->mode & 01000);
    if ((has_mode(n->type) || n->type == ENTRY_DIRECTORY) && (n->mode & 0002) && !sticky &&
        !is_temporary(n->path))
        own_finding(r, n, ret, "is writable by everybody");
}

static void fs_sticky(const struct rule *r, const struct view *v, const struct node *n,
                      struct findings *ret)
{
    (void)v;
    if (n->type == ENTRY_DIRECTORY && is_temporary(n->path) && n->mode != 01777)
        own_finding(r, n, ret, "isn't sticky and open to all");
}

/* ---- owners --------------------------------------------------------------------------------- */

/* Who unpacks the layer has to have such an id, whether the file shows or not. */
static void fs_owner_far(const struct rule *r, const struct view *v, const struct node *n,
                         struct findings *ret)
{
    (void)v;
    if (n->uid > UINT16_MAX || n->gid > UINT16_MAX)
        finding_varies(finding_at(ret, r, n, "its owner %u:%u is above 65535", n->uid, n->gid),
                       "their owners (%s) are above 65535", "%u:%u", n->uid, n->gid);
}

static void fs_owner(const struct rule *r, const struct view *v, const struct node *n,
                     struct findings *ret)
{
    bool uid = n->uid && !login_by_id(&v->passwd, n->uid);
    bool gid = n->gid && !login_by_id(&v->group, n->gid);

    if (n->uid > UINT16_MAX || n->gid > UINT16_MAX)
        fs_owner_far(r, v, n, ret);
    else if (uid)
        finding_varies(
            finding_at(ret, r, n, "its owner %u stands in no line of /etc/passwd", n->uid),
            "their owners (%s) stand in no line of /etc/passwd", "%u", n->uid);
    else if (gid)
        finding_varies(
            finding_at(ret, r, n, "its group %u stands in no line of /etc/group", n->gid),
            "their groups (%s) stand in no line of /etc/group", "%u", n->gid);
}

/* ---- devices and extended attributes -------------------------------------------------------- */

static void device_at(const struct rule *r, const struct node *n, struct findings *ret,
                      const char *what)
{
    unsigned major = (unsigned)(n->size >> 32), minor = (unsigned)n->size;
    CLEANUP(free_ptr) char *common = xasprintf("is a %s device (%%s)", what);

    finding_varies(finding_at(ret, r, n, "is a %s device (%u, %u)", what, major, minor), common,
                   "%u, %u", major, minor);
}

static void fs_dev(const struct rule *r, const struct view *v, const struct node *n,
                   struct findings *ret)
{
    (void)v;
    if (n->type == ENTRY_CHAR && n->size)
        device_at(r, n, ret, "character");
    else if (n->type == ENTRY_BLOCK)
        device_at(r, n, ret, "block");
    else if (n->type == ENTRY_FIFO)
        finding_at(ret, r, n, "is a named pipe");
    else if (n->type == ENTRY_CHAR)
        finding_at(ret, r, n, "is a whiteout of overlayfs, which hides what lies below");
}

static bool is_capability(const char *name)
{
    return strcmp(name, "security.capability") == 0;
}

static void fs_cap(const struct rule *r, const struct view *v, const struct node *n,
                   struct findings *ret)
{
    (void)v;
    for (size_t i = 0; n->facts && i < n->facts->n_xattrs; i++)
        if (is_capability(n->facts->xattrs[i].name))
            finding_at(ret, r, n, "has file capabilities")->action = RULE_DENY;
}

static void fs_xattr(const struct rule *r, const struct view *v, const struct node *n,
                     struct findings *ret)
{
    (void)v;
    for (size_t i = 0; n->facts && i < n->facts->n_xattrs; i++) {
        const char *name = n->facts->xattrs[i].name;
        if (starts_with(name, "trusted.overlay.") || starts_with(name, "user.overlay."))
            finding_at(ret, r, n, "has %s, which overlayfs acts on", name);
        else if (acl_is_name(name))
            finding_at(ret, r, n, "has an ACL (%s)", name);
    }
}

/* ---- usrmerge ------------------------------------------------------------------------------- */

/* An image with a /bin of its own and none of these links was made so, and is no accident. */
static bool is_unmerged(const struct view *v)
{
    size_t n_dirs;
    const struct merged_dir *dirs = merged_dirs(&n_dirs);
    for (size_t i = 0; i < n_dirs; i++) {
        const struct node *n = tree_find(v->tree, dirs[i].path);
        if (dirs[i].of_usr && n && n->type == ENTRY_SYMLINK)
            return false;
    }
    const struct node *bin = tree_find(v->tree, "bin");
    return bin && bin->type == ENTRY_DIRECTORY;
}

static void fs_usrmerge(const struct rule *r, const struct view *v, struct findings *ret)
{
    size_t n_dirs;
    const struct merged_dir *dirs = merged_dirs(&n_dirs);
    if (is_unmerged(v))
        return;
    for (size_t i = 0; i < n_dirs; i++) {
        const struct node *n = tree_find(v->tree, dirs[i].path);
        if (n && dirs[i].of_usr &&
            !(n->type == ENTRY_SYMLINK && strcmp(n->target, dirs[i].leads_to) == 0))
            finding_at(ret, r, n, "is not the link to %s", dirs[i].leads_to);
    }
}

/* ---- times ---------------------------------------------------------------------------------- */

static void fs_time(const struct rule *r, const struct view *v, const struct node *n,
                    struct findings *ret)
{
    if (v->image->created && n->mtime > v->image->created) /* a directory has no time of its own */
        finding_at(ret, r, n, "bears a time after the image's own")->action = RULE_NOTE;
}

/* ---- the rows ------------------------------------------------------------------------------- */

const struct rule file_rules[] = {
    {
        .id = "FS-SUID",
        .title = "No file is setuid or setgid",
        .severity = SEVERITY_HIGH,
        .action = RULE_FIX,
        .advice = "the bit is cleared; a program that can't do without it doesn't belong here",
        .elsewhere = "clear the bit (chmod a-s), or leave the program out",
        .source = "CIS Docker Benchmark 4.8",
        .why = "Looks at the mode. A setuid program runs as its owner, so a hole in it makes root "
               "of any user; Kubernetes' allowPrivilegeEscalation: false switches the bit off "
               "anyway, so such a program doesn't work there.\n"
               "In packages the bit is cleared; in own files it is refused. A setgid directory "
               "gives new files its group, and is noted.",
        .fix = suid_fix,
        .path = fs_suid,
        .hidden = fs_suid,
        .hidden_most = SEVERITY_LOW,
    },
    {
        .id = "FS-CAP",
        .title = "No file has capabilities",
        .severity = SEVERITY_HIGH,
        .action = RULE_FIX,
        .advice = "they are dropped: under `drop: ALL` such a file can't be executed at all",
        .elsewhere =
            "remove them (setcap -r): under `drop: ALL` such a file can't be executed at all",
        .source = "Pod Security Standards (restricted)",
        .why = "Looks at the extended attribute security.capability. A program with it gets rights "
               "that its user doesn't have; where the pod drops all capabilities, it fails to "
               "start.\n"
               "Extended attributes of packages are dropped. A program that needs a capability "
               "needs it from the pod's manifest.",
        .path = fs_cap,
        .hidden = fs_cap,
        .hidden_most = SEVERITY_LOW,
        /* unpacking drops all extended attributes and marks the entry with this rule */
    },
    {
        .id = "FS-WW",
        .title = "Nothing is writable by everybody",
        .severity = SEVERITY_HIGH,
        .action = RULE_FIX,
        .advice = "the bit is cleared; declare a `directory` for what the app must write",
        .elsewhere =
            "clear the bit (chmod o-w); give the app a directory of its own for what it must write",
        .source = "Lynis FILE-7524, CIS Debian Benchmark 6.1",
        .why = "Looks at the mode of files and directories: what everybody may write, an attacker "
               "may change. Links are always 0777 and mean nothing; directories with the sticky "
               "bit are left to FS-STICKY and FS-APPWR.",
        .fix = ww_fix,
        .path = fs_ww,
        .hidden = fs_ww,
        .hidden_most = SEVERITY_LOW,
    },
    {
        .id = "FS-STICKY",
        .title = "/tmp and /var/tmp are sticky",
        .severity = SEVERITY_MEDIUM,
        .action = RULE_FIX,
        .advice = "the mode becomes 1777",
        .elsewhere = "make the mode 1777",
        .source = "CIS Debian Benchmark 1.1",
        .why = "Looks at the mode of /tmp and /var/tmp, which has to be 1777: everybody may make "
               "files there, and nobody may remove another user's.",
        .fix = sticky_fix,
        .path = fs_sticky,
        .not_hidden = "a /tmp that is gone has nobody's files in it",
    },
    {
        .id = "FS-OWNER",
        .title = "Each owner is an account of the image",
        .severity = SEVERITY_MEDIUM,
        .action = RULE_DENY,
        .advice = "declare the `account`, or give the file to root",
        .elsewhere = "add the account to /etc/passwd and /etc/group, or give the file to root",
        .source = "CIS Debian Benchmark 6.1, Lynis FILE-6332",
        .why = "Looks at uid and gid of each path, which have to stand in /etc/passwd and "
               "/etc/group: an id without an account is some user of the host, or the next account "
               "that is made. Ids above 65535 are outside of what many hosts map into a user "
               "namespace, so the image can't be unpacked there.",
        .path = fs_owner,
        .hidden = fs_owner_far,
        .hidden_most = SEVERITY_MEDIUM,
    },
    {
        .id = "FS-APPWR",
        .title = "The app can't change its own code",
        .severity = SEVERITY_HIGH,
        .action = RULE_DENY,
        .advice = "leave it to root, and declare a `directory` for what the app must write",
        .elsewhere = "give it to root, and the app a directory or volume for what it must write",
        .source = "NIST SP 800-190 4.4.4, CWE-732",
        .why = "Looks for what the image's user can write: as its owner (who may change the mode "
               "too), by its group, as anybody, by an ACL, or because the directory that it lies "
               "in may be written, which is reported in its place. Whoever takes over the process "
               "could leave code there that runs next time.\n"
               "Meant to be written, and passed over: the home, /tmp, /var/tmp, volumes, and what "
               "the recipe declares as `directory`, outside of /usr, /etc and the like. An image "
               "that runs as root gets one CFG-USER instead.",
        .path = fs_appwr,
        .not_hidden = "the user can write only what shows",
    },
    {
        .id = "FS-DEV",
        .title = "No device node, fifo or socket",
        .severity = SEVERITY_HIGH,
        .action = RULE_DENY,
        .advice = "exclude the path: the engine makes the devices that a container has",
        .elsewhere = "remove it: the engine makes the devices that a container has",
        .source = "NIST SP 800-190 4.1",
        .why = "Looks at the kind of each path. A device node is a way to the host's hardware for "
               "whoever may open it. A character device 0:0 is what overlayfs hides files with. "
               "A package that brings one is refused while it is unpacked.",
        .path = fs_dev,
        .hidden = fs_dev,
        .hidden_most = SEVERITY_LOW,
    },
    {
        .id = "FS-XATTR",
        .title = "No extended attribute that a file system acts on",
        .severity = SEVERITY_HIGH,
        .action = RULE_DENY,
        .advice = "leave the attribute out",
        .source = "CVE-2023-0386, overlayfs",
        .why = "Looks for trusted.overlay.* and user.overlay.*, which make overlayfs hide or "
               "replace files of other layers, and for ACLs, which give rights that a mode doesn't "
               "show. Some unpackers act on them, others drop them, so the image isn't the same "
               "everywhere.",
        .path = fs_xattr,
        .hidden = fs_xattr,
        .hidden_most = SEVERITY_LOW,
    },
    {
        .id = "FS-LINK",
        .title = "Links lead somewhere",
        .severity = SEVERITY_LOW,
        .action = RULE_NOTE,
        .advice = "bring what it leads to, or exclude the link",
        .elsewhere = "add what it leads to, or remove the link",
        .source = "apko, distroless: broken links",
        .why = "Looks at symbolic links that lead nowhere, in a circle, or with more \"..\" than "
               "there are directories. What leads to /proc, /sys, /dev, /run or into declared "
               "data is there when the container runs.\n"
               "/etc/passwd, group, shadow, gshadow, nsswitch.conf, ld.so.cache and ld.so.preload "
               "have to be files: over a link somebody else decides what they say. That is "
               "refused.",
        .path = fs_link,
        .not_hidden = "nobody follows such a link, and what it led to may be gone as well",
    },
    {
        .id = "FS-USRMERGE",
        .title = "/bin, /sbin and /lib* are the links into /usr",
        .severity = SEVERITY_HIGH,
        .action = RULE_DENY,
        .advice = "put own files below /usr",
        .elsewhere = "put files below /usr, or copy them so that links stay links",
        .source = "Debian policy 10.1, base-files",
        .why = "Looks at /bin, /sbin, /lib, /lib32, /lib64 and /libx32: a layer that brings a "
               "directory in such a link's place hides everything behind it, the dynamic loader "
               "first, and nothing starts any more. An image in which all of them are directories "
               "is of the old form, and passed over.",
        .image = fs_usrmerge,
    },
    {
        .id = "FS-JUNK",
        .title = "No leavings",
        .severity = SEVERITY_LOW,
        .action = RULE_FIX,
        .advice = "what packages bring of it is left out; leave it out of own files",
        .elsewhere = "remove it in the step that makes it",
        .source = "Hadolint DL3009, Dockle DKL-DI-0005, melange's linter",
        .why = "Looks for caches (/var/cache, apt's lists), files in /tmp, /var/tmp and /run, "
               "Dockerfiles, copies that dpkg, rpm or an editor left, and static libraries and "
               "objects (.a, .o, .la), which only a linker needs. Of packages, caches, temporary "
               "files and linker's files are left out; the rest is noted.",
        .fix = junk_fix,
        .path = fs_junk,
        .hidden = fs_junk,
        .hidden_most = SEVERITY_INFO,
    },
    {
        .id = "FS-TIME",
        .title = "No file is newer than the image",
        .severity = SEVERITY_INFO,
        .action = RULE_FIX,
        .advice = "times are clamped to the package's; set SOURCE_DATE_EPOCH to a later one",
        .elsewhere = "build with SOURCE_DATE_EPOCH, and with a tool that clamps times to it",
        .source = "reproducible-builds.org: SOURCE_DATE_EPOCH",
        .why = "Looks at each path's time against the creation time that the config tells, never "
               "against today's clock. A later one means that the image wasn't made from what it "
               "says, or that SOURCE_DATE_EPOCH is older than a package. While packages are "
               "unpacked, times are clamped to the newest of the package itself.",
        .path = fs_time,
        .not_hidden = "a time tells how the image was made, and what is left tells it as well",
    },
    {0},
};
