/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/decide.h"
#include "base/path.h"
#include "recipe/conf.h"
#include "rootfs/content.h"

void decisions_start(struct decisions *d, const struct edit_policy *policy, struct package *p)
{
    *d = (struct decisions){.policy = policy, .package = p};
}

void decisions_release(struct decisions *d)
{
    path_set_release(&d->paths);
    free(d->files);
    *d = (struct decisions){0};
}

/* A file that has a target was a link in the deb (package.h). */
static bool is_link(const struct entry *e)
{
    return e->type == ENTRY_HARDLINK || (e->type == ENTRY_FILE && e->target);
}

static bool has_capability(const struct entry *e)
{
    return e->facts && e->facts->marks & MARK_CAPABILITY;
}

/* The entry that has the data of a hard link. It has to stand before the link; its own root is
 * known then, so that links to links end at one entry. */
static int find_root(const struct decisions *d, size_t index, size_t *ret, struct err *err)
{
    const struct entry *entries = d->package->entries;
    size_t at;
    if (!path_set_find(&d->paths, entries[index].target, &at) || at == PATH_IMPLIED ||
        at == index || (entries[at].type != ENTRY_FILE && entries[at].type != ENTRY_HARDLINK)) {
        return err_set(err, "it is a hard link to /%s, which is no earlier file of the package",
                       entries[index].target);
    }
    *ret = d->files[at].root;
    return 0;
}

/* A name of a file has that file's attributes, whatever its own header says. */
static void take_attributes(struct package *p, size_t index, size_t root)
{
    p->entries[index].mode_deb = p->entries[root].mode_deb;
    p->entries[index].uid = p->entries[root].uid;
    p->entries[index].gid = p->entries[root].gid;
    p->entries[index].mtime = p->entries[root].mtime;
}

/* Asks the policy about an entry, by its own name. A hard link is asked about as the file that it
 * is a name of: with that one's size, and with the mode that the file has by now, which an edit of
 * an earlier name may have changed. Nothing that isn't in the facts is asked (no content), so that
 * decide_again asks the same. */
static void ask(const struct decisions *d, size_t index, struct edit *ret)
{
    const struct entry *entries = d->package->entries;
    const struct entry *e = &entries[index], *root = &entries[d->files[index].root];
    size_t owner = d->files[d->files[index].root].owner;
    struct entry question = {
        .path = e->path,
        .target = e->type == ENTRY_SYMLINK ? e->target : NULL,
        .size = root->size,
        .mtime = e->mtime,
        .uid = e->uid,
        .gid = e->gid,
        .mode = owner == NO_ENTRY ? e->mode_deb : entries[owner].mode,
        .mode_deb = e->mode_deb,
        .type = is_link(e) ? ENTRY_FILE : e->type,
    };
    *ret = d->policy->decide(d->policy->context, d->package->name, &question);
}

static int refused(const struct entry *e, const struct edit *edit, struct err *err)
{
    CLEANUP(buf_release) struct buf path = BUF_INIT(0);
    err_code(err, ERR_POLICY, "rule %s: %s", edit->rule, edit->reason);
    conf_add_glob(&path, e->path, strlen(e->path));
    return err_hint(err, "allow { rule = \"%s\"   path = \"/%s\"   reason = \"...\" }", edit->rule,
                    buf_str(&path));
}

/* All names of a file have one mode: that of the name that has the data. A policy that lets one
 * name have what it doesn't let the other have can't be followed. */
static int agree_on_mode(struct decisions *d, size_t index, const struct edit *edit,
                         const struct entry *owner, struct err *err)
{
    struct entry *e = &d->package->entries[index];
    if (edit->action == EDIT_MODE && owner->mode & ~edit->mode) {
        err_code(err, ERR_POLICY,
                 "rule %s: it is a hard link to /%s, which keeps mode %04o, and must not have it",
                 edit->rule, owner->path, owner->mode);
        return err_hint(err, "allow both paths, or neither");
    }
    e->mode = owner->mode;
    if (owner->rule || !has_capability(e))
        e->rule = owner->rule;
    return 0;
}

/* An entry's fields by the edit: dropped or not, mode, and which rule is to be named. Of what the
 * deb had nothing is lost: mode_deb stays, and decide_again starts from it. */
static int apply_edit(struct decisions *d, size_t index, const struct edit *edit, struct err *err)
{
    struct package *p = d->package;
    struct entry *e = &p->entries[index];
    e->mode = e->mode_deb;
    e->dropped = edit->action == EDIT_DROP;
    e->rule = NULL;
    if (has_capability(e))
        e->rule = package_rule(p, RULE_CAPABILITY);
    if (edit->action == EDIT_REFUSE)
        return refused(e, edit, err);
    if (edit->action == EDIT_MODE)
        e->mode = edit->mode & 07777;
    if (e->dropped || e->mode != e->mode_deb)
        e->rule = package_rule(p, edit->rule);
    return 0;
}

/* A link follows the name that has the data, or becomes it. */
static int apply_link(struct decisions *d, size_t index, const struct edit *edit, struct err *err)
{
    struct package *p = d->package;
    struct entry *e = &p->entries[index];
    struct entry_file *root = &d->files[d->files[index].root];
    if (e->dropped)
        return 0;
    free(e->target);
    if (root->owner == NO_ENTRY) {
        root->owner = index;
        e->target = xstrdup(p->entries[root->root].path);
        return 0;
    }
    const struct entry *owner = &p->entries[root->owner];
    e->target = xstrdup(owner->path);
    return agree_on_mode(d, index, edit, owner, err);
}

