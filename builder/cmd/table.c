/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

const struct command command_table[] = {
    {CMD_BUILD, "build", "RECIPE...", "build images from recipes (`build' may be left out)",
     cmd_build},
    {CMD_LOCK, "lock", "RECIPE...", "resolve a recipe and write its lock", cmd_lock},
    {CMD_UPDATE, "update", "RECIPE...",
     "move recipes to today's archive, and publish the images that changed", cmd_update},
    {CMD_SHOW, "show", "RECIPE", "print a recipe with its includes flattened", cmd_show},
    {CMD_INSPECT, "inspect", "LOCATION", "print an image's manifest, config and layers",
     cmd_inspect},
    {CMD_DIFF, "diff", "OLD NEW", "tell how two images differ, wherever they are", cmd_diff},
    {CMD_EXPLAIN, "explain", "[RULE...]", "explain rules of the hardening policy, or list them all",
     cmd_explain},
    {CMD_PUSH, "push", "LOCATION NAME", "push an image to a registry", cmd_push},
    {CMD_PULL, "pull", "NAME LOCATION", "pull an image from a registry", cmd_pull},
    {CMD_COPY, "copy", "FROM TO", "copy an image from any location to any other", cmd_copy},
    {CMD_TAG, "tag", "NAME TAG...", "give an image of a registry further tags", cmd_tag},
    {CMD_TAGS, "tags", "NAME", "list the tags of a repository", cmd_tags},
    {CMD_DELETE, "delete", "NAME", "delete a tag or an image from a registry", cmd_delete},
    {CMD_LOGIN, "login", "HOST", "keep a registry's user and password", cmd_login},
    {CMD_LOGOUT, "logout", "HOST", "forget a registry's user and password", cmd_logout},
    {CMD_AUDIT, "audit", "LOCATION", "judge any image by the hardening rules", cmd_audit},
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
