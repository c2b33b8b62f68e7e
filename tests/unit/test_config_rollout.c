/* The configuration: diagnostics of secrets, rollout, waves and addresses, with their exact place
 * and text. */
#include <criterion/criterion.h>

#include "common/base/array.h"
#include "tests/unit/config_faults.h"

#define X30  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define LONG X30 X30 X30 X30

Test(config_faults, passwords)
{
    static const struct fault_case cases[] = {
        {"targets: [{name: a, url: \"postgresql://u:hunter2@h/a\"}]\n",
         "d.yaml:1:26: error: targets[].url: a password does not belong in the file\n"
         "  hint: password: {env: NAME}\n"},
        {"targets: [{name: a, url: \"${SECRET_URL}\"}]\n",
         "d.yaml:1:26: error: targets[].url: a password does not belong in the file\n"
         "  hint: password: {env: NAME}\n"},
        {"targets: [{name: a, url: \"postgresql://u:${PW}@h/a\"}]\n",
         "d.yaml:1:26: error: targets[].url: a password does not belong in the file\n"
         "  hint: password: {env: NAME}\n"},
        {"targets: [{name: a, url: \"host=h password=hunter2\"}]\n",
         "d.yaml:1:26: error: targets[].url: a password does not belong in the file\n"
         "  hint: password: {env: NAME}\n"},
        {"targets: [{name: a, url: \"postgresql://u:hunter2%@h/a\"}]\n",
         "d.yaml:1:26: error: targets[].url: the value is not a readable URL: a % "
         "without two hexadecimal digits after it\n"
         "  hint: a percent sign itself is written %25\n"},
        {"targets: [{name: a, url: \"${BAD}\"}]\n",
         "d.yaml:1:26: error: targets[].url: the value is not a PostgreSQL URL\n"
         "  hint: postgresql://USER@HOST:PORT/DATABASE?PARAMETER=VALUE, or host=... "
         "dbname=... pairs\n"},
        {"targets: [{name: a, url: \"$(db_url)\"}]\n",
         "d.yaml:1:26: error: targets[].url: '$(db_url)' is an Azure Pipelines "
         "variable that was not replaced\n"
         "  hint: the variable does not exist in this pipeline, or is a secret that "
         "the step must map in its env:\n"},
        {"targets: [{name: a, url: \"${AZURE}\"}]\n",
         "d.yaml:1:26: error: targets[].url: '${AZURE}' is an Azure Pipelines "
         "variable that was not replaced\n"
         "  hint: the variable does not exist in this pipeline, or is a secret that "
         "the step must map in its env:\n"},
        {TARGETS "password: hunter2\n",
         "d.yaml:2:11: error: password: expected a mapping, found text\n"
         "  hint: a password does not belong in the file; say where it comes from: "
         "password: {env: NAME}\n"},
        {TARGETS "password: {}\n", "d.yaml:2:11: error: password: none of env, file, command\n"
                                   "  hint: exactly one: password: {env: NAME}\n"},
        {TARGETS "password: {env: A, file: b}\n",
         "d.yaml:2:11: error: password: more than one of env, file, command\n"
         "  hint: exactly one: password: {env: NAME}\n"},
        {TARGETS "password: {file: b, ttl: 5m}\n",
         "d.yaml:2:21: error: password: ttl is for a command\n"
         "  hint: env is read each time, a file every few minutes\n"},
        {TARGETS "password: {env: \"${PW}!\"}\n",
         "d.yaml:2:17: error: password.env: the value is not the name of an "
         "environment variable\n"
         "  hint: its name, not its value: env: DB_PASSWORD\n"},
        {TARGETS "password: {env: \"$(db_password)\"}\n",
         "d.yaml:2:17: error: password.env: '$(db_password)' is an Azure Pipelines "
         "variable that was not replaced\n"
         "  hint: the variable does not exist in this pipeline, or is a secret that "
         "the step must map in its env:\n"},
        {TARGETS "password: {enf: A}\n", "d.yaml:2:12: error: unknown key 'enf' in password\n"
                                         "  hint: did you mean 'env'?\n"},
        {"targets: [{name: a, url: postgresql://h/a, password: x}]\n",
         "d.yaml:1:54: error: targets[].password: expected a mapping, found text\n"
         "  hint: a password does not belong in the file; say where it comes from: "
         "password: {env: NAME}\n"},
        {TARGETS "journal: \"postgresql://u:hunter2@h/j\"\n",
         "d.yaml:2:10: error: journal: a journal in PostgreSQL is not yet supported "
         "in this version\n"
         "  hint: name a file: .drover/journal.db\n"},
    };
    expect_all(cases, LENGTH(cases));
}

