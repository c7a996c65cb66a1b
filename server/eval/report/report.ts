/** An evaluation as one page that stands alone: no script, nothing fetched, every plot with its table. */
import type { Evaluation } from '../evaluation.ts';
import type { Accuracy } from '../figures.ts';
import type { Interval } from '../statistics.ts';
import { html, Markup, NOTHING } from './html.ts';
import {
  matrixPlot,
  type Part,
  percent,
  reliabilityPlot,
  type Row,
  rowLegend,
  rowPlot,
  stackLegend,
  stackPlot,
} from './plots.ts';
import { STYLE } from './style.ts';

const NAMES: Record<string, string> = {
  pairs: 'injected bugs',
  'rm-bench': 'RM-Bench',
  rewardbench: 'RewardBench',
  rmb: 'RMB',
};

const between = ([low, high]: Interval): string => `${(100 * low).toFixed(1)}–${percent(high)}`;
const within = (interval: Interval): string => `95\u00a0%: ${between(interval)}`;

export function reportHtml(evaluation: Evaluation): string {
  const { model, benchmark } = evaluation;
  const title = `${model.id} on ${NAMES[benchmark] ?? benchmark}`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Verity</title>
        <style>
          ${new Markup(STYLE)}
        </style>
      </head>
      <body>
        <main>
          ${header(title, evaluation)} ${tiles(evaluation)} ${coverage(evaluation)}
          ${benchmarkSection(evaluation)} ${groupSection('Accuracy by subset', 'subset', evaluation.bySubset)}
          ${groupSection('Accuracy by language', 'language', evaluation.byLanguage)}
          ${groupSection('Accuracy by kind of bug', 'bug', evaluation.byBug)}
          <div class="columns">${positionSection(evaluation)} ${lengthSection(evaluation)}</div>
          <div class="columns">${calibrationSection(evaluation)} ${factsSection(evaluation)}</div>
        </main>
      </body>
    </html>`;
  return page.text;
}

function header(title: string, { pairs, data, startedAt }: Evaluation): Markup {
  return html`<header>
    <p class="product">Verity evaluation</p>
    <h1>${title}</h1>
    <p>
      ${pairs.toLocaleString('en')} comparisons from ${data}, each read in both orders, on
      ${startedAt.slice(0, 10)}.
    </p>
  </header>`;
}

function tiles(evaluation: Evaluation): Markup {
  const { bothRightInterval, accuracyWhereAgreedInterval } = evaluation;
  return html`<div class="tiles">
    ${headline(evaluation)}
    ${tile(evaluation.bothRight, 'right in both orders', `${within(bothRightInterval)}; a coin: 25\u00a0%`)}
    ${tile(evaluation.agreement, 'orders agree', 'of those that were judged')}
    ${tile(
      evaluation.accuracyWhereAgreed,
      'right where they agree',
      `${within(accuracyWhereAgreedInterval)}; what a user sees`,
    )}
  </div>`;
}

/** A benchmark's own average, or for pairs what it is there: the share of right readings. */
function headline({ benchmark, score, orderAccuracy, orderAccuracyInterval }: Evaluation): Markup {
  if (benchmark === 'pairs')
    return tile(orderAccuracy, 'right per order', `${within(orderAccuracyInterval)}; a coin: 50\u00a0%`);
  const scores = Object.values(score.scores)[0]!;
  const average = scores.meanOfOrders['average'] ?? 0;
  const interval = scores.intervals['average'] ?? [average, average];
  return tile(
    average,
    `${NAMES[benchmark] ?? benchmark} average`,
    `${within(interval)}; mean of both orders`,
  );
}

const tile = (value: number, name: string, note: string): Markup =>
  html`<div class="tile"><b>${percent(value)}</b><span>${name}</span><span class="note">${note}</span></div>`;

/** Shown only where something was not judged. */
function coverage({ pairs, judged, doesNotFit, refused, ofJudged }: Evaluation): Markup {
  if (judged === pairs) return NOTHING;
  const parts: Part[] = [
    { name: 'judged', value: judged / pairs, kind: '' },
    { name: 'does not fit the model', value: doesNotFit / pairs, kind: 'other' },
    { name: 'refused', value: refused / pairs, kind: 'none' },
  ];
  return section(
    'What could be judged',
    `What was not judged counts as wrong in the figures above. Of the judged alone, ${percent(ofJudged.bothRight)} are ` +
      `right in both orders (${within(ofJudged.bothRightInterval)}) and ${percent(ofJudged.orderAccuracy)} per ` +
      `order (${between(ofJudged.orderAccuracyInterval)}).`,
    html`${stackLegend(parts)} ${stackPlot('Comparisons judged and not judged', parts)}`,
    table(
      ['outcome', 'comparisons', 'share'],
      [
        ['judged', String(judged), percent(judged / pairs)],
        ['does not fit the model', String(doesNotFit), percent(doesNotFit / pairs)],
        ['refused', String(refused), percent(refused / pairs)],
      ],
    ),
  );
}

type Scores = Evaluation['score']['scores'][string];

function benchmarkSection({ benchmark, score, judged, pairs }: Evaluation): Markup {
  if (benchmark === 'pairs') return NOTHING;
  return html`${Object.entries(score.scores).map(([points, scores]) =>
    section(
      `${NAMES[benchmark] ?? benchmark} score${Object.keys(score.scores).length > 1 ? ` (${points})` : ''}`,
      score.rule,
      html`${rowLegend('mean of both orders', 'one order drawn by chance, as in the benchmark’s scripts', 'a coin')}
      ${rowPlot('The benchmark’s figures', scoreRows(scores), [0.5])} ${matrixOf(scores)}`,
      html`${scoreTable(scores, 'all comparisons; what was not judged is worth 0')}
      ${judged === pairs ? NOTHING : scoreTable(scores.ofJudged, 'of the judged alone')}`,
    ),
  )}`;
}

const scoreRows = (scores: Scores): Row[] =>
  Object.entries(scores.meanOfOrders).map(([name, value]) => ({
    name,
    value,
    interval: scores.intervals[name] ?? [value, value],
    second: scores.oneOrder[name] ?? 0,
  }));

function scoreTable(scores: Scores['ofJudged'], caption: string): Markup {
  const rows = Object.entries(scores.meanOfOrders).map(([name, value]) => [
    name,
    percent(scores.oneOrder[name] ?? 0),
    percent(value),
    between(scores.intervals[name] ?? [value, value]),
    percent(scores.bothOrders[name] ?? 0),
  ]);
  return table([caption, 'one order', 'mean of orders', '95 %', 'both orders'], rows);
}

function matrixOf({ tables }: Scores): Markup {
  const cells = tables['matrix'];
  return Array.isArray(cells)
    ? matrixPlot('Score by style of the answers', ['concise', 'detailed', 'Markdown'], cells as number[][])
    : NOTHING;
}

function groupSection(title: string, unit: string, groups: Record<string, Accuracy>): Markup {
  const members = Object.entries(groups).sort(([, one], [, other]) => other.bothRight - one.bothRight);
  if (members.length === 0) return NOTHING;
  const rows = members.map(([name, group]) => ({
    name,
    count: group.pairs,
    value: group.bothRight,
    interval: group.bothRightInterval,
    second: group.orderAccuracy,
  }));
  return section(
    title,
    'Bars are 95 % intervals of the filled dots; the last column counts comparisons.',
    html`${rowLegend('right in both orders', 'right per order', 'a coin: 25 % in both orders, 50 % per order')}
    ${rowPlot(title, rows, [0.25, 0.5])}`,
    table(
      [unit, 'comparisons', 'judged', 'both orders', '95 %', 'per order', '95 %'],
      members.map(([name, group]) => [
        name,
        String(group.pairs),
        String(group.judged),
        percent(group.bothRight),
        between(group.bothRightInterval),
        percent(group.orderAccuracy),
        between(group.orderAccuracyInterval),
      ]),
    ),
  );
}

function positionSection({ positionBias: bias }: Evaluation): Markup {
  const parts: Part[] = [
    { name: 'same text both times', value: bias.consistent, kind: '' },
    { name: 'the first both times', value: bias.alwaysFirst, kind: 'other' },
    { name: 'the second both times', value: bias.alwaysSecond, kind: 'third' },
    { name: 'without a verdict', value: bias.withoutVerdict, kind: 'none' },
  ];
  return section(
    'Position bias',
    `${percent(bias.firstShare)} of the verdicts are for the text that stood first ` +
      `(${within(bias.firstShareInterval)}; without bias: 50 %).`,
    html`${stackLegend(parts)} ${stackPlot('What the two readings of a comparison say', parts)}`,
    table(
      ['two readings of a comparison', 'share'],
      parts.map(({ name, value }) => [name, percent(value)]),
    ),
  );
}

function lengthSection({ lengthBias: bias }: Evaluation): Markup {
  const rows = (
    [
      ['right is longer', bias.rightIsLonger],
      ['right is shorter', bias.rightIsShorter],
    ] as const
  ).map(([name, { readings, accuracy, interval }]) => ({ name, count: readings, value: accuracy, interval }));
  const correlation = bias.correlation === null ? 'none to be had' : bias.correlation.toFixed(2);
  return section(
    'Length bias',
    `${percent(bias.preferLonger)} of the verdicts are for the longer text; ${percent(bias.longerIsRight)} would be if all ` +
      `were right. Correlation of verdict and relative length: ${correlation}.`,
    html`${rowLegend('right per order', undefined, 'a coin')}
    ${rowPlot('Accuracy where the right text is longer or shorter', rows, [0.5], true)}`,
    table(
      ['comparisons', 'readings', 'right', '95 %'],
      rows.map(({ name, count, value, interval }) => [
        name,
        String(count),
        percent(value),
        between(interval),
      ]),
    ),
  );
}

function calibrationSection({ calibration, expectedCalibrationError }: Evaluation): Markup {
  const rows = calibration.filter(({ pairs }) => pairs > 0);
  return section(
    'Calibration',
    `Judgments whose orders agree, by the confidence Verity gives them. On the dashed line a judge is right as often as ` +
      `it says. Expected calibration error: ${expectedCalibrationError.toFixed(3)}.`,
    reliabilityPlot('Accuracy by confidence', calibration),
    table(
      ['confidence', 'judgments', 'mean confidence', 'right', '95 %'],
      rows.map(({ from, to, pairs, confidence, accuracy, interval }) => [
        `${percent(from, 0)} to ${percent(to, 0)}`,
        String(pairs),
        percent(confidence),
        percent(accuracy),
        between(interval),
      ]),
    ),
  );
}

function factsSection(evaluation: Evaluation): Markup {
  const { model, machine, versions, seed, limit } = evaluation;
  const facts: [string, Markup][] = [
    [
      'model',
      html`${model.id}, ${model.promptFamily} prompts, ${model.dtype} on ${model.device}<br /><code
          >${model.sha256}</code
        >`,
    ],
    ['data', html`${evaluation.data}<br /><code>${evaluation.dataSha256}</code>`],
    [
      'sample',
      html`${limit === null ? 'all' : `${limit} items`}${seed === null ? ', in file order' : `, seed ${seed}`}`,
    ],
    ['no valid verdict', html`${percent(evaluation.noVerdict)} of the readings`],
    [
      'time',
      html`${Math.round(evaluation.medianMs)} ms a comparison (median), ${duration(evaluation.judgingMs)} in
      all`,
    ],
    ['machine', html`${machine.cpu}, ${machine.cores} cores`],
    ['versions', html`Verity ${versions.verity}, Node ${versions.node}`],
    ['started', html`${evaluation.startedAt}`],
    ['command', html`<code>${evaluation.command}</code>`],
  ];
  return html`<section>
    <h2>How it was measured</h2>
    <table class="facts">
      <tbody>
        ${facts.map(
          ([name, value]) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td>${value}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

const duration = (ms: number): string => {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
};

function section(title: string, words: string, plot: Markup, numbers: Markup): Markup {
  return html`<section>
    <h2>${title}</h2>
    <p>${words}</p>
    <figure>${plot}</figure>
    <details>
      <summary>${title}: the numbers</summary>
      ${numbers}
    </details>
  </section>`;
}

function table(head: string[], rows: string[][]): Markup {
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table">
    <table>
      <thead>
        <tr>
          ${head.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([name, ...values]) =>
            html`<tr>
              <th scope="row">${name ?? ''}</th>
              ${values.map((value) => html`<td>${value}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
