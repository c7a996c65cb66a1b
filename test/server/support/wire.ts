/** The bytes between client and server: frames as any client, and as no client, would send them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { z } from 'zod';
import { MessageFramer } from '../../../server/lsp/framing.ts';
import { ServerProcess, type Transport } from './server.ts';

export const frame = (body: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`), Buffer.from(body)]);

export const message = (fields: object): Buffer => frame(JSON.stringify({ jsonrpc: '2.0', ...fields }));

export const INITIALIZE = message({
  id: 'initialize',
  method: 'initialize',
  params: { processId: null, rootUri: null, capabilities: {} },
});

const Sent = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string().optional(),
  error: z.object({ code: z.number().int(), message: z.string() }).optional(),
});
type Sent = z.infer<typeof Sent>;

/** A server whose standard input is written byte by byte, and whose standard output must be frames of JSON-RPC. */
export class Wire extends ServerProcess {
  readonly messages: Sent[] = [];

  constructor(transport: Transport = 'stdio') {
    super(transport);
    const framer = new MessageFramer();
    this.child.stdout!.on('data', (chunk: Buffer) => {
      for (const body of framer.push(chunk)) this.messages.push(Sent.parse(JSON.parse(body.toString())));
    });
  }

  send(...bytes: Buffer[]): void {
    this.child.stdin!.write(Buffer.concat(bytes));
  }

  /** Waits for the next message that is no notification, and takes it. */
  async answer(): Promise<Sent> {
    for (;;) {
      const index = this.messages.findIndex(({ method }) => method === undefined);
      if (index >= 0) return this.messages.splice(index, 1)[0]!;
      if (this.child.exitCode !== null) throw new Error(`The server has ended: ${this.stderr}`);
      await sleep(5);
    }
  }

  /** Expects the server to have ended by itself with 1 and at most one line on standard error. */
  async expectEnd(stderr: RegExp): Promise<void> {
    expect(await this.end()).toBe(1);
    expect(this.stderr).toMatch(stderr);
  }
}
