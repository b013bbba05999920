/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline.h"

#include "assemble.h"
#include "base/arch.h"
#include "config.h"
#include "lock/suitenames.h"
#include "rootfs/dpkg.h"
#include "vendors.h"
#include "whence.h"

/* ---- recipe and lock ------------------------------------------------------------------------ */

int pipeline_open(const char *path, const struct build_options *o, struct build *b, struct err *err)
{
    *b = (struct build){0};
    if (recipe_load(path, &o->recipe, &b->recipe, err) < 0 || policy_recipe(b->recipe, err) < 0)
        return err_ret(err);
    b->lock_path = o->lock_path ? xstrdup(o->lock_path)
                                : xasprintf("%s/%s.lock", b->recipe->directory, b->recipe->name);
    strv_copy(&b->names, &o->arches);
    for (size_t i = 0; !o->arches.n && i < b->recipe->arch.n; i++)
        strv_add(&b->names, b->recipe->arch.v[i].text);
    if (!b->names.n)
        strv_add(&b->names, arch_host());
    strv_sort(&b->names);
    strv_uniq(&b->names);
    return 0;
}

int pipeline_check(const struct session *s, const struct build_options *o, const struct build *b,
                   struct err *err)
{
    CLEANUP(strv_release) struct strv warnings = STRV_INIT;

    if (policy_expired(b->recipe, o->archive.now, o->locked, &warnings, err) < 0)
        return err_ret(err);
    strv_each (warning, &warnings)
        log_warn(s->log, "%s", *warning);
    return 0;
}

struct compressor pipeline_compressor(const struct recipe *r)
{
    return (struct compressor){
        .codec = r->compression == COMPRESSION_GZIP ? CODEC_GZIP : CODEC_ZSTD,
        .level = r->level,
    };
}

int pipeline_resolve(const struct context *ctx, const struct build_options *o,
                     const struct lock *base, struct build *b, struct err *err)
{
    struct resolve_options options = {
        .archive = o->archive,
        .archives = o->archives,
        .locked = o->locked,
        .update = o->update,
        .base = base,
        .compressor_version = codec_version(pipeline_compressor(b->recipe).codec),
    };

    if (resolve(ctx, b->recipe, &b->names, b->lock_path, &options, &b->resolved, err) < 0)
        return err_ret(err);
    for (size_t i = 0; i < b->resolved.lock->n_arches; i++) {
        const struct lock_arch *a = &b->resolved.lock->arches[i];
        strv_each (line, &a->fallout)
            log_warn(ctx->session->log, "%s: %s", a->arch, *line);
    }
    if (strcmp(b->resolved.lock->compressor_version, options.compressor_version) != 0)
        log_warn(ctx->session->log,
                 "%s: layers were made with %s %s, here it is %s: the same diff_ids, but other "
                 "digests (adopt it with mkimage lock --update)",
                 b->lock_path, b->resolved.lock->compressor, b->resolved.lock->compressor_version,
                 options.compressor_version);
    return 0;
}

/* Writes the lock if it says something new. A place that can't be written is no failure: the
 * image is the same, only the next build can't be held to it. */
void pipeline_keep_lock(const struct session *s, const struct build_options *o, struct build *b)
{
    CLEANUP(buf_release) struct buf now = BUF_INIT(0), before = BUF_INIT(LOCK_BYTES_MAX);
    CLEANUP(err_release) struct err err = ERR_INIT;

    if (o->locked)
        return;
    lock_format(b->resolved.lock, &now);
    if (file_read(b->lock_path, LOCK_BYTES_MAX, &before, &err) == 0 && before.len == now.len &&
        memcmp(before.data, now.data, now.len) == 0)
        return;
    err_clear(&err);
    b->lock_written = lock_write(b->resolved.lock, b->lock_path, &err) == 0;
    if (!b->lock_written)
        log_warn(s->log, "no lock was kept: %s", err.message);
}

