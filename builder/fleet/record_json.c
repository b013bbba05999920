/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "fleet/record.h"

#include "base/path.h"

/* ---- writing --------------------------------------------------------------------------------- */

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text)
        json_put(object, key, text_json(text));
}

static void set_digest(json_t *object, const char *key, const struct sha256 *digest)
{
    if (!sha256_is_zero(digest))
        json_put(object, key, text_json(sha256_digest(digest).s));
}

static void set_list(json_t *object, const char *key, const struct strv *list)
{
    json_t *array = json_array();

    strv_each (item, list)
        json_add(array, text_json(*item));
    json_put(object, key, array);
}

static json_t *script_json(const struct record_script *s)
{
    json_t *o = json_object();

    set_text(o, "package", s->package);
    set_text(o, "script", s->script);
    set_digest(o, "digest", &s->sha256);
    set_text(o, "class", s->class);
    set_text(o, "what", s->what);
    return o;
}

static json_t *finding_json(const struct record_finding *f)
{
    json_t *o = json_object();

    set_text(o, "rule", f->rule);
    set_text(o, "severity", f->severity);
    set_text(o, "action", f->action);
    set_text(o, "path", f->path);
    set_text(o, "package", f->package);
    set_text(o, "text", f->text);
    set_text(o, "allowed", f->reason);
    return o;
}

static json_t *path_json(const struct record_path *p)
{
    char mode[8];
    json_t *o = json_object();

    snprintf(mode, sizeof(mode), "%04o", p->mode & 07777u);
    set_text(o, "path", p->path);
    set_text(o, "type", entry_type_name(p->type));
    set_text(o, "mode", mode);
    if (p->uid)
        json_put(o, "uid", json_integer(p->uid));
    if (p->gid)
        json_put(o, "gid", json_integer(p->gid));
    set_digest(o, "digest", &p->sha256);
    set_text(o, "target", p->target);
    return o;
}

static json_t *arch_json(const struct record_arch *a)
{
    json_t *o = json_object(), *scripts = json_array(), *findings = json_array(),
           *paths = json_array();

    for (size_t i = 0; i < a->n_scripts; i++)
        json_add(scripts, script_json(&a->scripts[i]));
    for (size_t i = 0; i < a->n_findings; i++)
        json_add(findings, finding_json(&a->findings[i]));
    for (size_t i = 0; i < a->n_paths; i++)
        json_add(paths, path_json(&a->paths[i]));
    set_digest(o, "manifest", &a->manifest);
    json_put(o, "packed", number_json(a->packed));
    json_put(o, "unpacked", number_json(a->unpacked));
    json_put(o, "config", json_incref(a->config));
    json_put(o, "scripts", scripts);
    json_put(o, "findings", findings);
    json_put(o, "paths", paths);
    return o;
}

static json_t *lock_json(const struct lock *l)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    lock_format(l, &text);
    return json_loadb(buf_str(&text), text.len, 0, NULL);
}

void record_format(const struct record *r, struct buf *ret)
{
    json_t *o = json_object(), *arches = json_object();

    for (size_t i = 0; i < r->n_arches; i++)
        json_put(arches, r->arches[i].arch, arch_json(&r->arches[i]));
    json_put(o, "format", json_integer(RECORD_FORMAT));
    set_text(o, "name", r->name);
    set_text(o, "mkimage", r->mkimage);
    set_digest(o, "image", &r->image);
    set_digest(o, "input", &r->input);
    set_digest(o, "replaced", &r->replaced);
    if (r->accepted) {
        json_t *accepted = json_object();
        set_text(accepted, "reason", r->accepted);
        set_list(accepted, "stops", &r->stops);
        json_put(o, "accepted", accepted);
    }
    set_list(o, "cves", &r->cves);
    json_put(o, "lock", lock_json(r->lock));
    json_put(o, "architectures", arches);
    json_bytes(o, ret);
    json_decref(o);
}

/* ---- reading --------------------------------------------------------------------------------- */

struct parsing {
    const char *name; /* of the document, for errors */
    struct err *err;
};

static int refuse(struct parsing *p, const char *where, const char *what)
{
    return err_set(p->err, "%s: %s: %s", p->name, where, what);
}

/* Takes keys from an object until done() finds that none is left over. */
struct fields {
    struct parsing *p;
    json_t *object;
    const char *where;
    size_t taken;
    int bad; /* the first failure's code */
};

static json_t *take(struct fields *f, const char *key, bool needed)
{
    json_t *value = f->bad ? NULL : json_object_get(f->object, key);

    f->taken += value != NULL;
    if (!value && needed && !f->bad) {
        CLEANUP(free_ptr) char *what = xasprintf("lacks \"%s\"", key);
        f->bad = refuse(f->p, f->where, what);
    }
    return value;
}

static void wrong(struct fields *f, const char *key, const char *kind)
{
    CLEANUP(free_ptr) char *what = xasprintf("\"%s\" is no %s", key, kind);

    if (!f->bad)
        f->bad = refuse(f->p, f->where, what);
}

