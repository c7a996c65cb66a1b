/** What language servers know of a file: its functions and who calls them. All of it is a help, none is waited for long. */
import {
  type CallHierarchyIncomingCall,
  type CallHierarchyItem,
  commands,
  type DocumentSymbol,
  type Position,
  type SymbolInformation,
  SymbolKind,
  type Uri,
  workspace,
} from 'vscode';
import type { LineRange } from '../../server/protocol/judgment.ts';
import type { Caller, ReviewContext } from '../../server/protocol/requests.ts';
import { anchorOf, linesOf, locate } from './anchor.ts';
import { changedLines } from './changed-lines.ts';
import { importsOf } from './imports.ts';
import type { ComparedText } from './sources.ts';

/** A language server that has just been started may take long; a review goes on without it. */
const PATIENCE_MS = 3000;
const MAX_FUNCTIONS = 4;
const MAX_CALLERS = 3;
const MAX_CALLER_LINES = 30;

const FUNCTIONS = new Set([SymbolKind.Function, SymbolKind.Method, SymbolKind.Constructor]);

export interface FunctionSymbol {
  range: LineRange;
  /** Its name's place. */
  name: Position;
}

/** The functions and methods of a document, nested ones included; none where no language server tells. */
export async function functionsOf(uri: Uri): Promise<FunctionSymbol[]> {
  const symbols = await patiently<(DocumentSymbol | SymbolInformation)[]>(
    commands.executeCommand('vscode.executeDocumentSymbolProvider', uri),
  );
  return (symbols ?? []).flatMap(withChildren).filter(isFunction).map(functionSymbol);
}

const withChildren = (symbol: DocumentSymbol | SymbolInformation): DocumentSymbol[] =>
  'children' in symbol ? [symbol, ...symbol.children.flatMap(withChildren)] : [];

const isFunction = ({ kind }: DocumentSymbol): boolean => FUNCTIONS.has(kind);

const functionSymbol = ({ range, selectionRange }: DocumentSymbol): FunctionSymbol => ({
  range: { startLine: range.start.line, endLine: range.end.line + 1 },
  name: selectionRange.start,
});

/** The context of a compared text, in lines of its version after. */
export async function contextOf({ uri, before, after, shown }: ComparedText): Promise<ReviewContext> {
  const lines = linesOf(after);
  const context: ReviewContext = { functions: [], imports: importsOf(lines), callers: [] };
  if (typeof shown === 'object') return context;
  const document = linesOf((await workspace.openTextDocument(uri)).getText());
  const changes = changedLines(before, after);
  for (const { range, name } of await functionsOf(uri)) {
    // The document may have moved on since the version after: only what is the same in both is known.
    const there = locate(anchorOf(document, range), lines);
    if (there === undefined) continue;
    context.functions.push(there);
    const isChanged = changes.some((change) => touches(change, there));
    if (isChanged && context.callers.length < MAX_FUNCTIONS * MAX_CALLERS)
      context.callers.push(...(await callersOf(uri, name, there)));
  }
  return context;
}

/** An empty range, as a deletion leaves it, counts as the line that follows it. */
export const touches = (a: LineRange, b: LineRange): boolean =>
  a.startLine < Math.max(b.endLine, b.startLine + 1) && Math.max(a.endLine, a.startLine + 1) > b.startLine;

/** The first functions that call one, each cut to a readable length. */
export async function callersOf(uri: Uri, name: Position, calls: LineRange): Promise<Caller[]> {
  const [item] =
    (await patiently<CallHierarchyItem[]>(
      commands.executeCommand('vscode.prepareCallHierarchy', uri, name),
    )) ?? [];
  if (item === undefined) return [];
  const incoming = await patiently<CallHierarchyIncomingCall[]>(
    commands.executeCommand('vscode.provideIncomingCalls', item),
  );
  return Promise.all((incoming ?? []).slice(0, MAX_CALLERS).map((call) => callerOf(call, calls)));
}

async function callerOf({ from, fromRanges }: CallHierarchyIncomingCall, calls: LineRange): Promise<Caller> {
  const document = await workspace.openTextDocument(from.uri);
  const callLine = fromRanges[0]?.start.line ?? from.range.start.line;
  const start = Math.max(from.range.start.line, callLine - MAX_CALLER_LINES / 2);
  const end = Math.min(from.range.end.line + 1, start + MAX_CALLER_LINES);
  const text = linesOf(document.getText()).slice(start, end).join('\n');
  return { calls, file: workspace.asRelativePath(from.uri, false), text: text.slice(0, 20_000) };
}

/** What a provider answers in time, if anything. */
export async function patiently<Result>(answer: Thenable<Result | undefined>): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
