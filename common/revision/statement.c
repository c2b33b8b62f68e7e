/* A table says which node of the parse tree each rule looks at. */
#include "common/revision/statement.h"

#include <ctype.h>
#include <pg_query.h>
#include <string.h>
#include <strings.h>

#include "common/base/array.h"
#include "common/revision/scan.h"
#include "common/revision/tree.h"
#include "common/revision/verdict.h"

/* libpg_query writes the tree out by recursion, one level per operator at worst; measured, 50,000
 * levels fit 8 MiB of stack. */
enum { TOKENS_MAX = 20000 };

struct subject {
    struct arena *arena;
    const char *node; /* value of the statement's node in the tree */
    struct statement *statement;
};

static void transaction_judge(const struct subject *subject, struct verdict *verdict)
{
    (void)subject;
    verdict->refusal = REFUSAL_TRANSACTION;
}

static void database_judge(const struct subject *subject, struct verdict *verdict)
{
    (void)subject;
    verdict->refusal = REFUSAL_DATABASE;
}

static void database_alter_judge(const struct subject *subject, struct verdict *verdict)
{
    const char *options = tree_member(subject->node, "options");
    size_t count = tree_length(options);
    for (size_t i = 0; i < count; i++) {
        const char *option = tree_member(tree_element(options, i), "DefElem");
        if (tree_is(tree_member(option, "defname"), "tablespace")) {
            verdict->refusal = REFUSAL_DATABASE_MOVE;
        }
    }
}

/* They make and drop slots on another server, which no transaction undoes. */
static void subscription_judge(const struct subject *subject, struct verdict *verdict)
{
    verdict->outside = true;
    subject->statement->kind = STATEMENT_ONCE;
}

/* Without a slot they run in a transaction. */
static void subscription_change_judge(const struct subject *subject, struct verdict *verdict)
{
    (void)verdict;
    subject->statement->kind = STATEMENT_ONCE;
}

static void discard_judge(const struct subject *subject, struct verdict *verdict)
{
    if (tree_is(tree_member(subject->node, "target"), "DISCARD_ALL")) {
        verdict->refusal = REFUSAL_DISCARD;
    }
}

static void copy_judge(const struct subject *subject, struct verdict *verdict)
{
    if (tree_member(subject->node, "filename") != NULL) {
        return;
    }
    bool from = tree_is_true(tree_member(subject->node, "is_from"));
    if (!from || subject->statement->data.bytes.data == NULL) {
        verdict->refusal = from ? REFUSAL_COPY_FROM : REFUSAL_COPY_TO;
    }
}

static bool is_on(const char *constant)
{
    const char *text = tree_member(tree_member(constant, "sval"), "sval");
    return tree_is(text, "on") || tree_is(text, "true");
}

static void set_judge(const struct subject *subject, struct verdict *verdict)
{
    const char *name = tree_member(subject->node, "name");
    if (tree_is(name, "TRANSACTION") || tree_is(name, "TRANSACTION SNAPSHOT")) {
        transaction_judge(subject, verdict);
        return;
    }
    if (!tree_is(name, "standard_conforming_strings")) {
        return;
    }
    const char *value = tree_element(tree_member(subject->node, "args"), 0);
    if (!is_on(tree_member(value, "A_Const"))) {
        verdict->refusal = REFUSAL_STRINGS;
    }
}

/* `relation` of the tree as the author wrote it, so that it needs no quoting. */
static const char *relation_text(const struct subject *subject, const char *relation)
{
    const struct statement *statement = subject->statement;
    long location = tree_number(tree_member(relation, "location"));
    if (location < 0 || (size_t)location >= statement->length) {
        return "";
    }
    struct scanner scanner = scanner_of(statement->sql, statement->length);
    scanner.at = (size_t)location;
    size_t end = (size_t)location;
    for (;;) {
        struct token name = scanner_next_code(&scanner);
        if (name.kind != TOKEN_WORD && name.kind != TOKEN_IDENTIFIER) {
            break;
        }
        end = name.end;
        struct token dot = scanner_next_code(&scanner);
        if (dot.kind != TOKEN_OTHER || statement->sql[dot.start] != '.') {
            break;
        }
    }
    return arena_strndup(subject->arena, statement->sql + location, end - (size_t)location);
}

