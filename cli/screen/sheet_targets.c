/* The targets of a scope. */
#include "cli/screen/sheets.h"

void sheet_targets(const struct sheet_source *source, struct sheet *sheet)
{
    sheet_target_list(source, "No target matches.", sheet);
}
