/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/known.h"
#include "base/json.h"

#include <jansson.h>

#define KNOWN_MAX (1u << 20)

void known_release(struct known *k)
{
    strv_release(&k->tags);
    *k = (struct known){0};
}

bool known_same(const struct known *a, const struct known *b)
{
    bool same = sha256_eq(&a->input, &b->input) && sha256_eq(&a->image, &b->image) &&
                sha256_eq(&a->lock, &b->lock) && a->tags.n == b->tags.n &&
                sha256_eq(&a->record.digest, &b->record.digest) && a->record.size == b->record.size;

    for (size_t i = 0; same && i < a->tags.n; i++)
        same = strcmp(a->tags.v[i], b->tags.v[i]) == 0;
    return same;
}

static bool digest_at(const json_t *o, const char *key, struct sha256 *ret)
{
    const char *text = json_string_value(json_object_get(o, key));

    return text && sha256_parse_digest(slice_of(text), ret);
}

bool known_get(struct cache *c, const char *name, struct known *ret)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(KNOWN_MAX);
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    const struct sha256 key = sha256_of(name, strlen(name));
    size_t i;
    const json_t *tag;

    *ret = (struct known){0};
    if (cache_fact_get(c, "published", &key, &text, &ignored) < 0)
        return false;
    json_t *o = json_loadb(buf_str(&text), text.len, 0, NULL);
    bool good = digest_at(o, "input", &ret->input) && digest_at(o, "image", &ret->image) &&
                digest_at(o, "lock", &ret->lock);
    json_array_foreach(json_object_get(o, "tags"), i, tag)
    {
        if (json_is_string(tag))
            strv_add(&ret->tags, json_string_value(tag));
    }
    json_t *size = json_object_get(o, "record_size");
    if (json_integer_value(size) > 0 && digest_at(o, "record", &ret->record.digest))
        ret->record.size = (uint64_t)json_integer_value(size);
    json_decref(o);
    if (!good)
        known_release(ret);
    return good;
}

void known_put(struct cache *c, const char *name, const struct known *k)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    const struct sha256 key = sha256_of(name, strlen(name));
    json_t *tags = json_array();

    strv_each (tag, &k->tags)
        json_add(tags, text_json(*tag));
    json_t *o = object_json("input", text_json(sha256_digest(&k->input).s), "image",
                            text_json(sha256_digest(&k->image).s), "lock",
                            text_json(sha256_digest(&k->lock).s), "tags", tags, NULL);
    if (k->record.size) {
        json_put(o, "record", text_json(sha256_digest(&k->record.digest).s));
        json_put(o, "record_size", number_json(k->record.size));
    }
    json_bytes(o, &text);
    (void)!cache_fact_put(c, "published", &key, text.data, text.len, &ignored);
    json_decref(o);
}
