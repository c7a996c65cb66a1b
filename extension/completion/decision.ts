/** Whether a search is worth beginning at a place. */
import { lineAfter, type Place } from './place.ts';

export interface Asked extends Place {
  language: string;
  /** Of the whole document, in characters. */
  length: number;
  /** Whether the user asked by a key, and not merely by typing. */
  isExplicit: boolean;
  /** Whether the editor's own list is open: it hides what does not go on from its selected entry. */
  isListOpen: boolean;
}

export interface WhenToAsk {
  isEnabled: boolean;
  /** VS Code language ids. */
  languages: readonly string[];
}

/** Beyond, giving the text to the server with each key would be felt. */
const MAX_LENGTH = 500_000;

/** Why nothing is asked, in words; undefined if it is. */
export function whyNotAsked(asked: Asked, when: WhenToAsk): string | undefined {
  if (!when.isEnabled) return 'safe completions are off (verity.completion.enabled)';
  if (!when.languages.includes(asked.language))
    return `${asked.language} is not among the languages of verity.completion.languages`;
  if (asked.length > MAX_LENGTH)
    return `the file has more than ${MAX_LENGTH.toLocaleString('en')} characters`;
  if (asked.isListOpen) return 'the editor’s own list of suggestions was open';
  if (asked.prefix.trim() === '') return 'there is nothing before the cursor to go on from';
  if (!asked.isExplicit && /^\w/.test(lineAfter(asked))) return 'the cursor is inside a word';
  return undefined;
}
