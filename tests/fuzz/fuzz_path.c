/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a member's name, a link's target, a glob and a text to show. What comes out of
 * path_from_member and path_link_target is a clean image path, and text_escape gives what it would
 * leave alone but for its own backslashes. */
#include "base/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_clean(const char *path)
{
    if (!*path)
        return;
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        size_t n = strcspn(part, "/");
        if (n == 0 || (n == 1 && *part == '.') || (n == 2 && part[0] == '.' && part[1] == '.'))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > PATH_BYTES_MAX + 8)
        return 0;
    CLEANUP(free_ptr) char *text = xmalloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';

    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf path = BUF_INIT(0);
    if (path_from_member(text, size, &path, &err) == 0)
        check_clean(buf_str(&path));
    err_clear(&err);

    /* A pattern and a path, parted by a newline. */
    char *newline = strchr(text, '\n');
    if (newline) {
        *newline = '\0';
        bool good = glob_check(text, &err) == 0;
        bool matches = glob_match(text, newline + 1);
        err_clear(&err);
        if (good && matches && glob_match("/**", newline + 1) == false)
            abort();
        path_link_target("usr/bin/x", newline + 1, &path);
        check_clean(buf_str(&path));
    }

    CLEANUP(free_ptr) char *shown = text_escape((const char *)data, size);
    for (const char *c = shown; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            abort();
    return 0;
}
