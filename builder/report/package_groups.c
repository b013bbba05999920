/* SPDX-License-Identifier: Apache-2.0 */
#include "report/difference.h"

#include "base/json.h"

void package_groups_init(struct package_groups *g)
{
    *g = (struct package_groups){json_array(), json_object()};
}

void package_groups_release(struct package_groups *g)
{
    json_decref(g->list);
    json_decref(g->index);
    *g = (struct package_groups){0};
}

static json_t *value_of(const json_t *package, const char *key)
{
    json_t *value = json_object_get(package, key);

    return value ? json_incref(value) : json_null();
}

/* What packages of a line have in common. */
static char *key_of(const json_t *package, bool arches, bool all)
{
    static const char *const keys[] = {"source", "origin", "from", "to"};
    json_t *parts = json_array();

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        json_add(parts, value_of(package, keys[i]));
    if (arches)
        json_add(parts, value_of(package, "architectures"));
    if (all || !json_is_string(json_object_get(package, "source")))
        json_add(parts, value_of(package, "name"));
    char *ret = json_dumps(parts, JSON_COMPACT);
    json_decref(parts);
    return ret ? ret : xstrdup("");
}

static void add_name(json_t *list, const char *name)
{
    size_t i;
    const json_t *there;

    json_array_foreach(list, i, there)
    {
        if (strcmp(json_string_value(there), name) == 0)
            return;
    }
    json_add(list, text_json(name));
}

void package_groups_add(struct package_groups *g, const json_t *package, const char *image,
                        bool arches, bool all)
{
    CLEANUP(free_ptr) char *key = key_of(package, arches, all);
    json_t *group = json_object_get(g->index, key);

    if (!group) {
        group = object_json("packages", json_array(), "package",
                            json_copy((json_t *)(uintptr_t)package), "images", json_array(), NULL);
        json_add(g->list, json_incref(group));
        json_put(g->index, key, group);
    }
    add_name(json_object_get(group, "packages"), prose_string(package, "name"));
    if (image)
        add_name(json_object_get(group, "images"), image);
}

const json_t *package_groups_find(const struct package_groups *g, const json_t *package)
{
    CLEANUP(free_ptr) char *key = key_of(package, false, false);

    return json_object_get(g->index, key);
}

bool package_group_line(struct prose_list *l, const json_t *group)
{
    const json_t *package = json_object_get(group, "package");
    const char *from = json_string_value(json_object_get(package, "from"));
    const char *to = json_string_value(json_object_get(package, "to"));
    const char *change = prose_string(package, "change");
    char sign = prose_sign(package);

    if (!prose_change(l, sign, prose_word(sign)))
        return false;
    prose_codes(l->w, json_object_get(group, "packages"));
    buf_addch(l->w->out, ' ');
    prose_code(l->w, from ? from : to ? to : "");
    if (from && to) {
        buf_addstr(l->w->out, " -> ");
        prose_code(l->w, to);
    }
    if (strcmp(change, "downgraded") == 0 || strcmp(change, "rebuilt") == 0)
        buf_addf(l->w->out, ", %s", strcmp(change, "rebuilt") == 0 ? "other bytes" : "older");
    return true;
}
