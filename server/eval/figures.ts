/**
 * What the product's own verdicts are worth on any benchmark. A comparison is right only if both orders say so. What
 * was not judged counts as wrong in `bothRight` and `orderAccuracy`; `ofJudged` leaves it out.
 */
import type { Comparison } from './comparison.ts';
import { type Ended, type EndedJudged, isJudged, type Reading } from './outcome.ts';
import { correlation, groupBy, type Interval, mean, median, share, sum, wilson } from './statistics.ts';

export interface Accuracy {
  pairs: number;
  judged: number;
  bothRight: number;
  bothRightInterval: Interval;
  orderAccuracy: number;
  orderAccuracyInterval: Interval;
}

export interface Figures extends Accuracy {
  doesNotFit: number;
  refused: number;
  ofJudged: {
    bothRight: number;
    bothRightInterval: Interval;
    orderAccuracy: number;
    orderAccuracyInterval: Interval;
  };
  /** Of the judged: both orders have a verdict, and the same. */
  agreement: number;
  accuracyWhereAgreed: number;
  accuracyWhereAgreedInterval: Interval;
  /** Of the readings. */
  noVerdict: number;
  meanConfidenceWhereRight: number;
  meanConfidenceWhereWrong: number;
  expectedCalibrationError: number;
  medianMs: number;
  judgingMs: number;
  byLanguage: Record<string, Accuracy>;
  bySubset: Record<string, Accuracy>;
  byBug: Record<string, Accuracy>;
  positionBias: PositionBias;
  lengthBias: LengthBias;
  calibration: Bin[];
}

export interface PositionBias {
  /** Of the readings with a verdict, those for the text that stood first. */
  firstShare: number;
  firstShareInterval: Interval;
  /** Shares of the judged: same text both times; the first, or the second, both times; a reading without a verdict. */
  consistent: number;
  alwaysFirst: number;
  alwaysSecond: number;
  withoutVerdict: number;
}

export interface LengthBias {
  /** Of the readings where the right text is the longer, or the shorter one. */
  rightIsLonger: { readings: number; accuracy: number; interval: Interval };
  rightIsShorter: { readings: number; accuracy: number; interval: Interval };
  /** Of the verdicts: for the longer text; and how many would be if all were right. */
  preferLonger: number;
  longerIsRight: number;
  /** Between log(length of A / length of B) and a verdict for A. */
  correlation: number | null;
}

/** Judgments whose orders agree, by their confidence. */
export interface Bin {
  from: number;
  to: number;
  pairs: number;
  confidence: number;
  accuracy: number;
  interval: Interval;
}

const isRight = ({ good, outcome }: EndedJudged): boolean => outcome.verdict === good;
const agrees = ({ outcome }: EndedJudged): boolean => outcome.verdict !== null;

interface Read {
  of: EndedJudged;
  reading: Reading;
}
const readingsOf = (judged: EndedJudged[]): Read[] =>
  judged.flatMap((of) => of.outcome.readings.map((reading) => ({ of, reading })));
const readsRight = ({ of, reading }: Read): boolean => reading.verdict === of.good;

export function figuresOf(all: Ended[]): Figures {
  const judged = all.filter(isJudged);
  const agreed = judged.filter(agrees);
  const readings = readingsOf(judged);
  const right = agreed.filter(isRight);
  const wrong = agreed.filter((one) => !isRight(one));
  const calibration = bins(agreed);
  return {
    ...accuracy(all),
    doesNotFit: all.filter(({ outcome }) => outcome.kind === 'doesNotFit').length,
    refused: all.filter(({ outcome }) => outcome.kind === 'refused').length,
    ofJudged: ofJudged(judged),
    agreement: share(judged, agrees),
    accuracyWhereAgreed: share(agreed, isRight),
    accuracyWhereAgreedInterval: wilson(share(agreed, isRight), items(agreed)),
    noVerdict: share(readings, ({ reading }) => reading.verdict === null),
    meanConfidenceWhereRight: mean(right.map(({ outcome }) => outcome.confidence)),
    meanConfidenceWhereWrong: mean(wrong.map(({ outcome }) => outcome.confidence)),
    expectedCalibrationError: calibrationError(calibration),
    medianMs: median(judged.map(({ outcome }) => outcome.ms)),
    judgingMs: sum(judged.map(({ outcome }) => outcome.ms)),
    byLanguage: groups(all, ({ language }) => language),
    bySubset: groups(all, ({ subset }) => subset),
    byBug: groups(all, ({ bug }) => bug),
    positionBias: positionBias(judged),
    lengthBias: lengthBias(readings),
    calibration,
  };
}

