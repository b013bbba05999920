/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/scripts.h"
#include "base/path.h"
#include "base/text.h"
#include "effects/forms.h"
#include "effects/order.h"
#include "effects/scripts_table.h"
#include "effects/walk.h"

static bool is_script(const char *name)
{
    static const char *const names[] = {"preinst", "postinst", "prerm", "postrm", "config"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

#define HANDWRITTEN "handwritten"

/* What an unread script does, by the tools that it calls: the first that fits. */
static const char *guess(const char *rest)
{
    static const struct {
        const char *holds, *what;
    } guesses[] = {
        {"keytool", "trust store of Java"},
        {"update-alternatives", "alternatives"},
        {"adduser ", "accounts by adduser"},
        {"useradd ", "accounts by useradd"},
        {"systemd-sysusers", "accounts by sysusers"},
        {"pam-auth-update", "PAM configuration"},
        {"ucf ", "configuration by ucf"},
        {"setcap ", "a file capability"},
        {"dpkg-statoverride", "owners and modes"},
        {"dpkg-divert", "diversions"},
        {"systemd-tmpfiles", "paths of tmpfiles.d"},
        {"chown ", "owners and modes"},
        {"chmod ", "owners and modes"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(guesses); i++)
        if (strstr(rest, guesses[i].holds))
            return guesses[i].what;
    return HANDWRITTEN;
}

/* Whether a list "a; b" has this among its texts. */
static bool is_named(const char *list, const char *what)
{
    size_t n = strlen(what);
    for (const char *at = list; (at = strstr(at, what)); at++)
        if ((at == list || (at - list >= 2 && memcmp(at - 2, "; ", 2) == 0)) &&
            (at[n] == '\0' || starts_with(at + n, "; ")))
            return true;
    return false;
}

/* What is done says more of a script than what needn't be. */
static unsigned weight(enum script_class c)
{
    return c == SCRIPT_HARMLESS ? 0 : c == SCRIPT_HANDLED ? 1 : (unsigned)c;
}

/* The weightiest part decides; of equal ones all that differ are named. */
static void worsen(struct script_verdict *v, enum script_class class, const char *what)
{
    if (v->what && weight(class) < weight(v->class))
        return;
    if (v->what && class == v->class) {
        if (is_named(v->what, what))
            return;
        char *both = xasprintf("%s; %s", v->what, what);
        free(v->what);
        v->what = both;
        return;
    }
    free(v->what);
    v->what = xstrdup(what);
    v->class = class;
}

/* Where readings go, and what they may ask for. */
struct reading_place {
    struct script_world *world;
    struct script_calls *calls;
};

static void free_verdict(struct script_verdict *v)
{
    free(v->what);
    free(v->why);
}

static const struct known_section *find_section(const char *tool)
{
    const struct known_section *k = known_sections;
    while (k->tool && strcmp(k->tool, tool) != 0)
        k++;
    return k->tool ? k : NULL;
}

/* Takes over the reading's calls, and what they come to; an empty one does nothing. */
static void take_reading(struct script_verdict *v, struct script_reading *reading,
                         struct reading_place *to)
{
    for (size_t i = 0; i < reading->n_parts; i++)
        worsen(v, reading->parts[i].class, reading->parts[i].what);
    struct script_calls *calls = to->calls;
    for (size_t i = 0; i < reading->calls.n; i++) {
        GROW(calls->v, calls->n, calls->cap);
        calls->v[calls->n++] = reading->calls.v[i];
        reading->calls.v[i] = (struct script_call){0};
    }
}

static const struct known_script *find_script(const char *package, const char *script,
                                              const struct buf *rest, bool *ret_older)
{
    struct script_digest digest = script_digest(rest);
    *ret_older = false;
    for (const struct known_script *k = known_scripts; k->package; k++) {
        if (strcmp(k->package, package) != 0 || strcmp(k->script, script) != 0)
            continue;
        if (strcmp(k->digest, digest.s) == 0)
            return k;
        *ret_older = true;
    }
    return NULL;
}

static void unread(struct script_verdict *v, const struct script_reading *reading, const char *what,
                   bool older)
{
    CLEANUP(free_ptr) char *name = xasprintf("%s%s", what, older ? ", changed" : "");
    worsen(v, SCRIPT_UNHANDLED, name);
    if (!v->why)
        v->why = xasprintf("line %u: %s", reading->line, reading->why);
}

/* Text that stands by itself: a section, or what a row of the table says instead of a script. */
static void judge_text(struct script_verdict *v, const struct package *p, struct slice text,
                       const char *what, struct reading_place *to)
{
    struct script_reading reading;
    if (script_read(p, v->script, text.p, text.n, to->world, &reading))
        take_reading(v, &reading, to);
    else
        unread(v, &reading, what, false);
    script_reading_release(&reading);
}

static char *name_of_section(const struct script_section *s)
{
    CLEANUP(free_ptr) char *shown = text_escape(s->tool, strnlen(s->tool, 80));
    return xasprintf("debhelper: %s", shown);
}

/* A section whose calls count, of a script whose rest is known by digest. */
static void judge_section(struct script_verdict *v, const struct package *p,
                          const struct script_section *s, struct reading_place *to)
{
    CLEANUP(free_ptr) char *what = name_of_section(s);
    judge_text(v, p, s->text, what, to);
}

static void judge_known(struct script_verdict *v, const struct package *p,
                        const struct known_script *k, const struct script_split *split,
                        struct reading_place *to)
{
    worsen(v, k->class, k->what);
    for (const struct script_lines *l = script_lines; l->digest; l++)
        if (strcmp(l->digest, k->digest) == 0)
            judge_text(v, p, slice_of(l->lines), k->what, to);
    for (size_t i = 0; i < split->n; i++)
        if (!find_section(split->v[i].tool))
            judge_section(v, p, &split->v[i], to);
}

/* The script without the sections that are known as a whole, each line where it was. */
static void blank_known(struct slice text, const struct script_split *split, struct buf *ret)
{
    buf_addslice(ret, text);
    for (size_t i = 0; i < split->n; i++) {
        if (!find_section(split->v[i].tool))
            continue;
        char *at = ret->data + (split->v[i].text.p - text.p);
        for (size_t k = 0; k < split->v[i].text.n; k++)
            at[k] = at[k] == '\n' ? '\n' : ' ';
    }
}

/* What an unread script is called: by its tools, or by the section in which it isn't understood. */
static char *name_of_unread(const struct buf *left, const struct script_split *split,
                            struct slice text, unsigned line)
{
    const char *what = guess(buf_str(left));
    const char *at = text.p;
    for (unsigned i = 1; i < line && at; i++) {
        at = memchr(at, '\n', text.n - (size_t)(at - text.p));
        at += at != NULL;
    }
    for (size_t i = 0; i < split->n && at && strcmp(what, HANDWRITTEN) == 0; i++) {
        const struct script_section *s = &split->v[i];
        if (at >= s->text.p && at < s->text.p + s->text.n)
            return name_of_section(s);
    }
    return xstrdup(what);
}

static void judge_rest(struct script_verdict *v, const struct package *p, struct slice text,
                       const struct script_split *split, struct reading_place *to)
{
    CLEANUP(buf_release) struct buf left = BUF_INIT(0);
    bool older = false;
    const struct known_script *k = split->rest.len
                                       ? find_script(p->name, v->script, &split->rest, &older)
                                       : NULL;
    if (k) {
        judge_known(v, p, k, split, to);
        return;
    }
    blank_known(text, split, &left);
    struct script_reading reading;
    if (script_read(p, v->script, buf_str(&left), left.len, to->world, &reading)) {
        take_reading(v, &reading, to);
    } else {
        CLEANUP(free_ptr)
        char *what = name_of_unread(&left, split, text, reading.line);
        unread(v, &reading, what, older);
    }
    script_reading_release(&reading);
}

static void judge(struct script_verdict *v, const struct package *p, const struct control_file *f,
                  struct reading_place *to)
{
    v->script = f->name;
    v->class = SCRIPT_HARMLESS;
    if (strcmp(f->name, "prerm") == 0 || strcmp(f->name, "postrm") == 0) {
        v->what = xstrdup("runs at a removal only");
        return;
    }
    if (strcmp(f->name, "config") == 0) {
        v->what = xstrdup("asks questions only");
        return;
    }
    CLEANUP(script_split_release) struct script_split split = {0};
    v->class = SCRIPT_HANDLED;
    script_split(f->text, f->size, &split);
    for (size_t i = 0; i < split.n; i++) {
        const struct known_section *k = find_section(split.v[i].tool);
        bool idle = k && k->only_with && !world_has(to->world, k->only_with);
        if (k)
            worsen(v, idle ? SCRIPT_HARMLESS : k->class, k->what);
        if (k && k->class == SCRIPT_UNHANDLED && !v->why)
            v->why = xstrdup(k->what);
    }
    judge_rest(v, p, (struct slice){f->text, f->size}, &split, to);
    if (!v->what)
        worsen(v, SCRIPT_HARMLESS, "does nothing");
}

static void read_package(const struct package *p, struct reading_place *to,
                         struct image_scripts *ret)
{
    for (size_t i = 0; i < p->n_scripts; i++) {
        if (!is_script(p->scripts[i].name))
            continue;
        GROW(ret->v, ret->n, ret->cap);
        ret->v[ret->n] = (struct script_verdict){.package = p};
        judge(&ret->v[ret->n++], p, &p->scripts[i], to);
    }
}

/* Which of the things that scripts have asked for the packages have. */
static void look_around(struct package *const *packages, size_t n, struct script_world *world)
{
    strv_sort(&world->asked);
    strv_uniq(&world->asked);
    CLEANUP(strv_release) struct strv globs = STRV_INIT;
    strv_each (asked, &world->asked)
        if (strchr(*asked, '*'))
            strv_add(&globs, *asked);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < packages[i]->n_entries; k++) {
            const struct entry *e = &packages[i]->entries[k];
            CLEANUP(free_ptr)
            char *dir = e->type == ENTRY_DIRECTORY ? xasprintf("%s/", e->path) : NULL;
            if (strv_has_sorted(&world->asked, dir ? dir : e->path))
                strv_add(&world->there, dir ? dir : e->path);
            strv_each (glob, &globs)
                if (!dir && glob_match(*glob, e->path))
                    strv_add(&world->there, *glob);
        }
    strv_sort(&world->there);
    strv_uniq(&world->there);
}

static void read_all(struct package *const *packages, size_t n, const size_t *order,
                     struct script_world *world, struct image_scripts *ret)
{
    struct image_scripts *each = xcalloc(n + 1, sizeof(*each));
    struct reading_place to = {world, &ret->calls};
    for (size_t i = 0; i < n; i++)
        read_package(packages[order[i]], &to, &each[order[i]]);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < each[i].n; k++) {
            GROW(ret->v, ret->n, ret->cap);
            ret->v[ret->n++] = each[i].v[k];
        }
        free(each[i].v);
    }
    free(each);
}

