/**
 * Reads the pickle of one tensor as torch.save writes it, and executes nothing: of pickle's opcodes only those that a
 * tensor needs are known, and of globals only the names below, which stand for data here. All else is refused.
 * Opcodes: CPython, Lib/pickletools.py. The form of a tensor: PyTorch, torch/_utils.py, _rebuild_tensor_v2.
 */

/** Storage types as torch.save names them. */
const STORAGE_TYPES = {
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  BoolStorage: 'BOOL',
} as const;
export type TorchDtype = (typeof STORAGE_TYPES)[keyof typeof STORAGE_TYPES];

export interface PickledTensor {
  dtype: TorchDtype;
  /** The archive's entry that holds the storage: `data/<key>`. */
  key: string;
  /** Elements of the whole storage. */
  elements: number;
  /** The tensor's place in it, in elements. */
  offset: number;
  shape: number[];
  strides: number[];
}

/** Why a pickle is refused; the caller names the file. */
export class PickleError extends Error {}

type Global = 'rebuild' | 'parameter' | 'orderedDict' | TorchDtype;

const isDtype = (global: Global): global is TorchDtype =>
  Object.values<string>(STORAGE_TYPES).includes(global);

type Value =
  | { kind: 'number'; value: number }
  | { kind: 'text'; value: string }
  | { kind: 'flag' }
  | { kind: 'tuple'; items: Value[] }
  | { kind: 'global'; global: Global }
  | { kind: 'emptyDict' }
  | { kind: 'storage'; dtype: TorchDtype; key: string; elements: number }
  | { kind: 'tensor'; tensor: PickledTensor };

/** A tensor's pickle takes some 160 bytes. */
const MAX_BYTES = 16_384;

const GLOBALS = new Map<string, Global>([
  ['torch._utils _rebuild_tensor_v2', 'rebuild'],
  ['torch._utils _rebuild_parameter', 'parameter'],
  ['collections OrderedDict', 'orderedDict'],
  ...Object.entries(STORAGE_TYPES).map(([name, dtype]): [string, Global] => [`torch ${name}`, dtype]),
]);

/** @throws PickleError for anything but one tensor. */
export function readTensorPickle(bytes: Buffer): PickledTensor {
  if (bytes.length > MAX_BYTES) throw new PickleError(`its pickle has ${bytes.length} bytes`);
  return new TensorUnpickler(bytes).read();
}

class TensorUnpickler {
  private readonly bytes: Buffer;
  private at = 0;
  private readonly stack: Value[] = [];
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, Value>();

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  read(): PickledTensor {
    for (;;) {
      const opcode = this.take(1)[0]!;
      if (opcode === STOP) break;
      const action = ACTIONS[opcode];
      if (action === undefined) throw new PickleError(`it uses the pickle opcode 0x${opcode.toString(16)}`);
      action(this);
    }
    const result = this.pop();
    if (result.kind !== 'tensor' || this.stack.length > 0) throw new PickleError('it is not one tensor');
    return result.tensor;
  }

  take(length: number): Buffer {
    if (this.at + length > this.bytes.length) throw new PickleError('its pickle is cut off');
    return this.bytes.subarray(this.at, (this.at += length));
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new PickleError('its pickle is cut off');
    const text = this.bytes.toString('latin1', this.at, end);
    this.at = end + 1;
    return text;
  }

  push(value: Value): void {
    this.stack.push(value);
  }

  pushNumber(value: number): void {
    this.push({ kind: 'number', value });
  }

