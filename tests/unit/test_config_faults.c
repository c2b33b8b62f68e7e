/* The configuration: diagnostics of YAML, keys and targets, with their exact place and text. */
#include <criterion/criterion.h>

#include "common/base/array.h"
#include "tests/unit/config_faults.h"

Test(config_faults, yaml_syntax)
{
    static const struct fault_case cases[] = {
        {"a: [1\n", "d.yaml:2:1: error: not valid YAML: did not find expected ',' or ']', while "
                    "parsing a flow sequence\n"},
        {"targets:\n"
         "\t- x\n",
         "d.yaml:2:1: error: not valid YAML: found character that cannot start any "
         "token, while scanning for the next token\n"
         "  hint: YAML is indented with spaces, not tabs\n"},
        {"targets: [{name: {schema}-x}]\n",
         "d.yaml:1:26: error: not valid YAML: did not find expected ',' or '}', while "
         "parsing a flow mapping\n"
         "  hint: a value that begins with { but is no mapping is written in quotes: "
         "\"{schema}-x\"\n"},
        {"t: *\n", "d.yaml:1:5: error: not valid YAML: did not find expected alphabetic or "
                   "numeric character, while scanning an alias\n"
                   "  hint: a value that begins with * is written in quotes: \"*\"\n"},
        {"a: 'x\n", "d.yaml:2:1: error: not valid YAML: found unexpected end of stream, while "
                    "scanning a quoted scalar\n"},
        {"\303\251: [\n"
         "  \303\274: }\n",
         "d.yaml:2:7: error: not valid YAML: did not find expected node content, "
         "while parsing a flow node\n"},
        {"a: \377\n", "d.yaml:1:4: error: not valid YAML: invalid leading UTF-8 octet\n"},
        {"a: &x 1\n"
         "b: *x\n"
         "targets: [{name: a, url: postgresql://h/a}]\n",
         "d.yaml:1:1: error: unknown key 'a'\n"
         "  hint: known here: migrations, targets, password, rollout, windows, "
         "journal, coordinator, http, http_token, version_schema, version_table\n"
         "d.yaml:1:4: error: YAML anchors and aliases (& and *) are not supported\n"
         "  hint: write the value out, or in quotes if it only begins with this "
         "character\n"
         "d.yaml:2:1: error: unknown key 'b'\n"
         "  hint: known here: migrations, targets, password, rollout, windows, "
         "journal, coordinator, http, http_token, version_schema, version_table\n"
         "d.yaml:2:4: error: YAML anchors and aliases (& and *) are not supported\n"
         "  hint: write the value out, or in quotes if it only begins with this "
         "character\n"},
        {"version_table: a123456789b123456789c123456789d123456789e123456789f123456789g123\n"
         "targets: [{name: a, url: postgresql://h/a}]\n",
         "d.yaml:1:16: error: version_table is longer than 63 bytes\n"
         "  hint: PostgreSQL knows no longer names\n"},
        {"version_schema: !!str x\n"
         "targets: [{name: a, url: postgresql://h/a}]\n",
         "d.yaml:1:17: error: YAML tags (!) are not supported\n"
         "  hint: leave the tag out, or write the value in quotes if it only begins "
         "with !\n"},
        {TARGETS "---\n"
                 "a: 1\n",
         "d.yaml:2:1: error: a second YAML document\n"
         "  hint: one file holds one configuration: take the --- out\n"},
        {"? [a]\n"
         ": b\n"
         "targets: [{name: a, url: postgresql://h/a}]\n",
         "d.yaml:1:3: error: a key must be text\n"
         "  hint: write `key: value`\n"},
        {"journal: \"a\\0b\"\n"
         "targets: [{name: a, url: postgresql://h/a}]\n",
         "d.yaml:1:10: error: a NUL character in a value\n"
         "  hint: take the \\0 out\n"},
        {"a: [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]\n",
         "d.yaml:1:19: error: nested too deeply\n"
         "  hint: no option is nested this deep\n"},
    };
    expect_all(cases, LENGTH(cases));
}

