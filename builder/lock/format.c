/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"
#include "lock/lock.h"

#include "base/json.h"

#include <inttypes.h>

/* ,"key":"value" without the comma where it is the line's first. */
static void add_pair(struct buf *b, const char *key, const char *value)
{
    if (b->len > 0 && b->data[b->len - 1] != '{')
        buf_addch(b, ',');
    json_add_text(b, key);
    buf_addch(b, ':');
    json_add_text(b, value);
}

static void add_number(struct buf *b, const char *key, uint64_t value)
{
    if (b->len > 0 && b->data[b->len - 1] != '{')
        buf_addch(b, ',');
    json_add_text(b, key);
    buf_addf(b, ":%" PRIu64, value);
}

static void add_date(struct buf *b, int64_t seconds)
{
    add_pair(b, "date", time_text(seconds).s);
}

static void add_sources(struct buf *b, const struct lock *l)
{
    buf_addstr(b, " \"sources\": [\n");
    for (size_t i = 0; i < l->n_sources; i++) {
        const struct lock_source *s = &l->sources[i];
        buf_addstr(b, "  {");
        add_pair(b, "source", s->source);
        add_pair(b, "suite", s->suite);
        add_date(b, s->date);
        add_pair(b, "inrelease", sha256_digest(&s->inrelease).s);
        buf_addstr(b, i + 1 < l->n_sources ? "},\n" : "}\n");
    }
    buf_addstr(b, " ],\n");
}

static void add_accounts(struct buf *b, const struct lock *l)
{
    buf_addstr(b, " \"accounts\": [\n");
    for (size_t i = 0; i < l->n_accounts; i++) {
        buf_addstr(b, "  {");
        add_pair(b, "name", l->accounts[i].name);
        add_number(b, "uid", l->accounts[i].uid);
        add_number(b, "gid", l->accounts[i].gid);
        buf_addstr(b, i + 1 < l->n_accounts ? "},\n" : "}\n");
    }
    buf_addstr(b, " ],\n");
}

static void add_package(struct buf *b, const struct lock_package *p)
{
    buf_addstr(b, "    {");
    add_pair(b, "name", p->name);
    add_pair(b, "version", p->version);
    add_pair(b, "arch", p->arch);
    add_pair(b, "source", p->source);
    add_pair(b, "source_version", p->source_version);
    add_pair(b, "origin", p->origin);
    add_number(b, "size", p->size);
    add_pair(b, "sha256", sha256_hex(&p->sha256).s);
    add_pair(b, "path", p->path);
    buf_addch(b, '}');
}

static void add_layers(struct buf *b, const struct lock_arch *a)
{
    buf_addstr(b, "   \"layers\": [\n");
    for (size_t i = 0; i < a->n_layers; i++) {
        buf_addstr(b, "    [");
        for (size_t k = 0; k < a->layers[i].n; k++) {
            if (k > 0)
                buf_addch(b, ',');
            json_add_text(b, a->packages[a->layers[i].packages[k]].name);
        }
        buf_addstr(b, i + 1 < a->n_layers ? "],\n" : "]\n");
    }
    buf_addstr(b, "   ]\n");
}

static void add_list(struct buf *b, const char *key, const struct strv *list)
{
    buf_addf(b, "   \"%s\": [", key);
    for (size_t i = 0; i < list->n; i++) {
        if (i > 0)
            buf_addch(b, ',');
        json_add_text(b, list->v[i]);
    }
    buf_addstr(b, "],\n");
}

static void add_arch(struct buf *b, const struct lock_arch *a)
{
    buf_addstr(b, "  ");
    json_add_text(b, a->arch);
    buf_addstr(b, ": {\n   \"packages\": [\n");
    for (size_t i = 0; i < a->n_packages; i++) {
        add_package(b, &a->packages[i]);
        buf_addstr(b, i + 1 < a->n_packages ? ",\n" : "\n");
    }
    buf_addstr(b, "   ],\n");
    add_list(b, "omitted", &a->omitted);
    if (a->fallout.n)
        add_list(b, "fallout", &a->fallout);
    if (a->provided.n)
        add_list(b, "provided", &a->provided);
    add_layers(b, a);
    buf_addstr(b, "  }");
}

void lock_format(const struct lock *l, struct buf *ret)
{
    buf_addf(ret, "{\n \"format\": %d,\n", LOCK_FORMAT);
    buf_addf(ret, " \"recipe\": \"%s\",\n", sha256_digest(&l->recipe).s);
    add_sources(ret, l);
    buf_addstr(ret, " \"compressor\": {");
    add_pair(ret, "name", l->compressor);
    add_pair(ret, "version", l->compressor_version);
    buf_addf(ret, ",\"level\":%d},\n", l->level);
    add_accounts(ret, l);
    buf_addstr(ret, " \"architectures\": {\n");
    for (size_t i = 0; i < l->n_arches; i++) {
        add_arch(ret, &l->arches[i]);
        buf_addstr(ret, i + 1 < l->n_arches ? ",\n" : "\n");
    }
    buf_addstr(ret, " }\n}\n");
}
