/**
 * LSP's base protocol, read strictly: header lines, an empty line, a body of Content-Length bytes. The LSP library's
 * own reader waits for ever behind what is no header, and takes lengths that are negative or without bound.
 * Source: https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#baseProtocol
 */

const MAX_HEADER_BYTES = 1024;
/** Far more than the largest request that is answered; a sender who claims more has lost its place. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

const END_OF_HEADER = '\r\n\r\n';
const HEADER_LINE = /^[A-Za-z-]+: *([^\r\n]*)$/;
const HEADER_BEGINNING = /^[A-Za-z-]+(:|$)/;

/** What arrives is no LSP; where the next message begins can't be known any more. */
export class FramingError extends Error {}

export class MessageFramer {
  private pending: Buffer[] = [];
  private size = 0;
  /** Length of the body that is being received, once its header has been read. */
  private bodyLength: number | undefined;

  /** The bodies that this chunk completes. @throws FramingError */
  *push(chunk: Buffer): Generator<Buffer, void> {
    this.pending.push(chunk);
    this.size += chunk.length;
    while (this.size > 0) {
      this.bodyLength ??= this.takeHeader();
      if (this.bodyLength === undefined || this.size < this.bodyLength) return;
      yield this.take(this.bodyLength);
      this.bodyLength = undefined;
    }
  }

  /** Consumes a header; undefined while it is incomplete. */
  private takeHeader(): number | undefined {
    const bytes = Buffer.concat(this.pending);
    this.pending = [bytes];
    const end = bytes.indexOf(END_OF_HEADER);
    const header = bytes.toString('latin1', 0, end < 0 ? Math.min(bytes.length, MAX_HEADER_BYTES) : end);
    if (!HEADER_BEGINNING.test(header.split('\r', 1)[0]!))
      throw new FramingError('a message without a header');
    if (end > MAX_HEADER_BYTES || (end < 0 && bytes.length > MAX_HEADER_BYTES))
      throw new FramingError(`a header of more than ${MAX_HEADER_BYTES} bytes`);
    if (end < 0) return undefined;
    this.take(end + END_OF_HEADER.length);
    return contentLength(header);
  }

  private take(length: number): Buffer {
    const bytes = Buffer.concat(this.pending);
    this.pending = [bytes.subarray(length)];
    this.size -= length;
    return bytes.subarray(0, length);
  }
}

function contentLength(header: string): number {
  const lines = header.split('\r\n');
  if (!lines.every((line) => HEADER_LINE.test(line))) throw new FramingError('a header line without a name');
  const values = lines
    .filter((line) => /^content-length:/i.test(line))
    .map((line) => HEADER_LINE.exec(line)![1]!);
  if (values.length !== 1) throw new FramingError('a header without one Content-Length');
  const length = /^\d{1,15}$/.test(values[0]!.trim()) ? Number(values[0]) : Infinity;
  if (length > MAX_BODY_BYTES)
    throw new FramingError(`a Content-Length that is no number up to ${MAX_BODY_BYTES}`);
  return length;
}
