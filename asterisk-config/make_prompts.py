# ruff: noqa: INP001 - a script beside what it makes
"""Makes the spoken prompts and the music on hold again: `python asterisk-config/make_prompts.py`.

Needs espeak-ng and sox. The results are committed, so nobody needs either to run the product. Raw mu-law at
8 kHz is what a call carries: playing them costs no transcoding.
"""

import math
import random
import subprocess
import tempfile
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path

SOUNDS = Path(__file__).parent / "sounds"
RATE = 8000

ENGLISH = {
    **{f"position-{n}": f"You are number {n} in the queue." for n in range(2, 11)},
    "position-1": "You are next in the queue.",
    "position-more": "There are more than ten callers before you.",
    "wait-1": "Your call should be answered in less than a minute.",
    "wait-2": "The waiting time is about two minutes.",
    "wait-5": "The waiting time is about five minutes.",
    "wait-10": "The waiting time is about ten minutes.",
    "wait-more": "The waiting time is more than ten minutes.",
    "please-hold": "Please stay on the line. Somebody will be with you soon.",
    "identity": "This was a call from Callcenter. We are sorry that nobody was free to speak to you.",
    "opt-out": "If you do not want to be called again, press nine now.",
    "opted-out": "Thank you. Your number is on our do not call list now. Goodbye.",
    "message": "Good day. This is a message from Callcenter. We wanted to speak to you and will try again."
    " You can also call us back at the number that you see. Thank you. Goodbye.",
    "unknown-number": "This number is not in use. Please check the number and try again.",
    "goodbye": "Thank you for calling. Goodbye.",
}

_ORDINALS = ("второй", "третий", "четвёртый", "пятый", "шестой", "седьмой", "восьмой", "девятый", "десятый")

RUSSIAN = {
    "position-1": "Вы следующий в очереди.",
    **{f"position-{n}": f"Вы {word} в очереди." for n, word in enumerate(_ORDINALS, start=2)},
    "position-more": "Перед вами больше десяти человек.",
    "wait-1": "Вам ответят меньше чем через минуту.",
    "wait-2": "Время ожидания около двух минут.",
    "wait-5": "Время ожидания около пяти минут.",
    "wait-10": "Время ожидания около десяти минут.",
    "wait-more": "Время ожидания больше десяти минут.",
    "please-hold": "Пожалуйста, оставайтесь на линии. Вам скоро ответят.",
    "identity": "Вам звонили из компании Колл-центр. Простите, сейчас никто не смог поговорить с вами.",
    "opt-out": "Если вы не хотите, чтобы вам звонили снова, нажмите девять.",
    "opted-out": "Спасибо. Ваш номер внесён в список, по которому мы не звоним. До свидания.",
    "message": "Здравствуйте. Это сообщение от компании Колл-центр. Мы хотели поговорить с вами и позвоним"
    " ещё раз. Вы можете перезвонить нам по номеру, который видите. Спасибо. До свидания.",
    "unknown-number": "Этот номер не используется. Проверьте номер и попробуйте ещё раз.",
    "goodbye": "Спасибо за звонок. До свидания.",
}

LAB = {
    "hello": "Hello?",
    "hello-long": "Good afternoon, Petrov and sons, Maria speaking, how may I help you today?",
    "chat": "Yes, I can hear you well. I wanted to ask about the order from last week, it has not arrived."
    " I have the invoice in front of me. Could you look it up, please? Of course, I will wait a moment.",
    "agent": "Thank you for calling, my name is Sam. Let me see what I can do for you."
    " I have found your order, it left our warehouse this morning. Is there anything else?",
    "machine-short": "Please leave a message after the tone.",
    "machine-long": "You have reached the voice mail of Anna and Viktor. We cannot come to the telephone"
    " at the moment. Leave your name, your number and a few words after the tone, and we will call you back.",
}


def speak(folder: Path, voice: str, speed: int, texts: Mapping[str, str]) -> None:
    """One file a text; silence at both ends is cut so that prompts can follow each other."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        spoken = Path(scratch) / "spoken.wav"
        for name, text in texts.items():
            espeak = ["espeak-ng", "-v", voice, "-s", str(speed), "-w", str(spoken), text]
            subprocess.run(espeak, check=True, timeout=60)  # noqa: S603
            trim = ["silence", "1", "0.01", "1%", "reverse"]
            raw = ["-r", str(RATE), "-c", "1", "-t", "raw", "-e", "mu-law"]
            target = str(folder / f"{name}.ulaw")
            sox = ["sox", str(spoken), *raw, target, *trim, *trim, "norm", "-6", "pad", "0.1", "0.15"]
            subprocess.run(sox, check=True, timeout=60)  # noqa: S603


def music(seconds: int, seed: int) -> Iterator[float]:
    """Slow plucked notes of a pentatonic scale over a soft fifth, fading at both ends so that it loops."""
    chance = random.Random(seed)  # noqa: S311 - a tune, not a secret
    scale = [220.0 * 2 ** (step / 12) for step in (0, 3, 5, 7, 10, 12, 15, 17)]
    mixed = [0.0] * (seconds * RATE)
    place = 4
    for beat in range(seconds * 2 - 4):
        if chance.random() < 0.3:
            continue
        place = min(len(scale) - 1, max(0, place + chance.choice((-2, -1, -1, 1, 1, 2))))
        start, pitch = beat * RATE // 2, scale[place]
        for at in range(2 * RATE):
            fade = math.exp(-2.2 * at / RATE) * min(1.0, at / 160)
            turn = 2 * math.pi * pitch * at / RATE
            mixed[start + at] += 0.22 * fade * (math.sin(turn) + 0.3 * math.sin(2 * turn))
    for at in range(seconds * RATE):
        edge = min(1.0, at / RATE, (seconds * RATE - at) / RATE)
        swell = 0.04 * (1 + math.sin(2 * math.pi * at / (8 * RATE)))
        base = math.sin(2 * math.pi * 110 * at / RATE) + 0.6 * math.sin(2 * math.pi * 165 * at / RATE)
        yield edge * (mixed[at] + swell * base)


def write_music(target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    samples = array("h", (max(-32767, min(32767, int(v * 20000))) for v in music(30, 7)))
    linear = ["-r", str(RATE), "-c", "1", "-t", "raw", "-e", "signed", "-b", "16", "-"]
    law = ["-t", "raw", "-e", "mu-law", "-r", str(RATE), "-c", "1", str(target)]
    subprocess.run(["sox", *linear, *law], input=samples.tobytes(), check=True, timeout=60)  # noqa: S603, S607


if __name__ == "__main__":
    speak(SOUNDS / "en" / "cc", "en-us+f3", 150, ENGLISH)
    speak(SOUNDS / "ru" / "cc", "ru+f3", 140, RUSSIAN)
    speak(SOUNDS / "lab", "en-gb+m3", 150, LAB)
    write_music(SOUNDS / "moh" / "calm.ulaw")