#define SCHEMA_TARGET "targets: [{name: a, schema: t, url: postgresql://h/a, search_path: "
#define FIRST                                                                                      \
    "  hint: {schema}, the target's own, stands first, where tables are made: search_path: "       \
    "\"{schema}, extensions\"\n"
#define COMMAS "  hint: schemas with commas between: search_path: \"{schema}, extensions\"\n"

Test(config_faults, search_path)
{
    static const struct fault_case cases[] = {
        {SCHEMA_TARGET "'{schema}, {tenant}'}]\n",
         "d.yaml:1:68: error: targets[].search_path: no placeholder '{tenant}' here\n" FIRST},
        {SCHEMA_TARGET "'ext, {schema}'}]\n",
         "d.yaml:1:68: error: targets[].search_path does not begin with {schema}\n" FIRST},
        {SCHEMA_TARGET "'{schema}, \"o{d}d\"'}]\n",
         "d.yaml:1:68: error: targets[].search_path: no placeholder 'o{d}d' here\n" FIRST},
        {SCHEMA_TARGET "'{schema}, ext,'}]\n",
         "d.yaml:1:68: error: targets[].search_path: a name is empty in '{schema}, ext,'\n" COMMAS},
        {SCHEMA_TARGET "'{schema}, \"ext'}]\n", "d.yaml:1:68: error: targets[].search_path: a"
                                                " quotation mark is not closed in"
                                                " '{schema}, \"ext'\n" COMMAS},
        {SCHEMA_TARGET "'{schema} ext'}]\n", "d.yaml:1:68: error: targets[].search_path: something"
                                             " stands behind a name in '{schema} ext'\n" COMMAS},
        {"targets: [{name: a, url: postgresql://h/a, search_path: '{schema}'}]\n",
         "d.yaml:1:44: error: targets[].search_path is for targets that are schemas\n"
         "  hint: of a database: ALTER DATABASE ... SET search_path, or "
         "?options=-csearch_path%3D..."
         " in the url\n"},
    };
    expect_all(cases, LENGTH(cases));
}

Test(config_faults, shape)
{
    static const struct fault_case cases[] = {
        {"", "d.yaml:1:1: error: targets is missing\n"
             "  hint: targets: [{name: acme, url: \"postgresql://USER@HOST:5432/DATABASE\"}]\n"},
        {"# only a comment\n",
         "d.yaml:1:1: error: targets is missing\n"
         "  hint: targets: [{name: acme, url: \"postgresql://USER@HOST:5432/DATABASE\"}]\n"},
        {"- a\n", "d.yaml:1:1: error: expected a mapping, found a list\n"
                  "  hint: write `key: value` lines, indented alike\n"},
        {"text\n", "d.yaml:1:1: error: expected a mapping, found text\n"
                   "  hint: write `key: value` lines, indented alike\n"},
        {"targets: {a: b}\n", "d.yaml:1:10: error: targets: expected a list, found a mapping\n"},
        {"targets: x\n", "d.yaml:1:10: error: targets: expected a list, found text\n"},
        {"targets: []\n",
         "d.yaml:1:10: error: targets is empty\n"
         "  hint: targets: [{name: acme, url: \"postgresql://USER@HOST:5432/DATABASE\"}]\n"},
        {"targets:\n",
         "d.yaml:1:1: error: targets is missing\n"
         "  hint: targets: [{name: acme, url: \"postgresql://USER@HOST:5432/DATABASE\"}]\n"},
        {"targets: [x]\n", "d.yaml:1:11: error: targets[]: expected a mapping, found text\n"
                           "  hint: write `key: value` lines, indented alike\n"},
        {TARGETS "rollout: [1]\n", "d.yaml:2:10: error: rollout: expected a mapping, found a list\n"
                                   "  hint: write `key: value` lines, indented alike\n"},
        {TARGETS "rollout: {waves: {name: x}}\n",
         "d.yaml:2:18: error: rollout.waves: expected a list, found a mapping\n"},
        {TARGETS "rollout: {waves: [x]}\n",
         "d.yaml:2:19: error: rollout.waves[]: expected a mapping, found text\n"
         "  hint: write `key: value` lines, indented alike\n"},
        {TARGETS "journal: [a]\n", "d.yaml:2:10: error: journal: expected a path, found a list\n"},
        {TARGETS "journal: ''\n", "d.yaml:2:10: error: journal is empty\n"
                                  "  hint: journal: .drover/journal.db\n"},
        {TARGETS "rollout: {retry: 3}\n",
         "d.yaml:2:18: error: rollout.retry: expected a mapping, found text\n"
         "  hint: write `key: value` lines, indented alike\n"},
    };
    expect_all(cases, LENGTH(cases));
}

