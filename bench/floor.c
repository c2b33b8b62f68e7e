/* The floor: what the work costs with bare non-blocking libpq and nothing else.
 *
 *     floor --connections K --targets FILE [--check] [--deploy FILE]
 *
 * FILE of targets: one conninfo a line. FILE of deploy: the messages to send one after another to
 * each target, separated by lines `--message`; each is one simple-protocol message (so a
 * transaction is one round trip). --check first reads every target's version rows (phase one of the
 * two-phase floor); --deploy then runs the messages. K connections are open at once; each target is
 * connected anew in each phase, because that is what a program does that keeps nothing. Prints one
 * JSON object.
 */
#include <errno.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 4096 };

static const char version_sql[] = "SELECT version_num FROM public.alembic_version";

struct list {
    char **items;
    size_t count;
};

enum slot_state { SLOT_CONNECTING, SLOT_CHECKING, SLOT_DEPLOYING };

struct slot {
    PGconn *connection;
    enum slot_state state;
    size_t message; /* deploy: index of the message in flight */
    const char *target;
};

struct phase {
    const struct list *targets;
    const struct list *messages; /* NULL: the check */
    size_t next;                 /* target to start next */
    size_t open;
    int epoll;
    struct slot slots[CONNECTIONS_MAX];
};

static void die(const char *what, const char *detail)
{
    fprintf(stderr, "floor: %s: %s\n", what, detail);
    exit(1);
}

static void list_add(struct list *list, const char *text, size_t length)
{
    list->items = realloc(list->items, (list->count + 1) * sizeof *list->items);
    char *copy = malloc(length + 1);
    if (list->items == NULL || copy == NULL) {
        die("memory", "exhausted");
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    list->items[list->count++] = copy;
}

static char *file_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        die(path, strerror(errno));
    }
    char *content = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&content, &size);
    if (memory == NULL) {
        die("memory", "exhausted");
    }
    char chunk[65536];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0) {
        fwrite(chunk, 1, got, memory);
    }
    fclose(file);
    fclose(memory);
    return content;
}

/* Splits at lines that equal `separator`; an empty separator means at every line. */
static struct list file_split(const char *path, const char *separator)
{
    struct list list = {0};
    char *content = file_read(path);
    size_t separator_length = strlen(separator);
    const char *begin = content;
    for (const char *line = content; *line != '\0';) {
        const char *end = strchr(line, '\n');
        const char *next = end != NULL ? end + 1 : line + strlen(line);
        size_t length = end != NULL ? (size_t)(end - line) : strlen(line);
        bool cut = separator_length == 0 ||
                   (length == separator_length && strncmp(line, separator, length) == 0);
        if (cut) {
            const char *stop = separator_length == 0 ? line + length : line;
            if (stop > begin) {
                list_add(&list, begin, (size_t)(stop - begin));
            }
            begin = next;
        }
        line = next;
    }
    if (*begin != '\0') {
        list_add(&list, begin, strlen(begin));
    }
    free(content);
    return list;
}

static void slot_watch(struct phase *phase, struct slot *slot, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = slot};
    int socket = PQsocket(slot->connection);
    if (epoll_ctl(phase->epoll, EPOLL_CTL_MOD, socket, &event) != 0) {
        if (errno != ENOENT || epoll_ctl(phase->epoll, EPOLL_CTL_ADD, socket, &event) != 0) {
            die("epoll_ctl", strerror(errno));
        }
    }
}

