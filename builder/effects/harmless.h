/* SPDX-License-Identifier: Apache-2.0 */
/* Forms of calls that do nothing to an image on a fresh installation, or what is made anyway. */
#ifndef MKIMAGE_EFFECTS_HARMLESS_H
#define MKIMAGE_EFFECTS_HARMLESS_H

#include "effects/call.h"

/* ". /usr/share/apache2/apache2-maintscript-helper": apache2_invoke, which has no form. */
bool sources_apache(const struct script_call *c);
/* ". /usr/share/debconf/confmodule": debconf's functions. */
bool sources_debconf(const struct script_call *c);
/* ". /usr/lib/php/php-maintscript-helper": php_invoke (php.h). */
bool sources_php(const struct script_call *c);
/* ldconfig as a package calls it for the whole system. */
bool ldconfig_plain(const struct script_call *c);
/* rm and rmdir of absolute paths of which the package has none: what older versions left. */
bool removes_nothing(const struct script_call *c);
/* start-stop-daemon --stop */
bool stops(const struct script_call *c);
/* journalctl --update-catalog */
bool updates_catalog(const struct script_call *c);
/* dpkg -s, -l, -L, -S and their long names. */
bool dpkg_asks(const struct script_call *c);
/* find without an action. */
bool finds_only(const struct script_call *c);
/* sed and sort that write to their output alone. */
bool edits_nothing(const struct script_call *c);
/* Output to nowhere, or to a file below /var/log. */
bool logs_only(const struct script_call *c);
/* dpkg-divert --list, --listpackage, --truename. */
bool diverts_asks(const struct script_call *c);
/* dpkg-divert --no-rename of a path below /bin, /sbin and /lib, where no package has files. */
bool diverts_unmerged(const struct script_call *c);
/* dpkg-divert --remove of another package's diversion, which that one once made. */
bool diverts_others(const struct script_call *c);
/* update-alternatives --list, --query, --display, --get-selections. */
bool alternatives_asks(const struct script_call *c);
/* update-alternatives --remove-all of what older versions installed. */
bool alternatives_removes_all(const struct script_call *c);
/* setpriv … mandb */
bool runs_mandb(const struct script_call *c);

#endif