Test(config_faults, variables)
{
    static const struct fault_case cases[] = {
        {TARGETS "journal: ${UNSET}\n",
         "d.yaml:2:10: error: journal: environment variable UNSET is not set\n"
         "  hint: set it, or write $$ where a dollar sign is meant\n"},
        {TARGETS "journal: ${UNSET\n",
         "d.yaml:2:10: error: journal: ${ without the name of a variable and }\n"
         "  hint: ${NAME}; write $$ where a dollar sign is meant\n"},
        {TARGETS "journal: \"${A-b}\"\n",
         "d.yaml:2:10: error: journal: ${ without the name of a variable and }\n"
         "  hint: ${NAME}; write $$ where a dollar sign is meant\n"},
        {TARGETS "rollout: {lock_timeout: \"${PW}\"}\n",
         "d.yaml:2:25: error: rollout.lock_timeout: '${PW}' is not a duration\n"
         "  hint: a number with its unit: 250ms, 2s, 15m, 1h\n"},
    };
    expect_all(cases, LENGTH(cases));
}

Test(config_faults, rollout_values)
{
    static const struct fault_case cases[] = {
        {TARGETS "rollout: {concurrency: 0}\n",
         "d.yaml:2:24: error: rollout.concurrency: '0' is out of range\n"
         "  hint: a whole number from 1 to 1000000\n"},
        {TARGETS "rollout: {concurrency: many}\n",
         "d.yaml:2:24: error: rollout.concurrency: 'many' is not a whole number\n"
         "  hint: a whole number from 1 to 1000000\n"},
        {TARGETS "rollout: {per_server: -1}\n",
         "d.yaml:2:23: error: rollout.per_server: '-1' is not a whole number\n"
         "  hint: a whole number from 1 to 1000000\n"},
        {TARGETS "rollout: {per_server: 99999999999999999999}\n",
         "d.yaml:2:23: error: rollout.per_server: '99999999999999999999' is out of range\n"
         "  hint: a whole number from 1 to 1000000\n"},
        {TARGETS "rollout: {max_failures: 101%}\n",
         "d.yaml:2:25: error: rollout.max_failures: '101%' is out of range\n"
         "  hint: a count like 3, or a percentage up to 100%\n"},
        {TARGETS "rollout: {max_failures: some}\n",
         "d.yaml:2:25: error: rollout.max_failures: 'some' is neither a count nor a "
         "percentage\n"
         "  hint: a count like 3, or a percentage up to 100%\n"},
        {TARGETS "rollout: {validate: {max_failures: 1.5}}\n",
         "d.yaml:2:36: error: rollout.validate.max_failures: '1.5' is neither a count "
         "nor a percentage\n"
         "  hint: a count like 3, or a percentage up to 100%\n"},
        {TARGETS "rollout: {on_failure: rollback}\n", ""},
        {TARGETS "rollout: {transaction: target}\n", ""},
        {TARGETS "rollout: {transaction: ''}\n",
         "d.yaml:2:24: error: rollout.transaction is empty\n"
         "  hint: transaction: TEXT\n"},
        {TARGETS "rollout: {transaction: none}\n",
         "d.yaml:2:24: error: rollout.transaction: 'none' is not known\n"
         "  hint: target or revision\n"},
        {TARGETS "rollout: {on_failure: stop}\n",
         "d.yaml:2:23: error: rollout.on_failure: 'stop' is not known\n"
         "  hint: pause, cancel or rollback\n"},
        {TARGETS "rollout: {validate: {rehearse: cohort}}\n",
         "d.yaml:2:32: error: rollout.validate.rehearse: cohort is not yet supported "
         "in this version\n"},
        {TARGETS "rollout: {validate: {rehearse: cohort-updown}}\n",
         "d.yaml:2:32: error: rollout.validate.rehearse: cohort-updown is not yet "
         "supported in this version\n"},
        {TARGETS "rollout: {validate: {rehearse: on}}\n",
         "d.yaml:2:32: error: rollout.validate.rehearse: 'on' is not known\n"
         "  hint: off\n"},
        {TARGETS "rollout: {lock_timeout: 5}\n",
         "d.yaml:2:25: error: rollout.lock_timeout: '5' has no unit\n"
         "  hint: a number with its unit: 250ms, 2s, 15m, 1h\n"},
        {TARGETS "rollout: {lock_timeout: 5 s}\n",
         "d.yaml:2:25: error: rollout.lock_timeout: '5 s' is not a duration\n"
         "  hint: a number with its unit: 250ms, 2s, 15m, 1h\n"},
        {TARGETS "rollout: {lock_timeout: 0s}\n",
         "d.yaml:2:25: error: rollout.lock_timeout: '0s' is out of range\n"
         "  hint: a duration from 1ms to 24d\n"},
        {TARGETS "rollout: {connect_timeout: 25d}\n",
         "d.yaml:2:28: error: rollout.connect_timeout: '25d' is out of range\n"
         "  hint: a duration from 1ms to 24d\n"},
        {TARGETS "rollout: {retry: {attempts: x, backoff: 60s..1s}}\n",
         "d.yaml:2:29: error: rollout.retry.attempts: 'x' is not a whole number\n"
         "  hint: a whole number from 1 to 1000000\n"
         "d.yaml:2:41: error: rollout.retry.backoff: '60s..1s' begins above its end\n"
         "  hint: the first pause is the shorter one: 1s..60s\n"},
        {TARGETS "rollout: {retry: {backoff: 5s}}\n",
         "d.yaml:2:28: error: rollout.retry.backoff: '5s' is not a range of durations\n"
         "  hint: the first and the longest pause: 1s..60s\n"},
        {TARGETS "rollout: {retry: {backoff: 1s..x}}\n",
         "d.yaml:2:28: error: rollout.retry.backoff: '1s..x' is not a duration\n"
         "  hint: a number with its unit: 250ms, 2s, 15m, 1h\n"},
    };
    expect_all(cases, LENGTH(cases));
}

