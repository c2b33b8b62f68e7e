/* Listeners: a listening socket watched by a poll handle; accepted sockets go to the owner.
 *
 * A Unix socket is made under a lock on its folder, so that of two processes that start at once and
 * find a stale socket, one binds and the other finds a live one. Its mode is set before bind gives
 * it a name. A spare file descriptor is given up to accept and drop a peer when the process has
 * none left; otherwise the poll would report it for ever.
 */
#include "common/wire/stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/wire/address.h"

enum {
    BACKLOG = 128,
    ACCEPTS_PER_TURN = 64, /* then others get their turn */
    LOCK_TRIES = 100,
    LOCK_PAUSE_NS = 20 * 1000 * 1000,
    ADDRESS_BYTES = sizeof(struct address),
};

struct listener {
    uv_poll_t poll;
    int file_descriptor;
    int spare; /* see above; -1 when it could not be had back */
    listener_accepted *accepted;
    void *context;
    struct address place;
    bool named; /* the Unix socket has its name; `device` and `inode` tell it from another's */
    dev_t device;
    ino_t inode;
    char address[ADDRESS_BYTES]; /* as a user writes it, with the real port */
};

/* ---- accepting ---- */

/* Whether the process at the other end of a Unix socket runs as our user or as root. */
static bool peer_is_ours(int file_descriptor)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(file_descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
        log_write(LOG_WARNING, "refused a peer without credentials: %s", strerror(errno));
        return false;
    }
    if (peer.uid != geteuid() && peer.uid != 0) {
        log_write(LOG_WARNING, "refused a peer of another user  uid=%u pid=%d", (unsigned)peer.uid,
                  (int)peer.pid);
        return false;
    }
    return true;
}

static void spare_take(struct listener *listener)
{
    listener->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Takes one peer off the queue without keeping it, when no file descriptor is left. */
static void peer_drop(struct listener *listener)
{
    log_write(LOG_ERROR, "dropped a peer: no file descriptor is left  address=%s",
              listener->address);
    if (listener->spare >= 0) {
        (void)close(listener->spare);
    }
    int file_descriptor = accept4(listener->file_descriptor, NULL, NULL, SOCK_CLOEXEC);
    if (file_descriptor >= 0) {
        (void)close(file_descriptor);
    }
    spare_take(listener);
}

static void peers_accept(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct listener *listener = poll->data;
    for (int i = 0; i < ACCEPTS_PER_TURN && !uv_is_closing((uv_handle_t *)poll); i++) {
        int file_descriptor =
            accept4(listener->file_descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (file_descriptor < 0) {
            if (errno == EMFILE || errno == ENFILE) {
                peer_drop(listener);
            }
            return; /* none waits, or the peer left already */
        }
        if (listener->place.local && !peer_is_ours(file_descriptor)) {
            (void)close(file_descriptor);
            continue;
        }
        listener->accepted(file_descriptor, listener->context);
    }
}

/* ---- Unix sockets ---- */

/* Creates the folder of `path` if it is missing and returns it open and locked, or -1. */
static int folder_lock(const char *path, struct error *error)
{
    char folder[sizeof((struct sockaddr_un *)0)->sun_path + 2];
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        (void)snprintf(folder, sizeof folder, ".");
    } else {
        (void)snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path),
                       path);
    }
    if (mkdir(folder, S_IRWXU) != 0 && errno != EEXIST) {
        return error_set(error, ERROR_IO, "create the folder %s: %s", folder, strerror(errno));
    }
    int file_descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file_descriptor < 0) {
        return error_set(error, ERROR_IO, "open the folder %s: %s", folder, strerror(errno));
    }
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(file_descriptor, LOCK_EX | LOCK_NB) == 0) {
            return file_descriptor;
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE_NS}, NULL);
    }
    (void)close(file_descriptor);
    return error_set(error, ERROR_BUSY, "another process keeps the folder %s locked", folder);
}

/* Removes the socket of a dead process; ERROR_BUSY when a process answers there. */
static int stale_remove(const struct sockaddr_un *name, struct error *error)
{
    const char *path = name->sun_path;
    struct stat status;
    if (lstat(path, &status) != 0) {
        return errno == ENOENT
                   ? 0
                   : error_set(error, ERROR_IO, "look at %s: %s", path, strerror(errno));
    }
    if (!S_ISSOCK(status.st_mode)) {
        return error_set(error, ERROR_IO, "%s exists and is not a socket", path);
    }
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe < 0) {
        return error_set(error, ERROR_IO, "create a socket: %s", strerror(errno));
    }
    int fault = connect(probe, (const struct sockaddr *)name, sizeof *name) == 0 ? 0 : errno;
    (void)close(probe);
    if (fault == 0 || fault == EAGAIN) { /* EAGAIN: its queue is full */
        return error_set(error, ERROR_BUSY, "another process listens on unix:%s", path);
    }
    if (fault != ECONNREFUSED) {
        return error_set(error, ERROR_IO, "connect to unix:%s: %s", path, strerror(fault));
    }
    if (unlink(path) != 0 && errno != ENOENT) {
        return error_set(error, ERROR_IO, "remove the stale socket %s: %s", path, strerror(errno));
    }
    return 0;
}

