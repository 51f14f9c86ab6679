"""What the program says, in Russian: a file a family of sentences, looked up by `sentences`.

`SENTENCES` of a family: the English shape, and its Russian. `{}` stands for a particular, in the
same order; where the order differs or a word depends on a number, they are numbered:

    "{} questions are asked again.": "{0} {0:вопрос|вопроса|вопросов} задаю снова.",

`PARTS` are particulars of this family's sentences alone. `WHOLE` are never particulars: words so
ordinary that somebody's name or title may be the same. `NAMES` are sentences with somebody's own
words in them, which stay as they are whatever they look like.
"""