Test(config_faults, later)
{
    static const struct fault_case cases[] = {
        {TARGETS "migrations: {folder: x}\n",
         "d.yaml:2:13: error: migrations.alembic is missing\n"
         "  hint: alembic: PATH\n"
         "d.yaml:2:14: error: unknown key 'folder' in migrations\n"
         "  hint: known here: alembic, section, x, python\n"},
        {TARGETS "migrations: {alembic: [x]}\n",
         "d.yaml:2:23: error: migrations.alembic: expected a path, found a list\n"},
    };
    expect_all(cases, LENGTH(cases));
}

Test(config_faults, waves)
{
    static const struct fault_case cases[] = {
        {TARGETS "rollout: {waves: [{count: 1}, {name: rest}]}\n",
         "d.yaml:2:19: error: rollout.waves[].name is missing\n"
         "  hint: name: NAME\n"},
        {TARGETS "rollout: {waves: [{name: a, count: 1}, {name: a}]}\n",
         "d.yaml:2:47: error: two waves have the name 'a'\n"
         "  hint: the other one is in line 2\n"},
        {TARGETS "rollout:\n"
                 "  waves:\n"
                 "    - {name: rest}\n"
                 "    - {name: more, count: 1}\n"
                 "    - {name: rest2}\n",
         "d.yaml:4:7: error: a wave that takes the rest must be the last one\n"
         "  hint: give it select, count, percent or canary, or move it to the end\n"},
        {TARGETS "rollout: {waves: [{name: a, count: 1, percent: 10}, {name: r}]}\n",
         "d.yaml:2:39: error: rollout.waves[].percent does not go with count\n"
         "  hint: one of the two\n"},
        {TARGETS "rollout: {waves: [{name: a, percent: 0}, {name: b, percent: 101}, {name: r}]}\n",
         "d.yaml:2:38: error: rollout.waves[].percent: '0' is out of range\n"
         "  hint: a whole number from 1 to 100\n"
         "d.yaml:2:61: error: rollout.waves[].percent: '101' is out of range\n"
         "  hint: a whole number from 1 to 100\n"},
        {TARGETS "rollout: {waves: [{name: a, percent: 50%}, {name: b, percent: 50}]}\n", ""},
        {TARGETS "rollout: {waves: [{name: a, percent: 10}]}\n",
         "d.yaml:2:19: warning: no wave takes the rest: targets outside all waves are "
         "not deployed\n"
         "  hint: end the list with - {name: rest}\n"},
        {"targets: [{name: a, url: postgresql://h/a, labels: {tier: internal}}]\n"
         "rollout: {waves: [{name: a, select: {tier: interal}}, {name: rest}]}\n",
         "d.yaml:2:37: error: rollout.waves[].select: no target has such labels\n"
         "  hint: the target at d.yaml:1:11 has a label spelt nearly so\n"},
        {"targets: [{name: a, url: postgresql://h/a, labels: {tier: internal}}]\n"
         "rollout: {waves: [{name: a, select: {region: us, tier: internal}}, {name: "
         "rest}]}\n",
         "d.yaml:2:37: error: rollout.waves[].select: no target has such labels\n"},
        {"targets: [{name: \"{n}\", discover: {query: \"select 1\", url: "
         "postgresql://h/c}}]\n"
         "rollout: {waves: [{name: a, select: {region: us}}, {name: rest}]}\n",
         ""},
    };
    expect_all(cases, LENGTH(cases));
}

