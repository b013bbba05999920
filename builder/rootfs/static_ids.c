/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/accounts.h"

/* Debian policy 9.2.2: ids 0 to 99 are allocated globally, in base-passwd. */
static const struct {
    const char *name;
    uint32_t gid;
} groups[] = {
    {"root", 0},      {"daemon", 1},  {"bin", 2},         {"sys", 3},       {"adm", 4},
    {"tty", 5},       {"disk", 6},    {"lp", 7},          {"mail", 8},      {"news", 9},
    {"uucp", 10},     {"man", 12},    {"proxy", 13},      {"kmem", 15},     {"dialout", 20},
    {"fax", 21},      {"voice", 22},  {"cdrom", 24},      {"floppy", 25},   {"tape", 26},
    {"sudo", 27},     {"audio", 29},  {"dip", 30},        {"www-data", 33}, {"backup", 34},
    {"operator", 37}, {"list", 38},   {"irc", 39},        {"src", 40},      {"shadow", 42},
    {"utmp", 43},     {"video", 44},  {"sasl", 45},       {"plugdev", 46},  {"staff", 50},
    {"games", 60},    {"users", 100}, {"nogroup", 65534},
};

static const struct {
    const char *name;
    uint32_t uid, gid;
    const char *comment, *home;
} users[] = {
    {"daemon", 1, 1, "daemon", "/usr/sbin"},
    {"bin", 2, 2, "bin", "/bin"},
    {"sys", 3, 3, "sys", "/dev"},
    {"sync", 4, 65534, "sync", "/bin"},
    {"games", 5, 60, "games", "/usr/games"},
    {"man", 6, 12, "man", "/var/cache/man"},
    {"lp", 7, 7, "lp", "/var/spool/lpd"},
    {"mail", 8, 8, "mail", "/var/mail"},
    {"news", 9, 9, "news", "/var/spool/news"},
    {"uucp", 10, 10, "uucp", "/var/spool/uucp"},
    {"proxy", 13, 13, "proxy", "/bin"},
    {"www-data", 33, 33, "www-data", "/var/www"},
    {"backup", 34, 34, "backup", "/var/backups"},
    {"list", 38, 38, "Mailing List Manager", "/var/list"},
    {"irc", 39, 39, "ircd", "/run/ircd"},
    {"_apt", 42, 65534, "", "/nonexistent"},
    {"nobody", 65534, 65534, "nobody", "/nonexistent"},
};

static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

bool static_user(const char *name, uint32_t uid, struct user *ret)
{
    for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
        if (users[i].uid != uid && (!name || strcmp(users[i].name, name) != 0))
            continue;
        *ret = (struct user){
            .name = text(users[i].name),
            .comment = text(users[i].comment),
            .home = text(users[i].home),
            .shell = text(NOLOGIN),
            .uid = users[i].uid,
            .gid = users[i].gid,
            .origin = "Debian's static ids",
        };
        return true;
    }
    return false;
}

bool static_group(const char *name, uint32_t gid, const char **ret_name, uint32_t *ret_gid)
{
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        if (groups[i].gid != gid && (!name || strcmp(groups[i].name, name) != 0))
            continue;
        *ret_name = groups[i].name;
        *ret_gid = groups[i].gid;
        return true;
    }
    return false;
}
