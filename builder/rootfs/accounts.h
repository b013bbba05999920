/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image's accounts while they are put together: root, nobody, the user, the recipe's, those
 * of sysusers.d fragments and of scripts that make them by hand, and of Debian's static ids
 * (base-passwd) just those that a shipped path is owned by.
 *
 *     assemble_accounts        who there is, with ids: assembly.known
 *     …                        what gives paths to them (accounts_owner)
 *     assemble_account_files   static ids, homes, etc/passwd and its like
 *
 * No account has a password ("*"), none a login shell unless recipe or fragment name one. Written
 * sorted by id: etc/passwd and etc/group 0644, etc/shadow 0600, root's.
 *
 * The user's home: 5000:5000 0755, unless the tree has that path already, or a `directory` of the
 * recipe says otherwise (for random uids in group 0, as OpenShift gives them: group = 0,
 * mode = 0775).
 */
#ifndef MKIMAGE_ROOTFS_ACCOUNTS_H
#define MKIMAGE_ROOTFS_ACCOUNTS_H

#include "rootfs/pathmap.h"
#include "rootfs/sysusers.h"
#include "rootfs/tree.h"

#define NOLOGIN "/sbin/nologin"

struct user {
    char *name, *comment, *home, *shell;
    uint32_t uid, gid;
    const char *origin; /* borrowed */
};
struct account_group {
    char *name;
    uint32_t gid;
    struct strv members;
    const char *origin;
};
struct accounts {
    struct user *users;
    size_t n_users, cap_users;
    struct account_group *groups;
    size_t n_groups, cap_groups;
    struct pathmap index; /* both by name and by id */
};

struct assembly;

void accounts_release(struct accounts *a);
struct user *accounts_user(const struct accounts *a, const char *name);
struct user *accounts_uid(const struct accounts *a, uint32_t uid);
struct account_group *accounts_group(const struct accounts *a, const char *name);
struct account_group *accounts_gid(const struct accounts *a, uint32_t gid);
/* Both say which one is there already when a name or an id is taken. */
int accounts_add_user(struct accounts *a, const struct user *u, struct err *err) MUST_USE;
int accounts_add_group(struct accounts *a, const char *name, uint32_t gid, const char *origin,
                       struct err *err) MUST_USE;

/* Takes in lines of fragments and scripts (the tree serves ids given as a path). Ids left open are
 * those that assembly.accounts has, else allotted as systemd does: downwards from 999, a user's
 * group with the same number; what was allotted is added to assembly.accounts. One of those that is
 * somebody else's by now is allotted anew, which is noted. guests: they are third parties', who
 * come after Debian's; a member of a group is only made of accounts that they add. */
void accounts_sysusers(struct accounts *accounts, struct assembly *a, const struct tree *t,
                       const struct sysusers *lines, bool guests);

/* Debian's static ids (base-passwd 3.6): fills name, ids, home and comment; false if there is
 * none. NULL names and SYSUSERS_NO_ID ids match nothing. */
bool static_user(const char *name, uint32_t uid, struct user *ret);
bool static_group(const char *name, uint32_t gid, const char **ret_name, uint32_t *ret_gid);

/* Ids by name or number, as chown(1) takes them; static ones are known as well. NULL, or a name
 * that nobody has, gives SYSUSERS_NO_ID. ret_gid (may be NULL): the user's own group. */
uint32_t accounts_uid_of(const struct accounts *a, const char *user, uint32_t *ret_gid);
uint32_t accounts_gid_of(const struct accounts *a, const char *group);

#endif