int pipeline_lock(const struct context *ctx, const char *recipe, const struct build_options *o,
                  struct build *ret, struct err *err)
{
    if (pipeline_open(recipe, o, ret, err) < 0 || pipeline_resolve(ctx, o, NULL, ret, err) < 0 ||
        vendors_tell(ctx, o, ret, &ret->vendors, err) < 0)
        return err_ret(err);
    pipeline_keep_lock(ctx->session, o, ret);
    return 0;
}

/* ---- one architecture ----------------------------------------------------------------------- */

static void order_packages(const struct prepared_arch *p, struct arch_build *a)
{
    a->lock = p->lock;
    a->diversions = &p->diversions;
    a->packages = xcalloc(p->lock->n_packages + 1, sizeof(struct package *));
    for (size_t i = 0; i < p->lock->n_layers; i++)
        for (size_t k = 0; k < p->lock->layers[i].n; k++)
            a->packages[a->n_packages++] = p->packages[p->lock->layers[i].packages[k]];
}

static int64_t epoch_of(const struct build_options *o, const struct arch_build *a)
{
    int64_t newest = 0;

    if (o->has_epoch)
        return o->epoch;
    for (size_t i = 0; i < a->n_packages; i++)
        if (a->packages[i]->time > newest)
            newest = a->packages[i]->time;
    return newest;
}

/* Debian's packages first: the first one that brings a directory decides its mode and owner, and
 * that is no third party's business, whichever layer lies lower. */
static int add_packages(struct arch_build *a, struct err *err)
{
    for (unsigned third = 0; third < 2; third++) {
        for (size_t i = 0; i < a->n_packages; i++) {
            const struct lock_package *p = lock_find(a->lock, a->packages[i]->name);
            if ((p && recipe_is_debian(p->origin)) == !third &&
                tree_add_package(a->tree, a->packages[i], err) < 0)
                return err_ret(err);
        }
    }
    return 0;
}

/* What a lock has allotted stays; --locked is no place to say otherwise. */
static int check_accounts(const struct lock_account *before, size_t n, const struct lock *now,
                          struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct lock_account *a = &now->accounts[i];
        if (a->uid == before[i].uid && a->gid == before[i].gid)
            continue;
        err_set(err, "--locked: account %s has %u:%u in the lock, and one of them is taken by now",
                a->name, before[i].uid, before[i].gid);
        return err_hint(err, "give the recipe's accounts other ids, or build without --locked");
    }
    return 0;
}

static int make_tree(const struct context *ctx, const struct build_options *o, struct build *b,
                     struct arch_build *a, struct err *err)
{
    struct lock *lock = b->resolved.lock;
    struct assembly assembly = {
        .ctx = ctx,
        .recipe = b->recipe,
        .arch = a->lock->arch,
        .data_dir = o->recipe.data_dir,
        .epoch = epoch_of(o, a),
        .lock = a->lock,
        .packages = a->packages,
        .n_packages = a->n_packages,
        .diversions = a->diversions,
        .calls = &a->scripts.calls,
        .accounts = lock->accounts,
        .n_accounts = lock->n_accounts,
        .decide = policy_decide,
    };

    size_t n = lock->n_accounts;
    CLEANUP(free_ptr)
    struct lock_account *before = xmemdup(lock->accounts, n * sizeof(*before));

    a->tree = tree_new();
    tree_set_epoch(a->tree, assembly.epoch);
    if (add_packages(a, err) < 0)
        return err_ret(err);
    int r = assemble(&assembly, a->tree, err);
    lock->accounts = assembly.accounts;
    lock->n_accounts = assembly.n_accounts;
    a->notes = assembly.notes;
    if (r == 0 && o->locked)
        r = check_accounts(before, n, lock, err);
    assembly_release(&assembly);
    return r;
}

