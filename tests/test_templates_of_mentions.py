"""Templates from mentions, and clusters from raw text."""

from strife import baselines
from strife.baselines.clusters import clusters
from strife.baselines.fillers import Wanted, aliases_in, named
from strife.baselines.incidents import everywhere, hints
from strife.baselines.pieces import split
from strife.baselines.strings import Candidate
from strife.model import Document, Entity, Template
from strife.ontology import Ontology

TEXT = "guerrillas of the fmln killed juan perez. perez was a teacher. the national front (fmln) denied it."


def marked(*pairs: tuple[str, str]) -> tuple[Entity, ...]:
    return tuple(Entity(f"m{n}", TEXT.index(s), TEXT.index(s) + len(s), role) for n, (s, role) in enumerate(pairs))


def test_every_occurrence_of_a_string_is_meant() -> None:
    found = everywhere(Document("d", TEXT, marked(("fmln", "PerpOrg"), ("juan perez", "Victim"))))
    assert [(TEXT[a:b], label) for a, b, label in found] == [
        ("fmln", "PerpOrg"), ("juan perez", "Victim"), ("fmln", "PerpOrg"),
    ]  # fmt: skip
    assert everywhere(Document("d", "perezoso perez", (Entity("m", 9, 14, "Victim"),))) == [(9, 14, "Victim")]


def wanted(string: str, role: str, at: int = 0) -> Wanted:
    one = Candidate(tuple(string.split()), string, [0], {}, {role: [0.0]})
    return Wanted(one, role, string, [(at, at + len(string))], [])


def test_a_filler_is_named_once_by_its_likeliest_string() -> None:
    strings = [
        wanted("perez", "Victim", 42),
        wanted("juan perez", "Victim", 30),
        wanted("national front", "PerpOrg"),
        wanted("fmln", "PerpOrg"),
        wanted("bomb", "Weapon"),
    ]
    chances = [0.5, 0.6, 0.9, 0.4, 0.2]
    apart = named(strings, chances, {}, 0.3)
    assert [(one.role, one.string, one.chance) for one in apart] == [
        ("PerpOrg", "national front", 0.9), ("Victim", "juan perez", 0.6), ("PerpOrg", "fmln", 0.4),
    ]  # fmt: skip
    assert apart[1].spans == [(30, 40), (42, 47)]
    known = Document("t", "", templates=(Template("attack", {"PerpOrg": (("The National Front", "FMLN"),)}),))
    together = named(strings, chances, aliases_in([known]), 0.3)
    assert [(one.role, one.string) for one in together] == [("PerpOrg", "national front"), ("Victim", "juan perez")]
    assert aliases_in([known]) == {"fmln": ["national front"], "national front": ["fmln"]}


def test_hints_are_the_words_beside_what_is_marked() -> None:
    text = "Rebels killed Juan there. The sun shone there. " * 12
    items = [(at, at + 4, "Victim") for at in range(len(text)) if text.startswith("Juan", at)]
    assert hints([split(text)], [items])[:2] == ["killed", "rebels"]


def test_texts_without_incident_get_no_template_whatever_gold_says(ontology: Ontology) -> None:
    small = Ontology("muc", "1", {"Victim": ontology.entity_types["PER"]}, template_types={"attack": ("Victim",)})
    killed = [
        Document(f"a{n}", f"rebels killed {name} today.", (Entity("m", 14, 14 + len(name), "Victim"),), templates=(
            Template("attack", {"Victim": ((name,),)}),
        ))
        for n, name in enumerate(("juan", "pedro", "luis", "maria", "rosa", "jose"))
    ]  # fmt: skip
    calm = [Document(f"b{n}", f"the {word} shone brightly all week.") for n, word in enumerate(("sun", "moon", "star"))]
    from strife.baselines.perceptron import Perceptron, Recipe

    model = Perceptron.fit([*killed, *calm], [], small, recipe=Recipe(seeds=(1,)))
    assert model.predict(Document("x", "rebels killed carlos today.")).templates[0].type == "attack"
    gold = Document("y", "the moon shone brightly all week.", templates=killed[0].templates)
    assert model.predict(gold).templates == ()
    again = Perceptron.from_files(model.files())
    for document in (*killed, *calm, gold):
        assert again.predict_scored(document) == model.predict_scored(document)
        found, scores = again.predict_scored(document)
        assert set(scores) == {entity.id for entity in found.entities}


def test_no_baseline_hands_on_gold_templates_or_attributes(raid: Document, ontology: Ontology) -> None:
    gold = Document("d", "Quiet.", attributes={"x": "y"}, templates=(Template("attack", {"Victim": (("a",),)}),))
    for name in baselines.NAMES:
        found = baselines.train(name, [raid], [], ontology).predict(gold)
        assert (found.templates, found.attributes) == ((), {})


def test_words_in_like_company_are_in_one_cluster() -> None:
    places = ["goma", "talmar", "kabul"]
    sentences = [["fighting", "in", place, "on", "friday"] for place in places for _ in range(20)]
    sentences += [[f"x{n}", f"y{n}", f"z{n}"] for n in range(60) for _ in range(5)]
    found = clusters(sentences)
    assert found == clusters(sentences)
    assert found["goma"] == found["talmar"] == found["kabul"]
    assert len({one[0] for one in found.values()}) > 5
    assert clusters([["too", "little"]]) == {}