Test(config_faults, keys)
{
    static const struct fault_case cases[] = {
        {TARGETS "migration: x\n", "d.yaml:2:1: error: unknown key 'migration'\n"
                                   "  hint: did you mean 'migrations'?\n"},
        {TARGETS "rollout: {concurency: 3}\n",
         "d.yaml:2:11: error: unknown key 'concurency' in rollout\n"
         "  hint: did you mean 'concurrency'?\n"},
        {TARGETS "lock_timeout: 2s\n", "d.yaml:2:1: error: unknown key 'lock_timeout'\n"
                                       "  hint: the option is rollout.lock_timeout\n"},
        {TARGETS "rollout: {zzzzzz: 1}\n",
         "d.yaml:2:11: error: unknown key 'zzzzzz' in rollout\n"
         "  hint: known here: validate, waves, concurrency, per_server, max_failures, "
         "on_failure, transaction, throttle, rediscover, server_patience, retry, lock_timeout, "
         "queue_timeout, statement_timeout, connect_timeout\n"},
        {TARGETS "journal: a\n"
                 "journal: b\n",
         "d.yaml:3:1: error: this key is given twice\n"
         "  hint: it is also in line 2\n"},
        {"targets:\n"
         "  - {name: a, url: postgresql://h/a, lables: {a: b}}\n",
         "d.yaml:2:38: error: unknown key 'lables' in targets[]\n"
         "  hint: did you mean 'labels'?\n"},
    };
    expect_all(cases, LENGTH(cases));
}

