/** `@verity` in the chat: each job as a command, in words. */
import {
  type CancellationToken,
  chat,
  type ChatPromptReference,
  type ChatRequest,
  type ChatResponseStream,
  type Disposable,
  Location,
  Range,
  Uri,
  window,
  workspace,
} from 'vscode';
import { problemText } from '../solve/prompt.ts';
import type { Verity } from '../verity.ts';
import { type NamedText, pairIn, premisesIn } from './request.ts';
import { completionMarkdown, deductionMarkdown, judgmentMarkdown, solutionMarkdown } from './words.ts';

type Answer = (
  verity: Verity,
  request: ChatRequest,
  stream: ChatResponseStream,
  token: CancellationToken,
) => Promise<void>;

const COMMANDS: Record<string, Answer> = { solve, judge, deduce, complete };

export function registerChat(verity: Verity): Pick<Disposable, 'dispose'> {
  const participant = chat.createChatParticipant('verity.chat', async (request, _, stream, token) => {
    try {
      await (COMMANDS[request.command ?? 'solve'] ?? solve)(verity, request, stream, token);
    } catch (error) {
      if (token.isCancellationRequested) return {};
      const message = error instanceof Error ? error.message : String(error);
      verity.log.warn(message);
      return { errorDetails: { message } };
    }
    return {};
  });
  participant.iconPath = Uri.joinPath(verity.extensionUri, 'media', 'icon.png');
  return participant;
}

async function judge(
  verity: Verity,
  request: ChatRequest,
  stream: ChatResponseStream,
  token: CancellationToken,
) {
  const pair = pairIn(request.prompt, await attachedTo(request));
  if (pair === undefined) {
    stream.markdown('Give me two versions: attach two files or selections, or write two code blocks.');
    return;
  }
  stream.progress('Judging in both orders…');
  const { a, b, instruction } = pair;
  const params = { a: a.text, b: b.text, ...(instruction && { instruction }) };
  const judgment = await verity.server.judge(params, token, () => undefined);
  stream.markdown(judgmentMarkdown(judgment, { A: a.name, B: b.name }));
}

async function solve(
  verity: Verity,
  request: ChatRequest,
  stream: ChatResponseStream,
  token: CancellationToken,
) {
  const attached = await attachedTo(request);
  if (request.prompt.trim() === '') {
    stream.markdown('Tell me the problem. What you attach, I read too.');
    return;
  }
  const problem = problemText(
    { ask: request.prompt, file: '', language: '', code: '' },
    attached.map(({ name, text }) => ({ label: name, description: '', text })),
  );
  const result = await verity.server.solve({ problem }, token, (partial) => {
    if (partial.kind === 'agent') stream.progress(`The ${partial.role} is at work…`);
  });
  stream.markdown(solutionMarkdown(result));
}

async function deduce(
  verity: Verity,
  request: ChatRequest,
  stream: ChatResponseStream,
  token: CancellationToken,
) {
  const attached = (await attachedTo(request)).map(({ text }) => text);
  const asked = premisesIn([...attached, request.prompt].join('\n'));
  if (asked === undefined) {
    stream.markdown('Write what is known, one sentence each, and end with a question.');
    return;
  }
  stream.progress('Deducing, and checking every step…');
  stream.markdown(deductionMarkdown(await verity.server.deduce(asked, token, () => undefined)));
}

/** At the cursor of the active editor, or of a text in the prompt at its end. */
async function complete(
  verity: Verity,
  request: ChatRequest,
  stream: ChatResponseStream,
  token: CancellationToken,
) {
  const editor = window.activeTextEditor;
  if (request.prompt.trim() === '' && editor === undefined) {
    stream.markdown('Open a file and set the cursor, or write the text to complete.');
    return;
  }
  stream.progress('Searching for a safe completion…');
  const language = editor?.document.languageId ?? 'plaintext';
  const place = request.prompt.trim() === '' ? atCursor() : { prefix: request.prompt };
  const result = await verity.server.complete({ ...place, language }, token, () => undefined);
  stream.markdown(completionMarkdown(result, language));
}

function atCursor(): { prefix: string; suffix: string } {
  const { document, selection } = window.activeTextEditor!;
  const text = document.getText();
  const offset = document.offsetAt(selection.active);
  return { prefix: text.slice(0, offset), suffix: text.slice(offset) };
}

/** Files, selections and texts that the user attached; what is neither is left out. */
async function attachedTo({ references }: ChatRequest): Promise<NamedText[]> {
  const texts = await Promise.all(references.map(textOf));
  return texts.filter((text) => text !== undefined);
}

async function textOf({ value, id }: ChatPromptReference): Promise<NamedText | undefined> {
  if (typeof value === 'string') return { name: id, text: value };
  const [uri, range] = value instanceof Location ? [value.uri, value.range] : [value, undefined];
  if (!(uri instanceof Uri)) return undefined;
  const document = await workspace.openTextDocument(uri);
  const name = workspace.asRelativePath(uri);
  return range instanceof Range
    ? { name: `${name}:${range.start.line + 1}`, text: document.getText(range) }
    : { name, text: document.getText() };
}
