/* The 14 graphs of docs/design/alembic.md, section 6: real answers of Alembic 1.19.1.
 *
 * A revision is "id|down_revision|depends_on|label", in listing order; a question
 * "rows|command|answer". Where they differ from Alembic: a bare "-1" with several rows is refused
 * (Alembic warns and takes whichever row comes first), and where Alembic crashes (G13) the rows
 * follow section 5's rule. G13's dependencies stand in the other order, which is the one of the
 * recorded answers.
 */
#ifndef DROVER_TESTS_GRAPHS_H
#define DROVER_TESTS_GRAPHS_H

struct graph_case {
    const char *name;
    const char *revisions; /* one a line */
    const char *questions; /* one a line */
};

static const struct graph_case graph_cases[] = {
    {"G1 diamond",
     "a001|||\n"
     "b001|a001||\n"
     "c001|a001||\n"
     "d001|b001, c001||\n"
     "e001|d001||\n",
     "|upgrade head|a001 [I] a001; c001 [U] c001; b001 [I] b001+c001; "
     "d001 [DU] d001; e001 [U] e001\n"
     "b001|upgrade head|c001 [I] b001+c001; d001 [DU] d001; e001 [U] e001\n"
     "c001|upgrade d001|b001 [I] b001+c001; d001 [DU] d001\n"
     "c001|upgrade +1|b001 [I] b001+c001; d001 [DU] d001\n"
     "e001|downgrade base|e001 [U] d001; d001 [IU] b001+c001; b001 [D] c001; "
     "c001 [U] a001; a001 [D] -\n"
     "e001|downgrade b001|e001 [U] d001; d001 [IU] b001+c001\n"
     "e001|downgrade a001|e001 [U] d001; d001 [IU] b001+c001; b001 [D] c001; "
     "c001 [U] a001\n"
     "d001|downgrade -1|refused: ambiguous_walk\n"
     "e001|downgrade -1|e001 [U] d001\n"
     "b001+c001|downgrade b001|nothing\n"
     "b001+c001|downgrade c001|nothing\n"
     "b001+c001|downgrade -1|refused: ambiguous_walk\n"
     "c001+b001|downgrade -1|refused: ambiguous_walk\n"},
    {"G2 diamond with down_revision swapped",
     "a001|||\n"
     "b001|a001||\n"
     "c001|a001||\n"
     "d001|c001, b001||\n",
     "|upgrade head|a001 [I] a001; b001 [U] b001; c001 [I] b001+c001; d001 [DU] d001\n"
     "d001|downgrade base|d001 [IU] b001+c001; c001 [D] b001; b001 [U] a001; "
     "a001 [D] -\n"},
    {"G3 two bases, merged later",
     "a001|||\n"
     "a002|a001||\n"
     "b001|||billing\n"
     "b002|b001||\n"
     "m001|a002, b002||\n"
     "m002|m001||\n",
     "|upgrade head|b001 [I] b001; b002 [U] b002; a001 [I] a001+b002; "
     "a002 [U] a002+b002; m001 [DU] m001; m002 [U] m002\n"
     "|upgrade billing@head|b001 [I] b001; b002 [U] b002; a001 [I] a001+b002; "
     "a002 [U] a002+b002; m001 [DU] m001; m002 [U] m002\n"
     "|upgrade billing@b002|b001 [I] b001; b002 [U] b002\n"
     "a002|upgrade head|b001 [I] a002+b001; b002 [U] a002+b002; m001 [DU] m001; "
     "m002 [U] m002\n"
     "|upgrade +1|refused: ambiguous_walk\n"
     "a002|upgrade billing@+1|b001 [I] a002+b001\n"
     "m002|downgrade base|m002 [U] m001; m001 [IU] a002+b002; a002 [U] a001+b002; "
     "a001 [D] b002; b002 [U] b001; b001 [D] -\n"
     "m002|downgrade billing@base|m002 [U] m001; m001 [IU] a002+b002; "
     "b002 [U] a002+b001; b001 [D] a002\n"
     "m002|downgrade a001|m002 [U] m001; m001 [IU] a002+b002; a002 [U] a001+b002\n"
     "m001|downgrade b001|m001 [IU] a002+b002; b002 [U] a002+b001\n"
     "a002+b002|downgrade billing@base|b002 [U] a002+b001; b001 [D] a002\n"
     "a002+b002|downgrade base|a002 [U] a001+b002; a001 [D] b002; b002 [U] b001; "
     "b001 [D] -\n"},
    {"G4 dependency between two lines",
     "a001|||\n"
     "a002|a001||\n"
     "a003|a002||\n"
     "b001|||billing\n"
     "b002|b001|a002|\n"
     "b003|b002||\n",
     "|upgrade heads|a001 [I] a001; a002 [U] a002; b001 [I] a002+b001; "
     "b002 [DU] b002; b003 [U] b003; a003 [I] a003+b003\n"
     "|upgrade billing@head|a001 [I] a001; a002 [U] a002; b001 [I] a002+b001; "
     "b002 [DU] b002; b003 [U] b003\n"
     "b003|upgrade heads|a003 [I] a003+b003\n"
     "a003|upgrade heads|b001 [I] a003+b001; b002 [U] a003+b002; b003 [U] a003+b003\n"
     "a003+b001|upgrade b002|b002 [U] a003+b002\n"
     "a003+b003|downgrade base|a003 [D] b003; b003 [U] b002; b002 [IU] a002+b001; "
     "b001 [D] a002; a002 [U] a001; a001 [D] -\n"
     "b003|downgrade b001|b003 [U] b002; b002 [IU] a002+b001\n"
     "a003+b003|downgrade b001|b003 [U] a003+b002; b002 [U] a003+b001\n"
     "b003|downgrade a001|b003 [U] b002; b002 [IU] a002+b001; a002 [U] a001+b001\n"
     "b003|downgrade billing@base|b003 [U] b002; b002 [IU] a002+b001; b001 [D] a002\n"
     "b003|downgrade a001@-1|b003 [U] b002; b002 [IU] a002+b001; a002 [U] a001+b001\n"
     "a003+b003|downgrade a001@base|a003 [D] b003; b003 [U] b002; "
     "b002 [IU] a002+b001; a002 [U] a001+b001; a001 [D] b001\n"},
    {"G5 chain of dependencies",
     "a001|||\n"
     "a002|a001||\n"
     "b001||a001|\n"
     "b002|b001|a002|\n"
     "c001||b001|\n"
     "c002|c001|b002|\n",
     "|upgrade heads|a001 [I] a001; b001 [U] b001; a002 [I] a002+b001; "
     "b002 [DU] b002; c001 [I] b002+c001; c002 [DU] c002\n"
     "|upgrade c001|a001 [I] a001; b001 [U] b001; c001 [U] c001\n"
     "c002|downgrade base|c002 [IU] b002+c001; c001 [D] b002; b002 [IU] a002+b001; "
     "a002 [D] b001; b001 [U] a001; a001 [D] -\n"
     "c002|downgrade c001|c002 [IU] b002+c001\n"
     "c002|downgrade b001|c002 [IU] b002+c001; b002 [U] a002+c001\n"
     "c002|downgrade -1|c002 [IU] b002+c001\n"
     "c002|downgrade -2|c002 [IU] b002+c001; c001 [D] b002\n"
     "c002|downgrade c001@base|c002 [IU] b002+c001; c001 [D] b002\n"},
    {"G6 octopus",
     "a001|||\n"
     "b001|a001||\n"
     "c001|a001||\n"
     "d001|a001||\n"
     "m001|b001, c001, d001||\n",
     "|upgrade head|a001 [I] a001; d001 [U] d001; c001 [I] c001+d001; "
     "b001 [I] b001+c001+d001; m001 [DDU] m001\n"
     "c001|upgrade head|d001 [I] c001+d001; b001 [I] b001+c001+d001; m001 [DDU] m001\n"
     "m001|downgrade base|m001 [IIU] b001+c001+d001; b001 [D] c001+d001; "
     "c001 [D] d001; d001 [U] a001; a001 [D] -\n"
     "m001|downgrade c001|m001 [IIU] b001+c001+d001\n"},
    {"G7 criss-cross",
     "a001|||\n"
     "b001|a001||\n"
     "c001|a001||\n"
     "d001|b001, c001||\n"
     "e001|b001, c001||\n"
     "f001|d001, e001||\n",
     "|upgrade head|a001 [I] a001; c001 [U] c001; b001 [I] b001+c001; "
     "e001 [DU] e001; d001 [I] d001+e001; f001 [DU] f001\n"
     "d001|upgrade head|e001 [I] d001+e001; f001 [DU] f001\n"
     "d001|upgrade e001|e001 [I] d001+e001\n"
     "f001|downgrade base|f001 [IU] d001+e001; d001 [D] e001; e001 [IU] b001+c001; "
     "b001 [D] c001; c001 [U] a001; a001 [D] -\n"
     "d001+e001|downgrade b001|d001 [D] e001; e001 [IU] b001+c001\n"
     "f001|downgrade d001|f001 [IU] d001+e001\n"},
    {"G8 long parallel branches",
     "a001|r000||\n"
     "a002|a001||\n"
     "a003|a002||\n"
     "b001|r000||bee\n"
     "b002|b001||\n"
     "b003|b002||\n"
     "r000|||\n",
     "|upgrade heads|r000 [I] r000; b001 [U] b001; b002 [U] b002; b003 [U] b003; "
     "a001 [I] a001+b003; a002 [U] a002+b003; a003 [U] a003+b003\n"
     "a002|upgrade heads|b001 [I] a002+b001; b002 [U] a002+b002; "
     "b003 [U] a002+b003; a003 [U] a003+b003\n"
     "b001|upgrade a002|a001 [I] a001+b001; a002 [U] a002+b001\n"
     "a003+b003|downgrade base|a003 [U] a002+b003; a002 [U] a001+b003; "
     "a001 [D] b003; b003 [U] b002; b002 [U] b001; b001 [U] r000; r000 [D] -\n"
     "a003+b003|downgrade r000|a003 [U] a002+b003; a002 [U] a001+b003; "
     "a001 [D] b003; b003 [U] b002; b002 [U] b001; b001 [U] r000\n"
     "a003+b003|downgrade bee@r000|b003 [U] a003+b002; b002 [U] a003+b001; "
     "b001 [D] a003\n"
     "a003+b003|downgrade bee@base|a003 [U] a002+b003; a002 [U] a001+b003; "
     "a001 [D] b003; b003 [U] b002; b002 [U] b001; b001 [U] r000; r000 [D] -\n"
     "a003+b003|downgrade bee@-2|b003 [U] a003+b002; b002 [U] a003+b001\n"
     "a001+b001|upgrade bee@+1|b002 [U] a001+b002\n"},
    {"G9 same shape as G8, names reversed",
     "b001|r000||\n"
     "b002|b001||\n"
     "r000|||\n"
     "z001|r000||\n"
     "z002|z001||\n",
     "|upgrade heads|r000 [I] r000; z001 [U] z001; z002 [U] z002; "
     "b001 [I] b001+z002; b002 [U] b002+z002\n"
     "z002+b002|downgrade base|b002 [U] b001+z002; b001 [D] z002; z002 [U] z001; "
     "z001 [U] r000; r000 [D] -\n"},
    {"G10 ladder",
     "a001|||\n"
     "a002|a001||\n"
     "b001|a001||\n"
     "b002|b001||\n"
     "m001|b001, a002||\n"
     "m002|m001, b002||\n",
     "|upgrade head|a001 [I] a001; a002 [U] a002; b001 [I] a002+b001; "
     "b002 [U] a002+b002; m001 [U] b002+m001; m002 [DU] m002\n"
     "m001|upgrade head|b002 [I] b002+m001; m002 [DU] m002\n"
     "m002|downgrade base|m002 [IU] b002+m001; m001 [U] a002+b002; "
     "b002 [U] a002+b001; b001 [D] a002; a002 [U] a001; a001 [D] -\n"
     "m002|downgrade m001|m002 [IU] b002+m001\n"
     "m001+b002|downgrade b001|b002 [D] m001; m001 [IU] a002+b001\n"},
    {"G11 merge whose parents depend on each other",
     "a001|||\n"
     "b001||a001|\n"
     "m001|a001, b001||\n",
     "|upgrade head|a001 [I] a001; b001 [U] b001; m001 [U] m001\n"
     "m001|downgrade base|m001 [U] b001; b001 [U] a001; a001 [D] -\n"
     "m001|downgrade a001|m001 [U] b001\n"
     "m001|downgrade b001|m001 [U] b001\n"},
    {"G12 dependency on its own line",
     "a001|||\n"
     "a002|a001||\n"
     "a003|a002|a001|\n"
     "a004|a003|a001, a002|\n",
     "|upgrade head|a001 [I] a001; a002 [U] a002; a003 [U] a003; a004 [U] a004\n"
     "a004|downgrade a002|a004 [U] a003; a003 [U] a002\n"
     "a004|downgrade -1|a004 [U] a003\n"},
    {"G13 down_revision below its two dependencies",
     "a001|||\n"
     "a002|a001||\n"
     "b001|a001|c001, a002|\n"
     "c001|||\n",
     "|upgrade heads|a001 [I] a001; c001 [I] a001+c001; a002 [U] a002+c001; "
     "b001 [DU] b001\n"
     "a002+c001|upgrade b001|b001 [DU] b001\n"
     "|upgrade a002|a001 [I] a001; a002 [U] a002\n"
     "b001|downgrade base|b001 [IU] a002+c001; a002 [U] a001+c001; c001 [D] a001; "
     "a001 [D] -\n"},
    {"G14 two dependencies in different lines",
     "a001|||\n"
     "b001|||\n"
     "b002|b001||\n"
     "c001||a001, b002|\n"
     "c002|c001||\n",
     "|upgrade heads|b001 [I] b001; b002 [U] b002; a001 [I] a001+b002; "
     "c001 [DU] c001; c002 [U] c002\n"
     "c002|downgrade base|c002 [U] c001; c001 [IU] a001+b002; a001 [D] b002; "
     "b002 [U] b001; b001 [D] -\n"},
};

#endif
