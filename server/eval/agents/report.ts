/** The sweep as one page that stands alone: accuracy by latent steps, and what each run cost. */
import { html, type Markup, Markup as Raw, NOTHING } from '../report/html.ts';
import { percent, rowLegend, rowPlot } from '../report/plots.ts';
import { STYLE } from '../report/style.ts';
import type { AgentsEvaluation } from './evaluation.ts';
import type { RunFigures } from './sweep.ts';

const nameOf = ({ team, latentSteps }: Pick<RunFigures, 'team' | 'latentSteps'>): string =>
  latentSteps === null ? team : `${team}, m = ${latentSteps}`;

export function agentsReportHtml(evaluation: AgentsEvaluation): string {
  const { model, format, runs, findings, problems } = evaluation;
  const title = `${model.id} in teams on ${format}`;
  const rows = runs.map((run) => ({
    name: nameOf(run),
    count: run.problems,
    value: run.accuracy,
    interval: run.interval,
  }));
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Verity</title>
        <style>
          ${new Raw(STYLE)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <p class="product">Verity evaluation</p>
            <h1>${title}</h1>
            <p>${problems} problems each; m is the number of latent steps of every agent but the last.</p>
          </header>
          <section>
            <h2>Accuracy by team and latent steps</h2>
            ${rowPlot('Accuracy by team and latent steps', rows, [])}
            ${rowLegend('right answers, with their 95 % interval', undefined, 'no line: chance is near 0')}
            ${
              findings.length === 0
                ? NOTHING
                : html`<ul>
                    ${findings.map((finding) => html`<li>${finding}</li>`)}
                  </ul>`
            }
          </section>
          <section>
            <h2>What each run cost, per problem</h2>
            ${costTable(runs)}
          </section>
        </main>
      </body>
    </html>`;
  return page.text;
}

const costTable = (runs: readonly RunFigures[]): Markup =>
  html`<table>
    <thead>
      <tr>
        <th>run</th>
        <th>right</th>
        <th>failed</th>
        <th>output tokens</th>
        <th>positions evaluated</th>
        <th>mean time</th>
      </tr>
    </thead>
    <tbody>
      ${runs.map(
        (run) =>
          html`<tr>
            <td>${nameOf(run)}</td>
            <td>${percent(run.accuracy)}</td>
            <td>${run.failed}</td>
            <td>${run.outputTokens.toFixed(1)}</td>
            <td>${run.forwardedTokens.toFixed(1)}</td>
            <td>${(run.meanMs / 1000).toFixed(2)} s</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
