/* SPDX-License-Identifier: Apache-2.0 */
#include "elfworld.h"
#include "rootfs/ld_cache.h"
#include "unit.h"

#include <elf.h>

void elfworld_put(struct subject *s, const struct part *p)
{
    struct subject_file f = {.path = p->path,
                             .mode = 0755,
                             .target = p->target,
                             .text = p->text,
                             .package = p->package,
                             .origin = p->origin};

    if (!p->target && !p->text) {
        f.facts = good_elf();
        struct elf_facts *e = f.facts->elf;
        e->flags &= ~(uint32_t)((p->interp ? 0 : ELF_IS_PIE) | (p->narrow ? ELF_IS_64 : 0));
        e->flags |= p->nodeflib ? ELF_NODEFLIB : 0;
        e->machine = p->machine ? p->machine : EM_X86_64;
        e->interp = p->interp ? xstrdup(p->interp) : NULL;
        e->soname = p->soname ? xstrdup(p->soname) : NULL;
        e->rpath = p->rpath ? xstrdup(p->rpath) : NULL;
        e->runpath = p->runpath ? xstrdup(p->runpath) : NULL;
        for (size_t i = 0; i < ARRAY_SIZE(p->needed) && p->needed[i]; i++)
            strv_add(&e->needed, p->needed[i]);
        for (size_t i = 0; i < ARRAY_SIZE(p->asks) && p->asks[i]; i++) {
            strv_add(&e->versions_of, p->needed[0]);
            strv_add(&e->versions, p->asks[i]);
        }
        for (size_t i = 0; i < ARRAY_SIZE(p->has) && p->has[i]; i++)
            strv_add(&e->defines, p->has[i]);
    }
    subject_put(s, &f);
}

static void check_put_cache(struct subject *s, const char *const *lines, size_t n)
{
    struct ld_entry entries[3] = {{0}};
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(0);
    CLEANUP(err_release) struct err err = ERR_INIT;

    for (size_t i = 0; i < n; i++) {
        bool some = lines[i][0] == '+';
        const char *equals = strchr(lines[i], '=');
        entries[i] = (struct ld_entry){
            .soname = xstrndup(lines[i] + some, (size_t)(equals - lines[i]) - some),
            .path = xstrdup(equals + 1),
            .hwcaps = some ? xstrdup("x86-64-v3") : NULL,
            .flags = 0x303,
        };
    }
    ld_cache_format(entries, n, false, &bytes);
    struct node_spec spec = {
        .path = "etc/ld.so.cache",
        .mode = 0644,
        .size = bytes.len,
        .content = {.from = FROM_MEMORY, .bytes = xmemdup(bytes.data, bytes.len), .fd = -1},
        .origin = "test",
    };
    assert_ok(tree_put(s->tree, &spec, &err), &err);
    for (size_t i = 0; i < n; i++) {
        free(entries[i].soname);
        free(entries[i].path);
        free(entries[i].hwcaps);
    }
}

char *elfworld_found(struct subject *s)
{
    struct buf out = BUF_INIT(0);

    (void)subject_count(s, "ELF-NEED");
    for (size_t i = 0; i < s->found.n; i++)
        if (strcmp(s->found.v[i].rule->id, "ELF-NEED") == 0)
            buf_addf(&out, "%s: %s\n", s->found.v[i].path, s->found.v[i].text);
    return out.data ? buf_detach(&out) : xstrdup("");
}

void elfworld_check(const struct world *worlds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct world *w = &worlds[i];
        struct subject *s = subject_new();
        size_t cached = 0;
        s->view.arch = w->arch ? w->arch : "amd64";
        subject_put(s, &(struct subject_file){.path = "lib64", .target = "usr/lib64"});
        if (w->env)
            strv_add(&s->image.env, w->env);
        while (cached < ARRAY_SIZE(w->cache) && w->cache[cached])
            cached++;
        if (cached)
            check_put_cache(s, w->cache, cached);
        for (size_t k = 0; k < ARRAY_SIZE(w->parts) && w->parts[k].path; k++)
            elfworld_put(s, &w->parts[k]);
        CLEANUP(free_ptr) char *found = elfworld_found(s);
        if (strcmp(found, w->found) != 0)
            fail_msg("%s: found\n%snot\n%s", w->name, found, w->found);
        subject_free(s);
    }
}
