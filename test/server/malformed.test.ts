/** What is no LSP: the server answers with an error or ends with one line. It never hangs and leaves no worker. */
import fc from 'fast-check';
import { ErrorCodes } from 'vscode-languageserver-protocol/node';
import { describe, expect, it } from 'vitest';
import { PAIR } from './support/code.ts';
import { frame, INITIALIZE, message, Wire } from './support/wire.ts';

const ONE_LINE = /^verity: The client cannot be understood: [^\n]+\.\n$/;
const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const request = (params: unknown, method = 'verity/judge') => message({ id: 7, method, params });

it('answers messages that are no JSON-RPC with an error, and goes on', async () => {
  const { ParseError, InvalidRequest, InvalidParams } = ErrorCodes;
  const cases: [bytes: Buffer, code: number, id?: number][] = [
    [frame('{"jsonrpc": "2.0", "id": 7, "method": '), ParseError],
    [frame(''), ParseError],
    [frame(Buffer.from([0xff, 0xfe, 0x00, 0x80])), ParseError],
    [frame('null'), InvalidRequest],
    [frame('42'), InvalidRequest],
    [frame('"verity/judge"'), InvalidRequest],
    [frame('[]'), InvalidRequest],
    [frame('[{"jsonrpc":"2.0","id":7,"method":"verity/status"}]'), InvalidRequest],
    [frame(deep(100_000)), InvalidRequest],
    [frame('{"id":7,"method":"verity/status"}'), InvalidRequest, 7],
    [message({ id: null, method: 'verity/status' }), InvalidRequest],
    [message({ id: {}, method: 'verity/status' }), InvalidRequest],
    [message({ id: 7, method: 7 }), InvalidRequest, 7],
    [message({ id: 7, method: 'verity/status', params: 'x' }), InvalidRequest, 7],
    [message({ id: 7 }), InvalidRequest, 7],
    [message({ method: '$/cancelRequest' }), InvalidParams],
    [message({ method: '$/cancelRequest', params: { id: {} } }), InvalidParams],
    [request(null, 'initialize'), InvalidParams, 7],
    [request({}, 'initialize'), InvalidParams, 7],
    [request({ capabilities: {}, initializationOptions: { judgeModel: 1 } }, 'initialize'), InvalidParams, 7],
    [request(null), InvalidParams, 7],
    [frame(`{"jsonrpc":"2.0","id":7,"method":"verity/judge","params":${deep(100_000)}}`), InvalidParams, 7],
    [
      frame(`{"jsonrpc":"2.0","id":7,"method":"verity/judge","params":{"a":${deep(100_000)}}}`),
      InvalidParams,
      7,
    ],
    [message({ id: 7, method: '__proto__', params: {} }), ErrorCodes.MethodNotFound, 7],
    [message({ id: 7, method: 'x'.repeat(10_000_000) }), ErrorCodes.MethodNotFound, 7],
  ];
  const wire = new Wire();
  for (const [bytes, code, id] of cases) {
    wire.send(bytes);
    const sent = bytes.toString('utf8', 0, 100);
    expect({ sent, ...(await wire.answer()) }).toMatchObject({ sent, id: id ?? null, error: { code } });
  }
  wire.send(INITIALIZE);
  expect(await wire.answer()).toMatchObject({ id: 'initialize', result: { serverInfo: { name: 'verity' } } });
  wire.send(request({ ...PAIR, a: 'x'.repeat(10_000_000) }));
  expect(await wire.answer()).toMatchObject({ id: 7, error: { code: InvalidParams } });
  wire.send(request(null, 'verity/status'));
  expect(await wire.answer()).toMatchObject({ id: 7, result: { queue: { running: 0, waiting: 0 } } });
  expect(wire.stderr).toBe('');
});

it('reads messages that come byte by byte, and many at once', async () => {
  const wire = new Wire();
  for (const byte of INITIALIZE) wire.send(Buffer.from([byte]));
  expect(await wire.answer()).toMatchObject({ id: 'initialize' });
  wire.send(...[1, 2, 3].map((id) => message({ id, method: 'verity/status' })));
  for (const id of [1, 2, 3]) expect(await wire.answer()).toMatchObject({ id });
});

