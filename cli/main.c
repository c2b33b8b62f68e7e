/* drover: moves a fleet of PostgreSQL databases to one schema version.
 *
 * A command line becomes an invocation (arguments.c, by the tables commands.def and options.def),
 * the invocation runs one command (cmd_*.c), and most commands are a client (client.c) of a
 * coordinator: of one that runs as a service, or of one in this very process (embedded.c).
 */
#include "cli/invocation.h"

int main(int argc, char *argv[])
{
    return invocation_run(argc, argv);
}
