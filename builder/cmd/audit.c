/* SPDX-License-Identifier: Apache-2.0 */
#include "report/audit.h"
#include "cmd/cmd.h"

#include "base/text.h"
#include <time.h>

static int check_options(const struct cli *cli, const struct audit_format **ret_format,
                         enum severity *ret_least, struct err *err)
{
    *ret_format = cli->format ? audit_format_find(cli->format) : audit_formats;
    if (cli->args.n != 1)
        return err_code(err, ERR_USAGE, "audit: one location is wanted, as oci:python3.oci");
    if (!*ret_format) {
        CLEANUP(buf_release) struct buf names = BUF_INIT(0);
        for (size_t i = 0; i < n_audit_formats; i++)
            buf_addf(&names, "%s%s",
                     i == 0                    ? ""
                     : i + 1 < n_audit_formats ? ", "
                                               : " or ",
                     audit_formats[i].name);
        return err_code(err, ERR_USAGE, "--format %s: it is %s", cli->format, buf_str(&names));
    }
    if (cli->fail_on && !severity_parse(cli->fail_on, ret_least))
        return err_code(err, ERR_USAGE, "--fail-on %s: it is critical, high, medium, low or info",
                        cli->fail_on);
    return 0;
}

static void audit_cleanup(struct audit *a)
{
    audit_release(a);
}

static int open_location(const struct cli *cli, struct location *from, struct http **h,
                         struct opened *opened, struct audit_options *options, struct err *err)
{
    static const char directory[] = "dir:";

    if (starts_with(options->location, directory)) {
        options->directory = options->location + strlen(directory);
        return 0;
    }
    if (location_parse(options->location, from, err) < 0) {
        if (err->code == ERR_USAGE)
            err_hint(err, "or dir:PATH for a directory tree");
        return err_ret(err);
    }
    if (http_new(&cli->session, 0, h, err) < 0 || cli_open(cli, *h, from, opened, err) < 0)
        return err_ret(err);
    options->reader = opened->reader;
    if (from->transport != TRANSPORT_DOCKER)
        return 0;
    options->reference = from->path;
    options->registry = opened->registry;
    options->repository = registry_reader_repository(opened->reader,
                                                     registry_host(opened->registry));
    return 0;
}

int cmd_audit(struct cli *cli, struct err *err)
{
    CLEANUP(location_release) struct location from = {0};
    CLEANUP(http_cleanup) struct http *h = NULL;
    CLEANUP(opened_release) struct opened opened = {0};
    CLEANUP(audit_policy_release) struct audit_policy policy = {0};
    CLEANUP(audit_cleanup) struct audit audit = {0};
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    const struct audit_format *format;
    enum severity least = SEVERITY_CRITICAL;

    if (check_options(cli, &format, &least, err) < 0 ||
        (cli->policy && audit_policy_read(cli->policy, &policy, err) < 0))
        return err_ret(err);
    struct audit_options options = {
        .location = cli->args.v[0],
        .arches = &cli->arches,
        .policy = cli->policy ? &policy : NULL,
        .today = time(NULL),
    };
    if (open_location(cli, &from, &h, &opened, &options, err) < 0 ||
        audit_run(&cli->session, &options, &audit, err) < 0)
        return err_ret(err);
    format->write(&audit, cli->out, &text);
    if (print_out(&text, err) < 0)
        return err_ret(err);
    size_t n = cli->fail_on ? audit_count(&audit, least) : 0;
    return n ? err_code(err, ERR_POLICY, "%s: %zu finding%s of severity %s%s", audit.location, n,
                        n == 1 ? "" : "s", severity_name(least),
                        least < SEVERITY_CRITICAL ? " or worse" : "")
             : 0;
}