describe('broken framing ends the server with one line', () => {
  const length = (value: string) => Buffer.from(`Content-Length: ${value}\r\n\r\n{}`);
  const cases: Record<string, Buffer> = {
    'binary garbage': Buffer.from(Array.from({ length: 256 }, (_, byte) => 255 - byte)),
    'JSON without a header': Buffer.from('{"jsonrpc":"2.0","id":1,"method":"initialize"}'),
    'no Content-Length': Buffer.from('Content-Type: application/vscode-jsonrpc\r\n\r\n{}'),
    'two Content-Lengths': Buffer.from('Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}'),
    'a negative Content-Length': length('-1'),
    'a huge Content-Length': length('99999999999999999999'),
    'a Content-Length beyond all use': length('1000000000000'),
    'a Content-Length that is no number': length('0x10'),
    'an empty Content-Length': length(''),
    'a Content-Length that cuts the body off': Buffer.from(
      'Content-Length: 20\r\n\r\n{"jsonrpc":"2.0","id":7,"method":"verity/status"}',
    ),
    'a header without end': Buffer.from(`Content-Length: 2\r\nX-Filler: ${'x'.repeat(2000)}`),
    'a header line without a name': Buffer.from('Content-Length: 2\r\nnonsense\r\n\r\n{}'),
  };
  it.each(Object.entries(cases))('%s', async (_, bytes) => {
    const wire = new Wire();
    wire.send(INITIALIZE, bytes);
    await wire.expectEnd(ONE_LINE);
  });
});

it('ends when the client goes away in the middle of a message, or before any', async () => {
  for (const beginning of [Buffer.from('Content-Length: 1000\r\n\r\n{"jsonrpc"'), Buffer.alloc(0)]) {
    const wire = new Wire();
    wire.send(beginning);
    wire.child.stdin!.end();
    await wire.expectEnd(/^$/);
  }
});

it('ends when nobody reads its answers any more', async () => {
  const wire = new Wire();
  wire.send(INITIALIZE);
  await wire.answer();
  wire.child.stdout!.destroy();
  wire.send(message({ id: 1, method: 'verity/status' }));
  await wire.expectEnd(/^$/);
});

it('ends with its worker when a judgment is running and the framing breaks', async () => {
  const wire = new Wire();
  wire.send(INITIALIZE);
  await wire.answer();
  wire.send(request(PAIR));
  await wire.family.worker(wire.pid);
  wire.send(Buffer.from('nonsense\r\n\r\n'));
  await wire.expectEnd(ONE_LINE);
});

describe('any sequence of frames, broken frames and noise', () => {
  const method = fc.constantFrom(
    'verity/judge',
    'verity/review',
    'verity/complete',
    'verity/status',
    'initialize',
    '$/cancelRequest',
  );
  const call = fc.record(
    { id: fc.oneof(fc.integer(), fc.string()), method, params: fc.jsonValue() },
    { requiredKeys: ['method'] },
  );
  const valid = call.map((fields) => message(fields));
  const anyJson = fc.jsonValue().map((value) => frame(JSON.stringify(value)));
  const anyBody = fc.uint8Array({ maxLength: 60 }).map((bytes) => frame(Buffer.from(bytes)));
  const wrongLength = fc
    .tuple(fc.integer({ min: -5, max: 200 }), call)
    .map(([length, fields]) => Buffer.from(`Content-Length: ${length}\r\n\r\n${JSON.stringify(fields)}`));
  const noise = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
  const pieces = fc.array(fc.oneof(valid, anyJson, anyBody, wrongLength, noise), { maxLength: 8 });

  it('ends cleanly once the input ends', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (bytes) => {
        const wire = new Wire();
        wire.send(INITIALIZE, ...bytes);
        wire.child.stdin!.end();
        await wire.expectEnd(/^(verity: [^\n]+\n)?$/);
      }),
      { seed: 2505, numRuns: 30, endOnFailure: true },
    );
  });
});
