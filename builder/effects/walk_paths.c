/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "base/text.h"
#include "effects/walk_state.h"

/* ---- what earlier calls have made ------------------------------------------------------------ */

static bool is_among(const char *word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, list[i]) == 0)
            return true;
    return false;
}

/* Whether the script's calls so far have made a path: the last one that names it counts. */
static const struct script_call *maker_of(const struct script_walk *r, const char *path)
{
    static const char *const makers[] = {"mkdir", "install", "touch", "ln", "cp", "mv"};
    static const char *const removers[] = {"rm", "rmdir"};
    for (size_t i = r->out->calls.n; i-- > 0;) {
        const struct script_call *c = &r->out->calls.v[i];
        const char *program = c->words.v[0];
        if (c->to && strcmp(c->to, path) == 0)
            return c;
        if (!strv_has(&c->words, path))
            continue;
        if (is_among(program, removers, ARRAY_SIZE(removers)))
            return NULL;
        if (is_among(program, makers, ARRAY_SIZE(makers)) ||
            (strcmp(program, "update-alternatives") == 0 && strv_has(&c->words, "--install")))
            return c;
    }
    return NULL;
}

static enum truth made_is(const struct script_call *c, char what)
{
    const char *program = c->words.v[0];
    bool link = !c->to && (strcmp(program, "ln") == 0 || program[0] == 'u');
    bool dir = !c->to && (strcmp(program, "mkdir") == 0 ||
                          (strcmp(program, "install") == 0 && strv_has(&c->words, "-d")));
    switch (what) {
    case 'e':
        return YES;
    case 'd':
        return dir ? YES : link ? MAYBE : NO;
    case 'f':
        return dir ? NO : link ? MAYBE : YES;
    case 'h':
    case 'L':
        return link ? YES : NO;
    default:
        return MAYBE;
    }
}

static bool makes_account(const struct script_call *c, const char *name, bool group)
{
    const char *program = c->words.v[0], *last = c->words.v[c->words.n - 1];
    bool user = strcmp(program, "adduser") == 0 || strcmp(program, "useradd") == 0;
    bool groups = strcmp(program, "addgroup") == 0 || strcmp(program, "groupadd") == 0;
    if (strcmp(last, name) != 0)
        return false;
    if (group)
        return groups || (user && strv_has(&c->words, "--group"));
    return user && (program[0] == 'u' || c->words.n < 3 || c->words.v[c->words.n - 2][0] == '-' ||
                    strv_has(&c->words, "--system"));
}

/* Those of base-passwd. */
enum truth walk_account(const struct script_walk *r, const char *name, bool group)
{
    static const char *const users[] = {
        "root", "daemon", "bin",   "sys",      "sync",   "games", "man", "lp",     "mail",
        "news", "uucp",   "proxy", "www-data", "backup", "list",  "irc", "nobody",
    };
    static const char *const groups[] = {
        "root",   "daemon", "bin",   "sys",      "games",   "man",      "lp",    "mail",
        "news",   "uucp",   "proxy", "www-data", "backup",  "list",     "irc",   "nogroup",
        "adm",    "tty",    "disk",  "kmem",     "dialout", "fax",      "voice", "cdrom",
        "floppy", "tape",   "sudo",  "audio",    "dip",     "operator", "src",   "shadow",
        "utmp",   "video",  "sasl",  "plugdev",  "staff",   "users",
    };
    if (group ? is_among(name, groups, ARRAY_SIZE(groups))
              : is_among(name, users, ARRAY_SIZE(users)))
        return YES;
    call_each(c, &r->out->calls) if (makes_account(c, name, group)) return YES;
    return NO;
}

/* ---- paths ---------------------------------------------------------------------------------- */

/* A path as an image has it: below the directories that were merged into /usr, without a slash at
 * its end. False if it isn't absolute and plain. */
