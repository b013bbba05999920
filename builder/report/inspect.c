/* SPDX-License-Identifier: Apache-2.0 */
#include "report/inspect.h"
#include "base/json.h"
#include "base/text.h"
#include <inttypes.h>

#define MADE_BY      "mkimage "
#define DIGEST_SHOWN (7 + 12) /* "sha256:" and twelve digits, as docker shows them */

/* The next "name=version" of a layer that mkimage made, from *at on; false at the end. */
static bool next_package(const char **at, struct slice *ret_name, struct slice *ret_version)
{
    for (;;) {
        const char *p = *at + strspn(*at, " ");
        size_t n = strcspn(p, " ");
        const char *equals = memchr(p, '=', n);
        *at = p + n;
        if (n == 0)
            return false;
        if (!equals || equals == p || *p == '(')
            continue;
        *ret_name = (struct slice){p, (size_t)(equals - p)};
        *ret_version = (struct slice){equals + 1, n - ret_name->n - 1};
        return true;
    }
}

static const char *packages_of(const struct read_layer *l)
{
    size_t n = strlen(MADE_BY);
    return l->created_by && strncmp(l->created_by, MADE_BY, n) == 0 ? l->created_by + n : "";
}

static uint64_t packed_size(const struct read_image *image)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < image->n_layers; i++)
        if (__builtin_add_overflow(sum, image->layers[i].size, &sum))
            return UINT64_MAX;
    return sum;
}

static size_t place_length(const char *location)
{
    size_t n = strlen(location);
    struct sha256 ignored;
    bool named = n > DIGEST_STRING_LEN && location[n - DIGEST_STRING_LEN - 1] == '@' &&
                 sha256_parse_digest(slice_of(location + n - DIGEST_STRING_LEN), &ignored);
    return named ? n - DIGEST_STRING_LEN - 1 : n;
}

/* ---- text ------------------------------------------------------------------------------------ */

#define KEY "  %-12s "

static void text_line(struct buf *ret, const char *key, const json_t *object, const char *member)
{
    const char *s = json_string_value(json_object_get(object, member));
    if (!s || !*s)
        return;
    text_addf(ret, KEY "%s\n", key, s);
}

/* An entrypoint or cmd as the list that it is, so that one sees where an argument ends. */
static void list_line(struct buf *ret, const char *key, const json_t *list)
{
    if (!json_array_size(list))
        return;
    buf_addf(ret, KEY, key);
    json_ascii(list, ret);
    buf_addch(ret, '\n');
}

static void each_line(struct buf *ret, const char *key, const json_t *list)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (!json_is_string(item))
            continue;
        text_addf(ret, KEY "%s\n", i ? "" : key, json_string_value(item));
    }
}

/* The members of an object, a line each: "key=value", or the key alone where it is a set. */
static void map_lines(struct buf *ret, const char *name, const json_t *map)
{
    const char *key, *shown = name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)map, key, value)
    {
        const char *text = json_string_value(value);
        text_addf(ret, KEY "%s%s%s\n", shown, key, text ? "=" : "", text ? text : "");
        shown = "";
    }
}

static void layer_line(const struct read_layer *l, size_t number, const struct log *log,
                       struct buf *ret)
{
    buf_addf(ret, "  %3zu %10s  %s%.*s%s  ", number, size_text(l->size).s, log_dim(log),
             DIGEST_SHOWN, sha256_digest(&l->digest).s, log_reset(log));
    struct slice name, version;
    const char *at = packages_of(l);
    bool any = false;
    while (next_package(&at, &name, &version)) {
        text_addf(ret, "%s%.*s ", any ? ", " : "", (int)name.n, name.p);
        buf_addstr(ret, log_dim(log));
        text_addf(ret, "%.*s", (int)version.n, version.p);
        buf_addstr(ret, log_reset(log));
        any = true;
    }
    if (!any)
        text_addstr(ret, l->created_by ? l->created_by : "");
    buf_addch(ret, '\n');
}

