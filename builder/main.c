/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static atomic_int stop_signal;

/* The first signal asks to stop, and all stages return; a second one ends the program at once. */
static void on_signal(int signal_number)
{
    stop_signal = signal_number;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit fails, and is said */
}

static unsigned processors(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* Buffers of some MiB come and go with each package: what is given back is kept for the next one,
 * where by default the kernel takes it and hands out new pages, to be zeroed and mapped. */
static void keep_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, 32 << 20); /* the most that glibc allows */
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
}

static int session_open(struct cli *cli, struct err *err)
{
    unsigned jobs = processors();

    if (cli->jobs && cli_number("--jobs", cli->jobs, 1024, &jobs, err) < 0)
        return err_ret(err);
    cli->session.log = log_new(stderr, cli->quiet ? LOG_WARN : cli->verbose ? LOG_DEBUG : LOG_INFO);
    cli->out = log_new(stdout, LOG_WARN);
    cli->session.pool = pool_new(jobs - 1);
    cli->session.stop = &stop_signal;
    cli->apt_root = getenv("MKIMAGE_APT_ROOT") ? getenv("MKIMAGE_APT_ROOT") : "/";
    return 0;
}

static int run(struct cli *cli, const struct command *command, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    if (cli->version) {
        buf_addstr(&text, "mkimage " MKIMAGE_VERSION "\n");
        return print_out(&text, err);
    }
    if (cli->help) {
        help_text(command, &text);
        return print_out(&text, err);
    }
    if (session_open(cli, err) < 0)
        return err_ret(err);
    return command->run(cli, err);
}

static int exit_code(const struct cli *cli, const struct err *err)
{
    switch (err->code) {
    case ERR_NONE:
        return cli->differs ? EXIT_DIFFER : EXIT_OK;
    case ERR_USAGE:
        return EXIT_USAGE;
    case ERR_POLICY:
        return EXIT_POLICY;
    case ERR_STOPPED:
        return 128 + (int)stop_signal;
    case ERR_FAIL:
    case ERR_NOT_FOUND:
        return EXIT_FAIL;
    case ERR_PIPE: /* as any program ends whose output goes to `head` */
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
        return 128 + SIGPIPE;
    }
    return EXIT_FAIL;
}

static void say(struct cli *cli, const struct err *err)
{
    struct log *log = cli->session.log ? cli->session.log : log_new(stderr, LOG_INFO);

    log_err(log, err);
    if (!cli->session.log)
        log_free(log);
}

/* mkimage COMMAND …, or without one: options and recipes are build's. NULL for help alone. */
static int command_of(int *argc, char ***argv, struct cli *cli, const struct command **ret,
                      struct err *err)
{
    const char *word = *argc > 1 ? (*argv)[1] : "--help";

    *ret = command_find(word);
    if (*ret) {
        (*argc)--;
        (*argv)++;
        return 0;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        cli->help = true;
        return 0;
    }
    *ret = command_find("build");
    if (word[0] == '-' || strpbrk(word, "/.") || access(word, F_OK) == 0)
        return 0;
    return command_unknown(word, "neither a command nor a recipe", err);
}

/* What opens first would else become standard output: an archive goes into a socket, and nobody is
 * told. A descriptor that was closed is filled with one that can be neither read nor written as it
 * should, so that using it fails. */
static void fill_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            abort();
}

/* Passwords and tokens may lie anywhere in this process's memory, in copies that libraries made:
 * neither a core dump nor another process of the user's gets them. */
static void keep_secrets(void)
{
    const struct rlimit none = {0, 0};
    const char *lifted = getenv("MKIMAGE_DEBUG");

    if (lifted && *lifted)
        return;
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int main(int argc, char **argv)
{
    struct cli cli = {0};
    CLEANUP(err_release) struct err err = ERR_INIT;
    const struct command *command = NULL;

    fill_descriptors();
    keep_secrets();
    keep_memory();
    catch_signals();
    bool bare = argc < 2;
    if (command_of(&argc, &argv, &cli, &command, &err) == 0 &&
        (!command || options_parse(argc, argv, command, &cli, &err) == 0))
        (void)run(&cli, command, &err);
    if (err.code && err.code != ERR_PIPE)
        say(&cli, &err);
    if (cli.session.pool)
        pool_end(cli.session.pool);
    log_free(cli.out);
    log_free(cli.session.log);
    int code = bare ? EXIT_USAGE : exit_code(&cli, &err);
    cli_release(&cli);
    return code;
}
