/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include "base/nearest.h"
#include "base/number.h"
#include "base/path.h"
#include "base/text.h"
#include "recipe/values.h"

#include <errno.h>
#include <getopt.h>
#include <unistd.h>

#define MAKE (CMD_BUILD | CMD_LOCK | CMD_UPDATE)
#define MOVE (CMD_PUSH | CMD_PULL | CMD_COPY)
#define REGISTRY                                                                               \
    (CMD_BUILD | CMD_UPDATE | CMD_INSPECT | CMD_DIFF | CMD_AUDIT | MOVE | CMD_TAG | CMD_TAGS | \
     CMD_DELETE | CMD_LOGIN)

const struct option_spec option_table[] = {
    {"output", 'o', "LOCATION",
     "where the image goes: oci:DIR, oci-archive:FILE or docker-archive:FILE[:NAME:TAG]; may be "
     "repeated (oci:NAME.oci)",
     OPTION_LIST, offsetof(struct cli, outputs), CMD_BUILD},
    {"arch", 'a', "LIST",
     "architectures as Debian names them, separated by commas (build: the recipe's, else this "
     "machine's; push, pull, copy, diff, audit: all)",
     OPTION_LIST, offsetof(struct cli, arches), MAKE | MOVE | CMD_DIFF | CMD_AUDIT},
    {"exit-code", 0, NULL,
     "exit with 0 if the images are alike, 1 if they differ, 2 if anything goes wrong", OPTION_FLAG,
     offsetof(struct cli, exit_code), CMD_DIFF},
    {"layers", 0, NULL, "read the layers, and believe no record beside an image", OPTION_FLAG,
     offsetof(struct cli, layers), CMD_DIFF},
    {"push", 0, "NAME",
     "publish the image in a registry, under the recipe's tags or NAME's own; with several "
     "recipes, or a slash at its end, NAME is a prefix of their names",
     OPTION_TEXT, offsetof(struct cli, push), CMD_BUILD},
    {"push", 0, "PREFIX", "publish each image as PREFIX/NAME, under the recipe's tags", OPTION_TEXT,
     offsetof(struct cli, push), CMD_UPDATE},
    {"dry-run", 'n', NULL, "say what would change, and build, publish and write nothing",
     OPTION_FLAG, offsetof(struct cli, dry_run), CMD_UPDATE},
    {"report", 0, "FILE",
     "write what changed to FILE: as Markdown if its name ends in .md, as JSON if in .json, else "
     "as text",
     OPTION_TEXT, offsetof(struct cli, report), CMD_UPDATE},
    {"report-format", 0, "FORMAT", "write the report as text, markdown or json", OPTION_TEXT,
     offsetof(struct cli, report_format), CMD_UPDATE},
    {"gate", 0, "FILE", "a file with a gate section that counts in place of the recipes'",
     OPTION_TEXT, offsetof(struct cli, gate), CMD_UPDATE},
    {"accept", 0, "NAME@DIGEST", "let these bytes pass the gate; may be repeated", OPTION_LIST,
     offsetof(struct cli, accept), CMD_UPDATE},
    {"reason", 0, "TEXT", "why, for the record; goes with --accept", OPTION_TEXT,
     offsetof(struct cli, reason), CMD_UPDATE},
    {"adopt", 0, NULL, "replace images that have no record of mkimage", OPTION_FLAG,
     offsetof(struct cli, adopt), CMD_UPDATE},
    {"allow-downgrade", 0, NULL, "publish also packages older than those that are published",
     OPTION_FLAG, offsetof(struct cli, allow_downgrade), CMD_UPDATE},
    {"wait", 0, "SECONDS", "how long to wait for another update of the same lock (without end)",
     OPTION_TEXT, offsetof(struct cli, wait), CMD_UPDATE},
    {"before-tags", 0, "COMMAND", "run this when an image is there and before its tags move",
     OPTION_TEXT, offsetof(struct cli, before_tags), CMD_UPDATE},
    {"tag", 0, "TAG", "a further tag; may be repeated", OPTION_LIST, offsetof(struct cli, tags),
     CMD_PUSH | CMD_COPY},
    {"arch-tags", 0, NULL, "each architecture's image under TAG-ARCH, too", OPTION_FLAG,
     offsetof(struct cli, arch_tags), CMD_BUILD | CMD_UPDATE | CMD_PUSH | CMD_COPY},
    {"verify", 0, NULL, "read back from the registry all that was pushed", OPTION_FLAG,
     offsetof(struct cli, verify), CMD_BUILD | CMD_PUSH | CMD_COPY},
    {"no-referrers", 0, NULL, "leave signatures, SBOMs and the like behind", OPTION_FLAG,
     offsetof(struct cli, no_referrers), CMD_PUSH | CMD_PULL | CMD_COPY},
    {"all-tags", 0, NULL, "where a tag can't be deleted alone: delete the image with all its tags",
     OPTION_FLAG, offsetof(struct cli, all_tags), CMD_DELETE},
    {"username", 'u', "NAME", "the user", OPTION_TEXT, offsetof(struct cli, username), CMD_LOGIN},
    {"password-stdin", 0, NULL, "read the password from the standard input", OPTION_FLAG,
     offsetof(struct cli, password_stdin), CMD_LOGIN},
    {"registry-config", 0, "FILE", "the file of users and passwords (podman's, then docker's)",
     OPTION_TEXT, offsetof(struct cli, registry_config), REGISTRY | CMD_LOGOUT},
    {"insecure", 0, "HOST[:PORT]", "speak plain http to this registry; may be repeated",
     OPTION_LIST, offsetof(struct cli, insecure), REGISTRY},
    {"ca-file", 0, "FILE",
     "certificates that registries and mirrors are trusted by, beside the system's", OPTION_TEXT,
     offsetof(struct cli, ca_file), REGISTRY | CMD_LOCK},
    {"timeout", 0, "SECONDS", "how long a registry may be silent (30)", OPTION_TEXT,
     offsetof(struct cli, timeout), REGISTRY},
    {"lock", 0, "FILE", "the lock to read and write (NAME.lock beside the recipe)", OPTION_TEXT,
     offsetof(struct cli, lock), MAKE},
    {"locked", 0, NULL, "refuse to build when the lock is missing or stale", OPTION_FLAG,
     offsetof(struct cli, locked), CMD_BUILD | CMD_LOCK},
    {"update", 0, NULL, "move the lock to today's archive", OPTION_FLAG,
     offsetof(struct cli, update), CMD_LOCK},
    {"strict", 0, NULL, "refuse maintainer scripts that nothing stands in for", OPTION_FLAG,
     offsetof(struct cli, strict), CMD_BUILD | CMD_UPDATE},
    {"mirror", 'm', "[SOURCE=]URL",
     "where an archive is; may be repeated (the recipe's, else that of this machine's apt)",
     OPTION_LIST, offsetof(struct cli, mirrors), MAKE},
    {"allow-source", 0, "DIR",
     "a further directory that local files may come from; may be repeated", OPTION_LIST,
     offsetof(struct cli, allow_source), MAKE | CMD_SHOW},
    {"cache", 0, "DIR", "the cache of packages and layers (~/.cache/mkimage)", OPTION_TEXT,
     offsetof(struct cli, cache), MAKE | MOVE | CMD_DIFF},
    {"data-dir", 0, "DIR", "where shipped recipes and templates are", OPTION_TEXT,
     offsetof(struct cli, data_dir), MAKE | CMD_SHOW},
    {"jobs", 'j', "N", "threads (one a processor)", OPTION_TEXT, offsetof(struct cli, jobs), MAKE},
    {"format", 0, "FORMAT", "text or json", OPTION_TEXT, offsetof(struct cli, format),
     CMD_BUILD | CMD_UPDATE | CMD_INSPECT | CMD_DIFF | MOVE | CMD_TAGS},
    {"format", 0, "FORMAT", "text, json, sarif, junit or html", OPTION_TEXT,
     offsetof(struct cli, format), CMD_AUDIT},
    {"fail-on", 0, "SEVERITY",
     "exit with 3 if a finding is as bad as this: critical, high, medium, low or info", OPTION_TEXT,
     offsetof(struct cli, fail_on), CMD_AUDIT},
    {"policy", 0, "FILE", "what to judge otherwise than the rules do, with reasons", OPTION_TEXT,
     offsetof(struct cli, policy), CMD_AUDIT},
    {"quiet", 'q', NULL, "say only what is wrong", OPTION_FLAG, offsetof(struct cli, quiet),
     CMD_ALL},
    {"verbose", 'v', NULL, "say more", OPTION_FLAG, offsetof(struct cli, verbose), CMD_ALL},
    {"help", 'h', NULL, "print this help", OPTION_FLAG, offsetof(struct cli, help), CMD_ALL},
    {"version", 'V', NULL, "print the version", OPTION_FLAG, offsetof(struct cli, version),
     CMD_ALL},
};
const size_t option_count = ARRAY_SIZE(option_table);

