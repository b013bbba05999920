/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/forms.h"
#include "base/text.h"
#include "effects/harmless.h"

/* By program; what is done to a tree stands in the file that is named there. */
static const struct script_form forms[] = {
    {".", sources_debconf, SCRIPT_HARMLESS, "debconf's own", false},
    {".", sources_apache, SCRIPT_HARMLESS, "functions of Apache's", false},
    {".", sources_php, SCRIPT_HARMLESS, "PHP's modules are enabled anyway", false},
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
    {"dpkg-maintscript-helper", NULL, SCRIPT_HARMLESS, "moves old configuration at an upgrade",
     false},
    {"invoke-rc.d", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", false},
    {"ldconfig", ldconfig_plain, SCRIPT_HANDLED, "ld.so.cache", false},
    {"php_invoke", NULL, SCRIPT_HARMLESS, "PHP's modules are enabled anyway", true},
    {"phpenmod", NULL, SCRIPT_HARMLESS, "PHP's modules are enabled anyway", true},
    {"phpquery", NULL, SCRIPT_HARMLESS, "PHP's modules are enabled anyway", true},
    {"py3clean", NULL, SCRIPT_HARMLESS, "removes old byte code", false},
    {"py3compile", NULL, SCRIPT_SKIPPED, "byte-compiled Python", false},
    {"rm", removes_nothing, SCRIPT_HARMLESS, "removes old files at an upgrade", false},
    {"rmdir", removes_nothing, SCRIPT_HARMLESS, "removes old files at an upgrade", true},
    {"service", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", true},
    {"sync", NULL, SCRIPT_HARMLESS, "waits for the disk", false},
    {"systemctl", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", true},
    {"systemd-sysusers", NULL, SCRIPT_HANDLED, "accounts of sysusers.d", false},
    {"update-rc.d", NULL, SCRIPT_HARMLESS, "services of an init that isn't there", false},
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
