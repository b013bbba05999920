/* SPDX-License-Identifier: Apache-2.0 */
#include "harden.h"
#include "unit.h"

#include <elf.h>

static const char passwd[] = "root:x:0:0:root:/root:/sbin/nologin\n"
                             "mortaluser:x:5000:5000::/home/mortaluser:/sbin/nologin\n";
static const char group[] = "root:x:0:\nshadow:x:42:\nmortaluser:x:5000:\n";

struct subject *subject_new(void)
{
    static const char *const directories[] = {"usr", "usr/bin", "usr/lib", "usr/sbin", "etc"};
    static const char *const links[][2] = {
        {"bin", "usr/bin"}, {"lib", "usr/lib"}, {"sbin", "usr/sbin"}};
    struct subject *s = xcalloc(1, sizeof(*s));

    s->tree = tree_new();
    s->image.user = xstrdup("5000:5000");
    s->image.created = 1000;
    s->view = (struct view){.image = &s->image,
                            .tree = s->tree,
                            .arch = "amd64",
                            .history = &s->history,
                            .writable = &s->writable,
                            .declared = &s->declared,
                            .records = RECORDS_DPKG};
    for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
        subject_put(s, &(struct subject_file){.path = directories[i], .type = ENTRY_DIRECTORY});
    for (size_t i = 0; i < ARRAY_SIZE(links); i++)
        subject_put(s, &(struct subject_file){.path = links[i][0], .target = links[i][1]});
    subject_put(s, &(struct subject_file){.path = "tmp", .type = ENTRY_DIRECTORY, .mode = 01777});
    subject_put(s, &(struct subject_file){.path = "etc/passwd", .text = passwd});
    subject_put(s, &(struct subject_file){.path = "etc/group", .text = group});
    return s;
}

void subject_free(struct subject *s)
{
    findings_release(&s->found);
    tree_free(s->tree);
    for (size_t i = 0; i < s->n_packages; i++)
        package_free(s->packages[i]);
    free(s->packages);
    strv_release(&s->history);
    strv_release(&s->writable);
    strv_release(&s->declared);
    image_release(&s->image);
    free(s);
}

struct package *subject_package(struct subject *s, const char *name)
{
    for (size_t i = 0; i < s->n_packages; i++)
        if (strcmp(s->packages[i]->name, name) == 0)
            return s->packages[i];
    GROW(s->packages, s->n_packages, s->cap_packages);
    struct package *p = s->packages[s->n_packages++] = xcalloc(1, sizeof(*p));
    p->name = xstrdup(name);
    p->source = xstrdup(name);
    p->version = xstrdup("1.0");
    return p;
}

static struct file_facts *facts_of(const struct subject_file *f)
{
    struct file_facts *facts = f->facts;

    if (!facts && (f->xattr || (f->text && f->package)))
        facts = xcalloc(1, sizeof(*facts));
    if (f->text && f->package) {
        facts->content = xstrdup(f->text);
        facts->content_size = strlen(f->text);
    }
    if (!f->xattr)
        return facts;
    facts->xattrs = xcalloc(1, sizeof(*facts->xattrs));
    facts->xattrs[facts->n_xattrs++] = (struct xattr){
        xstrdup(f->xattr), xstrdup(f->value ? f->value : ""), f->value ? strlen(f->value) : 0};
    return facts;
}

void subject_put(struct subject *s, const struct subject_file *f)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    const char *text = f->text ? f->text : "";
    struct node_spec spec = {
        .path = f->path,
        .type = f->target && f->type == ENTRY_FILE ? ENTRY_SYMLINK : f->type,
        .mode = f->mode                      ? f->mode
                : f->type == ENTRY_DIRECTORY ? 0755
                                             : 0644,
        .uid = f->uid,
        .gid = f->gid,
        .mtime = f->mtime,
        .target = f->target,
        .size = f->size ? f->size : strlen(text),
        .content = {.from = FROM_MEMORY, .bytes = xstrdup(text), .fd = -1},
        .facts = facts_of(f),
        .replace = true,
        .origin = "test",
    };

    if (tree_put(s->tree, &spec, &err) < 0)
        fail_msg("%s", err.message);
    struct node *n = tree_find(s->tree, f->path);
    assert_non_null(n);
    if (f->package)
        n->package = subject_package(s, f->package);
    n->origin = f->origin ? (*f->origin ? f->origin : NULL) : n->origin;
}

static void check(struct subject *s)
{
    if (s->checked)
        return;
    view_start(&s->view);
    policy_check(&s->recipe, &s->view, &s->found);
    view_release(&s->view);
    s->checked = true;
}

size_t subject_count(struct subject *s, const char *rule)
{
    size_t n = 0;

    assert_non_null(rule_find(rule));
    check(s);
    for (size_t i = 0; i < s->found.n; i++)
        if (strcmp(s->found.v[i].rule->id, rule) == 0)
            n += 1 + s->found.v[i].more.n;
    return n;
}

const struct finding *subject_find(struct subject *s, const char *rule)
{
    check(s);
    for (size_t i = 0; i < s->found.n; i++)
        if (strcmp(s->found.v[i].rule->id, rule) == 0)
            return &s->found.v[i];
    return NULL;
}

void subject_assert_clean(struct subject *s)
{
    check(s);
    for (size_t i = 0; i < s->found.n; i++)
        fail_msg("%s /%s: %s", s->found.v[i].rule->id, s->found.v[i].path ? s->found.v[i].path : "",
                 s->found.v[i].text);
}

struct file_facts *good_elf(void)
{
    struct file_facts *f = xcalloc(1, sizeof(*f));

    f->marks = MARK_ELF;
    f->elf = xcalloc(1, sizeof(*f->elf));
    f->elf->flags = ELF_IS_64 | ELF_IS_PIE | ELF_RELRO | ELF_NOW | ELF_NX | ELF_SSP | ELF_FORTIFY |
                    ELF_DYNAMIC | ELF_LOADABLE;
    f->elf->machine = EM_X86_64;
    f->elf->type = ET_DYN;
    return f;
}

struct file_facts *script_facts(const char *interpreter)
{
    struct file_facts *f = xcalloc(1, sizeof(*f));

    f->marks = MARK_SCRIPT;
    f->interpreter = xstrdup(interpreter);
    return f;
}
