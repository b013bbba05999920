/* SPDX-License-Identifier: Apache-2.0 */
#include "base/session.h"

int session_check(const struct session *s, struct err *err)
{
    if (!s->stop || !*s->stop)
        return 0;
    return err_code(err, ERR_STOPPED, "stopped by signal %d", (int)*s->stop);
}
