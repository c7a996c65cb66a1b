/**
 * Errors a user can act on. Their message is one clear line that says what is wrong and what to do; line breaks in
 * what it quotes (a tensor's name, a library's message) become spaces.
 */

export type VerityErrorKind = 'badModel' | 'contextOverflow' | 'workerDied' | 'busy' | 'badInput';

export class VerityError extends Error {
  override readonly name = 'VerityError';
  readonly kind: VerityErrorKind;

  constructor(kind: VerityErrorKind, message: string, options?: ErrorOptions) {
    super(message.replace(/\s*[\r\n]+\s*/g, ' '), options);
    this.kind = kind;
  }
}
