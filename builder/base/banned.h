/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must not be used, enforced by the compiler: this file is included before every source
 * (-include), so it pulls in the headers that declare these names first.
 */
#ifndef MKIMAGE_BASE_BANNED_H
#define MKIMAGE_BASE_BANNED_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* Fortified headers make macros of these, and clang doesn't poison a macro. */
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets
#pragma GCC poison atoi atol atoll atof strtok
#pragma GCC poison gmtime localtime ctime asctime
#pragma GCC poison mktemp tmpnam tempnam

#endif