void scripts_read(struct package *const *packages, size_t n, struct image_scripts *ret)
{
    struct script_world world = {0};
    CLEANUP(free_ptr) size_t *order = xcalloc(n + 1, sizeof(*order));
    configuration_order(packages, n, order);
    *ret = (struct image_scripts){0};
    read_all(packages, n, order, &world, ret);
    look_around(packages, n, &world);
    if (world.there.n) {
        scripts_release(ret);
        read_all(packages, n, order, &world, ret);
    }
    strv_release(&world.asked);
    strv_release(&world.there);
}

void scripts_release(struct image_scripts *s)
{
    for (size_t i = 0; i < s->n; i++)
        free_verdict(&s->v[i]);
    free(s->v);
    calls_release(&s->calls);
    *s = (struct image_scripts){0};
}

const char *script_class_name(enum script_class c)
{
    static const char *const names[] = {"handled", "harmless", "skipped", "unhandled"};
    return (size_t)c < ARRAY_SIZE(names) ? names[c] : "unknown";
}

struct sha256 scripts_digest(void)
{
    CLEANUP(hasher_release) struct hasher h = {0};
    CLEANUP(free_ptr) char *format = xasprintf("mkimage effects %d\n", EFFECTS_FORMAT);

    hasher_start(&h);
    hasher_add(&h, format, strlen(format));
    scripts_table_hash(&h);
    forms_hash(&h);
    return hasher_end(&h);
}
