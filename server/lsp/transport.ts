/** The server's end of the connection. What arrives is checked here, before the LSP library acts on it. */
import {
  AbstractMessageReader,
  type DataCallback,
  Disposable,
  ErrorCodes,
  IPCMessageReader,
  IPCMessageWriter,
  type Message,
  type MessageReader,
  type MessageWriter,
  type ResponseMessage,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { z } from 'zod';
import { MessageFramer } from './framing.ts';

export interface Transport {
  reader: MessageReader;
  writer: MessageWriter;
}

/** Called when the client is gone, or with one line when what it sends can't be read. */
type Leave = (problem?: string) => void;

/** The transport that the command line names: `--node-ipc`, or else standard input and output. */
export function openTransport(leave: Leave): Transport {
  const { reader, writer } = process.argv.includes('--node-ipc') ? ipcTransport(leave) : stdioTransport();
  reader.onError((error) => leave(`The client cannot be understood: ${error.message}.`));
  reader.onClose(() => leave());
  writer.onError(() => leave());
  return { reader: new CheckedReader(reader, writer), writer };
}

function ipcTransport(leave: Leave): Transport {
  process.on('disconnect', () => leave());
  return { reader: new IPCMessageReader(process), writer: new IPCMessageWriter(process) };
}

/** Standard output belongs to the protocol: whatever a library prints goes to standard error. */
function stdioTransport(): Transport {
  globalThis.console = new console.Console(process.stderr);
  const writer = new StreamMessageWriter(process.stdout);
  return { reader: new StdinReader(writer), writer };
}

/** Framed JSON. A body that is no JSON is answered and the next message is read; broken framing is an error. */
class StdinReader extends AbstractMessageReader {
  private readonly writer: MessageWriter;

  constructor(writer: MessageWriter) {
    super();
    this.writer = writer;
  }

  listen(callback: DataCallback): Disposable {
    const framer = new MessageFramer();
    const receive = (chunk: Buffer) => {
      try {
        for (const body of framer.push(chunk)) this.deliver(body, callback);
      } catch (error) {
        this.fireError(error);
      }
    };
    process.stdin
      .on('data', receive)
      .on('error', (error) => this.fireError(error))
      .on('close', () => this.fireClose());
    return Disposable.create(() => process.stdin.off('data', receive));
  }

  private deliver(body: Buffer, callback: DataCallback): void {
    let message: unknown;
    try {
      message = JSON.parse(body.toString('utf8'));
    } catch {
      refuse(this.writer, null, ErrorCodes.ParseError, 'The message is not valid JSON.');
      return;
    }
    callback(message as Message);
  }
}

/** Passes on what is a JSON-RPC message and answers everything else with an error. */
class CheckedReader extends AbstractMessageReader {
  private readonly inner: MessageReader;
  private readonly writer: MessageWriter;

  constructor(inner: MessageReader, writer: MessageWriter) {
    super();
    this.inner = inner;
    this.writer = writer;
  }

  listen(callback: DataCallback): Disposable {
    return this.inner.listen((message) => {
      const problem = problemOf(message);
      if (problem === undefined) callback(message);
      else refuse(this.writer, idOf(message), problem.code, problem.message);
    });
  }
}

const Id = z.union([z.string(), z.number()]);
const Params = z.union([z.array(z.unknown()), z.looseObject({})]).nullish();
const Call = z.object({ jsonrpc: z.literal('2.0'), method: z.string(), id: Id.optional(), params: Params });
const Response = z.union([
  z.object({ jsonrpc: z.literal('2.0'), id: Id.nullable(), error: z.looseObject({}) }),
  z.object({
    jsonrpc: z.literal('2.0'),
    id: Id.nullable(),
    result: z.unknown().refine((it) => it !== undefined),
  }),
]);

/** Methods that the library handles itself, and what it takes for granted of their parameters. */
const LIBRARY_PARAMS: Record<string, z.ZodType> = {
  initialize: z.looseObject({ capabilities: z.looseObject({}) }),
  '$/cancelRequest': z.looseObject({ id: Id }),
  '$/setTrace': z.looseObject({ value: z.string() }),
};

function problemOf(message: unknown): { code: number; message: string } | undefined {
  const call = Call.safeParse(message);
  if (!call.success)
    return Response.safeParse(message).success
      ? undefined
      : {
          code: ErrorCodes.InvalidRequest,
          message: 'This is no JSON-RPC 2.0 request, notification or response.',
        };
  const { method, params } = call.data;
  const schema = Object.hasOwn(LIBRARY_PARAMS, method) ? LIBRARY_PARAMS[method]! : z.unknown();
  const parsed = schema.safeParse(params);
  return parsed.success
    ? undefined
    : { code: ErrorCodes.InvalidParams, message: describeIssues(parsed.error) };
}

function idOf(message: unknown): string | number | null {
  const parsed = z.looseObject({ id: Id }).safeParse(message);
  return parsed.success ? parsed.data.id : null;
}

function refuse(writer: MessageWriter, id: string | number | null, code: number, message: string): void {
  const response: ResponseMessage = { jsonrpc: '2.0', id, error: { code, message } };
  void writer.write(response);
}

/** What is wrong with parameters, in one line: `a: Invalid input: expected string, received number; …`. */
export function describeIssues({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.') || 'params'}: ${message}`).join('; ');
}
