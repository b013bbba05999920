/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/nginx.h"
#include "base/text.h"
#include "effects/effect.h"

#define AVAILABLE "usr/share/nginx/modules-available"
#define ENABLED   "etc/nginx/modules-enabled"
#define SECTION   "# Automatically added by dh_nginx"
#define LOOP      "for confpair in "

/* A name in a directory: nothing that leads out of it. */
static bool is_name(const char *s)
{
    return *s && !strchr(s, '/') && strcmp(s, ".") != 0 && strcmp(s, "..") != 0;
}

static int enable(struct assembly *a, struct tree *t, const struct package *p, char *pair,
                  const char *place, struct err *err)
{
    char *colon = strchr(pair, ':');
    if (colon)
        *colon = '\0';
    if (!colon || !is_name(pair) || !is_name(colon + 1) || strchr(colon + 1, ':'))
        return err_set(err, "%s: not a module's file and the name of its link: %s%s%s", place, pair,
                       colon ? ":" : "", colon ? colon + 1 : "");
    CLEANUP(free_ptr) char *path = xasprintf(ENABLED "/%s", colon + 1);
    CLEANUP(free_ptr) char *target = xasprintf("/" AVAILABLE "/%s", pair);
    if (effect_left_out(a, p, path, ENTRY_SYMLINK))
        return 0;
    if (tree_resolve(t, target + 1))
        return tree_offer_link(t, path, target, place, err);
    strv_addf(&a->notes, "%s: %s isn't in the image, so the module is not enabled", place, target);
    return 0;
}

/* The words of a line "for confpair in A:B C:D  ; do". */
static int enable_all(struct assembly *a, struct tree *t, const struct package *p,
                      struct slice line, const char *place, struct err *err)
{
    const char *end = memchr(line.p, ';', line.n);
    CLEANUP(strv_release) struct strv pairs = STRV_INIT;
    strv_split(&pairs, (struct slice){line.p, end ? (size_t)(end - line.p) : line.n}, " \t");
    for (size_t i = 0; i < pairs.n; i++)
        if (enable(a, t, p, pairs.v[i], place, err) < 0)
            return err_ret(err);
    return 0;
}

static int read_postinst(struct assembly *a, struct tree *t, const struct package *p,
                         struct slice text, struct err *err)
{
    bool in_section = false;
    for (unsigned number = 1; text.n; number++) {
        const char *newline = memchr(text.p, '\n', text.n);
        size_t n = newline ? (size_t)(newline - text.p) : text.n;
        struct slice line = slice_trim((struct slice){text.p, n});
        if (line.n && *line.p == '#')
            in_section = slice_starts_with(line, SECTION);
        if (in_section && slice_starts_with(line, LOOP)) {
            CLEANUP(free_ptr) char *place = xasprintf("package %s: postinst:%u", p->name, number);
            line = (struct slice){line.p + strlen(LOOP), line.n - strlen(LOOP)};
            if (enable_all(a, t, p, line, place, err) < 0)
                return err_ret(err);
        }
        n += newline != NULL;
        text = (struct slice){text.p + n, text.n - n};
    }
    return 0;
}

int assemble_nginx(struct assembly *a, struct tree *t, struct err *err)
{
    for (size_t i = 0; i < a->n_packages; i++) {
        const struct package *p = a->packages[i];
        for (size_t k = 0; k < p->n_scripts; k++)
            if (strcmp(p->scripts[k].name, "postinst") == 0 &&
                read_postinst(a, t, p, (struct slice){p->scripts[k].text, p->scripts[k].size},
                              err) < 0)
                return err_ret(err);
    }
    return 0;
}
