/* SPDX-License-Identifier: Apache-2.0 */
/* A tmpfiles.d fragment, followed in a small tree: no path of it leaves the tree, and none is
 * anything else than a clean one. */
#include "base/path.h"
#include "effects/tmpfiles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_nodes(struct tree *t)
{
    size_t n;
    struct node *const *nodes = tree_nodes(t, &n);
    for (size_t i = 0; i < n; i++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
        if (path_from_member(nodes[i]->path, strlen(nodes[i]->path), &path, &err) < 0 ||
            strcmp(buf_str(&path), nodes[i]->path) != 0 || nodes[i]->mode & ~07777)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct recipe recipe = {0};
    struct session session = {0};
    struct context ctx = {.session = &session};
    struct assembly a = {.recipe = &recipe, .ctx = &ctx};
    struct package p = {.name = (char[]){"x"}};
    struct tree *t = tree_new();
    struct script_calls calls = {0};
    struct script_call *c = calls_add(&calls, &p, "postinst", 1);
    strv_add(&c->words, "systemd-tmpfiles");
    strv_add(&c->words, "--create");
    strv_add(&c->words, "x.conf");
    struct effect m;
    effect_start(&m, &a, t, &p, call_place(c));
    if (size < 10000 && tree_put_link(t, "etc/link", "../usr", "fuzz", &err) == 0 &&
        tree_put_text(t, "usr/lib/tmpfiles.d/x.conf", 0644, (const char *)data, size, "fuzz",
                      &err) == 0)
        (void)!tmpfiles_apply(&m, c, &err);
    check_nodes(t);
    effect_release(&m);
    calls_release(&calls);
    strv_release(&a.notes);
    tree_free(t);
    return 0;
}
