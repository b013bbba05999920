/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include "base/nearest.h"

#define COMMAND_ROW(NAME, name, arguments, summary) \
    {CMD_##NAME, #name, arguments, summary, cmd_##name},
const struct command command_table[COMMAND_COUNT] = {COMMANDS(COMMAND_ROW)};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(command_table[i].name, name) == 0)
            return &command_table[i];
    return NULL;
}

int command_unknown(const char *word, const char *what, struct err *err)
{
    struct nearest near = NEAREST_INIT(word);

    for (size_t i = 0; i < COMMAND_COUNT; i++)
        nearest_try(&near, command_table[i].name);
    err_code(err, ERR_USAGE, "%s: %s", word, what);
    if (near.best)
        return err_hint(err, "did you mean mkimage %s?", near.best);
    return err_hint(err, "mkimage --help lists the commands");
}