static void notice_ignore(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

static void slot_open(struct phase *phase, struct slot *slot)
{
    slot->target = phase->targets->items[phase->next++];
    slot->state = SLOT_CONNECTING;
    slot->message = 0;
    slot->connection = PQconnectStart(slot->target);
    if (slot->connection == NULL || PQstatus(slot->connection) == CONNECTION_BAD) {
        die(slot->target, PQerrorMessage(slot->connection));
    }
    (void)PQsetNoticeReceiver(slot->connection, notice_ignore, NULL);
    phase->open++;
    slot_watch(phase, slot, EPOLLOUT);
}

static void slot_send(struct phase *phase, struct slot *slot, const char *sql)
{
    if (PQsendQuery(slot->connection, sql) != 1) {
        die(slot->target, PQerrorMessage(slot->connection));
    }
    slot_watch(phase, slot, PQflush(slot->connection) == 1 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void slot_close(struct phase *phase, struct slot *slot)
{
    PQfinish(slot->connection); /* closes the socket, which leaves epoll by itself */
    slot->connection = NULL;
    phase->open--;
    if (phase->next < phase->targets->count) {
        slot_open(phase, slot);
    }
}

/* A message has been answered whole: what next? */
static void slot_advance(struct phase *phase, struct slot *slot)
{
    switch (slot->state) {
    case SLOT_CONNECTING:
        if (phase->messages != NULL) {
            slot->state = SLOT_DEPLOYING;
            slot_send(phase, slot, phase->messages->items[0]);
        } else {
            slot->state = SLOT_CHECKING;
            slot_send(phase, slot, version_sql);
        }
        break;
    case SLOT_CHECKING: slot_close(phase, slot); break;
    case SLOT_DEPLOYING:
        if (++slot->message < phase->messages->count) {
            slot_send(phase, slot, phase->messages->items[slot->message]);
        } else {
            slot_close(phase, slot);
        }
        break;
    }
}

static void slot_connect(struct phase *phase, struct slot *slot)
{
    switch (PQconnectPoll(slot->connection)) {
    case PGRES_POLLING_READING: slot_watch(phase, slot, EPOLLIN); break;
    case PGRES_POLLING_WRITING: slot_watch(phase, slot, EPOLLOUT); break;
    case PGRES_POLLING_OK: slot_advance(phase, slot); break;
    case PGRES_POLLING_FAILED:
    default: die(slot->target, PQerrorMessage(slot->connection));
    }
}

static void slot_read(struct phase *phase, struct slot *slot)
{
    if (PQconsumeInput(slot->connection) != 1) {
        die(slot->target, PQerrorMessage(slot->connection));
    }
    int unsent = PQflush(slot->connection);
    while (!PQisBusy(slot->connection)) {
        PGresult *result = PQgetResult(slot->connection);
        if (result == NULL) {
            slot_advance(phase, slot);
            return;
        }
        ExecStatusType status = PQresultStatus(result);
        const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        bool no_table = slot->state == SLOT_CHECKING && sqlstate != NULL &&
                        strcmp(sqlstate, "42P01") == 0; /* a database at base: an answer as well */
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !no_table) {
            die(slot->target, PQresultErrorMessage(result));
        }
        PQclear(result);
    }
    slot_watch(phase, slot, unsent == 1 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double phase_run(const struct list *targets, const struct list *messages, size_t connections)
{
    static struct phase phase;
    memset(&phase, 0, sizeof phase);
    phase.targets = targets;
    phase.messages = messages;
    phase.epoll = epoll_create1(EPOLL_CLOEXEC);
    double started = seconds_now();
    for (size_t i = 0; i < connections && phase.next < targets->count; i++) {
        slot_open(&phase, &phase.slots[i]);
    }
    while (phase.open > 0) {
        struct epoll_event events[64];
        int count = epoll_wait(phase.epoll, events, 64, -1);
        for (int i = 0; i < count; i++) {
            struct slot *slot = events[i].data.ptr;
            if (slot->connection == NULL) {
                continue;
            }
            if (slot->state == SLOT_CONNECTING) {
                slot_connect(&phase, slot);
            } else {
                slot_read(&phase, slot);
            }
        }
    }
    close(phase.epoll);
    return seconds_now() - started;
}

int main(int argc, char **argv)
{
    size_t connections = 16;
    const char *targets_path = NULL;
    const char *deploy_path = NULL;
    bool check = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--check") == 0) {
            check = true;
        } else if (i + 1 < argc && strcmp(argv[i], "--connections") == 0) {
            connections = strtoul(argv[++i], NULL, 10);
        } else if (i + 1 < argc && strcmp(argv[i], "--targets") == 0) {
            targets_path = argv[++i];
        } else if (i + 1 < argc && strcmp(argv[i], "--deploy") == 0) {
            deploy_path = argv[++i];
        } else {
            die("unknown argument", argv[i]);
        }
    }
    if (targets_path == NULL || connections == 0 || connections > CONNECTIONS_MAX) {
        die("usage", "floor --connections K --targets FILE [--check] [--deploy FILE]");
    }
    struct list targets = file_split(targets_path, "");
    double check_seconds = check ? phase_run(&targets, NULL, connections) : 0;
    double deploy_seconds = 0;
    if (deploy_path != NULL) {
        struct list messages = file_split(deploy_path, "--message");
        deploy_seconds = phase_run(&targets, &messages, connections);
    }
    printf("{\"targets\": %zu, \"check_seconds\": %.4f, \"deploy_seconds\": %.4f}\n", targets.count,
           check_seconds, deploy_seconds);
    return 0;
}
