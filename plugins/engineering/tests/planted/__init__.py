"""What the fixture generator plants: repositories' files with known defects among innocent ones.

Each module of this package has the files of one specialist as `PLANTED: dict[str, str]`, path to
text. Where a finding is due, its line ends with a mark, `⟦rule⟧`, or `⟦rule⟧⟦other-rule⟧`: the
generator takes the marks out and expects exactly these findings (specialist, path, line, rule).
Every other finding of anybody is a false alarm. A file that is to be innocent has no mark.
A module whose files are those of several specialists has `PARTS`, specialist to such files.
`⟦specialist/rule⟧` marks what another specialist is to find there. `{a}`, `{b}` ... `{h}` are
replaced by words that a seed draws, `{A}` ... `{H}` by the same with a capital, so that no rule is
fitted to names.
"""
