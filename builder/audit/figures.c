/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/audit.h"
#include "harden/rules_elf.h"
#include "rootfs/elf.h"

static bool is_shell(const struct finding *f)
{
    return strcmp(f->rule->id, "SW-SHELL") == 0;
}

static int by_address(const void *a, const void *b)
{
    const struct node *x = *(const struct node *const *)a, *y = *(const struct node *const *)b;
    return x < y ? -1 : x > y;
}

/* One busybox has hundreds of names, links of both kinds. */
static void measure_shells(const struct audited *a, struct audit_figures *f)
{
    const struct node **files = NULL;
    size_t n = 0, cap = 0;

    for (size_t i = 0; i < a->findings.n; i++) {
        const struct finding *is = &a->findings.v[i];
        for (size_t k = 0; is_shell(is) && k <= is->more.n; k++) {
            const struct node *file = tree_resolve(a->flat.tree, k ? is->more.v[k - 1] : is->path);
            if (file && file->type == ENTRY_HARDLINK)
                file = tree_find(a->flat.tree, file->target);
            f->shell_names++;
            GROW(files, n, cap);
            files[n++] = file;
        }
    }
    if (n)
        qsort(files, n, sizeof(*files), by_address);
    for (size_t i = 0; i < n; i++)
        f->shells += files[i] && (i == 0 || files[i] != files[i - 1]);
    free(files);
}

static void measure_elf(const struct elf_facts *e, struct audit_figures *f)
{
    bool dynamic = e->flags & ELF_DYNAMIC;

    f->elf++;
    if (elf_is_program(e)) {
        f->programs++;
        f->no_pie += !(e->flags & ELF_IS_PIE);
    }
    f->relro_of += dynamic;
    f->no_relro += dynamic && !(e->flags & ELF_RELRO);
    bool table = dynamic && e->flags & (ELF_LAZY | ELF_NOW);
    f->now_of += table;
    f->no_now += table && !(e->flags & ELF_NOW);
    f->no_nx += !(e->flags & ELF_NX) || e->flags & ELF_WX;
    bool buffers = dynamic && e->flags & (ELF_BUFFERS | ELF_SSP) &&
                   !(e->flags & (ELF_GO | ELF_RUST));
    f->ssp_of += buffers;
    f->no_ssp += buffers && !(e->flags & ELF_SSP);
    bool checkable = dynamic && e->flags & (ELF_UNFORTIFIED | ELF_FORTIFY) &&
                     !(e->flags & (ELF_GO | ELF_RUST));
    f->fortify_of += checkable;
    f->no_fortify += checkable && !(e->flags & ELF_FORTIFY);
}

static void measure_node(const struct audited *a, const struct node *n, bool reached,
                         struct audit_figures *f)
{
    const struct view *v = &a->view;
    const struct file_facts *facts = view_facts(v, n);
    bool file = n->type == ENTRY_FILE, named = file || n->type == ENTRY_HARDLINK;

    f->files += file;
    f->directories += n->type == ENTRY_DIRECTORY;
    f->links += n->type == ENTRY_SYMLINK;
    f->bytes += file ? n->size : 0;
    f->setuid += file && n->mode & 06000;
    f->capable += file && facts && facts->marks & MARK_CAPABILITY;
    const struct elf_facts *elf = file ? elf_loadable(v, n) : NULL; /* as the rules count */
    if (elf)
        measure_elf(elf, f);
    if (!reached)
        return;
    if (named && facts && facts->marks & (MARK_ELF | MARK_SCRIPT) && n->mode & 0111 &&
        (!facts->elf || elf_is_program(facts->elf)) && view_may(v, n, MAY_EXECUTE))
        f->startable++;
    if (n->type == ENTRY_DIRECTORY ? view_may(v, n, MAY_WRITE | MAY_EXECUTE)
                                   : file && view_may(v, n, MAY_WRITE))
        f->writable++;
}

void audit_measure(struct audited *a)
{
    struct audit_figures *f = &a->figures;
    const char *closed = NULL; /* the directory that the user can't pass, while we are in it */
    size_t n;
    struct node *const *nodes = tree_nodes(a->flat.tree, &n);

    *f = (struct audit_figures){
        .packages = a->software.n, .ports = a->config.ports.n, .unowned = a->software.unowned};
    for (size_t i = 0; i < n; i++) {
        if (closed && !path_below(nodes[i]->path, closed))
            closed = NULL;
        measure_node(a, nodes[i], !closed, f);
        if (!closed && nodes[i]->type == ENTRY_DIRECTORY &&
            !view_may(&a->view, nodes[i], MAY_EXECUTE))
            closed = nodes[i]->path;
    }
    measure_shells(a, f);
    for (size_t i = 0; i < a->flat.n_layers; i++) {
        f->hidden += a->flat.layers[i].hidden_files;
        f->hidden_bytes += a->flat.layers[i].hidden_bytes;
    }
}