static void index_judge(const struct subject *subject, struct verdict *verdict)
{
    struct statement *statement = subject->statement;
    if (!tree_is_true(tree_member(subject->node, "concurrent"))) {
        return;
    }
    const char *relation = tree_member(subject->node, "relation");
    verdict->outside = true;
    statement->kind = STATEMENT_INDEX_BUILD;
    statement->index_name = tree_text(subject->arena, tree_member(subject->node, "idxname"));
    statement->index_schema = tree_text(subject->arena, tree_member(relation, "schemaname"));
    statement->table_name = relation_text(subject, relation);
    if (statement->index_name[0] == '\0') {
        verdict->refusal = REFUSAL_INDEX_NAME;
    }
}

static void drop_judge(const struct subject *subject, struct verdict *verdict)
{
    struct statement *statement = subject->statement;
    if (!tree_is(tree_member(subject->node, "removeType"), "OBJECT_INDEX") ||
        !tree_is_true(tree_member(subject->node, "concurrent"))) {
        return;
    }
    const char *objects = tree_member(subject->node, "objects");
    verdict->outside = true;
    if (tree_length(objects) != 1) {
        verdict->refusal = REFUSAL_INDEX_LIST;
        return;
    }
    if (tree_is(tree_member(subject->node, "behavior"), "DROP_CASCADE")) {
        verdict->refusal = REFUSAL_INDEX_CASCADE;
        return;
    }
    const char *items = tree_member(tree_member(tree_element(objects, 0), "List"), "items");
    size_t count = tree_length(items);
    const char *name = count > 0 ? tree_element(items, count - 1) : NULL;
    const char *schema = count > 1 ? tree_element(items, count - 2) : NULL;
    statement->kind = STATEMENT_INDEX_DROP;
    statement->index_name =
        tree_text(subject->arena, tree_member(tree_member(name, "String"), "sval"));
    statement->index_schema =
        tree_text(subject->arena, tree_member(tree_member(schema, "String"), "sval"));
}

static void vacuum_judge(const struct subject *subject, struct verdict *verdict)
{
    if (tree_is_true(tree_member(subject->node, "is_vacuumcmd"))) { /* otherwise ANALYZE */
        verdict->outside = true;
        subject->statement->kind = STATEMENT_REPEATABLE;
    }
}

static void reindex_judge(const struct subject *subject, struct verdict *verdict)
{
    const char *kind = tree_member(subject->node, "kind");
    const char *options = tree_member(subject->node, "params");
    size_t count = tree_length(options);
    bool one = tree_is(kind, "REINDEX_OBJECT_INDEX") || tree_is(kind, "REINDEX_OBJECT_TABLE");
    verdict->outside = !one;
    subject->statement->kind = STATEMENT_REPEATABLE;
    for (size_t i = 0; i < count; i++) {
        const char *option = tree_member(tree_element(options, i), "DefElem");
        if (tree_is(tree_member(option, "defname"), "concurrently")) {
            verdict->outside = true;
            subject->statement->kind = STATEMENT_REINDEX;
            subject->statement->table_name =
                one ? relation_text(subject, tree_member(subject->node, "relation")) : "";
        }
    }
}

static void cluster_judge(const struct subject *subject, struct verdict *verdict)
{
    verdict->outside = tree_member(subject->node, "relation") == NULL;
    subject->statement->kind = STATEMENT_REPEATABLE;
}

static void system_judge(const struct subject *subject, struct verdict *verdict)
{
    verdict->outside = true;
    subject->statement->kind = STATEMENT_REPEATABLE;
}

static void table_judge(const struct subject *subject, struct verdict *verdict)
{
    const char *commands = tree_member(subject->node, "cmds");
    size_t count = tree_length(commands);
    for (size_t i = 0; i < count; i++) {
        const char *command = tree_member(tree_element(commands, i), "AlterTableCmd");
        const char *partition = tree_member(tree_member(command, "def"), "PartitionCmd");
        if (tree_is(tree_member(command, "subtype"), "AT_DetachPartition") &&
            tree_is_true(tree_member(partition, "concurrent"))) {
            verdict->outside = true;
            subject->statement->kind = STATEMENT_ONCE;
        }
    }
}

