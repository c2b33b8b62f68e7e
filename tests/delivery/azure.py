"""Azure Pipelines in small: expands templates as the service does before a run, and runs the steps of a stage as an
agent does, with the real bash and the real drover. Only what our files use; anything else is an error."""
import os
import pathlib
import re
import shutil
import subprocess

import agents
from conftest import check_json

MARK = re.compile(r"\$\{\{(.*?)\}\}")


# ---- expressions ----

def parse(tokens, scope):
    token = tokens.pop(0)
    if token[0] == "'":
        return token[1:-1].replace("''", "'")
    if token.isdigit():
        return int(token)
    if token in ("true", "false"):
        return token == "true"
    if tokens and tokens[0] == "(":
        tokens.pop(0)
        arguments = []
        while tokens[0] != ")":
            arguments.append(parse(tokens, scope))
            if tokens[0] == ",":
                tokens.pop(0)
        tokens.pop(0)
        return FUNCTIONS[token](*arguments)
    value = scope
    for part in token.split("."):
        value = value[part]
    return value


def evaluate(text, scope):
    tokens = re.findall(r"'(?:[^']|'')*'|[\w.]+|[(),]", text)
    assert "".join(tokens) == re.sub(r"\s+", "", text), f"not understood: {text}"
    value = parse(tokens, scope)
    assert not tokens, f"not understood: {text}"
    return value


def same(one, other):
    return written(one).lower() == written(other).lower()


FUNCTIONS = {
    "eq": same,
    "ne": lambda one, other: not same(one, other),
    "and": lambda *parts: all(parts),
    "not": lambda value: not value,
    "length": len,
    "upper": str.upper,
    "succeeded": lambda: True,
}


def written(value):
    return {True: "True", False: "False"}.get(value, value) if isinstance(value, bool) else str(value)


# ---- templates ----

def expand(node, scope, folder):
    if isinstance(node, str):
        whole = MARK.fullmatch(node.strip())
        if whole:
            return evaluate(whole[1], scope)
        return MARK.sub(lambda match: written(evaluate(match[1], scope)), node)
    if isinstance(node, dict):
        result = {}
        for key, value in node.items():
            each = re.fullmatch(r"\$\{\{ each (\w+) in (.*) \}\}", key)
            if each:
                for item in evaluate(each[2], scope):
                    result.update(expand(value, {**scope, each[1]: item}, folder))
            else:
                result[expand(key, scope, folder)] = expand(value, scope, folder)
        return result
    if isinstance(node, list):
        return expand_list(node, scope, folder)
    return node


def expand_list(node, scope, folder):
    result = []
    taken = False  # a branch of the if before
    for item in node:
        if isinstance(item, dict) and len(item) == 1 and next(iter(item)).startswith("${{"):
            (key, body), = item.items()
            word = re.fullmatch(r"\$\{\{ (if|else)(.*)\}\}", key)
            chosen = not taken if word[1] == "else" else evaluate(word[2], scope)
            taken = bool(chosen)
            result += expand_list(body, scope, folder) if chosen else []
        elif isinstance(item, dict) and "template" in item:
            given = expand(item.get("parameters", {}), scope, folder)
            inner = template(folder / item["template"], given)
            result += next(inner[key] for key in ("stages", "jobs", "steps") if key in inner)
        else:
            value = expand(item, scope, folder)
            result += value if isinstance(item, str) and isinstance(value, list) else [value]
    return result


def template(path, given):
    """A template, or a pipeline, with its parameters put in."""
    document = check_json("yaml", path)
    parameters = {}
    for entry in document.get("parameters", []):
        value = given.get(entry["name"], entry.get("default"))
        assert value is not None, f"{path}: parameter {entry['name']} is not given"
        assert "values" not in entry or value in entry["values"], f"{path}: {entry['name']} cannot be {value!r}"
        kinds = {"string": str, "boolean": bool, "number": int, "object": (list, dict), "stepList": list}
        assert isinstance(value, kinds[entry["type"]]), f"{path}: {entry['name']} is not a {entry['type']}"
        parameters[entry["name"]] = value
    unknown = set(given) - set(parameters)
    assert not unknown, f"{path} has no parameters {unknown}"
    body = {key: value for key, value in document.items() if key not in ("parameters", "extends")}
    result = expand(body, {"parameters": parameters}, path.parent)
    if "extends" in document:
        more = expand(document["extends"].get("parameters", {}), {"parameters": parameters}, path.parent)
        result.update(template(path.parent / document["extends"]["template"], more))
    return result


