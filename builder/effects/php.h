/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PHP's configuration as the scripts of its packages and phpenmod make it: a module is enabled for
 * each SAPI (fpm, cli, …) that is installed.
 *
 *     /usr/share/phpV-PACKAGE/…/NAME.ini    a copy in /etc/php/V/mods-available
 *     /etc/php/V/mods-available/NAME.ini    a link to it, /etc/php/V/SAPI/conf.d/PRIORITY-NAME.ini
 *     /usr/lib/php/V/php.ini-production     a copy as /etc/php/V/SAPI/php.ini
 *
 * All of it follows from paths and .ini files: a SAPI is a file in /usr/lib/php/V/sapi, a priority
 * a line "; priority=10" of the .ini, else 20. So a module whose .ini the recipe excludes is not
 * enabled, nor one whose link it excludes. What a package brings in one of these places stays, and
 * the recipe's files may take the place of what is made. phpenmod's notes on who enabled what
 * (/var/lib/php/modules) aren't written.
 */
#ifndef MKIMAGE_EFFECTS_PHP_H
#define MKIMAGE_EFFECTS_PHP_H

#include "rootfs/assembly.h"

/* Before the recipe's own files. */
int assemble_php(struct assembly *a, struct tree *t, struct err *err) MUST_USE;

/* A module's priority by its .ini: the digits as they stand, or "20". */
struct slice php_priority(struct slice ini);

#endif
