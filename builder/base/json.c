/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "base/path.h"

json_t *exact_json(const char *s)
{
    return unchecked_json_stringn(s, strlen(s));
}

json_t *text_n_json(const char *s, size_t n)
{
    json_t *ret = unchecked_json_stringn(s, n);

    if (ret)
        return ret;
    CLEANUP(free_ptr) char *escaped = text_escape(s, n);
    return exact_json(escaped);
}

json_t *text_json(const char *s)
{
    return s ? text_n_json(s, strlen(s)) : json_null();
}

json_t *number_json(uint64_t n)
{
    return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

json_t *strings_json(const struct strv *list)
{
    json_t *ret = json_array();

    strv_each (item, list)
        json_add(ret, text_json(*item));
    return ret;
}

json_t *digest_json(const struct sha256 *d)
{
    return sha256_is_zero(d) ? json_null() : text_json(sha256_digest(d).s);
}

void json_put(json_t *object, const char *key, json_t *value)
{
    if (!value || !json_is_object(object))
        abort();        /* a mistake of the program's, or no memory: mem.h */
    json_incref(value); /* a failure takes one */
    if (unchecked_json_object_set_new(object, key, value) < 0) {
        CLEANUP(free_ptr) char *escaped = text_escape(key, strlen(key));
        if (unchecked_json_object_set_new(object, escaped, json_incref(value)) < 0)
            abort();
    }
    json_decref(value);
}

void json_add(json_t *array, json_t *value)
{
    if (unchecked_json_array_append_new(array, value) < 0)
        abort();
}

json_t *object_json(const char *key, ...)
{
    json_t *ret = json_object();
    va_list ap;

    va_start(ap, key);
    for (const char *k = key; k; k = va_arg(ap, const char *))
        json_put(ret, k, va_arg(ap, json_t *));
    va_end(ap);
    return ret;
}

json_t *array_json(json_t *first, ...)
{
    json_t *ret = json_array();
    va_list ap;

    va_start(ap, first);
    for (json_t *v = first; v; v = va_arg(ap, json_t *))
        json_add(ret, v);
    va_end(ap);
    return ret;
}

static int add_bytes(const char *p, size_t n, void *ret)
{
    buf_add(ret, p, n);
    return 0;
}

void json_bytes(const json_t *document, struct buf *ret)
{
    if (json_dump_callback(document, add_bytes, ret, JSON_COMPACT) < 0)
        abort(); /* no memory: mem.h */
}

/* jansson leaves DEL as it is. */
static int add_ascii(const char *p, size_t n, void *ret)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] == 0x7f)
            buf_addstr(ret, "\\u007f");
        else
            buf_addch(ret, p[i]);
    return 0;
}

void json_ascii(const json_t *document, struct buf *ret)
{
    if (json_dump_callback(document, add_ascii, ret, JSON_COMPACT | JSON_ENSURE_ASCII) < 0)
        abort(); /* no memory: mem.h */
}

/* Nothing in it has to be escaped (RFC 8259 section 7). */
static bool is_plain(const char *s)
{
    for (; *s; s++)
        if (*s < ' ' || *s > '~' || *s == '"' || *s == '\\')
            return false;
    return true;
}

void json_add_text(struct buf *b, const char *s)
{
    if (is_plain(s)) { /* as nearly all are: jansson takes twenty times as long */
        buf_addch(b, '"');
        buf_addstr(b, s);
        buf_addch(b, '"');
        return;
    }
    json_t *value = text_json(s);
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    if (!text)
        abort(); /* no memory: mem.h */
    buf_addstr(b, text);
    free(text);
    json_decref(value);
}