static void image_text(const struct read_image *image, const struct log *log, struct buf *ret)
{
    const json_t *config = json_object_get(image->config_json, "config");
    buf_addf(ret, "\n%s", log_bold(log));
    text_addf(ret, "%s/%s%s%s", image->os, image->arch, image->variant ? "/" : "",
              image->variant ? image->variant : "");
    buf_addf(ret, "%s\n", log_reset(log));
    strv_each (name, &image->names)
        text_addf(ret, KEY "%s\n", name == image->names.v ? "names" : "", *name);
    if (image->own_platform)
        text_addf(ret, KEY "%s, unlike its index\n", "config for", image->own_platform);
    if (!sha256_is_zero(&image->manifest))
        buf_addf(ret, KEY "%s\n", "manifest", sha256_digest(&image->manifest).s);
    buf_addf(ret, KEY "%s\n", "config", sha256_digest(&image->config).s);
    text_line(ret, "created", image->config_json, "created");
    text_line(ret, "user", config, "User");
    list_line(ret, "entrypoint", json_object_get(config, "Entrypoint"));
    list_line(ret, "cmd", json_object_get(config, "Cmd"));
    text_line(ret, "workdir", config, "WorkingDir");
    each_line(ret, "env", json_object_get(config, "Env"));
    map_lines(ret, "ports", json_object_get(config, "ExposedPorts"));
    map_lines(ret, "volumes", json_object_get(config, "Volumes"));
    text_line(ret, "stop signal", config, "StopSignal");
    map_lines(ret, "labels", json_object_get(config, "Labels"));
    map_lines(ret, "annotations", json_object_get(image->manifest_json, "annotations"));
    buf_addf(ret, KEY "%zu, %s\n", "layers", image->n_layers, size_text(packed_size(image)).s);
    for (size_t i = 0; i < image->n_layers; i++)
        layer_line(&image->layers[i], i + 1, log, ret);
}

void inspect_text(const struct inspection *i, const struct log *log, struct buf *ret)
{
    buf_addstr(ret, log_green(log));
    text_addf(ret, "%.*s", (int)place_length(i->location), i->location);
    buf_addf(ret, "%s@%s\n", log_reset(log), sha256_digest(&i->set->digest).s);
    strv_each (name, &i->set->absent)
        text_addf(ret, KEY "%s\n", name == i->set->absent.v ? "not there" : "", *name);
    for (size_t k = 0; k < i->set->n; k++)
        image_text(&i->set->images[k], log, ret);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *packages_json(const struct read_layer *l)
{
    json_t *list = json_array();
    struct slice name, version;
    const char *at = packages_of(l);
    while (next_package(&at, &name, &version))
        json_add(list, object_json("name", text_n_json(name.p, name.n), "version",
                                   text_n_json(version.p, version.n), NULL));
    return list;
}

static json_t *layer_json(const struct read_layer *l)
{
    return object_json("digest", digest_json(&l->digest), "diff_id", digest_json(&l->diff_id),
                       "size", number_json(l->size), "media_type", text_json(l->media_type),
                       "created_by", text_json(l->created_by), "packages", packages_json(l), NULL);
}

static json_t *image_json(const struct read_image *image)
{
    bool manifest = !sha256_is_zero(&image->manifest);
    json_t *layers = json_array();
    for (size_t i = 0; i < image->n_layers; i++)
        json_add(layers, layer_json(&image->layers[i]));
    return object_json("names", strings_json(&image->names), "os", text_json(image->os),
                       "architecture", text_json(image->arch), "variant", text_json(image->variant),
                       "config_platform", text_json(image->own_platform), "manifest",
                       digest_json(&image->manifest), "manifest_size",
                       manifest ? number_json(image->manifest_size) : json_null(), "config",
                       digest_json(&image->config), "packed", number_json(packed_size(image)),
                       "layers", layers, "manifest_document", json_incref(image->manifest_json),
                       "config_document", json_incref(image->config_json), NULL);
}

void inspect_json(const struct inspection *i, struct buf *ret)
{
    json_t *images = json_array();
    for (size_t k = 0; k < i->set->n; k++)
        json_add(images, image_json(&i->set->images[k]));
    json_t *document = object_json("location", text_n_json(i->location, place_length(i->location)),
                                   "digest", digest_json(&i->set->digest), "absent",
                                   strings_json(&i->set->absent), "images", images, NULL);
    json_ascii(document, ret);
    buf_addch(ret, '\n');
    json_decref(document);
}
