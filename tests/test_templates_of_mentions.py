"""Templates from mentions, and clusters from raw text."""

from strife import baselines
from strife.baselines.clusters import clusters
from strife.baselines.incidents import aliases_in, everywhere, hints, template
from strife.baselines.pieces import split
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


def test_a_filler_is_named_once_by_its_most_frequent_string() -> None:
    perez = TEXT.index("perez was")
    entities = (*marked(("fmln", "PerpOrg"), ("juan perez", "Victim"), ("national front", "PerpOrg")),)
    document = Document("d", TEXT, (*entities, Entity("x", perez, perez + 5, "Victim")))
    apart = template(document, "attack", {})
    assert apart.templates == (
        Template("attack", {"PerpOrg": (("national front",), ("fmln",)), "Victim": (("juan perez",),)}),
    )
    known = Document("t", "", templates=(Template("attack", {"PerpOrg": (("national front", "fmln"),)}),))
    together = template(document, "attack", aliases_in([known]))
    assert together.templates[0].roles["PerpOrg"] == (("national front",),)


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
