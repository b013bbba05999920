/* SPDX-License-Identifier: Apache-2.0 */
#include "resolvecase.h"

#include "base/file.h"
#include "deb/deb822.h"
#include <fcntl.h>
#include <unistd.h>

static void list_of(struct slice text, const char *file, struct recipe_list *ret)
{
    CLEANUP(strv_release) struct strv names = STRV_INIT;

    strv_split(&names, text, ", \n");
    strv_each (name, &names) {
        GROW(ret->v, ret->n, ret->cap);
        ret->v[ret->n++] = (struct recipe_item){xstrdup(*name), {file, (unsigned)ret->n}};
    }
}

/* "a, b (>= 2)": the second wish stands in "line" 2. */
static void wishes_of(struct slice text, const char *file, struct resolvecase *c)
{
    CLEANUP(strv_release) struct strv wishes = STRV_INIT;

    strv_split(&wishes, text, ",\n");
    c->packages = xcalloc(wishes.n + 1, sizeof(*c->packages));
    strv_each (wish, &wishes) {
        CLEANUP(strv_release) struct strv words = STRV_INIT;
        struct recipe_package *p = &c->packages[c->n_packages];

        strv_split(&words, slice_of(*wish), " ()");
        if (words.n == 0)
            continue;
        p->name = xstrdup(words.v[0]);
        p->op = words.n == 3 ? xstrdup(words.v[1]) : NULL;
        p->version = words.n == 3 ? xstrdup(words.v[2]) : NULL;
        p->at = (struct origin){file, (unsigned)++c->n_packages};
    }
}

static void stay_of(struct slice text, struct lock_arch *ret)
{
    CLEANUP(strv_release) struct strv words = STRV_INIT;

    strv_split(&words, text, " (=),\n");
    ret->packages = xcalloc(words.n, sizeof(*ret->packages));
    for (size_t i = 0; i + 1 < words.n; i += 2) {
        ret->packages[ret->n_packages].name = xstrdup(words.v[i]);
        ret->packages[ret->n_packages++].version = xstrdup(words.v[i + 1]);
    }
}

static void request_of(const struct deb822 *d, const char *file, struct resolvecase *c)
{
    struct slice arch = deb822_get(d, "Arch");

    c->arch = arch.n ? xstrndup(arch.p, arch.n) : xstrdup("amd64");
    wishes_of(deb822_get(d, "Want"), file, c);
    list_of(deb822_get(d, "Omit"), file, &c->omit);
    list_of(deb822_get(d, "Forbid"), file, &c->forbid);
    stay_of(deb822_get(d, "Stay"), &c->stay);
    strv_split(&c->result, deb822_get(d, "Result"), " \n");
    strv_split(&c->sources, deb822_get(d, "Sources"), "\n");
    strv_split(&c->omitted, deb822_get(d, "Omitted"), " \n");
    strv_split(&c->errors, deb822_get(d, "Error"), "\n");
    for (size_t i = 0; i < c->errors.n; i++) {
        char *text = c->errors.v[i];
        memmove(text, text + strspn(text, " "), strlen(text + strspn(text, " ")) + 1);
    }
    c->request = (struct solve_request){
        .packages = c->packages,
        .n_packages = c->n_packages,
        .omit = &c->omit,
        .forbid = &c->forbid,
        .recommends = slice_eq(deb822_get(d, "With-Recommends"), "yes"),
        .favour = c->stay.n_packages ? &c->stay : NULL,
    };
}

/* A stanza, with what the case left out because it doesn't matter. */
static void add_stanza(const struct deb822 *d, struct buf *packages)
{
    static const char zeros[] = "1111111111111111111111111111111111111111111111111111111111111111";

    buf_addslice(packages, d->stanza);
    if (packages->data[packages->len - 1] != '\n')
        buf_addch(packages, '\n');
    if (!deb822_get(d, "Architecture").p)
        buf_addstr(packages, "Architecture: all\n");
    if (!deb822_get(d, "Version").p)
        buf_addstr(packages, "Version: 1\n");
    if (!deb822_get(d, "Filename").p)
        buf_addstr(packages, "Filename: pool/x.deb\n");
    if (!deb822_get(d, "Size").p)
        buf_addstr(packages, "Size: 1\n");
    if (!deb822_get(d, "SHA256").p)
        buf_addf(packages, "SHA256: %s\n", zeros);
    buf_addch(packages, '\n');
}

