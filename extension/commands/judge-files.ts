/** Judge Two Files: two files chosen in the explorer, or the active one against another. */
import { type Uri, window, workspace } from 'vscode';
import type { Judgment } from '../../server/protocol/judgment.ts';
import { entry, runJudging } from '../judging.ts';
import type { NamedText } from '../selections.ts';
import type { Verity } from '../verity.ts';

/** Answers with the judgment, for extensions that run the command; undefined if there is none. */
export async function judgeFiles(
  verity: Verity,
  clicked?: Uri,
  selected?: Uri[],
): Promise<Judgment | undefined> {
  const pair =
    selected?.length === 2 ? selected : await choosePair(clicked ?? window.activeTextEditor?.document.uri);
  const [a, b] = await Promise.all((pair ?? []).map((uri) => workspace.openTextDocument(uri)));
  if (a === undefined || b === undefined) return undefined;
  const [nameA, nameB] = [a, b].map(({ uri }) => workspace.asRelativePath(uri)) as [string, string];
  return judgeTexts(
    verity,
    { name: nameA, text: a.getText() },
    { name: nameB, text: b.getText() },
    a.languageId,
  );
}

/** Judges two texts; the verdict shows in the panel. */
export async function judgeTexts(
  verity: Verity,
  a: NamedText,
  b: NamedText,
  language: string,
): Promise<Judgment | undefined> {
  return runJudging(verity, 'Verity is judging', async (token) => {
    verity.panel.show([entry(`${a.name} ↔ ${b.name}`, { A: a.name, B: b.name })]);
    const judgment = await verity.server.judge({ a: a.text, b: b.text, language }, token, ({ order, text }) =>
      verity.panel.send({ kind: 'text', index: 0, order, text }),
    );
    verity.panel.send({ kind: 'judged', index: 0, judgment });
    return judgment;
  });
}

async function choosePair(first: Uri | undefined): Promise<Uri[] | undefined> {
  const chosen = await window.showOpenDialog({
    canSelectMany: first === undefined,
    openLabel: 'Judge',
    title:
      first === undefined
        ? 'Choose two files to judge'
        : `Choose the file to judge against ${workspace.asRelativePath(first)}`,
  });
  const pair = chosen && [...(first ? [first] : []), ...chosen];
  if (pair !== undefined && pair.length !== 2)
    void window.showInformationMessage('Verity: choose exactly two files to judge against each other.');
  return pair?.length === 2 ? pair : undefined;
}
