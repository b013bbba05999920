/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

struct tagging {
    struct registry *registry;
    struct reference name;
    struct buf manifest;
    char *type;
    struct sha256 digest;
};

static void tagging_release(struct tagging *t)
{
    registry_close(t->registry);
    reference_release(&t->name);
    buf_release(&t->manifest);
    free(t->type);
}

static int tag_one(struct cli *cli, struct tagging *t, const char *tag, struct err *err)
{
    const struct reference to = {
        .host = t->name.host, .repository = t->name.repository, .tag = (char *)(uintptr_t)tag};
    CLEANUP(free_ptr) char *text = reference_text(&to);
    struct manifest_head head;
    bool known;

    int r = registry_head(t->registry, &to, &head, &known, err);
    bool same = r == 0 && known && sha256_eq(&head.digest, &t->digest);
    free(head.media_type);
    if (r < 0 && r != -ERR_NOT_FOUND)
        return r;
    err_clear(err);
    if (!same && registry_put(t->registry, &to, &t->manifest, t->type, NULL, NULL, err) < 0)
        return err_ret(err);
    log_info(cli->session.log, "%s: %s", text, same ? "unchanged" : "set");
    return 0;
}

int cmd_tag(struct cli *cli, struct err *err)
{
    CLEANUP(http_cleanup) struct http *h = NULL;
    CLEANUP(tagging_release)
    struct tagging t = {.manifest = BUF_INIT(MANIFEST_BYTES_MAX)};
    CLEANUP(buf_release) struct buf line = BUF_INIT(0);

    if (cli->args.n < 2)
        return err_code(err, ERR_USAGE,
                        "tag: a name and tags are wanted, as docker://HOST/base/python3:3.13 3");
    if (reference_parse(cli->args.v[0], &t.name, err) < 0)
        return err_ret(err);
    for (size_t i = 1; i < cli->args.n; i++)
        if (!tag_valid(slice_of(cli->args.v[i])))
            return err_code(err, ERR_USAGE, "\"%s\" can't be a tag", cli->args.v[i]);
    if (http_new(&cli->session, 0, &h, err) < 0 ||
        cli_registry(cli, h, &t.name, &t.registry, err) < 0)
        return err_ret(err);
    registry_write(t.registry);
    int r = registry_get(t.registry, &t.name, &t.manifest, &t.type, &t.digest, err);
    for (size_t i = 1; r == 0 && i < cli->args.n; i++)
        r = tag_one(cli, &t, cli->args.v[i], err);
    registry_close(t.registry);
    t.registry = NULL;
    if (r < 0)
        return r;
    buf_addf(&line, "%s/%s@%s\n", t.name.host, t.name.repository, sha256_digest(&t.digest).s);
    return print_out(&line, err);
}