/* What a source may deliver: a line of Sources, else all. */
static int add_from(struct resolvecase *c, int fd, size_t size, char *origin, struct err *err)
{
    CLEANUP(strv_release) struct strv packages = STRV_INIT, provides = STRV_INIT;
    struct recipe_source source = {.name = origin, .all_packages = true};

    strv_each (line, &c->sources) {
        CLEANUP(strv_release) struct strv words = STRV_INIT;

        strv_split(&words, slice_of(*line), " ");
        if (words.n < 2 || strcmp(words.v[0], origin) != 0)
            continue;
        source.all_packages = strcmp(words.v[1], "*") == 0;
        strv_split(&packages, slice_of(words.v[1]), ",");
        if (words.n > 2)
            strv_split(&provides, slice_of(words.v[2]), ",");
    }
    source.packages = packages;
    source.provides = provides;
    return universe_add(c->universe, fd, size, "Packages", &source, err);
}

static int add_packages(struct resolvecase *c, const struct buf *packages, char *origin,
                        struct err *err)
{
    CLEANUP(close_fd) int fd = -1;

    if (packages->len == 0)
        return 0;
    fd = spool_open(err);
    if (fd < 0 || write_all(fd, packages->data, packages->len, "spool", err) < 0)
        return -err->code;
    return add_from(c, fd, packages->len, origin, err);
}

/* Neighbouring stanzas of one Origin (debian where none is named) are one index. */
static int packages_of(struct deb822 *d, struct resolvecase *c, struct err *err)
{
    CLEANUP(buf_release) struct buf packages = BUF_INIT(0);
    CLEANUP(free_ptr) char *origin = xstrdup("debian");
    int r;

    while ((r = deb822_next(d, err)) > 0) {
        struct slice now = deb822_get(d, "Origin");
        if (now.p && !slice_eq(now, origin)) {
            if (add_packages(c, &packages, origin, err) < 0)
                return -err->code;
            buf_reset(&packages);
            free(origin);
            origin = xstrndup(now.p, now.n);
        }
        add_stanza(d, &packages);
    }
    return r < 0 ? r : add_packages(c, &packages, origin, err);
}

int resolvecase_parse(const char *text, size_t n, const char *name, struct resolvecase *ret,
                      struct err *err)
{
    CLEANUP(deb822_release) struct deb822 d;

    *ret = (struct resolvecase){0};
    deb822_init(&d, text, n, name);
    int r = deb822_next(&d, err);
    if (r < 0)
        return r;
    request_of(&d, "recipe.conf", ret);
    if (universe_new(ret->arch, &ret->universe, err) < 0)
        return -err->code;
    return packages_of(&d, ret, err);
}

int resolvecase_read(const char *path, struct resolvecase *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(64 << 20);

    *ret = (struct resolvecase){0};
    if (file_read(path, 64 << 20, &text, err) < 0)
        return -err->code;
    return resolvecase_parse(buf_str(&text), text.len, path, ret, err);
}

static void list_release(struct recipe_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->v[i].text);
    free(list->v);
}

void resolvecase_release(struct resolvecase *c)
{
    universe_free(c->universe);
    for (size_t i = 0; i < c->n_packages; i++) {
        free(c->packages[i].name);
        free(c->packages[i].op);
        free(c->packages[i].version);
    }
    for (size_t i = 0; i < c->stay.n_packages; i++) {
        free(c->stay.packages[i].name);
        free(c->stay.packages[i].version);
    }
    free(c->stay.packages);
    free(c->packages);
    free(c->arch);
    list_release(&c->omit);
    list_release(&c->forbid);
    strv_release(&c->sources);
    strv_release(&c->result);
    strv_release(&c->omitted);
    strv_release(&c->errors);
    *c = (struct resolvecase){0};
}