  pop(): Value {
    // What lies below a mark belongs to whoever set it.
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) throw new PickleError('its pickle is damaged');
    return this.stack.pop()!;
  }

  mark(): void {
    this.marks.push(this.stack.length);
  }

  /** The last `count` values, or all since the last mark, as a tuple. */
  tuple(count?: number): void {
    const start = count === undefined ? this.marks.pop() : this.stack.length - count;
    if (start === undefined || start < (this.marks.at(-1) ?? 0))
      throw new PickleError('its pickle is damaged');
    this.push({ kind: 'tuple', items: this.stack.splice(start) });
  }

  remember(index: number): void {
    const top = this.pop();
    this.memo.set(index, top);
    this.push(top);
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw new PickleError('its pickle is damaged');
    this.push(value);
  }

  global(): void {
    const name = `${this.line()} ${this.line()}`;
    const global = GLOBALS.get(name);
    if (global === undefined) throw new PickleError(`it asks for ${JSON.stringify(name.slice(0, 80))}`);
    this.push({ kind: 'global', global });
  }

  /** ('storage', type, key, device, elements) */
  storage(): void {
    const id = this.pop();
    const [tag, type, key, device, elements] = id.kind === 'tuple' ? id.items : [];
    if (
      tag?.kind !== 'text' ||
      tag.value !== 'storage' ||
      type?.kind !== 'global' ||
      !isDtype(type.global) ||
      key?.kind !== 'text' ||
      device?.kind !== 'text' ||
      !isSize(elements)
    )
      throw new PickleError('its storage is no list of numbers');
    this.push({ kind: 'storage', dtype: type.global, key: key.value, elements: elements.value });
  }

  /** The three calls that a tensor's pickle makes, which are data here. */
  reduce(): void {
    const args = this.pop();
    const callee = this.pop();
    if (callee.kind !== 'global' || args.kind !== 'tuple') throw new PickleError('it makes an unknown call');
    if (callee.global === 'orderedDict' && args.items.length === 0) this.push({ kind: 'emptyDict' });
    else if (callee.global === 'rebuild') this.push({ kind: 'tensor', tensor: rebuild(args.items) });
    else if (callee.global === 'parameter') this.push(unwrap(args.items));
    else throw new PickleError('it makes an unknown call');
  }
}

/** (tensor, requires_grad, hooks) */
function unwrap([tensor, grad, hooks, ...rest]: Value[]): Value {
  if (tensor?.kind !== 'tensor' || grad?.kind !== 'flag' || hooks?.kind !== 'emptyDict' || rest.length > 0)
    throw new PickleError('its parameter holds no tensor');
  return tensor;
}

/** (storage, offset, shape, strides, requires_grad, hooks) */
function rebuild([storage, offset, shape, strides, grad, hooks, ...rest]: Value[]): PickledTensor {
  const dimensions = sizes(shape);
  const steps = sizes(strides);
  if (
    storage?.kind !== 'storage' ||
    !isSize(offset) ||
    dimensions === undefined ||
    steps?.length !== dimensions.length ||
    grad?.kind !== 'flag' ||
    hooks?.kind !== 'emptyDict' ||
    rest.length > 0
  )
    throw new PickleError('its tensor has no valid place, shape or strides');
  const { dtype, key, elements } = storage;
  return { dtype, key, elements, offset: offset.value, shape: dimensions, strides: steps };
}

const isSize = (value: Value | undefined): value is { kind: 'number'; value: number } =>
  value?.kind === 'number' && value.value >= 0;

function sizes(value: Value | undefined): number[] | undefined {
  if (value?.kind !== 'tuple' || !value.items.every(isSize)) return undefined;
  return value.items.map((item) => item.value);
}

const STOP = 0x2e;
const MAX_PROTOCOL = 2;

const ACTIONS: Record<number, ((reader: TensorUnpickler) => void) | undefined> = {
  // PROTO
  0x80: (reader) => {
    const version = reader.take(1)[0]!;
    if (version > MAX_PROTOCOL) throw new PickleError(`it uses pickle protocol ${version}`);
  },
  // GLOBAL
  0x63: (reader) => reader.global(),
  // BINPUT, LONG_BINPUT, BINGET, LONG_BINGET
  0x71: (reader) => reader.remember(reader.take(1)[0]!),
  0x72: (reader) => reader.remember(reader.take(4).readUInt32LE()),
  0x68: (reader) => reader.recall(reader.take(1)[0]!),
  0x6a: (reader) => reader.recall(reader.take(4).readUInt32LE()),
  // MARK, TUPLE, EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3
  0x28: (reader) => reader.mark(),
  0x74: (reader) => reader.tuple(),
  0x29: (reader) => reader.tuple(0),
  0x85: (reader) => reader.tuple(1),
  0x86: (reader) => reader.tuple(2),
  0x87: (reader) => reader.tuple(3),
  // BINUNICODE
  0x58: (reader) =>
    reader.push({ kind: 'text', value: reader.take(reader.take(4).readUInt32LE()).toString('utf8') }),
  // BININT, BININT1, BININT2
  0x4a: (reader) => reader.pushNumber(reader.take(4).readInt32LE()),
  0x4b: (reader) => reader.pushNumber(reader.take(1)[0]!),
  0x4d: (reader) => reader.pushNumber(reader.take(2).readUInt16LE()),
  // NEWTRUE, NEWFALSE
  0x88: (reader) => reader.push({ kind: 'flag' }),
  0x89: (reader) => reader.push({ kind: 'flag' }),
  // BINPERSID
  0x51: (reader) => reader.storage(),
  // REDUCE
  0x52: (reader) => reader.reduce(),
};