# ---- an agent ----

class StageResult:
    def __init__(self):
        self.log = ""
        self.failed = False
        self.steps = {}  # display name: exit code

    @property
    def commands(self):
        return agents.azure(self.log)

    def __repr__(self):
        return f"{self.steps}\n{self.log}"


class Run:
    """One run of a pipeline: its artifacts, and a stage after the other, each on an agent with a fresh checkout."""

    def __init__(self, folder, checkout, variables, secrets, path):
        self.folder = pathlib.Path(folder)
        self.checkout = checkout
        self.variables = variables
        self.secrets = secrets
        self.path = path
        self.artifacts = self.folder / "artifacts"
        self.artifacts.mkdir(parents=True)
        self.tests = []

    def stage(self, stage, attempt=1):
        self.result = StageResult()
        self.work = self.folder / f"{stage['stage']}-{attempt}"
        self.sources = self.work / "s"
        for name in ("a", "temp"):
            (self.work / name).mkdir(parents=True)
        self.macros = {"Build.ArtifactStagingDirectory": str(self.work / "a"), "System.JobAttempt": str(attempt),
                       "Pipeline.Workspace": str(self.work), **self.variables, **self.secrets}
        job, = stage["jobs"]
        steps = job["steps"] if "job" in job else job["strategy"]["runOnce"]["deploy"]["steps"]
        for step in steps:
            condition = step.get("condition", "succeeded()")
            assert condition in ("succeeded()", "succeededOrFailed()", "always()"), condition
            if not self.result.failed or condition != "succeeded()":
                self.step(step)
        return self.result

    def replaced(self, text):
        """$(name); a variable that does not exist stays as it is written."""
        return re.sub(r"\$\(([\w.]+)\)", lambda match: self.macros.get(match[1], match[0]), text)

    def step(self, step):
        if "bash" in step:
            self.bash(step)
        elif "checkout" in step:
            shutil.copytree(self.checkout, self.sources)
        elif "publish" in step:
            name = self.replaced(step["artifact"])
            assert not (self.artifacts / name).exists(), f"the artifact {name} was published before"
            source = pathlib.Path(self.replaced(step["publish"]))
            assert source.is_dir() or self.result.failed, f"{source} does not exist"
            if source.is_dir():
                shutil.copytree(source, self.artifacts / name)
        elif "download" in step:
            for artifact in self.artifacts.iterdir():
                shutil.copytree(artifact, self.work / artifact.name)
        elif step.get("task") == "PublishTestResults@2":
            self.tests.append(pathlib.Path(self.replaced(step["inputs"]["testResultsFiles"])))
        else:
            raise AssertionError(f"not understood: {step}")

    def bash(self, step):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "DB_"))}
        # Variables are in every step's environment, secret ones are not.
        environment.update({name.upper(): value for name, value in self.variables.items()})
        environment.update({"TF_BUILD": "True", "PATH": f"{self.path}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8",
                            "PIPELINE_WORKSPACE": str(self.work), "AGENT_TEMPDIRECTORY": str(self.work / "temp"),
                            "BUILD_SOURCESDIRECTORY": str(self.sources)})
        environment.update({name: self.replaced(written(value)) for name, value in step.get("env", {}).items()})
        script = self.work / "script.sh"
        script.write_text(self.replaced(step["bash"]))
        done = subprocess.run(["bash", "--noprofile", "--norc", script], cwd=self.sources, env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        self.result.log += done.stdout.decode()
        assert "Sanitizer" not in self.result.log, self.result.log
        self.result.steps[step["displayName"]] = done.returncode
        self.result.failed = self.result.failed or done.returncode != 0
