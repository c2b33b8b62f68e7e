"""Who may include whom: rooms.cmake is the law, the #include lines are read against it."""
import re
import subprocess

import rooms
from found import nothing


def uses():
    return {(folder, used) for folder, others in rooms.room_includes().items() for used in others}


def reached(edges, start):
    """All rooms that `start` uses, directly or not."""
    seen, todo = set(), [start]
    while todo:
        room = todo.pop()
        for used in {used for user, used in edges if user == room} - seen:
            seen.add(used)
            todo.append(used)
    return seen


def on_a_circle(edges):
    return {edge for edge in edges if edge[0] in reached(edges, edge[1])}


def test_every_include_is_there():
    nothing(f"{path} includes {name}" for path, name in rooms.includes()
            if not (rooms.ROOT / name).is_file())


def test_every_folder_is_a_room():
    assert {rooms.room_of(path) for path in rooms.sources()} == set(rooms.rooms())


def test_a_room_includes_only_what_it_uses():
    known = rooms.rooms()
    nothing(f"{path}: {folder} does not name {used} after USES in rooms.cmake"
            for folder, others in rooms.room_includes().items()
            for used, paths in others.items() if used not in known[folder].uses for path in paths)


def test_no_room_names_what_it_does_not_include():
    included = rooms.room_includes()
    nothing(f"{room.folder} includes nothing of {used}"
            for room in rooms.rooms().values() for used in room.uses if used not in included[room.folder])


def test_a_library_is_included_only_where_it_is_named():
    known = rooms.rooms()
    included = rooms.library_includes()
    nothing(f"{path}: {folder} does not name {library} after LIBRARIES in rooms.cmake"
            for folder, libraries in included.items()
            for library, paths in libraries.items() if library not in known[folder].libraries
            for path in paths)
    nothing(f"{room.folder} includes nothing of {library}" for room in known.values()
            for library in room.libraries if library not in included[room.folder])


def test_coordinator_and_worker_never_meet():
    apart = {"coordinator": ("worker", "cli"), "worker": ("coordinator", "cli"),
             "common": ("coordinator", "worker", "cli")}
    nothing(f"{path} includes {name}" for path, name in rooms.includes()
            if name.split("/")[0] in apart.get(path.split("/")[0], ()))


def test_no_circle_of_rooms():
    edges = uses()
    nothing(f"{user} uses {used}, which leads back to it" for user, used in on_a_circle(edges))


def test_only_the_fold_changes_what_is_known():
    known = "core|rollout|target|source|path|wave|window|throttle|hold|brake|jobs?|worker|servers?|load|intern"
    held = re.compile(rf"(?<!const )\bstruct (?:{known}) \*(?=\w)")
    written = re.compile(r"\b(?:core|rollout)->[\w\[\].>-]+ (?:[-+|]?= |\+\+|--)|\b(?:core|rollout)->\w+(?:\+\+|--)")
    nothing(f"{path}: what is known is changed"
            for path in rooms.sources(*(f"coordinator/core/{room}" for room in ("order", "decide", "view")))
            if held.search(rooms.text_of(path)) or written.search(rooms.text_of(path)))


def test_architecture_shows_the_rooms():
    page = rooms.text_of("docs/architecture.md")
    shown = page.split("<!-- rooms: begin -->\n")[1].split("<!-- rooms: end -->\n")[0]
    made = subprocess.check_output([rooms.ROOT / "scripts/rooms"], text=True)
    assert shown.strip() == made.strip(), "scripts/rooms --write makes the table"
