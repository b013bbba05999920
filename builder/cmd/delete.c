/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

/* All tags that name a digest. */
static int tags_of(struct registry *r, const struct reference *name, const struct sha256 *digest,
                   struct strv *ret, struct err *err)
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
        if (result == 0 && known && sha256_eq(&head.digest, digest))
            strv_add(ret, *tag);
    }
    return 0;
}

/* Only the whole image can be deleted: with all its tags, or not at all. */
static int delete_whole(struct cli *cli, struct registry *r, const struct reference *name,
                        struct err *err)
{
    CLEANUP(strv_release) struct strv tags = STRV_INIT;
    CLEANUP(free_ptr) char *text = reference_text(name);
    struct reference by_digest = {
        .host = name->host, .repository = name->repository, .has_digest = true};
    struct manifest_head head;
    bool known, supported;

    int result = registry_head(r, name, &head, &known, err);
    free(head.media_type);
    if (result < 0)
        return result;
    if (!known)
        return err_set(
            err,
            "%s: the registry hides its digest: a policy does so, or this user may not read it",
            text);
    by_digest.digest = head.digest;
    if (tags_of(r, name, &head.digest, &tags, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *list = strv_join(&tags, ", ");
    if (!cli->all_tags) {
        err_set(err, "%s: the registry can't delete a tag alone", text);
        return err_hint(err, "--all-tags deletes %s with all its tags: %s",
                        sha256_digest(&head.digest).s, list);
    }
    if (registry_delete(r, &by_digest, &supported, err) < 0)
        return err_ret(err);
    log_info(cli->session.log, "%s/%s: deleted %s, with its tags %s", name->host, name->repository,
             sha256_digest(&head.digest).s, list);
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
