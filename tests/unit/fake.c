/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"
#include <elf.h>

struct package *fake_package(const char *name, const char *version)
{
    struct package *p = xcalloc(1, sizeof(*p));
    p->name = xstrdup(name);
    p->version = xstrdup(version);
    p->arch = xstrdup("amd64");
    p->source = xstrdup(name);
    p->source_version = xstrdup(version);
    p->control = xasprintf("Package: %s\nVersion: %s\nArchitecture: amd64\n", name, version);
    p->md5sums = xstrdup("");
    p->time = 1000;
    return p;
}

static struct entry *add(struct package *p, const char *path, enum entry_type type, uint16_t mode)
{
    GROW(p->entries, p->n_entries, p->cap_entries);
    struct entry *e = &p->entries[p->n_entries++];
    *e = (struct entry){
        .path = xstrdup(path), .type = type, .mode = mode, .mode_deb = mode, .mtime = 900};
    return e;
}

struct entry *fake_dir(struct package *p, const char *path, uint16_t mode)
{
    return add(p, path, ENTRY_DIRECTORY, mode);
}

struct entry *fake_link(struct package *p, const char *path, const char *target)
{
    struct entry *e = add(p, path, ENTRY_SYMLINK, 0777);
    e->target = xstrdup(target);
    return e;
}

struct entry *fake_bytes(struct package *p, const char *path, const void *bytes, size_t n)
{
    struct entry *e = add(p, path, ENTRY_FILE, 0644);
    e->size = n;
    e->sha256 = sha256_of(bytes, n);
    e->facts = xcalloc(1, sizeof(*e->facts));
    e->facts->content = xmalloc(n + 1);
    memcpy(e->facts->content, bytes, n);
    e->facts->content[n] = '\0';
    e->facts->content_size = n;
    return e;
}

struct entry *fake_file(struct package *p, const char *path, const char *text)
{
    return fake_bytes(p, path, text, strlen(text));
}

struct entry *fake_elf(struct package *p, const char *path, const char *soname, uint16_t machine)
{
    struct entry *e = add(p, path, ENTRY_FILE, 0644);
    e->size = 1234;
    e->facts = xcalloc(1, sizeof(*e->facts));
    e->facts->marks = MARK_ELF;
    e->facts->elf = xcalloc(1, sizeof(*e->facts->elf));
    e->facts->elf->flags = ELF_IS_64 | ELF_DYNAMIC;
    e->facts->elf->machine = machine;
    e->facts->elf->type = ET_DYN;
    e->facts->elf->soname = soname ? xstrdup(soname) : NULL;
    return e;
}

void fake_script(struct package *p, const char *name, const char *text)
{
    p->scripts = xrealloc(p->scripts, p->n_scripts + 1, sizeof(*p->scripts));
    p->scripts[p->n_scripts++] = (struct control_file){
        .name = xstrdup(name), .text = xstrdup(text), .size = strlen(text)};
}
