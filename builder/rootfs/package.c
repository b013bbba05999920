/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/package.h"

void file_facts_free(struct file_facts *f)
{
    if (!f)
        return;
    if (f->elf) {
        free(f->elf->interp);
        free(f->elf->soname);
        free(f->elf->runpath);
        free(f->elf->rpath);
        strv_release(&f->elf->needed);
        strv_release(&f->elf->versions_of);
        strv_release(&f->elf->versions);
        strv_release(&f->elf->defines);
        free(f->elf);
    }
    free(f->interpreter);
    free(f->program);
    free(f->key);
    free(f->token);
    free(f->content);
    for (size_t i = 0; i < f->n_xattrs; i++) {
        free(f->xattrs[i].name);
        free(f->xattrs[i].value);
    }
    free(f->xattrs);
    free(f);
}

void package_free(struct package *p)
{
    if (!p)
        return;
    free(p->name);
    free(p->version);
    free(p->arch);
    free(p->source);
    free(p->source_version);
    free(p->control);
    free(p->md5sums);
    strv_release(&p->replaces);
    for (size_t i = 0; i < p->n_scripts; i++) {
        free(p->scripts[i].name);
        free(p->scripts[i].text);
    }
    free(p->scripts);
    for (size_t i = 0; i < p->n_entries; i++) {
        free(p->entries[i].path);
        free(p->entries[i].target);
        file_facts_free(p->entries[i].facts);
    }
    free(p->entries);
    strv_release(&p->rules);
    free(p);
}

const char *package_rule(struct package *p, const char *rule)
{
    if (!rule)
        return NULL;
    for (size_t i = 0; i < p->rules.n; i++) {
        if (strcmp(p->rules.v[i], rule) == 0)
            return p->rules.v[i];
    }
    strv_add(&p->rules, rule);
    return p->rules.v[p->rules.n - 1];
}

const struct entry *package_find(const struct package *p, const char *path)
{
    for (size_t i = 0; i < p->n_entries; i++) {
        if (!p->entries[i].dropped && strcmp(p->entries[i].path, path) == 0)
            return &p->entries[i];
    }
    return NULL;
}
