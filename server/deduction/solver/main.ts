/** The solver's process: texts in, what Z3 prints out, one after another. It ends when its owner's channel closes. */
import { type FromSolver, ToSolver } from './messages.ts';
import { loadZ3 } from './z3.ts';

process.on('disconnect', () => process.exit(0));

const send = (message: FromSolver): void => void process.send?.(message);

const z3 = await loadZ3();
process.on('message', (raw) => {
  const { id, smtLib } = ToSolver.parse(raw);
  z3.evaluate(smtLib).then(
    (text) => send({ kind: 'output', id, text }),
    // A solver that threw is in no state to be asked again; its owner starts another.
    () => process.exit(1),
  );
});
send({ kind: 'ready' });
