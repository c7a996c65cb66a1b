/** A question as it is asked at a place of a document: what is sent, and where its parts stand. */
import { type CancellationToken, type TextDocument, workspace } from 'vscode';
import type { DeduceCodeParams, DeducePartial, Deduction } from '../../server/protocol/deduction.ts';
import type { Inquiry } from '../../server/protocol/derivation-panel.ts';
import type { Server } from '../server.ts';
import type { CodeLanguage } from './code.ts';
import type { Place } from './place.ts';
import type { Sentence, Span } from './sentences.ts';

export interface Asked {
  document: TextDocument;
  inquiry: Inquiry;
  place: Place;
  send: (
    server: Server,
    token: CancellationToken,
    onPartial: (partial: DeducePartial) => void,
  ) => Promise<Deduction>;
}

/** @param at where the result is shown: the conclusion, or the end of the premises if it was typed. */
export function askOfText(
  document: TextDocument,
  premises: readonly Sentence[],
  question: string,
  at: Span,
): Asked {
  const texts = premises.map(({ text }) => text);
  return {
    document,
    inquiry: {
      title: titleOf(document, spanning([...premises, at])),
      question,
      premises: texts,
      canOpenPremises: true,
    },
    place: {
      question: wholeLines(document, at),
      premises: premises.map((premise) => wholeLines(document, premise)),
      isWhole: false,
    },
    send: (server, token, onPartial) => server.deduce({ premises: texts, question }, token, onPartial),
  };
}

/** @param words the question as the panel shows it. */
export function askOfCode(
  document: TextDocument,
  language: CodeLanguage,
  question: DeduceCodeParams['question'],
  words: string,
  at: Span,
): Asked {
  const code = document.getText();
  return {
    document,
    inquiry: { title: titleOf(document, at), question: words, premises: [], canOpenPremises: false },
    place: { question: wholeLines(document, at), premises: [], isWhole: true },
    send: (server, token, onPartial) => server.deduceCode({ code, language, question }, token, onPartial),
  };
}

/** From the first character of its first line to the last of its last. */
function wholeLines(document: TextDocument, { start, end }: Span): Span {
  const [first, last] = [document.positionAt(start).line, document.positionAt(end).line];
  return {
    start: document.offsetAt(document.lineAt(first).range.start),
    end: document.offsetAt(document.lineAt(last).range.end),
  };
}

const spanning = (spans: readonly Span[]): Span => ({
  start: Math.min(...spans.map(({ start }) => start)),
  end: Math.max(...spans.map(({ end }) => end)),
});

function titleOf(document: TextDocument, { start, end }: Span): string {
  const [first, last] = [document.positionAt(start).line + 1, document.positionAt(end).line + 1];
  return `${workspace.asRelativePath(document.uri)}:${first === last ? first : `${first}–${last}`}`;
}
