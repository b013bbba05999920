/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

/* The assembler brings the file in as it is; the Makefile says that this depends on it. */
__asm__(".pushsection .rodata.report_page, \"a\"\n"
        ".global report_page\n"
        "report_page:\n"
        ".incbin \"builder/report/page.html\"\n"
        ".byte 0\n"
        ".popsection\n");