bool statement_is_control(const char *sql, size_t length)
{
    static const char *const words[] = {"begin",    "start", "commit",    "end",
                                        "rollback", "abort", "savepoint", "release"};
    struct scanner scanner = {.text = sql, .length = length};
    struct token token = scanner_next_code(&scanner);
    while (token.kind == TOKEN_SEMICOLON) { /* the server skips empty statements */
        token = scanner_next_code(&scanner);
    }
    for (size_t i = 0; i < LENGTH(words); i++) {
        if (token_is_word(sql, token, words[i])) {
            return true;
        }
    }
    return token_is_word(sql, token, "prepare") &&
           token_is_word(sql, scanner_next_code(&scanner), "transaction");
}

bool statement_is_setting(const struct statement *statement)
{
    struct scanner scanner = scanner_of(statement->sql, statement->length);
    struct token token = scanner_next_code(&scanner);
    return statement->kind == STATEMENT_ORDINARY && (token_is_word(statement->sql, token, "set") ||
                                                     token_is_word(statement->sql, token, "reset"));
}

/* Whether the word stands in the text, in whatever case. */
static bool text_has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = text; *at != '\0'; at++) {
        bool begins = at == text || !isalnum((unsigned char)at[-1]);
        if (begins && strncasecmp(at, word, length) == 0 && !isalnum((unsigned char)at[length])) {
            return true;
        }
    }
    return false;
}

bool statement_may_commit(const struct statement *statement)
{
    struct scanner scanner = scanner_of(statement->sql, statement->length);
    struct token token = scanner_next_code(&scanner);
    return token_is_word(statement->sql, token, "call") ||
           (token_is_word(statement->sql, token, "do") &&
            (text_has_word(statement->sql, "commit") || text_has_word(statement->sql, "rollback")));
}

typedef void judge_function(const struct subject *subject, struct verdict *verdict);

static const struct rule {
    const char *node;
    judge_function *judge;
} rules[] = {
    {"TransactionStmt", transaction_judge},
    {"CreatedbStmt", database_judge},
    {"DropdbStmt", database_judge},
    {"CreateTableSpaceStmt", database_judge},
    {"DropTableSpaceStmt", database_judge},
    {"AlterDatabaseStmt", database_alter_judge},
    {"CreateSubscriptionStmt", subscription_judge},
    {"AlterSubscriptionStmt", subscription_change_judge},
    {"DropSubscriptionStmt", subscription_change_judge},
    {"DiscardStmt", discard_judge},
    {"CopyStmt", copy_judge},
    {"VariableSetStmt", set_judge},
    {"IndexStmt", index_judge},
    {"DropStmt", drop_judge},
    {"VacuumStmt", vacuum_judge},
    {"ReindexStmt", reindex_judge},
    {"ClusterStmt", cluster_judge},
    {"AlterSystemStmt", system_judge},
    {"AlterTableStmt", table_judge},
};

/* Queries and row changes fall under no rule. Their trees are the large ones, so they are told by
 * their first word and never written out. */
static bool is_query(const struct statement *statement)
{
    static const char *const words[] = {"insert", "select", "update", "delete",
                                        "with",   "values", "merge",  "table"};
    struct scanner scanner = scanner_of(statement->sql, statement->length);
    struct token token = scanner_next_code(&scanner);
    for (size_t i = 0; i < LENGTH(words); i++) {
        if (token_is_word(statement->sql, token, words[i])) {
            return true;
        }
    }
    return token.kind == TOKEN_OPEN;
}

/* Whether it calls a function that makes or drops a replication slot, which no transaction undoes. */
static bool makes_slots(const struct statement *statement)
{
    static const char *const functions[] = {
        "pg_create_logical_replication_slot", "pg_create_physical_replication_slot",
        "pg_copy_logical_replication_slot",   "pg_copy_physical_replication_slot",
        "pg_drop_replication_slot",           "pg_replication_slot_advance",
    };
    struct scanner scanner = scanner_of(statement->sql, statement->length);
    struct token token = scanner_next_code(&scanner);
    for (; token.kind != TOKEN_END; token = scanner_next_code(&scanner)) {
        for (size_t i = 0; i < LENGTH(functions); i++) {
            if (token_is_word(statement->sql, token, functions[i])) {
                return true;
            }
        }
    }
    return false;
}

