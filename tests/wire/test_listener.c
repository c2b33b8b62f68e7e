/* Listeners and connecting: real sockets in a folder of the test's own. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/array.h"
#include "common/wire/stream.h"
#include "tests/wire/loop.h"

enum { NOBODY = 65534 };

/* One listener that answers each message, and one client. */
struct scene {
    struct test_loop test;
    char folder[64];
    char path[96];
    char address[128];
    struct listener *listener;
    struct stream *server;
    struct stream *client;
    unsigned accepted;
    unsigned connects; /* calls of `connected` */
    bool connect_over;
    bool answered;
    bool client_lost;
    bool server_lost;
    struct error error;
};

static void scene_begin(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    loop_begin(&scene->test);
    (void)snprintf(scene->folder, sizeof scene->folder, "/tmp/drover-listener-XXXXXX");
    cr_assert_not_null(mkdtemp(scene->folder));
    (void)snprintf(scene->path, sizeof scene->path, "%s/run/socket", scene->folder);
    (void)snprintf(scene->address, sizeof scene->address, "unix:%s", scene->path);
}

static void scene_end(struct scene *scene)
{
    char run[80];
    loop_end(&scene->test);
    (void)unlink(scene->path);
    (void)snprintf(run, sizeof run, "%s/run", scene->folder);
    (void)rmdir(run);
    cr_assert_eq(rmdir(scene->folder), 0, "something was left in %s", scene->folder);
}

static void server_message(struct stream *stream, const struct message *message, void *context)
{
    (void)context;
    stream_send(stream, message);
}

static void server_gone(struct stream *stream, const struct error *reason, void *context)
{
    struct scene *scene = context;
    (void)reason;
    scene->server_lost = true;
    stream_close(stream);
    scene->server = NULL;
}