Test(config_faults, coordinator)
{
    static const struct fault_case cases[] = {
        {TARGETS "coordinator: tcp:0.0.0.0:7432\n",
         "d.yaml:2:14: error: coordinator: 'tcp:0.0.0.0:7432' is not on loopback, and "
         "mutual TLS is not there yet\n"
         "  hint: tcp:127.0.0.1:PORT, tcp:[::1]:PORT or a Unix socket; reach other "
         "machines through an SSH tunnel\n"},
        {TARGETS "coordinator: tcp:db.example:7432\n",
         "d.yaml:2:14: error: coordinator: 'tcp:db.example:7432' is not on loopback, "
         "and mutual TLS is not there yet\n"
         "  hint: tcp:127.0.0.1:PORT, tcp:[::1]:PORT or a Unix socket; reach other "
         "machines through an SSH tunnel\n"},
        {TARGETS "coordinator: tcp:[fe80::1]:7432\n",
         "d.yaml:2:14: error: coordinator: 'tcp:[fe80::1]:7432' is not on loopback, "
         "and mutual TLS is not there yet\n"
         "  hint: tcp:127.0.0.1:PORT, tcp:[::1]:PORT or a Unix socket; reach other "
         "machines through an SSH tunnel\n"},
        {TARGETS "coordinator: tcp:127.0.0.1\n",
         "d.yaml:2:14: error: coordinator: 'tcp:127.0.0.1' is not an address\n"
         "  hint: tcp:HOST:PORT with a port from 1 to 65535: tcp:127.0.0.1:7432\n"},
        {TARGETS "coordinator: tcp:127.0.0.1:0\n",
         "d.yaml:2:14: error: coordinator: 'tcp:127.0.0.1:0' is not an address\n"
         "  hint: tcp:HOST:PORT with a port from 1 to 65535: tcp:127.0.0.1:7432\n"},
        {TARGETS "coordinator: tcp:127.0.0.1:70000\n",
         "d.yaml:2:14: error: coordinator: 'tcp:127.0.0.1:70000' is not an address\n"
         "  hint: tcp:HOST:PORT with a port from 1 to 65535: tcp:127.0.0.1:7432\n"},
        {TARGETS "coordinator: http://x\n",
         "d.yaml:2:14: error: coordinator: (a URL) is not an address\n"
         "  hint: unix:PATH or tcp:HOST:PORT\n"},
        {TARGETS "coordinator: 'unix:'\n", "d.yaml:2:14: error: coordinator: 'unix:' has no path\n"
                                           "  hint: unix:.drover/drover.sock\n"},
        {TARGETS "coordinator: unix:" LONG "\n",
         "d.yaml:2:14: error: coordinator: "
         "'unix:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' is too "
         "long for a Unix socket\n"
         "  hint: a path of at most 107 bytes; this one has 120 with its folder\n"},
        {TARGETS "coordinator: tcp:127.9.9.9:1\n", ""},
        {TARGETS "coordinator: tcp:localhost:1\n", ""},
    };
    expect_all(cases, LENGTH(cases));
}