static bool is_too_large(const struct statement *statement)
{
    struct scanner scanner = scanner_of(statement->sql, statement->length);
    for (size_t count = 0; count <= TOKENS_MAX; count++) {
        if (scanner_next_code(&scanner).kind == TOKEN_END) {
            return false;
        }
    }
    return true;
}

static void verdict_give(const struct source *source, size_t offset, bool transactional,
                         struct statement *statement, const struct verdict *verdict)
{
    static const struct {
        const char *sentence;
        const char *hint;
    } refusals[] = {
        {"", NULL},
#define X(NAME, sentence, hint) {sentence, hint},
#include "common/revision/refusals.def"
#undef X
    };
    struct diagnostic *error = NULL;
    const char *hint = refusals[verdict->refusal].hint;
    if (verdict->refusal != REFUSAL_NOTHING) {
        error = source_error(source, offset, "%s", refusals[verdict->refusal].sentence);
    } else if (transactional && verdict->outside) {
        error = source_error(source, offset, "this statement cannot run inside a transaction");
        hint = "put it into a revision of its own, with '-- migrate:up transaction:none' or '-- "
               "migrate:down "
               "transaction:none' above it; '-- Transaction: none' in the header means both";
    }
    if (error != NULL && hint != NULL) {
        diagnostic_hint(source->diagnostics, error, "%s", hint);
    }
    if (transactional) {
        statement->kind = STATEMENT_ORDINARY;
    }
}

void statement_judge(const struct source *source, size_t offset, bool transactional,
                     struct statement *statement)
{
    statement->kind = STATEMENT_ORDINARY;
    statement->index_schema = "";
    statement->index_name = "";
    statement->table_name = "";
    if (is_query(statement)) {
        if (!transactional && makes_slots(statement)) {
            statement->kind = STATEMENT_ONCE;
        }
        return;
    }
    struct verdict verdict = {0};
    if (statement_is_control(statement->sql, statement->length)) {
        transaction_judge(NULL, &verdict);
        verdict_give(source, offset, transactional, statement, &verdict);
        return;
    }
    if (statement->newer != NULL) {
        verdict = unread_judge(source->arena, statement);
        verdict_give(source, offset, transactional, statement, &verdict);
        return;
    }
    if (is_too_large(statement)) {
        struct diagnostic *error = source_error(
            source, offset, "this statement has more than %d words and signs", TOKENS_MAX);
        diagnostic_hint(source->diagnostics, error, "split it into several");
        return;
    }
    PgQueryParseResult parsed = pg_query_parse(statement->sql);
    if (parsed.error != NULL) {
        (void)source_error(source, offset, "%s", parsed.error->message);
    } else {
        struct subject subject = {.arena = source->arena, .statement = statement};
        const char *first = tree_element(tree_member(parsed.parse_tree, "stmts"), 0);
        const char *node = tree_node(source->arena, tree_member(first, "stmt"), &subject.node);
        for (size_t i = 0; node != NULL && i < LENGTH(rules); i++) {
            if (strcmp(rules[i].node, node) == 0) {
                rules[i].judge(&subject, &verdict);
            }
        }
        verdict_give(source, offset, transactional, statement, &verdict);
    }
    pg_query_free_parse_result(parsed);
}

void statement_locate(const struct statement *statement, unsigned character, unsigned *line,
                      unsigned *column)
{
    size_t before = character > 0 ? character - 1 : 0;
    size_t end = source_character_bytes(statement->sql, statement->length, before);
    *line = statement->line;
    *column = statement->column;
    for (size_t at = 0; at < end; at++) {
        bool newline = statement->sql[at] == '\n';
        *line += newline;
        *column = *column == 0 ? 0 : newline ? 1 : *column + 1;
    }
}
