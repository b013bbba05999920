/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/assembly.h"

#include "net/http.h"

int assemble_fetch(const struct context *ctx, const struct recipe *recipe, struct err *err)
{
    CLEANUP(free_ptr) struct fetch *files = xcalloc(recipe->n_files + 1, sizeof(*files));
    size_t n = 0;
    if (session_check(ctx->session, err) < 0)
        return err_ret(err);
    for (size_t i = 0; i < recipe->n_files; i++) {
        const struct recipe_file *f = &recipe->files[i];
        if (f->kind != CONTENT_URL || cache_has_blob(ctx->cache, &f->sha256, UINT64_MAX))
            continue;
        files[n] = (struct fetch){.sha256 = f->sha256, .size = UINT64_MAX, .name = f->url};
        strv_add(&files[n++].urls, f->url);
    }
    int r = n ? http_fetch(ctx, files, n, NULL, NULL, err) : 0;
    for (size_t i = 0; i < n; i++)
        strv_release(&files[i].urls);
    return r;
}
