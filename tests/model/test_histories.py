"""Random histories through the model and through the reconciler: after every night both must see
the same directory, and judging the whole district again must change nothing. Half of them have a
neighbour in the database that is their opposite in everything but ids and numbers (neighbour.sql).
Most nights go by way of a digest; some of them are played whole before, and must end the same.

ROSTERD_HISTORIES=N runs N histories (default 30), ROSTERD_SEED=S starts at seed S. A failure names
its seed and night; `ROSTERD_HISTORIES=1 ROSTERD_SEED=S` repeats it.
"""

import copy
import os
import pathlib
import sys
from datetime import date

import psycopg2
import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "tools"))

import lab  # noqa: E402
import guard  # noqa: E402
from database import Database, prepare  # noqa: E402
from histories import History  # noqa: E402
from model import District  # noqa: E402

HISTORIES = int(os.environ.get("ROSTERD_HISTORIES", "30"))
FIRST_SEED = int(os.environ.get("ROSTERD_SEED", "1"))
NIGHTS = 12
RUNS_TO_SETTLE = 3

@pytest.fixture(scope="module")
def connection():
    home = lab.Home()
    cluster = lab.Cluster(home)
    cluster.start()
    cluster.create("model")
    where = cluster.dsn("model")
    cluster.apply_schema("model")
    prepare(where)
    connection = psycopg2.connect(where)
    yield connection
    connection.close()
    cluster.stop()
    home.remove()


def sweep(connection):
    """Each history is rolled back; unswept, what they leave makes the hundredth take twice as long as the first."""
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
    connection.autocommit = False


def differences(expected, found):
    lines = []
    for what, rows in expected.items():
        missing = [row for row in map(tuple, rows) if row not in found[what]]
        extra = [row for row in found[what] if row not in list(map(tuple, rows))]
        lines += [f"{what}: the model has {row}" for row in missing] + [f"{what}: the database has {row}" for row in extra]
    return "\n".join(lines)


def set_all(settings, model, database):
    vars(model.settings).update(settings)
    database.set(settings)


def act_by_hand(choose, history, model, database, since=None):
    done = []
    for _ in range(history.random.randint(0, 3)):
        act = choose(model)
        if act:
            name, arguments = act
            if database.act(model, name, *arguments):
                getattr(model, name)(*arguments)
                done.append(f"{name}{arguments}")
                if since is not None:
                    since.append(copy.deepcopy(model))
    return done


def act_while_off(history, model, database):
    """OFF-2, OFF-3: what leaders do while the sync is off; the next night it is on again."""
    database.set({"sync_enabled": False})
    done = act_by_hand(history.act_while_off, history, model, database)
    database.set({"sync_enabled": True})
    return ["off", *done, "on"]


