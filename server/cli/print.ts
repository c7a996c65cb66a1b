/** What people read: verdicts on standard output, progress on standard error. */
import { styleText } from 'node:util';
import type { CompleteResult } from '../protocol/completion.ts';
import type { JudgedHunk, Judgment, Order, OrderJudgment, Ranking } from '../protocol/judgment.ts';
import { findingsOf, percent, summaryLine, type Threshold } from '../review/findings.ts';

const dim = (text: string): string => styleText('dim', text, { stream: process.stdout });
const bold = (text: string): string => styleText('bold', text, { stream: process.stdout });

const indent = (text: string): string => text.replace(/^(?=.)/gm, '  ');

/** Text of a file's or a model's making, without the control characters that would drive a terminal. */
export const printable = (text: string): string => text.replace(/[^\P{Cc}\n\t]/gu, '\uFFFD');

/** On a terminal one line that is rewritten; elsewhere a plain line per step. */
export class Progress {
  private written = 0;
  private hunks = 0;
  private finished = 0;
  private unit = 'hunk';
  private percent: number | undefined;
  private readonly live = process.stderr.isTTY;

  total(hunks: number): void {
    this.hunks = hunks;
    if (!this.live) process.stderr.write(`${hunks} ${hunks === 1 ? 'hunk' : 'hunks'} to judge\n`);
  }

  text(order: Order, delta: string): void {
    this.written += delta.length;
    const place = this.hunks > 0 ? `${this.unit} ${this.finished + 1} of ${this.hunks}, ` : '';
    if (this.live) process.stderr.write(`\r\x1b[Kjudging ${place}order ${order}, ${this.written} characters`);
  }

  comparing(index: number, total: number): void {
    [this.unit, this.finished, this.hunks] = ['comparison', index, total];
    if (!this.live) process.stderr.write(`comparison ${index + 1} of ${total}\n`);
  }

  quantized(percent: number): void {
    if (this.live) process.stderr.write(`\r\x1b[Kquantizing the model, ${percent} %`);
    else if (this.percent === undefined) process.stderr.write('quantizing the model, once\n');
    this.percent = percent;
  }

  done(hunks: number): void {
    this.finished = hunks;
    if (!this.live) process.stderr.write(`judged hunk ${hunks} of ${this.hunks}\n`);
  }

  step(count: number): void {
    if (this.live) process.stderr.write(`\r\x1b[Kcompleting, ${count} tokens`);
  }

  end(): void {
    if (this.live) process.stderr.write('\r\x1b[K');
  }
}

export function printJudgment(judgment: Judgment): void {
  console.log(bold(headline(judgment, 'Version A is better', 'Version B is better')));
  console.log(indent(printable(judgment.reasoning)));
  for (const order of judgment.orders) console.log(dim(indent(orderLine(order))));
  const { timings } = judgment;
  console.log(dim(indent(howSure(judgment))));
  console.log(
    dim(
      `  ${judgment.model}: first word after ${Math.round(timings.firstTokenMs)} ms, ` +
        `${Math.round(timings.totalMs)} ms in all, ${Math.round(timings.tokensPerSecond)} tokens/s`,
    ),
  );
}

/** The completion, or why there is none; then what was avoided, and what the search took. */
export function printCompletion({
  completions,
  refusal,
  avoided,
  counters,
  model,
  isTimedOut,
}: CompleteResult): void {
  const [best] = completions;
  console.log(printable(best?.text ?? refusal ?? 'Nothing was found within the time limit.'));
  for (const { text, probability, reward } of avoided)
    console.log(
      dim(`avoided (${percent(probability)} likely, reward ${reward.toFixed(2)}): ${printable(text)}`),
    );
  const reward = best?.reward === undefined ? '' : `reward ${best.reward.toFixed(2)}, `;
  const end = isTimedOut ? ', ended by the time limit' : '';
  console.log(
    dim(
      `${model}: ${reward}${counters.rewardCalls} reward calls, ${counters.forwardedTokens} tokens evaluated, ` +
        `${counters.cacheHits} from the cache, ${Math.round(counters.ms)} ms${end}`,
    ),
  );
}

/** Strongest first: strength with its interval, then how the comparisons went. */
export function printRanking({ ranking, comparisons, method, model }: Ranking): void {
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
  for (const [place, { candidate, strength, interval, wins, losses, undecided }] of ranking.entries()) {
    console.log(bold(`${place + 1}. ${printable(candidate)}`));
    const [low, high] = interval.map(signed);
    console.log(
      `   strength ${signed(strength)} (95 %: ${low} to ${high}), ${wins} won, ${losses} lost, ${undecided} undecided`,
    );
  }
  console.log(dim(`  ${model}: ${method}, ${comparisons.length} comparisons, each in both orders`));
}

/** The findings, then the review in one line. */
export function printReview(hunks: JudgedHunk[], threshold: Threshold): void {
  for (const { file, after, judgment } of findingsOf(hunks, threshold)) {
    const title = headline(judgment, 'The change makes it worse', 'The change makes it better');
    console.log(`${bold(`${printable(file)}:${after.startLine + 1}`)}  ${title}`);
    console.log(indent(printable(judgment.reasoning)));
  }
  console.log(summaryLine(hunks, threshold));
}

function headline({ verdict, confidence, orders }: Judgment, a: string, b: string): string {
  if (verdict === 'undecided')
    return orders.some((order) => order.verdict === null)
      ? 'Undecided: a reading ended without a valid verdict'
      : 'Undecided: the two orders do not agree';
  return `${verdict === 'A' ? a : b} (${percent(confidence)}, both orders agree)`;
}

/** What the headline's percentage means. */
function howSure({ calibration, orders }: Judgment): string {
  if (orders.some(({ votes }) => votes !== undefined)) return 'confidence: the share of votes';
  if (calibration === undefined) return 'confidence: not calibrated';
  return `confidence: calibrated on ${calibration.judgments} judgments`;
}

function orderLine({ order, verdict, confidence, outputTokens, votes }: OrderJudgment): string {
  const counts = votes === undefined ? '' : `, votes A ${votes.A}, B ${votes.B}, none ${votes.none}`;
  return `read as ${order}: ${verdict === null ? 'no valid verdict' : `${verdict}, ${percent(confidence)}`}${counts}, ${outputTokens} tokens`;
}
