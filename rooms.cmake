# The rooms: each folder of the program is one, with all that it may include. The one list of who may use whom:
# CMake builds from it, tests/house reads the #include lines against it, docs/architecture.md shows it
# (scripts/rooms --write). A room may include its own headers and those of the rooms after USES, and of
# libraries those after LIBRARIES; what it does not include is not named.
#
# drover_room(FOLDER "what is inside" USES folder... LIBRARIES pkg-config's target...)
# drover_archive(NAME folder...): one static library of several rooms, which is what tests link.

# ---- common: what both sides share ----
drover_room(common/base "errors as values, arenas by lifetime, buffers, secrets, diagnostics, selectors, log")
drover_room(common/vocabulary "the lists that several rooms speak; pure"
  USES common/base)
drover_room(common/revision "migration files, graph, plans, bundles; pure"
  USES common/base common/vocabulary
  LIBRARIES pg_query PkgConfig::CRYPTO) # SHA-256 only
drover_room(common/calendar "cron schedules in time zones"
  USES common/base
  LIBRARIES PkgConfig::ICU)
drover_room(common/config "drover.yaml to one immutable struct"
  USES common/base common/calendar common/revision common/vocabulary
  LIBRARIES PkgConfig::YAML PkgConfig::LIBPQ) # libpq only to take connection URLs apart
drover_room(common/json "whatever a list defines as JSON"
  USES common/base common/vocabulary
  LIBRARIES PkgConfig::JANSSON)
drover_room(common/wire "messages, codec, frames, streams, listeners"
  USES common/base common/vocabulary
  LIBRARIES PkgConfig::MSGPACK PkgConfig::LIBUV)
drover_room(common/pg "one PostgreSQL connection as a state machine"
  USES common/base common/vocabulary
  LIBRARIES PkgConfig::LIBPQ PkgConfig::LIBUV)

# ---- coordinator/core: decides; no I/O, no clock ----
drover_room(coordinator/core/facts "what the core knows, and questions to it"
  USES common/base common/revision common/vocabulary)
drover_room(coordinator/core/order "in which order jobs go out"
  USES common/base coordinator/core/facts)
drover_room(coordinator/core/fold "events applied: the only code that changes what is known"
  USES common/base common/vocabulary coordinator/core/facts coordinator/core/order)
drover_room(coordinator/core/decide "one input, and what follows from it"
  USES common/base common/revision common/vocabulary coordinator/core/facts coordinator/core/fold
       coordinator/core/order)
drover_room(coordinator/core/view "what others may ask"
  USES common/vocabulary coordinator/core/facts coordinator/core/order)
drover_room(coordinator/core "the door"
  USES common/base coordinator/core/decide coordinator/core/facts coordinator/core/fold coordinator/core/order)

# ---- coordinator: acts ----
drover_room(coordinator/journal "the append-only record of events: in memory, in SQLite"
  USES common/base common/vocabulary common/revision common/wire coordinator/core/facts
  LIBRARIES PkgConfig::SQLITE PkgConfig::LIBUV)
drover_room(coordinator/forecast "the core ahead in virtual time"
  USES common/base common/calendar common/vocabulary common/wire coordinator/core coordinator/core/facts
       coordinator/journal)
drover_room(coordinator/shell "sessions, pump, timers"
  USES common/base common/calendar common/config common/revision common/vocabulary common/wire coordinator/core coordinator/core/facts
       coordinator/core/view coordinator/forecast coordinator/journal
  LIBRARIES PkgConfig::LIBUV)

drover_room(coordinator/http "what commands ask and tell a coordinator, over HTTP"
  USES common/base common/json common/vocabulary common/wire coordinator/shell
  LIBRARIES PkgConfig::JANSSON PkgConfig::LIBUV PkgConfig::MICROHTTPD)

# ---- worker: what is done to a target ----
drover_room(worker/connections "tasks and the connections they work over"
  USES common/base common/vocabulary common/config common/pg common/revision common/wire
  LIBRARIES PkgConfig::LIBUV PkgConfig::LIBPQ PkgConfig::JANSSON PkgConfig::CRYPTO)
drover_room(worker/sql "messages of SQL, settings, the tables of our own in a target"
  USES common/base common/vocabulary common/pg common/revision common/wire)
