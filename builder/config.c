/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

/* What a shell-less image is searched by, where the recipe says nothing. */
#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"

static void copy_items(struct strv *dst, const struct recipe_list *src)
{
    for (size_t i = 0; i < src->n; i++)
        strv_add(dst, src->v[i].text);
}

static bool has_key(const struct strv *list, const char *key)
{
    size_t n = strlen(key);

    strv_each (item, list) {
        if (strncmp(*item, key, n) == 0 && (*item)[n] == '=')
            return true;
    }
    return false;
}

/* A pre-defined annotation (image spec, annotations.md), unless the recipe sets it itself. */
static void add_standard(struct strv *list, const char *name, const char *value)
{
    CLEANUP(free_ptr) char *key = xasprintf("org.opencontainers.image.%s", name);

    if (value && !has_key(list, key))
        strv_addf(list, "%s=%s", key, value);
}

static void add_standards(struct strv *list, const struct recipe *r, int64_t created)
{
    add_standard(list, "created", time_text(created < 0 ? 0 : created).s);
    add_standard(list, "title", r->title ? r->title : r->name);
    add_standard(list, "description", r->description);
    strv_sort(list);
}

void image_from_recipe(const struct recipe *r, const char *arch, int64_t created, struct image *ret)
{
    *ret = (struct image){.arch = arch, .created = created};
    ret->user = xasprintf("%u:%u", RECIPE_USER_ID, RECIPE_USER_ID);
    copy_items(&ret->env, &r->config.env);
    if (!has_key(&ret->env, "PATH"))
        strv_add(&ret->env, DEFAULT_PATH);
    copy_items(&ret->entrypoint, &r->config.entrypoint);
    copy_items(&ret->cmd, &r->config.cmd);
    copy_items(&ret->ports, &r->config.expose);
    strv_sort(&ret->ports);
    strv_uniq(&ret->ports);
    copy_items(&ret->volumes, &r->config.volumes);
    strv_sort(&ret->volumes);
    strv_uniq(&ret->volumes);
    copy_items(&ret->labels, &r->labels);
    copy_items(&ret->annotations, &r->annotations);
    add_standards(&ret->labels, r, created);
    add_standards(&ret->annotations, r, created);
    ret->workdir = r->config.workdir ? xstrdup(r->config.workdir) : NULL;
    ret->stop_signal = r->config.stop_signal ? xstrdup(r->config.stop_signal) : NULL;
}
