"""The verdict of a run: one sentence in Japanese and English."""

from __future__ import annotations

from collections.abc import Iterator

from loadtest.report.figures import RunFigures
from loadtest.scenario.levels import Shape
from loadtest.sections import Text, joined


def verdict(report: RunFigures) -> Text:
    """The result in a sentence, with a second one if the machine was busy with other work."""
    return joined([_result(report), *_busy(report)], Text("", " "))


def _busy(report: RunFigures) -> Iterator[Text]:
    if (cores := report.busy_elsewhere) is not None:
        yield Text(
            f"このマシンでは、ほかの処理が{cores:.1f}コアを使用していました。数値を引用する前に、もう一度実行してください。",
            f"Other work kept {cores:.1f} cores of this machine busy: repeat the run before you quote its figures.",
        )


def _result(report: RunFigures) -> Text:
    """A failure first, then the sections, else whether the level was sustained."""
    if report.wrong_answers:
        compared = report.compared + report.stats.histories_compared
        return Text(
            f"照合した回答{compared:,}件のうち{report.wrong_answers:,}件が誤りのため、不合格です。",
            f"{report.wrong_answers} of {compared} compared answers were wrong: the run failed.",
        )
    level, figures = _level(report), _figures(report)
    if report.generator_bound:
        return Text(
            f"負荷発生器が限界に達したため、{level.ja}については判定できません。",
            f"The generator was the bottleneck: {level.en} cannot be judged.",
        )
    if report.sections:
        sections, errors = _sections(report), _errors(report)
        return Text(
            f"{sections.ja}{level.ja}：{figures.ja}、{errors.ja}。",
            f"{sections.en} {level.en}: {figures.en}, {errors.en}.",
        )
    if report.errors:
        return Text(
            f"このマシンでは {level.ja}の負荷でエラーが発生しました：{figures.ja}。",
            f"This machine did not sustain {level.en} without errors: {figures.en}.",
        )
    if report.sustained:
        return Text(
            f"このマシンは {level.ja}の負荷に耐えました：{figures.ja}。",
            f"This machine sustained {level.en}: {figures.en}.",
        )
    return Text(
        f"このマシンは {level.ja}の負荷に耐えられませんでした：{figures.ja}。",
        f"This machine did not sustain {level.en}: {figures.en}.",
    )


def _level(report: RunFigures) -> Text:
    level, scale = report.plan.level, report.plan.scale
    scaled = Text("", "") if scale == 1 else Text(f" × {scale:g}", f" at {scale:g} of its rate")
    return Text(
        f"{level.name}{scaled.ja}（{level.meaning.ja}）", f"{level.name}{scaled.en} ({level.meaning.en})"
    )


def _figures(report: RunFigures) -> Text:
    p99 = f"p99 {report.stats.checks.percentile_ms(0.99):,.0f}"
    achieved, offered = f"{report.achieved_per_s:,.0f}", f"{report.offered_per_s:,.0f}"
    unit = "rows" if report.plan.level.shape is Shape.BATCHES else "checks"
    return Text(
        f"到着 毎秒{offered}件、回答 毎秒{achieved}件、{p99}ミリ秒",
        f"{achieved} of {offered} {unit}/s, {p99} ms",
    )


def _sections(report: RunFigures) -> Text:
    """The last sentence of each section, unmet expectations first."""
    ordered = sorted(report.sections, key=lambda section: section.met)
    return joined((section.sentences[-1] for section in ordered if section.sentences), Text("", " "))


def _errors(report: RunFigures) -> Text:
    errors, explained = report.stats.errors.total(), (report.stats.errors & report.explained).total()
    if not errors:
        return Text("エラーなし", "no error")
    return Text(
        f"エラー{errors:,}件（うち想定内{explained:,}件）",
        f"{errors:,} errors, {explained:,} of them explained",
    )
