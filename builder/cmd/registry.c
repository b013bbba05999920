/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands that speak to registries share. */
#include "base/json.h"
#include "cmd/cmd.h"

#include "base/arch.h"
#include <jansson.h>

#define TIMEOUT_MAX 3600

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

int cli_registry_options(const struct cli *cli, struct registry_options *ret, struct err *err)
{
    *ret = (struct registry_options){
        .credentials = {.config_file = cli->registry_config,
                        .registry_auth_file = environment("REGISTRY_AUTH_FILE"),
                        .xdg_runtime_dir = environment("XDG_RUNTIME_DIR"),
                        .xdg_config_home = environment("XDG_CONFIG_HOME"),
                        .docker_config = environment("DOCKER_CONFIG"),
                        .home = environment("HOME")},
        .insecure = &cli->insecure,
        .ca_file = cli->ca_file,
    };
    if (!cli->timeout)
        return 0;
    if (cli_number("--timeout", cli->timeout, TIMEOUT_MAX, &ret->silence, err) < 0)
        return err_ret(err);
    ret->credentials.patience = ret->silence;
    return 0;
}

int cli_registry(const struct cli *cli, struct http *h, const struct reference *name,
                 struct registry **ret, struct err *err)
{
    struct registry_options options;

    if (cli_registry_options(cli, &options, err) < 0)
        return err_ret(err);
    return registry_open(&cli->session, h, name->host, &options, ret, err);
}

void registry_cleanup(struct registry **r)
{
    registry_close(*r);
}

int cli_open(const struct cli *cli, struct http *h, const struct location *from, struct opened *ret,
             struct err *err)
{
    CLEANUP(reference_release) struct reference name = {0};

    *ret = (struct opened){0};
    if (from->transport != TRANSPORT_DOCKER)
        return reader_open(&cli->session, from, &ret->reader, err);
    if (reference_parse(from->path, &name, err) < 0 ||
        cli_registry(cli, h, &name, &ret->registry, err) < 0)
        return err_ret(err);
    return registry_reader(ret->registry, &name, &ret->reader, err);
}

void opened_release(struct opened *o)
{
    reader_free(o->reader);
    registry_close(o->registry);
    *o = (struct opened){0};
}

int cli_platforms(const struct cli *cli, struct strv *ret, struct err *err)
{
    strv_each (name, &cli->arches) {
        const struct arch *arch = arch_find(*name);
        if (!arch)
            return err_code(err, ERR_USAGE, "--arch %s: not an architecture of Debian", *name);
        if (arch->variant && !arch->implied)
            strv_addf(ret, "%s/%s", arch->go, arch->variant);
        else
            strv_add(ret, arch->go);
    }
    return 0;
}

char *referrers_text(size_t n)
{
    return n ? xasprintf(", with %zu attachment%s (signatures, SBOMs and the like)", n,
                         n == 1 ? "" : "s")
             : xstrdup("");
}

static void say_push(const struct cli *cli, const char *name, const struct push_result *result)
{
    CLEANUP(free_ptr) char *tags = strv_join(&result->tags, ", ");
    CLEANUP(free_ptr) char *along = referrers_text(result->referrers);
    struct log *log = cli->session.log;
    const char *colon = *tags ? ":" : "";

    if (result->unchanged && result->blobs + result->mounted == 0)
        log_info(log, "%s%s%s: unchanged%s", name, colon, tags, along);
    else if (result->blobs + result->mounted + result->had == 0)
        log_info(log, "%s%s%s: tagged%s", name, colon, tags, along);
    else
        log_info(log, "%s%s%s: %zu blobs pushed (%s), %zu mounted, %zu there already%s", name,
                 colon, tags, result->blobs, size_text(result->uploaded).s, result->mounted,
                 result->had, along);
}

static void push_json(const char *name, unsigned requests, const struct push_result *result,
                      struct buf *ret)
{
    json_t *list = json_array();

    strv_each (tag, &result->tags)
        json_add(list, text_json(*tag));
    json_t *object = object_json(
        "name", text_json(name), "digest", text_json(sha256_digest(&result->digest).s), "tags",
        list, "unchanged", json_boolean(result->unchanged), "pushed", number_json(result->blobs),
        "bytes", number_json(result->uploaded), "mounted", number_json(result->mounted), "had",
        number_json(result->had), "referrers", number_json(result->referrers), "requests",
        number_json(requests), NULL);
    json_bytes(object, ret);
    buf_addch(ret, '\n');
    json_decref(object);
}

int cli_tell_push(const struct cli *cli, const struct reference *to, unsigned requests,
                  const struct push_result *result, struct err *err)
{
    CLEANUP(buf_release) struct buf line = BUF_INIT(0);
    CLEANUP(free_ptr) char *name = xasprintf("%s/%s", to->host, to->repository);

    say_push(cli, name, result);
    if (cli_json(cli))
        push_json(name, requests, result, &line);
    else
        buf_addf(&line, "%s@%s\n", name, sha256_digest(&result->digest).s);
    return print_out(&line, err);
}