static void option_set(struct cli *cli, const struct option_spec *o, const char *value)
{
    void *field = (char *)cli + o->offset;

    if (o->kind == OPTION_FLAG)
        *(bool *)field = true;
    else if (o->kind == OPTION_TEXT)
        *(const char **)field = value;
    else if (strcmp(o->name, "arch") == 0)
        strv_split(field, slice_of(value), ", ");
    else
        strv_add(field, value);
}

/* Fills what getopt wants from the rows that this command takes. */
static void getopt_tables(const struct command *command, struct option *longs, struct buf *shorts)
{
    size_t n = 0;

    buf_addch(shorts, ':');
    for (size_t i = 0; i < option_count; i++) {
        const struct option_spec *o = &option_table[i];
        if (!(o->commands & command->id))
            continue;
        longs[n++] = (struct option){o->name, o->argument ? required_argument : no_argument, NULL,
                                     256 + (int)i};
        if (o->letter) {
            buf_addch(shorts, o->letter);
            buf_addstr(shorts, o->argument ? ":" : "");
        }
    }
}

static const struct option_spec *option_of(int c)
{
    if (c >= 256)
        return &option_table[c - 256];
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].letter == c)
            return &option_table[i];
    return NULL;
}

/* The options of a command that a long one, which getopt refused, could stand for: exactly one of
 * this name, or all that begin so. */
