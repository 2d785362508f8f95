"""Other rankers on the same rows, for comparing: LightGBM where it is installed, logistic regression, chance."""

import warnings
from importlib.util import find_spec
from typing import Any

import numpy as np

from matcher.ranking import measures
from matcher.ranking.grouped import gains
from matcher.ranking.tables import Table

HAS_LIGHTGBM = find_spec("lightgbm") is not None
NOT_RUN = "LightGBM is not installed (extra bench)"
TRIED = ((7, 0.05), (15, 0.05), (31, 0.05), (15, 0.02))
MOST_TREES = 600


def lambdarank(table: Table, *, seed: int) -> Any:
    """Leaves, rate and number of trees chosen on the last fifth of the groups, then fitted on all."""
    import lightgbm as lgb

    warnings.filterwarnings("ignore", module="lightgbm")
    count = len(table.group)
    late = np.arange(count) >= 0.8 * count
    early, later = table.part(~late), table.part(late)
    best, chosen = -1.0, (15, 0.05, 100)
    for leaves, rate in TRIED:
        model = _ranker(leaves, rate, MOST_TREES, table, seed)
        model.fit(
            early.X, early.y.astype(int), group=early.group, eval_set=[(later.X, later.y.astype(int))],
            eval_group=[later.group], eval_at=[10], callbacks=[lgb.early_stopping(40, verbose=False)],
            categorical_feature=list(table.categorical) or "auto",
        )  # fmt: skip
        found = float(np.nanmean(measures.ndcg(model.predict(later.X), gains(later.y), later.bounds)))
        if found > best:
            best, chosen = found, (leaves, rate, max(5, model.best_iteration_ or MOST_TREES))
    model = _ranker(*chosen, table, seed)
    return model.fit(
        table.X, table.y.astype(int), group=table.group, categorical_feature=list(table.categorical) or "auto"
    )


def _ranker(leaves: int, rate: float, trees: int, table: Table, seed: int) -> Any:
    import lightgbm as lgb

    monotone = [0 if at in table.categorical else sign for at, sign in enumerate(table.monotone)]
    return lgb.LGBMRanker(
        n_estimators=trees, learning_rate=rate, num_leaves=leaves, min_child_samples=20, n_jobs=1, verbose=-1,
        random_state=seed, monotone_constraints=monotone if any(monotone) else None,
    )  # fmt: skip


def logistic(table: Table) -> Any:
    """Of a good outcome, on scaled columns, one column per category."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [at for at in range(table.X.shape[1]) if at not in table.categorical]
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler()), numbers),
            ("kinds", OneHotEncoder(handle_unknown="ignore", max_categories=50), list(table.categorical)),
        ]
    )
    good = table.y > np.median(table.y) if len(np.unique(table.y)) > 2 else table.y > table.y.min()
    good = good if 0 < good.mean() < 1 else table.y > table.y.min()
    return make_pipeline(columns, LogisticRegression(max_iter=500)).fit(table.X, good)