static int path_bind(struct listener *listener, struct error *error)
{
    const struct sockaddr_un *name = &listener->place.path;
    listener->file_descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener->file_descriptor < 0) {
        return error_set(error, ERROR_IO, "create a socket: %s", strerror(errno));
    }
    /* Linux gives the new name the socket's own mode less the umask: there is no moment of 0777. */
    struct stat status;
    if (fchmod(listener->file_descriptor, S_IRUSR | S_IWUSR) != 0 ||
        bind(listener->file_descriptor, (const struct sockaddr *)name, sizeof *name) != 0 ||
        lstat(name->sun_path, &status) != 0) {
        return error_set(error, ERROR_IO, "bind %s: %s", listener->address, strerror(errno));
    }
    listener->named = true;
    listener->device = status.st_dev;
    listener->inode = status.st_ino;
    if (chmod(name->sun_path, S_IRUSR | S_IWUSR) != 0 ||
        listen(listener->file_descriptor, BACKLOG) != 0) {
        return error_set(error, ERROR_IO, "listen on %s: %s", listener->address, strerror(errno));
    }
    return 0;
}

static int path_listen(struct listener *listener, struct error *error)
{
    int folder = folder_lock(listener->place.path.sun_path, error);
    if (folder < 0) {
        return -1;
    }
    int result = stale_remove(&listener->place.path, error);
    if (result == 0) {
        result = path_bind(listener, error);
    }
    (void)close(folder); /* and unlock */
    return result;
}

/* Removes the socket's name, unless it is another process's since. */
static void path_remove(const struct listener *listener)
{
    const char *path = listener->place.path.sun_path;
    struct stat status;
    if (lstat(path, &status) == 0 && status.st_dev == listener->device &&
        status.st_ino == listener->inode) {
        (void)unlink(path);
    }
}

/* ---- TCP ---- */

union socket_name {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* The socket name of a loopback address; its length, or 0 when it is not on loopback. */
static socklen_t loopback_name(const struct address *place, union socket_name *name)
{
    memset(name, 0, sizeof *name);
    in_port_t port = htons((uint16_t)strtoul(place->port, NULL, 10));
    const char *host = strcmp(place->host, "localhost") == 0 ? "127.0.0.1" : place->host;
    if (inet_pton(AF_INET, host, &name->v4.sin_addr) == 1) {
        name->v4.sin_family = AF_INET;
        name->v4.sin_port = port;
        return ntohl(name->v4.sin_addr.s_addr) >> 24 == 127 ? sizeof name->v4 : 0;
    }
    if (inet_pton(AF_INET6, host, &name->v6.sin6_addr) == 1) {
        name->v6.sin6_family = AF_INET6;
        name->v6.sin6_port = port;
        return IN6_IS_ADDR_LOOPBACK(&name->v6.sin6_addr) ? sizeof name->v6 : 0;
    }
    return 0;
}

static int loopback_listen(struct listener *listener, struct error *error)
{
    union socket_name name;
    socklen_t length = loopback_name(&listener->place, &name);
    if (length == 0) {
        (void)error_set(error, ERROR_CONFIG,
                        "refused to listen on %s: it is not a loopback address and mutual TLS is "
                        "not configured",
                        listener->address);
        return error_hint(error, "listen on unix:PATH or tcp:127.0.0.1:PORT");
    }
    int file_descriptor = socket(name.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    listener->file_descriptor = file_descriptor;
    int on = 1;
    if (file_descriptor < 0 ||
        setsockopt(file_descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(file_descriptor, &name.any, length) != 0 || listen(file_descriptor, BACKLOG) != 0 ||
        getsockname(file_descriptor, &name.any, &length) != 0) {
        enum error_code code = errno == EADDRINUSE ? ERROR_BUSY : ERROR_IO;
        return error_set(error, code, "listen on %s: %s", listener->address, strerror(errno));
    }
    bool v4 = name.any.sa_family == AF_INET;
    in_port_t port = v4 ? name.v4.sin_port : name.v6.sin6_port;
    (void)snprintf(listener->address, sizeof listener->address, v4 ? "tcp:%s:%u" : "tcp:[%s]:%u",
                   listener->place.host, (unsigned)ntohs(port));
    return 0;
}

/* ---- opening and closing ---- */

/* Gives back all but the memory and the poll handle. */
static void listener_release(struct listener *listener)
{
    if (listener->named) {
        path_remove(listener);
    }
    if (listener->file_descriptor >= 0) {
        (void)close(listener->file_descriptor);
    }
    if (listener->spare >= 0) {
        (void)close(listener->spare);
    }
}

struct listener *listener_open(uv_loop_t *loop, const char *address, listener_accepted *accepted,
                               void *context, struct error *error)
{
    struct listener *listener = memory_alloc(sizeof *listener);
    listener->file_descriptor = -1;
    listener->spare = -1;
    listener->accepted = accepted;
    listener->context = context;
    (void)snprintf(listener->address, sizeof listener->address, "%s", address);
    if (address_parse(address, &listener->place, error) != 0) {
        goto failed;
    }
    if ((listener->place.local ? path_listen : loopback_listen)(listener, error) != 0) {
        goto failed;
    }
    int status = uv_poll_init(loop, &listener->poll, listener->file_descriptor);
    if (status < 0) {
        (void)error_set(error, ERROR_IO, "listen on %s: %s", address, uv_strerror(status));
        goto failed;
    }
    listener->poll.data = listener;
    spare_take(listener);
    status = uv_poll_start(&listener->poll, UV_READABLE, peers_accept);
    if (status < 0) {
        (void)error_set(error, ERROR_IO, "listen on %s: %s", address, uv_strerror(status));
        listener_close(listener);
        return NULL;
    }
    return listener;

failed:
    listener_release(listener);
    free(listener);
    return NULL;
}

const char *listener_address(const struct listener *listener)
{
    return listener->address;
}

static void listener_closed(uv_handle_t *poll)
{
    free(poll->data);
}

void listener_close(struct listener *listener)
{
    if (listener == NULL) {
        return;
    }
    (void)uv_poll_stop(&listener->poll);
    listener_release(listener);
    uv_close((uv_handle_t *)&listener->poll, listener_closed);
}