static size_t meant(const struct command *command, struct slice name,
                    const struct option_spec **ret)
{
    size_t n = 0;

    for (size_t i = 0; i < option_count; i++) {
        const struct option_spec *o = &option_table[i];
        if (!(o->commands & command->id) || strncmp(o->name, name.p, name.n) != 0)
            continue;
        if (!o->name[name.n]) {
            ret[0] = o;
            return 1;
        }
        ret[n++] = o;
    }
    return n;
}

const struct option_spec *option_meant(const struct command *command, struct slice name)
{
    const struct option_spec *options[ARRAY_SIZE(option_table)];

    return meant(command, name, options) == 1 ? options[0] : NULL;
}

const struct option_spec *option_lettered(const struct command *command, char letter)
{
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].letter == letter && option_table[i].commands & command->id)
            return &option_table[i];
    return NULL;
}

static int ambiguous(const struct command *command, struct slice name,
                     const struct option_spec *const *options, size_t n, struct err *err)
{
    CLEANUP(strv_release) struct strv names = STRV_INIT;

    for (size_t i = 0; i < n; i++)
        strv_addf(&names, "--%s", options[i]->name);
    CLEANUP(free_ptr) char *list = strv_join(&names, " or ");
    return err_code(err, ERR_USAGE, "%s: --%.*s may be %s", command->name, (int)name.n, name.p,
                    list);
}

/* Who takes it instead, or what may have been meant; else where all of them stand. */
static int hint_option(const struct command *command, const char *name, char letter,
                       struct err *err)
{
    CLEANUP(strv_release) struct strv commands = STRV_INIT;
    struct nearest near = NEAREST_INIT(name);

