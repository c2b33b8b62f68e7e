/* Clean: texts from databases and other machines, fit for a terminal. */
#ifndef DROVER_TEXT_MESSAGE_CLEAN_H
#define DROVER_TEXT_MESSAGE_CLEAN_H

#include "common/base/arena.h"
#include "common/wire/message.h"

/* Replaces in every text of the message by question marks what a terminal would obey (control
 * characters, what turns the direction of writing) and what is no UTF-8, in copies in `arena`.
 * Messages, details and hints of PostgreSQL keep their newlines and tabs. Machines (--json) get
 * what was sent: JSON escapes it. */
void message_clean(struct message *message, struct arena *arena);

#endif
