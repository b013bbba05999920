/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"
#include "oci/beside.h"

/* A tag of the repository, and what it names. */
struct named {
    char *tag;
    struct sha256 digest;
};

struct all_tags {
    struct named *v;
    size_t n, cap;
};

static void all_tags_release(struct all_tags *a)
{
    for (size_t i = 0; i < a->n; i++)
        free(a->v[i].tag);
    free(a->v);
}

/* All of them, but for those that a policy hides. */
static int read_tags(struct registry *r, const struct reference *name, struct all_tags *ret,
                     struct err *err)
{
    CLEANUP(strv_release) struct strv all = STRV_INIT;

    if (registry_tags(r, name->repository, &all, err) < 0)
        return err_ret(err);
    strv_each (tag, &all) {
        const struct reference one = {
            .host = name->host, .repository = name->repository, .tag = *tag};
        struct manifest_head head;
        bool known;
        int result = registry_head(r, &one, &head, &known, err);
        free(head.media_type);
        if (result < 0 && result != -ERR_NOT_FOUND)
            return result;
        err_clear(err);
        if (result < 0 || !known)
            continue;
        GROW(ret->v, ret->n, ret->cap);
        ret->v[ret->n++] = (struct named){xstrdup(*tag), head.digest};
    }
    return 0;
}

static char *tags_of(const struct all_tags *all, const struct sha256 *digest)
{
    CLEANUP(strv_release) struct strv tags = STRV_INIT;

    for (size_t i = 0; i < all->n; i++)
        if (sha256_eq(&all->v[i].digest, digest))
            strv_add(&tags, all->v[i].tag);
    return strv_join(&tags, ", ");
}

/* Whether a tag is one of those under which something is kept beside the image. */
static bool is_beside(const struct named *one, const struct sha256 *image)
{
    const char *suffix;
    struct sha256 subject;

    return beside_tag_read(one->tag, &subject, &suffix) && sha256_eq(&subject, image);
}

static char *tags_beside(const struct all_tags *all, const struct sha256 *image)
{
    CLEANUP(strv_release) struct strv tags = STRV_INIT;

    for (size_t i = 0; i < all->n; i++)
        if (is_beside(&all->v[i], image))
            strv_add(&tags, all->v[i].tag);
    return strv_join(&tags, ", ");
}

static int delete_digest(struct registry *r, const struct reference *name,
                         const struct sha256 *digest, struct err *err)
{
    const struct reference by_digest = {
        .host = name->host, .repository = name->repository, .has_digest = true, .digest = *digest};
    bool ignored;

    return registry_delete(r, &by_digest, &ignored, err);
}

/* What only this digest's tags name; a registry that deletes it along with its subject has none of
 * it left. */
static int delete_beside(struct cli *cli, struct registry *r, const struct reference *name,
                         const struct all_tags *all, const struct sha256 *image, struct err *err)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct named *one = &all->v[i];
        if (!is_beside(one, image))
            continue;
        bool shared = false;
        for (size_t k = 0; k < all->n; k++)
            shared = shared ||
                     (sha256_eq(&all->v[k].digest, &one->digest) && !is_beside(&all->v[k], image));
        if (shared) {
            log_warn(cli->session.log,
                     "%s/%s:%s: kept, because another tag names the same manifest", name->host,
                     name->repository, one->tag);
            continue;
        }
        int result = delete_digest(r, name, &one->digest, err);
        if (result < 0 && result != -ERR_NOT_FOUND)
            return err_wrap(err, "%s, attached to it", one->tag);
        err_clear(err);
    }
    return 0;
}

/* Only the whole image can be deleted: with all its tags and what is kept beside it, or not at
 * all. */
static int delete_whole(struct cli *cli, struct registry *r, const struct reference *name,
                        struct err *err)
{
    CLEANUP(all_tags_release) struct all_tags all = {0};
    CLEANUP(free_ptr) char *text = reference_text(name);
    struct manifest_head head;
    bool known;

    int result = registry_head(r, name, &head, &known, err);
    free(head.media_type);
    if (result < 0)
        return result;
    if (!known)
        return err_set(
            err,
            "%s: its digest is hidden by a policy of the registry, or this user may not read it",
            text);
    if (read_tags(r, name, &all, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *list = tags_of(&all, &head.digest);
    CLEANUP(free_ptr) char *beside = tags_beside(&all, &head.digest);
    const char *and = *beside ? ", and what is attached to it: " : "";
    if (!cli->all_tags) {
        err_set(err, "%s: the registry can't delete a tag alone", text);
        return err_hint(err, "--all-tags deletes %s with all its tags: %s%s%s",
                        sha256_digest(&head.digest).s, list, and, beside);
    }
    if (delete_digest(r, name, &head.digest, err) < 0 ||
        delete_beside(cli, r, name, &all, &head.digest, err) < 0)
        return err_ret(err);
    log_info(cli->session.log, "%s/%s: deleted %s, with its tags %s%s%s", name->host,
             name->repository, sha256_digest(&head.digest).s, list, and, beside);
    return 0;
}

int cmd_delete(struct cli *cli, struct err *err)
{
    CLEANUP(reference_release) struct reference name = {0};
    CLEANUP(http_cleanup) struct http *h = NULL;
    CLEANUP(registry_cleanup) struct registry *r = NULL;
    bool supported = true;

    if (cli->args.n != 1)
        return err_code(err, ERR_USAGE, "delete: one name is wanted, as docker://HOST/base/x:1");
    if (reference_parse(cli->args.v[0], &name, err) < 0)
        return err_ret(err);
    if (!name.tag && !name.has_digest)
        return err_code(err, ERR_USAGE, "delete: a name with a tag or a digest is wanted");
    if (name.tag && name.has_digest) {
        err_code(err, ERR_USAGE, "delete: a tag or a digest is wanted, not both");
        return err_hint(err, "by digest an image goes with all its tags");
    }
    if (http_new(&cli->session, 0, &h, err) < 0 || cli_registry(cli, h, &name, &r, err) < 0 ||
        registry_delete(r, &name, &supported, err) < 0)
        return err_ret(err);
    if (!supported)
        return delete_whole(cli, r, &name, err);
    CLEANUP(free_ptr) char *text = reference_text(&name);
    log_info(cli->session.log, "%s: deleted", text);
    return 0;
}