    for (size_t i = 0; i < option_count; i++) {
        const struct option_spec *o = &option_table[i];
        bool same = letter ? o->letter == letter : strcmp(o->name, name) == 0;
        for (size_t k = 0; same && k < COMMAND_COUNT; k++)
            if (o->commands & command_table[k].id)
                strv_add(&commands, command_table[k].name);
        if (!letter && o->commands & command->id)
            nearest_try(&near, o->name);
    }
    CLEANUP(free_ptr) char *list = strv_join(&commands, ", ");
    if (commands.n)
        return err_hint(err, "it is an option of %s", list);
    if (near.best)
        return err_hint(err, "did you mean --%s?", near.best);
    return err_hint(err, "see mkimage %s --help", command->name);
}

/* What getopt_long has just refused: of a cluster of letters it is the one that is wrong. */
static int bad_option(const struct command *command, int c, const char *word, struct err *err)
{
    const struct option_spec *known = optopt ? option_of(optopt) : NULL;
    struct slice name = {word + 2, 0};
    const struct option_spec *options[ARRAY_SIZE(option_table)];
    CLEANUP(free_ptr) char *shown = NULL;
    size_t n;

    if (optopt && optopt < 256)
        shown = xasprintf("-%c", optopt);
    else
        shown = known ? xasprintf("--%s", known->name) : xstrndup(word, strcspn(word, "="));
    if (c == ':')
        return err_code(err, ERR_USAGE, "%s: %s wants an argument: %s", command->name, shown,
                        known->argument);
    if (optopt >= 256)
        return err_code(err, ERR_USAGE, "%s: %s takes no argument", command->name, shown);
    name.n = optopt ? 0 : strlen(shown) - 2;
    n = name.n ? meant(command, name, options) : 0;
    if (n > 1)
        return ambiguous(command, name, options, n, err);
    err_code(err, ERR_USAGE, "%s: %s is not an option of this command", command->name, shown);
    return hint_option(command, optopt ? "" : shown + 2, (char)optopt, err);
}

int options_parse(int argc, char **argv, const struct command *command, struct cli *cli,
                  struct err *err)
{
    struct option longs[ARRAY_SIZE(option_table) + 1] = {0};
    CLEANUP(buf_release) struct buf shorts = BUF_INIT(0);
    int c;

    getopt_tables(command, longs, &shorts);
    opterr = 0;
    optind = 1;
    while ((c = getopt_long(argc, argv, buf_str(&shorts), longs, NULL)) >= 0) {
        if (c == '?' || c == ':')
            return bad_option(command, c, argv[optind - 1], err);
        option_set(cli, option_of(c), optarg);
    }
    for (int i = optind; i < argc; i++)
        strv_add(&cli->args, argv[i]);
    return 0;
}

void cli_release(struct cli *cli)
{
    strv_release(&cli->arches);
    strv_release(&cli->outputs);
    strv_release(&cli->mirrors);
    strv_release(&cli->allow_source);
    strv_release(&cli->tags);
    strv_release(&cli->insecure);
    strv_release(&cli->accept);
    strv_release(&cli->args);
    free(cli->source_dir);
}

/* ---- what commands share -------------------------------------------------------------------- */

int cli_number(const char *option, const char *value, unsigned max, unsigned *ret, struct err *err)
{
    uint64_t n;

    if (!number_parse(slice_of(value), max, &n) || n < 1)
        return err_code(err, ERR_USAGE, "%s %s: a number from 1 to %u is wanted", option, value,
                        max);
    *ret = (unsigned)n;
    return 0;
}

bool cli_json(const struct cli *cli)
{
    return cli->format && strcmp(cli->format, "json") == 0;
}

int cli_check_format(const struct cli *cli, struct err *err)
{
    if (!cli->format || cli_json(cli) || strcmp(cli->format, "text") == 0)
        return 0;
    return err_code(err, ERR_USAGE, "--format %s: it is text or json", cli->format);
}

/* SOURCE_DATE_EPOCH (reproducible-builds.org): seconds, digits only. */
static int epoch_from_environment(struct build_options *ret, struct err *err)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    uint64_t seconds;

    if (!text || !*text)
        return 0;
    if (!number_parse(slice_of(text), 253402300799, &seconds)) /* the year 9999 */
        return err_code(err, ERR_USAGE, "SOURCE_DATE_EPOCH=%s: not a number of seconds", text);
    ret->epoch = (int64_t)seconds;
    ret->has_epoch = true;
    return 0;
}

