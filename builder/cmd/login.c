/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <errno.h>
#include <termios.h>
#include <unistd.h>

#define SECRET_MAX 16384

/* A line of the standard input, without its end. */
static int read_line(const char *what, char *ret, size_t max, struct err *err)
{
    size_t n = 0;

    for (;;) {
        char c;
        ssize_t got = read(STDIN_FILENO, &c, 1);
        if (got < 0)
            return errno == EINTR ? err_code(err, ERR_STOPPED, "stopped")
                                  : err_errno(err, errno, "stdin");
        if (got == 0 || c == '\n')
            break;
        if (n + 1 == max)
            return err_set(err, "the %s is longer than %zu bytes", what, max - 1);
        ret[n++] = c;
    }
    if (n && ret[n - 1] == '\r')
        n--;
    ret[n] = 0;
    return n ? 0 : err_code(err, ERR_USAGE, "login: the %s is empty", what);
}

static int ask(const char *what, bool hidden, char *ret, size_t max, struct err *err)
{
    struct termios before, silent;

    if (tcgetattr(STDIN_FILENO, &before) < 0)
        return err_errno(err, errno, "terminal");
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(stderr, "%s: ", what);
    fflush(stderr);
    if (hidden)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    int r = read_line(what, ret, max, err);
    if (hidden) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    return r;
}

static int get_username(const struct cli *cli, char *ret, size_t max, struct err *err)
{
    if (cli->username) {
        if (strlen(cli->username) >= max || !*cli->username)
            return err_code(err, ERR_USAGE, "--username: not a user's name");
        memcpy(ret, cli->username, strlen(cli->username) + 1);
        return 0;
    }
    if (cli->password_stdin || !isatty(STDIN_FILENO))
        return err_code(err, ERR_USAGE, "login: --username is wanted");
    return ask("user", false, ret, max, err);
}

static int get_password(const struct cli *cli, char *ret, size_t max, struct err *err)
{
    if (cli->password_stdin)
        return read_line("password", ret, max, err);
    if (!isatty(STDIN_FILENO)) {
        err_code(err, ERR_USAGE, "login: there is no terminal to ask for the password");
        return err_hint(err, "give it on the standard input, with --password-stdin");
    }
    return ask("password", true, ret, max, err);
}

static int login(struct cli *cli, const char *host, const char *username, const char *password,
                 struct err *err)
{
    CLEANUP(http_cleanup) struct http *h = NULL;
    CLEANUP(registry_cleanup) struct registry *r = NULL;
    CLEANUP(free_ptr) char *where = NULL;
    struct registry_options options;

    if (cli_registry_options(cli, &options, err) < 0 || http_new(&cli->session, 0, &h, err) < 0 ||
        registry_open(&cli->session, h, host, &options, &r, err) < 0 ||
        registry_login(r, username, password, err) < 0 ||
        credential_store(&cli->session, &options.credentials, host, username, password, &where,
                         err) < 0)
        return err_ret(err);
    log_info(cli->session.log, "%s: user %s is kept in %s", host, username, where);
    return 0;
}

/* The host of "HOST[:PORT]", checked by the grammar of names. */
static int parse_host(const char *command, const struct strv *args, struct reference *ret,
                      struct err *err)
{
    if (args->n != 1)
        return err_code(err, ERR_USAGE, "%s: one registry's host is wanted", command);
    CLEANUP(free_ptr) char *name = xasprintf("%s/x", args->v[0]);
    if (reference_parse(name, ret, err) == 0 && strcmp(ret->repository, "x") == 0)
        return 0;
    err_clear(err);
    err_code(err, ERR_USAGE, "%s: \"%s\" isn't a registry's host", command, args->v[0]);
    return err_hint(err, "write HOST[:PORT] alone, as harbor.example");
}

int cmd_login(struct cli *cli, struct err *err)
{
    CLEANUP(reference_release) struct reference name = {0};
    char username[1024], password[SECRET_MAX];

    if (parse_host("login", &cli->args, &name, err) < 0 ||
        get_username(cli, username, sizeof(username), err) < 0)
        return err_ret(err);
    int r = get_password(cli, password, sizeof(password), err);
    if (r == 0)
        r = login(cli, name.host, username, password, err);
    explicit_bzero(password, sizeof(password));
    return r;
}

int cmd_logout(struct cli *cli, struct err *err)
{
    CLEANUP(reference_release) struct reference name = {0};
    CLEANUP(free_ptr) char *where = NULL;
    struct registry_options options;

    if (parse_host("logout", &cli->args, &name, err) < 0 ||
        cli_registry_options(cli, &options, err) < 0 ||
        credential_erase(&cli->session, &options.credentials, name.host, &where, err) < 0)
        return err_ret(err);
    log_info(cli->session.log, "%s: removed from %s", name.host, where);
    return 0;
}
