/* SPDX-License-Identifier: Apache-2.0 */
#include "records.h"

#include "unit.h"

static struct record_arch *arch_of(struct record *r)
{
    return &r->arches[0];
}

void made_record(struct record *r, const char *name)
{
    *r = (struct record){
        .name = xstrdup(name),
        .mkimage = xstrdup("0.1.0"),
        .input = sha256_of("input", 5),
        .image = sha256_of(name, strlen(name)),
        .arches = xcalloc(1, sizeof(*r->arches)),
        .n_arches = 1,
    };
    *arch_of(r) = (struct record_arch){
        .arch = xstrdup("amd64"),
        .manifest = sha256_of(name, strlen(name)),
        .packed = 1000,
        .unpacked = 3000,
        .config = json_object(),
    };
}

void made_package(struct record *r, const char *name, const char *version, const char *source)
{
    struct record_arch *a = arch_of(r);

    GROW(a->packages, a->n_packages, a->cap_packages);
    a->packages[a->n_packages++] = (struct record_package){
        .name = xstrdup(name),
        .version = xstrdup(version),
        .arch = xstrdup("amd64"),
        .source = xstrdup(source),
        .source_version = xstrdup(version),
        .sha256 = sha256_of(version, strlen(version)),
    };
}

static struct record_path *add_path(struct record *r, const char *path, enum entry_type type)
{
    struct record_arch *a = arch_of(r);

    GROW(a->paths, a->n_paths, a->cap_paths);
    a->paths[a->n_paths] = (struct record_path){.path = xstrdup(path), .type = type, .mode = 0777};
    return &a->paths[a->n_paths++];
}

void made_file(struct record *r, const char *path, uint16_t mode, const char *content)
{
    struct record_path *p = add_path(r, path, ENTRY_FILE);

    p->mode = mode;
    p->sha256 = sha256_of(content, strlen(content));
}

void made_directory(struct record *r, const char *path, uint16_t mode)
{
    add_path(r, path, ENTRY_DIRECTORY)->mode = mode;
}

void made_link(struct record *r, const char *path, const char *target)
{
    add_path(r, path, ENTRY_SYMLINK)->target = xstrdup(target);
}

void made_script(struct record *r, const char *package, const char *script, const char *text,
                 const char *class)
{
    struct record_arch *a = arch_of(r);

    GROW(a->scripts, a->n_scripts, a->cap_scripts);
    a->scripts[a->n_scripts++] = (struct record_script){
        .package = xstrdup(package),
        .script = xstrdup(script),
        .sha256 = sha256_of(text, strlen(text)),
        .class = xstrdup(class),
        .what = xstrdup("what it does"),
    };
}

void made_finding(struct record *r, const char *rule, const char *severity, const char *action,
                  const char *path)
{
    struct record_arch *a = arch_of(r);

    GROW(a->findings, a->n_findings, a->cap_findings);
    a->findings[a->n_findings++] = (struct record_finding){
        .rule = xstrdup(rule),
        .severity = xstrdup(severity),
        .action = xstrdup(action),
        .path = path ? xstrdup(path) : NULL,
        .text = xstrdup("text"),
    };
}

void made_config(struct record *r, const char *json)
{
    json_decref(arch_of(r)->config);
    arch_of(r)->config = json_loads(json, 0, NULL);
    assert_non_null(arch_of(r)->config);
}

static void add_locked(struct buf *b, const struct record_package *p)
{
    buf_addf(b,
             "{\"name\":\"%s\",\"version\":\"%s\",\"arch\":\"%s\",\"source\":\"%s\","
             "\"source_version\":\"%s\",\"origin\":\"debian\",\"size\":10,\"sha256\":\"%s\","
             "\"path\":\"pool/%s.deb\"}",
             p->name, p->version, p->arch, p->source, p->source_version, sha256_hex(&p->sha256).s,
             p->name);
}

void made_done(struct record *r)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    struct record_arch *a = arch_of(r);

    record_arch_sort(a);
    buf_addf(&b,
             "{\"format\":1,\"recipe\":\"%s\",\"sources\":[{\"source\":\"debian\",\"suite\":"
             "\"trixie\",\"date\":\"2026-11-21T00:00:00Z\",\"inrelease\":\"%s\"}],"
             "\"compressor\":{\"name\":\"zstd\",\"version\":\"1\",\"level\":3},\"accounts\":[],"
             "\"architectures\":{\"amd64\":{\"packages\":[",
             sha256_digest(&r->input).s, sha256_digest(&r->input).s);
    for (size_t i = 0; i < a->n_packages; i++) {
        buf_addstr(&b, i ? "," : "");
        add_locked(&b, &a->packages[i]);
    }
    buf_addstr(&b, "],\"omitted\":[],\"layers\":[");
    for (size_t i = 0; i < a->n_packages; i++)
        buf_addf(&b, "%s[\"%s\"]", i ? "," : "", a->packages[i].name);
    buf_addstr(&b, "]}}}");
    assert_ok(lock_parse(b.data, b.len, "made.lock", &r->lock, &err), &err);
}

void made_both(struct record r[2])
{
    made_done(&r[0]);
    made_done(&r[1]);
    r[0].arches = xrealloc(r[0].arches, 2, sizeof(*r[0].arches));
    r[0].arches[1] = r[1].arches[0];
    free(r[0].arches[1].arch);
    r[0].arches[1].arch = xstrdup("arm64");
    r[0].n_arches = 2;
    r[1].n_arches = 0;
    record_release(&r[1]);
}
