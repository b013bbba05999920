/* SPDX-License-Identifier: Apache-2.0 */
/* page.html, as it stands in the program; @DATA@ in it is where the data goes. Private to report.
 */
#ifndef MKIMAGE_REPORT_PAGE_H
#define MKIMAGE_REPORT_PAGE_H

extern const char report_page[]; /* ends in a NUL */

#endif
