/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

static void program_help(struct buf *ret)
{
    buf_addstr(ret, "usage: mkimage [COMMAND] [OPTION...] ARGUMENT...\n"
                    "\n"
                    "Builds minimal, hardened container images from signed Debian packages.\n"
                    "\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        buf_addf(ret, "  %-10s %-13s %s\n", command_table[i].name, command_table[i].arguments,
                 command_table[i].summary);
    buf_addstr(ret, "\n"
                    "mkimage COMMAND --help lists a command's options; more in mkimage(1) and\n"
                    "mkimage-recipe(5).\n");
}

static void option_help(const struct option_spec *o, struct buf *ret)
{
    CLEANUP(buf_release) struct buf left = BUF_INIT(0);

    if (o->letter)
        buf_addf(&left, "-%c, --%s", o->letter, o->name);
    else
        buf_addf(&left, "    --%s", o->name);
    if (o->argument)
        buf_addf(&left, " %s", o->argument);
    if (left.len < 26)
        buf_addf(ret, "  %-26s %s\n", buf_str(&left), o->help);
    else
        buf_addf(ret, "  %s\n%29s%s\n", buf_str(&left), "", o->help);
}

void help_text(const struct command *command, struct buf *ret)
{
    if (!command) {
        program_help(ret);
        return;
    }
    buf_addf(ret, "usage: mkimage %s [OPTION...] %s\n\n%s\n\n", command->name, command->arguments,
             command->summary);
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].commands & command->id)
            option_help(&option_table[i], ret);
}

int cmd_help(struct cli *cli, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    const struct command *command = NULL;

    if (cli->args.n) {
        command = command_find(cli->args.v[0]);
        if (!command)
            return command_unknown(cli->args.v[0], "no such command", err);
    }
    help_text(command, &text);
    return print_out(&text, err);
}