Test(config_faults, all_at_once)
{
    static const struct fault_case cases[] = {
        {"migrations: [a]\n"
         "targets:\n"
         "  - {name: a, url: \"postgresql://u:hunter2@h/a\", labels: {tier: \"x y\"}}\n"
         "  - {name: a, urk: x}\n"
         "rollout:\n"
         "  concurrency: 0\n"
         "  waves:\n"
         "    - {name: w}\n"
         "    - {name: w, soak: 1x}\n"
         "journl: x\n",
         "d.yaml:1:13: error: migrations: expected a path, found a list\n"
         "d.yaml:3:20: error: targets[].url: a password does not belong in the file\n"
         "  hint: password: {env: NAME}\n"
         "d.yaml:3:65: error: targets[].labels: 'x y' cannot be the value of a label\n"
         "  hint: letters, digits and _ . - /, a letter or digit first, at most 63\n"
         "d.yaml:4:5: error: the target has neither url nor discover\n"
         "  hint: - {name: acme, url: \"postgresql://USER@HOST:5432/DATABASE\"}\n"
         "d.yaml:4:12: error: two targets have the name 'a'\n"
         "  hint: the other one is in line 3\n"
         "d.yaml:4:15: error: unknown key 'urk' in targets[]\n"
         "  hint: did you mean 'url'?\n"
         "d.yaml:6:16: error: rollout.concurrency: '0' is out of range\n"
         "  hint: a whole number from 1 to 1000000\n"
         "d.yaml:8:7: error: a wave that takes the rest must be the last one\n"
         "  hint: give it select, count, percent or canary, or move it to the end\n"
         "d.yaml:9:14: error: two waves have the name 'w'\n"
         "  hint: the other one is in line 8\n"
         "d.yaml:9:23: error: rollout.waves[].soak: '1x' is not a duration\n"
         "  hint: a number with its unit: 250ms, 2s, 15m, 1h, or off\n"
         "d.yaml:10:1: error: unknown key 'journl'\n"
         "  hint: did you mean 'journal'?\n"},
        {"\303\251: 1\n"
         "targets: [{name: \303\251, url: postgresql://h/\303\251, \303\274: 1}]\n",
         "d.yaml:1:1: error: unknown key '\303\251'\n"
         "  hint: known here: migrations, targets, password, rollout, windows, "
         "journal, coordinator, http, http_token, version_schema, version_table\n"
         "d.yaml:2:46: error: unknown key '\303\274' in targets[]\n"
         "  hint: known here: name, url, schema, search_path, discover, labels, password\n"},
    };
    expect_all(cases, LENGTH(cases));
}
