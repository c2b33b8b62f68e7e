"""Random graphs, version rows and questions, all from one random.Random."""

# Shapes: how likely a revision has 0, 1, 2, 3 parents, dependencies, labels.
SHAPES = {
    "linear": ((0, 1, 0, 0), 0.0, 0.2),
    "branches": ((1, 12, 0, 0), 0.0, 0.3),
    "merges": ((1, 7, 4, 1), 0.0, 0.2),
    "bases": ((4, 6, 1, 0), 0.1, 0.4),
    "dependencies": ((3, 8, 1, 0), 0.5, 0.2),
    "anything": ((2, 8, 3, 1), 0.3, 0.3),
}


def random_graph(rnd):
    """Listing order is order of ids, which has nothing to do with the order of the links."""
    parents, depends, labels = SHAPES[rnd.choice(list(SHAPES))]
    count = rnd.choice([1, 2, 3, 5, 7, 9, 12])
    numbers = rnd.sample(range(100), count)
    ids = [f"{rnd.choice('abc')}{rnd.choice('01')}{number:02}" for number in numbers]
    if rnd.random() < 0.1:
        ids = [name[:rnd.choice([2, 3, 4])] + name[2:] for name in ids]  # some longer, none equal
    nodes = []
    for place, name in enumerate(ids):
        known = ids[:place]
        wanted = rnd.choices((0, 1, 2, 3), parents)[0] if known else 0
        node = {"id": name, "parents": rnd.sample(known, min(wanted, len(known))), "depends": [], "labels": []}
        if parents[0] == 0 and known:
            node["parents"] = [known[-1]]
        for _ in range(2):
            if known and rnd.random() < depends:
                other = rnd.choice(nodes)
                text = rnd.choice(other["labels"]) if other["labels"] and rnd.random() < 0.4 else other["id"]
                if text not in node["depends"]:
                    node["depends"].append(text)
        if rnd.random() < labels:
            label = f"{rnd.choice(['net', 'ops', 'bill', 'a0', 'bill-a', 'ops-'])}{place}"
            node["labels"] = [label] if label not in ids else []
            if rnd.random() < 0.1:
                node["labels"].append(f"x{place}")
        nodes.append(node)
    return sorted(nodes, key=lambda node: node["id"])


class Links:
    """The graph by docs/design/alembic.md, section 2, written apart from Drover and Alembic."""

    def __init__(self, graph):
        self.label = {label: node["id"] for node in graph for label in node["labels"]}
        self.parents = {node["id"]: node["parents"] for node in graph}
        self.depends = {node["id"]: [self.label.get(name, name) for name in node["depends"]] for node in graph}
        self.above = {name: self.closure([name]) for name in self.parents}

    def links(self, name):
        """Parents and normalized dependencies."""
        implied = {other for line in self.closure([name], parents_only=True) - {name} for other in self.depends[line]}
        return self.parents[name] + [other for other in self.depends[name]
                                     if other not in implied and other not in self.parents[name]]

    def closure(self, names, parents_only=False):
        seen, open_ = set(), list(names)
        while open_:
            name = open_.pop()
            if name not in seen:
                seen.add(name)
                open_ += self.parents[name] + ([] if parents_only else self.depends[name])
        return seen

    def rows(self, applied):
        """The rule of docs/design/alembic.md, section 5."""
        return sorted(name for name in applied
                      if not any(name != other and name in self.above[other] for other in applied))

    def overlapping(self, names):
        return any(one != other and one in self.above[other] for one in names for other in names)

    def crooked(self, name):
        """One of the links is an ancestor of another: where Alembic spoils the rows (docs/design/alembic.md, section 14)."""
        return self.overlapping(self.links(name))


def random_rows(rnd, graph, links):
    """Mostly what the rule allows; now and then overlapping rows, or one that nobody knows."""
    ids = [node["id"] for node in graph]
    some = rnd.sample(ids, min(len(ids), rnd.choice([0, 1, 1, 2, 3])))
    rows = links.rows(links.closure(some))
    chance = rnd.random()
    if chance < 0.04:
        rows = some
    elif chance < 0.06:
        rows = rows + ["zzzz"]
    return sorted(rows)


def random_name(rnd, graph, links):
    names = list(links.parents) + list(links.label)
    name = rnd.choice(names)
    chance = rnd.random()
    if chance < 0.08:
        return name[:rnd.randint(1, len(name))]
    return rnd.choice(["zz", "base1"]) if chance < 0.10 else name


def random_symbol(rnd, graph, links):
    chance = rnd.random()
    if chance < 0.35:
        return rnd.choice(["head", "head", "heads", "heads", "base"])
    return random_name(rnd, graph, links)


def random_spec(rnd, graph, links):
    spec = f"{random_name(rnd, graph, links)}@" if rnd.random() < 0.3 else ""
    steps = rnd.choice("+-") + rnd.choice("0111122223345")
    chance = rnd.random()
    if chance < 0.25:
        return spec + steps
    spec += random_symbol(rnd, graph, links)
    return spec + steps if chance < 0.40 else spec


def random_question(rnd, graph, links):
    op = rnd.choice(["upgrade", "upgrade", "downgrade", "downgrade", "stamp"])
    question = {"op": op, "from": random_rows(rnd, graph, links), "specs": [random_spec(rnd, graph, links)],
                "purge": False}
    if op == "stamp":
        question["specs"] = []
        for _ in range(rnd.choice([1, 1, 1, 2, 3])):
            line = f"{random_name(rnd, graph, links)}@" if rnd.random() < 0.2 else ""
            step = rnd.choice(["+1", "-1"]) if rnd.random() < 0.03 else ""
            question["specs"].append(line + random_symbol(rnd, graph, links) + step)
        question["purge"] = rnd.random() < 0.2
    return question


def random_listing(rnd, graph, links):
    current = links.rows(links.closure(rnd.sample(list(links.parents), 1)))
    if rnd.random() < 0.3:
        line = f"{random_name(rnd, graph, links)}@" if rnd.random() < 0.3 else ""
        return {"op": "show", "symbol": line + random_symbol(rnd, graph, links)}

    def side(relative):
        line = f"{random_name(rnd, graph, links)}@" if rnd.random() < 0.2 else ""
        chance = rnd.random()
        if chance < 0.25:
            return ""
        if chance < 0.4:
            return line + relative + rnd.choice("1122345")
        if chance < 0.5 and relative == "+":
            return line + random_name(rnd, graph, links) + rnd.choice("+-") + rnd.choice("0123")
        return line + random_symbol(rnd, graph, links)
    low, high = side("-"), side("+")
    chance = rnd.random()
    if chance < 0.1:
        low = "current"
    elif chance < 0.2:
        high = "current"
    return {"op": "history", "range": f"{low}:{high}", "current": current}