static char *take_text(struct fields *f, const char *key, bool needed)
{
    json_t *value = take(f, key, needed);

    if (value &&
        (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value)))
        wrong(f, key, "text");
    return value && !f->bad ? xstrdup(json_string_value(value)) : NULL;
}

static uint64_t take_number(struct fields *f, const char *key, bool needed, uint64_t max)
{
    json_t *value = take(f, key, needed);

    if (value && (!json_is_integer(value) || json_integer_value(value) < 0 ||
                  (uint64_t)json_integer_value(value) > max))
        wrong(f, key, "number that can be");
    return value && !f->bad ? (uint64_t)json_integer_value(value) : 0;
}

static struct sha256 take_digest(struct fields *f, const char *key, bool needed)
{
    CLEANUP(free_ptr) char *text = take_text(f, key, needed);
    struct sha256 ret = {0};

    if (text && !sha256_parse_digest(slice_of(text), &ret))
        wrong(f, key, "digest");
    return ret;
}

static json_t *take_kind(struct fields *f, const char *key, json_type type, bool needed)
{
    json_t *value = take(f, key, needed);

    if (value && json_typeof(value) != type)
        wrong(f, key, type == JSON_ARRAY ? "list" : "object");
    return f->bad ? NULL : value;
}

static void take_list(struct fields *f, const char *key, struct strv *ret)
{
    json_t *array = take_kind(f, key, JSON_ARRAY, true), *item;
    size_t i;

    json_array_foreach(array, i, item)
    {
        if (!json_is_string(item))
            return wrong(f, key, "list of texts");
        strv_add(ret, json_string_value(item));
    }
}

static int done(struct fields *f)
{
    if (!f->bad && f->taken != json_object_size(f->object))
        f->bad = refuse(f->p, f->where, "has a key that isn't known");
    return f->bad;
}

static bool same_as_one_of(const char *text, const char *const *names, size_t n, size_t *ret)
{
    for (size_t i = 0; text && i < n; i++) {
        if (strcmp(text, names[i]) != 0)
            continue;
        *ret = i;
        return true;
    }
    return false;
}

static int read_script(struct parsing *p, json_t *object, struct record_arch *ret)
{
    struct fields f = {p, object, "scripts", 0, 0};

    GROW(ret->scripts, ret->n_scripts, ret->cap_scripts);
    struct record_script *s = &ret->scripts[ret->n_scripts++];
    *s = (struct record_script){.package = take_text(&f, "package", true)};
    s->script = take_text(&f, "script", true);
    s->sha256 = take_digest(&f, "digest", true);
    s->class = take_text(&f, "class", true);
    s->what = take_text(&f, "what", false);
    return done(&f);
}

static int read_finding(struct parsing *p, json_t *object, struct record_arch *ret)
{
    struct fields f = {p, object, "findings", 0, 0};

    GROW(ret->findings, ret->n_findings, ret->cap_findings);
    struct record_finding *one = &ret->findings[ret->n_findings++];
    *one = (struct record_finding){.rule = take_text(&f, "rule", true)};
    one->severity = take_text(&f, "severity", true);
    one->action = take_text(&f, "action", true);
    one->path = take_text(&f, "path", false);
    one->package = take_text(&f, "package", false);
    one->text = take_text(&f, "text", true);
    one->reason = take_text(&f, "allowed", false);
    return done(&f);
}

static int read_mode(struct fields *f, uint16_t *ret)
{
    CLEANUP(free_ptr) char *text = take_text(f, "mode", true);

    if (!text || strlen(text) != 4 || strspn(text, "01234567") != 4)
        wrong(f, "mode", "mode");
    *ret = f->bad ? 0 : (uint16_t)strtoul(text, NULL, 8);
    return f->bad;
}

static int read_path(struct parsing *p, json_t *object, struct record_arch *ret)
{
    static const char *const types[] = {"file", "directory", "symlink", "hardlink"};
    static const enum entry_type values[] = {ENTRY_FILE, ENTRY_DIRECTORY, ENTRY_SYMLINK,
                                             ENTRY_HARDLINK};
    struct fields f = {p, object, "paths", 0, 0};
    size_t type = 0;

    GROW(ret->paths, ret->n_paths, ret->cap_paths);
    struct record_path *path = &ret->paths[ret->n_paths++];
    *path = (struct record_path){.path = take_text(&f, "path", true)};
    CLEANUP(free_ptr) char *name = take_text(&f, "type", true);
    if (!same_as_one_of(name, types, ARRAY_SIZE(types), &type))
        wrong(&f, "type", "type of a path");
    path->type = values[type];
    if (read_mode(&f, &path->mode) < 0)
        return f.bad;
    path->uid = (uint32_t)take_number(&f, "uid", false, UINT32_MAX);
    path->gid = (uint32_t)take_number(&f, "gid", false, UINT32_MAX);
    path->sha256 = take_digest(&f, "digest", path->type == ENTRY_FILE);
    path->target = take_text(&f, "target", path->type == ENTRY_SYMLINK);
    if (done(&f) == 0 && ret->n_paths > 1 && strcmp(path[-1].path, path->path) >= 0)
        return refuse(p, path->path, "paths aren't sorted");
    return f.bad;
}

