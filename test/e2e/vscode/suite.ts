/** Runs inside VS Code's extension host: what the commands answer, with the embedded model. */
import assert from 'node:assert/strict';
import { commands, Uri, workspace } from 'vscode';
import type { JudgedHunk, Judgment } from '../../../server/protocol/judgment.ts';

const tests: Record<string, () => Promise<void>> = {
  'Judge Change answers with a judgment of the one changed hunk': async () => {
    const hunks = await commands.executeCommand<JudgedHunk[]>('verity.judgeChange');
    assert.equal(hunks.length, 1);
    assert.equal(hunks[0]?.file, 'average.py');
    assertComplete(hunks[0].judgment);
  },

  'Judge Two Files answers with a judgment': async () => {
    const [a, b] = ['old.py', 'new.py'].map((name) =>
      Uri.joinPath(workspace.workspaceFolders![0]!.uri, name),
    );
    assertComplete(await commands.executeCommand<Judgment>('verity.judgeFiles', a, [a, b]));
  },
};

/** Both orders were read by the embedded model, whatever the workspace's settings name. */
function assertComplete(judgment: Judgment): void {
  assert.equal(judgment.model, 'nano-judge');
  assert.deepEqual(
    judgment.orders.map(({ order }) => order),
    ['AB', 'BA'],
  );
  assert.ok(judgment.reasoning.length > 0);
}

/** Called by VS Code; it rejects with the names of the tests that failed. */
export async function run(): Promise<void> {
  const failed: string[] = [];
  for (const [name, test] of Object.entries(tests)) {
    const error = await test().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    console.log(`${error === undefined ? 'passed' : 'FAILED'}: ${name}`);
    if (error !== undefined) {
      console.error(error);
      failed.push(name);
    }
  }
  console.log(`${Object.keys(tests).length - failed.length} passed, ${failed.length} failed`);
  if (failed.length > 0) throw new Error(`failed: ${failed.join('; ')}`);
}