static bool image_path(const char *path, struct buf *ret)
{
    static const char *const merged[] = {"bin/", "sbin/", "lib/", "lib64/"};
    if (path[0] != '/' || strstr(path, "//") || strstr(path, "/../") || strstr(path, "/./"))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(merged); i++)
        if (starts_with(path + 1, merged[i]))
            buf_addstr(ret, "usr/");
    buf_addstr(ret, path + 1);
    if (ret->len && ret->data[ret->len - 1] == '/')
        ret->data[--ret->len] = '\0';
    return !ret->overflow;
}

static const struct entry *own_entry(const struct script_walk *r, const char *path)
{
    for (size_t i = 0; i < r->package->n_entries; i++)
        if (strcmp(r->package->entries[i].path, path) == 0)
            return &r->package->entries[i];
    return NULL;
}

static enum truth own_is(const struct entry *own, char what)
{
    bool dir = own->type == ENTRY_DIRECTORY, link = own->type == ENTRY_SYMLINK;
    switch (what) {
    case 'h':
    case 'L':
        return truth_of(link);
    case 'e':
        return YES;
    case 'd':
        return link ? MAYBE : truth_of(dir);
    case 'f':
        return link ? MAYBE : truth_of(!dir);
    case 'x':
        return link || dir ? YES : truth_of((own->mode_deb & 0111) != 0);
    case 's':
        return link || dir ? MAYBE : truth_of(own->size > 0);
    default:
        return YES;
    }
}

/* What every system has before the first package's script runs, and what none has without being
 * booted; YES and NO, MAYBE of all others. */
static enum truth base_has(const char *path, char what)
{
    static const char *const dirs[] = {
        "",
        "bin",
        "sbin",
        "lib",
        "boot",
        "etc",
        "usr",
        "var",
        "tmp",
        "home",
        "root",
        "srv",
        "opt",
        "mnt",
        "run",
        "usr/bin",
        "usr/sbin",
        "usr/lib",
        "usr/share",
        "usr/local",
        "var/lib",
        "var/log",
        "var/cache",
        "var/spool",
        "var/tmp",
        "var/mail",
        "var/local",
        "etc/default",
        "etc/profile.d",
        "etc/skel",
        "usr/share/doc",
        "usr/share/man",
        "var/lib/dpkg",
    };
    static const char *const files[] = {"etc/passwd",
                                        "etc/group",
                                        "etc/os-release",
                                        "etc/debian_version",
                                        "usr/share/debconf/confmodule",
                                        "usr/lib/php/php-maintscript-helper"};
    static const char *const tools[] = {"usr/bin/", "usr/sbin/", "usr/lib/", "usr/libexec/"};
    static const char *const kernel[] = {"proc", "sys", "dev"};
    if (is_among(path, dirs, ARRAY_SIZE(dirs)))
        return strchr("edx", what) ? YES : what == 'f' ? NO : MAYBE;
    if (is_among(path, files, ARRAY_SIZE(files)))
        return strchr("efr", what) ? YES : what == 'd' ? NO : MAYBE;
    for (size_t i = 0; i < ARRAY_SIZE(kernel); i++)
        if (path_below(path, kernel[i]))
            return MAYBE;
    for (size_t i = 0; i < ARRAY_SIZE(tools) && what == 'x'; i++)
        if (starts_with(path, tools[i]))
            return YES;
    return NO;
}

enum truth walk_path_is(struct script_walk *r, char what, const char *text)
{
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
    if (!image_path(text, &path))
        return MAYBE;
    const char *at = buf_str(&path);
    const struct script_call *maker = maker_of(r, text);
    if (maker)
        return made_is(maker, what);
    const struct entry *own = own_entry(r, at);
    if (own)
        return strcmp(r->script, "postinst") == 0 ? own_is(own, what) : NO;
    enum truth base = base_has(at, what);
    if (base != NO)
        return base;
    if (world_has(r->world, at))
        return what == 'e' ? YES : what == 'd' ? NO : MAYBE;
    buf_addch(&path, '/');
    if (world_has(r->world, buf_str(&path)))
        return strchr("edxr", what) ? YES : what == 'f' ? NO : MAYBE;
    return NO;
}
