/** What of the workspace may help a team: found by language servers, chosen by the user, never read unseen. */
import {
  commands,
  type Definition,
  type Location,
  type LocationLink,
  Range,
  type TextDocument,
  type Uri,
  workspace,
} from 'vscode';
import { callersOf, functionsOf, patiently } from '../review/context.ts';
import { linesOf } from '../review/anchor.ts';
import { importsOf } from '../review/imports.ts';
import { functionAround, type Place, rangeOf } from './problem.ts';
import type { ContextItem } from './prompt.ts';

/** Names whose definitions are asked for; each costs a request to a language server. */
const MAX_NAMES = 12;
const MAX_DEFINITION_LINES = 40;

export async function contextOf(place: Place): Promise<ContextItem[]> {
  const [around, definitions, callers] = await Promise.all([
    surroundings(place),
    definitionsIn(place),
    callersIn(place),
  ]);
  return [...importsAround(place), ...around, ...definitions, ...callers];
}

const at = (uri: Uri, line: number): string => `${workspace.asRelativePath(uri)}:${line + 1}`;

function importsAround({ document, lines: inner }: Place): ContextItem[] {
  const lines = linesOf(document.getText());
  const ranges = importsOf(lines).filter(
    ({ startLine, endLine }) => endLine <= inner.startLine || startLine >= inner.endLine,
  );
  if (ranges.length === 0) return [];
  const text = ranges.map(({ startLine, endLine }) => lines.slice(startLine, endLine).join('\n')).join('\n');
  return [{ label: 'Imports', description: at(document.uri, ranges[0]!.startLine), text }];
}

/** The function around the code, if the code is only a part of it. */
async function surroundings({ document, lines }: Place): Promise<ContextItem[]> {
  const around = await functionAround(document, lines);
  if (around === undefined || (around.startLine === lines.startLine && around.endLine === lines.endLine))
    return [];
  const text = document.getText(rangeOf(document, around));
  return [{ label: 'Function around it', description: at(document.uri, around.startLine), text }];
}

/** Definitions, elsewhere in the workspace, of what the code calls and of the types it names. */
async function definitionsIn(place: Place): Promise<ContextItem[]> {
  const { document, lines, text: code } = place;
  const places = await Promise.all(
    namesIn(code).map(async ({ name, offset }) => {
      const position = document.positionAt(document.offsetAt(rangeOf(document, lines).start) + offset);
      const found = await patiently<Definition | LocationLink[]>(
        commands.executeCommand('vscode.executeDefinitionProvider', document.uri, position),
      );
      const [first] = Array.isArray(found) ? found : found === undefined ? [] : [found];
      return first === undefined ? undefined : { name, ...targetOf(first) };
    }),
  );
  const items = new Map<string, ContextItem>();
  for (const found of places) {
    if (found === undefined || !isInWorkspace(found.uri) || isKnown(found, place)) continue;
    const description = at(found.uri, found.range.start.line);
    if (items.has(description)) continue;
    const text = await definitionText(found.uri, found.range);
    items.set(description, { label: `Definition of ${found.name}`, description, text });
  }
  return [...items.values()];
}

/** What is called, and what begins with a capital as types do; each once, with its first place. */
export function namesIn(code: string): { name: string; offset: number }[] {
  const names = new Map<string, number>();
  for (const { 0: name, index } of code.matchAll(/(?<![\w$])(?:[A-Za-z_$][\w$]*(?=\s*\()|[A-Z][\w$]*)/g))
    if (!names.has(name)) names.set(name, index);
  return [...names].slice(0, MAX_NAMES).map(([name, offset]) => ({ name, offset }));
}

const targetOf = (found: Location | LocationLink): { uri: Uri; range: Range } =>
  'targetUri' in found ? { uri: found.targetUri, range: found.targetRange } : found;

const isInWorkspace = (uri: Uri): boolean =>
  workspace.getWorkspaceFolder(uri) !== undefined && !uri.path.includes('/node_modules/');

/** Whether the team is given it anyway: in the code, or as an import, where a language server knows no better. */
function isKnown({ uri, range }: { uri: Uri; range: Range }, { document, lines }: Place): boolean {
  if (uri.toString() !== document.uri.toString()) return false;
  return [lines, ...importsOf(linesOf(document.getText()))].some(
    ({ startLine, endLine }) => startLine <= range.start.line && range.end.line < endLine,
  );
}

/** Some language servers tell the name's place alone: then the function there, else the lines up to an empty one. */
async function definitionText(uri: Uri, range: Range): Promise<string> {
  const document = await workspace.openTextDocument(uri);
  if (range.end.line > range.start.line) return clipped(document, range.start.line, range.end.line + 1);
  const around = (await functionsOf(uri)).find(({ name }) => range.contains(name))?.range;
  if (around !== undefined) return clipped(document, around.startLine, around.endLine);
  let end = range.start.line + 1;
  while (end < document.lineCount && !document.lineAt(end).isEmptyOrWhitespace) end++;
  return clipped(document, range.start.line, end);
}

const clipped = (document: TextDocument, startLine: number, endLine: number): string =>
  document.getText(
    rangeOf(document, { startLine, endLine: Math.min(endLine, startLine + MAX_DEFINITION_LINES) }),
  );

async function callersIn({ document, lines }: Place): Promise<ContextItem[]> {
  const functions = (await functionsOf(document.uri)).filter(
    ({ range }) => range.startLine < lines.endLine && lines.startLine < range.endLine,
  );
  const callers = await Promise.all(
    functions.slice(0, 2).map(({ name, range }) => callersOf(document.uri, name, range)),
  );
  return callers.flat().map(({ file, text }) => ({ label: 'Caller', description: file, text }));
}
