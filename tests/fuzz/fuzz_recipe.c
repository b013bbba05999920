/* SPDX-License-Identifier: Apache-2.0 */
/* A recipe is read or refused; what was read is shown, and that reads back to the same text. */
#include "recipe/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The text without origins, which differ: from the first blank line on, up to " # " in a line's
 * end. Lines are compared by their length without it. */
static void strip(struct buf *b)
{
    CLEANUP(buf_release) struct buf bare = BUF_INIT(0);

    for (const char *p = strchr(buf_str(b), '\n'); p && *p;) {
        const char *end = strchr(p, '\n'), *cut = end;

        for (const char *c = p; c + 3 <= end; c++) {
            if (memcmp(c, " # ", 3) == 0)
                cut = c;
        }
        while (cut > p && cut[-1] == ' ')
            cut--;
        buf_add(&bare, p, (size_t)(cut - p));
        buf_addch(&bare, '\n');
        p = end + 1;
    }
    buf_reset(b);
    buf_add(b, buf_str(&bare), bare.len);
}

static bool show(const char *text, size_t n, struct buf *ret)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct recipe *r = NULL;

    if (recipe_load_text("fuzz.conf", (struct slice){text, n}, NULL, &r, &err) < 0) {
        if (r || !err.message || !*err.message)
            abort();
        return false;
    }
    recipe_show(r, ret);
    recipe_free(r);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_release) struct buf first = BUF_INIT(0), second = BUF_INIT(0);

    if (!show((const char *)data, size, &first))
        return 0;
    if (!show(buf_str(&first), first.len, &second))
        abort();
    strip(&first);
    strip(&second);
    if (strcmp(buf_str(&first), buf_str(&second)) != 0)
        abort();
    return 0;
}
