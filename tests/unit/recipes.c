/* SPDX-License-Identifier: Apache-2.0 */
#include "recipes.h"

void cleanup_recipe(struct recipe **r)
{
    recipe_free(*r);
}

struct recipe *load_text(const char *text)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct recipe *r = NULL;

    assert_ok(recipe_load_text("dir/python3.conf", slice_of(text), NULL, &r, &err), &err);
    return r;
}

struct recipe *load_file(const char *scratch, const char *name,
                         const struct recipe_options *options)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(free_ptr) char *path = path_join(scratch, name);
    struct recipe *r = NULL;

    assert_ok(recipe_load(path, options, &r, &err), &err);
    return r;
}

void write_file(const char *scratch, const char *name, const char *text)
{
    scratch_write(scratch, name, text, strlen(text));
}

void assert_list(const struct recipe_list *l, const char *want)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);

    for (size_t i = 0; i < l->n; i++)
        buf_addf(&b, "%s%s", i ? " " : "", l->v[i].text);
    assert_string_equal(buf_str(&b), want);
}

void assert_packages(const struct recipe *r, const char *want)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);

    for (size_t i = 0; i < r->n_packages; i++)
        buf_addf(&b, "%s%s/%u", i ? " " : "", r->packages[i].name, r->packages[i].rank);
    assert_string_equal(buf_str(&b), want);
}

void assert_strv(const struct strv *l, const char *want)
{
    CLEANUP(free_ptr) char *joined = strv_join(l, " ");

    assert_string_equal(joined, want);
}
