/* After state.def: its words mean nothing any more. No guard. */
#include "common/vocabulary/list_end.h"
#undef STATE_BEGIN
#undef STATE_END
#undef WHOLE_BEGIN
#undef WHOLE_END
#undef ROWS
#undef INSIDE
#undef DERIVED
