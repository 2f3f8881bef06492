"""How a mind feels, as two numbers that move with what happens and come to rest with time.

Every emotion has a place in the plane of the circumplex model of affect (J. A. Russell, "A
circumplex model of affect", Journal of Personality and Social Psychology 39, 1980): valence
(unpleasant to pleasant) and arousal (calm to stirred), and its intensity is its distance from the
resting point. Both scales run from 0 to 1, as older files have them; a valence of 0.5 is neither
pleasant nor unpleasant.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from genesis.clock import as_datetime, parse_time, utc_now
from genesis.errors import UsageError


class Emotion(StrEnum):
    """The emotions that have a place in the plane."""

    JOY = "joy"
    SADNESS = "sadness"
    FEAR = "fear"
    ANGER = "anger"
    SURPRISE = "surprise"
    DISGUST = "disgust"
    CURIOSITY = "curiosity"
    EXCITEMENT = "excitement"
    CONTENTMENT = "contentment"
    ANXIETY = "anxiety"
    PRIDE = "pride"
    SHAME = "shame"
    ANTICIPATION = "anticipation"
    CONFUSION = "confusion"
    CONFIDENCE = "confidence"
    CALM = "calm"


class Place(NamedTuple):
    """A place in the plane, both from 0 to 1."""

    arousal: float
    valence: float


PLACES = {
    Emotion.JOY: Place(0.70, 0.92),
    Emotion.SADNESS: Place(0.22, 0.15),
    Emotion.FEAR: Place(0.88, 0.15),
    Emotion.ANGER: Place(0.85, 0.20),
    Emotion.SURPRISE: Place(0.85, 0.55),
    Emotion.DISGUST: Place(0.60, 0.15),
    Emotion.CURIOSITY: Place(0.60, 0.70),
    Emotion.EXCITEMENT: Place(0.90, 0.85),
    Emotion.CONTENTMENT: Place(0.25, 0.80),
    Emotion.ANXIETY: Place(0.75, 0.28),
    Emotion.PRIDE: Place(0.58, 0.82),
    Emotion.SHAME: Place(0.45, 0.18),
    Emotion.ANTICIPATION: Place(0.65, 0.62),
    Emotion.CONFUSION: Place(0.55, 0.38),
    Emotion.CONFIDENCE: Place(0.48, 0.76),
    Emotion.CALM: Place(0.30, 0.50),
}
REST = PLACES[Emotion.CALM]
REST_INTENSITY = 0.1
STEP = 0.3
"""The part of the way that a newly felt emotion moves arousal and valence."""

INTENSITY_HALF_LIFE_SECONDS = 1800.0
AROUSAL_HALF_LIFE_SECONDS = 3600.0
VALENCE_HALF_LIFE_SECONDS = 7200.0
# Of a mood without any stability. It has to be longer than that of valence, which it follows.
MOOD_HALF_LIFE_SECONDS = 43_200.0

FAINT = 0.16
"""The intensity below which the primary emotion has passed."""
GONE = 0.01
"""The intensity below which an emotion of the blend is forgotten."""
_MOOD_STEP = 0.1
"""How far from rest the valence of a mood has a name of its own."""
_MOST_TRIGGER_CHARACTERS = 200


def _bounded(number: float) -> float:
    return min(1.0, max(0.0, number))


# A number outside of 0 to 1, as a file may hold it, becomes the nearest one inside.
Level = Annotated[float, Field(strict=True, allow_inf_nan=False), AfterValidator(_bounded)]
Feeling = Annotated[Emotion | str, Field(union_mode="left_to_right")]


def nearest_emotion(arousal: float, valence: float) -> Emotion:
    """The emotion whose place is nearest."""
    return min(PLACES, key=lambda emotion: math.dist(PLACES[emotion], (arousal, valence)))


def _first_mood_valence(data: dict[str, object]) -> float:
    """Older files name the mood only; for a name without a place, what is felt stands for it."""
    mood, valence = data.get("mood"), data.get("valence")
    if isinstance(mood, Emotion):
        return PLACES[mood].valence
    return valence if isinstance(valence, float) else REST.valence


class EmotionalState(BaseModel):
    """How a mind felt at `last_updated`. Unknown emotions and keys of older files are kept.

    All numbers are from 0 to 1. `emotions` is the blend of what was felt lately, by name;
    `mood_valence` is the slow valence that `mood` names, and `mood_stability` is how little it
    follows (1: never). `trigger` says in a few words what caused the state.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, JsonValue]

    primary_emotion: Feeling = Emotion.CALM
    intensity: Level = REST_INTENSITY
    emotions: dict[Feeling, Level] = Field(default_factory=dict)
    mood: Feeling = Emotion.CALM
    mood_stability: Level = 0.5
    arousal: Level = REST.arousal
    valence: Level = REST.valence
    mood_valence: Level = Field(default_factory=_first_mood_valence)
    last_updated: Annotated[str, AfterValidator(parse_time)] = Field(default_factory=utc_now)
    trigger: str | None = None

    @property
    def felt(self) -> Emotion:
        """The primary emotion; for one that is not known here, the nearest to its numbers."""
        if isinstance(self.primary_emotion, Emotion):
            return self.primary_emotion
        return nearest_emotion(self.arousal, self.valence)

    def at(self, moment: str) -> EmotionalState:
        """The state as it has come to rest until a moment (a time of `genesis.clock`).

        Every distance from rest halves in its half-life, so two steps give what one gives. A
        moment before `last_updated` changes nothing. Raises ValueError for what is no time.
        """
        seconds = (as_datetime(moment) - as_datetime(self.last_updated)).total_seconds()
        if seconds <= 0:
            return self
        left = _left(seconds, INTENSITY_HALF_LIFE_SECONDS)
        intensity = _towards(self.intensity, REST_INTENSITY, left)
        blend = {name: level * left for name, level in self.emotions.items()}
        mood_valence = self._mood_after(seconds)
        return self.model_copy(
            update={
                "primary_emotion": Emotion.CALM if intensity < FAINT else self.primary_emotion,
                "intensity": intensity,
                "emotions": {name: level for name, level in blend.items() if level >= GONE},
                "mood": _mood(mood_valence),
                "arousal": _towards(
                    self.arousal, REST.arousal, _left(seconds, AROUSAL_HALF_LIFE_SECONDS)
                ),
                "valence": _towards(
                    self.valence, REST.valence, _left(seconds, VALENCE_HALF_LIFE_SECONDS)
                ),
                "mood_valence": mood_valence,
                "last_updated": parse_time(moment),
            }
        )

    def update_emotion(
        self,
        emotion: Emotion | str,
        intensity: float = 0.7,
        trigger: str | None = None,
        now: str | None = None,
    ) -> EmotionalState:
        """Feel an emotion at `now` (None: the present); gives this state, changed.

        Arousal and valence move 30 % of the way to where the emotion lies at that intensity: on
        the line from rest (0) to its place (1). Raises UsageError for an unknown emotion or an
        intensity that is not from 0 to 1, ValueError when `now` is no time.
        """
        felt = _known(emotion)
        if not isinstance(intensity, (int, float)) or not 0 <= intensity <= 1:
            raise UsageError(f"An intensity is a number from 0 to 1, not {intensity!r}.")
        moment = parse_time(now or utc_now())
        before = self.at(moment)
        aim = PLACES[felt]
        after = before.model_copy(
            update={
                "primary_emotion": felt,
                "intensity": float(intensity),
                "emotions": {**before.emotions, felt: float(intensity)},
                "arousal": _step(before.arousal, REST.arousal, aim.arousal, intensity),
                "valence": _step(before.valence, REST.valence, aim.valence, intensity),
                # Even when the clock was put back: it happened at that time.
                "last_updated": moment,
                "trigger": trigger if trigger is None else trigger[:_MOST_TRIGGER_CHARACTERS],
            }
        )
        # In place: programs of the older API do not look at what it gives.
        for name in type(self).model_fields:
            setattr(self, name, getattr(after, name))
        return self

    def _mood_after(self, seconds: float) -> float:
        """The mood's valence m, which follows valence v while v itself comes to rest r.

        The solution of v' = -a (v - r), m' = -b (m - v) for a > b:
        m(t) = r + (m0 - r) e^-bt + (v0 - r) b / (a - b) (e^-bt - e^-at).
        """
        a = 1 / VALENCE_HALF_LIFE_SECONDS
        b = (1 - self.mood_stability) / MOOD_HALF_LIFE_SECONDS
        slow, fast = 0.5 ** (b * seconds), 0.5 ** (a * seconds)
        from_mood = (self.mood_valence - REST.valence) * slow
        from_valence = (self.valence - REST.valence) * b / (a - b) * (slow - fast)
        return _bounded(REST.valence + from_mood + from_valence)


def _known(emotion: Emotion | str) -> Emotion:
    try:
        return Emotion(emotion)
    except ValueError:
        names = ", ".join(Emotion)
        raise UsageError(f"{str(emotion)[:60]!r} is no emotion. Use one of: {names}.") from None


def _mood(valence: float) -> Emotion:
    if valence > REST.valence + _MOOD_STEP:
        return Emotion.CONTENTMENT
    return Emotion.SADNESS if valence < REST.valence - _MOOD_STEP else Emotion.CALM


def _left(seconds: float, half_life: float) -> float:
    """The part of a distance that is left after a time."""
    return float(0.5 ** (seconds / half_life))


def _towards(now: float, rest: float, left: float) -> float:
    return _bounded(rest + (now - rest) * left)


def _step(now: float, rest: float, place: float, intensity: float) -> float:
    aim = rest + intensity * (place - rest)
    return _bounded(now + STEP * (aim - now))
