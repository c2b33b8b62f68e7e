/* How an answer to an inquiry is handed over. */
#ifndef DROVER_SHELL_ANSWER_H
#define DROVER_SHELL_ANSWER_H

struct message;

/* `message` and its texts live until it returns. */
typedef void coordinator_answer(const struct message *message, void *context);

#endif
