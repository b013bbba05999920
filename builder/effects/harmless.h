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

#endif