Test(config_faults, targets)
{
    static const struct fault_case cases[] = {
        {"targets: [{url: postgresql://h/a}]\n", "d.yaml:1:11: error: targets[].name is missing\n"
                                                 "  hint: name: NAME\n"},
        {"targets: [{name: a}]\n",
         "d.yaml:1:11: error: the target has neither url nor discover\n"
         "  hint: - {name: acme, url: \"postgresql://USER@HOST:5432/DATABASE\"}\n"},
        {"targets:\n"
         "  - {name: a, url: postgresql://h/a}\n"
         "  - {name: b, url: postgresql://h/b}\n"
         "  - {name: a, url: postgresql://h/c}\n",
         "d.yaml:4:12: error: two targets have the name 'a'\n"
         "  hint: the other one is in line 2\n"},
        {"targets: [{name: \"{database}\", schema: x, url: postgresql://h/d, "
         "discover: {databases: \"*\", " DISCOVER,
         "d.yaml:1:32: error: targets[].schema does not go with discover\n"
         "  hint: discover: {schemas: ...} finds targets that are schemas\n"
         "d.yaml:1:43: error: targets[].url does not go with discover\n"
         "  hint: put it inside: discover: {databases: ..., url: ...}\n"},
        {"targets: [{name: \"{database}\", discover: {databases: \"*\", schemas: x, " DISCOVER,
         "d.yaml:1:42: error: targets[].discover: more than one of databases, "
         "schemas, query\n"
         "  hint: exactly one: discover: {databases: \"tenant_*\", url: ...}\n"},
        {"targets: [{name: \"{database}\", discover: {" DISCOVER,
         "d.yaml:1:42: error: targets[].discover: none of databases, schemas, query\n"
         "  hint: exactly one: discover: {databases: \"tenant_*\", url: ...}\n"},
        {"targets: [{name: \"{database}\", discover: {databases: \"*\"}}]\n",
         "d.yaml:1:42: error: targets[].discover.url is missing\n"
         "  hint: url: postgresql://USER@HOST:PORT/DATABASE\n"},
        {"targets: [{name: \"{database}\", discover: x}]\n",
         "d.yaml:1:42: error: targets[].discover: expected a mapping, found text\n"
         "  hint: write `key: value` lines, indented alike\n"},
        {"targets: [{name: \"{schema}\", discover: {databases: \"*\", " DISCOVER,
         "d.yaml:1:18: error: targets[].name: no placeholder '{schema}' here\n"
         "  hint: discovered databases give {database}\n"},
        {"targets: [{name: \"{table}\", discover: {schemas: \"*\", " DISCOVER,
         "d.yaml:1:18: error: targets[].name: no placeholder '{table}' here\n"
         "  hint: discovered schemas give {schema} and {database}\n"},
        {"targets: [{name: \"{database}\", discover: {schemas: \"*\", " DISCOVER,
         "d.yaml:1:18: error: targets[].name: every discovered target would have the "
         "name '{database}'\n"
         "  hint: put {schema} into the name\n"},
        {"targets: [{name: x, discover: {databases: \"t_*\", " DISCOVER,
         "d.yaml:1:18: error: targets[].name: every discovered target would have the "
         "name 'x'\n"
         "  hint: put {database} into the name\n"},
        {"targets: [{name: x, discover: {databases: one, " DISCOVER, ""},
        {"targets: [{name: x, discover: {query: \"select 1\", " DISCOVER,
         "d.yaml:1:18: error: targets[].name: every discovered target would have the "
         "name 'x'\n"
         "  hint: put {column} into the name, where column is one of the query\n"},
        {"targets: [{name: \"{anything}\", discover: {query: \"select 1\", " DISCOVER, ""},
        {"targets: [{name: \"a{b}\", url: postgresql://h/a}]\n",
         "d.yaml:1:18: error: targets[].name: no placeholder '{b}' here\n"
         "  hint: placeholders are for targets with discover\n"},
        {"targets: [{name: \"a{b\", url: postgresql://h/a}]\n",
         "d.yaml:1:18: error: targets[].name: 'a{b' has a lone brace\n"
         "  hint: placeholders look like {database}\n"},
        {"targets: [{name: {schema}, discover: {schemas: \"*\", " DISCOVER,
         "d.yaml:1:18: error: targets[].name: expected a name, found a mapping\n"
         "  hint: a value that begins with { is written in quotes: \"{schema}\"\n"},
        {"targets: [{name: \"a\\nb\", url: postgresql://h/a}]\n",
         "d.yaml:1:18: error: targets[].name holds a control character\n"
         "  hint: a name is one line of text\n"},
        {"targets: [{name: a, url: postgresql://h/a, labels: {\"a b\": c, d: \"x y\", "
         "e: , f: [1]}}]\n",
         "d.yaml:1:53: error: targets[].labels: 'a b' cannot be the key of a label\n"
         "  hint: letters, digits and _ . - /, a letter or digit first, at most 63\n"
         "d.yaml:1:66: error: targets[].labels: 'x y' cannot be the value of a label\n"
         "  hint: letters, digits and _ . - /, a letter or digit first, at most 63\n"
         "d.yaml:1:73: error: targets[].labels: label 'e' has no value\n"
         "  hint: e: VALUE\n"
         "d.yaml:1:81: error: targets[].labels: expected text, found a list\n"},
        {"targets: [{name: a, url: postgresql://h/a, labels: x}]\n",
         "d.yaml:1:52: error: targets[].labels: expected a mapping, found text\n"
         "  hint: labels: {tier: internal}\n"},
        {"targets: [{name: a, url: postgresql://h/a, labels: {}}]\n",
         "d.yaml:1:52: error: targets[].labels is empty\n"
         "  hint: leave it out, or labels: {tier: internal}\n"},
    };
    expect_all(cases, LENGTH(cases));
}
