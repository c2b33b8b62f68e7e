"""SQLSTATEs stand in common/vocabulary/sqlstates.def and nowhere else: code names them."""
import re

import rooms

LIST = "common/vocabulary/sqlstates.def"
CODE = re.compile(r'"(?=[A-Z]*\d)[0-9A-Z]{5}"')
COMPARED = re.compile(r'sqlstate\b[^;]*"[0-9A-Z]{1,5}"')  # a class as well
OTHERS = {'"10000"'}  # libpq's tcp_user_timeout


def code_of(path):
    """Its lines without comments."""
    blanked = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment[0].count("\n"), rooms.text_of(path), flags=re.S)
    return enumerate(blanked.splitlines(), 1)


def test_no_code_is_spelled_out():
    found = [f"{path}:{number}: {line.strip()}" for path in rooms.sources() if path != LIST
             for number, line in code_of(path)
             if set(CODE.findall(line)) - OTHERS or COMPARED.search(line)]
    assert not found, "\n".join(found)
