/** States of affairs in which all premises hold, side by side: what differs in them is why the question is open. */
import type { CounterModel } from '../../server/protocol/deduction.ts';
import { modelRows } from './words.ts';

export function CounterModels({ models }: { models: readonly CounterModel[] }) {
  if (models.length === 0) return null;
  const isSeveral = models.length > 1;
  const hasDifferentAnswers = new Set(models.map(({ answer }) => answer)).size > 1;
  return (
    <table class="models">
      <caption>{isSeveral ? 'All premises hold in either of these' : 'All premises hold in this'}</caption>
      <thead>
        <tr>
          <td />
          {models.map((_, index) => (
            <th key={index} scope="col">
              {isSeveral ? `State ${index + 1}` : 'State'}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {modelRows(models).map(({ name, values, differs }) => (
          <tr key={name} class={differs ? 'differs' : undefined}>
            <th scope="row">{name}</th>
            {values.map((value, index) => (
              <td key={index}>{differs ? <mark>{value}</mark> : value}</td>
            ))}
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">Answer</th>
          {models.map(({ answer }, index) => (
            <td key={index}>{hasDifferentAnswers ? <mark>{answer}</mark> : answer}</td>
          ))}
        </tr>
      </tfoot>
    </table>
  );
}