static int read_each(struct fields *f, const char *key,
                     int (*read)(struct parsing *, json_t *, struct record_arch *),
                     struct record_arch *ret)
{
    json_t *array = take_kind(f, key, JSON_ARRAY, true), *item;
    size_t i;

    json_array_foreach(array, i, item)
    {
        if (!json_is_object(item))
            return refuse(f->p, key, "is no list of objects");
        if (read(f->p, item, ret) < 0)
            return -1;
    }
    return f->bad;
}

static int read_arch(struct parsing *p, const char *arch, json_t *object, const struct lock *lock,
                     struct record_arch *ret)
{
    struct fields f = {p, object, arch, 0, 0};
    const struct lock_arch *locked = lock_find_arch(lock, arch);

    ret->arch = xstrdup(arch);
    ret->config = json_object();
    if (!json_is_object(object) || !locked)
        return refuse(p, arch, locked ? "is no object" : "isn't in the lock");
    ret->manifest = take_digest(&f, "manifest", true);
    ret->packed = take_number(&f, "packed", true, INT64_MAX);
    ret->unpacked = take_number(&f, "unpacked", true, INT64_MAX);
    json_t *config = take_kind(&f, "config", JSON_OBJECT, true);
    if (config) {
        json_decref(ret->config);
        ret->config = json_deep_copy(config);
    }
    if (read_each(&f, "scripts", read_script, ret) < 0 ||
        read_each(&f, "findings", read_finding, ret) < 0 ||
        read_each(&f, "paths", read_path, ret) < 0)
        return -1;
    record_packages_of(locked, ret);
    return done(&f);
}

static int read_arches(struct fields *f, struct record *ret)
{
    json_t *object = take_kind(f, "architectures", JSON_OBJECT, true);
    const char *arch;
    json_t *value;

    if (!object)
        return f->bad;
    ret->arches = xcalloc(json_object_size(object) + 1, sizeof(*ret->arches));
    int bad = 0;
    json_object_foreach(object, arch, value)
    {
        struct record_arch *a = &ret->arches[ret->n_arches++];
        if (ret->n_arches > 1 && strcmp(a[-1].arch, arch) >= 0)
            bad = refuse(f->p, arch, "architectures aren't sorted");
        if (bad || (bad = read_arch(f->p, arch, value, ret->lock, a)) < 0)
            break;
    }
    if (!bad && !ret->n_arches)
        bad = refuse(f->p, f->where, "has no architecture");
    return bad;
}

static int read_lock(struct fields *f, struct record *ret)
{
    json_t *object = take_kind(f, "lock", JSON_OBJECT, true);
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    if (!object)
        return f->bad;
    json_bytes(object, &text);
    return lock_parse(text.data, text.len, f->p->name, &ret->lock, f->p->err);
}

static int read_accepted(struct fields *f, struct record *ret)
{
    json_t *object = take_kind(f, "accepted", JSON_OBJECT, false);
    struct fields inner = {f->p, object, "accepted", 0, f->bad};

    if (!object)
        return f->bad;
    ret->accepted = take_text(&inner, "reason", true);
    take_list(&inner, "stops", &ret->stops);
    return done(&inner);
}

static int read_record(struct parsing *p, json_t *root, struct record *ret)
{
    struct fields f = {p, root, "record", 0, 0};

    if (!json_is_object(root))
        return refuse(p, "record", "is no object");
    if (take_number(&f, "format", true, INT32_MAX) != RECORD_FORMAT && !f.bad)
        return refuse(p, "record", "is of another format: a newer mkimage wrote it");
    ret->name = take_text(&f, "name", true);
    ret->mkimage = take_text(&f, "mkimage", true);
    ret->image = take_digest(&f, "image", true);
    ret->input = take_digest(&f, "input", true);
    ret->replaced = take_digest(&f, "replaced", false);
    take_list(&f, "cves", &ret->cves);
    if (read_accepted(&f, ret) < 0 || read_lock(&f, ret) < 0 || read_arches(&f, ret) < 0)
        return -1;
    return done(&f);
}

int record_parse(const char *text, size_t n, const char *name, struct record *ret, struct err *err)
{
    struct parsing p = {name, err};
    json_error_t why;

    *ret = (struct record){0};
    if (n > RECORD_BYTES_MAX)
        return err_set(err, "%s: is larger than a record can be", name);
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
    if (!root) {
        return err_set(err, "%s: line %d: %s", name, why.line, why.text);
    }
    int r = read_record(&p, root, ret);
    json_decref(root);
    if (r < 0)
        record_release(ret);
    return r < 0 ? err_ret(err) : 0;
}
