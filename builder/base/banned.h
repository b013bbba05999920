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

#include <jansson.h>
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

/* What base/json.c makes its functions of; who else wants these wants base/json.h. */
#define unchecked_json_stringn          json_stringn
#define unchecked_json_object_set_new   json_object_set_new
#define unchecked_json_array_append_new json_array_append_new
#pragma GCC poison json_string json_stringn json_string_nocheck json_stringn_nocheck
#pragma GCC poison json_sprintf json_vsprintf json_string_set json_string_setn
#pragma GCC poison json_pack json_pack_ex json_vpack_ex
#pragma GCC poison json_object_set json_object_set_new json_object_set_nocheck
#pragma GCC poison json_object_set_new_nocheck json_object_setn json_object_setn_new
#pragma GCC poison json_array_append json_array_append_new json_array_set json_array_set_new
#pragma GCC poison json_array_insert json_array_insert_new

#endif