/* In this order: where it stands (a directory may be there already by its other name), whose data
 * it has, what the policy says of it, and last which name has the data in the layer. The owner of
 * a file is its first name that is kept: a root that is dropped leaves it open, and the next name
 * that isn't becomes it. */
int decide_entry(struct decisions *d, bool moved, struct err *err)
{
    struct package *p = d->package;
    size_t index = p->n_entries - 1;
    int r = path_set_add(&d->paths, p->entries[index].path,
                         p->entries[index].type == ENTRY_DIRECTORY, moved, index, err);
    if (r < 0)
        return r;
    if (r > 0) {
        free(p->entries[index].path);
        free(p->entries[index].target);
        file_facts_free(p->entries[index].facts);
        p->entries[index] = (struct entry){0};
        p->n_entries--;
        return 1;
    }
    bool link = is_link(&p->entries[index]);
    GROW(d->files, d->n_files, d->cap_files);
    struct entry_file *file = &d->files[d->n_files++];
    *file = (struct entry_file){.root = index, .owner = NO_ENTRY};
    if (link && (r = find_root(d, index, &file->root, err)) < 0)
        return r;
    take_attributes(p, index, file->root);

    struct edit edit;
    ask(d, index, &edit);
    if ((r = apply_edit(d, index, &edit, err)) < 0)
        return r;
    if (link)
        return apply_link(d, index, &edit, err);
    if (!p->entries[index].dropped)
        file->owner = index;
    return 0;
}

bool decisions_owns(const struct decisions *d, size_t index)
{
    return d->files[d->files[index].root].owner == index;
}

static size_t add_parent(struct decisions *d, const char *path)
{
    struct package *p = d->package;
    GROW(p->entries, p->n_entries, p->cap_entries);
    p->entries[p->n_entries] = (struct entry){
        .path = xstrdup(path),
        .mtime = p->time,
        .mode = 0755,
        .mode_deb = 0755,
        .type = ENTRY_DIRECTORY,
        .rule = package_rule(p, RULE_PARENT),
    };
    path_set_claim(&d->paths, path, p->n_entries);
    return p->n_entries++;
}

/* With the deb's attributes, less what no policy lets through unseen. */
static void bring_back(struct entry *e)
{
    uint16_t bad = e->mode_deb & 01000 ? 06000 : 06002;
    e->dropped = false;
    e->mode = e->mode_deb & ~bad;
    if (e->mode == e->mode_deb)
        e->rule = NULL;
}

/* The directories above a kept entry: those that the deb doesn't have are added, those that were
 * dropped come back. Up to the first that was seen before, as its own parents were seen then. */
static void need_parents(struct decisions *d, size_t index, bool *seen, size_t n_seen)
{
    CLEANUP(free_ptr) char *path = xstrdup(d->package->entries[index].path);
    for (struct slice dir = path_dir(path); dir.n; dir = path_dir(path)) {
        path[dir.n] = '\0';
        size_t at;
        if (!path_set_find(&d->paths, path, &at))
            return;
        if (at == PATH_IMPLIED) {
            add_parent(d, path);
            continue;
        }
        if (at >= n_seen || seen[at])
            return;
        seen[at] = true;
        if (d->package->entries[at].dropped)
            bring_back(&d->package->entries[at]);
    }
}

void decide_directories(struct decisions *d)
{
    size_t n = d->package->n_entries;
    CLEANUP(free_ptr) bool *seen = xcalloc(n ? n : 1, sizeof(*seen));
    for (size_t i = 0; i < n; i++) {
        if (!d->package->entries[i].dropped)
            need_parents(d, i, seen, n);
    }
}

/* Without the directories that the deb doesn't have: they are the last ones. */
static void forget_parents(struct package *p)
{
    while (p->n_entries) {
        struct entry *e = &p->entries[p->n_entries - 1];
        if (!e->rule || strcmp(e->rule, RULE_PARENT) != 0)
            return;
        free(e->path);
        p->n_entries--;
    }
}

int decide_again(struct package *p, const struct edit_policy *policy, struct err *err)
{
    CLEANUP(decisions_release) struct decisions d;
    decisions_start(&d, policy, p);
    forget_parents(p);
    size_t n = p->n_entries;
    for (p->n_entries = 1; p->n_entries <= n; p->n_entries++) {
        int r = decide_entry(&d, false, err);
        if (r != 0) {
            const char *path = p->entries[p->n_entries - 1].path;
            p->n_entries = n;
            return r < 0 ? err_wrap(err, "/%s", path) : err_set(err, "facts that can't be");
        }
    }
    p->n_entries = n;
    decide_directories(&d);
    return 0;
}

struct sha256 package_key(const struct package *p, const struct sha256 *tables,
                          const struct compressor *compressor)
{
    CLEANUP(strv_release) struct strv edits = STRV_INIT;
    for (size_t i = 0; i < p->n_entries; i++) {
        const struct entry *e = &p->entries[i];
        if (e->dropped)
            strv_addf(&edits, "drop /%s %s\n", e->path, e->rule);
        else if (e->mode != e->mode_deb && e->rule)
            strv_addf(&edits, "mode /%s %04o %s\n", e->path, e->mode, e->rule);
    }
    strv_sort(&edits);
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    buf_addf(&text, "mkimage package %d\ntables %s\ndeb %s\ncodec %s %s %d\n", PACKAGE_FORMAT,
             sha256_hex(tables).s, sha256_hex(&p->deb).s, codec_name(compressor->codec),
             codec_version(compressor->codec), compressor->level);
    strv_each (edit, &edits)
        buf_addstr(&text, *edit);
    return sha256_of(text.data, text.len);
}
