/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/undelivered.h"
#include "base/json.h"

#include "base/buf.h"

#define UNDELIVERED_MAX (256u << 20)
#define KIND            "undelivered"

/* An array of {"tagged": bool, "entry": {…}}. */
static json_t *load(struct cache *c, const char *name)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(UNDELIVERED_MAX);
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    const struct sha256 key = sha256_of(name, strlen(name));
    json_t *list = NULL;

    if (cache_fact_get(c, KIND, &key, &text, &ignored) == 0 && text.len)
        list = json_loadb(buf_str(&text), text.len, 0, NULL);
    if (json_is_array(list))
        return list;
    json_decref(list);
    return json_array();
}

static void save(struct cache *c, const char *name, const json_t *list)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    const struct sha256 key = sha256_of(name, strlen(name));
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    json_bytes(list, &text);
    (void)!cache_fact_keep(c, KIND, &key, text.data, json_array_size(list) ? text.len : 0,
                           &ignored);
}

static const char *digest_of(const json_t *item)
{
    const char *text = json_string_value(json_object_get(json_object_get(item, "entry"), "digest"));

    return text ? text : "";
}

/* Takes out the items of a digest; how many. */
static size_t drop(json_t *list, const char *digest)
{
    size_t n = 0;

    for (size_t i = json_array_size(list); i-- > 0;) {
        if (strcmp(digest_of(json_array_get(list, i)), digest) == 0) {
            json_array_remove(list, i);
            n++;
        }
    }
    return n;
}

json_t *undelivered_get(struct cache *c, const char *name)
{
    json_t *list = load(c, name), *ret = json_array();
    size_t i;
    const json_t *item;

    json_array_foreach(list, i, item)
    {
        if (json_is_true(json_object_get(item, "tagged")))
            json_add(ret, json_incref(json_object_get(item, "entry")));
    }
    json_decref(list);
    if (json_array_size(ret))
        return ret;
    json_decref(ret);
    return NULL;
}

void undelivered_put(struct cache *c, const char *name, const json_t *entry)
{
    json_t *list = load(c, name);
    json_t *item = json_object();

    json_put(item, "tagged", json_false());
    json_put(item, "entry", json_deep_copy(entry));
    (void)drop(list, digest_of(item));
    json_add(list, item);
    save(c, name, list);
    json_decref(list);
}

void undelivered_tagged(struct cache *c, const char *name, const struct sha256 *digest)
{
    json_t *list = load(c, name);
    size_t n = json_array_size(list);

    for (size_t i = n; i-- > 0;) {
        json_t *item = json_array_get(list, i);
        if (strcmp(digest_of(item), sha256_digest(digest).s) == 0)
            json_put(item, "tagged", json_true());
        else if (!json_is_true(json_object_get(item, "tagged")))
            json_array_remove(list, i); /* it never was */
    }
    if (n)
        save(c, name, list);
    json_decref(list);
}

void undelivered_done(struct cache *c, const char *name, const json_t *entries)
{
    json_t *list = load(c, name);
    size_t i, n = 0;
    const json_t *entry;

    json_array_foreach(entries, i, entry)
    {
        const char *digest = json_string_value(json_object_get(entry, "digest"));
        n += digest ? drop(list, digest) : 0;
    }
    if (n)
        save(c, name, list);
    json_decref(list);
}
