/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/options.h"

#include "base/nearest.h"
#include "base/text.h"
#include "recipe/values.h"

#define TOP(name, store, field, check)                     \
    {                                                      \
        name, store, check, offsetof(struct recipe, field) \
    }
#define OF(type, name, store, field, check)              \
    {                                                    \
        name, store, check, offsetof(struct type, field) \
    }

static const struct option top_options[] = {
    TOP("title", STORE_TEXT, title, check_line),
    TOP("description", STORE_TEXT, description, check_text),
    TOP("name", STORE_TEXT, name, check_image_name),
    TOP("labels", STORE_KEYED, labels, check_label),
    TOP("annotations", STORE_KEYED, annotations, check_label),
    TOP("suite", STORE_TEXT, suite, check_suite),
    TOP("arch", STORE_LIST, arch, check_arch),
    TOP("packages", STORE_PACKAGES, packages, check_wanted),
    TOP("omit", STORE_LIST, omit, check_package),
    TOP("forbid", STORE_LIST, forbid, check_package),
    TOP("recommends", STORE_BOOL, recommends, check_bool),
    TOP("exclude", STORE_LIST, exclude, check_glob),
    TOP("keep", STORE_LIST, keep, check_glob),
    TOP("ca_certificate", STORE_LIST, ca_certificates, check_source),
    TOP("template", STORE_LIST, templates, check_template),
    TOP("compression", STORE_COMPRESSION, compression, check_compression),
    TOP("level", STORE_LEVEL, level, check_level),
    TOP("layers", STORE_UNSIGNED, layers, check_layers),
    TOP("tags", STORE_LIST, tags, check_tag),
    TOP("end_of_life", STORE_TEXT, end_of_life, check_date),
};

static const struct option source_options[] = {
    OF(recipe_source, "suites", STORE_STRV, suites, check_suite),
    OF(recipe_source, "components", STORE_STRV, components, check_suite),
    OF(recipe_source, "mirror", STORE_URLS, mirrors, check_url),
    OF(recipe_source, "archive", STORE_URLS, archives, check_archive),
    OF(recipe_source, "keyring", STORE_TEXT, keyring, check_line),
    OF(recipe_source, "packages", STORE_STRV, packages, check_package),
    OF(recipe_source, "all_packages", STORE_BOOL, all_packages, check_bool),
    OF(recipe_source, "provides", STORE_STRV, provides, check_package),
    OF(recipe_source, "replaces", STORE_STRV, replaces, check_package),
    OF(recipe_source, "max_age_days", STORE_UNSIGNED, max_age_days, check_days),
};

static const struct option package_options[] = {
    OF(recipe_part, "only", STORE_STRV, only, check_glob),
    OF(recipe_part, "exclude", STORE_STRV, exclude, check_glob),
};

static const struct option file_options[] = {
    OF(recipe_file, "source", STORE_TEXT, source, check_source),
    OF(recipe_file, "content", STORE_TEXT, content, check_content),
    OF(recipe_file, "url", STORE_TEXT, url, check_url),
    OF(recipe_file, "sha256", STORE_SHA256, sha256, check_sha256),
    OF(recipe_file, "owner", STORE_ID, uid, check_id),
    OF(recipe_file, "group", STORE_ID, gid, check_id),
    OF(recipe_file, "mode", STORE_MODE, mode, check_mode),
    OF(recipe_file, "replace", STORE_BOOL, replace, check_bool),
};

static const struct option tree_options[] = {
    OF(recipe_file, "source", STORE_TEXT, source, check_source),
    OF(recipe_file, "exclude", STORE_STRV, exclude, check_relative_glob),
    OF(recipe_file, "owner", STORE_ID, uid, check_id),
    OF(recipe_file, "group", STORE_ID, gid, check_id),
    OF(recipe_file, "mode", STORE_MODE, mode, check_mode),
    OF(recipe_file, "replace", STORE_BOOL, replace, check_bool),
};

static const struct option directory_options[] = {
    OF(recipe_directory, "owner", STORE_ID, uid, check_id),
    OF(recipe_directory, "group", STORE_ID, gid, check_id),
    OF(recipe_directory, "mode", STORE_MODE, mode, check_mode),
    OF(recipe_directory, "recursive", STORE_BOOL, recursive, check_bool),
};

static const struct option link_options[] = {
    OF(recipe_link, "target", STORE_TEXT, target, check_target),
    OF(recipe_link, "replace", STORE_BOOL, replace, check_bool),
};

static const struct option alternative_options[] = {
    OF(recipe_alternative, "path", STORE_TEXT, path, check_absolute),
};

static const struct option account_options[] = {
    OF(recipe_account, "uid", STORE_ID, uid, check_id),
    OF(recipe_account, "gid", STORE_ID, gid, check_id),
    OF(recipe_account, "home", STORE_TEXT, home, check_passwd_path),
    OF(recipe_account, "shell", STORE_TEXT, shell, check_passwd_path),
    OF(recipe_account, "comment", STORE_TEXT, comment, check_passwd_text),
};

static const struct option allow_options[] = {
    OF(recipe_allow, "rule", STORE_TEXT, rule, check_rule),
    OF(recipe_allow, "path", STORE_TEXT, path, check_glob),
    OF(recipe_allow, "reason", STORE_TEXT, reason, check_reason),
    OF(recipe_allow, "expires", STORE_TEXT, expires, check_date),
};