static void skip_script(struct arch_build *a, const char *package, const char *what)
{
    struct skipped *s = a->skipped;
    while (s < a->skipped + a->n_skipped && strcmp(s->what, what) != 0)
        s++;
    if (s == a->skipped + a->n_skipped) {
        GROW(a->skipped, a->n_skipped, a->cap_skipped);
        s = &a->skipped[a->n_skipped++];
        *s = (struct skipped){xstrdup(what), STRV_INIT};
    }
    if (!strv_has(&s->packages, package))
        strv_add(&s->packages, package);
}

static int account_scripts(const struct build_options *o, struct arch_build *a, struct err *err)
{
    scripts_read(a->packages, a->n_packages, &a->scripts);
    for (size_t i = 0; i < a->scripts.n; i++) {
        const struct script_verdict *v = &a->scripts.v[i];
        if (v->class == SCRIPT_SKIPPED)
            skip_script(a, v->package->name, v->what);
        if (v->class != SCRIPT_UNHANDLED)
            continue;
        GROW(a->unhandled, a->n_unhandled, a->cap_unhandled);
        a->unhandled[a->n_unhandled++] = (struct unhandled){
            v->package->name, xasprintf("%s: %s", v->script, v->what)};
    }
    if (!o->strict || !a->n_unhandled)
        return 0;
    err_code(err, ERR_POLICY, "package %s: its %s is not accounted for, and --strict is given",
             a->unhandled[0].package, a->unhandled[0].what);
    return err_hint(err, "omit the package, or build without --strict");
}

/* Where the recipe says that the app writes. */
static void add_writable(const struct recipe *r, struct strv *ret)
{
    strv_add(ret, r->user_home);
    for (size_t i = 0; i < r->n_directories; i++)
        strv_add(ret, r->directories[i].path);
}

static void warn_unused(const struct session *s, const struct build *b, const struct arch_build *a)
{
    const struct recipe *r = b->recipe;
    CLEANUP(free_ptr) bool *used = xcalloc(r->n_allows + 1, sizeof(*used));

    policy_unused(r, &a->findings, a->packages, a->n_packages, used);
    for (size_t i = 0; i < r->n_allows; i++)
        if (!used[i])
            log_warn(s->log, "%s:%u: allow %s %s: nothing needs it on %s", r->allows[i].at.file,
                     r->allows[i].at.line, r->allows[i].rule, r->allows[i].path, a->lock->arch);
}

static int judge(const struct context *ctx, const struct build_options *o, struct build *b,
                 struct arch_build *a, struct err *err)
{
    CLEANUP(strv_release) struct strv writable = STRV_INIT, declared = STRV_INIT;
    struct view view = {
        .image = &a->image,
        .tree = a->tree,
        .arch = a->lock->arch,
        .writable = &writable,
        .declared = &declared,
        .lock = a->lock,
        .records = RECORDS_DPKG,
        .now = tree_epoch(a->tree),
        .roots_known = true,
    };

    add_writable(b->recipe, &writable);
    for (size_t i = 0; i < b->recipe->n_packages; i++) {
        const struct lock_package *p = suitenames_find(a->lock, b->recipe->packages[i].name);
        if (p)
            strv_add(&declared, p->name);
    }
    for (size_t i = 0; i < a->n_packages; i++)
        policy_fixes(a->packages[i], &a->findings);
    view_start(&view);
    policy_check(b->recipe, &view, &a->findings);
    view_release(&view);
    whence_explain(ctx, o, b->recipe, a);
    warn_unused(ctx->session, b, a);
    return policy_verdict(b->recipe, &a->findings, err);
}

/* The records that stand in a package's own layer, and in no tree. */
static void count_records(const struct package *p, struct arch_build *a)
{
    CLEANUP(buf_release) struct buf list = BUF_INIT(0);

    dpkg_list(p, &list);
    a->files += 2;
    a->unpacked += list.len + strlen(p->md5sums);
}

