/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "rootfs/ca_bundle.h"
#include <openssl/crypto.h>

#define FACT "ca"

#define TASK_FILES 16 /* read in one go */

static struct sha256 key_of(struct node *const *files, size_t n)
{
    CLEANUP(hasher_release) struct hasher h = {0};
    CLEANUP(free_ptr)
    char *format = xasprintf("CA facts %d\n%s\n", CA_FORMAT, OpenSSL_version(OPENSSL_VERSION));
    hasher_start(&h);
    hasher_add(&h, format, strlen(format));
    for (size_t i = 0; i < n; i++) {
        hasher_add(&h, files[i]->sha256.bytes, sizeof(files[i]->sha256.bytes));
        hasher_add(&h, files[i]->path, strlen(files[i]->path) + 1);
    }
    return hasher_end(&h);
}

static PRINTF_LIKE(1, 2) json_t *fault_json(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    CLEANUP(free_ptr) char *text = xvasprintf(fmt, ap);
    va_end(ap);
    return text_json(text);
}

static json_t *facts_of(const struct node *n)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(certificates_release) struct certificates c = {0};
    struct slice text;
    if (!tree_text(n, &text))
        return fault_json("/%s is too large", n->path);
    if (certificates_read(&c, text.p, text.n, n->path, &err) < 0)
        return fault_json("/%s", err.message);
    json_t *all = json_array();
    for (size_t i = 0; i < c.n; i++)
        json_add(all, array_json(number_json(c.v[i].subject_hash),
                                 text_json(sha256_hex(&c.v[i].sha256).s),
                                 json_integer(c.v[i].not_after), text_json(c.v[i].subject), NULL));
    return all;
}

static bool is_fact(const json_t *f)
{
    size_t i;
    const json_t *c;
    if (!json_is_array(f))
        return json_is_string(f);
    json_array_foreach(f, i, c)
    {
        struct sha256 d;
        const char *hex = json_string_value(json_array_get(c, 1));
        if (json_array_size(c) != 4 || !json_is_integer(json_array_get(c, 0)) ||
            !json_is_integer(json_array_get(c, 2)) || !json_is_string(json_array_get(c, 3)) ||
            !hex || !sha256_parse_hex(slice_of(hex), &d))
            return false;
    }
    return true;
}

/* What the cache has, if it is in form. */
static json_t *known(struct cache *c, const struct sha256 *key, size_t n)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    if (!c || cache_fact_get(c, FACT, key, &text, &err) < 0)
        return NULL;
    json_t *all = json_loadb(buf_str(&text), text.len, 0, NULL);
    bool good = json_is_array(all) && json_array_size(all) == n;
    for (size_t i = 0; good && i < n; i++)
        good = is_fact(json_array_get(all, i));
    if (good)
        return all;
    json_decref(all);
    return NULL;
}

struct task {
    struct node *const *files;
    json_t **facts;
    size_t n;
};

static int run_task(void *arg, struct err *err)
{
    const struct task *t = arg;
    (void)err;
    for (size_t i = 0; i < t->n; i++)
        t->facts[i] = facts_of(t->files[i]);
    return 0;
}

/* Reads the files on the pool. */
static json_t *read_all(const struct session *s, struct node *const *files, size_t n)
{
    CLEANUP(err_release) struct err none = ERR_INIT;
    CLEANUP(free_ptr) json_t **facts = xcalloc(n, sizeof(json_t *));
    CLEANUP(free_ptr) struct task *tasks = xcalloc(n / TASK_FILES + 1, sizeof(*tasks));
    struct group *g = pool_group(s->pool);
    for (size_t i = 0; i < n; i += TASK_FILES) {
        struct task *t = &tasks[i / TASK_FILES];
        *t = (struct task){files + i, facts + i, n - i < TASK_FILES ? n - i : TASK_FILES};
        group_add(g, run_task, t);
    }
    if (group_wait(g, &none) < 0)
        abort(); /* no task fails */
    json_t *all = json_array();
    for (size_t i = 0; i < n; i++)
        json_add(all, facts[i]);
    return all;
}

json_t *ca_facts(const struct context *ctx, struct node *const *files, size_t n)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct sha256 key = key_of(files, n);
    json_t *all = known(ctx->cache, &key, n);
    if (all)
        return all;
    all = read_all(ctx->session, files, n);
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    json_bytes(all, &text);
    if (ctx->cache) /* a cache that can't be written costs time, nothing else */
        (void)!cache_fact_put(ctx->cache, FACT, &key, text.data, text.len, &err);
    return all;
}