static const struct option config_options[] = {
    TOP("entrypoint", STORE_ARGS, config.entrypoint, check_text),
    TOP("cmd", STORE_ARGS, config.cmd, check_text),
    TOP("env", STORE_KEYED, config.env, check_env),
    TOP("workdir", STORE_TEXT, config.workdir, check_absolute),
    TOP("expose", STORE_PORTS, config.expose, check_port),
    TOP("volumes", STORE_LIST, config.volumes, check_volume),
    TOP("stop_signal", STORE_TEXT, config.stop_signal, check_signal),
};

static const struct option user_options[] = {
    TOP("name", STORE_TEXT, user_name, check_account),
    TOP("home", STORE_TEXT, user_home, check_passwd_path),
};

static const struct option gate_options[] = {
    TOP("growth", STORE_TEXT, gate.growth, check_growth),
    TOP("packages", STORE_BOOL, gate.packages, check_bool),
    TOP("may_change", STORE_LIST, gate.may_change, check_package_glob),
    TOP("executables", STORE_BOOL, gate.executables, check_bool),
    TOP("setuid", STORE_BOOL, gate.setuid, check_bool),
    TOP("scripts", STORE_BOOL, gate.scripts, check_bool),
    TOP("severity", STORE_TEXT, gate.severity, check_severity),
    TOP("end_of_life", STORE_UNSIGNED, gate.end_of_life, check_days),
};

static const struct option os_release_options[] = {
    TOP("name", STORE_OS_RELEASE, os_release, check_line),
    TOP("pretty_name", STORE_OS_RELEASE, os_release, check_line),
    TOP("home_url", STORE_OS_RELEASE, os_release, check_link_url),
    TOP("support_url", STORE_OS_RELEASE, os_release, check_link_url),
    TOP("bug_report_url", STORE_OS_RELEASE, os_release, check_link_url),
    TOP("documentation_url", STORE_OS_RELEASE, os_release, check_link_url),
    TOP("logo", STORE_OS_RELEASE, os_release, check_line),
    TOP("ansi_color", STORE_OS_RELEASE, os_release, check_line),
    TOP("vendor_name", STORE_OS_RELEASE, os_release, check_line),
    TOP("vendor_url", STORE_OS_RELEASE, os_release, check_link_url),
    TOP("variant", STORE_OS_RELEASE, os_release, check_line),
    TOP("variant_id", STORE_OS_RELEASE, os_release, check_os_id),
    TOP("image_id", STORE_OS_RELEASE, os_release, check_os_id),
    TOP("image_version", STORE_OS_RELEASE, os_release, check_os_id),
};

static const char *os_release_why_not(const char *name)
{
    return starts_with(name, "id") || starts_with(name, "version")
               ? "ID, VERSION_ID and VERSION_CODENAME stay Debian's: scanners look up advisories "
                 "by them; image_id, image_version and variant are yours"
               : NULL;
}

#define ONE(section_name, table) .name = (section_name), .options = (table), .n = ARRAY_SIZE(table)
#define MANY(section_name, table, type, field)                                              \
    ONE(section_name, table),                                                               \
        .many = true, .size = sizeof(struct type), .array = offsetof(struct recipe, field), \
        .count = offsetof(struct recipe, n_##field), .at = offsetof(struct type, at)
#define TITLED(section_name, table, type, field, title_field, check) \
    MANY(section_name, table, type, field),                          \
        .titled = true, .title = offsetof(struct type, title_field), .check_title = (check)
#define PATHED(section_name, table, type, field) \
    TITLED(section_name, table, type, field, path, check_absolute), .title_path = true

static const struct section sections[] = {
    {ONE(NULL, top_options)},
    {TITLED("source", source_options, recipe_source, sources, name, check_source_name)},
    {TITLED("package", package_options, recipe_part, parts, package, check_package)},
    {PATHED("file", file_options, recipe_file, files)},
    {PATHED("tree", tree_options, recipe_file, trees)},
    {PATHED("directory", directory_options, recipe_directory, directories)},
    {PATHED("link", link_options, recipe_link, links)},
    {TITLED("alternative", alternative_options, recipe_alternative, alternatives, name,
            check_alternative)},
    {ONE("config", config_options)},
    {ONE("user", user_options)},
    {TITLED("account", account_options, recipe_account, accounts, name, check_account)},
    {ONE("os_release", os_release_options), .why_not = os_release_why_not},
    {ONE("gate", gate_options)},
    {MANY("allow", allow_options, recipe_allow, allows)},
};

const struct grammar recipe_grammar = {
    .sections = sections,
    .n = ARRAY_SIZE(sections),
    .include = true,
    .hint = "mkimage-recipe(5) lists all options",
};

const struct section *section_find(const struct grammar *g, const char *name)
{
    section_each (s, g) {
        if (s->name && name ? strcmp(s->name, name) == 0 : s->name == name)
            return s;
    }
    return NULL;
}

const struct option *option_find(const struct section *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->options[i].name, name) == 0)
            return &s->options[i];
    }
    return NULL;
}

const char *option_nearest(const struct grammar *g, const struct section *s, const char *name)
{
    struct nearest near = NEAREST_INIT(name);

    for (size_t i = 0; i < s->n; i++)
        nearest_try(&near, s->options[i].name);
    if (s->name)
        return near.best;
    section_each (other, g) {
        if (other->name)
            nearest_try(&near, other->name);
    }
    if (g->include)
        nearest_try(&near, "include");
    return near.best;
}

bool option_is_list(const struct option *o)
{
    return o->store == STORE_LIST || o->store == STORE_ARGS || o->store == STORE_PORTS ||
           o->store == STORE_KEYED || o->store == STORE_STRV || o->store == STORE_URLS ||
           o->store == STORE_PACKAGES;
}