static void count(struct arch_build *a)
{
    size_t n = 0;
    struct node *const *nodes = tree_nodes(a->tree, &n);

    for (size_t i = 0; i < n; i++) {
        a->files += nodes[i]->type == ENTRY_FILE || nodes[i]->type == ENTRY_HARDLINK;
        a->unpacked += nodes[i]->type == ENTRY_FILE ? nodes[i]->size : 0;
    }
    for (size_t i = 0; i < a->n_packages; i++) {
        count_records(a->packages[i], a);
        for (size_t k = 0; k < a->packages[i]->n_entries; k++)
            a->excluded += a->packages[i]->entries[k].dropped &&
                           !rule_find(a->packages[i]->entries[k].rule);
    }
    for (size_t i = 0; i < a->image.n_layers; i++)
        a->packed += a->image.layers[i].layer.size;
}

/* ---- layers and documents ------------------------------------------------------------------- */

static void add_layer(struct image *image, const struct layer *layer, char *created_by)
{
    GROW(image->layers, image->n_layers, image->cap_layers);
    image->layers[image->n_layers++] = (struct image_layer){.layer = *layer,
                                                            .created_by = created_by};
}

static int make_layers(const struct context *ctx, const struct build *b, struct arch_build *a,
                       struct err *err)
{
    struct compressor compressor = pipeline_compressor(b->recipe);
    struct layer layer;
    size_t at = 0;

    for (size_t i = 0; i < a->lock->n_layers; i++) {
        struct package *const *packages = a->packages + at;
        size_t n = a->lock->layers[i].n;
        if (n == 1)
            layer = packages[0]->layer;
        else if (package_group(ctx, packages, n, &compressor, &layer, err) < 0)
            return err_ret(err);
        CLEANUP(buf_release) struct buf text = BUF_INIT(0);
        buf_addstr(&text, "mkimage");
        for (size_t k = 0; k < n; k++)
            buf_addf(&text, " %s=%s", packages[k]->name, packages[k]->version);
        add_layer(&a->image, &layer, buf_detach(&text));
        at += n;
    }
    if (tree_own_layer(ctx, a->tree, &compressor, &layer, err) < 0)
        return err_ret(err);
    add_layer(&a->image, &layer, xstrdup("mkimage (the image's own files)"));
    return 0;
}

static int make_documents(struct arch_build *a, struct err *err)
{
    struct built_image *out = &a->built;

    out->arch = a->lock->arch;
    out->created = a->image.created;
    out->image = &a->image;
    image_config_json(&a->image, &out->config);
    out->config_digest = sha256_of(out->config.data, out->config.len);
    image_manifest_json(&a->image, &out->config_digest, out->config.len, &out->manifest);
    out->manifest_digest = sha256_of(out->manifest.data, out->manifest.len);
    if (out->manifest.len > MANIFEST_BYTES_MAX)
        return err_set(err, "the manifest has %zu bytes, registries take %u at most",
                       out->manifest.len, MANIFEST_BYTES_MAX);
    return 0;
}

static int build_arch(const struct context *ctx, const struct build_options *o, struct build *b,
                      struct arch_build *a, struct err *err)
{
    if (session_check(ctx->session, err) < 0 || account_scripts(o, a, err) < 0 ||
        make_tree(ctx, o, b, a, err) < 0)
        return err_ret(err);
    image_from_recipe(b->recipe, a->lock->arch, tree_epoch(a->tree), &a->image);
    if (judge(ctx, o, b, a, err) < 0 || make_layers(ctx, b, a, err) < 0 ||
        make_documents(a, err) < 0)
        return err_ret(err);
    count(a);
    return 0;
}

static void make_index(struct build *b)
{
    struct index_entry *entries = xcalloc(b->n_arches, sizeof(*entries));

    for (size_t i = 0; i < b->n_arches; i++)
        entries[i] = (struct index_entry){.arch = b->arches[i].built.arch,
                                          .digest = b->arches[i].built.manifest_digest,
                                          .size = b->arches[i].built.manifest.len};
    image_index_json(entries, b->n_arches, &b->arches[0].image.annotations, &b->index);
    b->digest = sha256_of(b->index.data, b->index.len);
    free(entries);
}

