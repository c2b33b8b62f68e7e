/* The waves of an account as a picture, over time. */
#ifndef DROVER_REPORT_ACCOUNT_TIME_LINE_H
#define DROVER_REPORT_ACCOUNT_TIME_LINE_H

#include "cli/report/account.h"

/* An SVG element, and what its marks mean. */
void account_time_line(const struct account *account, const struct spans *spans,
                       struct buffer *out);

#endif