/* The directory of shipped recipes: as installed, or beside a build that runs from its source. */
static const char *default_data_dir(struct cli *cli)
{
    const char *environment = getenv("MKIMAGE_DATA");
    char self[PATH_BYTES_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (environment && *environment)
        return environment;
    for (int up = 0; n > 0 && up < 2; up++) {
        char *slash = memrchr(self, '/', (size_t)n);
        n = slash ? slash - self : 0;
    }
    CLEANUP(free_ptr) char *templates = xasprintf("%.*s/rootfs-templates", (int)n, self);
    if (n <= 0 || access(templates, X_OK) < 0)
        return MKIMAGE_DATADIR;
    cli->source_dir = xstrndup(self, (size_t)n);
    return cli->source_dir;
}

static int check_mirror(const char *text, struct err *err)
{
    const char *equals = strchr(text, '='), *slash = strchr(text, '/');
    const char *url = equals && slash && equals < slash ? equals + 1 : text;

    if (starts_with(url, "http://") || starts_with(url, "https://") || starts_with(url, "file:/"))
        return 0;
    return err_code(err, ERR_USAGE, "--mirror %s: no URL with http://, https:// or file:", text);
}

int cli_build_options(struct cli *cli, struct build_options *ret, struct err *err)
{
    *ret = (struct build_options){
        .recipe = {.data_dir = cli->data_dir ? cli->data_dir : default_data_dir(cli),
                   .allow_source = &cli->allow_source},
        .lock_path = cli->lock,
        .locked = cli->locked,
        .update = cli->update,
        .strict = cli->strict,
        .archive = {.mirrors = {.command_line = &cli->mirrors,
                                .environment = getenv("MKIMAGE_MIRROR"),
                                .apt_root = cli->apt_root},
                    .now = time(NULL)},
        .archives = archives_new(),
    };
    strv_copy(&ret->arches, &cli->arches);
    strv_each (mirror, &cli->mirrors) {
        if (check_mirror(*mirror, err) < 0)
            return err_ret(err);
    }
    strv_each (arch, &ret->arches) {
        if (check_arch(*arch, err) < 0) {
            err->code = ERR_USAGE;
            return err_wrap(err, "--arch");
        }
    }
    return epoch_from_environment(ret, err);
}

void build_options_release(struct build_options *o)
{
    strv_release(&o->arches);
    archives_free(o->archives);
}

int cli_cache(const struct cli *cli, struct cache **ret, struct err *err)
{
    const char *environment = getenv("MKIMAGE_CACHE");
    CLEANUP(free_ptr) char *fallback = NULL;
    const char *dir = cli->cache ? cli->cache : environment && *environment ? environment : NULL;

    if (!dir)
        dir = fallback = cache_default_dir();
    if (!dir) {
        err_set(err, "there is no place for the cache: no home directory");
        return err_hint(err, "give --cache DIR, or set MKIMAGE_CACHE");
    }
    if (cache_open(dir, ret, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *doubt = cache_doubt(*ret);
    if (doubt)
        log_warn(cli->session.log, "cache: %s", doubt);
    return 0;
}

void cache_cleanup(struct cache **c)
{
    cache_free(*c);
}

int cli_context(const struct cli *cli, struct context *ret, struct err *err)
{
    ret->session = &cli->session;
    if (cli_cache(cli, &ret->cache, err) < 0 || http_new(&cli->session, 0, &ret->http, err) < 0)
        return err_ret(err);
    if (cli->ca_file && http_trust_file(ret->http, cli->ca_file, err) < 0)
        return err_wrap(err, "--ca-file");
    return 0;
}

void context_release(struct context *ctx)
{
    http_free(ctx->http);
    cache_free(ctx->cache);
    *ctx = (struct context){0};
}

void http_cleanup(struct http **h)
{
    http_free(*h);
}

int print_out(const struct buf *text, struct err *err)
{
    if (fwrite(buf_str(text), 1, text->len, stdout) == text->len && fflush(stdout) == 0)
        return 0;
    return errno == EPIPE ? err_code(err, ERR_PIPE, "stdout: nobody reads it any more")
                          : err_errno(err, errno, "stdout");
}
