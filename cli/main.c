/* drover: moves a fleet of PostgreSQL databases to one schema version.
 *
 * A command line becomes an invocation (cli/line, by the tables commands.def and options.def),
 * the invocation runs one command (cli/commands), and most commands are a client (cli/client) of a
 * coordinator: of one that runs as a service, or of one in this very process (cli/client/embedded.c).
 */
#include "cli/run.h"

int main(int argc, char *argv[])
{
    return run(argc, argv);
}
