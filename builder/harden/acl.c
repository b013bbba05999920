/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/acl.h"
#include "base/text.h"

#define ACL_VERSION 2u
#define ALL_RIGHTS  7u

enum tag {
    TAG_USER = 0x02,
    TAG_GROUP_OBJ = 0x04,
    TAG_GROUP = 0x08,
    TAG_MASK = 0x10,
    TAG_OTHER = 0x20
};

/* What has been found so far; groups add up. */
struct acl {
    const struct identity *user;
    uint32_t owner_gid;
    unsigned named, groups, other, mask;
    bool has_named, has_group, has_mask;
};

static bool is_member(const struct acl *a, uint32_t gid)
{
    bool member = a->user->gid == gid;

    for (size_t i = 0; i < a->user->n_groups; i++)
        member |= a->user->groups[i] == gid;
    return member;
}

static void take(struct acl *a, enum tag tag, unsigned rights, uint32_t id)
{
    switch (tag) {
    case TAG_USER:
        if (id == a->user->uid) {
            a->named = rights;
            a->has_named = true;
        }
        break;
    case TAG_GROUP_OBJ:
    case TAG_GROUP:
        if (is_member(a, tag == TAG_GROUP ? id : a->owner_gid)) {
            a->groups |= rights;
            a->has_group = true;
        }
        break;
    case TAG_MASK:
        a->mask = rights;
        a->has_mask = true;
        break;
    case TAG_OTHER:
        a->other = rights;
        break;
    }
}

static uint32_t little(const char *p, unsigned bytes)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < bytes; i++)
        v |= (uint32_t)(unsigned char)p[i] << (8 * i);
    return v;
}

static bool read_binary(struct acl *a, const struct xattr *x)
{
    if (x->size < 4 || (x->size - 4) % 8 || little(x->value, 4) != ACL_VERSION)
        return false;
    for (size_t at = 4; at < x->size; at += 8)
        take(a, (enum tag)little(x->value + at, 2), little(x->value + at + 2, 2) & ALL_RIGHTS,
             little(x->value + at + 4, 4));
    return true;
}

static unsigned text_rights(struct slice s)
{
    return (memchr(s.p, 'r', s.n) ? 4u : 0) | (memchr(s.p, 'w', s.n) ? 2u : 0) |
           (memchr(s.p, 'x', s.n) ? 1u : 0);
}

/* "user:NAME:RIGHTS" or "user:NAME:RIGHTS:ID"; a name that is a number is an id. */
static bool read_entry(struct acl *a, struct slice entry)
{
    struct slice part[4] = {{"", 0}, {"", 0}, {"", 0}, {"", 0}};
    uint32_t id;

    for (size_t i = 0; i < ARRAY_SIZE(part) && entry.p; i++) {
        const char *colon = memchr(entry.p, ':', entry.n);
        size_t n = colon ? (size_t)(colon - entry.p) : entry.n;
        part[i] = (struct slice){entry.p, n};
        entry = (struct slice){colon ? colon + 1 : NULL, colon ? entry.n - n - 1 : 0};
    }
    bool named = part[1].n > 0;
    if (named && !login_number(part[3].n ? part[3] : part[1], &id))
        return false;
    if (slice_eq(part[0], "user") && named)
        take(a, TAG_USER, text_rights(part[2]), id);
    else if (slice_eq(part[0], "group"))
        take(a, named ? TAG_GROUP : TAG_GROUP_OBJ, text_rights(part[2]), named ? id : 0);
    else if (slice_eq(part[0], "mask"))
        take(a, TAG_MASK, text_rights(part[2]), 0);
    else if (slice_eq(part[0], "other"))
        take(a, TAG_OTHER, text_rights(part[2]), 0);
    return true;
}

static bool read_text(struct acl *a, const struct xattr *x)
{
    CLEANUP(strv_release) struct strv entries = STRV_INIT;
    bool ok = true;

    strv_split(&entries, (struct slice){x->value, x->size}, ",\n");
    strv_each (entry, &entries)
        ok &= read_entry(a, slice_of(*entry));
    return ok;
}

bool acl_is_name(const char *name)
{
    return starts_with(name, "system.posix_acl_") || starts_with(name, "SCHILY.acl.");
}

unsigned acl_rights(const struct node *n, const struct identity *user, unsigned mode)
{
    for (size_t i = 0; i < n->facts->n_xattrs; i++) {
        const struct xattr *x = &n->facts->xattrs[i];
        struct acl a = {.user = user, .owner_gid = n->gid};
        bool text = strcmp(x->name, "SCHILY.acl.access") == 0;
        if (!text && strcmp(x->name, "system.posix_acl_access") != 0)
            continue;
        if (!(text ? read_text(&a, x) : read_binary(&a, x)))
            return ALL_RIGHTS;
        unsigned mask = a.has_mask ? a.mask : ALL_RIGHTS;
        return a.has_named ? a.named & mask : a.has_group ? a.groups & mask : a.other;
    }
    return mode;
}
