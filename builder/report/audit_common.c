/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/text.h"
#include "report/audit_private.h"

const struct audit_format audit_formats[] = {
    {"text", audit_text},   {"json", audit_json}, {"sarif", audit_sarif},
    {"junit", audit_junit}, {"html", audit_html},
};
const size_t n_audit_formats = ARRAY_SIZE(audit_formats);

const struct audit_format *audit_format_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(audit_formats); i++)
        if (strcmp(audit_formats[i].name, name) == 0)
            return &audit_formats[i];
    return NULL;
}

json_t *json_shown(const char *s)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);

    if (!s)
        return json_null();
    text_addstr(&b, s);
    return text_n_json(buf_str(&b), b.len);
}

json_t *json_path(const char *path)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);

    if (!path)
        return json_null();
    buf_addch(&b, '/');
    for (const char *p = path; *p;) {
        /* As many bytes as are fine by themselves, then one that isn't. */
        size_t good = text_plain(p, strcspn(p, "%"));
        buf_add(&b, p, good);
        p += good;
        if (*p)
            text_add_percent(&b, (const char[]){*p++, '\0'}, "");
    }
    return text_n_json(buf_str(&b), b.len);
}

char *uri_path(const char *path)
{
    struct buf b = BUF_INIT(0);

    text_add_percent(&b, path, "-._~/");
    return buf_detach(&b);
}

void add_issue_paths(struct buf *ret, const struct issue *i, size_t most)
{
    const struct finding *f = i->finding;
    size_t n = f->more.n + 1, shown = i->severity >= SEVERITY_HIGH ? n : most;

    if (!f->path) {
        buf_addstr(ret, "config");
        return;
    }
    text_addf(ret, "/%s", f->path);
    for (size_t k = 1; k < n && k < shown; k++)
        text_addf(ret, ", /%s", f->more.v[k - 1]);
    if (n > shown)
        buf_addf(ret, " and %zu more", n - shown);
}

struct sha256_text image_digest(const struct audited *a)
{
    if (!a->read)
        return (struct sha256_text){""};
    return sha256_digest(sha256_is_zero(&a->read->manifest) ? &a->read->config
                                                            : &a->read->manifest);
}

const char *support_name(enum support s)
{
    static const char *const names[] = {"unknown", "full", "extended", "ended"};
    return names[s];
}

const char *records_name(enum records r)
{
    static const char *const names[] = {"unknown", "none", "dpkg", "apk", "rpm"};
    return names[r];
}

void add_json(struct buf *ret, json_t *value)
{
    json_ascii(value, ret);
    json_decref(value);
}

#define FIGURE(field, text)                                 \
    {                                                       \
#field, text, offsetof(struct audit_figures, field) \
    }
const struct figure_row figure_rows[] = {
    FIGURE(packages, "packages"),
    FIGURE(files, "files"),
    FIGURE(startable, "programs its user can start"),
    FIGURE(writable, "places its user can write"),
    FIGURE(shells, "shells"),
    FIGURE(shell_names, "names of shells"),
    FIGURE(setuid, "setuid or setgid files"),
    FIGURE(capable, "files with capabilities"),
    FIGURE(ports, "exposed ports"),
    FIGURE(unowned, "files of no package"),
    FIGURE(hidden, "files that a later layer hides"),
    FIGURE(elf, "ELF files"),
    FIGURE(programs, "ELF programs"),
    FIGURE(no_pie, "programs that are no PIE"),
    FIGURE(relro_of, "ELF files that are loaded dynamically"),
    FIGURE(no_relro, "ELF files without RELRO"),
    FIGURE(now_of, "ELF files with a table of functions"),
    FIGURE(no_now, "ELF files without BIND_NOW"),
    FIGURE(no_nx, "ELF files with an executable stack or W+X"),
    FIGURE(ssp_of, "ELF files with buffers to protect"),
    FIGURE(no_ssp, "ELF files without stack protector"),
    FIGURE(fortify_of, "ELF files that could be or are fortified"),
    FIGURE(no_fortify, "ELF files that could be fortified"),
};
const size_t n_figure_rows = ARRAY_SIZE(figure_rows);

size_t figure_value(const struct audited *a, const struct figure_row *row)
{
    size_t v;

    memcpy(&v, (const char *)&a->figures + row->offset, sizeof(v));
    return v;
}
