/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/input.h"

#include "effects/scripts.h"
#include "harden/policy.h"

#include <fcntl.h>
#include <inttypes.h>

#define INPUT_FORMAT    2
#define CERTIFICATE_MAX (16u << 20)

/* Texts of any bytes, so that no two lists of them look alike. */
static void add_text(struct buf *b, const char *text)
{
    buf_addf(b, "%zu:%s\n", strlen(text), text);
}

static void add_program(struct buf *b, const struct recipe *r, const struct build_options *o)
{
    enum codec codec = r->compression == COMPRESSION_GZIP ? CODEC_GZIP : CODEC_ZSTD;

    const struct sha256 fixes = policy_fixes_digest(), scripts = scripts_digest();

    buf_addf(b, "mkimage input %d\nmkimage %s\npackage format %d\nfixes %s\nscripts %s\n",
             INPUT_FORMAT, MKIMAGE_VERSION, PACKAGE_FORMAT, sha256_hex(&fixes).s,
             sha256_hex(&scripts).s);
    buf_addf(b, "codec %s %s %d\n", codec_name(codec), codec_version(codec), r->level);
    if (o->has_epoch)
        buf_addf(b, "epoch %" PRId64 "\n", o->epoch);
}

static void add_arch(struct buf *b, const struct lock_arch *a)
{
    buf_addf(b, "arch %s\n", a->arch);
    for (size_t i = 0; i < a->n_packages; i++) {
        const struct lock_package *p = &a->packages[i];
        buf_addf(b, "package %s %s %s %s\n", p->name, p->version, p->arch,
                 sha256_hex(&p->sha256).s);
    }
    strv_each (name, &a->omitted)
        buf_addf(b, "omitted %s\n", *name);
    for (size_t i = 0; i < a->n_layers; i++) {
        buf_addstr(b, "layer");
        for (size_t k = 0; k < a->layers[i].n; k++)
            buf_addf(b, " %zu", a->layers[i].packages[k]);
        buf_addch(b, '\n');
    }
}

static void add_lock(struct buf *b, const struct lock *l, const struct strv *arches)
{
    for (size_t i = 0; i < l->n_accounts; i++)
        buf_addf(b, "account %s %u %u\n", l->accounts[i].name, l->accounts[i].uid,
                 l->accounts[i].gid);
    strv_each (arch, arches)
        add_arch(b, lock_find_arch(l, *arch));
}

static void tree_cleanup(struct tree **t)
{
    tree_free(*t);
}

static void add_tree(struct buf *b, struct tree *t)
{
    size_t n;
    struct node *const *nodes = tree_nodes(t, &n);

    for (size_t i = 0; i < n; i++) {
        const struct node *node = nodes[i];
        buf_addf(b, "path %d %04o %u %u %s ", (int)node->type, node->mode, node->uid, node->gid,
                 sha256_hex(&node->sha256).s);
        add_text(b, node->path);
        add_text(b, node->target ? node->target : "");
    }
}

/* Templates and own files as they would come into an image of nothing else. Files by URL stand in
 * the recipe with their digest: they need not be fetched for this. */
static int add_files(struct buf *b, const struct session *s, const struct recipe *recipe,
                     const struct build_options *o, struct err *err)
{
    CLEANUP(tree_cleanup) struct tree *templates = tree_new(), *own = tree_new();
    CLEANUP(free_ptr)
    struct recipe_file *files = xcalloc(recipe->n_files + 1, sizeof(*files));
    struct recipe local = *recipe;
    const struct context ctx = {.session = s};
    struct assembly a = {.ctx = &ctx, .recipe = &local, .data_dir = o->recipe.data_dir};
    size_t n = 0;

    for (size_t i = 0; i < recipe->n_files; i++)
        if (recipe->files[i].kind != CONTENT_URL)
            files[n++] = recipe->files[i];
    local.files = files;
    local.n_files = n;
    if (assemble_template(&a, templates, err) < 0 || assemble_files(&a, own, err) < 0)
        return err_ret(err);
    add_tree(b, templates);
    add_tree(b, own);
    return 0;
}

static int add_certificates(struct buf *b, const struct recipe *r, struct err *err)
{
    for (size_t i = 0; i < r->ca_certificates.n; i++) {
        const struct recipe_item *item = &r->ca_certificates.v[i];
        CLEANUP(buf_release) struct buf bytes = BUF_INIT(CERTIFICATE_MAX);
        CLEANUP(close_fd) int fd = recipe_open(r, NULL, item->text, O_RDONLY, &item->at, err);
        if (fd < 0 || file_read_fd(fd, item->text, CERTIFICATE_MAX, &bytes, err) < 0)
            return err_ret(err);
        const struct sha256 digest = sha256_of(buf_str(&bytes), bytes.len);
        buf_addf(b, "certificate %s\n", sha256_hex(&digest).s);
    }
    return 0;
}

/* What sources may do to Debian's packages: taken away, the image isn't as it should be any more,
 * and a build tells. (What they provide, the solver reads.) */
static void add_permissions(struct buf *b, const struct recipe *r)
{
    for (size_t i = 0; i < r->n_sources; i++) {
        const struct recipe_source *s = &r->sources[i];
        strv_each (package, &s->replaces)
            buf_addf(b, "replaces %s %s\n", s->name, *package);
    }
}

int input_key(const struct session *s, const struct recipe *recipe, const struct lock *lock,
              const struct strv *arches, const struct build_options *o, struct sha256 *ret,
              struct err *err)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0), words = BUF_INIT(0);

    add_program(&b, recipe, o);
    recipe_canonical(recipe, &words);
    add_text(&b, buf_str(&words));
    add_lock(&b, lock, arches);
    add_permissions(&b, recipe);
    if (add_files(&b, s, recipe, o, err) < 0 || add_certificates(&b, recipe, err) < 0)
        return err_ret(err);
    *ret = sha256_of(b.data, b.len);
    return 0;
}
