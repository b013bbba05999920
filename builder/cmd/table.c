/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

const struct command command_table[] = {
    {CMD_BUILD, "build", "RECIPE...", "build images from recipes (`build' may be left out)",
     cmd_build},
    {CMD_LOCK, "lock", "RECIPE...", "resolve a recipe and write its lock", cmd_lock},
    {CMD_SHOW, "show", "RECIPE", "print a recipe with its includes flattened", cmd_show},
    {CMD_INSPECT, "inspect", "LOCATION", "print an image's manifest, config and layers",
     cmd_inspect},
    {CMD_HELP, "help", "[COMMAND]", "print help", cmd_help},
};
const size_t command_count = ARRAY_SIZE(command_table);

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(command_table[i].name, name) == 0)
            return &command_table[i];
    return NULL;
}
