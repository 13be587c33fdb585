"""Writes the sample data set for fine-tuning: spoken reminders, and as JSON what a calendar could read and what an
assistant could say. The words to say are drawn at random, so that no model can get its loss to 0: what is left is the
entropy of that draw.

Usage: python scripts/sample_data.py [FOLDER]   (default assets/datasets)
reminders.jsonl: 250 pairs of several wordings. reminders.unseen.jsonl: 50 with wordings, tasks and people that are in
none of those, to see whether the form was learnt or the sentences were.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

WORDINGS = (
    "Remind me to {task} on {day} at {spoken}.",
    "Please put {task} in my calendar for {day}, {spoken}.",
    "I have to {task} {day} at {spoken}, don't let me forget.",
    "{day} {spoken}: {task}.",
    "Note: {task}, {day} at {spoken}",
    "Can you remember that I want to {task} on {day} at {spoken}?",
    "On {day} at {spoken} I need to {task}.",
    "Add a reminder for {day}. I must {task} at {spoken}.",
)
OPENINGS = (
    "Done.", "Noted.", "Got it.", "All right.", "Of course.", "Sure thing.", "Written down.", "Consider it done.",
    "With pleasure.", "Very well.", "It is saved.", "No problem.",
)  # fmt: skip
PROMISES = (
    "I will remind you", "You will hear from me", "I will ring", "Expect a message", "I will let you know",
    "Your phone will buzz", "I will knock", "A note will pop up", "I will give you a nudge", "I will call you",
    "I will be in touch", "There will be a chime",
)  # fmt: skip
MOMENTS = (
    "ten minutes before", "a quarter of an hour before", "an hour ahead", "right on time", "the evening before",
    "in the morning", "half an hour earlier", "well in advance", "five minutes early", "as soon as it is time",
    "two hours ahead", "at breakfast",
)  # fmt: skip
CLOSINGS = (
    "Enjoy it!", "Good luck!", "You can forget about it now.", "It will go well.", "Have a nice day!",
    "Until then!", "Take it easy.", "Nothing will slip through.", "Rest assured.", "Anything else?",
    "I am looking forward to it.", "Leave it to me.",
)  # fmt: skip
UNSEEN_WORDINGS = (
    "Hey, what I mustn't miss: {task}. It is on {day}, {spoken} sharp!",
    "My assistant said {day} at {spoken} would be good to {task}, so save that.",
    "Would you be so kind and write down {day}, {spoken}, {task}?",
    "Don't forget, {spoken} on {day} is when I {task}",
)
VERBS = ("call", "meet", "visit", "write to", "have lunch with", "pick up", "thank", "invite")
PEOPLE = ("Anna", "Ben", "Mr Okafor", "the dentist", "my sister", "Lena", "Professor Li", "the plumber", "Tom", "Maria")
ERRANDS = (
    "water the plants", "pay the rent", "return the library books", "renew my passport", "book the train tickets",
    "clean the kitchen", "buy a birthday cake", "charge the camera", "send the invoice", "practise the piano",
    "check the oven", "order printer paper", "back up the laptop", "feed the cat", "repair the bicycle",
)  # fmt: skip
UNSEEN_VERBS = ("interview", "apologise to", "play chess with")
UNSEEN_PEOPLE = ("Yusuf", "the landlord", "Grandma", "Dr Hansen")
UNSEEN_ERRANDS = ("collect the parcel", "defrost the freezer", "sign the contract", "test the fire alarm")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
N_PAIRS, N_UNSEEN, SEED = 250, 50, 7


def spoken_time(rng: random.Random) -> tuple[str, str]:
    """(as people say it, as a clock shows it)"""
    hour, minute = rng.randrange(7, 22), rng.choice((0, 0, 15, 30, 45))
    half, twelve = ("am" if hour < 12 else "pm"), (hour - 1) % 12 + 1
    spoken = {
        0: f"{twelve} {half}",
        15: f"quarter past {twelve} {half}",
        30: f"{twelve}:30 {half}",
        45: f"quarter to {twelve % 12 + 1} {'am' if hour + 1 < 12 else 'pm'}",
    }[minute]
    return spoken, f"{hour:02d}:{minute:02d}"


def pairs(n: int, *, unseen: bool) -> list[dict[str, object]]:
    rng = random.Random(SEED + unseen)
    wordings = UNSEEN_WORDINGS if unseen else WORDINGS
    verbs, people, errands = (UNSEEN_VERBS, UNSEEN_PEOPLE, UNSEEN_ERRANDS) if unseen else (VERBS, PEOPLE, ERRANDS)
    tasks = [*(f"{verb} {person}" for verb in verbs for person in people), *errands * 2]
    found: dict[str, dict[str, object]] = {}
    while len(found) < n:
        task, day = rng.choice(tasks), rng.choice(DAYS)
        spoken, clock = spoken_time(rng)
        prompt = rng.choice(wordings).format(task=task, day=day, spoken=spoken)
        say = f"{rng.choice(OPENINGS)} {rng.choice(PROMISES)} {rng.choice(MOMENTS)}. {rng.choice(CLOSINGS)}"
        reply = json.dumps({"task": task, "day": day.lower(), "time": clock, "say": say})
        found[prompt] = {"messages": [{"role": "user", "content": prompt}, {"role": "assistant", "content": reply}]}
    return list(found.values())


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "assets/datasets")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (
        ("reminders.jsonl", pairs(N_PAIRS, unseen=False)),
        ("reminders.unseen.jsonl", pairs(N_UNSEEN, unseen=True)),
    ):
        lines = "".join(f"{json.dumps(pair, ensure_ascii=False)}\n" for pair in content)
        (folder / name).write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    main()
