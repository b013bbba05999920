/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/text.h"
#include "cmd/cmd.h"

#include <jansson.h>

struct copy {
    struct cli *cli;
    struct context ctx;
    struct opened from;
    struct strv platforms;
};

static void copy_release(struct copy *c)
{
    opened_release(&c->from);
    strv_release(&c->platforms);
    context_release(&c->ctx);
}

static int to_registry(struct copy *c, const char *name, struct err *err)
{
    CLEANUP(reference_release) struct reference to = {0};
    CLEANUP(registry_cleanup) struct registry *opened = NULL;
    CLEANUP(push_result_release) struct push_result result = {0};
    struct registry *r = c->from.registry;
    struct push_options options = {
        .tags = &c->cli->tags,
        .arches = &c->platforms,
        .arch_tags = c->cli->arch_tags,
        .verify = c->cli->verify,
    };

    if (reference_parse(name, &to, err) < 0)
        return err_ret(err);
    if (!r || strcmp(registry_host(r), to.host) != 0) {
        if (cli_registry(c->cli, c->ctx.http, &to, &opened, err) < 0)
            return err_ret(err);
        r = opened;
    }
    int pushed = c->cli->no_referrers
                     ? push_image(&c->ctx, c->from.reader, r, &to, &options, &result, err)
                     : push_with_companions(&c->ctx, c->from.reader, r, &to, &options, &result,
                                            err);
    if (pushed < 0)
        return pushed;
    return cli_tell_push(c->cli, &to, registry_requests(r), &result, err);
}

static void copy_json(const char *name, const struct pull_result *result, struct buf *ret)
{
    json_t *object = object_json("location", text_json(name), "digest",
                                 text_json(sha256_digest(&result->digest).s), "unchanged",
                                 json_boolean(result->unchanged), "referrers",
                                 number_json(result->referrers), NULL);

    json_bytes(object, ret);
    buf_addch(ret, '\n');
    json_decref(object);
}

static int to_place(struct copy *c, const char *name, const struct location *to, struct err *err)
{
    CLEANUP(buf_release) struct buf line = BUF_INIT(0);
    const struct pull_options options = {.arches = &c->platforms,
                                         .referrers = !c->cli->no_referrers};
    struct pull_result result;

    if (c->cli->tags.n || c->cli->arch_tags || c->cli->verify)
        return err_code(err, ERR_USAGE,
                        "%s: --tag, --arch-tags and --verify are for copies to a registry", name);
    if (pull_image(&c->ctx, c->from.reader, to, &options, &result, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *along = referrers_text(result.referrers);
    log_info(c->cli->session.log, "%s: %s%s", name, result.unchanged ? "unchanged" : "written",
             along);
    if (strcmp(to->path, "-") == 0)
        return 0; /* stdout is the archive */
    if (cli_json(c->cli))
        copy_json(name, &result, &line);
    else
        buf_addf(&line, "%s@%s\n", name, sha256_digest(&result.digest).s);
    return print_out(&line, err);
}

int copy_run(struct cli *cli, const char *from_name, const char *to_name, struct err *err)
{
    CLEANUP(copy_release) struct copy c = {.cli = cli, .ctx = {.session = &cli->session}};
    CLEANUP(location_release) struct location from = {0}, to = {0};

    if (cli_check_format(cli, err) < 0 || cli_platforms(cli, &c.platforms, err) < 0 ||
        location_parse(from_name, &from, err) < 0 || location_parse(to_name, &to, err) < 0)
        return err_ret(err);
    strv_each (tag, &cli->tags) {
        if (!tag_valid(slice_of(*tag)))
            return err_code(err, ERR_USAGE, "--tag %s: can't be a tag", *tag);
    }
    if (cli_cache(cli, &c.ctx.cache, err) < 0 || http_new(&cli->session, 0, &c.ctx.http, err) < 0 ||
        cli_open(cli, c.ctx.http, &from, &c.from, err) < 0)
        return err_ret(err);
    return to.transport == TRANSPORT_DOCKER ? to_registry(&c, to.path, err)
                                            : to_place(&c, to_name, &to, err);
}

/* "docker://" may be left out where only a registry's name can be meant. */
static char *registry_location(const char *name)
{
    return xasprintf("%s%s", starts_with(name, "docker://") ? "" : "docker://", name);
}

int cmd_copy(struct cli *cli, struct err *err)
{
    if (cli->args.n != 2)
        return err_code(err, ERR_USAGE, "copy: two locations are wanted, from and to");
    return copy_run(cli, cli->args.v[0], cli->args.v[1], err);
}

int cmd_push(struct cli *cli, struct err *err)
{
    if (cli->args.n != 2)
        return err_code(err, ERR_USAGE,
                        "push: a location and a name are wanted, as oci:python3.oci "
                        "docker://HOST/base/python3:3.13");
    CLEANUP(free_ptr) char *to = registry_location(cli->args.v[1]);
    return copy_run(cli, cli->args.v[0], to, err);
}

int cmd_pull(struct cli *cli, struct err *err)
{
    if (cli->args.n != 2)
        return err_code(err, ERR_USAGE,
                        "pull: a name and a location are wanted, as "
                        "docker://HOST/base/python3:3.13 oci:python3.oci");
    CLEANUP(free_ptr) char *from = registry_location(cli->args.v[0]);
    return copy_run(cli, from, cli->args.v[1], err);
}