int pipeline_unpack(const struct context *ctx, const struct build_options *o,
                    const struct prepare_request *request, struct preparation *ret, struct err *err)
{
    if (o->unpacking)
        pthread_mutex_lock(o->unpacking);
    int r = prepare(ctx, request, ret, err);
    if (o->unpacking)
        pthread_mutex_unlock(o->unpacking);
    return r;
}

int pipeline_make(const struct context *ctx, const struct build_options *o, struct build *ret,
                  struct err *err)
{
    const struct strv *names = &ret->names;

    if (assemble_fetch(ctx, ret->recipe, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr)
    const struct lock_arch **arches = xcalloc(names->n + 1, sizeof(const struct lock_arch *));
    for (size_t i = 0; i < names->n; i++)
        arches[i] = lock_find_arch(ret->resolved.lock, names->v[i]);
    struct prepare_request request = {
        .recipe = ret->recipe,
        .lock = ret->resolved.lock,
        .arches = arches,
        .n_arches = names->n,
        .mirrors = &o->archive.mirrors,
        .compressor = pipeline_compressor(ret->recipe),
    };
    if (pipeline_unpack(ctx, o, &request, &ret->preparation, err) < 0)
        return err_ret(err);
    ret->n_arches = names->n;
    ret->arches = xcalloc(names->n, sizeof(*ret->arches));
    for (size_t i = 0; i < names->n; i++) {
        order_packages(&ret->preparation.arches[i], &ret->arches[i]);
        if (build_arch(ctx, o, ret, &ret->arches[i], err) < 0)
            return names->n > 1 ? err_wrap(err, "%s", names->v[i]) : err_ret(err);
    }
    if (names->n > 1)
        make_index(ret);
    else
        ret->digest = ret->arches[0].built.manifest_digest;
    return 0;
}

int pipeline_build(const struct context *ctx, const char *recipe, const struct build_options *o,
                   struct build *ret, struct err *err)
{
    if (pipeline_open(recipe, o, ret, err) < 0 || pipeline_check(ctx->session, o, ret, err) < 0 ||
        pipeline_resolve(ctx, o, NULL, ret, err) < 0 || pipeline_make(ctx, o, ret, err) < 0)
        return err_ret(err);
    pipeline_keep_lock(ctx->session, o, ret);
    return 0;
}

struct output pipeline_output(const struct build *b, struct built_image *images)
{
    for (size_t i = 0; i < b->n_arches; i++)
        images[i] = b->arches[i].built;
    return (struct output){
        .images = images,
        .n_images = b->n_arches,
        .index = b->n_arches > 1 ? &b->index : NULL,
        .index_digest = b->digest,
    };
}

static void arch_release(struct arch_build *a)
{
    tree_free(a->tree);
    image_release(&a->image);
    buf_release(&a->built.config);
    buf_release(&a->built.manifest);
    findings_release(&a->findings);
    strv_release(&a->notes);
    scripts_release(&a->scripts);
    for (size_t i = 0; i < a->n_unhandled; i++)
        free(a->unhandled[i].what);
    free(a->unhandled);
    for (size_t i = 0; i < a->n_skipped; i++) {
        free(a->skipped[i].what);
        strv_release(&a->skipped[i].packages);
    }
    free(a->skipped);
    free(a->packages);
}

void build_release(struct build *b)
{
    for (size_t i = 0; i < b->n_arches; i++)
        arch_release(&b->arches[i]);
    free(b->arches);
    preparation_release(&b->preparation);
    strv_release(&b->vendors);
    resolved_release(&b->resolved);
    recipe_free(b->recipe);
    buf_release(&b->index);
    free(b->lock_path);
    strv_release(&b->names);
    *b = (struct build){0};
}
