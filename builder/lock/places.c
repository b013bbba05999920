/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/places.h"

#include "net/url.h"
#include "oci/image.h"

void places_init(struct places *p, const struct session *s, const struct recipe *recipe,
                 const struct lock *lock, const struct mirror_options *options)
{
    *p = (struct places){s, recipe, lock, options, NULL};
    p->mirrors = xcalloc(recipe->n_sources + 1, sizeof(*p->mirrors));
}

void places_release(struct places *p)
{
    for (size_t i = 0; p->mirrors && i < p->recipe->n_sources; i++)
        strv_release(&p->mirrors[i]);
    free_ptr(&p->mirrors);
}

static int64_t lock_date_of(const struct lock *lock, const char *origin)
{
    int64_t newest = 0;

    for (size_t i = 0; i < lock->n_sources; i++)
        if (strcmp(lock->sources[i].source, origin) == 0 && lock->sources[i].date > newest)
            newest = lock->sources[i].date;
    return newest;
}

/* "https://…/{date}/…" with the lock's date, as dated archives spell it: 20261121T091544Z. */
static void add_dated(struct strv *urls, const char *archive, int64_t date, const char *path)
{
    const char *mark = strstr(archive, "{date}");
    const struct time_text text = time_text(date);
    CLEANUP(buf_release) struct buf stamp = BUF_INIT(0);

    for (const char *c = text.s; *c; c++)
        if (*c != '-' && *c != ':')
            buf_addch(&stamp, *c);
    if (mark)
        strv_addf(urls, "%.*s%s%s/%s", (int)(mark - archive), archive, buf_str(&stamp),
                  mark + strlen("{date}"), path);
    else
        strv_addf(urls, "%s/%s", archive, path);
}

int places_urls(struct places *p, const struct lock_package *package, struct strv *ret,
                struct err *err)
{
    const struct recipe *r = p->recipe;

    for (size_t i = 0; i < r->n_sources; i++) {
        const struct recipe_source *source = &r->sources[i];
        if (strcmp(source->name, package->origin) != 0)
            continue;
        if (!p->mirrors[i].n &&
            mirrors_of(p->session, r, source, p->options, &p->mirrors[i], err) < 0)
            return err_ret(err);
        CLEANUP(buf_release) struct buf path = BUF_INIT(0);
        url_add_path(&path, package->path);
        strv_each (mirror, &p->mirrors[i])
            strv_addf(ret, "%s/%s", *mirror, buf_str(&path));
        strv_each (archive, &source->archives)
            add_dated(ret, *archive, lock_date_of(p->lock, package->origin), buf_str(&path));
        return 0;
    }
    err_set(err, "package %s: the lock takes it from source \"%s\", which the recipe doesn't have",
            package->name, package->origin);
    return err_hint(err, "run mkimage lock --update %s", r->path);
}
