"""Clusters of words that stand in like company, learnt from raw text; they let rare words share what is learnt.

Counts of the words next to a word, weighed as positive pointwise mutual information (Bullinaria and Levy, 2007), are
factored (truncated SVD; Levy, Goldberg and Dagan, TACL 2015) and the vectors divided by k-means, coarsely and finely.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

LEAST = 3  # a rarer word has no company to speak of
CONTEXTS = 2000  # the words that count as company
SIZE = 48  # of the vectors
GRAINS = (32, 128, 512)


def clusters(sentences: Iterable[Sequence[str]], seed: int = 1) -> dict[str, list[str]]:
    """By word, in small letters, its cluster of each grain. Empty for next to no text."""
    import numpy as np
    from scipy.sparse import csr_matrix, diags
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.utils.extmath import randomized_svd
    from threadpoolctl import threadpool_limits

    folded = [[word.casefold() for word in sentence] for sentence in sentences]
    count = Counter(word for sentence in folded for word in sentence)
    words = [word for word, n in count.most_common() if n >= LEAST]
    if len(words) < 2 * SIZE:
        return {}
    number = {word: n for n, word in enumerate(words)}
    strung = np.array([n for s in folded for n in (-1, -1, *(number.get(word, -1) for word in s))], np.int64)
    company = min(CONTEXTS, len(words))
    rows, columns = [], []
    for part, distance in enumerate((-2, -1, 1, 2)):
        other = np.roll(strung, -distance)
        kept = (strung >= 0) & (other >= 0) & (other < company)
        rows.append(strung[kept])
        columns.append(other[kept] + part * company)
    place = np.concatenate(rows), np.concatenate(columns)
    table = csr_matrix((np.ones(len(place[0])), place), shape=(len(words), 4 * company))
    of_word, of_company = (np.asarray(table.sum(axis=axis)).ravel() for axis in (1, 0))
    smooth = of_company**0.75
    smooth *= of_company.sum() / smooth.sum()
    scaled = diags(1 / np.maximum(of_word, 1)) @ table @ diags(of_company.sum() / np.maximum(smooth, 1))
    scaled.data = np.maximum(np.log(scaled.data), 0)
    found: dict[str, list[str]] = {word: [] for word in words}
    with threadpool_limits(1):  # the same sums in the same order, however many processors there are
        left, strength, _ = randomized_svd(scaled, SIZE, random_state=seed)
        vectors = left * np.sqrt(strength)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        for grain in GRAINS:
            if grain * 2 <= len(words):
                means = MiniBatchKMeans(grain, random_state=seed, n_init=3, batch_size=2048)
                for word, cluster in zip(words, means.fit_predict(vectors), strict=True):
                    found[word].append(f"c{grain}={cluster}")
    return found
