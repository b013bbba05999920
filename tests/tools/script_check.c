/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdicts on the maintainer scripts of sets of packages, for tests/scripts/check.py:
 *
 *     script_check <SETS >VERDICTS
 *
 * A line of the sets is a name and directories, separated by tabs; a directory has what the control
 * member of a deb holds. A line of the verdicts is the set, the directory, the script, its class,
 * what it does, and where it can't be read and why. The package's files are those of md5sums, with
 * the directories above them, as its data isn't here.
 */
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "effects/scripts.h"
#include <stdio.h>

static bool load(const char *dir, const char *name, struct buf *ret)
{
    CLEANUP(free_ptr) char *path = path_join(dir, name);
    CLEANUP(err_release) struct err err = ERR_INIT;
    return file_read(path, 16u << 20, ret, &err) == 0;
}

static void add_entry(struct package *p, const char *path, size_t n, enum entry_type type)
{
    for (size_t i = p->n_entries, k = 0; type == ENTRY_DIRECTORY && i-- > 0 && k < 200; k++)
        if (strlen(p->entries[i].path) == n && memcmp(p->entries[i].path, path, n) == 0)
            return; /* of those that stand together, once is enough */
    GROW(p->entries, p->n_entries, p->cap_entries);
    p->entries[p->n_entries++] = (struct entry){
        .path = xstrndup(path, n), .type = type, .mode = 0755, .mode_deb = 0755, .size = 1};
}

static void add_file(struct package *p, const char *path)
{
    for (const char *slash = path; (slash = strchr(slash, '/')); slash++)
        add_entry(p, path, (size_t)(slash - path), ENTRY_DIRECTORY);
    add_entry(p, path, strlen(path), ENTRY_FILE);
}

static void add_files(struct package *p, const struct buf *md5sums)
{
    CLEANUP(strv_release) struct strv lines = STRV_INIT;
    strv_split(&lines, (struct slice){buf_str(md5sums), md5sums->len}, "\n");
    strv_each (line, &lines)
        if (strlen(*line) > 34)
            add_file(p, *line + 34);
}

static char *field(const struct buf *control, const char *name)
{
    CLEANUP(strv_release) struct strv lines = STRV_INIT;
    strv_split(&lines, (struct slice){buf_str(control), control->len}, "\n");
    strv_each (line, &lines)
        if (starts_with(*line, name) && starts_with(*line + strlen(name), ": "))
            return xstrdup(*line + strlen(name) + 2);
    return xstrdup("");
}

static void add_script(struct package *p, const char *dir, const char *name)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    if (!load(dir, name, &text))
        return;
    size_t size = text.len;
    p->scripts[p->n_scripts++] = (struct control_file){xstrdup(name), buf_detach(&text), size};
}

static const char *const files[] = {"preinst", "postinst", "templates", "config"};

static struct package *load_package(const char *dir)
{
    CLEANUP(buf_release) struct buf control = BUF_INIT(0), md5sums = BUF_INIT(0);
    struct package *p = xcalloc(1, sizeof(*p));
    if (!load(dir, "control", &control))
        fprintf(stderr, "%s/control can't be read\n", dir);
    p->name = field(&control, "Package");
    p->arch = field(&control, "Architecture");
    p->version = field(&control, "Version");
    p->source = xstrdup(dir);
    p->control = xstrdup(buf_str(&control));
    p->scripts = xcalloc(ARRAY_SIZE(files), sizeof(*p->scripts));
    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        add_script(p, dir, files[i]);
    if (load(dir, "md5sums", &md5sums))
        add_files(p, &md5sums);
    return p;
}

struct loaded {
    struct package **v;
    size_t n, cap;
};

static struct package *find_package(struct loaded *all, const char *dir)
{
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->v[i]->source, dir) == 0)
            return all->v[i];
    GROW(all->v, all->n, all->cap);
    return all->v[all->n++] = load_package(dir);
}

static void check(const char *line, struct loaded *all)
{
    CLEANUP(strv_release) struct strv words = STRV_INIT;
    struct image_scripts scripts;
    strv_split(&words, slice_of(line), "\t\n");
    struct package **packages = xcalloc(words.n + 1, sizeof(struct package *));
    for (size_t i = 1; i < words.n; i++)
        packages[i - 1] = find_package(all, words.v[i]);
    scripts_read(packages, words.n ? words.n - 1 : 0, &scripts);
    for (size_t i = 0; i < scripts.n; i++) {
        const struct script_verdict *v = &scripts.v[i];
        if (strcmp(v->script, "config") != 0)
            printf("%s\t%s\t%s\t%s\t%s\t%s\n", words.v[0], v->package->source, v->script,
                   script_class_name(v->class), v->what, v->why ? v->why : "");
    }
    scripts_release(&scripts);
    free(packages);
}

int main(void)
{
    struct loaded all = {0};
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0)
        check(line, &all);
    free(line);
    for (size_t i = 0; i < all.n; i++)
        package_free(all.v[i]);
    free(all.v);
    return 0;
}