/** Independent observations: comparisons of one item (a prompt's nine) hang together and count once. */
const items = (ended: Ended[]): number => new Set(ended.map(({ comparison }) => comparison.item)).size;

function accuracy(all: Ended[]): Accuracy {
  const judged = all.filter(isJudged);
  const covered = all.length === 0 ? 0 : judged.length / all.length;
  const bothRight = covered * share(judged, isRight);
  const orderAccuracy = covered * share(readingsOf(judged), readsRight);
  return {
    pairs: all.length,
    judged: judged.length,
    bothRight,
    bothRightInterval: wilson(bothRight, items(all)),
    orderAccuracy,
    orderAccuracyInterval: wilson(orderAccuracy, items(all)),
  };
}

function ofJudged(judged: EndedJudged[]): Figures['ofJudged'] {
  const { bothRight, bothRightInterval, orderAccuracy, orderAccuracyInterval } = accuracy(judged);
  return { bothRight, bothRightInterval, orderAccuracy, orderAccuracyInterval };
}

function groups(all: Ended[], by: (comparison: Comparison) => string | undefined): Record<string, Accuracy> {
  const named = all.filter(({ comparison }) => by(comparison) !== undefined);
  const found = [...groupBy(named, ({ comparison }) => by(comparison)!)];
  return Object.fromEntries(
    found
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, members]) => [name, accuracy(members)]),
  );
}

function positionBias(judged: EndedJudged[]): PositionBias {
  const verdicts = readingsOf(judged).filter(({ reading }) => reading.verdict !== null);
  const isFirst = ({ order, verdict }: Reading) => verdict === order[0];
  const always = (test: (reading: Reading) => boolean) =>
    share(judged, ({ outcome }) => outcome.readings.every(test));
  const firstShare = share(verdicts, ({ reading }) => isFirst(reading));
  return {
    firstShare,
    firstShareInterval: wilson(firstShare, items(verdicts.map(({ of }) => of))),
    consistent: share(judged, agrees),
    alwaysFirst: always(isFirst),
    alwaysSecond: always((reading) => reading.verdict === reading.order[1]),
    withoutVerdict: share(judged, ({ outcome }) => outcome.readings.some(({ verdict }) => verdict === null)),
  };
}

function lengthBias(readings: Read[]): LengthBias {
  const difference = ({ of }: Read) => of.comparison.chosen.length - of.comparison.rejected.length;
  const verdicts = readings.filter((read) => read.reading.verdict !== null && difference(read) !== 0);
  const where = (test: (read: Read) => boolean) => {
    const found = readings.filter(test);
    const share_ = share(found, readsRight);
    return {
      readings: found.length,
      accuracy: share_,
      interval: wilson(share_, items(found.map(({ of }) => of))),
    };
  };
  const longerWins = (read: Read) => readsRight(read) === difference(read) > 0;
  return {
    rightIsLonger: where((read) => difference(read) > 0),
    rightIsShorter: where((read) => difference(read) < 0),
    preferLonger: share(verdicts, longerWins),
    longerIsRight: share(verdicts, (read) => difference(read) > 0),
    correlation: correlation(
      verdicts.map(({ of }) => {
        const ratio = Math.log(of.comparison.chosen.length + 1) - Math.log(of.comparison.rejected.length + 1);
        return of.good === 'A' ? ratio : -ratio;
      }),
      verdicts.map(({ reading }) => (reading.verdict === 'A' ? 1 : 0)),
    ),
  };
}

const BINS = 10;

function bins(agreed: EndedJudged[]): Bin[] {
  return Array.from({ length: BINS }, (_, index) => {
    const members = agreed.filter(
      ({ outcome }) => Math.min(BINS - 1, Math.floor(BINS * outcome.confidence)) === index,
    );
    const accuracy = share(members, isRight);
    return {
      from: index / BINS,
      to: (index + 1) / BINS,
      pairs: members.length,
      confidence: mean(members.map(({ outcome }) => outcome.confidence)),
      accuracy,
      interval: wilson(accuracy, items(members)),
    };
  });
}

/** The mean distance between confidence and accuracy, weighted by the bins' sizes. */
function calibrationError(calibration: Bin[]): number {
  const all = sum(calibration.map(({ pairs }) => pairs));
  const gaps = calibration.map(({ pairs, confidence, accuracy }) => pairs * Math.abs(accuracy - confidence));
  return all === 0 ? 0 : sum(gaps) / all;
}
