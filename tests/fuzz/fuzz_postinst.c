/* SPDX-License-Identifier: Apache-2.0 */
/* A postinst that enables nginx's modules, and a PHP module's .ini: what comes of them are links in
 * their own directories, and a priority is digits. */
#include "effects/nginx.h"
#include "effects/php.h"
#include <ctype.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_priority(struct slice ini)
{
    struct slice priority = php_priority(ini);
    if (priority.n == 0)
        abort();
    for (size_t i = 0; i < priority.n; i++)
        if (!isdigit((unsigned char)priority.p[i]))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    char name[] = "module", arch[] = "amd64", script[] = "postinst";
    CLEANUP(free_ptr) char *text = xstrndup((const char *)data, size);
    struct control_file postinst = {script, text, strlen(text)};
    struct package package = {.name = name, .arch = arch, .scripts = &postinst, .n_scripts = 1};
    struct package *packages[] = {&package};
    struct assembly assembly = {.packages = packages, .n_packages = 1};
    struct tree *t = tree_new();
    check_priority((struct slice){(const char *)data, size});
    if (tree_put_text(t, "usr/share/nginx/modules-available/a.conf", 0644, "", 0, "fuzz", &err) < 0)
        abort();
    (void)!assemble_nginx(&assembly, t, &err);
    size_t n;
    struct node *const *nodes = tree_nodes(t, &n);
    for (size_t i = 0; i < n; i++)
        if (nodes[i]->type == ENTRY_SYMLINK &&
            strncmp(nodes[i]->path, "etc/nginx/modules-enabled/", 26) != 0)
            abort();
    tree_free(t);
    strv_release(&assembly.notes);
    return 0;
}
