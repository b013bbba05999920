/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/forms.h"
#include "base/arch.h"
#include "base/path.h"
#include "base/text.h"
#include "effects/accounts_called.h"
#include "effects/alternatives.h"
#include "effects/diversions.h"
#include "effects/files_called.h"
#include "effects/harmless.h"
#include "effects/tmpfiles.h"
#include "effects/triggers.h"

/* By program; what is done to a tree stands in the file that is named there. T stands for an
 * architecture's directory of libraries. */
static const struct script_form forms[] = {
    {".", sources_debconf, SCRIPT_HARMLESS, "debconf's own", false},
    {".", sources_apache, SCRIPT_HARMLESS, "functions of Apache's", false},
    {".", sources_php, SCRIPT_HARMLESS, "PHP's modules are enabled anyway", false},
    {"/usr/lib/T/glib-2.0/gio-querymodules", NULL, SCRIPT_SKIPPED,
     "list of GIO's modules, which are loaded to be listed", false},
    {"/usr/lib/T/glib-2.0/glib-compile-schemas", NULL, SCRIPT_SKIPPED, "compiled GSettings schemas",
     false},
    {"/usr/lib/T/libgtk-3-0t64/gtk-query-immodules-3.0", NULL, SCRIPT_SKIPPED,
     "list of GTK's input methods, which are loaded to be listed", false},
    {"/usr/lib/emacsen-common/emacs-package-install", NULL, SCRIPT_SKIPPED,
     "byte-compiled Emacs Lisp", false},
    {":", write_takes, SCRIPT_HANDLED, "a file's text", false},
    {"aa-enabled", NULL, SCRIPT_HARMLESS, "for a kernel, which an image has none of", true},
    {"addgroup", adduser_takes, SCRIPT_HANDLED, "accounts by adduser", false},
    {"adduser", adduser_takes, SCRIPT_HANDLED, "accounts by adduser", false},
    {"apparmor_parser", NULL, SCRIPT_HARMLESS, "for a kernel, which an image has none of", false},
    {"cat", write_takes, SCRIPT_HANDLED, "a file's text", false},
    {"cat", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"chgrp", chown_takes, SCRIPT_HANDLED, "owners and modes", false},
    {"chmod", chmod_takes, SCRIPT_HANDLED, "owners and modes", false},
    {"chown", chown_takes, SCRIPT_HANDLED, "owners and modes", false},
    {"cmp", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"cp", cp_takes, SCRIPT_HANDLED, "copies", false},
    {"cut", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"date", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"db_beginblock", NULL, SCRIPT_HARMLESS, "debconf's own", false},
    {"db_capb", NULL, SCRIPT_HARMLESS, "debconf's own", false},
    {"db_clear", NULL, SCRIPT_HARMLESS, "debconf's own", false},
    {"db_endblock", NULL, SCRIPT_HARMLESS, "debconf's own", false},
    {"db_fget", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_fset", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_go", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_input", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_metaget", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_purge", NULL, SCRIPT_HARMLESS, "debconf's own", false},
    {"db_register", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_reset", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_set", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_settitle", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_stop", NULL, SCRIPT_HARMLESS, "debconf's own", false},
    {"db_subst", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_title", NULL, SCRIPT_HARMLESS, "debconf's own", false},
    {"db_unregister", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_version", NULL, SCRIPT_HARMLESS, "debconf's own", false},
    {"dbus-uuidgen", NULL, SCRIPT_HARMLESS, "a machine's own id, which an image mustn't have",
     false},
    {"deb-systemd-helper", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", true},
    {"deb-systemd-invoke", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", true},
    {"depmod", NULL, SCRIPT_HARMLESS, "for a kernel, which an image has none of", false},
    {"df", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"diff", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"dpkg", dpkg_asks, SCRIPT_HARMLESS, "asks only", true},
    {"dpkg-divert", diverts_asks, SCRIPT_HARMLESS, "asks only", true},
    {"dpkg-divert", diverts_unmerged, SCRIPT_HARMLESS, "diversions of an unmerged /usr", false},
    {"dpkg-divert", diverts_others, SCRIPT_HARMLESS, "removes an old diversion", false},
    {"dpkg-divert", diversions_takes, SCRIPT_HANDLED, "diversions", false},
    {"dpkg-maintscript-helper", NULL, SCRIPT_HARMLESS, "moves old configuration at an upgrade",
     false},
    {"dpkg-query", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"dpkg-statoverride", statoverride_takes, SCRIPT_HANDLED, "owners and modes", false},
    {"dpkg-trigger", trigger_takes, SCRIPT_HARMLESS, "triggers", false},
    {"echo", write_takes, SCRIPT_HANDLED, "a file's text", false},
    {"egrep", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"expr", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"fc-cache", logs_only, SCRIPT_SKIPPED, "cache of fonts", false},
    {"fgrep", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"find", finds_only, SCRIPT_HARMLESS, "asks only", true},
    {"gpasswd", useradd_takes, SCRIPT_HANDLED, "accounts by useradd", false},
    {"grep", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"groupadd", useradd_takes, SCRIPT_HANDLED, "accounts by useradd", false},
    {"gtk-update-icon-cache", NULL, SCRIPT_HARMLESS, "for a desktop", true},
    {"gtk-update-icon-cache-3.0", NULL, SCRIPT_HARMLESS, "for a desktop", true},
    {"head", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"helpztags", NULL, SCRIPT_HARMLESS, "index of Vim's help", false},
    {"install", install_takes, SCRIPT_HANDLED, "directories and files", false},
    {"install-info", NULL, SCRIPT_HARMLESS, "index of info pages", false},
    {"ischroot", NULL, SCRIPT_HARMLESS, "checks of a running system", true},
    {"invoke-rc.d", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", false},
    {"journalctl", updates_catalog, SCRIPT_HARMLESS, "texts of a journal that isn't kept", false},
    {"ldconfig", ldconfig_plain, SCRIPT_HANDLED, "ld.so.cache", false},
    {"ln", ln_takes, SCRIPT_HANDLED, "links", false},
    {"locale-gen", NULL, SCRIPT_SKIPPED, "locales", false},
    {"loginctl", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", true},
    {"ls", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"lsb_release", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"mandb", NULL, SCRIPT_HARMLESS, "index of manual pages", false},
    {"md5sum", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"mkdir", mkdir_takes, SCRIPT_HANDLED, "directories and files", false},
    {"modprobe", NULL, SCRIPT_HARMLESS, "for a kernel, which an image has none of", true},
    {"mountpoint", NULL, SCRIPT_HARMLESS, "checks of a running system", false},
    {"mv", mv_takes, SCRIPT_HANDLED, "moved files", false},
    {"pam-auth-update", NULL, SCRIPT_SKIPPED, "PAM's common configuration", false},
    {"php_invoke", NULL, SCRIPT_HARMLESS, "PHP's modules are enabled anyway", true},
    {"phpenmod", NULL, SCRIPT_HARMLESS, "PHP's modules are enabled anyway", true},
    {"phpquery", NULL, SCRIPT_HARMLESS, "PHP's modules are enabled anyway", true},
    {"pidof", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"printf", write_takes, SCRIPT_HANDLED, "a file's text", false},
    {"ps", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"py3clean", NULL, SCRIPT_HARMLESS, "removes old byte code", false},
    {"py3compile", NULL, SCRIPT_SKIPPED, "byte-compiled Python", false},
    {"pycompile", NULL, SCRIPT_SKIPPED, "byte-compiled Python", false},
    {"pypy3compile", NULL, SCRIPT_SKIPPED, "byte-compiled Python", false},
    {"readlink", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"rm", removes_nothing, SCRIPT_HARMLESS, "removes old files at an upgrade", false},
    {"rm", rm_takes, SCRIPT_HANDLED, "removed files", false},
    {"rmdir", removes_nothing, SCRIPT_HARMLESS, "removes old files at an upgrade", true},
    {"rmdir", rm_takes, SCRIPT_HANDLED, "removed files", false},
    {"sed", edits_nothing, SCRIPT_HARMLESS, "asks only", true},
    {"seq", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"service", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", true},
    {"setcap", NULL, SCRIPT_HARMLESS, "a file capability, which no image carries", false},
    {"setpriv", runs_mandb, SCRIPT_HARMLESS, "index of manual pages", false},
    {"sha256sum", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"sleep", NULL, SCRIPT_HARMLESS, "waits", false},
    {"sort", edits_nothing, SCRIPT_HARMLESS, "asks only", true},
    {"start-stop-daemon", stops, SCRIPT_HARMLESS, "services of an init that isn't there", true},
    {"stat", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"sync", NULL, SCRIPT_HARMLESS, "waits for the disk", false},
    {"sysctl", NULL, SCRIPT_HARMLESS, "for a kernel, which an image has none of", false},
    {"systemctl", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", true},
    {"systemd-hwdb", NULL, SCRIPT_HARMLESS, "for a kernel, which an image has none of", false},
    {"systemd-machine-id-setup", NULL, SCRIPT_HARMLESS,
     "a machine's own id, which an image mustn't have", false},
    {"systemd-sysusers", NULL, SCRIPT_HANDLED, "accounts of sysusers.d", false},
    {"systemd-tmpfiles", tmpfiles_takes, SCRIPT_HANDLED, "paths of tmpfiles.d", false},
    {"tail", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"telinit", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", true},
    {"touch", touch_takes, SCRIPT_HANDLED, "directories and files", false},
    {"tr", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"true", write_takes, SCRIPT_HANDLED, "a file's text", false},
    {"tty", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"ucf", ucf_takes, SCRIPT_HANDLED, "configuration by ucf", false},
    {"ucfr", ucf_takes, SCRIPT_HANDLED, "configuration by ucf", false},
    {"ucfr", NULL, SCRIPT_HARMLESS, "ucf's own", false},
    {"udevadm", NULL, SCRIPT_HARMLESS, "for a kernel, which an image has none of", true},
    {"uname", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"uniq", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"update-alternatives", alternatives_asks, SCRIPT_HARMLESS, "asks only", true},
    {"update-alternatives", alternatives_removes_all, SCRIPT_HARMLESS, "removes an old alternative",
     false},
    {"update-alternatives", alternatives_takes, SCRIPT_HANDLED, "alternatives", false},
    {"update-binfmts", NULL, SCRIPT_HARMLESS, "for a kernel, which an image has none of", false},
    {"update-catalog", NULL, SCRIPT_SKIPPED, "catalog of SGML documents", false},
    {"update-default-ispell", NULL, SCRIPT_HARMLESS, "lists of dictionaries for editors", false},
    {"update-default-wordlist", NULL, SCRIPT_HARMLESS, "lists of dictionaries for editors", false},
    {"update-desktop-database", NULL, SCRIPT_HARMLESS, "for a desktop", true},
    {"update-dictcommon-aspell", NULL, SCRIPT_HARMLESS, "lists of dictionaries for editors", false},
    {"update-dictcommon-hunspell", NULL, SCRIPT_HARMLESS, "lists of dictionaries for editors",
     false},
    {"update-fonts-alias", NULL, SCRIPT_HARMLESS, "index of fonts for an X server", false},
    {"update-fonts-dir", NULL, SCRIPT_HARMLESS, "index of fonts for an X server", false},
    {"update-fonts-scale", NULL, SCRIPT_HARMLESS, "index of fonts for an X server", false},
    {"update-grub", NULL, SCRIPT_HARMLESS, "for a kernel, which an image has none of", false},
    {"update-gsfontmap", NULL, SCRIPT_SKIPPED, "Ghostscript's list of fonts", false},
    {"update-icon-caches", NULL, SCRIPT_HARMLESS, "for a desktop", true},
    {"update-inetd", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", false},
    {"update-initramfs", NULL, SCRIPT_HARMLESS, "for a kernel, which an image has none of", false},
    {"update-menus", NULL, SCRIPT_HARMLESS, "for a desktop", true},
    {"update-mime", NULL, SCRIPT_HARMLESS, "for a desktop", true},
    {"update-mime-database", NULL, SCRIPT_SKIPPED, "database of the types of files", false},
    {"update-rc.d", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", false},
    {"update-shells", NULL, SCRIPT_HARMLESS, "list of login shells", false},
    {"update-xmlcatalog", NULL, SCRIPT_SKIPPED, "catalog of XML documents", false},
    {"useradd", useradd_takes, SCRIPT_HANDLED, "accounts by useradd", false},
    {"usermod", useradd_takes, SCRIPT_HANDLED, "accounts by useradd", false},
    {"vgcfgbackup", NULL, SCRIPT_HARMLESS, "for a kernel, which an image has none of", false},
    {"wc", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"whoami", NULL, SCRIPT_HARMLESS, "asks only", true},
    {"xdg-mime", NULL, SCRIPT_HARMLESS, "for a desktop", true},
};

static const struct {
    const char *program, *glob;
} only_with[] = {
    {"/usr/lib/T/glib-2.0/gio-querymodules", "usr/lib/*/gio/modules/*.so"},
    {"/usr/lib/T/glib-2.0/glib-compile-schemas", "usr/share/glib-2.0/schemas/*.xml"},
    {"/usr/lib/emacsen-common/emacs-package-install", "usr/bin/emacs*"},
    {"pam-auth-update", "usr/share/pam/common-auth"},
};

static bool is_program(const char *name, const char *word)
{
    size_t n;
    const struct arch *arches = arch_all(&n);
    if (!starts_with(name, "/usr/lib/T/"))
        return strcmp(name, word) == 0;
    for (size_t i = 0; i < n && starts_with(word, "/usr/lib/"); i++)
        if (starts_with(word + 9, arches[i].triplet) &&
            strcmp(word + 9 + strlen(arches[i].triplet), name + 10) == 0)
            return true;
    return false;
}

/* Whether a call removes what the script itself has made. */
static bool removes_made(const struct script_call *c, const struct script_calls *before)
{
    call_each(b, before)
    {
        if (b->package != c->package)
            continue;
        for (size_t i = 1; i < c->words.n; i++) {
            const char *word = c->words.v[i];
            if (word[0] != '/')
                continue;
            if (b->to && path_below(b->to, word))
                return true;
            strv_each (made, &b->words)
                if (path_below(*made, word))
                    return true;
        }
    }
    return false;
}

const struct script_form *form_find(const struct script_call *c, enum words_known known,
                                    const struct script_calls *before)
{
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        const struct script_form *f = &forms[i];
        bool vague = !f->takes && f->class != SCRIPT_HANDLED;
        bool globs = known == WORDS_GLOBS && f->takes == removes_nothing;
        if ((known != WORDS_KNOWN && !vague && !globs) || !is_program(f->program, c->words.v[0]))
            continue;
        if (f->takes == removes_nothing && removes_made(c, before))
            continue;
        if (f->takes ? f->takes(c) : !c->to)
            return f;
    }
    return NULL;
}

const char *form_only_with(const struct script_call *c)
{
    for (size_t i = 0; i < ARRAY_SIZE(only_with); i++)
        if (is_program(only_with[i].program, c->words.v[0]))
            return only_with[i].glob;
    return NULL;
}

void forms_hash(struct hasher *h)
{
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        const struct script_form *f = &forms[i];
        const uint8_t flags[] = {(uint8_t)f->class, f->takes != NULL, f->asks};
        hasher_add(h, f->program, strlen(f->program) + 1);
        hasher_add(h, f->what, strlen(f->what) + 1);
        hasher_add(h, flags, sizeof(flags));
    }
}
