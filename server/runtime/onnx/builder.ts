/** A small typed builder of ONNX graphs: values are names, each operator call returns the name of its output. */
import { AttributeType, DataType, EXTERNAL, ModelProto } from './schema.ts';

/** The name of a value in the graph; '' stands for an optional input that is left out. */
export type Value = string;

type Attributes = Record<string, number | number[]>;

interface NodeOptions {
  attributes?: Attributes;
  /** `com.microsoft` for ONNX Runtime's own operators. */
  domain?: string;
  /** Names of all outputs where the first one alone is not enough; '' leaves one out. */
  outputs?: Value[];
}

/** Attributes that are floats even when their value is a whole number. */
const FLOAT_ATTRIBUTES = new Set(['epsilon', 'alpha', 'scale']);

function attribute(name: string, value: number | number[]): object {
  if (Array.isArray(value)) return { name, ints: value, type: AttributeType.ints };
  if (FLOAT_ATTRIBUTES.has(name)) return { name, f: value, type: AttributeType.float };
  return { name, i: value, type: AttributeType.int };
}

/** A dimension: a number, or a name for one that varies. */
export type Dimension = number | string;

export class GraphBuilder {
  private readonly nodes: object[] = [];
  private readonly initializers: object[] = [];
  private readonly inputs: object[] = [];
  private readonly outputs: object[] = [];
  private readonly shapes = new Map<string, Value>();

  input(name: string, type: DataType, shape: Dimension[]): Value {
    this.inputs.push(valueInfo(name, type, shape));
    return name;
  }

  output(name: string, type: DataType, shape: Dimension[]): void {
    this.outputs.push(valueInfo(name, type, shape));
  }

  /** Appends an operator; the first output is named like the node. */
  node(name: string, opType: string, input: Value[], options: NodeOptions = {}): Value {
    const { attributes = {}, domain = '', outputs = [name] } = options;
    const list = Object.entries(attributes).map(([key, value]) => attribute(key, value));
    this.nodes.push({ name, opType, domain, input, output: outputs, attribute: list });
    return outputs[0] ?? name;
  }

  /** An initializer whose bytes stand in the graph itself. */
  constant(name: string, data: Float32Array | BigInt64Array, dims: number[]): Value {
    this.initializers.push({
      name,
      dims,
      dataType: data instanceof Float32Array ? DataType.float : DataType.int64,
      rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    });
    return name;
  }

  /** An initializer whose bytes lie in a file of the external data folder. */
  external(
    name: string,
    type: DataType,
    dims: number[],
    file: string,
    offset: number,
    length: number,
  ): Value {
    const entries = { location: file, offset: String(offset), length: String(length) };
    this.initializers.push({
      name,
      dims,
      dataType: type,
      dataLocation: EXTERNAL,
      externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    });
    return name;
  }

  /** Reshape to constant dimensions; one may be -1. */
  reshape(name: string, value: Value, dims: number[]): Value {
    const key = dims.join('x');
    let shape = this.shapes.get(key);
    if (shape === undefined) {
      shape = this.constant(`shape.${key}`, BigInt64Array.from(dims, BigInt), [dims.length]);
      this.shapes.set(key, shape);
    }
    return this.node(name, 'Reshape', [value, shape]);
  }

  /** The first columns of a matrix. */
  firstColumns(name: string, matrix: Value, columns: number): Value {
    const bounds = { start: 0, end: columns, axis: 1 };
    const inputs = Object.entries(bounds).map(([key, value]) =>
      this.constant(`${name}.${key}`, BigInt64Array.of(BigInt(value)), [1]),
    );
    return this.node(name, 'Slice', [matrix, ...inputs]);
  }

  /** The serialized ModelProto. */
  build(name: string): Uint8Array {
    const model = {
      irVersion: 8,
      producerName: 'verity',
      opsetImport: [
        { domain: '', version: 17 },
        { domain: 'com.microsoft', version: 1 },
      ],
      graph: {
        name,
        node: this.nodes,
        initializer: this.initializers,
        input: this.inputs,
        output: this.outputs,
      },
    };
    return ModelProto.encode(model).finish();
  }
}

function valueInfo(name: string, elemType: DataType, shape: Dimension[]): object {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}