drover_room(worker/python "revisions run by the project's own Alembic, in processes of the worker"
  USES common/base common/vocabulary common/pg common/revision worker/sql
  LIBRARIES PkgConfig::LIBUV PkgConfig::JANSSON)
drover_room(worker/look "reads a target: inspection, discovery, checks, probes"
  USES common/base common/vocabulary common/config common/revision worker/connections worker/sql worker/python)
drover_room(worker/deploy "changes a target"
  USES common/base common/vocabulary common/revision worker/connections worker/sql worker/python)
drover_room(worker/link "the coordinator's other end: jobs in hand and what is owed for them"
  USES common/base common/vocabulary common/revision common/wire worker/connections worker/python
  LIBRARIES PkgConfig::LIBUV)

# ---- cli: the command line ----
drover_room(cli/text "text for people and JSON for machines: the parts"
  USES common/base common/json common/revision common/vocabulary common/wire
  LIBRARIES PkgConfig::JANSSON)
drover_room(cli/line "argv as an invocation: the tables of commands and options"
  USES common/base common/vocabulary cli/text)
drover_room(cli/manual "help, manual pages, reference, completion, schema"
  USES common/base common/config cli/text cli/line
  LIBRARIES PkgConfig::JANSSON)
drover_room(cli/agents "the dialects of build agents"
  USES common/base)
drover_room(cli/alembic "an Alembic project as revisions like any other"
  USES common/base common/config common/revision common/vocabulary cli/text
  LIBRARIES PkgConfig::JANSSON)
drover_room(cli/import "other tools' migrations as revisions: a reader for each"
  USES common/base common/config common/revision common/vocabulary)
drover_room(cli/project "the configuration and the migrations that a command works with"
  USES common/base common/config common/revision cli/text cli/line cli/agents cli/alembic)
drover_room(cli/plan "plans: kept, compared, explained, as SQL"
  USES common/base common/revision common/vocabulary common/wire cli/text cli/line
  LIBRARIES PkgConfig::JANSSON)
drover_room(cli/report "a rollout for people: progress, status, report, summary"
  USES common/base common/revision common/vocabulary common/wire cli/text cli/agents cli/plan
  LIBRARIES PkgConfig::JANSSON)
drover_room(cli/client "asking a coordinator: of a service, or of this very process"
  USES common/base common/config common/revision common/wire coordinator/journal coordinator/shell worker/link
       worker/python cli/text cli/line cli/agents cli/alembic cli/project cli/report
  LIBRARIES PkgConfig::LIBUV)
drover_room(cli/screen "a rollout on a full screen: sheets of lines, and keys"
  USES common/base common/wire cli/text cli/line cli/plan cli/report cli/client
  LIBRARIES PkgConfig::NCURSES)
drover_room(cli/commands "one function for each verb"
  USES common/base common/calendar common/config common/revision common/vocabulary coordinator/http coordinator/shell worker/link
       cli/text cli/line cli/manual cli/agents cli/alembic cli/import cli/project cli/plan cli/report cli/client cli/screen
  LIBRARIES PkgConfig::LIBXML2 PkgConfig::LIBUV)
drover_room(cli "the entry"
  USES common/base common/config cli/text cli/line cli/agents cli/plan cli/manual
  LIBRARIES PkgConfig::JANSSON)

# ---- what is linked ----
drover_archive(base common/base)
drover_archive(vocabulary common/vocabulary)
drover_archive(revision common/revision)
drover_archive(calendar common/calendar)
drover_archive(config common/config)
drover_archive(json common/json)
drover_archive(wire common/wire)
drover_archive(pg common/pg)
drover_archive(core coordinator/core coordinator/core/facts coordinator/core/order coordinator/core/fold
               coordinator/core/decide coordinator/core/view)
drover_archive(journal coordinator/journal)
drover_archive(coordinator coordinator/forecast coordinator/shell coordinator/http)
drover_archive(worker worker/connections worker/sql worker/python worker/look worker/deploy worker/link)
drover_archive(cli cli/text cli/line cli/manual cli/agents cli/alembic cli/import cli/project cli/plan cli/report cli/client
               cli/screen cli/commands cli)
