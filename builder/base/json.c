/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "base/path.h"

json_t *text_n_json(const char *s, size_t n)
{
    json_t *ret = json_stringn(s, n);

    if (ret)
        return ret;
    CLEANUP(free_ptr) char *escaped = text_escape(s, n);
    return json_string(escaped);
}

json_t *text_json(const char *s)
{
    return s ? text_n_json(s, strlen(s)) : json_null();
}

json_t *strings_json(const struct strv *list)
{
    json_t *ret = json_array();

    strv_each (item, list)
        json_array_append_new(ret, text_json(*item));
    return ret;
}

json_t *digest_json(const struct sha256 *d)
{
    return sha256_is_zero(d) ? json_null() : json_string(sha256_digest(d).s);
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
