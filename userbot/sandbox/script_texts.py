"""The written answers of the demo's script, as Markdown: what a good model might have said."""

from __future__ import annotations

from typing import Final

TRIP_EN: Final = """\
# A weekend in Lisbon

**In short:** one day in the old town, one by the sea, and nobody carries a bag uphill.

| | Saturday | Sunday |
|---|---|---|
| Morning | Alfama, the castle | train to Cascais |
| Midday | pastéis in Belém | grilled fish |
| Evening | fado in Mouraria | sunset from Graça |

- **Getting about:** one Navegante card each; trams, metro and the Cascais train take it.
- **Book now:** the fado dinner. Everything else can wait.
- **Bring:** shoes with a grip. The hills are real."""

RAIN_EN: Final = """\
Then we swap two things and keep the rest:

1. **Cascais** becomes the *Oceanário*: a whole morning with sharks, all of it indoors.
2. **Sunset from Graça** becomes the Time Out Market: four people, four cuisines, one table.

Belém stays, since the monastery has a roof. So does Saturday's fado: you booked it, remember?"""

BILL_EN: Final = """\
Let whoever owes most pay whoever is owed most, until all are even:

```python
def settle(paid):
    share = sum(paid.values()) / len(paid)
    left = {who: spent - share for who, spent in paid.items()}
    while max(left.values()) > 0.005:
        debtor = min(left, key=left.get)
        lender = max(left, key=left.get)
        amount = min(-left[debtor], left[lender])
        left[debtor] += amount
        left[lender] -= amount
        print(f"{debtor} pays {lender} {amount:.2f}")

settle({"Max": 120, "Lena": 80, "Timur": 0, "Olga": 40})
```

For these numbers: Timur pays Max 60.00, Olga pays Lena 20.00. Four people never need more than \
three payments."""

TRIP_RU: Final = """\
# Выходные в Казани

**Коротко:** день в центре, день на Свияжске, и никто не таскает чемодан в гору.

| | Суббота | Воскресенье |
|---|---|---|
| Утро | Кремль, Кул-Шариф | автобус на Свияжск |
| День | улица Баумана | остров пешком |
| Вечер | Старо-Татарская слобода | закат на Кремлёвской набережной |

- **Еда:** эчпочмак днём, чак-чак к чаю.
- **Забронируйте заранее:** ужин в субботу. Остальное подождёт.
- **Возьмите:** удобную обувь и ветровку, на Волге дует."""

RAIN_RU: Final = """\
Тогда меняем два пункта, остальное остаётся:

1. **Свияжск** → Национальный музей и «Эрмитаж-Казань»: до вечера под крышей.
2. **Закат на набережной** → Музей чак-чака: четыре человека, один самовар.

Кремль не трогаем, в Кул-Шарифе сухо. И ужин в субботу в силе: вы же его забронировали?"""

BILL_RU: Final = (
    BILL_EN.replace(
        "Let whoever owes most pay whoever is owed most, until all are even:",
        "Пусть самый большой должник платит тому, кому должны больше всех, пока все не сравняются:",
    )
    .replace("pays {lender}", "→ {lender}:")
    .replace('"Max"', '"Макс"')
    .replace('"Lena"', '"Лена"')
    .replace('"Timur"', '"Тимур"')
    .replace('"Olga"', '"Ольга"')
    .rpartition("For these numbers")[0]
    + "Для этих сумм: Тимур → Макс: 60.00, Ольга → Лена: 20.00. Четверым хватит трёх переводов."
)

PETERSBURG: Final = """\
**Один день в Петербурге, пешком и не спеша:**

- **Утро.** Дворцовая площадь и Эрмитаж: билет на первый сеанс возьмите заранее, \
в понедельник выходной.
- **День.** По Невскому до Казанского собора, потом Спас на Крови и обед на Рубинштейна.
- **Вечер.** Прогулка на катере по рекам и каналам.
- **Ночь.** С апреля по ноябрь разводят мосты; лучше всего виден Дворцовый.

Если выбирать одно, выбирайте воду: с катера город понятнее всего."""

LAST_TRAIN: Final = """\
I can't see live timetables, and a guess is how people spend a night on a platform. Surer:

- **DB Navigator** or *bahn.de*: your station to *Berlin Hbf*, tomorrow, arriving before midnight.
- **Plan for the last but one.** The last train with a change is the one that misses it.

Where do you start from? Then I can tell what to look out for on the way."""

THEATRE: Final = """\
Договорились: **сегодня, 19:00, у Большого театра.** 🎭

- Встречаемся у фонтана, так друг друга не пропустим.
- Выходите с запасом: в семь вечера в центре пробки, на метро быстрее.

Напоминать сам я не умею, так что поставьте будильник. Кто опоздает, с того чай!"""

NOT_IN_SCRIPT_EN: Final = """\
You asked: “{asked}”

This is the demo: its answers were written in advance, and **no model was asked**, so a real \
one would have to take it from here. Your question did travel the whole way, though: through \
Telegram's protocol, your rules and the history. History in this request: {history}."""

NOT_IN_SCRIPT_RU: Final = """\
Вы спросили: «{asked}»

Это демо: ответы в нём написаны заранее, и **модель никто не спрашивал**; настоящий ответ дала \
бы только она. Зато вопрос прошёл весь путь: протокол Telegram, ваши правила и историю. \
История в этом запросе: {history}."""

KEYS_EN: Final = "Timur's cousin in Lisbon has them [1]."

KEYS_RU: Final = "У брата Тимура [1]."

SOFA_EN: Final = "Gladly, after six. Is there a lift, or do I bring **Max**, too?"

SOFA_RU: Final = "Конечно, после шести. Лифт есть или взять с собой **Макса**?"
