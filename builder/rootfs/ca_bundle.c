/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/ca_bundle.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "rootfs/assembly.h"
#include <ctype.h>
#include <fcntl.h>

#define SHIPPED "usr/share/ca-certificates"
#define LOCAL   "usr/local/share/ca-certificates"
#define CERTS   "etc/ssl/certs"
#define BUNDLE  CERTS "/ca-certificates.crt"
#define ORIGIN  "CA bundle"

/* One file of the bundle: a link NAME.pem leads to it. */
struct member {
    char *path;        /* an image path */
    char *link;        /* "NAME.pem" */
    struct slice text; /* the tree's */
    uint32_t subject_hash;
    struct sha256 sha256;
    bool hashed; /* gets a hash link */
};

struct bundle {
    struct assembly *assembly;
    struct tree *tree;
    struct member *v;
    size_t n, cap;
};

static void bundle_release(struct bundle *b)
{
    for (size_t i = 0; i < b->n; i++) {
        free(b->v[i].path);
        free(b->v[i].link);
    }
    free(b->v);
}

static struct member *add_member(struct bundle *b, const char *path, struct slice text)
{
    GROW(b->v, b->n, b->cap);
    b->v[b->n] = (struct member){
        .path = xstrdup(path),
        .link = ca_link_name(path),
        .text = text,
    };
    return &b->v[b->n++];
}

static void note_expired(struct bundle *b, int64_t not_after, const char *path, const char *subject)
{
    if (not_after < b->assembly->epoch)
        strv_addf(&b->assembly->notes, "/%s: the certificate has expired: %s", path, subject);
}

/* ---- what packages bring ---- */

static bool is_certificate_file(const struct node *n, const char *below)
{
    return n->type == ENTRY_FILE && path_below(n->path, below) && ends_with(n->path, ".crt");
}

static int by_path(const void *a, const void *b)
{
    const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
    return strcmp(x->path, y->path);
}

static void add_shipped(struct bundle *b, const struct node *n, const json_t *facts)
{
    struct slice text;
    if (!json_is_array(facts) || !tree_text(n, &text)) {
        strv_addf(&b->assembly->notes, "%s: not in the CA bundle", json_string_value(facts));
        return;
    }
    struct member *m = add_member(b, n->path, text);
    size_t i;
    const json_t *c;
    json_array_foreach(facts, i, c)
    {
        const char *sha256 = json_string_value(json_array_get(c, 1));
        note_expired(b, json_integer_value(json_array_get(c, 2)), n->path,
                     json_string_value(json_array_get(c, 3)));
        if (json_array_size(facts) == 1 && sha256_parse_hex(slice_of(sha256), &m->sha256)) {
            m->subject_hash = (uint32_t)json_integer_value(json_array_get(c, 0));
            m->hashed = true;
        }
    }
}

static void add_packages(struct bundle *b)
{
    size_t n, found = 0;
    struct node *const *nodes = tree_nodes(b->tree, &n);
    CLEANUP(free_ptr) struct node **files = xcalloc(n + 1, sizeof(*files));
    for (size_t i = 0; i < n; i++)
        if (is_certificate_file(nodes[i], SHIPPED))
            files[found++] = nodes[i];
    if (found == 0)
        return;
    qsort(files, found, sizeof(*files), by_path);
    json_t *facts = ca_facts(b->assembly->ctx, files, found);
    for (size_t i = 0; i < found; i++)
        add_shipped(b, files[i], json_array_get(facts, i));
    json_decref(facts);
}

/* ---- the recipe's own ---- */

static bool known(const struct bundle *b, const struct sha256 *sha256)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->v[i].hashed && sha256_eq(&b->v[i].sha256, sha256))
            return true;
    return false;
}

/* "certs/My CA.pem" gives "My_CA". */
static char *local_name(const char *source)
{
    char *name = xstrdup(path_base(source));
    size_t n = strlen(name);
    if (n > 4 && (ends_with(name, ".crt") || ends_with(name, ".pem") || ends_with(name, ".cer")))
        name[n - 4] = '\0';
    for (char *s = name; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr("._-", *s))
            *s = '_';
    return name;
}

static int put_local(struct bundle *b, const struct certificate *c, const char *path,
                     const char *origin, struct err *err)
{
    if (known(b, &c->sha256)) {
        strv_addf(&b->assembly->notes, "%s: is in the CA bundle already: %s", origin, c->subject);
        return 0;
    }
    if (!c->is_ca)
        strv_addf(&b->assembly->notes, "%s: is no CA's certificate: %s", origin, c->subject);
    note_expired(b, c->not_after, path, c->subject);
    if (tree_put_text(b->tree, path, 0644, c->pem, strlen(c->pem), origin, err) < 0)
        return err_ret(err);
    struct slice text = {"", 0};
    const struct node *n = tree_find(b->tree, path);
    if (n && tree_text(n, &text)) {
        struct member *m = add_member(b, path, text);
        m->subject_hash = c->subject_hash;
        m->sha256 = c->sha256;
        m->hashed = true;
    }
    return 0;
}

