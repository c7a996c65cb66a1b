/** A model for tests of deduction: it reads the sentences it is told to, and writes one derivation. */
import type { GenerateHooks, GenerateRequest, Generation } from '../../../server/runtime/language-model.ts';
import { promptText, ScriptedModel } from '../judge/scripted-model.ts';

export class Reader extends ScriptedModel {
  /** @param formals by sentence; `none` for others. */
  constructor(formals: Record<string, string>, derivation = '= unknown') {
    super((request) => {
      const prompt = promptText(request.prompt);
      const sentence = /^Formalize: (.*)\n$/.exec(prompt)?.[1];
      return [sentence === undefined ? derivation : (formals[sentence] ?? 'none')];
    });
  }

  override generate(request: GenerateRequest, hooks: GenerateHooks = {}): Promise<Generation> {
    hooks.signal?.throwIfAborted();
    return super.generate(request, hooks);
  }

  /** The prompt of the second stage. */
  get deducePrompt(): string | undefined {
    return this.requests.map(({ prompt }) => promptText(prompt)).find((text) => text.startsWith('Deduce:'));
  }
}
