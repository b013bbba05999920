/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/forms.h"
#include "base/text.h"
#include "effects/accounts_called.h"
#include "effects/alternatives.h"
#include "effects/diversions.h"
#include "effects/files_called.h"
#include "effects/harmless.h"
#include "effects/tmpfiles.h"
#include "effects/triggers.h"

/* By program; what is done to a tree stands in the file that is named there. */
static const struct script_form forms[] = {
    {".", sources_debconf, SCRIPT_HARMLESS, "debconf's own", false},
    {".", sources_apache, SCRIPT_HARMLESS, "functions of Apache's", false},
    {".", sources_php, SCRIPT_HARMLESS, "PHP's modules are enabled anyway", false},
    {":", write_takes, SCRIPT_HANDLED, "a file's text", false},
    {"addgroup", adduser_takes, SCRIPT_HANDLED, "accounts by adduser", false},
    {"adduser", adduser_takes, SCRIPT_HANDLED, "accounts by adduser", false},
    {"cat", write_takes, SCRIPT_HANDLED, "a file's text", false},
    {"chgrp", chown_takes, SCRIPT_HANDLED, "owners and modes", false},
    {"chmod", chmod_takes, SCRIPT_HANDLED, "owners and modes", false},
    {"chown", chown_takes, SCRIPT_HANDLED, "owners and modes", false},
    {"cp", cp_takes, SCRIPT_HANDLED, "copies", false},
    {"db_beginblock", NULL, SCRIPT_HARMLESS, "debconf's own", false},
    {"db_capb", NULL, SCRIPT_HARMLESS, "debconf's own", false},
    {"db_clear", NULL, SCRIPT_HARMLESS, "debconf's own", false},
    {"db_endblock", NULL, SCRIPT_HARMLESS, "debconf's own", false},
    {"db_fget", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_fset", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_get", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_go", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_input", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_purge", NULL, SCRIPT_HARMLESS, "debconf's own", false},
    {"db_register", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_reset", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_set", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_stop", NULL, SCRIPT_HARMLESS, "debconf's own", false},
    {"db_subst", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_title", NULL, SCRIPT_HARMLESS, "debconf's own", false},
    {"db_unregister", NULL, SCRIPT_HARMLESS, "debconf's own", true},
    {"db_version", NULL, SCRIPT_HARMLESS, "debconf's own", false},
    {"deb-systemd-helper", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", true},
    {"deb-systemd-invoke", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", true},
    {"dpkg-divert", diversions_takes, SCRIPT_HANDLED, "diversions", false},
    {"dpkg-maintscript-helper", NULL, SCRIPT_HARMLESS, "moves old configuration at an upgrade",
     false},
    {"dpkg-statoverride", statoverride_takes, SCRIPT_HANDLED, "owners and modes", false},
    {"dpkg-trigger", trigger_takes, SCRIPT_HARMLESS, "triggers", false},
    {"echo", write_takes, SCRIPT_HANDLED, "a file's text", false},
    {"gpasswd", useradd_takes, SCRIPT_HANDLED, "accounts by useradd", false},
    {"groupadd", useradd_takes, SCRIPT_HANDLED, "accounts by useradd", false},
    {"install", install_takes, SCRIPT_HANDLED, "directories and files", false},
    {"invoke-rc.d", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", false},
    {"ldconfig", ldconfig_plain, SCRIPT_HANDLED, "ld.so.cache", false},
    {"php_invoke", NULL, SCRIPT_HARMLESS, "PHP's modules are enabled anyway", true},
    {"phpenmod", NULL, SCRIPT_HARMLESS, "PHP's modules are enabled anyway", true},
    {"phpquery", NULL, SCRIPT_HARMLESS, "PHP's modules are enabled anyway", true},
    {"ln", ln_takes, SCRIPT_HANDLED, "links", false},
    {"mkdir", mkdir_takes, SCRIPT_HANDLED, "directories and files", false},
    {"mv", mv_takes, SCRIPT_HANDLED, "moved files", false},
    {"printf", write_takes, SCRIPT_HANDLED, "a file's text", false},
    {"py3clean", NULL, SCRIPT_HARMLESS, "removes old byte code", false},
    {"py3compile", NULL, SCRIPT_SKIPPED, "byte-compiled Python", false},
    {"rm", removes_nothing, SCRIPT_HARMLESS, "removes old files at an upgrade", false},
    {"rm", rm_takes, SCRIPT_HANDLED, "removed files", false},
    {"rmdir", removes_nothing, SCRIPT_HARMLESS, "removes old files at an upgrade", true},
    {"rmdir", rm_takes, SCRIPT_HANDLED, "removed files", false},
    {"service", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", true},
    {"sync", NULL, SCRIPT_HARMLESS, "waits for the disk", false},
    {"systemctl", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", true},
    {"systemd-sysusers", NULL, SCRIPT_HANDLED, "accounts of sysusers.d", false},
    {"systemd-tmpfiles", tmpfiles_takes, SCRIPT_HANDLED, "paths of tmpfiles.d", false},
    {"touch", touch_takes, SCRIPT_HANDLED, "directories and files", false},
    {"true", write_takes, SCRIPT_HANDLED, "a file's text", false},
    {"ucf", ucf_takes, SCRIPT_HANDLED, "configuration by ucf", false},
    {"ucfr", ucf_takes, SCRIPT_HANDLED, "configuration by ucf", false},
    {"update-alternatives", alternatives_takes, SCRIPT_HANDLED, "alternatives", false},
    {"update-rc.d", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", false},
    {"useradd", useradd_takes, SCRIPT_HANDLED, "accounts by useradd", false},
    {"usermod", useradd_takes, SCRIPT_HANDLED, "accounts by useradd", false},
};

const struct script_form *form_find(const struct script_call *c, bool known)
{
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        const struct script_form *f = &forms[i];
        bool vague = !f->takes && f->class != SCRIPT_HANDLED;
        if (strcmp(f->program, c->words.v[0]) == 0 && (known || vague) &&
            (f->takes ? f->takes(c) : !c->to))
            return f;
    }
    return NULL;
}
