/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/java.h"
#include "base/path.h"
#include "effects/jks.h"

#define CERTS       "etc/ssl/certs"
#define STORE       CERTS "/java/cacerts"
#define LINK        "lib/security/cacerts"
#define PREFERENCES "etc/.java/.systemPrefs"
#define ORIGIN      "Java trust store"

static bool ends_in_path(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);
    return ends_with(path, end) && (n == m || path[n - m - 1] == '/');
}

/* ---- the store ---- */

/* As ca-certificates-java's find_pem_files() goes by the link's text. */
static bool is_certificate_link(const struct node *n)
{
    return n->type == ENTRY_SYMLINK && path_below(n->path, CERTS) && ends_with(n->path, ".pem") &&
           (starts_with(n->target, "/usr/share/ca-certificates") ||
            starts_with(n->target, "/usr/local/share/ca-certificates"));
}

static void add_link(struct assembly *a, const struct tree *t, const struct node *link,
                     struct jks *store)
{
    CLEANUP(err_release) struct err why = ERR_INIT;
    const struct node *file = tree_resolve(t, link->path);
    struct slice text;
    if (file && tree_text(file, &text) && jks_add(store, path_base(link->path), text, &why) == 0)
        return;
    strv_addf(&a->notes, "/%s: not in Java's trust store: %s", link->path,
              why.message ? why.message : "what it leads to can't be read");
}

static int put_store(struct assembly *a, struct tree *t, struct err *err)
{
    CLEANUP(jks_release) struct jks store = {0};
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(0);
    size_t n;
    struct node *const *nodes = tree_nodes(t, &n);
    for (size_t i = 0; i < n; i++)
        if (is_certificate_link(nodes[i]))
            add_link(a, t, nodes[i], &store);
    if (store.n == 0)
        return 0;
    jks_format(&store, &bytes);
    return tree_offer_text(t, STORE, 0644, bytes.data, bytes.len, ORIGIN, err);
}

/* The first link of a JRE for which fits() holds, or NULL. */
static const struct node *find_link(struct tree *t,
                                    bool (*fits)(const struct tree *t, const struct node *link))
{
    size_t n;
    struct node *const *nodes = tree_nodes(t, &n);
    for (size_t i = 0; i < n; i++)
        if (nodes[i]->type == ENTRY_SYMLINK && ends_in_path(nodes[i]->path, LINK) &&
            fits(t, nodes[i]))
            return nodes[i];
    return NULL;
}

static bool leads_to_store(const struct tree *t, const struct node *link)
{
    CLEANUP(buf_release) struct buf to = BUF_INIT(PATH_BYTES_MAX);
    (void)t;
    path_link_target(link->path, link->target, &to);
    return strcmp(buf_str(&to), STORE) == 0;
}

static bool leads_nowhere(const struct tree *t, const struct node *link)
{
    return !tree_resolve(t, link->path);
}

static int refuse(const struct node *link, struct err *err)
{
    (void)err_set(err, "%s%s: /%s leads to %s, which isn't in the image: Java would trust nobody",
                  link->package ? "package " : "",
                  link->package ? link->package->name : link->origin, link->path, link->target);
    return leads_to_store(NULL, link)
               ? err_hint(err, "add the certificates: packages += {\"ca-certificates\"}, or give "
                               "the company's own by ca_certificate")
               : err_hint(err, "put a key store there by a file section, or exclude the link");
}

/* ---- preferences ---- */

/* What each JRE's postinst and java-common's make. */
static bool makes_preferences(const struct package *p)
{
    for (size_t i = 0; i < p->n_scripts; i++)
        if (strcmp(p->scripts[i].name, "postinst") == 0 &&
            strstr(p->scripts[i].text, "touch /" PREFERENCES "/.system.lock"))
            return true;
    return false;
}

static int put_preferences(const struct assembly *a, struct tree *t, struct err *err)
{
    static const char *const files[] = {PREFERENCES "/.system.lock",
                                        PREFERENCES "/.systemRootModFile"};
    for (size_t i = 0; i < a->n_packages; i++) {
        if (!makes_preferences(a->packages[i]))
            continue;
        CLEANUP(free_ptr) char *origin = xasprintf("package %s", a->packages[i]->name);
        for (size_t k = 0; k < ARRAY_SIZE(files); k++)
            if (tree_offer_text(t, files[k], 0644, "", 0, origin, err) < 0)
                return err_ret(err);
    }
    return 0;
}

int assemble_java(struct assembly *a, struct tree *t, struct err *err)
{
    if (find_link(t, leads_to_store) && !tree_resolve(t, STORE) && put_store(a, t, err) < 0)
        return err_ret(err);
    const struct node *dangling = find_link(t, leads_nowhere);
    if (dangling)
        return refuse(dangling, err);
    return put_preferences(a, t, err);
}
