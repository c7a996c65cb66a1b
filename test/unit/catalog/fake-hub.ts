/** A hub on this machine that behaves like Hugging Face's, and misbehaves where a test asks for it. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubFile {
  content: Buffer;
  /** Large files are told by their SHA-256, others by Git's digest. */
  isLarge?: boolean;
  /** In place of the true ones. */
  claimed?: { digest?: string; size?: number };
}

/** Answers a request for a file in its own way; false leaves it to the hub. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse, file: HubFile) => boolean;

export const COMMIT = 'c'.repeat(40);

export class FakeHub {
  readonly files = new Map<string, HubFile>();
  /** `GET path range` of every request for a file, in order. */
  readonly requests: string[] = [];
  readonly tokens: (string | undefined)[] = [];
  misbehave: Misbehaviour = () => false;
  readonly endpoint: string;
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.answer(request, response),
    );
  }

  static async start(): Promise<FakeHub> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FakeHub(server);
  }

  put(path: string, content: Buffer | string, more: Omit<HubFile, 'content'> = {}): void {
    this.files.set(path, { content: Buffer.from(content), ...more });
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, this.endpoint);
    this.tokens.push(request.headers.authorization);
    if (url.pathname.startsWith('/api/models/owner/model/revision/')) {
      this.describe(response);
      return;
    }
    const path = /^\/owner\/model\/resolve\/[^/]+\/(.+)$/.exec(url.pathname)?.[1];
    const file = path === undefined ? undefined : this.files.get(decodeURIComponent(path));
    if (file === undefined) return void response.writeHead(404).end();
    this.requests.push([path, request.headers.range].filter(Boolean).join(' '));
    if (!this.misbehave(request, response, file)) send(request, response, file.content);
  }

  private describe(response: ServerResponse): void {
    const siblings = [...this.files].map(([rfilename, { content, isLarge = false, claimed = {} }]) => {
      const size = claimed.size ?? content.length;
      const sha256 = claimed.digest ?? createHash('sha256').update(content).digest('hex');
      const blobId =
        claimed.digest ?? createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
      return { rfilename, size, blobId, ...(isLarge && { lfs: { sha256, size } }) };
    });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ sha: COMMIT, siblings }));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A range of the content, or all of it. */
export function send(request: IncomingMessage, response: ServerResponse, content: Buffer): void {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (from === undefined)
    return void response.writeHead(200, { 'content-length': content.length }).end(content);
  const part = content.subarray(Number(from), Number(to) + 1);
  response
    .writeHead(206, {
      'content-length': part.length,
      'content-range': `bytes ${from}-${Number(from) + part.length - 1}/${content.length}`,
    })
    .end(part);
}