class Sides:
    """The model and the database, night by night."""

    def __init__(self, connection, beside_neighbour, seed):
        self.model, self.database, self.limits = District(), Database(connection, beside_neighbour, seed), guard.Limits()
        self.accepted = False  # whether any file was
        self.applied = None  # the last run that was: its number, the district before and after it

    def set_limits(self, limits):
        vars(self.limits).update(limits)
        self.database.set(limits)

    def after(self, file, today, withheld=()):
        after = copy.deepcopy(self.model)
        after.sync(file, today, withheld)
        return after

    def night(self, history):
        """Whether anything was applied, and what to tell of it."""
        file, today = history.snapshot(), history.today
        after, verdict, withheld = self.after(file, today), "apply", ()
        if self.accepted:
            verdict = guard.verdict(self.limits, self.model, after, today)
        run = self.database.sync(file, today)
        state, reason, applied = self.database.end(run)
        assert state == ("done" if verdict == "apply" else "held"), f"the run ended as {state}, {reason}; the model says {verdict}"
        if verdict == "apply":
            self.applied = (run, self.model, copy.deepcopy(after))
            self.model, self.accepted = after, True
            return True, "apply"
        if verdict == "withhold" and reason != "plan.removals_withheld":
            # SAFE-5, or a loss that is not in any record of the file
            assert not applied and reason in ("plan.ids_renumbered", "plan.removals_over_limit"), f"nothing is withheld: {reason}"
            verdict = "hold"
        assert applied == (verdict == "withhold")
        if applied:
            self.withhold(run, file, today)
        decision = history.decision()
        run, ended = self.database.decide(run, decision)
        if ended == "held" and decision == "approve" and (applied or self.model.frozen):
            # What came of the first part, or what an undo had put back, was not among what was shown: it is asked once more,
            # and what is over no limit is applied.
            if self.database.end(run)[2]:
                self.withhold(run, file, today)
                applied = True
            run, ended = self.database.decide(run, decision)
        assert ended == {"approve": "done", "refuse": "refused", "wait": "held"}[decision], f"the run to {decision} ended as {ended}"
        if decision == "approve":
            before, self.model = self.model, self.after(file, today) if applied else after
            self.applied = (run, before, copy.deepcopy(self.model))
        return applied or decision == "approve", f"{verdict}, {decision}"

    def withhold(self, run, file, today):
        """A run that applied all but some losses: they are those that the database says, and what is left is under the limits."""
        withheld = self.database.withheld()
        kept = self.after(file, today, withheld)
        assert withheld and not guard.loses_too_much(self.limits, self.model, kept, today), "too much is lost, although something is withheld"
        wrong = differences(kept.seen(), self.database.seen())
        assert not wrong, f"of what is withheld ({withheld}):\n{wrong}"
        self.applied = (run, self.model, copy.deepcopy(kept))
        self.model = kept

    def settle(self, today):
        """What the night has left to the next run (CRED-6) is done by looking at those alone; after that, looking at
        everybody changes nothing."""
        for _ in range(RUNS_TO_SETTLE):
            if not self.database.is_marked():
                break
            self.model.look_again(today)
            state, reason, _ = self.database.end(self.database.look_again())
            assert state == "done", f"the run that looks again ended as {state}, {reason}"
            wrong = differences(self.model.seen(), self.database.seen())
            assert not wrong, f"looked at again:\n{wrong}"
        assert not self.database.is_marked(), "there is no end to looking again"
        self.database.judge_everything()
        wrong = differences(self.model.seen(), self.database.seen())
        assert not wrong, f"judged whole again:\n{wrong}"

    def undo(self, since):
        """The last run is undone, after what was done by hand since; what to tell of it."""
        run, before, after = self.applied
        self.applied = None
        back = self.model.undo(before, after, since)
        assert self.database.undo(run) == back, f"the database {'leaves' if back else 'puts back'} what the model does not"
        wrong = differences(self.model.seen(), self.database.seen())
        assert not wrong, f"undone:\n{wrong}"
        return ["undo"]


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + HISTORIES))
def test_history(connection, seed):
    # rule: SAFE-3
    # rule: SAFE-4
    # rule: SAFE-7
    # rule: SAFE-9
    # rule: UPD-6
    # rule: UPD-7
    history, sides = History(seed, date(2026, 9, 1)), Sides(connection, beside_neighbour=seed % 2 == 1, seed=seed)
    database, story = sides.database, ["first night"]
    set_all(history.settings(), sides.model, database)
    sides.set_limits(history.limits())
    try:
        for night in range(NIGHTS):
            try:
                applied, told = sides.night(history)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}, night {night} ({', '.join(story)}): {error}") from error
            wrong = differences(sides.model.seen(), database.seen())
            assert not wrong, f"seed {seed}, night {night} ({', '.join(story)}, {told}):\n{wrong}"
            if night % 4 == 3 and applied:
                try:
                    sides.settle(history.today)
                except AssertionError as error:
                    raise AssertionError(f"seed {seed}, night {night} ({', '.join(story)}), {error}") from error
            if night == 0:
                database.appoint()
            since, undoes = [], sides.applied if night and history.undoes() else None
            story = act_by_hand(history.act, history, sides.model, database, since)
            if undoes:
                story += sides.undo(since)
            if history.random.random() < 0.2:
                story += act_while_off(history, sides.model, database)
            if history.random.random() < 0.15:
                set_all(history.settings(), sides.model, database)
                sides.set_limits(history.limits())
                story.append("settings")
            story += history.night()
    finally:
        database.close()
        if seed % 10 == 9:
            sweep(connection)
