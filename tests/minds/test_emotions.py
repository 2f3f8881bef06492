"""Feelings move towards what happens and come to rest with time, and never leave their bounds."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from genesis.clock import as_datetime, parse_time
from genesis.errors import UsageError
from genesis.minds.emotions import (
    AROUSAL_HALF_LIFE_SECONDS,
    FAINT,
    GONE,
    INTENSITY_HALF_LIFE_SECONDS,
    MOOD_HALF_LIFE_SECONDS,
    PLACES,
    REST,
    REST_INTENSITY,
    VALENCE_HALF_LIFE_SECONDS,
    Emotion,
    EmotionalState,
    nearest_emotion,
)
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import ValidationError

NOW = "2026-11-22T12:00:00.000000Z"
LEVELS = st.floats(0, 1)
EMOTIONS = st.sampled_from(Emotion)
SECONDS = st.floats(0, 10_000_000)
NUMBERS = ("intensity", "arousal", "valence", "mood_valence", "mood_stability")
STATES = st.builds(
    EmotionalState,
    primary_emotion=EMOTIONS,
    intensity=LEVELS,
    emotions=st.dictionaries(EMOTIONS | st.just("zeal"), LEVELS, max_size=5),
    mood=EMOTIONS,
    mood_stability=LEVELS,
    arousal=LEVELS,
    valence=LEVELS,
    mood_valence=LEVELS,
    last_updated=st.just(NOW),
)


def later(seconds: float) -> str:
    return parse_time(as_datetime(NOW) + timedelta(seconds=seconds))


def after(state: EmotionalState, seconds: float) -> EmotionalState:
    return state.at(later(seconds))


def distances(state: EmotionalState) -> tuple[float, ...]:
    """How far from rest the numbers are that come to rest by themselves."""
    return (
        abs(state.intensity - REST_INTENSITY),
        abs(state.arousal - REST.arousal),
        abs(state.valence - REST.valence),
        *(state.emotions.get(emotion, 0.0) for emotion in Emotion),
    )


def is_within_bounds(state: EmotionalState) -> bool:
    numbers = [getattr(state, name) for name in NUMBERS] + list(state.emotions.values())
    return all(0 <= number <= 1 for number in numbers)


# --- the plane ----------------------------------------------------------------------------------


def test_sixteen_emotions_have_sixteen_places_within_the_plane() -> None:
    assert len(Emotion) == 16
    assert set(PLACES) == set(Emotion)
    assert len(set(PLACES.values())) == 16
    assert all(0 <= number <= 1 for place in PLACES.values() for number in place)
    for emotion in Emotion:
        assert nearest_emotion(*PLACES[emotion]) is emotion


def test_the_places_lie_where_the_circumplex_has_them() -> None:
    pleasant = {"joy", "excitement", "contentment", "pride", "curiosity", "confidence"}
    unpleasant = {"sadness", "fear", "anger", "disgust", "anxiety", "shame", "confusion"}
    stirred = {"fear", "anger", "excitement", "surprise", "anxiety", "joy"}
    assert all(PLACES[Emotion(name)].valence > 0.6 for name in pleasant)
    assert all(PLACES[Emotion(name)].valence < 0.4 for name in unpleasant)
    assert all(PLACES[Emotion(name)].arousal >= 0.7 for name in stirred)
    assert all(PLACES[Emotion(name)].arousal <= 0.3 for name in ("calm", "contentment", "sadness"))


# --- feeling something --------------------------------------------------------------------------


@given(STATES, EMOTIONS)
def test_at_full_intensity_the_state_moves_30_percent_of_the_way(
    state: EmotionalState, emotion: Emotion
) -> None:
    before = state.model_copy()
    felt = state.update_emotion(emotion, 1, now=NOW)
    place = PLACES[emotion]
    assert felt.arousal == pytest.approx(before.arousal + 0.3 * (place.arousal - before.arousal))
    assert felt.valence == pytest.approx(before.valence + 0.3 * (place.valence - before.valence))
    assert (felt.primary_emotion, felt.intensity, felt.emotions[emotion]) == (emotion, 1, 1)


def test_a_faint_emotion_moves_a_mind_less_however_often_it_is_felt() -> None:
    faint, strong = EmotionalState(last_updated=NOW), EmotionalState(last_updated=NOW)
    for _ in range(60):
        faint = faint.update_emotion("joy", 0.2, now=NOW)
        strong = strong.update_emotion("joy", 1.0, now=NOW)
    assert strong.valence == pytest.approx(PLACES[Emotion.JOY].valence)
    assert faint.valence == pytest.approx(
        REST.valence + 0.2 * (PLACES[Emotion.JOY].valence - REST.valence)
    )


def test_a_state_changes_in_place_as_older_programs_expect() -> None:
    state = EmotionalState(last_updated=NOW)
    felt = state.update_emotion("curiosity", trigger="a letter", now=later(1))
    assert felt is state
    assert (state.trigger, state.intensity, state.last_updated) == ("a letter", 0.7, later(1))
    assert state.update_emotion("joy", now=later(2)).trigger is None


def test_looking_at_a_later_moment_leaves_the_state_as_it_is() -> None:
    before = EmotionalState(last_updated=NOW).update_emotion("joy", now=NOW)
    kept = before.model_copy()
    before.at(later(10_000))
    assert before == kept


def test_a_long_trigger_is_cut_so_that_the_file_stays_small() -> None:
    felt = EmotionalState().update_emotion("joy", trigger="word " * 10_000)
    assert len(felt.trigger or "") == 200


@pytest.mark.parametrize("intensity", [-0.1, 1.1, math.nan, math.inf, -math.inf])
def test_an_intensity_outside_of_its_bounds_is_refused(intensity: float) -> None:
    with pytest.raises(UsageError, match="from 0 to 1"):
        EmotionalState().update_emotion("joy", intensity)


@pytest.mark.parametrize("name", ["", "zeal", "JOY", "joy "])
def test_an_emotion_that_does_not_exist_is_refused_with_those_that_do(name: str) -> None:
    with pytest.raises(UsageError, match="Use one of: joy, sadness, fear"):
        EmotionalState().update_emotion(name)


@given(STATES, st.lists(st.tuples(EMOTIONS, LEVELS, SECONDS), max_size=8))
def test_the_bounds_hold_whatever_is_felt_and_whenever(
    state: EmotionalState, felt: list[tuple[Emotion, float, float]]
) -> None:
    for emotion, intensity, seconds in felt:
        state = state.update_emotion(emotion, intensity, now=later(seconds))
        assert is_within_bounds(state)
        assert EmotionalState.model_validate(state.model_dump()) == state


# --- coming to rest -----------------------------------------------------------------------------


@given(STATES, SECONDS, SECONDS)
def test_time_only_ever_brings_the_state_nearer_to_rest(
    state: EmotionalState, one: float, other: float
) -> None:
    sooner, farther = after(state, min(one, other)), after(state, max(one, other))
    for near, far in zip(distances(farther), distances(sooner), strict=True):
        assert near <= far + 1e-12
    assert is_within_bounds(farther)


@given(STATES, SECONDS, SECONDS)
@example(EmotionalState(intensity=1, valence=1, mood_stability=0, last_updated=NOW), 0.0, 1e7)
def test_two_steps_through_time_give_what_one_gives(
    state: EmotionalState, one: float, other: float
) -> None:
    middle = parse_time(as_datetime(NOW) + timedelta(seconds=one))
    end = parse_time(as_datetime(middle) + timedelta(seconds=other))
    by_two, by_one = state.at(middle).at(end), state.at(end)
    for name in NUMBERS:
        assert getattr(by_two, name) == pytest.approx(getattr(by_one, name), abs=1e-9)
    assert by_two.last_updated == by_one.last_updated
    for name in {*by_one.emotions, *by_two.emotions}:
        one_level = by_one.emotions.get(name, GONE)
        assert by_two.emotions.get(name, GONE) == pytest.approx(one_level, abs=1e-9)
    assume(abs(by_one.intensity - FAINT) > 1e-9)
    assert by_two.primary_emotion == by_one.primary_emotion


def test_every_distance_halves_in_its_half_life() -> None:
    state = EmotionalState(
        primary_emotion=Emotion.JOY, intensity=0.9, arousal=0.9, valence=0.9,
        emotions={"joy": 0.8}, last_updated=NOW,
    )  # fmt: skip
    fading = after(state, INTENSITY_HALF_LIFE_SECONDS)
    assert fading.intensity == pytest.approx(REST_INTENSITY + (0.9 - REST_INTENSITY) / 2)
    assert fading.emotions == {"joy": pytest.approx(0.4)}
    calming = after(state, AROUSAL_HALF_LIFE_SECONDS)
    assert calming.arousal == pytest.approx(REST.arousal + (0.9 - REST.arousal) / 2)
    settling = after(state, VALENCE_HALF_LIFE_SECONDS)
    assert settling.valence == pytest.approx(REST.valence + (0.9 - REST.valence) / 2)
    assert [s.primary_emotion for s in (calming, settling)] == [Emotion.JOY, Emotion.CALM]


def test_after_long_enough_a_mind_is_calm_and_has_forgotten_what_it_felt() -> None:
    angry = EmotionalState(last_updated=NOW).update_emotion("anger", 1, now=NOW)
    rested = after(angry, 30 * 86_400)
    assert rested.felt is Emotion.CALM
    assert rested.emotions == {}
    assert max(distances(rested)) < 1e-9
    assert rested.mood is Emotion.CALM


@given(STATES, st.floats(0, 1e9))
@example(EmotionalState(last_updated=NOW), 0.0)
def test_a_clock_that_goes_back_changes_nothing(state: EmotionalState, seconds: float) -> None:
    assert after(state, -seconds) is state


def test_what_is_felt_after_the_clock_was_put_back_starts_from_there() -> None:
    future = EmotionalState(intensity=0.9, last_updated="2999-01-01T00:00:00Z")
    felt = future.update_emotion("joy", 0.5, now=NOW)
    assert felt.last_updated == NOW
    assert after(felt, 86_400).intensity == pytest.approx(REST_INTENSITY)


def test_a_mood_follows_what_is_felt_slowly_and_then_rests_too() -> None:
    state = EmotionalState(mood_stability=0, last_updated=NOW)
    moods = []
    for hour in range(24):
        state = state.update_emotion("joy", 1, now=later(hour * 3600))
        moods.append(state.mood_valence)
    assert moods == sorted(moods)
    assert moods[1] - moods[0] < 0.02
    assert state.mood is Emotion.CONTENTMENT
    assert state.at(later(24 * 3600 + 20 * MOOD_HALF_LIFE_SECONDS)).mood is Emotion.CALM


def test_a_mood_solves_the_equation_of_which_it_is_the_solution() -> None:
    state = EmotionalState(valence=0.9, mood_valence=0.3, mood_stability=0.4, last_updated=NOW)
    step, seconds = 1.0, 7200
    a = math.log(2) / VALENCE_HALF_LIFE_SECONDS
    b = (1 - 0.4) * math.log(2) / MOOD_HALF_LIFE_SECONDS
    mood, valence = state.mood_valence, state.valence
    for _ in range(seconds):
        mood, valence = (
            mood - step * b * (mood - valence),
            valence - step * a * (valence - REST.valence),
        )
    assert after(state, seconds).mood_valence == pytest.approx(mood, abs=1e-4)


@given(STATES, SECONDS)
def test_a_mood_that_is_fully_stable_never_moves(state: EmotionalState, seconds: float) -> None:
    stable = state.model_copy(update={"mood_stability": 1.0})
    assert after(stable, seconds).mood_valence == pytest.approx(state.mood_valence, abs=1e-12)


# --- older files --------------------------------------------------------------------------------


def test_an_unknown_emotion_is_kept_and_felt_as_the_nearest_by_its_numbers() -> None:
    older = {
        "primary_emotion": "nostalgia", "intensity": 0.6, "emotions": {"nostalgia": 0.6, "joy": 1},
        "mood": "wistful", "arousal": 0.24, "valence": 0.2, "last_updated": NOW, "note": [1],
    }  # fmt: skip
    state = EmotionalState.model_validate(older)
    assert state.felt is Emotion.SADNESS
    assert older.items() <= state.model_dump().items()
    assert state.mood_valence == 0.2
    assert after(state, 60).primary_emotion == "nostalgia"
    assert state.update_emotion("joy", now=NOW).felt is Emotion.JOY


def test_the_name_of_an_older_mood_says_where_it_starts() -> None:
    state = EmotionalState.model_validate({"mood": "contentment", "valence": 0.1})
    assert state.mood_valence == PLACES[Emotion.CONTENTMENT].valence


@pytest.mark.parametrize(
    ("number", "bound"), [(-3, 0.0), (1.0000001, 1.0), (10**300, 1.0), (1, 1.0), (-0.0, 0.0)]
)
def test_a_number_outside_of_its_bounds_becomes_the_nearest_inside(
    number: float, bound: float
) -> None:
    assert EmotionalState.model_validate({"valence": number}).valence == bound


@pytest.mark.parametrize("wrong", [math.nan, math.inf, 10**400, "0.5", None, True, []])
@pytest.mark.parametrize("name", NUMBERS)
def test_what_is_no_number_is_refused(name: str, wrong: object) -> None:
    with pytest.raises(ValidationError, match=name):
        EmotionalState.model_validate({name: wrong})
