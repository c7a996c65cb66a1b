/** An evaluation's figures for people. */
import type { Evaluation } from '../eval/evaluation.ts';
import type { Interval } from '../eval/statistics.ts';

const NAME = 26;

export const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const between = ([low, high]: Interval): string => `(${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)})`;
const row = (name: string, value: string): void => console.log(`  ${name.padEnd(NAME)} ${value}`);

export function printEvaluation(evaluation: Evaluation): void {
  const { pairs, judged, doesNotFit, refused } = evaluation;
  console.log(`${pairs} pairs, each in both orders`);
  row('both orders right', `${percent(evaluation.bothRight)} ${between(evaluation.bothRightInterval)}`);
  row('right per order', `${percent(evaluation.orderAccuracy)} ${between(evaluation.orderAccuracyInterval)}`);
  row('orders agree', percent(evaluation.agreement));
  row('right where they agree', percent(evaluation.accuracyWhereAgreed));
  row('no valid verdict', percent(evaluation.noVerdict));
  row('calibration error', evaluation.expectedCalibrationError.toFixed(3));
  row('median judgment', `${Math.round(evaluation.medianMs)} ms`);
  row('verdicts for the first', percent(evaluation.positionBias.firstShare));
  row('verdicts for the longer', percent(evaluation.lengthBias.preferLonger));
  if (judged < pairs) {
    console.log(
      `${judged} of them judged; ${doesNotFit} do not fit the model, ${refused} refused; of the judged`,
    );
    row('both orders right', percent(evaluation.ofJudged.bothRight));
    row('right per order', percent(evaluation.ofJudged.orderAccuracy));
  }
  printGroups(evaluation);
  if (evaluation.benchmark !== 'pairs') printScores(evaluation);
}

function printGroups({ bySubset, byLanguage, byBug }: Evaluation): void {
  for (const [name, group] of Object.entries({ ...bySubset, ...byLanguage, ...byBug }))
    row(name, `${percent(group.bothRight).padStart(8)} of ${group.pairs}`);
}

function printScores({ benchmark, score, judged, pairs }: Evaluation): void {
  for (const [points, scores] of Object.entries(score.scores)) {
    console.log(`${benchmark} (${points}): one order, mean of orders, both orders`);
    printFigures(scores);
    if (judged === pairs) continue;
    console.log('  of the judged');
    printFigures(scores.ofJudged);
  }
}

type Scores = Evaluation['score']['scores'][string];

function printFigures({
  oneOrder,
  meanOfOrders,
  bothOrders,
}: Pick<Scores, 'oneOrder' | 'meanOfOrders' | 'bothOrders'>): void {
  for (const name of Object.keys(meanOfOrders)) {
    const values = [oneOrder, meanOfOrders, bothOrders].map((figures) =>
      percent(figures[name] ?? 0).padStart(8),
    );
    row(name, values.join(' '));
  }
}
