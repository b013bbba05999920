/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/config.h"

#include "base/arch.h"
#include "base/time.h"

static char *text_of(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s && *s ? xstrdup(s) : NULL;
}

static void list_of(const json_t *object, const char *key, struct strv *ret)
{
    size_t i;
    const json_t *item, *list = json_object_get(object, key);

    if (json_is_string(list))
        strv_add(ret, json_string_value(list));
    for (i = 0; i < json_array_size(list); i++) {
        item = json_array_get(list, i);
        if (json_is_string(item))
            strv_add(ret, json_string_value(item));
    }
}

/* A map's keys; with values as "key=value". */
static void map_of(const json_t *object, const char *key, bool values, struct strv *ret)
{
    const char *name;
    json_t *value;

    json_object_foreach(json_object_get(object, key), name, value)
    {
        if (!values)
            strv_add(ret, name);
        else if (json_is_string(value))
            strv_addf(ret, "%s=%s", name, json_string_value(value));
    }
    strv_sort(ret);
}

/* "2026-11-21T09:15:44.123456789Z"; 0 for what isn't that. */
static int64_t created_of(const json_t *config)
{
    const char *s = json_string_value(json_object_get(config, "created"));
    int64_t ret;

    return s && time_parse_loose(s, &ret) ? ret : 0;
}

void config_image(const struct read_image *from, struct image *ret, struct strv *ret_history)
{
    const json_t *config = json_object_get(from->config_json, "config");
    const json_t *history = json_object_get(from->config_json, "history");

    const struct arch *arch = arch_like_platform(from->arch, from->variant);

    *ret = (struct image){.arch = arch ? arch->name : from->arch,
                          .created = created_of(from->config_json)};
    ret->user = text_of(config, "User");
    ret->workdir = text_of(config, "WorkingDir");
    ret->stop_signal = text_of(config, "StopSignal");
    list_of(config, "Env", &ret->env);
    list_of(config, "Entrypoint", &ret->entrypoint);
    list_of(config, "Cmd", &ret->cmd);
    map_of(config, "ExposedPorts", false, &ret->ports);
    map_of(config, "Volumes", false, &ret->volumes);
    map_of(config, "Labels", true, &ret->labels);
    map_of(from->manifest_json, "annotations", true, &ret->annotations);
    for (size_t i = 0; i < json_array_size(history); i++) {
        const char *by = json_string_value(
            json_object_get(json_array_get(history, i), "created_by"));
        strv_add(ret_history, by ? by : "");
    }
}

void config_commands(const struct read_image *from, struct strv *ret_health,
                     struct strv *ret_onbuild)
{
    const json_t *config = json_object_get(from->config_json, "config");

    list_of(json_object_get(config, "Healthcheck"), "Test", ret_health);
    list_of(config, "OnBuild", ret_onbuild);
}