static int add_local(struct bundle *b, const struct recipe_item *item, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(CA_FILE_MAX);
    CLEANUP(certificates_release) struct certificates c = {0};
    CLEANUP(free_ptr) char *origin = xasprintf("%s:%u", item->at.file, item->at.line);
    CLEANUP(free_ptr) char *name = local_name(item->text);
    CLEANUP(close_fd)
    int fd = recipe_open(b->assembly->recipe, NULL, item->text, O_RDONLY | O_NONBLOCK | O_NOCTTY,
                         &item->at, err);
    if (fd < 0)
        return fd;
    if (file_read_fd(fd, item->text, CA_FILE_MAX, &text, err) < 0 ||
        certificates_read(&c, buf_str(&text), text.len, item->text, err) < 0)
        return err_wrap(err, "%s", origin);
    for (size_t i = 0; i < c.n; i++) {
        CLEANUP(free_ptr)
        char *path = c.n == 1 ? xasprintf(LOCAL "/%s.crt", name)
                              : xasprintf(LOCAL "/%s-%zu.crt", name, i + 1);
        if (put_local(b, &c.v[i], path, origin, err) < 0)
            return err_ret(err);
    }
    return 0;
}

/* ---- writing ---- */

/* Where OpenSSL looks (OPENSSLDIR), which the package openssl would bring. */
static int put_openssl_dir(struct tree *t, struct err *err)
{
    static const char *const links[][2] = {
        {"usr/lib/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt"},
        {"usr/lib/ssl/certs", "/etc/ssl/certs"},
        {"usr/lib/ssl/openssl.cnf", "/etc/ssl/openssl.cnf"},
        {"usr/lib/ssl/private", "/etc/ssl/private"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(links); i++)
        if (tree_resolve(t, links[i][1] + 1) &&
            tree_offer_link(t, links[i][0], links[i][1], ORIGIN, err) < 0)
            return err_ret(err);
    return 0;
}

static int by_member_path(const void *a, const void *b)
{
    return strcmp(((const struct member *)a)->path, ((const struct member *)b)->path);
}

static int by_link(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    int r = strcmp(x->link, y->link);
    return r ? r : strcmp(x->path, y->path);
}

/* As rehash numbers them: in the order of their names, the same certificate just once. */
static int put_hash_links(struct bundle *b, struct err *err)
{
    qsort(b->v, b->n, sizeof(*b->v), by_link);
    for (size_t i = 0; i < b->n; i++) {
        const struct member *m = &b->v[i];
        unsigned number = 0;
        bool again = !m->hashed;
        for (size_t k = 0; k < i; k++)
            if (b->v[k].hashed && b->v[k].subject_hash == m->subject_hash) {
                number++;
                again |= sha256_eq(&b->v[k].sha256, &m->sha256);
            }
        if (again) {
            b->v[i].hashed = false;
            continue;
        }
        CLEANUP(free_ptr)
        char *path = xasprintf(CERTS "/%08x.%u", m->subject_hash, number);
        if (tree_offer_link(b->tree, path, m->link, ORIGIN, err) < 0)
            return err_ret(err);
    }
    return 0;
}

static int write_bundle(struct bundle *b, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    for (size_t i = 0; i < b->n; i++) {
        const struct member *m = &b->v[i];
        CLEANUP(free_ptr) char *path = xasprintf(CERTS "/%s", m->link);
        CLEANUP(free_ptr) char *target = xasprintf("/%s", m->path);
        if (tree_offer_link(b->tree, path, target, ORIGIN, err) < 0)
            return err_ret(err);
        buf_addslice(&text, m->text);
        if (m->text.n && m->text.p[m->text.n - 1] != '\n')
            buf_addch(&text, '\n');
    }
    if (tree_put_text(b->tree, BUNDLE, 0644, buf_str(&text), text.len, ORIGIN, err) < 0)
        return err_ret(err);
    if (put_hash_links(b, err) < 0)
        return err_ret(err);
    return put_openssl_dir(b->tree, err);
}

int assemble_ca_bundle(struct assembly *a, struct tree *t, struct err *err)
{
    CLEANUP(bundle_release) struct bundle b = {.assembly = a, .tree = t};
    const struct recipe_list *local = &a->recipe->ca_certificates;
    add_packages(&b);
    size_t shipped = b.n;
    for (size_t i = 0; i < local->n; i++)
        if (add_local(&b, &local->v[i], err) < 0)
            return err_ret(err);
    if (b.n > shipped)
        qsort(b.v + shipped, b.n - shipped, sizeof(*b.v), by_member_path);
    return b.n ? write_bundle(&b, err) : 0;
}
