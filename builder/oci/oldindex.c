/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/path.h"
#include "oci/beside.h"
#include "oci/write.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define DEPTH_MAX     20 /* of lists and objects, through all documents */
#define REACH_MAX     100000
#define DOCUMENTS_MAX 1000

/* A file of the layout, or -ERR_NOT_FOUND. */
static int read_at(int dir, const char *path, const char *name, size_t max, struct buf *ret,
                   struct err *err)
{
    CLEANUP(free_ptr) char *shown = path_join(path, name);
    CLEANUP(close_fd) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return err_errno(err, errno, "%s", shown);
    return file_read_fd(fd, shown, max, ret, err);
}

static json_t *parse(const struct buf *b, const char *name, struct err *err)
{
    json_error_t why;
    json_t *document = json_loadb(buf_str(b), b->len, JSON_REJECT_DUPLICATES, &why);
    if (!document) {
        err_set(err, "%s:%d: %s", name, why.line, why.text);
    }
    return document;
}

static const char *ref_of(const json_t *entry)
{
    return json_string_value(
        json_object_get(json_object_get(entry, "annotations"), ANNOTATION_REF));
}

static bool same_ref(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : !a && !b;
}

static int check_marker(int dir, const char *path, struct err *err)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    if (read_at(dir, path, "oci-layout", LAYOUT_MARKER_MAX, &b, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *name = path_join(path, "oci-layout");
    json_t *marker = parse(&b, name, err);
    if (!marker)
        return err_ret(err);
    const char *version = json_string_value(json_object_get(marker, "imageLayoutVersion"));
    bool ok = version && strcmp(version, "1.0.0") == 0;
    json_decref(marker);
    return ok ? 0 : err_set(err, "%s: isn't of a layout of version 1.0.0", name);
}

int old_index_read(int dir, const char *path, const char *ref, struct old_index *ret,
                   struct err *err)
{
    *ret = (struct old_index){.kept = json_array()};
    if (check_marker(dir, path, err) < 0)
        return err_ret(err);
    int r = read_at(dir, path, "index.json", MANIFEST_BYTES_MAX, &ret->bytes, err);
    if (r == -ERR_NOT_FOUND) {
        err_clear(err);
        return 0;
    }
    CLEANUP(free_ptr) char *name = path_join(path, "index.json");
    if (r < 0 || !(ret->document = parse(&ret->bytes, name, err)))
        return err_ret(err);
    const json_t *manifests = json_object_get(ret->document, "manifests");
    if (!json_is_array(manifests))
        return err_set(err, "%s: has no list \"manifests\"", name);
    size_t i;
    json_t *entry;
    bool replaced = false;
    json_array_foreach(manifests, i, entry)
    {
        const char *digest = json_string_value(json_object_get(entry, "digest"));
        struct sha256 ignored;
        if (!digest || (strncmp(digest, "sha256:", 7) == 0 &&
                        !sha256_parse_digest(slice_of(digest), &ignored))) {
            return err_set(err, "%s: manifests[%zu]: \"%s\" is no digest", name, i,
                           digest ? digest : "");
        }
        if (!same_ref(ref_of(entry), ref)) {
            json_add(ret->kept, json_incref(entry));
            ret->first += !replaced;
        } else {
            replaced = true;
        }
    }
    return 0;
}

void old_index_release(struct old_index *i)
{
    json_decref(i->document);
    json_decref(i->kept);
    buf_release(&i->bytes);
    *i = (struct old_index){0};
}

void old_index_merge(const struct old_index *i, const struct output *o, const char *ref,
                     struct buf *ret)
{
    if (json_array_size(i->kept) == 0) {
        layout_index_json(o, ref, ret);
        return;
    }
    json_t *document = json_copy(i->document);
    json_t *manifests = json_array();
    for (size_t k = 0; k <= json_array_size(i->kept); k++) {
        if (k == i->first)
            add_index_entries(manifests, o, ref);
        if (k < json_array_size(i->kept))
            json_add(manifests, json_incref(json_array_get(i->kept, k)));
    }
    json_put(document, "manifests", manifests);
    json_bytes(document, ret);
    json_decref(document);
}

struct walk {
    int dir;
    struct blobs *digests;
    unsigned documents;
};

static bool reach(struct walk *w, const json_t *descriptor, unsigned depth);

/* Every descriptor in a document, wherever it stands: config, layers, manifests, subject, … */
static bool reach_below(struct walk *w, json_t *value, unsigned depth)
{
    if (depth > DEPTH_MAX)
        return false;
    if (json_is_object(value) && json_object_get(value, "digest"))
        return reach(w, value, depth);
    const char *key;
    size_t i;
    json_t *item;
    json_object_foreach(value, key, item) if (!reach_below(w, item, depth + 1)) return false;
    json_array_foreach(value, i, item) if (!reach_below(w, item, depth + 1)) return false;
    return true;
}

static bool reach(struct walk *w, const json_t *descriptor, unsigned depth)
{
    const char *text = json_string_value(json_object_get(descriptor, "digest"));
    const char *type = json_string_value(json_object_get(descriptor, "mediaType"));
    struct sha256 d;
    if (!text || !type || !sha256_parse_digest(slice_of(text), &d) || w->digests->n >= REACH_MAX)
        return false;
    GROW(w->digests->items, w->digests->n, w->digests->cap);
    w->digests->items[w->digests->n++] = (struct blob){.digest = d};
    if (!strstr(type, "manifest") && !strstr(type, "index"))
        return true;

    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    CLEANUP(free_ptr) char *name = xasprintf("blobs/sha256/%s", sha256_hex(&d).s);
    json_t *document = NULL;
    if (++w->documents <= DOCUMENTS_MAX &&
        read_at(w->dir, "", name, MANIFEST_BYTES_MAX, &b, &ignored) == 0)
        document = parse(&b, name, &ignored);
    bool ok = document && reach_below(w, document, depth + 1);
    json_decref(document);
    return ok;
}

bool old_index_reach(const struct old_index *i, int dir, struct blobs *digests)
{
    struct walk w = {.dir = dir, .digests = digests};
    return reach_below(&w, i->kept, 0);
}

static bool beside_subject(const json_t *entry, struct sha256 *ret)
{
    const char *ref = ref_of(entry), *suffix;
    return ref && beside_tag_read(ref, ret, &suffix);
}

static bool written_anew(const struct output *o, const json_t *entry)
{
    for (size_t i = 0; i < o->n_entries; i++)
        if (same_ref(ref_of(entry), o->entries[i].ref))
            return true;
    return false;
}

/* One round over the kept entries: stays[k] for what is an image, or kept beside what stays; true
 * if there was one more. *whole: all that they lead to is known. */
static bool mark(const struct old_index *i, int dir, const struct output *o,
                 const struct blobs *now, struct blobs *reached, bool *stays, bool *whole)
{
    struct walk w = {.dir = dir, .digests = reached};
    bool more = false;
    size_t k;
    json_t *entry;
    blobs_sort(reached);
    const struct blobs before = *reached; /* sorted; what is added comes behind it */
    json_array_foreach(i->kept, k, entry)
    {
        struct sha256 subject;
        const struct blobs known = {reached->items, before.n, 0};
        if (stays[k] || written_anew(o, entry) ||
            (beside_subject(entry, &subject) && !blobs_have(now, &subject) &&
             !blobs_have(&known, &subject)))
            continue;
        stays[k] = more = true;
        *whole = reach_below(&w, entry, 0) && *whole;
    }
    return more;
}

void old_index_prune(struct old_index *i, int dir, const struct output *o, const struct blobs *now)
{
    CLEANUP(blobs_release) struct blobs reached = {0};
    CLEANUP(free_ptr) bool *stays = xcalloc(json_array_size(i->kept) + 1, sizeof(*stays));
    bool whole = true;
    while (mark(i, dir, o, now, &reached, stays, &whole))
        ;
    json_t *left = json_array();
    size_t k, first = 0;
    json_t *entry;
    json_array_foreach(i->kept, k, entry)
    {
        if (!stays[k] && (whole || written_anew(o, entry)))
            continue;
        first += k < i->first;
        json_add(left, json_incref(entry));
    }
    json_decref(i->kept);
    i->kept = left;
    i->first = first;
}