static void scene_accepted(int file_descriptor, void *context)
{
    struct scene *scene = context;
    struct stream_callbacks callbacks = {
        .message = server_message, .lost = server_gone, .context = scene};
    cr_assert_eq(fcntl(file_descriptor, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    scene->accepted++;
    stream_close(scene->server);
    scene->server = stream_open(&scene->test.loop, file_descriptor, &callbacks, &scene->error);
    cr_assert_not_null(scene->server, "%s", scene->error.message);
}

static void client_message(struct stream *stream, const struct message *message, void *context)
{
    struct scene *scene = context;
    (void)stream;
    scene->answered = message->type == MESSAGE_HEARTBEAT && message->heartbeat.at_ms == 42;
}

static void client_gone(struct stream *stream, const struct error *reason, void *context)
{
    struct scene *scene = context;
    (void)reason;
    scene->client_lost = true;
    stream_close(stream);
    scene->client = NULL;
}

static void scene_connected(struct stream *stream, const struct error *error, void *context)
{
    struct scene *scene = context;
    scene->connects++;
    scene->connect_over = true;
    scene->client = stream;
    if (stream == NULL) {
        scene->error = *error;
        return;
    }
    cr_assert_null(error);
    struct stream_callbacks callbacks = {
        .message = client_message, .lost = client_gone, .context = scene};
    struct message message = {.type = MESSAGE_HEARTBEAT, .heartbeat = {.at_ms = 42}};
    stream_callbacks_set(stream, &callbacks);
    stream_send(stream, &message);
}

static struct listener *scene_listen(struct scene *scene, const char *address)
{
    return listener_open(&scene->test.loop, address, scene_accepted, scene, &scene->error);
}

static void scene_connect(struct scene *scene, const char *address)
{
    scene->connect_over = false;
    cr_assert_eq(stream_connect(&scene->test.loop, address, scene_connected, scene, &scene->error),
                 0, "%s", scene->error.message);
    cr_assert_not(scene->connect_over, "called back from within stream_connect");
    loop_until(&scene->test, &scene->connect_over);
    cr_assert_eq(scene->connects, 1);
}

static void scene_talk(struct scene *scene, const char *address)
{
    scene->listener = scene_listen(scene, address);
    cr_assert_not_null(scene->listener, "%s", scene->error.message);
    scene_connect(scene, listener_address(scene->listener));
    cr_assert_not_null(scene->client, "%s", scene->error.message);
    loop_until(&scene->test, &scene->answered);
    cr_assert_eq(scene->accepted, 1);
    stream_close(scene->client);
    loop_until(&scene->test, &scene->server_lost);
    listener_close(scene->listener);
}

Test(listener, unix_socket)
{
    struct scene scene;
    struct stat status;
    scene_begin(&scene);
    scene_talk(&scene, scene.address);
    cr_assert_neq(stat(scene.path, &status), 0, "the socket was not removed");
    scene_end(&scene);
}

Test(listener, tcp_on_loopback_with_a_port_chosen_by_the_system)
{
    struct scene scene;
    scene_begin(&scene);
    scene_talk(&scene, "tcp:127.0.0.1:0");
    scene_end(&scene);
}

Test(listener, tcp_address_tells_the_real_port)
{
    struct scene scene;
    scene_begin(&scene);
    struct listener *first = scene_listen(&scene, "tcp:127.0.0.1:0");
    cr_assert_not_null(first, "%s", scene.error.message);
    unsigned port = 0;
    cr_assert_eq(sscanf(listener_address(first), "tcp:127.0.0.1:%u", &port), 1);
    cr_assert_gt(port, 0);
    cr_assert_null(scene_listen(&scene, listener_address(first)));
    cr_assert_eq(scene.error.code, ERROR_BUSY);
    listener_close(first);
    scene_end(&scene);
}

Test(listener, localhost_is_resolved_by_the_client_too)
{
    struct scene scene;
    scene_begin(&scene);
    scene_talk(&scene, "tcp:localhost:0"); /* may try ::1 before 127.0.0.1 */
    scene_end(&scene);
}

Test(listener, socket_and_folder_belong_to_the_user_alone)
{
    static const mode_t masks[] = {0, 022, 077};
    for (size_t i = 0; i < LENGTH(masks); i++) {
        struct scene scene;
        char folder[80];
        struct stat status;
        scene_begin(&scene);
        mode_t before = umask(masks[i]);
        scene.listener = scene_listen(&scene, scene.address);
        (void)umask(before);
        cr_assert_not_null(scene.listener, "%s", scene.error.message);
        cr_assert_eq(stat(scene.path, &status), 0);
        cr_assert(S_ISSOCK(status.st_mode));
        cr_assert_eq(status.st_mode & 07777, 0600);
        (void)snprintf(folder, sizeof folder, "%s/run", scene.folder);
        cr_assert_eq(stat(folder, &status), 0);
        cr_assert_eq(status.st_mode & 07777, 0700);
        listener_close(scene.listener);
        scene_end(&scene);
    }
}

Test(listener, a_live_socket_is_busy)
{
    struct scene scene;
    scene_begin(&scene);
    scene.listener = scene_listen(&scene, scene.address);
    cr_assert_not_null(scene.listener, "%s", scene.error.message);
    cr_assert_null(scene_listen(&scene, scene.address));
    cr_assert_eq(scene.error.code, ERROR_BUSY, "%s", scene.error.message);
    scene_connect(&scene, scene.address); /* and the first still answers */
    cr_assert_not_null(scene.client);
    loop_until(&scene.test, &scene.answered);
    stream_close(scene.client);
    loop_until(&scene.test, &scene.server_lost);
    listener_close(scene.listener);
    scene_end(&scene);
}

Test(listener, a_stale_socket_is_replaced)
{
    struct scene scene;
    scene_begin(&scene);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) { /* listens and dies without closing */
        uv_loop_t loop;
        struct error error;
        if (uv_loop_init(&loop) != 0) {
            _exit(1);
        }
        _exit(listener_open(&loop, scene.address, scene_accepted, NULL, &error) != NULL ? 0 : 2);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    cr_assert_eq(access(scene.path, F_OK), 0);
    scene_talk(&scene, scene.address);
    scene_end(&scene);
}

Test(listener, close_leaves_the_socket_of_a_successor)
{
    struct scene scene;
    struct stat status;
    scene_begin(&scene);
    struct listener *first = scene_listen(&scene, scene.address);
    cr_assert_not_null(first, "%s", scene.error.message);
    cr_assert_eq(unlink(scene.path), 0);
    scene.listener = scene_listen(&scene, scene.address);
    cr_assert_not_null(scene.listener, "%s", scene.error.message);
    listener_close(first);
    cr_assert_eq(stat(scene.path, &status), 0, "it removed another's socket");
    listener_close(scene.listener);
    scene_end(&scene);
}

Test(listener, a_file_in_its_place_is_kept)
{
    struct scene scene;
    char folder[80];
    scene_begin(&scene);
    (void)snprintf(folder, sizeof folder, "%s/run", scene.folder);
    cr_assert_eq(mkdir(folder, 0700), 0);
    int file_descriptor = open(scene.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    cr_assert_geq(file_descriptor, 0);
    (void)close(file_descriptor);
    cr_assert_null(scene_listen(&scene, scene.address));
    cr_assert_not_null(strstr(scene.error.message, "is not a socket"));
    cr_assert_eq(access(scene.path, F_OK), 0);
    scene_end(&scene);
}

/* Connects as another user; the child's exit code is 0 when the listener hung up without a byte. */
static pid_t stranger_start(const char *path)
{
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child > 0) {
        return child;
    }
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    memcpy(name.sun_path, path, strlen(path) + 1);
    int file_descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    char byte;
    if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0) {
        _exit(2);
    }
    if (connect(file_descriptor, (const struct sockaddr *)&name, sizeof name) != 0) {
        _exit(3);
    }
    _exit(read(file_descriptor, &byte, 1) == 0 ? 0 : 4);
}

static void child_exited(uv_signal_t *handle, int number)
{
    (void)number;
    *(bool *)handle->data = true;
}

Test(listener, a_peer_of_another_user_is_refused)
{
    if (geteuid() != 0) {
        cr_skip("needs root to be another user");
    }
    struct scene scene;
    char folder[80];
    scene_begin(&scene);
    scene.listener = scene_listen(&scene, scene.address);
    cr_assert_not_null(scene.listener, "%s", scene.error.message);
    /* Open every door but the credentials. */
    (void)snprintf(folder, sizeof folder, "%s/run", scene.folder);
    cr_assert_eq(chmod(scene.folder, 0755) + chmod(folder, 0755) + chmod(scene.path, 0666), 0);
    bool exited = false;
    uv_signal_t signal;
    cr_assert_eq(uv_signal_init(&scene.test.loop, &signal), 0);
    signal.data = &exited;
    cr_assert_eq(uv_signal_start(&signal, child_exited, SIGCHLD), 0);
    pid_t child = stranger_start(scene.path);
    loop_until(&scene.test, &exited);
    uv_close((uv_handle_t *)&signal, NULL);
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    cr_assert_eq(WEXITSTATUS(status), 0);
    cr_assert_eq(scene.accepted, 0);
    listener_close(scene.listener);
    scene_end(&scene);
}

Test(listener, addresses_off_loopback_are_refused)
{
    static const char *const addresses[] = {"tcp:0.0.0.0:0", "tcp:[::]:0", "tcp:10.0.0.1:0",
                                            "tcp:example.com:80", "tcp:[::ffff:127.0.0.1]:0"};
    struct scene scene;
    scene_begin(&scene);
    for (size_t i = 0; i < LENGTH(addresses); i++) {
        cr_expect_null(scene_listen(&scene, addresses[i]), "%s", addresses[i]);
        cr_expect_eq(scene.error.code, ERROR_CONFIG, "%s", addresses[i]);
        cr_expect_not_null(strstr(scene.error.message, "mutual TLS"), "%s", scene.error.message);
    }
    scene_end(&scene);
}

Test(listener, malformed_addresses_are_refused_by_both_sides)
{
    static const char *const addresses[] = {
        "",          "unix:",       "tcp:",   "tcp:127.0.0.1", "tcp::1:80", "tcp:host:65536",
        "tcp:[]:80", "tcp:host:-1", "/tmp/x", "tcp:host:",     "tcp:h:8x"};
    struct scene scene;
    scene_begin(&scene);
    for (size_t i = 0; i < LENGTH(addresses); i++) {
        cr_expect_null(scene_listen(&scene, addresses[i]), "%s", addresses[i]);
        cr_expect_eq(scene.error.code, ERROR_CONFIG, "%s", addresses[i]);
        cr_expect_eq(
            stream_connect(&scene.test.loop, addresses[i], scene_connected, &scene, &scene.error),
            -1, "%s", addresses[i]);
        cr_expect_eq(scene.error.code, ERROR_CONFIG, "%s", addresses[i]);
    }
    scene_end(&scene);
    cr_assert_eq(scene.connects, 0);
}

Test(listener, a_path_too_long_is_named)
{
    char address[300] = "unix:/tmp/";
    memset(address + strlen(address), 'x', 200);
    struct scene scene;
    scene_begin(&scene);
    cr_assert_null(scene_listen(&scene, address));
    cr_assert_eq(scene.error.code, ERROR_CONFIG);
    cr_assert_not_null(strstr(scene.error.message, "the system allows 107"), "%s",
                       scene.error.message);
    scene_end(&scene);
}

static void connect_expect(struct scene *scene, const char *address, const char *wanted)
{
    scene->connects = 0;
    scene_connect(scene, address);
    cr_assert_null(scene->client);
    cr_assert_eq(scene->error.code, ERROR_IO);
    cr_assert_not_null(strstr(scene->error.message, wanted), "%s", scene->error.message);
}

Test(listener, nobody_there_is_reported_to_the_callback)
{
    struct scene scene;
    char closed[64];
    scene_begin(&scene);
    connect_expect(&scene, scene.address, "No such file");
    scene.listener = scene_listen(&scene, "tcp:127.0.0.1:0");
    cr_assert_not_null(scene.listener, "%s", scene.error.message);
    (void)snprintf(closed, sizeof closed, "%s", listener_address(scene.listener));
    listener_close(scene.listener);
    connect_expect(&scene, closed, "refused");
    scene_end(&scene);
}

Test(listener, a_peer_is_dropped_when_no_descriptor_is_left)
{
    struct scene scene;
    scene_begin(&scene);
    scene.listener = scene_listen(&scene, scene.address);
    cr_assert_not_null(scene.listener, "%s", scene.error.message);
    /* The client takes the last descriptor but one, which the poll of its connect needs no more. */
    scene_connect(&scene, scene.address);
    loop_until(&scene.test, &scene.answered);
    int second = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    memcpy(name.sun_path, scene.path, strlen(scene.path) + 1);
    struct rlimit before;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    int lowest_free = dup(second);
    (void)close(lowest_free);
    struct rlimit tight = {.rlim_cur = (rlim_t)lowest_free, .rlim_max = before.rlim_max};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &tight), 0);
    cr_assert_eq(connect(second, (const struct sockaddr *)&name, sizeof name), 0);
    char byte;
    ssize_t got = -1;
    while (got < 0) { /* until the listener has hung up */
        (void)uv_run(&scene.test.loop, UV_RUN_ONCE);
        got = recv(second, &byte, 1, MSG_DONTWAIT);
    }
    cr_assert_eq(got, 0);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    cr_assert_eq(scene.accepted, 1);
    (void)close(second);
    stream_close(scene.client);
    loop_until(&scene.test, &scene.server_lost);
    listener_close(scene.listener);
    scene_end(&scene);
}
