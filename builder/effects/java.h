/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the scripts of ca-certificates-java, java-common and Debian's JREs make: the trust store
 * /etc/ssl/certs/java/cacerts, and the files behind the system's preferences.
 *
 * The store is made where a link lib/security/cacerts of a JRE leads to it, so not for a JRE that
 * brings its own. It holds what ca-certificates-java takes: each .pem link of /etc/ssl/certs into
 * /usr/share/ca-certificates or /usr/local/share/ca-certificates, which is as the CA bundle has it
 * (rootfs/ca_bundle.c). What a package or the recipe puts there itself stays. A JRE whose link
 * leads nowhere trusts nobody, and says so nowhere: that is an error.
 */
#ifndef MKIMAGE_EFFECTS_JAVA_H
#define MKIMAGE_EFFECTS_JAVA_H

#include "rootfs/assembly.h"

/* After the CA bundle and the recipe's own files. */
int assemble_java(struct assembly *a, struct tree *t, struct err *err) MUST_USE;

#endif
