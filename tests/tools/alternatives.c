/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What calls of update-alternatives make of a tree, to be held against the tool itself
 * (tests/cli/alternatives.sh). Reads lines of words, which are separated by single blanks:
 *
 *     file PATH                   of a package
 *     link PATH TARGET            the same
 *     call WORD …                 update-alternatives with these; a failed one is passed over
 *
 * and prints "PATH -> TARGET" for each link that lies in the tree at last.
 */
#include "effects/alternatives.h"
#include "base/path.h"
#include "effects/alternatives_groups.h"

static void put(struct package *p, const char *path, const char *target)
{
    GROW(p->entries, p->n_entries, p->cap_entries);
    p->entries[p->n_entries++] = (struct entry){
        .path = xstrdup(path + 1),
        .target = target ? xstrdup(target) : NULL,
        .type = target ? ENTRY_SYMLINK : ENTRY_FILE,
        .mode = target ? 0777 : 0755,
    };
}

static void read_lines(struct package *p, struct script_calls *calls)
{
    char line[8192];

    for (unsigned n = 1; fgets(line, sizeof(line), stdin); n++) {
        CLEANUP(strv_release) struct strv words = STRV_INIT;
        strv_split(&words, slice_of(line), " \n");
        if (words.n < 2)
            continue;
        if (strcmp(words.v[0], "call") != 0) {
            put(p, words.v[1], words.n > 2 ? words.v[2] : NULL);
            continue;
        }
        struct script_call *c = calls_add(calls, p, "postinst", n);
        strv_add(&c->words, "update-alternatives");
        for (size_t i = 1; i < words.n; i++)
            strv_add(&c->words, words.v[i]);
    }
}

static void run_all(struct alternatives *a, const struct script_calls *calls)
{
    call_each(call, calls)
    {
        CLEANUP(alternatives_call_release) struct alternatives_call c = {0};
        CLEANUP(err_release) struct err err = ERR_INIT;
        if (alternatives_call_parse(call, &c, &err) < 0 || alternatives_run(a, &c, &err) < 0)
            fprintf(stderr, "%s\n", err.message);
    }
}

int main(void)
{
    CLEANUP(calls_release) struct script_calls calls = {0};
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct package *p = xcalloc(1, sizeof(*p));
    struct recipe recipe = {0};
    struct assembly assembly = {.recipe = &recipe};
    struct alternatives a = {.assembly = &assembly, .tree = tree_new()};
    size_t n;

    p->name = xstrdup("x");
    read_lines(p, &calls);
    if (tree_add_package(a.tree, p, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    run_all(&a, &calls);
    struct node *const *nodes = tree_nodes(a.tree, &n);
    for (size_t i = 0; i < n; i++)
        if (nodes[i]->type == ENTRY_SYMLINK)
            printf("/%s -> %s\n", nodes[i]->path, nodes[i]->target);
    alternatives_release(&a);
    strv_release(&assembly.notes);
    tree_free(a.tree);
    package_free(p);
    return 0;
}
